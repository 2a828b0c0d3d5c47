/* loop: an event loop, one a thread, that owns everything created on it.
 *
 * All functions are for the loop's own thread (or before it runs), loop_post and loop_stop apart.
 */
#ifndef DDLTAP_NET_LOOP_H
#define DDLTAP_NET_LOOP_H

#include <stdbool.h>

struct loop;
struct event_base;

struct loop *loop_new(void);
/* The loop has stopped and nothing lives on it any more. Runs what was still posted. */
void loop_free(struct loop *loop);

/* Runs until loop_stop; may be run again. loop_start does so in a thread of its own, loop_join waits for its end. */
void loop_run(struct loop *loop);
void loop_start(struct loop *loop);
void loop_join(struct loop *loop);
void loop_stop(struct loop *loop);

/* Run function(argument) on the loop, in a later turn. Any thread. Also the way to free late: what is
 * freed in a posted function can have no callback left in this turn. `loop` is void so that the
 * function fits the seam's valve. */
void loop_post(void *loop, void (*function)(void *argument), void *argument);

/* Call function(argument) once in `milliseconds`. Stopped by timer_stop; set again by timer_start. */
struct timer;
struct timer *timer_new(struct loop *loop, void (*function)(void *argument), void *argument);
void timer_start(struct timer *timer, unsigned milliseconds);
void timer_stop(struct timer *timer);
void timer_free(struct timer *timer); /* NULL-safe */

/* Call function(argument, signal) on the loop for each arrival of a signal, until loop_free. */
void loop_on_signal(struct loop *loop, int signal, void (*function)(void *argument, int signal),
                    void *argument);

/* For net/ alone. */
struct event_base *loop_base(struct loop *loop);
/* Read buffers, kept for reuse: idle streams hold none. LOOP_BUFFER_SIZE bytes each. */
#define LOOP_BUFFER_SIZE 32768u
char *loop_take_buffer(struct loop *loop);
void loop_give_buffer(struct loop *loop, char *buffer);

#endif
