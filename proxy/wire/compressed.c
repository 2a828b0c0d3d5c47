/* compressed: see compressed.h. A frame is inflated in one call, into exactly the room that its
 * head promises, so that no frame grows beyond 16 MiB.
 */
#include "wire/compressed.h"

#include <zlib.h>
#include <zstd.h>

#include "wire/reader.h"

/* Peers store what does not shrink, so data are shorter than what they carry, or by some careless
 * peer a little longer. What is longer by far would make us keep many bytes for few. */
static uint32_t longest(uint32_t plain)
{
    return plain + plain / 8 + 1024;
}

enum compressed_whole compressed_whole(struct slice bytes, struct compressed_frame *frame,
                                       size_t *needed)
{
    *needed = COMPRESSED_HEAD_SIZE;
    if (bytes.len < COMPRESSED_HEAD_SIZE)
        return COMPRESSED_WHOLE_NEED_MORE;
    struct reader reader = reader_make(bytes);
    uint32_t length = (uint32_t)reader_integer(&reader, 3);
    frame->sequence = (uint8_t)reader_integer(&reader, 1);
    frame->plain = (uint32_t)reader_integer(&reader, 3);
    frame->stored = frame->plain == 0;
    if (frame->stored)
        frame->plain = length;
    if (length == 0 || length > longest(frame->plain))
        return COMPRESSED_WHOLE_MALFORMED;
    *needed = COMPRESSED_HEAD_SIZE + (size_t)length;
    if (bytes.len < *needed)
        return COMPRESSED_WHOLE_NEED_MORE;
    frame->bytes = slice_make(bytes.ptr, *needed);
    frame->data = slice_from_offset(frame->bytes, COMPRESSED_HEAD_SIZE);
    return COMPRESSED_WHOLE_READY;
}

static bool inflate_zlib(struct slice data, char *into, size_t expected)
{
    uLongf made = (uLongf)expected;
    uLong used = (uLong)data.len;
    return uncompress2((Bytef *)into, &made, (const Bytef *)data.ptr, &used) == Z_OK &&
           made == expected && used == data.len;
}

static bool inflate_zstd(struct slice data, char *into, size_t expected)
{
    /* An error is a number beyond any size. */
    return ZSTD_decompress(into, expected, data.ptr, data.len) == expected;
}

enum error compressed_inflate(const struct compressed_frame *frame, struct buffer *plain)
{
    if (frame->stored) {
        buffer_append_slice(plain, frame->data);
        return ERROR_NONE;
    }
    size_t before = plain->len;
    char *into = buffer_extend(plain, frame->plain);
    bool fine = slice_starts_with(frame->data, SLICE("\x28\xB5\x2F\xFD"))
                    ? inflate_zstd(frame->data, into, frame->plain)
                    : inflate_zlib(frame->data, into, frame->plain);
    if (fine)
        return ERROR_NONE;
    buffer_truncate(plain, before);
    return ERROR_MALFORMED;
}

uint8_t compressed_write(struct buffer *out, uint8_t sequence, struct slice plain)
{
    while (plain.len > 0) {
        size_t length = plain.len < COMPRESSED_DATA_MAX ? plain.len : COMPRESSED_DATA_MAX;
        buffer_append_integer(out, length, 3);
        buffer_append_integer(out, sequence++, 1);
        buffer_append_integer(out, 0, 3);
        buffer_append(out, plain.ptr, length);
        plain = slice_from_offset(plain, length);
    }
    return sequence;
}
