/* Tests of statement: the table of statements.txt, and what does not fit on a line. */
#include "sql_tests.h"

static void check_as(const char *dialect_words, const char *expected, const char *text)
{
    struct dialect dialect = test_dialect(dialect_words);
    struct statement statement;
    struct buffer description = BUFFER_INIT;
    statement_read(slice_from(text), &dialect, &statement);
    test_describe(&statement, &description);
    if (strcmp(buffer_text(&description), expected) != 0)
        fail_msg("%s [%s]\n  expected %s\n  got      %s", text, dialect_words, expected,
                 buffer_text(&description));
    buffer_release(&description);
    statement_release(&statement);
}

static void check_statement(const char *dialect, const char *expected, const char *text)
{
    if (strcmp(dialect, "any") != 0) {
        check_as(dialect, expected, text);
        return;
    }
    check_as("mysql", expected, text);
    check_as("mysql57", expected, text);
    check_as("mysql97", expected, text);
    check_as("mariadb", expected, text);
}

static void statements_are_classified_with_their_objects(void **state)
{
    (void)state;
    unsigned count = test_each_statement(check_statement);
    assert_true(count >= 200);
}

static void a_statement_may_end_anywhere(void **state)
{
    static const char text[] =
        "CREATE OR REPLACE DEFINER=`a`@`b` TRIGGER IF NOT EXISTS s.t BEFORE INSERT ON s.u FOR EACH "
        "ROW FOLLOWS x BEGIN END; ALTER TABLE a.b CHANGE COLUMN c d INT, RENAME INDEX e TO f, "
        "RENAME TO g.h, EXCHANGE PARTITION p WITH TABLE i.j; RENAME TABLE a.b TO c.d; "
        "SET STATEMENT a=1 FOR EXECUTE IMMEDIATE 'DROP TABLE a.b, c.d'; PREPARE p FROM 'x';"
        "BEGIN NOT ATOMIC IF 1 THEN DROP INDEX i ON a.b; END IF; END";
    struct dialect dialect = test_dialect("mariadb");
    (void)state;
    for (size_t start = 0; start < sizeof(text) - 1; start++) {
        for (size_t end = start; end <= sizeof(text) - 1; end += 1 + (end - start) / 16) {
            char *copy = malloc(end - start + 1); /* exact, so that reading beyond is seen */
            struct statement statement;
            assert_non_null(copy);
            memcpy(copy, text + start, end - start);
            statement_read(slice_make(copy, end - start), &dialect, &statement);
            for (size_t i = 0; i < statement.object_count; i++) {
                if (statement.objects[i].role != ROLE_RENAME_FROM)
                    continue;
                assert_true(i + 1 < statement.object_count);
                assert_int_equal(statement.objects[i + 1].role, ROLE_RENAME_TO);
            }
            statement_release(&statement);
            free(copy);
        }
    }
}

static void names_are_unquoted_in_the_clients_character_set(void **state)
{
    struct dialect dialect = test_dialect("gbk");
    struct statement statement;
    (void)state;
    /* 0xBF60 is one character whose second byte looks like a backquote */
    statement_read(SLICE("CREATE TABLE `a\xBF``b` (c INT COMMENT '\xBF\\')"), &dialect, &statement);
    assert_int_equal(statement.kind, STATEMENT_DDL);
    assert_string_equal(statement.objects[0].name, "a\xBF`");
    statement_release(&statement);
    dialect = test_dialect("mysql");
    statement_read(SLICE("CREATE TABLE `a\xBF``b` (c INT)"), &dialect, &statement);
    assert_string_equal(statement.objects[0].name, "a\xBF`b");
    statement_release(&statement);
}

static void versions_are_read_from_greetings(void **state)
{
    static const struct {
        const char *text;
        bool mariadb;
        uint32_t version;
    } greetings[] = {
        {"8.0.36-0ubuntu0.22.04.1", false, 80036},
        {"5.5.5-10.6.11-MariaDB", true, 100611},
        {"11.8.6-MariaDB-ubu2404", true, 110806},
        {"9.7.4", false, 90704},
        {"26.7.0", false, 260700},
        {"5.7.44-log", false, 50744},
        {"", false, 0},
        {"99999999999999999.1.1", false, 10000000},
    };
    (void)state;
    for (size_t i = 0; i + 1 < sizeof(greetings) / sizeof(greetings[0]); i++) {
        struct dialect dialect = {.ansi_quotes = false};
        dialect_set_version(&dialect, greetings[i].text, greetings[i].mariadb);
        assert_int_equal(dialect.version, greetings[i].version);
        assert_int_equal(dialect.mariadb, greetings[i].mariadb);
    }
}

static void sql_mode_sets_the_flags_it_implies(void **state)
{
    struct dialect dialect = test_dialect("mariadb");
    (void)state;
    dialect_set_sql_mode(&dialect, SLICE("STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES"));
    assert_true(dialect.no_backslash_escapes);
    assert_false(dialect.ansi_quotes);
    dialect_set_sql_mode(&dialect, SLICE("ansi"));
    assert_true(dialect.ansi_quotes && dialect.ignore_space && !dialect.no_backslash_escapes);
    dialect_set_sql_mode(&dialect, SLICE("PIPES_AS_CONCAT,ANSI_QUOTES"));
    assert_true(dialect.ansi_quotes && !dialect.ignore_space);
    dialect_set_sql_mode(&dialect, SLICE("ORACLE"));
    assert_true(dialect.oracle && dialect.ansi_quotes);
    dialect_set_sql_mode(&dialect, SLICE_NONE);
    assert_false(dialect.oracle || dialect.ansi_quotes);
}

static void object_types_have_words(void **state)
{
    enum object_type type = OBJECT_TABLE;
    (void)state;
    for (int i = 0; i < OBJECT_TYPE_COUNT; i++) {
        assert_true(
            object_type_from_text(slice_from(object_type_text((enum object_type)i)), &type));
        assert_int_equal(type, i);
    }
    assert_true(object_type_from_text(SLICE("package body"), &type));
    assert_int_equal(type, OBJECT_PACKAGE_BODY);
    assert_false(object_type_from_text(SLICE("TABLESPACE"), &type));
}

int run_statement_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_classified_with_their_objects),
        cmocka_unit_test(a_statement_may_end_anywhere),
        cmocka_unit_test(names_are_unquoted_in_the_clients_character_set),
        cmocka_unit_test(versions_are_read_from_greetings),
        cmocka_unit_test(sql_mode_sets_the_flags_it_implies),
        cmocka_unit_test(object_types_have_words),
    };
    return cmocka_run_group_tests_name("statement", tests, NULL, NULL);
}
