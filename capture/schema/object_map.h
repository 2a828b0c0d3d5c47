/* object_map: from the name of an object to a number that may change, in the time of one look.
 *
 *     object_map_put(&map, OBJECT_TABLE, SLICE("app"), SLICE("users"), 3);
 *     object_map_find(&map, OBJECT_TABLE, SLICE("app"), SLICE("users"))      3
 *     object_map_put(&map, ..., OBJECT_MAP_NONE);                            there is none now
 *
 * Names are copied. Letters count as schema.h tells: with their case for tables, views, sequences and
 * triggers, without it for the others.
 */
#ifndef DDLTAP_SCHEMA_OBJECT_MAP_H
#define DDLTAP_SCHEMA_OBJECT_MAP_H

#include <stddef.h>

#include "ddltap/slice.h"
#include "sql/object.h"

#define OBJECT_MAP_NONE ((size_t)-1)

struct object_map_entry;

struct object_map {
    struct object_map_entry *entries;
    size_t count;
    size_t capacity; /* a power of two, at least twice the count */
};

#define OBJECT_MAP_INIT ((struct object_map){NULL, 0, 0})

/* home may be none. */
void object_map_put(struct object_map *map, enum object_type type, struct slice home,
                    struct slice name, size_t number);
size_t object_map_find(const struct object_map *map, enum object_type type, struct slice home,
                       struct slice name);
void object_map_release(struct object_map *map);

#endif
