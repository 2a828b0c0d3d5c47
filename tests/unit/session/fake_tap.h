/* fake_tap: a tap that writes down what it is told and does what the test says.
 *
 * It holds texts that begin with CREATE; of texts that begin with MAYBE it wants to see all before it
 * says no. What it is told becomes a line each:
 *
 *     open anna shop | command query CREATE TABLE t | answer 1 yes | answer error 1064
 *     outcome 0 ok last | outcome 1 error 1050 last | outcome 0 lost last | untapped | close
 */
#ifndef DDLTAP_TESTS_SESSION_FAKE_TAP_H
#define DDLTAP_TESTS_SESSION_FAKE_TAP_H

#include <pthread.h>
#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/seam.h"
#include "net/loop.h"

#define FAKE_TAP_LINES 128
#define FAKE_TAP_LINE 160

enum tap_action {
    TAP_WAIT, /* for tap_do() */
    TAP_FORWARD,
    TAP_REFUSE,
    TAP_REFUSE_AS_ANSWERED,
    TAP_RELEASE,
    TAP_ASK,
    TAP_KEEP,    /* from now on outcomes are kept */
    TAP_LET_PASS /* and no longer */
};

struct fake_tap {
    /* Set before the session starts. */
    bool declines;            /* open() gives NULL */
    unsigned questions;       /* asked within command() and answer(), before... */
    enum tap_action decision; /* ...this, also within the callback */
    bool keeps;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char lines[FAKE_TAP_LINES][FAKE_TAP_LINE];
    unsigned written, read; /* lines */
    struct buffer text;     /* of the last command, whole */
    bool multi_statements;  /* of the last command */
    bool ask_nothing;       /* the same */
    bool report_may_wait;   /* the same */
    uint64_t untapped;
    struct valve valve;
    unsigned asked;
    bool open;
};

extern const struct tap_operations fake_tap_operations;

void fake_tap_init(struct fake_tap *tap);
void fake_tap_release(struct fake_tap *tap);

/* The next line is this one; waits for it. */
void expect_told(struct fake_tap *tap, const char *line);
/* What it was told is of no account. */
void forget_told(struct fake_tap *tap);
/* No line is left over. */
void expect_nothing_told(struct fake_tap *tap);

/* Use the valve, on the session's loop; argument: TAP_ASK's question. */
void tap_do(struct fake_tap *tap, enum tap_action action, const char *argument);

#endif
