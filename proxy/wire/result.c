/* result: see result.h. One function per state; each looks at the first byte and little else.
 *
 * 0xFE ends rows whenever the packet is shorter than 0xFFFFFF, with and without
 * CLIENT_DEPRECATE_EOF: a row that begins so has a first column of 16 MiB or more, and some servers
 * send the wrong one of EOF and OK (the query cache of MySQL 5.7). Which of the two it is, the
 * length tells: an EOF is 5 bytes, an OK at least 7.
 */
#include "wire/result.h"

#include <assert.h>

#include "wire/capabilities.h"
#include "wire/reader.h"

#define EOF_LENGTH 5
#define OK_LENGTH_MIN 7
#define PREPARE_LENGTH 12
#define COLUMNS_MAX 65535 /* servers stop at 4096 */
#define PROGRESS_CODE 0xFFFF

enum {
    HEADER_OK = 0x00,
    HEADER_LOCAL_INFILE = 0xFB,
    HEADER_EOF = 0xFE,
    HEADER_ERROR = 0xFF
};

/* Types of session state changes. */
enum {
    TRACK_TRANSACTION_CHARACTERISTICS = 4,
    TRACK_TRANSACTION_STATE = 5,
};

enum state {
    STATE_BEGIN,           /* nothing of this answer has come */
    STATE_FIRST,           /* before the answer to a further statement, or after LOCAL INFILE */
    STATE_DEFINITIONS,     /* definitions of a result set */
    STATE_DEFINITIONS_EOF, /* the EOF behind them */
    STATE_ROWS,
    STATE_PREPARE,     /* COM_STMT_PREPARE: definitions of parameters, then of columns */
    STATE_PREPARE_EOF, /* the EOF behind either block */
    STATE_FIELDS,      /* COM_FIELD_LIST: definitions until EOF */
    STATE_AUTH,        /* COM_CHANGE_USER: packets of the plugins */
    STATE_RAW,
    STATE_DONE,
};

void result_begin(struct result *result, enum command_answer answer, uint64_t capabilities)
{
    assert(answer != ANSWER_NONE);
    *result = (struct result){
        .answer = (uint8_t)answer,
        .state = answer == ANSWER_RAW ? STATE_RAW : STATE_BEGIN,
        .deprecate_eof = (capabilities & CLIENT_DEPRECATE_EOF) != 0,
        .metadata_flag = (capabilities & (CLIENT_OPTIONAL_RESULTSET_METADATA |
                                          MARIADB_CLIENT_CACHE_METADATA)) != 0,
        .prepare_flag = (capabilities & CLIENT_OPTIONAL_RESULTSET_METADATA) != 0,
        .session_track = (capabilities & CLIENT_SESSION_TRACK) != 0,
    };
}

/* --- OK, EOF and ERR, from their first bytes --- */

static bool read_ok(struct slice payload, struct result_end *end)
{
    struct reader reader = reader_make(payload);
    reader_integer(&reader, 1);
    end->affected_rows = reader_length(&reader);
    end->insert_id = reader_length(&reader);
    end->status = (uint16_t)reader_integer(&reader, 2);
    end->warnings = (uint16_t)reader_integer(&reader, 2);
    end->has_status = true;
    return reader.state == READER_OK;
}

/* An OK with session state: header, counts, status | info text | length of: (type, length, data)...
 */
static bool tells_transaction_state(struct slice payload)
{
    struct reader reader = reader_make(payload);
    reader_integer(&reader, 1);
    reader_length(&reader); /* affected rows */
    reader_length(&reader); /* insert id */
    reader_integer(&reader, 4);
    reader_text(&reader);
    reader_length(&reader);
    while (reader.state == READER_OK && reader.rest.len > 0) {
        uint64_t type = reader_integer(&reader, 1);
        if (type == TRACK_TRANSACTION_CHARACTERISTICS || type == TRACK_TRANSACTION_STATE)
            return true;
        reader_text(&reader);
    }
    return false;
}

static bool read_eof(struct slice payload, struct result_end *end)
{
    if (payload.len >= OK_LENGTH_MIN)
        return read_ok(payload, end);
    if (payload.len != EOF_LENGTH)
        return false;
    struct reader reader = reader_make(payload);
    reader_integer(&reader, 1);
    end->warnings = (uint16_t)reader_integer(&reader, 2);
    end->status = (uint16_t)reader_integer(&reader, 2);
    end->has_status = true;
    return true;
}

/* '#' and five letters or digits. What looks else is part of the message. */
static void read_sqlstate(struct slice rest, char sqlstate[6])
{
    if (rest.len < 6 || rest.ptr[0] != '#')
        return;
    for (int i = 1; i <= 5; i++) {
        char c = rest.ptr[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z'))
            return;
    }
    memcpy(sqlstate, rest.ptr + 1, 5);
}

static bool read_error(struct slice payload, struct result_end *end)
{
    struct reader reader = reader_make(payload);
    reader_integer(&reader, 1);
    end->kind = RESULT_ERROR;
    end->error_code = (uint16_t)reader_integer(&reader, 2);
    read_sqlstate(reader.rest, end->sqlstate);
    return reader.state == READER_OK;
}

static unsigned first_byte(struct slice payload)
{
    return payload.len == 0 ? 0x100 : (unsigned char)payload.ptr[0];
}

static bool is_terminator(const struct packet_head *head, unsigned first)
{
    return first == HEADER_EOF && head->length < PACKET_PAYLOAD_MAX;
}

bool result_parse_end(struct slice payload, uint64_t capabilities, struct result_end *end)
{
    *end = (struct result_end){.kind = RESULT_OK};
    if (first_byte(payload) == HEADER_ERROR)
        return read_error(payload, end);
    if (first_byte(payload) != HEADER_OK || !read_ok(payload, end))
        return false;
    end->session_state = (capabilities & CLIENT_SESSION_TRACK) != 0 &&
                         (end->status & SERVER_SESSION_STATE_CHANGED) != 0;
    return true;
}

/* --- ends --- */

static bool may_have_more(const struct result *result)
{
    return result->answer == ANSWER_RESULTS || result->answer == ANSWER_EXECUTE;
}

/* One statement's answer ends with the packet whose fields are in *end. */
static enum result_event finish(struct result *result, enum result_kind kind,
                                struct result_end *end)
{
    end->kind = kind;
    bool more = (end->status & SERVER_MORE_RESULTS_EXISTS) != 0 || result->more_after_rows;
    end->more_results = may_have_more(result) && more;
    end->session_state = result->session_track && (end->status & SERVER_SESSION_STATE_CHANGED) != 0;
    result->more_after_rows = false;
    result->state = end->more_results ? STATE_FIRST : STATE_DONE;
    return RESULT_END;
}

static enum result_event finish_ok(struct result *result, struct slice payload,
                                   struct result_end *end)
{
    if (!read_ok(payload, end))
        return RESULT_MALFORMED;
    finish(result, RESULT_OK, end);
    end->transaction_state = end->session_state && tells_transaction_state(payload);
    return RESULT_END;
}

static enum result_event finish_eof(struct result *result, enum result_kind kind,
                                    struct slice payload, struct result_end *end)
{
    if (!read_eof(payload, end))
        return RESULT_MALFORMED;
    finish(result, kind, end);
    end->transaction_state =
        end->session_state && payload.len >= OK_LENGTH_MIN && tells_transaction_state(payload);
    return RESULT_END;
}

/* An ERR ends the answer in every state; a progress report and an error out of turn look like one.
 * A server that speaks out of turn starts anew at sequence 0, an answer never begins so. */
static enum result_event on_error(struct result *result, const struct packet_head *head,
                                  struct slice payload, struct result_end *end)
{
    if (!read_error(payload, end))
        return RESULT_MALFORMED;
    if (end->error_code == PROGRESS_CODE) {
        *end = (struct result_end){.kind = RESULT_OK};
        if (result->state == STATE_BEGIN)
            result->state = STATE_FIRST; /* after 255 reports an error has sequence 0, too */
        return RESULT_PROGRESS;
    }
    if (result->state == STATE_BEGIN && head->sequence == 0)
        return RESULT_OUT_OF_BAND;
    result->state = STATE_DONE;
    return RESULT_END;
}

/* --- COM_STMT_PREPARE ---
 *
 *     OK (id, counts) | parameters ... EOF | columns ... EOF     an empty block has no EOF
 */

static enum result_event finish_prepare(struct result *result, struct result_end *end)
{
    end->statement_id = result->statement_id;
    if (!end->has_status)
        end->warnings = result->warnings;
    return finish(result, RESULT_OK, end);
}

/* The block of result->definitions comes, as far as it has packets at all. */
static enum result_event begin_block(struct result *result, struct result_end *end)
{
    if (result->definitions == 0)
        return finish_prepare(result, end);
    if (result->definitions_follow)
        result->state = STATE_PREPARE;
    else if (!result->deprecate_eof)
        result->state = STATE_PREPARE_EOF;
    else
        return finish_prepare(result, end);
    return RESULT_PART;
}

static enum result_event end_block(struct result *result, struct result_end *end)
{
    result->definitions = result->columns;
    result->columns = 0;
    return begin_block(result, end);
}

static enum result_event on_prepare_ok(struct result *result, struct slice payload,
                                       struct result_end *end)
{
    struct reader reader = reader_make(payload);
    if (reader_integer(&reader, 1) != HEADER_OK || payload.len < PREPARE_LENGTH)
        return RESULT_MALFORMED;
    result->statement_id = (uint32_t)reader_integer(&reader, 4);
    result->columns = (uint32_t)reader_integer(&reader, 2);
    result->definitions = (uint32_t)reader_integer(&reader, 2);
    reader_bytes(&reader, 1);
    result->warnings = (uint16_t)reader_integer(&reader, 2);
    result->definitions_follow = true;
    if (result->prepare_flag && reader.rest.len > 0)
        result->definitions_follow = reader_integer(&reader, 1) != 0;
    if (result->definitions == 0)
        return end_block(result, end);
    return begin_block(result, end);
}

static enum result_event on_prepare_definition(struct result *result,
                                               const struct packet_head *head, struct slice payload,
                                               struct result_end *end)
{
    if (is_terminator(head, first_byte(payload)))
        return RESULT_MALFORMED;
    if (--result->definitions > 0)
        return RESULT_PART;
    if (result->deprecate_eof)
        return end_block(result, end);
    result->state = STATE_PREPARE_EOF;
    return RESULT_PART;
}

static enum result_event on_prepare_eof(struct result *result, const struct packet_head *head,
                                        struct slice payload, struct result_end *end)
{
    if (!is_terminator(head, first_byte(payload)) || !read_eof(payload, end))
        return RESULT_MALFORMED;
    return end_block(result, end);
}

/* --- result sets --- */

static enum result_event on_column_count(struct result *result, const struct packet_head *head,
                                         struct slice payload)
{
    struct reader reader = reader_make(payload);
    uint64_t count = reader_length(&reader);
    result->definitions_follow = true;
    if (result->metadata_flag && reader.rest.len > 0)
        result->definitions_follow = reader_integer(&reader, 1) != 0;
    if (reader.state != READER_OK || reader.rest.len > 0 || head->length != payload.len)
        return RESULT_MALFORMED;
    if (count == 0 || count > COLUMNS_MAX)
        return RESULT_MALFORMED;
    result->definitions = (uint32_t)count;
    if (result->definitions_follow)
        result->state = STATE_DEFINITIONS;
    else
        result->state = result->deprecate_eof ? STATE_ROWS : STATE_DEFINITIONS_EOF;
    return RESULT_PART;
}

static enum result_event on_definition(struct result *result, const struct packet_head *head,
                                       struct slice payload)
{
    if (is_terminator(head, first_byte(payload)))
        return RESULT_MALFORMED;
    if (--result->definitions == 0)
        result->state = result->deprecate_eof ? STATE_ROWS : STATE_DEFINITIONS_EOF;
    return RESULT_PART;
}

static enum result_event on_definitions_eof(struct result *result, const struct packet_head *head,
                                            struct slice payload, struct result_end *end)
{
    if (!is_terminator(head, first_byte(payload)) || !read_eof(payload, end))
        return RESULT_MALFORMED;
    /* The rows wait for COM_STMT_FETCH. MariaDB has the flag set also in the answer to a CALL whose
     * procedure has cursors of its own; there a result always says that more follow. */
    if (result->answer == ANSWER_EXECUTE && (end->status & SERVER_STATUS_CURSOR_EXISTS) != 0 &&
        (end->status & SERVER_MORE_RESULTS_EXISTS) == 0)
        return finish(result, RESULT_ROWS, end);
    /* MySQL forgets SERVER_MORE_RESULTS_EXISTS in the EOF behind OUT parameters; an OK follows. */
    result->more_after_rows = (end->status & SERVER_PS_OUT_PARAMS) != 0 &&
                              (end->status & SERVER_MORE_RESULTS_EXISTS) != 0;
    result->state = STATE_ROWS;
    return RESULT_PART;
}

static enum result_event on_row(struct result *result, const struct packet_head *head,
                                struct slice payload, struct result_end *end)
{
    if (is_terminator(head, first_byte(payload)))
        return finish_eof(result, RESULT_ROWS, payload, end);
    result->state = STATE_ROWS;
    return RESULT_PART;
}

/* --- the first packet of an answer --- */

static enum result_event on_ok_or_eof(struct result *result, const struct packet_head *head,
                                      struct slice payload, struct result_end *end)
{
    unsigned first = first_byte(payload);
    if (first == HEADER_OK)
        return finish_ok(result, payload, end);
    if (is_terminator(head, first))
        return finish_eof(result, RESULT_OK, payload, end);
    return RESULT_MALFORMED;
}

static enum result_event on_first_result(struct result *result, const struct packet_head *head,
                                         struct slice payload, struct result_end *end)
{
    switch (first_byte(payload)) {
    case HEADER_LOCAL_INFILE:
        result->state = STATE_FIRST;
        return RESULT_LOCAL_INFILE;
    case HEADER_OK:
    case HEADER_EOF:
        return on_ok_or_eof(result, head, payload, end);
    default:
        return on_column_count(result, head, payload);
    }
}

static enum result_event on_field(struct result *result, const struct packet_head *head,
                                  struct slice payload, struct result_end *end)
{
    if (is_terminator(head, first_byte(payload)))
        return finish_eof(result, RESULT_ROWS, payload, end);
    result->state = STATE_FIELDS;
    return RESULT_PART;
}

static enum result_event on_auth(struct result *result, struct slice payload,
                                 struct result_end *end)
{
    if (first_byte(payload) == HEADER_OK)
        return finish_ok(result, payload, end);
    result->state = STATE_AUTH;
    return RESULT_PART;
}

static enum result_event on_first(struct result *result, const struct packet_head *head,
                                  struct slice payload, struct result_end *end)
{
    switch ((enum command_answer)result->answer) {
    case ANSWER_OK:
    case ANSWER_EOF:
        return on_ok_or_eof(result, head, payload, end);
    case ANSWER_RESULTS:
    case ANSWER_EXECUTE:
        return on_first_result(result, head, payload, end);
    case ANSWER_PREPARE:
        return on_prepare_ok(result, payload, end);
    case ANSWER_FETCH:
        return on_row(result, head, payload, end);
    case ANSWER_FIELD_LIST:
        return on_field(result, head, payload, end);
    case ANSWER_STRING:
        return finish(result, RESULT_OK, end);
    case ANSWER_AUTH:
        return on_auth(result, payload, end);
    case ANSWER_NONE:
    case ANSWER_RAW:
        break;
    }
    return RESULT_MALFORMED;
}

static enum result_event on_packet(struct result *result, const struct packet_head *head,
                                   struct slice payload, struct result_end *end)
{
    if (first_byte(payload) == HEADER_ERROR && result->state != STATE_DONE)
        return on_error(result, head, payload, end);
    switch ((enum state)result->state) {
    case STATE_BEGIN:
    case STATE_FIRST:
        return on_first(result, head, payload, end);
    case STATE_DEFINITIONS:
        return on_definition(result, head, payload);
    case STATE_DEFINITIONS_EOF:
        return on_definitions_eof(result, head, payload, end);
    case STATE_ROWS:
        return on_row(result, head, payload, end);
    case STATE_PREPARE:
        return on_prepare_definition(result, head, payload, end);
    case STATE_PREPARE_EOF:
        return on_prepare_eof(result, head, payload, end);
    case STATE_FIELDS:
        return on_field(result, head, payload, end);
    case STATE_AUTH:
        return on_auth(result, payload, end);
    case STATE_RAW:
    case STATE_DONE:
        break;
    }
    return RESULT_MALFORMED;
}

enum result_event result_packet(struct result *result, const struct packet_head *head,
                                struct slice payload, struct result_end *end)
{
    if (result->state == STATE_ROWS && first_byte(payload) < HEADER_EOF)
        return RESULT_PART;
    if (result->state == STATE_RAW)
        return RESULT_PART;
    *end = (struct result_end){.kind = RESULT_OK};
    enum result_event event = on_packet(result, head, payload, end);
    if (event == RESULT_MALFORMED)
        result->state = STATE_DONE; /* and malformed it stays */
    return event;
}

/* --- the row path --- */

bool result_in_rows(const struct result *result)
{
    return result->state == STATE_ROWS;
}

size_t result_hop_rows(struct slice bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    size_t at = 0;
    while (bytes.len - at > PACKET_HEAD_SIZE) {
        size_t length = (size_t)p[at] | (size_t)p[at + 1] << 8 | (size_t)p[at + 2] << 16;
        size_t end = at + PACKET_HEAD_SIZE + length;
        if (length == 0 || length == PACKET_PAYLOAD_MAX || end > bytes.len)
            break;
        if (p[at + PACKET_HEAD_SIZE] >= HEADER_EOF)
            break;
        at = end;
    }
    return at;
}
