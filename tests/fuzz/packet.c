/* fuzz: wire. Packets in a stream: the walk tells the same however the stream is cut; the text of a
 * command does not depend on how much of it has arrived.
 *
 *     input: prefix 1 | step 1 | stream
 */
#include <stdint.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "wire/capabilities.h"
#include "wire/command.h"
#include "wire/packet.h"

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

struct totals {
    uint64_t packets, payload, last_total, walked;
};

static struct totals walk_in_steps(struct slice stream, size_t prefix, size_t step)
{
    struct totals totals = {0};
    struct packet_walk walk = {0};
    bool inside = false;
    for (size_t arrived = step < stream.len ? step : stream.len;;) {
        char *window = block_of(stream.ptr + totals.walked, arrived - (size_t)totals.walked);
        struct slice unseen = slice_make(window, arrived - (size_t)totals.walked);
        struct packet_piece piece;
        while (packet_walk_next(&walk, unseen, prefix, &piece)) {
            require(piece.first == !inside && piece.len <= unseen.len && piece.len > 0);
            require(piece.payload.len <= piece.len);
            inside = !piece.last;
            totals.payload += piece.payload.len;
            totals.walked += piece.len;
            if (piece.last) {
                totals.packets++;
                totals.last_total = piece.total;
            }
            unseen = slice_from_offset(unseen, piece.len);
        }
        require(inside || unseen.len < PACKET_HEAD_SIZE + prefix);
        free(window);
        if (arrived == stream.len)
            return totals;
        arrived = stream.len - arrived < step ? stream.len : arrived + step;
    }
}

static void check_text(struct slice payload, size_t cut, uint64_t capabilities)
{
    struct slice whole = SLICE_NONE, part = SLICE_NONE;
    uint32_t id;
    enum command_text all = command_text(payload, true, capabilities, &whole);
    char *start = block_of(payload.ptr, cut);
    enum command_text some = command_text(slice_make(start, cut), false, capabilities, &part);
    if (some == COMMAND_TEXT_READY)
        require(all == COMMAND_TEXT_READY && slice_starts_with(whole, part));
    if (some == COMMAND_TEXT_MALFORMED)
        require(all == COMMAND_TEXT_MALFORMED);
    if (command_statement_id(slice_make(start, cut), &id))
        require(cut >= 5);
    free(start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t prefix = data[0], step = (size_t)data[1] + 1;
    struct slice stream = slice_make(data + 2, size - 2);
    struct totals whole = walk_in_steps(stream, prefix, stream.len + 1);
    struct totals cut = walk_in_steps(stream, prefix, step);
    require(whole.packets == cut.packets && whole.payload == cut.payload);
    require(whole.last_total == cut.last_total && whole.walked == cut.walked);
    check_text(stream, step < stream.len ? step : stream.len, CLIENT_QUERY_ATTRIBUTES);
    check_text(stream, step < stream.len ? step : stream.len, 0);
    return 0;
}
