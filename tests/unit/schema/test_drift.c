/* drift: what is known of a schema against what is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ddltap/memory.h"
#include "schema/describe.h"
#include "schema/drift.h"
#include "schema/inverse.h"
#include "suites.h"

#define TABLE_OF(name, columns)                                                                    \
    "CREATE TABLE `" name "` (\n" columns "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
#define ONE TABLE_OF("t", "  `a` int DEFAULT NULL")
#define TWO TABLE_OF("t", "  `a` int DEFAULT NULL,\n  `b` int DEFAULT NULL")
#define THREE                                                                                      \
    TABLE_OF("t", "  `a` int DEFAULT NULL,\n  `b` int DEFAULT NULL,\n  `c` date DEFAULT NULL")
#define TRIGGER_OF(name, body)                                                                     \
    "CREATE DEFINER=`u`@`h` TRIGGER `" name "` BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a "       \
    "= " body

/* A schema and what happened to it. */
struct fixture {
    struct catalog baseline, live;
    struct drift *drift;
};

static bool broken(void *argument, struct slice name)
{
    (void)argument;
    return slice_equal(name, SLICE("broken"));
}

static void put(struct catalog *catalog, enum object_type type, const char *name, const char *text)
{
    catalog_add(catalog, type, slice_from(name))->text = memory_copy_text(text);
}

static struct fixture *begin(void)
{
    struct fixture *fixture = memory_new(1, sizeof(*fixture));

    return fixture;
}

/* After the baseline is put together. */
static void start(struct fixture *fixture)
{
    const struct drift_options options = {.dialect = {.version = 90704},
                                          .schema = SLICE("app"),
                                          .version_table = "alembic_version",
                                          .view_is_broken = broken};

    fixture->drift = drift_new(&options);
    drift_begin(fixture->drift, &fixture->baseline, 0);
}

static void add(struct fixture *fixture, int64_t id, enum drift_standing standing,
                struct change_object object)
{
    const struct change change = make_change(DDL_ALTER, object_type_text(object.type), &object, 1);
    const struct drift_change about = {
        .id = id, .standing = standing, .chained = true, .places_last = true};

    drift_add(fixture->drift, &change, &about);
}

static void end(struct fixture *fixture)
{
    drift_release(fixture->drift);
    catalog_release(&fixture->baseline);
    catalog_release(&fixture->live);
    free(fixture);
}

static void assert_lines(struct fixture *fixture, const char *expected)
{
    struct buffer lines = BUFFER_INIT;

    drift_compare(fixture->drift, &fixture->live);
    describe_lines(drift_found(fixture->drift), &lines);
    assert_string_equal(buffer_text(&lines), expected);
    buffer_release(&lines);
}

static void what_is_as_it_was_is_no_drift(void **state)
{
    struct fixture *fixture = begin();

    (void)state;
    put(&fixture->baseline, OBJECT_TABLE, "t", ONE);
    put(&fixture->live, OBJECT_TABLE, "t", ONE);
    put(&fixture->live, OBJECT_TABLE, "alembic_version", TABLE_OF("alembic_version", "  `v` int"));
    start(fixture);
    assert_lines(fixture, "");
    end(fixture);
}

static void what_came_went_and_changed_is_found(void **state)
{
    struct fixture *fixture = begin();

    (void)state;
    put(&fixture->baseline, OBJECT_TABLE, "t", ONE);
    put(&fixture->baseline, OBJECT_VIEW, "v", "CREATE VIEW `v` AS select 1 AS `1`");
    put(&fixture->live, OBJECT_TABLE, "t", TWO);
    put(&fixture->live, OBJECT_TABLE, "n", TABLE_OF("n", "  `a` int DEFAULT NULL"));
    start(fixture);
    assert_lines(fixture, "t  + b int\n+ table n (a)\n- view v\n");
    end(fixture);
}

/* A draft that is committed before an earlier one: the baseline then has what the earlier one has not. */
static void the_last_change_of_an_object_counts(void **state)
{
    struct fixture *fixture = begin();

    (void)state;
    put(&fixture->baseline, OBJECT_TABLE, "t", THREE);
    put(&fixture->live, OBJECT_TABLE, "t", THREE);
    start(fixture);
    add(fixture, 1, DRIFT_DONE, make_object(OBJECT_TABLE, "t", ONE, TWO));
    add(fixture, 2, DRIFT_COMMITTED, make_object(OBJECT_TABLE, "t", TWO, THREE));
    assert_lines(fixture, "");
    assert_int_equal(drift_hidden(fixture->drift).len, 0);
    end(fixture);
}

static void an_undecided_change_makes_its_objects_wait(void **state)
{
    struct fixture *fixture = begin();

    (void)state;
    put(&fixture->baseline, OBJECT_TABLE, "t", ONE);
    put(&fixture->live, OBJECT_TABLE, "t", TWO);
    start(fixture);
    add(fixture, 1, DRIFT_UNDECIDED, make_object(OBJECT_TABLE, "t", ONE, NULL));
    assert_lines(fixture, "");
    assert_true(drift_waiting(fixture->drift).len > 0);
    end(fixture);
}

static void what_a_later_change_rests_on_is_named(void **state)
{
    struct fixture *fixture = begin();

    (void)state;
    put(&fixture->baseline, OBJECT_TABLE, "t", ONE);
    put(&fixture->live, OBJECT_TABLE, "t", THREE);
    start(fixture);
    add(fixture, 1, DRIFT_DONE, make_object(OBJECT_TABLE, "t", TWO, THREE));
    assert_lines(fixture, "");
    struct slice hidden = drift_hidden(fixture->drift);
    assert_non_null(memmem(hidden.ptr, hidden.len, "before #1", 9));
    assert_non_null(memmem(hidden.ptr, hidden.len, "t  + b int", 10));
    end(fixture);
}

static void an_image_that_is_not_known_is_taken_from_now(void **state)
{
    struct fixture *fixture = begin();
    struct change_object object = make_object(OBJECT_TABLE, "t", ONE, NULL);

    (void)state;
    object.after.state = IMAGE_UNKNOWN;
    put(&fixture->baseline, OBJECT_TABLE, "t", ONE);
    put(&fixture->live, OBJECT_TABLE, "t", TWO);
    start(fixture);
    add(fixture, 1, DRIFT_DONE, object);
    assert_lines(fixture, "");
    assert_true(drift_notes(fixture->drift).len > 0);
    end(fixture);
}

static void a_view_that_broke_is_a_note(void **state)
{
    struct fixture *fixture = begin();

    (void)state;
    put(&fixture->baseline, OBJECT_VIEW, "broken", "CREATE VIEW `broken` AS select 1 order by 2");
    put(&fixture->live, OBJECT_VIEW, "broken", "CREATE VIEW `broken` AS select 1 order by ''");
    start(fixture);
    assert_lines(fixture, "");
    assert_true(drift_notes(fixture->drift).len > 0);
    end(fixture);
}

static void a_definer_alone_is_no_drift(void **state)
{
    struct fixture *fixture = begin();

    (void)state;
    put(&fixture->baseline, OBJECT_VIEW, "v", "CREATE DEFINER=`a`@`b` VIEW `v` AS select 1");
    put(&fixture->live, OBJECT_VIEW, "v", "CREATE DEFINER=`c`@`d` VIEW `v` AS select 1");
    start(fixture);
    assert_lines(fixture, "");
    end(fixture);
}

/* Foreign keys follow a parent that gets another name: no image of the child says so. */
static void what_a_rename_takes_along_is_no_drift(void **state)
{
    static const char child[] =
        "CREATE TABLE `c` (\n  `t_id` int DEFAULT NULL,\n  KEY `k` (`t_id`),\n"
        "  CONSTRAINT `k` FOREIGN KEY (`t_id`) REFERENCES `t` (`a`)\n"
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
    static const char after[] =
        "CREATE TABLE `c` (\n  `t_id` int DEFAULT NULL,\n  KEY `k` (`t_id`),\n"
        "  CONSTRAINT `k` FOREIGN KEY (`t_id`) REFERENCES `u` (`a`)\n"
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
    struct fixture *fixture = begin();
    struct change_object pair[] = {
        make_object(OBJECT_TABLE, "t", ONE, NULL),
        make_object(OBJECT_TABLE, "u", NULL, TABLE_OF("u", "  `a` int DEFAULT NULL"))};
    const struct change change = make_change(DDL_RENAME, "TABLE", pair, 2);
    const struct drift_change about = {.id = 1, .chained = true};

    (void)state;
    pair[0].role = ROLE_RENAME_FROM;
    pair[1].role = ROLE_RENAME_TO;
    put(&fixture->baseline, OBJECT_TABLE, "t", ONE);
    put(&fixture->baseline, OBJECT_TABLE, "c", child);
    put(&fixture->baseline, OBJECT_TRIGGER, "one", TRIGGER_OF("one", "1"));
    put(&fixture->live, OBJECT_TABLE, "u", TABLE_OF("u", "  `a` int DEFAULT NULL"));
    put(&fixture->live, OBJECT_TABLE, "c", after);
    put(&fixture->live, OBJECT_TRIGGER, "one",
        "CREATE DEFINER=`u`@`h` TRIGGER `one` BEFORE INSERT ON `u` FOR EACH ROW SET NEW.a = 1");
    start(fixture);
    drift_add(fixture->drift, &change, &about);
    assert_lines(fixture, "");
    end(fixture);
}

/* --- triggers ----------------------------------------------------------------------------------- */

static void put_triggers(struct catalog *catalog, const char *names)
{
    for (const char *name = names; *name != '\0'; name++) {
        const char one[] = {*name, '\0'};
        struct buffer text = BUFFER_INIT;
        buffer_printf(&text, TRIGGER_OF("%s", "%s"), one, one);
        put(catalog, OBJECT_TRIGGER, one, buffer_text(&text));
        buffer_release(&text);
    }
}

/* What the two orders differ by: `-a` goes, `+a` comes, `a` stays. */
static void assert_order(const char *known, const char *live, const char *expected)
{
    struct fixture *fixture = begin();
    struct buffer out = BUFFER_INIT;

    put_triggers(&fixture->baseline, known);
    put_triggers(&fixture->live, live);
    start(fixture);
    drift_compare(fixture->drift, &fixture->live);
    const struct change *change = drift_found(fixture->drift);
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        const char *mark = object->before.state == IMAGE_ABSENT  ? "+"
                           : object->after.state == IMAGE_ABSENT ? "-"
                                                                 : "";
        buffer_printf(&out, "%s%.*s", mark, (int)object->name.len, object->name.ptr);
    }
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
    end(fixture);
}

static void the_order_of_triggers_counts(void **state)
{
    (void)state;
    assert_order("abc", "abc", "");
    assert_order("abc", "bca", "-abc+a");
    assert_order("abc", "axbc", "a+xbc");
    assert_order("abc", "ac", "a-bc");
    assert_order("ab", "cd", "-a-b+c+d");
    assert_order("abc", "cba", "-a-bc+b+a");
}

/* A table that is being renamed takes its trigger along: neither name of it is somebody's doing. */
static void a_trigger_of_a_table_that_waits_waits_too(void **state)
{
    struct fixture *fixture = begin();

    (void)state;
    put_triggers(&fixture->baseline, "a");
    put(&fixture->live, OBJECT_TRIGGER, "a",
        "CREATE DEFINER=`u`@`h` TRIGGER `a` BEFORE INSERT ON `other` FOR EACH ROW SET NEW.a = a");
    start(fixture);
    add(fixture, 1, DRIFT_UNDECIDED, make_object(OBJECT_TABLE, "other", NULL, NULL));
    assert_lines(fixture, "");
    assert_true(drift_waiting(fixture->drift).len > 0);
    end(fixture);
}

/* The whole difference as one draft would have it: there and back. */
static void what_was_found_can_be_written_there_and_back(void **state)
{
    struct fixture *fixture = begin();
    const struct sql_facts defaults = {.foreign_key_checks = true};
    struct buffer up = BUFFER_INIT, down = BUFFER_INIT, remarks = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;

    (void)state;
    put(&fixture->baseline, OBJECT_TABLE, "t", TWO);
    put(&fixture->live, OBJECT_TABLE, "t", ONE);
    start(fixture);
    drift_compare(fixture->drift, &fixture->live);
    const struct change *change = drift_found(fixture->drift);
    assert_int_equal(change->verb, DDL_ALTER);
    assert_string_equal(change->noun, "TABLE");
    assert_int_equal(inverse_write_again(change, &defaults, false, &up, &remarks, &problem), 0);
    assert_string_equal(buffer_text(&up), "ALTER TABLE `t` DROP COLUMN `b`;\n");
    assert_non_null(strstr(buffer_text(&remarks), "values of"));
    assert_int_equal(inverse_write(change, &defaults, false, &down, &remarks, &problem), 0);
    assert_non_null(strstr(buffer_text(&down), "ADD COLUMN `b` int"));
    buffer_release(&up);
    buffer_release(&down);
    buffer_release(&remarks);
    end(fixture);
}

static void assert_renames(const char *before, const char *after, const char *expected)
{
    const struct change_object object = make_object(OBJECT_TABLE, "t", before, after);
    const struct change change = make_change(DDL_ALTER, "TABLE", &object, 1);
    struct buffer out = BUFFER_INIT;

    drift_remark_renames(&change, &out);
    if (expected == NULL)
        assert_int_equal(out.len, 0);
    else
        assert_non_null(strstr(buffer_text(&out), expected));
    buffer_release(&out);
}

static void what_may_have_been_a_rename_is_said(void **state)
{
    (void)state;
    assert_renames(TABLE_OF("t", "  `a` int DEFAULT NULL"), TABLE_OF("t", "  `b` int DEFAULT NULL"),
                   "column `a` went and `b` came");
    assert_renames(TABLE_OF("t", "  `a` int DEFAULT NULL"),
                   TABLE_OF("t", "  `b` date DEFAULT NULL"), NULL);
}

int run_drift_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_as_it_was_is_no_drift),
        cmocka_unit_test(what_came_went_and_changed_is_found),
        cmocka_unit_test(the_last_change_of_an_object_counts),
        cmocka_unit_test(an_undecided_change_makes_its_objects_wait),
        cmocka_unit_test(what_a_later_change_rests_on_is_named),
        cmocka_unit_test(an_image_that_is_not_known_is_taken_from_now),
        cmocka_unit_test(a_view_that_broke_is_a_note),
        cmocka_unit_test(a_definer_alone_is_no_drift),
        cmocka_unit_test(what_a_rename_takes_along_is_no_drift),
        cmocka_unit_test(the_order_of_triggers_counts),
        cmocka_unit_test(a_trigger_of_a_table_that_waits_waits_too),
        cmocka_unit_test(what_was_found_can_be_written_there_and_back),
        cmocka_unit_test(what_may_have_been_a_rename_is_said),
    };
    return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
