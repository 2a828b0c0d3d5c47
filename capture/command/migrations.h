/* migrations: those of the project, as its configuration and its files say. */
#ifndef DDLTAP_COMMAND_MIGRATIONS_H
#define DDLTAP_COMMAND_MIGRATIONS_H

#include "command/project.h"
#include "ddltap/error.h"
#include "format/format.h"

/* Which format, and where, and which there are. found is zeroed and chain is CHAIN_INIT before; release both in any case.
 * Errors as format_detect and format->read. */
must_check enum error migrations_read(const struct project *project, struct format_found *found,
                                      struct chain *chain, struct problem *problem);

/* The version table of their tool (schema/version_table.h); NULL: it has none, or there is no telling which tool it is.
 * Caller frees. */
char *migrations_version_table(const struct project *project);

#endif
