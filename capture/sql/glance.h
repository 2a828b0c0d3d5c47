/* glance: the cheapest look at a text that still never misses a DDL.
 *
 * Called for every COM_QUERY and COM_STMT_PREPARE before it is forwarded, with as much of the text as
 * has arrived, and before any session fact is known. May say HOLD for a text without DDL; must never
 * say NOTHING for one that holds DDL, whatever sql_mode and character set the session has.
 *   - one statement only (no CLIENT_MULTI_STATEMENTS, or no ';' that something follows): the first
 *     word decides; a long INSERT is let go after its first bytes;
 *   - else every word of the text is looked at, quotes or not.
 */
#ifndef DDLTAP_SQL_GLANCE_H
#define DDLTAP_SQL_GLANCE_H

#include <stdbool.h>

#include "ddltap/seam.h"
#include "ddltap/slice.h"

enum glance glance_text(struct slice text, bool complete, bool multi_statements);

/* Is this SET of what records a session's statements for the session itself (profiling, optimizer_trace),
 * on or off? Where several statements may stand in a text, also behind a ';', quotes or not. */
bool glance_records(struct slice text, bool multi_statements);

/* The second look, at a whole held text, still without facts: does it hold DDL (or CALL, EXECUTE,
 * PREPARE of one, compound, ACCOUNT) under any sql_mode and any of the character sets that the
 * session may have? false: forward it, ask nothing. */
bool glance_holds_ddl(struct slice text, bool mariadb, const char *server_version);

#endif
