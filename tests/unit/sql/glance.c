/* Tests of glance: never NOTHING for a DDL, and NOTHING early for what is common. */
#include "sql_tests.h"

#include "sql/glance.h"

static const char mysql_version[] = "8.4.0", mariadb_version[] = "5.5.5-10.11.6-MariaDB";

static bool is_held(enum statement_kind kind)
{
    return kind != STATEMENT_EMPTY && kind != STATEMENT_OTHER && kind != STATEMENT_USE &&
           kind != STATEMENT_SET;
}

/* Every first part of the text: never NOTHING, and at its end HOLD. */
static void check_held_from_any_part(struct slice text, bool multi)
{
    for (size_t len = 0; len < text.len; len++) {
        enum glance glance = glance_text(slice_make(text.ptr, len), false, multi);
        if (glance == GLANCE_NOTHING)
            fail_msg("let go after %zu bytes: %.*s", len, (int)text.len, text.ptr);
        if (glance == GLANCE_HOLD)
            break;
    }
    if (glance_text(text, true, multi) != GLANCE_HOLD)
        fail_msg("not held: %.*s", (int)text.len, text.ptr);
}

static void check_statement(const char *dialect_words, const char *expected, const char *text)
{
    bool any = strcmp(dialect_words, "any") == 0;
    struct dialect dialect = test_dialect(any ? "mariadb" : dialect_words);
    struct statement statement;
    (void)expected;
    statement_read(slice_from(text), &dialect, &statement);
    if (is_held(statement.kind)) {
        check_held_from_any_part(slice_from(text), false);
        check_held_from_any_part(slice_from(text), true);
        const char *version = dialect.mariadb           ? mariadb_version
                              : dialect.version > 90000 ? "9.7.4"
                                                        : mysql_version;
        bool literal = statement.kind == STATEMENT_PREPARE && statement.inner_text != NULL;
        if (!literal && !glance_holds_ddl(slice_from(text), dialect.mariadb, version))
            fail_msg("second look lets go: %s", text);
    }
    statement_release(&statement);
}

static void no_ddl_is_let_go(void **state)
{
    (void)state;
    test_each_statement(check_statement);
}

static void ddl_behind_another_statement_is_held(void **state)
{
    static const char *const texts[] = {
        "SELECT 1; DROP TABLE t",
        "SET NAMES utf8;CREATE TABLE t (a INT)",
        "INSERT INTO t VALUES ('a;b'); /*!50003CREATE*/ VIEW v AS SELECT 1",
        "SELECT 1;\nrename table a to b;",
        "BEGIN; TRUNCATE t; COMMIT",
        "SELECT 'it\\'s'; CALL p()",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_held_from_any_part(slice_from(texts[i]), true);
        assert_true(glance_holds_ddl(slice_from(texts[i]), true, mariadb_version));
        assert_true(glance_holds_ddl(slice_from(texts[i]), false, mysql_version));
    }
}

static void common_statements_are_let_go_at_their_first_word(void **state)
{
    static const char *const texts[] = {
        "SELECT 1",
        "  select 'CREATE TABLE x'",
        "INSERT INTO t VALUES (1)",
        "(SELECT 1)",
        "/* x */ UPDATE ",
        "-- x\nDELETE FROM t",
        "# y\nREPLACE INTO t",
        "BEGIN ;",
        "START TRANSACTION ",
        "BEGIN WORK ",
        "SHOW TABLES",
        "WITH x AS (SELECT 1) ",
        "COMMIT ",
        "USE shop",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(glance_text(slice_from(texts[i]), false, false), GLANCE_NOTHING);
        assert_int_equal(glance_text(slice_from(texts[i]), true, false), GLANCE_NOTHING);
        assert_int_equal(glance_text(slice_from(texts[i]), true, true), GLANCE_NOTHING);
    }
    assert_int_equal(glance_text(SLICE("BEGIN"), true, false), GLANCE_NOTHING);
    assert_int_equal(glance_text(SLICE("COMMIT"), true, true), GLANCE_NOTHING);
    assert_int_equal(glance_text(SLICE("SELECT 1; SELECT 2"), true, true), GLANCE_NOTHING);
    assert_int_equal(glance_text(SLICE("SELECT 1; "), true, true), GLANCE_NOTHING);
    assert_int_equal(glance_text(SLICE(""), true, true), GLANCE_NOTHING);
    assert_int_equal(glance_text(SLICE("/* open"), true, false), GLANCE_NOTHING);
}

static void more_is_asked_for_while_it_may_still_come(void **state)
{
    static const char *const texts[] = {"",    " ",    "CREA",  "SELEC",  "/", "/* x",    "-- x",
                                        "SET", "SET ", "BEGIN", "BEGIN ", "(", "SET PASS"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(glance_text(slice_from(texts[i]), false, false), GLANCE_NEED_MORE);
        assert_int_equal(glance_text(slice_from(texts[i]), false, true), GLANCE_NEED_MORE);
    }
    assert_int_equal(glance_text(SLICE("INSERT INTO t VALUES ('a"), false, true), GLANCE_NEED_MORE);
}

static void words_in_quotes_are_held_only_until_the_second_look(void **state)
{
    static const char *const texts[] = {
        "INSERT INTO t VALUES ('a'); INSERT INTO t VALUES ('create')",
        "SELECT 1; SELECT 'drop' AS `alter`",
        "SELECT 1 /* drop; */ ; SELECT 2",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(glance_text(slice_from(texts[i]), true, true), GLANCE_HOLD);
        assert_false(glance_holds_ddl(slice_from(texts[i]), true, mariadb_version));
        assert_false(glance_holds_ddl(slice_from(texts[i]), false, mysql_version));
    }
    assert_false(glance_holds_ddl(SLICE("PREPARE s FROM 'SELECT 1'"), true, mariadb_version));
    assert_true(glance_holds_ddl(SLICE("PREPARE s FROM 'DROP TABLE t'"), true, mariadb_version));
    assert_false(glance_holds_ddl(SLICE("/*!40101 SET NAMES utf8 */"), false, mysql_version));
}

static void every_sql_mode_and_character_set_is_thought_of(void **state)
{
    static const char *const texts[] = {
        "SELECT 'a\\'; DROP TABLE t; -- '",      /* NO_BACKSLASH_ESCAPES */
        "SELECT 'a\\''; DROP TABLE t; -- '",     /* the usual */
        "SELECT \"a\\\"; DROP TABLE t; -- \"",   /* ANSI_QUOTES */
        "SELECT '\xBF\\'; DROP TABLE t; -- '",   /* gbk */
        "SELECT '\x95\\'; DROP TABLE t; -- '",   /* sjis */
        "SELECT '\x81\\\\'; DROP TABLE t; -- '", /* single */
        "SET sql_mode='ANSI_QUOTES'; SELECT \"\\\", '\\'' ; DROP TABLE t -- '\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_held_from_any_part(slice_from(texts[i]), true);
        assert_true(glance_holds_ddl(slice_from(texts[i]), false, mysql_version));
    }
}

static void setting_what_records_statements_is_seen(void **state)
{
    static const char *const yes[] = {
        "SET profiling = 1",
        "set @@session.Profiling=ON",
        "/* a tool */ SET SESSION optimizer_trace='enabled=on'",
        "SET NAMES utf8mb4, profiling=1",
        "SET @x=1,PROFILING=0",
    };
    static const char *const no[] = {"",
                                     "SET",
                                     "SET profiling_history_size = 3",
                                     "SELECT @@profiling",
                                     "SETS profiling",
                                     "SET optimizer_trace_limit = 1",
                                     "SET @my_profiling = 1"};
    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        assert_true(glance_records(slice_from(yes[i]), i % 2 == 0));
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        assert_false(glance_records(slice_from(no[i]), i % 2 == 0));
}

static void setting_it_behind_another_statement_is_seen(void **state)
{
    static const char *const texts[] = {
        "SELECT 1; SET profiling = 1",
        "SELECT 1;/* x */ SET @x = ';', profiling = 1; SELECT 2",
        "SET NAMES utf8mb4; SET SESSION optimizer_trace = 'enabled=on'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_true(glance_records(slice_from(texts[i]), true));
    assert_false(glance_records(slice_from(texts[0]), false));
    assert_false(glance_records(SLICE("SELECT 1; SELECT @@profiling; SET @x = 1"), true));
}

static void a_set_that_comes_in_pieces_is_waited_for(void **state)
{
    char text[8192] = "SET @x = '";
    (void)state;
    memset(text + 10, 'x', sizeof(text) - 10);
    assert_int_equal(glance_text(slice_make(text, 100), false, false), GLANCE_NEED_MORE);
    assert_int_equal(glance_text(slice_make(text, 100), true, false), GLANCE_NOTHING);
    assert_int_equal(glance_text(SLICE("SET NAMES utf8mb4"), false, false), GLANCE_NEED_MORE);
    assert_int_equal(glance_text(SLICE("SET NAMES utf8mb4"), true, true), GLANCE_NOTHING);
    assert_int_equal(glance_text(slice_make(text, sizeof(text)), false, false), GLANCE_NOTHING);
}

int run_glance_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_ddl_is_let_go),
        cmocka_unit_test(ddl_behind_another_statement_is_held),
        cmocka_unit_test(common_statements_are_let_go_at_their_first_word),
        cmocka_unit_test(more_is_asked_for_while_it_may_still_come),
        cmocka_unit_test(words_in_quotes_are_held_only_until_the_second_look),
        cmocka_unit_test(setting_what_records_statements_is_seen),
        cmocka_unit_test(setting_it_behind_another_statement_is_seen),
        cmocka_unit_test(a_set_that_comes_in_pieces_is_waited_for),
        cmocka_unit_test(every_sql_mode_and_character_set_is_thought_of),
    };
    return cmocka_run_group_tests_name("glance", tests, NULL, NULL);
}
