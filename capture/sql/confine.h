/* confine: may a statement run in a scratch schema, because it changes nothing outside of it?
 *
 *     ALTER TABLE users ADD a INT             yes: users of the schema that is chosen
 *     INSERT INTO settings VALUES (1)         yes
 *     ALTER TABLE other.users ADD a INT       no
 *     SET GLOBAL sql_mode = ''                no
 *     CREATE VIEW v AS SELECT 1 FROM other.t  yes: it only reads there
 *
 * Judged by the words of the statement alone, after its own schema's name was taken out (portable.h). What a
 * routine does that it calls is not seen.
 */
#ifndef DDLTAP_SQL_CONFINE_H
#define DDLTAP_SQL_CONFINE_H

#include "ddltap/slice.h"
#include "sql/dialect.h"

/* NULL: it may; else why not, as the end of a sentence ("it names an object of another schema"). */
const char *confine_refusal(struct slice text, const struct dialect *dialect);

#endif
