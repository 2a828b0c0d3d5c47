/* Somebody leaves, in every state of a held command; and the proxy's own end. */
#include "suites.h"

#include <sys/socket.h>
#include <unistd.h>

#include "wire/packet.h"

#define CREATE "CREATE TABLE t (a INT)"
#define COMMAND "command query " CREATE

static void hold_create(struct rig *rig)
{
    rig_log_in(rig);
    send_bytes(rig->client, query(CREATE));
    expect_told(&rig->tap, COMMAND);
}

static void forward_create(struct rig *rig)
{
    rig->tap.decision = TAP_FORWARD;
    hold_create(rig);
    expect_bytes(rig->server, query(CREATE));
}

static void expect_closed_once(struct rig *rig)
{
    expect_told(&rig->tap, "close");
    rig_expect_no_session(rig);
    expect_nothing_told(&rig->tap);
}

/* --- the client leaves ------------------------------------------------------------------------ */

static void a_client_that_vanishes_while_its_command_is_held_ends_the_session(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    rig_reset(&rig->client);
    expect_end(rig->server);
    expect_closed_once(rig);
}

static void a_client_that_vanishes_during_a_question_ends_the_session(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_ASK, "SELECT 1");
    expect_bytes(rig->server, query("SELECT 1"));
    rig_reset(&rig->client);
    expect_end(rig->server);
    expect_closed_once(rig);
}

static void the_outcome_is_told_though_the_client_has_vanished(void **state)
{
    struct rig *rig = *state;
    forward_create(rig);
    rig_reset(&rig->client);
    rig_settle(rig);
    expect_silence(rig->server);
    send_bytes(rig->server, JOIN(ok(1, STATUS_MORE_RESULTS)));
    expect_told(&rig->tap, "outcome 0 ok");
    send_bytes(rig->server, JOIN(rows_without_end("any", 20000), end_of_rows(1, 2)));
    expect_told(&rig->tap, "outcome 1 rows last");
    expect_end(rig->server);
    expect_closed_once(rig);
}

static void the_outcome_is_told_though_the_client_has_said_goodbye(void **state)
{
    struct rig *rig = *state;
    forward_create(rig);
    rig_close(&rig->client);
    rig_settle(rig);
    expect_silence(rig->server);
    send_bytes(rig->server, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_end(rig->server);
    rig_close(&rig->server);
    expect_closed_once(rig);
}

static void a_kept_outcome_outlives_the_client(void **state)
{
    struct rig *rig = *state;
    rig->tap.keeps = true;
    forward_create(rig);
    send_bytes(rig->server, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    rig_reset(&rig->client);
    rig_settle(rig);
    expect_nothing_told(&rig->tap);
    tap_do(&rig->tap, TAP_RELEASE, NULL);
    expect_end(rig->server);
    expect_closed_once(rig);
}

static void a_client_that_vanishes_within_its_file_loses_the_outcome(void **state)
{
    struct rig *rig = *state;
    forward_create(rig);
    expect_relayed(rig->server, rig->client, packet(1, SLICE("\xfb/tmp/x")));
    expect_relayed(rig->client, rig->server, packet(2, SLICE("half of")));
    rig_reset(&rig->client);
    expect_end(rig->server);
    expect_told(&rig->tap, "outcome 0 lost last");
    expect_closed_once(rig);
}

static void a_client_that_ends_within_its_file_ends_the_server_too(void **state)
{
    struct rig *rig = *state;
    forward_create(rig);
    expect_relayed(rig->server, rig->client, packet(1, SLICE("\xfb/tmp/x")));
    expect_relayed(rig->client, rig->server, packet(2, SLICE("half of")));
    rig_close(&rig->client);
    expect_end(rig->server);
    rig_close(&rig->server);
    expect_told(&rig->tap, "outcome 0 lost last");
    expect_closed_once(rig);
}

static void half_a_command_does_not_keep_the_session_alive(void **state)
{
    static const size_t halves[] = {1, 3, 4, 6, 9, 20};
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof(halves) / sizeof(*halves); i++) {
        rig_log_in(rig);
        send_bytes(rig->client, slice_make(query(CREATE).ptr, halves[i]));
        rig_close(&rig->client);
        expect_end(rig->server);
        rig_close(&rig->server);
        expect_closed_once(rig);
    }
}

static void half_an_authentication_packet_does_not_keep_the_session_alive(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    (void)read_until_silence(rig->client, 30);
    send_bytes(rig->client, JOIN(response(CLIENT_WANTS, "anna", "shop"), SLICE("\7\0")));
    (void)read_until_silence(rig->server, 30);
    rig_close(&rig->client);
    expect_end(rig->server);
}

/* --- the server leaves ------------------------------------------------------------------------ */

static void a_server_that_vanishes_between_commands_ends_the_session(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    rig_close(&rig->server);
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void a_server_that_vanishes_while_a_command_is_held_ends_the_session(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    rig_close(&rig->server);
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void a_server_that_vanishes_while_a_command_waits_ends_the_session(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    send_bytes(rig->client, JOIN(query("SELECT 1"), query(CREATE)));
    expect_bytes(rig->server, query("SELECT 1"));
    rig_close(&rig->server);
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void a_server_that_vanishes_during_a_question_ends_the_session(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_ASK, "SELECT 1");
    expect_bytes(rig->server, query("SELECT 1"));
    send_bytes(rig->server, rows_without_end("1", 1));
    rig_close(&rig->server);
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void a_server_that_vanishes_at_work_loses_the_outcome(void **state)
{
    struct rig *rig = *state;
    forward_create(rig);
    rig_close(&rig->server);
    expect_end(rig->client);
    expect_told(&rig->tap, "outcome 0 lost last");
    expect_closed_once(rig);
}

static void a_server_that_resets_at_work_loses_the_outcome(void **state)
{
    struct rig *rig = *state;
    forward_create(rig);
    send_bytes(rig->server, ok(1, STATUS_MORE_RESULTS));
    expect_told(&rig->tap, "outcome 0 ok");
    rig_reset(&rig->server);
    expect_end_after_anything(rig->client);
    expect_told(&rig->tap, "outcome 1 lost last");
    expect_closed_once(rig);
}

static void a_server_that_vanishes_behind_a_kept_outcome_is_waited_out(void **state)
{
    struct rig *rig = *state;
    rig->tap.keeps = true;
    forward_create(rig);
    send_bytes(rig->server, ok(1, 2));
    rig_close(&rig->server);
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_silence(rig->client);
    tap_do(&rig->tap, TAP_RELEASE, NULL);
    expect_bytes(rig->client, ok(1, 2));
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void an_error_instead_of_the_answer_to_a_question_reaches_the_client(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_ASK, "SELECT 1");
    expect_bytes(rig->server, query("SELECT 1"));
    send_bytes(rig->server, error(0, 1053, "Server shutdown in progress"));
    expect_bytes(rig->client, error(0, 1053, "Server shutdown in progress"));
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void
an_error_out_of_turn_instead_of_the_outcome_is_relayed_and_the_outcome_lost(void **state)
{
    struct rig *rig = *state;
    forward_create(rig);
    expect_relayed(rig->server, rig->client, error(0, 1927, "Connection was killed"));
    expect_nothing_told(&rig->tap);
    rig_close(&rig->server);
    expect_told(&rig->tap, "outcome 0 lost last");
    expect_end(rig->client);
    expect_closed_once(rig);
}

/* --- the proxy ends --------------------------------------------------------------------------- */

static void drain(void *argument)
{
    session_drain_all(argument);
}

static void close_all(void *argument)
{
    session_close_all(argument);
}

static void draining_closes_an_idle_session(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    rig_on_loop(rig, drain, &rig->home);
    expect_end(rig->client);
    expect_end(rig->server);
    expect_closed_once(rig);
}

static void draining_waits_for_a_command_and_its_transaction(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    send_bytes(rig->client, query("BEGIN"));
    expect_bytes(rig->server, query("BEGIN"));
    rig_on_loop(rig, drain, &rig->home);
    expect_silence(rig->client);
    expect_relayed(rig->server, rig->client, ok(1, 2 | STATUS_IN_TRANSACTION));
    rig_on_loop(rig, drain, &rig->home);
    expect_silence(rig->client);
    expect_exchange(rig, query("COMMIT"), ok(1, 2));
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void draining_waits_for_a_held_command(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    rig_on_loop(rig, drain, &rig->home);
    expect_silence(rig->client);
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void draining_cuts_no_answer_off_from_a_slow_client(void **state)
{
    struct rig *rig = *state;
    rig->small_buffers = 32768;
    rig_log_in(rig);
    send_bytes(rig->client, query("SELECT 1"));
    expect_bytes(rig->server, query("SELECT 1"));
    /* Rows until nothing goes any more, then as many as the client has taken, and the end. */
    struct slice row = packet(4, JOIN(SLICE("\xfa"), bytes_pattern("", 250)));
    struct slice end = end_of_rows(5, 2);
    size_t sent = 0, cut = 0, got = 0;
    send_bytes(rig->server, rows_without_end("", 0));
    while (cut == 0) {
        size_t count = send_until_blocked(rig->server, row);
        sent += count;
        if (count < row.len)
            cut = row.len - count;
    }
    while (got == 0 || cut > 0 || end.len > 0) {
        char some[4096];
        got += (size_t)recv(rig->client, some, sizeof(some), 0);
        size_t count = send_until_blocked(rig->server, slice_from_offset(row, row.len - cut));
        cut -= count;
        sent += count;
        if (cut == 0) {
            send_bytes(rig->server, end);
            end.len = 0;
        }
    }
    sent += end_of_rows(5, 2).len + rows_without_end("", 0).len;
    rig_settle(rig);
    rig_on_loop(rig, drain, &rig->home);
    while (got < sent) {
        char some[1000];
        ssize_t count = recv(rig->client, some, sizeof(some), 0);
        assert_true(count > 0);
        got += (size_t)count;
        rig_on_loop(rig, drain, &rig->home);
    }
    assert_int_equal(got, sent);
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void closing_all_loses_the_outcome_of_a_command_at_work(void **state)
{
    struct rig *rig = *state;
    forward_create(rig);
    rig_on_loop(rig, close_all, &rig->home);
    expect_told(&rig->tap, "outcome 0 lost last");
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void closing_all_tells_a_kept_outcome_no_second_time(void **state)
{
    struct rig *rig = *state;
    rig->tap.keeps = true;
    forward_create(rig);
    send_bytes(rig->server, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    rig_on_loop(rig, close_all, &rig->home);
    expect_end(rig->client);
    expect_closed_once(rig);
}

static void closing_all_ends_sessions_in_every_phase(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_on_loop(rig, close_all, &rig->home);
    expect_end(rig->client);
    rig_close(&rig->client);
    rig_accept(rig);
    rig_close(&rig->server);

    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    (void)read_until_silence(rig->client, 30);
    rig_on_loop(rig, close_all, &rig->home);
    expect_end(rig->client);
    rig_expect_no_session(rig);
    expect_nothing_told(&rig->tap);
}

int test_ends(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_client_that_vanishes_while_its_command_is_held_ends_the_session),
        RIG_TEST(a_client_that_vanishes_during_a_question_ends_the_session),
        RIG_TEST(the_outcome_is_told_though_the_client_has_vanished),
        RIG_TEST(the_outcome_is_told_though_the_client_has_said_goodbye),
        RIG_TEST(a_kept_outcome_outlives_the_client),
        RIG_TEST(a_client_that_vanishes_within_its_file_loses_the_outcome),
        RIG_TEST(a_client_that_ends_within_its_file_ends_the_server_too),
        RIG_TEST(half_a_command_does_not_keep_the_session_alive),
        RIG_TEST(half_an_authentication_packet_does_not_keep_the_session_alive),
        RIG_TEST(a_server_that_vanishes_between_commands_ends_the_session),
        RIG_TEST(a_server_that_vanishes_while_a_command_is_held_ends_the_session),
        RIG_TEST(a_server_that_vanishes_while_a_command_waits_ends_the_session),
        RIG_TEST(a_server_that_vanishes_during_a_question_ends_the_session),
        RIG_TEST(a_server_that_vanishes_at_work_loses_the_outcome),
        RIG_TEST(a_server_that_resets_at_work_loses_the_outcome),
        RIG_TEST(a_server_that_vanishes_behind_a_kept_outcome_is_waited_out),
        RIG_TEST(an_error_instead_of_the_answer_to_a_question_reaches_the_client),
        RIG_TEST(an_error_out_of_turn_instead_of_the_outcome_is_relayed_and_the_outcome_lost),
        RIG_TEST(draining_closes_an_idle_session),
        RIG_TEST(draining_waits_for_a_command_and_its_transaction),
        RIG_TEST(draining_waits_for_a_held_command),
        RIG_TEST(draining_cuts_no_answer_off_from_a_slow_client),
        RIG_TEST(closing_all_loses_the_outcome_of_a_command_at_work),
        RIG_TEST(closing_all_tells_a_kept_outcome_no_second_time),
        RIG_TEST(closing_all_ends_sessions_in_every_phase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
