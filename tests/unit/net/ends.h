/* ends: two streams at the ends of a socket pair, on a loop that the test runs step by step. */
#ifndef DDLTAP_TESTS_NET_ENDS_H
#define DDLTAP_TESTS_NET_ENDS_H

#include "ddltap/buffer.h"
#include "net/stream.h"

struct end {
    struct ends *ends;
    struct stream *stream;
    struct buffer got;    /* all input, unless `stubborn` */
    struct slice to_send; /* goes on whenever the stream is writable */
    int opened, readable, writable, ended;
    char why[160];
    bool stubborn;     /* takes no input */
    bool frees_itself; /* the stream, in its first callback */
};

struct ends {
    struct loop *loop;
    struct end left, right;
};

/* Streams at both ends; right_raw: only the left one, the other descriptor is given. */
void ends_open(struct ends *ends, int *right_raw);
void ends_free(struct ends *ends);
/* Run the loop until done(ends) or five seconds are over: then false. */
bool ends_run_until(struct ends *ends, bool (*done)(struct ends *ends));
/* Run the loop for a while. */
void ends_run_for(struct ends *ends, unsigned milliseconds);
/* Send as much as goes now. */
void end_send(struct end *end);

extern const struct stream_handler end_handler;

#endif
