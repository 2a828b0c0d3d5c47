/* One loop accepts for all: with few clients (a developer's tools) that spreads sessions evenly, which
 * a listening socket per thread would not.
 */
#include "net/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "net/socket.h"

#define BACKLOG 512
#define ACCEPTS_PER_TURN 64
#define PAUSE_MILLISECONDS 100

struct listener {
    struct address address;
    int descriptor;
    struct event *event;
    struct timer *pause;
    void (*accepted)(void *owner, int descriptor, const struct address *peer);
    void *owner;
};

/* Out of descriptors: a client waits in the backlog, and we look again a little later. */
static void pause_accepting(struct listener *listener)
{
    log_write(LOG_WARNING, NULL, "cannot accept on %s: %s", listener->address.text,
              strerror(errno));
    event_del(listener->event);
    timer_start(listener->pause, PAUSE_MILLISECONDS);
}

static void resume_accepting(void *argument)
{
    event_add(((struct listener *)argument)->event, NULL);
}

static void on_accept(evutil_socket_t descriptor, short what, void *argument)
{
    struct listener *listener = argument;
    (void)what;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage socket;
        socklen_t length = sizeof(socket);
        int client =
            accept4(descriptor, (struct sockaddr *)&socket, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(listener);
            return;
        }
        struct address peer;
        address_from_socket((struct sockaddr *)&socket, length, &peer);
        listener->accepted(listener->owner, client, &peer);
    }
}

/* A socket file left by a process that is gone answers a connect with "refused". */
static void remove_dead_socket(const struct address *address)
{
    struct stat file;
    /* So does a file that is no socket at all, and that is not ours to remove. */
    if (lstat(address_unix_path(address), &file) != 0 || !S_ISSOCK(file.st_mode))
        return;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return;
    if (connect(probe, (const struct sockaddr *)&address->socket, address->length) != 0 &&
        errno == ECONNREFUSED)
        unlink(address_unix_path(address));
    close(probe);
}

static int open_socket(const struct address *address)
{
    int on = 1;
    int descriptor = socket_open(address);
    if (descriptor < 0)
        return -1;
    if (address_is_unix(address)) {
        remove_dead_socket(address);
    } else {
        (void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (address->socket.ss_family == AF_INET6)
            (void)setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    mode_t mask = umask(0177);
    int bound = bind(descriptor, (const struct sockaddr *)&address->socket, address->length);
    int code = errno;
    umask(mask);
    if (bound == 0 && listen(descriptor, BACKLOG) == 0)
        return descriptor;
    if (bound != 0)
        errno = code;
    code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

enum error listener_open(struct loop *loop, const struct address *address,
                         void (*accepted)(void *owner, int descriptor, const struct address *peer),
                         void *owner, struct listener **out, struct problem *problem)
{
    int descriptor = open_socket(address);
    if (descriptor < 0)
        return problem_set(problem, ERROR_NETWORK,
                           "Cannot listen on %s: %s. Another program may hold the address; name "
                           "another one with --listen or proxy.listen.",
                           address->text, strerror(errno));
    struct listener *listener = memory_new(1, sizeof(*listener));
    listener->descriptor = descriptor;
    listener->accepted = accepted;
    listener->owner = owner;
    listener->address = *address;
    if (!address_is_unix(address)) {
        struct sockaddr_storage socket;
        socklen_t length = sizeof(socket);
        if (getsockname(descriptor, (struct sockaddr *)&socket, &length) == 0)
            address_from_socket((struct sockaddr *)&socket, length, &listener->address);
    }
    listener->pause = timer_new(loop, resume_accepting, listener);
    listener->event =
        event_new(loop_base(loop), descriptor, EV_READ | EV_PERSIST, on_accept, listener);
    event_add(listener->event, NULL);
    *out = listener;
    return ERROR_NONE;
}

const struct address *listener_address(const struct listener *listener)
{
    return &listener->address;
}

void listener_free(struct listener *listener)
{
    if (listener == NULL)
        return;
    event_free(listener->event);
    timer_free(listener->pause);
    close(listener->descriptor);
    if (address_is_unix(&listener->address))
        unlink(address_unix_path(&listener->address));
    free(listener);
}
