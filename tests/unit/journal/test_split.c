/* Several changes in the place of one: all of them with all that they had, or none. */
#include "journal_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

static const size_t first[] = {0}, second[] = {2, 1};

/* A change of three tables, with a pending draft; its id. */
static int64_t put_change(struct journal *journal)
{
    struct journal_session session;
    struct journal_change change;
    struct problem problem = PROBLEM_INIT;
    static const char *const names[] = {"users", "orders", "badges"};
    fixture_session(&session);
    fixture_change(&change, names[0]);
    change.objects = memory_resize(change.objects, 3, sizeof *change.objects);
    for (size_t i = 1; i < 3; i++) {
        change.objects[i] = (struct journal_object){
            .type = OBJECT_TABLE,
            .role = ROLE_TARGET,
            .schema = memory_copy_text("bankroll"),
            .name = memory_copy_text(names[i]),
            .before = {IMAGE_PRESENT, memory_copy_text(names[i]), memory_copy_text("sql_mode=\n")},
        };
    }
    change.object_count = 3;
    change.state = CHANGE_DONE;
    change.draft_state = DRAFT_PENDING;
    change.draft_name = memory_copy_text("20261122T101500Z_0001_drop_users.sql");
    assert_int_equal(journal_intend(journal, &session, &change, &problem), ERROR_NONE);
    int64_t id = change.id;
    journal_change_release(&change);
    journal_session_release(&session);
    return id;
}

static void check_part(const struct journal_change *change, const char *text, const char *name)
{
    assert_int_equal(change->state, CHANGE_DONE);
    assert_int_equal(change->draft_state, DRAFT_PENDING);
    assert_true(change->file_due);
    assert_string_equal(change->draft_name, name);
    assert_string_equal(change->reason, "split from #1");
    assert_int_equal(change->text_len, strlen(text));
    assert_memory_equal(change->text, text, strlen(text));
    assert_int_equal(change->at, 1795342500000001);
    assert_string_equal(change->facts.character_set_client, "latin1");
    assert_string_equal(change->facts.global_sql_mode, "STRICT_TRANS_TABLES");
    assert_int_equal(change->rename_count, 0);
}

static bool check(void *argument, const struct journal_change *change,
                  const struct journal_session *session)
{
    *(unsigned *)argument += 1;
    assert_string_equal(session->tool, "MySQLWorkbench");
    if (change->id == 1) {
        assert_int_equal(change->draft_state, DRAFT_SPLIT);
        assert_int_equal(change->object_count, 3);
        assert_true(change->file_due);
    } else if (change->id == 2) {
        check_part(change, "", "a.sql");
        assert_int_equal(change->verb, DDL_DROP);
        assert_int_equal(change->object_count, 1);
        assert_string_equal(change->objects[0].name, "users");
    } else {
        check_part(change, "RENAME TABLE badges TO orders", "b.sql");
        assert_int_equal(change->object_count, 2);
        assert_string_equal(change->objects[0].name, "badges");
        assert_string_equal(change->objects[0].before.text, "badges");
        assert_string_equal(change->objects[0].before.context, "sql_mode=\n");
        assert_int_equal(change->objects[1].before.state, IMAGE_PRESENT);
    }
    return true;
}

static void parts_take_the_place_of_a_change(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct problem problem = PROBLEM_INIT;
    const struct journal_filter all = {.id = 0};
    unsigned found = 0;
    struct journal_part parts[] = {
        {DDL_DROP, "TABLE", NULL, "a.sql", first, 1, 0},
        {DDL_RENAME, "TABLE", "RENAME TABLE badges TO orders", "b.sql", second, 2, 0},
    };
    assert_int_equal(journal_split(journal, put_change(journal), parts, 2, &problem), ERROR_NONE);
    assert_int_equal(parts[0].id, 2);
    assert_int_equal(parts[1].id, 3);
    assert_int_equal(journal_read(journal, &all, check, &found, &problem), ERROR_NONE);
    assert_int_equal(found, 3);
    journal_close(journal);
}

static void what_has_no_pending_draft_stays_as_it_is(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct problem problem = PROBLEM_INIT;
    struct journal_part parts[] = {{DDL_DROP, "TABLE", NULL, "a.sql", first, 1, 0}};
    int64_t id = put_change(journal);
    const struct journal_draft_mark mark = {.change_id = id, .state = DRAFT_DISCARDED};
    assert_int_equal(journal_mark_drafts(journal, &mark, 1, &problem), ERROR_NONE);
    assert_int_equal(journal_split(journal, id, parts, 1, &problem), ERROR_NOT_FOUND);
    sqlite3 *raw = fixture_raw(*state);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM change"), 1);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM object"), 3);
    assert_int_equal(
        fixture_number(raw, "SELECT count(*) FROM change WHERE draft_state = 'discarded'"), 1);
    (void)sqlite3_close(raw);
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int run_split_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_take_the_place_of_a_change),
        TEST(what_has_no_pending_draft_stays_as_it_is),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
