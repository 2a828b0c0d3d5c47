/* Which drafts a person means: numbers, ranges, parts of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "command/command.h"
#include "command/selection.h"
#include "suites.h"

static const struct selection_name names[] = {
    {1, "20261122T101500Z_0001_alter_users.sql"},
    {2, "20261122T101500Z_0002_alter_orders.sql"},
    {3, "20261122T101501Z_0003_create_orders_view.sql"},
    {0, "20261122T101502Z_0001_create_badges.sql"},
};

#define NAME_COUNT (sizeof names / sizeof names[0])

static const char *read_one(const char *text, struct selection *selection)
{
    static char copy[128];
    char *arguments[] = {copy};
    strcpy(copy, text);
    return selection_read(arguments, 1, selection);
}

static void test_numbers_and_ranges(void **state)
{
    struct selection selection;
    (void)state;
    assert_null(read_one("#3", &selection));
    assert_true(selection_take(&selection, 3, false));
    assert_false(selection_take(&selection, 4, true));
    assert_null(read_one("2..3", &selection));
    assert_true(selection_take(&selection, 2, true));
    assert_false(selection_take(&selection, 2, false));
    assert_null(read_one("4..", &selection));
    assert_non_null(selection_unmet(&selection));
    assert_true(selection_take(&selection, 400, true));
    assert_null(selection_unmet(&selection));
}

static void test_what_is_none_of_these(void **state)
{
    static const char *const wrong[] = {"", "#", "#x", "5..2", "..", "4..x", "drafts/"};
    struct selection selection;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_non_null(read_one(wrong[i], &selection));
}

static int parse(bool one, const char *first, const char *second)
{
    char command[] = "edit", copies[2][16];
    char *arguments[] = {command, copies[0], copies[1], NULL};
    int count = first == NULL ? 1 : second == NULL ? 2 : 3;
    struct selection selection;
    (void)snprintf(copies[0], sizeof copies[0], "%s", first == NULL ? "" : first);
    (void)snprintf(copies[1], sizeof copies[1], "%s", second == NULL ? "" : second);
    return one ? selection_parse_one(count, arguments, 1, "draft", &selection)
               : selection_parse(count, arguments, 1, &selection);
}

static void test_operands_are_drafts_or_a_single_one(void **state)
{
    (void)state;
    assert_int_equal(parse(false, NULL, NULL), -1);
    assert_int_equal(parse(false, "1", "3..4"), -1);
    assert_int_equal(parse(false, "1", "5..2"), EXIT_USAGE);
    assert_int_equal(parse(true, "#1", NULL), -1);
    assert_int_equal(parse(true, "users", NULL), -1);
    assert_int_equal(parse(true, NULL, NULL), EXIT_USAGE);
    assert_int_equal(parse(true, "#", NULL), EXIT_USAGE);
    assert_int_equal(parse(true, "1..", NULL), EXIT_USAGE);
    assert_int_equal(parse(true, "1", "2"), EXIT_USAGE);
}

static void test_a_part_of_one_name_is_its_draft(void **state)
{
    struct selection selection;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    assert_null(read_one("Alter_Users", &selection));
    assert_false(selection_take(&selection, 1, true));
    assert_int_equal(selection_resolve(&selection, names, NAME_COUNT, &problem), ERROR_NONE);
    assert_false(selection_take(&selection, 2, true));
    assert_true(selection_take(&selection, 1, true));
    assert_null(selection_unmet(&selection));
}

static void test_a_path_names_its_file(void **state)
{
    struct selection selection;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    assert_null(read_one("ddltap/drafts/20261122T101500Z_0002_alter_orders.sql", &selection));
    assert_int_equal(selection_resolve(&selection, names, NAME_COUNT, &problem), ERROR_NONE);
    assert_true(selection_take(&selection, 2, true));
    assert_null(read_one("../ddltap/drafts/20261122T101500Z_0001_alter_users.sql", &selection));
    assert_int_equal(selection_resolve(&selection, names, NAME_COUNT, &problem), ERROR_NONE);
    assert_true(selection_take(&selection, 1, true));
}

static void test_a_part_of_several_lists_them(void **state)
{
    struct selection selection;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    assert_null(read_one("orders", &selection));
    assert_int_equal(selection_resolve(&selection, names, NAME_COUNT, &problem), ERROR_USAGE);
    assert_non_null(strstr(problem.text, "names of 2 drafts"));
    assert_non_null(strstr(problem.text, names[1].name));
    assert_non_null(strstr(problem.text, names[2].name));
    assert_null(strstr(problem.text, names[0].name));
}

static void test_a_whole_name_is_meant_rather_than_one_that_holds_it(void **state)
{
    static const struct selection_name both[] = {{0, "add_users.sql"}, {0, "users.sql"}};
    struct selection selection;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    assert_null(read_one("drafts/users.sql", &selection));
    assert_int_equal(selection_resolve(&selection, both, 2, &problem), ERROR_NONE);
    assert_false(selection_take_name(&selection, both[0].name));
    assert_true(selection_take_name(&selection, both[1].name));
    assert_null(read_one("users", &selection));
    assert_int_equal(selection_resolve(&selection, both, 2, &problem), ERROR_USAGE);
}

static void test_a_part_of_none(void **state)
{
    struct selection selection;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    assert_null(read_one("invoices", &selection));
    assert_int_equal(selection_resolve(&selection, names, NAME_COUNT, &problem), ERROR_NOT_FOUND);
    assert_non_null(strstr(problem.text, "invoices"));
}

static void test_what_has_no_number_is_taken_by_name(void **state)
{
    struct selection selection;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    assert_null(read_one("badges", &selection));
    assert_int_equal(selection_resolve(&selection, names, NAME_COUNT, &problem), ERROR_NONE);
    assert_false(selection_take(&selection, 0, true));
    assert_false(selection_take_name(&selection, names[1].name));
    assert_non_null(selection_unmet(&selection));
    assert_true(selection_take_name(&selection, names[3].name));
    assert_null(selection_unmet(&selection));
}

int run_selection_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_and_ranges),
        cmocka_unit_test(test_what_is_none_of_these),
        cmocka_unit_test(test_operands_are_drafts_or_a_single_one),
        cmocka_unit_test(test_a_part_of_one_name_is_its_draft),
        cmocka_unit_test(test_a_path_names_its_file),
        cmocka_unit_test(test_a_part_of_several_lists_them),
        cmocka_unit_test(test_a_whole_name_is_meant_rather_than_one_that_holds_it),
        cmocka_unit_test(test_a_part_of_none),
        cmocka_unit_test(test_what_has_no_number_is_taken_by_name),
    };
    return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
