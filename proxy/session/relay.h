/* relay: one direction of a session, from one stream to the other.
 *
 *     plain          input:   [ ready | unseen ]      goes as it lies in the read buffer
 *
 *     compressed     frames:  [  frame 1   ][    frame 2    ][ the start of ...
 *                    input:   [ gone | ready   |   unseen    ]
 *
 * Whoever looks at the bytes sees plain packets in both cases, and lets them go by adding to
 * `ready`. Of a compressed session that is a copy: a frame goes, untouched, once all that it carries
 * may go; one of which something was taken out goes without that, stored. Frames are inflated one
 * by one, while fewer than LOOP_BUFFER_SIZE bytes are unseen and none are on their way, so a
 * direction keeps little more than one frame (16 MiB) and what it carries (16 MiB), and an idle one
 * nothing.
 */
#ifndef DDLTAP_SESSION_RELAY_H
#define DDLTAP_SESSION_RELAY_H

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "net/stream.h"
#include "wire/packet.h"

struct relay {
    struct stream *from, *to;
    size_t ready; /* bytes at the start of the input that may go */
    struct packet_walk walk;
    struct relay_frames *frames; /* NULL: the session is not compressed */
};

/* Frames come from here on. What is `ready` goes before them, as it is. */
void relay_begin_frames(struct relay *relay);
void relay_release(struct relay *relay);

/* Plain bytes that have come and not gone, and those of them that are not ready. Valid until the
 * next call that is none of these two. */
struct slice relay_input(const struct relay *relay);
struct slice relay_unseen(const struct relay *relay);

/* All that has come is ready, and no frame waits to be taken in: there is nothing to look at. */
bool relay_all_seen(const struct relay *relay);

/* Compressed: let the next frame be input, if it is there and there is room; *moved says whether.
 * ERROR_MALFORMED: what came is no frame, only relay_raw can go on. */
must_check enum error relay_take_in(struct relay *relay, bool *moved);

/* Send what may go; true: some went. */
bool relay_flush(struct relay *relay);
/* Some of what may go has not gone. */
bool relay_sending(const struct relay *relay);
/* What is ready may not wait for the rest of its frame: the next flush sends it. The cut must lie
 * between two commands (or two answers). */
void relay_cut(struct relay *relay);

/* Bytes leave the relay, from the start of its input; nothing may be on its way (relay_sending). */
void relay_drop(struct relay *relay, size_t count);
/* The same for a command that is sent later, by somebody else: `packets` gets the bytes and, where
 * the session is compressed, `wire` the frames to send, of which *sequence numbers the next. Whole
 * frames are as they came. `ends`: these are the last bytes of the command. */
void relay_take(struct relay *relay, size_t count, bool ends, struct buffer *packets,
                struct buffer *wire, uint8_t *sequence);
/* No frame has been taken in part (a command can be let go here). */
bool relay_between_frames(const struct relay *relay);
/* Those that may go have nobody to go to. */
void relay_discard(struct relay *relay);

/* Send packets of our own, in frames (the first has this sequence) if the session is compressed. */
void relay_queue(struct relay *relay, uint8_t sequence, struct slice packets);

/* Send all that comes as it comes, beginning with what has come. */
bool relay_raw(struct relay *relay);

#endif
