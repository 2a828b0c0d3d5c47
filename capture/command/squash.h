/* squash: several drafts become one, with their net change.
 *
 *     #1 CREATE TABLE badges   #2 ALTER TABLE badges   #3 ...   --squash 1..3-->   #3  CREATE TABLE badges
 *
 * The last of them keeps its number, its place and its file name; the others are squashed into it, and
 * `squash --undo` brings all of them back with their files as they were.
 */
#ifndef DDLTAP_COMMAND_SQUASH_H
#define DDLTAP_COMMAND_SQUASH_H

#include "command/project.h"
#include "command/selection.h"
#include "ddltap/error.h"
#include "journal/journal.h"

/* Make one draft of those that are meant, and say what it is. */
must_check enum error squash_make(const struct project *project, struct journal *journal,
                                  struct selection *selection, struct problem *problem);

/* Bring the drafts back that were squashed into the one that is meant. */
must_check enum error squash_undo(const struct project *project, struct journal *journal,
                                  struct selection *selection, struct problem *problem);

#endif
