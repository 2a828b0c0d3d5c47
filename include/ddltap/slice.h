/* slice: bytes that somebody else owns.
 *
 * Everything that comes from the wire is a slice: a pointer and a length, never NUL-terminated by
 * promise. A slice is a plain value; it is valid as long as the owner of the bytes says so. A slice
 * whose ptr is NULL is "no value" (SQL NULL, an absent name); an empty one has a pointer and len 0.
 */
#ifndef DDLTAP_SLICE_H
#define DDLTAP_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *ptr;
    size_t len;
};

#define SLICE_NONE ((struct slice){NULL, 0})

/* A string literal as a slice. */
#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})

static inline struct slice slice_make(const void *ptr, size_t len)
{
    return (struct slice){(const char *)ptr, len};
}

/* NULL gives SLICE_NONE. */
static inline struct slice slice_from(const char *text)
{
    return text == NULL ? SLICE_NONE : slice_make(text, strlen(text));
}

static inline bool slice_is_none(struct slice s)
{
    return s.ptr == NULL;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Equal when ASCII letters are compared without case; other bytes must be the same. */
static inline bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        unsigned char x = (unsigned char)a.ptr[i], y = (unsigned char)b.ptr[i];
        if (x >= 'A' && x <= 'Z')
            x = (unsigned char)(x + 32);
        if (y >= 'A' && y <= 'Z')
            y = (unsigned char)(y + 32);
        if (x != y)
            return false;
    }
    return true;
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* Is the byte at i (part of) a control character that a terminal may obey? '\n' and '\t' are none. */
static inline bool slice_is_control(struct slice s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    /* U+0080 to U+009F are controls as well: 0xC2 and a byte below 0xA0. */
    bool second = i > 0 && (unsigned char)s.ptr[i - 1] == 0xc2 && c >= 0x80 && c < 0xa0;
    return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f || second;
}

/* The part of s from offset on; offset may not pass the end. */
static inline struct slice slice_from_offset(struct slice s, size_t offset)
{
    return slice_make(s.ptr + offset, s.len - offset);
}

#endif
