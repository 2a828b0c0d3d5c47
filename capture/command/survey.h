/* survey: what the database holds beyond the journal: for `scan`, `status`, `init` and the proxy's start.
 *
 *     fingerprint as it was when all was explained, no change since?  --yes-->  SURVEY_UNCHANGED
 *        | no
 *     journal: baseline, changes     database: all definitions     journal: changes that came meanwhile
 *        '----------------------------------+------------------------------------'
 *                                     schema/drift
 *
 * A change that is recorded, but whose outcome is not, makes its objects wait; so does one that came while
 * the database was read. The intent of a statement is in the journal before the server gets it: what the
 * database holds without one never passed the proxy.
 */
#ifndef DDLTAP_COMMAND_SURVEY_H
#define DDLTAP_COMMAND_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "command/project.h"
#include "ddltap/error.h"
#include "journal/journal.h"
#include "schema/catalog.h"
#include "schema/drift.h"
#include "server/control.h"
#include "server/fingerprint.h"

enum survey_state {
    SURVEY_NO_BASELINE, /* there is nothing to compare with */
    SURVEY_UNCHANGED,   /* as it was when everything was explained; nothing was read */
    SURVEY_EXPLAINED,   /* the journal explains all that could be compared */
    SURVEY_DRIFT,
};

/* Where and what is looked at; nothing is owned. */
struct survey_place {
    const struct project *project;
    struct journal *journal;
    struct control *control;
    const char *database;
};

struct survey {
    enum survey_state state;
    struct drift *drift;                /* NULL where nothing was compared */
    struct catalog live;                /* what it points into */
    int64_t since;                      /* when all was explained the last time; 0: not known */
    int64_t last_change;                /* the last one it knows of */
    char fingerprint[FINGERPRINT_SIZE]; /* of before the reading */
};

/* full: without the first look. Release it in any case. Notes in the journal that all is explained, where
 * that is so. */
must_check enum error survey_make(const struct survey_place *place, bool full,
                                  struct survey *survey, struct problem *problem);
void survey_release(struct survey *survey);

/* Is there a sentence of what could not be told: what waits, what could not be read? */
bool survey_is_open(const struct survey *survey);
/* All is explained now: drafts were made of what was found. */
must_check enum error survey_note_explained(const struct survey_place *place,
                                            const struct survey *survey, int64_t last_change,
                                            struct problem *problem);

/* Append what a person is told of SURVEY_DRIFT, without a line break: "TABLE `users`, VIEW `v` and 3 more
 * changed outside of the proxy since 2 min ago: run ..." */
void survey_write_notice(const struct survey *survey, struct buffer *out);

/* Is an object meant by the caller? */
typedef bool survey_concerns(const void *argument, enum object_type type, struct slice name);
/* Did one of those that concern the caller change outside of the proxy? ERROR_UNSUPPORTED: yes; problem names it. */
must_check enum error survey_check(const struct project *project, struct journal *journal,
                                   const struct connection *connection, survey_concerns *concerns,
                                   const void *argument, struct problem *problem);

/* Was the baseline taken anew since (scan --accept), with one of these changes in it? */
must_check enum error survey_covers(struct journal *journal, const int64_t *changes, size_t count,
                                    bool *covers, struct problem *problem);

/* Take the schema as it is now for the baseline, but for what the pending drafts say: they stay. Where that
 * cannot be kept apart: ERROR_UNSUPPORTED, and problem names the objects. objects (may be NULL): how many it
 * has. */
must_check enum error survey_accept(const struct survey_place *place, size_t *objects,
                                    struct problem *problem);

/* One at a time makes drafts or a baseline: waits for the other one. Close the descriptor to end it; -1: not
 * possible here, which does no harm. */
int survey_lock(const struct project *project);

#endif
