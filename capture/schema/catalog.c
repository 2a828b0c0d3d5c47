/* catalog: see catalog.h. */
#include "schema/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

struct catalog_object *catalog_add(struct catalog *catalog, enum object_type type,
                                   struct slice name)
{
    if (catalog->count == catalog->capacity) {
        catalog->capacity = catalog->capacity * 2 + 16;
        catalog->objects =
            memory_resize(catalog->objects, catalog->capacity, sizeof(*catalog->objects));
    }
    struct catalog_object *object = &catalog->objects[catalog->count++];
    *object = (struct catalog_object){.type = type, .name = memory_copy_slice(name)};
    return object;
}

void catalog_add_copy(struct catalog *catalog, const struct catalog_object *object)
{
    struct catalog_object *copy = catalog_add(catalog, object->type, slice_from(object->name));
    copy->text = memory_copy_text(object->text);
    copy->context = memory_copy_text(object->context);
    copy->why = memory_copy_text(object->why);
}

static void release_object(struct catalog_object *object)
{
    free(object->name);
    free(object->text);
    free(object->context);
    free(object->why);
}

static bool same_space(enum object_type a, enum object_type b)
{
    return a == b || (schema_is_table_like(a) && schema_is_table_like(b));
}

void catalog_remove(struct catalog *catalog, enum object_type type, struct slice name)
{
    size_t kept = 0;

    for (size_t i = 0; i < catalog->count; i++) {
        struct catalog_object *object = &catalog->objects[i];
        if (same_space(object->type, type) && slice_equal(slice_from(object->name), name))
            release_object(object);
        else
            catalog->objects[kept++] = *object;
    }
    catalog->count = kept;
}

void catalog_remove_type(struct catalog *catalog, enum object_type type)
{
    size_t kept = 0;

    for (size_t i = 0; i < catalog->count; i++) {
        if (catalog->objects[i].type == type)
            release_object(&catalog->objects[i]);
        else
            catalog->objects[kept++] = catalog->objects[i];
    }
    catalog->count = kept;
}

void catalog_release(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        release_object(&catalog->objects[i]);
    free(catalog->objects);
    *catalog = CATALOG_INIT;
}

size_t catalog_count(const struct catalog *catalog, enum object_type type)
{
    size_t count = 0;

    for (size_t i = 0; i < catalog->count; i++)
        count += catalog->objects[i].type == type;
    return count;
}

struct schema *catalog_schema(const struct catalog *catalog)
{
    struct schema *schema = schema_new();

    for (size_t i = 0; i < catalog->count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        const struct definition definition = {.type = object->type,
                                              .name = slice_from(object->name),
                                              .text = slice_from(object->text),
                                              .context = slice_from(object->context)};
        if (object->text != NULL)
            schema_add(schema, &definition);
    }
    return schema;
}

static struct catalog_object *find(struct catalog *catalog, enum object_type type,
                                   struct slice name)
{
    for (size_t i = 0; i < catalog->count; i++) {
        struct catalog_object *object = &catalog->objects[i];
        bool named = type == OBJECT_DATABASE || slice_equal(slice_from(object->name), name);
        if (object->type == type && named)
            return object;
    }
    return NULL;
}

static void put(struct catalog *catalog, const struct definition *definition)
{
    struct catalog_object *object = find(catalog, definition->type, definition->name);

    if (object == NULL)
        object = catalog_add(catalog, definition->type, definition->name);
    free(object->text);
    free(object->context);
    free(object->why);
    object->text = memory_copy_slice(definition->text);
    object->context = memory_copy_slice(definition->context);
    object->why = NULL;
}

void catalog_overlay(struct catalog *catalog, const struct schema *before,
                     const struct schema *after)
{
    for (size_t i = 0; i < schema_count(before); i++) {
        const struct definition *gone = schema_at(before, i);
        if (gone->home.len == 0 && gone->type != OBJECT_DATABASE &&
            schema_find(after, gone->type, SLICE_NONE, gone->name) == NULL)
            catalog_remove(catalog, gone->type, gone->name);
    }
    for (size_t i = 0; i < schema_count(after); i++) {
        if (schema_at(after, i)->home.len == 0)
            put(catalog, schema_at(after, i));
    }
}

void catalog_order_triggers(struct catalog *catalog, const char *const *names, size_t count)
{
    size_t place = 0;

    for (size_t i = 0; i < count; i++) {
        struct catalog_object *trigger = find(catalog, OBJECT_TRIGGER, slice_from(names[i]));
        if (trigger == NULL)
            continue;
        struct catalog_object moved = *trigger;
        size_t at = (size_t)(trigger - catalog->objects);
        memmove(trigger, trigger + 1, (catalog->count - at - 1) * sizeof(*trigger));
        memmove(catalog->objects + place + 1, catalog->objects + place,
                (catalog->count - 1 - place) * sizeof(*trigger));
        catalog->objects[place++] = moved;
    }
}
