/* likeness: see likeness.h. Objects of the other schema are found by kind and name in an index. */
#include "schema/likeness.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "schema/context.h"
#include "schema/cosmetic.h"
#include "schema/name_index.h"
#include "schema/printed.h"
#include "schema/trigger.h"
#include "sql/dormant.h"
#include "sql/portable.h"

static struct dialect dialect_of(const struct catalog_object *object,
                                 const struct likeness_options *options)
{
    struct dialect dialect = options->dialect;
    struct slice sql_mode = context_value(slice_from(object->context), "sql_mode");
    dialect_set_sql_mode(&dialect, slice_is_none(sql_mode) ? SLICE("") : sql_mode);
    return dialect;
}

/* CREATE DATABASE `name`: the name is that of the place. */
static void write_without_name(struct slice text, struct buffer *out)
{
    const struct slice head = SLICE("CREATE DATABASE ");
    struct slice name = slice_starts_with(text, head) ? printed_name(text, head.len) : SLICE_NONE;
    if (!slice_is_none(name))
        text = slice_from_offset(text, head.len + name.len);
    buffer_append_slice(out, text);
}

/* MariaDB writes the table's name in backquotes once the table was renamed, and keeps them for ever. */
static void write_trigger(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct trigger trigger;
    struct buffer name = BUFFER_INIT, quoted = BUFFER_INIT;
    if (trigger_read(text, dialect, &trigger)) {
        trigger_table_name(&trigger, dialect, &name);
        printed_quote(buffer_slice(&name), &quoted);
        trigger_write_moved(&trigger, buffer_slice(&quoted), out);
    } else {
        buffer_append_slice(out, text);
    }
    buffer_release(&name);
    buffer_release(&quoted);
}

static void write_comparable(const struct catalog_object *object,
                             const struct likeness_options *options, struct buffer *out)
{
    struct dialect dialect = dialect_of(object, options);
    const struct portable_options portable = {.keep_definer = options->keep_definer};
    struct buffer text = BUFFER_INIT;
    switch (object->type) {
    case OBJECT_TABLE:
    case OBJECT_SEQUENCE:
        buffer_append_text(out, object->text);
        break;
    case OBJECT_DATABASE:
        write_without_name(slice_from(object->text), out);
        break;
    case OBJECT_EVENT:
        portable_write(slice_from(object->text), &dialect, &portable, &text);
        dormant_write_image(buffer_slice(&text), &dialect, out);
        break;
    case OBJECT_TRIGGER:
        portable_write(slice_from(object->text), &dialect, &portable, &text);
        write_trigger(buffer_slice(&text), &dialect, out);
        break;
    default:
        portable_write(slice_from(object->text), &dialect, &portable, out);
        break;
    }
    buffer_release(&text);
}

enum likeness likeness_of(const struct catalog_object *a, const struct catalog_object *b,
                          const struct likeness_options *options)
{
    struct buffer x = BUFFER_INIT, y = BUFFER_INIT;
    enum likeness likeness = LIKENESS_DIFFERENT;
    if (a == NULL || b == NULL)
        return a == b ? LIKENESS_SAME : LIKENESS_DIFFERENT;
    if (a->text == NULL || b->text == NULL)
        return LIKENESS_UNKNOWN;
    write_comparable(a, options, &x);
    write_comparable(b, options, &y);
    if (!slice_equal(slice_from(a->context), slice_from(b->context)))
        likeness = LIKENESS_DIFFERENT;
    else if (slice_equal(buffer_slice(&x), buffer_slice(&y)))
        likeness = LIKENESS_SAME;
    else if (cosmetic_same(a->type, buffer_slice(&x), buffer_slice(&y)))
        likeness = LIKENESS_ALIKE;
    buffer_release(&x);
    buffer_release(&y);
    return likeness;
}

/* --- whole schemas ------------------------------------------------------------------------------ */

/* Objects by "type name"; names of routines and events are the same whatever their case. */
struct lookup {
    const struct catalog *catalog;
    struct name_index index;
    char **keys;
};

static char *key_of(const struct catalog_object *object)
{
    struct buffer key = BUFFER_INIT;
    bool database = object->type == OBJECT_DATABASE;
    buffer_printf(&key, "%s %s", object_type_text(object->type), database ? "" : object->name);
    return buffer_detach(&key);
}

static void lookup_open(struct lookup *lookup, const struct catalog *catalog)
{
    *lookup = (struct lookup){.catalog = catalog,
                              .index = NAME_INDEX_INIT,
                              .keys = memory_new(catalog->count + 1, sizeof *lookup->keys)};
    for (size_t i = 0; i < catalog->count; i++) {
        lookup->keys[i] = key_of(&catalog->objects[i]);
        name_index_add(&lookup->index, slice_from(lookup->keys[i]), i);
    }
}

static void lookup_close(struct lookup *lookup)
{
    for (size_t i = 0; i < lookup->catalog->count; i++)
        free(lookup->keys[i]);
    free(lookup->keys);
    name_index_release(&lookup->index);
}

/* The index does not tell the case of letters; tables `a` and `A` may stand beside each other. */
static const struct catalog_object *lookup_find(const struct lookup *lookup,
                                                const struct catalog_object *object)
{
    char *key = key_of(object);
    size_t at = name_index_find(&lookup->index, slice_from(key));
    if (at != NAME_INDEX_NONE && strcmp(lookup->keys[at], key) != 0) {
        size_t first = at;
        for (at = first; at < lookup->catalog->count && strcmp(lookup->keys[at], key) != 0;)
            at++;
        at = at == lookup->catalog->count ? NAME_INDEX_NONE : at;
    }
    free(key);
    return at == NAME_INDEX_NONE ? NULL : &lookup->catalog->objects[at];
}

/* Table, time and event of a trigger, as one text; "" when it is not understood. */
static void write_place(const struct catalog_object *object, const struct likeness_options *options,
                        struct buffer *out)
{
    struct dialect dialect = dialect_of(object, options);
    struct trigger trigger;
    if (object->text == NULL || !trigger_read(slice_from(object->text), &dialect, &trigger))
        return;
    trigger_table_name(&trigger, &dialect, out);
    buffer_printf(out, " %.*s %.*s", (int)trigger.timing.len, trigger.timing.ptr,
                  (int)trigger.event.len, trigger.event.ptr);
}

/* The trigger that fires right before object i; NULL when it is the first of its table. */
static const struct catalog_object *trigger_before(const struct catalog *catalog,
                                                   const struct catalog_object *object,
                                                   const struct likeness_options *options)
{
    struct buffer place = BUFFER_INIT, other = BUFFER_INIT;
    const struct catalog_object *found = NULL;
    write_place(object, options, &place);
    for (const struct catalog_object *at = object; at > catalog->objects && place.len > 0;) {
        at--;
        if (at->type != OBJECT_TRIGGER)
            break;
        buffer_clear(&other);
        write_place(at, options, &other);
        if (slice_equal_nocase(buffer_slice(&place), buffer_slice(&other)))
            found = at;
        break;
    }
    buffer_release(&place);
    buffer_release(&other);
    return found;
}

static bool same_place(const struct catalog *a, const struct catalog_object *in_a,
                       const struct catalog *b, const struct catalog_object *in_b,
                       const struct likeness_options *options)
{
    const struct catalog_object *x = trigger_before(a, in_a, options);
    const struct catalog_object *y = trigger_before(b, in_b, options);
    return x == NULL || y == NULL ? x == y : strcmp(x->name, y->name) == 0;
}

void likeness_compare(const struct catalog *a, const struct catalog *b,
                      const struct likeness_options *options,
                      void (*found)(void *argument, const struct catalog_object *a,
                                    const struct catalog_object *b, enum likeness likeness),
                      void *argument)
{
    struct lookup in_a, in_b;
    lookup_open(&in_a, a);
    lookup_open(&in_b, b);
    for (size_t i = 0; i < b->count; i++) {
        const struct catalog_object *object = &b->objects[i], *other = lookup_find(&in_a, object);
        enum likeness likeness = likeness_of(other, object, options);
        if (likeness == LIKENESS_SAME && object->type == OBJECT_TRIGGER &&
            !same_place(a, other, b, object, options))
            likeness = LIKENESS_DIFFERENT;
        if (likeness != LIKENESS_SAME)
            found(argument, other, object, likeness);
    }
    for (size_t i = 0; i < a->count; i++) {
        if (lookup_find(&in_b, &a->objects[i]) == NULL)
            found(argument, &a->objects[i], NULL, LIKENESS_DIFFERENT);
    }
    lookup_close(&in_a);
    lookup_close(&in_b);
}
