/* handshake: greetings of both families, responses of well and ill behaved clients, bits patched.
 */
#include "suites.h"

#include "wire/handshake.h"

/* MySQL: capabilities DF FF FF FF, 20 bytes of salt, caching_sha2_password. */
static const char mysql_greeting[] = "\x0a"
                                     "9.7.0\0"
                                     "\x0b\0\0\0"
                                     "ABCDEFGH\0"
                                     "\xff\xff"
                                     "\xff"
                                     "\x02\0"
                                     "\xff\xdf"
                                     "\x15"
                                     "\0\0\0\0\0\0\0\0\0\0"
                                     "IJKLMNOPQRST\0"
                                     "caching_sha2_password";
/* MariaDB: bit 0 clear, extended bits 1D (progress, bulk, extended and cache metadata). */
static const char mariadb_greeting[] = "\x0a"
                                       "5.5.5-10.11.6-MariaDB\0"
                                       "\x2a\0\0\0"
                                       "ABCDEFGH\0"
                                       "\xfe\xf7"
                                       "\x2d"
                                       "\x02\0"
                                       "\xff\x81"
                                       "\x15"
                                       "\0\0\0\0\0\0"
                                       "\x1d\0\0\0"
                                       "IJKLMNOPQRST\0"
                                       "mysql_native_password";

static void mysql_greeting_is_read(void **state)
{
    (void)state;
    struct handshake_greeting greeting;
    assert_int_equal(
        handshake_greeting_parse(slice_make(mysql_greeting, sizeof(mysql_greeting)), &greeting),
        ERROR_NONE);
    assert_true(slice_equal(greeting.server_version, SLICE("9.7.0")));
    assert_int_equal(greeting.connection_id, 11);
    assert_true(greeting.capabilities == 0xdfffffff);
    assert_false(greeting.mariadb);
    assert_int_equal(greeting.collation, 255);
    assert_int_equal(greeting.status, 2);
    assert_true(slice_equal(greeting.auth_plugin, SLICE("caching_sha2_password")));
    assert_int_equal(greeting.salt_len, 20);
    assert_memory_equal(greeting.salt, "ABCDEFGHIJKLMNOPQRST", 20);
}

static void mariadb_greeting_has_extended_capabilities(void **state)
{
    (void)state;
    struct handshake_greeting greeting;
    assert_int_equal(
        handshake_greeting_parse(slice_make(mariadb_greeting, sizeof(mariadb_greeting)), &greeting),
        ERROR_NONE);
    assert_true(greeting.mariadb);
    assert_int_equal(greeting.connection_id, 42);
    assert_true((greeting.capabilities & MARIADB_CLIENT_CACHE_METADATA) != 0);
    assert_true((greeting.capabilities & MARIADB_CLIENT_PROGRESS) != 0);
    assert_true(slice_equal(greeting.auth_plugin, SLICE("mysql_native_password")));
}

static void plugin_without_its_nul_is_read(void **state)
{
    (void)state;
    struct handshake_greeting greeting;
    assert_int_equal(
        handshake_greeting_parse(slice_make(mysql_greeting, sizeof(mysql_greeting) - 1), &greeting),
        ERROR_NONE);
    assert_true(slice_equal(greeting.auth_plugin, SLICE("caching_sha2_password")));
}

static void greeting_that_ends_early_is_malformed_or_plain(void **state)
{
    (void)state;
    struct handshake_greeting greeting;
    for (size_t len = 0; len < 48; len++) {
        char *copy = memory_copy_slice(slice_make(mysql_greeting, len));
        char *exact = memory_resize(NULL, len, 1);
        memcpy(exact, copy, len);
        enum error error = handshake_greeting_parse(slice_make(exact, len), &greeting);
        /* 22 bytes reach to the end of the low capability bits: an old server may stop there. */
        assert_int_equal(error, len == 22 || len >= 38 ? ERROR_NONE : ERROR_MALFORMED);
        free(exact);
        free(copy);
    }
}

static void other_first_packets_are_not_a_greeting(void **state)
{
    (void)state;
    struct handshake_greeting greeting;
    struct slice error = SLICE("\xff\x10\x04Too many connections");
    assert_int_equal(handshake_greeting_parse(error, &greeting), ERROR_UNSUPPORTED);
    assert_int_equal(handshake_server_packet(error), HANDSHAKE_ERROR);
    assert_int_equal(handshake_greeting_parse(SLICE("\x09"
                                                    "3.20"),
                                              &greeting),
                     ERROR_UNSUPPORTED);
}

static void greeting_loses_exactly_the_bits_cleared(void **state)
{
    (void)state;
    char bytes[sizeof(mariadb_greeting)];
    memcpy(bytes, mariadb_greeting, sizeof(bytes));
    uint64_t clear = CLIENT_COMPRESS | CLIENT_ZSTD_COMPRESSION | MARIADB_CLIENT_CACHE_METADATA;
    handshake_greeting_patch(bytes, sizeof(bytes), clear, CLIENT_SSL);
    struct handshake_greeting before, after;
    assert_int_equal(handshake_greeting_parse(slice_make(mariadb_greeting, sizeof(bytes)), &before),
                     0);
    assert_int_equal(handshake_greeting_parse(slice_make(bytes, sizeof(bytes)), &after), 0);
    assert_true(after.capabilities == ((before.capabilities & ~clear) | CLIENT_SSL));
    unsigned changed = 0;
    for (size_t i = 0; i < sizeof(bytes); i++)
        changed += bytes[i] != mariadb_greeting[i];
    assert_int_equal(changed, 3);
}

static void reserved_bytes_of_mysql_are_not_capabilities(void **state)
{
    (void)state;
    char bytes[sizeof(mysql_greeting)];
    memcpy(bytes, mysql_greeting, sizeof(bytes));
    handshake_greeting_patch(bytes, sizeof(bytes), 0, MARIADB_CLIENT_PROGRESS);
    assert_memory_equal(bytes, mysql_greeting, sizeof(bytes));
}

static void cut_greetings_are_patched_within_their_bytes(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(mariadb_greeting); len++) {
        char *exact = memory_resize(NULL, len, 1);
        memcpy(exact, mariadb_greeting, len);
        handshake_greeting_patch(exact, len, UINT64_MAX, 0);
        free(exact);
    }
}

#define ZERO19 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* PROTOCOL_41, CONNECT_WITH_DB, SECURE_CONNECTION, PLUGIN_AUTH, CONNECT_ATTRS, LENENC. */
static const char response_bytes[] = "\x09\x82\x38\0"
                                     "\0\0\0\1"
                                     "\x2d" ZERO19 "\0\0\0\0"
                                     "root\0"
                                     "\x04"
                                     "abcd"
                                     "bankroll\0"
                                     "mysql_native_password\0"
                                     "\x32"
                                     "\x0c"
                                     "program_name"
                                     "\x0e"
                                     "MySQLWorkbench"
                                     "\x0c"
                                     "_client_name"
                                     "\x08"
                                     "libmysql";

static void response_is_read(void **state)
{
    (void)state;
    struct handshake_response response;
    struct slice payload = slice_make(response_bytes, sizeof(response_bytes) - 1);
    assert_int_equal(handshake_response_parse(payload, &response), ERROR_NONE);
    assert_false(response.ssl_request);
    assert_false(response.incomplete);
    assert_true(slice_equal(response.user, SLICE("root")));
    assert_true(slice_equal(response.database, SLICE("bankroll")));
    assert_true(slice_equal(response.auth_plugin, SLICE("mysql_native_password")));
    assert_true(slice_equal(response.program_name, SLICE("MySQLWorkbench")));
    assert_true(slice_equal(response.client_name, SLICE("libmysql")));
    assert_int_equal(response.collation, 0x2d);
    assert_int_equal(response.max_packet, 1 << 24);
}

static void broken_attributes_leave_the_rest_known(void **state)
{
    (void)state;
    struct handshake_response response;
    for (size_t len = 33; len < sizeof(response_bytes) - 1; len++) {
        char *exact = memory_resize(NULL, len, 1);
        memcpy(exact, response_bytes, len);
        assert_int_equal(handshake_response_parse(slice_make(exact, len), &response), ERROR_NONE);
        if (len < 37)
            assert_int_equal(response.user.len, 0);
        else
            assert_true(slice_equal(response.user, SLICE("root")));
        if (len >= 51)
            assert_true(slice_equal(response.database, SLICE("bankroll")));
        /* Without any attributes the response is a whole one. */
        assert_true(response.incomplete == (len != 73));
        free(exact);
    }
}

static void unannounced_empty_database_is_read_over(void **state)
{
    (void)state;
    static const char bytes[] = "\x00\x82\x08\0"
                                "\0\0\0\1"
                                "\x2d" ZERO19 "\0\0\0\0"
                                "root\0"
                                "\x00"
                                "\0"
                                "mysql_native_password";
    struct handshake_response response;
    assert_int_equal(handshake_response_parse(slice_make(bytes, sizeof(bytes)), &response), 0);
    assert_true(slice_equal(response.user, SLICE("root")));
    assert_true(slice_equal(response.auth_plugin, SLICE("mysql_native_password")));
    assert_false(response.incomplete);
}

static void ssl_request_is_32_bytes_with_the_bit(void **state)
{
    (void)state;
    static const char bytes[] = "\x00\x8a\x38\0"
                                "\0\0\0\1"
                                "\x2d" ZERO19 "\x04\0\0\0";
    struct handshake_response response;
    assert_int_equal(handshake_response_parse(slice_make(bytes, 32), &response), ERROR_NONE);
    assert_true(response.ssl_request);
    assert_true((response.capabilities & MARIADB_CLIENT_STMT_BULK_OPERATIONS) != 0);
    assert_int_equal(handshake_response_parse(slice_make(bytes, 31), &response), ERROR_MALFORMED);
}

static void old_responses_are_unsupported(void **state)
{
    (void)state;
    struct handshake_response response;
    assert_int_equal(handshake_response_parse(SLICE("\x85\x24\0\0\0old\0"), &response),
                     ERROR_UNSUPPORTED);
    assert_int_equal(handshake_response_parse(SLICE(""), &response), ERROR_MALFORMED);
}

static void response_is_patched_in_its_capabilities_only(void **state)
{
    (void)state;
    char bytes[] = "\xfe\xff\xff\xff"
                   "\0\0\0\1"
                   "\x2d" ZERO19 "\xff\xff\xff\xff"
                   "root\0\0";
    handshake_response_patch(bytes, sizeof(bytes) - 1,
                             CLIENT_COMPRESS | CLIENT_ZSTD_COMPRESSION | MARIADB_CLIENT_PROGRESS,
                             0);
    assert_memory_equal(bytes,
                        "\xde\xff\xff\xfb"
                        "\0\0\0\1"
                        "\x2d" ZERO19 "\xfe\xff\xff\xff"
                        "root",
                        36);
    char mysql[] = "\xff\xff\xff\xff"
                   "\0\0\0\1"
                   "\x2d" ZERO19 "\xff\xff\xff\xff"
                   "root\0\0";
    handshake_response_patch(mysql, sizeof(mysql) - 1, MARIADB_CLIENT_PROGRESS, 0);
    assert_memory_equal(mysql + 28, "\xff\xff\xff\xff", 4);
    char old[] = "\x05\x00";
    handshake_response_patch(old, 2, UINT64_MAX, 0);
    assert_memory_equal(old, "\x05\x00", 2);
}

static void change_user_is_read(void **state)
{
    (void)state;
    static const char bytes[] = "\x11"
                                "bob\0"
                                "\x02"
                                "xy"
                                "shop\0"
                                "\x2d\0"
                                "mysql_native_password\0"
                                "\x14"
                                "\x0c"
                                "program_name"
                                "\x06"
                                "python";
    uint64_t capabilities = CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH |
                            CLIENT_CONNECT_ATTRS | CLIENT_PLUGIN_AUTH_LENENC_DATA;
    struct handshake_change_user change;
    assert_int_equal(
        handshake_change_user_parse(slice_make(bytes, sizeof(bytes) - 1), capabilities, &change),
        ERROR_NONE);
    assert_true(slice_equal(change.user, SLICE("bob")));
    assert_true(slice_equal(change.database, SLICE("shop")));
    assert_int_equal(change.collation, 0x2d);
    assert_true(slice_equal(change.auth_plugin, SLICE("mysql_native_password")));
    assert_true(slice_equal(change.program_name, SLICE("python")));
    assert_false(change.incomplete);
}

static void short_change_user_is_enough(void **state)
{
    (void)state;
    struct handshake_change_user change;
    assert_int_equal(handshake_change_user_parse(slice_make("\x11"
                                                            "bob\0\0\0",
                                                            7),
                                                 CLIENT_SECURE_CONNECTION, &change),
                     ERROR_NONE);
    assert_true(slice_equal(change.user, SLICE("bob")));
    assert_int_equal(change.database.len, 0);
    assert_false(change.incomplete);
    assert_int_equal(handshake_change_user_parse(SLICE("\x11"
                                                       "bob"),
                                                 0, &change),
                     ERROR_MALFORMED);
    assert_int_equal(handshake_change_user_parse(SLICE("\x03"
                                                       "bob"),
                                                 0, &change),
                     ERROR_MALFORMED);
    assert_int_equal(handshake_change_user_parse(slice_make("\x11"
                                                            "bob\0\xff",
                                                            6),
                                                 CLIENT_SECURE_CONNECTION, &change),
                     ERROR_NONE);
    assert_true(change.incomplete);
}

static void login_packets_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(handshake_server_packet(slice_make("\0\0\0\2\0\0\0", 7)), HANDSHAKE_OK);
    assert_int_equal(handshake_server_packet(SLICE("\xfe"
                                                   "x")),
                     HANDSHAKE_AUTH_SWITCH);
    assert_int_equal(handshake_server_packet(SLICE("\x01\x04")), HANDSHAKE_MORE_DATA);
    assert_int_equal(handshake_server_packet(SLICE("\x01\xff")), HANDSHAKE_MORE_DATA);
    assert_int_equal(handshake_server_packet(SLICE("")), HANDSHAKE_OTHER);
    assert_int_equal(handshake_server_packet(SLICE("PK")), HANDSHAKE_OTHER);
}

int test_handshake(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mysql_greeting_is_read),
        cmocka_unit_test(mariadb_greeting_has_extended_capabilities),
        cmocka_unit_test(plugin_without_its_nul_is_read),
        cmocka_unit_test(greeting_that_ends_early_is_malformed_or_plain),
        cmocka_unit_test(other_first_packets_are_not_a_greeting),
        cmocka_unit_test(greeting_loses_exactly_the_bits_cleared),
        cmocka_unit_test(reserved_bytes_of_mysql_are_not_capabilities),
        cmocka_unit_test(cut_greetings_are_patched_within_their_bytes),
        cmocka_unit_test(response_is_read),
        cmocka_unit_test(broken_attributes_leave_the_rest_known),
        cmocka_unit_test(unannounced_empty_database_is_read_over),
        cmocka_unit_test(ssl_request_is_32_bytes_with_the_bit),
        cmocka_unit_test(old_responses_are_unsupported),
        cmocka_unit_test(response_is_patched_in_its_capabilities_only),
        cmocka_unit_test(change_user_is_read),
        cmocka_unit_test(short_change_user_is_enough),
        cmocka_unit_test(login_packets_are_told_apart),
    };
    return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
