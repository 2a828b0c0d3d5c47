/* packet: MySQL packets in a stream that arrives in arbitrary pieces.
 *
 *     +--------+--------+--------+----------+------------------------+
 *     | length, 3 bytes, little  | sequence | payload, length bytes  |
 *     +--------+--------+--------+----------+------------------------+
 *
 * A payload of 0xFFFFFF bytes says that the next packet continues it; an exact multiple ends with
 * an empty packet. What the chain carries is one logical packet.
 *
 *     head FFFFFF  payload ...  head FFFFFF  payload ...  head 00002A  payload
 *     `-- piece, first ------'  `-- piece ----------'     `-- piece, last ---'
 *
 * The walk tells where logical packets begin and end. It copies nothing, keeps no bytes, and never
 * needs more in one place than a head and the prefix asked for. Sequence ids are told, never
 * enforced.
 *
 *     while (packet_walk_next(&walk, unseen, RESULT_PREFIX, &piece)) {
 *         if (piece.first) decide what the packet is, from piece.payload
 *         unseen = slice_from_offset(unseen, piece.len);
 *     }
 *     keep what is left of `unseen` (at most PACKET_HEAD_SIZE + prefix - 1 bytes) and read more
 *
 * Source: MySQL "MySQL Packets", MariaDB "0 - Packet".
 */
#ifndef DDLTAP_WIRE_PACKET_H
#define DDLTAP_WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"

#define PACKET_HEAD_SIZE 4
#define PACKET_PAYLOAD_MAX 0xFFFFFFU

struct packet_head {
    uint32_t length; /* of the payload; PACKET_PAYLOAD_MAX: another packet continues this one */
    uint8_t sequence;
};

/* The head at the start of bytes; false: fewer than PACKET_HEAD_SIZE bytes are there. */
must_check bool packet_peek(struct slice bytes, struct packet_head *head);

/* A whole packet at the start of bytes whose payload is at most limit bytes: for the login, where
 * packets are small and handled one by one. */
enum packet_whole {
    PACKET_WHOLE_READY, /* *payload is set; the packet is payload->len + PACKET_HEAD_SIZE bytes */
    PACKET_WHOLE_NEED_MORE, /* not all of it has arrived */
    PACKET_WHOLE_TOO_LARGE, /* its head promises more than limit (less than PACKET_PAYLOAD_MAX) */
};
must_check enum packet_whole packet_whole(struct slice bytes, uint32_t limit,
                                          struct packet_head *head, struct slice *payload);

/* Where a stream stands. All zero is the start of a stream. Private but for packet_walk_*. */
struct packet_walk {
    uint64_t total;     /* payload bytes of this logical packet that were walked over */
    uint32_t remaining; /* payload bytes of this packet yet to come */
    bool inside;        /* a logical packet has begun and not ended */
    bool continues;     /* another packet continues the current one */
};

/* A run of bytes at the start of the slice given. It never passes the end of one packet. */
struct packet_piece {
    size_t len;           /* bytes it covers, head included */
    struct slice payload; /* the payload bytes among them */
    bool first;           /* begins a logical packet; head is its head */
    bool last;            /* ends it; a piece may be both */
    struct packet_head
        head;       /* of the packet that this piece is part of, set when it holds a head */
    uint64_t total; /* payload bytes of the logical packet up to the end of this piece */
};

/* The next piece of bytes not yet walked over; on true the caller goes on piece->len bytes further.
 * false: nothing can be told yet, call again with the same bytes and more behind them. A piece that
 * is `first` holds at least `prefix` payload bytes, or all of its packet. */
must_check bool packet_walk_next(struct packet_walk *walk, struct slice bytes, size_t prefix,
                                 struct packet_piece *piece);

/* Is the walk between two logical packets? */
static inline bool packet_walk_between(const struct packet_walk *walk)
{
    return !walk->inside;
}

void packet_write_head(struct buffer *out, uint32_t length, uint8_t sequence);

/* A payload of any size, split as the protocol wants it. Gives the sequence id after the last
 * packet. */
uint8_t packet_write(struct buffer *out, uint8_t sequence, struct slice payload);

/* An ERR packet. sqlstate has five characters, or is NULL: the form without SQLSTATE that clients
 * expect before the login has begun. message is cut to 512 bytes, as servers do. */
void packet_write_error(struct buffer *out, uint8_t sequence, uint16_t code, const char *sqlstate,
                        const char *message);

/* A COM_QUERY, sequence 0. capabilities are the effective ones: with CLIENT_QUERY_ATTRIBUTES the
 * text is preceded by "no parameters, one set". */
void packet_write_query(struct buffer *out, uint64_t capabilities, struct slice text);

#endif
