/* Ways of tables that a server would refuse, or after which it would print something else, were they
 * written as plainly as the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "schema/difference.h"
#include "suites.h"

#define MARIADB true
#define MYSQL false

/* The parts of the table `t` and what stands behind them. */
#define TABLE(parts, options) "CREATE TABLE `t` (\n" parts "\n) ENGINE=InnoDB" options

struct way {
    bool mariadb;
    const char *now;
    const char *wanted;
    const char *from; /* a column that gets another name; NULL */
    const char *to;
};

static void add(struct schema *schema, enum object_type type, const char *name, const char *text,
                const char *context)
{
    const struct definition definition = {.type = type,
                                          .name = slice_from(name),
                                          .text = slice_from(text),
                                          .context = slice_from(context)};

    schema_add(schema, &definition);
}

static void find(const struct schema *now, const struct schema *wanted, const struct way *way,
                 struct difference *difference)
{
    char mode[] = "", charset[] = "utf8mb4", collation[] = "utf8mb4_bin", zone[] = "SYSTEM";
    const struct sql_facts defaults = {.sql_mode = mode,
                                       .character_set_client = charset,
                                       .collation_connection = collation,
                                       .time_zone = zone,
                                       .foreign_key_checks = true};
    const struct difference_options options = {.mariadb = way->mariadb,
                                               .version = way->mariadb ? 101119 : 90704,
                                               .schema = SLICE("app"),
                                               .defaults = &defaults,
                                               .whole = true};
    const struct difference_rename rename = {.kind = DIFFERENCE_RENAME_COLUMN,
                                             .table = SLICE("t"),
                                             .from = slice_from(way->from),
                                             .to = slice_from(way->to)};

    difference_find(now, wanted, &rename, way->from != NULL, &options, difference);
}

static void check(struct way way, const char *statements, const char *problems)
{
    struct schema *now = schema_new(), *wanted = schema_new();
    struct difference difference;
    struct buffer text = BUFFER_INIT;

    add(now, OBJECT_TABLE, "t", way.now, "");
    add(wanted, OBJECT_TABLE, "t", way.wanted, "");
    find(now, wanted, &way, &difference);
    difference_write(&difference, &text);
    assert_string_equal(buffer_text(&text), statements);
    assert_string_equal(buffer_text(&difference.problems), problems);
    buffer_release(&text);
    difference_release(&difference);
    schema_release(now);
    schema_release(wanted);
}

static void what_mariadb_forgets_comes_with_the_last_statement(void **state)
{
    (void)state;
    check((struct way){.mariadb = MARIADB,
                       TABLE("  `a` int(11) NOT NULL,\n  UNIQUE KEY `u` (`a`) USING HASH",
                             " PAGE_CHECKSUM=1"),
                       TABLE("  `a` int(11) NOT NULL,\n  UNIQUE KEY `u` (`a`) USING HASH,\n"
                             "  KEY `k` (`a`),\n"
                             "  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `t` (`a`)",
                             " PAGE_CHECKSUM=1")},
          "ALTER TABLE `t`\n  DROP KEY `u`,\n  ADD KEY `k` (`a`);\n"
          "ALTER TABLE `t`\n  ADD UNIQUE KEY `u` (`a`) USING HASH,\n  PAGE_CHECKSUM=1,\n"
          "  ADD CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `t` (`a`);\n",
          "");
}

static void literals_of_a_check_are_written_last_on_mysql(void **state)
{
    (void)state;
    check((struct way){.mariadb = MYSQL,
                       TABLE("  `a` varchar(9) DEFAULT NULL,\n"
                             "  CONSTRAINT `c` CHECK ((`a` <> _utf8mb4'x'))",
                             " DEFAULT CHARSET=latin1"),
                       TABLE("  `a` varchar(9) DEFAULT NULL,\n  `b` int,\n"
                             "  CONSTRAINT `c` CHECK ((`a` <> _utf8mb4'x'))",
                             " DEFAULT CHARSET=latin1")},
          "ALTER TABLE `t`\n  DROP CHECK `c`,\n  ADD COLUMN `b` int AFTER `a`;\n"
          "ALTER TABLE `t`\n  ADD CONSTRAINT `c` CHECK ((`a` <> _utf8mb4'x')),\n"
          "  ALTER COLUMN `b` DROP DEFAULT;\n",
          "");
}

static void mariadb_drops_a_default_of_a_column_that_is_placed(void **state)
{
    (void)state;
    check((struct way){.mariadb = MARIADB,
                       TABLE("  `a` int(11) DEFAULT NULL", ""),
                       TABLE("  `a` int(11)", "")},
          "ALTER TABLE `t`\n  MODIFY COLUMN `a` int(11) FIRST,\n  ALTER COLUMN `a` DROP DEFAULT;\n",
          "");
}

static void mariadb_opens_a_table_anew_before_a_renaming_in_expressions(void **state)
{
    (void)state;
    check(
        (struct way){
            MARIADB,
            TABLE("  `a` int(11) DEFAULT NULL,\n  CONSTRAINT `c` CHECK (`a` > 1)", " COMMENT='x'"),
            TABLE("  `b` int(11) DEFAULT NULL,\n  CONSTRAINT `c` CHECK (`b` > 1)", " COMMENT='x'"),
            "a", "b"},
        "ALTER TABLE `t` COMMENT='x';\nALTER TABLE `t` RENAME COLUMN `a` TO `b`;\n", "");
}

static void a_check_is_made_anew_around_a_renaming_that_a_foreign_key_follows(void **state)
{
    (void)state;
    check((struct way){.mariadb = MYSQL,
                       TABLE("  `a` int NOT NULL,\n  PRIMARY KEY (`a`),\n"
                             "  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `t` (`a`),\n"
                             "  CONSTRAINT `c` CHECK ((`a` > 1))",
                             ""),
                       TABLE("  `b` int NOT NULL,\n  PRIMARY KEY (`b`),\n"
                             "  CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `t` (`b`),\n"
                             "  CONSTRAINT `c` CHECK ((`b` > 1))",
                             ""),
                       "a",
                       "b"},
          "ALTER TABLE `t` DROP CHECK `c`;\nALTER TABLE `t` RENAME COLUMN `a` TO `b`;\n"
          "ALTER TABLE `t` ADD CONSTRAINT `c` CHECK ((`b` > 1));\n",
          "");
}

static void a_foreign_key_to_the_table_itself_goes_before_its_key(void **state)
{
    (void)state;
    check((struct way){.mariadb = MYSQL,
                       TABLE("  `a` int NOT NULL,\n  PRIMARY KEY (`a`),\n"
                             "  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `t` (`a`)",
                             ""),
                       TABLE("  `a` int NOT NULL", "")},
          "ALTER TABLE `t` DROP FOREIGN KEY `f`;\nALTER TABLE `t` DROP PRIMARY KEY;\n", "");
}

static void an_attribute_goes_before_the_engine_that_does_not_know_it(void **state)
{
    (void)state;
    check((struct way){.mariadb = MARIADB,
                       TABLE("  `a` int(11) NOT NULL", " `X`='1'"),
                       "CREATE TABLE `t` (\n  `a` int(11) NOT NULL\n) ENGINE=Aria"},
          "ALTER TABLE `t` `X`=DEFAULT;\nALTER TABLE `t` ENGINE=Aria;\n", "");
    check((struct way){.mariadb = MARIADB,
                       TABLE("  `a` int(11) NOT NULL", " `X`='1'"),
                       "CREATE TABLE `t` (\n  `a` int(11) NOT NULL\n) ENGINE=MyISAM /* `X`='1' */"},
          "ALTER TABLE `t` ENGINE=MyISAM;\n", "");
    check((struct way){.mariadb = MARIADB,
                       "CREATE TABLE `t` (\n  `a` int(11) NOT NULL\n) ENGINE=MyISAM",
                       "CREATE TABLE `t` (\n  `a` int(11) NOT NULL\n) ENGINE=MyISAM /* `X`='1' */"},
          "", "TABLE `t`: its engine does not know the table option `X`.\n");
}

static void a_collation_ahead_of_its_character_set_is_none_of_it(void **state)
{
    (void)state;
    check((struct way){.mariadb = MARIADB,
                       "CREATE TABLE `t` (\n  `a` int(11) NOT NULL\n) ENGINE=InnoDB",
                       "CREATE TABLE `t` (\n  `a` int(11) NOT NULL\n) COLLATE=latin2_bin "
                       "ENGINE=InnoDB DEFAULT CHARSET=latin2"},
          "ALTER TABLE `t` DEFAULT CHARSET=latin2;\n", "");
}

static void a_foreign_key_without_its_column_is_refused(void **state)
{
    (void)state;
    check((struct way){.mariadb = MARIADB,
                       TABLE("  `a` int(11) NOT NULL", ""),
                       TABLE("  `a` int(11) NOT NULL,\n  KEY `f` (`a`),\n"
                             "  CONSTRAINT `f` FOREIGN KEY (`z`) REFERENCES `t` (`a`)",
                             "")},
          "",
          "TABLE `t`: the server prints a foreign key of it with a column that the table does not "
          "have.\n");
}

/* The problem of one object that comes into a schema with the table `t` (`a`). */
static void check_problem(enum object_type type, const char *text, const char *context,
                          const char *expected)
{
    const struct way way = {.mariadb = MYSQL};
    struct schema *now = schema_new(), *wanted = schema_new();
    struct difference difference;

    add(now, OBJECT_TABLE, "t", TABLE("  `a` int NOT NULL", ""), "");
    add(wanted, OBJECT_TABLE, "t", TABLE("  `a` int NOT NULL", ""), "");
    add(wanted, type, "x", text, context);
    find(now, wanted, &way, &difference);
    assert_string_equal(buffer_text(&difference.problems), expected);
    assert_int_equal(difference.step_count > 0, expected[0] == '\0');
    difference_release(&difference);
    schema_release(now);
    schema_release(wanted);
}

/* Each of forty views names the one before twice: a way through each would be 2^40 steps. */
static void views_are_looked_at_once(void **state)
{
    const struct way way = {.mariadb = MYSQL};
    struct schema *now = schema_new(), *wanted = schema_new();
    struct difference difference;
    char names[41][8], texts[41][128];

    (void)state;
    add(now, OBJECT_TABLE, "v0", TABLE("  `a` int NOT NULL", ""), "");
    add(wanted, OBJECT_TABLE, "v0", TABLE("  `a` int NOT NULL", ""), "");
    for (int i = 1; i <= 40; i++) {
        snprintf(names[i], sizeof(names[i]), "v%d", i);
        snprintf(texts[i], sizeof(texts[i]),
                 "CREATE VIEW `v%d` AS select 1 AS `a` from (`v%d` join `v%d`)", i, i - 1, i - 1);
        add(wanted, OBJECT_VIEW, names[i], texts[i], "");
    }
    find(now, wanted, &way, &difference);
    assert_string_equal(buffer_text(&difference.problems), "");
    assert_int_equal(difference.step_count, 40);
    difference_release(&difference);
    schema_release(now);
    schema_release(wanted);
}

static void a_view_over_a_lost_column_is_refused(void **state)
{
    (void)state;
    check_problem(OBJECT_VIEW, "CREATE VIEW `x` AS select `s`.`a` AS `c` from `t` `s`", "", "");
    check_problem(OBJECT_VIEW, "CREATE VIEW `x` AS select `s`.`b` AS `c` from `t` `s`", "",
                  "VIEW `x`: it needs `b` of `t`, which is not there.\n");
    check_problem(OBJECT_VIEW,
                  "CREATE VIEW `x` AS select `s`.`b` AS `c` from (select `s`.`a` AS `b` from `t` "
                  "`s`) `s`",
                  "", "");
}

static void an_escaped_comment_is_refused_where_it_could_not_be_read(void **state)
{
    const char *context = "sql_mode=NO_BACKSLASH_ESCAPES\ncharacter_set_client=utf8mb4\n"
                          "collation_connection=utf8mb4_bin\n";

    (void)state;
    check_problem(OBJECT_PROCEDURE, "CREATE PROCEDURE `x`()\n    COMMENT 'a'\nselect '\\'", context,
                  "");
    check_problem(OBJECT_PROCEDURE, "CREATE PROCEDURE `x`()\n    COMMENT 'a\\\\b'\nselect 1",
                  context,
                  "PROCEDURE `x`: servers print the backslashes, quotes and line ends of its "
                  "comment in a way that NO_BACKSLASH_ESCAPES does not read.\n");
}

int run_alter_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_mariadb_forgets_comes_with_the_last_statement),
        cmocka_unit_test(literals_of_a_check_are_written_last_on_mysql),
        cmocka_unit_test(mariadb_drops_a_default_of_a_column_that_is_placed),
        cmocka_unit_test(mariadb_opens_a_table_anew_before_a_renaming_in_expressions),
        cmocka_unit_test(a_check_is_made_anew_around_a_renaming_that_a_foreign_key_follows),
        cmocka_unit_test(a_foreign_key_to_the_table_itself_goes_before_its_key),
        cmocka_unit_test(an_attribute_goes_before_the_engine_that_does_not_know_it),
        cmocka_unit_test(a_collation_ahead_of_its_character_set_is_none_of_it),
        cmocka_unit_test(a_foreign_key_without_its_column_is_refused),
        cmocka_unit_test(a_view_over_a_lost_column_is_refused),
        cmocka_unit_test(views_are_looked_at_once),
        cmocka_unit_test(an_escaped_comment_is_refused_where_it_could_not_be_read),
    };

    return cmocka_run_group_tests_name("alter", tests, NULL, NULL);
}
