/* setaside: ddltap discard and ddltap restore: a draft is set aside, and brought back.
 *
 * The change stays in the journal and in the database, and the text of the file in the journal, as it was
 * edited. Only discard discards: a file that is absent is missing.
 */
#ifndef DDLTAP_COMMAND_SETASIDE_H
#define DDLTAP_COMMAND_SETASIDE_H

#include "command/project.h"
#include "command/selection.h"
#include "ddltap/error.h"
#include "journal/journal.h"

/* Set the drafts aside that are meant, and say so. */
must_check enum error setaside_discard(const struct project *project, struct journal *journal,
                                       struct selection *selection, struct problem *problem);

#endif
