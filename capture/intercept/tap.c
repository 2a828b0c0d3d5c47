/* tap: one session's DDL, from the held text to the durable outcome.
 *
 *     IDLE --command--> ASKING_FACTS -> PREPARING -> ASKING_TABLES -> WRITING_INTENT
 *       ^                images          images        temporary?       intent
 *       |                                FOUND_ROWS()                   closing
 *    release                                                              | forward
 *       |                                                                 v
 *       '---------------- ENDING <--outcome: KEEP-- FORWARDED <-----------'
 *                         images, then outcome          ^
 *                         closing                       |
 *                            '--------------------------'  the next statement's outcome
 *
 * What stands below a step goes on at the same time. What blocks runs elsewhere and comes back by
 * valve->post; `away` counts it. While anything is away the loop touches nothing of the plan; a session
 * that ends meanwhile leaves the tap to finish its work and free itself.
 *
 * While the facts are asked, definitions are read on the guess that the default schema is the tracked one; a guess
 * that the facts do not bear out is thrown away, and they are read again. Nothing of it goes into the journal.
 *
 * Definitions are also read before it is known whether a table is a temporary one of the session. Where one is,
 * which is rare, they are read again for what is left.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "intercept/tap_internal.h"
#include "sql/glance.h"

static void free_tap(struct tap *tap)
{
    struct capture *capture = tap->capture;
    plan_release(&tap->plan);
    plan_release(&tap->guess);
    opened_release(&tap->opened);
    plan_prepared_clear(&tap->prepared);
    journal_session_release(&tap->session);
    free(tap->identity);
    free(tap);
    capture_count_tap(capture, false); /* the last: now the capture may be closed */
}

void tap_finish(struct tap *tap)
{
    plan_release(&tap->plan);
    plan_release(&tap->guess);
    tap->step = TAP_IDLE;
    tap->current = tap->from = tap->end = tap->doubt = 0;
    tap->lost = tap->last = tap->ask_no_more = tap->unsure = false;
    tap->restoring = tap->killed = tap->again = tap->at_once = tap->partitioned = false;
    tap->write_error = ERROR_NONE;
    opened_release(&tap->opened);
    if (tap->closed)
        free_tap(tap);
}

/* --- coming back to the loop ------------------------------------------------------------------ */

static void part_done(void *argument)
{
    struct tap *tap = argument;
    if (--tap->away > 0)
        return;
    switch (tap->step) {
    case TAP_ASKING_FACTS:
        if (tap->closed && !tap_intent_closes_first(tap))
            tap_finish(tap);
        break;
    case TAP_PREPARING:
        tap_intent_prepared(tap);
        break;
    case TAP_WRITING_INTENT:
        tap_intent_written(tap);
        break;
    default:
        assert(tap->step == TAP_ENDING);
        tap_outcome_written(tap);
        break;
    }
}

void tap_come_back(struct tap *tap)
{
    tap->post.post(tap->post.loop, part_done, tap);
}

static void note_written(void *argument, enum error error)
{
    struct tap *tap = argument;
    tap->write_error = error;
    tap_come_back(tap);
}

void tap_submit_write(struct tap *tap, bool intent)
{
    tap->write.kind = intent ? JOURNAL_INTENT : JOURNAL_OUTCOME;
    tap->write.session = intent ? &tap->session : NULL;
    tap->write.done = note_written;
    tap->write.argument = tap;
    journal_submit(capture_journal(tap->capture), &tap->write);
}

void tap_submit_job(struct tap *tap, void (*run)(void *argument))
{
    tap->job = (struct job){.run = run, .argument = tap};
    capture_submit(tap->capture, &tap->job);
}

/* --- life ------------------------------------------------------------------------------------- */

static enum glance tap_glance(void *argument, enum command_kind kind, struct slice text,
                              bool complete, bool multi_statements)
{
    struct tap *tap = argument;
    tap->recorded |= kind == COMMAND_QUERY && glance_records(text, multi_statements);
    return glance_text(text, complete, kind == COMMAND_QUERY && multi_statements);
}

static void tap_untapped(void *argument, uint64_t length)
{
    struct tap *tap = argument;
    char what[96];
    snprintf(what, sizeof(what), "a text of more than %llu bytes is over capture.text_limit",
             (unsigned long long)length);
    capture_note_gap(tap->capture, what);
}

static const char *tool_name(const struct session_facts *facts)
{
    return *facts->program_name != '\0' ? facts->program_name : facts->client_name;
}

static void *tap_open(void *argument, const struct session_facts *facts, const struct valve *valve)
{
    struct capture *capture = argument;
    struct tap *tap = memory_new(1, sizeof(*tap));
    struct dialect dialect = {.mariadb = facts->mariadb};
    dialect_set_version(&dialect, facts->server_version, facts->mariadb);
    capture_count_tap(capture, true);
    tap->capture = capture;
    tap->valve = valve;
    tap->post = *valve;
    tap->identity = memory_copy_text(facts->identity);
    tap->elsewhere = *facts->database != '\0' && !capture_tracks(capture, facts->database);
    tap->session = (struct journal_session){
        .opened_at = record_now(),
        .connection_id = facts->connection_id,
        .server_version = memory_copy_text(facts->server_version),
        .mariadb = facts->mariadb,
        .user = memory_copy_text(facts->user),
        .client_address = memory_copy_text(facts->client_address),
        .tool = memory_copy_text(tool_name(facts)),
    };
    tap->context = (struct plan_context){
        .capture = capture,
        .mariadb = facts->mariadb,
        .version = dialect.version,
        .server_version = tap->session.server_version,
        .ignore_space = facts->ignore_space,
        .multi_results = facts->multi_results,
        .prepared = &tap->prepared,
    };
    return tap;
}

static void tap_close(void *argument)
{
    struct tap *tap = argument;
    tap->closed = true;
    tap->valve = NULL;
    if (tap->away > 0)
        return;                   /* it comes back, and ends there */
    tap_outcome_settle_rest(tap); /* forwarded, and nobody follows the answer any more */
    if (!tap_intent_closes_first(tap))
        free_tap(tap);
}

const struct tap_operations tap_operations = {
    .open = tap_open,
    .glance = tap_glance,
    .command = tap_intent_command,
    .untapped = tap_untapped,
    .answer = tap_intent_answer,
    .outcome = tap_outcome_take,
    .close = tap_close,
    .busy = capture_busy,
};
