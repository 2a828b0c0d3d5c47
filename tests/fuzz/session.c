/* fuzz: session. A whole session between a client and a server that do what the input says, with a tap that
 * does what the commands' texts say (session/wishes.h), on streams without sockets (session/fake_net.h).
 *
 *     input: flags 1 | capability bits 16 to 31, 2 | 32 to 39, 1 | chunk 1 | deeds ...
 *     deed:  what 1 | its bytes
 *
 * Each input is run twice: bytes arriving in bulk, and in small pieces. Whatever comes:
 *   - the server gets what the client sent, less refused commands, plus questions, and the login's packets
 *     with other capability bits; the client gets what the server sent, less answers to questions, plus
 *     refusals; in order, nothing twice;
 *   - nothing is forgotten: what could go has gone;
 *   - both runs end with the same bytes and the same calls of the tap;
 *   - what the session keeps is bounded; all of it is freed.
 */
#include "fuzz.h"

#include <sys/socket.h>

#include "ddltap/log.h"
#include "session/fake_net.h"
#include "session/session_internal.h"
#include "session/wishes.h"

#define ARRIVED_MAX (1u << 20)
#define TEXT_LIMIT 8192
#define CLIENT_OUTBOX_MAX (48u << 10) /* a greeting that fills a read buffer, and some */
#define SMALL_ROOM 64
#define LARGE_UNIT 509

enum flags {
    FLAG_TLS = 0x01,       /* ours: offered to the client */
    FLAG_RAW_LOGIN = 0x02, /* the input says all; else a login has gone well */
    FLAG_DECLINES = 0x04,
    FLAG_MARIADB = 0x08,
    FLAG_SMALL_ROOM = 0x10, /* the peers' sockets take little at a time */
};

enum deed {
    CLIENT_PACKET, /* length, payload */
    SERVER_PACKET, /* length, payload; the sequence is in the deed's high bits */
    CLIENT_BYTES,  /* length, bytes */
    SERVER_BYTES,  /* length, bytes */
    CLIENT_QUERY,  /* how it is held, wish, length */
    SERVER_ANSWER, /* which of the usual ones */
    CLIENT_LARGE,  /* command code, first byte of the text, wish, size in units of 509 bytes */
    SERVER_LARGE,  /* first byte, size in units of 509 bytes */
    READS,         /* who, how much */
    LEAVES,        /* who, how */
    TAP_GOES_ON,
    HAPPENS, /* what else there is */
    DEEDS
};

struct scene {
    struct session_shared shared;
    struct session_home home;
    struct wishes wishes;
    uint64_t capabilities;
    size_t chunk;
    unsigned flags;
    bool raced; /* it ended while more bytes came: how many of them passed is luck */
    bool rude;  /* somebody left in the login, or frames are relayed: what is sent is no copy */
};

static struct scene *scene;

/* What is left of one run. */
struct ending {
    bool raced;
    uint64_t story;
    struct buffer to_client, to_server;
};

/* A server that says more than it was asked, while a command is held or waits to be, or has not been read: whether
 * that is an answer, or comes behind a refusal, depends on how much of it came before. */
static void note_race(void)
{
    const struct session *session = fake_client->owner;
    bool command = fake_client->arrived.len > fake_client->consumed;
    bool answer = fake_upstream->arrived.len > fake_upstream->consumed;
    bool held = session->hold.state != HOLD_NONE;
    if (session->hold.state == HOLD_WAITING || (held && (command || answer)) || (command && answer))
        scene->raced = true;
}

/* --- what the peers say ----------------------------------------------------------------------- */

static void arrive_packet(struct stream *stream, uint8_t sequence, struct slice payload)
{
    struct buffer packet = BUFFER_INIT;
    (void)packet_write(&packet, sequence, payload);
    fake_arrive(stream, buffer_slice(&packet));
    buffer_release(&packet);
}

static void arrive_greeting(uint64_t capabilities)
{
    struct buffer payload = BUFFER_INIT;
    bool mariadb = (scene->flags & FLAG_MARIADB) != 0;
    buffer_append_char(&payload, 10);
    buffer_append(&payload, mariadb ? "11.8-MariaDB" : "8.4.3-Oracle", 13);
    buffer_append_integer(&payload, 77, 4);
    buffer_append(&payload, "ABCDEFGH", 9);
    buffer_append_integer(&payload, capabilities & 0xFFFF, 2);
    buffer_append_integer(&payload, 45, 1);
    buffer_append_integer(&payload, 2, 2);
    buffer_append_integer(&payload, capabilities >> 16 & 0xFFFF, 2);
    buffer_append_integer(&payload, 21, 1);
    buffer_append(&payload, "\0\0\0\0\0\0", 6);
    buffer_append_integer(&payload, mariadb ? capabilities >> 32 : 0, 4);
    buffer_append(&payload, "IJKLMNOPQRST\0mysql_native_password", 35);
    arrive_packet(fake_upstream, 0, buffer_slice(&payload));
    buffer_release(&payload);
}

static void arrive_response(uint64_t capabilities)
{
    struct buffer payload = BUFFER_INIT;
    buffer_append_integer(&payload, capabilities & CAPABILITIES_BASE, 4);
    buffer_append_integer(&payload, 1u << 24, 4);
    buffer_append(&payload, "\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    buffer_append_integer(&payload, capabilities >> 32, 4);
    buffer_append(&payload, "anna\0\0shop\0mysql_native_password\0", 33);
    arrive_packet(fake_client, 1, buffer_slice(&payload));
    buffer_release(&payload);
}

static const struct slice answers[] = {
    SLICE("\7\0\0\1\0\0\0\2\0\0\0"),                  /* OK */
    SLICE("\7\0\0\1\0\1\0\x0a\0\0\0"),                /* OK, more results follow */
    SLICE("\x0a\0\0\1\xff\x28\4#42000x"),             /* ERR */
    SLICE("\x0a\0\0\0\xff\xbf\x0f#08S01x"),           /* ERR out of turn */
    SLICE("\1\0\0\1\1\3\0\0\2def\5\0\0\3\xfe\0\0\2\0" /* one row */
          "\2\0\0\4\1x\5\0\0\5\xfe\0\0\2\0"),
    SLICE("\1\0\0\1\1\3\0\0\2def\2\0\0\3\1x\7\0\0\4\xfe\0\0\2\0\0\0"), /* the same, newer */
    SLICE("\5\0\0\1\xfb/etc"),                                         /* LOCAL INFILE */
    SLICE("\x0c\0\0\1\0\7\0\0\0\0\0\0\0\0\0\0"),                       /* prepared: 7 */
    SLICE("\5\0\0\1\xfe\0\0\2\0"),                                     /* EOF */
    SLICE("\5\0\0\1\xff\xff\xff\1\1"),                                 /* progress */
    SLICE("\7\0\0\2\0\0\0\2\0\0\0"),                                   /* OK behind a file */
    SLICE("\1\0\0\1\1\3\0\0\2def\5\0\0\3\xfe\0\0\x42\0"),              /* a cursor */
};

static void arrive_query(struct slice *input)
{
    struct buffer payload = BUFFER_INIT;
    unsigned code = take_byte(input), wish = take_byte(input), len = take_byte(input);
    buffer_append_char(&payload, code >= 0x80 ? COM_STMT_PREPARE : COM_QUERY);
    if (code < 0x80 && (scene->capabilities & CLIENT_QUERY_ATTRIBUTES) != 0)
        buffer_append(&payload, "\0\1", 2);
    buffer_append_char(&payload, (char)(code & 0x7F));
    buffer_append_char(&payload, (char)wish);
    while (len-- > 0)
        buffer_append_char(&payload, 't');
    arrive_packet(fake_client, 0, buffer_slice(&payload));
    buffer_release(&payload);
}

/* A pattern that does not repeat with the buffers' sizes; made once. */
static struct slice pattern(size_t len)
{
    static char bytes[256 * LARGE_UNIT];
    if (bytes[1] == 0)
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (char)(i * 7 + (i >> 8));
    return slice_make(bytes, len);
}

static void arrive_large(struct stream *stream, struct slice lead, size_t len)
{
    struct buffer head = BUFFER_INIT;
    if (stream->arrived.len + len > ARRIVED_MAX)
        return;
    packet_write_head(&head, (uint32_t)(lead.len + len), 0);
    buffer_append_slice(&head, lead);
    fake_arrive(stream, buffer_slice(&head));
    fake_arrive(stream, pattern(len));
    buffer_release(&head);
}

/* --- deeds ------------------------------------------------------------------------------------ */

static void leave(struct slice *input)
{
    unsigned how = take_byte(input);
    struct stream *stream = (how & 1) != 0 ? fake_client : fake_upstream;
    if (stream->peer_ended || stream->peer_reset)
        return;
    if ((how & 2) != 0)
        stream->peer_reset = true;
    else
        stream->peer_ended = true;
    scene->rude |= fake_login;
    scene->raced |= (scene->flags & FLAG_SMALL_ROOM) != 0;
}

static void happen(struct slice *input)
{
    switch (take_byte(input) % 8) {
    case 0:
        fake_connect(true);
        break;
    case 1:
        scene->rude |= fake_upstream->state == FAKE_CONNECTING;
        fake_connect(false);
        break;
    case 2:
        fake_shake_hands(fake_client, true);
        break;
    case 3:
        fake_shake_hands(fake_upstream, true);
        break;
    case 4:
        scene->rude |= fake_login;
        fake_shake_hands(fake_client, false);
        break;
    case 5:
        scene->rude |= fake_login;
        fake_shake_hands(fake_upstream, false);
        break;
    case 6:
        scene->rude |= fake_login;
        fake_expire_timers();
        break;
    case 7:
        scene->raced = true; /* it ends at the first rest, whatever the server would still say */
        session_drain_all(&scene->home);
        break;
    }
}

static void do_deed(struct slice *input)
{
    unsigned what = take_byte(input);
    unsigned who;
    char lead[3];
    note_race();
    switch ((enum deed)((what & 15) % DEEDS)) {
    case CLIENT_PACKET:
        arrive_packet(fake_client, (uint8_t)(what >> 4), take_bytes(input, take_byte(input)));
        break;
    case SERVER_PACKET:
        arrive_packet(fake_upstream, (uint8_t)(what >> 4), take_bytes(input, take_byte(input)));
        break;
    case CLIENT_BYTES:
        fake_arrive(fake_client, take_bytes(input, take_byte(input)));
        break;
    case SERVER_BYTES:
        fake_arrive(fake_upstream, take_bytes(input, take_byte(input)));
        break;
    case CLIENT_QUERY:
        arrive_query(input);
        break;
    case SERVER_ANSWER:
        fake_arrive(fake_upstream, answers[(what >> 4) % (sizeof(answers) / sizeof(answers[0]))]);
        break;
    case CLIENT_LARGE:
        for (int i = 0; i < 3; i++)
            lead[i] = (char)take_byte(input);
        arrive_large(fake_client, slice_make(lead, 3), take_byte(input) * (size_t)LARGE_UNIT);
        break;
    case SERVER_LARGE:
        lead[0] = (char)take_byte(input);
        arrive_large(fake_upstream, slice_make(lead, 1), take_byte(input) * (size_t)LARGE_UNIT);
        break;
    case READS:
        who = take_byte(input);
        fake_give_room((who & 1) != 0 ? fake_client : fake_upstream, (who >> 1) * (size_t)37);
        break;
    case LEAVES:
        leave(input);
        break;
    case TAP_GOES_ON:
        wishes_go_on(&scene->wishes);
        break;
    case HAPPENS:
        happen(input);
        break;
    case DEEDS:
        break;
    }
}

/* --- what must hold --------------------------------------------------------------------------- */

void fake_swallowed(size_t count)
{
    (void)count;
    bool nobody_reads = fake_client->broken || fake_client->peer_ended || fake_client->peer_reset;
    const struct session *session = fake_client->owner;
    scene->rude |= session->client.frames != NULL; /* taken in, to be sent from there */
    require(scene->wishes.asking || scene->wishes.answered_now || nobody_reads || scene->rude);
    scene->wishes.answered_now = false;
}

/* The session; NULL when it has ended. */
static const struct session *session_now(void)
{
    return fake_client->state == FAKE_FREED ? NULL : fake_client->owner;
}

static void check_bounds(void)
{
    const struct session *session = session_now();
    if (session == NULL)
        return;
    require(session->pending.count <= PENDING_MAX);
    scene->rude |= session->client.frames != NULL; /* frames are cut and made anew */
    if (scene->rude)
        return;
    /* A question's answer is followed to its end, or ends the session. */
    require(!scene->wishes.unanswered || session->phase != PHASE_RAW);
    require(session->hold.raw.len <= TEXT_LIMIT + LOOP_BUFFER_SIZE);
    require(session->hold.joined.len <= TEXT_LIMIT + LOOP_BUFFER_SIZE);
    require(session->prepared.count <= PREPARED_MAX);
    require(fake_waiting(fake_upstream) <= TEXT_LIMIT + 2 * LOOP_BUFFER_SIZE);
    if (!fake_login)
        require(fake_waiting(fake_client) <= CLIENT_OUTBOX_MAX + 2 * fake_refusal_longest);
}

/* Where the n-th range begins, or beyond everything. */
static size_t range_start(const struct fake_ranges *ranges, size_t n)
{
    return n < ranges->count ? ranges->items[n].start : SIZE_MAX;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What was sent is what arrived at the other side, but for the ranges: all of it, or the start of it. */
static void check_relayed(const struct stream *from, const struct stream *to)
{
    size_t patched = 0, removed = 0, own = 0, in = 0, out = 0;
    while (out < to->sent.len) {
        size_t own_start = range_start(&to->own, own);
        size_t removed_start = range_start(&from->removed, removed);
        size_t patched_start = range_start(&from->patched, patched);
        if (out == own_start) {
            out += to->own.items[own++].len;
        } else if (in == removed_start) {
            in += from->removed.items[removed++].len;
        } else if (in == patched_start) {
            in += from->patched.items[patched].len;
            out += from->patched.items[patched++].len;
        } else {
            size_t same = least(least(own_start, to->sent.len) - out,
                                least(least(removed_start, patched_start), from->arrived.len) - in);
            require(same > 0);
            require(memcmp(from->arrived.ptr + in, to->sent.ptr + out, same) == 0);
            in += same;
            out += same;
        }
    }
    require(in <= from->read && out == to->sent.len);
}

static bool rest_is_the_start_of_a_packet(struct slice rest)
{
    struct packet_head head;
    if (!packet_peek(rest, &head))
        return true;
    size_t payload = rest.len - PACKET_HEAD_SIZE;
    return payload < 5 || (rest.ptr[PACKET_HEAD_SIZE] == COM_CHANGE_USER && payload < head.length);
}

/* Everybody reads, nothing moves any more: what is left has a reason to be. */
static void check_nothing_forgotten(void)
{
    const struct session *session = session_now();
    if (session == NULL)
        return;
    size_t unread = fake_client->arrived.len - fake_client->read;
    if (session->phase == PHASE_RAW) {
        require(unread == 0 || fake_client->ended);
        require(fake_client->consumed == fake_client->read);
        require(fake_upstream->consumed == fake_upstream->arrived.len);
    }
    if (session->phase != PHASE_COMMANDS || session->hold.kept)
        return;
    require(session->upstream.ready == 0);
    require(fake_upstream->arrived.len - fake_upstream->consumed <=
            PACKET_HEAD_SIZE + RESULT_PREFIX);
    if (session->hold.state != HOLD_NONE || session->mode != CLIENT_SENDS_COMMANDS ||
        pending_full(&session->pending))
        return;
    require(session->client.ready == 0 && unread == 0);
    require(rest_is_the_start_of_a_packet(stream_input(fake_client)));
}

/* --- one run ---------------------------------------------------------------------------------- */

/* Small pieces until it would take too long, then the rest. */
static void settle(void)
{
    size_t waiting = fake_client->arrived.len - fake_client->read + fake_upstream->arrived.len -
                     fake_upstream->read;
    fake_settle(waiting > 600 ? scene->chunk * 251 : scene->chunk);
    check_bounds();
}

static void log_in(void)
{
    fake_connect(true);
    arrive_greeting(scene->capabilities);
    settle();
    arrive_response(scene->capabilities);
    settle();
    fake_arrive(fake_upstream, SLICE("\7\0\0\2\0\0\0\2\0\0\0"));
    settle();
    require(scene->wishes.opened == 1);
}

static void begin(struct slice *input, bool in_pieces)
{
    static const struct address peer = {.text = "192.0.2.1:5000"};
    unsigned flags = scene->flags = take_byte(input);
    scene->capabilities = CLIENT_PROTOCOL_41 | CLIENT_CONNECT_WITH_DB | CLIENT_SECURE_CONNECTION |
                          CLIENT_PLUGIN_AUTH | CLIENT_LOCAL_FILES | CLIENT_TRANSACTIONS;
    scene->capabilities |= (uint64_t)take_byte(input) << 16;
    scene->capabilities |= (uint64_t)take_byte(input) << 24;
    uint64_t mariadb = (uint64_t)take_byte(input) << 32;
    scene->capabilities |= (flags & FLAG_MARIADB) != 0 ? mariadb : CLIENT_MYSQL;
    scene->capabilities &=
        ~(CLIENT_CONNECT_ATTRS | CLIENT_PLUGIN_AUTH_LENENC_DATA | CLIENT_ZSTD_COMPRESSION);
    size_t chunk = take_byte(input) % 16 + 1;
    scene->chunk = in_pieces ? chunk : LOOP_BUFFER_SIZE;
    scene->wishes.declines = (flags & FLAG_DECLINES) != 0;
    scene->shared.tls_server = (flags & FLAG_TLS) != 0 ? (struct tls *)scene : NULL;
    scene->shared.sink = (struct tap_sink){&wishes_operations, &scene->wishes, TEXT_LIMIT};
    scene->home.shared = &scene->shared;
    fake_login = true;
    fake_begin();
    atomic_store(&scene->shared.live, 1);
    session_start(&scene->home, 1, -1, &peer);
    if ((flags & FLAG_RAW_LOGIN) == 0)
        log_in();
    if ((flags & FLAG_SMALL_ROOM) != 0)
        fake_client->room = fake_upstream->room = SMALL_ROOM;
}

static struct ending end(void)
{
    if (session_now() != NULL)
        note_race();
    fake_give_room(fake_client, FAKE_UNLIMITED);
    fake_give_room(fake_upstream, FAKE_UNLIMITED);
    settle();
    check_nothing_forgotten();
    if (!scene->rude) {
        check_relayed(fake_client, fake_upstream);
        check_relayed(fake_upstream, fake_client);
    }
    session_close_all(&scene->home);
    require(!scene->wishes.open && atomic_load(&scene->shared.live) == 0);
    struct ending ending = {
        .raced = scene->raced || scene->rude || scene->wishes.unanswered,
        .story = scene->wishes.story,
        .to_client = fake_client->sent,
        .to_server = fake_upstream->sent,
    };
    fake_client->sent = fake_upstream->sent = BUFFER_INIT;
    fake_end();
    return ending;
}

static struct ending run(struct slice input, bool in_pieces)
{
    struct scene here = {.chunk = 0};
    scene = &here;
    begin(&input, in_pieces);
    settle();
    while (input.len > 0 && session_now() != NULL) {
        do_deed(&input);
        settle();
    }
    return end();
}

static void check_same(const struct ending *bulk, const struct ending *pieces)
{
    require(bulk->story == pieces->story);
    require(slice_equal(buffer_slice(&bulk->to_client), buffer_slice(&pieces->to_client)));
    require(slice_equal(buffer_slice(&bulk->to_server), buffer_slice(&pieces->to_server)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make(data, size);
    log_set_level(LOG_ERROR);
    struct ending bulk = run(input, false);
    struct ending pieces = run(input, true);
    if (!bulk.raced && !pieces.raced)
        check_same(&bulk, &pieces);
    buffer_release(&bulk.to_client);
    buffer_release(&bulk.to_server);
    buffer_release(&pieces.to_client);
    buffer_release(&pieces.to_server);
    return 0;
}
