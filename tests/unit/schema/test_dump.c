/* dump: the objects of what mysqldump and mariadb-dump write, and of what others do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/dump.h"
#include "suites.h"

static const struct dialect usual = {.version = 90704};

static struct dump read_dump(const char *text)
{
    struct dump dump;
    struct problem problem = PROBLEM_INIT;

    assert_int_equal(dump_read(slice_from(text), &usual, "app", &dump, &problem), ERROR_NONE);
    return dump;
}

static const struct catalog_object *find(const struct dump *dump, enum object_type type,
                                         const char *name)
{
    for (size_t i = 0; i < dump->catalog.count; i++) {
        const struct catalog_object *object = &dump->catalog.objects[i];
        if (object->type == type && strcmp(object->name, name) == 0)
            return object;
    }
    fail_msg("there is no %s %s", object_type_text(type), name);
    return NULL;
}

static void tables_come_without_rows_and_counters(void **state)
{
    struct dump dump = read_dump("-- Host: localhost    Database: app\n"
                                 "-- Server version\t8.0.36\n"
                                 "DROP TABLE IF EXISTS `t`;\n"
                                 "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB "
                                 "AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4;\n"
                                 "INSERT INTO `t` VALUES ('a;b'),('CREATE TABLE x (a int);');\n"
                                 "/*!40000 ALTER TABLE `t` ENABLE KEYS */;\n");

    (void)state;
    assert_int_equal(dump.catalog.count, 1);
    assert_string_equal(find(&dump, OBJECT_TABLE, "t")->text,
                        "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
    assert_string_equal(dump.server, "8.0.36");
    assert_string_equal(dump.database, "app");
    assert_int_equal(dump.dialect.version, 80036);
    assert_false(dump.dialect.mariadb || dump.says_routines || dump.says_events);
    dump_release(&dump);
}

static void the_final_view_counts_with_its_settings(void **state)
{
    struct dump dump = read_dump("/*!50001 CREATE VIEW `v` AS SELECT \n 1 AS `a`*/;\n"
                                 "/*!50001 DROP VIEW IF EXISTS `v`*/;\n"
                                 "/*!50001 SET character_set_client      = latin1 */;\n"
                                 "/*!50001 SET collation_connection      = latin1_swedish_ci */;\n"
                                 "/*!50001 CREATE ALGORITHM=UNDEFINED */\n"
                                 "/*!50013 DEFINER=`u`@`h` SQL SECURITY DEFINER */\n"
                                 "/*!50001 VIEW `v` AS select `t`.`a` AS `a` from `t` */;\n");
    const struct catalog_object *view = find(&dump, OBJECT_VIEW, "v");

    (void)state;
    assert_int_equal(dump.catalog.count, 1);
    assert_string_equal(view->text, "CREATE ALGORITHM=UNDEFINED DEFINER=`u`@`h` SQL SECURITY "
                                    "DEFINER VIEW `v` AS select `t`.`a` AS `a` from `t`");
    assert_string_equal(view->context,
                        "character_set_client=latin1\ncollation_connection=latin1_swedish_ci\n");
    dump_release(&dump);
}

static void a_trigger_keeps_its_semicolons_comments_and_sql_mode(void **state)
{
    struct dump dump =
        read_dump("/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;\n"
                  "/*!50003 SET sql_mode              = 'ANSI_QUOTES' */ ;\n"
                  "DELIMITER ;;\n"
                  "/*!50003 CREATE*/ /*!50017 DEFINER=`u`@`h`*/ /*!50003 TRIGGER `r` BEFORE "
                  "INSERT ON `t` FOR EACH ROW BEGIN SET NEW.a = ';;'; /* c; */ SET @b = 1; END "
                  "*/;;\n"
                  "DELIMITER ;\n"
                  "/*!50003 SET sql_mode              = @saved_sql_mode */ ;\n"
                  "CREATE TABLE `t` (\n  `a` int\n);\n");
    const struct catalog_object *trigger = find(&dump, OBJECT_TRIGGER, "r");

    (void)state;
    assert_string_equal(trigger->text,
                        "CREATE DEFINER=`u`@`h` TRIGGER `r` BEFORE INSERT ON `t` FOR EACH ROW "
                        "BEGIN SET NEW.a = ';;'; /* c; */ SET @b = 1; END");
    assert_string_equal(trigger->context, "sql_mode=ANSI_QUOTES\n");
    assert_int_equal(dump.catalog.count, 2);
    dump_release(&dump);
}

static void the_database_wanted_is_taken_out_of_several(void **state)
{
    const char *text = "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `other` /*!40100 DEFAULT "
                       "CHARACTER SET utf8mb4 */;\nUSE `other`;\nCREATE TABLE `x` (a int);\n"
                       "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `app` /*!40100 DEFAULT CHARACTER "
                       "SET utf8mb4 */;\nUSE `app`;\nCREATE TABLE `y` (a int);\n";
    struct dump dump = read_dump(text);
    struct problem problem = PROBLEM_INIT;

    (void)state;
    assert_int_equal(dump.catalog.count, 2);
    assert_string_equal(find(&dump, OBJECT_DATABASE, "app")->text,
                        "CREATE DATABASE `app` /*!40100 DEFAULT CHARACTER SET utf8mb4 */");
    (void)find(&dump, OBJECT_TABLE, "y");
    dump_release(&dump);
    assert_int_equal(dump_read(slice_from(text), &usual, "third", &dump, &problem),
                     ERROR_NOT_FOUND);
    assert_non_null(strstr(problem.text, "other, app"));
}

static void a_table_that_is_altered_later_is_not_known(void **state)
{
    struct dump dump = read_dump("CREATE TABLE `t` (a int);\nCREATE TABLE `u` (a int);\n"
                                 "ALTER TABLE `t` ADD KEY (a);\nCREATE INDEX i ON u (a);\n");

    (void)state;
    assert_null(find(&dump, OBJECT_TABLE, "t")->text);
    assert_non_null(strstr(find(&dump, OBJECT_TABLE, "t")->why, "line 3"));
    assert_null(find(&dump, OBJECT_TABLE, "u")->text);
    dump_release(&dump);
}

static void words_are_delimiters_too(void **state)
{
    struct dump dump = read_dump("delimiter $$\r\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\r\n"
                                 "CREATE TABLE t (a int)$$\nDELIMITER ;\nCREATE TABLE u (a int)");

    (void)state;
    assert_int_equal(dump.catalog.count, 3);
    assert_string_equal(find(&dump, OBJECT_PROCEDURE, "p")->text,
                        "CREATE PROCEDURE p() BEGIN SELECT 1; END");
    dump_release(&dump);
}

static void a_text_without_a_schema_is_refused(void **state)
{
    const char *const texts[] = {"",
                                 ";",
                                 "SELECT 1",
                                 "DELIMITER",
                                 "DELIMITER ;;",
                                 "/*!50003 CREATE",
                                 "/*!50003 CREATE*/ /*!50003",
                                 "'",
                                 "USE"};
    struct dump dump;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(dump_read(slice_from(texts[i]), &usual, NULL, &dump, NULL),
                         ERROR_MALFORMED);
}

int run_dump_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_come_without_rows_and_counters),
        cmocka_unit_test(the_final_view_counts_with_its_settings),
        cmocka_unit_test(a_trigger_keeps_its_semicolons_comments_and_sql_mode),
        cmocka_unit_test(the_database_wanted_is_taken_out_of_several),
        cmocka_unit_test(a_table_that_is_altered_later_is_not_known),
        cmocka_unit_test(words_are_delimiters_too),
        cmocka_unit_test(a_text_without_a_schema_is_refused),
    };
    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
