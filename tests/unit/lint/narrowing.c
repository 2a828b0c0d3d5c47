/* Which types hold less than others. */
#include "suites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lint/narrowing.h"

static const struct {
    const char *before, *after;
    enum narrowing expected;
} rows[] = {
    {"int", "int", NARROWING_NONE},
    {"int", "bigint", NARROWING_NONE},
    {"int(10) unsigned", "bigint(20)", NARROWING_NONE},
    {"tinyint unsigned", "smallint", NARROWING_NONE},
    {"bigint", "int", NARROWING_LESS},
    {"int", "int unsigned", NARROWING_LESS},
    {"int unsigned", "int", NARROWING_LESS},
    {"int(11)", "int(4)", NARROWING_NONE},
    {"decimal(10,2)", "decimal(12,4)", NARROWING_NONE},
    {"decimal(10,2)", "decimal(10,4)", NARROWING_LESS},
    {"decimal(10,2)", "decimal(12,1)", NARROWING_LESS},
    {"double", "float", NARROWING_LESS},
    {"float", "double", NARROWING_NONE},
    {"varchar(64)", "varchar(63)", NARROWING_LESS},
    {"varchar(64)", "text", NARROWING_NONE},
    {"text", "varchar(100)", NARROWING_LESS},
    {"longtext", "mediumtext", NARROWING_LESS},
    {"char(3)", "varchar(3)", NARROWING_NONE},
    {"varbinary(8)", "binary(4)", NARROWING_LESS},
    {"datetime(6)", "datetime", NARROWING_LESS},
    {"datetime", "datetime(3)", NARROWING_NONE},
    {"datetime", "date", NARROWING_LESS},
    {"time", "datetime", NARROWING_KIND},
    {"bit(8)", "bit(4)", NARROWING_LESS},
    {"int", "varchar(20)", NARROWING_KIND},
    {"varchar(20)", "json", NARROWING_KIND},
    {"json", "json", NARROWING_NONE},
    {"point", "geometry", NARROWING_KIND},
    {"enum('a','b')", "enum('a','b','c')", NARROWING_NONE},
    {"enum('a','b')", "enum('b','a')", NARROWING_ORDER},
    {"enum('a','b')", "enum('a')", NARROWING_MEMBERS},
    {"enum('a','b''c')", "enum('a','b')", NARROWING_MEMBERS},
    {"enum('a','b')", "enum('x','a','b')", NARROWING_ORDER},
    {"set('a','b')", "enum('a','b')", NARROWING_KIND},
    {"enum('a')", "varchar(10)", NARROWING_KIND},
};

static void test_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum narrowing narrowing =
            narrowing_of_type(slice_from(rows[i].before), slice_from(rows[i].after));
        if (narrowing != rows[i].expected)
            fail_msg("%s to %s is %d, not %d", rows[i].before, rows[i].after, (int)narrowing,
                     (int)rows[i].expected);
    }
}

static void test_character_sets(void **state)
{
    (void)state;
    assert_true(narrowing_of_charset(SLICE("utf8mb4"), SLICE("utf8mb3")));
    assert_true(narrowing_of_charset(SLICE("utf8mb4"), SLICE("latin1")));
    assert_true(narrowing_of_charset(SLICE("latin1"), SLICE("latin2")));
    assert_true(narrowing_of_charset(SLICE("latin1"), SLICE("ascii")));
    assert_false(narrowing_of_charset(SLICE("utf8mb3"), SLICE("utf8mb4")));
    assert_false(narrowing_of_charset(SLICE("utf8"), SLICE("utf8mb3")));
    assert_false(narrowing_of_charset(SLICE("latin1"), SLICE("latin1")));
    assert_false(narrowing_of_charset(SLICE("latin1"), SLICE_NONE));
}

int run_narrowing_tests(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_types),
                                       cmocka_unit_test(test_character_sets)};
    return cmocka_run_group_tests_name("narrowing", tests, NULL, NULL);
}
