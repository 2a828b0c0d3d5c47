/* finding: what a survey found, as a change of the journal and as its draft.
 *
 * The change has no statement: its draft is composed from the images before and after. One insert holds all
 * of it, so a kill leaves it whole or not at all.
 */
#ifndef DDLTAP_COMMAND_FINDING_H
#define DDLTAP_COMMAND_FINDING_H

#include <stdint.h>

#include "command/survey.h"
#include "config/connection.h"
#include "ddltap/error.h"

/* Texts are owned. */
struct finding {
    int64_t id;  /* 0: none was made */
    char *title; /* "SCAN 2 objects" */
    char *
        path; /* of the draft, below the project's folder; NULL: it is written by a later command */
};

/* Make a draft of what survey found; nothing where it found no object. Under the lock of survey_lock. */
must_check enum error finding_make(const struct survey_place *place,
                                   const struct connection *connection, const struct survey *survey,
                                   struct finding *finding, struct problem *problem);
void finding_release(struct finding *finding);

#endif
