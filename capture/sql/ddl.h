/* ddl: the objects that a CREATE, ALTER, DROP, RENAME or TRUNCATE names.
 *
 * The part of statement_read that reads one DDL; not for use outside of this folder.
 */
#ifndef DDLTAP_SQL_DDL_H
#define DDLTAP_SQL_DDL_H

#include <stdbool.h>

#include "sql/reader.h"
#include "sql/statement.h"

/* Does a DDL verb stand here? */
bool ddl_begins(const struct reader *reader);

/* Read the statement whose verb is the reader's current token. Objects and renames are added to
 * those that *statement has; verb, noun and flags are set unless it had objects. Returns
 * STATEMENT_DDL, STATEMENT_ACCOUNT or STATEMENT_OTHER (tablespaces, loadable functions, keys
 * switched on, ...). */
enum statement_kind ddl_read(struct reader *reader, struct statement *statement);

#endif
