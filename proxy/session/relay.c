/* relay: see relay.h. The frames of a compressed direction and what they carry are queues, emptied
 * from the front:
 *
 *     raw:    [ cleared | frame | frame | start of the next ]      as they came
 *     list:               bytes   bytes                            one struct frame for each
 *     plain:            [ gone | taken | ready, unseen ... ]       what the frames carry
 *     part:   [ a frame of our own, of something that is cut ]
 *
 * What is being sent is `cleared` or `part`; the other is empty. A frame is cleared when all that
 * it carries is ready. gone and taken count bytes of the first frame.
 */
#include "session/relay.h"

#include <assert.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "wire/compressed.h"

/* An idle session keeps no more memory than this for each queue. */
#define QUEUE_KEEPS 4096

struct queue {
    struct buffer bytes;
    size_t start;
};

struct frame {
    size_t bytes; /* in raw */
    size_t plain;
    uint8_t sequence;
};

struct relay_frames {
    struct queue raw, plain, list, part;
    size_t listed;  /* bytes in raw of all frames of the list */
    size_t cleared; /* bytes in raw before them */
    size_t gone;    /* bytes of the first frame that have left */
    size_t taken; /* behind them: taken for a command that will get the frame, or this part of it */
    bool cut;
};

/* --- queues ----------------------------------------------------------------------------------- */

static struct slice queue_slice(const struct queue *queue)
{
    return slice_from_offset(buffer_slice(&queue->bytes), queue->start);
}

/* The buffer to append to. What was dropped makes room once it is the larger part. */
static struct buffer *queue_end(struct queue *queue)
{
    size_t left = queue->bytes.len - queue->start;
    if (queue->start > left) {
        memmove(queue->bytes.ptr, queue->bytes.ptr + queue->start, left);
        memory_wipe(queue->bytes.ptr + queue->start, left);
        buffer_truncate(&queue->bytes, left);
        queue->start = 0;
    }
    return &queue->bytes;
}

static void queue_drop(struct queue *queue, size_t count)
{
    if (count == 0)
        return;
    memory_wipe(queue->bytes.ptr + queue->start, count); /* a COM_CHANGE_USER has a password */
    queue->start += count;
    if (queue->start < queue->bytes.len)
        return;
    queue->start = 0;
    if (queue->bytes.capacity > QUEUE_KEEPS)
        buffer_release(&queue->bytes);
    else
        buffer_clear(&queue->bytes);
}

static void queue_release(struct queue *queue)
{
    queue_drop(queue, queue->bytes.len - queue->start);
    buffer_release(&queue->bytes);
}

/* --- frames ----------------------------------------------------------------------------------- */

static bool first_frame(const struct relay_frames *frames, struct frame *first)
{
    struct slice list = queue_slice(&frames->list);
    if (list.len == 0)
        return false;
    memcpy(first, list.ptr, sizeof(*first));
    return true;
}

/* The bytes of the first frame, as they came. */
static struct slice first_bytes(const struct relay_frames *frames, const struct frame *first)
{
    return slice_make(queue_slice(&frames->raw).ptr + frames->cleared, first->bytes);
}

/* It leaves the list; its bytes stay, behind those cleared, or go. */
static void end_frame(struct relay_frames *frames, const struct frame *first, bool clear)
{
    size_t bytes = first->bytes;
    queue_drop(&frames->plain, first->plain);
    queue_drop(&frames->list, sizeof(*first));
    frames->gone = frames->taken = 0;
    frames->listed -= bytes;
    assert(clear || frames->cleared == 0);
    if (clear)
        frames->cleared += bytes;
    else
        queue_drop(&frames->raw, bytes);
}

/* So many bytes of the first frame have left it otherwise than in itself. */
static void leave_frame(struct relay_frames *frames, const struct frame *first, size_t count)
{
    frames->gone += count;
    if (frames->gone == first->plain)
        end_frame(frames, first, false);
}

static enum error add_frame(struct relay_frames *frames, const struct compressed_frame *whole)
{
    struct frame frame = {
        .bytes = whole->bytes.len, .plain = whole->plain, .sequence = whole->sequence};
    enum error error = compressed_inflate(whole, queue_end(&frames->plain));
    if (error != ERROR_NONE)
        return error;
    frames->listed += frame.bytes;
    buffer_append(queue_end(&frames->list), &frame, sizeof(frame));
    return ERROR_NONE;
}

static struct slice outgoing(const struct relay_frames *frames)
{
    if (frames->cleared > 0)
        return slice_make(queue_slice(&frames->raw).ptr, frames->cleared);
    return queue_slice(&frames->part);
}

static void drop_outgoing(struct relay_frames *frames, size_t count)
{
    if (frames->cleared == 0) {
        queue_drop(&frames->part, count);
        return;
    }
    queue_drop(&frames->raw, count);
    frames->cleared -= count;
}

/* The next bytes of the first frame become a frame of our own. What has gone from its frame was
 * another command, so these begin one. */
static void write_part(struct relay_frames *frames, const struct frame *first, size_t count)
{
    struct slice plain = slice_make(queue_slice(&frames->plain).ptr + frames->gone, count);
    uint8_t sequence = frames->gone == 0 ? first->sequence : 0;
    (void)compressed_write(queue_end(&frames->part), sequence, plain);
    leave_frame(frames, first, count);
}

/* Nothing is being sent: what is next? */
static bool clear_next(struct relay *relay)
{
    struct relay_frames *frames = relay->frames;
    struct frame first;
    if (relay->ready == 0 || !first_frame(frames, &first))
        return false;
    assert(frames->taken == 0);
    size_t rest = first.plain - frames->gone;
    if (relay->ready < rest) {
        if (!frames->cut)
            return false;
        frames->cut = false;
        rest = relay->ready;
    }
    if (rest == first.plain)
        end_frame(frames, &first, true);
    else
        write_part(frames, &first, rest);
    relay->ready -= rest;
    return true;
}

static bool flush_frames(struct relay *relay)
{
    struct relay_frames *frames = relay->frames;
    bool moved = false;
    do {
        size_t sent = stream_send(relay->to, outgoing(frames));
        drop_outgoing(frames, sent);
        moved |= sent > 0;
    } while (outgoing(frames).len == 0 && clear_next(relay));
    if (relay->ready == 0)
        frames->cut = false;
    return moved;
}

/* Frames are no longer looked into. Those that are here go, without what has left them. */
static void end_frames(struct relay *relay)
{
    struct relay_frames *frames = relay->frames;
    struct frame first;
    stream_queue(relay->to, queue_slice(&frames->part));
    if (frames->gone > 0 && first_frame(frames, &first)) {
        queue_drop(&frames->part, queue_slice(&frames->part).len);
        write_part(frames, &first, first.plain - frames->gone);
        stream_queue(relay->to, queue_slice(&frames->part));
    }
    stream_queue(relay->to, queue_slice(&frames->raw));
    relay_release(relay);
    relay->ready = 0;
}

/* --- the relay -------------------------------------------------------------------------------- */

void relay_begin_frames(struct relay *relay)
{
    stream_queue(relay->to, slice_make(stream_input(relay->from).ptr, relay->ready));
    stream_consume(relay->from, relay->ready);
    relay->ready = 0;
    relay->frames = memory_new(1, sizeof(*relay->frames));
}

void relay_release(struct relay *relay)
{
    struct relay_frames *frames = relay->frames;
    if (frames == NULL)
        return;
    queue_release(&frames->raw);
    queue_release(&frames->plain);
    queue_release(&frames->list);
    queue_release(&frames->part);
    free(frames);
    relay->frames = NULL;
}

struct slice relay_input(const struct relay *relay)
{
    const struct relay_frames *frames = relay->frames;
    if (frames == NULL)
        return stream_input(relay->from);
    return slice_from_offset(queue_slice(&frames->plain), frames->gone + frames->taken);
}

struct slice relay_unseen(const struct relay *relay)
{
    return slice_from_offset(relay_input(relay), relay->ready);
}

bool relay_all_seen(const struct relay *relay)
{
    return relay->frames == NULL && stream_input(relay->from).len == relay->ready;
}

enum error relay_take_in(struct relay *relay, bool *moved)
{
    struct relay_frames *frames = relay->frames;
    struct compressed_frame whole;
    *moved = false;
    if (frames == NULL || relay_unseen(relay).len >= LOOP_BUFFER_SIZE)
        return ERROR_NONE;
    /* All that a stream which has ended still has is a buffer: it is looked at without waiting. */
    if (outgoing(frames).len > 0 && !stream_ended(relay->from))
        return ERROR_NONE;
    for (;;) {
        size_t needed;
        struct slice next =
            slice_from_offset(queue_slice(&frames->raw), frames->cleared + frames->listed);
        switch (compressed_whole(next, &whole, &needed)) {
        case COMPRESSED_WHOLE_READY:
            *moved = true;
            return add_frame(frames, &whole);
        case COMPRESSED_WHOLE_MALFORMED:
            return ERROR_MALFORMED;
        case COMPRESSED_WHOLE_NEED_MORE:
            break;
        }
        struct slice input = stream_input(relay->from);
        size_t count = needed - next.len < input.len ? needed - next.len : input.len;
        if (count == 0)
            return ERROR_NONE;
        buffer_append(queue_end(&frames->raw), input.ptr, count);
        stream_consume(relay->from, count);
    }
}

bool relay_flush(struct relay *relay)
{
    if (relay->frames != NULL)
        return flush_frames(relay);
    if (relay->ready == 0)
        return false;
    struct slice input = stream_input(relay->from);
    size_t sent = stream_send(relay->to, slice_make(input.ptr, relay->ready));
    stream_consume(relay->from, sent);
    relay->ready -= sent;
    return sent > 0;
}

bool relay_sending(const struct relay *relay)
{
    return relay->ready > 0 || (relay->frames != NULL && outgoing(relay->frames).len > 0);
}

void relay_cut(struct relay *relay)
{
    if (relay->frames != NULL)
        relay->frames->cut = true;
}

void relay_drop(struct relay *relay, size_t count)
{
    struct relay_frames *frames = relay->frames;
    struct frame first;
    assert(!relay_sending(relay));
    if (frames == NULL) {
        stream_consume(relay->from, count);
        return;
    }
    while (count > 0 && first_frame(frames, &first)) {
        size_t rest = first.plain - frames->gone;
        size_t part = count < rest ? count : rest;
        leave_frame(frames, &first, part);
        count -= part;
    }
}

/* All of the first frame that the command gets is taken. */
static void hand_over(struct relay_frames *frames, const struct frame *first, struct buffer *wire,
                      uint8_t *sequence)
{
    size_t count = frames->taken;
    struct slice plain = slice_make(queue_slice(&frames->plain).ptr + frames->gone, count);
    if (count == first->plain) {
        buffer_append_slice(wire, first_bytes(frames, first));
        ++*sequence;
    } else {
        *sequence = compressed_write(wire, *sequence, plain);
    }
    frames->taken = 0;
    leave_frame(frames, first, count);
}

void relay_take(struct relay *relay, size_t count, bool ends, struct buffer *packets,
                struct buffer *wire, uint8_t *sequence)
{
    struct relay_frames *frames = relay->frames;
    struct frame first;
    assert(!relay_sending(relay));
    buffer_append(packets, relay_input(relay).ptr, count);
    if (frames == NULL) {
        stream_consume(relay->from, count);
        return;
    }
    while (count > 0 && first_frame(frames, &first)) {
        size_t rest = first.plain - frames->gone - frames->taken;
        size_t part = count < rest ? count : rest;
        frames->taken += part;
        count -= part;
        if (part == rest || (count == 0 && ends))
            hand_over(frames, &first, wire, sequence);
    }
}

bool relay_between_frames(const struct relay *relay)
{
    return relay->frames == NULL || (relay->frames->gone == 0 && relay->frames->taken == 0);
}

void relay_discard(struct relay *relay)
{
    size_t count = relay->ready;
    relay->ready = 0;
    if (relay->frames != NULL)
        drop_outgoing(relay->frames, outgoing(relay->frames).len);
    relay_drop(relay, count);
}

void relay_queue(struct relay *relay, uint8_t sequence, struct slice packets)
{
    struct buffer framed = BUFFER_INIT;
    if (relay->frames == NULL) {
        stream_queue(relay->to, packets);
        return;
    }
    (void)compressed_write(&framed, sequence, packets);
    stream_queue(relay->to, buffer_slice(&framed));
    buffer_release(&framed);
}

bool relay_raw(struct relay *relay)
{
    if (relay->frames != NULL)
        end_frames(relay);
    relay->ready = stream_input(relay->from).len;
    return relay_flush(relay);
}
