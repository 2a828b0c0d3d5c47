/* From accept to the login's OK. */
#include "suites.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/handshake.h"
#include "wire/packet.h"

#define MARIADB_OFFERS                                                                             \
    ((SERVER_OFFERS & ~CLIENT_MYSQL) | MARIADB_CLIENT_PROGRESS |                                   \
     MARIADB_CLIENT_STMT_BULK_OPERATIONS | MARIADB_CLIENT_CACHE_METADATA)

static void greeting_and_response_pass_as_they_are(void **state)
{
    rig_log_in(*state); /* which expects just that */
}

static void the_bits_of_mariadb_pass_untouched(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(MARIADB_OFFERS));
    expect_bytes(rig->client, greeting(MARIADB_OFFERS));
    send_bytes(rig->client, response(MARIADB_OFFERS, "anna", "shop"));
    expect_bytes(rig->server, response(MARIADB_OFFERS, "anna", "shop"));
}

static void tls_is_not_offered_without_a_certificate(void **state)
{
    struct rig *rig = *state;
    uint64_t cleared = CLIENT_SSL;
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS | CLIENT_SSL));
    expect_bytes(rig->client, greeting(SERVER_OFFERS & ~cleared));
    send_bytes(rig->client, response(CLIENT_WANTS | CLIENT_SSL, "anna", "shop"));
    expect_bytes(rig->server, response(CLIENT_WANTS & ~cleared, "anna", "shop"));
}

static void an_error_before_the_greeting_is_relayed_as_it_is(void **state)
{
    struct rig *rig = *state;
    struct slice refusal = packet(0, SLICE("\xff\x10\x04Too many connections"));
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, refusal);
    rig_close(&rig->server);
    expect_bytes(rig->client, refusal);
    expect_end(rig->client);
    rig_expect_no_session(rig);
}

static void a_greeting_of_an_unknown_version_is_relayed_raw_with_all_behind_it(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    struct slice strange = packet(0, SLICE("\x0b"
                                           "from the future"));
    send_bytes(rig->server, strange);
    expect_bytes(rig->client, strange);
    expect_relayed(rig->client, rig->server, bytes_pattern("whatever", 100000));
    expect_relayed(rig->server, rig->client, bytes_pattern("this means", 100000));
    expect_nothing_told(&rig->tap);
}

static void an_unreachable_server_is_named_in_an_error(void **state)
{
    struct rig *rig = *state;
    rig_close(&rig->listener);
    rig_start_session(rig);
    expect_error_packet(rig->client, 1105, rig->shared.upstream.text);
    expect_end(rig->client);
    rig_expect_no_session(rig);
}

static void an_unreachable_unix_socket_is_named_in_an_error(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(address_parse("unix:/nonexistent/server.sock", &rig->shared.upstream, NULL),
                     ERROR_NONE);
    rig_start_session(rig);
    expect_error_packet(rig->client, 1105, "unix:/nonexistent/server.sock");
    rig_expect_no_session(rig);
}

static void start_with_client_of_a_socket(void *argument)
{
    struct rig *rig = argument;
    struct address peer;
    if (address_parse("unix:/nonexistent/client.sock", &peer, NULL) != ERROR_NONE)
        return;
    atomic_fetch_add(&rig->shared.live, 1);
    session_start(&rig->home, 1, rig->sessions_end, &peer);
}

static void a_client_of_a_socket_is_taken_to_the_servers_socket(void **state)
{
    struct rig *rig = *state;
    int pair[2];
    assert_int_equal(
        address_parse("unix:/nonexistent/server.sock", &rig->shared.upstream_socket, NULL),
        ERROR_NONE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    rig->client = pair[0];
    rig->sessions_end = pair[1];
    rig_on_loop(rig, start_with_client_of_a_socket, rig);
    expect_error_packet(rig->client, 1105, "unix:/nonexistent/server.sock");
    rig_expect_no_session(rig);
    rig_close(&rig->client);
    rig_log_in(rig); /* over TCP: to the other address */
}

static void a_refused_login_is_relayed(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
    send_bytes(rig->client, response(CLIENT_WANTS, "anna", "shop"));
    expect_bytes(rig->server, response(CLIENT_WANTS, "anna", "shop"));
    send_bytes(rig->server, error(2, 1045, "Access denied"));
    rig_close(&rig->server);
    expect_bytes(rig->client, error(2, 1045, "Access denied"));
    expect_end(rig->client);
    expect_nothing_told(&rig->tap);
}

/* --- clients that leave ----------------------------------------------------------------------- */

/* A whole handshake response arrives, not a bare close; the server refuses it. */
static void expect_refusable_login(struct rig *rig)
{
    char bytes[512];
    struct packet_head head = {0};
    struct slice payload = SLICE_NONE;
    struct handshake_response parsed;
    ssize_t count = 0;
    for (int i = 0; i < PATIENCE_MILLISECONDS && count <= 0; i++, usleep(1000))
        count = recv(rig->server, bytes, sizeof(bytes), MSG_DONTWAIT);
    assert_true(count > 0);
    assert_int_equal(packet_whole(slice_make(bytes, (size_t)count), 500, &head, &payload),
                     PACKET_WHOLE_READY);
    assert_int_equal(head.sequence, 1);
    assert_int_equal(handshake_response_parse(payload, &parsed), ERROR_NONE);
    assert_false(parsed.ssl_request);
    assert_true(parsed.user.len > 0);
    expect_silence(rig->server);
    /* An auth switch is answered too. */
    send_bytes(rig->server, packet(2, SLICE("\xfe"
                                            "caching_sha2_password\0ABCDEFGH")));
    expect_bytes(rig->server, packet(3, SLICE("")));
    send_bytes(rig->server, error(4, 1045, "Access denied"));
    expect_end(rig->server);
    rig_expect_no_session(rig);
    expect_nothing_told(&rig->tap);
}

static void a_client_that_leaves_instead_of_a_response_is_covered_by_a_refusable_login(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
    rig_close(&rig->client);
    expect_refusable_login(rig);
}

static void a_client_that_leaves_before_the_greeting_is_covered_by_a_refusable_login(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    rig_close(&rig->client);
    rig_settle(rig);
    send_bytes(rig->server, slice_make(greeting(SERVER_OFFERS).ptr, 10));
    rig_settle(rig);
    struct slice rest = slice_from_offset(greeting(SERVER_OFFERS), 10);
    send_bytes(rig->server, rest);
    expect_refusable_login(rig);
}

static void a_client_that_resets_before_the_greeting_is_covered_by_a_refusable_login(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    rig_reset(&rig->client);
    rig_settle(rig);
    send_bytes(rig->server, slice_make(greeting(SERVER_OFFERS).ptr, 10));
    rig_settle(rig);
    struct slice rest = slice_from_offset(greeting(SERVER_OFFERS), 10);
    send_bytes(rig->server, rest);
    expect_refusable_login(rig);
}

/* As a health check does: connect, and away. */
static void start_with_client_gone(void *argument)
{
    struct rig *rig = argument;
    struct address peer = rig->shared.upstream;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
        return;
    close(pair[0]);
    atomic_fetch_add(&rig->shared.live, 1);
    session_start(&rig->home, 1, pair[1], &peer);
}

static void a_client_that_leaves_while_the_server_is_dialled_is_covered_too(void **state)
{
    struct rig *rig = *state;
    rig_on_loop(rig, start_with_client_gone, rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    expect_refusable_login(rig);
}

static void a_server_that_never_greets_is_given_up_when_the_client_has_left(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    rig_close(&rig->client);
    rig_expect_no_session(rig);
}

/* --- pieces ----------------------------------------------------------------------------------- */

static void a_response_may_be_split_at_every_byte(void **state)
{
    struct rig *rig = *state;
    struct slice sent = response(CLIENT_WANTS, "anna", "shop");
    for (size_t cut = 1; cut < sent.len; cut++) {
        rig_start_session(rig);
        rig_accept(rig);
        send_bytes(rig->server, greeting(SERVER_OFFERS));
        expect_bytes(rig->client, greeting(SERVER_OFFERS));
        send_bytes(rig->client, slice_make(sent.ptr, cut));
        rig_settle(rig);
        send_bytes(rig->client, slice_from_offset(sent, cut));
        expect_bytes(rig->server, response(CLIENT_WANTS, "anna", "shop"));
        send_bytes(rig->server, ok(2, 2));
        expect_bytes(rig->client, ok(2, 2));
        expect_told(&rig->tap, "open anna shop");
        rig_close(&rig->client);
        expect_end(rig->server);
        rig_close(&rig->server);
        rig_expect_no_session(rig);
        expect_told(&rig->tap, "close");
        forget_told(&rig->tap); /* no session lives */
    }
}

static void a_greeting_may_come_byte_by_byte(void **state)
{
    struct rig *rig = *state;
    struct slice whole = greeting(SERVER_OFFERS);
    rig_start_session(rig);
    rig_accept(rig);
    for (size_t i = 0; i < whole.len; i++) {
        send_bytes(rig->server, slice_make(whole.ptr + i, 1));
        rig_settle(rig);
    }
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
}

static void a_response_larger_than_a_read_buffer_passes(void **state)
{
    struct rig *rig = *state;
    struct slice sent = response(CLIENT_WANTS, "anna", "shop");
    struct slice expected = response(CLIENT_WANTS, "anna", "shop");
    struct slice tail = bytes_pattern("attributes", 100000);
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
    sent = packet(1, JOIN(slice_from_offset(sent, PACKET_HEAD_SIZE), tail));
    expected = packet(1, JOIN(slice_from_offset(expected, PACKET_HEAD_SIZE), tail));
    send_bytes(rig->client, sent);
    expect_bytes(rig->server, expected);
    send_bytes(rig->server, ok(2, 2));
    expect_bytes(rig->client, ok(2, 2));
    expect_told(&rig->tap, "open anna shop");
}

static void any_number_of_authentication_packets_pass(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
    send_bytes(rig->client, response(CLIENT_WANTS, "anna", "shop"));
    expect_bytes(rig->server, response(CLIENT_WANTS, "anna", "shop"));
    for (uint8_t i = 0; i < 20; i++) {
        struct slice asked = packet((uint8_t)(2 * i + 2), JOIN(SLICE("\1"), bytes_text("more")));
        /* Every second answer is an empty packet, as MariaDB's parsec sends. */
        struct slice answered = packet((uint8_t)(2 * i + 3), i % 2 == 0 ? SLICE("") : SLICE("x"));
        expect_relayed(rig->server, rig->client, asked);
        expect_relayed(rig->client, rig->server, answered);
        expect_nothing_told(&rig->tap);
    }
    expect_relayed(rig->server, rig->client, JOIN(packet(42, SLICE("\1\3")), ok(43, 2)));
    expect_told(&rig->tap, "open anna shop");
}

int test_login(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(greeting_and_response_pass_as_they_are),
        RIG_TEST(the_bits_of_mariadb_pass_untouched),
        RIG_TEST(tls_is_not_offered_without_a_certificate),
        RIG_TEST(an_error_before_the_greeting_is_relayed_as_it_is),
        RIG_TEST(a_greeting_of_an_unknown_version_is_relayed_raw_with_all_behind_it),
        RIG_TEST(an_unreachable_server_is_named_in_an_error),
        RIG_TEST(an_unreachable_unix_socket_is_named_in_an_error),
        RIG_TEST(a_client_of_a_socket_is_taken_to_the_servers_socket),
        RIG_TEST(a_refused_login_is_relayed),
        RIG_TEST(a_client_that_leaves_instead_of_a_response_is_covered_by_a_refusable_login),
        RIG_TEST(a_client_that_leaves_before_the_greeting_is_covered_by_a_refusable_login),
        RIG_TEST(a_client_that_resets_before_the_greeting_is_covered_by_a_refusable_login),
        RIG_TEST(a_client_that_leaves_while_the_server_is_dialled_is_covered_too),
        RIG_TEST(a_server_that_never_greets_is_given_up_when_the_client_has_left),
        RIG_TEST(a_response_may_be_split_at_every_byte),
        RIG_TEST(a_greeting_may_come_byte_by_byte),
        RIG_TEST(a_response_larger_than_a_read_buffer_passes),
        RIG_TEST(any_number_of_authentication_packets_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
