/* fuzz: wire. Frames of a compressed session: what is told does not depend on how the bytes are cut;
 * what a frame carries is as long as its head says; what is written is read again.
 *
 *     input: step 1 | stream
 */
#include <stdint.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "wire/compressed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

/* What is told of the start of a stream when only so much of it has arrived, in a block of its own
 * size, so that the sanitizer sees a look past its end. */
static enum compressed_whole look(struct slice stream, size_t arrived, struct buffer *plain)
{
    struct compressed_frame frame;
    size_t needed;
    char *window = memory_resize(NULL, arrived, 1);
    memcpy(window, stream.ptr, arrived);
    enum compressed_whole whole = compressed_whole(slice_make(window, arrived), &frame, &needed);
    if (whole == COMPRESSED_WHOLE_NEED_MORE)
        require(needed > arrived);
    if (whole == COMPRESSED_WHOLE_READY) {
        require(needed == frame.bytes.len && frame.bytes.len <= arrived);
        require(frame.data.len > 0 && frame.plain > 0);
        size_t before = plain->len;
        bool fine = compressed_inflate(&frame, plain) == ERROR_NONE;
        require(plain->len == before + (fine ? frame.plain : 0));
        if (!fine)
            whole = COMPRESSED_WHOLE_MALFORMED;
    }
    free(window);
    return whole;
}

static void write_and_read(struct slice plain)
{
    struct buffer written = BUFFER_INIT, read = BUFFER_INIT;
    require(compressed_write(&written, 255, plain) == (plain.len == 0 ? 255 : 0));
    if (plain.len > 0)
        require(look(buffer_slice(&written), written.len, &read) == COMPRESSED_WHOLE_READY);
    require(slice_equal(buffer_slice(&read), plain));
    buffer_release(&written);
    buffer_release(&read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer whole = BUFFER_INIT, part = BUFFER_INIT;
    if (size < 1)
        return 0;
    struct slice stream = slice_make(data + 1, size - 1);
    enum compressed_whole told = look(stream, stream.len, &whole);
    for (size_t arrived = 0; arrived < stream.len; arrived += (size_t)data[0] + 1) {
        enum compressed_whole early = look(stream, arrived, &part);
        if (early != COMPRESSED_WHOLE_NEED_MORE) {
            require(early == told);
            require(slice_equal(buffer_slice(&part), buffer_slice(&whole)));
            break;
        }
    }
    write_and_read(stream);
    buffer_release(&whole);
    buffer_release(&part);
    return 0;
}
