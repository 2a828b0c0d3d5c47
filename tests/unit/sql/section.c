/* No section ever holds a line that reads as a mark. */
#include "sql_tests.h"

#include "sql/section.h"

static const struct dialect plain = {.version = 90704};

static void assert_section(const char *text, const struct dialect *dialect, const char *expected)
{
    struct buffer out = BUFFER_INIT;
    struct section_mark mark;
    bool possible = section_append(slice_from(text), dialect, &out);
    assert_int_equal(possible, expected != NULL);
    assert_string_equal(buffer_text(&out), expected == NULL ? "" : expected);
    assert_false(section_find_mark(buffer_slice(&out), 0, &mark));
    buffer_release(&out);
}

static void ordinary_text_stays_as_it_is(void **state)
{
    (void)state;
    const char *texts[] = {
        "",
        "SELECT 1",
        "-- a comment\nSELECT '\n--\n' -- migrate:up in the middle\n",
        " -- migrate:up",
        "-- migrate:upwards",
        "-- migrate:UP",
        "--migrated:up",
        "SELECT 'unterminated\n",
        "/* open\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_section(texts[i], &plain, texts[i]);
}

static void a_comment_line_that_is_a_mark_gets_a_blank(void **state)
{
    (void)state;
    assert_section("-- migrate:down\nDROP TABLE a", &plain, " -- migrate:down\nDROP TABLE a");
    assert_section("DROP\n--migrate:up\nTABLE a", &plain, "DROP\n --migrate:up\nTABLE a");
    assert_section("DROP\n-- \t migrate:up\r\nTABLE a", &plain,
                   "DROP\n -- \t migrate:up\r\nTABLE a");
    assert_section("DROP /* x\n-- migrate:down */ TABLE a", &plain,
                   "DROP /* x\n -- migrate:down */ TABLE a");
    assert_section("SELECT 1 -- x\n-- migrate:down", &plain, "SELECT 1 -- x\n -- migrate:down");
    assert_section("SELECT 1\n-- migrate:up\n-- migrate:down", &plain,
                   "SELECT 1\n -- migrate:up\n -- migrate:down");
}

static void blanks_of_a_mark_may_be_line_breaks(void **state)
{
    (void)state;
    assert_section("SELECT 1\n--\n\nmigrate:up", &plain, "SELECT 1\n --\n\nmigrate:up");
}

static void in_a_string_the_line_break_is_escaped(void **state)
{
    (void)state;
    assert_section("SELECT 'a\n-- migrate:up '", &plain, "SELECT 'a\\n-- migrate:up '");
    assert_section("SELECT \"a'\n-- migrate:up \"", &plain, "SELECT \"a'\\n-- migrate:up \"");
    /* backslash and line break are a line break: no second backslash */
    assert_section("SELECT 'a\\\n-- migrate:up '", &plain, "SELECT 'a\\n-- migrate:up '");
    assert_section("SELECT 'a\\\\\n-- migrate:up '", &plain, "SELECT 'a\\\\\\n-- migrate:up '");
    assert_section("SELECT 'it''s\n-- migrate:up '", &plain, "SELECT 'it''s\\n-- migrate:up '");
}

static void where_nothing_can_be_done_the_text_is_refused(void **state)
{
    (void)state;
    const struct dialect no_escapes = {.version = 90704, .no_backslash_escapes = true};
    const struct dialect ansi = {.version = 90704, .ansi_quotes = true};
    assert_section("SELECT 'a\n-- migrate:up '", &no_escapes, NULL);
    assert_section("SELECT `a\n-- migrate:up `", &plain, NULL);
    assert_section("SELECT \"a\n-- migrate:up \"", &ansi, NULL);
}

static void assert_zero(struct slice text, const struct dialect *dialect, const char *expected)
{
    struct buffer out = BUFFER_INIT;
    assert_int_equal(section_append(text, dialect, &out), expected != NULL);
    assert_string_equal(buffer_text(&out), expected == NULL ? "" : expected);
    assert_int_equal(out.len, expected == NULL ? 0 : strlen(expected));
    buffer_release(&out);
}

static void a_zero_byte_is_written_as_an_escape(void **state)
{
    static const struct dialect raw = {.version = 90704, .no_backslash_escapes = true};
    (void)state;
    assert_zero(SLICE("SELECT 'a\0b' /* \0 */"), &plain, "SELECT 'a\\0b' /*   */");
    assert_zero(SLICE("SELECT 'a\\\0b', 'a\\\\\0b'"), &plain, "SELECT 'a\\0b', 'a\\\\\\0b'");
    assert_zero(SLICE("SELECT 'a\0b'"), &raw, NULL);
    assert_zero(SLICE("SELECT `a\0b`"), &plain, NULL);
}

static void assert_statement(const char *text, const char *expected)
{
    struct buffer out = BUFFER_INIT;
    assert_true(section_append_statement(slice_from(text), &plain, &out));
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void a_statement_ends_outside_of_its_last_comment(void **state)
{
    (void)state;
    assert_statement("DROP TABLE a", "DROP TABLE a;\n");
    assert_statement("DROP TABLE a -- why", "DROP TABLE a -- why\n;\n");
    assert_statement("DROP TABLE a -- why\n", "DROP TABLE a -- why\n;\n");
    assert_statement("DROP TABLE a # why", "DROP TABLE a # why\n;\n");
    assert_statement("DROP TABLE a /* -- why */", "DROP TABLE a /* -- why */;\n");
    assert_statement("DROP TABLE `a -- b`", "DROP TABLE `a -- b`;\n");
}

static void comments_hold_clean_lines_only(void **state)
{
    (void)state;
    struct buffer out = BUFFER_INIT;
    section_append_comment(SLICE("a\r\tb\x1b[31m\n  migrate:down\n\nc\xff\xc3\xa9\xed\xa0\x80"),
                           &out);
    assert_string_equal(buffer_text(&out),
                        "-- a??b?[31m\n-- >   migrate:down\n-- \n-- c?\xc3\xa9???\n");
    buffer_release(&out);
}

static void blanks_and_comments_are_no_statement(void **state)
{
    (void)state;
    assert_false(section_has_statement(SLICE("")));
    assert_false(section_has_statement(SLICE("-- DROP TABLE a;\n# b\n/* c; */ ;\n")));
    assert_true(section_has_statement(SLICE("-- x\nDROP TABLE a;")));
    assert_true(section_has_statement(SLICE("/*!50003 DROP TABLE a */;")));
    assert_true(section_has_statement(SLICE("/*M!100100 DROP TABLE a */;")));
}

int run_section_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_text_stays_as_it_is),
        cmocka_unit_test(a_comment_line_that_is_a_mark_gets_a_blank),
        cmocka_unit_test(blanks_of_a_mark_may_be_line_breaks),
        cmocka_unit_test(in_a_string_the_line_break_is_escaped),
        cmocka_unit_test(where_nothing_can_be_done_the_text_is_refused),
        cmocka_unit_test(a_zero_byte_is_written_as_an_escape),
        cmocka_unit_test(a_statement_ends_outside_of_its_last_comment),
        cmocka_unit_test(comments_hold_clean_lines_only),
        cmocka_unit_test(blanks_and_comments_are_no_statement),
    };
    return cmocka_run_group_tests_name("section", tests, NULL, NULL);
}
