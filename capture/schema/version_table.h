/* version_table: the table in which the project's migration tool notes what ran.
 *
 * It stands in the schema and is no part of it: it is the tool's. Each comparison of two whole schemas leaves it
 * out. Of `table`, its name, NULL says that there is none.
 */
#ifndef DDLTAP_SCHEMA_VERSION_TABLE_H
#define DDLTAP_SCHEMA_VERSION_TABLE_H

#include <stdbool.h>

#include "schema/catalog.h"
#include "sql/object.h"

/* Is the object of that kind and name it? */
bool version_table_is(const char *table, enum object_type type, const char *name);
/* Take it out of the catalog. */
void version_table_take_out(const char *table, struct catalog *catalog);

#endif
