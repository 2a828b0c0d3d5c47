/* One session's DDL: journal before acknowledge, and what each answer means. */
#include "intercept_fixture.h"

#include <stdlib.h>
#include <string.h>

static const char TABLE_A[] = "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL\n)";
static const char TABLE_AB[] =
    "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL,\n  `b` int(11) DEFAULT NULL\n)";

static void test_the_intent_is_durable_before_the_statement_goes(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "ALTER TABLE a ADD b INT");
    assert_int_equal(session.intents_at_forward, 1);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_INTENDED);
    assert_int_equal(seen.before, IMAGE_PRESENT);
    assert_string_equal(seen.before_text, TABLE_A);
    assert_int_equal(seen.after, IMAGE_UNKNOWN);
    assert_string_equal(seen.text, "ALTER TABLE a ADD b INT");
    assert_string_equal(seen.tool, "MySQLWorkbench");
    session_ok(&session);
    session_close(&session);
    session_finish(&session);
}

static void test_the_outcome_is_durable_before_the_client_sees_ok(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "ALTER TABLE a ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, true, 0), OUTCOME_KEEP);
    session_wait_release(&session);
    assert_int_equal(session.state_at_release, CHANGE_DONE);
    struct seen seen = fixture_change(*state, 0);
    assert_string_equal(seen.before_text, TABLE_A);
    assert_string_equal(seen.after_text, TABLE_AB);
    assert_true(seen.draft_state == DRAFT_DUE || seen.draft_state == DRAFT_PENDING);
    char *draft = fixture_wait_draft(*state, 0);
    assert_non_null(strstr(draft, "ADD b INT"));
    assert_non_null(strstr(draft, "DROP COLUMN `b`"));
    free(draft);
    session_close(&session);
    session_finish(&session);
}

static void test_a_failed_statement_is_failed(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "ALTER TABLE a ADD i INT");
    session_outcome(&session, OUTCOME_ERROR, true, 1060);
    assert_int_equal(session.state_at_release, CHANGE_FAILED);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.error_code, 1060);
    assert_string_equal(seen.reason, "error 1060");
    assert_int_equal(seen.draft_state, DRAFT_NONE);
    session_close(&session);
    session_finish(&session);
}

static void test_a_partly_done_drop_is_done(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "DROP TABLE a, missing");
    fake_server_put(OBJECT_TABLE, "a", NULL);
    session_outcome(&session, OUTCOME_ERROR, true, 1051);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_string_equal(seen.reason, "partly done, then error 1051");
    session_close(&session);
    session_finish(&session);
}

static void test_an_ok_that_changed_nothing_has_no_draft(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE IF NOT EXISTS a (i INT)");
    session_ok(&session);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_NO_EFFECT);
    assert_int_equal(seen.draft_state, DRAFT_NONE);
    session_close(&session);
    session_finish(&session);
}

static void test_noted_events_have_no_draft(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "TRUNCATE TABLE a");
    session_ok(&session);
    session_hold(&session, "CREATE USER b IDENTIFIED BY 'hunter2'");
    session_ok(&session);
    for (size_t i = 0; i < 2; i++) {
        struct seen seen = fixture_change(*state, i);
        assert_int_equal(seen.state, CHANGE_NOTED);
        assert_int_equal(seen.draft_state, DRAFT_NONE);
        assert_null(strstr(seen.text, "hunter2"));
    }
    session_close(&session);
    session_finish(&session);
}

static void test_an_error_within_a_text_leaves_the_rest_not_run(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT); CREATE TABLE b (i INT, i INT);"
                           "SELECT 1; CREATE TABLE c (i INT); DROP TABLE d");
    assert_int_equal(session.intents_at_forward, 4);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_outcome(&session, OUTCOME_OK, false, 0);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_INTENDED);
    session.watched = 3;
    session_outcome(&session, OUTCOME_ERROR, true, 1060);
    assert_int_equal(session.state_at_release, CHANGE_FAILED);
    assert_string_equal(fixture_change(*state, 1).reason, "error 1060");
    for (size_t i = 2; i < 4; i++) {
        struct seen seen = fixture_change(*state, i);
        assert_int_equal(seen.state, CHANGE_FAILED);
        assert_string_equal(seen.reason, "not run: a statement before it failed");
        assert_int_equal(seen.error_code, 0);
    }
    session_close(&session);
    session_finish(&session);
}

static void test_an_error_of_a_select_leaves_the_rest_not_run(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "SELECT x; CREATE TABLE c (i INT)");
    session_outcome(&session, OUTCOME_ERROR, true, 1054);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_FAILED);
    assert_string_equal(seen.reason, "not run: a statement before it failed");
    session_close(&session);
    session_finish(&session);
}

static void test_only_answers_of_changes_are_kept(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "SELECT 1; CREATE TABLE a (i INT); SELECT 2");
    assert_int_equal(session_begin_outcome(&session, OUTCOME_ROWS, false, 0), OUTCOME_RELEASE);
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, false, 0), OUTCOME_KEEP);
    session_wait_release(&session);
    assert_int_equal(session_begin_outcome(&session, OUTCOME_ROWS, true, 0), OUTCOME_RELEASE);
    session_close(&session);
    session_finish(&session);
}

static void test_the_many_answers_of_a_call_are_one_statements(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CALL p(); CREATE TABLE a (i INT)");
    assert_int_equal(session_begin_outcome(&session, OUTCOME_ROWS, false, 0), OUTCOME_RELEASE);
    assert_int_equal(session_begin_outcome(&session, OUTCOME_ROWS, false, 0), OUTCOME_RELEASE);
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, false, 0), OUTCOME_RELEASE);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_INTENDED);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    session_close(&session);
    session_finish(&session);
}

/* EXECUTE of a SELECT has no OK of its own behind its rows: the answers are one less than thought.
 */
static void test_fewer_answers_than_thought_and_no_error_mean_that_all_is_done(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "EXECUTE unknown; CREATE TABLE a (i INT); CREATE TABLE c (i INT)");
    session_outcome(&session, OUTCOME_ROWS, false, 0);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_outcome(&session, OUTCOME_OK, false, 0);
    fake_server_put(OBJECT_TABLE, "c", TABLE_A);
    session.watched = 1;
    session_outcome(&session, OUTCOME_OK, true, 0);
    assert_int_equal(session.state_at_release, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_DONE);
    session_close(&session);
    session_finish(&session);
}

static void test_an_error_after_fewer_answers_than_thought_is_decided_by_comparing(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session,
                 "EXECUTE unknown; CREATE TABLE a (i INT); CREATE TABLE c (i INT, i INT)");
    session_outcome(&session, OUTCOME_ROWS, false, 0);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_outcome(&session, OUTCOME_OK, false, 0);
    session_outcome(&session, OUTCOME_ERROR, true, 1060);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_FAILED);
    session_close(&session);
    session_finish(&session);
}

static void test_more_answers_than_statements_are_let_through(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_outcome(&session, OUTCOME_OK, false, 0);
    assert_int_equal(session_begin_outcome(&session, OUTCOME_ROWS, false, 0), OUTCOME_RELEASE);
    assert_int_equal(session_begin_outcome(&session, OUTCOME_ERROR, true, 1064), OUTCOME_RELEASE);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    session_hold(&session, "DROP TABLE a");
    session_ok(&session);
    session_close(&session);
    session_finish(&session);
}

static void test_a_prepared_command_is_one_statement(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    assert_true(session_try(&session, COMMAND_EXECUTE, "CREATE TABLE a (i INT)"));
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&session);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_int_equal(seen.batch, 0);
    session_close(&session);
    session_finish(&session);
}

/* MySQL's session is not asked whether its table is a temporary one: the images decide. */
static void test_nothing_is_asked_about_a_table_with_partitions(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", "CREATE TABLE `a` (\n  `i` int\n)\nPARTITION BY HASH (`i`)");
    fake_server_put(OBJECT_TABLE, "b", TABLE_A);
    fixture_open(*state, false);
    session_open_as(*state, &session, 7, false);
    session_hold(&session, "ALTER TABLE a ADD b INT");
    assert_null(strstr(session.question, "SHOW CREATE TABLE"));
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_NO_EFFECT);
    session_hold(&session, "ALTER TABLE b ADD b INT");
    assert_string_equal(session.question, "SHOW CREATE TABLE `b`");
    session_ok(&session);
    session_close(&session);
    session_finish(&session);
}

static void test_a_temporary_table_leaves_no_change(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session.temporary = "a";
    session_hold(&session, "ALTER TABLE a ADD b INT");
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, true, 0), OUTCOME_RELEASE);
    session_hold(&session, "DROP TABLE a, c");
    session_ok(&session);
    assert_int_equal(fixture_read(*state, NULL, 0), 1);
    assert_string_equal(fixture_change(*state, 0).name, "c");
    session_close(&session);
    session_finish(&session);
}

/* The images were read before it was known which table is the temporary one. */
static void test_the_triggers_of_a_table_hidden_by_a_temporary_one_stay(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_put_trigger("tr", "a", "CREATE TRIGGER tr ...");
    fake_server_put(OBJECT_TABLE, "c", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session.temporary = "a";
    session_hold(&session, "DROP TABLE a");
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, true, 0), OUTCOME_RELEASE);
    session_hold(&session, "DROP TABLE a, c");
    fake_server_put(OBJECT_TABLE, "c", NULL);
    session_ok(&session);
    assert_int_equal(fixture_read(*state, NULL, 0), 1);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_int_equal(seen.object_count, 1);
    assert_string_equal(seen.name, "c");
    assert_string_equal(seen.before_text, TABLE_A);
    session_close(&session);
    session_finish(&session);
}

/* What the table is by then is not known, what dies with it is. */
static void test_the_triggers_of_a_table_changed_earlier_in_the_text_are_noted(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_put_trigger("tr", "a", "CREATE TRIGGER tr ...");
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "ALTER TABLE a ADD b INT; DROP TABLE a");
    session_outcome(&session, OUTCOME_OK, false, 0);
    fake_server_put(OBJECT_TABLE, "a", NULL);
    fake_server_put(OBJECT_TRIGGER, "tr", NULL);
    session_ok(&session);
    struct seen seen = fixture_change(*state, 1);
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_int_equal(seen.before, IMAGE_UNKNOWN);
    assert_int_equal(seen.object_count, 2);
    session_close(&session);
    session_finish(&session);
}

static void test_triggers_of_one_name_in_two_schemas_are_two(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_put(OBJECT_TABLE, "c", TABLE_A);
    fake_server_put_trigger("tr", "a", "CREATE TRIGGER tr ...");
    fake_server_put_trigger("tr", "c", "CREATE TRIGGER tr ...");
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "DROP TABLE elsewhere.a, c");
    assert_int_equal(fixture_change(*state, 0).object_count, 4);
    session_outcome(&session, OUTCOME_ERROR, true, 1142);
    session_close(&session);
    session_finish(&session);
}

static void test_what_was_read_on_a_wrong_guess_is_thrown_away(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session.default_schema = "elsewhere";
    session_hold(&session, "ALTER TABLE a ADD b INT");
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, true, 0), OUTCOME_RELEASE);
    session_hold(&session, "RENAME TABLE a TO shop.a2");
    fake_server_put(OBJECT_TABLE, "a2", TABLE_A);
    session_ok(&session);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_string_equal(seen.schema, "elsewhere");
    session.default_schema = "shop";
    session_hold(&session, "ALTER TABLE a ADD i INT");
    session_outcome(&session, OUTCOME_ERROR, true, 1060);
    session.sql_mode = "ANSI_QUOTES"; /* which MySQL's flags do not tell */
    session_hold(&session, "ALTER TABLE \"a\" ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&session);
    assert_string_equal(fixture_change(*state, 2).before_text, TABLE_A);
    assert_string_equal(fixture_change(*state, 2).after_text, TABLE_AB);
    session_close(&session);
    session_finish(&session);
}

static void test_a_client_that_leaves_while_definitions_are_read_leaves_nothing(void **state)
{
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    for (int i = 0; i < 50; i++) {
        struct session session;
        session_open(*state, &session, 7);
        session_command(&session, COMMAND_QUERY, "ALTER TABLE a ADD b INT");
        if (i % 2 != 0)
            session_answer(&session);
        session_close(&session);
        session_finish(&session);
        assert_int_equal(session.forwarded, 0);
        assert_int_equal(fake_server_left_open(), 0);
    }
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
}

static void test_the_clients_kill_of_any_question_refuses_the_statement(void **state)
{
    fixture_open(*state, false);
    for (unsigned answered = 0; answered < 2; answered++) {
        struct session session;
        session_open(*state, &session, 7);
        session_command(&session, COMMAND_QUERY, "ALTER TABLE a ADD b INT");
        for (unsigned i = 0; i < answered; i++)
            session_answer(&session);
        session.question_error = 1317;
        session_answer(&session);
        session_wait_refusal(&session);
        assert_int_equal(session.forwarded, 0);
        assert_int_equal(fixture_read(*state, NULL, 0), 0);
        /* The session goes on. */
        session.question_error = 0;
        session_hold(&session, "TRUNCATE TABLE x.y");
        session_ok(&session);
        session_close(&session);
        session_finish(&session);
    }
}

static void test_the_kill_of_the_question_that_restores_found_rows_counts_too(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open_as(*state, &session, 7, false);
    session_command(&session, COMMAND_QUERY, "ALTER TABLE a ADD b INT");
    session_answer(&session); /* FOUND_ROWS() was 7 */
    assert_non_null(strstr(session.question, "SQL_CALC_FOUND_ROWS"));
    session.question_error = 1317;
    session_answer(&session);
    session_wait_refusal(&session);
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
    session_close(&session);
    session_finish(&session);
}

static void test_questions_that_fail_do_not_stop_the_statement(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session.question_error = 1226;
    session_hold(&session, "CREATE TABLE a (i INT)");
    assert_int_equal(session.asked, 1); /* and no further one */
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&session);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_string_equal(seen.schema, "shop");
    session_close(&session);
    session_finish(&session);
}

static void test_without_a_control_connection_images_are_unknown(void **state)
{
    struct session session;
    fake_server_away(true);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "ALTER TABLE a ADD b INT");
    session_ok(&session);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_int_equal(seen.before, IMAGE_UNKNOWN);
    assert_int_equal(seen.after, IMAGE_UNKNOWN);
    char *draft = fixture_wait_draft(*state, 0);
    assert_null(strstr(draft, "DROP COLUMN"));
    free(draft);
    session_hold(&session, "DROP TABLE a");
    session_outcome(&session, OUTCOME_ERROR, true, 1051);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_FAILED);
    session_close(&session);
    session_finish(&session);
}

static void test_what_may_not_be_seen_is_not_taken_for_absent(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    /* The server shows neither before nor after; its OK says that there was something. */
    session_hold(&session, "CREATE PROCEDURE p() SELECT 1");
    session_ok(&session);
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.state, CHANGE_DONE);
    assert_int_equal(seen.after, IMAGE_UNKNOWN);
    session_hold(&session, "DROP PROCEDURE p");
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_DONE);
    session_hold(&session, "RENAME TABLE a TO b");
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 2).state, CHANGE_DONE);
    session_hold(&session, "DROP PROCEDURE IF EXISTS p");
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 3).state, CHANGE_NO_EFFECT);
    session_close(&session);
    session_finish(&session);
}

static void test_a_warning_alone_says_nothing(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session.warnings = 1; /* such as: display width is deprecated */
    session_hold(&session, "CREATE TABLE IF NOT EXISTS a (i INT(11)); ALTER TABLE a ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_outcome(&session, OUTCOME_OK, false, 0);
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_DONE);
    /* Now it was there before: nothing to do, whatever comes behind it in the text. */
    session_hold(&session, "CREATE TABLE IF NOT EXISTS a (i INT(11)); ALTER TABLE a ADD c INT");
    session_outcome(&session, OUTCOME_OK, false, 0);
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 2).state, CHANGE_NO_EFFECT);
    assert_int_equal(fixture_change(*state, 3).state, CHANGE_DONE);
    session_close(&session);
    session_finish(&session);
}

static void test_a_replacement_that_fails_has_dropped(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE OR REPLACE TABLE a (i INT PRIMARY KEY) SELECT 1 AS i");
    fake_server_put(OBJECT_TABLE, "a", NULL);
    session_outcome(&session, OUTCOME_ERROR, true, 1062);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    char *draft = fixture_wait_draft(*state, 0);
    assert_non_null(strstr(draft, "DROP TABLE"));
    free(draft);
    session_close(&session);
    session_finish(&session);
}

static void test_a_text_that_is_not_asked_about_is_still_captured(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE a (i INT); SELECT ROW_COUNT()");
    assert_int_equal(session.asked, 0);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_outcome(&session, OUTCOME_OK, false, 0);
    session_outcome(&session, OUTCOME_ROWS, true, 0);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    /* Elsewhere, perhaps: no image of the tracked schema tells of it. */
    session_hold(&session, "CREATE TABLE elsewhere (i INT); SELECT ROW_COUNT()");
    session_outcome(&session, OUTCOME_OK, false, 0);
    session_outcome(&session, OUTCOME_ROWS, true, 0);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_NO_EFFECT);
    session_close(&session);
    session_finish(&session);
}

static void check_not_asked(struct session *session, const char *text)
{
    unsigned asked = session->asked;
    session_hold(session, text);
    assert_int_equal(session->asked, asked);
    session_outcome(session, OUTCOME_ERROR, true, 1064);
}

static void test_nothing_is_asked_where_the_client_would_notice(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session.ask_nothing = true;
    check_not_asked(&session, "CREATE TABLE a (i INT)");
    session.ask_nothing = false;
    session_hold(&session, "CREATE TABLE a (i INT)");
    assert_int_equal(session.asked, 1);
    session_outcome(&session, OUTCOME_ERROR, true, 1064);
    (void)session.sink.operations->glance(session.tap, COMMAND_QUERY, SLICE("SET profiling = 1"),
                                          true, false);
    check_not_asked(&session, "CREATE TABLE a (i INT)");
    session_close(&session);
    session_open_as(*state, &session, 8, false);
    session_hold(&session, "CALL p()");
    session_outcome(&session, OUTCOME_ERROR, true, 1054);
    session.report_may_wait = true;
    check_not_asked(&session, "CREATE TABLE a (i INT)");
    session.report_may_wait =
        false; /* an OK has told it meanwhile, or the client wants no reports */
    session_hold(&session, "CREATE TABLE a (i INT)");
    assert_true(session.asked > 0);
    session_outcome(&session, OUTCOME_ERROR, true, 1064);
    session_close(&session);
    session_finish(&session);
}

static void test_a_broken_control_connection_is_made_anew_for_the_same_image(void **state)
{
    struct session session;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_put_trigger("tr", "a", "CREATE TRIGGER tr ...");
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    fake_server_break_connections();
    session_hold(&session, "DROP TABLE a");
    struct seen seen = fixture_change(*state, 0);
    assert_int_equal(seen.before, IMAGE_PRESENT);
    assert_int_equal(seen.object_count, 2);
    fake_server_break_connections();
    fake_server_put(OBJECT_TABLE, "a", NULL);
    fake_server_put(OBJECT_TRIGGER, "tr", NULL);
    session_ok(&session);
    assert_int_equal(fixture_change(*state, 0).after, IMAGE_ABSENT);
    session_close(&session);
    session_finish(&session);
}

static void test_a_text_without_changes_is_forwarded_and_let_through(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "CREATE TABLE other.a (i INT)");
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, true, 0), OUTCOME_RELEASE);
    session_hold(&session, "PREPARE s FROM 'SELECT 1'");
    assert_int_equal(session_begin_outcome(&session, OUTCOME_OK, true, 0), OUTCOME_RELEASE);
    assert_int_equal(fixture_read(*state, NULL, 0), 0);
    session_close(&session);
    session_finish(&session);
}

static void test_a_comment_of_the_tool_names_the_session(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session_hold(&session, "/* ApplicationName=DBeaver 24.2.3 - Main */ CREATE TABLE a (i INT)");
    session_ok(&session);
    assert_int_equal(strncmp(fixture_change(*state, 0).tool, "DBeaver 24.2.3", 14), 0);
    session_close(&session);
    session_finish(&session);
}

static void test_an_untapped_text_is_a_gap(void **state)
{
    struct session session;
    fixture_open(*state, false);
    session_open(*state, &session, 7);
    session.sink.operations->untapped(session.tap, 70000000);
    session_close(&session);
    session_finish(&session);
    fixture_close(*state); /* the draft worker ends with what it has */
    assert_int_equal(fixture_gaps(*state), 1);
}

#define TAP_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

int run_tap_tests(void)
{
    const struct CMUnitTest tests[] = {
        TAP_TEST(test_the_intent_is_durable_before_the_statement_goes),
        TAP_TEST(test_the_outcome_is_durable_before_the_client_sees_ok),
        TAP_TEST(test_a_failed_statement_is_failed),
        TAP_TEST(test_a_partly_done_drop_is_done),
        TAP_TEST(test_an_ok_that_changed_nothing_has_no_draft),
        TAP_TEST(test_noted_events_have_no_draft),
        TAP_TEST(test_an_error_within_a_text_leaves_the_rest_not_run),
        TAP_TEST(test_an_error_of_a_select_leaves_the_rest_not_run),
        TAP_TEST(test_only_answers_of_changes_are_kept),
        TAP_TEST(test_the_many_answers_of_a_call_are_one_statements),
        TAP_TEST(test_fewer_answers_than_thought_and_no_error_mean_that_all_is_done),
        TAP_TEST(test_an_error_after_fewer_answers_than_thought_is_decided_by_comparing),
        TAP_TEST(test_more_answers_than_statements_are_let_through),
        TAP_TEST(test_a_prepared_command_is_one_statement),
        TAP_TEST(test_nothing_is_asked_about_a_table_with_partitions),
        TAP_TEST(test_a_temporary_table_leaves_no_change),
        TAP_TEST(test_the_triggers_of_a_table_hidden_by_a_temporary_one_stay),
        TAP_TEST(test_the_triggers_of_a_table_changed_earlier_in_the_text_are_noted),
        TAP_TEST(test_triggers_of_one_name_in_two_schemas_are_two),
        TAP_TEST(test_what_was_read_on_a_wrong_guess_is_thrown_away),
        TAP_TEST(test_a_client_that_leaves_while_definitions_are_read_leaves_nothing),
        TAP_TEST(test_the_clients_kill_of_any_question_refuses_the_statement),
        TAP_TEST(test_the_kill_of_the_question_that_restores_found_rows_counts_too),
        TAP_TEST(test_questions_that_fail_do_not_stop_the_statement),
        TAP_TEST(test_without_a_control_connection_images_are_unknown),
        TAP_TEST(test_what_may_not_be_seen_is_not_taken_for_absent),
        TAP_TEST(test_a_warning_alone_says_nothing),
        TAP_TEST(test_a_replacement_that_fails_has_dropped),
        TAP_TEST(test_nothing_is_asked_where_the_client_would_notice),
        TAP_TEST(test_a_text_that_is_not_asked_about_is_still_captured),
        TAP_TEST(test_a_broken_control_connection_is_made_anew_for_the_same_image),
        TAP_TEST(test_a_text_without_changes_is_forwarded_and_let_through),
        TAP_TEST(test_a_comment_of_the_tool_names_the_session),
        TAP_TEST(test_an_untapped_text_is_a_gap),
    };
    return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
