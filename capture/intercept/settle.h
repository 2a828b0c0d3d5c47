/* settle: a change whose outcome was never seen, decided by comparing its objects with their before
 * images, once the server's thread that ran it is gone: an ALTER goes on after its client died.
 */
#ifndef DDLTAP_INTERCEPT_SETTLE_H
#define DDLTAP_INTERCEPT_SETTLE_H

#include "ddltap/error.h"
#include "journal/journal.h"
#include "server/control.h"

enum settle_result {
    SETTLE_DONE,    /* it happened: its draft is due */
    SETTLE_NOTHING, /* it did not happen, is settled already, or is only noted */
    SETTLE_RUNNING, /* the server still works on it: ask again */
    SETTLE_UNKNOWN, /* its before images are not known, or another change of its objects came after
                       them: stays undecided, `status` shows it */
};

/* Blocks on the server and the journal. An error: try again later. */
must_check enum error settle_change(struct journal *journal, struct control *control, int64_t id,
                                    enum settle_result *result, struct problem *problem);

#endif
