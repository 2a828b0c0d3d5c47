#include "fake_tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ddltap/memory.h"
#include "rig.h"

static void tell(struct fake_tap *tap, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct fake_tap *tap, const char *format, ...)
{
    va_list arguments;
    pthread_mutex_lock(&tap->mutex);
    if (tap->written < FAKE_TAP_LINES) {
        va_start(arguments, format);
        vsnprintf(tap->lines[tap->written++], FAKE_TAP_LINE, format, arguments);
        va_end(arguments);
    }
    pthread_cond_broadcast(&tap->changed);
    pthread_mutex_unlock(&tap->mutex);
}

static void act(struct fake_tap *tap, enum tap_action action, const char *argument)
{
    const struct valve *valve = &tap->valve;
    switch (action) {
    case TAP_WAIT:
        break;
    case TAP_FORWARD:
        valve->forward(valve->session);
        break;
    case TAP_REFUSE:
        valve->refuse(valve->session, 1105, "HY000", "ddltap: not now");
        break;
    case TAP_REFUSE_AS_ANSWERED:
        valve->refuse_as_answered(valve->session);
        break;
    case TAP_RELEASE:
        valve->release(valve->session);
        break;
    case TAP_ASK:
        valve->ask(valve->session, slice_from(argument));
        break;
    case TAP_KEEP:
    case TAP_LET_PASS:
        tap->keeps = action == TAP_KEEP;
        break;
    }
}

static void go_on(struct fake_tap *tap)
{
    if (tap->asked < tap->questions) {
        tap->asked++;
        act(tap, TAP_ASK, "SELECT 1");
    } else {
        act(tap, tap->decision, NULL);
    }
}

/* --- what the session calls ------------------------------------------------------------------- */

static void *fake_open(void *capture, const struct session_facts *facts, const struct valve *valve)
{
    struct fake_tap *tap = capture;
    if (tap->declines)
        return NULL;
    tap->valve = *valve;
    tap->open = true;
    tell(tap, "open %s %s", facts->user, facts->database);
    return tap;
}

static enum glance fake_glance(void *argument, enum command_kind kind, struct slice text,
                               bool complete, bool multi_statements)
{
    struct fake_tap *tap = argument;
    (void)kind;
    (void)multi_statements;
    if (!tap->open)
        tell(tap, "glance after close");
    if (slice_starts_with(text, SLICE("CREATE")))
        return GLANCE_HOLD;
    if (slice_starts_with(text, SLICE("MAYBE")) || text.len < 6)
        return complete ? GLANCE_NOTHING : GLANCE_NEED_MORE;
    return GLANCE_NOTHING;
}

static void fake_command(void *argument, const struct command *command)
{
    struct fake_tap *tap = argument;
    pthread_mutex_lock(&tap->mutex);
    buffer_clear(&tap->text);
    buffer_append_slice(&tap->text, command->text);
    tap->multi_statements = command->multi_statements;
    tap->ask_nothing = command->ask_nothing;
    tap->report_may_wait = command->report_may_wait;
    pthread_mutex_unlock(&tap->mutex);
    tell(tap, "command %s %.*s", command->kind == COMMAND_EXECUTE ? "execute" : "query",
         command->text.len > 40 ? 40 : (int)command->text.len, command->text.ptr);
    tap->asked = 0;
    go_on(tap);
}

static void fake_untapped(void *argument, uint64_t length)
{
    struct fake_tap *tap = argument;
    pthread_mutex_lock(&tap->mutex);
    tap->untapped = length;
    pthread_mutex_unlock(&tap->mutex);
    tell(tap, "untapped");
}

static void fake_answer(void *argument, const struct answer *answer)
{
    struct fake_tap *tap = argument;
    if (answer->error_code != 0)
        tell(tap, "answer error %u", answer->error_code);
    else if (answer->columns == 0)
        tell(tap, "answer 0");
    else if (slice_is_none(answer->values[0]))
        tell(tap, "answer %u NULL", answer->columns);
    else
        tell(tap, "answer %u %.*s", answer->columns, (int)answer->values[0].len,
             answer->values[0].ptr);
    go_on(tap);
}

static enum outcome_verdict fake_outcome(void *argument, const struct outcome *outcome)
{
    static const char *const names[] = {"ok", "rows", "error", "lost"};
    struct fake_tap *tap = argument;
    char code[16] = "";
    if (outcome->kind == OUTCOME_ERROR)
        snprintf(code, sizeof(code), " %u", outcome->error_code);
    tell(tap, "outcome %u %s%s%s", outcome->index, names[outcome->kind], code,
         outcome->last ? " last" : "");
    return tap->keeps ? OUTCOME_KEEP : OUTCOME_RELEASE;
}

static void fake_close(void *argument)
{
    struct fake_tap *tap = argument;
    tell(tap, tap->open ? "close" : "close again");
    tap->open = false;
}

const struct tap_operations fake_tap_operations = {
    .open = fake_open,
    .glance = fake_glance,
    .command = fake_command,
    .untapped = fake_untapped,
    .answer = fake_answer,
    .outcome = fake_outcome,
    .close = fake_close,
};

/* --- what the test calls ---------------------------------------------------------------------- */

void fake_tap_init(struct fake_tap *tap)
{
    memset(tap, 0, sizeof(*tap));
    pthread_mutex_init(&tap->mutex, NULL);
    pthread_cond_init(&tap->changed, NULL);
}

void fake_tap_release(struct fake_tap *tap)
{
    buffer_release(&tap->text);
    pthread_cond_destroy(&tap->changed);
    pthread_mutex_destroy(&tap->mutex);
}

void expect_told(struct fake_tap *tap, const char *line)
{
    char told[FAKE_TAP_LINE] = "nothing";
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_SECONDS;
    pthread_mutex_lock(&tap->mutex);
    while (tap->read == tap->written &&
           pthread_cond_timedwait(&tap->changed, &tap->mutex, &until) == 0)
        ;
    if (tap->read < tap->written)
        snprintf(told, sizeof(told), "%s", tap->lines[tap->read++]);
    pthread_mutex_unlock(&tap->mutex);
    assert_string_equal(told, line);
}

void forget_told(struct fake_tap *tap)
{
    pthread_mutex_lock(&tap->mutex);
    tap->written = tap->read = 0;
    pthread_mutex_unlock(&tap->mutex);
}

void expect_nothing_told(struct fake_tap *tap)
{
    char told[FAKE_TAP_LINE] = "nothing";
    pthread_mutex_lock(&tap->mutex);
    if (tap->read < tap->written)
        snprintf(told, sizeof(told), "%s", tap->lines[tap->read]);
    pthread_mutex_unlock(&tap->mutex);
    assert_string_equal(told, "nothing");
}

struct deed {
    struct fake_tap *tap;
    enum tap_action action;
    char argument[256];
};

static void do_deed(void *argument)
{
    struct deed *deed = argument;
    act(deed->tap, deed->action, deed->argument);
    free(deed);
}

void tap_do(struct fake_tap *tap, enum tap_action action, const char *argument)
{
    struct deed *deed = memory_new(1, sizeof(*deed));
    deed->tap = tap;
    deed->action = action;
    snprintf(deed->argument, sizeof(deed->argument), "%s", argument == NULL ? "" : argument);
    loop_post(tap->valve.loop, do_deed, deed);
}
