/* From accept to the login's OK. The server is dialled first and its own greeting is relayed, so that
 * salt, connection id and version are the server's; both legs get the same capability bits.
 *
 *     client                      ddltap                           upstream
 *        |                          |--- connect ---------------------->|
 *        |<-- greeting (patched) ---|<-- greeting ----------------------|
 *        |--- SSLRequest ---------->|--- SSLRequest ------------------->|   mirrored
 *        |=== TLS ==================|=== TLS ===========================|
 *        |--- response (patched) -->|--- response --------------------->|
 *        |<------------- any number of authentication packets --------->|
 *        |<-- OK -------------------|<-- OK ----------------------------|
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "session/session_internal.h"
#include "wire/handshake.h"

#define IDENTITY_MAX 256
#define ABORT_MILLISECONDS 2000
#define ABORT_ANSWERS_MAX 4
#define ER_UNKNOWN_ERROR                                                                           \
    1105 /* 2000 to 2999 are codes of clients, which take them from no server */
/* A response larger than a read buffer is looked at as far as the buffer reaches. */
#define LOGIN_LOOK (LOOP_BUFFER_SIZE - PACKET_HEAD_SIZE)

void login_name_identity(struct session *session)
{
    char identity[IDENTITY_MAX];
    snprintf(identity, sizeof(identity), "#%llu %s%s%s%s%s", (unsigned long long)session->id,
             session->user == NULL ? "" : session->user, session->user == NULL ? "" : "@",
             session->peer, session->database == NULL || *session->database == '\0' ? "" : " ",
             session->database == NULL ? "" : session->database);
    free(session->identity);
    session->identity = memory_copy_text(identity);
}

/* --- the upstream is reached, or not ---------------------------------------------------------- */

void login_dialled(struct session *session)
{
    timer_stop(session->timer);
    session_enter(session, PHASE_GREETING);
    if (stream_ended(session->client.from))
        login_abort(session);
}

void login_dial_failed(struct session *session, const char *why)
{
    char message[400];
    const char *upstream = session->server->text;
    snprintf(message, sizeof(message),
             "ddltap: the MySQL server at %s cannot be reached: %s. Is it running?", upstream, why);
    session_log(session, LOG_WARNING, "upstream %s: %s", upstream, why);
    /* A first packet has no SQLSTATE: the client does not know yet that the server speaks 4.1. */
    session_send_error(session, 0, ER_UNKNOWN_ERROR, NULL, message);
    session_enter(session, PHASE_ENDING);
    session_pump(session);
}

/* --- greeting --------------------------------------------------------------------------------- */

static char *keep(char *old, struct slice value)
{
    free(old);
    return memory_copy_slice(slice_is_none(value) ? SLICE("") : value);
}

/* The bits that cannot be honoured on both legs. */
static uint64_t bits_to_clear(const struct session *session)
{
    return session->shared->tls_server == NULL ? CLIENT_SSL : 0;
}

/* Send a login packet after patching its capability bits in a copy: the read buffer is the stream's. */
static void send_patched(struct session *session, struct relay *relay, size_t len,
                         void (*patch)(char *payload, size_t len, uint64_t clear, uint64_t set))
{
    struct buffer copy = BUFFER_INIT;
    struct slice input = stream_input(relay->from);
    buffer_append(&copy, input.ptr, len);
    patch(copy.ptr + PACKET_HEAD_SIZE, len - PACKET_HEAD_SIZE, bits_to_clear(session), 0);
    stream_queue(relay->to, buffer_slice(&copy));
    memory_wipe(copy.ptr, copy.len);
    buffer_release(&copy);
    stream_consume(relay->from, len);
}

static bool take_greeting(struct session *session)
{
    struct packet_head head;
    struct slice payload;
    struct handshake_greeting greeting;
    struct slice input = stream_input(session->upstream.from);

    enum packet_whole whole = packet_whole(input, LOGIN_LOOK, &head, &payload);
    if (whole == PACKET_WHOLE_NEED_MORE)
        return false;
    if (whole == PACKET_WHOLE_READY && handshake_server_packet(payload) == HANDSHAKE_ERROR) {
        session_log(session, LOG_INFO, "the server refuses the connection");
        session_enter(session, PHASE_RAW);
        return true;
    }
    if (whole != PACKET_WHOLE_READY || handshake_greeting_parse(payload, &greeting) != ERROR_NONE) {
        session_go_raw(session, "the server's greeting is none that ddltap knows");
        return true;
    }
    session->greeting_seen = true;
    session->offered = greeting.capabilities & ~bits_to_clear(session);
    session->connection_id = greeting.connection_id;
    session->mariadb = greeting.mariadb;
    session->status = greeting.status;
    session->server_version = keep(session->server_version, greeting.server_version);
    session->auth_plugin = keep(session->auth_plugin, greeting.auth_plugin);
    if (stream_ended(session->client.from)) {
        stream_consume(session->upstream.from, PACKET_HEAD_SIZE + payload.len);
        login_abort(session);
        return true;
    }
    send_patched(session, &session->upstream, PACKET_HEAD_SIZE + payload.len,
                 handshake_greeting_patch);
    session_enter(session, PHASE_RESPONSE);
    return true;
}

/* --- the login for a client that left --------------------------------------------------------- */

/* The part of a response that an SSLRequest is, too. */
static void append_fixed_part(const struct session *session, struct buffer *payload,
                              uint64_t capabilities)
{
    if (stream_is_tls(session->upstream.from)) {
        buffer_append(payload, session->ssl_request, sizeof(session->ssl_request));
        return;
    }
    buffer_append_integer(payload, capabilities, 4);
    buffer_append_integer(payload, PACKET_PAYLOAD_MAX, 4);
    buffer_append_integer(payload, 8, 1); /* latin1 */
    for (int i = 0; i < 23; i++)
        buffer_append_char(payload, '\0');
}

/* Servers count a connection that breaks off before its response against our address, and block the
 * address when there are too many (max_connect_errors). A login that is refused does not count. One
 * that does not parse does: within TLS, MySQL wants the SSLRequest repeated, and what it promised. */
static void send_refusable_login(struct session *session)
{
    struct buffer payload = BUFFER_INIT, packet = BUFFER_INIT;
    bool tls = stream_is_tls(session->upstream.from);
    uint64_t capabilities =
        tls ? session->capabilities
            : (CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH | CLIENT_MYSQL) &
                  session->offered;
    append_fixed_part(session, &payload, capabilities);
    buffer_append(&payload, "ddltap-client-left", sizeof("ddltap-client-left"));
    buffer_append_char(&payload, '\0'); /* no password, in any of its forms */
    if ((capabilities & CLIENT_CONNECT_WITH_DB) != 0)
        buffer_append_char(&payload, '\0'); /* no database */
    if ((capabilities & CLIENT_PLUGIN_AUTH) != 0)
        buffer_append(&payload, session->auth_plugin, strlen(session->auth_plugin) + 1);
    if ((capabilities & CLIENT_CONNECT_ATTRS) != 0)
        buffer_append_char(&payload, '\0'); /* no attributes */
    if ((capabilities & CLIENT_ZSTD_COMPRESSION) != 0)
        buffer_append_char(&payload, 3);                              /* its level */
    (void)packet_write(&packet, tls ? 2 : 1, buffer_slice(&payload)); /* SSLRequest was 1 */
    stream_queue(session->upstream.from, buffer_slice(&packet));
    buffer_release(&payload);
    buffer_release(&packet);
}

/* --- response, TLS ---------------------------------------------------------------------------- */

static uint64_t capabilities_agreed(const struct session *session, uint64_t wanted)
{
    return capabilities_effective(wanted & ~bits_to_clear(session), session->offered);
}

static void start_tls(struct session *session, size_t len, uint64_t wanted)
{
    session->capabilities = capabilities_agreed(session, wanted);
    assert(len == PACKET_HEAD_SIZE + sizeof(session->ssl_request)); /* else it is a response */
    memcpy(session->ssl_request, stream_input(session->client.from).ptr + PACKET_HEAD_SIZE,
           sizeof(session->ssl_request));
    handshake_response_patch(session->ssl_request, sizeof(session->ssl_request),
                             bits_to_clear(session), 0);
    send_patched(session, &session->client, len, handshake_response_patch);
    session_enter(session, PHASE_TLS);
    if (!stream_flushed(session->upstream.from) || stream_input(session->client.from).len > 0 ||
        stream_input(session->upstream.from).len > 0) {
        session_log(session, LOG_WARNING, "bytes out of turn before the TLS handshake");
        session_close(session);
        return;
    }
    stream_limit_input(session->client.from, 0);
    stream_start_tls(session->client.from, session->shared->tls_server, true);
    stream_start_tls(session->upstream.from, session->shared->tls_client, false);
}

void login_tls_opened(struct session *session)
{
    if (session->phase == PHASE_ABORT) {
        send_refusable_login(session); /* the client left while the upstream shook hands */
        return;
    }
    if (!session->client_tls_open || !session->upstream_tls_open)
        return;
    session_enter(session, PHASE_RESPONSE);
    session_pump(session);
}

static void note_response(struct session *session, const struct handshake_response *response)
{
    session->capabilities = capabilities_agreed(session, response->capabilities);
    session->multi_statements = (session->capabilities & CLIENT_MULTI_STATEMENTS) != 0;
    session->user = keep(session->user, response->user);
    session->database = keep(session->database, response->database);
    session->program_name = keep(session->program_name, response->program_name);
    session->client_name = keep(session->client_name, response->client_name);
    login_name_identity(session);
}

/* The response is looked at when it is whole, or fills the buffer. */
static bool take_response(struct session *session)
{
    struct packet_head head;
    struct handshake_response response;
    struct slice input = stream_input(session->client.from);
    bool tls = stream_is_tls(session->client.from);

    if (!packet_peek(input, &head))
        return false;
    size_t len = PACKET_HEAD_SIZE + (size_t)head.length;
    if (!tls && head.length != 32)
        stream_limit_input(session->client.from, 0);
    if (input.len < len && input.len < LOOP_BUFFER_SIZE)
        return false;
    struct slice payload = slice_from_offset(input, PACKET_HEAD_SIZE);
    if (payload.len > head.length)
        payload.len = head.length;
    if (handshake_response_parse(payload, &response) != ERROR_NONE) {
        session_go_raw(session, "the client's handshake response is none that ddltap knows");
        return true;
    }
    if (response.ssl_request && !tls && (session->offered & CLIENT_SSL) != 0) {
        start_tls(session, len, response.capabilities);
        return true;
    }
    note_response(session, &response);
    stream_limit_input(session->client.from, 0);
    session_enter(session, PHASE_LOGIN);
    if (input.len < len)
        len = input.len;
    struct packet_piece piece;
    if (!packet_walk_next(&session->client.walk, slice_make(input.ptr, len), 0, &piece))
        return true;
    send_patched(session, &session->client, piece.len, handshake_response_patch);
    return true;
}

/* --- authentication packets ------------------------------------------------------------------- */

/* Whichever algorithm was agreed on: all that follows the OK, both ways, comes in frames. */
static void begin_compression(struct session *session)
{
    bool between = packet_walk_between(&session->client.walk);
    /* A frame leaves the read buffer before it is known what it carries: maybe a password. */
    stream_set_sensitive(session->client.from, true);
    relay_begin_frames(&session->client);
    relay_begin_frames(&session->upstream);
    if (!between)
        session_go_raw(session, "a login that ends in the middle of a packet of the client");
}

static void logged_in(struct session *session)
{
    stream_set_sensitive(session->client.from, false);
    timer_free(session->timer);
    session->timer = NULL;
    session_enter(session, PHASE_COMMANDS);
    session_log(session, LOG_DEBUG, "logged in, connection id %u", session->connection_id);
    tap_open(session);
    if ((session->capabilities & (CLIENT_COMPRESS | CLIENT_ZSTD_COMPRESSION)) != 0)
        begin_compression(session);
}

/* Some plugins answer in two packets (the one of Windows, where a token is long): they go on with the sequence, which a
 * command begins anew. */
bool login_takes(const struct session *session, struct slice unseen)
{
    struct packet_head head;
    return session->auth_owed > 0 || (packet_peek(unseen, &head) && head.sequence != 0);
}

/* What a client sends ahead behind its last answer are commands: they wait for the OK. */
static bool relay_auth_from_client(struct session *session)
{
    struct relay *relay = &session->client;
    struct packet_piece piece;
    bool moved = false;
    while ((!packet_walk_between(&relay->walk) || login_takes(session, relay_unseen(relay))) &&
           packet_walk_next(&relay->walk, relay_unseen(relay), 0, &piece)) {
        relay->ready += piece.len;
        if (piece.last)
            login_note_answered(session);
        moved = true;
    }
    return relay_flush(relay) || moved;
}

void login_note_asked(struct session *session, struct slice payload)
{
    bool asked = !slice_equal(payload, SLICE("\1\3"));
    session->auth_owed = asked ? session->auth_owed + 1 : 0;
}

void login_note_answered(struct session *session)
{
    if (session->auth_owed > 0)
        session->auth_owed--;
}

/* The server speaks within the login. */
static void note_auth_packet(struct session *session, const struct packet_piece *piece)
{
    struct result_end end;
    switch (handshake_server_packet(piece->payload)) {
    case HANDSHAKE_OK:
        session->login_ok = true;
        if (result_parse_end(piece->payload, session->capabilities, &end) && end.has_status)
            session->status = end.status;
        break;
    case HANDSHAKE_ERROR:
        break;
    default:
        login_note_asked(session, piece->payload);
        session->auth_sequence = piece->head.sequence;
        break;
    }
}

static bool relay_auth_from_server(struct session *session)
{
    struct packet_piece piece;
    bool moved = false;
    while (session->phase == PHASE_LOGIN &&
           packet_walk_next(&session->upstream.walk, relay_unseen(&session->upstream),
                            RESULT_PREFIX, &piece)) {
        session->upstream.ready += piece.len;
        moved = true;
        if (piece.first)
            note_auth_packet(session, &piece);
        if (piece.last && session->login_ok)
            logged_in(session);
    }
    return relay_flush(&session->upstream) || moved;
}

/* --- another user ----------------------------------------------------------------------------- */

void login_change_begins(struct session *session, struct slice payload)
{
    struct change_of_user *change = &session->change;
    struct handshake_change_user parsed;
    if (handshake_change_user_parse(payload, session->capabilities, &parsed) != ERROR_NONE)
        return;
    change->known = true;
    change->user = memory_copy_slice(parsed.user);
    change->database = memory_copy_slice(parsed.database);
    if (!slice_is_none(parsed.program_name))
        change->program_name = memory_copy_slice(parsed.program_name);
    if (!slice_is_none(parsed.client_name))
        change->client_name = memory_copy_slice(parsed.client_name);
}

/* The new text, if there is one, takes the old one's place. */
static void take_over(char **old, char **new)
{
    if (*new == NULL)
        return;
    free(*old);
    *old = *new;
    *new = NULL;
}

void login_change_ends(struct session *session, bool success)
{
    struct change_of_user *change = &session->change;
    if (success && change->known) {
        take_over(&session->user, &change->user);
        take_over(&session->database, &change->database);
        take_over(&session->program_name, &change->program_name);
        take_over(&session->client_name, &change->client_name);
        login_name_identity(session);
    }
    free(change->user);
    free(change->database);
    free(change->program_name);
    free(change->client_name);
    *change = (struct change_of_user){0};
}

/* --- a client that leaves before it logs in --------------------------------------------------- */

void login_abort(struct session *session)
{
    if (session->phase == PHASE_DIALING)
        return; /* the server may have accepted already: login_dialled comes back here */
    if (!session->greeting_seen) {
        timer_start(session->timer, ABORT_MILLISECONDS);
        return; /* take_greeting comes back here */
    }
    session_log(session, LOG_DEBUG, "the client left before it logged in");
    session_enter(session, PHASE_ABORT);
    timer_start(session->timer, ABORT_MILLISECONDS);
    stream_shutdown(session->client.from);
    if (stream_is_tls(session->upstream.from) && !session->upstream_tls_open)
        return; /* login_tls_opened goes on */
    send_refusable_login(session);
}

/* Whatever the server wants to know: an empty packet, until it says no. */
static void answer_for_client(struct session *session)
{
    struct buffer packet = BUFFER_INIT;
    session->auth_owed = 0;
    if (++session->abort_answers > ABORT_ANSWERS_MAX) {
        session_close(session);
        return;
    }
    (void)packet_write(&packet, (uint8_t)(session->auth_sequence + 1), SLICE(""));
    stream_queue(session->upstream.from, buffer_slice(&packet));
    buffer_release(&packet);
}

static bool answer_abort(struct session *session)
{
    struct packet_head head;
    struct slice payload;
    struct slice input = stream_input(session->upstream.from);
    if (packet_whole(input, LOGIN_LOOK, &head, &payload) != PACKET_WHOLE_READY)
        return false;
    enum handshake_server_packet kind = handshake_server_packet(payload);
    stream_consume(session->upstream.from, PACKET_HEAD_SIZE + payload.len);
    session->auth_sequence = head.sequence;
    if (kind == HANDSHAKE_OK || kind == HANDSHAKE_ERROR)
        session_close(session);
    else
        answer_for_client(session);
    return true;
}

/* The same in the middle of the authentication, whose packets still pass: the client may only have
 * closed its half. Of half a response nothing can come. */
void login_cover(struct session *session)
{
    if (!session->covering) {
        session_log(session, LOG_DEBUG, "the client left while it logged in");
        session->covering = true;
        timer_start(session->timer, session->shared->connect_timeout);
    }
    if (relay_sending(&session->client) || !stream_flushed(session->upstream.from))
        return;
    if (!packet_walk_between(&session->client.walk))
        stream_shutdown(session->upstream.from);
    else if (session->auth_owed > 0)
        answer_for_client(session);
}
/* --- steps ------------------------------------------------------------------------------------ */

bool login_client_step(struct session *session)
{
    return session->phase == PHASE_RESPONSE ? take_response(session)
                                            : relay_auth_from_client(session);
}

bool login_upstream_step(struct session *session)
{
    switch (session->phase) {
    case PHASE_GREETING:
        return take_greeting(session);
    case PHASE_ABORT:
        return answer_abort(session);
    default:
        return relay_auth_from_server(session);
    }
}
