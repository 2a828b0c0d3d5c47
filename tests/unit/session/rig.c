#include "rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "wire/packet.h"

/* --- the loop's side -------------------------------------------------------------------------- */

struct call {
    void (*function)(void *argument);
    void *argument;
    pthread_mutex_t mutex;
    pthread_cond_t done_changed;
    bool done;
};

static void run_call(void *argument)
{
    struct call *call = argument;
    call->function(call->argument);
    pthread_mutex_lock(&call->mutex);
    call->done = true;
    pthread_cond_signal(&call->done_changed);
    pthread_mutex_unlock(&call->mutex);
}

void rig_on_loop(struct rig *rig, void (*function)(void *argument), void *argument)
{
    struct call call = {.function = function, .argument = argument};
    pthread_mutex_init(&call.mutex, NULL);
    pthread_cond_init(&call.done_changed, NULL);
    loop_post(rig->loop, run_call, &call);
    pthread_mutex_lock(&call.mutex);
    while (!call.done)
        pthread_cond_wait(&call.done_changed, &call.mutex);
    pthread_mutex_unlock(&call.mutex);
    pthread_cond_destroy(&call.done_changed);
    pthread_mutex_destroy(&call.mutex);
}

static void do_nothing(void *argument)
{
    (void)argument;
}

void rig_settle(struct rig *rig)
{
    /* What is posted now runs behind the events of this turn; what those post runs in the next. */
    for (int i = 0; i < 4; i++)
        rig_on_loop(rig, do_nothing, NULL);
}

/* --- set up, tear down ------------------------------------------------------------------------ */

static int listen_somewhere(struct address *address)
{
    struct sockaddr_in local = {.sin_family = AF_INET,
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(local);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&local, sizeof(local)) != 0 ||
        listen(descriptor, 16) != 0 ||
        getsockname(descriptor, (struct sockaddr *)&local, &length) != 0)
        return -1;
    address_from_socket((struct sockaddr *)&local, length, address);
    return descriptor;
}

int rig_setup(void **state)
{
    struct rig *rig = memory_new(1, sizeof(*rig));
    log_set_level(LOG_ERROR);
    fake_tap_init(&rig->tap);
    rig->client = rig->server = rig->sessions_end = -1;
    rig->wants = CLIENT_WANTS;
    rig->offers = SERVER_OFFERS;
    rig->listener = listen_somewhere(&rig->shared.upstream);
    rig->shared.tls_client = tls_client_new();
    rig->shared.sink = (struct tap_sink){&fake_tap_operations, &rig->tap, 64u << 20};
    rig->shared.connect_timeout = 2000;
    rig->loop = loop_new();
    rig->home.loop = rig->loop;
    rig->home.shared = &rig->shared;
    loop_start(rig->loop);
    rig->running = true;
    *state = rig;
    return rig->listener < 0;
}

static void close_sessions(void *argument)
{
    session_close_all(argument);
}

int rig_teardown(void **state)
{
    struct rig *rig = *state;
    rig_close(&rig->client);
    rig_close(&rig->server);
    for (int i = 0; i < PATIENCE_MILLISECONDS && atomic_load(&rig->shared.live) > 0; i++)
        usleep(1000);
    size_t left = atomic_load(&rig->shared.live);
    if (left > 0) {
        fprintf(stderr, "%zu session(s) did not end with their client and server\n", left);
        rig_on_loop(rig, close_sessions, &rig->home);
    }
    rig_settle(rig);
    loop_stop(rig->loop);
    loop_join(rig->loop);
    loop_free(rig->loop);
    rig_close(&rig->listener);
    tls_free(rig->shared.tls_client);
    tls_free(rig->shared.tls_server);
    fake_tap_release(&rig->tap);
    free(rig);
    bytes_forget();
    return left > 0;
}

static void start_session(void *argument)
{
    struct rig *rig = argument;
    struct address peer;
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(5000)};
    address_from_socket((struct sockaddr *)&local, sizeof(local), &peer);
    atomic_fetch_add(&rig->shared.live, 1);
    session_start(&rig->home, ++rig->sessions, rig->sessions_end, &peer);
}

/* Bytes go at once, in the pieces that the test makes; and no more of them wait than it wants. */
static void tune(int descriptor, int size)
{
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (size == 0)
        return;
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* A pair of TCP sockets: they can be reset, unlike Unix sockets. */
static void connect_pair(int pair[2])
{
    struct address address;
    int listener = listen_somewhere(&address);
    assert_true(listener >= 0);
    pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(pair[0], (const struct sockaddr *)&address.socket, address.length), 0);
    pair[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(pair[1] >= 0);
    close(listener);
}

void rig_start_session(struct rig *rig)
{
    int pair[2];
    connect_pair(pair);
    tune(pair[0], rig->small_buffers);
    tune(pair[1], rig->small_buffers);
    rig->client = pair[0];
    rig->sessions_end = pair[1];
    rig_on_loop(rig, start_session, rig);
}

void rig_accept(struct rig *rig)
{
    struct pollfd poll_listener = {.fd = rig->listener, .events = POLLIN};
    assert_int_equal(poll(&poll_listener, 1, PATIENCE_MILLISECONDS), 1);
    rig->server = accept4(rig->listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(rig->server >= 0);
    tune(rig->server, rig->small_buffers);
}

void rig_log_in(struct rig *rig)
{
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(rig->offers));
    expect_bytes(rig->client, greeting(rig->offers));
    send_bytes(rig->client, response(rig->wants, "anna", "shop"));
    expect_bytes(rig->server, response(rig->wants, "anna", "shop"));
    send_bytes(rig->server, ok(2, 2));
    expect_bytes(rig->client, ok(2, 2));
    if (!rig->tap.declines)
        expect_told(&rig->tap, "open anna shop");
}

void rig_expect_no_session(struct rig *rig)
{
    for (int i = 0; i < PATIENCE_MILLISECONDS && atomic_load(&rig->shared.live) > 0; i++)
        usleep(1000);
    assert_int_equal(atomic_load(&rig->shared.live), 0);
}

void rig_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

void rig_reset(int *descriptor)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(*descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    rig_close(descriptor);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static bool wait_for(int descriptor, short events, int milliseconds)
{
    struct pollfd one = {.fd = descriptor, .events = events};
    return poll(&one, 1, milliseconds) == 1;
}

void send_bytes(int descriptor, struct slice bytes)
{
    while (bytes.len > 0) {
        assert_true(wait_for(descriptor, POLLOUT, PATIENCE_MILLISECONDS));
        ssize_t sent = send(descriptor, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        assert_true(sent > 0 || errno == EAGAIN);
        if (sent > 0)
            bytes = slice_from_offset(bytes, (size_t)sent);
    }
}

void expect_bytes(int descriptor, struct slice bytes)
{
    char *got = memory_new(bytes.len + 1, 1);
    size_t len = 0;
    while (len < bytes.len && wait_for(descriptor, POLLIN, PATIENCE_MILLISECONDS)) {
        ssize_t received = recv(descriptor, got + len, bytes.len - len, 0);
        if (received <= 0)
            break;
        len += (size_t)received;
    }
    bool same = len == bytes.len && memcmp(got, bytes.ptr, len) == 0;
    if (!same && len <= 200)
        assert_memory_equal(got, bytes.ptr, len);
    free(got);
    assert_int_equal(len, bytes.len);
    assert_true(same);
}

void expect_error_packet(int descriptor, uint16_t code, const char *part)
{
    char got[1024] = "";
    size_t len = 0;
    while (len < sizeof(got) - 1 && wait_for(descriptor, POLLIN, PATIENCE_MILLISECONDS)) {
        ssize_t received = recv(descriptor, got + len, sizeof(got) - 1 - len, 0);
        if (received <= 0)
            break;
        len += (size_t)received;
        if (len > PACKET_HEAD_SIZE &&
            len >= PACKET_HEAD_SIZE + (size_t)(uint8_t)got[0] + ((size_t)(uint8_t)got[1] << 8))
            break;
    }
    assert_true(len > PACKET_HEAD_SIZE + 3);
    assert_int_equal((uint8_t)got[4], 0xFF);
    assert_int_equal((uint8_t)got[5] | (uint8_t)got[6] << 8, code);
    assert_non_null(strstr(got + 7, part));
}

void expect_silence(int descriptor)
{
    assert_false(wait_for(descriptor, POLLIN, 25));
}

void expect_end(int descriptor)
{
    char byte;
    assert_true(wait_for(descriptor, POLLIN, PATIENCE_MILLISECONDS));
    assert_true(recv(descriptor, &byte, 1, 0) <= 0);
}

void expect_end_after_anything(int descriptor)
{
    char bytes[4096];
    ssize_t received;
    do {
        assert_true(wait_for(descriptor, POLLIN, PATIENCE_MILLISECONDS));
        received = recv(descriptor, bytes, sizeof(bytes), 0);
    } while (received > 0);
}

size_t read_until_silence(int descriptor, int milliseconds)
{
    static char bytes[65536];
    size_t total = 0;
    while (wait_for(descriptor, POLLIN, milliseconds)) {
        ssize_t received = recv(descriptor, bytes, sizeof(bytes), 0);
        if (received <= 0)
            break;
        total += (size_t)received;
    }
    return total;
}

size_t read_what_comes(int descriptor)
{
    return wait_for(descriptor, POLLIN, PATIENCE_MILLISECONDS) ? read_until_silence(descriptor, 50)
                                                               : 0;
}

size_t send_until_blocked(int descriptor, struct slice bytes)
{
    size_t total = 0;
    while (total < bytes.len && wait_for(descriptor, POLLOUT, 200)) {
        ssize_t sent =
            send(descriptor, bytes.ptr + total, bytes.len - total, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN)
            break;
        if (sent > 0)
            total += (size_t)sent;
    }
    return total;
}

void expect_relayed(int from, int to, struct slice bytes)
{
    static char got[65536];
    size_t sent = 0, received = 0;
    while (received < bytes.len) {
        struct pollfd both[2] = {{.fd = to, .events = POLLIN},
                                 {.fd = sent < bytes.len ? from : -1, .events = POLLOUT}};
        assert_true(poll(both, 2, PATIENCE_MILLISECONDS) > 0);
        if (both[1].revents != 0) {
            ssize_t count =
                send(from, bytes.ptr + sent, bytes.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            assert_true(count > 0 || errno == EAGAIN);
            sent += count > 0 ? (size_t)count : 0;
        }
        if (both[0].revents != 0) {
            size_t room = bytes.len - received;
            ssize_t count = recv(to, got, room < sizeof(got) ? room : sizeof(got), 0);
            assert_true(count > 0);
            assert_true(memcmp(got, bytes.ptr + received, (size_t)count) == 0);
            received += (size_t)count;
        }
    }
}

void expect_exchange(struct rig *rig, struct slice asked, struct slice answered)
{
    expect_relayed(rig->client, rig->server, asked);
    expect_relayed(rig->server, rig->client, answered);
}
