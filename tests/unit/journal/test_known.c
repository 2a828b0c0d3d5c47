/* What the schema was known to be after a change. */
#include "journal_fixture.h"

#include <string.h>

#include "ddltap/memory.h"

static void put(struct journal *journal, const char *table, int64_t last_change)
{
    struct catalog catalog = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    catalog_add(&catalog, OBJECT_TABLE, slice_from(table))->text = memory_copy_text(table);
    assert_int_equal(journal_known_put(journal, &catalog, last_change, &problem), ERROR_NONE);
    catalog_release(&catalog);
}

static void expect(struct journal *journal, const char *table, int64_t last_change)
{
    struct catalog catalog = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    int64_t found = -1;
    assert_int_equal(journal_known_get(journal, &catalog, &found, &problem), ERROR_NONE);
    assert_int_equal(found, last_change);
    assert_int_equal(catalog.count, table != NULL);
    if (table != NULL)
        assert_string_equal(catalog.objects[0].text, table);
    catalog_release(&catalog);
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

static void one_that_is_forgotten_is_gone(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct problem problem = PROBLEM_INIT;
    put(journal, "users", 5);
    assert_int_equal(journal_known_forget(journal, &problem), ERROR_NONE);
    expect(journal, NULL, 0);
    put(journal, "orders", 3);
    expect(journal, "orders", 3);
    journal_close(journal);
}

int run_known_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_known_of_a_new_journal, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_newer_one_takes_the_place_of_an_older_one_only,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_forgotten_is_gone, fixture_set_up,
                                        fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
