/* What an earlier proxy left undecided, and what may not be decided. */
#include "intercept_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char TABLE_A[] = "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL\n)";
static const char TABLE_AB[] =
    "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL,\n  `b` int(11) DEFAULT NULL\n)";

/* The client is gone, and the server goes on. */
static void lose(struct session *session)
{
    (void)session_begin_outcome(session, OUTCOME_LOST, true, 0);
    session->sink.operations->close(session->tap);
    session_finish(session);
}

/* A proxy that dies while `text` runs in the session with this connection id. */
static void die_while_running(struct fixture *fixture, uint32_t connection_id, const char *text)
{
    struct session session;
    fixture_open(fixture, false);
    session_open(fixture, &session, connection_id);
    session_hold(&session, text);
    lose(&session);
    fixture_close(fixture); /* the thread is alive: nothing was settled */
}

static void test_a_new_proxy_settles_what_the_last_one_left(void **state)
{
    struct fixture *fixture = *state;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    die_while_running(fixture, 7, "ALTER TABLE a ADD b INT");
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_INTENDED);
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    fake_server_thread(7, false);
    fixture_open(fixture, false);
    struct seen seen = fixture_change(fixture, 0); /* before the first client */
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_string_equal(seen.after_text, TABLE_AB);
    char *draft = fixture_wait_draft(fixture, 0);
    assert_non_null(strstr(draft, "DROP COLUMN `b`"));
    free(draft);
}

static void test_several_leftovers_are_settled_at_once(void **state)
{
    struct fixture *fixture = *state;
    char text[64], name[16];
    for (unsigned i = 0; i < 6; i++) {
        snprintf(text, sizeof(text), "CREATE TABLE t%u (i INT)", i);
        die_while_running(fixture, 7 + i, text);
        snprintf(name, sizeof(name), "t%u", i);
        fake_server_put(OBJECT_TABLE, name, TABLE_A);
    }
    for (unsigned i = 0; i < 6; i++)
        fake_server_thread(7 + i, false);
    fixture_open(fixture, false);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(fixture_change(fixture, i).state, CHANGE_DONE);
    for (unsigned i = 0; i < 6; i++)
        free(fixture_wait_draft(fixture, i));
}

static void test_a_thread_of_a_server_that_restarted_is_gone(void **state)
{
    struct fixture *fixture = *state;
    die_while_running(fixture, 7, "CREATE TABLE a (i INT)");
    fake_server_identity("fake 2"); /* and 7 is somebody else's thread */
    fixture_open(fixture, false);
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_FAILED);
}

/* The proxy has noticed nothing of it: its own connection was made anew by the next question. */
static void test_a_server_that_restarts_behind_the_proxy_is_told_from_the_one_before(void **state)
{
    struct fixture *fixture = *state;
    struct session session;
    fixture_open(fixture, false);
    fake_server_restart("fake 2");
    session_open(fixture, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT)");
    lose(&session);
    fixture_close(fixture);
    fixture_open(fixture, false);
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_INTENDED); /* 7 is alive */
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_thread(7, false);
    (void)fixture_wait_state(fixture, 0, CHANGE_DONE);
}

/* The connection that settles was made before, and idle since. */
static void test_who_settles_looks_at_the_server_of_today(void **state)
{
    struct fixture *fixture = *state;
    struct session session;
    die_while_running(fixture, 7, "CREATE TABLE a (i INT)");
    fake_server_thread(7, false);
    fixture_open(fixture, false);
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_FAILED);
    fake_server_restart("fake 2");
    session_open(fixture, &session, 8);
    session_hold(&session, "CREATE TABLE a (i INT)");
    lose(&session);
    fixture_close(fixture);
    assert_int_equal(fixture_change(fixture, 1).state, CHANGE_INTENDED);
}

static void test_a_server_that_is_away_at_the_start_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    die_while_running(fixture, 7, "CREATE TABLE a (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_thread(7, false);
    fake_server_away(true);
    fixture_open(fixture, false);
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_INTENDED);
    fake_server_away(false);
    (void)fixture_wait_state(fixture, 0, CHANGE_DONE);
}

static void test_without_a_before_image_nothing_is_decided(void **state)
{
    struct fixture *fixture = *state;
    fake_server_away(true);
    die_while_running(fixture, 7, "CREATE TABLE a (i INT)");
    fake_server_away(false);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_thread(7, false);
    fixture_open(fixture, false);
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_INTENDED);
}

static void wait_reads_beyond(unsigned count)
{
    time_t end = time(NULL) + WAIT_SECONDS;
    const struct timespec pause = {.tv_nsec = 5000000};
    while (fake_server_reads() <= count && time(NULL) < end)
        nanosleep(&pause, NULL);
    assert_true(fake_server_reads() > count);
}

/* The table differs from the before image because somebody else changed it since. */
static void test_a_change_that_another_one_followed_is_not_compared_with_now(void **state)
{
    struct fixture *fixture = *state;
    struct session other;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    die_while_running(fixture, 7, "ALTER TABLE a ADD c INT"); /* and failed, say */
    fixture_open(fixture, false);                             /* thread 7 is still there */
    session_open(fixture, &other, 8);
    session_hold(&other, "ALTER TABLE a ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&other);
    unsigned reads = fake_server_reads();
    fake_server_thread(7, false);
    wait_reads_beyond(reads);
    session_close(&other);
    session_finish(&other);
    fixture_close(fixture);
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_INTENDED);
    assert_int_equal(fixture_change(fixture, 1).state, CHANGE_DONE);
}

/* Past the proxy: the database was dropped, or the table dropped and made anew. */
static void test_what_only_others_can_have_done_decides_nothing(void **state)
{
    struct fixture *fixture = *state;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    die_while_running(fixture, 7, "ALTER TABLE a ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", NULL);
    fake_server_thread(7, false);
    fixture_open(fixture, false);
    assert_int_equal(fixture_change(fixture, 0).state, CHANGE_INTENDED);
    fixture_close(fixture);
    fake_server_thread(7, true);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    die_while_running(fixture, 7, "DROP TABLE a");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    fake_server_thread(7, false);
    fixture_open(fixture, false);
    assert_int_equal(fixture_change(fixture, 1).state, CHANGE_INTENDED);
}

/* The lost one was read, on a guess, before the other was done; its facts were answered behind that. */
static void test_a_change_that_came_behind_a_guess_is_not_taken_for_the_lost_one(void **state)
{
    struct fixture *fixture = *state;
    struct session other, lost;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(fixture, false);
    session_open(fixture, &other, 7);
    session_open(fixture, &lost, 8);
    session_hold(&other, "ALTER TABLE a ADD b INT");
    unsigned reads = fake_server_reads();
    session_command(&lost, COMMAND_QUERY, "ALTER TABLE a ADD c INT");
    wait_reads_beyond(reads);
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&other);
    session_wait_forward(&lost);
    (void)session_begin_outcome(&lost, OUTCOME_LOST, true, 0);
    lost.sink.operations->close(lost.tap);
    session_close(&other);
    session_finish(&lost);
    fixture_close(fixture);
    assert_string_equal(fixture_change(fixture, 1).before_text, TABLE_A);
    fake_server_thread(8, false);
    fixture_open(fixture, false);
    assert_int_equal(fixture_change(fixture, 1).state, CHANGE_INTENDED);
}

#define SETTLE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

int run_settle_tests(void)
{
    const struct CMUnitTest tests[] = {
        SETTLE_TEST(test_a_new_proxy_settles_what_the_last_one_left),
        SETTLE_TEST(test_several_leftovers_are_settled_at_once),
        SETTLE_TEST(test_a_thread_of_a_server_that_restarted_is_gone),
        SETTLE_TEST(test_a_server_that_restarts_behind_the_proxy_is_told_from_the_one_before),
        SETTLE_TEST(test_who_settles_looks_at_the_server_of_today),
        SETTLE_TEST(test_a_server_that_is_away_at_the_start_is_tried_again),
        SETTLE_TEST(test_without_a_before_image_nothing_is_decided),
        SETTLE_TEST(test_a_change_that_another_one_followed_is_not_compared_with_now),
        SETTLE_TEST(test_what_only_others_can_have_done_decides_nothing),
        SETTLE_TEST(test_a_change_that_came_behind_a_guess_is_not_taken_for_the_lost_one),
    };
    return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
