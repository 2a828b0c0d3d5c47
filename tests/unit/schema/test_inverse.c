/* Ways back, from images as MySQL 9.7 and MariaDB 10.11 print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "schema/inverse.h"
#include "suites.h"

#define TRIGGER_HEAD(name) "CREATE TRIGGER `" name "` BEFORE INSERT ON `child` FOR EACH ROW "
#define EVENT_STATE "ON COMPLETION NOT PRESERVE ENABLE "

struct expectation {
    const char *sql;
    const char *remarks;
};

static void check(const struct change *change, struct expectation expected)
{
    char mode[] = "STRICT_TRANS_TABLES", charset[] = "utf8mb4", zone[] = "SYSTEM";
    char collation[] = "utf8mb4_0900_ai_ci";
    const struct sql_facts defaults = {.sql_mode = mode,
                                       .character_set_client = charset,
                                       .collation_connection = collation,
                                       .time_zone = zone,
                                       .foreign_key_checks = true};
    struct buffer sql = BUFFER_INIT, remarks = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;

    buffer_append_text(&sql, "-- kept\n");
    enum error code = inverse_write(change, &defaults, false, &sql, &remarks, &problem);
    if (expected.sql == NULL) {
        assert_int_equal(code, ERROR_UNSUPPORTED);
        assert_non_null(strstr(problem.text, expected.remarks));
        assert_string_equal(buffer_text(&sql), "-- kept\n");
    } else {
        assert_string_equal(problem.text, "");
        assert_int_equal(code, ERROR_NONE);
        assert_string_equal(buffer_text(&sql) + strlen("-- kept\n"), expected.sql);
        assert_string_equal(buffer_text(&remarks), expected.remarks);
    }
    buffer_release(&sql);
    buffer_release(&remarks);
}

static void check_alter(const char *before, const char *after, const char *sql, const char *remarks)
{
    struct change_object object = make_object(OBJECT_TABLE, "users", before, after);
    struct change change = make_change(DDL_ALTER, "TABLE", &object, 1);

    check(&change, (struct expectation){sql, remarks});
}

static void added_column_is_dropped(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  PRIMARY KEY (`id`)" USERS_OPTIONS,
                USERS_HEAD
                "  `nickname` varchar(64) DEFAULT NULL,\n  PRIMARY KEY (`id`)" USERS_OPTIONS,
                "ALTER TABLE `users` DROP COLUMN `nickname`;\n", "");
}

static void dropped_column_comes_back_with_place_and_indexes(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  `a` int DEFAULT '5' COMMENT 'it''s',\n  `b` int NOT NULL,\n"
                           "  PRIMARY KEY (`id`),\n  KEY `ab` (`a`,`b`)" USERS_OPTIONS,
                USERS_HEAD "  `b` int NOT NULL,\n  PRIMARY KEY (`id`),\n"
                           "  KEY `ab` (`b`)" USERS_OPTIONS,
                "ALTER TABLE `users`\n"
                "  DROP KEY `ab`,\n"
                "  ADD COLUMN `a` int DEFAULT '5' COMMENT 'it''s' AFTER `id`,\n"
                "  ADD KEY `ab` (`a`,`b`);\n",
                "values of `users`.`a` do not come back\n");
}

static void index_comes_back_to_its_place(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  PRIMARY KEY (`id`),\n  KEY `a` (`id`),\n"
                           "  KEY `b` (`id`) COMMENT 'x'" USERS_OPTIONS,
                USERS_HEAD "  PRIMARY KEY (`id`),\n  KEY `b` (`id`) COMMENT 'x'" USERS_OPTIONS,
                "ALTER TABLE `users`\n  DROP KEY `b`,\n  ADD KEY `a` (`id`),\n"
                "  ADD KEY `b` (`id`) COMMENT 'x';\n",
                "");
}

static void a_hidden_index_is_shown_where_it_stands(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  KEY `a` (`id`),\n  KEY `b` (`id`) COMMENT 'x'" USERS_OPTIONS,
                USERS_HEAD "  KEY `a` (`id`) /*!80000 INVISIBLE */,\n"
                           "  KEY `b` (`id`) COMMENT 'x'" USERS_OPTIONS,
                "ALTER TABLE `users` ALTER INDEX `a` VISIBLE;\n", "");
}

static void an_ignored_index_is_not_made_anew(void **state)
{
    struct change_object object =
        make_object(OBJECT_TABLE, "users", USERS_HEAD "  KEY `a` (`id`) IGNORED" USERS_OPTIONS,
                    USERS_HEAD "  KEY `a` (`id`)" USERS_OPTIONS);
    struct change change = make_change(DDL_ALTER, "TABLE", &object, 1);
    const struct image before = object.before;

    (void)state;
    change.mariadb = true;
    check(&change, (struct expectation){"ALTER TABLE `users` ALTER INDEX `a` IGNORED;\n", ""});
    object.before = object.after;
    object.after = before;
    check(&change, (struct expectation){"ALTER TABLE `users` ALTER INDEX `a` NOT IGNORED;\n", ""});
}

static void lost_attributes_come_back(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  `v` varchar(50) NOT NULL DEFAULT 'q' COMMENT 'c'" USERS_OPTIONS,
                USERS_HEAD "  `v` varchar(60) DEFAULT NULL" USERS_OPTIONS,
                "ALTER TABLE `users` MODIFY COLUMN `v` varchar(50) NOT NULL DEFAULT 'q' COMMENT "
                "'c';\n",
                "");
}

static void narrowed_values_are_remarked(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  `v` varchar(50) DEFAULT NULL" USERS_OPTIONS,
                USERS_HEAD "  `v` varchar(6) DEFAULT NULL" USERS_OPTIONS,
                "ALTER TABLE `users` MODIFY COLUMN `v` varchar(50) DEFAULT NULL;\n",
                "values of `users`.`v` that the new type cut or converted stay as they are\n");
}

static void moved_columns_go_back(void **state)
{
    (void)state;
    check_alter("CREATE TABLE `users` (\n  `a` int DEFAULT NULL,\n  `b` int DEFAULT NULL,\n  `c` "
                "int DEFAULT NULL\n) ENGINE=InnoDB",
                "CREATE TABLE `users` (\n  `c` int DEFAULT NULL,\n  `a` int DEFAULT NULL,\n  `b` "
                "int DEFAULT NULL\n) ENGINE=InnoDB",
                "ALTER TABLE `users` MODIFY COLUMN `c` int DEFAULT NULL AFTER `b`;\n", "");
}

static void renamed_columns_are_renamed_back_with_their_keys(void **state)
{
    struct change_object object =
        make_object(OBJECT_TABLE, "users",
                    USERS_HEAD "  `a` int DEFAULT NULL,\n  `b` int DEFAULT NULL,\n"
                               "  KEY `k` (`a`)" USERS_OPTIONS,
                    USERS_HEAD "  `b` int DEFAULT NULL,\n  `a` int DEFAULT NULL,\n"
                               "  KEY `k2` (`b`)" USERS_OPTIONS);
    char a[] = "a", b[] = "b", k[] = "k", k2[] = "k2";
    const struct statement_rename renames[] = {{false, a, b}, {false, b, a}, {true, k, k2}};
    struct change change = make_change(DDL_ALTER, "TABLE", &object, 1);

    (void)state;
    change.renames = renames;
    change.rename_count = 3;
    check(&change, (struct expectation){"ALTER TABLE `users`\n"
                                        "  CHANGE COLUMN `b` `a` int DEFAULT NULL,\n"
                                        "  CHANGE COLUMN `a` `b` int DEFAULT NULL,\n"
                                        "  RENAME KEY `k2` TO `k`;\n",
                                        ""});
}

static void foreign_key_of_the_same_name_takes_two_statements(void **state)
{
    (void)state;
    check_alter(
        USERS_HEAD "  `p` int DEFAULT NULL,\n  KEY `f` (`p`),\n  CONSTRAINT `f` FOREIGN KEY "
                   "(`p`) REFERENCES `t` (`id`)" USERS_OPTIONS,
        USERS_HEAD "  `p` int DEFAULT NULL,\n  KEY `f` (`p`),\n  CONSTRAINT `f` FOREIGN KEY "
                   "(`p`) REFERENCES `t` (`id`) ON DELETE CASCADE" USERS_OPTIONS,
        "ALTER TABLE `users` DROP FOREIGN KEY `f`;\n"
        "ALTER TABLE `users` ADD CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `t` (`id`);\n",
        "");
}

static void generated_column_of_another_kind_is_made_anew(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  `g` int GENERATED ALWAYS AS ((`id` + 1)) VIRTUAL,\n"
                           "  KEY `g` (`g`)" USERS_OPTIONS,
                USERS_HEAD "  `g` int GENERATED ALWAYS AS ((`id` + 1)) STORED,\n"
                           "  KEY `g` (`g`)" USERS_OPTIONS,
                "ALTER TABLE `users`\n  DROP KEY `g`,\n  DROP COLUMN `g`,\n"
                "  ADD COLUMN `g` int GENERATED ALWAYS AS ((`id` + 1)) VIRTUAL AFTER `id`,\n"
                "  ADD KEY `g` (`g`);\n",
                "");
}

static void charset_of_the_table_takes_its_columns_along(void **state)
{
    (void)state;
    check_alter("CREATE TABLE `users` (\n  `a` varchar(9) NOT NULL,\n  `i` int\n) ENGINE=InnoDB "
                "DEFAULT CHARSET=latin1",
                "CREATE TABLE `users` (\n  `a` varchar(9) NOT NULL,\n  `i` int\n) ENGINE=InnoDB "
                "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
                "ALTER TABLE `users`\n  MODIFY COLUMN `a` varchar(9) NOT NULL,\n"
                "  DEFAULT CHARSET=latin1;\n",
                "values of `users`.`a` that the new type cut or converted stay as they are\n");
}

static void collation_that_only_repeats_the_tables_is_not_typed(void **state)
{
    const struct change_object object =
        make_object(OBJECT_TABLE, "t",
                    "CREATE TABLE `t` (\n  `a` varchar(9) COLLATE utf8mb4_bin DEFAULT NULL\n) "
                    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
                    NULL);
    const struct change change = make_change(DDL_DROP, "TABLE", &object, 1);

    (void)state;
    check(&change,
          (struct expectation){"CREATE TABLE `t` (\n  `a` varchar(9) DEFAULT NULL\n) "
                               "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;\n",
                               "rows of `t` do not come back\n"});
}

static void options_and_partitions_go_back(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB",
                USERS_HEAD "  PRIMARY KEY (`id`)\n) ENGINE=MyISAM ROW_FORMAT=FIXED COMMENT='x'\n"
                           "/*!50100 PARTITION BY HASH (`id`)\nPARTITIONS 2 */",
                "ALTER TABLE `users`\n  ENGINE=InnoDB,\n  COMMENT='',\n  ROW_FORMAT=DEFAULT\n"
                "  REMOVE PARTITIONING;\n",
                "");
}

static void random_default_comes_back_in_a_second_step(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  `u` binary(16) DEFAULT (uuid_to_bin(uuid()))" USERS_OPTIONS,
                "CREATE TABLE `users` (\n  `id` int NOT NULL AUTO_INCREMENT" USERS_OPTIONS,
                "ALTER TABLE `users` ADD COLUMN `u` binary(16) AFTER `id`;\n"
                "ALTER TABLE `users` ALTER COLUMN `u` SET DEFAULT (uuid_to_bin(uuid()));\n",
                "values of `users`.`u` do not come back\n");
}

static void key_that_a_foreign_key_brought_is_made_anew_with_it(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  `p` int,\n  KEY `f` (`p`),\n  KEY `z` (`id`,`p`),\n  CONSTRAINT `f` "
                           "FOREIGN KEY (`p`) REFERENCES `t` (`id`)" USERS_OPTIONS,
                USERS_HEAD "  `p` int,\n  KEY `f` (`p`),\n  KEY `z` (`id`,`p`)" USERS_OPTIONS,
                "ALTER TABLE `users`\n  DROP KEY `f`,\n  DROP KEY `z`,\n  ADD KEY `f` (`p`),\n"
                "  ADD KEY `z` (`id`,`p`),\n"
                "  ADD CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `t` (`id`);\n",
                "");
}

static void zero_dates_are_let_in(void **state)
{
    (void)state;
    check_alter(
        USERS_HEAD "  `d` date NOT NULL DEFAULT '0000-00-00'" USERS_OPTIONS,
        "CREATE TABLE `users` (\n  `id` int NOT NULL AUTO_INCREMENT" USERS_OPTIONS,
        "SET @ddltap_sql_mode = @@sql_mode, sql_mode = REPLACE(REPLACE(@@sql_mode, "
        "'NO_ZERO_DATE', ''), 'NO_ZERO_IN_DATE', '');\n"
        "ALTER TABLE `users` ADD COLUMN `d` date NOT NULL DEFAULT '0000-00-00' AFTER `id`;\n"
        "SET sql_mode = @ddltap_sql_mode;\n",
        "values of `users`.`d` do not come back\n");
}

static void altered_sequence_gets_its_numbers_back(void **state)
{
    const struct change_object object = make_object(
        OBJECT_SEQUENCE, "s",
        "CREATE SEQUENCE `s` start with 5 minvalue 1 maxvalue 100 increment by 2 nocache cycle "
        "ENGINE=InnoDB",
        "CREATE SEQUENCE `s` start with 5 minvalue 1 maxvalue 200 increment by 3 cache 10 nocycle "
        "ENGINE=InnoDB");
    const struct change change = make_change(DDL_ALTER, "SEQUENCE", &object, 1);

    (void)state;
    check(&change, (struct expectation){"ALTER SEQUENCE `s` maxvalue 100 increment by 2 nocache "
                                        "cycle;\n",
                                        ""});
}

static void unknown_option_has_no_way_back(void **state)
{
    (void)state;
    check_alter(USERS_HEAD "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB",
                USERS_HEAD "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DATA DIRECTORY='/tmp'", NULL,
                "DATA DIRECTORY");
}

static void unknown_image_has_no_way_back(void **state)
{
    struct change_object object =
        make_object(OBJECT_VIEW, "v", "CREATE VIEW `v` AS select 1", NULL);
    const struct change change = make_change(DDL_DROP, "VIEW", &object, 1);

    (void)state;
    object.before.state = IMAGE_UNKNOWN;
    check(&change, (struct expectation){NULL, "before the change is not known"});
}

static void unchanged_objects_have_no_part_in_it(void **state)
{
    const struct change_object objects[] = {
        make_object(OBJECT_TABLE, "a", NULL, NULL),
        make_object(OBJECT_TABLE, "b", "same", "same"),
    };
    const struct change change = make_change(DDL_DROP, "TABLE", objects, 2);

    (void)state;
    check(&change, (struct expectation){"", ""});
}

static void dropped_tables_come_back_parents_first_with_triggers_in_order(void **state)
{
    const struct change_object objects[] = {
        make_object(
            OBJECT_TABLE, "child",
            "CREATE TABLE `child` (\n  `p` int NOT NULL,\n  CONSTRAINT `f` FOREIGN KEY (`p`) "
            "REFERENCES `zparent` (`id`)\n) ENGINE=InnoDB",
            NULL),
        make_object(OBJECT_TRIGGER, "t1", TRIGGER_HEAD("t1") "x", NULL),
        make_object(OBJECT_TRIGGER, "t0", TRIGGER_HEAD("t0") "x", NULL),
        make_object(OBJECT_TABLE, "zparent",
                    "CREATE TABLE `zparent` (\n  `id` int NOT NULL\n) ENGINE=InnoDB", NULL),
    };
    const struct change change = make_change(DDL_DROP, "TABLE", objects, 4);

    (void)state;
    check(&change, (struct expectation){
                       "CREATE TABLE `zparent` (\n  `id` int NOT NULL\n) ENGINE=InnoDB;\n"
                       "CREATE TABLE `child` (\n  `p` int NOT NULL,\n  CONSTRAINT `f` FOREIGN KEY "
                       "(`p`) REFERENCES "
                       "`zparent` (`id`)\n) ENGINE=InnoDB;\n" TRIGGER_HEAD(
                           "t1") "x;\n" TRIGGER_HEAD("t0") "x;\n",
                       "rows of `zparent` do not come back\nrows of `child` do not come back\n"});
}

static void renames_unwind_from_the_last(void **state)
{
    struct change_object objects[] = {
        make_object(OBJECT_TABLE, "a", "A", "B"),     make_object(OBJECT_TABLE, "tmp", NULL, NULL),
        make_object(OBJECT_TABLE, "b", "B", "A"),     make_object(OBJECT_TABLE, "a", "A", "B"),
        make_object(OBJECT_TABLE, "tmp", NULL, NULL), make_object(OBJECT_TABLE, "b", "B", "A"),
    };
    const struct change change = make_change(DDL_RENAME, "TABLE", objects, 6);

    (void)state;
    for (size_t i = 0; i < 6; i++)
        objects[i].role = i % 2 == 0 ? ROLE_RENAME_FROM : ROLE_RENAME_TO;
    check(&change, (struct expectation){"RENAME TABLE `a` TO `ddltap_aside_1`, `b` TO `a`, "
                                        "`ddltap_aside_1` TO `b`;\n",

                                        ""});
}

static void rename_of_what_is_no_table_is_not_passed_over(void **state)
{
    struct change_object objects[] = {make_object(OBJECT_TABLE, "v", NULL, NULL),
                                      make_object(OBJECT_TABLE, "w", NULL, NULL)};
    const struct change change = make_change(DDL_RENAME, "TABLE", objects, 2);

    (void)state;
    objects[0].role = ROLE_RENAME_FROM;
    objects[1].role = ROLE_RENAME_TO;
    check(&change, (struct expectation){NULL, "is no table"});
}

static void view_is_replaced_where_it_stands(void **state)
{
    const struct change_object object = make_object(
        OBJECT_VIEW, "v",
        "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v` AS "
        "select 1 AS `1`",
        "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v` AS "
        "select 2 AS `2`");
    const struct change change = make_change(DDL_ALTER, "VIEW", &object, 1);

    (void)state;
    check(&change,
          (struct expectation){"CREATE OR REPLACE ALGORITHM=UNDEFINED SQL SECURITY DEFINER "
                               "VIEW `v` AS select 1 AS `1`;\n",
                               ""});
}

static void body_comes_back_under_its_own_settings(void **state)
{
    struct change_object object =
        make_object(OBJECT_PROCEDURE, "p", "CREATE PROCEDURE `p`()\nselect \"a\" || 'b'", NULL);
    const struct change change = make_change(DDL_DROP, "PROCEDURE", &object, 1);

    (void)state;
    object.before.context = SLICE("sql_mode=ANSI_QUOTES\ncharacter_set_client=utf8mb4\n"
                                  "collation_connection=utf8mb4_0900_ai_ci\n");
    check(&change,
          (struct expectation){"SET @ddltap_sql_mode = @@sql_mode, sql_mode = 'ANSI_QUOTES';\n"
                               "CREATE PROCEDURE `p`()\nselect \"a\" || 'b';\n"
                               "SET sql_mode = @ddltap_sql_mode;\n",
                               ""});
}

static void body_with_letters_of_an_old_charset_has_no_way_back(void **state)
{
    struct change_object object =
        make_object(OBJECT_PROCEDURE, "p", "CREATE PROCEDURE `p`()\nselect '\xc3\xa4'", NULL);
    const struct change change = make_change(DDL_DROP, "PROCEDURE", &object, 1);

    (void)state;
    object.before.context = SLICE("character_set_client=latin1\n");
    check(&change, (struct expectation){NULL, "other than UTF-8"});
}

static void database_defaults_need_no_name(void **state)
{
    const struct change_object object = make_object(
        OBJECT_DATABASE, "app", "CREATE DATABASE `app` /*!40100 DEFAULT CHARACTER SET utf8mb4 */",
        "CREATE DATABASE `app` /*!40100 DEFAULT CHARACTER SET latin1 */");
    const struct change change = make_change(DDL_ALTER, "DATABASE", &object, 1);

    (void)state;
    check(&change,
          (struct expectation){"ALTER DATABASE /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\n", ""});
}

static void a_replaced_secret_is_remarked_for_every_type(void **state)
{
    struct change_object objects[] = {
        make_object(OBJECT_PROCEDURE, "p",
                    "CREATE PROCEDURE `p`()\nCREATE USER x IDENTIFIED BY '<redacted>'", NULL),
        make_object(OBJECT_EVENT, "e",
                    "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY " EVENT_STATE
                    "DO SET PASSWORD = '<redacted>'",
                    "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY " EVENT_STATE "DO SET @a = 1"),
        make_object(
            OBJECT_TABLE, "s",
            "CREATE TABLE `s` (\n  `a` int\n) ENGINE=SPIDER COMMENT='password \"<redacted>\"'",
            "CREATE TABLE `s` (\n  `a` int\n) ENGINE=SPIDER COMMENT='x'"),
    };
    struct change dropped = make_change(DDL_DROP, "PROCEDURE", &objects[0], 1);
    struct change altered = make_change(DDL_ALTER, "EVENT", &objects[1], 1);
    struct change table = make_change(DDL_ALTER, "TABLE", &objects[2], 1);

    (void)state;
    check(&dropped, (struct expectation){
                        "CREATE PROCEDURE `p`()\nCREATE USER x IDENTIFIED BY '<redacted>';\n",
                        "`p` needs its password in the place of <redacted>\n"});
    check(&altered, (struct expectation){"DROP EVENT `e`;\n"
                                         "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY " EVENT_STATE
                                         "DO SET PASSWORD = '<redacted>';\n",
                                         "`e` needs its password in the place of <redacted>\n"});
    check(&table, (struct expectation){"ALTER TABLE `s` COMMENT='password \"<redacted>\"';\n",
                                       "`s` needs its password in the place of <redacted>\n"});
}

#define DATABASE(options) "CREATE DATABASE `app` /*!40100 DEFAULT CHARACTER SET " options

static void check_database(const char *before, const char *after, struct expectation expected)
{
    const struct change_object object = make_object(OBJECT_DATABASE, "app", before, after);
    const struct change change = make_change(DDL_ALTER, "DATABASE", &object, 1);

    check(&change, expected);
}

static void defaults_of_a_database_come_back_one_by_one(void **state)
{
    (void)state;
    check_database(
        DATABASE("latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */"),
        DATABASE("latin1 COLLATE latin1_bin */ /*!80016 DEFAULT ENCRYPTION='N' */"),
        (struct expectation){"ALTER DATABASE /*!40100 DEFAULT CHARACTER SET latin1 */;\n", ""});
    check_database(
        DATABASE("latin1 */ /*!80016 DEFAULT ENCRYPTION='Y' */"),
        DATABASE("latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */"),
        (struct expectation){"ALTER DATABASE /*!80016 DEFAULT ENCRYPTION='Y' */;\n", ""});
    check_database(DATABASE("latin1 COLLATE latin1_bin */"),
                   DATABASE("latin1 COLLATE latin1_bin */ COMMENT 'it''s'"),
                   (struct expectation){"ALTER DATABASE COMMENT '';\n", ""});
    check_database(DATABASE("latin1 */"), DATABASE("latin1 */ /* READ ONLY=1 */"),
                   (struct expectation){NULL, "a database that is READ ONLY takes no change"});
    check_database(DATABASE("latin1 */"), DATABASE("latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */"),
                   (struct expectation){NULL, "only one of the servers knows what differs"});
}

/* Printed by a server of another day: not guessed at, on whichever side it stands. */
static void what_is_not_understood_is_refused_by_name(void **state)
{
    const struct change_object dropped[] = {
        make_object(OBJECT_VIEW, "v", "CREATE SHINY VIEW `v` AS select 1", NULL),
        make_object(OBJECT_TABLE, "t", "CREATE TABLE `t` SHINY", NULL),
        make_object(OBJECT_TABLE, "t", "CREATE TABLE `t` (\n  `a` int SHINY\n) ENGINE=x", NULL),
        make_object(OBJECT_PROCEDURE, "p", "CREATE PROCEDURE `p`()\n    SHINY\nSELECT 1", NULL),
        make_object(OBJECT_TRIGGER, "g", "CREATE TRIGGER `g` BEFORE SHINE ON `t` FOR EACH ROW x",
                    NULL),
    };
    const struct change_object altered =
        make_object(OBJECT_SEQUENCE, "s",
                    "CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 9 increment by 1 nocache "
                    "nocycle ENGINE=InnoDB",
                    "CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 9 increment by 1 nocache "
                    "nocycle shiny ENGINE=InnoDB");
    const struct change alter = make_change(DDL_ALTER, "SEQUENCE", &altered, 1);

    (void)state;
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        struct change change =
            make_change(DDL_DROP, object_type_text(dropped[i].type), &dropped[i], 1);
        check(&change, (struct expectation){NULL, "in a way that ddltap does not know, at:"});
    }
    check(&alter, (struct expectation){NULL, "SEQUENCE `s`: the server prints its definition in a "
                                             "way that ddltap does not know, at:  shiny ENGINE"});
}

static void truncated_rows_are_remarked(void **state)
{
    const struct change_object object = make_object(OBJECT_TABLE, "users", "x", "x");
    const struct change change = make_change(DDL_TRUNCATE, "TABLE", &object, 1);

    (void)state;
    check(&change, (struct expectation){"", "rows of `users` do not come back\n"});
}

int run_inverse_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(added_column_is_dropped),
        cmocka_unit_test(dropped_column_comes_back_with_place_and_indexes),
        cmocka_unit_test(index_comes_back_to_its_place),
        cmocka_unit_test(a_hidden_index_is_shown_where_it_stands),
        cmocka_unit_test(an_ignored_index_is_not_made_anew),
        cmocka_unit_test(lost_attributes_come_back),
        cmocka_unit_test(narrowed_values_are_remarked),
        cmocka_unit_test(moved_columns_go_back),
        cmocka_unit_test(renamed_columns_are_renamed_back_with_their_keys),
        cmocka_unit_test(foreign_key_of_the_same_name_takes_two_statements),
        cmocka_unit_test(generated_column_of_another_kind_is_made_anew),
        cmocka_unit_test(charset_of_the_table_takes_its_columns_along),
        cmocka_unit_test(collation_that_only_repeats_the_tables_is_not_typed),
        cmocka_unit_test(options_and_partitions_go_back),
        cmocka_unit_test(random_default_comes_back_in_a_second_step),
        cmocka_unit_test(key_that_a_foreign_key_brought_is_made_anew_with_it),
        cmocka_unit_test(zero_dates_are_let_in),
        cmocka_unit_test(altered_sequence_gets_its_numbers_back),
        cmocka_unit_test(unknown_option_has_no_way_back),
        cmocka_unit_test(unknown_image_has_no_way_back),
        cmocka_unit_test(unchanged_objects_have_no_part_in_it),
        cmocka_unit_test(dropped_tables_come_back_parents_first_with_triggers_in_order),
        cmocka_unit_test(renames_unwind_from_the_last),
        cmocka_unit_test(rename_of_what_is_no_table_is_not_passed_over),
        cmocka_unit_test(view_is_replaced_where_it_stands),
        cmocka_unit_test(body_comes_back_under_its_own_settings),
        cmocka_unit_test(body_with_letters_of_an_old_charset_has_no_way_back),
        cmocka_unit_test(database_defaults_need_no_name),
        cmocka_unit_test(a_replaced_secret_is_remarked_for_every_type),
        cmocka_unit_test(defaults_of_a_database_come_back_one_by_one),
        cmocka_unit_test(what_is_not_understood_is_refused_by_name),
        cmocka_unit_test(truncated_rows_are_remarked),
    };

    return cmocka_run_group_tests_name("inverse", tests, NULL, NULL);
}
