/* Peers that lie. The session may relay raw or end; it does not crash, spin or take in memory. */
#include "suites.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire/packet.h"

#define CREATE "CREATE TABLE t (a INT)"

/* Still alive, and the other session too. */
static void expect_next_session_works(struct rig *rig)
{
    rig_close(&rig->client);
    rig_close(&rig->server);
    rig_expect_no_session(rig);
    forget_told(&rig->tap);
    rig_log_in(rig);
    expect_exchange(rig, query("SELECT 1"), one_row("1"));
}

static void a_greeting_that_lies_about_its_length_passes_raw(void **state)
{
    struct rig *rig = *state;
    rig_start_session(rig);
    rig_accept(rig);
    struct slice lie = JOIN(SLICE("\xff\xff\xff\0\x0a"
                                  "8.0"),
                            bytes_pattern("", 50000));
    expect_relayed(rig->server, rig->client, lie);
    expect_next_session_works(rig);
}

static void a_greeting_cut_short_anywhere_does_no_harm(void **state)
{
    struct rig *rig = *state;
    struct slice whole = greeting(SERVER_OFFERS);
    for (size_t len = 0; len < whole.len - PACKET_HEAD_SIZE; len += 3) {
        rig_start_session(rig);
        rig_accept(rig);
        send_bytes(rig->server, packet(0, slice_make(whole.ptr + PACKET_HEAD_SIZE, len)));
        shutdown(rig->server, SHUT_WR);
        send_bytes(rig->client, SLICE("\1\2\3\4\5"));
        expect_end_after_anything(rig->client);
        rig_close(&rig->client);
        rig_close(&rig->server);
        rig_expect_no_session(rig);
    }
}

static void a_response_of_any_bytes_does_no_harm(void **state)
{
    static const struct slice lies[] = {
        {"\xff\xff\xff\1", 4},
        {"\0\0\0\1", 4},
        {"\1\0\0\1x", 5},
        {"\x20\0\0\1\0\xff\xff\xff................................", 36},
        {"\x21\0\0\1\xff\xff\xff\xff.............................", 37},
        {"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: everything under the sun\r\n\r\n", 70},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
        rig_start_session(rig);
        rig_accept(rig);
        send_bytes(rig->server, greeting(SERVER_OFFERS));
        expect_bytes(rig->client, greeting(SERVER_OFFERS));
        send_bytes(rig->client, lies[i]);
        (void)read_until_silence(rig->server, 20);
        send_bytes(rig->server, bytes_pattern("anything", 1000));
        (void)read_until_silence(rig->client, 20);
        rig_close(&rig->client);
        (void)read_until_silence(rig->server, 20);
        rig_close(&rig->server);
        rig_expect_no_session(rig);
    }
}

static void column_counts_that_lie_do_no_harm(void **state)
{
    static const struct slice lies[] = {
        {"\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9},
        {"\xfd\xff\xff\xff", 4},
        {"\xfc\xff\xff", 3},
        {"\xfc\xff", 2},
        {"", 0},
        {"\xff", 1},
        {"\xff\x10", 2},
        {"\0", 1},
        {"\0\xfe\xff", 3},
    };
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    for (int tapped = 0; tapped < 2; tapped++)
        for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
            const char *text = tapped != 0 ? CREATE : "SELECT 1";
            rig_log_in(rig);
            expect_exchange(rig, query(text), packet(1, lies[i]));
            send_bytes(rig->server, bytes_pattern("behind it", 3000));
            (void)read_until_silence(rig->client, 20);
            rig_close(&rig->client);
            rig_close(&rig->server);
            rig_expect_no_session(rig);
            forget_told(&rig->tap);
        }
}

static void answers_to_questions_that_lie_do_no_harm(void **state)
{
    static const struct slice lies[] = {
        {"\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9},
        {"\xfb/etc/passwd", 12},
        {"\xff", 1},
        {"", 0},
        {"\0\xfe", 2},
    };
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig->tap.questions = 1;
    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
        rig_log_in(rig);
        send_bytes(rig->client, query(CREATE));
        expect_bytes(rig->server, query("SELECT 1"));
        send_bytes(rig->server, packet(1, lies[i]));
        expect_end_after_anything(rig->client);
        rig_expect_no_session(rig);
        expect_told(&rig->tap, "command query " CREATE);
        expect_told(&rig->tap, "close");
        expect_nothing_told(&rig->tap);
        forget_told(&rig->tap);
        rig_close(&rig->client);
        rig_close(&rig->server);
    }
}

static void a_row_whose_values_lie_is_no_answer(void **state)
{
    struct rig *rig = *state;
    rig->tap.decision = TAP_FORWARD;
    rig->tap.questions = 1;
    rig_log_in(rig);
    send_bytes(rig->client, query(CREATE));
    expect_bytes(rig->server, query("SELECT 1"));
    send_bytes(rig->server, JOIN(rows_without_end("", 0), packet(4, SLICE("\xfd\xff\xff\xffshort")),
                                 end_of_rows(5, 2)));
    expect_told(&rig->tap, "command query " CREATE);
    expect_told(&rig->tap, "answer 0");
    expect_bytes(rig->server, query(CREATE));
}

static void an_answer_without_end_to_a_question_takes_no_memory(void **state)
{
    struct rig *rig = *state;
    rig->tap.questions = 1;
    rig_log_in(rig);
    send_bytes(rig->client, query(CREATE));
    expect_bytes(rig->server, query("SELECT 1"));
    send_bytes(rig->server, rows_without_end("", 0));
    struct slice row = packet(4, bytes_pattern("\xfd\xf0\xff\xff", 20u << 20));
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 8; i++)
        send_bytes(rig->server, row);
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 100 * 1024); /* kilobytes */
    send_bytes(rig->server, end_of_rows(5, 2));
    expect_told(&rig->tap, "command query " CREATE);
    expect_told(&rig->tap, "answer 0");
    expect_silence(rig->client);
}

static void what_the_server_says_before_a_question_passes_and_is_not_its_answer(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    send_bytes(rig->client, query(CREATE));
    expect_told(&rig->tap, "command query " CREATE);
    expect_relayed(rig->server, rig->client, packet(0, SLICE("\1 nobody asked")));
    tap_do(&rig->tap, TAP_ASK, "SELECT 1");
    expect_bytes(rig->server, query("SELECT 1"));
    send_bytes(rig->server, one_row("1"));
    expect_told(&rig->tap, "answer 1 1");
    expect_silence(rig->client);
}

static void query_attributes_that_lie_pass_unseen(void **state)
{
    static const struct slice lies[] = {
        {"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1CREATE", 16},
        {"\xfc\xff\xff\1CREATE TABLE", 16},
        {"\2\1\0\1\xfe\0\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 15},
        {"\1", 1},
        {"", 0},
    };
    struct rig *rig = *state;
    rig->wants |= CLIENT_QUERY_ATTRIBUTES;
    rig_log_in(rig);
    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++)
        expect_exchange(rig, command(COM_QUERY, lies[i]), error(1, 1835, "Malformed packet"));
    expect_exchange(rig, command(COM_QUERY, SLICE("\0\1SELECT 1")), one_row("1"));
    expect_nothing_told(&rig->tap);
}

static void commands_cut_short_pass(void **state)
{
    static const struct slice cut[] = {{"\x17", 1}, {"\x17\1\2", 3}, {"\x16", 1},
                                       {"\x03", 1}, {"\x11", 1},     {"\x11user", 5}};
    struct rig *rig = *state;
    rig_log_in(rig);
    for (size_t i = 0; i < sizeof(cut) / sizeof(*cut); i++)
        expect_exchange(rig, packet(0, cut[i]), error(1, 1835, "Malformed packet"));
}

/* --- a client that takes no answers ----------------------------------------------------------- */

static void texts_prepared_ahead_are_kept_within_bounds(void **state)
{
    struct rig *rig = *state;
    rig_log_in(rig);
    struct slice big = command(COM_STMT_PREPARE, bytes_pattern(CREATE, 3u << 20));
    expect_relayed(rig->client, rig->server, big);
    expect_relayed(rig->client, rig->server, big);
    /* The next one waits for an answer; it is not even taken in. */
    size_t taken = send_until_blocked(rig->client, big);
    expect_silence(rig->server);
    expect_relayed(rig->server, rig->client, prepare_ok(1));
    send_bytes(rig->client, slice_from_offset(big, taken));
    expect_bytes(rig->server, big);
    expect_relayed(rig->server, rig->client, JOIN(prepare_ok(2), prepare_ok(3)));
}

static void refusals_do_not_pile_up_for_a_client_that_does_not_read(void **state)
{
    struct rig *rig = *state;
    rig->small_buffers = 32768;
    rig->tap.decision = TAP_REFUSE;
    rig_log_in(rig);
    struct slice many = SLICE("");
    for (int i = 0; i < 500; i++)
        many = JOIN(many, query(CREATE));
    size_t sent = 0, count;
    do {
        count = send_until_blocked(rig->client, many);
        sent += count;
    } while (count == many.len && sent < 8u << 20);
    assert_true(sent < 4u << 20);
    /* And it goes on when the client reads. */
    size_t got = 0, more = 1;
    while (got <= 100000 && more > 0)
        got += more = read_what_comes(rig->client);
    assert_true(got > 100000);
    forget_told(&rig->tap);
}

/* --- no work without bytes -------------------------------------------------------------------- */

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void expect_rest(void)
{
    double before = cpu_seconds();
    usleep(150000);
    assert_true(cpu_seconds() - before < 0.05);
}

static void a_session_that_waits_does_no_work(void **state)
{
    struct rig *rig = *state;
    rig->tap.keeps = true;
    rig_log_in(rig);
    expect_rest();
    send_bytes(rig->client, SLICE("\7\0"));
    expect_rest(); /* half a head */
    send_bytes(rig->client, slice_from_offset(query("SELECT"), 2));
    expect_bytes(rig->server, query("SELECT"));
    send_bytes(rig->server, SLICE("\7\0"));
    expect_rest();
    send_bytes(rig->server, slice_from_offset(ok(1, 2), 2));
    expect_bytes(rig->client, ok(1, 2));
    send_bytes(rig->client, JOIN(query(CREATE), query(CREATE), query("SELECT 1")));
    expect_told(&rig->tap, "command query " CREATE);
    expect_rest(); /* held, with more behind it */
    tap_do(&rig->tap, TAP_FORWARD, NULL);
    expect_bytes(rig->server, query(CREATE));
    expect_rest();
    send_bytes(rig->server, ok(1, 2));
    expect_told(&rig->tap, "outcome 0 ok last");
    expect_rest(); /* kept */
    shutdown(rig->client, SHUT_WR);
    expect_rest();
    rig_close(&rig->server);
    expect_rest(); /* both ended, still kept */
    tap_do(&rig->tap, TAP_RELEASE, NULL);
    expect_bytes(rig->client, ok(1, 2));
}

static void a_session_blocked_both_ways_does_no_work(void **state)
{
    struct rig *rig = *state;
    rig->small_buffers = 65536;
    rig_log_in(rig);
    (void)send_until_blocked(rig->client, command(COM_QUERY, bytes_pattern("INSERT", 15u << 20)));
    (void)send_until_blocked(rig->server,
                             packet(1, bytes_pattern("\1 a server that talks", 15u << 20)));
    expect_rest();
    rig_close(&rig->client);
    expect_rest();
}

int test_hostile(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_greeting_that_lies_about_its_length_passes_raw),
        RIG_TEST(a_greeting_cut_short_anywhere_does_no_harm),
        RIG_TEST(a_response_of_any_bytes_does_no_harm),
        RIG_TEST(column_counts_that_lie_do_no_harm),
        RIG_TEST(answers_to_questions_that_lie_do_no_harm),
        RIG_TEST(a_row_whose_values_lie_is_no_answer),
        RIG_TEST(an_answer_without_end_to_a_question_takes_no_memory),
        RIG_TEST(what_the_server_says_before_a_question_passes_and_is_not_its_answer),
        RIG_TEST(query_attributes_that_lie_pass_unseen),
        RIG_TEST(commands_cut_short_pass),
        RIG_TEST(texts_prepared_ahead_are_kept_within_bounds),
        RIG_TEST(refusals_do_not_pile_up_for_a_client_that_does_not_read),
        RIG_TEST(a_session_that_waits_does_no_work),
        RIG_TEST(a_session_blocked_both_ways_does_no_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
