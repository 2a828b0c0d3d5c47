/* alter_rename: columns that get their new names in a statement ahead of the one that alters the table.
 *
 *     request        now `a`, `b`, CHECK (`a` > 0)      wanted `x`, `c`, CHECK (`x` > 0)
 *     ahead          RENAME COLUMN `a` TO `x`           the CHECK follows, which could not be given anew
 *     rest           now `x`, `b`                       `b` to `c` is left for the main statement
 *
 * Foreign keys follow a renaming only where the table is not copied; expressions follow on MariaDB, which then does not
 * know the old name in other clauses; on MySQL they are given anew with it.
 */
#ifndef DDLTAP_SCHEMA_ALTER_RENAME_H
#define DDLTAP_SCHEMA_ALTER_RENAME_H

#include "ddltap/error.h"
#include "schema/alter.h"
#include "schema/alter_match.h"

/* Adds the steps ahead; `now` of the request gets the new names, in its columns and its texts. *rest is the request that
 * remains, with a list of renames of its own. ERROR_UNSUPPORTED: no order of renaming is known; nothing was done. */
must_check enum error alter_rename_ahead(const struct alter_request *request, struct alter *alter,
                                         struct alter_request *rest, struct problem *problem);
void alter_rename_release(struct alter_request *rest);

#endif
