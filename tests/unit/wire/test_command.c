/* command: the table, the text behind query attributes, statement ids. */
#include "suites.h"

#include "wire/command.h"

static void known_commands_have_name_and_shape(void **state)
{
    (void)state;
    assert_string_equal(command_name(COM_QUERY), "COM_QUERY");
    assert_string_equal(command_name(COM_STMT_BULK_EXECUTE), "COM_STMT_BULK_EXECUTE");
    assert_int_equal(command_answer(COM_QUIT), ANSWER_NONE);
    assert_int_equal(command_answer(COM_STMT_CLOSE), ANSWER_NONE);
    assert_int_equal(command_answer(COM_STMT_SEND_LONG_DATA), ANSWER_NONE);
    assert_int_equal(command_answer(COM_SET_OPTION), ANSWER_EOF);
    assert_int_equal(command_answer(COM_STMT_BULK_EXECUTE), ANSWER_EXECUTE);
    assert_int_equal(command_answer(COM_BINLOG_DUMP), ANSWER_RAW);
    assert_int_equal(command_answer(COM_BINLOG_DUMP_GTID), ANSWER_RAW);
    assert_int_equal(command_answer(COM_CLONE), ANSWER_RAW);
    assert_int_equal(command_answer(COM_CHANGE_USER), ANSWER_AUTH);
}

static void unknown_commands_are_raw(void **state)
{
    (void)state;
    unsigned known = 0;
    for (unsigned code = 0; code < 256; code++) {
        if (strcmp(command_name((uint8_t)code), "unknown command") == 0)
            assert_int_equal(command_answer((uint8_t)code), ANSWER_RAW);
        else
            known++;
    }
    assert_int_equal(known, 35);
    assert_int_equal(command_answer(0xFE), ANSWER_RAW);
}

/* Whole payload gives `expected`; every prefix gives NEED_MORE or the start of it. */
static void check_text(const char *bytes, size_t len, uint64_t capabilities, struct slice expected)
{
    struct slice text;
    assert_int_equal(command_text(slice_make(bytes, len), true, capabilities, &text),
                     COMMAND_TEXT_READY);
    assert_true(slice_equal(text, expected));
    for (size_t cut = 0; cut < len; cut++) {
        char *exact = memory_resize(NULL, cut, 1);
        memcpy(exact, bytes, cut);
        enum command_text got = command_text(slice_make(exact, cut), false, capabilities, &text);
        if (cut < len - expected.len) {
            assert_int_equal(got, COMMAND_TEXT_NEED_MORE);
        } else {
            assert_int_equal(got, COMMAND_TEXT_READY);
            assert_true(slice_starts_with(expected, text));
        }
        free(exact);
    }
}

static void text_of_a_query_is_its_rest(void **state)
{
    (void)state;
    check_text("\x03SELECT 1", 9, 0, SLICE("SELECT 1"));
    check_text("\x16SELECT ?", 9, CLIENT_QUERY_ATTRIBUTES, SLICE("SELECT ?"));
    check_text("\x03", 1, 0, SLICE(""));
    check_text("\x03\0\1SELECT 1", 11, CLIENT_QUERY_ATTRIBUTES, SLICE("SELECT 1"));
}

static void query_attributes_are_read_over(void **state)
{
    (void)state;
    /* Ten parameters: the tenth NULL; one of each size, dates of several lengths. */
    static const char bytes[] = "\x03"
                                "\x0a\x01"
                                "\x00\x02"
                                "\x01"
                                "\x01\x00\x01"
                                "a"
                                "\x02\x80\x01"
                                "b"
                                "\x03\x00\x00"
                                "\x08\x00\x01"
                                "d"
                                "\x04\x00\x01"
                                "e"
                                "\x05\x00\x01"
                                "f"
                                "\x0c\x00\x01"
                                "g"
                                "\x0b\x00\x01"
                                "h"
                                "\xfe\x00\x01"
                                "i"
                                "\x0f\x00\x01"
                                "j"
                                "1"
                                "22"
                                "4444"
                                "88888888"
                                "4444"
                                "88888888"
                                "\x07"
                                "7777777"
                                "\x00"
                                "\x03"
                                "abc"
                                "ALTER TABLE t";
    check_text(bytes, sizeof(bytes) - 1, CLIENT_QUERY_ATTRIBUTES, SLICE("ALTER TABLE t"));
}

static void attributes_that_lie_are_malformed(void **state)
{
    (void)state;
    struct slice text;
    uint64_t with = CLIENT_QUERY_ATTRIBUTES;
    /* two sets */
    assert_int_equal(command_text(slice_make("\x03\0\2S", 4), true, with, &text),
                     COMMAND_TEXT_MALFORMED);
    /* 2^64 - 1 parameters */
    assert_int_equal(
        command_text(SLICE("\x03\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1"), false, with, &text),
        COMMAND_TEXT_MALFORMED);
    /* earlier types */
    assert_int_equal(command_text(slice_make("\x03\1\1\0\0S", 6), false, with, &text),
                     COMMAND_TEXT_MALFORMED);
    /* a name longer than the packet */
    assert_int_equal(command_text(slice_make("\x03\1\1\0\1\1\0\xfaS", 9), true, with, &text),
                     COMMAND_TEXT_MALFORMED);
    assert_int_equal(command_text(slice_make("\x03\1\1\0\1\1\0\xfaS", 9), false, with, &text),
                     COMMAND_TEXT_NEED_MORE);
    assert_int_equal(command_text(SLICE("\x0e"), true, 0, &text), COMMAND_TEXT_MALFORMED);
    assert_int_equal(command_text(SLICE(""), true, 0, &text), COMMAND_TEXT_MALFORMED);
}

static void statement_id_is_behind_the_command(void **state)
{
    (void)state;
    uint32_t id = 0;
    assert_true(command_statement_id(slice_make("\x17\x04\x03\x02\x01\0", 6), &id));
    assert_int_equal(id, 0x01020304);
    assert_true(command_statement_id(SLICE("\xfa\xff\xff\xff\xff"), &id));
    assert_int_equal(id, COMMAND_STATEMENT_LAST);
    assert_false(command_statement_id(slice_make("\x17\x04\x03\x02", 4), &id));
    assert_false(command_statement_id(SLICE("\x03"
                                            "abcd"),
                                      &id));
    assert_false(command_statement_id(SLICE(""), &id));
}

int test_command(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_commands_have_name_and_shape),
        cmocka_unit_test(unknown_commands_are_raw),
        cmocka_unit_test(text_of_a_query_is_its_rest),
        cmocka_unit_test(query_attributes_are_read_over),
        cmocka_unit_test(attributes_that_lie_are_malformed),
        cmocka_unit_test(statement_id_is_behind_the_command),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
