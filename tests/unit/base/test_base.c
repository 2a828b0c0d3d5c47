/* Tests of include/ddltap: buffers keep their limit, errors have words, log lines cannot be forged.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "ddltap/process.h"
#include "ddltap/seam.h"

static void new_memory_is_zeroed(void **state)
{
    (void)state;
    unsigned char *bytes = memory_new(100, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(bytes[i], 0);
    free(bytes);
    free(memory_new(0, 0));
}

static void copy_of_nothing_is_nothing(void **state)
{
    (void)state;
    assert_null(memory_copy_text(NULL));
    assert_null(memory_copy_slice(SLICE_NONE));
    char *copy = memory_copy_slice(slice_make("abc", 2));
    assert_string_equal(copy, "ab");
    free(copy);
}

static void wiped_memory_holds_no_secret(void **state)
{
    (void)state;
    char secret[8] = "secret!";
    memory_wipe(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++)
        assert_int_equal(secret[i], 0);
    memory_wipe(NULL, 0);
}

static void buffer_collects_all_kinds_of_pieces(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    assert_string_equal(buffer_text(&buffer), "");
    buffer_append(&buffer, "ab", 2);
    buffer_append_slice(&buffer, SLICE("cd"));
    buffer_append_slice(&buffer, SLICE_NONE);
    buffer_append_text(&buffer, "ef");
    buffer_append_char(&buffer, 'g');
    buffer_printf(&buffer, "%d%s", 12, "h");
    assert_string_equal(buffer_text(&buffer), "abcdefg12h");
    buffer_truncate(&buffer, 100);
    assert_int_equal(buffer.len, 10);
    buffer_truncate(&buffer, 3);
    assert_string_equal(buffer_text(&buffer), "abc");
    buffer_release(&buffer);
    assert_null(buffer.ptr);
}

static void buffer_writes_little_endian_integers(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    buffer_append_integer(&buffer, 0x0102030405060708, 8);
    buffer_append_integer(&buffer, 0xabcdef, 3);
    assert_memory_equal(buffer.ptr, "\x08\x07\x06\x05\x04\x03\x02\x01\xef\xcd\xab", 11);
    buffer_release(&buffer);
}

static void buffer_writes_nothing_past_its_limit(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 4);
    buffer_append_text(&buffer, "abcd");
    assert_false(buffer.failed);
    buffer_append_char(&buffer, 'e');
    buffer_printf(&buffer, "%s", "fgh");
    assert_true(buffer.failed);
    assert_string_equal(buffer_text(&buffer), "abcd");
    buffer_clear(&buffer);
    assert_false(buffer.failed);
    assert_int_equal(buffer.len, 0);
    buffer_release(&buffer);
    assert_int_equal(buffer.limit, 4);
    buffer_release(NULL);
}

static void buffer_keeps_content_while_it_grows(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    for (unsigned i = 0; i < 10000; i++)
        buffer_append_integer(&buffer, i, 2);
    assert_int_equal(buffer.len, 20000);
    for (unsigned i = 0; i < 10000; i++) {
        unsigned low = (unsigned char)buffer.ptr[2 * i],
                 high = (unsigned char)buffer.ptr[2 * i + 1];
        assert_int_equal(low | high << 8, i);
    }
    buffer_release(&buffer);
}

static void detached_bytes_outlive_the_buffer(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    char *nothing = buffer_detach(&buffer);
    assert_string_equal(nothing, "");
    buffer_append_text(&buffer, "kept");
    char *kept = buffer_detach(&buffer);
    assert_int_equal(buffer.len, 0);
    buffer_release(&buffer);
    assert_string_equal(kept, "kept");
    free(kept);
    free(nothing);
}

static void every_error_has_words_and_an_exit_code(void **state)
{
    (void)state;
    for (int code = 0; code < ERROR_COUNT; code++)
        assert_true(strlen(error_text((enum error)code)) > 0);
    assert_string_equal(error_text((enum error)999), "unknown error");
    assert_int_equal(error_exit_code(ERROR_NONE), EXIT_DONE);
    assert_int_equal(error_exit_code(ERROR_USAGE), EXIT_USAGE);
    assert_int_equal(error_exit_code(ERROR_SERVER), EXIT_UNABLE);
}

static void long_problems_are_cut_not_overrun(void **state)
{
    (void)state;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(problem_set(&problem, ERROR_FILE, "%*d", 5000, 1), ERROR_FILE);
    assert_int_equal(problem.code, ERROR_FILE);
    assert_int_equal(strlen(problem.text), PROBLEM_TEXT_SIZE - 1);
    assert_int_equal(problem_set(NULL, ERROR_GIT, "unread"), ERROR_GIT);
}

static void problems_hold_no_control_characters(void **state)
{
    (void)state;
    struct problem problem = PROBLEM_INIT;
    (void)problem_set(&problem, ERROR_SERVER, "%s", "\033[31mred\a\n\ttab\x7f \xc2\x9b \xc3\x9b");
    assert_string_equal(problem.text, "?[31mred?\n\ttab? \xc2? \xc3\x9b");
}

/* What log_write puts on standard error, in `line`. */
static size_t logged(char *line, size_t size, enum log_level level, const char *identity,
                     const char *text)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_write(level, identity, "%s", text);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t len = read(ends[0], line, size - 1);
    close(ends[0]);
    assert_true(len >= 0);
    line[len] = '\0';
    return (size_t)len;
}

static void log_line_has_time_level_and_identity(void **state)
{
    (void)state;
    char line[4096];
    logged(line, sizeof(line), LOG_INFO, "#12 root@127.0.0.1 bankroll", "relays raw");
    assert_string_equal(line + 24, " info  #12 root@127.0.0.1 bankroll  relays raw\n");
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[19], '.');
    assert_int_equal(line[23], 'Z');
    logged(line, sizeof(line), LOG_WARNING, NULL, "text");
    assert_string_equal(line + 24, " warning text\n");
}

static void log_line_cannot_be_forged_by_control_characters(void **state)
{
    (void)state;
    char line[4096];
    logged(line, sizeof(line), LOG_ERROR, "a\nb", "one\ntwo\x1b[2J");
    assert_string_equal(line + 24, " error a?b  one?two?[2J\n");
}

static void log_line_is_bounded(void **state)
{
    (void)state;
    char line[8192], text[6000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_true(logged(line, sizeof(line), LOG_ERROR, NULL, text) <= 2048);
    assert_int_equal(line[strlen(line) - 1], '\n');
    assert_true(logged(line, sizeof(line), LOG_ERROR, text, text) <= 2048);
}

static void log_level_silences_what_is_below(void **state)
{
    (void)state;
    char line[4096];
    log_set_level(LOG_WARNING);
    assert_int_equal(logged(line, sizeof(line), LOG_INFO, NULL, "quiet"), 0);
    log_set_level(LOG_INFO);
    assert_true(logged(line, sizeof(line), LOG_INFO, NULL, "heard") > 0);
}

static void null_sink_taps_no_session(void **state)
{
    (void)state;
    assert_null(tap_sink_null.operations->open(tap_sink_null.capture, NULL, NULL));
}

static void a_process_is_heard_on_both_streams(void **state)
{
    const char *const argv[] = {"sh", "-c", "pwd; head -c 300000 /dev/zero >&2; exit 3", NULL};
    struct process_result result;
    (void)state;
    assert_int_equal(process_run(argv, "/", 0, &result, NULL), ERROR_NONE);
    assert_int_equal(result.status, 3);
    assert_string_equal(buffer_text(&result.output), "/\n");
    assert_int_equal(result.errors.len, 300000);
    process_result_release(&result);
}

static void a_process_that_takes_too_long_is_killed(void **state)
{
    const char *const argv[] = {"sleep", "600", NULL};
    struct process_result result;
    (void)state;
    assert_int_equal(process_run(argv, NULL, 1, &result, NULL), ERROR_NONE);
    assert_int_equal(result.status, 128 + 9);
    process_result_release(&result);
}

static void what_a_process_leaves_running_is_not_waited_for(void **state)
{
    const char *const argv[] = {"sh", "-c",
                                "sleep 600 & echo $!; head -c 50000 /dev/zero >&2; exit 3", NULL};
    struct process_result result;
    time_t before = time(NULL);
    (void)state;
    assert_int_equal(process_run(argv, NULL, 0, &result, NULL), ERROR_NONE);
    assert_true(time(NULL) - before < 60);
    assert_int_equal(result.status, 3);
    assert_int_equal(result.errors.len, 50000);
    assert_int_equal(kill((pid_t)strtol(buffer_text(&result.output), NULL, 10), SIGKILL), 0);
    process_result_release(&result);
}

static void a_program_that_is_not_there_is_named(void **state)
{
    const char *const argv[] = {"no-such-program", NULL};
    struct problem problem = PROBLEM_INIT;
    struct process_result result;
    (void)state;
    assert_int_equal(process_run(argv, NULL, 0, &result, &problem), ERROR_NOT_FOUND);
    assert_non_null(strstr(problem.text, "no-such-program could not be run"));
    process_result_release(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zeroed),
        cmocka_unit_test(copy_of_nothing_is_nothing),
        cmocka_unit_test(wiped_memory_holds_no_secret),
        cmocka_unit_test(buffer_collects_all_kinds_of_pieces),
        cmocka_unit_test(buffer_writes_little_endian_integers),
        cmocka_unit_test(buffer_writes_nothing_past_its_limit),
        cmocka_unit_test(buffer_keeps_content_while_it_grows),
        cmocka_unit_test(detached_bytes_outlive_the_buffer),
        cmocka_unit_test(every_error_has_words_and_an_exit_code),
        cmocka_unit_test(long_problems_are_cut_not_overrun),
        cmocka_unit_test(problems_hold_no_control_characters),
        cmocka_unit_test(log_line_has_time_level_and_identity),
        cmocka_unit_test(log_line_cannot_be_forged_by_control_characters),
        cmocka_unit_test(log_line_is_bounded),
        cmocka_unit_test(log_level_silences_what_is_below),
        cmocka_unit_test(a_process_is_heard_on_both_streams),
        cmocka_unit_test(a_process_that_takes_too_long_is_killed),
        cmocka_unit_test(what_a_process_leaves_running_is_not_waited_for),
        cmocka_unit_test(a_program_that_is_not_there_is_named),
        cmocka_unit_test(null_sink_taps_no_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
