/* The main loop accepts and takes signals; every other loop has sessions of its own, which never move:
 * both sockets of a session are on one thread.
 *
 *     main loop:   accept -> next worker's loop (round robin) -> session_start
 *                  SIGTERM -> every worker: session_drain, and again until none is left
 */
#include "session/proxy.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls.h"
#include "session/session.h"

#define DRAIN_LOOK_MILLISECONDS 50
#define LOOKS_AFTER_END 60 /* after which taps that still wait for the server are given up */

struct worker {
    struct session_home home;
    bool closing; /* on the worker's loop: no new sessions */
};

struct proxy {
    struct loop *loop;
    struct listener **listeners;
    size_t listener_count;
    struct worker *workers;
    unsigned worker_count, next_worker;
    struct session_shared shared;
    uint64_t last_session;
    struct timer *drain_timer;
    unsigned drain_left; /* milliseconds */
    unsigned looks_after_end;
    bool draining;
    bool at_rest; /* every session and tap is gone */
    void (*reload)(void *argument);
    void *reload_argument;
};

/* --- clients arrive --------------------------------------------------------------------------- */

/* A client on its way from the main loop to a worker's. */
struct arrival {
    struct worker *worker;
    int descriptor;
    uint64_t id;
    struct address peer;
};

static void arrive(void *argument)
{
    struct arrival *arrival = argument;
    struct worker *worker = arrival->worker;
    if (worker->closing) {
        close(arrival->descriptor);
        atomic_fetch_sub(&worker->home.shared->live, 1);
    } else {
        session_start(&worker->home, arrival->id, arrival->descriptor, &arrival->peer);
    }
    free(arrival);
}

static void accepted(void *owner, int descriptor, const struct address *peer)
{
    struct proxy *proxy = owner;
    struct arrival *arrival = memory_new(1, sizeof(*arrival));
    arrival->worker = &proxy->workers[proxy->next_worker++ % proxy->worker_count];
    arrival->descriptor = descriptor;
    arrival->id = ++proxy->last_session;
    arrival->peer = *peer;
    atomic_fetch_add(&proxy->shared.live, 1);
    loop_post(arrival->worker->home.loop, arrive, arrival);
}

/* --- signals ---------------------------------------------------------------------------------- */

static void drain_worker(void *argument)
{
    struct worker *worker = argument;
    worker->closing = true;
    session_drain_all(&worker->home);
}

static void close_worker(void *argument)
{
    struct worker *worker = argument;
    worker->closing = true;
    session_close_all(&worker->home);
}

static void tell_workers(struct proxy *proxy, void (*function)(void *argument))
{
    for (unsigned i = 0; i < proxy->worker_count; i++)
        loop_post(proxy->workers[i].home.loop, function, &proxy->workers[i]);
}

static void stop_listening(struct proxy *proxy)
{
    while (proxy->listener_count > 0)
        listener_free(proxy->listeners[--proxy->listener_count]);
}

static bool sink_busy(const struct proxy *proxy)
{
    const struct tap_sink *sink = &proxy->shared.sink;
    return sink->operations->busy != NULL && sink->operations->busy(sink->capture);
}

static void look_whether_drained(void *argument)
{
    struct proxy *proxy = argument;
    if (atomic_load(&proxy->shared.live) == 0 && !sink_busy(proxy)) {
        proxy->at_rest = true;
        loop_stop(proxy->loop);
        return;
    }
    if (proxy->drain_left == 0 && ++proxy->looks_after_end > LOOKS_AFTER_END) {
        loop_stop(proxy->loop);
        return;
    }
    if (proxy->drain_left == 0)
        tell_workers(proxy, close_worker);
    else
        tell_workers(proxy, drain_worker);
    proxy->drain_left -=
        proxy->drain_left < DRAIN_LOOK_MILLISECONDS ? proxy->drain_left : DRAIN_LOOK_MILLISECONDS;
    timer_start(proxy->drain_timer, DRAIN_LOOK_MILLISECONDS);
}

static void on_stop_signal(void *argument, int signal)
{
    struct proxy *proxy = argument;
    if (proxy->draining) {
        log_write(LOG_INFO, NULL, "second %s: ending now", signal == SIGINT ? "SIGINT" : "SIGTERM");
        proxy->drain_left = 0;
    } else {
        log_write(LOG_INFO, NULL, "no new clients; waiting for %zu to come to rest",
                  atomic_load(&proxy->shared.live));
        proxy->draining = true;
        stop_listening(proxy);
    }
    look_whether_drained(proxy);
}

static void on_reload_signal(void *argument, int signal)
{
    struct proxy *proxy = argument;
    (void)signal;
    if (proxy->reload != NULL)
        proxy->reload(proxy->reload_argument);
}

/* --- life ------------------------------------------------------------------------------------- */

static enum error open_listeners(struct proxy *proxy, const struct proxy_options *options,
                                 struct problem *problem)
{
    proxy->listeners = memory_new(options->listen_count, sizeof(struct listener *));
    for (size_t i = 0; i < options->listen_count; i++) {
        enum error error = listener_open(proxy->loop, &options->listen[i], accepted, proxy,
                                         &proxy->listeners[i], problem);
        if (error != ERROR_NONE)
            return error;
        proxy->listener_count++;
    }
    return ERROR_NONE;
}

static void make_workers(struct proxy *proxy, unsigned threads)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    proxy->worker_count = threads > 0 ? threads : cores > 0 ? (unsigned)cores : 1;
    proxy->workers = memory_new(proxy->worker_count, sizeof(struct worker));
    for (unsigned i = 0; i < proxy->worker_count; i++) {
        proxy->workers[i].home.loop = loop_new();
        proxy->workers[i].home.shared = &proxy->shared;
    }
}

static void take_signals(struct proxy *proxy)
{
    signal(SIGPIPE, SIG_IGN);
    loop_on_signal(proxy->loop, SIGTERM, on_stop_signal, proxy);
    loop_on_signal(proxy->loop, SIGINT, on_stop_signal, proxy);
    loop_on_signal(proxy->loop, SIGHUP, on_reload_signal, proxy);
}

enum error proxy_open(const struct proxy_options *options, struct proxy **out,
                      struct problem *problem)
{
    struct proxy *proxy = memory_new(1, sizeof(*proxy));
    enum error error = ERROR_NONE;

    proxy->loop = loop_new();
    proxy->shared.upstream = options->upstream;
    proxy->shared.upstream_socket = options->upstream_socket;
    proxy->shared.sink = options->sink;
    proxy->shared.connect_timeout = options->connect_timeout;
    proxy->drain_left = options->drain_timeout;
    proxy->reload = options->reload;
    proxy->reload_argument = options->reload_argument;
    proxy->drain_timer = timer_new(proxy->loop, look_whether_drained, proxy);
    make_workers(proxy, options->threads);
    if (options->certificate_file != NULL &&
        (error = tls_server_new(options->certificate_file, options->key_file,
                                &proxy->shared.tls_server, problem)) != ERROR_NONE)
        goto out;
    proxy->shared.tls_client = tls_client_new();
    /* Before anybody is told that it is ready: what comes before it runs is seen then. */
    take_signals(proxy);
    error = open_listeners(proxy, options, problem);
out:
    if (error != ERROR_NONE) {
        proxy_free(proxy);
        return error;
    }
    *out = proxy;
    return ERROR_NONE;
}

const char *proxy_address(const struct proxy *proxy, size_t index)
{
    return listener_address(proxy->listeners[index])->text;
}

bool proxy_run(struct proxy *proxy)
{
    for (unsigned i = 0; i < proxy->worker_count; i++)
        loop_start(proxy->workers[i].home.loop);
    loop_run(proxy->loop);
    for (unsigned i = 0; i < proxy->worker_count; i++)
        loop_stop(proxy->workers[i].home.loop);
    for (unsigned i = 0; i < proxy->worker_count; i++)
        loop_join(proxy->workers[i].home.loop);
    return proxy->at_rest;
}

void proxy_free(struct proxy *proxy)
{
    if (proxy == NULL)
        return;
    stop_listening(proxy);
    free(proxy->listeners);
    for (unsigned i = 0; i < proxy->worker_count; i++)
        loop_free(proxy->workers[i].home.loop);
    free(proxy->workers);
    timer_free(proxy->drain_timer);
    loop_free(proxy->loop);
    tls_free(proxy->shared.tls_server);
    tls_free(proxy->shared.tls_client);
    free(proxy);
}
