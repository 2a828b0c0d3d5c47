/* command: what a client asks for, and the shape of the answer that follows.
 *
 * A command is a logical packet whose first payload byte is one of these. Source: MySQL "Command
 * Phase", MariaDB "2 - Text protocol", "3 - Binary protocol (prepared statements)".
 */
#ifndef DDLTAP_WIRE_COMMAND_H
#define DDLTAP_WIRE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "ddltap/slice.h"

enum command_code {
    COM_SLEEP = 0x00,
    COM_QUIT = 0x01,
    COM_INIT_DB = 0x02,
    COM_QUERY = 0x03,
    COM_FIELD_LIST = 0x04,
    COM_CREATE_DB = 0x05,
    COM_DROP_DB = 0x06,
    COM_REFRESH = 0x07,
    COM_SHUTDOWN = 0x08,
    COM_STATISTICS = 0x09,
    COM_PROCESS_INFO = 0x0A,
    COM_CONNECT = 0x0B,
    COM_PROCESS_KILL = 0x0C,
    COM_DEBUG = 0x0D,
    COM_PING = 0x0E,
    COM_TIME = 0x0F,
    COM_DELAYED_INSERT = 0x10,
    COM_CHANGE_USER = 0x11,
    COM_BINLOG_DUMP = 0x12,
    COM_TABLE_DUMP = 0x13,
    COM_CONNECT_OUT = 0x14,
    COM_REGISTER_SLAVE = 0x15,
    COM_STMT_PREPARE = 0x16,
    COM_STMT_EXECUTE = 0x17,
    COM_STMT_SEND_LONG_DATA = 0x18,
    COM_STMT_CLOSE = 0x19,
    COM_STMT_RESET = 0x1A,
    COM_SET_OPTION = 0x1B,
    COM_STMT_FETCH = 0x1C,
    COM_DAEMON = 0x1D,
    COM_BINLOG_DUMP_GTID = 0x1E,
    COM_RESET_CONNECTION = 0x1F,
    COM_CLONE = 0x20,
    COM_SUBSCRIBE_GROUP_REPLICATION_STREAM = 0x21,
    COM_STMT_BULK_EXECUTE = 0xFA, /* MariaDB */
};

/* The shape of an answer; result.h follows each of them but ANSWER_NONE and ANSWER_RAW. */
enum command_answer {
    ANSWER_NONE,       /* nothing comes */
    ANSWER_OK,         /* OK or ERR */
    ANSWER_EOF,        /* EOF (or OK), or ERR */
    ANSWER_RESULTS,    /* OK, ERR, LOCAL INFILE or result sets, text or binary rows */
    ANSWER_PREPARE,    /* prepare OK and definitions, or ERR */
    ANSWER_EXECUTE,    /* as ANSWER_RESULTS; a cursor may be opened: then no rows */
    ANSWER_FETCH,      /* rows, then EOF or OK; or ERR */
    ANSWER_FIELD_LIST, /* definitions, then EOF or OK; or ERR */
    ANSWER_STRING,     /* one packet of text; or ERR */
    ANSWER_AUTH,       /* an exchange, in which the client sends packets that are no commands */
    ANSWER_RAW,        /* a protocol of its own, or unknown: relay both ways until the end */
};

/* "COM_QUERY"; "unknown command" for a byte that has none. Never NULL. */
const char *command_name(uint8_t code);

/* ANSWER_RAW for unknown bytes. */
enum command_answer command_answer(uint8_t code);

/* The SQL text of a COM_QUERY or COM_STMT_PREPARE. */
enum command_text {
    COMMAND_TEXT_READY,     /* *text is the text, as far as the payload reaches */
    COMMAND_TEXT_NEED_MORE, /* the payload ends before the text begins (not when complete) */
    COMMAND_TEXT_MALFORMED, /* query attributes that lie: let the server say so, do not look inside
                             */
};

/* payload starts with the command byte and may be a prefix of the whole; complete says it is not.
 * capabilities are the effective ones: with CLIENT_QUERY_ATTRIBUTES the text of a COM_QUERY stands
 * behind its parameters. Other commands have no text: malformed. */
must_check enum command_text command_text(struct slice payload, bool complete,
                                          uint64_t capabilities, struct slice *text);

/* The statement that a COM_STMT_... command (not PREPARE) means, from its first 5 bytes; false when
 * there are fewer or it is another command. MariaDB clients write COMMAND_STATEMENT_LAST for "the
 * one prepared last". */
#define COMMAND_STATEMENT_LAST 0xFFFFFFFFU
must_check bool command_statement_id(struct slice payload, uint32_t *statement_id);

#endif
