/* projection: from the journal to draft files.
 *
 * Drafts are a projection of the journal: for every change whose draft is due, the text is composed
 * from the statement, its facts and images, the file is stored, and the journal is marked. What
 * commands decide of drafts is a mark too (journal_change.file_due), after which the file is written or taken
 * away here. Run by the proxy after each outcome and at its start, and by commands that list drafts; running it twice, or
 * at the same time in two processes, does no harm.
 */
#ifndef DDLTAP_DRAFT_PROJECTION_H
#define DDLTAP_DRAFT_PROJECTION_H

#include "ddltap/error.h"
#include "journal/journal.h"

struct projection_options {
    const char *folder; /* absolute path of ddltap/drafts */
    bool keep_definer;
    /* Called for each draft written (may be NULL): one line for the proxy's terminal. */
    void (*written)(void *argument, const struct journal_change *change, const char *title,
                    const char *effect, const char *path);
    void *argument;
};

/* Write all due drafts, and make files as the journal says. Goes on after a draft that could not be written; returns the first error. */
must_check enum error projection_run(struct journal *journal,
                                     const struct projection_options *options,
                                     struct problem *problem);

/* A view of a journal change for schema/ functions. The objects array is allocated: free() it. */
struct change_object *projection_change_view(const struct journal_change *journal_change,
                                             struct change *change);

#endif
