/* packet: heads, the walk over logical packets in pieces of every size, and what is written. */
#include "suites.h"

#define LARGE PACKET_PAYLOAD_MAX

static void head_needs_four_bytes(void **state)
{
    (void)state;
    struct packet_head head;
    assert_false(packet_peek(slice_make("\x01\x00\x00", 3), &head));
    assert_true(packet_peek(slice_make("\x01\x02\x03\xff", 4), &head));
    assert_int_equal(head.length, 0x030201);
    assert_int_equal(head.sequence, 255);
}

static void whole_packets_are_bounded(void **state)
{
    (void)state;
    struct packet_head head;
    struct slice payload;
    assert_int_equal(packet_whole(slice_make("\x02\0\0", 3), 10, &head, &payload),
                     PACKET_WHOLE_NEED_MORE);
    assert_int_equal(packet_whole(slice_make("\x02\0\0\1a", 5), 10, &head, &payload),
                     PACKET_WHOLE_NEED_MORE);
    assert_int_equal(packet_whole(slice_make("\x02\0\0\1abc", 7), 10, &head, &payload),
                     PACKET_WHOLE_READY);
    assert_true(slice_equal(payload, SLICE("ab")));
    assert_int_equal(packet_whole(slice_make("\xff\xff\xff\1", 4), 10, &head, &payload),
                     PACKET_WHOLE_TOO_LARGE);
}

/* What a walk saw, independent of how the stream was cut. */
struct seen {
    unsigned packets;
    uint64_t total;      /* of the last complete logical packet */
    struct buffer bytes; /* payload of all */
    size_t prefix;
    bool inside;
};

static void see(void *context, const struct packet_piece *piece)
{
    struct seen *seen = context;
    assert_true(piece->first == !seen->inside);
    if (piece->first && !piece->last && piece->head.length >= seen->prefix)
        assert_true(piece->payload.len >= seen->prefix);
    assert_true(piece->len >= piece->payload.len);
    buffer_append_slice(&seen->bytes, piece->payload);
    seen->inside = !piece->last;
    if (piece->last) {
        seen->packets++;
        seen->total = piece->total;
    }
}

static void walk_is_the_same_however_the_stream_is_cut(void **state)
{
    (void)state;
    static const char stream[] = "\x01\0\0\0a\0\0\0\1\x05\0\0\2bcdef\x03\0\0\3ghi";
    size_t len = sizeof(stream) - 1;
    for (size_t step = 1; step <= len; step++) {
        for (size_t first = 0; first <= len; first++) {
            struct seen seen = {.prefix = 3};
            struct delivery delivery = {slice_make(stream, len), first, step};
            assert_int_equal(deliver(&delivery, 3, see, &seen), len);
            assert_int_equal(seen.packets, 4);
            assert_int_equal(seen.total, 3);
            assert_string_equal(buffer_text(&seen.bytes), "abcdefghi");
            assert_false(seen.inside);
            buffer_release(&seen.bytes);
        }
    }
}

static void empty_packet_is_first_and_last(void **state)
{
    (void)state;
    struct packet_walk walk = {0};
    struct packet_piece piece;
    assert_true(packet_walk_next(&walk, slice_make("\0\0\0\7x", 5), 32, &piece));
    assert_true(piece.first && piece.last);
    assert_int_equal(piece.len, 4);
    assert_int_equal(piece.payload.len, 0);
    assert_int_equal(piece.head.sequence, 7);
    assert_true(packet_walk_between(&walk));
}

static void first_piece_waits_for_its_prefix(void **state)
{
    (void)state;
    struct packet_walk walk = {0};
    struct packet_piece piece;
    assert_false(packet_walk_next(&walk, slice_make("\x0a\0\0\0abc", 7), 4, &piece));
    assert_true(packet_walk_between(&walk));
    assert_true(packet_walk_next(&walk, slice_make("\x0a\0\0\0abcd", 8), 4, &piece));
    assert_true(piece.first && !piece.last);
    assert_int_equal(piece.payload.len, 4);
    assert_true(packet_walk_next(&walk, slice_make("e", 1), 4, &piece));
    assert_true(!piece.first && !piece.last);
    assert_int_equal(piece.total, 5);
    assert_false(packet_walk_next(&walk, slice_make("", 0), 4, &piece));
}

/* A payload of `len` bytes written by packet_write and walked in steps: one logical packet. */
static void check_large(size_t len, unsigned packets)
{
    struct buffer out = BUFFER_INIT;
    char *payload = memory_new(len + 1, 1);
    memset(payload, 'x', len);
    assert_int_equal(packet_write(&out, 0, slice_make(payload, len)), packets);
    assert_int_equal(out.len, len + packets * PACKET_HEAD_SIZE);
    static const size_t steps[] = {1 << 20,   LARGE,     LARGE + 1,
                                   LARGE + 4, LARGE + 7, (size_t)1 << 30};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct seen seen = {.prefix = 32};
        struct delivery delivery = {buffer_slice(&out), steps[i], steps[i]};
        assert_int_equal(deliver(&delivery, 32, see, &seen), out.len);
        assert_int_equal(seen.packets, 1);
        assert_int_equal(seen.total, len);
        assert_int_equal(seen.bytes.len, len);
        buffer_release(&seen.bytes);
    }
    free(payload);
    buffer_release(&out);
}

static void large_payloads_are_one_logical_packet(void **state)
{
    (void)state;
    check_large(0, 1);
    check_large(LARGE - 1, 1);
    check_large(LARGE, 2);
    check_large(LARGE + 1, 2);
    check_large(2 * (size_t)LARGE, 3);
}

static void error_has_code_state_and_message(void **state)
{
    (void)state;
    struct buffer out = BUFFER_INIT;
    packet_write_error(&out, 1, 1105, "HY000", "no");
    assert_int_equal(out.len, 15);
    assert_memory_equal(out.ptr, "\x0b\0\0\1\xff\x51\x04#HY000no", 15);
    buffer_clear(&out);
    packet_write_error(&out, 0, 1040, NULL, "Too many");
    assert_memory_equal(out.ptr, "\x0b\0\0\0\xff\x10\x04Too many", 15);
    buffer_release(&out);
}

static void error_message_is_cut_between_characters(void **state)
{
    (void)state;
    char message[601];
    memset(message, 'a', sizeof(message));
    memcpy(message + 510, "\xe2\x82\xac", 3);
    message[600] = '\0';
    struct buffer out = BUFFER_INIT;
    packet_write_error(&out, 1, 1, "HY000", message);
    assert_int_equal(out.len, 4 + 9 + 510);
    buffer_release(&out);
}

static void query_counts_its_parameters_where_agreed(void **state)
{
    (void)state;
    struct buffer out = BUFFER_INIT;
    packet_write_query(&out, 0, SLICE("SELECT 1"));
    assert_memory_equal(out.ptr, "\x09\0\0\0\x03SELECT 1", 13);
    buffer_clear(&out);
    packet_write_query(&out, CLIENT_QUERY_ATTRIBUTES, SLICE("SELECT 1"));
    assert_int_equal(out.len, 15);
    assert_memory_equal(out.ptr, "\x0b\0\0\0\x03\0\1SELECT 1", 15);
    buffer_release(&out);
}

static void mariadb_capabilities_need_both_sides(void **state)
{
    (void)state;
    uint64_t both = MARIADB_CLIENT_CACHE_METADATA | CLIENT_PROTOCOL_41;
    assert_true(capabilities_effective(both, both) == both);
    assert_true(capabilities_effective(both | CLIENT_MYSQL, both) == CLIENT_PROTOCOL_41);
    assert_true(capabilities_effective(both, both | CLIENT_MYSQL) == CLIENT_PROTOCOL_41);
}

int test_packet(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_needs_four_bytes),
        cmocka_unit_test(whole_packets_are_bounded),
        cmocka_unit_test(walk_is_the_same_however_the_stream_is_cut),
        cmocka_unit_test(empty_packet_is_first_and_last),
        cmocka_unit_test(first_piece_waits_for_its_prefix),
        cmocka_unit_test(large_payloads_are_one_logical_packet),
        cmocka_unit_test(error_has_code_state_and_message),
        cmocka_unit_test(error_message_is_cut_between_characters),
        cmocka_unit_test(query_counts_its_parameters_where_agreed),
        cmocka_unit_test(mariadb_capabilities_need_both_sides),
    };
    return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
