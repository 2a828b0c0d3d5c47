/* drift: see drift.h. Here is what is known: one entry for each name that ever was. */
#include "schema/drift.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/context.h"
#include "schema/cosmetic.h"
#include "schema/describe.h"
#include "schema/drift_internal.h"
#include "schema/net.h"
#include "schema/printed.h"
#include "sql/portable.h"

struct drift *drift_new(const struct drift_options *options)
{
    struct drift *drift = memory_new(1, sizeof(*drift));

    drift->options = *options;
    drift->version_table = memory_copy_text(options->version_table);
    return drift;
}

void drift_release(struct drift *drift)
{
    if (drift == NULL)
        return;
    for (size_t i = 0; i < drift->count; i++) {
        free(drift->entries[i].key);
        free(drift->entries[i].text);
        free(drift->entries[i].context);
    }
    for (size_t i = 0; i < drift->undecided_count; i++)
        free(drift->undecided[i]);
    for (size_t i = 0; i < drift->gap_count; i++)
        free(drift->gaps[i].text);
    name_index_release(&drift->index);
    free(drift->entries);
    free(drift->undecided);
    free(drift->gaps);
    free(drift->objects);
    free(drift->version_table);
    buffer_release(&drift->notes);
    buffer_release(&drift->waiting);
    buffer_release(&drift->hidden);
    free(drift);
}

/* --- entries ------------------------------------------------------------------------------------ */

static void write_key(enum object_type type, struct slice name, struct buffer *out)
{
    /* of a database only the defaults are told, under whichever name */
    buffer_printf(out, "%d ", (int)type);
    buffer_append_slice(out, type == OBJECT_DATABASE ? SLICE("") : name);
}

static bool is_same_name(const struct drift *drift, const struct drift_entry *entry,
                         enum object_type type, struct slice name)
{
    bool by_case = schema_is_table_like(type) || type == OBJECT_TRIGGER;

    if (entry->type != type)
        return false;
    if (type == OBJECT_DATABASE || !by_case || drift->options.names_nocase)
        return type == OBJECT_DATABASE || slice_equal_nocase(slice_from(entry->name), name);
    return slice_equal(slice_from(entry->name), name);
}

struct drift_entry *drift_entry_find(const struct drift *drift, enum object_type type,
                                     struct slice name)
{
    struct buffer key = BUFFER_INIT;

    write_key(type, name, &key);
    size_t index = name_index_find(&drift->index, buffer_slice(&key));
    buffer_release(&key);
    if (index == NAME_INDEX_NONE)
        return NULL;
    /* The index knows no case: of two names that differ in it alone it finds the first. */
    for (; index < drift->count; index++) {
        if (is_same_name(drift, &drift->entries[index], type, name))
            return &drift->entries[index];
    }
    return NULL;
}

static struct drift_entry *add_entry(struct drift *drift, enum object_type type, struct slice name)
{
    struct buffer key = BUFFER_INIT;

    if (drift->count == drift->capacity) {
        drift->capacity = drift->capacity * 2 + 64;
        drift->entries = memory_resize(drift->entries, drift->capacity, sizeof(*drift->entries));
    }
    struct drift_entry *entry = &drift->entries[drift->count];
    write_key(type, name, &key);
    size_t head = key.len - (type == OBJECT_DATABASE ? 0 : name.len);
    *entry = (struct drift_entry){.type = type, .state = IMAGE_ABSENT, .key = buffer_detach(&key)};
    entry->name = entry->key + head;
    name_index_add(&drift->index, slice_from(entry->key), drift->count++);
    return entry;
}

struct image drift_entry_image(const struct drift_entry *entry)
{
    return (struct image){entry->state, slice_from(entry->text), slice_from(entry->context)};
}

static void set_image(struct drift *drift, struct drift_entry *entry, const struct image *image)
{
    char *text = memory_copy_slice(image->text), *context = memory_copy_slice(image->context);

    if (entry->state != IMAGE_PRESENT && image->state == IMAGE_PRESENT)
        entry->place = ++drift->places;
    free(entry->text);
    free(entry->context);
    entry->state = image->state;
    entry->text = text;
    entry->context = context;
}

/* --- are two images the same? ------------------------------------------------------------------- */

static bool has_definer(enum object_type type)
{
    return type != OBJECT_TABLE && type != OBJECT_SEQUENCE && type != OBJECT_DATABASE;
}

static void write_without_definer(const struct drift *drift, const struct image *image,
                                  struct buffer *out)
{
    const struct portable_options options = {.keep_definer = false};
    struct dialect dialect = drift->options.dialect;

    dialect_set_sql_mode(&dialect, context_value(image->context, "sql_mode"));
    portable_write(image->text, &dialect, &options, out);
}

bool drift_same_but_for_definer(const struct drift *drift, const struct image *a,
                                const struct image *b)
{
    struct buffer first = BUFFER_INIT, second = BUFFER_INIT;

    write_without_definer(drift, a, &first);
    write_without_definer(drift, b, &second);
    bool same = slice_equal(buffer_slice(&first), buffer_slice(&second));
    buffer_release(&first);
    buffer_release(&second);
    return same;
}

bool drift_same(const struct drift *drift, enum object_type type, const struct image *a,
                const struct image *b)
{
    if (a->state != b->state || a->state != IMAGE_PRESENT)
        return a->state == b->state;
    if (!slice_equal(a->context, b->context))
        return false;
    if (slice_equal(a->text, b->text) || cosmetic_same(type, a->text, b->text))
        return true;
    return !drift->options.keep_definer && has_definer(type) &&
           drift_same_but_for_definer(drift, a, b);
}

/* --- the baseline ------------------------------------------------------------------------------- */

void drift_begin(struct drift *drift, const struct catalog *baseline, int64_t last_change)
{
    for (size_t i = 0; i < baseline->count; i++) {
        const struct catalog_object *object = &baseline->objects[i];
        const struct image image = {object->text == NULL ? IMAGE_UNKNOWN : IMAGE_PRESENT,
                                    slice_from(object->text), slice_from(object->context)};
        struct drift_entry *entry = add_entry(drift, object->type, slice_from(object->name));
        set_image(drift, entry, &image);
        entry->by = last_change;
    }
}

/* --- what a renaming does to others ------------------------------------------------------------- */

static bool is_here(const struct drift *drift, const struct change_object *object)
{
    if (object->role == ROLE_REFERENCE)
        return false;
    return object->type == OBJECT_DATABASE
               ? slice_equal_nocase(object->name, drift->options.schema)
               : slice_is_none(object->schema) ||
                     slice_equal_nocase(object->schema, drift->options.schema);
}

/* Does the change give tables, or columns of them, other names? */
static bool renames_tables(const struct change *change)
{
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        if (object->type == OBJECT_TABLE &&
            (object->role == ROLE_RENAME_FROM ||
             (object->role == ROLE_TARGET && change->rename_count > 0)))
            return true;
    }
    return false;
}

static bool is_own(const struct change *change, const struct drift_entry *entry)
{
    for (size_t i = 0; i < change->object_count; i++) {
        if (change->objects[i].type == entry->type &&
            slice_equal(change->objects[i].name, slice_from(entry->name)))
            return true;
    }
    return false;
}

static bool may_follow(const struct change *change, const struct drift_entry *entry)
{
    if (entry->state != IMAGE_PRESENT || is_own(change, entry) ||
        (entry->type != OBJECT_TABLE && entry->type != OBJECT_TRIGGER))
        return false;
    for (size_t i = 0; i < change->object_count; i++) {
        if (change->objects[i].type == OBJECT_TABLE &&
            printed_mentions(slice_from(entry->text), change->objects[i].name))
            return true;
    }
    return false;
}

/* As a change that changes nothing, so that `net` knows it. */
static void add_bystander(const struct drift *drift, const struct change *change,
                          const struct drift_entry *entry, struct net *net)
{
    const struct image image = drift_entry_image(entry);
    const struct change_object object = {.type = entry->type,
                                         .role = ROLE_TARGET,
                                         .schema = drift->options.schema,
                                         .name = slice_from(entry->name),
                                         .before = image,
                                         .after = image};
    struct change bystander = *change;

    bystander.verb = DDL_ALTER;
    bystander.noun = object_type_text(entry->type);
    bystander.objects = &object;
    bystander.object_count = 1;
    bystander.renames = NULL;
    bystander.rename_count = 0;
    net_add(net, &bystander, 0);
}

static void take_followed(struct drift *drift, const struct change *change, const struct net *net)
{
    for (size_t i = 0; i < drift->count; i++) {
        struct drift_entry *entry = &drift->entries[i];
        if (!may_follow(change, entry))
            continue;
        const struct definition *after =
            schema_find(net_after(net), entry->type, SLICE_NONE, slice_from(entry->name));
        const struct image image = {IMAGE_PRESENT, after == NULL ? SLICE_NONE : after->text,
                                    after == NULL ? SLICE_NONE : after->context};
        if (after != NULL)
            set_image(drift, entry, &image);
    }
}

static void follow(struct drift *drift, const struct change *change)
{
    struct net *net = net_new();
    bool any = false;

    for (size_t i = 0; i < drift->count; i++) {
        if (!may_follow(change, &drift->entries[i]))
            continue;
        add_bystander(drift, change, &drift->entries[i], net);
        any = true;
    }
    if (any) {
        net_add(net, change, 0);
        net_finish(net);
        take_followed(drift, change, net);
    }
    net_release(net);
}

/* --- changes ------------------------------------------------------------------------------------ */

static void add_undecided(struct drift *drift, const struct change *change)
{
    drift->undecided =
        memory_resize(drift->undecided, drift->undecided_count + change->object_count + 1,
                      sizeof(*drift->undecided));
    for (size_t i = 0; i < change->object_count; i++) {
        if (is_here(drift, &change->objects[i]))
            drift->undecided[drift->undecided_count++] = memory_copy_slice(change->objects[i].name);
    }
}

/* Does the statement rest on what the object was before? Else it does not matter what that was. */
static bool rests_on_before(const struct change *change, const struct change_object *object,
                            enum image_state known)
{
    if (known == IMAGE_UNKNOWN || object->before.state == IMAGE_UNKNOWN ||
        object->role == ROLE_RENAME_TO ||
        (object->role == ROLE_RENAME_FROM && object->before.state == IMAGE_ABSENT))
        return false;
    if (known != object->before.state)
        return true;
    bool anew = change->verb == DDL_CREATE && change->noun != NULL &&
                slice_equal(slice_from(change->noun), slice_from(object_type_text(object->type)));
    return object->after.state != IMAGE_ABSENT && object->type != OBJECT_VIEW && !anew;
}

static void write_gap(const struct drift_entry *entry, const struct change *change,
                      const struct change_object *object, int64_t id, struct buffer *out)
{
    struct change_object between = *object;
    struct change outside = *change;
    struct buffer lines = BUFFER_INIT;

    between.role = ROLE_TARGET;
    between.before = drift_entry_image(entry);
    between.after = object->before;
    outside.objects = &between;
    outside.object_count = 1;
    outside.renames = NULL;
    outside.rename_count = 0;
    describe_lines(&outside, &lines);
    for (size_t i = 0; i < lines.len; i++) {
        if (lines.ptr[i] == '\n')
            lines.ptr[i] = i + 1 == lines.len ? ' ' : ';';
    }
    buffer_printf(out,
                  "%s `%s` was changed outside of ddltap before #%" PRId64
                  ", whose draft takes that for given (%.*s): write it into that draft, before its "
                  "statement.\n",
                  object_type_text(entry->type), entry->name, id,
                  (int)(lines.len == 0 ? 0 : lines.len - 1), buffer_text(&lines));
    buffer_release(&lines);
}

static void note_gap(struct drift *drift, const struct drift_entry *entry,
                     const struct change *change, const struct change_object *object, int64_t id)
{
    struct buffer text = BUFFER_INIT;

    write_gap(entry, change, object, id, &text);
    drift->gaps = memory_resize(drift->gaps, drift->gap_count + 1, sizeof(*drift->gaps));
    drift->gaps[drift->gap_count++] = (struct drift_gap){.entry = (size_t)(entry - drift->entries),
                                                         .since_baseline = entry->by == 0,
                                                         .text = buffer_detach(&text)};
}

static void place_trigger(struct drift *drift, struct drift_entry *entry,
                          const struct change *change, const struct drift_change *about,
                          bool was_there)
{
    if (about->lists_order && entry->state == IMAGE_PRESENT) {
        entry->place = ++drift->places;
        entry->unplaced = false;
    } else if (change->verb == DDL_CREATE) {
        entry->unplaced = !about->places_last || was_there;
    }
}

static void take_object(struct drift *drift, const struct change *change,
                        const struct change_object *object, const struct drift_change *about)
{
    struct drift_entry *entry = drift_entry_find(drift, object->type, object->name);

    if (entry == NULL && object->before.state == IMAGE_ABSENT &&
        object->after.state == IMAGE_ABSENT)
        return; /* asked for as another kind of object than it is */
    if (entry == NULL)
        entry = add_entry(drift, object->type, object->name);
    const struct image known = drift_entry_image(entry);
    if (about->chained && rests_on_before(change, object, known.state) &&
        !drift_same(drift, object->type, &known, &object->before))
        note_gap(drift, entry, change, object, about->id);
    bool known_present = known.state == IMAGE_PRESENT;
    set_image(drift, entry, &object->after);
    if (object->type == OBJECT_TRIGGER)
        place_trigger(drift, entry, change, about, known_present);
    entry->by = about->id;
    entry->committed |= about->standing == DRIFT_COMMITTED;
}

void drift_add(struct drift *drift, const struct change *change, const struct drift_change *about)
{
    if (about->standing == DRIFT_UNDECIDED) {
        add_undecided(drift, change);
        return;
    }
    if (change->verb == DDL_TRUNCATE)
        return;
    if (renames_tables(change))
        follow(drift, change);
    for (size_t i = 0; i < change->object_count; i++) {
        if (is_here(drift, &change->objects[i]))
            take_object(drift, change, &change->objects[i], about);
    }
}
