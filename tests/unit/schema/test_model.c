/* The small parts of the model: names, columns, foreign keys, partitions, triggers, cosmetics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "schema/clauses.h"
#include "schema/column.h"
#include "schema/cosmetic.h"
#include "schema/foreign_key.h"
#include "schema/hold.h"
#include "schema/name_index.h"
#include "schema/partition.h"
#include "schema/trigger.h"
#include "schema/view.h"
#include "suites.h"

static void assert_slice(struct slice slice, const char *expected)
{
    assert_int_equal(slice.len, strlen(expected));
    assert_memory_equal(slice.ptr, expected, slice.len);
}

static void names_are_found_without_case(void **state)
{
    struct name_index index = NAME_INDEX_INIT;
    char names[100][8];

    (void)state;
    assert_true(name_index_find(&index, SLICE("a")) == NAME_INDEX_NONE);
    for (size_t i = 0; i < 100; i++) {
        snprintf(names[i], sizeof(names[i]), "name%zu", i);
        name_index_add(&index, slice_from(names[i]), i);
    }
    name_index_add(&index, SLICE("NAME7"), 1000);
    assert_int_equal(name_index_find(&index, SLICE("NaMe7")), 7);
    assert_int_equal(name_index_find(&index, SLICE("name99")), 99);
    assert_true(name_index_find(&index, SLICE("name100")) == NAME_INDEX_NONE);
    name_index_release(&index);
}

static void a_column_is_cut_into_its_attributes(void **state)
{
    struct column column;
    struct slice unknown = SLICE_NONE;

    (void)state;
    assert_true(column_read(SLICE("varchar(9) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL "
                                  "INVISIBLE DEFAULT concat('a b',uuid()) COMMENT 'c, DEFAULT' "
                                  "CHECK (`a` > 'NULL')"),
                            &column, &unknown));
    assert_slice(column.attributes[COLUMN_TYPE], "varchar(9)");
    assert_slice(column.attributes[COLUMN_COLLATION], "COLLATE latin1_bin");
    assert_slice(column.attributes[COLUMN_NULL], "NOT NULL");
    assert_slice(column.attributes[COLUMN_DEFAULT], "DEFAULT concat('a b',uuid())");
    assert_slice(column.attributes[COLUMN_COMMENT], "COMMENT 'c, DEFAULT'");
    assert_slice(column.attributes[COLUMN_CHECK], "CHECK (`a` > 'NULL')");
    assert_true(column_read(SLICE("timestamp NULL DEFAULT NULL ON UPDATE current_timestamp()"),
                            &column, &unknown));
    assert_slice(column.attributes[COLUMN_NULL], "NULL");
    assert_slice(column.attributes[COLUMN_DEFAULT], "DEFAULT NULL");
    assert_slice(column.attributes[COLUMN_ON_UPDATE], "ON UPDATE current_timestamp()");
}

static void an_unknown_attribute_is_named(void **state)
{
    struct column column;
    struct slice unknown = SLICE_NONE;

    (void)state;
    assert_false(column_read(SLICE("int NOT NULL SHINY 'x'"), &column, &unknown));
    assert_slice(unknown, "SHINY 'x'");
}

static void a_foreign_key_is_cut_into_its_clauses(void **state)
{
    struct foreign_key key;

    (void)state;
    assert_true(foreign_key_read(SLICE("CONSTRAINT `f` FOREIGN KEY (`a`,`b`) REFERENCES `o`.`p` "
                                       "(`x`,`y`) ON DELETE CASCADE"),
                                 &key));
    assert_slice(key.columns, "(`a`,`b`)");
    assert_slice(key.schema, "`o`");
    assert_slice(key.parent, "`p`");
    assert_slice(key.rules, " ON DELETE CASCADE");
    assert_false(foreign_key_points_to(&key, SLICE("`p`")));
    assert_false(foreign_key_read(SLICE("CONSTRAINT `f` CHECK (1)"), &key));
}

static void check_step(const char *now, const char *wanted, enum partition_step step,
                       const char *text)
{
    struct buffer a = BUFFER_INIT, b = BUFFER_INIT, out = BUFFER_INIT;

    buffer_printf(&a, "PARTITION BY RANGE (`a`)\n(%s)", now);
    buffer_printf(&b, "PARTITION BY RANGE (`a`)\n(%s)", wanted);
    assert_int_equal(partition_write_step(buffer_slice(&a), buffer_slice(&b), &out), step);
    assert_string_equal(buffer_text(&out), text);
    buffer_release(&a);
    buffer_release(&b);
    buffer_release(&out);
}

#define P0 "PARTITION p0 VALUES LESS THAN (10)"
#define P1 "PARTITION p1 VALUES LESS THAN (20)"
#define P2 "PARTITION p2 VALUES LESS THAN (30)"
#define PM "PARTITION pm VALUES LESS THAN MAXVALUE"
#define NEXT ",\n "

static void ranges_are_reorganised_where_servers_let_them(void **state)
{
    (void)state;
    check_step(P0, P0 NEXT P1, PARTITION_KEEPS, "ADD PARTITION (" P1 ")");
    check_step(P0 NEXT P1, P0, PARTITION_DROPS, "DROP PARTITION p1");
    check_step(P0 NEXT P2, P0 NEXT P1 NEXT P2, PARTITION_KEEPS,
               "REORGANIZE PARTITION p2 INTO\n(" P1 NEXT P2 ")");
    check_step(P0 NEXT P1 NEXT P2, P1 NEXT P2, PARTITION_KEEPS,
               "REORGANIZE PARTITION p0, p1 INTO\n(" P1 ")");
    check_step(P0 NEXT P1, P0 NEXT PM, PARTITION_KEEPS, "REORGANIZE PARTITION p1 INTO\n(" PM ")");
    check_step(P0 NEXT PM, P0 NEXT P1, PARTITION_ANEW, "");
    check_step(P0 NEXT P2, P0 NEXT P1, PARTITION_ANEW, "");
}

static void a_trigger_is_placed_behind_for_each_row(void **state)
{
    const struct dialect dialect = {.mariadb = true, .version = 101119};
    struct trigger trigger;
    struct buffer out = BUFFER_INIT;

    (void)state;
    assert_true(trigger_read(SLICE("CREATE DEFINER=`r`@`h` trigger a.`before` /* on x */ before "
                                   "insert on `a`.old for each row set @a = 'FOR EACH ROW'"),
                             &dialect, &trigger));
    trigger_write_placed(&trigger, "FOLLOWS", SLICE("`t`"), &out);
    assert_string_equal(buffer_text(&out),
                        "CREATE DEFINER=`r`@`h` trigger a.`before` /* on x */ before insert on "
                        "`a`.old for each row FOLLOWS `t` set @a = 'FOR EACH ROW'");
    buffer_clear(&out);
    trigger_write_moved(&trigger, SLICE("`new`"), &out);
    assert_string_equal(buffer_text(&out),
                        "CREATE DEFINER=`r`@`h` trigger a.`before` /* on x */ before insert ON "
                        "`new` for each row set @a = 'FOR EACH ROW'");
    buffer_release(&out);
}

/* As MariaDB 11.8 and MySQL 9.7 print them; the last one under ORACLE. */
static void definitions_are_cut_into_clauses_and_made_of_them_again(void **state)
{
    static const struct {
        enum object_type type;
        const char *text;
        enum clause clause; /* one that the text has ... */
        const char *words;  /* ... and what it is */
    } cases[] = {
        {OBJECT_VIEW,
         "CREATE ALGORITHM=MERGE DEFINER=`u`@`h` SQL SECURITY INVOKER VIEW `n` (`x`,`y`) AS select "
         "`t`.`a` AS `a`,' WITH LOCAL CHECK OPTION' AS `b` from `t` WITH CASCADED CHECK OPTION",
         CLAUSE_QUERY, "select `t`.`a` AS `a`,' WITH LOCAL CHECK OPTION' AS `b` from `t`"},
        {OBJECT_VIEW,
         "CREATE ALGORITHM=UNDEFINED MATERIALIZED /*(BY ENGINE=UNKNOWN)*/ VIEW `n` AS select 1 AS "
         "`1`",
         CLAUSE_MATERIALIZED, "MATERIALIZED /*(BY ENGINE=UNKNOWN)*/"},
        {OBJECT_FUNCTION,
         "CREATE DEFINER=`r` AGGREGATE FUNCTION `n`(x int /* ) */, y enum('a)','b')) RETURNS "
         "enum('a','\\n') CHARSET latin1\n    NO SQL\n    DETERMINISTIC\n    SQL SECURITY INVOKER\n"
         "    LANGUAGE JAVASCRIPT\n    COMMENT 'it''s'\nRETURN\n  1",
         CLAUSE_PARAMETERS, "(x int /* ) */, y enum('a)','b'))"},
        {OBJECT_PROCEDURE, "CREATE DEFINER=``@`h` PROCEDURE `n`()\nBEGIN END", CLAUSE_BODY,
         "BEGIN END"},
        {OBJECT_PACKAGE, "CREATE PACKAGE \"n\"    SQL SECURITY INVOKER\n    COMMENT 'c'\n AS END",
         CLAUSE_COMMENT, "COMMENT 'c'"},
        {OBJECT_PACKAGE_BODY, "CREATE PACKAGE BODY \"n\" AS  v int; END", CLAUSE_KIND,
         "PACKAGE BODY"},
        {OBJECT_EVENT,
         "CREATE DEFINER=`u`@`h` EVENT `n` ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2030-01-01 "
         "00:00:00' ENDS '2031-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE ON SLAVE COMMENT ' "
         "DO "
         "' DO SELECT 1",
         CLAUSE_SCHEDULE, "ON SCHEDULE EVERY '1:30' HOUR_MINUTE"},
        {OBJECT_EVENT,
         "CREATE EVENT `n` ON SCHEDULE AT '2030-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE "
         "DO "
         "SELECT 1",
         CLAUSE_STATUS, "ENABLE"},
        {OBJECT_SEQUENCE,
         "CREATE SEQUENCE `n` as bigint unsigned start with 5 minvalue -3 maxvalue 100 increment "
         "by "
         "-1 nocache cycle ENGINE=MyISAM COMMENT='x'",
         CLAUSE_TYPE, "as bigint unsigned"},
        {OBJECT_DATABASE,
         "CREATE DATABASE `n` /*!40100 DEFAULT CHARACTER SET latin1 COLLATE latin1_bin */ /*!80016 "
         "DEFAULT ENCRYPTION='N' */ /* READ ONLY=1 */",
         CLAUSE_ENCRYPTION, "DEFAULT ENCRYPTION='N'"},
        {OBJECT_DATABASE,
         "CREATE DATABASE `n` /*!40100 DEFAULT CHARACTER SET latin1 */ COMMENT 'c'", CLAUSE_CHARSET,
         "CHARACTER SET latin1"},
        {OBJECT_TRIGGER,
         "CREATE DEFINER=`u`@`h` TRIGGER if not exists a . n /* x */ before update OF a, `b` on t "
         "FOR "
         " EACH ROW SET @a = 1",
         CLAUSE_EVENT, "update OF a, `b`"},
    };
    const struct dialect dialect = {.mariadb = true, .version = 110809, .ansi_quotes = true};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct definition definition = {
            .type = cases[i].type, .name = SLICE("n"), .text = slice_from(cases[i].text)};
        struct clauses clauses;
        struct slice unknown = SLICE_NONE;
        struct problem problem = PROBLEM_INIT;
        struct buffer again = BUFFER_INIT;
        assert_int_equal(hold_write(&definition, &dialect, &again, &problem), ERROR_NONE);
        assert_string_equal(buffer_text(&again), cases[i].text);
        buffer_release(&again);
        assert_true(clauses_read(cases[i].type, definition.text, &dialect, &clauses, &unknown));
        assert_slice(clauses.of[cases[i].clause], cases[i].words);
    }
}

static void assert_unknown(enum object_type type, const char *text, const char *unknown_words)
{
    const struct dialect dialect = {.version = 90704};
    struct clauses clauses;
    struct slice unknown = SLICE_NONE;

    assert_false(clauses_read(type, slice_from(text), &dialect, &clauses, &unknown));
    assert_slice(unknown, unknown_words);
}

static void a_clause_that_is_not_known_is_named(void **state)
{
    (void)state;
    assert_unknown(OBJECT_VIEW, "CREATE SHINY VIEW `v` AS select 1", " SHINY VIEW `v` AS select 1");
    assert_unknown(OBJECT_PROCEDURE, "CREATE PROCEDURE `p`()\n    SHINY\nSELECT 1",
                   "\n    SHINY\nSELECT 1");
    assert_unknown(OBJECT_PROCEDURE, "CREATE PROCEDURE `p`(a int", "(a int");
    assert_unknown(OBJECT_PROCEDURE, "CREATE PROCEDURE `p`()", "");
    assert_unknown(
        OBJECT_EVENT,
        "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE DISABLE ON MARS "
        "DO x",
        " ON MARS DO x");
    assert_unknown(OBJECT_DATABASE, "CREATE DATABASE `d` /*!40100 DEFAULT CHARACTER SET x */ SHINY",
                   " SHINY");
    assert_unknown(OBJECT_PACKAGE, "CREATE PACKAGE BODY `p` AS END", " BODY `p` AS END");
}

static void an_object_of_another_name_is_not_held(void **state)
{
    const struct dialect dialect = {.mariadb = true, .version = 110809};
    const struct definition other = {.type = OBJECT_PROCEDURE,
                                     .name = SLICE("p"),
                                     .text = SLICE("CREATE PROCEDURE `q`()\nSELECT 1")};
    struct problem problem = PROBLEM_INIT;

    (void)state;
    assert_int_equal(hold_check(&other, &dialect, &problem), ERROR_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "a name that is not its own, at: `q`"));
}

static void sources_of_a_view_are_what_it_reads(void **state)
{
    struct slice text = SLICE("CREATE VIEW `v` AS select 'from `x`' AS `from` from ((`a` join "
                              "`o`.`b` on(1)) left join `c` `d` on(1))");
    struct slice source;
    size_t at = 0;

    (void)state;
    assert_true(view_next_source(text, &at, &source));
    assert_slice(source, "`a`");
    assert_true(view_next_source(text, &at, &source));
    assert_slice(source, "`c`");
    assert_false(view_next_source(text, &at, &source));
}

static void widths_names_and_order_are_cosmetic(void **state)
{
    const struct slice a = SLICE("CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  `b` varchar(5) "
                                 "CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,\n"
                                 "  KEY `x` (`a`),\n  KEY `y` (`b`)\n) DEFAULT CHARSET=utf8");
    const struct slice b = SLICE("CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` varchar(5) "
                                 "CHARACTER SET latin1 DEFAULT NULL,\n  KEY `y` (`b`),\n"
                                 "  KEY `x` (`a`)\n) DEFAULT CHARSET=utf8mb3");
    const struct slice c = SLICE("CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` varchar(5) "
                                 "CHARACTER SET latin1 COLLATE latin1_general_ci DEFAULT NULL,\n"
                                 "  KEY `y` (`b`),\n  KEY `x` (`a`)\n) DEFAULT CHARSET=utf8mb3");

    (void)state;
    assert_true(cosmetic_same(OBJECT_TABLE, a, b));
    assert_false(cosmetic_same(OBJECT_TABLE, b, c));
    assert_false(cosmetic_same(OBJECT_VIEW, a, b));
}

static void bytes_that_are_no_text_are_not_held(void **state)
{
    const struct dialect dialect = {.mariadb = true, .version = 101119};
    const struct definition bad = {
        .type = OBJECT_TABLE,
        .name = SLICE("t"),
        .text = SLICE("CREATE TABLE `t` (\n  `a` varbinary(9) DEFAULT '\xff'\n) ENGINE=InnoDB")};
    struct problem problem = PROBLEM_INIT;
    struct buffer out = BUFFER_INIT;

    (void)state;
    assert_int_equal(hold_write(&bad, &dialect, &out, &problem), ERROR_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "not UTF-8"));
    assert_true(hold_is_text(SLICE("a\xc3\xbc\xf0\x9f\x98\x80")));
    assert_false(hold_is_text(SLICE("\xed")));
    buffer_release(&out);
}

int run_model_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_without_case),
        cmocka_unit_test(a_column_is_cut_into_its_attributes),
        cmocka_unit_test(an_unknown_attribute_is_named),
        cmocka_unit_test(a_foreign_key_is_cut_into_its_clauses),
        cmocka_unit_test(ranges_are_reorganised_where_servers_let_them),
        cmocka_unit_test(a_trigger_is_placed_behind_for_each_row),
        cmocka_unit_test(definitions_are_cut_into_clauses_and_made_of_them_again),
        cmocka_unit_test(a_clause_that_is_not_known_is_named),
        cmocka_unit_test(an_object_of_another_name_is_not_held),
        cmocka_unit_test(sources_of_a_view_are_what_it_reads),
        cmocka_unit_test(widths_names_and_order_are_cosmetic),
        cmocka_unit_test(bytes_that_are_no_text_are_not_held),
    };

    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
