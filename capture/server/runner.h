/* runner: a session in which ddltap itself runs statements, as a migration tool would.
 *
 * Its settings are the server's defaults over utf8mb4, with the schema chosen: what a draft takes for
 * granted (draft/composition.h). Blocking; for the command line.
 */
#ifndef DDLTAP_SERVER_RUNNER_H
#define DDLTAP_SERVER_RUNNER_H

#include <stdint.h>

#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "server/control.h"
#include "sql/statement.h"

struct runner; /* opaque */

/* ERROR_SERVER: not reached, or there is no such schema. */
must_check enum error runner_open(const struct control_target *target, const char *schema,
                                  struct runner **runner, struct problem *problem);
void runner_close(struct runner *runner); /* NULL-safe */

struct runner_answer {
    unsigned error_code; /* 0: it ran */
    char message[512];   /* the server's own words; "" when it ran */
    uint64_t affected_rows;
};

/* Run one statement, without its ';'. Rows are read and forgotten. An error is a lost connection only: then
 * it is not known whether the statement ran. */
must_check enum error runner_run(struct runner *runner, struct slice statement,
                                 struct runner_answer *answer, struct problem *problem);

/* Settings of the session, for script.h and the journal. Owned by the runner. */
const struct sql_facts *runner_facts(const struct runner *runner);
uint32_t runner_connection_id(const struct runner *runner);

#endif
