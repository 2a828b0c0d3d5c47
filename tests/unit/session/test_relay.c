/* Commands and answers that the tap does not want: byte for byte, in any pieces. */
#include "suites.h"

#include <sys/socket.h>
#include <unistd.h>

#include "session/pending.h"
#include "wire/packet.h"

/* A conversation with every kind of answer. */
static struct slice asked_of(unsigned i)
{
    switch (i) {
    case 0:
        return query("SELECT 'something'");
    case 1:
        return command(COM_PING, SLICE(""));
    case 2:
        return command(COM_STMT_PREPARE, SLICE("SELECT 2"));
    case 3:
        return JOIN(close_statement(9), query("UPDATE t SET a = 1"));
    case 4:
        return command(COM_STATISTICS, SLICE(""));
    case 5:
        return query("MAYBE this is nothing");
    default:
        return command(COM_INIT_DB, SLICE("shop"));
    }
}

static struct slice answer_of(unsigned i)
{
    switch (i) {
    case 0:
        return one_row("a value");
    case 2:
        return prepare_ok(9);
    case 4:
        return packet(1, SLICE("Uptime: 5"));
    case 5:
        return error(1, 1064, "syntax");
    default:
        return ok(1, 2);
    }
}

#define CONVERSATION 7

static void commands_and_answers_pass_byte_for_byte(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    for (unsigned i = 0; i < CONVERSATION; i++)
        expect_exchange(rig, asked_of(i), answer_of(i));
    expect_nothing_told(&rig->tap);
}

static void send_slowly(struct rig *rig, int descriptor, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        send_bytes(descriptor, slice_make(bytes.ptr + i, 1));
        rig_settle(rig);
    }
}

static void commands_and_answers_may_come_byte_by_byte(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    for (unsigned i = 0; i < CONVERSATION; i++) {
        send_slowly(rig, rig->client, asked_of(i));
        expect_bytes(rig->server, asked_of(i));
        send_slowly(rig, rig->server, answer_of(i));
        expect_bytes(rig->client, answer_of(i));
    }
}

static void commands_and_answers_may_be_split_at_every_byte(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    struct slice asked = SLICE(""), answered = SLICE("");
    for (unsigned i = 0; i < CONVERSATION; i++) {
        asked = JOIN(asked, asked_of(i));
        answered = JOIN(answered, answer_of(i));
    }
    for (size_t cut = 1; cut < asked.len; cut++) {
        send_bytes(rig->client, slice_make(asked.ptr, cut));
        rig_settle(rig);
        send_bytes(rig->client, slice_from_offset(asked, cut));
        expect_bytes(rig->server, asked);
        size_t back = cut % answered.len;
        send_bytes(rig->server, slice_make(answered.ptr, back));
        rig_settle(rig);
        send_bytes(rig->server, slice_from_offset(answered, back));
        expect_bytes(rig->client, answered);
    }
    expect_nothing_told(&rig->tap);
}

static void a_session_that_the_tap_declines_is_relayed(void **state)
{
    struct rig *rig = *state;
    rig->tap.declines = true;
    rig_log_in(rig);
    expect_exchange(rig, query("CREATE TABLE t (a INT)"), ok(1, 2));
    expect_nothing_told(&rig->tap);
}

static void more_commands_than_fit_the_queue_all_pass_in_order(void **state)
{
    struct rig *rig = *state;
    struct slice asked = SLICE(""), answered = SLICE("");
    rig_log_in(rig);
    for (int i = 0; i < 50; i++) {
        asked = JOIN(asked, command(COM_INIT_DB, bytes_integer((unsigned)i, 1)));
        answered = JOIN(answered, ok(1, (uint16_t)(i << 8)));
    }
    unsigned batches = PENDING_MAX / 50 + 3;
    for (unsigned i = 0; i < batches; i++)
        send_bytes(rig->client, asked);
    for (unsigned i = 0; i < batches - 3; i++)
        expect_bytes(rig->server, asked);
    for (unsigned i = 0; i < batches; i++)
        send_bytes(rig->server, answered);
    for (unsigned i = 0; i < 3; i++)
        expect_bytes(rig->server, asked);
    for (unsigned i = 0; i < batches; i++)
        expect_bytes(rig->client, answered);
}

/* --- size ------------------------------------------------------------------------------------- */

static void packets_around_the_largest_size_pass(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    for (int over = -1; over <= 1; over++) {
        size_t len = (size_t)((int)PACKET_PAYLOAD_MAX + over);
        struct slice big = packet(0, bytes_pattern("\3SELECT '", len));
        expect_relayed(rig->client, rig->server, big);
        /* A row of that size, and another one to see that nothing went out of step. */
        struct slice row = packet(4, bytes_pattern("\xfd\xf0\xff\xff", len));
        struct slice answer =
            JOIN(rows_without_end("", 0), row, packet(5, SLICE("\1x")), end_of_rows(6, 2));
        expect_relayed(rig->server, rig->client, answer);
        expect_exchange(rig, query("SELECT 1"), one_row("1"));
    }
}

static void a_client_that_does_not_read_stops_the_server(void **state)
{
    struct rig *rig = *state;
    size_t much = 32u << 20, taken = 0;
    rig->small_buffers = 65536;
    rig_log_in(rig);
    send_bytes(rig->client, query("SELECT a FROM t"));
    expect_bytes(rig->server, query("SELECT a FROM t"));
    struct slice row = packet(4, bytes_pattern("\xfd\x9c\xff\x00", 0x10000));
    struct slice rows = JOIN(row, row, row, row, row, row, row, row, row, row, row, row);
    send_bytes(rig->server, rows_without_end("", 0));
    while (taken < much) {
        size_t count = send_until_blocked(rig->server, rows);
        taken += count;
        if (count < rows.len)
            break;
    }
    assert_true(taken < 8u << 20);
    /* And goes on when it reads. */
    struct slice rest = slice_from_offset(rows, taken % rows.len);
    size_t total = taken + rest.len + rows_without_end("", 0).len;
    size_t got = 0, sent = 0;
    while (got < total) {
        if (sent < rest.len)
            sent += send_until_blocked(rig->server, slice_from_offset(rest, sent));
        size_t count =
            sent < rest.len ? read_until_silence(rig->client, 50) : read_what_comes(rig->client);
        if (count == 0 && sent == rest.len)
            break;
        got += count;
    }
    assert_int_equal(got, total);
    expect_relayed(rig->server, rig->client, end_of_rows(5, 2));
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void a_server_that_does_not_read_stops_the_client(void **state)
{
    struct rig *rig = *state;
    rig->small_buffers = 65536;
    rig_log_in(rig);
    struct slice big = packet(0, bytes_pattern("\3INSERT", 15u << 20));
    size_t taken = send_until_blocked(rig->client, big);
    assert_true(taken < 8u << 20);
    send_bytes(rig->server, SLICE("")); /* nothing: the session must not need it */
    struct slice rest = slice_from_offset(big, taken);
    size_t got = 0, sent = 0;
    while (got < big.len) {
        if (sent < rest.len)
            sent += send_until_blocked(rig->client, slice_from_offset(rest, sent));
        size_t count =
            sent < rest.len ? read_until_silence(rig->server, 50) : read_what_comes(rig->server);
        if (count == 0 && sent == rest.len)
            break;
        got += count;
    }
    assert_int_equal(got, big.len);
}

/* --- turns taken otherwise -------------------------------------------------------------------- */

static void a_local_file_passes_and_its_packets_are_no_commands(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    expect_exchange(rig, query("LOAD DATA LOCAL"), packet(1, SLICE("\xfb/tmp/x")));
    expect_relayed(rig->client, rig->server,
                   JOIN(packet(2, SLICE("\3CREATE TABLE t")), packet(3, bytes_pattern("", 70000)),
                        packet(4, SLICE(""))));
    expect_relayed(rig->server, rig->client, ok(5, 2));
    expect_nothing_told(&rig->tap);
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void an_empty_local_file_passes(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    expect_exchange(rig, query("LOAD DATA LOCAL"), packet(1, SLICE("\xfb/tmp/x")));
    expect_exchange(rig, packet(2, SLICE("")), error(3, 29, "no file"));
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void an_unknown_command_makes_the_session_a_raw_relay(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    struct slice unknown = packet(0, SLICE("\x77 what?"));
    expect_relayed(rig->client, rig->server, unknown);
    expect_told(&rig->tap, "close");
    expect_relayed(rig->server, rig->client, bytes_pattern("anything", 100001));
    expect_relayed(rig->client, rig->server, bytes_pattern("both ways", 100001));
    expect_relayed(rig->client, rig->server, query("CREATE TABLE t (a INT)"));
    expect_nothing_told(&rig->tap);
}

/* MySQL answers what is too short, and what else of that kind is answered by nobody. */
static void a_command_too_short_for_its_statement_makes_the_session_a_raw_relay(void **state)
{
    const struct slice short_ones[] = {
        command(COM_STMT_CLOSE, SLICE("")),
        command(COM_STMT_CLOSE, SLICE("\1\0\0")),
        command(COM_STMT_SEND_LONG_DATA, SLICE("\1\0\0\0\0")),
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof(short_ones) / sizeof(*short_ones); i++) {
        rig_log_in(rig);
        expect_relayed(rig->client, rig->server,
                       JOIN(short_ones[i], query("CREATE TABLE t (a INT)")));
        expect_relayed(rig->server, rig->client, JOIN(error(1, 1835, "Malformed"), ok(1, 2)));
        expect_told(&rig->tap, "close");
        expect_nothing_told(&rig->tap);
        rig_close(&rig->client);
        rig_close(&rig->server);
        rig_expect_no_session(rig);
    }
}

/* Servers take it for a COM_SLEEP, which they do not know, and go on. */
static void an_empty_command_is_one_that_fails(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    expect_exchange(rig, packet(0, SLICE("")), error(1, 1047, "Unknown command"));
    expect_exchange(rig, query("CREATE TABLE t (a INT)"), ok(1, 2));
    expect_told(&rig->tap, "command query CREATE TABLE t (a INT)");
    expect_told(&rig->tap, "outcome 0 ok last");
}

static void an_answer_that_does_not_fit_makes_the_session_a_raw_relay(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    expect_exchange(rig, command(COM_PING, SLICE("")), packet(1, SLICE("\x05nonsense")));
    expect_told(&rig->tap, "close");
    expect_exchange(rig, query("CREATE TABLE t (a INT)"), SLICE("anything"));
}

static void an_error_out_of_turn_reaches_the_client(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    struct slice timeout = error(0, 4031, "disconnected by the server because of inactivity");
    send_bytes(rig->server, timeout);
    rig_close(&rig->server);
    expect_bytes(rig->client, timeout);
    expect_end(rig->client);
    expect_told(&rig->tap, "close");
}

static void an_error_out_of_turn_is_not_the_answer_to_a_command(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    expect_exchange(rig, query("SELECT 1"), error(0, 1053, "Server shutdown in progress"));
    rig_close(&rig->server);
    expect_end(rig->client);
    expect_told(&rig->tap, "close");
}

static void quit_reaches_the_server_and_ends_the_session(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    expect_relayed(rig->client, rig->server, command(COM_QUIT, SLICE("")));
    rig_close(&rig->server);
    expect_end(rig->client);
    rig_expect_no_session(rig);
    expect_told(&rig->tap, "close");
    expect_nothing_told(&rig->tap);
}

static void a_client_may_close_its_sending_side_and_read_on(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    send_bytes(rig->client, query("SELECT 1"));
    shutdown(rig->client, SHUT_WR);
    expect_bytes(rig->server, query("SELECT 1"));
    expect_end(rig->server);
    expect_relayed(rig->server, rig->client, one_row("1"));
    rig_close(&rig->server);
    expect_end(rig->client);
}

static void a_server_that_closes_behind_its_answer_loses_no_byte_of_it(void **state)
{
    struct rig *rig = *state;
    rig->small_buffers = 32768;
    rig_log_in(rig);
    send_bytes(rig->client, query("SELECT 1"));
    expect_bytes(rig->server, query("SELECT 1"));
    struct slice answer = JOIN(rows_without_end("0123456789", 40000), end_of_rows(9, 2));
    size_t early = rows_without_end("0123456789", 38000).len;
    expect_relayed(rig->server, rig->client, slice_make(answer.ptr, early));
    send_bytes(rig->server, slice_from_offset(answer, early));
    rig_close(&rig->server);
    usleep(20000);
    expect_bytes(rig->client, slice_from_offset(answer, early));
    expect_end(rig->client);
}

/* --- other users ------------------------------------------------------------------------------ */

static void a_change_of_user_reopens_the_tap(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    expect_exchange(rig, change_user("bert", "store"),
                    packet(1, SLICE("\xfe"
                                    "mysql_native_password\0ABCDEFGH")));
    /* No command: an answer to the plugin that looks like one. */
    expect_exchange(rig, packet(2, SLICE("\3CREATE TABLE t")), ok(3, 2));
    expect_told(&rig->tap, "close");
    expect_told(&rig->tap, "open bert store");
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
    expect_nothing_told(&rig->tap);
}

static void a_change_of_user_may_come_byte_by_byte(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    send_slowly(rig, rig->client, change_user("bert", "store"));
    expect_bytes(rig->server, change_user("bert", "store"));
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_told(&rig->tap, "close");
    expect_told(&rig->tap, "open bert store");
}

static void a_refused_change_of_user_leaves_the_user_as_he_was(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    expect_exchange(rig, change_user("bert", "store"), error(1, 1045, "Access denied"));
    expect_told(&rig->tap, "close");
    expect_told(&rig->tap, "open anna shop");
    expect_exchange(rig, change_user("carl", "depot"), ok(1, 2));
    expect_told(&rig->tap, "close");
    expect_told(&rig->tap, "open carl depot");
}

static void a_change_of_user_that_nobody_answers_ends_with_the_session(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    expect_relayed(rig->client, rig->server, change_user("bert", "store"));
    rig_close(&rig->server);
    expect_end(rig->client);
    expect_told(&rig->tap, "close");
    expect_nothing_told(&rig->tap);
}

int test_relay(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(commands_and_answers_pass_byte_for_byte),
        RIG_TEST(commands_and_answers_may_come_byte_by_byte),
        RIG_TEST(commands_and_answers_may_be_split_at_every_byte),
        RIG_TEST(a_session_that_the_tap_declines_is_relayed),
        RIG_TEST(more_commands_than_fit_the_queue_all_pass_in_order),
        RIG_TEST(packets_around_the_largest_size_pass),
        RIG_TEST(a_client_that_does_not_read_stops_the_server),
        RIG_TEST(a_server_that_does_not_read_stops_the_client),
        RIG_TEST(a_local_file_passes_and_its_packets_are_no_commands),
        RIG_TEST(an_empty_local_file_passes),
        RIG_TEST(an_unknown_command_makes_the_session_a_raw_relay),
        RIG_TEST(a_command_too_short_for_its_statement_makes_the_session_a_raw_relay),
        RIG_TEST(an_empty_command_is_one_that_fails),
        RIG_TEST(an_answer_that_does_not_fit_makes_the_session_a_raw_relay),
        RIG_TEST(an_error_out_of_turn_reaches_the_client),
        RIG_TEST(an_error_out_of_turn_is_not_the_answer_to_a_command),
        RIG_TEST(quit_reaches_the_server_and_ends_the_session),
        RIG_TEST(a_client_may_close_its_sending_side_and_read_on),
        RIG_TEST(a_server_that_closes_behind_its_answer_loses_no_byte_of_it),
        RIG_TEST(a_change_of_user_reopens_the_tap),
        RIG_TEST(a_change_of_user_may_come_byte_by_byte),
        RIG_TEST(a_refused_change_of_user_leaves_the_user_as_he_was),
        RIG_TEST(a_change_of_user_that_nobody_answers_ends_with_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
