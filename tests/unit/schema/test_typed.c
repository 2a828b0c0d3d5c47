/* typed: the words of a person beside the server's, and the statements that are made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/clause.h"
#include "schema/net.h"
#include "suites.h"

#define TABLE_OF(name, columns)                                                                    \
    "CREATE TABLE `" name "` (\n" columns "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"

#define EMPTY TABLE_OF("t", "  `id` int NOT NULL,\n  PRIMARY KEY (`id`)")
#define WITH_NICK                                                                                  \
    TABLE_OF("t", "  `id` int NOT NULL,\n  `nick` varchar(20) DEFAULT NULL,\n  PRIMARY KEY "       \
                  "(`id`)")
#define WITH_HANDLE                                                                                \
    TABLE_OF("t", "  `id` int NOT NULL,\n  `handle` varchar(20) DEFAULT NULL,\n  PRIMARY KEY "     \
                  "(`id`)")

static const struct dialect plain = {.version = 90704};

/* --- clauses ------------------------------------------------------------------------------------ */

static const struct clause *clause_at(const struct clause_list *list, size_t at)
{
    assert_true(at < list->count);
    return &list->list[at];
}

static void assert_column(const struct clause_list *list, size_t at, const char *name,
                          const char *text, const char *alone)
{
    const struct clause *clause = clause_at(list, at);

    assert_int_equal(clause->kind, CLAUSE_COLUMN);
    assert_string_equal(clause->name, name);
    assert_true(slice_equal(clause->text, slice_from(text)));
    if (alone == NULL)
        assert_null(clause->alone);
    else
        assert_string_equal(clause->alone, alone);
}

static void a_new_table_is_cut_into_clauses(void **state)
{
    struct clause_list list;

    (void)state;
    assert_true(
        clause_read(SLICE("CREATE TABLE IF NOT EXISTS `t` (id INT PRIMARY KEY COMMENT ',)',"
                          " `se``x` ENUM('a)','b') UNIQUE KEY DEFAULT 'a', p INT REFERENCES "
                          "u (id) ON DELETE SET NULL NOT NULL, UNIQUE k (p, id DESC), "
                          "PRIMARY KEY(id)) COMMENT='x'"),
                    &plain, &list));
    assert_int_equal(list.count, 5);
    assert_column(&list, 0, "id", "INT PRIMARY KEY COMMENT ',)'", "INT COMMENT ',)'");
    assert_column(&list, 1, "se`x", "ENUM('a)','b') UNIQUE KEY DEFAULT 'a'",
                  "ENUM('a)','b') DEFAULT 'a'");
    assert_column(&list, 2, "p", "INT REFERENCES u (id) ON DELETE SET NULL NOT NULL",
                  "INT NOT NULL");
    assert_true(clause_at(&list, 2)->has_other);
    assert_string_equal(clause_at(&list, 3)->name, "k");
    assert_string_equal(clause_at(&list, 3)->columns, "p,iddesc");
    assert_int_equal(clause_at(&list, 4)->key, CLAUSE_PRIMARY);
    assert_true(slice_equal(list.tail, SLICE("COMMENT='x'")));
    clause_release(&list);
}

static void an_alteration_is_cut_into_clauses(void **state)
{
    struct clause_list list;

    (void)state;
    assert_true(clause_read(SLICE("ALTER TABLE t ADD (a INT, b SERIAL), CHANGE c `d` BOOL FIRST, "
                                  "MODIFY e INT AFTER f, ADD PARTITION (PARTITION p VALUES IN "
                                  "(1)), DROP g, DROP INDEX h, ADD COLUMN i DATE, ENGINE=InnoDB"),
                            &plain, &list));
    assert_int_equal(list.count, 6);
    assert_column(&list, 0, "a", "INT", "INT");
    assert_column(&list, 1, "b", "SERIAL", NULL);
    assert_column(&list, 2, "d", "BOOL", "BOOL");
    assert_column(&list, 3, "e", "INT", "INT");
    assert_int_equal(clause_at(&list, 4)->kind, CLAUSE_DROPPED_COLUMN);
    assert_string_equal(clause_at(&list, 4)->name, "g");
    assert_column(&list, 5, "i", "DATE", "DATE");
    clause_release(&list);
}

static void what_says_more_than_clauses_is_not_cut(void **state)
{
    static const char *const texts[] = {
        "CREATE TABLE t LIKE u",
        "CREATE TABLE t (LIKE u)",
        "CREATE TABLE t (a INT) AS SELECT 1",
        "CREATE TABLE t SELECT 1",
        "CREATE TABLE t (a INT /*!50000 NOT NULL */)",
        "ALTER TABLE t ADD (a INT",
        "DROP TABLE t",
        "CREATE VIEW v AS SELECT 1",
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct clause_list list;
        assert_false(clause_read(slice_from(texts[i]), &plain, &list));
        clause_release(&list);
    }
}

/* --- words in statements ------------------------------------------------------------------------ */

/* One statement on a table, with its images. */
static void add(struct net *net, const char *text, const char *before, const char *after)
{
    const struct change_object object = make_object(OBJECT_TABLE, "t", before, after);
    struct statement statement;

    statement_read(slice_from(text), &plain, &statement);
    struct change change = make_change(statement.verb, statement.noun, &object, 1);
    change.renames = statement.renames;
    change.rename_count = statement.rename_count;
    change.text = slice_from(text);
    change.dialect = plain;
    net_add(net, &change, 1);
    statement_release(&statement);
}

static void assert_up(struct net *net, const char *expected)
{
    char sql_mode[] = "";
    const struct sql_facts defaults = {.sql_mode = sql_mode, .foreign_key_checks = true};
    const struct difference_options options = {
        .version = 90704, .schema = SLICE("app"), .defaults = &defaults, .typed = net_typed(net)};
    struct difference difference;
    struct buffer text = BUFFER_INIT;

    net_find(net, &options, false, &difference);
    difference_write(&difference, &text);
    assert_string_equal(buffer_text(&text), expected);
    buffer_release(&text);
    difference_release(&difference);
}

static bool refuse(struct net *net)
{
    return typed_refuse(net_typed(net), OBJECT_TABLE, SLICE_NONE, SLICE("t"));
}

static void one_statement_stays_until_it_is_refused(void **state)
{
    struct net *net = net_new();

    (void)state;
    add(net, "ALTER TABLE t ADD nick VARCHAR(20)", EMPTY, WITH_NICK);
    net_finish(net);
    assert_up(net, "ALTER TABLE t ADD nick VARCHAR(20);\n");
    assert_true(refuse(net));
    assert_up(net, "ALTER TABLE `t` ADD COLUMN `nick` VARCHAR(20) AFTER `id`;\n");
    assert_true(refuse(net));
    assert_up(net, "ALTER TABLE `t` ADD COLUMN `nick` varchar(20) DEFAULT NULL AFTER `id`;\n");
    assert_false(refuse(net));
    assert_false(typed_refuse_all(net_typed(net)));
    net_release(net);
}

static void a_renamed_column_keeps_its_words(void **state)
{
    struct net *net = net_new();

    (void)state;
    add(net, "ALTER TABLE t ADD nick VARCHAR(20)", EMPTY, WITH_NICK);
    add(net, "ALTER TABLE t RENAME COLUMN nick TO handle", WITH_NICK, WITH_HANDLE);
    net_finish(net);
    assert_up(net, "ALTER TABLE `t` ADD COLUMN `handle` VARCHAR(20) AFTER `id`;\n");
    net_release(net);
}

static void a_rename_alone_says_no_definition(void **state)
{
    struct net *net = net_new();

    (void)state;
    add(net, "ALTER TABLE t RENAME COLUMN nick TO x", WITH_NICK,
        TABLE_OF("t", "  `id` int NOT NULL,\n  `x` varchar(20) DEFAULT NULL,\n  PRIMARY KEY "
                      "(`id`)"));
    add(net, "ALTER TABLE t RENAME COLUMN x TO handle",
        TABLE_OF("t", "  `id` int NOT NULL,\n  `x` varchar(20) DEFAULT NULL,\n  PRIMARY KEY "
                      "(`id`)"),
        WITH_HANDLE);
    net_finish(net);
    assert_up(net, "ALTER TABLE `t` RENAME COLUMN `nick` TO `handle`;\n");
    net_release(net);
}

static void words_that_no_longer_hold_are_not_used(void **state)
{
    const char *wider =
        TABLE_OF("t", "  `id` int NOT NULL,\n  `nick` varchar(99) DEFAULT NULL,\n  PRIMARY KEY "
                      "(`id`)");
    struct net *net = net_new();

    (void)state;
    add(net, "ALTER TABLE t ADD nick VARCHAR(20)", EMPTY, WITH_NICK);
    add(net, "CALL widen()", WITH_NICK, wider);
    net_finish(net);
    assert_up(net, "ALTER TABLE `t` ADD COLUMN `nick` varchar(99) DEFAULT NULL AFTER `id`;\n");
    net_release(net);
}

static void a_tinkered_new_table_is_one_statement(void **state)
{
    struct net *net = net_new();

    (void)state;
    add(net, "CREATE TABLE t (id INT PRIMARY KEY)", NULL, EMPTY);
    add(net, "ALTER TABLE t ADD nick VARCHAR(20)", EMPTY, WITH_NICK);
    net_finish(net);
    assert_up(net, "CREATE TABLE t (\n  id INT PRIMARY KEY,\n  nick VARCHAR(20)\n);\n");
    assert_true(refuse(net));
    assert_true(refuse(net));
    assert_up(net, WITH_NICK ";\n");
    net_release(net);
}

int run_typed_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_table_is_cut_into_clauses),
        cmocka_unit_test(an_alteration_is_cut_into_clauses),
        cmocka_unit_test(what_says_more_than_clauses_is_not_cut),
        cmocka_unit_test(one_statement_stays_until_it_is_refused),
        cmocka_unit_test(a_renamed_column_keeps_its_words),
        cmocka_unit_test(a_rename_alone_says_no_definition),
        cmocka_unit_test(words_that_no_longer_hold_are_not_used),
        cmocka_unit_test(a_tinkered_new_table_is_one_statement),
    };
    return cmocka_run_group_tests_name("typed", tests, NULL, NULL);
}
