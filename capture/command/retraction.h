/* retraction: a committed migration on its way back to drafts, noted in the journal so that a kill leaves nothing half
 * done. The reverse of commitment:
 *
 *     noted -> unstamped -> drafts written, files removed -> git commit | -> baseline back, drafts pending -> forgotten
 *              a failure brings all back, and stamps again              | a failure is finished by the next command
 *
 * Where git has not got the migration, or is not asked, the line between the two is the files themselves.
 */
#ifndef DDLTAP_COMMAND_RETRACTION_H
#define DDLTAP_COMMAND_RETRACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "command/project.h"
#include "command/stamping.h"
#include "ddltap/error.h"
#include "format/texts.h"
#include "journal/journal.h"

/* What must be known to finish it, beside committed.h. Owned. */
struct retraction {
    int64_t change;        /* the first that the migration committed: which one it is */
    struct texts files;    /* of the migration, below the project */
    struct texts contents; /* of each */
    struct texts names; /* of draft files that come back; those that lie there are not among them */
    struct texts drafts; /* what each will say */
    struct texts added;  /* those of them that git had, below the project */
    struct texts
        paths; /* all that git's commit takes, those of the migration first; none: git is not asked */
    char *head;            /* git's before it */
    char *beside;          /* commits of other branches that it is not; retraction_begin asks */
    char *title;           /* what the migration is called */
    char *message;         /* of git's commit */
    struct stamping forth; /* takes the migration from the version table */
    struct stamping back;  /* puts it there again */
    bool files_gone;       /* without git: the line is crossed */
};

void retraction_release(struct retraction *retraction);

/* Up to the line. On an error everything is as it was. */
must_check enum error retraction_begin(const struct project *project, struct journal *journal,
                                       struct retraction *retraction, struct problem *problem);

/* Behind it: baseline, drafts. On an error it stays noted. */
must_check enum error retraction_complete(struct journal *journal,
                                          const struct retraction *retraction,
                                          struct problem *problem);

/* Finish what a kill or a failure left, and say so on standard error. Nothing noted: ERROR_NONE. */
must_check enum error retraction_finish(const struct project *project, struct journal *journal,
                                        struct problem *problem);

#endif
