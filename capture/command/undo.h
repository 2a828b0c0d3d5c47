/* undo: take a change back in the development database, through its proven way back.
 *
 *   is its draft there, with a way back?            the file's down section
 *   did a later change touch the same objects?      then that one goes first
 *   are the objects as it left them?                else something came between, or an undo was killed that had
 *                                                   run already: then only the mark is made
 *   up, down, up in a scratch database              the proof
 *   ask, run down; the draft goes, the journal keeps it
 */
#ifndef DDLTAP_COMMAND_UNDO_H
#define DDLTAP_COMMAND_UNDO_H

#include <stdbool.h>

#include "command/project.h"
#include "command/selection.h"
#include "ddltap/error.h"
#include "journal/journal.h"

struct undo_options {
    bool yes;   /* do not ask */
    bool prove; /* in a scratch database first */
};

/* Take the change back that is meant, or the last one, and say so. *declined: the person said no. */
must_check enum error undo_draft(const struct project *project, struct journal *journal,
                                 struct selection *selection, const struct undo_options *options,
                                 bool *declined, struct problem *problem);

#endif
