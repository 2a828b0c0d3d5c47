/* A session that ends in any step frees all and leaves a right journal. */
#include "intercept_fixture.h"

#include <string.h>

static const char TABLE_A[] = "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL\n)";

static void lose_and_close(struct session *session)
{
    (void)session_begin_outcome(session, OUTCOME_LOST, true, 0);
    session_close(session);
}

static void test_closing_an_idle_session(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_close(&session);
    session_finish(&session);
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
}

static void test_closing_while_a_question_is_open(void **state)
{
    fixture_open(*state, false);
    for (unsigned answered = 0; answered < 3; answered++) {
        struct session session;
        session_open_as(*state, &session, 7, false);
        session_command(&session, COMMAND_QUERY, "PREPARE s FROM 'DROP TABLE b'; DROP TABLE a");
        for (unsigned i = 0; i < answered; i++)
            session_answer(&session);
        session_wait_question(&session);
        session_close(&session);
        session_finish(&session);
    }
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
}

/* The facts are known; the image worker looks at the tables before they are asked about. */
static void test_closing_while_tables_are_looked_at(void **state)
{
    fixture_open(*state, false);
    for (int mariadb = 0; mariadb < 2; mariadb++) {
        struct session session;
        session_open_as(*state, &session, 7, mariadb);
        session_command(&session, COMMAND_QUERY, "DROP TABLE a");
        for (int answers = 2 - mariadb; answers > 0;
             answers--) /* MySQL's FOUND_ROWS() is put back */
            session_answer(&session);
        assert_false(session.waits_for_answer);
        session_close(&session);
        session_finish(&session);
        assert_int_equal(session.forwarded, 0);
    }
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
}

/* Right after the last answer: the image worker has the tap's job. */
static void test_closing_while_images_are_read_before(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_command(&session, COMMAND_QUERY, "CREATE TABLE a (i INT)");
    session_answer(&session);
    session_close(&session);
    session_finish(&session);
    assert_int_equal(session.forwarded, 0);
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
}

/* Nothing is forwarded without a turn of the loop: however far the intent is, the client is gone first. */
static void test_closing_while_the_intent_is_written_withdraws_it(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_command(&session, COMMAND_QUERY, "CREATE TABLE a (i INT); DROP TABLE b");
    session_answer(&session);
    session_answer(&session);
    assert_int_equal(session.forwarded, 0);
    session_close(&session);
    session_finish(&session);
    assert_int_equal(session.forwarded, 0);
    for (size_t i = 0; i < 2; i++) {
        struct seen seen = fixture_change(*state, i);
        assert_int_equal(seen.state, CHANGE_FAILED);
        assert_string_equal(seen.reason, "not run: the client left before");
    }
}

static void
test_losing_a_forwarded_statement_leaves_it_intended_until_its_thread_is_gone(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    (void)session_begin_outcome(&session, OUTCOME_LOST, true, 0);
    session.sink.operations->close(session.tap); /* the server's thread goes on */
    session_finish(&session);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_INTENDED);
    fake_server_thread(7, false);
    struct seen seen = fixture_wait_state(*state, 0, CHANGE_DONE);
    assert_string_equal(seen.after_text, TABLE_A);
    assert_true(seen.draft_state == DRAFT_DUE || seen.draft_state == DRAFT_PENDING);
}

static void test_losing_a_statement_that_did_nothing_settles_it_as_failed(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT)");
    lose_and_close(&session);
    session_finish(&session);
    struct seen seen = fixture_wait_state(*state, 0, CHANGE_FAILED);
    assert_int_equal(seen.draft_state, DRAFT_NONE);
}

/* The proxy stops following a session (it goes raw): close without OUTCOME_LOST. */
static void test_closing_a_forwarded_statement_settles_it_too(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_close(&session);
    session_finish(&session);
    (void)fixture_wait_state(*state, 0, CHANGE_DONE);
}

static void test_losing_the_rest_of_a_text_settles_the_rest(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session,
                 "CREATE TABLE a (i INT); CREATE TABLE b (i INT); CREATE TABLE c (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_outcome(&session, OUTCOME_OK, false, 0);
    fake_server_put(OBJECT_TABLE, "b", TABLE_A);
    lose_and_close(&session);
    session_finish(&session);
    (void)fixture_wait_state(*state, 0, CHANGE_DONE);
    (void)fixture_wait_state(*state, 1, CHANGE_DONE);
    (void)fixture_wait_state(*state, 2, CHANGE_FAILED);
}

static void test_closing_while_an_outcome_is_in_work_still_writes_it(void **state)
{
    fixture_open(*state, false);
    /* 0: images are being read; 1: the outcome is being written, or just was */
    for (size_t turns = 0; turns < 2; turns++) {
        struct session session;
        session_open(*state, &session, 7);
        session_hold(&session, "CREATE TABLE a (i INT); CREATE TABLE b (i INT)");
        fake_server_put(OBJECT_TABLE, "a", turns == 0 ? TABLE_A : NULL);
        assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, false, 0), OUTCOME_KEEP);
        for (size_t i = 0; i < turns; i++)
            session_turn(&session);
        unsigned released = session.released;
        lose_and_close(&session);
        session_finish(&session);
        assert_int_equal(session.released, released);
        struct seen seen = fixture_change(*state, 2 * turns);
        assert_true(seen.state == CHANGE_DONE);
        (void)fixture_wait_state(*state, 2 * turns + 1, CHANGE_FAILED);
    }
}

#define CLOSE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

int run_close_tests(void)
{
    const struct CMUnitTest tests[] = {
        CLOSE_TEST(test_closing_an_idle_session),
        CLOSE_TEST(test_closing_while_a_question_is_open),
        CLOSE_TEST(test_closing_while_tables_are_looked_at),
        CLOSE_TEST(test_closing_while_images_are_read_before),
        CLOSE_TEST(test_closing_while_the_intent_is_written_withdraws_it),
        CLOSE_TEST(test_losing_a_forwarded_statement_leaves_it_intended_until_its_thread_is_gone),
        CLOSE_TEST(test_losing_a_statement_that_did_nothing_settles_it_as_failed),
        CLOSE_TEST(test_closing_a_forwarded_statement_settles_it_too),
        CLOSE_TEST(test_losing_the_rest_of_a_text_settles_the_rest),
        CLOSE_TEST(test_closing_while_an_outcome_is_in_work_still_writes_it),
    };
    return cmocka_run_group_tests_name("close", tests, NULL, NULL);
}
