/* Tests of statement_follow: facts before, statements, facts after as one line. */
#include "sql_tests.h"

#include "sql/splitter.h"

static void describe(const struct sql_facts *facts, struct buffer *out)
{
    const char *const texts[] = {facts->default_schema, facts->sql_mode,
                                 facts->character_set_client, facts->collation_connection,
                                 facts->time_zone};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        buffer_printf(out, "%s, ", texts[i] == NULL ? "?" : texts[i]);
    buffer_append_text(out, facts->foreign_key_checks ? "on" : "off");
}

static char *text_copy(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

static void check(const char *text, const char *expected)
{
    struct sql_facts facts = {
        .default_schema = text_copy("shop"),
        .sql_mode = text_copy("STRICT"),
        .character_set_client = text_copy("utf8mb4"),
        .collation_connection = text_copy("general"),
        .time_zone = text_copy("SYSTEM"),
        .foreign_key_checks = true,
        .global_sql_mode = text_copy("GLOBAL_MODE"),
        .global_time_zone = text_copy("+02:00"),
    };
    struct dialect dialect = test_dialect("mariadb");
    struct splitter splitter;
    struct slice piece;
    struct buffer row = BUFFER_INIT;
    splitter_init(&splitter, slice_from(text), &dialect);
    while (splitter_next(&splitter, &piece))
        statement_follow(piece, &dialect, &facts);
    describe(&facts, &row);
    assert_string_equal(buffer_text(&row), expected);

    struct sql_facts copy;
    struct buffer copied = BUFFER_INIT;
    sql_facts_copy(&copy, &facts);
    describe(&copy, &copied);
    assert_string_equal(buffer_text(&copied), expected);
    assert_int_equal(copy.variable_count, facts.variable_count);
    sql_facts_release(&copy);
    sql_facts_release(&facts);
    buffer_release(&row);
    buffer_release(&copied);
}

#define UNCHANGED "shop, STRICT, utf8mb4, general, SYSTEM, on"

static void use_sets_the_default_schema(void **state)
{
    (void)state;
    check("USE other", "other, STRICT, utf8mb4, general, SYSTEM, on");
    check("USE `a``b`;", "a`b, STRICT, utf8mb4, general, SYSTEM, on");
    check("SELECT 1; USE other; SELECT 2", "other, STRICT, utf8mb4, general, SYSTEM, on");
}

static void set_changes_what_it_names(void **state)
{
    (void)state;
    check("SET sql_mode='ANSI'", "shop, ANSI, utf8mb4, general, SYSTEM, on");
    check("SET SESSION sql_mode = ''", "shop, , utf8mb4, general, SYSTEM, on");
    check("SET @@sql_mode := ANSI_QUOTES", "shop, ANSI_QUOTES, utf8mb4, general, SYSTEM, on");
    check("SET @@session.`sql_mode`='X', @@local.time_zone='+01:00'",
          "shop, X, utf8mb4, general, +01:00, on");
    check("SET foreign_key_checks=0", "shop, STRICT, utf8mb4, general, SYSTEM, off");
    check("SET FOREIGN_KEY_CHECKS = OFF, foreign_key_checks = 1", UNCHANGED);
    check("/*!40014 SET @OLD=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */",
          "shop, STRICT, utf8mb4, general, SYSTEM, off");
    check("SET NAMES latin1", "shop, STRICT, latin1, ?, SYSTEM, on");
    check("SET NAMES 'latin1' COLLATE 'latin1_bin', time_zone='x'",
          "shop, STRICT, latin1, latin1_bin, x, on");
    check("SET CHARACTER SET latin1", "shop, STRICT, latin1, ?, SYSTEM, on");
    check("SET CHARSET latin1", "shop, STRICT, latin1, ?, SYSTEM, on");
    check("SET character_set_client = gbk", "shop, STRICT, gbk, general, SYSTEM, on");
    check("SET character_set_connection = gbk", "shop, STRICT, utf8mb4, ?, SYSTEM, on");
    check("SET collation_connection = utf8mb4_bin",
          "shop, STRICT, utf8mb4, utf8mb4_bin, SYSTEM, on");
    check("SET NAMES DEFAULT", "shop, STRICT, ?, ?, SYSTEM, on");
    check("SET sql_mode=DEFAULT, time_zone=DEFAULT",
          "shop, GLOBAL_MODE, utf8mb4, general, +02:00, on");
    check("SET sql_mode=@@global.sql_mode", "shop, GLOBAL_MODE, utf8mb4, general, SYSTEM, on");
    check("SET sql_mode=0", "shop, , utf8mb4, general, SYSTEM, on");
}

static void expressions_are_unknown(void **state)
{
    (void)state;
    check("SET sql_mode=CONCAT(@@sql_mode, ',X'), time_zone='x'",
          "shop, ?, utf8mb4, general, x, on");
    check("SET sql_mode=(SELECT 'a,b')", "shop, ?, utf8mb4, general, SYSTEM, on");
    check("SET sql_mode='a' || 'b'", "shop, ?, utf8mb4, general, SYSTEM, on");
    check("SET sql_mode=@nowhere", "shop, ?, utf8mb4, general, SYSTEM, on");
    check("SET sql_mode=12", "shop, ?, utf8mb4, general, SYSTEM, on");
    check("SET sql_mode", UNCHANGED);
}

static void other_scopes_and_statements_change_nothing(void **state)
{
    (void)state;
    check("SET GLOBAL sql_mode='X', time_zone='y'", UNCHANGED);
    check("SET GLOBAL max_connections=5, SESSION sql_mode='X'",
          "shop, X, utf8mb4, general, SYSTEM, on");
    check("SET @@global.sql_mode='X', @@persist.time_zone='y'", UNCHANGED);
    check("SET PERSIST sql_mode='X'", UNCHANGED);
    check("SET @sql_mode='X'", UNCHANGED);
    check("SET PASSWORD='sql_mode'", UNCHANGED);
    check("SET STATEMENT sql_mode='X' FOR SELECT 1", UNCHANGED);
    check("SET TRANSACTION READ ONLY", UNCHANGED);
    check("SET ROLE NONE", UNCHANGED);
    check("SET autocommit=0", UNCHANGED);
    check("SELECT 'USE x'", UNCHANGED);
    check("SET", UNCHANGED);
    check("USE", UNCHANGED);
}

static void saved_settings_come_back(void **state)
{
    (void)state;
    check("SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI'; SET SQL_MODE=@OLD_SQL_MODE", UNCHANGED);
    check("SET @a=@@sql_mode; SET sql_mode='X'; SET @b=@a; SET sql_mode=@b", UNCHANGED);
    check("SET @OLD_F=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0; SET FOREIGN_KEY_CHECKS=@OLD_F",
          UNCHANGED);
    check("SET @a='X'; SET @A=CONCAT('Y'); SET sql_mode=@a",
          "shop, ?, utf8mb4, general, SYSTEM, on");
    check("SET @`saved tz`=@@time_zone, time_zone='x'; SET time_zone=@`saved tz`", UNCHANGED);
}

int run_follow_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(use_sets_the_default_schema),
        cmocka_unit_test(set_changes_what_it_names),
        cmocka_unit_test(expressions_are_unknown),
        cmocka_unit_test(other_scopes_and_statements_change_nothing),
        cmocka_unit_test(saved_settings_come_back),
    };
    return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
