/* Somebody leaves, in every state of a held command; and the proxy's own end. */
#include "suites.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ddltap/memory.h"
#include "script.h"
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

static void a_server_that_ends_within_the_answer_to_a_question_shows_nothing_of_it(void **state)
{
    struct rig *rig = *state;
    rig->tap.questions = 1;
    rig->tap.decision = TAP_FORWARD;
    rig_log_in(rig);
    send_bytes(rig->client, query(CREATE));
    expect_bytes(rig->server, query("SELECT 1"));
    send_bytes(rig->server, slice_make(rows_without_end("yes", 1).ptr, 7));
    rig_close(&rig->server);
    expect_end(rig->client);
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
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
    send_bytes(rig->client, JOIN(response(CLIENT_WANTS, "anna", "shop"), SLICE("\7\0")));
    expect_bytes(rig->server, response(CLIENT_WANTS, "anna", "shop"));
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

static void a_refusal_comes_between_packets_of_a_server_that_speaks_out_of_turn(void **state)
{
    struct rig *rig = *state;
    struct slice said = error(0, 4031, "The client was disconnected by the server");
    hold_create(rig);
    send_bytes(rig->server, slice_make(said.ptr, 44));
    expect_bytes(rig->client, slice_make(said.ptr, 44));
    tap_do(&rig->tap, TAP_REFUSE, NULL);
    expect_silence(rig->client);
    send_bytes(rig->server, slice_from_offset(said, 44));
    expect_bytes(rig->client, slice_from_offset(said, 44));
    expect_error_packet(rig->client, 1105, "not now");
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

/* --- in every state --------------------------------------------------------------------------- */

#define STATE_STEPS_MAX 8

/* How a session gets where somebody leaves it. */
struct situation {
    const char *name;
    struct step steps[STATE_STEPS_MAX];
    size_t count;
    enum tap_action decision;
    const char *told, *lost; /* until then; because the server ends */
};

#define SITUATIONS 7

static void make_situations(struct situation all[SITUATIONS])
{
    struct slice half = query(CREATE);
    half.len -= 5;
    const struct situation situations[SITUATIONS] = {
        {"idle", {ASKS(query("SELECT 1")), ANSWERS(one_row("1"))}, 4, TAP_WAIT, "", ""},
        {"command in flight", {ASKS(query("SELECT 1"))}, 2, TAP_WAIT, "", ""},
        {"within a result",
         {ASKS(query("SELECT 1")), ANSWERS(rows_without_end("x", 3))},
         4,
         TAP_WAIT,
         "",
         ""},
        {"collecting", {{CLIENT_SENDS, half, TAP_WAIT}}, 1, TAP_WAIT, "", ""},
        {"waiting",
         {{CLIENT_SENDS, JOIN(query("SELECT 1"), query(CREATE)), TAP_WAIT},
          {SERVER_GETS, query("SELECT 1"), TAP_WAIT}},
         2,
         TAP_WAIT,
         "",
         ""},
        {"deciding", {{CLIENT_SENDS, query(CREATE), TAP_WAIT}}, 1, TAP_WAIT, COMMAND "\n", ""},
        {"sent", {ASKS(query(CREATE))}, 2, TAP_FORWARD, COMMAND "\n", "outcome 0 lost last\n"},
    };
    memcpy(all, situations, sizeof(situations));
}

static void play_situation(const struct situation *situation, const struct step *then, size_t count,
                           const char *told)
{
    struct step *steps = memory_new(situation->count + count, sizeof(*steps));
    struct buffer all = BUFFER_INIT;
    memcpy(steps, situation->steps, situation->count * sizeof(*steps));
    memcpy(steps + situation->count, then, count * sizeof(*steps));
    buffer_printf(&all, "open anna shop\n%s%sclose\n", situation->told, told);
    print_message("           %s\n", situation->name);
    struct script script = {.step = steps,
                            .count = situation->count + count,
                            .login = true,
                            .told = buffer_text(&all),
                            .decision = situation->decision,
                            .phase = PHASE_CLOSED};
    script_play_cut_at(&script, NULL, 0);
    buffer_release(&all);
    free(steps);
}

static void an_error_out_of_turn_is_relayed_at_once_and_is_no_outcome(void **state)
{
    static const uint16_t codes[] = {4031, 1053, 1927, 1317};
    struct situation situations[SITUATIONS];
    (void)state;
    make_situations(situations);
    for (size_t i = 0; i < SITUATIONS; i++)
        for (size_t code = 0; code < sizeof(codes) / sizeof(*codes); code++) {
            const struct step then[] = {
                ANSWERS(error(0, codes[code], "The server speaks out of turn")),
                {SERVER_VANISHES, SLICE(""), TAP_WAIT},
                {CLIENT_SEES_END, SLICE(""), TAP_WAIT},
            };
            play_situation(&situations[i], then, 4, situations[i].lost);
        }
}

static void a_server_that_vanishes_is_followed_by_no_word_of_ours(void **state)
{
    struct situation situations[SITUATIONS];
    (void)state;
    make_situations(situations);
    const struct step then[] = {
        {SERVER_VANISHES, SLICE(""), TAP_WAIT},
        {CLIENT_SEES_END, SLICE(""), TAP_WAIT},
    };
    for (size_t i = 0; i < SITUATIONS; i++)
        play_situation(&situations[i], then, 2, situations[i].lost);
}

static void a_server_that_ends_its_half_ends_the_session(void **state)
{
    struct situation situations[SITUATIONS];
    (void)state;
    make_situations(situations);
    const struct step then[] = {
        {SERVER_ENDS, SLICE(""), TAP_WAIT},
        {CLIENT_SEES_END, SLICE(""), TAP_WAIT},
    };
    for (size_t i = 0; i < SITUATIONS; i++)
        play_situation(&situations[i], then, 2, situations[i].lost);
}

/* It has said all it wants and reads on: what it asked is done and answered, then the server is told. */
static void a_client_that_ends_its_half_gets_its_answers(void **state)
{
    struct situation situations[SITUATIONS];
    (void)state;
    make_situations(situations);
    const struct step end = {CLIENT_ENDS, SLICE(""), TAP_WAIT};
    const struct step seen = {SERVER_SEES_END, SLICE(""), TAP_WAIT};
    const struct step not_seen = {SERVER_GETS, SLICE(""), TAP_WAIT};
    const struct step gone = {SERVER_VANISHES, SLICE(""), TAP_WAIT};
    const struct step closed = {CLIENT_SEES_END, SLICE(""), TAP_WAIT};
    const struct step forward = {TAP_DOES, SLICE(""), TAP_FORWARD};
    const struct step create = {SERVER_GETS, query(CREATE), TAP_WAIT};
    const struct step idle[] = {end, seen, gone, closed};
    const struct step flight[] = {end, seen, ANSWERS(one_row("1")), gone, closed};
    const struct step result[] = {end, seen, ANSWERS(end_of_rows(7, 2)), gone, closed};
    const struct step waiting[] = {end,     not_seen, ANSWERS(one_row("1")),
                                   forward, create,   ANSWERS(ok(1, 2)),
                                   seen,    gone,     closed};
    const struct step deciding[] = {end,  not_seen, forward, create, ANSWERS(ok(1, 2)),
                                    seen, gone,     closed};
    const struct step sent[] = {end, not_seen, ANSWERS(ok(1, 2)), seen, gone, closed};
    play_situation(&situations[0], idle, 4, "");
    play_situation(&situations[1], flight, 6, "");
    play_situation(&situations[2], result, 6, "");
    play_situation(&situations[3], idle, 4, "");
    play_situation(&situations[4], waiting, 11, COMMAND "\noutcome 0 ok last\n");
    play_situation(&situations[5], deciding, 9, "outcome 0 ok last\n");
    play_situation(&situations[6], sent, 7, "outcome 0 ok last\n");
}

static void a_client_that_vanishes_leaves_no_session(void **state)
{
    struct situation situations[SITUATIONS];
    (void)state;
    make_situations(situations);
    const struct step end[] = {
        {CLIENT_VANISHES, SLICE(""), TAP_WAIT},
        {SERVER_SEES_END, SLICE(""), TAP_WAIT},
        {SERVER_VANISHES, SLICE(""), TAP_WAIT},
    };
    const struct step outcome[] = {
        {CLIENT_VANISHES, SLICE(""), TAP_WAIT}, {SERVER_GETS, SLICE(""), TAP_WAIT},
        {SERVER_SENDS, ok(1, 2), TAP_WAIT},     {SERVER_SEES_END, SLICE(""), TAP_WAIT},
        {SERVER_VANISHES, SLICE(""), TAP_WAIT},
    };
    for (size_t i = 0; i < 4; i++)
        play_situation(&situations[i], end, 3, "");
    play_situation(&situations[6], outcome, 5, "outcome 0 ok last\n");
}

static void ends_while_a_question_is_out(void **state)
{
    struct slice killed = error(0, 1927, "Connection was killed");
    const struct situation asking = {"asking",
                                     {{CLIENT_SENDS, query(CREATE), TAP_WAIT},
                                      {TAP_DOES, SLICE(""), TAP_ASK},
                                      {SERVER_GETS, query(""), TAP_WAIT}},
                                     3,
                                     TAP_WAIT,
                                     COMMAND "\n",
                                     ""};
    (void)state;
    const struct step told[] = {ANSWERS(killed), {CLIENT_SEES_END, SLICE(""), TAP_WAIT}};
    const struct step vanished[] = {{SERVER_VANISHES, SLICE(""), TAP_WAIT},
                                    {CLIENT_SEES_END, SLICE(""), TAP_WAIT}};
    const struct step half[] = {
        {SERVER_SENDS, rows_without_end("no word of this", 1), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {SERVER_VANISHES, SLICE(""), TAP_WAIT},
        {CLIENT_SEES_END, SLICE(""), TAP_WAIT},
    };
    play_situation(&asking, told, 3, "");
    play_situation(&asking, vanished, 2, "");
    play_situation(&asking, half, 4, "");
}

/* --- within the login ------------------------------------------------------------------------- */

static void play_login_end(const struct step *then, size_t count, const char *told)
{
    struct situation login = {.steps = {{SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
                                        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
                                        ASKS(response(CLIENT_WANTS, "anna", "shop"))},
                              .count = 4};
    struct step steps[STATE_STEPS_MAX + 16];
    memcpy(steps, login.steps, sizeof(login.steps));
    memcpy(steps + login.count, then, count * sizeof(*then));
    struct script script = {
        .step = steps, .count = login.count + count, .told = told, .phase = PHASE_CLOSED};
    script_play_cut_at(&script, NULL, 0);
}

static struct slice auth_switch(void)
{
    return packet(2, SLICE("\xfe"
                           "caching_sha2_password\0ABCDEFGHIJKLMNOPQRST\0"));
}

/* A bare close would count against the proxy's address. */
static void a_client_that_vanishes_within_the_authentication_is_answered_for(void **state)
{
    (void)state;
    const struct step asked_then_gone[] = {
        ANSWERS(auth_switch()),
        {CLIENT_VANISHES, SLICE(""), TAP_WAIT},
        {SERVER_GETS, packet(3, SLICE("")), TAP_WAIT},
        {SERVER_SENDS, packet(4, SLICE("\1\4")), TAP_WAIT},
        {SERVER_GETS, packet(5, SLICE("")), TAP_WAIT},
        {SERVER_SENDS, error(6, 1045, "Access denied"), TAP_WAIT},
        {SERVER_VANISHES, SLICE(""), TAP_WAIT},
    };
    const struct step gone_then_asked[] = {
        {CLIENT_VANISHES, SLICE(""), TAP_WAIT},  {SERVER_GETS, SLICE(""), TAP_WAIT},
        {SERVER_SENDS, auth_switch(), TAP_WAIT}, {SERVER_GETS, packet(3, SLICE("")), TAP_WAIT},
        {SERVER_VANISHES, SLICE(""), TAP_WAIT},
    };
    const struct step logged_in[] = {
        {CLIENT_VANISHES, SLICE(""), TAP_WAIT},
        {SERVER_SENDS, JOIN(packet(2, SLICE("\1\3")), ok(3, 2)), TAP_WAIT},
        {SERVER_SEES_END, SLICE(""), TAP_WAIT},
        {SERVER_VANISHES, SLICE(""), TAP_WAIT},
    };
    play_login_end(asked_then_gone, 8, "");
    play_login_end(gone_then_asked, 5, "");
    play_login_end(logged_in, 4, "open anna shop\nclose\n");
}

static void an_authentication_without_end_is_not_answered_for_ever(void **state)
{
    (void)state;
    const struct step then[] = {
        {CLIENT_VANISHES, SLICE(""), TAP_WAIT},
        {SERVER_SENDS, packet(2, SLICE("\1more")), TAP_WAIT},
        {SERVER_GETS, packet(3, SLICE("")), TAP_WAIT},
        {SERVER_SENDS, packet(4, SLICE("\1more")), TAP_WAIT},
        {SERVER_GETS, packet(5, SLICE("")), TAP_WAIT},
        {SERVER_SENDS, packet(6, SLICE("\1more")), TAP_WAIT},
        {SERVER_GETS, packet(7, SLICE("")), TAP_WAIT},
        {SERVER_SENDS, packet(8, SLICE("\1more")), TAP_WAIT},
        {SERVER_GETS, packet(9, SLICE("")), TAP_WAIT},
        {SERVER_SENDS, packet(10, SLICE("\1more")), TAP_WAIT},
        {SERVER_SEES_END, SLICE(""), TAP_WAIT},
    };
    play_login_end(then, 11, "");
}

static void a_client_that_ends_its_half_within_the_login_is_logged_in(void **state)
{
    (void)state;
    const struct step then[] = {
        {CLIENT_ENDS, SLICE(""), TAP_WAIT},
        {SERVER_GETS, SLICE(""), TAP_WAIT},
        ANSWERS(ok(2, 2)),
        {SERVER_SEES_END, SLICE(""), TAP_WAIT},
        {SERVER_VANISHES, SLICE(""), TAP_WAIT},
        {CLIENT_SEES_END, SLICE(""), TAP_WAIT},
    };
    play_login_end(then, 7, "open anna shop\nclose\n");
}

/* A server that does not answer does not hold a session whose client is gone. */
static void a_login_that_stalls_ends_when_its_client_has_left(void **state)
{
    struct rig *rig = *state;
    rig->shared.connect_timeout = 300;
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
    send_bytes(rig->client, response(CLIENT_WANTS, "anna", "shop"));
    expect_bytes(rig->server, response(CLIENT_WANTS, "anna", "shop"));
    rig_close(&rig->client);
    expect_end(rig->server);
    rig_expect_no_session(rig);
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
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
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
        RIG_TEST(a_server_that_ends_within_the_answer_to_a_question_shows_nothing_of_it),
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
        RIG_TEST(a_refusal_comes_between_packets_of_a_server_that_speaks_out_of_turn),
        RIG_TEST(an_error_out_of_turn_instead_of_the_outcome_is_relayed_and_the_outcome_lost),
        cmocka_unit_test(an_error_out_of_turn_is_relayed_at_once_and_is_no_outcome),
        cmocka_unit_test(a_server_that_vanishes_is_followed_by_no_word_of_ours),
        cmocka_unit_test(a_server_that_ends_its_half_ends_the_session),
        cmocka_unit_test(a_client_that_ends_its_half_gets_its_answers),
        cmocka_unit_test(a_client_that_vanishes_leaves_no_session),
        cmocka_unit_test(ends_while_a_question_is_out),
        cmocka_unit_test(a_client_that_vanishes_within_the_authentication_is_answered_for),
        cmocka_unit_test(an_authentication_without_end_is_not_answered_for_ever),
        cmocka_unit_test(a_client_that_ends_its_half_within_the_login_is_logged_in),
        RIG_TEST(a_login_that_stalls_ends_when_its_client_has_left),
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
