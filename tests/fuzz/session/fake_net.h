/* fake_net: the streams, the loop and the timers of proxy/net, without sockets: a session cannot tell the
 * difference, and the fuzzer decides when what happens.
 *
 *     fake_arrive(bytes) --> [wire] --fake_turn(chunk)--> [input] --> session
 *     relayed, queued <-- stream_send, stream_queue, as far as `room` goes; the rest waits
 *
 * Functions of stream.h, loop.h and timers are defined here and so take the place of net's.
 */
#ifndef DDLTAP_TESTS_FUZZ_FAKE_NET_H
#define DDLTAP_TESTS_FUZZ_FAKE_NET_H

#include "ddltap/buffer.h"
#include "net/stream.h"

#define FAKE_UNLIMITED ((size_t)1 << 30)

enum fake_state {
    FAKE_CONNECTING,
    FAKE_SHAKING_HANDS,
    FAKE_OPEN,
    FAKE_FREED
};

/* Parts of a stream of bytes, in order. */
struct fake_range {
    size_t start, len;
};
struct fake_ranges {
    struct fake_range *items;
    size_t count, capacity;
};
void fake_note(struct fake_ranges *ranges, size_t start, size_t len);

struct stream {
    const struct stream_handler *handler;
    void *owner;
    enum fake_state state;
    char *input;
    size_t start, end, limit;
    bool wanted, ended, broken, blocked, writing, shutdown, tls, sensitive;
    bool peer_ended, peer_reset; /* behind what has arrived */
    size_t room;                 /* bytes that the peer's socket still takes */

    struct buffer arrived;      /* all that the peer sent */
    size_t read;                /* of it, bytes that have got into input */
    size_t consumed;            /* of it, bytes that the session consumed */
    struct fake_ranges patched; /* of it, what was consumed, and written anew, during the login */
    struct fake_ranges removed; /* of it, what has no counterpart on the other side */
    size_t just_sent; /* bytes at the start of input that were sent on and not consumed yet */

    struct buffer sent;     /* all that the session gave, in order */
    struct fake_ranges own; /* of it, what fake_of_tap was set for: questions, refusals */
    size_t delivered;       /* of it, bytes that went out; the rest is the outbox */
    struct stream *other;   /* the stream whose input is sent here */
};

/* Set by the driver: what is queued now is the tap's; the login is not over; what is queued next for the
 * client is a refusal. */
extern bool fake_of_tap, fake_login, fake_refusal_due;
extern size_t fake_refusal_longest;
/* Of the driver: bytes of the server are consumed and not sent on, after the login. */
void fake_swallowed(size_t count);

/* The two streams of the session, in the order in which it made them. */
extern struct stream *fake_client, *fake_upstream;

void fake_begin(void);
void fake_end(void);

void fake_arrive(struct stream *stream, struct slice bytes);
/* Bytes, events and posted functions get on until nothing moves, at most chunk bytes in one read. */
void fake_settle(size_t chunk);
void fake_connect(bool success);
void fake_shake_hands(struct stream *stream, bool success);
/* The peer reads; what waits goes on. */
void fake_give_room(struct stream *stream, size_t room);
void fake_expire_timers(void);
/* Bytes that wait to go out. */
size_t fake_waiting(const struct stream *stream);

#endif
