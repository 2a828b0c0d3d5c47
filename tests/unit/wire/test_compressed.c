/* compressed: frames of both algorithms, cut anywhere, and frames that lie. */
#include "suites.h"

#include <zlib.h>
#include <zstd.h>

#include "wire/compressed.h"

enum algorithm {
    STORED,
    ZLIB,
    ZSTD,
    ALGORITHMS
};

static void append_head(struct buffer *out, size_t length, uint8_t sequence, size_t plain)
{
    buffer_append_integer(out, length, 3);
    buffer_append_integer(out, sequence, 1);
    buffer_append_integer(out, plain, 3);
}

/* A frame that carries these bytes, and says of them what the test wants. */
static void append_frame(struct buffer *out, enum algorithm algorithm, uint8_t sequence,
                         struct slice plain, size_t said)
{
    size_t bound = compressBound(plain.len) + ZSTD_compressBound(plain.len);
    char *data = memory_new(bound, 1);
    size_t len = plain.len;
    if (algorithm == STORED) {
        memcpy(data, plain.ptr, plain.len);
        said = 0;
    } else if (algorithm == ZLIB) {
        uLongf made = bound;
        assert_int_equal(compress((Bytef *)data, &made, (const Bytef *)plain.ptr, plain.len), Z_OK);
        len = made;
    } else {
        len = ZSTD_compress(data, bound, plain.ptr, plain.len, 3);
        assert_false(ZSTD_isError(len));
    }
    append_head(out, len, sequence, said);
    buffer_append(out, data, len);
    free(data);
}

static struct slice text_of(size_t len)
{
    static char text[100000];
    assert_true(len <= sizeof(text));
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i * i % 23);
    return slice_make(text, len);
}

static void assert_carries(struct slice bytes, uint8_t sequence, struct slice plain)
{
    struct compressed_frame frame;
    struct buffer out = BUFFER_INIT;
    size_t needed;
    buffer_append_text(&out, "before ");
    assert_int_equal(compressed_whole(bytes, &frame, &needed), COMPRESSED_WHOLE_READY);
    assert_int_equal(frame.sequence, sequence);
    assert_int_equal(frame.plain, plain.len);
    assert_int_equal(needed, frame.bytes.len);
    assert_int_equal(compressed_inflate(&frame, &out), ERROR_NONE);
    assert_int_equal(out.len, 7 + plain.len);
    assert_memory_equal(out.ptr + 7, plain.ptr, plain.len);
    buffer_release(&out);
}

/* Its head is a frame's, but its data are not what the head says. */
static void assert_lies(struct slice bytes)
{
    struct compressed_frame frame;
    struct buffer out = BUFFER_INIT;
    size_t needed;
    buffer_append_text(&out, "before");
    assert_int_equal(compressed_whole(bytes, &frame, &needed), COMPRESSED_WHOLE_READY);
    assert_int_equal(compressed_inflate(&frame, &out), ERROR_MALFORMED);
    assert_string_equal(buffer_text(&out), "before");
    buffer_release(&out);
}

static void a_frame_carries_what_was_put_in(void **state)
{
    static const size_t sizes[] = {1, 2, 50, 4096, 100000};
    (void)state;
    for (int algorithm = 0; algorithm < ALGORITHMS; algorithm++)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            struct buffer frame = BUFFER_INIT;
            append_frame(&frame, algorithm, 255, text_of(sizes[i]), sizes[i]);
            assert_carries(buffer_slice(&frame), 255, text_of(sizes[i]));
            buffer_release(&frame);
        }
}

static void a_frame_may_come_byte_by_byte(void **state)
{
    (void)state;
    for (int algorithm = 0; algorithm < ALGORITHMS; algorithm++) {
        struct buffer stream = BUFFER_INIT;
        append_frame(&stream, algorithm, 3, text_of(300), 300);
        size_t len = stream.len, needed;
        buffer_append_text(&stream, "the next one");
        for (size_t arrived = 0; arrived < len; arrived++) {
            struct compressed_frame frame;
            char *window = memory_resize(NULL, arrived, 1);
            memcpy(window, stream.ptr, arrived);
            assert_int_equal(compressed_whole(slice_make(window, arrived), &frame, &needed),
                             COMPRESSED_WHOLE_NEED_MORE);
            assert_int_equal(needed, arrived < COMPRESSED_HEAD_SIZE ? COMPRESSED_HEAD_SIZE : len);
            free(window);
        }
        assert_carries(buffer_slice(&stream), 3, text_of(300));
        buffer_release(&stream);
    }
}

static void a_head_that_no_compressor_makes_is_malformed(void **state)
{
    static const struct {
        size_t length, plain;
    } heads[] = {{0, 0}, {0, 5}, {0xFFFFFF, 1}, {2000, 100}};
    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        struct compressed_frame frame;
        struct buffer head = BUFFER_INIT;
        size_t needed;
        append_head(&head, heads[i].length, 0, heads[i].plain);
        assert_int_equal(compressed_whole(buffer_slice(&head), &frame, &needed),
                         COMPRESSED_WHOLE_MALFORMED);
        buffer_release(&head);
    }
}

static void more_or_fewer_bytes_than_said_are_malformed(void **state)
{
    static const size_t said[] = {1, 299, 301, 0xFFFFFF};
    (void)state;
    for (int algorithm = ZLIB; algorithm < ALGORITHMS; algorithm++)
        for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
            struct buffer frame = BUFFER_INIT;
            append_frame(&frame, algorithm, 0, text_of(300), said[i]);
            assert_lies(buffer_slice(&frame));
            buffer_release(&frame);
        }
}

static void a_bomb_ends_where_its_head_says(void **state)
{
    size_t size = 64u << 20;
    char *zeros = memory_new(size, 1);
    (void)state;
    for (int algorithm = ZLIB; algorithm < ALGORITHMS; algorithm++) {
        struct buffer frame = BUFFER_INIT;
        append_frame(&frame, algorithm, 0, slice_make(zeros, size), 100000);
        assert_lies(buffer_slice(&frame));
        buffer_release(&frame);
    }
    free(zeros);
}

static void a_frame_of_the_largest_size_inflates(void **state)
{
    char *zeros = memory_new(COMPRESSED_DATA_MAX, 1);
    struct slice plain = slice_make(zeros, COMPRESSED_DATA_MAX);
    (void)state;
    for (int algorithm = 0; algorithm < ALGORITHMS; algorithm++) {
        struct buffer frame = BUFFER_INIT;
        append_frame(&frame, algorithm, 9, plain, plain.len);
        assert_carries(buffer_slice(&frame), 9, plain);
        buffer_release(&frame);
    }
    free(zeros);
}

static void broken_data_are_malformed(void **state)
{
    (void)state;
    for (int algorithm = ZLIB; algorithm < ALGORITHMS; algorithm++) {
        struct buffer good = BUFFER_INIT, bad = BUFFER_INIT;
        append_frame(&good, algorithm, 0, text_of(300), 300);
        struct slice data = slice_from_offset(buffer_slice(&good), COMPRESSED_HEAD_SIZE);
        for (size_t cut = 1; cut < data.len; cut++) {
            buffer_clear(&bad);
            append_head(&bad, cut, 0, 300);
            buffer_append(&bad, data.ptr, cut);
            assert_lies(buffer_slice(&bad));
        }
        buffer_clear(&bad);
        append_head(&bad, data.len + 1, 0, 300);
        buffer_append_slice(&bad, data);
        buffer_append_char(&bad, 'x');
        assert_lies(buffer_slice(&bad));
        buffer_release(&good);
        buffer_release(&bad);
    }
}

static void what_is_written_is_stored(void **state)
{
    struct buffer out = BUFFER_INIT;
    (void)state;
    assert_int_equal(compressed_write(&out, 7, text_of(300)), 8);
    assert_int_equal(out.len, COMPRESSED_HEAD_SIZE + 300);
    assert_carries(buffer_slice(&out), 7, text_of(300));
    buffer_clear(&out);
    assert_int_equal(compressed_write(&out, 7, SLICE("")), 7);
    assert_int_equal(out.len, 0);
    buffer_release(&out);
}

static void what_is_written_is_split_at_the_largest_size(void **state)
{
    size_t size = 2u * COMPRESSED_DATA_MAX + 1;
    char *zeros = memory_new(size, 1);
    struct buffer out = BUFFER_INIT;
    struct compressed_frame frame;
    size_t needed, carried = 0;
    unsigned sequence = 254;
    (void)state;
    assert_int_equal(compressed_write(&out, 254, slice_make(zeros, size)), 1);
    for (struct slice rest = buffer_slice(&out); rest.len > 0;
         rest = slice_from_offset(rest, frame.bytes.len)) {
        assert_int_equal(compressed_whole(rest, &frame, &needed), COMPRESSED_WHOLE_READY);
        assert_int_equal(frame.sequence, sequence++ & 0xFF);
        carried += frame.plain;
    }
    assert_int_equal(carried, size);
    buffer_release(&out);
    free(zeros);
}

int test_compressed(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_carries_what_was_put_in),
        cmocka_unit_test(a_frame_may_come_byte_by_byte),
        cmocka_unit_test(a_head_that_no_compressor_makes_is_malformed),
        cmocka_unit_test(more_or_fewer_bytes_than_said_are_malformed),
        cmocka_unit_test(a_bomb_ends_where_its_head_says),
        cmocka_unit_test(a_frame_of_the_largest_size_inflates),
        cmocka_unit_test(broken_data_are_malformed),
        cmocka_unit_test(what_is_written_is_stored),
        cmocka_unit_test(what_is_written_is_split_at_the_largest_size),
    };
    return cmocka_run_group_tests_name("compressed", tests, NULL, NULL);
}
