/* Compressed sessions: frames pass as they came, but for what is held or asked. */
#include "suites.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "ddltap/memory.h"
#include "script.h"
#include "session/pending.h"
#include "session/session_internal.h"
#include "wire/packet.h"

#define CREATE "CREATE TABLE t (a INT)"
#define OPENED "open anna shop\n"
#define HELD "command query " CREATE "\n"
#define ONE_OK "outcome 0 ok last\n"
#define WANTS (CLIENT_WANTS | CLIENT_COMPRESS)

/* Five bytes that say they are nine. */
#define NO_FRAME SLICE("\5\0\0\0\x9\0\0hello")

static struct slice refusal(uint8_t sequence)
{
    struct buffer buffer = BUFFER_INIT;
    packet_write_error(&buffer, sequence, 1105, "HY000", "ddltap: not now");
    struct slice kept = JOIN(buffer_slice(&buffer));
    buffer_release(&buffer);
    return kept;
}

/* Packets in frames that carry so many bytes each. */
static struct slice in_frames(uint8_t sequence, struct slice packets, size_t size)
{
    struct buffer buffer = BUFFER_INIT;
    while (packets.len > 0) {
        size_t count = packets.len < size ? packets.len : size;
        buffer_append_slice(&buffer, deflated(sequence++, slice_make(packets.ptr, count)));
        packets = slice_from_offset(packets, count);
    }
    struct slice kept = JOIN(buffer_slice(&buffer));
    buffer_release(&buffer);
    return kept;
}

/* --- what passes ------------------------------------------------------------------------------ */

static void commands_and_answers_pass_in_the_frames_they_came_in(void **state)
{
    (void)state;
    const struct step steps[] = {
        ASKS(deflated(0, query("SELECT 1"))),
        ANSWERS(deflated(1, one_row("1"))),
        ASKS(zstandard(0, query("SELECT 2"))),
        ANSWERS(zstandard(1, one_row("2"))),
        ASKS(stored(0, query("SELECT 3"))),
        ANSWERS(JOIN(stored(1, rows_without_end("3", 1)), deflated(2, end_of_rows(5, 2)))),
        ASKS(deflated(0, JOIN(close_statement(1), query("SELECT 4"), query("SELECT 5")))),
        ANSWERS(deflated(1, one_row("4"))),
        ANSWERS(deflated(1, one_row("5"))),
        ASKS(deflated(0, change_user("bert", "depot"))),
        ANSWERS(deflated(1, ok(1, 2))),
        ASKS(deflated(0, query("SELECT 6"))),
        ANSWERS(deflated(1, one_row("6"))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED "close\nopen bert depot\n"});
}

static void zstd_needs_no_zlib_bit(void **state)
{
    (void)state;
    const struct step steps[] = {ASKS(zstandard(0, query("SELECT 1"))),
                                 ANSWERS(zstandard(1, one_row("1")))};
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .wants = CLIENT_WANTS | CLIENT_ZSTD_COMPRESSION});
}

static void frames_may_cut_packets_anywhere(void **state)
{
    (void)state;
    for (size_t size = 1; size < 60; size++) {
        struct slice asked = in_frames(0, query("SELECT something"), size);
        struct slice answered = in_frames(1, one_row("a value"), size);
        const struct step steps[] = {ASKS(asked), ANSWERS(answered)};
        script_play_cut_at(&(struct script){STEPS(steps), .login = true, .wants = WANTS}, &size, 1);
    }
}

static void a_local_file_passes(void **state)
{
    (void)state;
    const struct step steps[] = {
        ASKS(deflated(0, query("LOAD DATA LOCAL INFILE"))),
        ANSWERS(deflated(1, packet(1, SLICE("\xfbname")))),
        ASKS(deflated(2, JOIN(packet(2, SLICE("first")), packet(3, SLICE("second"))))),
        ASKS(deflated(3, packet(4, SLICE("")))),
        ANSWERS(deflated(4, ok(5, 2))),
        ASKS(deflated(0, query("SELECT 1"))),
        ANSWERS(deflated(1, one_row("1"))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS, .told = OPENED});
}

static void frames_begin_right_behind_the_ok(void **state)
{
    (void)state;
    const struct step steps[] = {
        ANSWERS(greeting(SERVER_OFFERS)),
        ASKS(response(WANTS, "anna", "shop")),
        ANSWERS(JOIN(ok(2, 2), deflated(0, error(0, 1927, "killed")))),
        ASKS(deflated(0, query("SELECT 1"))),
        ANSWERS(deflated(1, one_row("1"))),
    };
    script_play(&(struct script){STEPS(steps), .told = OPENED});
}

/* --- what is held ----------------------------------------------------------------------------- */

static void a_held_command_goes_in_its_own_frame_and_questions_stay_here(void **state)
{
    (void)state;
    const struct step steps[] = {
        {CLIENT_SENDS, deflated(0, query(CREATE)), TAP_WAIT},
        {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
        {SERVER_SENDS, deflated(1, one_row("y")), TAP_WAIT},
        {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
        {SERVER_SENDS, in_frames(1, one_row("z"), 7), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {SERVER_GETS, deflated(0, query(CREATE)), TAP_WAIT},
        ANSWERS(deflated(1, ok(1, 2))),
        ASKS(deflated(0, query("SELECT 1"))),
        ANSWERS(deflated(1, one_row("1"))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED HELD "answer 1 y\nanswer 1 z\n" ONE_OK,
                                 .questions = 2, .decision = TAP_FORWARD});
}

static void a_held_command_of_many_frames_goes_in_them(void **state)
{
    (void)state;
    for (size_t size = 1; size < 30; size++) {
        const struct step steps[] = {
            {CLIENT_SENDS, in_frames(0, query(CREATE), size), TAP_WAIT},
            {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
            {SERVER_SENDS, in_frames(1, one_row("y"), size), TAP_WAIT},
            {CLIENT_GETS, SLICE(""), TAP_WAIT},
            {SERVER_GETS, in_frames(0, query(CREATE), size), TAP_WAIT},
            ANSWERS(in_frames(9, ok(9, 2), size)),
        };
        script_play_cut_at(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                            .told = OPENED HELD "answer 1 y\n" ONE_OK,
                                            .questions = 1, .decision = TAP_FORWARD},
                           &size, 1);
    }
}

static void a_held_command_is_taken_out_of_a_frame_that_it_shares(void **state)
{
    (void)state;
    const struct step steps[] = {
        {CLIENT_SENDS,
         deflated(
             0, JOIN(query("SELECT 'a'"), query(CREATE), query("SELECT 'b'"), query("SELECT 'c'"))),
         TAP_WAIT},
        {SERVER_GETS, stored(0, query("SELECT 'a'")), TAP_WAIT},
        ANSWERS(deflated(1, one_row("a"))),
        {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
        {SERVER_SENDS, deflated(1, one_row("y")), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {SERVER_GETS, stored(0, query(CREATE)), TAP_WAIT},
        ANSWERS(deflated(1, ok(1, 2))),
        {SERVER_GETS, stored(0, JOIN(query("SELECT 'b'"), query("SELECT 'c'"))), TAP_WAIT},
        ANSWERS(deflated(1, one_row("b"))),
        ANSWERS(deflated(1, one_row("c"))),
        ASKS(deflated(0, query("SELECT 1"))),
        ANSWERS(deflated(1, one_row("1"))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED HELD "answer 1 y\n" ONE_OK, .questions = 1,
                                 .decision = TAP_FORWARD});
}

/* The first frame ends within the second held command. */
static void two_held_commands_share_frames(void **state)
{
    (void)state;
    struct slice both = JOIN(query(CREATE), query(CREATE));
    size_t one = query(CREATE).len;
    for (size_t size = one + 1; size < both.len; size++) {
        size_t start = size - one;
        struct slice second = slice_from_offset(both, one);
        const struct step steps[] = {
            {CLIENT_SENDS, in_frames(0, both, size), TAP_WAIT},
            {SERVER_GETS, stored(0, query(CREATE)), TAP_WAIT},
            ANSWERS(deflated(1, ok(1, 2))),
            {SERVER_GETS,
             JOIN(stored(0, slice_make(second.ptr, start)),
                  deflated(1, slice_from_offset(second, start))),
             TAP_WAIT},
            ANSWERS(deflated(2, ok(2, 2))),
        };
        script_play_cut_at(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                            .told = OPENED HELD ONE_OK HELD ONE_OK,
                                            .decision = TAP_FORWARD},
                           &one, 1);
    }
}

static void a_text_that_turns_out_to_be_unwanted_goes_as_it_came(void **state)
{
    (void)state;
    const struct step steps[] = {
        ASKS(in_frames(0, query("MAYBE not"), 8)),
        ANSWERS(deflated(2, ok(2, 2))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS, .told = OPENED});
}

static void a_refusal_counts_on_from_the_frames_of_the_command(void **state)
{
    (void)state;
    const struct step steps[] = {
        {CLIENT_SENDS, deflated(0, query(CREATE)), TAP_WAIT},
        {CLIENT_GETS, stored(1, refusal(1)), TAP_WAIT},
        {CLIENT_SENDS, in_frames(0, query(CREATE), 10), TAP_WAIT},
        {CLIENT_GETS, stored(3, refusal(3)), TAP_WAIT},
        {CLIENT_SENDS, deflated(0, JOIN(query(CREATE), query("SELECT 1"))), TAP_WAIT},
        {CLIENT_GETS, stored(1, refusal(1)), TAP_WAIT},
        {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
        ANSWERS(deflated(1, one_row("1"))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED HELD HELD HELD, .decision = TAP_REFUSE});
}

static void the_answer_to_a_question_may_be_the_refusal(void **state)
{
    (void)state;
    const struct step steps[] = {
        {CLIENT_SENDS, deflated(0, query(CREATE)), TAP_WAIT},
        {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
        {SERVER_SENDS, deflated(1, error(1, 1317, "interrupted")), TAP_WAIT},
        {CLIENT_GETS, stored(1, error(1, 1317, "interrupted")), TAP_WAIT},
        {SERVER_GETS, SLICE(""), TAP_WAIT},
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED HELD "answer error 1317\n", .questions = 1,
                                 .decision = TAP_REFUSE_AS_ANSWERED});
}

static void what_shares_a_frame_with_the_answer_to_a_question_passes(void **state)
{
    (void)state;
    const struct step steps[] = {
        {CLIENT_SENDS, deflated(0, query(CREATE)), TAP_WAIT},
        {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
        {SERVER_SENDS, deflated(1, JOIN(one_row("y"), error(0, 1927, "killed"))), TAP_WAIT},
        {CLIENT_GETS, stored(0, error(0, 1927, "killed")), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_FORWARD},
        {SERVER_GETS, deflated(0, query(CREATE)), TAP_WAIT},
        ANSWERS(deflated(1, ok(1, 2))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS, .questions = 1,
                                 .decision = TAP_WAIT});
}

static void no_byte_of_an_answer_that_cannot_be_followed_reaches_the_client(void **state)
{
    (void)state;
    const struct slice answers[] = {NO_FRAME, deflated(1, packet(1, SLICE("\xfbname"))),
                                    deflated(1, JOIN(packet(1, SLICE("\xfbname")), ok(2, 2)))};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        const struct step steps[] = {
            {CLIENT_SENDS, deflated(0, query(CREATE)), TAP_WAIT},
            {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
            {SERVER_SENDS, answers[i], TAP_WAIT},
            {CLIENT_SEES_END, SLICE(""), TAP_WAIT},
            {SERVER_SEES_END, SLICE(""), TAP_WAIT},
        };
        script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS, .questions = 1,
                                     .told = OPENED HELD "close\n", .decision = TAP_FORWARD,
                                     .phase = PHASE_CLOSED});
    }
}

/* --- what is kept ----------------------------------------------------------------------------- */

static void a_kept_outcome_keeps_the_frames_that_hold_its_end(void **state)
{
    (void)state;
    struct slice rows = rows_without_end("y", 3), end = end_of_rows(7, 2);
    struct slice cut[] = {slice_make(end.ptr, 3), slice_from_offset(end, 3)};
    const struct step steps[] = {
        ASKS(deflated(0, query(CREATE))),
        {SERVER_SENDS, deflated(1, ok(1, 2)), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, deflated(1, ok(1, 2)), TAP_WAIT},
        /* Frames that are all rows pass; one that the end begins in does not. */
        ASKS(deflated(0, query(CREATE))),
        ANSWERS(deflated(1, rows)),
        {SERVER_SENDS, deflated(2, end), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, deflated(2, end), TAP_WAIT},
        ASKS(deflated(0, query(CREATE))),
        {SERVER_SENDS, JOIN(deflated(1, JOIN(rows, cut[0])), deflated(2, cut[1])), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, JOIN(deflated(1, JOIN(rows, cut[0])), deflated(2, cut[1])), TAP_WAIT},
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED HELD ONE_OK HELD "outcome 0 rows last\n" HELD
                                                                 "outcome 0 rows last\n",
                                 .decision = TAP_FORWARD, .keeps = true});
}

static void each_outcome_of_several_is_kept(void **state)
{
    (void)state;
    struct slice both = deflated(1, JOIN(ok(1, 10), ok(2, 2)));
    const struct step steps[] = {
        ASKS(deflated(0, query(CREATE))),   {SERVER_SENDS, both, TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT}, {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, SLICE(""), TAP_WAIT}, {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, both, TAP_WAIT},
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED HELD "outcome 0 ok\noutcome 1 ok last\n",
                                 .decision = TAP_FORWARD, .keeps = true});
}

static void a_held_command_may_ask_for_a_file(void **state)
{
    (void)state;
    struct slice file = JOIN(packet(2, SLICE("first")), packet(3, SLICE("")));
    const struct step steps[] = {
        ASKS(deflated(0, query(CREATE))),
        ANSWERS(deflated(1, packet(1, SLICE("\xfbname")))),
        {CLIENT_SENDS, deflated(2, JOIN(file, query("SELECT 1"))), TAP_WAIT},
        {SERVER_GETS, stored(2, file), TAP_WAIT},
        ANSWERS(deflated(3, ok(3, 2))),
        {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
        ANSWERS(deflated(1, one_row("1"))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED HELD ONE_OK, .decision = TAP_FORWARD});
}

/* --- what is not understood ------------------------------------------------------------------- */

static void bytes_that_are_no_frame_make_it_raw(void **state)
{
    (void)state;
    const struct step of_the_client[] = {
        ASKS(deflated(0, query("SELECT 1"))),
        ANSWERS(deflated(1, one_row("1"))),
        ASKS(NO_FRAME),
        ANSWERS(SLICE("anything")),
    };
    script_play(&(struct script){STEPS(of_the_client), .login = true, .wants = WANTS,
                                 .told = OPENED "close\n", .phase = PHASE_RAW});
    const struct step of_the_server[] = {
        ANSWERS(SLICE("\0\0\0\1\0\0\0")),
        ASKS(SLICE("anything")),
    };
    script_play(&(struct script){STEPS(of_the_server), .login = true, .wants = WANTS,
                                 .told = OPENED "close\n", .phase = PHASE_RAW});
}

static void what_was_held_goes_before_what_is_no_frame(void **state)
{
    (void)state;
    struct slice start = slice_make(query(CREATE).ptr, 15);
    const struct step alone[] = {
        {CLIENT_SENDS, deflated(0, start), TAP_WAIT},
        {SERVER_GETS, SLICE(""), TAP_WAIT},
        {CLIENT_SENDS, NO_FRAME, TAP_WAIT},
        {SERVER_GETS, JOIN(deflated(0, start), NO_FRAME), TAP_WAIT},
    };
    script_play(&(struct script){STEPS(alone), .login = true, .wants = WANTS,
                                 .told = OPENED "close\n", .phase = PHASE_RAW});
    const struct step sharing[] = {
        {CLIENT_SENDS, deflated(0, JOIN(query("SELECT 1"), start)), TAP_WAIT},
        {SERVER_GETS, stored(0, query("SELECT 1")), TAP_WAIT},
        ANSWERS(deflated(1, one_row("1"))),
        {CLIENT_SENDS, JOIN(NO_FRAME, deflated(0, query("SELECT 2"))), TAP_WAIT},
        {SERVER_GETS, JOIN(stored(0, start), NO_FRAME, deflated(0, query("SELECT 2"))), TAP_WAIT},
    };
    script_play(&(struct script){STEPS(sharing), .login = true, .wants = WANTS,
                                 .told = OPENED "close\n", .phase = PHASE_RAW});
}

static void what_waits_for_a_frames_end_goes_before_what_is_no_frame(void **state)
{
    (void)state;
    struct slice both = deflated(0, JOIN(close_statement(1), SLICE("\5\0")));
    const struct step steps[] = {
        {CLIENT_SENDS, both, TAP_WAIT},
        {SERVER_GETS, SLICE(""), TAP_WAIT},
        {CLIENT_SENDS, NO_FRAME, TAP_WAIT},
        {SERVER_GETS, JOIN(both, NO_FRAME), TAP_WAIT},
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .told = OPENED "close\n", .phase = PHASE_RAW});
}

static void a_command_that_is_not_followed_makes_it_raw(void **state)
{
    (void)state;
    struct slice dump = command(COM_BINLOG_DUMP, SLICE("\4\0\0\0\0\0\1\0\0\0"));
    const struct step steps[] = {
        {CLIENT_SENDS, deflated(0, query(CREATE)), TAP_WAIT},
        {SERVER_GETS, deflated(0, query(CREATE)), TAP_WAIT},
        ANSWERS(deflated(1, ok(1, 2))),
        {CLIENT_SENDS, deflated(0, JOIN(query(CREATE), dump)), TAP_WAIT},
        {SERVER_GETS, stored(0, query(CREATE)), TAP_WAIT},
        {SERVER_SENDS, deflated(1, ok(1, 2)), TAP_WAIT},
        {SERVER_GETS, stored(0, dump), TAP_WAIT},
        {CLIENT_GETS, deflated(1, ok(1, 2)), TAP_WAIT},
        ANSWERS(deflated(1, SLICE("events"))),
        ASKS(SLICE("anything")),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .wants = WANTS,
                                 .decision = TAP_FORWARD, .phase = PHASE_RAW});
}

/* --- sizes, ends ------------------------------------------------------------------------------ */

static void log_in_compressed(struct rig *rig)
{
    rig->wants = WANTS;
    rig_log_in(rig);
}

/* It is not relayed raw: a command is still held. */
static void expect_looked_into(struct rig *rig)
{
    expect_exchange(rig, deflated(0, query(CREATE)), deflated(1, ok(1, 2)));
    expect_told(&rig->tap, "command query " CREATE);
    expect_told(&rig->tap, "outcome 0 ok last");
}

static void large_frames_pass(void **state)
{
    static char zeros[20u << 20];
    struct rig *rig = *state;
    struct slice large[] = {bytes_pattern("", sizeof(zeros)), slice_make(zeros, sizeof(zeros))};
    rig->tap.decision = TAP_FORWARD;
    log_in_compressed(rig);
    for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++) {
        struct slice asked = packet(0, JOIN(SLICE("\3INSERT "), large[i]));
        expect_relayed(rig->client, rig->server, in_frames(0, asked, 0xFFFFFF));
        expect_relayed(rig->server, rig->client, deflated(2, ok(2, 2)));
        struct slice rows = JOIN(rows_without_end("", 0), packet(4, JOIN(SLICE("\1"), large[i])),
                                 end_of_rows(6, 2));
        expect_relayed(rig->client, rig->server, deflated(0, query("SELECT 1")));
        expect_relayed(rig->server, rig->client, in_frames(1, rows, 0xFFFFFF));
        expect_looked_into(rig);
    }
}

static void a_large_held_command_goes_in_its_frames(void **state)
{
    struct rig *rig = *state;
    struct slice asked = packet(0, bytes_pattern("\3" CREATE, 20u << 20));
    struct slice frames = in_frames(0, asked, 0xFFFFFF);
    rig->tap.decision = TAP_FORWARD;
    log_in_compressed(rig);
    expect_relayed(rig->client, rig->server, frames);
    expect_relayed(rig->server, rig->client, deflated(2, ok(2, 2)));
    assert_int_equal(rig->tap.text.len, (20u << 20) - 1);
}

static void a_text_beyond_the_limit_passes_in_its_frames(void **state)
{
    struct rig *rig = *state;
    struct slice asked = packet(0, bytes_pattern("\3" CREATE, 300000));
    rig->shared.sink.text_limit = 100000;
    log_in_compressed(rig);
    expect_relayed(rig->client, rig->server, in_frames(0, asked, 30000));
    expect_relayed(rig->server, rig->client, deflated(11, ok(11, 2)));
    expect_told(&rig->tap, "untapped");
    rig->tap.decision = TAP_FORWARD;
    expect_looked_into(rig);
}

static void no_more_is_taken_in_than_the_other_side_takes(void **state)
{
    struct rig *rig = *state;
    rig->small_buffers = 65536;
    log_in_compressed(rig);
    struct slice frames = in_frames(0, packet(0, bytes_pattern("\3INSERT ", 15u << 20)), 1u << 20);
    size_t taken = send_until_blocked(rig->client, frames);
    assert_in_range(taken, 1u << 20, 6u << 20);
    expect_bytes(rig->server, slice_make(frames.ptr, taken > 1u << 20 ? 1u << 20 : taken));
    expect_relayed(rig->client, rig->server, SLICE(""));
}

static void more_commands_than_may_wait_share_a_frame(void **state)
{
    struct rig *rig = *state;
    struct buffer pings = BUFFER_INIT, answers = BUFFER_INIT;
    size_t count = PENDING_MAX + 500, one = command(COM_PING, SLICE("")).len;
    for (size_t i = 0; i < count; i++) {
        buffer_append_slice(&pings, command(COM_PING, SLICE("")));
        buffer_append_slice(&answers, stored(1, ok(1, 2)));
    }
    struct slice all = buffer_slice(&pings);
    size_t first = PENDING_MAX * one;
    log_in_compressed(rig);
    send_bytes(rig->client, deflated(0, all));
    expect_bytes(rig->server, stored(0, slice_make(all.ptr, first)));
    expect_silence(rig->server);
    expect_relayed(rig->server, rig->client, buffer_slice(&answers));
    size_t rest = 0;
    while (rest < (count - PENDING_MAX) * one) /* in as many frames as there were turns */
        rest += read_until_silence(rig->server, 100);
    rig->tap.decision = TAP_FORWARD;
    expect_looked_into(rig);
    buffer_release(&pings);
    buffer_release(&answers);
}

struct watch {
    struct rig *rig;
    bool unfinished, stop, stopped;
};

/* What else the loop has to do. */
static void look_on(void *argument)
{
    struct watch *watch = argument;
    const struct session *session = watch->rig->home.first;
    watch->unfinished |= relay_unseen(&session->client).len > 0;
    watch->stopped = watch->stop;
    if (!watch->stop)
        loop_post(watch->rig->loop, look_on, watch);
}

static void stop_looking_on(void *argument)
{
    struct watch *watch = argument;
    watch->stop = true;
}

static void others_come_in_between_the_packets_of_a_frame(void **state)
{
    struct rig *rig = *state;
    struct watch watch = {.rig = rig};
    struct slice packets = JOIN(close_statement(1));
    log_in_compressed(rig);
    while (packets.len < (size_t)200 << 10)
        packets = JOIN(packets, packets);
    struct slice frame = deflated(0, packets);
    assert_true(frame.len < 8192);
    loop_post(rig->loop, look_on, &watch);
    expect_relayed(rig->client, rig->server, frame);
    rig_on_loop(rig, stop_looking_on, &watch);
    rig_settle(rig);
    assert_true(watch.stopped);
    assert_true(watch.unfinished);
    expect_relayed(rig->client, rig->server, deflated(0, query("SELECT 1")));
}

static void half_a_command_at_the_clients_end_holds_nothing_up(void **state)
{
    struct rig *rig = *state;
    log_in_compressed(rig);
    send_bytes(rig->client, deflated(0, JOIN(query("SELECT 1"), SLICE("\x20\0"))));
    expect_silence(rig->server);
    shutdown(rig->client, SHUT_WR);
    expect_bytes(rig->server, stored(0, query("SELECT 1")));
    expect_end(rig->server);
}

static void what_the_server_sent_last_arrives(void **state)
{
    struct rig *rig = *state;
    log_in_compressed(rig);
    expect_relayed(rig->client, rig->server, deflated(0, query("SELECT 1")));
    struct slice last =
        JOIN(deflated(1, JOIN(rows_without_end("1", 1), SLICE("\x20\0"))), SLICE("\x20\0\0\2\x50"));
    send_bytes(rig->server, last);
    rig_close(&rig->server);
    expect_bytes(rig->client, last);
    expect_end(rig->client);
}

int test_compressed(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_and_answers_pass_in_the_frames_they_came_in),
        cmocka_unit_test(zstd_needs_no_zlib_bit),
        cmocka_unit_test(frames_may_cut_packets_anywhere),
        cmocka_unit_test(a_local_file_passes),
        cmocka_unit_test(frames_begin_right_behind_the_ok),
        cmocka_unit_test(a_held_command_goes_in_its_own_frame_and_questions_stay_here),
        cmocka_unit_test(a_held_command_of_many_frames_goes_in_them),
        cmocka_unit_test(a_held_command_is_taken_out_of_a_frame_that_it_shares),
        cmocka_unit_test(two_held_commands_share_frames),
        cmocka_unit_test(a_text_that_turns_out_to_be_unwanted_goes_as_it_came),
        cmocka_unit_test(a_refusal_counts_on_from_the_frames_of_the_command),
        cmocka_unit_test(the_answer_to_a_question_may_be_the_refusal),
        cmocka_unit_test(what_shares_a_frame_with_the_answer_to_a_question_passes),
        cmocka_unit_test(no_byte_of_an_answer_that_cannot_be_followed_reaches_the_client),
        cmocka_unit_test(a_kept_outcome_keeps_the_frames_that_hold_its_end),
        cmocka_unit_test(each_outcome_of_several_is_kept),
        cmocka_unit_test(a_held_command_may_ask_for_a_file),
        cmocka_unit_test(bytes_that_are_no_frame_make_it_raw),
        cmocka_unit_test(what_was_held_goes_before_what_is_no_frame),
        cmocka_unit_test(what_waits_for_a_frames_end_goes_before_what_is_no_frame),
        cmocka_unit_test(a_command_that_is_not_followed_makes_it_raw),
        RIG_TEST(large_frames_pass),
        RIG_TEST(a_large_held_command_goes_in_its_frames),
        RIG_TEST(a_text_beyond_the_limit_passes_in_its_frames),
        RIG_TEST(no_more_is_taken_in_than_the_other_side_takes),
        RIG_TEST(more_commands_than_may_wait_share_a_frame),
        RIG_TEST(others_come_in_between_the_packets_of_a_frame),
        RIG_TEST(half_a_command_at_the_clients_end_holds_nothing_up),
        RIG_TEST(what_the_server_sent_last_arrives),
    };
    return cmocka_run_group_tests_name("compressed", tests, NULL, NULL);
}
