/* buffer: bytes that grow, with a limit in the type.
 *
 *     struct buffer b = BUFFER_INIT;            unlimited (up to BUFFER_LIMIT_MAX)
 *     buffer_printf(&b, "%s has %u rows", name, rows);
 *     use(buffer_text(&b), b.len);
 *     buffer_release(&b);
 *
 * ptr is always NUL-terminated after the first write (the NUL is not counted in len). When a write
 * would pass the limit, nothing is written and `failed` stays set: a caller that writes many pieces
 * checks once at the end.
 */
#ifndef DDLTAP_BUFFER_H
#define DDLTAP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/slice.h"

#define BUFFER_LIMIT_MAX ((size_t)1 << 40)

struct buffer {
    char *ptr;
    size_t len;
    size_t capacity;
    size_t limit; /* largest len; 0 means BUFFER_LIMIT_MAX */
    bool failed;
};

#define BUFFER_INIT ((struct buffer){NULL, 0, 0, 0, false})

void buffer_init(struct buffer *buffer, size_t limit);
/* Free the bytes; the buffer is as after buffer_init with the same limit. NULL-safe. */
void buffer_release(struct buffer *buffer);
/* Forget the content, keep the memory. Clears `failed`. */
void buffer_clear(struct buffer *buffer);

void buffer_append(struct buffer *buffer, const void *bytes, size_t len);
/* Grow by len bytes and return where they lie; their content is not set. NULL: beyond the limit. */
char *buffer_extend(struct buffer *buffer, size_t len);
void buffer_append_slice(struct buffer *buffer, struct slice bytes);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Little-endian integer of 1 to 8 bytes, as in MySQL packets. */
void buffer_append_integer(struct buffer *buffer, uint64_t value, unsigned bytes);

/* Cut to len bytes (no more than there are). */
void buffer_truncate(struct buffer *buffer, size_t len);

/* The content as text; "" when empty. Owned by the buffer, valid until its next change. */
const char *buffer_text(const struct buffer *buffer);
struct slice buffer_slice(const struct buffer *buffer);

/* Take the bytes away (NUL-terminated, free with free()); the buffer is empty after. */
char *buffer_detach(struct buffer *buffer);

#endif
