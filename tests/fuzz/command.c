/* fuzz: wire. What a client sends after its login: the commands in a stream, their texts and statement ids
 * are the same however the stream is cut; what is said of the start of a command stays true of all of it.
 *
 *     input: step 1 | capability bits 24 to 31, 1 | stream
 */
#include "fuzz.h"

#include "ddltap/buffer.h"
#include "wire/capabilities.h"
#include "wire/command.h"
#include "wire/handshake.h"
#include "wire/packet.h"

struct story {
    uint64_t hash, commands;
};

static void tell(struct story *story, uint64_t value)
{
    story->hash = (story->hash ^ value) * UINT64_C(0x100000001b3);
}

static void tell_bytes(struct story *story, struct slice bytes)
{
    tell(story, bytes.len);
    for (size_t i = 0; i < bytes.len; i++)
        tell(story, (unsigned char)bytes.ptr[i]);
}

/* Of one command: how much of its text was known so far, and whether it can be. */
struct look {
    enum command_text state;
    size_t text_len;
};

/* A look at more of the same command, in a block that ends where the payload does. */
static void look_again(struct look *look, struct slice payload, bool complete,
                       uint64_t capabilities, struct slice *text)
{
    enum command_text state = command_text(payload, complete, capabilities, text);
    require(look->state == COMMAND_TEXT_NEED_MORE || look->state == state);
    require(state != COMMAND_TEXT_NEED_MORE || !complete);
    look->state = state;
    if (state != COMMAND_TEXT_READY)
        return;
    require_within(*text, payload);
    require(text->len >= look->text_len);
    require(text->ptr + text->len == payload.ptr + payload.len);
    look->text_len = text->len;
}

static void finish(struct story *story, struct slice payload, uint8_t sequence,
                   const struct look *look, struct slice text, uint64_t capabilities)
{
    struct handshake_change_user change;
    uint32_t id;
    unsigned code = payload.len == 0 ? 0x100 : (unsigned char)payload.ptr[0];
    story->commands++;
    tell(story, code);
    tell(story, sequence);
    tell(story, payload.len);
    tell(story, look->state);
    if (look->state == COMMAND_TEXT_READY)
        tell_bytes(story, text);
    if (command_statement_id(payload, &id))
        tell(story, id);
    if (code == COM_CHANGE_USER &&
        handshake_change_user_parse(payload, capabilities, &change) == ERROR_NONE) {
        require_within(change.user, payload);
        require_within(change.database, payload);
        tell_bytes(story, change.user);
        tell_bytes(story, change.database);
    }
}

/* The pieces of one command are joined, as a held command's are. */
struct joined {
    struct buffer payload;
    struct look look;
    uint8_t sequence;
};

static void take(struct story *story, struct joined *joined, const struct packet_piece *piece,
                 uint64_t capabilities)
{
    struct slice text = SLICE_NONE;
    if (piece->first) {
        buffer_clear(&joined->payload);
        joined->look = (struct look){.state = COMMAND_TEXT_NEED_MORE};
    }
    if (piece->len > piece->payload.len)
        joined->sequence = piece->head.sequence;
    buffer_append_slice(&joined->payload, piece->payload);
    require(joined->payload.len == piece->total);
    char *block = block_of(buffer_slice(&joined->payload));
    struct slice payload = slice_make(block, joined->payload.len);
    look_again(&joined->look, payload, piece->last, capabilities, &text);
    if (piece->last)
        finish(story, payload, joined->sequence, &joined->look, text, capabilities);
    free(block);
}

static struct story follow(struct slice stream, size_t step, uint64_t capabilities)
{
    struct story story = {0};
    struct packet_walk walk = {0};
    struct joined joined = {.payload = BUFFER_INIT};
    size_t at = 0, arrived = step < stream.len ? step : stream.len;
    for (;;) {
        char *window = block_of(slice_make(stream.ptr + at, arrived - at));
        struct slice unseen = slice_make(window, arrived - at);
        struct packet_piece piece;
        while (packet_walk_next(&walk, unseen, 5, &piece)) {
            take(&story, &joined, &piece, capabilities);
            unseen = slice_from_offset(unseen, piece.len);
            at += piece.len;
        }
        free(window);
        if (arrived == stream.len)
            break;
        arrived = stream.len - arrived < step ? stream.len : arrived + step;
    }
    buffer_release(&joined.payload);
    return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make(data, size);
    size_t step = take_byte(&input) + 1;
    uint64_t capabilities =
        CLIENT_PROTOCOL_41 | CLIENT_PLUGIN_AUTH | (uint64_t)take_byte(&input) << 24;
    struct story whole = follow(input, input.len + 1, capabilities);
    struct story cut = follow(input, step, capabilities);
    require(whole.commands == cut.commands && whole.hash == cut.hash);
    return 0;
}
