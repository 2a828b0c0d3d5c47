/* command: see command.h. One table for names and shapes; below it, finding the text behind query
 * attributes:
 *
 *     03 | count | sets (1) | NULL bitmap | new types (1) | type, name ... | value ... | text
 *          `-- both always --'  `-- only when count > 0 --------------------------'
 *
 * Source: MySQL "COM_QUERY", "Binary Protocol Resultset Row" for the sizes of values.
 */
#include "wire/command.h"

#include <stddef.h>

#include "wire/capabilities.h"
#include "wire/reader.h"

#define PARAMETERS_MAX 65535 /* the server's own limit */

struct command_entry {
    const char *name; /* NULL: unknown */
    enum command_answer answer;
};

static const struct command_entry commands[256] = {
    [COM_SLEEP] = {"COM_SLEEP", ANSWER_OK}, /* servers answer "unknown command" */
    [COM_QUIT] = {"COM_QUIT", ANSWER_NONE},
    [COM_INIT_DB] = {"COM_INIT_DB", ANSWER_OK},
    [COM_QUERY] = {"COM_QUERY", ANSWER_RESULTS},
    [COM_FIELD_LIST] = {"COM_FIELD_LIST", ANSWER_FIELD_LIST},
    [COM_CREATE_DB] = {"COM_CREATE_DB", ANSWER_OK},
    [COM_DROP_DB] = {"COM_DROP_DB", ANSWER_OK},
    [COM_REFRESH] = {"COM_REFRESH", ANSWER_OK},
    [COM_SHUTDOWN] = {"COM_SHUTDOWN", ANSWER_EOF},
    [COM_STATISTICS] = {"COM_STATISTICS", ANSWER_STRING},
    [COM_PROCESS_INFO] = {"COM_PROCESS_INFO", ANSWER_RESULTS},
    [COM_CONNECT] = {"COM_CONNECT", ANSWER_OK},
    [COM_PROCESS_KILL] = {"COM_PROCESS_KILL", ANSWER_OK},
    [COM_DEBUG] = {"COM_DEBUG", ANSWER_EOF},
    [COM_PING] = {"COM_PING", ANSWER_OK},
    [COM_TIME] = {"COM_TIME", ANSWER_OK},
    [COM_DELAYED_INSERT] = {"COM_DELAYED_INSERT", ANSWER_OK},
    [COM_CHANGE_USER] = {"COM_CHANGE_USER", ANSWER_AUTH},
    [COM_BINLOG_DUMP] = {"COM_BINLOG_DUMP", ANSWER_RAW},
    [COM_TABLE_DUMP] = {"COM_TABLE_DUMP", ANSWER_RAW},
    [COM_CONNECT_OUT] = {"COM_CONNECT_OUT", ANSWER_RAW},
    [COM_REGISTER_SLAVE] = {"COM_REGISTER_SLAVE", ANSWER_OK},
    [COM_STMT_PREPARE] = {"COM_STMT_PREPARE", ANSWER_PREPARE},
    [COM_STMT_EXECUTE] = {"COM_STMT_EXECUTE", ANSWER_EXECUTE},
    [COM_STMT_SEND_LONG_DATA] = {"COM_STMT_SEND_LONG_DATA", ANSWER_NONE},
    [COM_STMT_CLOSE] = {"COM_STMT_CLOSE", ANSWER_NONE},
    [COM_STMT_RESET] = {"COM_STMT_RESET", ANSWER_OK},
    [COM_SET_OPTION] = {"COM_SET_OPTION", ANSWER_EOF},
    [COM_STMT_FETCH] = {"COM_STMT_FETCH", ANSWER_FETCH},
    [COM_DAEMON] = {"COM_DAEMON", ANSWER_OK},
    [COM_BINLOG_DUMP_GTID] = {"COM_BINLOG_DUMP_GTID", ANSWER_RAW},
    [COM_RESET_CONNECTION] = {"COM_RESET_CONNECTION", ANSWER_OK},
    [COM_CLONE] = {"COM_CLONE", ANSWER_RAW},
    [COM_SUBSCRIBE_GROUP_REPLICATION_STREAM] = {"COM_SUBSCRIBE_GROUP_REPLICATION_STREAM",
                                                ANSWER_RAW},
    [COM_STMT_BULK_EXECUTE] = {"COM_STMT_BULK_EXECUTE", ANSWER_EXECUTE},
};

const char *command_name(uint8_t code)
{
    return commands[code].name == NULL ? "unknown command" : commands[code].name;
}

enum command_answer command_answer(uint8_t code)
{
    return commands[code].name == NULL ? ANSWER_RAW : commands[code].answer;
}

/* Read over a value of the binary protocol. */
static void skip_value(struct reader *reader, unsigned type)
{
    switch (type) {
    case 0x06: /* NULL */
        break;
    case 0x01: /* TINY */
        reader_bytes(reader, 1);
        break;
    case 0x02: /* SHORT */
    case 0x0D: /* YEAR */
        reader_bytes(reader, 2);
        break;
    case 0x03: /* LONG */
    case 0x04: /* FLOAT */
    case 0x09: /* INT24 */
        reader_bytes(reader, 4);
        break;
    case 0x05: /* DOUBLE */
    case 0x08: /* LONGLONG */
        reader_bytes(reader, 8);
        break;
    case 0x07: /* TIMESTAMP, DATE, TIME, DATETIME: one byte says how long */
    case 0x0A:
    case 0x0B:
    case 0x0C:
        reader_bytes(reader, reader_integer(reader, 1));
        break;
    default: /* everything else is a length-encoded string */
        reader_text(reader);
        break;
    }
}

/* Read over count parameters: bitmap, types and names, then the values of those that are not NULL.
 */
static void skip_parameters(struct reader *reader, uint64_t count)
{
    struct slice nulls = reader_bytes(reader, (count + 7) / 8);
    if (reader_integer(reader, 1) != 1 && reader->state == READER_OK)
        reader->state = READER_MALFORMED; /* there are no earlier types to use again */
    struct reader types = *reader;
    for (uint64_t i = 0; i < count && reader->state == READER_OK; i++) {
        reader_integer(reader, 2);
        reader_text(reader);
    }
    for (uint64_t i = 0; i < count && reader->state == READER_OK; i++) {
        unsigned type = (unsigned)reader_integer(&types, 2) & 0xFF; /* above: the unsigned flag */
        reader_text(&types);
        if (((unsigned char)nulls.ptr[i / 8] >> (i % 8) & 1) == 0)
            skip_value(reader, type);
    }
}

static void skip_attributes(struct reader *reader)
{
    uint64_t count = reader_length(reader);
    uint64_t sets = reader_length(reader);
    if (reader->state != READER_OK)
        return;
    if (sets != 1 || count > PARAMETERS_MAX)
        reader->state = READER_MALFORMED;
    else if (count > 0)
        skip_parameters(reader, count);
}

enum command_text command_text(struct slice payload, bool complete, uint64_t capabilities,
                               struct slice *text)
{
    struct reader reader = reader_make(payload);
    uint64_t code = reader_integer(&reader, 1);
    if (reader.state == READER_OK && code != COM_QUERY && code != COM_STMT_PREPARE)
        return COMMAND_TEXT_MALFORMED;
    if (code == COM_QUERY && (capabilities & CLIENT_QUERY_ATTRIBUTES) != 0)
        skip_attributes(&reader);
    if (reader.state == READER_SHORT && !complete)
        return COMMAND_TEXT_NEED_MORE;
    if (reader.state != READER_OK)
        return COMMAND_TEXT_MALFORMED;
    *text = reader.rest;
    return COMMAND_TEXT_READY;
}

bool command_statement_id(struct slice payload, uint32_t *statement_id)
{
    struct reader reader = reader_make(payload);
    switch (reader_integer(&reader, 1)) {
    case COM_STMT_EXECUTE:
    case COM_STMT_SEND_LONG_DATA:
    case COM_STMT_CLOSE:
    case COM_STMT_RESET:
    case COM_STMT_FETCH:
    case COM_STMT_BULK_EXECUTE:
        *statement_id = (uint32_t)reader_integer(&reader, 4);
        return reader.state == READER_OK;
    default:
        return false;
    }
}
