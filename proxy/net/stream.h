/* stream: a connected socket, plain or TLS, with one read buffer.
 *
 *                       read buffer (LOOP_BUFFER_SIZE, none while empty)
 *     socket --read-->  [ consumed | input ........ | free ]
 *                                    ^ stream_input()
 *     socket <--write-- stream_send(bytes of somebody else's buffer), nothing is copied
 *                       stream_queue(a few bytes of our own): copied, goes first
 *
 * Back-pressure: stream_send takes what the socket takes; the rest stays where it is, and writable()
 * says when to go on. A stream whose buffer is full or whose owner wants no input is not read.
 *
 * All calls on the stream's loop. After stream_free no callback comes.
 */
#ifndef DDLTAP_NET_STREAM_H
#define DDLTAP_NET_STREAM_H

#include <stdbool.h>

#include "ddltap/slice.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/tls.h"

struct stream;

struct stream_handler {
    /* stream_dial has connected, or stream_start_tls has finished its handshake. */
    void (*opened)(void *owner);
    /* stream_input has grown. */
    void (*readable)(void *owner);
    /* stream_send took less than it was given, and would now take more. */
    void (*writable)(void *owner);
    /* No more input will come: end of file (why is NULL), or an error in words. What is in
     * stream_input is still there. Comes once; also when a dial or a handshake fails. */
    void (*ended)(void *owner, const char *why);
};

/* Takes the connected, non-blocking descriptor, whose options are those of its listener. Starts to read at once. */
struct stream *stream_accept(struct loop *loop, int descriptor,
                             const struct stream_handler *handler, void *owner);
/* Begins to connect; opened() or ended() follows, never within this call. */
struct stream *stream_dial(struct loop *loop, const struct address *address,
                           const struct stream_handler *handler, void *owner);
/* Closes; NULL-safe. The memory goes in a later turn of the loop. */
void stream_free(struct stream *stream);

/* What has been read and not consumed. Valid until the next stream_consume or callback. */
struct slice stream_input(const struct stream *stream);
void stream_consume(struct stream *stream, size_t count);
/* No more than this many bytes are read ahead of what is consumed; 0: the buffer's size. So that the
 * bytes of a TLS handshake behind a packet stay in the socket. */
void stream_limit_input(struct stream *stream, size_t limit);
/* Consumed bytes are overwritten: passwords pass here. */
void stream_set_sensitive(struct stream *stream, bool sensitive);
void stream_want_input(struct stream *stream, bool wanted);
bool stream_ended(const struct stream *stream);

/* Send from bytes what can be sent now; returns how much that was. On a broken stream all bytes
 * count as sent. Bytes not sent must come first in the next call. */
size_t stream_send(struct stream *stream, struct slice bytes);
void stream_queue(struct stream *stream, struct slice bytes);
/* A write failed: the peer is gone. */
bool stream_broken(const struct stream *stream);
/* All that was queued has been given to the socket. */
bool stream_flushed(const struct stream *stream);
/* Tell the peer that nothing more comes, after what is queued. */
void stream_shutdown(struct stream *stream);

/* Speak TLS from here on; opened() follows. The input must be empty. */
void stream_start_tls(struct stream *stream, struct tls *tls, bool as_server);
bool stream_is_tls(const struct stream *stream);

#endif
