/* fuzz: wire. A server's answer, as bytes: followed whole, cut in steps and with rows hopped over,
 * the tracker tells the same events; and a question's first row is read from it.
 *
 *     input: answer 1 | step 1 | capability bits 24 to 31 and 32 to 39, 2 bytes | stream
 */
#include <stdint.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "wire/capabilities.h"
#include "wire/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

/* A block of exactly these bytes, so that the sanitizer sees a look past its end. */
static char *block_of(const char *ptr, size_t len)
{
    char *block = memory_resize(NULL, len, 1);
    if (len > 0)
        memcpy(block, ptr, len);
    return block;
}

struct story {
    uint64_t hash; /* of the events and ends, rows left out of it */
    uint64_t packets;
    bool stopped;
};

static void tell(struct story *story, uint64_t value)
{
    story->hash = (story->hash ^ value) * UINT64_C(0x100000001b3);
}

static void hear(struct story *story, struct result *result, const struct packet_piece *piece)
{
    struct result_end end;
    bool in_rows = result_in_rows(result);
    struct slice prefix = piece->payload;
    if (prefix.len > RESULT_PREFIX)
        prefix.len = RESULT_PREFIX;
    enum result_event event = result_packet(result, &piece->head, prefix, &end);
    story->packets++;
    if (event == RESULT_PART && in_rows)
        return;
    tell(story, event);
    if (event == RESULT_END) {
        tell(story, end.kind);
        tell(story, end.status);
        tell(story, end.error_code);
        tell(story, end.affected_rows);
        require(end.sqlstate[5] == '\0');
    }
    story->stopped = event == RESULT_MALFORMED || event == RESULT_OUT_OF_BAND;
}

static size_t hop(struct story *story, struct slice unseen)
{
    size_t len = result_hop_rows(unseen);
    struct slice rows = slice_make(unseen.ptr, len);
    struct packet_head head;
    while (packet_peek(rows, &head)) {
        rows = slice_from_offset(rows, PACKET_HEAD_SIZE + head.length);
        story->packets++;
    }
    require(rows.len == 0);
    return len;
}

static struct story follow(struct slice stream, struct result result, size_t step, bool hopping)
{
    struct story story = {0};
    struct packet_walk walk = {0};
    size_t at = 0, arrived = step < stream.len ? step : stream.len;
    for (;;) {
        char *window = block_of(stream.ptr + at, arrived - at);
        struct slice unseen = slice_make(window, arrived - at);
        struct packet_piece piece;
        for (;;) {
            if (hopping && result_in_rows(&result) && packet_walk_between(&walk)) {
                size_t hopped = hop(&story, unseen);
                unseen = slice_from_offset(unseen, hopped);
                at += hopped;
            }
            if (!packet_walk_next(&walk, unseen, RESULT_PREFIX, &piece))
                break;
            if (piece.first && !story.stopped)
                hear(&story, &result, &piece);
            unseen = slice_from_offset(unseen, piece.len);
            at += piece.len;
        }
        free(window);
        if (arrived == stream.len || story.stopped)
            return story;
        arrived = stream.len - arrived < step ? stream.len : arrived + step;
    }
}

static void ask(struct slice stream, uint64_t capabilities)
{
    struct row row;
    struct packet_walk walk = {0};
    struct packet_piece piece;
    enum row_step step = ROW_MORE;
    row_begin(&row, capabilities, 256);
    while (step == ROW_MORE && packet_walk_next(&walk, stream, RESULT_PREFIX, &piece)) {
        step = row_piece(&row, &piece);
        stream = slice_from_offset(stream, piece.len);
    }
    if (step == ROW_DONE) {
        require(row.columns <= ROW_COLUMNS_MAX);
        size_t sum = 0;
        for (unsigned i = 0; i < row.columns; i++)
            sum += row.values[i].len;
        require(sum <= 256);
        require(row.error_code == 0 || row.columns == 0);
    }
    row_release(&row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    enum command_answer answer = (enum command_answer)(1 + data[0] % ANSWER_RAW);
    uint64_t capabilities = CLIENT_PROTOCOL_41 | CLIENT_SESSION_TRACK | (uint64_t)data[2] << 24 |
                            (uint64_t)data[3] << 32;
    struct slice stream = slice_make(data + 4, size - 4);
    struct result result;
    result_begin(&result, answer, capabilities);
    struct story whole = follow(stream, result, stream.len + 1, false);
    struct story cut = follow(stream, result, (size_t)data[1] + 1, false);
    struct story hopped = follow(stream, result, (size_t)data[1] + 1, true);
    require(whole.hash == cut.hash && whole.packets == cut.packets);
    require(whole.hash == hopped.hash && whole.packets == hopped.packets);
    ask(stream, capabilities);
    return 0;
}
