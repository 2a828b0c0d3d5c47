/* Tests of script, dormant and confine: what ddltap runs itself. */
#include "sql_tests.h"

#include "sql/confine.h"
#include "sql/dormant.h"
#include "sql/script.h"

/* expected: the statements, each in brackets, "[a][b]". */
static void check_script(const char *text, const char *expected)
{
    struct dialect dialect = test_dialect("mysql");
    char mode[] = "STRICT_TRANS_TABLES";
    const struct sql_facts facts = {.sql_mode = mode, .foreign_key_checks = true};
    struct buffer out = BUFFER_INIT;
    struct script script;
    struct slice statement;
    script_init(&script, slice_from(text), &dialect, &facts);
    while (script_next(&script, &statement))
        buffer_printf(&out, "[%.*s]", (int)statement.len, statement.ptr);
    script_release(&script);
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void a_script_is_cut_without_blanks_and_comments(void **state)
{
    (void)state;
    check_script("", "");
    check_script("-- a word\n\n;", "");
    check_script("CREATE TABLE t (a INT);\n\nDROP TABLE t;\n",
                 "[CREATE TABLE t (a INT)][\n\nDROP TABLE t]");
    check_script(
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; END; DROP TABLE "
        "u",
        "[CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; END][ DROP "
        "TABLE u]");
}

static void its_own_settings_decide_how_the_rest_is_read(void **state)
{
    (void)state;
    check_script("SET @ddltap_sql_mode = @@sql_mode, sql_mode = 'NO_BACKSLASH_ESCAPES';"
                 "CREATE TABLE t (a INT COMMENT 'x\\');SET sql_mode = @ddltap_sql_mode;"
                 "CREATE TABLE u (a INT COMMENT ';\\'');DROP TABLE t",
                 "[SET @ddltap_sql_mode = @@sql_mode, sql_mode = 'NO_BACKSLASH_ESCAPES']"
                 "[CREATE TABLE t (a INT COMMENT 'x\\')][SET sql_mode = @ddltap_sql_mode]"
                 "[CREATE TABLE u (a INT COMMENT ';\\'')][DROP TABLE t]");
}

static void check_dormant(const char *text, const char *expected, bool image)
{
    struct dialect dialect = test_dialect("mysql");
    struct buffer out = BUFFER_INIT;
    (image ? dormant_write_image : dormant_write)(slice_from(text), &dialect, &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void an_event_is_made_so_that_it_never_runs(void **state)
{
    (void)state;
    check_dormant("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
                  "CREATE EVENT e ON SCHEDULE EVERY 1 DAY  DISABLE DO DELETE FROM t", false);
    check_dormant(
        "CREATE EVENT IF NOT EXISTS `DO`.comment ON SCHEDULE AT '2030-01-01' + INTERVAL (1) "
        "DAY ON COMPLETION PRESERVE ENABLE COMMENT 'DO' DO BEGIN ALTER EVENT x ENABLE; END",
        "CREATE EVENT IF NOT EXISTS `DO`.comment ON SCHEDULE AT '2030-01-01' + INTERVAL (1) "
        "DAY ON COMPLETION PRESERVE DISABLE COMMENT 'DO' DO BEGIN ALTER EVENT x ENABLE; END",
        false);
    check_dormant("CREATE DEFINER=`a`@`b` EVENT e ON SCHEDULE EVERY 1 DAY COMMENT 'x' DO SELECT 1",
                  "CREATE DEFINER=`a`@`b` EVENT e ON SCHEDULE EVERY 1 DAY  DISABLE COMMENT 'x' DO "
                  "SELECT 1",
                  false);
    check_dormant("ALTER EVENT e ENABLE", "ALTER EVENT e DISABLE", false);
    check_dormant("ALTER EVENT e DISABLE ON SLAVE COMMENT 'x'", "ALTER EVENT e DISABLE COMMENT 'x'",
                  false);
}

static void what_makes_no_event_run_stays_as_it_is(void **state)
{
    (void)state;
    const char *const texts[] = {
        "ALTER EVENT e COMMENT 'ENABLE'",
        "ALTER EVENT e DO ALTER EVENT f ENABLE",
        "DROP EVENT e",
        "CREATE TABLE event (enable INT, `do` INT)",
        "CREATE PROCEDURE p() CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_dormant(texts[i], texts[i], false);
}

static void images_of_events_are_compared_without_status_and_instants(void **state)
{
    (void)state;
    check_dormant(
        "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION "
        "NOT PRESERVE ENABLE COMMENT 'it''s' DO SELECT 'x'",
        "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS  ON COMPLETION NOT PRESERVE  "
        "COMMENT 'it''s' DO SELECT 'x'",
        true);
    check_dormant("CREATE TABLE `t` (`a` int DEFAULT 'x')",
                  "CREATE TABLE `t` (`a` int DEFAULT 'x')", true);
}

static void check_confined(const char *text, bool confined)
{
    struct dialect dialect = test_dialect("mariadb");
    const char *why = confine_refusal(slice_from(text), &dialect);
    if ((why == NULL) != confined)
        fail_msg("%s: %s", text, why == NULL ? "not refused" : why);
}

static void what_stays_in_its_schema_may_run(void **state)
{
    (void)state;
    const char *const texts[] = {
        "ALTER TABLE users ADD a INT",
        "CREATE VIEW v AS SELECT 1 FROM other.t",
        "CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES other.p (a))",
        "ALTER DATABASE CHARACTER SET utf8mb4",
        "INSERT INTO settings (a) VALUES ('x.y')",
        "INSERT INTO settings SELECT a.b FROM other.a",
        "UPDATE settings SET a = other.f(1)",
        "DELETE FROM settings WHERE settings.a = 1",
        "SET @ddltap_sql_mode = @@sql_mode, sql_mode = 'ANSI_QUOTES'",
        "SET foreign_key_checks = 0",
        "SELECT 1",
        "TRUNCATE TABLE t",
        "RENAME TABLE a TO b",
        "PREPARE s FROM 'ALTER TABLE users ADD a INT'",
        "EXECUTE s",
        "CALL fill(1)",
        "UPDATE users u JOIN accounts a ON a.id = u.id AND f(a.x, u.y) SET u.x = a.y, a.z = 1",
        "UPDATE a JOIN (SELECT x.y FROM other.x) b ON a.i = b.y SET a.j = 1",
        "DELETE u.* FROM users u JOIN accounts a USING (id) WHERE u.x = a.y",
        "WITH a AS (SELECT 1) DELETE FROM t WHERE t.x IN (SELECT a.b FROM other.a)",
        "START TRANSACTION",
        "ANALYZE TABLE t",
        "LOAD DATA INFILE 'a.b' INTO TABLE t",
        "SET STATEMENT max_statement_time = 1 FOR UPDATE t SET t.a = 1",
        "BEGIN NOT ATOMIC DECLARE i INT; SET i = 1; IF i THEN UPDATE t SET t.a = i; END IF; END",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_confined(texts[i], true);
}

static void what_reaches_out_of_its_schema_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {
        "ALTER TABLE other.users ADD a INT",
        "RENAME TABLE a TO other.a",
        "DROP TABLE a, other.b",
        "DROP DATABASE other",
        "CREATE DATABASE other",
        "USE other",
        "GRANT ALL ON *.* TO a",
        "INSERT INTO other.settings VALUES (1)",
        "REPLACE other.settings VALUES (1)",
        "UPDATE other.settings SET a = 1",
        "DELETE FROM other.settings",
        "SET GLOBAL sql_mode = ''",
        "SET @@global.sql_mode = ''",
        "SET PASSWORD = 'x'",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SHUTDOWN",
        "KILL 1",
        "FLUSH TABLES",
        "INSTALL PLUGIN x SONAME 'x'",
        "EXECUTE IMMEDIATE CONCAT('a', 'b')",
        "PREPARE s FROM 'DROP TABLE other.t'",
        "PREPARE s FROM @text",
        "CALL other.fill(1)",
        "LOAD DATA INFILE 'x' REPLACE INTO TABLE other.t",
        "WITH a AS (SELECT 1) DELETE FROM other.t",
        "WITH a AS (SELECT 1), b (x) AS (SELECT 2) UPDATE other . t SET x = 1",
        "UPDATE a JOIN b ON a.x = b.x JOIN other.t c SET c.x = 1",
        "UPDATE LOW_PRIORITY IGNORE `other`.t SET x = 1",
        "UPDATE (a, other.b) SET b.x = 1",
        "UPDATE a JOIN (SELECT 1) b, other.t SET c = 1",
        "UPDATE a JOIN b USING (id) JOIN other.t SET t.c = 1",
        "DELETE b FROM a JOIN x ON a.i = x.i LEFT JOIN other.b ON 1",
        "DELETE FROM a USING a JOIN other.t AS b",
        "DELETE other.t FROM a",
        "ANALYZE FORMAT = JSON DELETE FROM other.t",
        "START SLAVE",
        "SET STATEMENT max_statement_time = 1 FOR INSERT INTO other.t VALUES (1)",
        "BEGIN NOT ATOMIC INSERT INTO other.t VALUES (1); END",
        "BEGIN NOT ATOMIC SET GLOBAL max_connections = 1; END",
        "BEGIN NOT ATOMIC EXECUTE IMMEDIATE CONCAT('DROP TABLE ', 'other.t'); END",
        "IF 1 THEN DELETE FROM other.t; END IF",
        "SET STATEMENT max_statement_time = 1 FOR BEGIN NOT ATOMIC DELETE FROM other.t; END",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_confined(texts[i], false);
}

int run_script_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_is_cut_without_blanks_and_comments),
        cmocka_unit_test(its_own_settings_decide_how_the_rest_is_read),
        cmocka_unit_test(an_event_is_made_so_that_it_never_runs),
        cmocka_unit_test(what_makes_no_event_run_stays_as_it_is),
        cmocka_unit_test(what_stays_in_its_schema_may_run),
        cmocka_unit_test(what_reaches_out_of_its_schema_is_refused),
        cmocka_unit_test(images_of_events_are_compared_without_status_and_instants),
    };
    return cmocka_run_group_tests_name("script", tests, NULL, NULL);
}
