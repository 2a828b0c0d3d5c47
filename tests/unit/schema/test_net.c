/* net: the first image and the last of each object, and the names between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/describe.h"
#include "schema/net.h"
#include "suites.h"

#define TABLE_OF(name, columns)                                                                    \
    "CREATE TABLE `" name "` (\n" columns "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"

static void add(struct net *net, int64_t id, const struct change_object *objects, size_t count,
                const struct statement_rename *renames, size_t rename_count)
{
    struct change change = make_change(DDL_ALTER, "TABLE", objects, count);

    change.renames = renames;
    change.rename_count = rename_count;
    net_add(net, &change, id);
}

static void add_one(struct net *net, int64_t id, struct change_object object, const char *from,
                    const char *to)
{
    char *names[] = {(char *)(uintptr_t)from, (char *)(uintptr_t)to};
    const struct statement_rename rename = {false, names[0], names[1]};

    add(net, id, &object, 1, &rename, from == NULL ? 0 : 1);
}

static void assert_lines(struct net *net, const char *expected)
{
    struct buffer lines = BUFFER_INIT;

    net_finish(net);
    for (size_t i = 0; i < net_count(net); i++)
        describe_lines(net_change(net, i), &lines);
    assert_string_equal(buffer_text(&lines), expected);
    buffer_release(&lines);
}

#define ONE TABLE_OF("t", "  `a` int DEFAULT NULL")
#define TWO TABLE_OF("t", "  `b` int DEFAULT NULL")
#define THREE TABLE_OF("t", "  `c` int DEFAULT NULL")

static void what_comes_and_goes_is_nothing(void **state)
{
    struct net *net = net_new();

    (void)state;
    add_one(net, 1, make_object(OBJECT_TABLE, "t", NULL, ONE), NULL, NULL);
    add_one(net, 2, make_object(OBJECT_TABLE, "t", ONE, NULL), NULL, NULL);
    assert_lines(net, "");
    net_release(net);
}

static void a_chain_of_renames_is_one(void **state)
{
    struct net *net = net_new();
    size_t count;

    (void)state;
    add_one(net, 1, make_object(OBJECT_TABLE, "t", ONE, TWO), "a", "b");
    add_one(net, 2, make_object(OBJECT_TABLE, "t", TWO, THREE), "b", "c");
    assert_lines(net, "t  > a -> c\n");
    const struct difference_rename *renames = net_renames(net, &count);
    assert_int_equal(count, 1);
    assert_true(slice_equal(renames[0].from, SLICE("a")) && slice_equal(renames[0].to, SLICE("c")));
    assert_int_equal(net_problems(net).len, 0);
    net_release(net);
}

static void a_column_made_again_under_an_old_name_is_another_one(void **state)
{
    const char *both = TABLE_OF("t", "  `a` int DEFAULT NULL,\n  `k` int DEFAULT NULL");
    const char *none = TABLE_OF("t", "  `k` int DEFAULT NULL");
    const char *again = TABLE_OF("t", "  `k` int DEFAULT NULL,\n  `a` text");
    const char *renamed = TABLE_OF("t", "  `k` int DEFAULT NULL,\n  `b` text");
    struct net *net = net_new();

    (void)state;
    add_one(net, 1, make_object(OBJECT_TABLE, "t", both, none), NULL, NULL);
    add_one(net, 2, make_object(OBJECT_TABLE, "t", none, again), NULL, NULL);
    add_one(net, 3, make_object(OBJECT_TABLE, "t", again, renamed), "a", "b");
    assert_lines(net, "t  + b text\nt  - a\n");
    net_release(net);
}

static void swapped_columns_are_two_renames(void **state)
{
    const char *before = TABLE_OF("t", "  `a` int DEFAULT NULL,\n  `b` text");
    const char *after = TABLE_OF("t", "  `b` int DEFAULT NULL,\n  `a` text");
    const struct change_object object = make_object(OBJECT_TABLE, "t", before, after);
    char a[] = "a", b[] = "b";
    const struct statement_rename renames[] = {{false, a, b}, {false, b, a}};
    struct net *net = net_new();

    (void)state;
    add(net, 1, &object, 1, renames, 2);
    assert_lines(net, "t  > a -> b\nt  > b -> a\n");
    net_release(net);
}

/* RENAME TABLE a TO x, b TO a, x TO b: the images are those before and after the whole of it. */
static void swapped_tables_are_two_renames(void **state)
{
    const char *a = TABLE_OF("a", "  `one` int DEFAULT NULL");
    const char *b = TABLE_OF("b", "  `two` int DEFAULT NULL");
    const char *new_a = TABLE_OF("a", "  `two` int DEFAULT NULL");
    const char *new_b = TABLE_OF("b", "  `one` int DEFAULT NULL");
    struct change_object objects[] = {
        make_object(OBJECT_TABLE, "a", a, new_a),   make_object(OBJECT_TABLE, "x", NULL, NULL),
        make_object(OBJECT_TABLE, "b", b, new_b),   make_object(OBJECT_TABLE, "a", a, new_a),
        make_object(OBJECT_TABLE, "x", NULL, NULL), make_object(OBJECT_TABLE, "b", b, new_b),
    };
    struct net *net = net_new();
    size_t count;

    (void)state;
    for (size_t i = 0; i < 6; i++)
        objects[i].role = i % 2 == 0 ? ROLE_RENAME_FROM : ROLE_RENAME_TO;
    add(net, 1, objects, 6, NULL, 0);
    assert_lines(net, "> table a -> b\n> table b -> a\n");
    (void)net_renames(net, &count);
    assert_int_equal(count, 2);
    assert_int_equal(net_problems(net).len, 0);
    net_release(net);
}

static void what_takes_the_name_of_a_dropped_one_is_another(void **state)
{
    const char *a = TABLE_OF("a", "  `one` int DEFAULT NULL");
    const char *b = TABLE_OF("b", "  `one` int DEFAULT NULL");
    struct change_object objects[] = {make_object(OBJECT_TABLE, "a", a, NULL),
                                      make_object(OBJECT_TABLE, "b", NULL, b)};
    struct net *net = net_new();

    (void)state;
    objects[0].role = ROLE_RENAME_FROM;
    objects[1].role = ROLE_RENAME_TO;
    add(net, 1, objects, 2, NULL, 0);
    add_one(net, 2, make_object(OBJECT_TABLE, "b", b, NULL), NULL, NULL);
    add_one(net, 3, make_object(OBJECT_TABLE, "b", NULL, b), NULL, NULL);
    assert_lines(net, "- table a\n+ table b (one)\n");
    net_release(net);
}

static void what_names_a_renamed_table_follows_it(void **state)
{
    const char *child = TABLE_OF(
        "child", "  `p` int DEFAULT NULL,\n  KEY `p` (`p`),\n  CONSTRAINT `f` FOREIGN KEY (`p`) "
                 "REFERENCES `a` (`one`)");
    const char *a = TABLE_OF("a", "  `one` int NOT NULL,\n  PRIMARY KEY (`one`)");
    const char *b = TABLE_OF("b", "  `one` int NOT NULL,\n  PRIMARY KEY (`one`)");
    struct change_object objects[] = {make_object(OBJECT_TABLE, "a", a, NULL),
                                      make_object(OBJECT_TABLE, "b", NULL, b)};
    struct net *net = net_new();

    (void)state;
    objects[0].role = ROLE_RENAME_FROM;
    objects[1].role = ROLE_RENAME_TO;
    add_one(net, 1, make_object(OBJECT_TABLE, "child", NULL, child), NULL, NULL);
    add_one(net, 2,
            make_object(OBJECT_TRIGGER, "t", NULL,
                        "CREATE TRIGGER `t` BEFORE INSERT ON `a` FOR EACH ROW SET @x = 1"),
            NULL, NULL);
    add(net, 3, objects, 2, NULL, 0);
    net_finish(net);
    assert_int_equal(net_count(net), 3);
    assert_non_null(
        strstr(net_change(net, 0)->objects[0].after.text.ptr, "REFERENCES `b` (`one`)"));
    assert_non_null(strstr(net_change(net, 1)->objects[0].after.text.ptr, "ON `b` FOR EACH ROW"));
    net_release(net);
}

#define CHILD_OF(parent, more)                                                                     \
    TABLE_OF("child", "  `p` int DEFAULT NULL,\n" more "  KEY `p` (`p`),\n  CONSTRAINT `f` "       \
                      "FOREIGN KEY (`p`) REFERENCES `" parent "` (`one`)")

/* The first image of the child is from behind the renaming, that of the run from ahead of it. */
static void the_first_image_is_rewound(void **state)
{
    const char *a = TABLE_OF("a", "  `one` int NOT NULL,\n  PRIMARY KEY (`one`)");
    const char *b = TABLE_OF("b", "  `one` int NOT NULL,\n  PRIMARY KEY (`one`)");
    struct change_object objects[] = {make_object(OBJECT_TABLE, "a", a, NULL),
                                      make_object(OBJECT_TABLE, "b", NULL, b)};
    struct net *net = net_new();

    (void)state;
    objects[0].role = ROLE_RENAME_FROM;
    objects[1].role = ROLE_RENAME_TO;
    add(net, 1, objects, 2, NULL, 0);
    add_one(net, 2,
            make_object(OBJECT_TABLE, "child", CHILD_OF("b", ""),
                        CHILD_OF("b", "  `x` int DEFAULT NULL,\n")),
            NULL, NULL);
    assert_lines(net, "> table a -> b\nchild  + x int\n");
    assert_non_null(
        strstr(schema_find(net_before(net), OBJECT_TABLE, SLICE_NONE, SLICE("child"))->text.ptr,
               "REFERENCES `a` (`one`)"));
    net_release(net);
}

/* The child differs only in what the renaming of its parent did to it. */
static void what_only_followed_is_no_change(void **state)
{
    const char *a = TABLE_OF("a", "  `one` int NOT NULL,\n  PRIMARY KEY (`one`)");
    const char *b = TABLE_OF("b", "  `one` int NOT NULL,\n  PRIMARY KEY (`one`)");
    const char *with_x = CHILD_OF("a", "  `x` int DEFAULT NULL,\n");
    struct change_object objects[] = {make_object(OBJECT_TABLE, "a", a, NULL),
                                      make_object(OBJECT_TABLE, "b", NULL, b)};
    struct net *net = net_new();

    (void)state;
    objects[0].role = ROLE_RENAME_FROM;
    objects[1].role = ROLE_RENAME_TO;
    add_one(net, 1, make_object(OBJECT_TABLE, "child", CHILD_OF("a", ""), with_x), NULL, NULL);
    add_one(net, 2, make_object(OBJECT_TABLE, "child", with_x, CHILD_OF("a", "")), NULL, NULL);
    add(net, 3, objects, 2, NULL, 0);
    assert_lines(net, "> table a -> b\n");
    net_release(net);
}

static void a_column_made_again_otherwise_is_told(void **state)
{
    const char *without = TABLE_OF("t", "  `k` int DEFAULT NULL");
    const char *first = TABLE_OF("t", "  `k` int DEFAULT NULL,\n  `a` int DEFAULT NULL");
    const char *last = TABLE_OF("t", "  `k` int DEFAULT NULL,\n  `a` text");
    struct net *net = net_new(), *same = net_new();
    size_t count;

    (void)state;
    add_one(net, 1, make_object(OBJECT_TABLE, "t", first, without), NULL, NULL);
    add_one(net, 2, make_object(OBJECT_TABLE, "t", without, last), NULL, NULL);
    net_finish(net);
    const struct difference_rename *renames = net_renames(net, &count);
    assert_int_equal(count, 1);
    assert_true(slice_equal(renames[0].from, SLICE("a")) && slice_is_none(renames[0].to));
    add_one(same, 1, make_object(OBJECT_TABLE, "t", first, without), NULL, NULL);
    add_one(same, 2, make_object(OBJECT_TABLE, "t", without, first), NULL, NULL);
    assert_lines(same, "");
    net_release(net);
    net_release(same);
}

static void a_table_made_again_and_renamed_is_two(void **state)
{
    const char *old = TABLE_OF("a", "  `one` int DEFAULT NULL");
    const char *new = TABLE_OF("a", "  `two` int DEFAULT NULL");
    const char *moved = TABLE_OF("b", "  `two` int DEFAULT NULL");
    struct change_object objects[] = {make_object(OBJECT_TABLE, "a", new, NULL),
                                      make_object(OBJECT_TABLE, "b", NULL, moved)};
    struct net *net = net_new();

    (void)state;
    objects[0].role = ROLE_RENAME_FROM;
    objects[1].role = ROLE_RENAME_TO;
    add_one(net, 1, make_object(OBJECT_TABLE, "a", old, NULL), NULL, NULL);
    add_one(net, 2, make_object(OBJECT_TABLE, "a", NULL, new), NULL, NULL);
    add(net, 3, objects, 2, NULL, 0);
    assert_lines(net, "- table a\n+ table b (two)\n");
    net_release(net);
}

static void what_came_in_between_is_said(void **state)
{
    struct net *net = net_new();

    (void)state;
    add_one(net, 1, make_object(OBJECT_TABLE, "t", NULL, ONE), NULL, NULL);
    add_one(net, 3, make_object(OBJECT_TABLE, "t", TWO, THREE), NULL, NULL);
    assert_lines(net, "+ table t (c)\n");
    assert_non_null(strstr(net_problems(net).ptr, "before #3"));
    net_release(net);
}

static void an_unknown_definition_is_a_problem_and_no_difference(void **state)
{
    struct change_object object = make_object(OBJECT_TABLE, "t", ONE, TWO);
    struct net *net = net_new();

    (void)state;
    object.before.state = IMAGE_UNKNOWN;
    object.before.text = SLICE_NONE;
    add_one(net, 1, object, NULL, NULL);
    assert_lines(net, "");
    assert_non_null(strstr(net_problems(net).ptr, "TABLE `t`"));
    assert_false(net_complete(net));
    net_release(net);
}

int run_net_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_and_goes_is_nothing),
        cmocka_unit_test(a_chain_of_renames_is_one),
        cmocka_unit_test(a_column_made_again_under_an_old_name_is_another_one),
        cmocka_unit_test(swapped_columns_are_two_renames),
        cmocka_unit_test(swapped_tables_are_two_renames),
        cmocka_unit_test(what_takes_the_name_of_a_dropped_one_is_another),
        cmocka_unit_test(what_names_a_renamed_table_follows_it),
        cmocka_unit_test(the_first_image_is_rewound),
        cmocka_unit_test(what_only_followed_is_no_change),
        cmocka_unit_test(a_column_made_again_otherwise_is_told),
        cmocka_unit_test(a_table_made_again_and_renamed_is_two),
        cmocka_unit_test(what_came_in_between_is_said),
        cmocka_unit_test(an_unknown_definition_is_a_problem_and_no_difference),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
