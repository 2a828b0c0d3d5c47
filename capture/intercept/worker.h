/* worker: a thread that does jobs one after the other: what blocks must not run on an event loop.
 */
#ifndef DDLTAP_INTERCEPT_WORKER_H
#define DDLTAP_INTERCEPT_WORKER_H

#include <stdint.h>

struct worker;

/* One piece of work. Owned by whoever submits it; the worker does not touch it once run() was
 * called. */
struct job {
    void (*run)(void *argument);
    void *argument;
    /* Private. */
    int64_t due; /* microseconds of the monotonic clock; 0: at once */
    struct job *next;
};

struct worker *worker_new(void);
/* Runs what is due, forgets what is delayed, ends the thread. NULL-safe. */
void worker_free(struct worker *worker);

/* Any thread. */
void worker_submit(struct worker *worker, struct job *job);
/* Not before `milliseconds` have passed. */
void worker_submit_later(struct worker *worker, struct job *job, unsigned milliseconds);

#endif
