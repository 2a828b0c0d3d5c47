/* reader: see reader.h. Every read goes through take(), the one place that compares with the end.
 */
#include "wire/reader.h"

#include <assert.h>
#include <stdbool.h>

struct reader reader_make(struct slice bytes)
{
    return (struct reader){.rest = bytes, .state = READER_OK};
}

static bool take(struct reader *reader, uint64_t count, struct slice *taken)
{
    if (reader->state != READER_OK)
        return false;
    if (count > reader->rest.len) {
        reader->state = READER_SHORT;
        return false;
    }
    *taken = slice_make(reader->rest.ptr, (size_t)count);
    if (count > 0) /* an empty rest may have no pointer to add to */
        reader->rest = slice_from_offset(reader->rest, (size_t)count);
    return true;
}

uint64_t reader_integer(struct reader *reader, unsigned bytes)
{
    assert(bytes >= 1 && bytes <= 8);
    struct slice little;
    if (!take(reader, bytes, &little))
        return 0;
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)little.ptr[i] << (8 * i);
    return value;
}

uint64_t reader_length(struct reader *reader)
{
    uint64_t first = reader_integer(reader, 1);
    switch (first) {
    case 0xFC:
        return reader_integer(reader, 2);
    case 0xFD:
        return reader_integer(reader, 3);
    case 0xFE:
        return reader_integer(reader, 8);
    case 0xFB:
    case 0xFF:
        reader->state = READER_MALFORMED;
        return 0;
    default:
        return first;
    }
}

struct slice reader_bytes(struct reader *reader, uint64_t count)
{
    struct slice bytes;
    return take(reader, count, &bytes) ? bytes : SLICE("");
}

struct slice reader_text(struct reader *reader)
{
    return reader_bytes(reader, reader_length(reader));
}

struct slice reader_value(struct reader *reader)
{
    if (reader->state == READER_OK && reader->rest.len > 0 &&
        (unsigned char)reader->rest.ptr[0] == 0xFB) {
        reader_bytes(reader, 1);
        return SLICE_NONE;
    }
    return reader_text(reader);
}

struct slice reader_nul_text(struct reader *reader)
{
    if (reader->state != READER_OK)
        return SLICE("");
    const char *nul =
        reader->rest.len == 0 ? NULL : memchr(reader->rest.ptr, '\0', reader->rest.len);
    if (nul == NULL) {
        reader->state = READER_SHORT;
        return SLICE("");
    }
    struct slice text = reader_bytes(reader, (size_t)(nul - reader->rest.ptr));
    reader_bytes(reader, 1);
    return text;
}
