/* What the text of a draft alone tells. */
#include "suites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const struct {
    const char *up;
    const char *codes;
} rows[] = {
    {"ALTER TABLE t ADD a INT;", ""},
    {"", ""},
    {"SELECT 1;", ""},
    {"DROP TABLE t, u;", "drop-table"},
    {"DROP TEMPORARY TABLE t;", ""},
    {"CREATE OR REPLACE TABLE t (a INT);", "drop-table"},
    {"CREATE OR REPLACE VIEW v AS SELECT 1;", ""},
    {"ALTER TABLE t DROP a;", "drop-column"},
    {"ALTER TABLE t DROP COLUMN IF EXISTS `a`, ADD b INT;", "drop-column"},
    {"ALTER TABLE t DROP INDEX i, DROP KEY j, DROP PRIMARY KEY;", ""},
    {"ALTER TABLE t DROP FOREIGN KEY f, DROP CONSTRAINT c, DROP CHECK d;", ""},
    {"ALTER TABLE t ALTER COLUMN a DROP DEFAULT;", ""},
    {"ALTER TABLE t DROP PARTITION p;", "drop-partition"},
    {"ALTER TABLE t TRUNCATE PARTITION p;", "drop-partition"},
    {"ALTER TABLE t ADD PARTITION (PARTITION p VALUES IN (1));", ""},
    {"ALTER TABLE t DROP SYSTEM VERSIONING;", "drop-history"},
    {"DROP INDEX i ON t;", ""},
    {"DROP VIEW v;", "drop-object"},
    {"DROP TRIGGER x;", "drop-object"},
    {"DROP DATABASE d;", "drop-database privilege"},
    {"TRUNCATE TABLE t;", "truncate"},
    {"DELETE FROM t;", "all-rows"},
    {"DELETE FROM t WHERE a = 1;", ""},
    {"DELETE FROM t ORDER BY a LIMIT 1;", ""},
    {"UPDATE t SET a = (SELECT 1 FROM u WHERE b = 1);", "all-rows"},
    {"UPDATE t SET a = 1 WHERE b;", ""},
    {"RENAME TABLE t TO u;", "rename-table"},
    {"ALTER TABLE t RENAME TO u;", "rename-table"},
    {"ALTER TABLE t CHANGE a b INT;", "rename-column"},
    {"ALTER TABLE t CHANGE a a INT;", ""},
    {"ALTER TABLE t RENAME COLUMN a TO b;", "rename-column"},
    {"ALTER TABLE t RENAME INDEX a TO b;", ""},
    {"CREATE DEFINER=`a`@`b` VIEW v AS SELECT 1;", "definer"},
    {"CREATE VIEW v AS SELECT definer = 1 FROM t;", ""},
    {"CREATE FUNCTION f() RETURNS INT RETURN 1;", "log-trust"},
    {"CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @a = 1;", "log-trust"},
    {"CREATE PROCEDURE p() SELECT 1;", ""},
    {"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1;", "privilege"},
    {"CREATE DATABASE d;", "privilege"},
    {"SELECT 1 INTO OUTFILE '/tmp/x';", "privilege"},
    {"SELECT 'INTO OUTFILE';", ""},
    {"SET GLOBAL max_connections = 1;", "privilege"},
    {"ALTER TABLE app.t ADD a INT;", "development-name"},
    {"ALTER TABLE other.t ADD a INT;", "other-schema"},
    {"CREATE PROCEDURE p() EXECUTE IMMEDIATE 'SELECT 1 FROM app.t';", "development-name"},
    {"CREATE PROCEDURE p() SELECT 'the app', 'app', 'myapp.t', 'app.';", ""},
    {"CREATE PROCEDURE p() SELECT '`app`.t';", "development-name"},
    {"INSERT INTO s VALUES ('<redacted>');", "redacted"},
    {"INSERT INTO s VALUES ('mysql://u:secret@h/d');", "secret"},
    {"INSERT INTO s VALUES ('https://example.org/a:b@c');", ""},
    {"INSERT INTO s VALUES ('AKIAABCDEFGHIJKLMNOP');", "secret"},
    {"INSERT INTO s VALUES ('$2y$10$abcdefghijklmnopqrstuv');", "secret"},
    {"INSERT INTO s VALUES ('AKIA is a prefix');", ""},
    {"CREATE USER a IDENTIFIED BY 'secret';", "privilege secret"},
};

static void test_rules_of_the_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *codes = codes_of_text(rows[i].up);
        if (strcmp(codes, rows[i].codes) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].up, codes, rows[i].codes);
    }
}

static void test_no_finding_says_the_secret(void **state)
{
    struct findings findings = FINDINGS_INIT;
    (void)state;
    find_all(&standard_options, NULL, NULL,
             "INSERT INTO s VALUES ('mysql://u:hunter2@h/d', "
             "'ghp_abcdefghijklmnopqrstuvwxyz0123456789');"
             "CREATE USER a IDENTIFIED BY 'hunter2';",
             &findings);
    assert_true(findings.count >= 3);
    for (size_t i = 0; i < findings.count; i++) {
        assert_null(strstr(findings.list[i].what, "hunter2"));
        assert_null(strstr(findings.list[i].what, "abcdefghij"));
    }
    findings_release(&findings);
}

static void test_a_definer_that_is_kept_is_meant(void **state)
{
    struct subject_options options = standard_options;
    struct findings findings = FINDINGS_INIT;
    (void)state;
    options.keep_definer = true;
    find_all(&options, NULL, NULL, "CREATE DEFINER=a@b VIEW v AS SELECT 1;", &findings);
    assert_int_equal(findings.count, 0);
    findings_release(&findings);
}

int run_text_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_of_the_text),
        cmocka_unit_test(test_no_finding_says_the_secret),
        cmocka_unit_test(test_a_definer_that_is_kept_is_meant),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
