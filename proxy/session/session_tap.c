/* Between the session and its tap: the held command's way, questions, outcomes. The calls a tap makes
 * (the valve) only note what is wanted; the pump does it, in a later turn when the pump is not running.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "session/session_internal.h"
#include "wire/handshake.h"

/* No answer to a question is larger: a routine's body is a few hundred kilobytes at most. */
#define ANSWER_LIMIT (16u << 20)

struct slice hold_wire(const struct session *session)
{
    bool compressed = session->client.frames != NULL;
    return buffer_slice(compressed ? &session->hold.wire : &session->hold.raw);
}

static void free_row(struct row *row)
{
    row_release(row);
    free(row);
}

void hold_release(struct session *session)
{
    struct hold *hold = &session->hold;
    buffer_release(&hold->raw);
    buffer_release(&hold->wire);
    buffer_release(&hold->joined);
    buffer_release(&hold->refusal);
    free_row(hold->row);
    hold->row = NULL;
    hold->state = HOLD_NONE;
    hold->wanted = hold->kept = hold->asking = false;
    hold->sent = 0;
    hold->sequence = 0;
    hold->text = SLICE_NONE;
}

static const struct tap_operations *operations(const struct session *session)
{
    return session->shared->sink.operations;
}

/* --- the valve -------------------------------------------------------------------------------- */

static void valve_ask(void *argument, struct slice question)
{
    struct session *session = argument;
    struct buffer packet = BUFFER_INIT;
    assert(session->hold.state == HOLD_DECIDING && !session->hold.asking);
    packet_write_query(&packet, session->capabilities, question);
    relay_queue(&session->client, 0, buffer_slice(&packet));
    buffer_release(&packet);
    struct pending *pending = pending_push(&session->pending);
    pending->question = true;
    pending->code = COM_QUERY;
    session->hold.row = memory_new(1, sizeof(*session->hold.row));
    row_begin(session->hold.row, session->capabilities, ANSWER_LIMIT);
    session->hold.asking = true;
}

static void valve_forward(void *argument)
{
    struct session *session = argument;
    assert(session->hold.state == HOLD_DECIDING && !session->hold.asking);
    struct pending *pending = pending_push(&session->pending);
    pending->code = session->hold.code;
    pending->tapped = true;
    result_begin(&pending->result, command_answer(session->hold.code), session->capabilities);
    session->hold.state = HOLD_SENDING;
    session_pump_later(session);
}

/* Takes the packet over. It is sent between two packets of the server, which may be speaking out of
 * turn. */
static void refuse_with(struct session *session, struct buffer *packet)
{
    uint8_t sequence = session->hold.sequence;
    assert(session->hold.state == HOLD_DECIDING && !session->hold.asking);
    hold_release(session);
    session->hold.state = HOLD_REFUSED;
    session->hold.sequence = sequence;
    session->hold.refusal = *packet;
    session_pump_later(session);
}

static void valve_refuse(void *argument, uint16_t code, const char *sqlstate, const char *message)
{
    struct session *session = argument;
    struct buffer packet = BUFFER_INIT;
    packet_write_error(&packet, session->hold.sequence, code, sqlstate, message);
    refuse_with(session, &packet);
}

static void valve_refuse_as_answered(void *argument)
{
    struct session *session = argument;
    struct buffer packet = BUFFER_INIT;
    (void)packet_write(&packet, session->hold.sequence, buffer_slice(&session->hold.error));
    refuse_with(session, &packet);
}

static void valve_release(void *argument)
{
    struct session *session = argument;
    assert(session->hold.kept);
    session->hold.kept = false;
    pending_first(&session->pending)->released = true;
    session_pump_later(session);
}

/* --- the tap's life --------------------------------------------------------------------------- */

static const char *text_or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

void tap_open(struct session *session)
{
    struct session_facts facts = {
        .identity = session->identity,
        .connection_id = session->connection_id,
        .server_version = text_or_empty(session->server_version),
        .mariadb = session->mariadb,
        .user = text_or_empty(session->user),
        .client_address = session->peer,
        .database = text_or_empty(session->database),
        .program_name = text_or_empty(session->program_name),
        .client_name = text_or_empty(session->client_name),
        .ignore_space = (session->capabilities & CLIENT_IGNORE_SPACE) != 0,
        .multi_results = (session->capabilities & CLIENT_MULTI_RESULTS) != 0,
    };
    session->valve = (struct valve){
        .session = session,
        .ask = valve_ask,
        .forward = valve_forward,
        .refuse = valve_refuse,
        .refuse_as_answered = valve_refuse_as_answered,
        .release = valve_release,
        .post = loop_post,
        .loop = session->home->loop,
    };
    session->tap =
        operations(session)->open(session->shared->sink.capture, &facts, &session->valve);
}

void tap_close(struct session *session)
{
    void *tap = session->tap;
    if (tap == NULL)
        return;
    session->tap = NULL;
    operations(session)->close(tap);
}

/* --- the held command ------------------------------------------------------------------------- */

enum glance tap_glance(struct session *session, enum command_kind kind, struct slice text,
                       bool complete)
{
    if (session->tap == NULL)
        return GLANCE_NOTHING;
    return operations(session)->glance(session->tap, kind, text, complete,
                                       session->multi_statements);
}

/* The text that a COM_STMT_EXECUTE means; none when its PREPARE failed. */
static struct slice executed_text(const struct session *session)
{
    uint32_t id;
    struct slice payload = slice_from_offset(buffer_slice(&session->hold.raw), PACKET_HEAD_SIZE);
    if (!command_statement_id(payload, &id))
        return SLICE_NONE;
    if (id == COMMAND_STATEMENT_LAST)
        id = session->last_prepared;
    return prepared_text(&session->prepared, id);
}

/* MySQL tells with the next OK what an error, whose packet has no room for it, has changed. The answer
 * to a question is such an OK if it ends in one. */
static bool report_may_wait(const struct session *session)
{
    uint64_t needed = CLIENT_SESSION_TRACK | CLIENT_DEPRECATE_EOF;
    return !session->mariadb && session->failed && (session->capabilities & needed) == needed;
}

/* A report of the session's state comes with the next OK, which is the question's: the client would
 * miss it. An ERR has no room for one, so MySQL tells later that the error has ended a transaction. And
 * where a transaction is tracked, a question that reads counts as a statement that did. */
static bool question_would_take_report(const struct session *session)
{
    if ((session->capabilities & CLIENT_SESSION_TRACK) == 0)
        return false;
    if (session->tracks_transaction && session_within_transaction(session))
        return true;
    return session->failed_within && report_may_wait(session);
}

void tap_command(struct session *session)
{
    struct hold *hold = &session->hold;
    struct command command = {.kind = COMMAND_QUERY,
                              .status = session->status,
                              .ask_nothing = question_would_take_report(session),
                              .report_may_wait = report_may_wait(session),
                              .multi_statements = session->multi_statements};
    if (hold->code == COM_STMT_EXECUTE) {
        hold->text = executed_text(session);
        command.kind = COMMAND_EXECUTE;
        command.multi_statements = false;
    }
    hold->state = HOLD_DECIDING;
    if (session->tap == NULL || slice_is_none(hold->text)) {
        struct pending *pending = pending_push(&session->pending);
        pending->code = hold->code;
        result_begin(&pending->result, command_answer(hold->code), session->capabilities);
        hold->state = HOLD_SENDING;
        return;
    }
    command.text = hold->text;
    operations(session)->command(session->tap, &command);
}

void tap_give_up_question(struct session *session)
{
    /* A server that has ended the session (KILL) is no news. */
    session_log(session, stream_ended(session->upstream.from) ? LOG_INFO : LOG_WARNING,
                "no answer to a question, or none that can be followed: the session ends");
    tap_close(session);
    relay_release(&session->upstream);
    session->upstream.ready = 0;
    stream_want_input(session->upstream.from, false);
    stream_consume(session->upstream.from, stream_input(session->upstream.from).len);
    session_enter(session, PHASE_ENDING);
}

bool tap_question_piece(struct session *session, const struct packet_piece *piece)
{
    struct hold *hold = &session->hold;
    enum row_step step = row_piece(hold->row, piece);
    if (step == ROW_MORE)
        return true;
    if (step == ROW_OUT_OF_BAND) { /* the server's last word: it is for the client */
        tap_close(session);
        session_enter(session, PHASE_ENDING);
        return false;
    }
    if (step != ROW_DONE) {
        tap_give_up_question(session);
        return false;
    }
    pending_pop(&session->pending);
    hold->asking = false;
    /* The tap may ask again at once: the answer moves out of the way. */
    struct row *row = hold->row;
    hold->row = NULL;
    buffer_clear(&hold->error);
    if (!slice_is_none(row->error))
        buffer_append_slice(&hold->error, row->error);
    if (row->end.has_status)
        session->status = row->end.status;
    session->tracks_transaction |= row->end.transaction_state;
    bool unusable = row->error_code == 0 && row->problem != ERROR_NONE;
    struct answer answer = {.error_code = row->error_code,
                            .columns = unusable ? 0 : row->columns,
                            .values = row->values};
    operations(session)->answer(session->tap, &answer);
    free_row(row);
    return true;
}

/* --- outcomes --------------------------------------------------------------------------------- */

bool tap_outcome(struct session *session, struct pending *pending, const struct result_end *end)
{
    static const enum outcome_kind kinds[] = {
        [RESULT_OK] = OUTCOME_OK, [RESULT_ROWS] = OUTCOME_ROWS, [RESULT_ERROR] = OUTCOME_ERROR};
    if (pending->released) {
        pending->released = false;
        return false;
    }
    if (session->tap == NULL)
        return false;
    struct outcome outcome = {
        .index = pending->answers,
        .kind = kinds[end->kind],
        .last = !end->more_results,
        .error_code = end->kind == RESULT_ERROR ? end->error_code : 0,
        .warnings = end->warnings,
        .status = end->has_status ? end->status : session->status,
        .affected_rows = end->affected_rows,
    };
    memcpy(outcome.sqlstate, end->sqlstate, sizeof(outcome.sqlstate));
    pending->told = outcome.index + 1;
    pending->last_told = outcome.last;
    session->hold.kept = operations(session)->outcome(session->tap, &outcome) == OUTCOME_KEEP;
    return session->hold.kept;
}

void tap_lost(struct session *session)
{
    struct pending *pending = pending_first(&session->pending);
    struct outcome outcome = {.kind = OUTCOME_LOST, .last = true};
    if (session->tap == NULL || pending == NULL || !pending->tapped || pending->last_told)
        return;
    outcome.index = pending->told;
    pending->tapped = false;
    (void)operations(session)->outcome(session->tap, &outcome);
}
