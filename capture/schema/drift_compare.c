/* drift_compare: what is known against what is there. See drift.h.
 *
 * Triggers are compared by the table and the instant at which they fire, since their order counts:
 *
 *     known  a b c      live  b a d c        a goes, b, a comes, d comes, c
 */
#include <ctype.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/context.h"
#include "schema/drift_internal.h"
#include "schema/printed.h"
#include "schema/trigger.h"
#include "schema/version_table.h"

enum verdict {
    SAME,
    DIFFERS,
    PASSED /* it cannot be told, and was said */
};

/* The two sides of one object; either may be NULL. */
struct side_by_side {
    struct drift_entry *entry;
    const struct catalog_object *live;
};

static const struct image absent = {IMAGE_ABSENT, {NULL, 0}, {NULL, 0}};

static struct image image_before(const struct side_by_side *sides)
{
    return sides->entry == NULL ? absent : drift_entry_image(sides->entry);
}

static struct image image_after(const struct side_by_side *sides)
{
    const struct catalog_object *live = sides->live;

    if (live == NULL)
        return absent;
    return (struct image){live->text == NULL ? IMAGE_UNKNOWN : IMAGE_PRESENT,
                          slice_from(live->text), slice_from(live->context)};
}

static enum object_type type_of(const struct side_by_side *sides)
{
    return sides->live != NULL ? sides->live->type : sides->entry->type;
}

static const char *name_of(const struct side_by_side *sides)
{
    return sides->live != NULL ? sides->live->name : sides->entry->name;
}

/* --- one object --------------------------------------------------------------------------------- */

static bool waits(const struct drift *drift, const struct side_by_side *sides)
{
    const struct image before = image_before(sides), after = image_after(sides);

    for (size_t i = 0; i < drift->undecided_count; i++) {
        struct slice name = slice_from(drift->undecided[i]);
        if (slice_equal_nocase(name, slice_from(name_of(sides))) ||
            (before.state == IMAGE_PRESENT && printed_mentions(before.text, name)) ||
            (after.state == IMAGE_PRESENT && printed_mentions(after.text, name)))
            return true;
    }
    return false;
}

/* An event that was to happen once, or until some day, is dropped or disabled by the server. */
static bool may_have_ended(const struct image *before, const struct image *after)
{
    static const char enabled[] = "ON COMPLETION PRESERVE ENABLE";
    static const char disabled[] = "ON COMPLETION PRESERVE DISABLE";
    bool ends = printed_find(before->text, "AT") != PRINTED_NOWHERE ||
                printed_find(before->text, "ENDS") != PRINTED_NOWHERE;

    if (!ends)
        return false;
    if (after->state == IMAGE_ABSENT)
        return printed_find(before->text, "ON COMPLETION NOT PRESERVE") != PRINTED_NOWHERE;
    size_t at = printed_find(before->text, enabled);
    return at != PRINTED_NOWHERE && printed_find(after->text, disabled) == at &&
           slice_equal(slice_from_offset(before->text, at + sizeof(enabled) - 1),
                       slice_from_offset(after->text, at + sizeof(disabled) - 1));
}

static enum verdict pass(struct buffer *out, const struct side_by_side *sides, const char *why)
{
    buffer_printf(out, "%s `%s`%s\n", object_type_text(type_of(sides)), name_of(sides), why);
    return PASSED;
}

static enum verdict pass_waiting(struct drift *drift, const struct side_by_side *sides)
{
    return pass(&drift->waiting, sides, " waits for a change whose outcome is not known yet.");
}

static enum verdict pass_unread(struct drift *drift, const struct side_by_side *sides)
{
    drift->incomplete = true;
    buffer_printf(&drift->notes, "%s `%s` is not compared: %s.\n", object_type_text(type_of(sides)),
                  name_of(sides),
                  sides->live->why == NULL ? "its definition is not known" : sides->live->why);
    return PASSED;
}

/* Of those that differ: is it somebody's doing? */
static enum verdict judge_difference(struct drift *drift, const struct side_by_side *sides,
                                     const struct image *before, const struct image *after)
{
    const struct drift_options *options = &drift->options;

    if (waits(drift, sides))
        return pass_waiting(drift, sides);
    if (type_of(sides) == OBJECT_EVENT && before->state == IMAGE_PRESENT &&
        may_have_ended(before, after))
        return pass(&drift->notes, sides, " has come to its end: the server did that.");
    if (type_of(sides) == OBJECT_VIEW && before->state == after->state &&
        options->view_is_broken != NULL && !drift_same_but_for_definer(drift, before, after) &&
        options->view_is_broken(options->argument, slice_from(name_of(sides))))
        return pass(&drift->notes, sides,
                    " is not compared: what it selects from is gone, and servers print it in "
                    "another way then.");
    return DIFFERS;
}

static enum verdict judge(struct drift *drift, const struct side_by_side *sides)
{
    const struct image before = image_before(sides), after = image_after(sides);

    if (version_table_is(drift->version_table, type_of(sides), name_of(sides)))
        return SAME;
    if (after.state == IMAGE_UNKNOWN)
        return waits(drift, sides) ? pass_waiting(drift, sides) : pass_unread(drift, sides);
    if (before.state == IMAGE_UNKNOWN)
        return after.state == IMAGE_ABSENT
                   ? SAME
                   : pass(&drift->notes, sides,
                          " is taken as it is: its definition is not known from before.");
    return drift_same(drift, type_of(sides), &before, &after)
               ? SAME
               : judge_difference(drift, sides, &before, &after);
}

static void add_object(struct drift *drift, const struct side_by_side *sides, struct image before,
                       struct image after)
{
    if (drift->object_count == drift->object_capacity) {
        drift->object_capacity = drift->object_capacity * 2 + 16;
        drift->objects =
            memory_resize(drift->objects, drift->object_capacity, sizeof(*drift->objects));
    }
    drift->objects[drift->object_count++] =
        (struct change_object){.type = type_of(sides),
                               .role = ROLE_TARGET,
                               .schema = drift->options.schema,
                               .name = slice_from(name_of(sides)),
                               .before = before,
                               .after = after};
}

static void compare_object(struct drift *drift, const struct side_by_side *sides)
{
    if (judge(drift, sides) == DIFFERS)
        add_object(drift, sides, image_before(sides), image_after(sides));
}

static void compare_plain(struct drift *drift, const struct catalog *live)
{
    for (size_t i = 0; i < live->count; i++) {
        const struct catalog_object *object = &live->objects[i];
        const struct side_by_side sides = {
            drift_entry_find(drift, object->type, slice_from(object->name)), object};
        if (sides.entry != NULL)
            sides.entry->met = true;
        if (object->type != OBJECT_TRIGGER)
            compare_object(drift, &sides);
    }
    for (size_t i = 0; i < drift->count; i++) {
        const struct side_by_side sides = {&drift->entries[i], NULL};
        if (!drift->entries[i].met && drift->entries[i].type != OBJECT_TRIGGER)
            compare_object(drift, &sides);
    }
}

/* --- triggers ----------------------------------------------------------------------------------- */

/* One trigger on one side: the other side's image belongs to it where both are in the same group. */
struct member {
    struct side_by_side sides;
    char *group; /* table, timing, event */
    bool done;
};

struct members {
    struct member *known, *live;
    size_t known_count, live_count;
};

static char *write_group(const struct drift *drift, struct slice text, struct slice context)
{
    struct dialect dialect = drift->options.dialect;
    struct trigger trigger;
    struct buffer out = BUFFER_INIT;

    dialect_set_sql_mode(&dialect, context_value(context, "sql_mode"));
    if (slice_is_none(text) || !trigger_read(text, &dialect, &trigger))
        return memory_copy_text("");
    buffer_printf(&out, "%c%c ", toupper((unsigned char)trigger.timing.ptr[0]),
                  toupper((unsigned char)trigger.event.ptr[0]));
    trigger_table_name(&trigger, &dialect, &out);
    return buffer_detach(&out);
}

static int by_place(const void *a, const void *b)
{
    const struct member *first = a, *second = b;

    return first->sides.entry->place < second->sides.entry->place ? -1 : 1;
}

static void collect(struct drift *drift, const struct catalog *live, struct members *members)
{
    members->known = memory_new(drift->count + 1, sizeof(struct member));
    members->live = memory_new(live->count + 1, sizeof(struct member));
    for (size_t i = 0; i < drift->count; i++) {
        struct drift_entry *entry = &drift->entries[i];
        if (entry->type == OBJECT_TRIGGER && entry->state != IMAGE_ABSENT)
            members->known[members->known_count++] = (struct member){
                {entry, NULL},
                write_group(drift, slice_from(entry->text), slice_from(entry->context)),
                false};
    }
    for (size_t i = 0; i < live->count; i++) {
        const struct catalog_object *object = &live->objects[i];
        if (object->type == OBJECT_TRIGGER)
            members->live[members->live_count++] = (struct member){
                {NULL, object},
                write_group(drift, slice_from(object->text), slice_from(object->context)),
                false};
    }
    if (members->known_count > 1)
        qsort(members->known, members->known_count, sizeof(struct member), by_place);
}

/* Each gets the other side that has its name, whatever the group. */
static void pair_members(struct drift *drift, struct members *members)
{
    for (size_t i = 0; i < members->live_count; i++) {
        struct member *live = &members->live[i];
        live->sides.entry =
            drift_entry_find(drift, OBJECT_TRIGGER, slice_from(live->sides.live->name));
        for (size_t j = 0; j < members->known_count; j++) {
            if (members->known[j].sides.entry == live->sides.entry)
                members->known[j].sides.live = live->sides.live;
        }
    }
}

static bool in_group(const struct member *member, const char *group)
{
    return strcmp(member->group, group) == 0;
}

/* Is the trigger of this name in the group on the other side too? */
static bool on_both_sides(const struct members *members, const struct member *member)
{
    for (size_t i = 0; i < members->known_count; i++) {
        if (members->known[i].sides.entry == member->sides.entry)
            for (size_t j = 0; j < members->live_count; j++) {
                if (members->live[j].sides.live == member->sides.live)
                    return strcmp(members->known[i].group, members->live[j].group) == 0;
            }
    }
    return false;
}

/* The next of the group that is not done, from *at on; NULL: none. */
static struct member *next_member(struct member *list, size_t count, const char *group, size_t *at)
{
    for (; *at < count; (*at)++) {
        if (in_group(&list[*at], group) && !list[*at].done)
            return &list[*at];
    }
    return NULL;
}

static struct member *find_known(const struct members *members, const struct drift_entry *entry)
{
    for (size_t i = 0; i < members->known_count; i++) {
        if (members->known[i].sides.entry == entry)
            return &members->known[i];
    }
    return NULL;
}

/* One step of the merge: a goes, b comes, or both are one. ordered: the order on the known side counts. */
static bool merge_step(struct drift *drift, struct members *members, struct member *known,
                       struct member *live, bool ordered)
{
    if (live == NULL || (known != NULL && !on_both_sides(members, known))) {
        known->done = true;
        add_object(drift, &known->sides, image_before(&known->sides), absent);
        return true;
    }
    bool both = on_both_sides(members, live);
    struct member *same = both ? find_known(members, live->sides.entry) : NULL;
    if (both && !same->done && (same == known || !ordered)) {
        const struct image before = image_before(&live->sides), after = image_after(&live->sides);
        same->done = live->done = true;
        add_object(drift, &live->sides, before, after);
        return !drift_same(drift, OBJECT_TRIGGER, &before, &after);
    }
    if (both && !same->done) { /* others stand before it: they move behind */
        known->done = true;
        add_object(drift, &known->sides, image_before(&known->sides), absent);
        return true;
    }
    live->done = true;
    add_object(drift, &live->sides, absent, image_after(&live->sides));
    return true;
}

static bool can_compare(const struct drift *drift, const struct side_by_side *sides)
{
    const struct image before = image_before(sides), after = image_after(sides);

    return before.state != IMAGE_UNKNOWN && after.state != IMAGE_UNKNOWN &&
           (drift_same(drift, OBJECT_TRIGGER, &before, &after) || !waits(drift, sides));
}

/* Can each trigger of the group be compared, and does its place among the others say something? */
static bool judge_group(struct drift *drift, struct members *members, const char *group,
                        bool *ordered)
{
    bool comparable = true;

    *ordered = true;
    for (size_t i = 0; i < members->known_count; i++) {
        if (!in_group(&members->known[i], group))
            continue;
        *ordered = *ordered && !members->known[i].sides.entry->unplaced;
        comparable = judge(drift, &members->known[i].sides) != PASSED && comparable;
    }
    for (size_t i = 0; i < members->live_count; i++) {
        const struct side_by_side *sides = &members->live[i].sides;
        bool known = sides->entry != NULL && sides->entry->state != IMAGE_ABSENT;
        if (!in_group(&members->live[i], group))
            continue;
        /* One that is known is judged, and spoken of, in the group that it is known in. */
        comparable =
            (known ? can_compare(drift, sides) : judge(drift, sides) != PASSED) && comparable;
    }
    return comparable;
}

static void compare_group(struct drift *drift, struct members *members, const char *group)
{
    size_t first = drift->object_count, known_at = 0, live_at = 0;
    bool ordered, differs = false;
    bool comparable = judge_group(drift, members, group, &ordered);

    for (;;) {
        struct member *known = next_member(members->known, members->known_count, group, &known_at);
        struct member *live = next_member(members->live, members->live_count, group, &live_at);
        if (known == NULL && live == NULL)
            break;
        differs = merge_step(drift, members, known, live, ordered) || differs;
    }
    if (!differs || !comparable)
        drift->object_count = first;
}

static void compare_triggers(struct drift *drift, const struct catalog *live)
{
    struct members members = {0};

    collect(drift, live, &members);
    pair_members(drift, &members);
    for (size_t i = 0; i < members.known_count; i++) {
        if (!members.known[i].done)
            compare_group(drift, &members, members.known[i].group);
    }
    for (size_t i = 0; i < members.live_count; i++) {
        if (!members.live[i].done)
            compare_group(drift, &members, members.live[i].group);
    }
    for (size_t i = 0; i < members.known_count; i++)
        free(members.known[i].group);
    for (size_t i = 0; i < members.live_count; i++)
        free(members.live[i].group);
    free(members.known);
    free(members.live);
}

/* --- all of it ---------------------------------------------------------------------------------- */

static void write_hidden(struct drift *drift)
{
    for (size_t i = 0; i < drift->gap_count; i++) {
        const struct drift_gap *gap = &drift->gaps[i];
        if (!gap->since_baseline || !drift->entries[gap->entry].committed)
            buffer_append_text(&drift->hidden, gap->text);
    }
}

/* A single object has its own words. */
static void name_change(struct drift *drift)
{
    const struct change_object *object = drift->objects;
    struct change *change = &drift->change;

    *change = (struct change){.verb = DDL_ALTER,
                              .noun = CHANGE_NOUN_SCAN,
                              .objects = drift->objects,
                              .object_count = drift->object_count,
                              .mariadb = drift->options.dialect.mariadb,
                              .version = drift->options.dialect.version,
                              .development_schema = drift->options.schema};
    if (drift->object_count != 1)
        return;
    change->noun = object_type_text(object->type);
    change->verb = object->before.state == IMAGE_ABSENT  ? DDL_CREATE
                   : object->after.state == IMAGE_ABSENT ? DDL_DROP
                                                         : DDL_ALTER;
}

void drift_compare(struct drift *drift, const struct catalog *live)
{
    compare_plain(drift, live);
    compare_triggers(drift, live);
    write_hidden(drift);
    name_change(drift);
}

void drift_write_known(const struct drift *drift, const struct catalog *live, struct catalog *known)
{
    for (size_t i = 0; i < live->count; i++) {
        const struct catalog_object *object = &live->objects[i];
        const struct drift_entry *entry =
            drift_entry_find(drift, object->type, slice_from(object->name));
        struct catalog_object *copy = catalog_add(known, object->type, slice_from(object->name));
        bool present = entry != NULL && entry->state == IMAGE_PRESENT;
        copy->text = memory_copy_text(present ? entry->text : object->text);
        copy->context = memory_copy_text(present ? entry->context : object->context);
    }
}

const struct change *drift_found(const struct drift *drift)
{
    return &drift->change;
}

static struct slice lines_of(const struct buffer *buffer)
{
    return buffer->len == 0 ? SLICE("") : buffer_slice(buffer);
}

struct slice drift_notes(const struct drift *drift)
{
    return lines_of(&drift->notes);
}

struct slice drift_waiting(const struct drift *drift)
{
    return lines_of(&drift->waiting);
}

struct slice drift_hidden(const struct drift *drift)
{
    return lines_of(&drift->hidden);
}

bool drift_incomplete(const struct drift *drift)
{
    return drift->incomplete;
}
