/* commitment: a commit of drafts in progress, noted in the journal so that a kill leaves nothing half done.
 *
 *     noted -> files written -> git commit | -> database stamped -> baseline moved, drafts committed -> forgotten
 *              a failure takes all back    | a failure is finished by the next command
 *
 * The line between the two is git's: once the new commit holds the migration, it is there. With --no-git it is
 * the files themselves. commitment_finish looks which side a kill left it on.
 */
#ifndef DDLTAP_COMMAND_COMMITMENT_H
#define DDLTAP_COMMAND_COMMITMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command/project.h"
#include "command/stamping.h"
#include "ddltap/error.h"
#include "format/texts.h"
#include "journal/journal.h"
#include "schema/catalog.h"

/* What must be known to finish it. Owned. */
struct commitment {
    int64_t *drafts; /* holders, by number */
    size_t draft_count;
    struct texts names;       /* of their files */
    struct texts draft_texts; /* what each file said */
    struct texts files;       /* new ones, below the project */
    struct texts hashes;      /* of what each says: as written, then as git's hooks left it */
    size_t files_made;        /* how many of them this process has made; not noted */
    char *head;               /* git's before it; "": no commit was there, or git is not asked */
    char *beside; /* commits of other branches that it is not; commitment_write asks for both */
    struct texts removed; /* draft files that git tracks: they go in the same commit */
    struct stamping stamping;
    struct texts triggers; /* in the order in which they fire after it; none: not known */
    char *message;
    bool git;
    bool amend;
    bool files_written; /* without git: the line is crossed */
};

void commitment_release(struct commitment *commitment);

/* Write the files (content[i] for files.items[i]) and make the git commit. On an error everything is as it was. */
must_check enum error commitment_write(const struct project *project, struct journal *journal,
                                       struct commitment *commitment, const struct buffer *contents,
                                       struct problem *problem);

/* Right behind commitment_write: note the files as git's hooks left them, stamp the database, move the baseline, mark
 * the drafts, forget the commitment. On an error it stays noted. */
must_check enum error commitment_complete(const struct project *project, struct journal *journal,
                                          struct commitment *commitment, struct problem *problem);

/* Finish what a kill or a failure left, and say so on standard error. Nothing noted: ERROR_NONE. */
must_check enum error commitment_finish(const struct project *project, struct journal *journal,
                                        struct problem *problem);

#endif
