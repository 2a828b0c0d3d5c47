/* execution: statements that ddltap itself runs on the development database, for apply and undo.
 *
 *     statement --> intent in the journal, with images before --> the server --> outcome, with images after
 *
 * Each DDL becomes a change of the journal as if it had passed the proxy, with the origin that is given and
 * no draft of its own; so what a kill interrupts is known. Other statements just run.
 */
#ifndef DDLTAP_COMMAND_EXECUTION_H
#define DDLTAP_COMMAND_EXECUTION_H

#include <stddef.h>
#include <stdint.h>

#include "command/project.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "journal/journal.h"
#include "server/control.h"

struct runner;

struct execution {
    struct journal *journal;
    const struct connection *connection;
    struct control_target target;
    struct control *control;
    struct runner *runner;
    struct journal_session session;
    enum change_origin origin;
    int64_t *changes; /* ids of those that were done, in order */
    size_t change_count;
};

/* tool: who ran it, for the journal ("ddltap undo"). connection must outlive it. Close it also on an error. */
must_check enum error execution_open(struct journal *journal, const struct connection *connection,
                                     const char *tool, enum change_origin origin,
                                     struct execution *execution, struct problem *problem);
void execution_close(struct execution *execution);

/* Run the statements of a section until one does not run. ERROR_UNSUPPORTED: problem names it with the
 * server's words, and those before it did run (change_count tells). ERROR_SERVER: the connection was lost; the
 * last change stays undecided, and the proxy settles it. */
must_check enum error execution_run(struct execution *execution, struct slice text,
                                    struct problem *problem);

/* Take the changes back that were done since change_count was `from`, the last one first, by what their
 * images give. ERROR_UNSUPPORTED: one of them has no way back, or it did not run. */
must_check enum error execution_take_back(struct execution *execution, size_t from,
                                          struct problem *problem);

/* Noted before statements are run that a draft will stand for, and forgotten once it does, or once they are taken back.
 * Where that was interrupted, execution_finish makes drafts of what was run since; nothing noted: nothing. */
must_check enum error execution_note(struct journal *journal, struct problem *problem);
must_check enum error execution_forget(struct journal *journal, struct problem *problem);
must_check enum error execution_finish(const struct project *project, struct journal *journal,
                                       struct problem *problem);

#endif
