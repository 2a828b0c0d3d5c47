/* reader: bounded reads with sticky failure. */
#include "suites.h"

#include "wire/reader.h"

static struct reader reader_of(const char *bytes, size_t len)
{
    return reader_make(slice_make(bytes, len));
}

static void integers_are_little_endian(void **state)
{
    (void)state;
    struct reader r = reader_of("\x01\x02\x03\xff\xff\xff\xff\xff\xff\xff\xff", 11);
    assert_int_equal(reader_integer(&r, 1), 1);
    assert_int_equal(reader_integer(&r, 2), 0x0302);
    assert_true(reader_integer(&r, 8) == UINT64_MAX);
    assert_int_equal(r.state, READER_OK);
    assert_int_equal(reader_integer(&r, 1), 0);
    assert_int_equal(r.state, READER_SHORT);
}

static void lengths_have_four_sizes(void **state)
{
    (void)state;
    struct reader r =
        reader_of("\xfa\xfc\xfb\x00\xfd\x00\x00\x01\xfe\x00\x00\x00\x01\x00\x00\x00\x00", 17);
    assert_int_equal(reader_length(&r), 250);
    assert_int_equal(reader_length(&r), 251);
    assert_int_equal(reader_length(&r), 65536);
    assert_int_equal(reader_length(&r), 1 << 24);
    assert_int_equal(r.rest.len, 0);
    assert_int_equal(r.state, READER_OK);
}

static void null_is_a_value_but_no_length(void **state)
{
    (void)state;
    struct reader r = reader_of("\xfb\x01x", 3);
    assert_true(slice_is_none(reader_value(&r)));
    assert_true(slice_equal(reader_value(&r), SLICE("x")));
    r = reader_of("\xfb", 1);
    reader_length(&r);
    assert_int_equal(r.state, READER_MALFORMED);
    r = reader_of("\xff", 1);
    reader_length(&r);
    assert_int_equal(r.state, READER_MALFORMED);
}

static void lengths_that_lie_fail(void **state)
{
    (void)state;
    struct reader r = reader_of("\x05"
                                "abcd",
                                5);
    assert_int_equal(reader_text(&r).len, 0);
    assert_int_equal(r.state, READER_SHORT);
    r = reader_of("\xfe\xff\xff\xff\xff\xff\xff\xff\xff"
                  "a",
                  10);
    assert_int_equal(reader_text(&r).len, 0);
    assert_int_equal(r.state, READER_SHORT);
}

static void failure_is_sticky(void **state)
{
    (void)state;
    struct reader r = reader_of("ab", 2);
    reader_integer(&r, 4);
    assert_int_equal(reader_integer(&r, 1), 0);
    assert_int_equal(reader_nul_text(&r).len, 0);
    assert_int_equal(reader_value(&r).len, 0);
    assert_int_equal(r.state, READER_SHORT);
}

static void nul_text_ends_at_its_nul(void **state)
{
    (void)state;
    struct reader r = reader_of("ab\0\0c", 5);
    assert_true(slice_equal(reader_nul_text(&r), SLICE("ab")));
    assert_true(slice_equal(reader_nul_text(&r), SLICE("")));
    assert_int_equal(r.state, READER_OK);
    reader_nul_text(&r);
    assert_int_equal(r.state, READER_SHORT);
}

static void nothing_can_be_read_from_nothing(void **state)
{
    (void)state;
    struct reader r = reader_make(SLICE_NONE);
    assert_int_equal(reader_bytes(&r, 0).len, 0);
    assert_int_equal(r.state, READER_OK);
    reader_nul_text(&r);
    assert_int_equal(r.state, READER_SHORT);
}

int test_reader(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(lengths_have_four_sizes),
        cmocka_unit_test(null_is_a_value_but_no_length),
        cmocka_unit_test(lengths_that_lie_fail),
        cmocka_unit_test(failure_is_sticky),
        cmocka_unit_test(nul_text_ends_at_its_nul),
        cmocka_unit_test(nothing_can_be_read_from_nothing),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
