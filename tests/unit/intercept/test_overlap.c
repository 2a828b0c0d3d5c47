/* Two sessions that change one object at the same time: no image of the one may pass for the
 * other's. */
#include "intercept_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char TABLE_A[] = "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL\n)";
static const char TABLE_AB[] =
    "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL,\n  `b` int(11) DEFAULT NULL\n)";
static const char TABLE_ABC[] =
    "CREATE TABLE `a` (\n  `i` int(11) DEFAULT NULL,\n  `b` int(11) DEFAULT NULL,\n"
    "  `c` int(11) DEFAULT NULL\n)";

static void check_no_way_back(struct fixture *fixture, size_t n, const char *not_written)
{
    char *draft = fixture_wait_draft(fixture, n);
    assert_null(strstr(draft, not_written));
    assert_non_null(strstr(draft, "is not known"));
    free(draft);
}

static void test_changes_one_after_the_other_keep_their_images(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&first);
    session_hold(&second, "ALTER TABLE a ADD c INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_ABC);
    session_ok(&second);
    assert_string_equal(fixture_change(*state, 0).after_text, TABLE_AB);
    assert_string_equal(fixture_change(*state, 1).before_text, TABLE_AB);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

static void test_changes_of_different_objects_keep_their_images(void **state)
{
    struct session first, second;
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "CREATE TABLE a (i INT)");
    session_hold(&second, "CREATE TABLE b (i INT)");
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_put(OBJECT_TABLE, "b", TABLE_A);
    session_ok(&first);
    session_ok(&second);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture_change(*state, i).before, IMAGE_ABSENT);
        assert_string_equal(fixture_change(*state, i).after_text, TABLE_A);
    }
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

/* Both were held before either ran; the server does one after the other. */
static void test_overlapping_changes_of_one_table_have_no_way_back(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    session_hold(&second, "ALTER TABLE a ADD c INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&first); /* by now the second may have run as well */
    fake_server_put(OBJECT_TABLE, "a", TABLE_ABC);
    session_ok(&second);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture_change(*state, i).state, CHANGE_DONE);
        assert_int_equal(fixture_change(*state, i).after, IMAGE_UNKNOWN);
        check_no_way_back(*state, i, "DROP COLUMN");
    }
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

/* The table that was dropped had a column more than the one that was looked at. */
static void test_a_drop_that_overlaps_has_no_way_back(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    session_hold(&second, "DROP TABLE a");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&first);
    fake_server_put(OBJECT_TABLE, "a", NULL);
    session_ok(&second);
    assert_int_equal(fixture_change(*state, 1).before, IMAGE_UNKNOWN);
    check_no_way_back(*state, 1, "CREATE TABLE");
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

/* One undoes what the other did: equal images do not mean that nothing happened. */
static void test_overlapping_changes_that_undo_each_other_are_both_changes(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    session_hold(&second, "ALTER TABLE a DROP b");
    session_ok(&first);
    session_ok(&second);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_DONE);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

static void test_a_failed_change_spoils_nobodys_images(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "ALTER TABLE a ADD i INT");
    session_hold(&second, "ALTER TABLE a ADD b INT");
    session_outcome(&first, OUTCOME_ERROR, true, 1060);
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&second);
    assert_string_equal(fixture_change(*state, 1).before_text, TABLE_A);
    assert_string_equal(fixture_change(*state, 1).after_text, TABLE_AB);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

/* What the images show is the other one's doing. */
static void test_a_renaming_that_failed_beside_a_change_is_no_change(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_put(OBJECT_TABLE, "c", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    session_hold(&second, "RENAME TABLE a TO c");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&first);
    session_outcome(&second, OUTCOME_ERROR, true, 1050);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_FAILED);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

static void test_a_drop_that_failed_in_part_beside_a_change_is_one(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    session_hold(&second, "DROP TABLE a, missing");
    fake_server_put(OBJECT_TABLE, "a", NULL);
    session_ok(&first);
    session_outcome(&second, OUTCOME_ERROR, true, 1051);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 1).before, IMAGE_UNKNOWN);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

/* Nothing else touches the table while the third is held: it is as certain as ever. */
static void test_after_an_overlap_images_are_trusted_again(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    session_hold(&second, "ALTER TABLE A ADD c INT"); /* the same, where names have no case */
    session_ok(&first);
    session_ok(&second);
    assert_int_equal(fixture_change(*state, 0).after, IMAGE_UNKNOWN);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&first);
    assert_string_equal(fixture_change(*state, 2).after_text, TABLE_AB);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

/* The server still works for a client that is gone. */
static void test_a_lost_change_spoils_images_until_it_is_settled(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_hold(&first, "ALTER TABLE a ADD b INT");
    (void)session_begin_outcome(&first, OUTCOME_LOST, true, 0);
    first.sink.operations->close(first.tap);
    session_finish(&first);
    session_open(*state, &second, 8);
    session_hold(&second, "ALTER TABLE a ADD c INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_ABC);
    session_ok(&second);
    check_no_way_back(*state, 1, "DROP COLUMN");
    session_close(&second);
    session_finish(&second);
}

static void test_a_trigger_and_its_table_overlap(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    session_hold(&first, "CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET @x = 1");
    session_hold(&second, "ALTER TABLE a ADD b INT");
    fake_server_put_trigger("tr", "a", "CREATE TRIGGER tr");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&first);
    session_ok(&second);
    assert_int_equal(fixture_change(*state, 1).after, IMAGE_UNKNOWN);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

/* --- many sessions on loops of their own ------------------------------------------------------ */

#define PLAYERS 4
#define ROUNDS 12

struct player {
    pthread_t thread;
    struct fixture *fixture;
    unsigned number;
};

static void *play(void *argument)
{
    struct player *player = argument;
    char own[64], name[16];
    struct session session;
    snprintf(name, sizeof(name), "t%u", player->number);
    session_open(player->fixture, &session, 100 + player->number);
    for (unsigned i = 0; i < ROUNDS; i++) {
        snprintf(own, sizeof(own), i % 2 == 0 ? "CREATE TABLE %s (i INT)" : "DROP TABLE %s", name);
        session_hold(&session, own);
        fake_server_put(OBJECT_TABLE, name, i % 2 == 0 ? TABLE_A : NULL);
        session_ok(&session);
        session_hold(&session, "ALTER TABLE shared ADD b INT");
        if (player->number == 0 && i == ROUNDS - 1) {
            (void)session_begin_outcome(&session, OUTCOME_LOST, true, 0);
            break;
        }
        session_ok(&session);
    }
    session_close(&session);
    session_finish(&session);
    return NULL;
}

static bool count_undecided(const struct seen *seen, size_t count)
{
    size_t undecided = 0;
    for (size_t i = 0; i < count; i++)
        undecided += seen[i].state == CHANGE_INTENDED;
    return undecided <= 1;
}

static void test_sessions_on_many_loops_do_not_disturb_each_other(void **state)
{
    struct player players[PLAYERS];
    static struct seen seen[PLAYERS * ROUNDS * 2];
    fixture_open(*state, false);
    fake_server_put(OBJECT_TABLE, "shared", TABLE_A);
    for (unsigned i = 0; i < PLAYERS; i++) {
        players[i] = (struct player){.fixture = *state, .number = i};
        assert_int_equal(pthread_create(&players[i].thread, NULL, play, &players[i]), 0);
    }
    for (unsigned i = 0; i < PLAYERS; i++)
        pthread_join(players[i].thread, NULL);
    size_t count = fixture_read(*state, seen, PLAYERS * ROUNDS * 2);
    assert_int_equal(count, PLAYERS * ROUNDS * 2);
    assert_true(count_undecided(seen, count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(seen[i].name, "shared") != 0)
            assert_int_equal(seen[i].state, CHANGE_DONE);
}

/* The second one's table is the real one, whatever the first calls its own. */
static void test_a_temporary_table_disturbs_nobody(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    first.temporary = "a";
    session_hold(&first, "ALTER TABLE a ADD z INT");
    session_hold(&second, "ALTER TABLE a ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&second);
    assert_string_equal(fixture_change(*state, 0).before_text, TABLE_A);
    assert_string_equal(fixture_change(*state, 0).after_text, TABLE_AB);
    assert_int_equal(session_begin_outcome(&first, OUTCOME_OK, true, 0), OUTCOME_RELEASE);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

static void overlap(struct fixture *fixture, struct session sessions[3], const char *const texts[3])
{
    fixture_open(fixture, false);
    for (size_t i = 0; i < 3 && texts[i] != NULL; i++) {
        session_open(fixture, &sessions[i], 7 + (uint32_t)i);
        session_hold(&sessions[i], texts[i]);
    }
}

static void close_all(struct session sessions[3], size_t count)
{
    for (size_t i = 0; i < count; i++)
        session_close(&sessions[i]);
    session_finish(&sessions[0]);
}

/* Several workers that make what they need as they start. */
static void test_of_twins_that_create_the_first_made_it_and_the_others_nothing(void **state)
{
    static const char TEXT[] = "CREATE TABLE IF NOT EXISTS a (i INT)";
    struct session sessions[3];
    overlap(*state, sessions, (const char *const[3]){TEXT, TEXT, TEXT});
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    for (size_t i = 0; i < 3; i++)
        session_ok(&sessions[i]);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 0).before, IMAGE_ABSENT);
    assert_string_equal(fixture_change(*state, 0).after_text, TABLE_A);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_NO_EFFECT);
    assert_int_equal(fixture_change(*state, 2).state, CHANGE_NO_EFFECT);
    close_all(sessions, 3);
}

static void test_of_twins_that_drop_the_first_did_it_and_the_others_nothing(void **state)
{
    static const char TEXT[] = "DROP TABLE IF EXISTS a";
    struct session sessions[3];
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    overlap(*state, sessions, (const char *const[3]){TEXT, TEXT, NULL});
    fake_server_put(OBJECT_TABLE, "a", NULL);
    session_ok(&sessions[0]);
    session_ok(&sessions[1]);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    assert_string_equal(fixture_change(*state, 0).before_text, TABLE_A);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_NO_EFFECT);
    close_all(sessions, 2);
}

static void expect_both_without_images(struct fixture *fixture, struct session sessions[3])
{
    for (size_t i = 0; i < 2; i++) {
        session_ok(&sessions[i]);
        assert_int_equal(fixture_change(fixture, i).state, CHANGE_DONE);
        assert_int_equal(fixture_change(fixture, i).after, IMAGE_UNKNOWN);
    }
    close_all(sessions, 2);
}

/* Which of the two made the table that is there is not known. */
static void test_of_different_texts_both_are_changes(void **state)
{
    struct session sessions[3];
    overlap(*state, sessions,
            (const char *const[3]){"CREATE TABLE IF NOT EXISTS a (i INT)",
                                   "CREATE TABLE IF NOT EXISTS a (i INT, b INT)", NULL});
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    expect_both_without_images(*state, sessions);
}

/* The table was dropped in between, so that both may have made one. */
static void test_twins_beside_another_change_are_both_changes(void **state)
{
    static const char TEXT[] = "CREATE TABLE IF NOT EXISTS a (i INT)";
    struct session sessions[3];
    overlap(*state, sessions, (const char *const[3]){TEXT, TEXT, "DROP TABLE IF EXISTS a"});
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&sessions[0]);
    fake_server_put(OBJECT_TABLE, "a", NULL);
    session_ok(&sessions[2]);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&sessions[1]);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fixture_change(*state, i).state, CHANGE_DONE);
        assert_int_equal(fixture_change(*state, i).after, IMAGE_UNKNOWN);
    }
    close_all(sessions, 3);
}

/* ALTER TABLE IF EXISTS adds an index for each time that it runs. */
static void test_an_alter_has_no_twins(void **state)
{
    static const char TEXT[] = "ALTER TABLE IF EXISTS a ADD INDEX (i)";
    struct session sessions[3];
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    overlap(*state, sessions, (const char *const[3]){TEXT, TEXT, NULL});
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    expect_both_without_images(*state, sessions);
}

/* What follows a twin in another text, or stands before it, may undo it. */
static void test_a_statement_beside_others_of_its_text_has_no_twins(void **state)
{
    struct session sessions[3];
    overlap(*state, sessions,
            (const char *const[3]){"CREATE TABLE IF NOT EXISTS a (i INT)",
                                   "DROP TABLE a;CREATE TABLE IF NOT EXISTS a (i INT)", NULL});
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&sessions[0]);
    session_outcome(&sessions[1], OUTCOME_OK, false, 0);
    session_outcome(&sessions[1], OUTCOME_OK, true, 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fixture_change(*state, i).state, CHANGE_DONE);
    close_all(sessions, 2);
}

/* The one was killed as it waited for the other, which dropped both. */
static void test_a_twin_that_failed_in_part_does_not_stand_for_the_other(void **state)
{
    static const char TEXT[] = "DROP TABLE IF EXISTS a, b";
    struct session sessions[3];
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fake_server_put(OBJECT_TABLE, "b", TABLE_A);
    overlap(*state, sessions, (const char *const[3]){TEXT, TEXT, NULL});
    fake_server_put(OBJECT_TABLE, "a", NULL);
    fake_server_put(OBJECT_TABLE, "b", NULL);
    session_outcome(&sessions[0], OUTCOME_ERROR, true, 1317);
    session_ok(&sessions[1]);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_DONE);
    close_all(sessions, 2);
}

/* The drop lies before the second one, but within the first. */
static void test_a_twin_that_was_not_alone_does_not_stand_for_the_other(void **state)
{
    static const char TEXT[] = "CREATE TABLE IF NOT EXISTS a (i INT)";
    struct session sessions[3];
    overlap(*state, sessions, (const char *const[3]){TEXT, "DROP TABLE IF EXISTS a", NULL});
    session_ok(&sessions[1]);
    session_open(*state, &sessions[2], 9);
    session_hold(&sessions[2], TEXT);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&sessions[0]);
    session_ok(&sessions[2]);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_DONE);
    assert_int_equal(fixture_change(*state, 2).state, CHANGE_DONE);
    close_all(sessions, 3);
}

/* It waited for a lock that it did not get. */
static void test_a_twin_that_fails_says_nothing_of_the_other(void **state)
{
    static const char TEXT[] = "CREATE TABLE IF NOT EXISTS a (i INT)";
    struct session sessions[3];
    overlap(*state, sessions, (const char *const[3]){TEXT, TEXT, NULL});
    session_outcome(&sessions[0], OUTCOME_ERROR, true, 1205);
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    session_ok(&sessions[1]);
    assert_int_equal(fixture_change(*state, 0).state, CHANGE_FAILED);
    assert_int_equal(fixture_change(*state, 1).state, CHANGE_DONE);
    assert_string_equal(fixture_change(*state, 1).after_text, TABLE_A);
    close_all(sessions, 2);
}

/* The first one is in another schema, which is not known while its facts are asked. */
static void test_a_wrong_guess_disturbs_nobody(void **state)
{
    struct session first, second;
    fake_server_put(OBJECT_TABLE, "a", TABLE_A);
    fixture_open(*state, false);
    session_open(*state, &first, 7);
    session_open(*state, &second, 8);
    first.default_schema = "elsewhere";
    session_command(&first, COMMAND_QUERY, "ALTER TABLE a ADD z INT");
    session_wait_question(&first);
    session_hold(&second, "ALTER TABLE a ADD b INT");
    fake_server_put(OBJECT_TABLE, "a", TABLE_AB);
    session_ok(&second);
    assert_string_equal(fixture_change(*state, 0).before_text, TABLE_A);
    assert_string_equal(fixture_change(*state, 0).after_text, TABLE_AB);
    session_wait_forward(&first);
    assert_int_equal(session_begin_outcome(&first, OUTCOME_OK, true, 0), OUTCOME_RELEASE);
    session_close(&first);
    session_close(&second);
    session_finish(&first);
}

#define OVERLAP_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_set_up, fixture_tear_down)

int run_overlap_tests(void)
{
    const struct CMUnitTest tests[] = {
        OVERLAP_TEST(test_changes_one_after_the_other_keep_their_images),
        OVERLAP_TEST(test_changes_of_different_objects_keep_their_images),
        OVERLAP_TEST(test_overlapping_changes_of_one_table_have_no_way_back),
        OVERLAP_TEST(test_a_drop_that_overlaps_has_no_way_back),
        OVERLAP_TEST(test_overlapping_changes_that_undo_each_other_are_both_changes),
        OVERLAP_TEST(test_a_failed_change_spoils_nobodys_images),
        OVERLAP_TEST(test_a_renaming_that_failed_beside_a_change_is_no_change),
        OVERLAP_TEST(test_a_drop_that_failed_in_part_beside_a_change_is_one),
        OVERLAP_TEST(test_after_an_overlap_images_are_trusted_again),
        OVERLAP_TEST(test_a_lost_change_spoils_images_until_it_is_settled),
        OVERLAP_TEST(test_a_temporary_table_disturbs_nobody),
        OVERLAP_TEST(test_a_wrong_guess_disturbs_nobody),
        OVERLAP_TEST(test_a_trigger_and_its_table_overlap),
        OVERLAP_TEST(test_of_twins_that_create_the_first_made_it_and_the_others_nothing),
        OVERLAP_TEST(test_of_twins_that_drop_the_first_did_it_and_the_others_nothing),
        OVERLAP_TEST(test_of_different_texts_both_are_changes),
        OVERLAP_TEST(test_twins_beside_another_change_are_both_changes),
        OVERLAP_TEST(test_an_alter_has_no_twins),
        OVERLAP_TEST(test_a_twin_that_fails_says_nothing_of_the_other),
        OVERLAP_TEST(test_a_statement_beside_others_of_its_text_has_no_twins),
        OVERLAP_TEST(test_a_twin_that_failed_in_part_does_not_stand_for_the_other),
        OVERLAP_TEST(test_a_twin_that_was_not_alone_does_not_stand_for_the_other),
        OVERLAP_TEST(test_sessions_on_many_loops_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
