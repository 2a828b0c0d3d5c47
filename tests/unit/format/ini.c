/* INI files as ConfigParser reads them. */
#include "format_tests.h"

#include "format/ini.h"

static void assert_ini(const char *text, const char *name, const char *expected)
{
    struct ini ini;
    ini_read(slice_from(text), "alembic", &ini);
    ini_set(&ini, "here", "/a%b");
    char *value = ini_get(&ini, name);
    if (expected == NULL)
        assert_null(value);
    else
        assert_string_equal(value, expected);
    free(value);
    ini_release(&ini);
}

static void values_are_those_of_the_section(void **state)
{
    (void)state;
    assert_ini("[other]\na = 1\n[alembic]\na = 2 ; no comment\n[x]\na=3\n", "a", "2 ; no comment");
    assert_ini("[alembic]\n# a = 1\n; a = 2\nb: c=d\r\n", "a", NULL);
    assert_ini("[alembic]\n# a = 1\nb: c=d\r\n", "B", "c=d");
    assert_ini("[DEFAULT]\na = 1\nb = 2\n[alembic]\nb = 3\n", "a", "1");
    assert_ini("[alembic]\nb = 3\n[DEFAULT]\nb = 2\n", "b", "3");
    assert_ini("[alembic]\na =\n", "a", "");
}

static void indented_lines_go_on(void **state)
{
    (void)state;
    assert_ini("[alembic]\na = 1\n  # no\n  2\n\tb = 3\nc = 4\n", "a", "1\n2\nb = 3");
    assert_ini("[alembic]\na =\n  1\nc = 4\n", "a", "\n1");
}

static void a_name_that_is_none_does_no_harm(void **state)
{
    struct ini ini;
    (void)state;
    ini_read(SLICE("[alembic]\na\0b = 1\n  2\n= 3\n  4\n"), "alembic", &ini);
    char *value = ini_get(&ini, "a");
    assert_string_equal(value, "1\n2");
    free(value);
    ini_release(&ini);
}

static void percent_signs_are_expanded(void **state)
{
    (void)state;
    assert_ini("[alembic]\na = %%(rev)s_%(here)s/%(b)s%(gone)s\nb = x%%\n", "a",
               "%(rev)s_/a%b/x%%(gone)s");
    assert_ini("[alembic]\na = %(a)s\n", "a", "%(a)s");
    assert_ini("[alembic]\na = %(b)s%(b)s\nb =\n", "a", "");
}

int run_ini_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_section),
        cmocka_unit_test(indented_lines_go_on),
        cmocka_unit_test(a_name_that_is_none_does_no_harm),
        cmocka_unit_test(percent_signs_are_expanded),
    };
    return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
