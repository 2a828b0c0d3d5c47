/* Printed tables of both server families, cut into parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "schema/printed.h"
#include "schema/table.h"
#include "suites.h"

static void assert_slice(struct slice slice, const char *expected)
{
    assert_int_equal(slice.len, strlen(expected));
    assert_memory_equal(slice.ptr, expected, slice.len);
}

static void finds_columns_keys_and_constraints(void **state)
{
    struct table table;

    (void)state;
    assert_int_equal(table_read(SLICE("CREATE TABLE `c` (\n"
                                      "  `id` int(11) NOT NULL,\n"
                                      "  `a``b` varchar(5) DEFAULT 'x,\\'y(' COMMENT 'a,\nb',\n"
                                      "  PRIMARY KEY (`id`),\n"
                                      "  UNIQUE KEY `u` (`a``b`(3)) USING HASH,\n"
                                      "  CONSTRAINT `f` FOREIGN KEY (`id`) REFERENCES `p` (`id`),\n"
                                      "  CONSTRAINT `k` CHECK (`id` > 0)\n"
                                      ") ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='it''s = 1'\n"
                                      " PARTITION BY HASH (`id`)\nPARTITIONS 4"),
                                &table),
                     ERROR_NONE);
    assert_int_equal(table.column_count, 2);
    assert_slice(table.columns[1].name, "`a``b`");
    assert_int_equal(table.part_count, 4);
    assert_true(slice_is_none(table.parts[0].name));
    assert_slice(table.parts[1].name, "`u`");
    assert_int_equal(table.parts[2].kind, TABLE_FOREIGN_KEY);
    assert_int_equal(table.parts[3].kind, TABLE_CHECK);
    assert_slice(table_option(&table, "COMMENT")->text, "COMMENT='it''s = 1'");
    assert_slice(table_option(&table, "DEFAULT CHARSET")->text, "DEFAULT CHARSET=latin1");
    assert_slice(table.partition, "PARTITION BY HASH (`id`)\nPARTITIONS 4");
    table_release(&table);
}

static void refuses_what_it_does_not_know(void **state)
{
    static const char *const texts[] = {
        "",
        "CREATE TABLE ",
        "CREATE TABLE `t` (",
        "CREATE TABLE `t` (\n  `a` int",
        "CREATE TABLE `t` (\n  `a` int\n",
        "CREATE TABLE `t` (\n  NEW THING `x`\n) ENGINE=InnoDB",
        "CREATE TABLE `t` (\n  CONSTRAINT `x` ELSE\n)",
        "CREATE TABLE `t` (\n  `a` varchar(5) DEFAULT 'open\n) ENGINE=InnoDB",
        "CREATE TEMPORARY TABLE `t` (\n  `a` int\n)",
        "CREATE VIEW `v` AS select 1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct table table;
        assert_int_equal(table_read(slice_from(texts[i]), &table), ERROR_UNSUPPORTED);
        table_release(&table);
    }
}

static void types_are_words_group_and_sign(void **state)
{
    (void)state;
    assert_slice(printed_type(SLICE("varchar(64) DEFAULT NULL")), "varchar(64)");
    assert_slice(printed_type(SLICE("int(10) unsigned zerofill NOT NULL")),
                 "int(10) unsigned zerofill");
    assert_slice(printed_type(SLICE("enum('a)','b''c') NOT NULL")), "enum('a)','b''c')");
    assert_slice(printed_type(SLICE("double")), "double");
    assert_slice(printed_type(SLICE("")), "");
}

static void keys_have_the_class_by_which_servers_sort_them(void **state)
{
    static const unsigned classes[] = {0, 1, 2, 3, 4, 5, 5, 6, 7};
    static const unsigned elsewhere[] = {0, 1, 2, 3, 4, 1, 3, 6, 7}; /* MySQL hashes none */
    struct table table;

    (void)state;
    assert_int_equal(table_read(SLICE("CREATE TABLE `k` (\n"
                                      "  `a` int DEFAULT NULL,\n"
                                      "  `b` int NOT NULL,\n"
                                      "  `c` varchar(10) DEFAULT NULL,\n"
                                      "  `d` varchar(20) NOT NULL,\n"
                                      "  `t` text,\n"
                                      "  PRIMARY KEY (`b`),\n"
                                      "  UNIQUE KEY `u2` (`b`,`d`),\n"
                                      "  UNIQUE KEY `u3` (`d`(4)),\n"
                                      "  UNIQUE KEY `u1` (`a`),\n"
                                      "  UNIQUE KEY `u4` (`c`(3)),\n"
                                      "  UNIQUE KEY `h1` (`b`) USING HASH,\n"
                                      "  UNIQUE KEY `h2` (`t`) USING HASH,\n"
                                      "  KEY `k1` (`b`),\n"
                                      "  FULLTEXT KEY `f` (`t`)\n"
                                      ") ENGINE=InnoDB"),
                                &table),
                     ERROR_NONE);
    for (size_t i = 0; i < table.part_count; i++) {
        assert_int_equal(table_key_class(&table, &table.parts[i], true), classes[i]);
        assert_int_equal(table_key_class(&table, &table.parts[i], false), elsewhere[i]);
    }
    assert_false(table_key_must_be_hashed(&table, &table.parts[4]));
    assert_false(table_key_must_be_hashed(&table, &table.parts[5]));
    assert_true(table_key_must_be_hashed(&table, &table.parts[6]));
    table_release(&table);
}

static void renaming_the_table_renames_what_was_derived_from_it(void **state)
{
    struct table table;
    struct buffer out = BUFFER_INIT;

    (void)state;
    assert_int_equal(
        table_read(SLICE("CREATE TABLE `b` (\n  `id` int,\n  `b` int,\n"
                         "  CONSTRAINT `b_ibfk_1` FOREIGN KEY (`b`) REFERENCES `b` (`id`),\n"
                         "  CONSTRAINT `own` CHECK ((`b` > 0))\n) ENGINE=InnoDB"),
                   &table),
        ERROR_NONE);
    table_rename(&table, SLICE("`aa`"), false);
    table_write(&table, &out);
    assert_string_equal(buffer_text(&out),
                        "CREATE TABLE `aa` (\n  `id` int,\n  `b` int,\n"
                        "  CONSTRAINT `aa_ibfk_1` FOREIGN KEY (`b`) REFERENCES `aa` (`id`),\n"
                        "  CONSTRAINT `own` CHECK ((`b` > 0))\n) ENGINE=InnoDB");
    buffer_release(&out);
    table_release(&table);
}

int run_table_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_columns_keys_and_constraints),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(types_are_words_group_and_sign),
        cmocka_unit_test(keys_have_the_class_by_which_servers_sort_them),
        cmocka_unit_test(renaming_the_table_renames_what_was_derived_from_it),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
