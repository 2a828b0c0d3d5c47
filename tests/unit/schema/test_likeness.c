/* Two readings of a schema, catalogs with changes laid over them, indexes that the server made. */
#include "suites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ddltap/memory.h"
#include "schema/catalog.h"
#include "schema/generated_key.h"
#include "schema/likeness.h"
#include "schema/version_table.h"

static const struct likeness_options mariadb = {.dialect = {.mariadb = true, .version = 101119},
                                                .keep_definer = false};

static void add(struct catalog *catalog, enum object_type type, struct slice name, const char *text)
{
    catalog_add(catalog, type, name)->text = memory_copy_text(text);
}

static enum likeness compare_texts(enum object_type type, const char *a, const char *b)
{
    char *x = memory_copy_text(a), *y = memory_copy_text(b);
    char name[] = "x";
    const struct catalog_object first = {.type = type, .name = name, .text = x};
    const struct catalog_object second = {.type = type, .name = name, .text = y};
    enum likeness likeness = likeness_of(&first, &second, &mariadb);
    free(x);
    free(y);
    return likeness;
}

static void who_made_it_and_when_does_not_count(void **state)
{
    (void)state;
    assert_int_equal(compare_texts(OBJECT_VIEW,
                                   "CREATE DEFINER=`a`@`%` VIEW `v` AS select 1 AS `1`",
                                   "CREATE DEFINER=`b`@`%` VIEW `v` AS select 1 AS `1`"),
                     LIKENESS_SAME);
    assert_int_equal(
        compare_texts(OBJECT_EVENT,
                      "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' ON "
                      "COMPLETION NOT PRESERVE ENABLE DO DELETE FROM t",
                      "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-02-02 00:00:00' ON "
                      "COMPLETION NOT PRESERVE DISABLE DO DELETE FROM t"),
        LIKENESS_SAME);
    assert_int_equal(compare_texts(OBJECT_TRIGGER,
                                   "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
                                   "CREATE TRIGGER g BEFORE INSERT ON `t` FOR EACH ROW SET @a = 1"),
                     LIKENESS_SAME);
    assert_int_equal(compare_texts(OBJECT_DATABASE,
                                   "CREATE DATABASE `a` /*!40100 DEFAULT CHARACTER SET utf8mb4 */",
                                   "CREATE DATABASE `b` /*!40100 DEFAULT CHARACTER SET utf8mb4 */"),
                     LIKENESS_SAME);
}

static void what_it_is_counts(void **state)
{
    (void)state;
    assert_int_equal(compare_texts(OBJECT_VIEW, "CREATE VIEW `v` AS select 1 AS `1`",
                                   "CREATE VIEW `v` AS select 2 AS `2`"),
                     LIKENESS_DIFFERENT);
    assert_int_equal(compare_texts(OBJECT_EVENT,
                                   "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO DELETE FROM t",
                                   "CREATE EVENT `e` ON SCHEDULE EVERY 2 DAY DO DELETE FROM t"),
                     LIKENESS_DIFFERENT);
    assert_int_equal(compare_texts(OBJECT_TABLE,
                                   "CREATE TABLE `t` (\n  `a` int(11)\n) ENGINE=InnoDB",
                                   "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB"),
                     LIKENESS_ALIKE);
}

struct found {
    unsigned count;
    char names[200];
};

static void note(void *argument, const struct catalog_object *a, const struct catalog_object *b,
                 enum likeness likeness)
{
    struct found *found = argument;
    (void)likeness;
    found->count++;
    strcat(found->names, a == NULL ? "+" : b == NULL ? "-" : "~");
    strcat(found->names, a == NULL ? b->name : a->name);
}

#define TRIGGER(name) "CREATE TRIGGER " name " BEFORE INSERT ON t FOR EACH ROW SET @a = 1"

static void schemas_are_compared_object_by_object_and_triggers_in_their_order(void **state)
{
    (void)state;
    struct catalog a = CATALOG_INIT, b = CATALOG_INIT;
    struct found found = {0, ""};
    add(&a, OBJECT_TABLE, SLICE("t"), "CREATE TABLE `t` (\n  `a` int(11)\n)");
    add(&b, OBJECT_TABLE, SLICE("t"), "CREATE TABLE `t` (\n  `a` int(11)\n)");
    add(&a, OBJECT_TABLE, SLICE("T"), "CREATE TABLE `T` (\n  `b` int(11)\n)");
    add(&a, OBJECT_TRIGGER, SLICE("x"), TRIGGER("x"));
    add(&a, OBJECT_TRIGGER, SLICE("y"), TRIGGER("y"));
    add(&b, OBJECT_TRIGGER, SLICE("y"), TRIGGER("y"));
    add(&b, OBJECT_TRIGGER, SLICE("x"), TRIGGER("x"));
    likeness_compare(&a, &b, &mariadb, note, &found);
    assert_string_equal(found.names, "~y~x-T");
    catalog_release(&a);
    catalog_release(&b);
}

static struct definition define(enum object_type type, struct slice name, struct slice text)
{
    return (struct definition){.type = type, .name = name, .text = text};
}

static void a_change_is_laid_over_a_catalog(void **state)
{
    (void)state;
    struct catalog catalog = CATALOG_INIT;
    struct schema *before = schema_new(), *after = schema_new();
    const struct definition old = define(OBJECT_TABLE, SLICE("old"), SLICE("1"));
    const struct definition renamed = define(OBJECT_TABLE, SLICE("new"), SLICE("2"));
    const struct definition altered = define(OBJECT_VIEW, SLICE("v"), SLICE("3"));
    static const char *const order[] = {"y", "x"};
    add(&catalog, OBJECT_TABLE, SLICE("old"), "1");
    add(&catalog, OBJECT_VIEW, SLICE("v"), "0");
    add(&catalog, OBJECT_TRIGGER, SLICE("x"), "x");
    add(&catalog, OBJECT_TRIGGER, SLICE("y"), "y");
    schema_add(before, &old);
    schema_add(after, &renamed);
    schema_add(after, &altered);
    catalog_overlay(&catalog, before, after);
    catalog_order_triggers(&catalog, order, 2);
    assert_int_equal(catalog.count, 4);
    assert_string_equal(catalog.objects[0].name, "y");
    assert_string_equal(catalog.objects[1].name, "x");
    assert_string_equal(catalog.objects[2].name, "v");
    assert_string_equal(catalog.objects[2].text, "3");
    assert_string_equal(catalog.objects[3].name, "new");
    schema_release(before);
    schema_release(after);
    catalog_release(&catalog);
}

#define WITH_KEY(key)                                                                              \
    "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL,\n  KEY `" key "` (`a`),\n"                    \
    "  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`id`)\n) ENGINE=InnoDB"

static void check_generated(struct slice statement, const char *expected)
{
    const struct change_object object = {
        .type = OBJECT_TABLE,
        .role = ROLE_TARGET,
        .name = SLICE("t"),
        .before = {IMAGE_PRESENT, SLICE(WITH_KEY("f")), SLICE_NONE},
        .after = {IMAGE_PRESENT, SLICE(WITH_KEY("k")), SLICE_NONE},
    };
    const struct change change = {.objects = &object, .object_count = 1, .text = statement};
    struct buffer names = BUFFER_INIT;
    generated_key_find(&change, &object, &names);
    assert_string_equal(buffer_text(&names), expected);
    buffer_release(&names);
}

static void an_index_that_goes_without_a_word_was_the_servers(void **state)
{
    (void)state;
    struct buffer out = BUFFER_INIT;
    check_generated(SLICE("CREATE INDEX k ON t (a)"), "`f`\n");
    check_generated(SLICE("ALTER TABLE t DROP KEY f, ADD KEY k (a)"), "");
    check_generated(SLICE("ALTER TABLE t RENAME KEY f TO k"), "");
    check_generated(SLICE_NONE, "");
    assert_true(generated_key_take_out(SLICE(WITH_KEY("f")), SLICE("`f`\n"), &out));
    assert_null(strstr(buffer_text(&out), "KEY `f` (`a`)"));
    assert_non_null(strstr(buffer_text(&out), "CONSTRAINT `f`"));
    assert_int_equal(
        compare_texts(OBJECT_TABLE, WITH_KEY("f"),
                      "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL,\n  KEY `f` (`a`),\n"
                      "  KEY `k` (`a`),\n"
                      "  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`id`)\n) "
                      "ENGINE=InnoDB"),
        LIKENESS_DIFFERENT);
    assert_int_equal(
        compare_texts(OBJECT_TABLE, WITH_KEY("k"),
                      "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL,\n  KEY `f` (`a`),\n"
                      "  KEY `k` (`a`),\n"
                      "  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`id`)\n) "
                      "ENGINE=InnoDB"),
        LIKENESS_ALIKE);
    buffer_clear(&out);
    assert_false(generated_key_take_out(SLICE(WITH_KEY("f")), SLICE("`x`\n"), &out));
    buffer_release(&out);
}

static void the_tools_table_goes_whatever_its_case(void **state)
{
    struct catalog catalog = CATALOG_INIT;

    (void)state;
    add(&catalog, OBJECT_TABLE, SLICE("t"), "CREATE TABLE `t` (\n  `a` int\n)");
    add(&catalog, OBJECT_TABLE, SLICE("Versions"), "CREATE TABLE `Versions` (\n  `a` int\n)");
    add(&catalog, OBJECT_PROCEDURE, SLICE("versions"), "CREATE PROCEDURE `versions`() select 1");
    version_table_take_out(NULL, &catalog);
    assert_int_equal(catalog.count, 3);
    version_table_take_out("versions", &catalog);
    assert_int_equal(catalog.count, 2);
    assert_string_equal(catalog.objects[0].name, "t");
    assert_int_equal(catalog.objects[1].type, OBJECT_PROCEDURE);
    catalog_release(&catalog);
}

int run_likeness_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_made_it_and_when_does_not_count),
        cmocka_unit_test(what_it_is_counts),
        cmocka_unit_test(schemas_are_compared_object_by_object_and_triggers_in_their_order),
        cmocka_unit_test(a_change_is_laid_over_a_catalog),
        cmocka_unit_test(an_index_that_goes_without_a_word_was_the_servers),
        cmocka_unit_test(the_tools_table_goes_whatever_its_case),
    };
    return cmocka_run_group_tests_name("likeness", tests, NULL, NULL);
}
