/* locking: a statement on a table, asked to run with less and less ease.
 *
 *     ALTER TABLE t ALGORITHM=INSTANT, ADD a INT
 *     ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE, ADD a INT
 *     ALTER TABLE t ALGORITHM=INPLACE, LOCK=SHARED, ADD a INT
 *     ALTER TABLE t ADD a INT                                       it copies the table
 *
 * The caller runs them on an empty copy, one after the other, until the server accepts one.
 */
#ifndef DDLTAP_LINT_LOCKING_H
#define DDLTAP_LINT_LOCKING_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "lint/findings.h"
#include "sql/dialect.h"

enum locking {
    LOCKING_INSTANT,
    LOCKING_NOCOPY, /* MariaDB: no rebuild of the table */
    LOCKING_INPLACE,
    LOCKING_ONLINE_COPY, /* MariaDB 11.2: copied, and others write meanwhile */
    LOCKING_SHARED,
    LOCKING_COPY,
    LOCKING_COUNT
};
const char *locking_text(enum locking locking); /* "INSTANT", "INPLACE, LOCK=NONE", ... */

/* Is it an ALTER TABLE, CREATE INDEX or DROP INDEX that says nothing of it itself? */
bool locking_applies(struct slice statement, const struct dialect *dialect);

/* Append the statement that runs so or not at all; of LOCKING_COPY the statement as it is. false: the
 * server has no such way. */
bool locking_write(struct slice statement, const struct dialect *dialect, enum locking locking,
                   struct buffer *out);

/* What was measured of the statement on that table (bare). */
void locking_find(enum locking locking, struct slice statement, struct findings *findings);

#endif
