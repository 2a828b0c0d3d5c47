/* address: what a person writes. */
#include "suites.h"

#include <netinet/in.h>
#include <string.h>

#include "net/address.h"

static void expect_text(const char *written, const char *text)
{
    struct address address;
    struct problem problem = PROBLEM_INIT;
    enum error error = address_parse(written, &address, &problem);
    assert_string_equal(problem.text, "");
    assert_int_equal(error, ERROR_NONE);
    assert_string_equal(address.text, text);
}

static void addresses_are_written_as_they_were_read(void **state)
{
    (void)state;
    expect_text("127.0.0.1:3307", "127.0.0.1:3307");
    expect_text("127.0.0.1:0", "127.0.0.1:0");
    expect_text("0.0.0.0:65535", "0.0.0.0:65535");
    expect_text("[::1]:3307", "[::1]:3307");
    expect_text("unix:/run/mysqld.sock", "unix:/run/mysqld.sock");
}

static void a_unix_address_keeps_its_path(void **state)
{
    (void)state;
    struct address address;
    assert_int_equal(address_parse("unix:/tmp/a b", &address, NULL), ERROR_NONE);
    assert_true(address_is_unix(&address));
    assert_string_equal(address_unix_path(&address), "/tmp/a b");
    assert_int_equal(address_parse("127.0.0.1:1", &address, NULL), ERROR_NONE);
    assert_false(address_is_unix(&address));
}

static void what_is_no_address_is_refused_by_name(void **state)
{
    static const char *const wrong[] = {"",
                                        ":",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        ":3306",
                                        "[::1]",
                                        "[::1]3306",
                                        "[::1:3306",
                                        "127.0.0.1:mysql",
                                        "127.0.0.1:99999",
                                        "1.2.3.4:-1",
                                        "1.2.3.4: 1",
                                        "127.0.0.1:65536",
                                        "127.0.0.1:0x10",
                                        "unix:",
                                        "300.1.1.1:1",
                                        "127.0.0.1:00000000000000000000001"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct address address;
        struct problem problem = PROBLEM_INIT;
        assert_int_equal(address_parse(wrong[i], &address, &problem), ERROR_CONFIG);
        assert_true(problem.text[0] != '\0');
    }
}

static void a_path_longer_than_a_socket_can_have_is_refused(void **state)
{
    (void)state;
    char text[300] = "unix:/";
    struct address address;
    memset(text + 6, 'x', sizeof(text) - 7);
    assert_int_equal(address_parse(text, &address, NULL), ERROR_CONFIG);
    text[5 + 107] = '\0';
    assert_int_equal(address_parse(text, &address, NULL), ERROR_NONE);
}

static void localhost_is_resolved(void **state)
{
    (void)state;
    struct address address;
    assert_int_equal(address_parse("localhost:3306", &address, NULL), ERROR_NONE);
    assert_true(strcmp(address.text, "127.0.0.1:3306") == 0 ||
                strcmp(address.text, "[::1]:3306") == 0);
}

int test_address(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_written_as_they_were_read),
        cmocka_unit_test(a_unix_address_keeps_its_path),
        cmocka_unit_test(what_is_no_address_is_refused_by_name),
        cmocka_unit_test(a_path_longer_than_a_socket_can_have_is_refused),
        cmocka_unit_test(localhost_is_resolved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
