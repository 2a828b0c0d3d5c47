/* capture_internal: what a tap uses of the capture. Any thread, unless said. */
#ifndef DDLTAP_INTERCEPT_CAPTURE_INTERNAL_H
#define DDLTAP_INTERCEPT_CAPTURE_INTERNAL_H

#include "intercept/capture.h"
#include "intercept/flight.h"
#include "intercept/record.h"
#include "intercept/worker.h"
#include "server/opened.h"

const struct capture_options *capture_options(const struct capture *capture);

/* What the control connection said of the server, as far as it was ever reached. */
bool capture_names_nocase(struct capture *capture);
/* Copy of control_server_identity, or "". Caller frees. */
char *capture_server_identity(struct capture *capture);

/* Is this schema the tracked one? */
bool capture_tracks(struct capture *capture, const char *schema);

/* Run a job on the image worker. */
void capture_submit(struct capture *capture, struct job *job);
/* On the image worker: the images of changes' objects.
 * BEFORE: fills `before`; adds the triggers that die with a dropped table. AFTER: fills `after`.
 * Objects whose image is not to be read (touched by another statement of the same text) have been
 * marked by the caller in `skip`, one flag an object. What cannot be read stays IMAGE_UNKNOWN. What the reading
 * opens on the server is told by `opened`, which may be of a reading before. */
void capture_read_images(struct capture *capture, struct journal_change *change,
                         enum image_moment moment, const bool *skip, struct opened *opened);
/* On the image worker: close it again. Releases opened. */
void capture_close_opened(struct capture *capture, struct opened *opened);

/* On the image worker: has this table partitions, as far as can be seen? */
bool capture_has_partitions(struct capture *capture, const struct journal_object *table);
/* A change is done: have its draft written. */
void capture_draft_due(struct capture *capture);
struct flights *capture_flights(struct capture *capture);

/* The outcome of this change was never seen: have it settled by comparing. Takes the flight. */
void capture_settle(struct capture *capture, int64_t change_id, struct flight *flight);
/* The outcome of this change is known, and could not be written: have that tried again. Takes the
 * change (from memory_new). */
void capture_write_later(struct capture *capture, struct journal_change *change);
/* Something was not captured. Tried again until it is written. */
void capture_note_gap(struct capture *capture, const char *what);

/* Taps that are open, or closed with work on its way: the loops must go on for them. */
void capture_count_tap(struct capture *capture, bool opened);
bool capture_busy(void *capture);

/* tap.c */
extern const struct tap_operations tap_operations;

#endif
