/* capture: the capture half of a running proxy, as one thing.
 *
 *     tap (one a session, on its event loop)
 *       |  images job                       |  intent, outcome             |  "a draft is due"
 *       v                                   v                              v
 *     image worker: control connection    journal's writer thread        draft worker: projection,
 *                                                                         settling of lost outcomes
 */
#ifndef DDLTAP_INTERCEPT_CAPTURE_H
#define DDLTAP_INTERCEPT_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "ddltap/seam.h"
#include "journal/journal.h"
#include "server/control.h"

struct capture;

/* Texts are copied. */
struct capture_options {
    const char *database;          /* the tracked schema */
    struct control_target control; /* ddltap's own login on the upstream */
    const char *journal_path;
    const char *drafts_folder;
    bool keep_definer;
    bool forward_without_journal; /* when the journal cannot be written: forward and note the gap */
    uint64_t text_limit;          /* bytes */
    unsigned keep_days;           /* see journal_compaction, once a day; 0: never */
    /* A draft was written; on the draft worker's thread. May be NULL. */
    void (*captured)(void *argument, const struct journal_change *change, const char *title,
                     const char *effect, const char *path);
    void *argument;
};

/* Opens the journal (ERROR_LOCKED, ERROR_JOURNAL), settles what an earlier proxy left undecided as
 * far as that is possible now, and writes drafts that are due. A server that is away is no error:
 * it is tried again with the first DDL. */
must_check enum error capture_open(const struct capture_options *options, struct capture **capture,
                                   struct problem *problem);
/* All sessions are closed. Waits for what the workers and the journal still have to do. NULL-safe.
 */
void capture_close(struct capture *capture);

struct tap_sink capture_sink(struct capture *capture);

struct journal *capture_journal(struct capture *capture);

#endif
