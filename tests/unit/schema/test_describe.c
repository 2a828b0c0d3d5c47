/* The words for a change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "schema/describe.h"
#include "suites.h"

typedef void describe_function(const struct change *change, struct buffer *out);

static void assert_words(describe_function *describe, const struct change *change,
                         const char *expected)
{
    struct buffer out = BUFFER_INIT;

    describe(change, &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void names_columns_that_came_went_and_changed(void **state)
{
    struct change_object object =
        make_object(OBJECT_TABLE, "users",
                    USERS_HEAD "  `old` int DEFAULT NULL,\n  `a` int DEFAULT NULL,\n"
                               "  `note` varchar(50) DEFAULT NULL,\n  `n` int DEFAULT NULL,\n"
                               "  KEY `ka` (`a`)" USERS_OPTIONS,
                    USERS_HEAD "  `b` int DEFAULT NULL,\n  `note` varchar(60) DEFAULT NULL,\n"
                               "  `n` int NOT NULL,\n  `nickname` varchar(64) DEFAULT NULL,\n"
                               "  KEY `ka` (`b`),\n  KEY `i` (`n`)" USERS_OPTIONS " COMMENT='x'");
    char from[] = "a", to[] = "b";
    const struct statement_rename rename = {false, from, to};
    struct change change = make_change(DDL_ALTER, "TABLE", &object, 1);

    (void)state;
    change.renames = &rename;
    change.rename_count = 1;
    assert_words(describe_title, &change, "ALTER TABLE users");
    assert_words(describe_effect, &change,
                 "> a -> b, ~ note varchar(50) -> varchar(60), ~ n NOT NULL, "
                 "+ nickname varchar(64), - old, + index i (n), ~ comment");
    assert_words(describe_slug, &change, "alter_users");
}

static void lines_name_the_table_and_the_place(void **state)
{
    const struct change_object objects[] = {
        make_object(OBJECT_TABLE, "users",
                    USERS_HEAD "  `note` varchar(50) DEFAULT 'a' COMMENT 'c',\n"
                               "  `m` int DEFAULT '1',\n  `x` int DEFAULT NULL" USERS_OPTIONS,
                    USERS_HEAD "  `m` bigint DEFAULT '2',\n  `x` int DEFAULT NULL,\n  `new` text,\n"
                               "  `note` varchar(50) DEFAULT 'b' COMMENT 'c'" USERS_OPTIONS),
        make_object(OBJECT_VIEW, "v", "1", "2"),
        make_object(OBJECT_EVENT, "e", NULL, "2"),
        make_object(OBJECT_PROCEDURE, "p", "1", NULL),
        make_object(OBJECT_FUNCTION, "same", "1", "1"),
    };
    const struct change change = make_change(DDL_ALTER, "TABLE", objects, 5);

    (void)state;
    assert_words(describe_lines, &change,
                 "users  ~ m int -> bigint, DEFAULT '1' -> DEFAULT '2'\n"
                 "users  + new text after x\n"
                 "users  ~ note DEFAULT 'a' -> DEFAULT 'b'\n"
                 "users  ~ order of columns\n"
                 "~ view v\n"
                 "+ event e\n"
                 "- procedure p\n");
}

#define ROUTINE "CREATE DEFINER=`u`@`h` PROCEDURE `p`"
#define EVENT "CREATE EVENT `tidy` ON SCHEDULE EVERY "
#define SEQUENCE "CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 9 increment by "

static void clauses_of_other_objects_are_told_one_by_one(void **state)
{
    const struct change_object objects[] = {
        make_object(OBJECT_PROCEDURE, "p",
                    ROUTINE "()\n    DETERMINISTIC\n    COMMENT 'a'\nSELECT 1",
                    ROUTINE "(a int)\n    READS SQL DATA\n    COMMENT 'b'\nSELECT 2"),
        make_object(OBJECT_EVENT, "tidy",
                    EVENT
                    "1 DAY STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE DO x",
                    EVENT "'1:30' HOUR_MINUTE ON COMPLETION PRESERVE DISABLE DO x"),
        make_object(OBJECT_SEQUENCE, "s", SEQUENCE "1 cache 10 nocycle ENGINE=InnoDB",
                    SEQUENCE "2 nocache nocycle ENGINE=InnoDB COMMENT='c'"),
        make_object(
            OBJECT_VIEW, "v", "CREATE SQL SECURITY DEFINER VIEW `v` AS select 1 AS `1`",
            "CREATE SQL SECURITY INVOKER VIEW `v` AS select 2 AS `2` WITH LOCAL CHECK OPTION"),
    };
    const struct change change = make_change(DDL_ALTER, "PROCEDURE", objects, 4);
    const struct change one = make_change(DDL_ALTER, "PROCEDURE", objects, 1);

    (void)state;
    assert_words(describe_effect, &one,
                 "~ parameters () -> (a int), + READS SQL DATA, - DETERMINISTIC, "
                 "~ comment 'a' -> 'b', ~ body");
    assert_words(describe_lines, &change,
                 "procedure p  ~ parameters () -> (a int)\n"
                 "procedure p  + READS SQL DATA\n"
                 "procedure p  - DETERMINISTIC\n"
                 "procedure p  ~ comment 'a' -> 'b'\n"
                 "procedure p  ~ body\n"
                 "event tidy  ~ schedule EVERY 1 DAY -> EVERY '1:30' HOUR_MINUTE\n"
                 "event tidy  - starts '2026-01-01 00:00:00'\n"
                 "event tidy  ~ ON COMPLETION NOT PRESERVE -> ON COMPLETION PRESERVE\n"
                 "event tidy  ~ ENABLE -> DISABLE\n"
                 "sequence s  ~ increment by 1 -> 2\n"
                 "sequence s  ~ cache 10 -> nocache\n"
                 "sequence s  + comment 'c'\n"
                 "view v  ~ SQL SECURITY DEFINER -> INVOKER\n"
                 "view v  ~ query\n"
                 "view v  + WITH LOCAL CHECK OPTION\n");
}

static void names_the_tables_but_not_their_triggers(void **state)
{
    const struct change_object objects[] = {
        make_object(OBJECT_TABLE, "a", "x", NULL),
        make_object(OBJECT_TRIGGER, "a_insert", "x", NULL),
        make_object(OBJECT_TABLE, "b", "x", NULL),
    };
    const struct change change = make_change(DDL_DROP, "TABLE", objects, 3);

    (void)state;
    assert_words(describe_title, &change, "DROP TABLE a, b");
    assert_words(describe_effect, &change, "");
    assert_words(describe_slug, &change, "drop_a_b");
}

static void slugs_are_short_and_plain(void **state)
{
    const struct change_object object = make_object(
        OBJECT_VIEW, "R\xc3\xa4uber/../'x' a-very-long-name-that-goes-on-and-on-and-on-and-on",
        NULL, "x");
    const struct change change = make_change(DDL_CREATE, "VIEW", &object, 1);
    struct buffer out = BUFFER_INIT;

    (void)state;
    describe_slug(&change, &out);
    assert_true(out.len <= 60);
    assert_memory_equal(buffer_text(&out), "create_r_uber_x_a_very", 22);
    buffer_release(&out);
}

static void control_bytes_do_not_reach_the_terminal(void **state)
{
    const struct change_object object = make_object(OBJECT_TABLE, "a\x1b[31mb", "x", NULL);
    const struct change change = make_change(DDL_DROP, "TABLE", &object, 1);

    (void)state;
    assert_words(describe_title, &change, "DROP TABLE a?[31mb");
}

int run_describe_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_columns_that_came_went_and_changed),
        cmocka_unit_test(lines_name_the_table_and_the_place),
        cmocka_unit_test(clauses_of_other_objects_are_told_one_by_one),
        cmocka_unit_test(names_the_tables_but_not_their_triggers),
        cmocka_unit_test(slugs_are_short_and_plain),
        cmocka_unit_test(control_bytes_do_not_reach_the_terminal),
    };

    return cmocka_run_group_tests_name("describe", tests, NULL, NULL);
}
