/* fuzz: wire. The answers to several commands that were sent ahead, questions of ours among them: followed
 * whole, cut in steps, and with rows hopped over, the same answers end at the same bytes with the same
 * values.
 *
 *     input: step 1 | capability bits 24 to 31 and 32 to 39, 2 | commands 1 | one byte each | stream
 *     byte:  answer's shape; 0x80: it is a question
 */
#include "fuzz.h"

#include "wire/capabilities.h"
#include "wire/row.h"

#define ROW_LIMIT 256

struct follower {
    struct slice commands; /* not answered yet, the first one not begun */
    uint64_t capabilities;
    bool hopping, question, idle, stopped, ending;
    struct result result;
    struct row row;
    uint64_t story, packets, ends_at; /* the last answer's end */
};

static void tell(struct follower *follower, uint64_t value)
{
    follower->story = (follower->story ^ value) * UINT64_C(0x100000001b3);
}

/* The oldest command gets its answer now. */
static void next_command(struct follower *follower)
{
    follower->ending = false;
    follower->idle = follower->commands.len == 0;
    if (follower->idle)
        return;
    unsigned command = take_byte(&follower->commands);
    follower->question = (command & 0x80) != 0;
    if (follower->question)
        row_begin(&follower->row, follower->capabilities, ROW_LIMIT);
    else
        result_begin(&follower->result,
                     (enum command_answer)(ANSWER_OK + command % (ANSWER_RAW - ANSWER_OK)),
                     follower->capabilities);
}

static void tell_end(struct follower *follower, const struct result_end *end)
{
    tell(follower, end->kind);
    tell(follower, end->status);
    tell(follower, end->warnings);
    tell(follower, end->error_code);
    tell(follower, end->affected_rows);
    tell(follower, end->insert_id);
    tell(follower, end->statement_id);
    tell(follower, end->more_results);
    require(end->sqlstate[5] == '\0');
}

static void take_answered_question(struct follower *follower)
{
    struct row *row = &follower->row;
    size_t sum = 0;
    require(row->columns <= ROW_COLUMNS_MAX);
    require(row->error_code == 0 || row->columns == 0);
    tell(follower, row->error_code);
    tell(follower, row->problem);
    tell(follower, row->columns);
    for (unsigned i = 0; i < row->columns; i++) {
        sum += row->values[i].len;
        tell(follower, row->values[i].len);
        for (size_t k = 0; k < row->values[i].len; k++)
            tell(follower, (unsigned char)row->values[i].ptr[k]);
    }
    require(sum <= ROW_LIMIT);
    row_release(row);
}

static void take_question_piece(struct follower *follower, const struct packet_piece *piece,
                                uint64_t at)
{
    enum row_step step = row_piece(&follower->row, piece);
    if (step == ROW_MORE)
        return;
    tell(follower, step);
    follower->stopped = step != ROW_DONE;
    if (follower->stopped) {
        row_release(&follower->row);
        return;
    }
    take_answered_question(follower);
    follower->ends_at = at;
    next_command(follower);
}

static void take_piece(struct follower *follower, const struct packet_piece *piece, uint64_t at)
{
    struct result_end end;
    if (follower->idle)
        return;
    if (piece->first)
        follower->packets++;
    if (follower->question) {
        take_question_piece(follower, piece, at);
        return;
    }
    if (piece->first) {
        bool in_rows = result_in_rows(&follower->result);
        enum result_event event =
            result_packet(&follower->result, &piece->head, piece->payload, &end);
        if (event != RESULT_PART || !in_rows)
            tell(follower, event);
        if (event == RESULT_END) {
            tell_end(follower, &end);
            follower->ending = !end.more_results;
        }
        follower->stopped = event == RESULT_MALFORMED || event == RESULT_OUT_OF_BAND;
    }
    if (piece->last && follower->ending) {
        follower->ends_at = at;
        next_command(follower);
    }
}

/* Whole rows at the start of unseen, as the session does it. */
static size_t hop(struct follower *follower, struct slice unseen)
{
    size_t len = result_hop_rows(unseen);
    struct slice rows = slice_make(unseen.ptr, len);
    struct packet_head head;
    while (packet_peek(rows, &head)) {
        rows = slice_from_offset(rows, PACKET_HEAD_SIZE + head.length);
        follower->packets++;
    }
    require(rows.len == 0);
    return len;
}

static bool may_hop(const struct follower *follower, const struct packet_walk *walk)
{
    return follower->hopping && !follower->idle && !follower->question &&
           packet_walk_between(walk) && result_in_rows(&follower->result);
}

/* All that has arrived; gives how much of it was seen. */
static size_t take_window(struct follower *follower, struct packet_walk *walk, struct slice unseen,
                          uint64_t at)
{
    struct packet_piece piece;
    size_t start = unseen.len;
    while (!follower->stopped) {
        if (may_hop(follower, walk))
            unseen = slice_from_offset(unseen, hop(follower, unseen));
        if (!packet_walk_next(walk, unseen, RESULT_PREFIX, &piece))
            break;
        unseen = slice_from_offset(unseen, piece.len);
        take_piece(follower, &piece, at + start - unseen.len);
    }
    return start - unseen.len;
}

static void follow(struct follower *follower, struct slice stream, size_t step)
{
    struct packet_walk walk = {0};
    size_t at = 0, arrived = step < stream.len ? step : stream.len;
    next_command(follower);
    for (;;) {
        struct slice bytes = slice_make(stream.ptr + at, arrived - at);
        char *window = block_of(bytes);
        at += take_window(follower, &walk, slice_make(window, bytes.len), at);
        free(window);
        if (arrived == stream.len || follower->stopped)
            break;
        arrived = stream.len - arrived < step ? stream.len : arrived + step;
    }
    if (follower->question && !follower->idle)
        row_release(&follower->row);
}

static void require_same(const struct follower *a, const struct follower *b)
{
    require(a->story == b->story && a->packets == b->packets);
    require(a->commands.len == b->commands.len && a->ends_at == b->ends_at);
    require(a->stopped == b->stopped && a->idle == b->idle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make(data, size);
    size_t step = take_byte(&input) + 1;
    uint64_t capabilities = CLIENT_PROTOCOL_41 | CLIENT_SESSION_TRACK;
    capabilities |= (uint64_t)take_byte(&input) << 24;
    capabilities |= (uint64_t)take_byte(&input) << 32;
    struct slice commands = take_bytes(&input, take_byte(&input) % 16);
    struct follower whole = {.commands = commands, .capabilities = capabilities};
    struct follower cut = whole, hopped = whole;
    hopped.hopping = true;
    follow(&whole, input, input.len + 1);
    follow(&cut, input, step);
    follow(&hopped, input, step);
    require_same(&whole, &cut);
    require_same(&whole, &hopped);
    return 0;
}
