/* Upstream to client, in phase COMMANDS: answers are followed from packet to packet and pass, but for
 * answers to questions, which stay here, and the last packet of an answer that the tap holds back.
 */
#include <stdlib.h>

#include "ddltap/log.h"
#include "session/session_internal.h"

/* --- the end of an answer --------------------------------------------------------------------- */

/* What tap_command() has to know of reports of the session's state. */
static void note_reports(struct session *session, const struct result_end *end)
{
    session->tracks_transaction |= end->transaction_state;
    if (end->kind == RESULT_ERROR) {
        session->failed = true;
        session->failed_within |= session_within_transaction(session);
    } else if (end->has_status) { /* else it is no OK that could report */
        session->failed = session->failed_within = false;
    }
}

static void note_end(struct session *session, struct pending *pending, const struct result_end *end)
{
    note_reports(session, end);
    if (end->has_status)
        session->status = end->status;
    if (pending->code == COM_STMT_PREPARE) {
        session->last_prepared = end->statement_id;
        if (end->kind == RESULT_OK && pending->prepare_text != NULL) {
            size_t len = pending->prepare_len;
            if (!prepared_put(&session->prepared, end->statement_id,
                              pending_take_text(&session->pending), len))
                session_log(
                    session, LOG_WARNING,
                    "more than %d prepared statements of DDL are open, or more than %u MiB of "
                    "them: the execution of the oldest will not be captured",
                    PREPARED_MAX, PREPARED_TEXT_MAX >> 20);
        }
    }
    if (pending->code == COM_CHANGE_USER) {
        session->mode = CLIENT_SENDS_COMMANDS;
        stream_set_sensitive(session->client.from, session->client.frames != NULL);
        login_change_ends(session, end->kind == RESULT_OK);
    }
    if (end->kind == RESULT_OK &&
        (pending->code == COM_CHANGE_USER || pending->code == COM_RESET_CONNECTION)) {
        prepared_clear(&session->prepared);
        session->tracks_transaction = false;
    }
}

/* The oldest command has its whole answer. */
static void finish_command(struct session *session)
{
    struct pending *pending = pending_first(&session->pending);
    bool tapped = pending->tapped;
    bool user_changed = pending->code == COM_CHANGE_USER;
    session->answer_ending = false;
    pending_pop(&session->pending);
    /* An answer may come before all of the command has gone: the rest of it still must. */
    if (tapped && session->hold.state != HOLD_SENDING)
        hold_release(session);
    if (user_changed) {
        tap_close(session);
        tap_open(session);
    }
}

/* --- packets ---------------------------------------------------------------------------------- */

enum passing {
    PASS,
    KEEP_BACK,
    STOP
};

/* A packet when no command is pending: the server speaks out of turn (idle timeout, shutdown). */
static enum passing out_of_turn(struct session *session, const struct packet_piece *piece)
{
    session_log(session, LOG_DEBUG, "the server sends %u bytes out of turn", piece->head.length);
    return PASS;
}

static enum passing begin_packet(struct session *session, const struct packet_piece *piece)
{
    struct result_end end;
    struct pending *pending = pending_first(&session->pending);
    if (pending == NULL)
        return out_of_turn(session, piece);
    struct result before = pending->result;
    switch (result_packet(&pending->result, &piece->head, piece->payload, &end)) {
    case RESULT_END:
        if (pending->tapped && tap_outcome(session, pending, &end)) {
            pending->result = before;
            return KEEP_BACK;
        }
        pending->answers++;
        note_end(session, pending, &end);
        session->answer_ending = !end.more_results;
        return PASS;
    case RESULT_LOCAL_INFILE:
        session->mode = CLIENT_SENDS_FILE;
        return PASS;
    case RESULT_MALFORMED:
        session_go_raw(session, "an answer of the server that does not fit its command");
        return STOP;
    case RESULT_PART:
        if (pending->code == COM_CHANGE_USER)
            login_note_asked(session, piece->payload);
        return PASS;
    default:
        return PASS;
    }
}

static bool hop_rows(struct relay *relay, const struct pending *pending)
{
    if (pending == NULL || !packet_walk_between(&relay->walk) || !result_in_rows(&pending->result))
        return false;
    size_t rows = result_hop_rows(relay_unseen(relay));
    relay->ready += rows;
    return rows > 0;
}

/* A piece of the answer to a question stays here. */
static enum passing swallow(struct session *session, const struct packet_piece *piece)
{
    size_t len = piece->len;
    bool fine = tap_question_piece(session, piece);
    if (session->phase == PHASE_COMMANDS)
        relay_drop(&session->upstream, len);
    return fine ? PASS : STOP;
}

static bool look(struct session *session)
{
    struct relay *relay = &session->upstream;
    struct packet_piece piece;
    if (session->hold.kept || relay_all_seen(relay))
        return false;
    bool moved = session_take_in(session, relay);
    while (session->look_left > 0 && session->phase == PHASE_COMMANDS && !session->hold.kept) {
        session->look_left--;
        struct pending *pending = pending_first(&session->pending);
        bool question = pending != NULL && pending->question;
        if (question && relay_sending(relay)) {
            relay_cut(relay);
            break; /* what was said out of turn goes first: the answer is taken out behind it */
        }
        if (!question)
            moved |= hop_rows(relay, pending);
        struct packet_walk before = relay->walk;
        if (!packet_walk_next(&relay->walk, relay_unseen(relay), RESULT_PREFIX, &piece))
            break;
        if (question) {
            moved = true;
            if (swallow(session, &piece) == STOP)
                break;
            continue;
        }
        enum passing passing = piece.first ? begin_packet(session, &piece) : PASS;
        if (passing == KEEP_BACK)
            relay->walk = before;
        if (passing != PASS)
            break;
        relay->ready += piece.len;
        moved = true;
        if (piece.last && session->answer_ending)
            finish_command(session);
    }
    return moved;
}

bool upstream_step(struct session *session)
{
    bool progress = look(session);
    if (session->client_gone) {
        /* Only an outcome is still awaited; the bytes have nobody to go to. */
        relay_discard(&session->upstream);
        return progress;
    }
    return relay_flush(&session->upstream) || progress;
}
