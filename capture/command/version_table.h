/* version_table: the tables in which a migration tool keeps its place. They belong to the tool: they are in
 * no draft and are no drift. */
#ifndef DDLTAP_COMMAND_VERSION_TABLE_H
#define DDLTAP_COMMAND_VERSION_TABLE_H

#include <stddef.h>

#include "command/project.h"

#define VERSION_TABLE_NAMES 2

struct version_table {
    const char *format; /* as [format] name says it */
    const char *names[VERSION_TABLE_NAMES];
    size_t count;
};

/* Those of the project's format; of none where it has no such table. Never NULL. */
const struct version_table *version_table_find(const struct project *project);

#endif
