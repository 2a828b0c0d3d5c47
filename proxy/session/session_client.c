/* Client to upstream, in phase COMMANDS: commands are noted in the queue and pass; one that the tap may
 * want is taken in whole, and sent when the tap says so.
 *
 *     head of a command --glance--> NOTHING                      passes from the read buffer
 *                          |
 *                          +-----> HOLD, NEED_MORE: COLLECTING -> WAITING -> DECIDING -> SENDING -> SENT
 */
#include <stdio.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "session/session_internal.h"
#include "wire/reader.h"

/* Enough of a command's payload for everything but its text. */
#define COMMAND_PREFIX 5

/* --- commands that pass ----------------------------------------------------------------------- */

static void note_change_user(struct session *session, struct slice payload, bool complete)
{
    session->mode = CLIENT_SENDS_AUTH;
    session->auth_owed = 0;
    stream_set_sensitive(session->client.from, true);
    if (complete)
        login_change_begins(session, payload);
}

/* PHP switches several statements in one text on and off around a call. */
static void note_option(struct session *session, struct slice payload)
{
    enum {
        MULTI_STATEMENTS_ON = 0,
        MULTI_STATEMENTS_OFF = 1
    };
    struct reader reader = reader_make(slice_from_offset(payload, 1));
    uint64_t option = reader_integer(&reader, 2);
    if (reader.state == READER_OK && option <= MULTI_STATEMENTS_OFF)
        session->multi_statements = option == MULTI_STATEMENTS_ON;
}

/* What a command changes on our side, as it is forwarded. */
static void note_command(struct session *session, uint8_t code, struct slice payload, bool complete)
{
    uint32_t statement_id;
    switch (code) {
    case COM_CHANGE_USER:
        note_change_user(session, payload, complete);
        break;
    case COM_STMT_CLOSE:
        if (command_statement_id(payload, &statement_id))
            prepared_remove(&session->prepared, statement_id);
        break;
    case COM_STMT_PREPARE:
        session->last_prepare_wanted = false;
        break;
    case COM_SET_OPTION:
        note_option(session, payload);
        break;
    default:
        break;
    }
}

static struct pending *push_command(struct session *session, uint8_t code)
{
    enum command_answer answer = command_answer(code);
    if (answer == ANSWER_NONE)
        return NULL;
    struct pending *pending = pending_push(&session->pending);
    pending->code = code;
    result_begin(&pending->result, answer, session->capabilities);
    return pending;
}

/* --- what the tap may want -------------------------------------------------------------------- */

static enum glance glance_text_command(struct session *session, enum command_kind kind,
                                       struct slice payload, bool complete)
{
    struct slice text;
    switch (command_text(payload, complete, session->capabilities, &text)) {
    case COMMAND_TEXT_READY:
        return tap_glance(session, kind, text, complete);
    case COMMAND_TEXT_NEED_MORE:
        return GLANCE_NEED_MORE;
    default:
        return GLANCE_NOTHING;
    }
}

static enum glance glance_execute(const struct session *session, struct slice payload)
{
    uint32_t id;
    if (!command_statement_id(payload, &id))
        return GLANCE_NOTHING;
    if (id == COMMAND_STATEMENT_LAST)
        return session->last_prepare_wanted ? GLANCE_HOLD : GLANCE_NOTHING;
    return slice_is_none(prepared_text(&session->prepared, id)) ? GLANCE_NOTHING : GLANCE_HOLD;
}

static enum glance glance_command(struct session *session, struct slice payload, bool complete)
{
    if (session->tap == NULL || payload.len == 0)
        return GLANCE_NOTHING;
    switch ((uint8_t)payload.ptr[0]) {
    case COM_QUERY:
        return glance_text_command(session, COMMAND_QUERY, payload, complete);
    case COM_STMT_PREPARE:
        return glance_text_command(session, COMMAND_PREPARE, payload, complete);
    case COM_STMT_EXECUTE:
        return glance_execute(session, payload);
    default:
        return GLANCE_NOTHING;
    }
}

/* --- holding ---------------------------------------------------------------------------------- */

/* The payload of the held command: of one packet as it lies, of several joined. */
static struct slice held_payload(struct hold *hold)
{
    if (hold->joined.len > 0)
        return buffer_slice(&hold->joined);
    return slice_from_offset(buffer_slice(&hold->raw), PACKET_HEAD_SIZE);
}

/* Send what is held without the tap. */
static void let_go(struct session *session)
{
    struct hold *hold = &session->hold;
    struct slice payload = held_payload(hold);
    struct pending *pending = push_command(session, hold->code);
    note_command(session, hold->code, payload, true);
    if (hold->code == COM_STMT_PREPARE && hold->wanted && pending != NULL) {
        pending_keep_text(&session->pending, pending, memory_copy_slice(hold->text),
                          hold->text.len);
        session->last_prepare_wanted = true;
    }
    hold->state = HOLD_SENDING;
}

/* All of the command is here: does the tap still want it? */
static void collected(struct session *session)
{
    struct hold *hold = &session->hold;
    struct slice payload = held_payload(hold);
    if (hold->code == COM_STMT_EXECUTE) {
        hold->wanted = true;
        hold->state = HOLD_WAITING;
        return;
    }
    if (command_text(payload, true, session->capabilities, &hold->text) != COMMAND_TEXT_READY)
        hold->text = SLICE("");
    enum command_kind kind = hold->code == COM_QUERY ? COMMAND_QUERY : COMMAND_PREPARE;
    hold->wanted = tap_glance(session, kind, hold->text, true) == GLANCE_HOLD;
    if (hold->wanted && kind == COMMAND_QUERY)
        hold->state = HOLD_WAITING;
    else
        let_go(session);
}

static void too_long(struct session *session, uint64_t length)
{
    uint64_t limit = session->shared->sink.text_limit;
    session_log(session, LOG_WARNING,
                "a text of more than %llu bytes is forwarded without capture (capture.text_limit)",
                (unsigned long long)limit);
    session->shared->sink.operations->untapped(session->tap, length);
    session->hold.wanted = false;
    session->hold.text = SLICE("");
    let_go(session);
}

/* Take in the packets of the command to be held. true: it got on. */
static bool collect(struct session *session)
{
    struct hold *hold = &session->hold;
    struct relay *relay = &session->client;
    struct packet_piece piece;
    bool moved = session_take_in(session, relay);
    while (hold->state == HOLD_COLLECTING &&
           packet_walk_next(&relay->walk, relay_input(relay), 0, &piece)) {
        bool several = hold->joined.len > 0 || (piece.last && piece.total >= PACKET_PAYLOAD_MAX);
        if (several || piece.total >= PACKET_PAYLOAD_MAX) {
            if (hold->joined.len == 0)
                buffer_append_slice(&hold->joined,
                                    slice_from_offset(buffer_slice(&hold->raw), PACKET_HEAD_SIZE));
            buffer_append_slice(&hold->joined, piece.payload);
        }
        relay_take(relay, piece.len, piece.last, &hold->raw, &hold->wire, &hold->sequence);
        if (relay->frames == NULL && piece.len > piece.payload.len)
            hold->sequence = (uint8_t)(piece.head.sequence + 1);
        moved = true;
        if (piece.total > session->shared->sink.text_limit &&
            (piece.last || relay_between_frames(relay)))
            too_long(session, piece.total);
        else if (piece.last)
            collected(session);
    }
    return moved;
}

static bool send_held(struct session *session)
{
    struct hold *hold = &session->hold;
    struct slice rest = slice_from_offset(hold_wire(session), hold->sent);
    size_t sent = stream_send(session->upstream.from, rest);
    hold->sent += sent;
    if (sent < rest.len)
        return sent > 0;
    /* What the tap saw stays until its outcomes are in; the rest is done. */
    struct pending *pending = pending_first(&session->pending);
    if (pending != NULL && pending->tapped)
        hold->state = HOLD_SENT;
    else
        hold_release(session);
    return true;
}

static bool send_refusal(struct session *session)
{
    struct hold *hold = &session->hold;
    if (relay_sending(&session->upstream) || !packet_walk_between(&session->upstream.walk))
        return false;
    relay_queue(&session->upstream, hold->sequence, buffer_slice(&hold->refusal));
    hold_release(session);
    return true;
}

/* --- the step --------------------------------------------------------------------------------- */

/* Of the commands that nobody answers MySQL does answer one that is too short for what it names. */
static bool too_short(uint8_t code, uint32_t length)
{
    return (code == COM_STMT_CLOSE && length < 5) ||
           (code == COM_STMT_SEND_LONG_DATA && length < 7);
}

/* The head of a command lies at the start of what is unseen. true: it may pass (and is noted). */
static bool begin_command(struct session *session, struct slice unseen)
{
    struct packet_head head;
    if (!packet_peek(unseen, &head))
        return false;
    struct slice payload = slice_from_offset(unseen, PACKET_HEAD_SIZE);
    if (payload.len > head.length)
        payload.len = head.length;
    if (payload.len < COMMAND_PREFIX && payload.len < head.length)
        return false;
    bool complete = payload.len == head.length && head.length < PACKET_PAYLOAD_MAX;
    /* Servers take an empty packet for a COM_SLEEP. */
    uint8_t code = payload.len == 0 ? COM_SLEEP : (uint8_t)payload.ptr[0];
    if (command_answer(code) == ANSWER_RAW || too_short(code, head.length)) {
        char why[80];
        snprintf(why, sizeof(why), "command 0x%02x (%s)", code, command_name(code));
        session_go_raw(session, why);
        return false;
    }
    if (pending_full(&session->pending)) {
        relay_cut(&session->client);
        return false;
    }
    /* Who the user becomes stands behind the prefix: wait for all of it, if it fits the buffer. */
    if (code == COM_CHANGE_USER && !complete && unseen.len < LOOP_BUFFER_SIZE)
        return false;
    if (glance_command(session, payload, complete) == GLANCE_NOTHING) {
        (void)push_command(session, code);
        note_command(session, code, payload, complete);
        return true;
    }
    /* What is before it goes first; then it is taken out of the stream. */
    if (relay_sending(&session->client)) {
        relay_cut(&session->client);
    } else {
        session->hold.state = HOLD_COLLECTING;
        session->hold.code = code;
    }
    return false;
}

/* Look at what is unseen, as far as it may pass. */
static bool look(struct session *session)
{
    struct relay *relay = &session->client;
    struct packet_piece piece;
    if (relay_all_seen(relay))
        return false;
    bool moved = session_take_in(session, relay);
    if (stream_ended(relay->from) && stream_input(relay->from).len == 0)
        relay_cut(relay); /* the rest of a frame will never come */
    while (session->look_left > 0 && session->phase == PHASE_COMMANDS) {
        session->look_left--;
        struct slice unseen = relay_unseen(relay);
        if (packet_walk_between(&relay->walk) && session->mode == CLIENT_SENDS_AUTH &&
            !login_takes(session, unseen)) {
            relay_cut(relay);
            break; /* a command that was sent ahead: it waits for the end of the exchange */
        }
        if (packet_walk_between(&relay->walk) && session->mode == CLIENT_SENDS_COMMANDS &&
            !begin_command(session, unseen))
            break;
        if (!packet_walk_next(&relay->walk, unseen, 0, &piece))
            break;
        relay->ready += piece.len;
        moved = true;
        if (session->mode == CLIENT_SENDS_AUTH && piece.last)
            login_note_answered(session);
        if (session->mode == CLIENT_SENDS_FILE && piece.last && piece.total == 0) {
            session->mode = CLIENT_SENDS_COMMANDS;
            if (session->hold.state != HOLD_NONE) {
                relay_cut(relay);
                break; /* the command that asked for the file is held: the next one waits */
            }
        }
    }
    return moved;
}

bool client_step(struct session *session)
{
    bool progress = false;
    switch (session->hold.state) {
    case HOLD_NONE:
        progress = look(session);
        progress |= relay_flush(&session->client);
        return progress || session->hold.state != HOLD_NONE;
    case HOLD_COLLECTING:
        return collect(session);
    case HOLD_WAITING:
        /* A client that reads no answers gets none of ours, which would be kept for it. */
        if (session->pending.count > 0 || relay_sending(&session->upstream) ||
            !stream_flushed(session->client.from))
            return false;
        tap_command(session);
        return true;
    case HOLD_SENDING:
        return send_held(session);
    case HOLD_SENT:
        if (session->mode == CLIENT_SENDS_FILE)
            progress = look(session);
        return relay_flush(&session->client) || progress;
    case HOLD_REFUSED:
        return send_refusal(session);
    default:
        return false;
    }
}
