/* Streams in any pieces: each conversation whole, cut at every byte, and byte by byte. */
#include "suites.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ddltap/memory.h"
#include "script.h"
#include "wire/handshake.h"
#include "wire/packet.h"

#define CREATE "CREATE TABLE t (a INT)"
#define OPENED "open anna shop\n"
#define HELD "command query " CREATE "\n"
#define ONE_OK "outcome 0 ok last\n"

static struct slice more(uint8_t sequence)
{
    return ok(sequence, STATUS_MORE_RESULTS);
}

static struct slice auth_switch(uint8_t sequence)
{
    return packet(sequence, SLICE("\xfe"
                                  "mysql_native_password\0ABCDEFGHIJKLMNOPQRST\0"));
}

/* --- login ------------------------------------------------------------------------------------ */

static void a_login_with_a_long_exchange(void **state)
{
    (void)state;
    const struct step steps[] = {
        {SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_SENDS, response(CLIENT_WANTS, "anna", "shop"), TAP_WAIT},
        {SERVER_GETS, response(CLIENT_WANTS, "anna", "shop"), TAP_WAIT},
        ANSWERS(packet(2, SLICE("\xfe"
                                "caching_sha2_password\0ABCDEFGHIJKLMNOPQRST\0"))),
        ASKS(packet(3, bytes_pattern("", 32))),
        ANSWERS(packet(4, SLICE("\1\4"))),
        ASKS(packet(5, SLICE("\2"))),
        ANSWERS(packet(6, bytes_pattern("\1-----BEGIN PUBLIC KEY-----", 451))),
        ASKS(packet(7, SLICE(""))),
        ANSWERS(JOIN(packet(8, SLICE("\1\3")), ok(9, 2))),
        ASKS(query("SELECT 1")),
        ANSWERS(one_row("1")),
    };
    script_play(&(struct script){STEPS(steps), .told = OPENED});
}

static void a_refused_login(void **state)
{
    (void)state;
    const struct step steps[] = {
        {SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_SENDS, response(CLIENT_WANTS, "anna", "shop"), TAP_WAIT},
        {SERVER_GETS, response(CLIENT_WANTS, "anna", "shop"), TAP_WAIT},
        ANSWERS(error(2, 1045, "Access denied for user 'anna'@'localhost'")),
    };
    script_play(&(struct script){STEPS(steps), .told = "", .phase = PHASE_LOGIN});
}

static void a_refused_connection(void **state)
{
    (void)state;
    const struct step steps[] = {ANSWERS(packet(0, SLICE("\xff\x10\4Too many connections")))};
    script_play(&(struct script){STEPS(steps), .told = "", .phase = PHASE_RAW});
}

static struct slice ssl_request(uint64_t capabilities)
{
    struct slice whole = response(capabilities | CLIENT_SSL, "", "");
    return packet(1, slice_make(whole.ptr + PACKET_HEAD_SIZE, 32));
}

static struct tls *make_certificate(void)
{
    static const char *const names[] = {"certificate.pem", "key.pem", "ca.pem"};
    char folder[] = "/tmp/ddltap-test-XXXXXX", path[3][64];
    struct problem problem = PROBLEM_INIT;
    struct tls *tls = NULL;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(tls_ensure_certificate(folder, &problem), ERROR_NONE);
    for (int i = 0; i < 3; i++)
        snprintf(path[i], sizeof(path[i]), "%s/%s", folder, names[i]);
    assert_int_equal(tls_server_new(path[0], path[1], &tls, &problem), ERROR_NONE);
    for (int i = 0; i < 3; i++)
        unlink(path[i]);
    rmdir(folder);
    return tls;
}

static void a_login_and_a_held_command_within_tls(void **state)
{
    (void)state;
    uint64_t offers = SERVER_OFFERS | CLIENT_SSL, wants = CLIENT_WANTS | CLIENT_SSL;
    struct tls *tls = make_certificate();
    const struct step steps[] = {
        {SERVER_SENDS, greeting(offers), TAP_WAIT},
        {CLIENT_GETS, greeting(offers), TAP_WAIT},
        {CLIENT_SENDS, ssl_request(wants), TAP_WAIT},
        {SERVER_GETS, ssl_request(wants), TAP_WAIT},
        {BOTH_SHAKE_HANDS, SLICE(""), TAP_WAIT},
        {CLIENT_SENDS, response(wants, "anna", "shop"), TAP_WAIT},
        {SERVER_GETS, response(wants, "anna", "shop"), TAP_WAIT},
        ANSWERS(ok(3, 2)),
        {CLIENT_SENDS, query(CREATE), TAP_WAIT},
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        {SERVER_SENDS, one_row("y"), TAP_WAIT},
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        {SERVER_SENDS, ok(1, 2), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, ok(1, 2), TAP_WAIT},
    };
    script_play(&(struct script){STEPS(steps), .told = OPENED HELD "answer 1 y\n" ONE_OK,
                                 .questions = 1, .decision = TAP_FORWARD, .keeps = true,
                                 .tls = tls});
    tls_free(tls);
}

/* --- commands and answers that pass ----------------------------------------------------------- */

/* A result set whose ends are OK packets, without an EOF behind the definitions. */
static struct slice rows_of_deprecate_eof(void)
{
    return JOIN(packet(1, SLICE("\1")),
                packet(2, SLICE("\3def\0\0\0\1x\0\x0c\x2d\0\1\0\0\0\xfd\0\0\0\0\0")),
                packet(3, SLICE("\5a row")), packet(4, SLICE("\xfb")), packet(5, SLICE("\0")),
                packet(6, SLICE("\xfe\0\0\2\0\0\0")));
}

static struct slice definition(uint8_t sequence)
{
    return packet(sequence, SLICE("\3def\0\0\0\1x\0\x0c\x2d\0\1\0\0\0\xfd\0\0\0\0\0"));
}

static struct slice prepared_with_two_blocks(void)
{
    return JOIN(packet(1, SLICE("\0\7\0\0\0\1\0\2\0\0\0\0")), definition(2), definition(3),
                end_of_rows(4, 2), definition(5), end_of_rows(6, 2));
}

static struct slice cursor_opened(void)
{
    return JOIN(packet(1, SLICE("\1")), definition(2), end_of_rows(3, 2 | 0x40));
}

static void every_shape_of_answer(void **state)
{
    (void)state;
    struct slice progress = packet(1, SLICE("\xff\xff\xff\1\1\2\0\0\0\4copy"));
    const struct step steps[] = {
        ASKS(query("SELECT 'something'")),
        ANSWERS(JOIN(rows_without_end("a value", 9), end_of_rows(13, 2))),
        ASKS(command(COM_PING, SLICE(""))),
        ANSWERS(ok(1, 2)),
        ASKS(query("ALTER TABLE t FORCE")),
        ANSWERS(JOIN(progress, progress, ok(3, 2))),
        ASKS(command(COM_STATISTICS, SLICE(""))),
        ANSWERS(packet(1, SLICE("Uptime: 5"))),
        ASKS(command(COM_INIT_DB, SLICE("shop"))),
        ANSWERS(error(1, 1049, "Unknown database")),
        ASKS(command(COM_FIELD_LIST, SLICE("t\0"))),
        ANSWERS(JOIN(definition(1), definition(2), end_of_rows(3, 2))),
        ASKS(command(COM_STMT_PREPARE, SLICE("SELECT ?, ?"))),
        ANSWERS(prepared_with_two_blocks()),
        ASKS(execute(7)),
        ANSWERS(cursor_opened()),
        ASKS(command(COM_STMT_FETCH, SLICE("\7\0\0\0\1\0\0\0"))),
        ANSWERS(JOIN(packet(1, SLICE("\0\0\1x")), end_of_rows(2, 2 | 0x80))),
        ASKS(command(COM_STMT_SEND_LONG_DATA, SLICE("\7\0\0\0\0\0some"))),
        ASKS(command(COM_STMT_RESET, SLICE("\7\0\0\0"))),
        ANSWERS(ok(1, 2)),
        ASKS(close_statement(7)),
        ASKS(command(COM_SET_OPTION, SLICE("\0\0"))),
        ANSWERS(end_of_rows(1, 2)),
        ASKS(command(COM_RESET_CONNECTION, SLICE(""))),
        ANSWERS(ok(1, 2)),
        ASKS(query("CALL p()")),
        ANSWERS(JOIN(rows_without_end("x", 2), end_of_rows(6, STATUS_MORE_RESULTS), more(7),
                     error(8, 1644, "unhandled"))),
        ASKS(packet(0, SLICE("\xfa\7\0\0\0\x80\0"))),
        ANSWERS(ok(1, 2)),
        ASKS(query("MAYBE this is nothing")),
        ANSWERS(packet(1, SLICE("\xff\x28\4no state"))),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .told = OPENED});
    script_play(&(struct script){STEPS(steps), .login = true, .told = "", .declines = true});
}

static void answers_without_eof(void **state)
{
    (void)state;
    uint64_t offers = SERVER_OFFERS | CLIENT_DEPRECATE_EOF,
             wants = CLIENT_WANTS | CLIENT_DEPRECATE_EOF;
    const struct step steps[] = {
        {SERVER_SENDS, greeting(offers), TAP_WAIT},
        {CLIENT_GETS, greeting(offers), TAP_WAIT},
        {CLIENT_SENDS, response(wants, "anna", "shop"), TAP_WAIT},
        {SERVER_GETS, response(wants, "anna", "shop"), TAP_WAIT},
        ANSWERS(ok(2, 2)),
        ASKS(query("SELECT 1")),
        ANSWERS(rows_of_deprecate_eof()),
        {CLIENT_SENDS, query(CREATE), TAP_WAIT},
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        {SERVER_SENDS, rows_of_deprecate_eof(), TAP_WAIT},
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(rows_of_deprecate_eof()),
    };
    script_play(&(struct script){STEPS(steps),
                                 .told = OPENED HELD "answer 1 a row\noutcome 0 rows last\n",
                                 .questions = 1, .decision = TAP_FORWARD});
}

static void a_local_file(void **state)
{
    (void)state;
    struct slice file = JOIN(packet(2, SLICE("1,2,3\n")), packet(3, bytes_pattern("4,", 300)),
                             packet(4, SLICE("")));
    const struct step steps[] = {
        ASKS(query("LOAD DATA LOCAL INFILE 'x' INTO TABLE t")),
        ANSWERS(packet(1, SLICE("\xfb/tmp/x"))),
        ASKS(file),
        ANSWERS(ok(5, 2)),
        ASKS(query(CREATE)),
        ANSWERS(packet(1, SLICE("\xfb/tmp/x"))),
        ASKS(JOIN(file, SLICE(""))),
        ANSWERS(ok(5, 2)),
        ASKS(query("LOAD DATA LOCAL INFILE 'none' INTO TABLE t")),
        ANSWERS(packet(1, SLICE("\xfbnone"))),
        ASKS(packet(2, SLICE(""))),
        ANSWERS(error(3, 2, "file not found")),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .told = OPENED HELD ONE_OK,
                                 .decision = TAP_FORWARD});
}

static void a_change_of_user(void **state)
{
    (void)state;
    const struct step steps[] = {
        ASKS(change_user("berta", "depot")),
        ANSWERS(auth_switch(1)),
        ASKS(packet(2, bytes_pattern("", 20))),
        ANSWERS(ok(3, 2)),
        ASKS(query(CREATE)),
        ANSWERS(ok(1, 2)),
        ASKS(change_user("carla", "")),
        ANSWERS(error(1, 1045, "Access denied")),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED "close\nopen berta depot\n" HELD ONE_OK
                                                "close\nopen berta depot\n",
                                 .decision = TAP_FORWARD});
}

/* --- commands sent ahead ---------------------------------------------------------------------- */

/* They are no part of the exchange that is going on: they wait for its end, and the tap sees them. */
static void commands_before_the_end_of_a_login(void **state)
{
    (void)state;
    const struct step steps[] = {
        {SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_SENDS,
         JOIN(response(CLIENT_WANTS, "anna", "shop"), query(CREATE), query("SELECT 1")), TAP_WAIT},
        {SERVER_GETS, response(CLIENT_WANTS, "anna", "shop"), TAP_WAIT},
        {SERVER_SENDS, ok(2, 2), TAP_WAIT},
        {CLIENT_GETS, ok(2, 2), TAP_WAIT},
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        ANSWERS(one_row("1")),
    };
    script_play(
        &(struct script){STEPS(steps), .told = OPENED HELD ONE_OK, .decision = TAP_FORWARD});
}

/* Behind the client's answer to an authentication packet, too. */
static void commands_behind_an_answer_within_a_login(void **state)
{
    (void)state;
    struct slice answer = packet(3, bytes_pattern("", 20));
    const struct step steps[] = {
        {SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
        ASKS(response(CLIENT_WANTS, "anna", "shop")),
        ANSWERS(auth_switch(2)),
        {CLIENT_SENDS, JOIN(answer, query(CREATE)), TAP_WAIT},
        {SERVER_GETS, answer, TAP_WAIT},
        ANSWERS(ok(4, 2)),
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
    };
    script_play(
        &(struct script){STEPS(steps), .told = OPENED HELD ONE_OK, .decision = TAP_FORWARD});
}

/* A server may ask twice before it reads. */
static void commands_behind_two_answers_within_a_login(void **state)
{
    (void)state;
    struct slice one = packet(4, SLICE("one")), two = packet(5, SLICE("two"));
    const struct step steps[] = {
        {SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
        ASKS(response(CLIENT_WANTS, "anna", "shop")),
        ANSWERS(JOIN(packet(2, SLICE("\1first")), packet(3, SLICE("\1second")))),
        ASKS(one),
        {CLIENT_SENDS, JOIN(two, query(CREATE)), TAP_WAIT},
        {SERVER_GETS, two, TAP_WAIT},
        ANSWERS(ok(6, 2)),
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
    };
    script_play(
        &(struct script){STEPS(steps), .told = OPENED HELD ONE_OK, .decision = TAP_FORWARD});
}

/* As the plugin of Windows does where its token is long. */
static void an_answer_in_two_packets_with_commands_behind_it(void **state)
{
    (void)state;
    struct slice one = packet(3, bytes_pattern("", 255)), two = packet(4, bytes_pattern("", 40));
    const struct step steps[] = {
        {SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
        ASKS(response(CLIENT_WANTS, "anna", "shop")),
        ANSWERS(auth_switch(2)),
        {CLIENT_SENDS, JOIN(JOIN(one, two), query(CREATE)), TAP_WAIT},
        {SERVER_GETS, JOIN(one, two), TAP_WAIT},
        ANSWERS(ok(5, 2)),
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
    };
    script_play(
        &(struct script){STEPS(steps), .told = OPENED HELD ONE_OK, .decision = TAP_FORWARD});
}

static void commands_behind_an_answer_within_a_change_of_user(void **state)
{
    (void)state;
    struct slice answer = packet(2, bytes_pattern("", 20));
    const struct step steps[] = {
        ASKS(change_user("berta", "depot")),
        ANSWERS(auth_switch(1)),
        {CLIENT_SENDS, JOIN(answer, query(CREATE)), TAP_WAIT},
        {SERVER_GETS, answer, TAP_WAIT},
        ANSWERS(ok(3, 2)),
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED "close\nopen berta depot\n" HELD ONE_OK,
                                 .decision = TAP_FORWARD});
}

/* caching_sha2_password knows the client: its OK follows without a word of the client's. */
static void commands_before_the_ok_of_a_login_that_asks_nothing_more(void **state)
{
    (void)state;
    const struct step steps[] = {
        {SERVER_SENDS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_GETS, greeting(SERVER_OFFERS), TAP_WAIT},
        {CLIENT_SENDS, JOIN(response(CLIENT_WANTS, "anna", "shop"), query(CREATE)), TAP_WAIT},
        {SERVER_GETS, response(CLIENT_WANTS, "anna", "shop"), TAP_WAIT},
        ANSWERS(packet(2, SLICE("\1\3"))),
        {SERVER_GETS, SLICE(""), TAP_WAIT},
        ANSWERS(ok(3, 2)),
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
    };
    script_play(
        &(struct script){STEPS(steps), .told = OPENED HELD ONE_OK, .decision = TAP_FORWARD});
}

static void commands_before_the_ok_of_a_change_of_user_that_asks_nothing_more(void **state)
{
    (void)state;
    const struct step steps[] = {
        {CLIENT_SENDS, JOIN(change_user("berta", "depot"), query(CREATE)), TAP_WAIT},
        {SERVER_GETS, change_user("berta", "depot"), TAP_WAIT},
        ANSWERS(packet(1, SLICE("\1\3"))),
        {SERVER_GETS, SLICE(""), TAP_WAIT},
        ANSWERS(ok(2, 2)),
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED "close\nopen berta depot\n" HELD ONE_OK,
                                 .decision = TAP_FORWARD});
}

static void commands_before_the_end_of_a_change_of_user(void **state)
{
    (void)state;
    const struct step steps[] = {
        {CLIENT_SENDS, JOIN(change_user("berta", "depot"), query(CREATE)), TAP_WAIT},
        {SERVER_GETS, change_user("berta", "depot"), TAP_WAIT},
        {SERVER_SENDS, ok(1, 2), TAP_WAIT},
        {CLIENT_GETS, ok(1, 2), TAP_WAIT},
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED "close\nopen berta depot\n" HELD ONE_OK,
                                 .decision = TAP_FORWARD});
}

/* --- many at once ----------------------------------------------------------------------------- */

static void a_pipeline(void **state)
{
    (void)state;
    struct slice before = JOIN(query("SELECT 1"), command(COM_PING, SLICE("")), close_statement(3));
    const struct step steps[] = {
        /* All that needs no answer first goes on; what is held waits, and holds up what follows. */
        {CLIENT_SENDS, JOIN(before, query(CREATE), query("SELECT 2"), query(CREATE)), TAP_WAIT},
        {SERVER_GETS, before, TAP_WAIT},
        ANSWERS(JOIN(one_row("1"), ok(1, 2))),
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(error(1, 1050, "exists")),
        {SERVER_GETS, query("SELECT 2"), TAP_WAIT},
        ANSWERS(one_row("2")),
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        ANSWERS(ok(1, 2)),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED HELD "outcome 0 error 1050 last\n" HELD ONE_OK,
                                 .decision = TAP_FORWARD});
}

/* --- commands that are held ------------------------------------------------------------------- */

static void a_held_command_with_questions_and_a_kept_outcome(void **state)
{
    (void)state;
    const struct step steps[] = {
        {CLIENT_SENDS, query(CREATE), TAP_WAIT},
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        {SERVER_SENDS, JOIN(rows_without_end("yes", 3), end_of_rows(7, 2)), TAP_WAIT},
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        {SERVER_SENDS, error(1, 1054, "Unknown column"), TAP_WAIT},
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        {SERVER_SENDS, JOIN(rows_without_end("", 0), packet(4, SLICE("\xfb")), end_of_rows(5, 2)),
         TAP_WAIT},
        {SERVER_GETS, query(CREATE), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {SERVER_SENDS, ok(1, 2), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {CLIENT_SENDS, query("SELECT 3"), TAP_WAIT},
        {SERVER_GETS, SLICE(""), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, ok(1, 2), TAP_WAIT},
        {SERVER_GETS, query("SELECT 3"), TAP_WAIT},
        ANSWERS(one_row("3")),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED HELD
                                 "answer 1 yes\nanswer error 1054\nanswer 1 NULL\n" ONE_OK,
                                 .questions = 3, .decision = TAP_FORWARD, .keeps = true});
}

static void several_statements_in_a_held_text(void **state)
{
    (void)state;
    struct slice asked = query("CREATE TABLE t (a INT); SELECT 1; CREATE TABLE t (a INT); SELECT");
    struct slice rows = rows_without_end("x", 3);
    struct slice end = end_of_rows(8, STATUS_MORE_RESULTS);
    struct slice failure = error(10, 1050, "Table 't' already exists");
    const struct step steps[] = {
        ASKS(asked),
        {SERVER_SENDS, JOIN(more(1), rows, end, more(9), failure), TAP_WAIT},
        {CLIENT_GETS, SLICE(""), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, JOIN(more(1), rows), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, end, TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, more(9), TAP_WAIT},
        {TAP_DOES, SLICE(""), TAP_RELEASE},
        {CLIENT_GETS, failure, TAP_WAIT},
        ASKS(query("SELECT 1")),
        ANSWERS(one_row("1")),
    };
    script_play(&(struct script){
        STEPS(steps), .login = true,
        .told = OPENED "command query CREATE TABLE t (a INT); SELECT 1; CREATE\n"
                       "outcome 0 ok\noutcome 1 rows\noutcome 2 ok\noutcome 3 error 1050 last\n",
        .decision = TAP_FORWARD, .keeps = true});
}

static void a_prepared_and_executed_ddl(void **state)
{
    (void)state;
    const struct step steps[] = {
        ASKS(command(COM_STMT_PREPARE, SLICE(CREATE))),
        ANSWERS(prepare_ok(5)),
        ASKS(execute(5)),
        ANSWERS(ok(1, 2)),
        {CLIENT_SENDS,
         JOIN(command(COM_STMT_PREPARE, SLICE(CREATE)), execute(0xFFFFFFFF), close_statement(5)),
         TAP_WAIT},
        {SERVER_GETS, command(COM_STMT_PREPARE, SLICE(CREATE)), TAP_WAIT},
        ANSWERS(prepare_ok(6)),
        {SERVER_GETS, execute(0xFFFFFFFF), TAP_WAIT},
        {SERVER_SENDS, error(1, 1050, "exists"), TAP_WAIT},
        {CLIENT_GETS, error(1, 1050, "exists"), TAP_WAIT},
        {SERVER_GETS, close_statement(5), TAP_WAIT},
        ASKS(execute(5)),
        ANSWERS(error(1, 1243, "Unknown statement")),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED "command execute " CREATE "\n" ONE_OK
                                                "command execute " CREATE
                                                "\noutcome 0 error 1050 last\n",
                                 .decision = TAP_FORWARD});
}

static void a_refused_command(void **state)
{
    (void)state;
    struct slice killed = error(1, 1317, "Query execution was interrupted");
    const struct step steps[] = {
        {CLIENT_SENDS, JOIN(query(CREATE), query("SELECT 1")), TAP_WAIT},
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        {SERVER_SENDS, killed, TAP_WAIT},
        {CLIENT_GETS, killed, TAP_WAIT},
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        ANSWERS(one_row("1")),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED HELD "answer error 1317\n", .questions = 1,
                                 .decision = TAP_REFUSE_AS_ANSWERED});
}

static void an_error_out_of_turn(void **state)
{
    (void)state;
    const struct step steps[] = {
        ASKS(query("SELECT 1")),
        ANSWERS(one_row("1")),
        ANSWERS(error(0, 4031, "The client was disconnected by the server because of inactivity")),
    };
    script_play(&(struct script){STEPS(steps), .login = true, .told = OPENED});
}

/* --- large packets ---------------------------------------------------------------------------- */

static void a_chunk_larger_than_the_read_buffer(void **state)
{
    (void)state;
    struct slice rows = JOIN(rows_without_end("a value of some bytes", 2500), end_of_rows(4, 2));
    const struct step steps[] = {
        ASKS(command(COM_QUERY, bytes_pattern("INSERT", 70000))),
        ANSWERS(ok(1, 2)),
        ASKS(command(COM_QUERY, bytes_pattern("CREATE VIEW 5678901234567890123456789012", 70000))),
        ANSWERS(rows),
    };
    script_play(&(struct script){STEPS(steps), .login = true,
                                 .told = OPENED
                                 "command query CREATE VIEW 5678901234567890123456789012\n"
                                 "outcome 0 rows last\n",
                                 .decision = TAP_FORWARD});
}

static void packets_that_are_continued(void **state)
{
    static const size_t cuts[] = {1,
                                  4,
                                  5,
                                  LOOP_BUFFER_SIZE,
                                  PACKET_PAYLOAD_MAX,
                                  PACKET_PAYLOAD_MAX + 3,
                                  PACKET_PAYLOAD_MAX + 4,
                                  PACKET_PAYLOAD_MAX + 5,
                                  PACKET_PAYLOAD_MAX + 7,
                                  PACKET_PAYLOAD_MAX + 8};
    (void)state;
    /* Two packets, the second of them empty. */
    struct slice text =
        bytes_pattern("CREATE VIEW 5678901234567890123456789012", PACKET_PAYLOAD_MAX - 1);
    struct slice row = packet(4, bytes_pattern("\xfd\xfb\xff\xff", PACKET_PAYLOAD_MAX));
    const struct step steps[] = {
        {CLIENT_SENDS, command(COM_QUERY, text), TAP_WAIT},
        {SERVER_GETS, query("SELECT 1"), TAP_WAIT},
        {SERVER_SENDS, one_row("y"), TAP_WAIT},
        {SERVER_GETS, command(COM_QUERY, text), TAP_WAIT},
        ANSWERS(rows_without_end("", 0)),
        ANSWERS(row),
        ANSWERS(JOIN(packet(6, SLICE("\1x")), end_of_rows(7, 2))),
        ASKS(command(COM_QUERY, bytes_pattern("INSERT", PACKET_PAYLOAD_MAX))),
        ANSWERS(ok(2, 2)),
    };
    script_play_cut_at(&(struct script){STEPS(steps), .login = true,
                                        .told = OPENED
                                        "command query CREATE VIEW 5678901234567890123456789012\n"
                                        "answer 1 y\noutcome 0 rows last\n",
                                        .questions = 1, .decision = TAP_FORWARD},
                       cuts, sizeof(cuts) / sizeof(*cuts));
}

/* --- what real servers said ------------------------------------------------------------------- */

/* A file of recorded traffic: a line is "C" or "S" (who sent it) and a chunk in hexadecimal; other lines
 * are comments. It begins with the greeting and the response. */
#define GOLDEN DDLTAP_TEST_DATA "/../../golden"
#define GOLDEN_STEPS_MAX 4000
#define GOLDEN_PIECE 48 /* more than the session looks ahead */

static struct slice read_hex(const char *text)
{
    struct buffer buffer = BUFFER_INIT;
    unsigned byte;
    for (; sscanf(text, "%2x", &byte) == 1; text += 2)
        buffer_append_char(&buffer, (char)(unsigned char)byte);
    struct slice slice = buffer_slice(&buffer);
    struct slice kept = JOIN(slice);
    buffer_release(&buffer);
    return kept;
}

/* A packet of the login, as it comes out: without the capabilities that the proxy takes away. */
static struct slice patched(struct slice chunk,
                            void (*patch)(char *payload, size_t len, uint64_t clear, uint64_t set))
{
    struct buffer copy = BUFFER_INIT;
    buffer_append_slice(&copy, chunk);
    patch(copy.ptr + PACKET_HEAD_SIZE, copy.len - PACKET_HEAD_SIZE, CLIENT_SSL, 0);
    struct slice slice = buffer_slice(&copy);
    struct slice kept = JOIN(slice);
    buffer_release(&copy);
    return kept;
}

/* Gives the number of steps: for each chunk, it is sent and it comes out. */
static size_t read_golden(const char *path, struct step *steps)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0, count = 0;
    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        bool client = line[0] == 'C';
        if ((!client && line[0] != 'S') || line[1] != ' ')
            continue;
        assert_true(count + 2 <= GOLDEN_STEPS_MAX);
        struct slice sent = read_hex(line + 2), got = sent;
        if (count == 0)
            got = patched(sent, handshake_greeting_patch);
        else if (count == 2)
            got = patched(sent, handshake_response_patch);
        steps[count++] = (struct step){client ? CLIENT_SENDS : SERVER_SENDS, sent, TAP_WAIT};
        steps[count++] = (struct step){client ? SERVER_GETS : CLIENT_GETS, got, TAP_WAIT};
    }
    free(line);
    fclose(file);
    assert_true(count > 6);
    return count;
}

static void play_golden(const char *name)
{
    char path[512];
    struct step *steps = memory_new(GOLDEN_STEPS_MAX, sizeof(*steps));
    snprintf(path, sizeof(path), "%s/%s", GOLDEN, name);
    struct script script = {
        .step = steps, .count = read_golden(path, steps), .decision = TAP_FORWARD};
    print_message("           %s, %zu chunks\n", name, script.count / 2);
    script_play_in_pieces(&script, GOLDEN_PIECE);
    free(steps);
    bytes_forget();
}

static int is_golden(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".traffic") == 0;
}

static void the_traffic_of_real_servers(void **state)
{
    struct dirent **names = NULL;
    (void)state;
    int count = scandir(GOLDEN, &names, is_golden, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        play_golden(names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

int test_split(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_with_a_long_exchange),
        cmocka_unit_test(a_refused_login),
        cmocka_unit_test(a_refused_connection),
        cmocka_unit_test(a_login_and_a_held_command_within_tls),
        cmocka_unit_test(every_shape_of_answer),
        cmocka_unit_test(answers_without_eof),
        cmocka_unit_test(a_local_file),
        cmocka_unit_test(a_change_of_user),
        cmocka_unit_test(commands_before_the_end_of_a_login),
        cmocka_unit_test(commands_before_the_end_of_a_change_of_user),
        cmocka_unit_test(commands_behind_an_answer_within_a_login),
        cmocka_unit_test(commands_behind_two_answers_within_a_login),
        cmocka_unit_test(an_answer_in_two_packets_with_commands_behind_it),
        cmocka_unit_test(commands_behind_an_answer_within_a_change_of_user),
        cmocka_unit_test(commands_before_the_ok_of_a_login_that_asks_nothing_more),
        cmocka_unit_test(commands_before_the_ok_of_a_change_of_user_that_asks_nothing_more),
        cmocka_unit_test(a_pipeline),
        cmocka_unit_test(a_held_command_with_questions_and_a_kept_outcome),
        cmocka_unit_test(several_statements_in_a_held_text),
        cmocka_unit_test(a_prepared_and_executed_ddl),
        cmocka_unit_test(a_refused_command),
        cmocka_unit_test(an_error_out_of_turn),
        cmocka_unit_test(a_chunk_larger_than_the_read_buffer),
        cmocka_unit_test(packets_that_are_continued),
        cmocka_unit_test(the_traffic_of_real_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
