/* dormant: CREATE EVENT and ALTER EVENT so that the event never runs.
 *
 *     CREATE EVENT e ON SCHEDULE EVERY 1 DAY           ENABLE  COMMENT 'x' DO DELETE FROM t
 *     CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '' DISABLE COMMENT 'x' DO DELETE FROM t
 *
 * Where migrations are replayed for proof, an event must not run. dormant_write makes a statement of that
 * kind harmless; dormant_write_image makes two definitions comparable of which one was replayed: neither
 * the status nor the instants of the schedule count, which are those of the moment when the statement ran.
 */
#ifndef DDLTAP_SQL_DORMANT_H
#define DDLTAP_SQL_DORMANT_H

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"

/* Append the statement; one that makes or alters no event as it is. */
void dormant_write(struct slice text, const struct dialect *dialect, struct buffer *out);

/* Append the definition of an event as SHOW CREATE EVENT prints it, without status and instants. */
void dormant_write_image(struct slice text, const struct dialect *dialect, struct buffer *out);

#endif
