/* The session's life: phases, the pump that moves both directions, and the ways to end. */
#include "session/session_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"

/* --- phases ----------------------------------------------------------------------------------- */

static const char *const phase_names[PHASE_COUNT] = {
    [PHASE_DIALING] = "dialing",   [PHASE_GREETING] = "greeting", [PHASE_RESPONSE] = "response",
    [PHASE_TLS] = "TLS handshake", [PHASE_LOGIN] = "login",       [PHASE_COMMANDS] = "commands",
    [PHASE_RAW] = "raw relay",     [PHASE_ABORT] = "abort",       [PHASE_ENDING] = "ending",
    [PHASE_CLOSED] = "closed",
};

#define TO(phase) (1u << (phase))

/* From each phase, where it may go. */
static const unsigned legal_moves[PHASE_COUNT] = {
    [PHASE_DIALING] = TO(PHASE_GREETING) | TO(PHASE_ENDING) | TO(PHASE_CLOSED),
    [PHASE_GREETING] =
        TO(PHASE_RESPONSE) | TO(PHASE_RAW) | TO(PHASE_ABORT) | TO(PHASE_ENDING) | TO(PHASE_CLOSED),
    [PHASE_RESPONSE] = TO(PHASE_TLS) | TO(PHASE_LOGIN) | TO(PHASE_RAW) | TO(PHASE_ABORT) |
                       TO(PHASE_ENDING) | TO(PHASE_CLOSED),
    [PHASE_TLS] = TO(PHASE_RESPONSE) | TO(PHASE_ABORT) | TO(PHASE_ENDING) | TO(PHASE_CLOSED),
    [PHASE_LOGIN] = TO(PHASE_COMMANDS) | TO(PHASE_RAW) | TO(PHASE_ENDING) | TO(PHASE_CLOSED),
    [PHASE_COMMANDS] = TO(PHASE_RAW) | TO(PHASE_ENDING) | TO(PHASE_CLOSED),
    [PHASE_RAW] = TO(PHASE_ENDING) | TO(PHASE_CLOSED),
    [PHASE_ABORT] = TO(PHASE_CLOSED),
    [PHASE_ENDING] = TO(PHASE_CLOSED),
    [PHASE_CLOSED] = 0,
};

void session_enter(struct session *session, enum session_phase phase)
{
    bool legal = (legal_moves[session->phase] & TO(phase)) != 0;
    assert(legal);
    (void)legal; /* without assertions only the log below tells */
    session_log(session, LOG_DEBUG, "%s -> %s", phase_names[session->phase], phase_names[phase]);
    session->phase = phase;
}

void session_log(const struct session *session, int level, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (!log_enabled((enum log_level)level))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_write((enum log_level)level, session->identity, "%s", text);
}

bool session_within_transaction(const struct session *session)
{
    return (session->status & STATUS_IN_TRANSACTION) != 0 ||
           (session->status & STATUS_AUTOCOMMIT) == 0;
}

/* --- relays ----------------------------------------------------------------------------------- */

bool session_take_in(struct session *session, struct relay *relay)
{
    bool moved;
    if (relay_take_in(relay, &moved) == ERROR_NONE)
        return moved;
    session_go_raw(session, relay == &session->client
                                ? "bytes of the client that are no compressed frame"
                                : "bytes of the server that are no compressed frame");
    return true;
}

void session_go_raw(struct session *session, const char *why)
{
    if (session->hold.asking) {
        tap_give_up_question(session);
        return;
    }
    session_log(session, LOG_WARNING, "relayed raw from here on, without capture: %s", why);
    if (session->hold.state == HOLD_SENT || session->hold.state == HOLD_SENDING)
        tap_lost(session);
    tap_close(session);
    /* What was taken out of the stream for the tap goes first. */
    struct slice held = hold_wire(session);
    if (session->hold.sent < held.len)
        stream_queue(session->upstream.from, slice_from_offset(held, session->hold.sent));
    hold_release(session);
    stream_limit_input(session->client.from, 0);
    session_enter(session, PHASE_RAW);
}

void session_send_error(struct session *session, uint8_t sequence, uint16_t code,
                        const char *sqlstate, const char *message)
{
    struct buffer packet = BUFFER_INIT;
    packet_write_error(&packet, sequence, code, sqlstate, message);
    relay_queue(&session->upstream, sequence, buffer_slice(&packet));
    buffer_release(&packet);
}

/* --- the pump --------------------------------------------------------------------------------- */

static bool step_client(struct session *session)
{
    switch (session->phase) {
    case PHASE_RESPONSE:
    case PHASE_LOGIN:
        return login_client_step(session);
    case PHASE_COMMANDS:
        return client_step(session);
    case PHASE_RAW:
        return relay_raw(&session->client);
    default:
        return false;
    }
}

static bool step_upstream(struct session *session)
{
    switch (session->phase) {
    case PHASE_GREETING:
    case PHASE_LOGIN:
    case PHASE_ABORT:
        return login_upstream_step(session);
    case PHASE_COMMANDS:
        return upstream_step(session);
    case PHASE_RAW:
    case PHASE_ENDING:
        return relay_raw(&session->upstream);
    default:
        return false;
    }
}

/* No command can come any more from a client whose input has ended and been looked at. */
static bool client_will_say_no_more(const struct session *session)
{
    switch (session->hold.state) {
    case HOLD_NONE:
        return !pending_full(&session->pending);
    case HOLD_COLLECTING: /* half a command: it will never be whole */
        return true;
    case HOLD_SENT:
        return session->mode == CLIENT_SENDS_FILE;
    default:
        return false;
    }
}

/* The client has sent its last byte and all of it is on its way: tell the server. */
static void pass_on_client_end(struct session *session)
{
    if (!stream_ended(session->client.from) || relay_sending(&session->client))
        return;
    if (session->phase == PHASE_COMMANDS && !client_will_say_no_more(session))
        return;
    /* What is left of its input is the start of a packet without its end. */
    if (session->phase == PHASE_COMMANDS || session->phase == PHASE_RAW)
        stream_shutdown(session->upstream.from);
}

/* Nobody reads the answers any more. A DDL that the server works on is waited for: its outcome counts. */
static bool client_is_done(struct session *session)
{
    if (stream_broken(session->client.from))
        session->client_gone = true;
    if (!session->client_gone)
        return false;
    if (session->mode == CLIENT_SENDS_FILE)
        return true; /* the server waits for the rest of the file */
    return session->hold.state != HOLD_SENT && session->hold.state != HOLD_SENDING;
}

/* The server is gone, and all that it sent has been looked at. */
static bool upstream_is_done(const struct session *session)
{
    if (session->phase == PHASE_DIALING || session->phase == PHASE_TLS)
        return false;
    return stream_ended(session->upstream.from) && !session->hold.kept;
}

static void end_upstream(struct session *session)
{
    if (session->hold.state == HOLD_SENT || session->hold.state == HOLD_SENDING)
        tap_lost(session);
    if (session->hold.asking && !relay_sending(&session->upstream)) {
        tap_give_up_question(session);
        return;
    }
    tap_close(session);
    session_enter(session, PHASE_ENDING);
}

static void finish_ending(struct session *session)
{
    if (stream_input(session->upstream.from).len > 0 && !stream_broken(session->client.from))
        return;
    if (stream_flushed(session->client.from)) {
        stream_shutdown(session->client.from);
        session_close(session);
    }
}

static bool may_be_drained(const struct session *session)
{
    return session->draining && session->phase == PHASE_COMMANDS &&
           session->hold.state == HOLD_NONE && session->pending.count == 0 &&
           !relay_sending(&session->client) && !relay_sending(&session->upstream) &&
           stream_flushed(session->client.from) && stream_flushed(session->upstream.from) &&
           (session->status & STATUS_IN_TRANSACTION) == 0;
}

static void settle_ends(struct session *session)
{
    if (session->phase == PHASE_CLOSED)
        return;
    if (session->phase == PHASE_ABORT) {
        if (stream_ended(session->upstream.from))
            session_close(session);
        return;
    }
    bool client_done = client_is_done(session);
    if (client_done && session->phase < PHASE_LOGIN) {
        login_abort(session);
        return;
    }
    if (session->phase == PHASE_LOGIN && stream_ended(session->client.from)) {
        login_cover(session);
        client_done = false;
        if (session->phase == PHASE_CLOSED)
            return;
    }
    if (client_done || may_be_drained(session)) {
        session_close(session);
        return;
    }
    pass_on_client_end(session);
    if (session->phase != PHASE_ENDING && upstream_is_done(session)) {
        end_upstream(session);
        (void)step_upstream(session);
    }
    if (session->phase == PHASE_ENDING)
        finish_ending(session);
}

void session_pump(struct session *session)
{
    bool progress = true;
    if (session->pumping || session->phase == PHASE_CLOSED)
        return;
    session->pumping = true;
    session->look_left = LOOK_PACKETS;
    while (progress && session->phase != PHASE_CLOSED) {
        enum session_phase before = session->phase;
        progress = step_client(session);
        progress |= step_upstream(session);
        progress |= session->phase != before; /* another phase may do more with the same bytes */
    }
    session->pumping = false;
    if (session->look_left == 0)
        session_pump_later(session);
    else
        settle_ends(session);
}

static void pump_now(void *argument)
{
    struct session *session = argument;
    session->pump_posted = false;
    session_pump(session);
}

void session_pump_later(struct session *session)
{
    if (session->pumping || session->pump_posted || session->phase == PHASE_CLOSED)
        return;
    session->pump_posted = true;
    loop_post(session->home->loop, pump_now, session);
}

/* --- what the streams report ------------------------------------------------------------------ */

static void on_moved(void *owner)
{
    session_pump(owner);
}

static void on_client_opened(void *owner)
{
    struct session *session = owner;
    session->client_tls_open = true;
    login_tls_opened(session);
}

static void on_client_ended(void *owner, const char *why)
{
    struct session *session = owner;
    if (why != NULL) {
        session_log(session, LOG_DEBUG, "client: %s", why);
        session->client_gone = true;
    }
    if (session->phase == PHASE_TLS)
        session_log(session, LOG_WARNING,
                    "the client ended the TLS handshake: %s. If it does not trust the proxy's "
                    "certificate, give it ddltap/state/ca.pem or connect to 127.0.0.1 by number.",
                    why == NULL ? "closed" : why);
    if (session->phase < PHASE_LOGIN) {
        login_abort(session);
        return;
    }
    session_pump(session);
}

static void on_upstream_opened(void *owner)
{
    struct session *session = owner;
    if (session->phase == PHASE_DIALING) {
        login_dialled(session);
        return;
    }
    session->upstream_tls_open = true;
    login_tls_opened(session);
}

static void on_upstream_ended(void *owner, const char *why)
{
    struct session *session = owner;
    if (session->phase == PHASE_DIALING) {
        login_dial_failed(session, why == NULL ? "closed" : why);
        return;
    }
    /* A server that has read COM_QUIT may reset what is left; nobody misses it. */
    if (why != NULL)
        session_log(session, stream_ended(session->client.from) ? LOG_DEBUG : LOG_INFO,
                    "upstream: %s", why);
    if (session->phase == PHASE_TLS) {
        session_close(session);
        return;
    }
    session_pump(session);
}

static const struct stream_handler client_handler = {on_client_opened, on_moved, on_moved,
                                                     on_client_ended};
static const struct stream_handler upstream_handler = {on_upstream_opened, on_moved, on_moved,
                                                       on_upstream_ended};

/* --- life ------------------------------------------------------------------------------------- */

static void on_timer_expired(void *argument)
{
    struct session *session = argument;
    if (session->phase == PHASE_DIALING)
        login_dial_failed(session, "no connection within the time allowed (proxy.connect_timeout)");
    else if (session->phase == PHASE_GREETING || session->phase == PHASE_ABORT ||
             (session->phase == PHASE_LOGIN && session->covering))
        session_close(session);
}

static void join_home(struct session *session, struct session_home *home)
{
    session->home = home;
    session->shared = home->shared;
    session->next = home->first;
    if (home->first != NULL)
        home->first->previous = session;
    home->first = session;
}

static void leave_home(struct session *session)
{
    if (session->previous != NULL)
        session->previous->next = session->next;
    else
        session->home->first = session->next;
    if (session->next != NULL)
        session->next->previous = session->previous;
    atomic_fetch_sub(&session->home->shared->live, 1);
}

/* Both legs of one kind where that can be: a login's exchange depends on what the server and the client see
 * of their legs, and what the server takes the client for, too. */
static const struct address *choose_server(const struct session_shared *shared,
                                           const struct address *peer)
{
    bool by_socket = shared->upstream_socket.length > 0 && address_is_unix(peer);
    return by_socket ? &shared->upstream_socket : &shared->upstream;
}

void session_start(struct session_home *home, uint64_t id, int descriptor,
                   const struct address *peer)
{
    struct session *session = memory_new(1, sizeof(*session));
    join_home(session, home);
    session->id = id;
    session->peer = memory_copy_text(peer->text);
    session->server = choose_server(session->shared, peer);
    login_name_identity(session);
    pending_init(&session->pending);
    session->timer = timer_new(home->loop, on_timer_expired, session);
    timer_start(session->timer, session->shared->connect_timeout);

    struct stream *client = stream_accept(home->loop, descriptor, &client_handler, session);
    struct stream *upstream = stream_dial(home->loop, session->server, &upstream_handler, session);
    /* No byte of a TLS handshake behind the SSLRequest may be read before TLS is on. */
    stream_limit_input(client, PACKET_HEAD_SIZE + 32);
    stream_set_sensitive(client, true);
    session->client = (struct relay){.from = client, .to = upstream};
    session->upstream = (struct relay){.from = upstream, .to = client};
}

static void free_now(void *argument)
{
    struct session *session = argument;
    relay_release(&session->client);
    relay_release(&session->upstream);
    pending_release(&session->pending);
    prepared_clear(&session->prepared);
    hold_release(session);
    buffer_release(&session->hold.error);
    free(session->peer);
    free(session->identity);
    free(session->server_version);
    free(session->auth_plugin);
    free(session->user);
    free(session->database);
    free(session->program_name);
    free(session->client_name);
    login_change_ends(session, false);
    free(session);
}

void session_close(struct session *session)
{
    if (session->phase == PHASE_CLOSED)
        return;
    if (session->hold.state == HOLD_SENT || session->hold.state == HOLD_SENDING)
        tap_lost(session);
    tap_close(session);
    session_enter(session, PHASE_CLOSED);
    stream_free(session->client.from);
    stream_free(session->upstream.from);
    timer_free(session->timer);
    session->timer = NULL;
    leave_home(session);
    loop_post(session->home->loop, free_now, session);
}

void session_drain_all(struct session_home *home)
{
    for (struct session *session = home->first, *next; session != NULL; session = next) {
        next = session->next;
        session->draining = true;
        session_pump(session);
    }
}

void session_close_all(struct session_home *home)
{
    while (home->first != NULL)
        session_close(home->first);
}
