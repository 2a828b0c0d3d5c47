/* Tests of portable: a text and its portable form, with the schema bankroll. */
#include "sql_tests.h"

#include "sql/portable.h"

static void check_with(const char *dialect_words, const struct portable_options *options,
                       const char *text, const char *expected)
{
    struct dialect dialect = test_dialect(dialect_words);
    struct buffer out = BUFFER_INIT;
    buffer_append_text(&out, ">");
    portable_write(slice_from(text), &dialect, options, &out);
    assert_string_equal(buffer_text(&out) + 1, expected);
    buffer_release(&out);
}

static void check(const char *text, const char *expected)
{
    struct portable_options options = {.schema = SLICE("bankroll")};
    check_with("mysql", &options, text, expected);
    check_with("mariadb", &options, text, expected);
}

static void check_same(const char *text)
{
    check(text, text);
}

static void the_schema_of_ddl_targets_goes(void **state)
{
    (void)state;
    check("ALTER TABLE bankroll.users ADD a INT", "ALTER TABLE users ADD a INT");
    check("ALTER TABLE `bankroll`.`users` \nADD a INT", "ALTER TABLE `users` \nADD a INT");
    check("ALTER TABLE bankroll . users ADD a INT", "ALTER TABLE users ADD a INT");
    check("CREATE TABLE IF NOT EXISTS bankroll.t (a INT)", "CREATE TABLE IF NOT EXISTS t (a INT)");
    check("CREATE TEMPORARY TABLE bankroll.t (a INT)", "CREATE TEMPORARY TABLE t (a INT)");
    check("CREATE TABLE bankroll.a LIKE bankroll.b", "CREATE TABLE a LIKE b");
    check("CREATE TABLE bankroll.a (LIKE bankroll.b)", "CREATE TABLE a (LIKE b)");
    check("CREATE TABLE other.a LIKE bankroll.b", "CREATE TABLE other.a LIKE b");
    check("CREATE TABLE t (a INT REFERENCES bankroll.p (id), FOREIGN KEY (a) REFERENCES "
          "`bankroll`.`q`(b))",
          "CREATE TABLE t (a INT REFERENCES p (id), FOREIGN KEY (a) REFERENCES `q`(b))");
    check("DROP TABLE IF EXISTS bankroll.a, bankroll.b, other.c",
          "DROP TABLE IF EXISTS a, b, other.c");
    check("RENAME TABLE bankroll.a TO bankroll.b, bankroll.c TO other.d",
          "RENAME TABLE a TO b, c TO other.d");
    check("ALTER TABLE bankroll.a ADD x INT, RENAME TO bankroll.b",
          "ALTER TABLE a ADD x INT, RENAME TO b");
    check("ALTER TABLE a RENAME bankroll.b", "ALTER TABLE a RENAME b");
    check("ALTER TABLE a RENAME = bankroll.b", "ALTER TABLE a RENAME = b");
    check("ALTER TABLE a RENAME AS bankroll.b", "ALTER TABLE a RENAME AS b");
    check("ALTER TABLE a EXCHANGE PARTITION p WITH TABLE bankroll.b",
          "ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b");
    check("TRUNCATE bankroll.t", "TRUNCATE t");
    check("TRUNCATE TABLE bankroll.t", "TRUNCATE TABLE t");
    check("CREATE UNIQUE INDEX i ON bankroll.t (a)", "CREATE UNIQUE INDEX i ON t (a)");
    check("DROP INDEX i ON bankroll.t", "DROP INDEX i ON t");
    check("DROP VIEW bankroll.v, bankroll.w", "DROP VIEW v, w");
    check("DROP TRIGGER IF EXISTS bankroll.t", "DROP TRIGGER IF EXISTS t");
    check("DROP PROCEDURE bankroll.p", "DROP PROCEDURE p");
    check("CREATE SEQUENCE bankroll.s", "CREATE SEQUENCE s");
    check("ALTER EVENT bankroll.e RENAME TO bankroll.f", "ALTER EVENT e RENAME TO f");
    check("CREATE PACKAGE BODY bankroll.k AS END", "CREATE PACKAGE BODY k AS END");
    check("CREATE TABLE m (a INT) ENGINE=MERGE UNION=(bankroll.a, bankroll.b)",
          "CREATE TABLE m (a INT) ENGINE=MERGE UNION=(a, b)");
    check("CREATE TABLE t (a INT DEFAULT nextval(`bankroll`.`s`), b INT DEFAULT (NEXT VALUE FOR "
          "bankroll.s))",
          "CREATE TABLE t (a INT DEFAULT nextval(`s`), b INT DEFAULT (NEXT VALUE FOR s))");
    check("ALTER DATABASE bankroll CHARACTER SET utf8mb4", "ALTER DATABASE CHARACTER SET utf8mb4");
    check("ALTER SCHEMA `bankroll` COLLATE x", "ALTER SCHEMA COLLATE x");
}

static void the_schema_of_tables_in_queries_goes(void **state)
{
    (void)state;
    check("CREATE VIEW bankroll.v AS SELECT bankroll.t.id, t.x FROM bankroll.t",
          "CREATE VIEW v AS SELECT t.id, t.x FROM t");
    check("CREATE VIEW v AS SELECT bankroll.id, bankroll.bankroll.id FROM bankroll.bankroll",
          "CREATE VIEW v AS SELECT bankroll.id, bankroll.id FROM bankroll");
    check("CREATE VIEW v AS SELECT a.* FROM bankroll.a, bankroll.b AS bankroll WHERE bankroll.id = "
          "a.id",
          "CREATE VIEW v AS SELECT a.* FROM a, b AS bankroll WHERE bankroll.id = a.id");
    check("CREATE VIEW v AS SELECT bankroll.a.* FROM bankroll.a JOIN bankroll.b ON bankroll.a.x = "
          "b.x, bankroll.c",
          "CREATE VIEW v AS SELECT a.* FROM a JOIN b ON a.x = b.x, c");
    check(
        "CREATE VIEW v AS SELECT 1 FROM (bankroll.a, (bankroll.b LEFT JOIN bankroll.c USING (id)))",
        "CREATE VIEW v AS SELECT 1 FROM (a, (b LEFT JOIN c USING (id)))");
    check("CREATE VIEW v AS SELECT 1 FROM (SELECT bankroll.x FROM bankroll.bankroll) AS q, "
          "bankroll.b",
          "CREATE VIEW v AS SELECT 1 FROM (SELECT bankroll.x FROM bankroll) AS q, b");
    check(
        "CREATE VIEW v AS SELECT STRAIGHT_JOIN bankroll.x FROM bankroll.a STRAIGHT_JOIN bankroll.b",
        "CREATE VIEW v AS SELECT STRAIGHT_JOIN bankroll.x FROM a STRAIGHT_JOIN b");
    check("CREATE VIEW v AS SELECT (SELECT MAX(bankroll.x) FROM bankroll.bankroll) FROM bankroll.t "
          "ORDER BY "
          "bankroll.y, bankroll.z",
          "CREATE VIEW v AS SELECT (SELECT MAX(bankroll.x) FROM bankroll) FROM t ORDER BY "
          "bankroll.y, "
          "bankroll.z");
    check("CREATE VIEW v AS SELECT EXTRACT(YEAR FROM bankroll.made), TRIM('x' FROM bankroll.name) "
          "FROM "
          "bankroll.bankroll",
          "CREATE VIEW v AS SELECT EXTRACT(YEAR FROM bankroll.made), TRIM('x' FROM bankroll.name) "
          "FROM "
          "bankroll");
    check("CREATE VIEW v AS SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM bankroll.u WHERE u.a LIKE "
          "bankroll.b)",
          "CREATE VIEW v AS SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a LIKE "
          "bankroll.b)");
    check("CREATE VIEW v AS SELECT bankroll.f(1), bankroll . g (bankroll.x) FROM bankroll",
          "CREATE VIEW v AS SELECT f(1), g (bankroll.x) FROM bankroll");
    check("CREATE TABLE t AS SELECT 1 FROM bankroll.a UNION SELECT bankroll.x FROM bankroll.b",
          "CREATE TABLE t AS SELECT 1 FROM a UNION SELECT bankroll.x FROM b");
    check("CREATE VIEW v AS TABLE bankroll.t", "CREATE VIEW v AS TABLE t");
    check("CREATE VIEW v AS SELECT INSERT(bankroll.a, 1, 2, 'x'), REPLACE(bankroll.b, 'x', 'y') "
          "FROM bankroll",
          "CREATE VIEW v AS SELECT INSERT(bankroll.a, 1, 2, 'x'), REPLACE(bankroll.b, 'x', 'y') "
          "FROM bankroll");
    check("CREATE VIEW v AS SELECT `bankroll`.`t`.`id` AS `id` FROM (`bankroll`.`t` JOIN "
          "`bankroll`.`u`)",
          "CREATE VIEW v AS SELECT `t`.`id` AS `id` FROM (`t` JOIN `u`)");
}

static void a_reserved_name_is_no_keyword_behind_its_schema(void **state)
{
    (void)state;
    check("CREATE VIEW v AS SELECT 1 FROM bankroll.a JOIN bankroll.order AS o ON o.id = a.id, "
          "bankroll.t",
          "CREATE VIEW v AS SELECT 1 FROM a JOIN `order` AS o ON o.id = a.id, t");
    check("CREATE TABLE bankroll.table LIKE bankroll.like", "CREATE TABLE `table` LIKE `like`");
    check("DROP TABLE bankroll.set, bankroll.group", "DROP TABLE `set`, `group`");
}

static void the_schema_in_bodies_goes(void **state)
{
    (void)state;
    check("CREATE TRIGGER bankroll.tr BEFORE INSERT ON bankroll.t FOR EACH ROW FOLLOWS bankroll.x "
          "BEGIN "
          "INSERT INTO bankroll.log (a) VALUES (bankroll.f(NEW.a)); UPDATE bankroll.t SET "
          "bankroll.a = 1; END",
          "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW FOLLOWS x BEGIN "
          "INSERT INTO log (a) VALUES (f(NEW.a)); UPDATE t SET bankroll.a = 1; END");
    check("CREATE PROCEDURE bankroll.p() BEGIN CALL bankroll.q(1); DELETE FROM bankroll.a; DELETE "
          "bankroll.a, b "
          "FROM bankroll.a JOIN bankroll.b ON a.x = b.x; DELETE FROM a USING bankroll.a; REPLACE "
          "INTO bankroll.t "
          "VALUES (1); INSERT IGNORE bankroll.t VALUES (1); END",
          "CREATE PROCEDURE p() BEGIN CALL q(1); DELETE FROM a; DELETE a, b "
          "FROM a JOIN b ON a.x = b.x; DELETE FROM a USING a; REPLACE INTO t "
          "VALUES (1); INSERT IGNORE t VALUES (1); END");
    check("CREATE EVENT bankroll.e ON SCHEDULE EVERY 1 DAY DO UPDATE LOW_PRIORITY bankroll.a, "
          "bankroll.b SET a.x = 1",
          "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO UPDATE LOW_PRIORITY a, b SET a.x = 1");
    check("CREATE PROCEDURE p() BEGIN DECLARE v ROW TYPE OF bankroll.t; DECLARE w TYPE OF "
          "bankroll.t.c; "
          "SELECT x INTO bankroll.y FROM bankroll.t; END",
          "CREATE PROCEDURE p() BEGIN DECLARE v ROW TYPE OF t; DECLARE w TYPE OF t.c; "
          "SELECT x INTO bankroll.y FROM t; END");
    check("CREATE PROCEDURE p() INSERT INTO bankroll.t VALUES (1) ON DUPLICATE KEY UPDATE "
          "bankroll.a = 2",
          "CREATE PROCEDURE p() INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE bankroll.a = 2");
    check("CREATE PROCEDURE p() BEGIN IF EXISTS (SELECT 1 FROM bankroll.t) THEN DROP TABLE "
          "bankroll.t; END IF; END",
          "CREATE PROCEDURE p() BEGIN IF EXISTS (SELECT 1 FROM t) THEN DROP TABLE t; END IF; END");
}

static void what_is_no_schema_stays(void **state)
{
    (void)state;
    check_same("CREATE VIEW v AS SELECT 'bankroll.t', `bankroll.t` FROM x /* bankroll.t */ -- FROM "
               "bankroll.t\n, y");
    check_same("ALTER TABLE bankroll ADD bankroll INT");
    check_same("CREATE TABLE bankroll (a INT)");
    check_same("ALTER TABLE other.bankroll ADD a INT");
    check_same("CREATE VIEW v AS SELECT bankroll.a, view, bankroll.b FROM other.bankroll");
    check_same("ALTER TABLE Bankroll.t ADD a INT");
    check_same("CREATE DATABASE bankroll");
    check_same("ALTER TABLE x.bankroll.y ADD a INT");
    check_same(
        "CREATE VIEW v AS SELECT 1 FROM bankroll WHERE bankroll.a IN (bankroll.b, bankroll.c)");
    check_same("CREATE VIEW v AS SELECT bankroll.a + bankroll.b AS c FROM bankroll GROUP BY "
               "bankroll.a, bankroll.b");
    check_same("CREATE TABLE t (a INT, b INT AS (a * 2), CHECK (bankroll.a > 1))");
}

static void case_and_options_are_followed(void **state)
{
    struct portable_options nocase = {.schema = SLICE("bankroll"), .schema_nocase = true};
    struct portable_options nothing = {.schema = SLICE_NONE, .keep_definer = true};
    struct portable_options ansi = {.schema = SLICE("bank\"roll")};
    (void)state;
    check_with("mysql", &nocase, "ALTER TABLE BankRoll.t ADD a INT", "ALTER TABLE t ADD a INT");
    check_with("mysql", &nothing, "CREATE DEFINER=a@b VIEW bankroll.v AS SELECT 1",
               "CREATE DEFINER=a@b VIEW bankroll.v AS SELECT 1");
    check_with("ansi", &ansi, "ALTER TABLE \"bank\"\"roll\".\"t\" ADD a INT",
               "ALTER TABLE \"t\" ADD a INT");
}

static void a_bare_name_that_needs_quotes_gets_them(void **state)
{
    (void)state;
    check("ALTER TABLE bankroll.order ADD a INT", "ALTER TABLE `order` ADD a INT");
    check("CREATE TABLE bankroll.count(a INT)", "CREATE TABLE `count`(a INT)");
    check("ALTER TABLE bankroll.123 ADD a INT", "ALTER TABLE `123` ADD a INT");
    check("CREATE VIEW v AS SELECT 1 FROM bankroll.Group",
          "CREATE VIEW v AS SELECT 1 FROM `Group`");
    check("ALTER TABLE bankroll.`order` ADD a INT", "ALTER TABLE `order` ADD a INT");
}

static void the_definer_goes(void **state)
{
    (void)state;
    check("CREATE DEFINER=`root`@`localhost` PROCEDURE p() SELECT 1",
          "CREATE PROCEDURE p() SELECT 1");
    check("CREATE DEFINER = 'a'@'%' VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1");
    check("CREATE DEFINER=root@localhost TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET @a=1",
          "CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET @a=1");
    check("CREATE DEFINER = a @ b EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
          "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1");
    check("CREATE DEFINER=CURRENT_USER FUNCTION f() RETURNS INT RETURN 1",
          "CREATE FUNCTION f() RETURNS INT RETURN 1");
    check("CREATE DEFINER=CURRENT_USER() FUNCTION f() RETURNS INT RETURN 1",
          "CREATE FUNCTION f() RETURNS INT RETURN 1");
    check("CREATE ALGORITHM=UNDEFINED DEFINER=`a`@`b` SQL SECURITY DEFINER VIEW v AS SELECT 1",
          "CREATE ALGORITHM=UNDEFINED SQL SECURITY DEFINER VIEW v AS SELECT 1");
    check("ALTER DEFINER=a@b VIEW v AS SELECT 1", "ALTER VIEW v AS SELECT 1");
    check("/*!50003 CREATE*/ /*!50017 DEFINER=`u`@`h`*/ /*!50003 TRIGGER t BEFORE INSERT ON u FOR "
          "EACH ROW SET @a=1 */",
          "/*!50003 CREATE*/ /*!50003 TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET @a=1 */");
    check("/*!50001 CREATE */\n/*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */\n/*!50001 VIEW v "
          "AS SELECT 1 */",
          "/*!50001 CREATE */\n/*!50013 SQL SECURITY DEFINER */\n/*!50001 VIEW v AS SELECT 1 */");
    check("CREATE/*!50017 DEFINER=`u`@`h`*/VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1");
    check_same("CREATE VIEW v AS SELECT 1 FROM t WHERE definer = 'a@b'");
    check_same("CREATE PROCEDURE p() UPDATE t SET DEFINER = `a`");
}

static void comments_of_tools_go_and_others_stay(void **state)
{
    (void)state;
    check("/* ApplicationName=DBeaver 24.2.3 - Main */ ALTER TABLE t ADD a INT",
          "ALTER TABLE t ADD a INT");
    check("/* mysql-connector-j-8.3.0 (Revision: 805f872) */DROP TABLE t", "DROP TABLE t");
    check("alter /* gh-ost */ table t engine=innodb", "alter table t engine=innodb");
    check("alter/* gh-ost */table t engine=innodb", "alter table t engine=innodb");
    check("DROP TABLE t /*application:shop,job:x*/", "DROP TABLE t");
    check_same("/* my comment */ ALTER TABLE t ADD a INT /* why */");
    check("ALTER TABLE t ADD a INT  \n", "ALTER TABLE t ADD a INT");
    check("ALTER TABLE t ADD a INT -- why", "ALTER TABLE t ADD a INT -- why\n");
    check("ALTER TABLE t ADD a INT # why \n", "ALTER TABLE t ADD a INT # why\n");
    check_same("\n      CREATE INDEX i ON t (a)");
    check("DROP TABLE t #", "DROP TABLE t #\n");
    check_same("");
}

static void check_utf8(const char *charset, struct slice text, const char *expected)
{
    struct buffer out = BUFFER_INIT;
    assert_int_equal(portable_to_utf8(text, charset, &out), ERROR_NONE);
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void check_utf8_fails(const char *charset, struct slice text, enum error expected)
{
    struct buffer out = BUFFER_INIT;
    buffer_append_text(&out, "kept");
    assert_int_equal(portable_to_utf8(text, charset, &out), expected);
    assert_string_equal(buffer_text(&out), "kept");
    buffer_release(&out);
}

static void texts_become_utf8(void **state)
{
    (void)state;
    check_utf8("utf8mb4", SLICE("na\xC3\xAFve \xF0\x9F\x98\x80"), "na\xC3\xAFve \xF0\x9F\x98\x80");
    check_utf8("latin1", SLICE("na\xEFve \x80 \x81"), "na\xC3\xAFve \xE2\x82\xAC \xC2\x81");
    check_utf8("gbk", SLICE("\xD6\xD0"), "\xE4\xB8\xAD");
    check_utf8("GB18030", SLICE("\xD6\xD0"), "\xE4\xB8\xAD");
    check_utf8("big5", SLICE("\xA4\xA4"), "\xE4\xB8\xAD");
    check_utf8("sjis", SLICE("\x92\x86"), "\xE4\xB8\xAD");
    check_utf8("cp932", SLICE("\x92\x86"), "\xE4\xB8\xAD");
    check_utf8("cp1251", SLICE("\xC0"), "\xD0\x90");
    check_utf8("koi8r", SLICE("\xE1"), "\xD0\x90");
    check_utf8("ucs2", SLICE("\x4E\x2D"), "\xE4\xB8\xAD");
    check_utf8("binary", SLICE("abc"), "abc");
    check_utf8("latin1", SLICE(""), "");
    check_utf8_fails("utf8mb4", SLICE("a\xFF"), ERROR_MALFORMED);
    check_utf8_fails("utf8mb4", SLICE("a\xC3"), ERROR_MALFORMED);
    check_utf8_fails("ascii", SLICE("\x80"), ERROR_MALFORMED);
    check_utf8_fails("swe7", SLICE("a"), ERROR_UNSUPPORTED);
    check_utf8_fails(NULL, SLICE("a"), ERROR_UNSUPPORTED);
}

static void long_texts_become_utf8(void **state)
{
    struct buffer text = BUFFER_INIT, out = BUFFER_INIT;
    (void)state;
    for (int i = 0; i < 10000; i++)
        buffer_append_text(&text, "\xEF");
    assert_int_equal(portable_to_utf8(buffer_slice(&text), "latin1", &out), ERROR_NONE);
    assert_int_equal(out.len, 20000);
    buffer_release(&text);
    buffer_release(&out);
}

int run_portable_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_of_ddl_targets_goes),
        cmocka_unit_test(the_schema_of_tables_in_queries_goes),
        cmocka_unit_test(a_reserved_name_is_no_keyword_behind_its_schema),
        cmocka_unit_test(the_schema_in_bodies_goes),
        cmocka_unit_test(what_is_no_schema_stays),
        cmocka_unit_test(case_and_options_are_followed),
        cmocka_unit_test(a_bare_name_that_needs_quotes_gets_them),
        cmocka_unit_test(the_definer_goes),
        cmocka_unit_test(comments_of_tools_go_and_others_stay),
        cmocka_unit_test(texts_become_utf8),
        cmocka_unit_test(long_texts_become_utf8),
    };
    return cmocka_run_group_tests_name("portable", tests, NULL, NULL);
}
