/* name_index: from names to numbers, in the time of one look whatever their count.
 *
 *     name_index_add(&index, SLICE("`a`"), 0);
 *     name_index_find(&index, SLICE("`A`"))           0: letters without case
 *     name_index_find(&index, SLICE("`b`"))           NAME_INDEX_NONE
 *
 * Names are slices of somebody else's memory and must outlive the index. Of equal names the one
 * added first is found.
 */
#ifndef DDLTAP_SCHEMA_NAME_INDEX_H
#define DDLTAP_SCHEMA_NAME_INDEX_H

#include <stddef.h>

#include "ddltap/slice.h"

#define NAME_INDEX_NONE ((size_t)-1)

struct name_index_entry;

struct name_index {
    struct name_index_entry *entries;
    size_t count;
    size_t capacity; /* a power of two, at least twice the count */
};

#define NAME_INDEX_INIT ((struct name_index){NULL, 0, 0})

void name_index_add(struct name_index *index, struct slice name, size_t number);
size_t name_index_find(const struct name_index *index, struct slice name);
void name_index_release(struct name_index *index);

#endif
