/* version_table: see version_table.h. */
#include "schema/version_table.h"

#include <stdlib.h>

#include "ddltap/memory.h"

bool version_table_is(const char *table, enum object_type type, const char *name)
{
    return table != NULL && type == OBJECT_TABLE &&
           slice_equal_nocase(slice_from(table), slice_from(name));
}

void version_table_take_out(const char *table, struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count;) {
        const struct catalog_object *object = &catalog->objects[i];
        if (!version_table_is(table, object->type, object->name)) {
            i++;
            continue;
        }
        char *name = memory_copy_text(object->name);
        catalog_remove(catalog, OBJECT_TABLE, slice_from(name));
        free(name);
    }
}
