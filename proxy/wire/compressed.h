/* compressed: the frames of a compressed session, around the packets of packet.h.
 *
 *     +---------------------+----------+-----------------------+----------------------+
 *     | length, 3 bytes     | sequence | plain length, 3 bytes | data, `length` bytes |
 *     +---------------------+----------+-----------------------+----------------------+
 *
 * The data, inflated, are `plain length` bytes of the plain stream; plain length 0: the data are
 * stored as they are. Frames cut the plain stream anywhere. They begin, both ways, behind the
 * login's OK. The sequence counts frames, through a command and its answer; it is what MySQL and
 * MariaDB check, and set the sequence ids of the packets inside by.
 *
 * Whether zlib or zstd was agreed on shows in the data: a zstd frame begins with its magic number,
 * which is no start of a zlib stream.
 *
 * Sources: MySQL "Compression" (sql-common/net_serv.cc), MariaDB "0 - Packet".
 */
#ifndef DDLTAP_WIRE_COMPRESSED_H
#define DDLTAP_WIRE_COMPRESSED_H

#include <stddef.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"

#define COMPRESSED_HEAD_SIZE 7
#define COMPRESSED_DATA_MAX 0xFFFFFFU

struct compressed_frame {
    struct slice bytes; /* as it came, head included */
    struct slice data;  /* behind the head */
    uint32_t plain;     /* bytes that it carries */
    uint8_t sequence;
    bool stored; /* the data are what it carries */
};

enum compressed_whole {
    COMPRESSED_WHOLE_READY,     /* *frame is filled */
    COMPRESSED_WHOLE_NEED_MORE, /* *needed is how long bytes must be to tell more */
    COMPRESSED_WHOLE_MALFORMED, /* it carries nothing, or is longer than what compressors make */
};

/* The frame at the start of bytes. */
must_check enum compressed_whole compressed_whole(struct slice bytes,
                                                  struct compressed_frame *frame, size_t *needed);

/* Append what the frame carries to plain: exactly frame->plain bytes. ERROR_MALFORMED: its data
 * inflate to more or fewer, do not inflate, or go on behind the end; nothing is appended. */
must_check enum error compressed_inflate(const struct compressed_frame *frame,
                                         struct buffer *plain);

/* Stored frames that carry these bytes, one for each COMPRESSED_DATA_MAX of them. Gives the
 * sequence after the last. */
uint8_t compressed_write(struct buffer *out, uint8_t sequence, struct slice plain);

#endif
