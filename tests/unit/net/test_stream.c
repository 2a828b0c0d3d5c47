/* stream: plain sockets. */
#include "suites.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ddltap/memory.h"
#include "ends.h"

/* Bytes of which each place is different from its neighbours. */
static struct slice pattern(char *bytes, size_t len)
{
    uint32_t number = 7;
    for (size_t i = 0; i < len; i++) {
        number = number * 1664525u + 1013904223u;
        bytes[i] = (char)(number >> 24);
    }
    return slice_make(bytes, len);
}

#define MUCH ((size_t)4 << 20)

static bool right_has_much(struct ends *ends)
{
    return ends->right.got.len >= MUCH;
}

static void much_more_than_the_buffers_hold_arrives_whole(void **state)
{
    (void)state;
    struct ends ends;
    ends_open(&ends, NULL);
    char *bytes = memory_new(MUCH, 1);
    struct slice sent = pattern(bytes, MUCH);
    ends.left.to_send = sent;
    end_send(&ends.left);
    assert_true(ends.left.to_send.len > 0); /* a partial write: the rest is the owner's */
    assert_true(ends_run_until(&ends, right_has_much));
    assert_true(ends.left.writable > 0);
    assert_int_equal(ends.left.to_send.len, 0);
    assert_true(slice_equal(buffer_slice(&ends.right.got), sent));
    free(bytes);
    ends_free(&ends);
}

static bool right_is_full(struct ends *ends)
{
    return stream_input(ends->right.stream).len >= LOOP_BUFFER_SIZE;
}

static void an_owner_that_takes_nothing_stops_the_peer(void **state)
{
    (void)state;
    struct ends ends;
    ends_open(&ends, NULL);
    char *bytes = memory_new(MUCH, 1);
    ends.left.to_send = pattern(bytes, MUCH);
    ends.right.stubborn = true;
    end_send(&ends.left);
    assert_true(ends_run_until(&ends, right_is_full));
    ends_run_for(&ends, 10);
    assert_int_equal(stream_input(ends.right.stream).len, LOOP_BUFFER_SIZE);
    assert_true(ends.left.to_send.len > MUCH / 2);
    /* Takes what is there: the rest follows by itself. */
    ends.right.stubborn = false;
    struct slice input = stream_input(ends.right.stream);
    buffer_append_slice(&ends.right.got, input);
    stream_consume(ends.right.stream, input.len);
    assert_true(ends_run_until(&ends, right_has_much));
    assert_memory_equal(ends.right.got.ptr, bytes, MUCH);
    free(bytes);
    ends_free(&ends);
}

static bool right_holds_ten(struct ends *ends)
{
    return stream_input(ends->right.stream).len >= 10;
}

static bool right_holds_twelve(struct ends *ends)
{
    return stream_input(ends->right.stream).len >= 12;
}

static void input_is_limited_and_read_on_when_the_limit_goes(void **state)
{
    (void)state;
    struct ends ends;
    ends_open(&ends, NULL);
    ends.right.stubborn = true;
    stream_limit_input(ends.right.stream, 10);
    stream_queue(ends.left.stream, SLICE("0123456789abcdef"));
    assert_true(ends_run_until(&ends, right_holds_ten));
    ends_run_for(&ends, 10);
    assert_true(slice_equal(stream_input(ends.right.stream), SLICE("0123456789")));
    stream_consume(ends.right.stream, 4);
    assert_true(ends_run_until(&ends, right_holds_ten));
    ends_run_for(&ends, 10);
    assert_true(slice_equal(stream_input(ends.right.stream), SLICE("456789abcd")));
    stream_limit_input(ends.right.stream, 0);
    assert_true(ends_run_until(&ends, right_holds_twelve));
    assert_true(slice_equal(stream_input(ends.right.stream), SLICE("456789abcdef")));
    ends_free(&ends);
}

static bool right_has_input(struct ends *ends)
{
    return ends->right.got.len > 0;
}

static void unwanted_input_stays_in_the_socket(void **state)
{
    (void)state;
    struct ends ends;
    ends_open(&ends, NULL);
    stream_want_input(ends.right.stream, false);
    stream_queue(ends.left.stream, SLICE("later"));
    ends_run_for(&ends, 10);
    assert_int_equal(ends.right.readable, 0);
    stream_want_input(ends.right.stream, true);
    assert_true(ends_run_until(&ends, right_has_input));
    assert_true(slice_equal(buffer_slice(&ends.right.got), SLICE("later")));
    ends_free(&ends);
}

static void what_is_queued_goes_before_what_is_sent_later(void **state)
{
    (void)state;
    struct ends ends;
    ends_open(&ends, NULL);
    char *bytes = memory_new(MUCH, 1);
    struct slice queued = pattern(bytes, MUCH - 5);
    stream_queue(ends.left.stream, queued);
    assert_false(stream_flushed(ends.left.stream));
    ends.left.to_send = SLICE("after");
    end_send(&ends.left);
    assert_int_equal(ends.left.to_send.len, 5);
    assert_true(ends_run_until(&ends, right_has_much));
    assert_true(stream_flushed(ends.left.stream));
    assert_memory_equal(ends.right.got.ptr, bytes, MUCH - 5);
    assert_memory_equal(ends.right.got.ptr + MUCH - 5, "after", 5);
    free(bytes);
    ends_free(&ends);
}

static bool right_has_ended(struct ends *ends)
{
    return ends->right.ended > 0;
}

static bool left_has_input(struct ends *ends)
{
    return ends->left.got.len > 0;
}

static void the_end_comes_once_and_behind_all_input(void **state)
{
    (void)state;
    struct ends ends;
    ends_open(&ends, NULL);
    char *bytes = memory_new(MUCH, 1);
    stream_queue(ends.left.stream, pattern(bytes, MUCH));
    stream_shutdown(ends.left.stream);
    assert_true(ends_run_until(&ends, right_has_ended));
    assert_int_equal(ends.right.got.len, MUCH);
    assert_true(stream_ended(ends.right.stream));
    /* The other direction still works. */
    stream_queue(ends.right.stream, SLICE("answer"));
    assert_true(ends_run_until(&ends, left_has_input));
    assert_true(slice_equal(buffer_slice(&ends.left.got), SLICE("answer")));
    assert_int_equal(ends.left.ended, 0);
    stream_free(ends.left.stream);
    ends.left.stream = NULL;
    ends_run_for(&ends, 20);
    assert_int_equal(ends.right.ended, 1);
    assert_string_equal(ends.right.why, "");
    free(bytes);
    ends_free(&ends);
}

static bool left_has_ended(struct ends *ends)
{
    return ends->left.ended > 0;
}

static void a_peer_that_is_gone_breaks_the_stream_and_takes_everything(void **state)
{
    (void)state;
    struct ends ends;
    int raw;
    ends_open(&ends, &raw);
    close(raw);
    assert_int_equal(stream_send(ends.left.stream, SLICE("into the void")), 13);
    assert_true(stream_broken(ends.left.stream));
    assert_true(stream_flushed(ends.left.stream));
    stream_queue(ends.left.stream, SLICE("more"));
    assert_int_equal(stream_send(ends.left.stream, SLICE("and more")), 8);
    assert_true(ends_run_until(&ends, left_has_ended));
    ends_run_for(&ends, 10);
    assert_int_equal(ends.left.ended, 1);
    ends_free(&ends);
}

static bool left_is_freed(struct ends *ends)
{
    return ends->left.stream == NULL;
}

static void a_stream_may_be_freed_in_its_callback(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        struct ends ends;
        int raw;
        ends_open(&ends, &raw);
        ends.left.frees_itself = true;
        if (round == 0)
            assert_int_equal(write(raw, "x", 1), 1);
        else if (round == 1)
            shutdown(raw, SHUT_WR);
        else
            while (stream_send(ends.left.stream, SLICE("fill")) == 4)
                ;
        char drop[65536];
        while (round == 2 && read(raw, drop, sizeof(drop)) > 0)
            ;
        assert_true(ends_run_until(&ends, left_is_freed));
        assert_int_equal(ends.left.readable + ends.left.writable + ends.left.ended, 1);
        close(raw);
        ends_free(&ends);
    }
}

/* --- dialling --------------------------------------------------------------------------------- */

static int listen_on(struct address *address)
{
    struct sockaddr_in local = {.sin_family = AF_INET,
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(local);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&local, sizeof(local)), 0);
    assert_int_equal(listen(descriptor, 1), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&local, &length), 0);
    address_from_socket((struct sockaddr *)&local, length, address);
    return descriptor;
}

static bool left_has_opened(struct ends *ends)
{
    return ends->left.opened > 0;
}

static void a_dial_opens_and_never_within_the_call(void **state)
{
    (void)state;
    struct ends ends = {.loop = loop_new()};
    struct address address;
    int listener = listen_on(&address);
    ends.left.stream = stream_dial(ends.loop, &address, &end_handler, &ends.left);
    assert_int_equal(ends.left.opened, 0);
    assert_true(ends_run_until(&ends, left_has_opened));
    assert_int_equal(ends.left.opened, 1);
    assert_int_equal(ends.left.ended, 0);
    close(listener);
    ends_free(&ends);
}

static bool both_have_ended(struct ends *ends)
{
    return ends->left.ended > 0 && ends->right.ended > 0;
}

static void a_dial_to_nobody_ends_with_a_reason(void **state)
{
    (void)state;
    struct ends ends = {.loop = loop_new()};
    struct address address;
    close(listen_on(&address));
    ends.left.stream = stream_dial(ends.loop, &address, &end_handler, &ends.left);
    assert_int_equal(address_parse("unix:/nonexistent/socket", &address, NULL), ERROR_NONE);
    ends.right.stream = stream_dial(ends.loop, &address, &end_handler, &ends.right);
    assert_int_equal(ends.left.ended + ends.right.ended, 0);
    assert_true(ends_run_until(&ends, both_have_ended));
    assert_int_equal(ends.left.ended, 1);
    assert_string_equal(ends.left.why, "Connection refused");
    assert_int_equal(ends.right.ended, 1);
    assert_string_equal(ends.right.why, "No such file or directory");
    assert_int_equal(ends.left.opened + ends.right.opened, 0);
    ends_free(&ends);
}

static void a_dial_may_be_freed_before_its_end(void **state)
{
    (void)state;
    struct ends ends = {.loop = loop_new()};
    struct address address;
    assert_int_equal(address_parse("unix:/nonexistent/socket", &address, NULL), ERROR_NONE);
    ends.left.stream = stream_dial(ends.loop, &address, &end_handler, &ends.left);
    stream_free(ends.left.stream);
    ends.left.stream = NULL;
    ends_run_for(&ends, 10);
    assert_int_equal(ends.left.ended, 0);
    ends_free(&ends);
}

/* --- no work without bytes -------------------------------------------------------------------- */

static void streams_that_wait_do_no_work(void **state)
{
    (void)state;
    struct ends ends;
    ends_open(&ends, NULL);
    char *bytes = memory_new(MUCH, 1);
    ends.left.to_send = pattern(bytes, MUCH);
    ends.right.stubborn = true;
    end_send(&ends.left);
    stream_shutdown(ends.right.stream);
    assert_true(ends_run_until(&ends, left_has_ended));
    ends_run_for(&ends, 20);
    clock_t before = clock();
    ends_run_for(&ends, 150);
    assert_true(clock() - before < CLOCKS_PER_SEC / 20);
    assert_int_equal(ends.left.ended, 1);
    free(bytes);
    ends_free(&ends);
}

int test_stream(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(much_more_than_the_buffers_hold_arrives_whole),
        cmocka_unit_test(an_owner_that_takes_nothing_stops_the_peer),
        cmocka_unit_test(input_is_limited_and_read_on_when_the_limit_goes),
        cmocka_unit_test(unwanted_input_stays_in_the_socket),
        cmocka_unit_test(what_is_queued_goes_before_what_is_sent_later),
        cmocka_unit_test(the_end_comes_once_and_behind_all_input),
        cmocka_unit_test(a_peer_that_is_gone_breaks_the_stream_and_takes_everything),
        cmocka_unit_test(a_stream_may_be_freed_in_its_callback),
        cmocka_unit_test(a_dial_opens_and_never_within_the_call),
        cmocka_unit_test(a_dial_to_nobody_ends_with_a_reason),
        cmocka_unit_test(a_dial_may_be_freed_before_its_end),
        cmocka_unit_test(streams_that_wait_do_no_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
