/* result: every shape of answer as a script of packets. Each script runs whole, cut at every byte,
 * one byte at a time, and with rows hopped over; what is told must always be the same.
 */
#include "suites.h"

#include "wire/result.h"

#define DEF                                                                                        \
    "\x03"                                                                                         \
    "def"                                                                                          \
    "\0\0\0\x01"                                                                                   \
    "1\0"                                                                                          \
    "\x0c\x3f\0\x01\0\0\0\x08\x81\0\0\0\0"
#define EOF_PLAIN "\xfe\0\0\x02\0"
#define EOF_MORE "\xfe\0\0\x0a\0"
#define EOF_CURSOR "\xfe\0\0\x42\0"
#define EOF_LAST_ROW "\xfe\0\0\x82\0"
#define END_OK "\xfe\0\0\x02\0\0\0"
#define END_OK_MORE "\xfe\0\0\x0a\0\0\0"
#define END_OK_CURSOR "\xfe\0\0\x42\0\0\0"
#define OK_PLAIN "\0\x03\x04\x02\0\x01\0"
#define OK_MORE "\0\0\0\x0a\0\0\0"
#define ERR_PLAIN "\xff\x7a\x04#42S02no such table"
#define PROGRESS "\xff\xff\xff\x01\x01\x02\x10\x27\0\x05stage"
#define ROW                                                                                        \
    "\x01"                                                                                         \
    "1"
#define ROW_NULL "\xfb"
#define ROW_EMPTY "\x00"
#define ROW_BINARY "\0\0\x01\0\0\0\0\0\0\0"

#define NEW CLIENT_DEPRECATE_EOF
#define OPTIONAL CLIENT_OPTIONAL_RESULTSET_METADATA
#define CACHE MARIADB_CLIENT_CACHE_METADATA

/* The trace has one sign a packet: '.' part, 'O' 'R' 'X' end with OK, rows, error ('+' behind it:
 * more results), 'L' LOCAL INFILE, 'p' progress, '!' out of band, '?' malformed. */
struct script {
    const char *name;
    enum command_answer answer;
    uint64_t capabilities;
    const char *trace;
    struct slice packets[14];
    uint8_t sequence; /* of the first packet, 0 means 1 */
};

#define OUT_OF_TURN 255 /* sequence that stands for 0 */

static const struct script scripts[] = {
    {"ok", ANSWER_OK, 0, "O", {BYTES(OK_PLAIN)}, 0},
    {"ok: error", ANSWER_OK, 0, "X", {BYTES(ERR_PLAIN)}, 0},
    {"ok: error without sqlstate", ANSWER_OK, 0, "X", {BYTES("\xff\x10\x04")}, 0},
    {"ok: eof from a strange server", ANSWER_OK, 0, "O", {BYTES(EOF_PLAIN)}, 0},
    {"ok: a row is not one", ANSWER_OK, 0, "?", {BYTES(ROW)}, 0},
    {"ok: nothing", ANSWER_OK, 0, "?", {BYTES("")}, 0},
    {"ok: cut", ANSWER_OK, 0, "?", {BYTES("\0\0\0\x02\0\0")}, 0},
    {"ok: one too many", ANSWER_OK, 0, "O?", {BYTES(OK_PLAIN), BYTES(OK_PLAIN)}, 0},
    {"ok: more results mean nothing here", ANSWER_OK, 0, "O", {BYTES(OK_MORE)}, 0},
    {"error: cut", ANSWER_RESULTS, 0, "?", {BYTES("\xff\x10")}, 0},
    {"out of turn", ANSWER_RESULTS, NEW, "!", {BYTES("\xff\xbf\x0f#HY000idle")}, OUT_OF_TURN},
    {"error at sequence 0 within rows is the answer's",
     ANSWER_RESULTS,
     NEW,
     "..X",
     {BYTES("\x01"), BYTES(DEF), BYTES(ERR_PLAIN)},
     254},
    {"eof: set option", ANSWER_EOF, 0, "O", {BYTES(EOF_PLAIN)}, 0},
    {"eof: set option, new", ANSWER_EOF, NEW, "O", {BYTES(END_OK)}, 0},
    {"eof: ok", ANSWER_EOF, NEW, "O", {BYTES(OK_PLAIN)}, 0},
    {"eof: error", ANSWER_EOF, 0, "X", {BYTES(ERR_PLAIN)}, 0},
    {"eof: of 6 bytes", ANSWER_EOF, 0, "?", {BYTES("\xfe\0\0\x02\0\0")}, 0},
    {"query: ok", ANSWER_RESULTS, 0, "O", {BYTES(OK_PLAIN)}, 0},
    {"query: rows",
     ANSWER_RESULTS,
     0,
     "......R",
     {BYTES("\x01"), BYTES(DEF), BYTES(EOF_PLAIN), BYTES(ROW), BYTES(ROW_NULL), BYTES(ROW_EMPTY),
      BYTES(EOF_PLAIN)},
     0},
    {"query: rows, new",
     ANSWER_RESULTS,
     NEW,
     ".....R",
     {BYTES("\x01"), BYTES(DEF), BYTES(ROW), BYTES(ROW_NULL), BYTES(ROW_EMPTY), BYTES(END_OK)},
     0},
    {"query: no rows",
     ANSWER_RESULTS,
     0,
     "...R",
     {BYTES("\x01"), BYTES(DEF), BYTES(EOF_PLAIN), BYTES(EOF_PLAIN)},
     0},
    {"query: no rows, new",
     ANSWER_RESULTS,
     NEW,
     "..R",
     {BYTES("\x01"), BYTES(DEF), BYTES(END_OK)},
     0},
    {"query: eof where ok was agreed",
     ANSWER_RESULTS,
     NEW,
     "...R",
     {BYTES("\x01"), BYTES(DEF), BYTES(ROW), BYTES(EOF_PLAIN)},
     0},
    {"query: ok where eof was agreed",
     ANSWER_RESULTS,
     0,
     "....R",
     {BYTES("\x01"), BYTES(DEF), BYTES(EOF_PLAIN), BYTES(ROW), BYTES(END_OK)},
     0},
    {"query: error after rows",
     ANSWER_RESULTS,
     0,
     "....X",
     {BYTES("\x01"), BYTES(DEF), BYTES(EOF_PLAIN), BYTES(ROW), BYTES(ERR_PLAIN)},
     0},
    {"query: error among definitions",
     ANSWER_RESULTS,
     NEW,
     "..X",
     {BYTES("\x02"), BYTES(DEF), BYTES(ERR_PLAIN)},
     0},
    {"query: several statements",
     ANSWER_RESULTS,
     0,
     "O+...R+O",
     {BYTES(OK_MORE), BYTES("\x01"), BYTES(DEF), BYTES(EOF_PLAIN), BYTES(EOF_MORE),
      BYTES(OK_PLAIN)},
     0},
    {"query: several statements, new",
     ANSWER_RESULTS,
     NEW,
     "O+...R+X",
     {BYTES(OK_MORE), BYTES("\x01"), BYTES(DEF), BYTES(ROW), BYTES(END_OK_MORE), BYTES(ERR_PLAIN)},
     0},
    {"query: local infile", ANSWER_RESULTS, 0, "LO", {BYTES("\xfb/tmp/x"), BYTES(OK_PLAIN)}, 0},
    {"query: local infile refused",
     ANSWER_RESULTS,
     0,
     "LX",
     {BYTES("\xfb/tmp/x"), BYTES(ERR_PLAIN)},
     0},
    {"query: local infile among several",
     ANSWER_RESULTS,
     0,
     "O+LO+O",
     {BYTES(OK_MORE), BYTES("\xfb/tmp/x"), BYTES(OK_MORE), BYTES(OK_PLAIN)},
     0},
    {"query: progress before ok",
     ANSWER_RESULTS,
     0,
     "ppO",
     {BYTES(PROGRESS), BYTES(PROGRESS), BYTES(OK_PLAIN)},
     0},
    {"query: progress until the sequence begins anew",
     ANSWER_RESULTS,
     0,
     "ppX",
     {BYTES(PROGRESS), BYTES(PROGRESS), BYTES(ERR_PLAIN)},
     254},
    {"query: progress among rows",
     ANSWER_RESULTS,
     NEW,
     "..p.R",
     {BYTES("\x01"), BYTES(DEF), BYTES(PROGRESS), BYTES(ROW), BYTES(END_OK)},
     0},
    {"query: eof at once, as SHUTDOWN gives", ANSWER_RESULTS, 0, "O", {BYTES(EOF_PLAIN)}, 0},
    {"query: 2^64 - 1 columns",
     ANSWER_RESULTS,
     0,
     "?",
     {BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff")},
     0},
    {"query: 65536 columns", ANSWER_RESULTS, 0, "?", {BYTES("\xfd\x00\x00\x01")}, 0},
    {"query: bytes behind the count", ANSWER_RESULTS, 0, "?", {BYTES("\x01\x01")}, 0},
    {"query: eof among definitions",
     ANSWER_RESULTS,
     0,
     "..?",
     {BYTES("\x02"), BYTES(DEF), BYTES(EOF_PLAIN)},
     0},
    {"query: no eof behind definitions",
     ANSWER_RESULTS,
     0,
     "..?",
     {BYTES("\x01"), BYTES(DEF), BYTES(ROW)},
     0},
    {"query: malformed among rows, and then for good",
     ANSWER_RESULTS,
     NEW,
     "...??",
     {BYTES("\x01"), BYTES(DEF), BYTES(ROW), BYTES("\xff\xcf"), BYTES(ROW)},
     0},
    {"optional metadata: full",
     ANSWER_RESULTS,
     NEW | OPTIONAL,
     "...R",
     {BYTES("\x01\x01"), BYTES(DEF), BYTES(ROW), BYTES(END_OK)},
     0},
    {"optional metadata: none",
     ANSWER_RESULTS,
     NEW | OPTIONAL,
     "..R",
     {BYTES("\x02\x00"), BYTES(ROW), BYTES(END_OK)},
     0},
    {"optional metadata: none, old",
     ANSWER_RESULTS,
     OPTIONAL,
     "...R",
     {BYTES("\x02\x00"), BYTES(EOF_PLAIN), BYTES(ROW), BYTES(EOF_PLAIN)},
     0},
    {"cached metadata: sent",
     ANSWER_EXECUTE,
     CACHE,
     "....R",
     {BYTES("\x01\x01"), BYTES(DEF), BYTES(EOF_PLAIN), BYTES(ROW_BINARY), BYTES(EOF_PLAIN)},
     0},
    {"cached metadata: skipped",
     ANSWER_EXECUTE,
     CACHE,
     "...R",
     {BYTES("\x01\x00"), BYTES(EOF_PLAIN), BYTES(ROW_BINARY), BYTES(EOF_PLAIN)},
     0},
    {"cached metadata: skipped, new",
     ANSWER_EXECUTE,
     CACHE | NEW,
     "..R",
     {BYTES("\x01\x00"), BYTES(ROW_BINARY), BYTES(END_OK)},
     0},
    {"cached metadata: no flag sent",
     ANSWER_RESULTS,
     CACHE | NEW,
     "..R",
     {BYTES("\x01"), BYTES(DEF), BYTES(END_OK)},
     0},
    {"execute: ok", ANSWER_EXECUTE, 0, "O", {BYTES(OK_PLAIN)}, 0},
    {"execute: rows",
     ANSWER_EXECUTE,
     0,
     "....R",
     {BYTES("\x01"), BYTES(DEF), BYTES(EOF_PLAIN), BYTES(ROW_BINARY), BYTES(EOF_PLAIN)},
     0},
    {"execute: cursor",
     ANSWER_EXECUTE,
     0,
     "..R",
     {BYTES("\x01"), BYTES(DEF), BYTES(EOF_CURSOR)},
     0},
    {"execute: cursor, new",
     ANSWER_EXECUTE,
     NEW,
     "..R",
     {BYTES("\x01"), BYTES(DEF), BYTES(END_OK_CURSOR)},
     0},
    {"execute: a procedure with cursors of its own, on MariaDB",
     ANSWER_EXECUTE,
     0,
     "....R+O",
     {BYTES("\x01"), BYTES(DEF), BYTES("\xfe\0\0\x4a\0"), BYTES(ROW_BINARY),
      BYTES("\xfe\0\0\x4a\0"), BYTES(OK_PLAIN)},
     0},
    {"execute: out parameters",
     ANSWER_EXECUTE,
     0,
     "....R+....R+O",
     {BYTES("\x01"), BYTES(DEF), BYTES(EOF_MORE), BYTES(ROW_BINARY), BYTES(EOF_MORE), BYTES("\x01"),
      BYTES(DEF), BYTES("\xfe\0\0\x0a\x10"), BYTES(ROW_BINARY), BYTES("\xfe\0\0\x0a\x10"),
      BYTES(OK_PLAIN)},
     0},
    {"execute: out parameters of MySQL, more results told only before the row",
     ANSWER_EXECUTE,
     0,
     "....R+O",
     {BYTES("\x01"), BYTES(DEF), BYTES("\xfe\0\0\x0a\x10"), BYTES(ROW_BINARY), BYTES(EOF_PLAIN),
      BYTES(OK_PLAIN)},
     0},
    {"execute: local infile", ANSWER_EXECUTE, 0, "LO", {BYTES("\xfb/tmp/x"), BYTES(OK_PLAIN)}, 0},
    {"bulk execute: unit results",
     ANSWER_EXECUTE,
     NEW,
     ".....R",
     {BYTES("\x02"), BYTES(DEF), BYTES(DEF), BYTES(ROW_BINARY), BYTES(ROW_BINARY), BYTES(END_OK)},
     0},
    {"fetch: rows",
     ANSWER_FETCH,
     0,
     "..R",
     {BYTES(ROW_BINARY), BYTES(ROW_BINARY), BYTES(EOF_LAST_ROW)},
     0},
    {"fetch: none", ANSWER_FETCH, NEW, "R", {BYTES("\xfe\0\0\x82\0\0\0")}, 0},
    {"fetch: error", ANSWER_FETCH, 0, "X", {BYTES(ERR_PLAIN)}, 0},
    {"prepare: nothing", ANSWER_PREPARE, 0, "O", {BYTES("\0\x07\0\0\0\0\0\0\0\0\0\0")}, 0},
    {"prepare: parameters",
     ANSWER_PREPARE,
     0,
     "...O",
     {BYTES("\0\x07\0\0\0\0\0\x02\0\0\0\0"), BYTES(DEF), BYTES(DEF), BYTES(EOF_PLAIN)},
     0},
    {"prepare: columns",
     ANSWER_PREPARE,
     0,
     "..O",
     {BYTES("\0\x07\0\0\0\x01\0\0\0\0\0\0"), BYTES(DEF), BYTES(EOF_PLAIN)},
     0},
    {"prepare: both",
     ANSWER_PREPARE,
     0,
     ".....O",
     {BYTES("\0\x07\0\0\0\x02\0\x01\0\0\0\0"), BYTES(DEF), BYTES(EOF_PLAIN), BYTES(DEF), BYTES(DEF),
      BYTES(EOF_PLAIN)},
     0},
    {"prepare: parameters, new",
     ANSWER_PREPARE,
     NEW,
     ".O",
     {BYTES("\0\x07\0\0\0\0\0\x01\0\0\0\0"), BYTES(DEF)},
     0},
    {"prepare: both, new",
     ANSWER_PREPARE,
     NEW,
     "...O",
     {BYTES("\0\x07\0\0\0\x02\0\x01\0\0\0\0"), BYTES(DEF), BYTES(DEF), BYTES(DEF)},
     0},
    {"prepare: both, new, full",
     ANSWER_PREPARE,
     NEW | OPTIONAL,
     "..O",
     {BYTES("\0\x07\0\0\0\x01\0\x01\0\0\0\0\x01"), BYTES(DEF), BYTES(DEF)},
     0},
    {"prepare: both, new, none",
     ANSWER_PREPARE,
     NEW | OPTIONAL,
     "O",
     {BYTES("\0\x07\0\0\0\x01\0\x01\0\0\0\0\0")},
     0},
    {"prepare: both, old, none",
     ANSWER_PREPARE,
     OPTIONAL,
     "..O",
     {BYTES("\0\x07\0\0\0\x01\0\x01\0\0\0\0\0"), BYTES(EOF_PLAIN), BYTES(EOF_PLAIN)},
     0},
    {"prepare: cached metadata changes nothing",
     ANSWER_PREPARE,
     CACHE | NEW,
     ".O",
     {BYTES("\0\x07\0\0\0\x01\0\0\0\0\0\0"), BYTES(DEF)},
     0},
    {"prepare: error", ANSWER_PREPARE, 0, "X", {BYTES(ERR_PLAIN)}, 0},
    {"prepare: cut", ANSWER_PREPARE, 0, "?", {BYTES("\0\x07\0\0\0\0\0\0\0\0\0")}, 0},
    {"prepare: eof too early",
     ANSWER_PREPARE,
     0,
     ".?",
     {BYTES("\0\x07\0\0\0\x01\0\0\0\0\0\0"), BYTES(EOF_PLAIN)},
     0},
    {"field list", ANSWER_FIELD_LIST, 0, "..R", {BYTES(DEF), BYTES(DEF), BYTES(EOF_PLAIN)}, 0},
    {"field list, new", ANSWER_FIELD_LIST, NEW, ".R", {BYTES(DEF), BYTES(END_OK)}, 0},
    {"field list: none", ANSWER_FIELD_LIST, 0, "R", {BYTES(EOF_PLAIN)}, 0},
    {"field list: error", ANSWER_FIELD_LIST, 0, "X", {BYTES(ERR_PLAIN)}, 0},
    {"statistics", ANSWER_STRING, 0, "O", {BYTES("Uptime: 12  Threads: 1")}, 0},
    {"statistics: error", ANSWER_STRING, 0, "X", {BYTES(ERR_PLAIN)}, 0},
    {"change user: ok", ANSWER_AUTH, 0, "O", {BYTES(OK_PLAIN)}, 0},
    {"change user: switch",
     ANSWER_AUTH,
     0,
     "..O",
     {BYTES("\xfe"
            "caching_sha2_password\0salt\0"),
      BYTES("\x01\x03"), BYTES(OK_PLAIN)},
     0},
    {"change user: refused", ANSWER_AUTH, 0, ".X", {BYTES("\xfe"), BYTES(ERR_PLAIN)}, 0},
    {"raw", ANSWER_RAW, 0, "..", {BYTES("\0anything"), BYTES("\xff")}, 0},
};

struct run {
    struct result result;
    struct result_end end;
    struct buffer trace;
    size_t rows_hopped;
};

static char sign(enum result_event event, enum result_kind kind)
{
    switch (event) {
    case RESULT_PART:
        return '.';
    case RESULT_END:
        return "ORX"[kind];
    case RESULT_LOCAL_INFILE:
        return 'L';
    case RESULT_PROGRESS:
        return 'p';
    case RESULT_OUT_OF_BAND:
        return '!';
    case RESULT_MALFORMED:
        break;
    }
    return '?';
}

static void follow(void *context, const struct packet_piece *piece)
{
    struct run *run = context;
    if (!piece->first)
        return;
    struct slice prefix = piece->payload;
    if (prefix.len > RESULT_PREFIX)
        prefix.len = RESULT_PREFIX;
    char *exact = memory_resize(NULL, prefix.len, 1);
    memcpy(exact, prefix.ptr, prefix.len);
    enum result_event event =
        result_packet(&run->result, &piece->head, slice_make(exact, prefix.len), &run->end);
    free(exact);
    buffer_append_char(&run->trace, sign(event, run->end.kind));
    if (event == RESULT_END && run->end.more_results)
        buffer_append_char(&run->trace, '+');
}

static void write_script(const struct script *script, struct buffer *stream)
{
    uint8_t sequence = script->sequence == 0 ? 1 : script->sequence;
    if (script->sequence == OUT_OF_TURN)
        sequence = 0;
    for (const struct slice *packet = script->packets; packet->ptr != NULL; packet++)
        sequence = packet_write(stream, sequence, *packet);
}

static void check_script(const struct script *script, struct slice stream, size_t first,
                         size_t step)
{
    struct run run = {.trace = BUFFER_INIT};
    result_begin(&run.result, script->answer, script->capabilities);
    struct delivery delivery = {stream, first, step};
    assert_int_equal(deliver(&delivery, RESULT_PREFIX, follow, &run), stream.len);
    if (strcmp(buffer_text(&run.trace), script->trace) != 0)
        print_error("script '%s', first %zu, step %zu\n", script->name, first, step);
    assert_string_equal(buffer_text(&run.trace), script->trace);
    buffer_release(&run.trace);
}

static void every_shape_is_followed_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        struct buffer stream = BUFFER_INIT;
        write_script(&scripts[i], &stream);
        struct slice bytes = buffer_slice(&stream);
        check_script(&scripts[i], bytes, bytes.len, 1);
        check_script(&scripts[i], bytes, 0, 1);
        for (size_t first = 0; first < bytes.len; first++)
            check_script(&scripts[i], bytes, first, bytes.len);
        buffer_release(&stream);
    }
}

/* Hop where rows are, walk elsewhere; the trace must be as if every packet had been walked. */
static void check_hops(const struct script *script)
{
    struct buffer stream = BUFFER_INIT;
    write_script(script, &stream);
    struct run run = {.trace = BUFFER_INIT};
    result_begin(&run.result, script->answer, script->capabilities);
    struct packet_walk walk = {0};
    struct packet_piece piece;
    struct slice unseen = buffer_slice(&stream);
    for (;;) {
        if (result_in_rows(&run.result) && packet_walk_between(&walk)) {
            struct slice hopped = slice_make(unseen.ptr, result_hop_rows(unseen));
            unseen = slice_from_offset(unseen, hopped.len);
            struct packet_head head;
            while (packet_peek(hopped, &head)) {
                hopped = slice_from_offset(hopped, PACKET_HEAD_SIZE + head.length);
                buffer_append_char(&run.trace, '.');
            }
        }
        if (!packet_walk_next(&walk, unseen, RESULT_PREFIX, &piece))
            break;
        follow(&run, &piece);
        unseen = slice_from_offset(unseen, piece.len);
    }
    assert_string_equal(buffer_text(&run.trace), script->trace);
    buffer_release(&run.trace);
    buffer_release(&stream);
}

static void hopping_over_rows_tells_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        check_hops(&scripts[i]);
}

static void hop_stops_before_what_is_no_complete_row(void **state)
{
    (void)state;
    static const char rows[] = "\x02\0\0\5\x01"
                               "1"
                               "\x01\0\0\6\xfb"
                               "\x05\0\0\7\xfe\0\0\2\0";
    assert_int_equal(result_hop_rows(slice_make(rows, sizeof(rows) - 1)), 11);
    assert_int_equal(result_hop_rows(slice_make(rows, 10)), 6);
    assert_int_equal(result_hop_rows(slice_make(rows, 5)), 0);
    assert_int_equal(result_hop_rows(slice_make(rows, 4)), 0);
    assert_int_equal(result_hop_rows(SLICE_NONE), 0);
    assert_int_equal(result_hop_rows(slice_make("\x03\0\0\1\xff\1\2", 7)), 0);
    assert_int_equal(result_hop_rows(slice_make("\0\0\0\1\0", 5)), 0);
}

static enum result_event feed(struct result *result, uint32_t length, struct slice payload,
                              struct result_end *end)
{
    struct packet_head head = {.length = length, .sequence = 1};
    return result_packet(result, &head, payload, end);
}

#define FEED(literal) feed(&result, sizeof(literal) - 1, SLICE(literal), &end)

static void ok_tells_all_its_fields(void **state)
{
    (void)state;
    struct result result;
    struct result_end end;
    result_begin(&result, ANSWER_RESULTS, CLIENT_SESSION_TRACK);
    assert_int_equal(FEED("\0\xfc\xe8\x03\x09\x02\x40\x05\0\0info"), RESULT_END);
    assert_int_equal(end.kind, RESULT_OK);
    assert_int_equal(end.affected_rows, 1000);
    assert_int_equal(end.insert_id, 9);
    assert_true(end.has_status);
    assert_int_equal(end.status, 0x4002);
    assert_int_equal(end.warnings, 5);
    assert_true(end.session_state);
    assert_false(end.more_results);
}

static bool tells_transaction(uint64_t capabilities, struct slice ok)
{
    struct result result;
    struct result_end end;
    result_begin(&result, ANSWER_RESULTS, capabilities);
    assert_int_equal(feed(&result, (uint32_t)ok.len, ok, &end), RESULT_END);
    return end.transaction_state;
}

static void ok_tells_of_the_transaction_s_state(void **state)
{
    (void)state;
    const uint64_t track = CLIENT_SESSION_TRACK;
    struct slice both = SLICE("\0\0\0\x01\x40\0\0\0\x0f\x04\x02\x01;\x05\x09\x08T_______");
    assert_true(tells_transaction(track, both));
    assert_true(tells_transaction(track, slice_make(both.ptr, 18))); /* a prefix */
    assert_false(tells_transaction(track, slice_make(both.ptr, 9)));
    assert_false(tells_transaction(0, both)); /* then it is the info text */
    assert_false(tells_transaction(track, SLICE("\0\0\0\x01\0\0\0\0\x04\x05\x02\x01T")));
    /* Others: a variable, a schema; behind one of them. */
    assert_false(tells_transaction(track, SLICE("\0\0\0\x01\x40\0\0\0\x04\x01\x02\x01s")));
    assert_true(
        tells_transaction(track, SLICE("\0\0\0\x01\x40\0\0\0\x08\x01\x02\x01s\x05\x02\x01T")));
    /* Lengths that lie. */
    assert_false(
        tells_transaction(track, SLICE("\0\0\0\x01\x40\0\0\xfe\xff\xff\xff\xff\xff\xff\xff\xff")));
    assert_false(tells_transaction(track, SLICE("\0\0\0\x01\x40\0\0\0\x04\x01\xfd\xff\xff")));
}

static void longest_ok_fits_the_prefix(void **state)
{
    (void)state;
    struct result result;
    struct result_end end;
    result_begin(&result, ANSWER_RESULTS, 0);
    static const char ok[] =
        "\0\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xfe\x01\0\0\0\0\0\0\0\x0a\0\x01\0";
    assert_int_equal(sizeof(ok) - 1, 23);
    assert_int_equal(feed(&result, 100000, slice_make(ok, 23), &end), RESULT_END);
    assert_true(end.affected_rows == UINT64_MAX);
    assert_int_equal(end.insert_id, 1);
    assert_true(end.more_results);
    assert_false(end.session_state);
}

static void error_tells_code_and_sqlstate(void **state)
{
    (void)state;
    struct result result;
    struct result_end end;
    result_begin(&result, ANSWER_RESULTS, 0);
    assert_int_equal(FEED(ERR_PLAIN), RESULT_END);
    assert_int_equal(end.kind, RESULT_ERROR);
    assert_int_equal(end.error_code, 1146);
    assert_string_equal(end.sqlstate, "42S02");
    assert_false(end.has_status);
    result_begin(&result, ANSWER_RESULTS, 0);
    assert_int_equal(FEED("\xff\x7a\x04#\x1b[31mx"), RESULT_END);
    assert_string_equal(end.sqlstate, "");
}

static void eof_tells_status_and_warnings(void **state)
{
    (void)state;
    struct result result;
    struct result_end end;
    result_begin(&result, ANSWER_FETCH, 0);
    assert_int_equal(FEED("\xfe\x02\0\x81\0"), RESULT_END);
    assert_int_equal(end.kind, RESULT_ROWS);
    assert_int_equal(end.warnings, 2);
    assert_int_equal(end.status, 0x81);
    assert_true((end.status & SERVER_STATUS_LAST_ROW_SENT) != 0);
}

static void prepare_tells_the_statement(void **state)
{
    (void)state;
    struct result result;
    struct result_end end;
    result_begin(&result, ANSWER_PREPARE, CLIENT_DEPRECATE_EOF);
    assert_int_equal(FEED("\0\x04\x03\x02\x01\0\0\x01\0\0\x07\0"), RESULT_PART);
    assert_int_equal(FEED(DEF), RESULT_END);
    assert_int_equal(end.statement_id, 0x01020304);
    assert_int_equal(end.warnings, 7);
    assert_false(end.has_status);
}

static void row_of_16_mib_may_begin_as_an_eof_does(void **state)
{
    (void)state;
    struct result result;
    struct result_end end;
    for (int new = 0; new < 2; new ++) {
        result_begin(&result, ANSWER_RESULTS, new ? CLIENT_DEPRECATE_EOF : 0);
        assert_int_equal(FEED("\x01"), RESULT_PART);
        assert_int_equal(FEED(DEF), RESULT_PART);
        if (!new)
            assert_int_equal(FEED(EOF_PLAIN), RESULT_PART);
        struct slice start = slice_make("\xfe\0\0\0\x01\0\0\0\0xxxxxxxxxxxxxxxxxxxxxxx", 32);
        assert_int_equal(feed(&result, 0xFFFFFF, start, &end), RESULT_PART);
        assert_true(result_in_rows(&result));
        assert_int_equal(FEED(END_OK), RESULT_END);
    }
}

static void ok_that_ends_rows_may_be_long(void **state)
{
    (void)state;
    struct result result;
    struct result_end end;
    result_begin(&result, ANSWER_RESULTS, CLIENT_DEPRECATE_EOF | CLIENT_SESSION_TRACK);
    assert_int_equal(FEED("\x01"), RESULT_PART);
    assert_int_equal(FEED(DEF), RESULT_PART);
    struct slice start = slice_make("\xfe\0\0\x02\x40\0\0\xfcxxxxxxxxxxxxxxxxxxxxxxxx", 32);
    assert_int_equal(feed(&result, 70000, start, &end), RESULT_END);
    assert_int_equal(end.kind, RESULT_ROWS);
    assert_true(end.session_state);
}

static void progress_leaves_no_error_behind(void **state)
{
    (void)state;
    struct result result;
    struct result_end end;
    result_begin(&result, ANSWER_RESULTS, 0);
    assert_int_equal(FEED(PROGRESS), RESULT_PROGRESS);
    assert_int_equal(end.error_code, 0);
    assert_int_equal(end.kind, RESULT_OK);
}

static void ends_are_read_outside_an_answer(void **state)
{
    (void)state;
    struct result_end end;
    assert_true(result_parse_end(SLICE(OK_PLAIN), 0, &end));
    assert_int_equal(end.status, 2);
    assert_true(result_parse_end(SLICE("\xff\xbf\x0f#HY000idle"), 0, &end));
    assert_int_equal(end.kind, RESULT_ERROR);
    assert_int_equal(end.error_code, 4031);
    assert_true(result_parse_end(SLICE("\xff\x10\x04Too many connections"), 0, &end));
    assert_string_equal(end.sqlstate, "");
    assert_false(result_parse_end(SLICE("\x01\x04"), 0, &end));
    assert_false(result_parse_end(SLICE("\0\0"), 0, &end));
    assert_false(result_parse_end(SLICE(""), 0, &end));
}

static void tracker_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct result) <= 64);
}

int test_result(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_is_followed_however_it_is_cut),
        cmocka_unit_test(hopping_over_rows_tells_the_same),
        cmocka_unit_test(hop_stops_before_what_is_no_complete_row),
        cmocka_unit_test(ok_tells_all_its_fields),
        cmocka_unit_test(ok_tells_of_the_transaction_s_state),
        cmocka_unit_test(longest_ok_fits_the_prefix),
        cmocka_unit_test(error_tells_code_and_sqlstate),
        cmocka_unit_test(eof_tells_status_and_warnings),
        cmocka_unit_test(prepare_tells_the_statement),
        cmocka_unit_test(row_of_16_mib_may_begin_as_an_eof_does),
        cmocka_unit_test(ok_that_ends_rows_may_be_long),
        cmocka_unit_test(progress_leaves_no_error_behind),
        cmocka_unit_test(ends_are_read_outside_an_answer),
        cmocka_unit_test(tracker_is_small),
    };
    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
