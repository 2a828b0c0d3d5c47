#include "ends.h"

#include "suites.h"

#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static bool free_if_asked(struct end *end)
{
    if (!end->frees_itself)
        return false;
    stream_free(end->stream);
    end->stream = NULL;
    return true;
}

void end_send(struct end *end)
{
    if (end->stream == NULL || end->to_send.len == 0)
        return;
    size_t sent = stream_send(end->stream, end->to_send);
    end->to_send = slice_from_offset(end->to_send, sent);
}

static void on_opened(void *owner)
{
    struct end *end = owner;
    end->opened++;
    if (!free_if_asked(end))
        end_send(end);
}

static void on_readable(void *owner)
{
    struct end *end = owner;
    end->readable++;
    if (free_if_asked(end) || end->stubborn)
        return;
    struct slice input = stream_input(end->stream);
    buffer_append_slice(&end->got, input);
    stream_consume(end->stream, input.len);
}

static void on_writable(void *owner)
{
    struct end *end = owner;
    end->writable++;
    if (!free_if_asked(end))
        end_send(end);
}

static void on_ended(void *owner, const char *why)
{
    struct end *end = owner;
    end->ended++;
    snprintf(end->why, sizeof(end->why), "%s", why == NULL ? "" : why);
    (void)free_if_asked(end);
}

const struct stream_handler end_handler = {on_opened, on_readable, on_writable, on_ended};

void ends_open(struct ends *ends, int *right_raw)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    memset(ends, 0, sizeof(*ends));
    ends->loop = loop_new();
    ends->left.stream = stream_accept(ends->loop, pair[0], &end_handler, &ends->left);
    if (right_raw != NULL)
        *right_raw = pair[1];
    else
        ends->right.stream = stream_accept(ends->loop, pair[1], &end_handler, &ends->right);
}

void ends_free(struct ends *ends)
{
    stream_free(ends->left.stream);
    stream_free(ends->right.stream);
    loop_free(ends->loop);
    buffer_release(&ends->left.got);
    buffer_release(&ends->right.got);
}

static void stop(void *argument)
{
    loop_stop(argument);
}

struct watch {
    struct ends *ends;
    bool (*done)(struct ends *ends);
    struct timer *timer;
    int looks;
    bool is_done;
};

static void look(void *argument)
{
    struct watch *watch = argument;
    watch->is_done = watch->done(watch->ends);
    if (watch->is_done || ++watch->looks > 2500)
        loop_stop(watch->ends->loop);
    else
        timer_start(watch->timer, 2);
}

bool ends_run_until(struct ends *ends, bool (*done)(struct ends *ends))
{
    struct watch watch = {.ends = ends, .done = done};
    watch.timer = timer_new(ends->loop, look, &watch);
    timer_start(watch.timer, 1);
    loop_run(ends->loop);
    timer_free(watch.timer);
    return watch.is_done;
}

void ends_run_for(struct ends *ends, unsigned milliseconds)
{
    struct timer *timer = timer_new(ends->loop, stop, ends->loop);
    timer_start(timer, milliseconds);
    loop_run(ends->loop);
    timer_free(timer);
}
