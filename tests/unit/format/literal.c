/* Strings in Python source. */
#include "format_tests.h"

#include "format/python_literal.h"

static void assert_argument(const char *text, const char *expected)
{
    struct buffer out = BUFFER_INIT;
    python_literal_append_argument(slice_from(text), &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void what_python_reads_as_it_is_stays_raw(void **state)
{
    (void)state;
    assert_argument("ALTER TABLE t\n  ADD `%x` int", "r\"\"\"ALTER TABLE t\n  ADD `%x` int\"\"\"");
    assert_argument("SELECT '\\n', \":a\", '\xc3\xa9\xf0\x9f\x98\x80'\t",
                    "r\"\"\"SELECT '\\n', \":a\", '\xc3\xa9\xf0\x9f\x98\x80'\t\"\"\"");
    assert_argument("\\\\", "r\"\"\"\\\\\"\"\"");
}

static void what_python_would_change_is_escaped(void **state)
{
    (void)state;
    assert_argument("a\"\"\"b", "\n        \"a\\\"\\\"\\\"b\"\n    ");
    assert_argument("SELECT \"a\"", "\n        \"SELECT \\\"a\\\"\"\n    ");
    assert_argument("a\\", "\n        \"a\\\\\"\n    ");
    assert_argument("a\r\nb\n", "\n        \"a\\r\\n\"\n        \"b\\n\"\n    ");
}

static void what_a_reader_would_not_see_is_escaped(void **state)
{
    (void)state;
    assert_argument("a\x01\x7f", "\n        \"a\\x01\\x7f\"\n    ");
    assert_argument("\xe2\x80\xae", "\n        \"\\u202e\"\n    ");
    assert_argument("\xc2\x85\xf3\xa0\x80\x81", "\n        \"\\x85\\U000e0001\"\n    ");
}

static void docstrings_and_comments_cannot_end_early(void **state)
{
    struct buffer out = BUFFER_INIT;
    (void)state;
    python_literal_append_docstring(SLICE("a\"\"\"\\ b\nc\x01"), &out);
    assert_string_equal(buffer_text(&out), "a\\\"\\\"\\\"\\\\ b\nc?");
    buffer_clear(&out);
    python_literal_append_comment(SLICE("a\nimport os\r\xe2\x80\xa8"), &out);
    assert_string_equal(buffer_text(&out), "a import os ?");
    buffer_release(&out);
}

static void assert_value(const char *source, size_t len, const char *expected)
{
    struct buffer out = BUFFER_INIT;
    assert_int_equal(python_literal_length(slice_from(source)), len);
    python_literal_value(slice_make(source, len), &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void literals_are_read(void **state)
{
    (void)state;
    assert_value("'ab' + c", 4, "ab");
    assert_value("\"a\\\"b\"", 6, "a\"b");
    assert_value("\"\"\"a\"b\\\"\"\"\"c", 11, "a\"b\"");
    assert_value("r'\\n'", 5, "\\n");
    assert_value("u'\\n'", 5, "\n");
    assert_value("''", 2, "");
    assert_int_equal(python_literal_length(SLICE("revision")), 0);
    assert_int_equal(python_literal_length(SLICE("'a\nb'")), 2);
    assert_int_equal(python_literal_length(SLICE("'''a")), 4);
}

int run_literal_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_python_reads_as_it_is_stays_raw),
        cmocka_unit_test(what_python_would_change_is_escaped),
        cmocka_unit_test(what_a_reader_would_not_see_is_escaped),
        cmocka_unit_test(docstrings_and_comments_cannot_end_early),
        cmocka_unit_test(literals_are_read),
    };
    return cmocka_run_group_tests_name("literal", tests, NULL, NULL);
}
