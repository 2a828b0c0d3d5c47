/* object_map: see object_map.h. Open addressing; an entry whose number is none keeps its place. */
#include "schema/object_map.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "ddltap/memory.h"

struct object_map_entry {
    enum object_type type;
    char *home; /* NULL: free */
    char *name;
    size_t number;
};

static bool has_case(enum object_type type)
{
    return type == OBJECT_TABLE || type == OBJECT_VIEW || type == OBJECT_SEQUENCE ||
           type == OBJECT_TRIGGER;
}

/* FNV-1a over the letters without case. */
static uint64_t hash_more(uint64_t value, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c + 32);
        value = (value ^ c) * 1099511628211u;
    }
    return (value ^ 0xFF) * 1099511628211u;
}

static bool is_it(const struct object_map_entry *entry, enum object_type type, struct slice home,
                  struct slice name)
{
    bool (*const equal)(struct slice, struct slice) =
        has_case(type) ? slice_equal : slice_equal_nocase;

    return entry->type == type && equal(slice_from(entry->name), name) &&
           equal(slice_from(entry->home), home);
}

/* The entry of that name, or the free one where it belongs. */
static struct object_map_entry *place_of(const struct object_map *map, enum object_type type,
                                         struct slice home, struct slice name)
{
    uint64_t value = hash_more(hash_more(14695981039346656037u + type, home), name);
    size_t at = (size_t)(value ^ (value >> 32)) & (map->capacity - 1);

    while (map->entries[at].home != NULL && !is_it(&map->entries[at], type, home, name))
        at = (at + 1) & (map->capacity - 1);
    return &map->entries[at];
}

static void grow(struct object_map *map)
{
    struct object_map old = *map;

    map->capacity = old.capacity == 0 ? 16 : 2 * old.capacity;
    map->entries = memory_new(map->capacity, sizeof(*map->entries));
    for (size_t i = 0; i < old.capacity; i++) {
        const struct object_map_entry *entry = &old.entries[i];
        if (entry->home != NULL)
            *place_of(map, entry->type, slice_from(entry->home), slice_from(entry->name)) = *entry;
    }
    free(old.entries);
}

void object_map_put(struct object_map *map, enum object_type type, struct slice home,
                    struct slice name, size_t number)
{
    if (2 * (map->count + 1) > map->capacity)
        grow(map);
    struct object_map_entry *place = place_of(map, type, home, name);
    if (place->home == NULL) {
        *place = (struct object_map_entry){
            type, memory_copy_slice(slice_is_none(home) ? SLICE("") : home),
            memory_copy_slice(slice_is_none(name) ? SLICE("") : name), number};
        map->count++;
    }
    place->number = number;
}

size_t object_map_find(const struct object_map *map, enum object_type type, struct slice home,
                       struct slice name)
{
    if (map->count == 0)
        return OBJECT_MAP_NONE;
    const struct object_map_entry *place = place_of(map, type, home, name);
    return place->home == NULL ? OBJECT_MAP_NONE : place->number;
}

void object_map_release(struct object_map *map)
{
    for (size_t i = 0; i < map->capacity; i++) {
        free(map->entries[i].home);
        free(map->entries[i].name);
    }
    free(map->entries);
    *map = OBJECT_MAP_INIT;
}
