/* One read per wake-up and one write per piece: what a TCP relay does, and no more. TLS differs in four
 * places only (receive, transmit, handshake, shutdown); OpenSSL may hold decrypted bytes that the
 * socket's events know nothing of, so a TLS stream looks again until OpenSSL is empty.
 */
#include "net/stream.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "net/socket.h"

enum stream_state {
    STREAM_CONNECTING,
    STREAM_TLS_HANDSHAKE,
    STREAM_OPEN,
    STREAM_FREED
};

enum transfer {
    TRANSFER_DONE,
    TRANSFER_LATER,
    TRANSFER_END,
    TRANSFER_FAILED
};

struct stream {
    struct loop *loop;
    const struct stream_handler *handler;
    void *owner;
    struct event *read_event;
    struct event *write_event; /* only while writing: hardly a stream ever waits to write */
    SSL *ssl;                  /* NULL: plain */
    char *input;               /* NULL while empty */
    unsigned start, end, limit;
    int descriptor;
    enum stream_state state;
    bool wanted;   /* the owner takes input */
    bool reading;  /* read_event is added */
    bool writing;  /* write_event is there, and added */
    bool ended;    /* ended() was called */
    bool broken;   /* a write failed */
    bool blocked;  /* stream_send fell short: owes the owner a writable() */
    bool shutdown; /* shut down once the outbox is empty */
    bool shutdown_done;
    bool sensitive;
    struct buffer outbox;
    size_t outbox_sent;
    char error[160];
};

static void on_read(evutil_socket_t descriptor, short what, void *argument);
static void on_write(evutil_socket_t descriptor, short what, void *argument);
static void update_reading(struct stream *stream);

/* --- bytes in and out, plain or TLS ----------------------------------------------------------- */

static void note_error(struct stream *stream, int code)
{
    snprintf(stream->error, sizeof(stream->error), "%s", strerror(code));
}

static enum transfer tls_result(struct stream *stream, int result)
{
    int reason = SSL_get_error(stream->ssl, result);
    int code = errno;
    switch (reason) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return TRANSFER_LATER;
    case SSL_ERROR_ZERO_RETURN:
        return TRANSFER_END;
    case SSL_ERROR_SYSCALL:
        if (code == 0)
            return TRANSFER_END;
        note_error(stream, code);
        return TRANSFER_FAILED;
    default:
        break;
    }
    unsigned long last = ERR_peek_last_error();
    const char *text = ERR_reason_error_string(last);
    snprintf(stream->error, sizeof(stream->error), "TLS: %s", text == NULL ? "failed" : text);
    return TRANSFER_FAILED;
}

static enum transfer receive(struct stream *stream, char *into, size_t size, size_t *received)
{
    if (stream->ssl != NULL) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_read_ex(stream->ssl, into, size, received);
        return result == 1 ? TRANSFER_DONE : tls_result(stream, result);
    }
    ssize_t count = recv(stream->descriptor, into, size, 0);
    if (count > 0) {
        *received = (size_t)count;
        return TRANSFER_DONE;
    }
    if (count == 0)
        return TRANSFER_END;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return TRANSFER_LATER;
    note_error(stream, errno);
    return TRANSFER_FAILED;
}

static enum transfer transmit(struct stream *stream, struct slice bytes, size_t *sent)
{
    if (stream->ssl != NULL) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_write_ex(stream->ssl, bytes.ptr, bytes.len, sent);
        return result == 1 ? TRANSFER_DONE : tls_result(stream, result);
    }
    ssize_t count = send(stream->descriptor, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    if (count >= 0) {
        *sent = (size_t)count;
        return TRANSFER_DONE;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return TRANSFER_LATER;
    note_error(stream, errno);
    return TRANSFER_FAILED;
}

/* Send as much as the socket takes. */
static size_t transmit_all(struct stream *stream, struct slice bytes)
{
    size_t done = 0;
    while (done < bytes.len) {
        size_t sent = 0;
        enum transfer transfer = transmit(stream, slice_from_offset(bytes, done), &sent);
        if (transfer == TRANSFER_LATER)
            return done;
        if (transfer != TRANSFER_DONE) {
            stream->broken = true;
            break;
        }
        done += sent;
        if (stream->ssl == NULL && done < bytes.len)
            return done; /* a short write: the socket's buffer is full */
    }
    return bytes.len;
}

/* --- events ----------------------------------------------------------------------------------- */

static void set_writing(struct stream *stream, bool writing)
{
    if (writing == stream->writing)
        return;
    stream->writing = writing;
    if (writing) {
        stream->write_event = event_new(loop_base(stream->loop), stream->descriptor,
                                        EV_WRITE | EV_PERSIST, on_write, stream);
        event_add(stream->write_event, NULL);
        return;
    }
    event_free(stream->write_event);
    stream->write_event = NULL;
}

static size_t room(const struct stream *stream)
{
    size_t held = stream->end - stream->start;
    return held >= stream->limit ? 0 : stream->limit - held;
}

static bool may_read(const struct stream *stream)
{
    if (stream->ended || stream->state == STREAM_CONNECTING)
        return false;
    return stream->state == STREAM_TLS_HANDSHAKE || (stream->wanted && room(stream) > 0);
}

/* SSL_has_pending would count the start of a record too, whose rest only the socket can bring. */
static bool has_decrypted(const struct stream *stream)
{
    return stream->ssl != NULL && SSL_pending(stream->ssl) > 0;
}

static void update_reading(struct stream *stream)
{
    bool reading = may_read(stream);
    if (reading != stream->reading) {
        stream->reading = reading;
        if (reading)
            event_add(stream->read_event, NULL);
        else
            event_del(stream->read_event);
    }
    /* Last: an event that is active already would not be added to what the kernel watches. */
    if (reading && has_decrypted(stream))
        event_active(stream->read_event, EV_READ, 1);
}

static void end_input(struct stream *stream, const char *why)
{
    if (stream->ended)
        return;
    stream->ended = true;
    update_reading(stream);
    stream->handler->ended(stream->owner, why);
}

static void make_room(struct stream *stream)
{
    if (stream->input == NULL)
        stream->input = loop_take_buffer(stream->loop);
    if (stream->start == 0 || LOOP_BUFFER_SIZE - stream->end >= room(stream))
        return;
    memmove(stream->input, stream->input + stream->start, stream->end - stream->start);
    stream->end -= stream->start;
    stream->start = 0;
}

static void drop_empty_buffer(struct stream *stream)
{
    if (stream->input == NULL || stream->start != stream->end)
        return;
    loop_give_buffer(stream->loop, stream->input);
    stream->input = NULL;
    stream->start = stream->end = 0;
}

static void read_some(struct stream *stream)
{
    while (may_read(stream)) {
        make_room(stream);
        size_t space = LOOP_BUFFER_SIZE - stream->end, received = 0;
        if (space > room(stream))
            space = room(stream);
        enum transfer transfer = receive(stream, stream->input + stream->end, space, &received);
        if (transfer == TRANSFER_LATER) {
            drop_empty_buffer(stream);
            break;
        }
        if (transfer != TRANSFER_DONE) {
            drop_empty_buffer(stream);
            end_input(stream, transfer == TRANSFER_END ? NULL : stream->error);
            break;
        }
        stream->end += (unsigned)received;
        stream->handler->readable(stream->owner);
        if (stream->state == STREAM_FREED || !has_decrypted(stream))
            break;
    }
}

static void try_handshake(struct stream *stream)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(stream->ssl);
    if (result == 1) {
        stream->state = STREAM_OPEN;
        set_writing(stream, stream->blocked);
        stream->handler->opened(stream->owner);
        if (stream->state == STREAM_OPEN)
            update_reading(stream);
        return;
    }
    bool wants_write = SSL_get_error(stream->ssl, result) == SSL_ERROR_WANT_WRITE;
    enum transfer transfer = tls_result(stream, result);
    set_writing(stream, wants_write);
    if (transfer == TRANSFER_END)
        snprintf(stream->error, sizeof(stream->error), "closed during the TLS handshake");
    if (transfer != TRANSFER_LATER)
        end_input(stream, stream->error);
}

static void on_read(evutil_socket_t descriptor, short what, void *argument)
{
    struct stream *stream = argument;
    (void)descriptor;
    (void)what;
    if (stream->state == STREAM_TLS_HANDSHAKE) {
        try_handshake(stream);
        return;
    }
    read_some(stream);
    if (stream->state == STREAM_FREED)
        return;
    /* TLS may have wanted to read before it could write. */
    if (stream->ssl != NULL && stream->writing)
        on_write(stream->descriptor, EV_WRITE, stream);
    if (stream->state != STREAM_FREED)
        update_reading(stream);
}

static void finish_connect(struct stream *stream)
{
    int code = 0;
    socklen_t length = sizeof(code);
    if (getsockopt(stream->descriptor, SOL_SOCKET, SO_ERROR, &code, &length) != 0)
        code = errno;
    if (code == EINPROGRESS)
        return;
    set_writing(stream, false);
    stream->state = STREAM_OPEN;
    if (code != 0) {
        note_error(stream, code);
        end_input(stream, stream->error);
        return;
    }
    stream->handler->opened(stream->owner);
    if (stream->state != STREAM_FREED)
        update_reading(stream);
}

static void shutdown_when_flushed(struct stream *stream)
{
    if (!stream->shutdown || stream->shutdown_done || !stream_flushed(stream))
        return;
    stream->shutdown_done = true;
    /* No close_notify, as the servers send none: clients tell a killed connection by that. */
    shutdown(stream->descriptor, SHUT_WR);
}

static bool flush_outbox(struct stream *stream)
{
    struct slice all = buffer_slice(&stream->outbox);
    if (stream->outbox_sent < all.len)
        stream->outbox_sent += transmit_all(stream, slice_from_offset(all, stream->outbox_sent));
    if (stream->outbox_sent < all.len)
        return false;
    if (all.len > 0)
        buffer_release(&stream->outbox);
    stream->outbox_sent = 0;
    shutdown_when_flushed(stream);
    return true;
}

static void on_write(evutil_socket_t descriptor, short what, void *argument)
{
    struct stream *stream = argument;
    (void)descriptor;
    (void)what;
    if (stream->state == STREAM_CONNECTING) {
        finish_connect(stream);
        return;
    }
    if (stream->state == STREAM_TLS_HANDSHAKE) {
        try_handshake(stream);
        return;
    }
    if (!flush_outbox(stream))
        return;
    set_writing(stream, false);
    stream->blocked = false;
    stream->handler->writable(stream->owner);
}

/* --- life ------------------------------------------------------------------------------------- */

static struct stream *stream_new(struct loop *loop, int descriptor, enum stream_state state,
                                 const struct stream_handler *handler, void *owner)
{
    struct stream *stream = memory_new(1, sizeof(*stream));
    stream->loop = loop;
    stream->handler = handler;
    stream->owner = owner;
    stream->descriptor = descriptor;
    stream->state = state;
    stream->wanted = true;
    stream->limit = LOOP_BUFFER_SIZE;
    if (descriptor >= 0) {
        stream->read_event =
            event_new(loop_base(loop), descriptor, EV_READ | EV_PERSIST, on_read, stream);
    }
    return stream;
}

struct stream *stream_accept(struct loop *loop, int descriptor,
                             const struct stream_handler *handler, void *owner)
{
    struct stream *stream = stream_new(loop, descriptor, STREAM_OPEN, handler, owner);
    update_reading(stream);
    return stream;
}

/* A dial that failed at once: tell the owner in a later turn, if it is still there. */
static void tell_failed_dial(void *argument)
{
    struct stream *stream = argument;
    if (stream->state != STREAM_FREED)
        end_input(stream, stream->error);
}

struct stream *stream_dial(struct loop *loop, const struct address *address,
                           const struct stream_handler *handler, void *owner)
{
    int descriptor = socket_open(address);
    struct stream *stream = stream_new(loop, descriptor, STREAM_CONNECTING, handler, owner);
    if (descriptor >= 0 &&
        (connect(descriptor, (const struct sockaddr *)&address->socket, address->length) == 0 ||
         errno == EINPROGRESS)) {
        set_writing(stream, true);
        return stream;
    }
    note_error(stream, errno);
    loop_post(loop, tell_failed_dial, stream);
    return stream;
}

static void free_now(void *argument)
{
    struct stream *stream = argument;
    free(stream);
}

void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    stream->state = STREAM_FREED;
    stream->wanted = false;
    set_writing(stream, false);
    if (stream->read_event != NULL)
        event_free(stream->read_event);
    if (stream->ssl != NULL)
        SSL_free(stream->ssl);
    stream->ssl = NULL;
    if (stream->descriptor >= 0)
        close(stream->descriptor);
    if (stream->input != NULL) {
        if (stream->sensitive)
            memory_wipe(stream->input, LOOP_BUFFER_SIZE);
        loop_give_buffer(stream->loop, stream->input);
        stream->input = NULL;
    }
    buffer_release(&stream->outbox);
    loop_post(stream->loop, free_now, stream);
}

/* --- what the owner does ---------------------------------------------------------------------- */

struct slice stream_input(const struct stream *stream)
{
    if (stream->input == NULL)
        return SLICE("");
    return slice_make(stream->input + stream->start, stream->end - stream->start);
}

void stream_consume(struct stream *stream, size_t count)
{
    assert(count <= stream->end - stream->start);
    if (count == 0)
        return;
    if (stream->sensitive)
        memory_wipe(stream->input + stream->start, count);
    stream->start += (unsigned)count;
    drop_empty_buffer(stream);
    if (!stream->reading)
        update_reading(stream);
}

void stream_limit_input(struct stream *stream, size_t limit)
{
    stream->limit = limit == 0 || limit > LOOP_BUFFER_SIZE ? LOOP_BUFFER_SIZE : (unsigned)limit;
    update_reading(stream);
}

void stream_set_sensitive(struct stream *stream, bool sensitive)
{
    stream->sensitive = sensitive;
}

void stream_want_input(struct stream *stream, bool wanted)
{
    if (stream->wanted == wanted && stream->reading == may_read(stream))
        return;
    stream->wanted = wanted;
    update_reading(stream);
}

bool stream_ended(const struct stream *stream)
{
    return stream->ended;
}

size_t stream_send(struct stream *stream, struct slice bytes)
{
    if (stream->broken)
        return bytes.len;
    if (bytes.len == 0)
        return 0;
    size_t sent = 0;
    if (!stream->writing && flush_outbox(stream))
        sent = transmit_all(stream, bytes);
    if (sent < bytes.len) {
        stream->blocked = true;
        set_writing(stream, true);
    }
    return sent;
}

void stream_queue(struct stream *stream, struct slice bytes)
{
    if (stream->broken)
        return;
    size_t sent = 0;
    if (!stream->writing && stream_flushed(stream))
        sent = transmit_all(stream, bytes);
    if (sent == bytes.len)
        return;
    buffer_append_slice(&stream->outbox, slice_from_offset(bytes, sent));
    set_writing(stream, true);
}

bool stream_broken(const struct stream *stream)
{
    return stream->broken;
}

bool stream_flushed(const struct stream *stream)
{
    return stream->broken || stream->outbox_sent == stream->outbox.len;
}

void stream_shutdown(struct stream *stream)
{
    stream->shutdown = true;
    shutdown_when_flushed(stream);
}

void stream_start_tls(struct stream *stream, struct tls *tls, bool as_server)
{
    assert(stream->start == stream->end && stream->ssl == NULL);
    stream->ssl = SSL_new(tls_context(tls));
    if (stream->ssl == NULL || SSL_set_fd(stream->ssl, stream->descriptor) != 1) {
        snprintf(stream->error, sizeof(stream->error), "TLS: out of memory");
        end_input(stream, stream->error);
        return;
    }
    if (as_server)
        SSL_set_accept_state(stream->ssl);
    else
        SSL_set_connect_state(stream->ssl);
    stream->state = STREAM_TLS_HANDSHAKE;
    set_writing(stream, true); /* begins in the next turn, whichever side speaks first */
    update_reading(stream);
}

bool stream_is_tls(const struct stream *stream)
{
    return stream->ssl != NULL;
}
