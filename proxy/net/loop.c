/* The loop's base runs without libevent's locks: the only thing that other threads touch is the list
 * of posted functions, behind a mutex, with an eventfd that wakes the loop.
 *
 *     any thread --post--> [list] --eventfd--> on_wake: take the whole list, run it in order
 *     its own, in a callback -----'  no system call: on_wake runs behind the callbacks of this turn
 */
#include "net/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"

#define KEPT_BUFFERS 64
#define MAX_SIGNALS 8

struct posted {
    void (*function)(void *argument);
    void *argument;
    struct posted *next;
};

struct signal_handler {
    struct event *event;
    void (*function)(void *argument, int signal);
    void *argument;
};

struct loop {
    struct event_base *base;
    struct event *wake_event;
    int wake_descriptor;
    pthread_t thread;
    pthread_mutex_t mutex;
    struct posted *first, **last; /* under mutex */
    bool stopping;                /* these two: on the loop's thread */
    bool in_posted;
    char *buffers[KEPT_BUFFERS];
    unsigned buffer_count;
    struct signal_handler signals[MAX_SIGNALS];
    unsigned signal_count;
};

/* The loop that this thread runs. */
static _Thread_local struct loop *running;

static void run_posted(struct loop *loop)
{
    loop->in_posted = true;
    pthread_mutex_lock(&loop->mutex);
    struct posted *posted = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->mutex);
    while (posted != NULL) {
        struct posted *next = posted->next;
        posted->function(posted->argument);
        free(posted);
        posted = next;
    }
    loop->in_posted = false;
}

static void on_wake(evutil_socket_t descriptor, short what, void *argument)
{
    uint64_t count;
    if ((what & EV_READ) != 0 && read(descriptor, &count, sizeof(count)) < 0)
        return; /* somebody else's wake-up was read already */
    run_posted(argument);
}

struct loop *loop_new(void)
{
    struct loop *loop = memory_new(1, sizeof(*loop));
    struct event_config *config = event_config_new();
    if (config != NULL) {
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        loop->base = event_base_new_with_config(config);
        event_config_free(config);
    }
    loop->wake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->base == NULL || loop->wake_descriptor < 0) {
        log_write(LOG_ERROR, NULL, "no event loop: out of file descriptors or memory");
        abort();
    }
    pthread_mutex_init(&loop->mutex, NULL);
    loop->last = &loop->first;
    loop->wake_event =
        event_new(loop->base, loop->wake_descriptor, EV_READ | EV_PERSIST, on_wake, loop);
    event_add(loop->wake_event, NULL);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    while (loop->first != NULL)
        run_posted(loop);
    for (unsigned i = 0; i < loop->signal_count; i++)
        event_free(loop->signals[i].event);
    event_free(loop->wake_event);
    event_base_free(loop->base);
    close(loop->wake_descriptor);
    while (loop->buffer_count > 0)
        free(loop->buffers[--loop->buffer_count]);
    pthread_mutex_destroy(&loop->mutex);
    free(loop);
}

void loop_run(struct loop *loop)
{
    running = loop;
    while (!loop->stopping)
        event_base_loop(loop->base, EVLOOP_ONCE);
    loop->stopping = false;
    running = NULL;
}

static void *loop_thread(void *argument)
{
    /* Signals are for the thread that asked for them by loop_on_signal. */
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    loop_run(argument);
    return NULL;
}

void loop_start(struct loop *loop)
{
    if (pthread_create(&loop->thread, NULL, loop_thread, loop) != 0) {
        log_write(LOG_ERROR, NULL, "no thread for an event loop: out of memory or threads");
        abort();
    }
}

void loop_join(struct loop *loop)
{
    pthread_join(loop->thread, NULL);
}

static void stop_now(void *argument)
{
    ((struct loop *)argument)->stopping = true;
}

void loop_stop(struct loop *loop)
{
    loop_post(loop, stop_now, loop);
}

void loop_post(void *loop_argument, void (*function)(void *argument), void *argument)
{
    struct loop *loop = loop_argument;
    struct posted *posted = memory_new(1, sizeof(*posted));
    uint64_t one = 1;

    posted->function = function;
    posted->argument = argument;
    pthread_mutex_lock(&loop->mutex);
    *loop->last = posted;
    loop->last = &posted->next;
    pthread_mutex_unlock(&loop->mutex);
    /* What posts itself again and again must let the loop look at its descriptors in between. */
    if (running == loop && !loop->in_posted)
        event_active(loop->wake_event, EV_TIMEOUT, 1);
    else if (write(loop->wake_descriptor, &one, sizeof(one)) < 0)
        return; /* the counter is full: the loop is about to wake anyway */
}

struct timer {
    struct event *event;
    void (*function)(void *argument);
    void *argument;
};

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    struct timer *timer = argument;
    (void)descriptor;
    (void)what;
    timer->function(timer->argument);
}

struct timer *timer_new(struct loop *loop, void (*function)(void *argument), void *argument)
{
    struct timer *timer = memory_new(1, sizeof(*timer));
    timer->function = function;
    timer->argument = argument;
    timer->event = evtimer_new(loop->base, on_timer, timer);
    return timer;
}

void timer_start(struct timer *timer, unsigned milliseconds)
{
    struct timeval interval = {milliseconds / 1000, (suseconds_t)(milliseconds % 1000) * 1000};
    evtimer_add(timer->event, &interval);
}

void timer_stop(struct timer *timer)
{
    evtimer_del(timer->event);
}

void timer_free(struct timer *timer)
{
    if (timer == NULL)
        return;
    event_free(timer->event);
    free(timer);
}

static void on_signal(evutil_socket_t signal, short what, void *argument)
{
    struct signal_handler *handler = argument;
    (void)what;
    handler->function(handler->argument, (int)signal);
}

void loop_on_signal(struct loop *loop, int signal, void (*function)(void *argument, int signal),
                    void *argument)
{
    assert(loop->signal_count < MAX_SIGNALS);
    struct signal_handler *handler = &loop->signals[loop->signal_count++];
    handler->function = function;
    handler->argument = argument;
    handler->event = evsignal_new(loop->base, signal, on_signal, handler);
    evsignal_add(handler->event, NULL);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

char *loop_take_buffer(struct loop *loop)
{
    if (loop->buffer_count > 0)
        return loop->buffers[--loop->buffer_count];
    return memory_resize(NULL, LOOP_BUFFER_SIZE, 1);
}

void loop_give_buffer(struct loop *loop, char *buffer)
{
    if (loop->buffer_count < KEPT_BUFFERS)
        loop->buffers[loop->buffer_count++] = buffer;
    else
        free(buffer);
}
