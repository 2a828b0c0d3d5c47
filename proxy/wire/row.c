/* row: see row.h. The tracker says what each packet is; this keeps the payload of two of them: the
 * first row, and an error.
 */
#include "wire/row.h"

#include <stddef.h>

#include "wire/command.h"
#include "wire/reader.h"

void row_begin(struct row *row, uint64_t capabilities, size_t limit)
{
    *row = (struct row){.error = SLICE_NONE};
    buffer_init(&row->bytes, limit);
    result_begin(&row->result, ANSWER_RESULTS, capabilities);
}

void row_release(struct row *row)
{
    if (row == NULL)
        return;
    buffer_release(&row->bytes);
    row->columns = 0;
    row->error = SLICE_NONE;
}

static void keep(struct row *row)
{
    row->keeping = true;
    row->columns = 0;
    buffer_clear(&row->bytes);
}

/* What is the packet that this piece begins? */
static enum row_step begin_packet(struct row *row, const struct packet_piece *piece)
{
    bool in_rows = result_in_rows(&row->result);
    switch (result_packet(&row->result, &piece->head, piece->payload, &row->end)) {
    case RESULT_PART:
        if (in_rows && !row->have_row) {
            row->have_row = true;
            keep(row);
        }
        return ROW_MORE;
    case RESULT_END:
        row->ending = !row->end.more_results;
        if (row->end.kind == RESULT_ERROR)
            keep(row);
        return ROW_MORE;
    case RESULT_PROGRESS:
        return ROW_MORE;
    case RESULT_OUT_OF_BAND:
        return ROW_OUT_OF_BAND;
    case RESULT_LOCAL_INFILE: /* a question never asks for a file */
    case RESULT_MALFORMED:
        break;
    }
    return ROW_MALFORMED;
}

static void split_values(struct row *row)
{
    struct reader reader = reader_make(buffer_slice(&row->bytes));
    while (row->columns < ROW_COLUMNS_MAX && reader.rest.len > 0 && reader.state == READER_OK)
        row->values[row->columns++] = reader_value(&reader);
    if (reader.state != READER_OK) {
        row->columns = 0;
        row->problem = ERROR_MALFORMED;
    }
}

/* The packet that was kept is complete. */
static void end_kept(struct row *row)
{
    row->keeping = false;
    if (row->bytes.failed) {
        row->problem = ERROR_TOO_LARGE;
        buffer_clear(&row->bytes);
    } else if (row->end.kind == RESULT_ERROR) {
        row->error = buffer_slice(&row->bytes);
    } else {
        split_values(row);
    }
}

enum row_step row_piece(struct row *row, const struct packet_piece *piece)
{
    if (piece->first) {
        enum row_step step = begin_packet(row, piece);
        if (step != ROW_MORE)
            return step;
    }
    if (row->keeping)
        buffer_append_slice(&row->bytes, piece->payload);
    if (!piece->last)
        return ROW_MORE;
    if (row->keeping)
        end_kept(row);
    if (!row->ending)
        return ROW_MORE;
    row->error_code = row->end.error_code;
    return ROW_DONE;
}
