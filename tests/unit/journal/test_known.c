/* What the schema was known to be after a change. */
#include "journal_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

/* Added up since it was forgotten so often. */
static void put_since(struct journal *journal, const char *table, int64_t last_change,
                      int64_t forgotten)
{
    struct catalog catalog = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    catalog_add(&catalog, OBJECT_TABLE, slice_from(table))->text = memory_copy_text(table);
    assert_int_equal(journal_known_put(journal, &catalog, last_change, forgotten, &problem),
                     ERROR_NONE);
    catalog_release(&catalog);
}

static void put(struct journal *journal, const char *table, int64_t last_change)
{
    put_since(journal, table, last_change, 0);
}

/* How often it was forgotten. */
static int64_t expect(struct journal *journal, const char *table, int64_t last_change)
{
    struct catalog catalog = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    int64_t found = -1, forgotten = -1;
    assert_int_equal(journal_known_get(journal, &catalog, &found, &forgotten, &problem),
                     ERROR_NONE);
    assert_int_equal(found, last_change);
    assert_int_equal(catalog.count, table != NULL);
    if (table != NULL)
        assert_string_equal(catalog.objects[0].text, table);
    catalog_release(&catalog);
    return forgotten;
}

static enum error renew(struct journal *journal, const char *table, const char *value,
                        struct problem *problem)
{
    struct catalog catalog = CATALOG_INIT;
    catalog_add(&catalog, OBJECT_TABLE, slice_from(table))->text = memory_copy_text(table);
    enum error error = journal_baseline_renew(journal, &catalog, "covered", value, problem);
    catalog_release(&catalog);
    return error;
}

static void expect_baseline(struct journal *journal, const char *table, const char *covered)
{
    struct catalog catalog = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    char *value = NULL;
    assert_int_equal(journal_baseline_get(journal, &catalog, &problem), ERROR_NONE);
    assert_int_equal(catalog.count, 1);
    assert_string_equal(catalog.objects[0].text, table);
    catalog_release(&catalog);
    assert_int_equal(journal_setting_get(journal, "covered", &value, &problem), ERROR_NONE);
    assert_string_equal(value, covered);
    free(value);
}

static void nothing_is_known_of_a_new_journal(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    expect(journal, NULL, 0);
    journal_close(journal);
}

static void a_newer_one_takes_the_place_of_an_older_one_only(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    put(journal, "users", 5);
    expect(journal, "users", 5);
    put(journal, "orders", 7);
    expect(journal, "orders", 7);
    put(journal, "users", 6);
    expect(journal, "orders", 7);
    journal_close(journal);
}

static void a_baseline_taken_anew_forgets_it(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct problem problem = PROBLEM_INIT;
    put(journal, "users", 5);
    assert_int_equal(renew(journal, "users", "5", &problem), ERROR_NONE);
    int64_t forgotten = expect(journal, NULL, 0);
    expect_baseline(journal, "users", "5");
    put_since(journal, "orders", 3, forgotten);
    expect(journal, "orders", 3);
    journal_close(journal);
}

/* Whoever began to add up before has not what the baseline has. */
static void one_added_up_before_it_was_forgotten_is_not_put(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct problem problem = PROBLEM_INIT;
    for (unsigned i = 0; i < 2; i++) {
        int64_t forgotten = expect(journal, NULL, 0);
        assert_int_equal(renew(journal, "users", "5", &problem), ERROR_NONE);
        put_since(journal, "orders", 5, forgotten);
        expect(journal, NULL, 0);
    }
    journal_close(journal);
}

static void a_baseline_is_taken_anew_as_a_whole_or_not_at_all(void **state)
{
    static const char *const fails[] = {
        "UPDATE ON setting",
        "DELETE ON known",
        "DELETE ON setting",
    };
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    sqlite3 *raw = fixture_raw(*state);
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(renew(journal, "users", "5", &problem), ERROR_NONE);
    put_since(journal, "users", 5, expect(journal, NULL, 0));
    for (size_t i = 0; i < sizeof fails / sizeof fails[0]; i++) {
        char sql[200];
        (void)snprintf(sql, sizeof sql,
                       "CREATE TRIGGER fail BEFORE %s BEGIN SELECT RAISE(ABORT, 'full'); END",
                       fails[i]);
        assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(renew(journal, "orders", "6", &problem), ERROR_JOURNAL);
        assert_int_equal(sqlite3_exec(raw, "DROP TRIGGER fail", NULL, NULL, NULL), SQLITE_OK);
        expect(journal, "users", 5);
        expect_baseline(journal, "users", "5");
    }
    (void)sqlite3_close(raw);
    journal_close(journal);
}

int run_known_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_known_of_a_new_journal, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_newer_one_takes_the_place_of_an_older_one_only,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_baseline_taken_anew_forgets_it, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(one_added_up_before_it_was_forgotten_is_not_put,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_baseline_is_taken_anew_as_a_whole_or_not_at_all,
                                        fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
