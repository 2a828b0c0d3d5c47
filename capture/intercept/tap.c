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
#include <string.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "intercept/capture_internal.h"
#include "intercept/plan.h"
#include "intercept/question.h"
#include "intercept/verdict.h"
#include "schema/printed.h"
#include "sql/glance.h"

enum tap_step {
    TAP_IDLE,
    TAP_ASKING_FACTS,
    TAP_PREPARING,
    TAP_ASKING_TABLES,
    TAP_WRITING_INTENT,
    TAP_FORWARDED,
    TAP_ENDING,
};

struct tap {
    struct capture *capture;
    const struct valve *valve; /* the session's; valid until close */
    struct valve post;         /* copy of post and loop, valid ever */
    struct journal_session session;
    struct plan_context context;
    struct plan_prepared_list prepared;
    char *identity; /* of its log lines */
    enum tap_step step;
    bool closed;     /* the session is gone */
    bool report_due; /* MySQL: what a failed CALL has changed is told with the next OK */
    bool recorded;   /* the client has its statements recorded: a question would be among them */
    bool elsewhere; /* its default schema was another one at the login, or when it was last asked */

    /* the held text */
    struct slice text;
    uint16_t status;
    struct plan plan;
    struct plan guess; /* whose images are read while the facts are asked; empty: there is none */
    size_t current;    /* statement whose answer comes next */
    size_t from, end;  /* statements whose outcome is in work: from .. end - 1 */
    bool unsure;       /* answers may belong to a later statement than thought */
    size_t doubt;      /* table that is asked about */
    bool ask_no_more;  /* a question may not fail (GTID_NEXT) */
    bool restoring;    /* FOUND_ROWS() is being put back */
    bool killed;       /* by the client, while something was away */
    bool partitioned;  /* MySQL: a table that was to be asked about is; the image worker says so */
    bool again;        /* the images were read again */
    bool at_once;      /* the intent is written as soon as the images are read */
    unsigned away;     /* pieces of work that will be posted back; the loop's own */
    struct opened opened; /* by reading; the image worker's while away */
    bool lost;            /* the rest of the answers will not come */
    bool last;            /* the outcome in work is the text's last */
    struct outcome outcome;

    struct job job;
    struct journal_write write;
    enum error write_error; /* set on the writer thread before the post */
};

static void forward(struct tap *tap);
static void part_done(void *argument);

/* --- coming back to the loop ------------------------------------------------------------------ */

static void post(struct tap *tap, void (*function)(void *argument))
{
    tap->post.post(tap->post.loop, function, tap);
}

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

/* The held text is done with. */
static void finish(struct tap *tap)
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

/* --- writing ---------------------------------------------------------------------------------- */

static void collect_changes(struct tap *tap, size_t from)
{
    size_t count = plan_changes(&tap->plan, from, NULL);
    tap->write.changes = memory_new(count + 1, sizeof(*tap->write.changes));
    tap->write.change_count = plan_changes(&tap->plan, from, tap->write.changes);
}

static void note_written(void *argument, enum error error)
{
    struct tap *tap = argument;
    tap->write_error = error;
    post(tap, part_done);
}

static void submit_write(struct tap *tap, bool intent)
{
    tap->write.kind = intent ? JOURNAL_INTENT : JOURNAL_OUTCOME;
    tap->write.session = intent ? &tap->session : NULL;
    tap->write.done = note_written;
    tap->write.argument = tap;
    journal_submit(capture_journal(tap->capture), &tap->write);
}

static void submit_job(struct tap *tap, void (*run)(void *argument))
{
    tap->job = (struct job){.run = run, .argument = tap};
    capture_submit(tap->capture, &tap->job);
}

/* --- the intent ------------------------------------------------------------------------------- */

/* The client left while its intent was written: it was never forwarded. */
static void withdraw(struct tap *tap)
{
    for (size_t i = 0; i < tap->write.change_count; i++)
        verdict_end(tap->write.changes[i], CHANGE_FAILED, "not run: the client left before");
    tap->last = true;
    tap->step = TAP_ENDING;
    tap->away = 1;
    submit_write(tap, false);
}

static void journal_failed(struct tap *tap)
{
    const char *says = "the journal cannot be written (is the disk full?)";
    log_write(LOG_ERROR, tap->identity, "%s", says);
    if (capture_options(tap->capture)->forward_without_journal) {
        capture_note_gap(tap->capture, says);
        plan_release(&tap->plan);
        forward(tap);
        return;
    }
    char message[256];
    snprintf(message, sizeof(message),
             "ddltap: %s; the statement was not run. See ddltap doctor, or set "
             "capture.journal_failure = forward.",
             says);
    const struct valve *valve = tap->valve;
    finish(tap);
    valve->refuse(valve->session, 1105, "HY000", message);
}

static void intent_written(struct tap *tap)
{
    if (tap->closed && tap->write.change_count > 0 && tap->write_error == ERROR_NONE) {
        withdraw(tap);
        return;
    }
    free(tap->write.changes);
    tap->write.changes = NULL;
    if (tap->closed)
        finish(tap);
    else if (tap->write_error != ERROR_NONE)
        journal_failed(tap);
    else
        forward(tap);
}

static void take_tool(struct tap *tap)
{
    if (tap->plan.application == NULL || tap->session.id != 0)
        return;
    free(tap->session.tool);
    tap->session.tool = memory_copy_text(tap->plan.application);
}

/* On the loop, or on the image worker while the tap is away. */
static void submit_intent(struct tap *tap)
{
    take_tool(tap);
    if (tap->session.id == 0) {
        free(tap->session.server_identity);
        tap->session.server_identity = capture_server_identity(tap->capture);
    }
    collect_changes(tap, 0);
    submit_write(tap, true);
}

static void close_opened(void *argument)
{
    struct tap *tap = argument;
    capture_close_opened(tap->capture, &tap->opened);
    post(tap, part_done);
}

/* What was opened is closed before the statement is forwarded, for its session to be the first. */
static void write_intent(struct tap *tap)
{
    bool changes = plan_changes(&tap->plan, 0, NULL) > 0, opened = tap->opened.schema_count > 0;
    tap->step = TAP_WRITING_INTENT;
    tap->away = (unsigned)changes + (unsigned)opened;
    tap->write.change_count = 0;
    if (opened)
        submit_job(tap, close_opened);
    if (changes)
        submit_intent(tap);
    if (tap->away == 0)
        forward(tap);
}

static void forward(struct tap *tap)
{
    tap->step = TAP_FORWARDED;
    tap->valve->forward(tap->valve->session);
}

/* --- the images before ------------------------------------------------------------------------ */

static bool has_objects(const struct planned *planned)
{
    return planned->change != NULL && planned->change->object_count > 0;
}

/* MySQL's answer about a table with partitions changes the open table, with which ALTER TABLE then works:
 * nothing is asked, and the images decide. */
static bool has_partitions(const struct tap *tap, const struct plan *plan)
{
    for (size_t i = 0; i < plan->doubt_count; i++) {
        const struct plan_doubt *doubt = &plan->doubts[i];
        const struct journal_object *object =
            &plan->statements[doubt->statement].change->objects[doubt->object];
        if (doubt->known || object->before.state == IMAGE_ABSENT)
            continue;
        bool read = object->type == OBJECT_TABLE && object->before.state == IMAGE_PRESENT;
        if (read ? printed_mentions(slice_from(object->before.text), SLICE("PARTITION BY"))
                 : capture_has_partitions(tap->capture, object))
            return true;
    }
    return false;
}

static void read_images_before(struct tap *tap, struct plan *plan, bool asks)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (!has_objects(&plan->statements[i]))
            continue;
        bool *skip = plan_skip(plan, i, IMAGE_BEFORE);
        capture_read_images(tap->capture, plan->statements[i].change, IMAGE_BEFORE, skip,
                            &tap->opened);
        free(skip);
    }
    tap->partitioned = asks && !tap->context.mariadb && has_partitions(tap, plan);
}

static void read_before_images(void *argument)
{
    struct tap *tap = argument;
    read_images_before(tap, &tap->plan, !tap->ask_no_more && !tap->again);
    if (tap->at_once) {
        submit_intent(tap);
        capture_close_opened(tap->capture, &tap->opened);
    }
    post(tap, part_done);
}

static void read_guess_images(void *argument)
{
    struct tap *tap = argument;
    read_images_before(tap, &tap->guess, true);
    post(tap, part_done);
}

/* Is the intent known as soon as the images are? */
static bool nothing_to_ask(const struct tap *tap)
{
    for (size_t i = 0; i < tap->plan.doubt_count; i++)
        if (tap->plan.doubts[i].known || !tap->ask_no_more)
            return false;
    return !tap->restoring;
}

static void note_doubt(struct tap *tap, bool unknown)
{
    tap->plan.statements[tap->plan.doubts[tap->doubt].statement].doubtful |= unknown;
}

/* Those that are not asked about. */
static void leave_doubts(struct tap *tap)
{
    for (; tap->doubt < tap->plan.doubt_count; tap->doubt++)
        note_doubt(tap, !tap->plan.doubts[tap->doubt].known);
}

/* false: there is nothing to be read. */
static bool enter_flights(struct tap *tap, struct plan *plan)
{
    bool any = false;
    for (size_t i = 0; i < plan->count; i++) {
        struct planned *planned = &plan->statements[i];
        if (!has_objects(planned))
            continue;
        any = true;
        if (planned->flight != NULL)
            continue;
        planned->flight =
            flight_enter(capture_flights(tap->capture), tap, planned->change, plan == &tap->guess);
        planned->named = planned->change->object_count;
    }
    return any;
}

/* The same. */
static bool read_before(struct tap *tap)
{
    if (!enter_flights(tap, &tap->plan))
        return false;
    tap->at_once = tap->again || nothing_to_ask(tap);
    if (tap->at_once)
        leave_doubts(tap);
    tap->step = tap->at_once ? TAP_WRITING_INTENT : TAP_PREPARING;
    tap->away = tap->at_once ? 2 : 1;
    submit_job(tap, read_before_images);
    return true;
}

static void guess(struct tap *tap)
{
    plan_make(&tap->context, tap->text, NULL, tap->status, &tap->guess);
    if (!enter_flights(tap, &tap->guess))
        return;
    tap->away = 1;
    submit_job(tap, read_guess_images);
}

/* --- questions -------------------------------------------------------------------------------- */

static void ask(struct tap *tap, enum tap_step step, struct slice question)
{
    tap->step = step;
    tap->valve->ask(tap->valve->session, question);
}

/* What is asked in the session is opened anew where the reading has not seen it. */
static void note_opening(struct tap *tap, const struct plan_doubt *doubt)
{
    const struct journal_object *object =
        &tap->plan.statements[doubt->statement].change->objects[doubt->object];
    if (object->before.state == IMAGE_UNKNOWN)
        tap->opened.looked = false;
}

static void leave_flights(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        flight_leave(plan->statements[i].flight, false);
        plan->statements[i].flight = NULL;
    }
}

static void doubts_answered(struct tap *tap)
{
    if (plan_has_temporary(&tap->plan)) {
        leave_flights(&tap->plan); /* not of a table that only this session sees */
        plan_forget_images(&tap->plan);
        plan_drop_temporary(&tap->plan);
        tap->again = true;
        if (read_before(tap))
            return;
    }
    write_intent(tap);
}

/* The next table that may be temporary; then on to the intent. */
static void ask_next_table(struct tap *tap)
{
    while (tap->doubt < tap->plan.doubt_count && tap->plan.doubts[tap->doubt].known)
        tap->doubt++;
    if (tap->doubt == tap->plan.doubt_count || tap->ask_no_more) {
        leave_doubts(tap);
        doubts_answered(tap);
        return;
    }
    const struct plan_doubt *doubt = &tap->plan.doubts[tap->doubt];
    struct buffer question = BUFFER_INIT;
    note_opening(tap, doubt);
    question_table_text(doubt->schema, doubt->name, &question);
    ask(tap, TAP_ASKING_TABLES, buffer_slice(&question));
    buffer_release(&question);
}

/* The statement will not be forwarded. true: what reading has opened is being closed first; then prepared() again. */
static bool closes_first(struct tap *tap)
{
    if (tap->opened.schema_count == 0)
        return false;
    tap->step = TAP_PREPARING;
    tap->away = 1;
    submit_job(tap, close_opened);
    return true;
}

/* The client's own kill: it is for the DDL, which must not run after it. */
static void refuse_killed(struct tap *tap)
{
    const struct valve *valve = tap->valve;
    tap->killed = true;
    if (closes_first(tap))
        return;
    finish(tap);
    valve->refuse_as_answered(valve->session);
}

/* false: it was wrong. */
static bool take_guess(struct tap *tap)
{
    bool right = tap->guess.count == 0 || plan_take_images(&tap->plan, &tap->guess);
    tap->partitioned &= right;
    plan_release(&tap->guess);
    return right;
}

static void prepared(struct tap *tap)
{
    if (tap->closed && !closes_first(tap))
        finish(tap);
    else if (tap->closed || tap->restoring)
        return;
    else if (tap->killed)
        refuse_killed(tap);
    else if (take_guess(tap) || !read_before(tap)) {
        tap->ask_no_more |= tap->partitioned;
        ask_next_table(tap);
    }
}

static void prepare(struct tap *tap)
{
    if (tap->guess.count == 0 && read_before(tap))
        return;
    tap->step = TAP_PREPARING;
    if (tap->away == 0)
        prepared(tap);
}

static void facts_answered(struct tap *tap, const struct answer *answer)
{
    struct question_facts facts;
    struct buffer question = BUFFER_INIT;
    bool known = question_facts_read(tap->context.mariadb, answer, &facts);
    plan_make(&tap->context, tap->text, known ? &facts.facts : NULL, tap->status, &tap->plan);
    tap->ask_no_more = !known || facts.gtid_chosen;
    tap->elsewhere = known && !capture_tracks(tap->capture, facts.facts.default_schema);
    tap->restoring = known && !tap->context.mariadb &&
                     question_found_rows_text(tap->context.version, facts.found_rows, &question);
    sql_facts_release(&facts.facts);
    prepare(tap);
    if (tap->restoring)
        ask(tap, TAP_PREPARING, buffer_slice(&question));
    buffer_release(&question);
}

static void tap_answer(void *argument, const struct answer *answer)
{
    struct tap *tap = argument;
    bool killed = answer->error_code == ER_QUERY_INTERRUPTED;
    if (tap->step == TAP_PREPARING) {
        tap->restoring = false;
        tap->killed = killed;
        if (tap->away == 0)
            prepared(tap);
    } else if (killed && tap->away > 0) {
        tap->step = TAP_PREPARING;
        tap->killed = true;
    } else if (killed) {
        refuse_killed(tap);
    } else if (tap->step == TAP_ASKING_FACTS) {
        facts_answered(tap, answer);
    } else {
        assert(tap->step == TAP_ASKING_TABLES);
        note_doubt(tap, question_table_is_unknown(answer));
        tap->plan.doubts[tap->doubt++].temporary = question_table_is_temporary(answer);
        ask_next_table(tap);
    }
}

static void tap_command(void *argument, const struct command *command)
{
    struct tap *tap = argument;
    enum plan_asking asking;
    bool plain;
    tap->text = command->text;
    tap->status = command->status;
    tap->context.multi_statements = command->multi_statements;
    if (!plan_is_wanted(&tap->context, command->text, command->status, &asking, &plain)) {
        forward(tap);
        return;
    }
    if (asking != ASK_NOTHING && !command->ask_nothing && !tap->recorded &&
        !(tap->report_due && command->report_may_wait)) {
        if (plain && !tap->elsewhere)
            guess(tap);
        ask(tap, TAP_ASKING_FACTS,
            question_facts_text(tap->context.mariadb, asking == ASK_IN_BLOCK));
        return;
    }
    plan_make(&tap->context, command->text, NULL, command->status, &tap->plan);
    tap->ask_no_more = true;
    prepare(tap);
}

/* --- outcomes --------------------------------------------------------------------------------- */

static bool judge(const struct tap *tap, struct planned *planned)
{
    bool alone = flight_alone(planned->flight), judged = true;
    if (tap->outcome.kind == OUTCOME_ERROR)
        judged = verdict_of_error(planned->change, tap->outcome.error_code, alone, tap->unsure);
    else
        verdict_of_success(planned, tap->plan.asked && !planned->doubtful, alone);
    if (judged) {
        flight_leave(planned->flight, planned->change->state == CHANGE_DONE);
        planned->flight = NULL;
    }
    return judged;
}

static bool draft_is_due(const struct tap *tap)
{
    for (size_t i = 0; i < tap->write.change_count; i++)
        if (tap->write.changes[i]->draft_state == DRAFT_DUE)
            return true;
    return false;
}

/* Statements whose answers never came: decided by comparing, later. */
static void settle_rest(struct tap *tap)
{
    for (size_t i = 0; i < tap->plan.count; i++) {
        struct planned *planned = &tap->plan.statements[i];
        if (planned->change == NULL || planned->change->state != CHANGE_INTENDED ||
            planned->change->id == 0)
            continue;
        capture_settle(tap->capture, planned->change->id, planned->flight);
        planned->flight = NULL;
    }
}

/* The changes that could not be written leave the plan. */
static void write_later(struct tap *tap)
{
    log_write(LOG_ERROR, tap->identity, "an outcome could not be journaled; it is tried again");
    for (size_t i = 0; i < tap->plan.count; i++) {
        struct planned *planned = &tap->plan.statements[i];
        for (size_t k = 0; k < tap->write.change_count; k++)
            if (planned->change != NULL && planned->change == tap->write.changes[k]) {
                capture_write_later(tap->capture, planned->change);
                planned->change = NULL;
            }
    }
}

static void outcome_written(struct tap *tap)
{
    const struct valve *valve = tap->valve;
    bool closed = tap->closed;
    if (tap->write_error == ERROR_NONE && draft_is_due(tap))
        capture_draft_due(tap->capture);
    if (tap->write_error != ERROR_NONE)
        write_later(tap);
    free(tap->write.changes);
    tap->write.changes = NULL;
    tap->step = TAP_FORWARDED;
    if (tap->last || tap->lost || closed) {
        settle_rest(tap);
        finish(tap);
    }
    if (!closed)
        valve->release(valve->session);
}

/* Back on the loop: one piece of work is done. */
static void part_done(void *argument)
{
    struct tap *tap = argument;
    if (--tap->away > 0)
        return;
    switch (tap->step) {
    case TAP_ASKING_FACTS:
        if (tap->closed)
            finish(tap);
        break;
    case TAP_PREPARING:
        prepared(tap);
        break;
    case TAP_WRITING_INTENT:
        intent_written(tap);
        break;
    default:
        assert(tap->step == TAP_ENDING);
        outcome_written(tap);
        break;
    }
}

/* The judged changes, and after an error those that never ran. On the loop, or on the image worker. */
static void submit_outcome(struct tap *tap)
{
    size_t end = tap->outcome.kind == OUTCOME_ERROR ? tap->plan.count : tap->end;
    tap->write.changes = memory_new(end - tap->from + 1, sizeof(*tap->write.changes));
    tap->write.change_count = 0;
    for (size_t i = tap->from; i < end; i++) {
        struct planned *planned = &tap->plan.statements[i];
        if (planned->change == NULL || (i < tap->end && !judge(tap, planned)))
            continue;
        if (i >= tap->end)
            verdict_end(planned->change, CHANGE_FAILED, "not run: a statement before it failed");
        tap->write.changes[tap->write.change_count++] = planned->change;
    }
    submit_write(tap, false);
}

/* An error may have changed something where the statement does several things (CREATE OR REPLACE drops
 * first), or may not be this statement's. */
static bool needs_after_images(const struct tap *tap, const struct planned *planned)
{
    const struct journal_change *change = planned->change;
    size_t targets = 0;
    bool replaces = false;
    if (change == NULL || plan_only_noted(change))
        return false;
    for (size_t i = 0; i < change->object_count; i++) {
        if (change->objects[i].role == ROLE_REFERENCE)
            continue;
        targets++;
        replaces |= change->verb == DDL_CREATE && change->objects[i].before.state != IMAGE_ABSENT;
    }
    return tap->outcome.kind != OUTCOME_ERROR || targets > 1 || replaces || planned->many_answers ||
           tap->unsure;
}

static void read_after_images(void *argument)
{
    struct tap *tap = argument;
    for (size_t i = tap->from; i < tap->end; i++) {
        if (!needs_after_images(tap, &tap->plan.statements[i]))
            continue;
        bool *skip = plan_skip(&tap->plan, i, IMAGE_AFTER);
        capture_read_images(tap->capture, tap->plan.statements[i].change, IMAGE_AFTER, skip,
                            &tap->opened);
        free(skip);
    }
    submit_outcome(tap);
    capture_close_opened(tap->capture, &tap->opened);
    post(tap, part_done);
}

/* Which statements an answer decides. The last answer decides all that are left: without an error
 * they have all run, whatever their answers were taken for. */
static size_t end_of_judged(const struct tap *tap)
{
    bool error = tap->outcome.kind == OUTCOME_ERROR;
    return tap->last && (!error || tap->unsure) ? tap->plan.count : tap->current + 1;
}

/* true: the answer must wait for the outcome to be written. */
static bool take_outcome(struct tap *tap)
{
    bool images = false;
    tap->from = tap->current;
    tap->current = tap->end = end_of_judged(tap);
    for (size_t i = tap->from; i < tap->end; i++)
        images |= needs_after_images(tap, &tap->plan.statements[i]);
    size_t after = tap->outcome.kind == OUTCOME_ERROR ? tap->plan.count : tap->end;
    if (!images &&
        plan_changes(&tap->plan, tap->from, NULL) == plan_changes(&tap->plan, after, NULL))
        return false;
    tap->step = TAP_ENDING;
    tap->away = images ? 2 : 1;
    if (images)
        submit_job(tap, read_after_images);
    else
        submit_outcome(tap);
    return true;
}

static enum outcome_verdict lose(struct tap *tap)
{
    if (tap->step == TAP_FORWARDED) {
        settle_rest(tap);
        finish(tap);
    } else {
        tap->lost = true;
    }
    return OUTCOME_RELEASE;
}

/* A text that is no DDL of ours and was held all the same (CALL, EXECUTE) may have set variables before
 * it failed. The report of them comes with an OK, not with the ERR; a question's answer would take it. */
static void note_report(struct tap *tap, const struct outcome *outcome)
{
    bool ddl = tap->current < tap->plan.count && tap->plan.statements[tap->current].change != NULL;
    if (outcome->kind != OUTCOME_ERROR)
        tap->report_due = false;
    else if (!tap->context.mariadb && !ddl && outcome->error_code != ER_PARSE_ERROR)
        tap->report_due = true;
}

static enum outcome_verdict tap_outcome(void *argument, const struct outcome *outcome)
{
    struct tap *tap = argument;
    if (outcome->kind == OUTCOME_LOST)
        return lose(tap);
    note_report(tap, outcome);
    assert(tap->step == TAP_FORWARDED);
    tap->last = outcome->last;
    tap->outcome = *outcome;
    if (tap->current < tap->plan.count) {
        const struct planned *planned = &tap->plan.statements[tap->current];
        if (outcome->kind == OUTCOME_ROWS && planned->many_answers && !outcome->last) {
            tap->unsure |= planned->uncertain;
            return OUTCOME_RELEASE;
        }
        if (take_outcome(tap))
            return OUTCOME_KEEP;
    }
    if (outcome->last)
        finish(tap);
    return OUTCOME_RELEASE;
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
        return;       /* it comes back, and ends there */
    settle_rest(tap); /* forwarded, and nobody follows the answer any more */
    if (!closes_first(tap))
        free_tap(tap);
}

const struct tap_operations tap_operations = {
    .open = tap_open,
    .glance = tap_glance,
    .command = tap_command,
    .untapped = tap_untapped,
    .answer = tap_answer,
    .outcome = tap_outcome,
    .close = tap_close,
    .busy = capture_busy,
};
