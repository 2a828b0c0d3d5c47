/* A journal that cannot be written: no statement runs unseen, unless that is what was asked for.
 *
 * RLIMIT_FSIZE stands in for a full disk: SQLite's write gets EFBIG.
 */
#include "intercept_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char TABLE_A[] = "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL\n)";

static void set_disk_full(bool full)
{
    struct rlimit limit;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 1 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int tear_down(void **state)
{
    set_disk_full(false);
    return fixture_tear_down(state);
}

static void test_a_statement_is_refused_when_its_intent_cannot_be_written(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    set_disk_full(true);
    assert_false(session_try(&session, COMMAND_QUERY, "CREATE TABLE a (i INT)"));
    assert_int_equal(session.refused, 1);
    assert_non_null(strstr(session.message, "journal"));
    assert_int_equal(session.forwarded, 0);
    set_disk_full(false);
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
    session_hold(&session, "CREATE TABLE a (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    session_close(&session);
    session_finish(&session);
}

/* "git clean -x", say: what goes into a file that has no name any more is lost. */
static void test_a_statement_is_refused_when_the_journal_was_taken_away(void **state)
{
    struct fixture *fixture = *state;
    struct session session;
    char aside[128];
    fixture_open(fixture, false);
    session_open(fixture, &session, 7);
    snprintf(aside, sizeof(aside), "%s.aside", fixture->journal_path);
    assert_int_equal(rename(fixture->journal_path, aside), 0);
    assert_false(session_try(&session, COMMAND_QUERY, "CREATE TABLE a (i INT)"));
    assert_non_null(strstr(session.message, "journal"));
    assert_int_equal(session.forwarded, 0);
    assert_int_equal(rename(aside, fixture->journal_path), 0);
    session_hold(&session, "CREATE TABLE a (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&session);
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_DONE);
    session_close(&session);
    session_finish(&session);
}

static void test_a_statement_is_forwarded_without_its_intent_when_configured(void **state)
{
    struct session session;
    fixture_open(*state, true);
    session_open(*state, &session, 7);
    set_disk_full(true);
    assert_true(session_try(&session, COMMAND_QUERY, "CREATE TABLE a (i INT); DROP TABLE b"));
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, false, 0), OUTCOME_RELEASE);
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, true, 0), OUTCOME_RELEASE);
    set_disk_full(false);
    session_hold(&session, "TRUNCATE TABLE a");
    session_ok(&session);
    assert_int_equal(fixture_read(*state, NULL, 0), 1);
    session_close(&session);
    session_finish(&session);
}

static void test_the_gap_is_noted_once_that_is_possible(void **state)
{
    struct session session;
    fixture_open(*state, true);
    session_open(*state, &session, 7);
    set_disk_full(true);
    assert_true(session_try(&session, COMMAND_QUERY, "CREATE TABLE a (i INT)"));
    session_ok(&session);
    set_disk_full(false);
    session_hold(&session, "DROP TABLE b");
    session_ok(&session);
    session_close(&session);
    session_finish(&session);
    fixture_close(*state);
    assert_int_equal(fixture_gaps(*state), 1);
}

static void test_closing_while_the_intent_fails_frees_all(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    set_disk_full(true);
    session_command(&session, COMMAND_QUERY, "CREATE TABLE a (i INT)");
    session_answer(&session);
    session_turn(&session);
    session_close(&session);
    session_finish(&session);
    set_disk_full(false);
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
}

/* The outcome was seen: it is written as soon as that is possible, while the session goes on. */
static void test_an_outcome_that_cannot_be_written_is_written_later(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    set_disk_full(true);
    session_ok(&session);
    set_disk_full(false);
    struct seen seen = fixture_wait_state(*state, 0, CHANGE_DONE);
    assert_string_equal(seen.after_text, TABLE_A);
    free(fixture_wait_draft(*state, 0));
    session_hold(&session, "DROP TABLE a");
    fake_server_put(OBJECT_TABLE, "a", NULL);
    session_outcome(&session, OUTCOME_ERROR, true, 1142);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_FAILED);
    session_close(&session);
    session_finish(&session);
}

static void test_a_failed_statements_outcome_is_written_later_too(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT, i INT); CREATE TABLE b (i INT)");
    set_disk_full(true);
    session_outcome(&session, OUTCOME_ERROR, true, 1060);
    set_disk_full(false);
    assert_int_equal(fixture_wait_state(*state, 0, CHANGE_FAILED).error_code, 1060);
    assert_string_equal(fixture_wait_state(*state, 1, CHANGE_FAILED).reason,
                        "not run: a statement before it failed");
    session_close(&session);
    session_finish(&session);
}

#define FAILURE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, tear_down)

int run_journal_failure_tests(void)
{
    const struct CMUnitTest tests[] = {
        FAILURE_TEST(test_a_statement_is_refused_when_its_intent_cannot_be_written),
        FAILURE_TEST(test_a_statement_is_refused_when_the_journal_was_taken_away),
        FAILURE_TEST(test_a_statement_is_forwarded_without_its_intent_when_configured),
        FAILURE_TEST(test_the_gap_is_noted_once_that_is_possible),
        FAILURE_TEST(test_closing_while_the_intent_fails_frees_all),
        FAILURE_TEST(test_an_outcome_that_cannot_be_written_is_written_later),
        FAILURE_TEST(test_a_failed_statements_outcome_is_written_later_too),
    };
    return cmocka_run_group_tests_name("journal failure", tests, NULL, NULL);
}
