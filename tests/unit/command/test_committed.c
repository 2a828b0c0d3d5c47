/* What a commit did to the baseline, and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "command/committed.h"
#include "ddltap/memory.h"
#include "suites.h"

static void add(struct catalog *catalog, enum object_type type, const char *name, const char *text)
{
    catalog_add(catalog, type, slice_from(name))->text = memory_copy_text(text);
}

/* `users` changes, `old` goes, `new` comes, the trigger `second` is made anew (and fires last then). */
static void make(struct catalog *from, struct catalog *to)
{
    *from = *to = CATALOG_INIT;
    add(from, OBJECT_TABLE, "kept", "kept");
    add(from, OBJECT_TABLE, "users", "users 1");
    add(from, OBJECT_TABLE, "old", "old");
    add(from, OBJECT_TRIGGER, "first", "first");
    add(from, OBJECT_TRIGGER, "second", "second");
    add(from, OBJECT_TRIGGER, "third", "third");
    add(to, OBJECT_TABLE, "kept", "kept");
    add(to, OBJECT_TABLE, "users", "users 2");
    add(to, OBJECT_TRIGGER, "first", "first");
    add(to, OBJECT_TRIGGER, "third", "third");
    add(to, OBJECT_TRIGGER, "second", "second, anew");
    add(to, OBJECT_TABLE, "new", "new");
}

static const char *text_of(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->count; i++) {
        if (strcmp(catalog->objects[i].name, name) == 0)
            return catalog->objects[i].text;
    }
    return "";
}

static void test_the_baseline_comes_back(void **state)
{
    struct catalog from, to;
    struct committed committed = {.previous = 0};
    static const char *const order[] = {"first", "second", "third"};
    (void)state;
    make(&from, &to);
    committed_compare(&committed, &from, &to);
    assert_int_equal(committed.before.count, 3);
    assert_int_equal(committed.after.count, 3);
    assert_true(committed_touches(&committed, OBJECT_TABLE, SLICE("old")));
    assert_true(committed_touches(&committed, OBJECT_TABLE, SLICE("new")));
    assert_false(committed_touches(&committed, OBJECT_TABLE, SLICE("kept")));
    assert_false(committed_touches(&committed, OBJECT_VIEW, SLICE("new")));

    assert_null(committed_find_moved(&committed, &to));
    committed_restore(&committed, &to);
    assert_int_equal(to.count, from.count);
    for (size_t i = 0; i < from.count; i++)
        assert_string_equal(text_of(&to, from.objects[i].name), from.objects[i].text);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(to.objects[i].name, order[i]);
    committed_release(&committed);
    catalog_release(&from);
    catalog_release(&to);
}

static void test_a_baseline_that_moved_since_is_seen(void **state)
{
    struct catalog from, to;
    struct committed committed = {.previous = 0};
    (void)state;
    make(&from, &to);
    committed_compare(&committed, &from, &to);
    add(&to, OBJECT_TABLE, "other", "other");
    assert_null(committed_find_moved(&committed, &to));
    add(&to, OBJECT_TABLE, "old", "here again");
    assert_string_equal(committed_find_moved(&committed, &to)->name, "old");
    catalog_remove(&to, OBJECT_TABLE, SLICE("users"));
    assert_string_equal(committed_find_moved(&committed, &to)->name, "users");
    add(&to, OBJECT_TABLE, "users", "users 3");
    assert_string_equal(committed_find_moved(&committed, &to)->name, "users");
    committed_release(&committed);
    catalog_release(&from);
    catalog_release(&to);
}

int run_committed_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_baseline_comes_back),
        cmocka_unit_test(test_a_baseline_that_moved_since_is_seen),
    };
    return cmocka_run_group_tests_name("committed", tests, NULL, NULL);
}
