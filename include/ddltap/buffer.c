/* buffer: see buffer.h. Memory grows by doubling; one byte more than len is always kept for the
 * NUL. */
#include "ddltap/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ddltap/memory.h"

#define CAPACITY_MIN ((size_t)64)

/* Room for more bytes and a NUL behind them; false, and failed, when that passes the limit. */
static bool reserve(struct buffer *buffer, size_t more)
{
    size_t limit = buffer->limit == 0 ? BUFFER_LIMIT_MAX : buffer->limit;
    if (buffer->len > limit || more > limit - buffer->len) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->len + more + 1;
    if (needed <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity * 2;
    if (capacity < needed)
        capacity = needed;
    buffer->ptr = memory_resize(buffer->ptr, capacity, 1);
    buffer->capacity = capacity;
    return true;
}

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = BUFFER_INIT;
    buffer->limit = limit;
}

void buffer_release(struct buffer *buffer)
{
    if (buffer == NULL)
        return;
    free(buffer->ptr);
    buffer_init(buffer, buffer->limit);
}

void buffer_clear(struct buffer *buffer)
{
    buffer_truncate(buffer, 0);
    buffer->failed = false;
}

char *buffer_extend(struct buffer *buffer, size_t len)
{
    if (!reserve(buffer, len))
        return NULL;
    char *extension = buffer->ptr + buffer->len;
    buffer->len += len;
    buffer->ptr[buffer->len] = '\0';
    return extension;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
    char *extension = buffer_extend(buffer, len);
    if (extension != NULL && len > 0)
        memcpy(extension, bytes, len);
}

void buffer_append_slice(struct buffer *buffer, struct slice bytes)
{
    buffer_append(buffer, bytes.ptr, bytes.len);
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
    buffer_append(buffer, &c, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list measure, arguments;
    va_start(arguments, format);
    va_copy(measure, arguments);
    int len = vsnprintf(NULL, 0, format, measure);
    va_end(measure);
    if (len < 0) {
        buffer->failed = true;
    } else if (reserve(buffer, (size_t)len)) {
        vsnprintf(buffer->ptr + buffer->len, (size_t)len + 1, format, arguments);
        buffer->len += (size_t)len;
    }
    va_end(arguments);
}

void buffer_append_integer(struct buffer *buffer, uint64_t value, unsigned bytes)
{
    assert(bytes >= 1 && bytes <= 8);
    unsigned char little[8];
    for (unsigned i = 0; i < 8; i++)
        little[i] = (unsigned char)(value >> (8 * i));
    buffer_append(buffer, little, bytes);
}

void buffer_truncate(struct buffer *buffer, size_t len)
{
    if (len >= buffer->len)
        return;
    buffer->len = len;
    buffer->ptr[len] = '\0';
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->ptr == NULL ? "" : buffer->ptr;
}

struct slice buffer_slice(const struct buffer *buffer)
{
    return slice_make(buffer_text(buffer), buffer->len);
}

char *buffer_detach(struct buffer *buffer)
{
    char *bytes = buffer->ptr == NULL ? memory_copy_text("") : buffer->ptr;
    buffer->ptr = NULL;
    buffer_release(buffer);
    return bytes;
}
