/* scratch: a throw-away database in which migrations are replayed for proof.
 *
 *     scratch_open      CREATE DATABASE `ddltap_scratch_4f1d...`, with the defaults of development's
 *     scratch_load      all objects of a schema, from their definitions
 *     scratch_run       the up or down section of a draft
 *     scratch_read      what is there now
 *     scratch_close     DROP DATABASE
 *
 * Nothing outside of the database is touched: see sql/confine.h. The development schema's name is taken
 * out of statements, and events are made so that they do not run (sql/dormant.h).
 *
 * While a scratch database is in use its connection holds a lock (GET_LOCK) of the same name; one
 * whose lock is free is a leftover of a command that was killed, and the next scratch_open drops it.
 */
#ifndef DDLTAP_SERVER_SCRATCH_H
#define DDLTAP_SERVER_SCRATCH_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "schema/catalog.h"
#include "server/control.h"

struct scratch; /* opaque */

struct scratch_options {
    const struct control_target *server; /* must outlive the scratch */
    const char *development_schema;
    const char *database; /* development's CREATE DATABASE text: its defaults; NULL: the server's */
    bool keep_definer;
};

/* ERROR_SERVER: not reached. ERROR_UNSUPPORTED: the account may make no database there; problem says what
 * to do. */
must_check enum error scratch_open(const struct scratch_options *options, struct scratch **scratch,
                                   struct problem *problem);
/* Drop it; where that fails it is a leftover. NULL-safe. */
void scratch_close(struct scratch *scratch);

const char *scratch_name(const struct scratch *scratch);
bool scratch_mariadb(const struct scratch *scratch);
uint32_t scratch_version(const struct scratch *scratch);

/* The settings under which statements run there. Owned by the scratch. */
const struct sql_facts *scratch_facts(const struct scratch *scratch);

/* A statement that did not run. Texts are owned. */
struct scratch_failure {
    char *statement;
    char *why; /* the server's words with its code, or ours, as the end of a sentence */
};
void scratch_failure_release(struct scratch_failure *failure);

/* Run the statements of text until one does not. ERROR_UNSUPPORTED: one did not run, failure and problem tell
 * which; those before it did. ERROR_SERVER: the connection was lost. */
must_check enum error scratch_run(struct scratch *scratch, struct slice text,
                                  struct scratch_failure *failure, struct problem *problem);

/* Make all objects of catalog, whose text is known, in the empty scratch database. A sentence a line is
 * appended to problems for those that no statement is known for. Errors as scratch_run. */
must_check enum error scratch_load(struct scratch *scratch, const struct catalog *catalog,
                                   struct buffer *problems, struct scratch_failure *failure,
                                   struct problem *problem);

/* Drop everything in it, so that it can be loaded anew. */
must_check enum error scratch_clear(struct scratch *scratch, struct problem *problem);

/* Fill catalog, which is empty, with what the database holds. */
must_check enum error scratch_read(struct scratch *scratch, struct catalog *catalog,
                                   struct problem *problem);
/* The same of those objects alone that names tells by kind and name. */
must_check enum error scratch_read_some(struct scratch *scratch, const struct catalog *names,
                                        struct catalog *catalog, struct problem *problem);

#endif
