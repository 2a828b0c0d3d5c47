/* Tests of splitter: the pieces of a text, shown with a bar between them. */
#include "sql_tests.h"

#include "sql/splitter.h"

static void check(const char *dialect_words, const char *text, const char *expected)
{
    struct dialect dialect = test_dialect(dialect_words);
    struct splitter splitter;
    struct slice piece;
    struct buffer row = BUFFER_INIT;
    bool first = true;
    splitter_init(&splitter, slice_from(text), &dialect);
    while (splitter_next(&splitter, &piece)) {
        if (!first)
            buffer_append_text(&row, "|");
        first = false;
        buffer_append_slice(&row, piece);
    }
    assert_string_equal(buffer_text(&row), expected);
    buffer_release(&row);
}

/* A text that is one statement, whatever follows it. */
static void check_one(const char *dialect_words, const char *text)
{
    struct buffer several = BUFFER_INIT, expected = BUFFER_INIT;
    buffer_printf(&several, "SELECT 1;%s;SELECT 2", text);
    buffer_printf(&expected, "SELECT 1|%s|SELECT 2", text);
    check(dialect_words, buffer_text(&several), buffer_text(&expected));
    buffer_release(&several);
    buffer_release(&expected);
}

static void plain_statements_are_cut(void **state)
{
    (void)state;
    check("", "SELECT 1", "SELECT 1");
    check("", "SELECT 1;", "SELECT 1");
    check("", "SELECT 1; SELECT 2", "SELECT 1| SELECT 2");
    check("", "SELECT 1; ", "SELECT 1| ");
    check("", "SELECT 1;;SELECT 2", "SELECT 1||SELECT 2");
    check("", "", "");
    check("", ";", "");
    check("", "SELECT 1; -- end", "SELECT 1| -- end");
    check("", "SELECT ';' /* ; */ -- ;\n, `;`, \";\" ; x",
          "SELECT ';' /* ; */ -- ;\n, `;`, \";\" | x");
    check("", "SELECT CASE a WHEN 1 THEN 2; SELECT 2", "SELECT CASE a WHEN 1 THEN 2| SELECT 2");
    check("", "BEGIN; INSERT INTO t VALUES (1); COMMIT", "BEGIN| INSERT INTO t VALUES (1)| COMMIT");
    check("mariadb", "BEGIN; SELECT 1; COMMIT", "BEGIN| SELECT 1| COMMIT");
    check("", "SELECT '\\'; x", "SELECT '\\'; x");
    check("nobackslash", "SELECT '\\'; x", "SELECT '\\'| x");
    check("gbk", "SELECT '\xBF\\'; x", "SELECT '\xBF\\'| x");
}

static void bodies_stay_whole(void **state)
{
    static const char *const texts[] = {
        "CREATE PROCEDURE p() SELECT 1",
        "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
        "CREATE PROCEDURE p(a INT, b ENUM('x;')) COMMENT 'x;' BEGIN BEGIN END; END",
        "CREATE PROCEDURE begin() BEGIN SELECT 1; END",
        "CREATE PROCEDURE IF NOT EXISTS p() BEGIN SELECT 1; END",
        "CREATE PROCEDURE p() lbl: BEGIN LEAVE lbl; END lbl",
        "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; ELSEIF b THEN SELECT 2; ELSE SELECT 3; END "
        "IF; SELECT 4; END",
        "CREATE PROCEDURE p() BEGIN SELECT IF(a, b, c); SET x = IF(1, 2, 3); END",
        "CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN SELECT 1; ELSE SELECT 2; END CASE; END",
        "CREATE PROCEDURE p() BEGIN SELECT CASE a WHEN 1 THEN IF(b, c, d) ELSE REPEAT('x', 3) END; "
        "END",
        "CREATE PROCEDURE p() BEGIN l: LOOP SET a = 1; LEAVE l; END LOOP l; END",
        "CREATE PROCEDURE p() BEGIN WHILE a < 3 DO SET a = a + 1; END WHILE; END",
        "CREATE PROCEDURE p() BEGIN WHILE CASE a WHEN 1 THEN 1 ELSE 0 END DO SET a = 1; END WHILE; "
        "END",
        "CREATE PROCEDURE p() REPEAT SET a = a + 1; UNTIL a > 5 END REPEAT",
        "CREATE PROCEDURE p() BEGIN REPEAT SET a = 1; UNTIL end > 5 END REPEAT; SELECT end; END",
        "CREATE PROCEDURE p() BEGIN DECLARE end INT; SET end = CASE WHEN end > 1 THEN end ELSE 2 "
        "END; "
        "UPDATE t SET end = 3; END",
        "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = IF(1, 2, 3); "
        "SELECT 1; END",
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLSTATE '42000', 1062, SQLEXCEPTION "
        "BEGIN ROLLBACK; END; SELECT 1; END",
        "CREATE PROCEDURE p() BEGIN DECLARE c CURSOR FOR SELECT 1; DO IF(1, 2, 3); END",
        "CREATE PROCEDURE p() BEGIN DROP TABLE IF EXISTS t; SELECT t.case, x.end FROM t; END",
        "CREATE PROCEDURE p() SET @a = IF(1, 2, 3)",
        "CREATE PROCEDURE p() IF 1 THEN SELECT 1; END IF",
        "CREATE FUNCTION f() RETURNS INT RETURN IF(1, 2, 3)",
        "CREATE FUNCTION f() RETURNS SET('a', 'b') CHARACTER SET utf8mb4 BEGIN RETURN 'a'; END",
        "CREATE DEFINER=`a;b`@`c` FUNCTION f() RETURNS INT BEGIN RETURN 1; END",
        "CREATE FUNCTION f RETURNS STRING SONAME 'x.so'",
        "CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET NEW.a = 1",
        "CREATE TRIGGER t BEFORE UPDATE ON u FOR EACH ROW BEGIN SET NEW.a = 1; END",
        "CREATE TRIGGER t AFTER DELETE ON u FOR EACH ROW FOLLOWS s.x IF OLD.a THEN SET @b = 1; END "
        "IF",
        "CREATE TRIGGER t AFTER DELETE ON u FOR EACH ROW PRECEDES x BEGIN SET @b = 1; END",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM t; SELECT 1; END",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY COMMENT 'x' DO DELETE FROM t",
        "ALTER EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM t; END",
        "ALTER EVENT e DISABLE",
        "ALTER PROCEDURE p COMMENT 'x'",
        "CREATE TABLE t (a INT DEFAULT (CASE WHEN 1 THEN 2 END))",
        "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON u FOR "
        "EACH "
        "ROW BEGIN SET NEW.a = 1; END */",
        "CREATE DEFINER=trigger@localhost VIEW v AS SELECT 1",
        "CREATE DEFINER = CURRENT_USER() EVENT e ON SCHEDULE AT NOW() DO BEGIN SET @a = 1; END",
        "DROP PROCEDURE IF EXISTS p",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_one("", texts[i]);
        check_one("mariadb", texts[i]);
    }
}

static void compound_statements_of_mariadb_stay_whole(void **state)
{
    static const char *const texts[] = {
        "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END",
        "IF 1 THEN SELECT 1; END IF",
        "CASE 1 WHEN 1 THEN SELECT 1; ELSE SELECT 2; END CASE",
        "LOOP SELECT 1; END LOOP",
        "WHILE 1 DO SELECT 1; END WHILE",
        "FOR i IN 1..3 DO SELECT i; END FOR",
        "FOR r IN (SELECT a FROM t) DO SELECT r.a; END FOR",
        "REPEAT SELECT 1; UNTIL 1 END REPEAT",
        "SET STATEMENT max_statement_time=1 FOR SELECT 1",
        "SET STATEMENT a=1 FOR CREATE PROCEDURE p() BEGIN SELECT 1; END",
        "CREATE PROCEDURE p() BEGIN NOT ATOMIC SELECT 1; END",
        "CREATE PACKAGE k PROCEDURE p(); FUNCTION f() RETURNS INT; END",
        "CREATE PACKAGE BODY k PROCEDURE p() BEGIN END; FUNCTION f() RETURNS INT RETURN 1; END",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check_one("mariadb", texts[i]);
    check("", "IF 1 THEN SELECT 1; END IF", "IF 1 THEN SELECT 1| END IF");
}

static void oracle_mode_bodies_stay_whole(void **state)
{
    static const char *const texts[] = {
        "CREATE PROCEDURE p AS BEGIN NULL; END",
        "CREATE PROCEDURE p(a INT) IS b INT := 1; c INT; BEGIN SELECT 1; END",
        "CREATE FUNCTION f RETURN INT AS BEGIN RETURN CASE WHEN 1 THEN 2 END; END",
        "CREATE PROCEDURE p AS BEGIN FOR i IN 1..3 LOOP NULL; END LOOP; END",
        "CREATE PROCEDURE p AS BEGIN WHILE a LOOP NULL; END LOOP; <<x>> LOOP NULL; END LOOP; END",
        "CREATE PROCEDURE p AS BEGIN a := CASE WHEN 1 THEN 2 ELSE 3 END; IF a THEN NULL; ELSIF b "
        "THEN "
        "NULL; END IF; EXCEPTION WHEN OTHERS THEN NULL; END",
        "CREATE PACKAGE k AS PROCEDURE p; FUNCTION f(a INT) RETURN INT; END",
        "CREATE PACKAGE BODY k AS v INT; PROCEDURE p AS x INT; BEGIN NULL; END; FUNCTION f(a INT) "
        "RETURN "
        "INT AS BEGIN RETURN 1; END; BEGIN v := 1; END",
        "DECLARE a INT; BEGIN NULL; END",
        "BEGIN SELECT 1; BEGIN NULL; END; END",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check_one("mariadb oracle", texts[i]);
    check("mariadb oracle", "BEGIN; SELECT 1", "BEGIN| SELECT 1");
}

static void a_dump_without_delimiters_is_cut(void **state)
{
    (void)state;
    check("mariadb",
          "DROP TABLE IF EXISTS `t`;\n/*!40101 SET NAMES utf8 */;\nCREATE TABLE `t` (\n  `a` int "
          "COMMENT "
          "'x;y'\n);\n/*!50003 CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN SET "
          "NEW.a=1; END "
          "*/;\nINSERT INTO t VALUES (1);\n",
          "DROP TABLE IF EXISTS `t`|\n/*!40101 SET NAMES utf8 */|\nCREATE TABLE `t` (\n  `a` int "
          "COMMENT "
          "'x;y'\n)|\n/*!50003 CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN SET "
          "NEW.a=1; END "
          "*/|\nINSERT INTO t VALUES (1)|\n");
}

static void deep_nesting_is_counted(void **state)
{
    struct buffer text = BUFFER_INIT;
    (void)state;
    buffer_append_text(&text, "CREATE PROCEDURE p() ");
    for (int i = 0; i < 300; i++)
        buffer_append_text(&text, "BEGIN ");
    for (int i = 0; i < 300; i++)
        buffer_append_text(&text, i == 0 ? "END" : "; END");
    check_one("", buffer_text(&text));
    buffer_release(&text);
}

int run_splitter_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_statements_are_cut),
        cmocka_unit_test(bodies_stay_whole),
        cmocka_unit_test(compound_statements_of_mariadb_stay_whole),
        cmocka_unit_test(oracle_mode_bodies_stay_whole),
        cmocka_unit_test(a_dump_without_delimiters_is_cut),
        cmocka_unit_test(deep_nesting_is_counted),
    };
    return cmocka_run_group_tests_name("splitter", tests, NULL, NULL);
}
