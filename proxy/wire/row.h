/* row: the first row of the answer to a question of ours (a COM_QUERY, text protocol).
 *
 *     struct row row;
 *     row_begin(&row, capabilities, 16 << 20);
 *     for each piece of the server's packets (asked for with RESULT_PREFIX), until ROW_DONE:
 *         row_piece(&row, &piece)
 *     use row.error_code, row.values, row.columns
 *     row_release(&row);
 *
 * Further rows and further result sets are read over. A row larger than the limit is not kept: the
 * question counts as unanswered (ROW_DONE, problem ERROR_TOO_LARGE).
 */
#ifndef DDLTAP_WIRE_ROW_H
#define DDLTAP_WIRE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "wire/packet.h"
#include "wire/result.h"

#define ROW_COLUMNS_MAX 32

enum row_step {
    ROW_MORE,        /* go on */
    ROW_DONE,        /* the answer is complete */
    ROW_OUT_OF_BAND, /* the server speaks out of turn: an error that is not the answer; row.end */
    ROW_MALFORMED,   /* the answer cannot be followed */
};

struct row {
    /* The answer, valid after ROW_DONE until row_release(). */
    uint16_t error_code; /* 0 when the question was answered */
    struct slice error;  /* payload of the ERR packet, to be sent on; SLICE_NONE when none */
    unsigned columns;    /* values of the first row, at most ROW_COLUMNS_MAX; 0: no row */
    struct slice values[ROW_COLUMNS_MAX]; /* SLICE_NONE is SQL NULL */
    enum error problem;    /* ERROR_NONE, ERROR_TOO_LARGE, ERROR_MALFORMED (the row lies) */
    struct result_end end; /* the last statement's end: status flags */
    /* Private. */
    struct result result;
    struct buffer bytes; /* the row's or the error's payload */
    bool keeping;        /* the logical packet in progress goes to bytes */
    bool have_row;
    bool ending; /* the last packet of the answer is in progress */
};

void row_begin(struct row *row, uint64_t capabilities, size_t limit);
must_check enum row_step row_piece(struct row *row, const struct packet_piece *piece);
void row_release(struct row *row);

#endif
