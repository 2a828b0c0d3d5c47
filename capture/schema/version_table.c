/* version_table: see version_table.h. */
#include "schema/version_table.h"

#include <strings.h>

bool version_table_is(const char *table, enum object_type type, const char *name)
{
    return table != NULL && type == OBJECT_TABLE && strcasecmp(table, name) == 0;
}
