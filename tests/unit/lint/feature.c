/* What a target lacks. */
#include "suites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* Of each: a target that lacks it, one that has it; NULL: none does. */
static const struct {
    const char *up, *lacks, *has, *feature;
} rows[] = {
    {"INSERT INTO t VALUES (1) RETURNING id;", "mysql:9.7", "mariadb:10.6", "RETURNING"},
    {"CREATE SEQUENCE s;", "mysql:9.7", "mariadb:10.3", "sequences"},
    {"CREATE TABLE t (a UUID);", "mariadb:10.6", "mariadb:10.11", "uuid"},
    {"ALTER TABLE t ADD a INET6;", "mysql:9.7", "mariadb:10.6", "inet6"},
    {"ALTER TABLE t ADD a INET4;", "mariadb:10.6", "mariadb:10.11", "inet4"},
    {"CREATE TABLE t (a VECTOR(3));", "mysql:8.4", "mysql:9.0", "vector"},
    {"CREATE TABLE t (a INT DEFAULT (1 + 1));", "mysql:5.7", "mysql:8.0",
     "expression as a default"},
    {"CREATE TABLE t (a CHAR(36) DEFAULT uuid());", "mysql:9.7", "mariadb:10.6",
     "without parentheses"},
    {"ALTER TABLE t ADD a TEXT DEFAULT 'x';", "mysql:9.7", "mariadb:10.6",
     "literal as the default"},
    {"CREATE INDEX i ON t ((a + b));", "mariadb:11.8", "mysql:8.0", "index on an expression"},
    {"CREATE TABLE t (a INT, KEY k ((a + 1)));", "mariadb:11.8", "mysql:8.0",
     "index on an expression"},
    {"ALTER TABLE t ADD a INT INVISIBLE;", "mysql:8.0.22", "mysql:8.0.23", "invisible column"},
    {"CREATE INDEX i ON t (a) INVISIBLE;", "mariadb:11.8", "mysql:8.0", "invisible index"},
    {"ALTER TABLE t ADD KEY k (a) IGNORED;", "mysql:9.7", "mariadb:10.6", "ignored index"},
    {"CREATE TABLE t (a INT CHECK (a > 0));", "mysql:8.0.15", "mysql:8.0.16", "CHECK"},
    {"ALTER TABLE t ADD CONSTRAINT c CHECK (a) NOT ENFORCED;", "mariadb:11.8", "mysql:8.0",
     "NOT ENFORCED"},
    {"CREATE INDEX i ON t (a, b DESC);", "mariadb:10.6", "mariadb:10.11", "descending"},
    {"CREATE TABLE t (a TEXT) COLLATE utf8mb4_uca1400_ai_ci;", "mysql:9.7", "mariadb:10.11",
     "uca1400"},
    {"CREATE TABLE t (a TEXT) COLLATE utf8mb4_0900_ai_ci;", "mariadb:10.11", "mysql:8.0", "0900"},
    {"CREATE TABLE t (a INT) WITH SYSTEM VERSIONING;", "mysql:9.7", "mariadb:10.6",
     "system versioning"},
    {"CREATE TABLE t (a DATE, b DATE, PERIOD FOR p (a, b));", "mysql:9.7", "mariadb:10.6",
     "periods"},
    {"CREATE OR REPLACE TABLE t (a INT);", "mysql:9.7", "mariadb:10.6", "OR REPLACE"},
    {"CREATE OR REPLACE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @a = 1;", "mysql:9.7",
     "mariadb:10.6", "OR REPLACE"},
    {"CREATE PROCEDURE IF NOT EXISTS p() SELECT 1;", "mysql:8.0.28", "mysql:8.0.29",
     "IF NOT EXISTS"},
    {"ALTER TABLE t DROP COLUMN IF EXISTS a;", "mysql:9.7", "mariadb:10.6", "within ALTER TABLE"},
    {"CREATE INDEX IF NOT EXISTS i ON t (a);", "mysql:9.7", "mariadb:10.6", "of indexes"},
    {"ALTER TABLE t RENAME COLUMN a TO b;", "mysql:5.7", "mysql:8.0", "RENAME COLUMN"},
    {"ALTER TABLE t RENAME INDEX a TO b;", "mariadb:10.4", "mysql:5.7", "RENAME INDEX"},
    {"ALTER TABLE t DROP CONSTRAINT c;", "mysql:8.0.18", "mysql:8.0.19", "DROP CONSTRAINT"},
    {"ALTER TABLE t ADD a INT, ALGORITHM=INSTANT;", "mysql:5.7", "mysql:8.0", "INSTANT"},
    {"CREATE VIEW v AS SELECT row_number() OVER (ORDER BY a) FROM t;", "mysql:5.7", "mysql:8.0",
     "window"},
    {"CREATE VIEW v AS WITH x AS (SELECT 1) SELECT * FROM x;", "mysql:5.7", "mysql:8.0", "WITH"},
    {"CREATE VIEW v AS SELECT a->'$.b' FROM t;", "mariadb:11.8", "mysql:8.0", "->"},
    {"CREATE TABLE t (a INT) ENGINE=Aria;", "mysql:9.7", "mariadb:10.6", "Aria"},
};

static bool lacks(const char *up, const char *target_text, const char *feature)
{
    struct subject_options options = standard_options;
    struct findings findings = FINDINGS_INIT;
    struct target target;
    bool found = false;
    assert_int_equal(target_read(target_text, &target, NULL), ERROR_NONE);
    options.target = &target;
    options.mariadb = strstr(up, "UUID") != NULL || strstr(up, "SEQUENCE") != NULL;
    find_all(&options, NULL, NULL, up, &findings);
    for (size_t i = 0; i < findings.count; i++)
        found = found || (findings.list[i].rule == RULE_TARGET_LACKS &&
                          strstr(findings.list[i].what, feature) != NULL);
    findings_release(&findings);
    return found;
}

static void test_each_feature(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!lacks(rows[i].up, rows[i].lacks, rows[i].feature))
            fail_msg("%s: %s has it", rows[i].up, rows[i].lacks);
        if (lacks(rows[i].up, rows[i].has, rows[i].feature))
            fail_msg("%s: %s lacks it", rows[i].up, rows[i].has);
    }
}

static void test_what_every_server_has(void **state)
{
    static const char *const plain[] = {
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(9) NOT NULL DEFAULT 'x');",
        "CREATE TABLE t (b DATETIME DEFAULT CURRENT_TIMESTAMP, c DECIMAL(5,2) DEFAULT 0);",
        "CREATE TABLE t (a INT, KEY k (a, b), FOREIGN KEY (a) REFERENCES u (a));",
        "CREATE VIEW v AS SELECT a - b > 1 FROM t WHERE a = 'RETURNING' ORDER BY a DESC;",
        "CREATE VIEW v AS SELECT a FROM t WITH CHECK OPTION;",
        "CREATE TABLE IF NOT EXISTS t (uuid INT, inet6 INT);",
        "DROP TABLE IF EXISTS t;",
        "ALTER TABLE t DROP INDEX i, ADD UNIQUE KEY u (a, b), CHANGE a b INT;",
    };
    static const char *const targets[] = {"mysql:5.7", "mariadb:10.4"};
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        for (size_t j = 0; j < sizeof targets / sizeof targets[0]; j++) {
            if (lacks(plain[i], targets[j], "lacks"))
                fail_msg("%s: something is lacking in %s", plain[i], targets[j]);
        }
    }
}

int run_feature_tests(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_feature),
                                       cmocka_unit_test(test_what_every_server_has)};
    return cmocka_run_group_tests_name("feature", tests, NULL, NULL);
}
