/* catalog: see catalog.h. */
#include "schema/catalog.h"

#include <stdlib.h>

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
