/* reader: a cursor over bytes of a peer that never passes their end.
 *
 *     struct reader r = reader_make(payload);
 *     unsigned code = (unsigned)reader_integer(&r, 2);
 *     struct slice name = reader_nul_text(&r);
 *     if (r.state != READER_OK) ...
 *
 * Failure is sticky: after the first read that did not fit, every read gives 0 or an empty slice,
 * so a parser reads a whole packet and checks once. READER_SHORT says that the bytes ended too
 * early: with a prefix of a payload that means "need more", with a whole payload it means
 * "malformed".
 */
#ifndef DDLTAP_WIRE_READER_H
#define DDLTAP_WIRE_READER_H

#include <stdint.h>

#include "ddltap/slice.h"

enum reader_state {
    READER_OK,
    READER_SHORT,     /* the bytes ended */
    READER_MALFORMED, /* more bytes would not help */
};

struct reader {
    struct slice rest; /* not yet read */
    enum reader_state state;
};

struct reader reader_make(struct slice bytes);

/* Little-endian, 1 to 8 bytes. */
uint64_t reader_integer(struct reader *reader, unsigned bytes);

/* Length-encoded integer: 0..250 in one byte, 0xFC + 2, 0xFD + 3, 0xFE + 8 bytes. 0xFB (NULL) and
 * 0xFF are not integers: READER_MALFORMED. */
uint64_t reader_length(struct reader *reader);

/* The next count bytes; count may be anything a peer wrote. Slices point into the bytes given. */
struct slice reader_bytes(struct reader *reader, uint64_t count);

/* A length-encoded integer and that many bytes. */
struct slice reader_text(struct reader *reader);

/* As reader_text, but 0xFB gives SLICE_NONE: a value of a text protocol row. */
struct slice reader_value(struct reader *reader);

/* Up to the next NUL; the NUL is read and not part of the slice. */
struct slice reader_nul_text(struct reader *reader);

#endif
