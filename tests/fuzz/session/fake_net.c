#include "fake_net.h"

#include <sanitizer/asan_interface.h>

#include "../fuzz.h"
#include "net/loop.h"

bool fake_of_tap, fake_login, fake_refusal_due;
size_t fake_refusal_longest;
struct stream *fake_client, *fake_upstream;

struct posted {
    void (*function)(void *argument);
    void *argument;
    struct posted *next;
};
static struct posted *first_posted, **last_posted = &first_posted;

struct timer {
    void (*function)(void *argument);
    void *argument;
    bool running;
    struct timer *next;
};
static struct timer *timers;
static unsigned streams;

/* --- loop, timers ----------------------------------------------------------------------------- */

void loop_post(void *loop, void (*function)(void *argument), void *argument)
{
    struct posted *posted = memory_new(1, sizeof(*posted));
    (void)loop;
    posted->function = function;
    posted->argument = argument;
    *last_posted = posted;
    last_posted = &posted->next;
}

static bool run_posted(void)
{
    struct posted *posted = first_posted;
    bool any = posted != NULL;
    first_posted = NULL;
    last_posted = &first_posted;
    while (posted != NULL) {
        struct posted *next = posted->next;
        posted->function(posted->argument);
        free(posted);
        posted = next;
    }
    return any;
}

struct timer *timer_new(struct loop *loop, void (*function)(void *argument), void *argument)
{
    struct timer *timer = memory_new(1, sizeof(*timer));
    (void)loop;
    timer->function = function;
    timer->argument = argument;
    timer->next = timers;
    timers = timer;
    return timer;
}

void timer_start(struct timer *timer, unsigned milliseconds)
{
    (void)milliseconds;
    timer->running = true;
}

void timer_stop(struct timer *timer)
{
    timer->running = false;
}

void timer_free(struct timer *timer)
{
    struct timer **at = &timers;
    if (timer == NULL)
        return;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    free(timer);
}

void fake_expire_timers(void)
{
    struct timer *timer = timers; /* a session has one */
    if (timer == NULL || !timer->running)
        return;
    timer->running = false;
    timer->function(timer->argument);
}

/* --- life ------------------------------------------------------------------------------------- */

static struct stream *stream_new(enum fake_state state, const struct stream_handler *handler,
                                 void *owner)
{
    struct stream *stream = memory_new(1, sizeof(*stream));
    stream->handler = handler;
    stream->owner = owner;
    stream->state = state;
    stream->wanted = true;
    stream->limit = LOOP_BUFFER_SIZE;
    stream->room = FAKE_UNLIMITED;
    streams++;
    return stream;
}

struct stream *stream_accept(struct loop *loop, int descriptor,
                             const struct stream_handler *handler, void *owner)
{
    (void)loop;
    (void)descriptor;
    fake_client = stream_new(FAKE_OPEN, handler, owner);
    return fake_client;
}

struct stream *stream_dial(struct loop *loop, const struct address *address,
                           const struct stream_handler *handler, void *owner)
{
    (void)loop;
    (void)address;
    fake_upstream = stream_new(FAKE_CONNECTING, handler, owner);
    fake_upstream->other = fake_client;
    fake_client->other = fake_upstream;
    return fake_upstream;
}

static char *spare[2]; /* read buffers, as the loop keeps them */

static void drop_buffer(struct stream *stream)
{
    if (stream->input == NULL)
        return;
    ASAN_UNPOISON_MEMORY_REGION(stream->input, LOOP_BUFFER_SIZE);
    spare[stream == fake_upstream] = stream->input;
    stream->input = NULL;
    stream->start = stream->end = 0;
}

/* The driver still looks at what it received: the memory stays until fake_end(). */
void stream_free(struct stream *stream)
{
    require(stream->state != FAKE_FREED);
    stream->state = FAKE_FREED;
    drop_buffer(stream);
}

static void release(struct stream *stream)
{
    require(stream->state == FAKE_FREED);
    buffer_release(&stream->arrived);
    buffer_release(&stream->sent);
    free(stream->own.items);
    free(stream->patched.items);
    free(stream->removed.items);
    free(stream);
    streams--;
}

void fake_begin(void)
{
    require(first_posted == NULL && timers == NULL && streams == 0);
    fake_refusal_due = false;
    fake_refusal_longest = 0;
}

void fake_end(void)
{
    while (run_posted())
        ;
    release(fake_client);
    release(fake_upstream);
    require(timers == NULL && streams == 0);
}

/* --- input ------------------------------------------------------------------------------------ */

struct slice stream_input(const struct stream *stream)
{
    if (stream->input == NULL)
        return SLICE("");
    return slice_make(stream->input + stream->start, stream->end - stream->start);
}

void fake_note(struct fake_ranges *ranges, size_t start, size_t len)
{
    struct fake_range *last = ranges->count > 0 ? &ranges->items[ranges->count - 1] : NULL;
    if (last != NULL && last->start + last->len == start) {
        last->len += len;
        return;
    }
    require(last == NULL || start > last->start + last->len);
    if (ranges->count == ranges->capacity) {
        ranges->capacity = ranges->capacity * 2 + 4;
        ranges->items = memory_resize(ranges->items, ranges->capacity, sizeof(*ranges->items));
    }
    ranges->items[ranges->count++] = (struct fake_range){start, len};
}

/* Consumed, but not sent on from where it lay. */
static void note_taken_out(struct stream *stream, size_t count)
{
    if (fake_login) {
        fake_note(&stream->patched, stream->consumed, count);
    } else if (stream == fake_upstream) {
        fake_swallowed(count);
        fake_note(&stream->removed, stream->consumed, count);
    }
}

void stream_consume(struct stream *stream, size_t count)
{
    require(count <= stream->end - stream->start);
    if (count == 0)
        return;
    if (stream->just_sent > 0)
        require(count == stream->just_sent); /* else bytes would go twice, or never */
    else
        note_taken_out(stream, count);
    stream->just_sent = 0;
    ASAN_POISON_MEMORY_REGION(stream->input + stream->start, count);
    stream->start += count;
    stream->consumed += count;
    if (stream->start == stream->end)
        drop_buffer(stream);
}

void stream_limit_input(struct stream *stream, size_t limit)
{
    stream->limit = limit == 0 || limit > LOOP_BUFFER_SIZE ? LOOP_BUFFER_SIZE : limit;
}

void stream_set_sensitive(struct stream *stream, bool sensitive)
{
    stream->sensitive = sensitive;
}

void stream_want_input(struct stream *stream, bool wanted)
{
    stream->wanted = wanted;
}

bool stream_ended(const struct stream *stream)
{
    return stream->ended;
}

static bool may_read(const struct stream *stream)
{
    return stream->state == FAKE_OPEN && !stream->ended && stream->wanted &&
           stream->end - stream->start < stream->limit;
}

static char *take_buffer(struct stream *stream)
{
    char **kept = &spare[stream == fake_upstream];
    char *buffer = *kept != NULL ? *kept : memory_resize(NULL, LOOP_BUFFER_SIZE, 1);
    *kept = NULL;
    ASAN_POISON_MEMORY_REGION(buffer, LOOP_BUFFER_SIZE);
    return buffer;
}

/* Move what is held to the buffer's start, as the real stream does when it must. */
static void make_room(struct stream *stream)
{
    size_t held = stream->end - stream->start;
    if (stream->input == NULL)
        stream->input = take_buffer(stream);
    if (stream->start == 0)
        return;
    ASAN_UNPOISON_MEMORY_REGION(stream->input, LOOP_BUFFER_SIZE);
    memmove(stream->input, stream->input + stream->start, held);
    stream->start = 0;
    stream->end = held;
    ASAN_POISON_MEMORY_REGION(stream->input + held, LOOP_BUFFER_SIZE - held);
}

static void end_input(struct stream *stream, const char *why)
{
    stream->ended = true;
    stream->handler->ended(stream->owner, why);
}

static bool read_some(struct stream *stream, size_t chunk)
{
    if (!may_read(stream))
        return false;
    size_t count = stream->arrived.len - stream->read;
    if (count == 0 && (stream->peer_ended || stream->peer_reset)) {
        end_input(stream, stream->peer_reset ? "reset" : NULL);
        return true;
    }
    if (count > chunk)
        count = chunk;
    if (count > stream->limit - (stream->end - stream->start))
        count = stream->limit - (stream->end - stream->start);
    if (count == 0)
        return false;
    make_room(stream);
    ASAN_UNPOISON_MEMORY_REGION(stream->input + stream->end, count);
    memcpy(stream->input + stream->end, stream->arrived.ptr + stream->read, count);
    stream->end += count;
    stream->read += count;
    stream->handler->readable(stream->owner);
    return true;
}

/* --- output ----------------------------------------------------------------------------------- */

static void put(struct stream *stream, struct slice bytes)
{
    if (fake_of_tap && bytes.len > 0)
        fake_note(&stream->own, stream->sent.len, bytes.len);
    buffer_append_slice(&stream->sent, bytes);
}

static size_t transmit(struct stream *stream, size_t len)
{
    if (stream->peer_reset && len > 0) {
        stream->broken = true;
        return len;
    }
    size_t count = stream->state != FAKE_OPEN ? 0 : len < stream->room ? len : stream->room;
    stream->room -= count;
    return count;
}

size_t stream_send(struct stream *stream, struct slice bytes)
{
    size_t count = bytes.len;
    require(bytes.len == 0 || stream->state == FAKE_OPEN);
    if (!stream->broken && bytes.len > 0) {
        count = stream->writing || fake_waiting(stream) > 0 ? 0 : transmit(stream, bytes.len);
        if (!stream->broken) {
            put(stream, slice_make(bytes.ptr, count));
            stream->delivered += count;
            stream->blocked = stream->writing = count < bytes.len;
        }
    }
    if (stream->other->input != NULL && bytes.ptr == stream->other->input + stream->other->start)
        stream->other->just_sent = count;
    return count;
}

static void queue_bytes(struct stream *stream, struct slice bytes)
{
    require(stream->state != FAKE_FREED);
    if (stream->broken)
        return;
    bool waiting = stream->writing || fake_waiting(stream) > 0;
    size_t count = waiting ? 0 : transmit(stream, bytes.len);
    if (stream->broken)
        return;
    put(stream, bytes);
    stream->delivered += count;
    if (count < bytes.len)
        stream->writing = true;
}

void stream_queue(struct stream *stream, struct slice bytes)
{
    bool refusal = fake_refusal_due && stream == fake_client;
    if (refusal) {
        fake_of_tap = true;
        fake_refusal_longest = bytes.len > fake_refusal_longest ? bytes.len : fake_refusal_longest;
    }
    queue_bytes(stream, bytes);
    if (refusal)
        fake_of_tap = fake_refusal_due = false;
}

bool stream_broken(const struct stream *stream)
{
    return stream->broken;
}

size_t fake_waiting(const struct stream *stream)
{
    return stream->broken ? 0 : stream->sent.len - stream->delivered;
}

bool stream_flushed(const struct stream *stream)
{
    return fake_waiting(stream) == 0;
}

void stream_shutdown(struct stream *stream)
{
    stream->shutdown = true;
}

/* What waits goes, as far as there is room; then the owner may go on. */
static bool write_some(struct stream *stream)
{
    if (stream->state != FAKE_OPEN || !stream->writing)
        return false;
    if (stream->room == 0 && !stream->peer_reset)
        return false;
    stream->delivered += transmit(stream, fake_waiting(stream));
    if (fake_waiting(stream) > 0)
        return true;
    stream->writing = stream->blocked = false;
    stream->handler->writable(stream->owner);
    return true;
}

void fake_give_room(struct stream *stream, size_t room)
{
    if (stream->room < FAKE_UNLIMITED)
        stream->room = room < FAKE_UNLIMITED ? stream->room + room : FAKE_UNLIMITED;
}

/* --- TLS -------------------------------------------------------------------------------------- */

void stream_start_tls(struct stream *stream, struct tls *tls, bool as_server)
{
    (void)tls;
    (void)as_server;
    require(stream->start == stream->end && !stream->tls && stream->state == FAKE_OPEN);
    require(fake_waiting(stream) == 0);
    stream->tls = true;
    stream->state = FAKE_SHAKING_HANDS;
}

bool stream_is_tls(const struct stream *stream)
{
    return stream->tls;
}

void fake_shake_hands(struct stream *stream, bool success)
{
    if (stream->state != FAKE_SHAKING_HANDS || stream->ended)
        return;
    if (!success) {
        end_input(stream, "TLS: failed");
        return;
    }
    stream->state = FAKE_OPEN;
    stream->handler->opened(stream->owner);
}

/* --- what the driver does --------------------------------------------------------------------- */

void fake_arrive(struct stream *stream, struct slice bytes)
{
    if (!stream->peer_ended && !stream->peer_reset)
        buffer_append_slice(&stream->arrived, bytes);
}

void fake_connect(bool success)
{
    if (fake_upstream->state != FAKE_CONNECTING)
        return;
    fake_upstream->state = FAKE_OPEN;
    if (success)
        fake_upstream->handler->opened(fake_upstream->owner);
    else
        end_input(fake_upstream, "refused");
}

/* A handshake is over when the peer leaves in it. */
static bool break_handshake(struct stream *stream)
{
    if (stream->state != FAKE_SHAKING_HANDS || stream->ended ||
        !(stream->peer_ended || stream->peer_reset))
        return false;
    end_input(stream, "closed during the TLS handshake");
    return true;
}

void fake_settle(size_t chunk)
{
    bool moved = true;
    for (unsigned turns = 0; moved; turns++) {
        require(turns < 1000000); /* else it goes round in circles */
        moved = run_posted();
        moved |= write_some(fake_client);
        moved |= write_some(fake_upstream);
        moved |= read_some(fake_client, chunk);
        moved |= read_some(fake_upstream, chunk);
        moved |= break_handshake(fake_client);
        moved |= break_handshake(fake_upstream);
    }
}
