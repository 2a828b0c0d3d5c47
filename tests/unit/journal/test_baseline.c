/* The schema that drafts begin at; changes that a command makes itself. */
#include "journal_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

static void add(struct catalog *catalog, enum object_type type, struct slice name, const char *text,
                const char *context)
{
    struct catalog_object *object = catalog_add(catalog, type, name);
    object->text = memory_copy_text(text);
    object->context = memory_copy_text(context);
    object->why = text == NULL ? memory_copy_text("locked") : NULL;
}

static void assert_same(const struct catalog *a, const struct catalog *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct catalog_object *x = &a->objects[i], *y = &b->objects[i];
        assert_int_equal(x->type, y->type);
        assert_string_equal(x->name, y->name);
        assert_true(slice_equal(slice_from(x->text), slice_from(y->text)));
        assert_true(slice_equal(slice_from(x->context), slice_from(y->context)));
        assert_int_equal(x->why == NULL, y->why == NULL);
    }
}

static void get(struct journal *journal, const struct catalog *expected)
{
    struct catalog catalog = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(journal_baseline_get(journal, &catalog, &problem), ERROR_NONE);
    assert_same(&catalog, expected);
    catalog_release(&catalog);
}

static void a_new_journal_has_no_baseline(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct catalog catalog = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(journal_baseline_get(journal, &catalog, &problem), ERROR_NOT_FOUND);
    assert_non_null(strstr(problem.text, "ddltap scan --accept"));
    journal_close(journal);
}

static void a_baseline_comes_back_as_it_was_put(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct catalog catalog = CATALOG_INIT, empty = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    add(&catalog, OBJECT_TABLE, SLICE("users"), "CREATE TABLE `users` (\n  `id` int\n)", NULL);
    add(&catalog, OBJECT_TRIGGER, SLICE("z"), "CREATE TRIGGER `z` ...", "sql_mode=\n");
    add(&catalog, OBJECT_TRIGGER, SLICE("a"), NULL, NULL);
    assert_int_equal(journal_baseline_put(journal, &catalog, NULL, 0, &problem), ERROR_NONE);
    get(journal, &catalog);
    assert_int_equal(journal_baseline_put(journal, &empty, NULL, 0, &problem), ERROR_NONE);
    get(journal, &empty);
    catalog_release(&catalog);
    journal_close(journal);
}

static void a_baseline_and_its_marks_are_put_together_or_not_at_all(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct catalog catalog = CATALOG_INIT, next = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    const struct journal_draft_mark mark = {.change_id = 12, .state = DRAFT_COMMITTED};
    add(&catalog, OBJECT_TABLE, SLICE("users"), "CREATE TABLE `users` ...", NULL);
    assert_int_equal(journal_baseline_put(journal, &catalog, NULL, 0, &problem), ERROR_NONE);
    assert_int_equal(journal_baseline_put(journal, &next, &mark, 1, &problem), ERROR_NOT_FOUND);
    get(journal, &catalog);
    catalog_release(&catalog);
    journal_close(journal);
}

static bool check_origin(void *argument, const struct journal_change *change,
                         const struct journal_session *session)
{
    *(unsigned *)argument += 1;
    assert_int_equal(change->origin, ORIGIN_APPLIED);
    assert_int_equal(change->state, CHANGE_INTENDED);
    assert_int_equal(change->squashed_into, 3);
    assert_int_equal(change->session_id, session->id);
    return true;
}

static void a_command_tells_what_it_is_about_to_change(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct journal_session session;
    struct journal_change change;
    struct problem problem = PROBLEM_INIT;
    const struct journal_filter all = {.id = 0};
    unsigned found = 0;
    fixture_session(&session);
    fixture_change(&change, "users");
    change.origin = ORIGIN_APPLIED;
    change.squashed_into = 3;
    assert_int_equal(journal_intend(journal, &session, &change, &problem), ERROR_NONE);
    int64_t session_id = session.id;
    assert_int_equal(journal_intend(journal, &session, &change, &problem), ERROR_NONE);
    assert_int_equal(session.id, session_id);
    assert_int_equal(journal_read(journal, &all, check_origin, &found, &problem), ERROR_NONE);
    assert_int_equal(found, 2);
    change.state = CHANGE_DONE;
    assert_int_equal(journal_settle(journal, &change, &problem), ERROR_NONE);
    journal_change_release(&change);
    journal_session_release(&session);
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int run_baseline_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_journal_has_no_baseline),
        TEST(a_baseline_comes_back_as_it_was_put),
        TEST(a_baseline_and_its_marks_are_put_together_or_not_at_all),
        TEST(a_command_tells_what_it_is_about_to_change),
    };
    return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
