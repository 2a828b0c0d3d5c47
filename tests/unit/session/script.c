#include "script.h"

#include <errno.h>
#include <linux/sockios.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "rig.h"

/* Turns of the loop in which nothing comes out until there is nothing left to do: a valve's deed is
 * posted, what it does is posted again, and TLS looks once more. */
#define QUIET_TURNS 2
#define TURNS_MAX 100000

/* One of the test's ends of the session. */
struct end {
    int descriptor;
    SSL *ssl;          /* NULL: plain */
    struct buffer got; /* since the last look */
    int unread;        /* bytes of ours that the session has not read */
    bool ended;        /* the session has closed its side */
};

/* How chunks are delivered: a first piece of so many bytes, then pieces of so many. */
struct delivery {
    size_t first, then;
};

struct player {
    const struct script *script;
    struct delivery delivery;
    struct loop *loop;
    struct session_home home;
    struct session_shared shared;
    struct fake_tap tap;
    struct end client, server;
    int listener;
    SSL_CTX *client_context;
    size_t at; /* step */
};

/* --- failure ---------------------------------------------------------------------------------- */

static void fail_at(const struct player *player, const char *what, struct slice expected,
                    struct slice got)
{
    size_t same = 0, first = player->delivery.first;
    while (same < expected.len && same < got.len && expected.ptr[same] == got.ptr[same])
        same++;
    if (first == SIZE_MAX)
        fprintf(stderr, "chunks whole, ");
    else
        fprintf(stderr, "chunks cut at %zu%s, ", first,
                first == player->delivery.then ? "..." : "");
    fprintf(stderr, "step %zu: %s: %zu bytes expected, %zu came, the first %zu are right\n",
            player->at, what, expected.len, got.len, same);
    fail();
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* Before TLS no more than a packet is taken: the first bytes of TLS lie behind it. */
static size_t room_before_tls(const struct end *end)
{
    struct packet_head head;
    char bytes[PACKET_HEAD_SIZE];
    ssize_t count = recv(end->descriptor, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
    if (end->got.len > 0 || count <= 0 || !packet_peek(slice_make(bytes, (size_t)count), &head))
        return 0;
    return PACKET_HEAD_SIZE + head.length;
}

static size_t receive(const struct player *player, struct end *end, char *into, size_t size)
{
    size_t count = 0;
    if (end->ssl != NULL)
        return SSL_read_ex(end->ssl, into, size, &count) == 1 ? count : 0;
    if (player->script->tls != NULL && room_before_tls(end) < size)
        size = room_before_tls(end);
    if (size == 0)
        return 0;
    ssize_t received = recv(end->descriptor, into, size, MSG_DONTWAIT);
    end->ended |= received == 0 || (received < 0 && errno != EAGAIN);
    return received > 0 ? (size_t)received : 0;
}

/* Take what has come out; true: something did, or the session has read what we sent. */
static bool drain(const struct player *player, struct end *end)
{
    static char bytes[65536];
    bool moved = false;
    size_t count;
    if (end->descriptor < 0)
        return false;
    while ((count = receive(player, end, bytes, sizeof(bytes))) > 0) {
        buffer_append(&end->got, bytes, count);
        moved = true;
    }
    int unread = 0;
    assert_int_equal(ioctl(end->descriptor, SIOCOUTQ, &unread), 0);
    moved |= unread != end->unread;
    end->unread = unread;
    return moved;
}

static void turn(struct player *player)
{
    loop_stop(player->loop); /* behind what this turn does */
    loop_run(player->loop);
}

/* Let the session do all it can. */
static void settle(struct player *player)
{
    unsigned quiet = 0;
    for (unsigned turns = 0; quiet < QUIET_TURNS; turns++) {
        assert_true(turns < TURNS_MAX);
        turn(player);
        bool moved = drain(player, &player->client);
        moved |= drain(player, &player->server);
        quiet = moved ? 0 : quiet + 1;
    }
}

static size_t send_some(struct end *end, struct slice bytes)
{
    size_t sent = 0;
    if (end->ssl != NULL)
        return SSL_write_ex(end->ssl, bytes.ptr, bytes.len, &sent) == 1 ? sent : 0;
    ssize_t count = send(end->descriptor, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    assert_true(count > 0 || errno == EAGAIN);
    return count > 0 ? (size_t)count : 0;
}

static void send_piece(struct player *player, struct end *end, struct slice bytes)
{
    unsigned stuck = 0;
    while (bytes.len > 0) {
        size_t sent = send_some(end, bytes);
        bytes = slice_from_offset(bytes, sent);
        stuck = sent > 0 ? 0 : stuck + 1;
        assert_true(stuck < 100);
        settle(player);
    }
}

static void deliver(struct player *player, struct end *end, struct slice bytes)
{
    size_t len = player->delivery.first;
    while (bytes.len > 0) {
        if (len > bytes.len)
            len = bytes.len;
        send_piece(player, end, slice_make(bytes.ptr, len));
        bytes = slice_from_offset(bytes, len);
        len = player->delivery.then;
    }
}

static void expect(struct player *player, struct end *end, struct slice bytes, const char *what)
{
    if (!slice_equal(buffer_slice(&end->got), bytes))
        fail_at(player, what, bytes, buffer_slice(&end->got));
    buffer_clear(&end->got);
}

/* --- TLS -------------------------------------------------------------------------------------- */

static SSL *make_ssl(SSL_CTX *context, const struct end *end, bool as_server)
{
    SSL *ssl = SSL_new(context);
    assert_non_null(ssl);
    assert_int_equal(SSL_set_fd(ssl, end->descriptor), 1);
    if (as_server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

static void shake_hands(struct player *player)
{
    player->client_context = SSL_CTX_new(TLS_client_method());
    SSL *client = make_ssl(player->client_context, &player->client, false);
    SSL *server = make_ssl(tls_context(player->script->tls), &player->server, true);
    for (int i = 0; i < 50; i++) {
        (void)SSL_do_handshake(client);
        (void)SSL_do_handshake(server);
        turn(player);
    }
    assert_true(SSL_is_init_finished(client) && SSL_is_init_finished(server));
    player->client.ssl = client;
    player->server.ssl = server;
}

/* --- the session's life ----------------------------------------------------------------------- */

/* An abstract Unix socket of a name that the system chooses. */
static int listen_somewhere(struct address *address)
{
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr *socket_address = (struct sockaddr *)&address->socket;
    *address = (struct address){.socket.ss_family = AF_UNIX, .text = "abstract"};
    assert_int_equal(bind(descriptor, socket_address, sizeof(sa_family_t)), 0);
    assert_int_equal(listen(descriptor, 1), 0);
    address->length = sizeof(address->socket);
    assert_int_equal(getsockname(descriptor, socket_address, &address->length), 0);
    return descriptor;
}

static void begin(struct player *player)
{
    const struct script *script = player->script;
    int pair[2];
    fake_tap_init(&player->tap);
    player->tap.questions = script->questions;
    player->tap.decision = script->decision;
    player->tap.keeps = script->keeps;
    player->tap.declines = script->declines;
    player->listener = listen_somewhere(&player->shared.upstream);
    player->shared.tls_server = script->tls;
    player->shared.tls_client = script->tls == NULL ? NULL : tls_client_new();
    player->shared.sink = (struct tap_sink){&fake_tap_operations, &player->tap, 64u << 20};
    player->shared.connect_timeout = PATIENCE_MILLISECONDS;
    player->loop = loop_new();
    player->home = (struct session_home){.loop = player->loop, .shared = &player->shared};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    player->client.descriptor = pair[0];
    atomic_fetch_add(&player->shared.live, 1);
    session_start(&player->home, 1, pair[1], &player->shared.upstream);
    player->server.descriptor = accept4(player->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(player->server.descriptor >= 0);
    turn(player);
}

static void finish_end(struct end *end)
{
    SSL_free(end->ssl);
    if (end->descriptor >= 0)
        close(end->descriptor);
    buffer_release(&end->got);
}

static void finish(struct player *player)
{
    session_close_all(&player->home);
    turn(player);
    loop_free(player->loop);
    finish_end(&player->client);
    finish_end(&player->server);
    close(player->listener);
    SSL_CTX_free(player->client_context);
    tls_free(player->shared.tls_client);
    fake_tap_release(&player->tap);
}

/* --- ends ------------------------------------------------------------------------------------- */

static void end_stream(struct player *player, struct end *end)
{
    shutdown(end->descriptor, SHUT_WR);
    settle(player);
}

static void vanish(struct player *player, struct end *end)
{
    close(end->descriptor);
    end->descriptor = -1;
    settle(player);
}

static void expect_ended(struct player *player, struct end *end, const char *what)
{
    expect(player, end, SLICE(""), what);
    if (!end->ended)
        fail_at(player, "the end has not come", SLICE(""), SLICE(""));
}

/* --- one performance -------------------------------------------------------------------------- */

static void take_step(struct player *player, const struct step *step)
{
    switch (step->verb) {
    case CLIENT_SENDS:
        deliver(player, &player->client, step->bytes);
        break;
    case SERVER_SENDS:
        deliver(player, &player->server, step->bytes);
        break;
    case CLIENT_GETS:
        expect(player, &player->client, step->bytes, "to the client");
        break;
    case SERVER_GETS:
        expect(player, &player->server, step->bytes, "to the server");
        break;
    case CLIENT_ENDS:
        end_stream(player, &player->client);
        break;
    case SERVER_ENDS:
        end_stream(player, &player->server);
        break;
    case CLIENT_VANISHES:
        vanish(player, &player->client);
        break;
    case SERVER_VANISHES:
        vanish(player, &player->server);
        break;
    case CLIENT_SEES_END:
        expect_ended(player, &player->client, "before the client's end");
        break;
    case SERVER_SEES_END:
        expect_ended(player, &player->server, "before the server's end");
        break;
    case BOTH_SHAKE_HANDS:
        shake_hands(player);
        break;
    case TAP_DOES:
        tap_do(&player->tap, step->action, NULL);
        settle(player);
        break;
    }
}

static void log_in(struct player *player)
{
    uint64_t wants = player->script->wants == 0 ? CLIENT_WANTS : player->script->wants;
    const struct step steps[] = {
        {SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_SENDS, response(wants, "anna", "shop"), TAP_WAIT},
        {SERVER_GETS, response(wants, "anna", "shop"), TAP_WAIT},
        ANSWERS(ok(2, 2)),
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
        take_step(player, &steps[i]);
}

/* All that the tap was told, a line each. */
static void expect_told_all(struct player *player, const char *expected)
{
    struct buffer told = BUFFER_INIT;
    for (unsigned i = 0; i < player->tap.written; i++)
        buffer_printf(&told, "%s\n", player->tap.lines[i]);
    if (expected != NULL && strcmp(buffer_text(&told), expected) != 0) {
        fprintf(stderr, "the tap was told\n%sand not\n%s", buffer_text(&told), expected);
        fail_at(player, "told to the tap", slice_from(expected), buffer_slice(&told));
    }
    buffer_release(&told);
}

static void expect_at_rest(struct player *player)
{
    const struct session *session = player->home.first;
    enum session_phase phase = player->script->phase;
    expect(player, &player->client, SLICE(""), "left over for the client");
    expect(player, &player->server, SLICE(""), "left over for the server");
    if (phase == PHASE_CLOSED) {
        assert_null(session);
        return;
    }
    assert_non_null(session);
    assert_int_equal(session->phase, phase == 0 ? PHASE_COMMANDS : phase);
    assert_int_equal(session->pending.count, 0);
    assert_int_equal(session->hold.state, HOLD_NONE);
}

static void play_once(const struct script *script, struct delivery delivery)
{
    struct player *player = memory_new(1, sizeof(*player));
    player->script = script;
    player->delivery = delivery;
    begin(player);
    if (script->login)
        log_in(player);
    for (player->at = 0; player->at < script->count; player->at++)
        take_step(player, &script->step[player->at]);
    expect_told_all(player, script->told);
    expect_at_rest(player);
    finish(player);
    free(player);
}

/* --- all of them ------------------------------------------------------------------------------ */

static size_t longest_chunk(const struct script *script)
{
    size_t longest = script->login ? response(CLIENT_WANTS, "anna", "shop").len : 1;
    for (size_t i = 0; i < script->count; i++) {
        enum verb verb = script->step[i].verb;
        size_t len = script->step[i].bytes.len;
        if ((verb == CLIENT_SENDS || verb == SERVER_SENDS) && len > longest)
            longest = len;
    }
    return longest;
}

/* Cut here, in a script whose longest chunk has so many bytes? */
static bool is_cut(size_t at, size_t longest)
{
    size_t beside = (at + 8) % LOOP_BUFFER_SIZE;
    return longest <= SCRIPT_EVERY_BYTE || at <= 64 || at + 64 >= longest || beside <= 16 ||
           at % SCRIPT_STRIDE == 0;
}

void script_play_in_pieces(const struct script *script, size_t size)
{
    log_set_level(LOG_ERROR);
    play_once(script, (struct delivery){SIZE_MAX, SIZE_MAX});
    for (size_t first = 1; first <= size; first++)
        play_once(script, (struct delivery){first, size});
    play_once(script, (struct delivery){1, 1});
}

void script_play_cut_at(const struct script *script, const size_t *cuts, size_t count)
{
    log_set_level(LOG_ERROR);
    play_once(script, (struct delivery){SIZE_MAX, SIZE_MAX});
    for (size_t i = 0; i < count; i++)
        play_once(script, (struct delivery){cuts[i], SIZE_MAX});
}

void script_play(const struct script *script)
{
    size_t longest = longest_chunk(script);
    log_set_level(LOG_ERROR);
    play_once(script, (struct delivery){SIZE_MAX, SIZE_MAX});
    for (size_t cut = 1; cut < longest; cut++)
        if (is_cut(cut, longest))
            play_once(script, (struct delivery){cut, SIZE_MAX});
    play_once(script, (struct delivery){1, 1});
}
