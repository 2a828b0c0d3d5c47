/* row: the first row of a question's answer, or its error. */
#include "suites.h"

#include "wire/row.h"

#define DEF                                                                                        \
    "\x03"                                                                                         \
    "def"                                                                                          \
    "\0\0\0\x01"                                                                                   \
    "1\0"                                                                                          \
    "\x0c\x3f\0\x01\0\0\0\x08\x81\0\0\0\0"
#define EOF_PLAIN "\xfe\0\0\x02\0"
#define END_OK "\xfe\0\0\x02\0\0\0"

struct asked {
    struct row row;
    enum row_step step;
};

static void hear(void *context, const struct packet_piece *piece)
{
    struct asked *asked = context;
    assert_int_equal(asked->step, ROW_MORE);
    asked->step = row_piece(&asked->row, piece);
}

static void ask(struct asked *asked, const struct buffer *stream, uint64_t capabilities,
                size_t limit, size_t step)
{
    asked->step = ROW_MORE;
    row_begin(&asked->row, capabilities, limit);
    struct delivery delivery = {buffer_slice(stream), step, step};
    deliver(&delivery, RESULT_PREFIX, hear, asked);
}

static void add(struct buffer *stream, uint8_t sequence, const char *bytes, size_t len)
{
    packet_write(stream, sequence, slice_make(bytes, len));
}

#define ADD(sequence, literal) add(&stream, sequence, "" literal, sizeof(literal) - 1)

static void first_row_is_kept_and_others_are_read_over(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(1, "\x03");
    ADD(2, DEF);
    ADD(3, DEF);
    ADD(4, DEF);
    ADD(5, EOF_PLAIN);
    ADD(6, "\x08"
           "bankroll"
           "\xfb"
           "\x00");
    ADD(7, "\x05"
           "other"
           "\xfb"
           "\x00");
    ADD(8, EOF_PLAIN);
    for (size_t step = 1; step <= stream.len; step++) {
        struct asked asked;
        ask(&asked, &stream, 0, 1 << 20, step);
        assert_int_equal(asked.step, ROW_DONE);
        assert_int_equal(asked.row.error_code, 0);
        assert_int_equal(asked.row.problem, ERROR_NONE);
        assert_int_equal(asked.row.columns, 3);
        assert_true(slice_equal(asked.row.values[0], SLICE("bankroll")));
        assert_true(slice_is_none(asked.row.values[1]));
        assert_false(slice_is_none(asked.row.values[2]));
        assert_int_equal(asked.row.values[2].len, 0);
        assert_int_equal(asked.row.end.status, 2);
        row_release(&asked.row);
    }
    buffer_release(&stream);
}

static void no_row_is_no_columns(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(1, "\x01");
    ADD(2, DEF);
    ADD(3, END_OK);
    struct asked asked;
    ask(&asked, &stream, CLIENT_DEPRECATE_EOF, 1 << 20, 7);
    assert_int_equal(asked.step, ROW_DONE);
    assert_int_equal(asked.row.columns, 0);
    assert_true(slice_is_none(asked.row.error));
    row_release(&asked.row);
    buffer_release(&stream);
}

static void error_is_kept_whole(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(1, "\xff\x25\x05#70100Query execution was interrupted");
    for (size_t step = 1; step <= stream.len; step++) {
        struct asked asked;
        ask(&asked, &stream, 0, 1 << 20, step);
        assert_int_equal(asked.step, ROW_DONE);
        assert_int_equal(asked.row.error_code, 1317);
        assert_int_equal(asked.row.columns, 0);
        assert_true(slice_equal(asked.row.error, slice_from_offset(buffer_slice(&stream), 4)));
        row_release(&asked.row);
    }
    buffer_release(&stream);
}

static void error_after_a_row_wins(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(1, "\x01");
    ADD(2, DEF);
    ADD(3, "\x01x");
    ADD(4, "\xff\x25\x05#70100killed");
    struct asked asked;
    ask(&asked, &stream, CLIENT_DEPRECATE_EOF, 1 << 20, 1000);
    assert_int_equal(asked.step, ROW_DONE);
    assert_int_equal(asked.row.error_code, 1317);
    assert_int_equal(asked.row.columns, 0);
    row_release(&asked.row);
    buffer_release(&stream);
}

static void progress_before_the_row_changes_nothing(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(1, "\x01");
    ADD(2, DEF);
    ADD(3, "\xff\xff\xff\x01\x01\x02\x10\x27\0\x05stage");
    ADD(4, "\x01x");
    ADD(5, END_OK);
    struct asked asked;
    ask(&asked, &stream, CLIENT_DEPRECATE_EOF, 1 << 20, 5);
    assert_int_equal(asked.step, ROW_DONE);
    assert_int_equal(asked.row.columns, 1);
    assert_true(slice_equal(asked.row.values[0], SLICE("x")));
    row_release(&asked.row);
    buffer_release(&stream);
}

static void row_beyond_the_limit_is_not_kept(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(1, "\x01");
    ADD(2, DEF);
    ADD(3, "\x0b"
           "hello world");
    ADD(4, END_OK);
    struct asked asked;
    ask(&asked, &stream, CLIENT_DEPRECATE_EOF, 11, 3);
    assert_int_equal(asked.step, ROW_DONE);
    assert_int_equal(asked.row.problem, ERROR_TOO_LARGE);
    assert_int_equal(asked.row.columns, 0);
    row_release(&asked.row);
    ask(&asked, &stream, CLIENT_DEPRECATE_EOF, 12, 3);
    assert_int_equal(asked.row.problem, ERROR_NONE);
    assert_true(slice_equal(asked.row.values[0], SLICE("hello world")));
    row_release(&asked.row);
    buffer_release(&stream);
}

static void row_that_lies_is_no_answer(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(1, "\x01");
    ADD(2, DEF);
    ADD(3, "\x20"
           "short");
    ADD(4, END_OK);
    struct asked asked;
    ask(&asked, &stream, CLIENT_DEPRECATE_EOF, 1 << 20, 3);
    assert_int_equal(asked.step, ROW_DONE);
    assert_int_equal(asked.row.problem, ERROR_MALFORMED);
    assert_int_equal(asked.row.columns, 0);
    row_release(&asked.row);
    buffer_release(&stream);
}

static void wide_rows_give_the_first_values(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    char row[200];
    memset(row, 0, sizeof(row)); /* 200 empty values */
    ADD(1, "\xc8");
    for (int i = 0; i < 200; i++)
        ADD(2, DEF);
    add(&stream, 3, row, sizeof(row));
    ADD(4, END_OK);
    struct asked asked;
    ask(&asked, &stream, CLIENT_DEPRECATE_EOF, 1 << 20, 100);
    assert_int_equal(asked.step, ROW_DONE);
    assert_int_equal(asked.row.columns, ROW_COLUMNS_MAX);
    row_release(&asked.row);
    buffer_release(&stream);
}

static void server_that_asks_for_a_file_is_malformed(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(1, "\xfb/etc/passwd");
    struct asked asked;
    ask(&asked, &stream, 0, 1 << 20, 100);
    assert_int_equal(asked.step, ROW_MALFORMED);
    row_release(&asked.row);
    buffer_release(&stream);
}

static void server_out_of_turn_is_told(void **state)
{
    (void)state;
    struct buffer stream = BUFFER_INIT;
    ADD(0, "\xff\xbf\x0f#HY000idle");
    struct asked asked;
    ask(&asked, &stream, 0, 1 << 20, 100);
    assert_int_equal(asked.step, ROW_OUT_OF_BAND);
    assert_int_equal(asked.row.end.error_code, 4031);
    row_release(&asked.row);
    buffer_release(&stream);
}

static void row_of_more_than_16_mib_is_kept(void **state)
{
    (void)state;
    size_t len = (size_t)17 << 20;
    struct buffer stream = BUFFER_INIT, payload = BUFFER_INIT;
    ADD(1, "\x01");
    ADD(2, DEF);
    buffer_append_char(&payload, '\xfe');
    buffer_append_integer(&payload, len, 8);
    char *value = memory_new(len, 1);
    buffer_append(&payload, value, len);
    packet_write(&stream, 3, buffer_slice(&payload));
    ADD(5, END_OK);
    struct asked asked;
    ask(&asked, &stream, CLIENT_DEPRECATE_EOF, len + 9, 1 << 20);
    assert_int_equal(asked.step, ROW_DONE);
    assert_int_equal(asked.row.columns, 1);
    assert_int_equal(asked.row.values[0].len, len);
    row_release(&asked.row);
    free(value);
    buffer_release(&payload);
    buffer_release(&stream);
}

int test_row(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_row_is_kept_and_others_are_read_over),
        cmocka_unit_test(no_row_is_no_columns),
        cmocka_unit_test(error_is_kept_whole),
        cmocka_unit_test(error_after_a_row_wins),
        cmocka_unit_test(progress_before_the_row_changes_nothing),
        cmocka_unit_test(row_beyond_the_limit_is_not_kept),
        cmocka_unit_test(row_that_lies_is_no_answer),
        cmocka_unit_test(wide_rows_give_the_first_values),
        cmocka_unit_test(server_that_asks_for_a_file_is_malformed),
        cmocka_unit_test(server_out_of_turn_is_told),
        cmocka_unit_test(row_of_more_than_16_mib_is_kept),
    };
    return cmocka_run_group_tests_name("row", tests, NULL, NULL);
}
