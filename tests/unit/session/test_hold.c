/* Commands that the tap wants to see first: held, asked about, forwarded or refused, answered. */
#include "suites.h"

#include <sys/socket.h>
#include <unistd.h>

#include "wire/packet.h"

#define CREATE "CREATE TABLE t (a INT)"

static void expect_held(struct rig *rig)
{
    expect_told(&rig->tap, "command query " CREATE);
    expect_silence(rig->server);
}

/* The command is held, and the test decides. */
static void hold_create(struct rig *rig)
{
    rig_log_in(rig);
    send_bytes(rig->client, query(CREATE));
    expect_held(rig);
}

static void a_command_is_held_until_it_is_forwarded(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_nothing_told(&rig->tap);
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void a_command_may_be_forwarded_within_the_callback(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    for (int i = 0; i < 3; i++) {
        expect_exchange(rig, query(CREATE), ok(1, 2));
        expect_told(&rig->tap, "command query " CREATE);
        expect_told(&rig->tap, "outcome 0 ok last");
    }
}

static void the_tap_knows_whether_a_text_may_hold_several_statements(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    static const struct {
        const char *option; /* of COM_SET_OPTION: 0 on, 1 off, others are unknown */
        bool expected;
    } steps[] = {{"\x1b\0", true}, {"\x1b\1", false}, {"\x1b\7", false}, {"\x1b\0", true}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const char payload[] = {steps[i].option[0], steps[i].option[1], 0};
        expect_exchange(rig, packet(0, slice_make(payload, sizeof(payload))), end_of_rows(1, 2));
        expect_exchange(rig, query(CREATE), ok(1, 2));
        expect_told(&rig->tap, "command query " CREATE);
        expect_told(&rig->tap, "outcome 0 ok last");
        assert_true(rig->tap.multi_statements == steps[i].expected);
    }
}

static bool is_to_ask_nothing(struct rig *rig)
{
    expect_exchange(rig, query(CREATE), ok(1, 2));
    expect_told(&rig->tap, "command query " CREATE);
    expect_told(&rig->tap, "outcome 0 ok last");
    return rig->tap.ask_nothing;
}

/* In a transaction that the server tells the state of, questions would count. */
static void nothing_is_asked_within_a_tracked_transaction(void **state)
{
    struct rig *rig = *state;
    struct slice begun = packet(1, SLICE("\0\0\0\x03\x40\0\0\0\x0b\x05\x09\x08T_______"));
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    expect_exchange(rig, query("BEGIN"), ok(1, 3));
    assert_false(is_to_ask_nothing(rig)); /* not tracked */
    expect_exchange(rig, query("BEGIN"), begun);
    assert_true(is_to_ask_nothing(rig));
    assert_false(is_to_ask_nothing(rig)); /* the statement has ended the transaction */
    expect_exchange(rig, query("SET autocommit = 0"), ok(1, 0));
    assert_true(is_to_ask_nothing(rig));
}

static bool a_report_may_wait(struct rig *rig)
{
    expect_exchange(rig, query(CREATE), error(1, 1050, "exists"));
    expect_told(&rig->tap, "command query " CREATE);
    expect_told(&rig->tap, "outcome 0 error 1050 last");
    return rig->tap.report_may_wait;
}

static void a_report_may_wait_until_the_next_ok(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig->wants = CLIENT_WANTS | CLIENT_DEPRECATE_EOF;
    rig->offers = SERVER_OFFERS | CLIENT_DEPRECATE_EOF;
    rig_log_in(rig);
    assert_false(a_report_may_wait(rig));
    assert_true(a_report_may_wait(rig));
    expect_exchange(rig, query("SELECT 1"), error(1, 1054, "Unknown column"));
    assert_true(a_report_may_wait(rig));
    expect_exchange(rig, query("DO 1"), ok(1, 2));
    assert_false(a_report_may_wait(rig));
}

static void no_report_waits_for_a_client_that_wants_none(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    assert_false(a_report_may_wait(rig));
    assert_false(a_report_may_wait(rig));
}

static void a_held_command_may_be_split_at_every_byte(void **state)
{
    struct rig *rig = *state;
    struct slice asked = query(CREATE);
    rig->tap.decision = TAP_FORWARD;
    rig->tap.questions = 1;
    rig_log_in(rig);
    for (size_t cut = 1; cut < asked.len; cut++) {
        send_bytes(rig->client, slice_make(asked.ptr, cut));
        rig_settle(rig);
        send_bytes(rig->client, slice_from_offset(asked, cut));
        expect_bytes(rig->server, query("SELECT 1"));
        struct slice answer = one_row("y");
        send_bytes(rig->server, slice_make(answer.ptr, cut));
        rig_settle(rig);
        send_bytes(rig->server, slice_from_offset(answer, cut));
        expect_bytes(rig->server, asked);
        expect_relayed(rig->server, rig->client, ok(1, 2));
        expect_told(&rig->tap, "command query " CREATE);
        expect_told(&rig->tap, "answer 1 y");
        expect_told(&rig->tap, "outcome 0 ok last");
    }
}

static void the_text_behind_query_attributes_is_handed_over(void **state)
{
    struct rig *rig = *state;
    rig->wants |= CLIENT_QUERY_ATTRIBUTES;
    rig->tap.decision = TAP_FORWARD;
    rig->tap.questions = 1;
    rig_log_in(rig);
    struct slice asked =
        command(COM_QUERY, JOIN(SLICE("\1\1\0\1\xfe\0\4name\5value"), slice_from(CREATE)));
    send_bytes(rig->client, asked);
    expect_told(&rig->tap, "command query " CREATE);
    expect_bytes(rig->server, command(COM_QUERY, SLICE("\0\1SELECT 1")));
    send_bytes(rig->server, one_row("yes"));
    expect_bytes(rig->server, asked);
    expect_relayed(rig->server, rig->client, ok(1, 2));
}

static void questions_are_invisible_to_the_client(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_ASK, "SELECT @@sql_mode");
    expect_bytes(rig->server, query("SELECT @@sql_mode"));
    send_bytes(rig->server, one_row("ANSI"));
    expect_told(&rig->tap, "answer 1 ANSI");
    tap_do(&rig->tap, TAP_ASK, "SELECT GET_LOCK('x', 1)");
    expect_bytes(rig->server, query("SELECT GET_LOCK('x', 1)"));
    send_bytes(rig->server,
               JOIN(rows_without_end("", 0), packet(4, SLICE("\xfb")), end_of_rows(5, 2)));
    expect_told(&rig->tap, "answer 1 NULL");
    expect_silence(rig->client);
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_silence(rig->client);
}

static void questions_may_follow_each_other_within_the_callbacks(void **state)
{
    struct rig *rig = *state;
    rig->tap.questions = 3;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    send_bytes(rig->client, query(CREATE));
    expect_told(&rig->tap, "command query " CREATE);
    for (int i = 0; i < 3; i++) {
        expect_bytes(rig->server, query("SELECT 1"));
        send_bytes(rig->server, one_row("1"));
        expect_told(&rig->tap, "answer 1 1");
    }
    expect_bytes(rig->server, query(CREATE));
    expect_relayed(rig->server, rig->client, error(1, 1050, "exists"));
    expect_told(&rig->tap, "outcome 0 error 1050 last");
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void a_question_may_be_answered_with_an_error(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_ASK, "SELECT nonsense");
    expect_bytes(rig->server, query("SELECT nonsense"));
    send_bytes(rig->server, error(1, 1054, "Unknown column"));
    expect_told(&rig->tap, "answer error 1054");
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    expect_relayed(rig->server, rig->client, ok(1, 2));
}

static void a_question_may_be_answered_without_a_row(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_ASK, "SELECT a FROM t");
    expect_bytes(rig->server, query("SELECT a FROM t"));
    send_bytes(rig->server, JOIN(rows_without_end("", 0), end_of_rows(4, 2)));
    expect_told(&rig->tap, "answer 0");
    tap_do(&rig->tap, TAP_REFUSE, NULL);
    expect_error_packet(rig->client, 1105, "not now");
}

static void a_refused_command_never_reaches_the_server(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_REFUSE, NULL);
    expect_error_packet(rig->client, 1105, "ddltap: not now");
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
    expect_nothing_told(&rig->tap);
}

static void a_command_may_be_refused_within_the_callback(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_REFUSE;
    rig_log_in(rig);
    send_bytes(rig->client, JOIN(query(CREATE), query("SELECT 1")));
    expect_error_packet(rig->client, 1105, "not now");
    expect_bytes(rig->server, query("SELECT 1"));
    expect_relayed(rig->server, rig->client, one_row("1"));
}

static void a_command_may_be_refused_with_the_answer_to_its_question(void **state)
{
    struct rig *rig = *state;
    hold_create(rig);
    tap_do(&rig->tap, TAP_ASK, "SELECT GET_LOCK('x', 50)");
    expect_bytes(rig->server, query("SELECT GET_LOCK('x', 50)"));
    send_bytes(rig->server, error(1, 1317, "Query execution was interrupted"));
    expect_told(&rig->tap, "answer error 1317");
    tap_do(&rig->tap, TAP_REFUSE_AS_ANSWERED, NULL);
    expect_bytes(rig->client, error(1, 1317, "Query execution was interrupted"));
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

/* --- order ------------------------------------------------------------------------------------ */

static void a_held_command_waits_for_those_before_it(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    send_bytes(rig->client, JOIN(query("SELECT 1"), command(COM_PING, SLICE("")), query(CREATE),
                                 query("SELECT 2"), query(CREATE)));
    expect_bytes(rig->server, JOIN(query("SELECT 1"), command(COM_PING, SLICE(""))));
    expect_silence(rig->server);
    expect_nothing_told(&rig->tap);
    expect_relayed(rig->server, rig->client, one_row("1"));
    expect_nothing_told(&rig->tap);
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_held(rig);
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    expect_silence(rig->server);
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_bytes(rig->server, query("SELECT 2"));
    expect_nothing_told(&rig->tap);
    expect_relayed(rig->server, rig->client, one_row("2"));
    expect_held(rig);
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    expect_relayed(rig->server, rig->client, error(1, 1050, "exists"));
    expect_told(&rig->tap, "outcome 0 error 1050 last");
}

static void an_answer_that_does_not_fit_lets_the_held_command_go(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    send_bytes(rig->client, JOIN(command(COM_PING, SLICE("")), query(CREATE)));
    expect_bytes(rig->server, command(COM_PING, SLICE("")));
    expect_relayed(rig->server, rig->client, packet(1, SLICE("\x05nonsense")));
    expect_told(&rig->tap, "close");
    expect_bytes(rig->server, query(CREATE));
    expect_relayed(rig->server, rig->client, ok(1, 2));
}

/* --- outcomes --------------------------------------------------------------------------------- */

static void a_kept_outcome_holds_back_exactly_the_last_packet(void **state)
{
    struct rig *rig = *state;
    rig->tap.keeps = true;
    hold_create(rig);
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    struct slice rows = rows_without_end("value", 5000);
    send_bytes(rig->server, JOIN(rows, end_of_rows(3, 2)));
    expect_bytes(rig->client, rows);
    expect_told(&rig->tap, "outcome 0 rows last");
    expect_silence(rig->client);
    send_bytes(rig->client, query("SELECT 1"));
    expect_silence(rig->server);
    tap_do(&rig->tap, TAP_RELEASE, NULL);
    expect_bytes(rig->client, end_of_rows(3, 2));
    expect_bytes(rig->server, query("SELECT 1"));
    expect_nothing_told(&rig->tap);
}

static void the_outcomes_of_several_statements_come_in_order(void **state)
{
    struct rig *rig = *state;
    rig->tap.keeps = true;
    hold_create(rig);
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    struct slice rows = rows_without_end("x", 3);
    /* All at once; each is let go one by one. */
    send_bytes(rig->server, JOIN(ok(1, STATUS_MORE_RESULTS), rows,
                                 end_of_rows(7, STATUS_MORE_RESULTS), ok(8, 2)));
    expect_told(&rig->tap, "outcome 0 ok");
    expect_silence(rig->client);
    tap_do(&rig->tap, TAP_RELEASE, NULL);
    expect_bytes(rig->client, JOIN(ok(1, STATUS_MORE_RESULTS), rows));
    expect_told(&rig->tap, "outcome 1 rows");
    expect_silence(rig->client);
    tap_do(&rig->tap, TAP_LET_PASS, NULL);
    tap_do(&rig->tap, TAP_RELEASE, NULL);
    expect_bytes(rig->client, JOIN(end_of_rows(7, STATUS_MORE_RESULTS), ok(8, 2)));
    expect_told(&rig->tap, "outcome 2 ok last");
    expect_nothing_told(&rig->tap);
}

static void an_error_is_the_last_outcome(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    expect_exchange(rig, query(CREATE), JOIN(ok(1, STATUS_MORE_RESULTS), error(2, 1050, "exists")));
    expect_told(&rig->tap, "command query " CREATE);
    expect_told(&rig->tap, "outcome 0 ok");
    expect_told(&rig->tap, "outcome 1 error 1050 last");
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void a_progress_report_is_no_outcome(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    struct slice progress = packet(1, SLICE("\xff\xff\xff\1\1\2\0\0\0\4copy"));
    expect_exchange(rig, query(CREATE), JOIN(progress, progress, ok(3, 2)));
    expect_told(&rig->tap, "command query " CREATE);
    expect_told(&rig->tap, "outcome 0 ok last");
}

static void a_local_file_within_a_tapped_command_passes(void **state)
{
    struct rig *rig = *state;
    rig->small_buffers = 32768;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    expect_exchange(rig, query(CREATE), packet(1, SLICE("\xfb/tmp/x")));
    expect_told(&rig->tap, "command query " CREATE);
    /* More than the buffers hold, and a command right behind it that must wait. */
    struct slice file = JOIN(packet(2, bytes_pattern("CREATE", 12u << 20)), packet(3, SLICE("")));
    expect_relayed(rig->client, rig->server, file);
    send_bytes(rig->client, query(CREATE));
    rig_settle(rig);
    expect_nothing_told(&rig->tap);
    expect_relayed(rig->server, rig->client, ok(4, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_told(&rig->tap, "command query " CREATE);
    expect_bytes(rig->server, query(CREATE));
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
}

static void a_command_behind_a_local_file_waits_for_its_answer(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    expect_exchange(rig, query(CREATE), packet(1, SLICE("\xfb/tmp/x")));
    struct slice file = JOIN(packet(2, SLICE("one line")), packet(3, SLICE("")));
    send_bytes(rig->client, JOIN(file, query(CREATE)));
    expect_bytes(rig->server, file);
    expect_silence(rig->server);
    expect_relayed(rig->server, rig->client, ok(4, 2));
    expect_bytes(rig->server, query(CREATE));
    expect_told(&rig->tap, "command query " CREATE);
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_told(&rig->tap, "command query " CREATE);
}

static void an_answer_that_comes_early_does_not_cut_the_command(void **state)
{
    struct rig *rig = *state;
    rig->small_buffers = 32768;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    struct slice asked = command(COM_QUERY, bytes_pattern(CREATE ", 45678901234567890", 12u << 20));
    send_bytes(rig->client, asked); /* held: all of it is taken in */
    expect_told(&rig->tap, "command query CREATE TABLE t (a INT), 4567890123456789");
    expect_relayed(rig->server, rig->client, error(1, 1153, "packet too large"));
    expect_bytes(rig->server, asked);
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

/* --- limits ----------------------------------------------------------------------------------- */

static void a_text_over_the_limit_is_forwarded_untapped(void **state)
{
    struct rig *rig = *state;
    rig->shared.sink.text_limit = 100000;
    rig_log_in(rig);
    struct slice asked = command(COM_QUERY, bytes_pattern(CREATE, 3u << 20));
    expect_relayed(rig->client, rig->server, asked);
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_told(&rig->tap, "untapped");
    expect_nothing_told(&rig->tap);
    assert_true(rig->tap.untapped > 100000);
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void a_text_over_the_limit_that_comes_at_once_is_forwarded_untapped(void **state)
{
    struct rig *rig = *state;
    rig->shared.sink.text_limit = 10;
    rig_log_in(rig);
    expect_exchange(rig, query(CREATE), ok(1, 2));
    expect_told(&rig->tap, "untapped");
    expect_nothing_told(&rig->tap);
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void texts_of_several_packets_are_handed_over_whole(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    for (int over = -2; over <= 0; over++) {
        /* With the command's byte: one less than the largest packet, just that, one more. */
        struct slice text = bytes_pattern("CREATE VIEW 0123456789012345678901234567",
                                          (size_t)((int)PACKET_PAYLOAD_MAX + over));
        expect_relayed(rig->client, rig->server, command(COM_QUERY, text));
        expect_relayed(rig->server, rig->client, ok(1, 2));
        expect_told(&rig->tap, "command query CREATE VIEW 0123456789012345678901234567");
        expect_told(&rig->tap, "outcome 0 ok last");
        assert_int_equal(rig->tap.text.len, text.len);
        assert_memory_equal(rig->tap.text.ptr, text.ptr, text.len);
    }
}

/* --- prepared statements ---------------------------------------------------------------------- */

static void prepare(struct rig *rig, const char *text, uint32_t id)
{
    expect_exchange(rig, command(COM_STMT_PREPARE, slice_from(text)), prepare_ok(id));
}

static void the_execution_of_a_wanted_text_is_held(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    prepare(rig, CREATE, 5);
    prepare(rig, "SELECT 1", 6);
    expect_nothing_told(&rig->tap);
    expect_exchange(rig, execute(6), ok(1, 2));
    expect_nothing_told(&rig->tap);
    for (int i = 0; i < 2; i++) {
        expect_exchange(rig, execute(5), ok(1, 2));
        expect_told(&rig->tap, "command execute " CREATE);
        expect_told(&rig->tap, "outcome 0 ok last");
    }
    expect_relayed(rig->client, rig->server, close_statement(5));
    expect_exchange(rig, execute(5), error(1, 1243, "Unknown statement"));
    expect_nothing_told(&rig->tap);
}

static void a_prepared_text_may_hold_nuls(void **state)
{
    static const char text[] = "CREATE /* \0 */ TABLE t (a INT)";
    struct slice whole = slice_make(text, sizeof(text) - 1);
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    expect_exchange(rig, command(COM_STMT_PREPARE, whole), prepare_ok(5));
    expect_exchange(rig, execute(5), ok(1, 2));
    assert_true(slice_equal(buffer_slice(&rig->tap.text), whole));
    forget_told(&rig->tap);
}

static void the_statement_prepared_last_may_be_executed_before_its_answer(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    send_bytes(rig->client, JOIN(command(COM_STMT_PREPARE, SLICE(CREATE)), execute(0xFFFFFFFF)));
    expect_bytes(rig->server, command(COM_STMT_PREPARE, SLICE(CREATE)));
    expect_relayed(rig->server, rig->client, prepare_ok(8));
    expect_bytes(rig->server, execute(0xFFFFFFFF));
    expect_told(&rig->tap, "command execute " CREATE);
    expect_relayed(rig->server, rig->client, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    prepare(rig, "SELECT 1", 9);
    expect_exchange(rig, execute(0xFFFFFFFF), ok(1, 2));
    expect_nothing_told(&rig->tap);
}

static void a_text_that_could_not_be_prepared_is_not_handed_over(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    prepare(rig, CREATE, 5);
    send_bytes(rig->client, JOIN(command(COM_STMT_PREPARE, SLICE(CREATE)), execute(0xFFFFFFFF)));
    expect_bytes(rig->server, command(COM_STMT_PREPARE, SLICE(CREATE)));
    expect_relayed(rig->server, rig->client, error(1, 1064, "syntax"));
    expect_bytes(rig->server, execute(0xFFFFFFFF));
    expect_relayed(rig->server, rig->client, error(1, 1243, "Unknown statement"));
    expect_nothing_told(&rig->tap);
}

static void a_reset_connection_forgets_prepared_texts(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    prepare(rig, CREATE, 5);
    expect_exchange(rig, command(COM_RESET_CONNECTION, SLICE("")), ok(1, 2));
    expect_exchange(rig, execute(5), error(1, 1243, "Unknown statement"));
    expect_nothing_told(&rig->tap);
}

int test_hold(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_command_is_held_until_it_is_forwarded),
        RIG_TEST(a_command_may_be_forwarded_within_the_callback),
        RIG_TEST(the_tap_knows_whether_a_text_may_hold_several_statements),
        RIG_TEST(nothing_is_asked_within_a_tracked_transaction),
        RIG_TEST(a_report_may_wait_until_the_next_ok),
        RIG_TEST(no_report_waits_for_a_client_that_wants_none),
        RIG_TEST(a_held_command_may_be_split_at_every_byte),
        RIG_TEST(the_text_behind_query_attributes_is_handed_over),
        RIG_TEST(texts_of_several_packets_are_handed_over_whole),
        RIG_TEST(questions_are_invisible_to_the_client),
        RIG_TEST(questions_may_follow_each_other_within_the_callbacks),
        RIG_TEST(a_question_may_be_answered_with_an_error),
        RIG_TEST(a_question_may_be_answered_without_a_row),
        RIG_TEST(a_refused_command_never_reaches_the_server),
        RIG_TEST(a_command_may_be_refused_within_the_callback),
        RIG_TEST(a_command_may_be_refused_with_the_answer_to_its_question),
        RIG_TEST(a_held_command_waits_for_those_before_it),
        RIG_TEST(an_answer_that_does_not_fit_lets_the_held_command_go),
        RIG_TEST(a_kept_outcome_holds_back_exactly_the_last_packet),
        RIG_TEST(the_outcomes_of_several_statements_come_in_order),
        RIG_TEST(an_error_is_the_last_outcome),
        RIG_TEST(a_progress_report_is_no_outcome),
        RIG_TEST(a_local_file_within_a_tapped_command_passes),
        RIG_TEST(a_command_behind_a_local_file_waits_for_its_answer),
        RIG_TEST(an_answer_that_comes_early_does_not_cut_the_command),
        RIG_TEST(a_text_over_the_limit_is_forwarded_untapped),
        RIG_TEST(a_text_over_the_limit_that_comes_at_once_is_forwarded_untapped),
        RIG_TEST(the_execution_of_a_wanted_text_is_held),
        RIG_TEST(a_prepared_text_may_hold_nuls),
        RIG_TEST(the_statement_prepared_last_may_be_executed_before_its_answer),
        RIG_TEST(a_text_that_could_not_be_prepared_is_not_handed_over),
        RIG_TEST(a_reset_connection_forgets_prepared_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
