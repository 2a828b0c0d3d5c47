/* edit: the person's editor on a draft file, and what the file says afterwards.
 *
 * The file is the truth for its SQL. What was captured stays in the journal, and `show` tells both.
 */
#ifndef DDLTAP_COMMAND_EDIT_H
#define DDLTAP_COMMAND_EDIT_H

#include <stdbool.h>

#include "command/drafts.h"
#include "command/project.h"
#include "ddltap/error.h"

enum edit_outcome {
    EDIT_UNCHANGED,
    EDIT_COMMENTS, /* its statements are as before */
    EDIT_CHANGED,
    EDIT_BROKEN, /* it is no draft any more, and the person left it so */
};

/* Have the file edited and say what came of it. ERROR_FILE: there is no file. */
must_check enum error edit_draft(const struct project *project, const struct draft *draft,
                                 enum edit_outcome *outcome, struct problem *problem);

#endif
