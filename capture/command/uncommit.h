/* uncommit: `commit --undo`: the newest migration that ddltap committed here becomes the drafts that it was made of. */
#ifndef DDLTAP_COMMAND_UNCOMMIT_H
#define DDLTAP_COMMAND_UNCOMMIT_H

#include <stdbool.h>

#include "command/project.h"
#include "ddltap/error.h"
#include "journal/journal.h"

struct uncommit_options {
    const char *message; /* of git's commit; NULL: one that names the migration */
    bool no_git, no_stamp, pushed, dry_run;
};

/* Refuses with a sentence where it is not sound; says what was done, or would be. */
must_check enum error uncommit_run(const struct project *project, struct journal *journal,
                                   const struct uncommit_options *options, struct problem *problem);

#endif
