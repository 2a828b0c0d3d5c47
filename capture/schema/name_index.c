/* name_index: see name_index.h. Open addressing; at most half of the places are taken. */
#include "schema/name_index.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "ddltap/memory.h"

struct name_index_entry {
    struct slice name; /* none: free */
    size_t number;
};

/* FNV-1a over the letters without case. */
static size_t hash(struct slice name)
{
    uint64_t value = 14695981039346656037u;

    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c + 32);
        value = (value ^ c) * 1099511628211u;
    }
    return (size_t)(value ^ (value >> 32));
}

/* The entry of that name, or the free one where it belongs. */
static struct name_index_entry *place_of(const struct name_index *index, struct slice name)
{
    size_t at = hash(name) & (index->capacity - 1);

    while (!slice_is_none(index->entries[at].name) &&
           !slice_equal_nocase(index->entries[at].name, name))
        at = (at + 1) & (index->capacity - 1);
    return &index->entries[at];
}

static void grow(struct name_index *index)
{
    struct name_index old = *index;

    index->capacity = old.capacity == 0 ? 16 : 2 * old.capacity;
    index->entries = memory_new(index->capacity, sizeof(*index->entries));
    for (size_t i = 0; i < old.capacity; i++) {
        if (!slice_is_none(old.entries[i].name))
            *place_of(index, old.entries[i].name) = old.entries[i];
    }
    free(old.entries);
}

void name_index_add(struct name_index *index, struct slice name, size_t number)
{
    if (2 * (index->count + 1) > index->capacity)
        grow(index);
    struct name_index_entry *place = place_of(index, name);
    if (!slice_is_none(place->name))
        return;
    *place = (struct name_index_entry){name, number};
    index->count++;
}

size_t name_index_find(const struct name_index *index, struct slice name)
{
    if (index->count == 0)
        return NAME_INDEX_NONE;
    const struct name_index_entry *place = place_of(index, name);
    return slice_is_none(place->name) ? NAME_INDEX_NONE : place->number;
}

void name_index_release(struct name_index *index)
{
    free(index->entries);
    *index = NAME_INDEX_INIT;
}
