/* What the images of a table before and after tell, with what was typed. */
#include "suites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define FULL                                                                                       \
    "  `id` int NOT NULL,\n  `a` varchar(50) NOT NULL DEFAULT 'x' COMMENT 'y',\n  PRIMARY KEY "    \
    "(`id`)"
#define OF(definition) TABLE("  `id` int NOT NULL,\n  `a` " definition ",\n  PRIMARY KEY (`id`)")
#define KEYS(keys)                                                                                 \
    TABLE("  `id` int NOT NULL,\n  `a` int DEFAULT NULL,\n  `b` int DEFAULT NULL,\n  PRIMARY KEY " \
          "(`id`)" keys)

static const struct {
    const char *before, *after, *up;
    const char *codes;
} rows[] = {
    /* lost by MODIFY and CHANGE */
    {TABLE(FULL), OF("varchar(60) DEFAULT NULL"), "ALTER TABLE t MODIFY a VARCHAR(60);",
     "lost-attribute lost-comment"},
    {TABLE(FULL), OF("varchar(60) DEFAULT NULL"),
     "ALTER TABLE t MODIFY a VARCHAR(60) NULL DEFAULT NULL COMMENT '';", ""},
    {TABLE(FULL), OF("varchar(60) NOT NULL DEFAULT 'x'"),
     "ALTER TABLE t MODIFY COLUMN `a` VARCHAR(60) NOT NULL DEFAULT 'x';", "lost-comment"},
    {TABLE(FULL), OF("varchar(50) NOT NULL COMMENT 'y'"), "ALTER TABLE t ALTER a DROP DEFAULT;",
     ""},
    {OF("int DEFAULT NULL"), OF("bigint DEFAULT NULL"), "ALTER TABLE t MODIFY a BIGINT;", ""},
    {OF("int NOT NULL AUTO_INCREMENT"), OF("int NOT NULL"),
     "ALTER TABLE t CHANGE a a INT NOT NULL;", "lost-attribute"},
    {OF("timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP"),
     OF("timestamp NULL DEFAULT NULL"), "ALTER TABLE t MODIFY a TIMESTAMP NULL;", "lost-attribute"},
    {OF("varchar(9) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL"),
     OF("varchar(9) DEFAULT NULL"), "ALTER TABLE t MODIFY a VARCHAR(9);", "lost-attribute"},
    {OF("varchar(9) COLLATE utf8mb4_bin DEFAULT NULL"), OF("int DEFAULT NULL"),
     "ALTER TABLE t MODIFY a INT;", "type-changed"},
    /* over a renaming */
    {TABLE(FULL),
     TABLE("  `id` int NOT NULL,\n  `b` varchar(50) DEFAULT NULL,\n  PRIMARY KEY (`id`)"),
     "ALTER TABLE t CHANGE a b VARCHAR(50);", "lost-attribute lost-comment rename-column"},
    {TABLE(FULL),
     TABLE("  `id` int NOT NULL,\n  `b` varchar(50) DEFAULT NULL,\n  PRIMARY KEY (`id`)"),
     "ALTER TABLE t DROP a, ADD b VARCHAR(50);", "drop-column"},
    {TABLE(FULL),
     TABLE("  `id` int NOT NULL,\n  `b` varchar(50) NOT NULL DEFAULT 'x' COMMENT 'y',\n"
           "  `a` int DEFAULT NULL,\n  PRIMARY KEY (`id`)"),
     "ALTER TABLE t RENAME COLUMN a TO b, ADD a INT;", "rename-column"},
    /* NOT NULL */
    {OF("int DEFAULT NULL"), OF("int NOT NULL"), "ALTER TABLE t MODIFY a INT NOT NULL;",
     "not-null"},
    {OF("int NOT NULL"), OF("int DEFAULT NULL"), "ALTER TABLE t MODIFY a INT NULL;", ""},
    {TABLE("  `id` int NOT NULL,\n  PRIMARY KEY (`id`)"), OF("int NOT NULL"),
     "ALTER TABLE t ADD a INT NOT NULL;", "new-not-null"},
    {TABLE("  `id` int NOT NULL,\n  PRIMARY KEY (`id`)"), OF("int NOT NULL DEFAULT '0'"),
     "ALTER TABLE t ADD a INT NOT NULL DEFAULT 0;", ""},
    {TABLE("  `id` int NOT NULL,\n  PRIMARY KEY (`id`)"), OF("int DEFAULT NULL"),
     "ALTER TABLE t ADD a INT;", ""},
    {TABLE("  `id` int NOT NULL,\n  PRIMARY KEY (`id`)"),
     OF("int GENERATED ALWAYS AS (1) STORED NOT NULL"),
     "ALTER TABLE t ADD a INT AS (1) STORED NOT NULL;", ""},
    /* keys */
    {KEYS(""), KEYS(",\n  UNIQUE KEY `u` (`a`)"), "ALTER TABLE t ADD UNIQUE u (a);", "new-unique"},
    {KEYS(",\n  UNIQUE KEY `u` (`a`)"), KEYS(",\n  UNIQUE KEY `v` (`a`)"),
     "ALTER TABLE t RENAME INDEX u TO v;", ""},
    {KEYS(""), KEYS(",\n  KEY `u` (`a`)"), "ALTER TABLE t ADD KEY u (a);", ""},
    {KEYS(""), KEYS(",\n  KEY `u` (`a`),\n  KEY `v` (`a`,`b`)"),
     "ALTER TABLE t ADD KEY u (a), ADD KEY v (a, b);", "duplicate-index"},
    {KEYS(",\n  KEY `u` (`a`),\n  KEY `v` (`a`,`b`)"),
     KEYS(",\n  KEY `u` (`a`),\n  KEY `v` (`a`,`b`),\n  KEY `w` (`b`)"),
     "ALTER TABLE t ADD KEY w (b);", ""},
    {KEYS(""), KEYS(",\n  UNIQUE KEY `u` (`a`),\n  KEY `v` (`a`,`b`)"),
     "ALTER TABLE t ADD KEY v (a, b);", "new-unique"},
    {KEYS(""), KEYS(",\n  KEY `f` (`a`),\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`x`)"),
     "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (x);", "new-foreign-key"},
    {KEYS(""),
     KEYS(",\n  KEY `f` (`a`),\n  KEY `b` (`b`),\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES "
          "`t` (`b`)"),
     "ALTER TABLE t ADD KEY (b), ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (b);",
     "new-foreign-key parent-key"},
    {KEYS(""), KEYS(",\n  CONSTRAINT `c` CHECK ((`a` > 0))"),
     "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);", "new-check"},
    {KEYS(""), KEYS(",\n  CONSTRAINT `c` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */"),
     "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED;", ""},
    /* hygiene */
    {NULL, TABLE("  `a` int DEFAULT NULL"), "CREATE TABLE t (a INT);", "no-primary-key"},
    {NULL, TABLE("  `a` int NOT NULL,\n  PRIMARY KEY (`a`)"), "CREATE TABLE t (a INT PRIMARY KEY);",
     ""},
    {TABLE("  `a` int DEFAULT NULL"), TABLE("  `a` int DEFAULT NULL,\n  `b` int DEFAULT NULL"),
     "ALTER TABLE t ADD b INT;", ""},
    {NULL,
     "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB DEFAULT "
     "CHARSET=utf8mb3",
     "CREATE TABLE t (a INT PRIMARY KEY) CHARSET=utf8;", "old-utf8"},
    {NULL,
     "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  PRIMARY KEY (`a`)\n) ENGINE=InnoDB DEFAULT "
     "CHARSET=utf8",
     "CREATE TABLE t (a INT PRIMARY KEY) CHARSET=utf8;", "old-utf8"},
    {NULL, OF("datetime NOT NULL DEFAULT '0000-00-00 00:00:00'"),
     "CREATE TABLE t (id INT PRIMARY KEY, a DATETIME NOT NULL DEFAULT 0);", "zero-date"},
    {NULL, TABLE("  `order` int NOT NULL,\n  PRIMARY KEY (`order`)"),
     "CREATE TABLE t (`order` INT PRIMARY KEY);", "reserved-name"},
};

static void test_rules_of_images(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *codes = codes_of_table(rows[i].before, rows[i].after, rows[i].up);
        if (strcmp(codes, rows[i].codes) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].up, codes, rows[i].codes);
    }
}

static void test_of_two_equal_indexes_one_is_named(void **state)
{
    struct findings findings = FINDINGS_INIT;
    (void)state;
    find_all(&standard_options, KEYS(""), KEYS(",\n  KEY `u` (`a`),\n  KEY `v` (`a`)"),
             "ALTER TABLE t ADD KEY u (a), ADD KEY v (a);", &findings);
    assert_int_equal(findings.count, 1);
    assert_string_equal(findings.list[0].what, "Index `v` of `t` begins as `u` does.");
    findings_release(&findings);
}

int run_table_tests(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules_of_images),
                                       cmocka_unit_test(test_of_two_equal_indexes_one_is_named)};
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
