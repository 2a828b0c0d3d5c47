/* result: follows the answer to one command, packet by packet.
 *
 * Only state tells what a packet is: 0x00 starts an OK, an empty string and every binary row; 0xFE
 * ends rows or starts a very long one. The tracker is told the command's shape and the effective
 * capabilities, then the start of each logical packet of the server.
 *
 *     first --OK, ERR----------------------------------------------> END
 *       |---count--> definitions --(EOF)--> rows --EOF, OK, ERR----> END --more results--> first
 *       |                              `----cursor exists----------> END
 *       `---0xFB---> LOCAL_INFILE, client streams --> first
 *
 *     struct result result;
 *     result_begin(&result, command_answer(code), capabilities);
 *     for each logical packet (its first piece, asked for with RESULT_PREFIX):
 *         switch (result_packet(&result, &piece.head, piece.payload, &end)) ...
 *
 * RESULT_END is told at the *start* of the last packet of each statement's answer, so the caller
 * can hold back exactly that packet, until its piece.last.
 *
 * Sources: MySQL "Command Phase", "COM_QUERY Response", "COM_STMT_PREPARE Response", "OK_Packet";
 * MariaDB "4 - Server response packets"; Connector/C for the progress report.
 */
#ifndef DDLTAP_WIRE_RESULT_H
#define DDLTAP_WIRE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/slice.h"
#include "wire/command.h"
#include "wire/packet.h"

/* Payload bytes of a packet that always suffice: an OK's header, two 9-byte integers, status,
 * warnings are 23. */
#define RESULT_PREFIX 32

/* Server status flags beyond those of ddltap/seam.h (STATUS_...), in MySQL's names. */
enum {
    SERVER_MORE_RESULTS_EXISTS = 0x0008,
    SERVER_STATUS_CURSOR_EXISTS = 0x0040,
    SERVER_STATUS_LAST_ROW_SENT = 0x0080,
    SERVER_STATUS_DB_DROPPED = 0x0100,
    SERVER_PS_OUT_PARAMS = 0x1000,
    SERVER_SESSION_STATE_CHANGED = 0x4000,
};

/* The state of one answer: a plain value, small. Private to result.c, open to be kept by value. */
struct result {
    uint32_t definitions; /* of the block that comes: definitions still to be seen */
    uint32_t columns;     /* COM_STMT_PREPARE: size of the block of columns behind the parameters */
    uint32_t statement_id; /* COM_STMT_PREPARE */
    uint16_t warnings;     /* COM_STMT_PREPARE */
    uint8_t answer;        /* enum command_answer */
    uint8_t state;
    bool deprecate_eof;
    bool definitions_follow; /* what that flag said */
    bool metadata_flag;      /* a flag behind the column count says whether definitions follow */
    bool prepare_flag;       /* the same in the answer to COM_STMT_PREPARE (MySQL only) */
    bool session_track;
    bool more_after_rows; /* OUT parameters: the EOF before the row told of more results */
};

enum result_event {
    RESULT_PART,         /* belongs to the answer, more follows */
    RESULT_END,          /* the last packet of one statement's answer; *end is filled */
    RESULT_LOCAL_INFILE, /* the client now streams packets until an empty one, then the answer goes
                            on */
    RESULT_PROGRESS,     /* MariaDB's progress report: relay, nothing else has happened */
    RESULT_OUT_OF_BAND,  /* an error of the server, not the answer (idle timeout, shutdown): *end is
                            filled with it; relay at once; the command was not run */
    RESULT_MALFORMED,    /* not what this answer can be, nor anything after it: drop to raw relay */
};

enum result_kind {
    RESULT_OK,
    RESULT_ROWS,
    RESULT_ERROR
};

struct result_end {
    enum result_kind kind;
    bool more_results; /* the answer of a further statement of this command follows */
    bool has_status;   /* status and warnings were told */
    uint16_t status;   /* STATUS_..., SERVER_... */
    uint16_t warnings;
    bool session_state;     /* session state changes are attached (CLIENT_SESSION_TRACK) */
    bool transaction_state; /* and the transaction's is among those in RESULT_PREFIX */
    uint64_t affected_rows; /* RESULT_OK */
    uint64_t insert_id;     /* RESULT_OK */
    uint32_t statement_id;  /* RESULT_OK of COM_STMT_PREPARE; 0 otherwise */
    uint16_t error_code;    /* RESULT_ERROR */
    char sqlstate[6];       /* RESULT_ERROR; "" when the server sent none */
};

/* Not for ANSWER_NONE. With ANSWER_RAW and while an ANSWER_AUTH exchange lasts every packet is a
 * RESULT_PART (in the latter the client's packets are no commands until RESULT_END). */
void result_begin(struct result *result, enum command_answer answer, uint64_t capabilities);

/* The next logical packet: the head of its first packet, and its first payload bytes (RESULT_PREFIX
 * of them, or all). */
must_check enum result_event result_packet(struct result *result, const struct packet_head *head,
                                           struct slice payload, struct result_end *end);

/* Would the next packet be a row (or what ends the rows)? */
bool result_in_rows(const struct result *result);

/* The row path: how many bytes at the start of `bytes` are complete rows and nothing else. Call it
 * when result_in_rows() and the walk is between packets; then go on with packet_walk_next(). */
size_t result_hop_rows(struct slice bytes);

/* A whole OK or ERR payload (or its first RESULT_PREFIX bytes) outside an answer: the end of a
 * login, an error when no command is pending. false: it is neither, or is malformed. */
must_check bool result_parse_end(struct slice payload, uint64_t capabilities,
                                 struct result_end *end);

#endif
