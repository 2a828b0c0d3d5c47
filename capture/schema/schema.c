/* schema: see schema.h. One index of names for each kind of object; where the case of letters
 * counts, equal names are chained. */
#include "schema/schema.h"

#include <stdbool.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/name_index.h"

struct schema {
    struct definition *definitions;
    size_t *next; /* for each: the one of the same name but for the case of letters, or none */
    size_t count;
    size_t capacity;
    struct name_index by_name[OBJECT_TYPE_COUNT];
};

struct schema *schema_new(void)
{
    return memory_new(1, sizeof(struct schema));
}

void schema_release(struct schema *schema)
{
    if (schema == NULL)
        return;
    for (size_t i = 0; i < OBJECT_TYPE_COUNT; i++)
        name_index_release(&schema->by_name[i]);
    free(schema->definitions);
    free(schema->next);
    free(schema);
}

bool schema_is_table_like(enum object_type type)
{
    return type == OBJECT_TABLE || type == OBJECT_VIEW || type == OBJECT_SEQUENCE;
}

static bool same_name(enum object_type type, struct slice a, struct slice b)
{
    return schema_is_table_like(type) || type == OBJECT_TRIGGER ? slice_equal(a, b)
                                                                : slice_equal_nocase(a, b);
}

size_t schema_find_index(const struct schema *schema, enum object_type type, struct slice home,
                         struct slice name)
{
    size_t at = name_index_find(&schema->by_name[type], name);

    for (; at != NAME_INDEX_NONE; at = schema->next[at]) {
        const struct definition *found = &schema->definitions[at];
        if (same_name(type, found->name, name) && slice_equal_nocase(found->home, home))
            return at;
    }
    return NAME_INDEX_NONE;
}

const struct definition *schema_find(const struct schema *schema, enum object_type type,
                                     struct slice home, struct slice name)
{
    size_t at = schema_find_index(schema, type, home, name);

    return at == NAME_INDEX_NONE ? NULL : &schema->definitions[at];
}

static void append(struct schema *schema, const struct definition *definition)
{
    if (schema->count == schema->capacity) {
        schema->capacity = schema->capacity == 0 ? 16 : 2 * schema->capacity;
        schema->definitions =
            memory_resize(schema->definitions, schema->capacity, sizeof(*schema->definitions));
        schema->next = memory_resize(schema->next, schema->capacity, sizeof(*schema->next));
    }
    schema->definitions[schema->count] = *definition;
    schema->next[schema->count++] = NAME_INDEX_NONE;
}

void schema_add(struct schema *schema, const struct definition *definition)
{
    struct name_index *by_name = &schema->by_name[definition->type];
    size_t first = name_index_find(by_name, definition->name), added = schema->count;

    if (schema_find(schema, definition->type, definition->home, definition->name) != NULL)
        return;
    append(schema, definition);
    if (first == NAME_INDEX_NONE) {
        name_index_add(by_name, definition->name, added);
    } else {
        schema->next[added] = schema->next[first];
        schema->next[first] = added;
    }
}

size_t schema_count(const struct schema *schema)
{
    return schema->count;
}

const struct definition *schema_at(const struct schema *schema, size_t index)
{
    return &schema->definitions[index];
}
