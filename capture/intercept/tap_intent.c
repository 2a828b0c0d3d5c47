/* The tap on the way there: facts are asked, definitions read, doubts asked about, and the intent is made durable. See tap.c. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "intercept/question.h"
#include "intercept/tap_internal.h"
#include "intercept/verdict.h"
#include "schema/printed.h"

static void forward(struct tap *tap)
{
    tap->step = TAP_FORWARDED;
    tap->valve->forward(tap->valve->session);
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
    tap_submit_write(tap, false);
}

static void journal_failed(struct tap *tap)
{
    const char *says = "the journal cannot be written (is the disk full, or was it removed?)";
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
    tap_finish(tap);
    valve->refuse(valve->session, 1105, "HY000", message);
}

void tap_intent_written(struct tap *tap)
{
    if (tap->closed && tap->write.change_count > 0 && tap->write_error == ERROR_NONE) {
        withdraw(tap);
        return;
    }
    free(tap->write.changes);
    tap->write.changes = NULL;
    if (tap->closed)
        tap_finish(tap);
    else if (tap->write_error != ERROR_NONE)
        journal_failed(tap);
    else
        forward(tap);
}

static void collect_changes(struct tap *tap)
{
    const struct plan *plan = &tap->plan;
    size_t count = plan_changes(plan, 0, plan->count, NULL);
    tap->write.changes = memory_new(count + 1, sizeof(*tap->write.changes));
    tap->write.change_count = plan_changes(plan, 0, plan->count, tap->write.changes);
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
    collect_changes(tap);
    tap_submit_write(tap, true);
}

static void close_opened(void *argument)
{
    struct tap *tap = argument;
    capture_close_opened(tap->capture, &tap->opened);
    tap_come_back(tap);
}

/* What was opened is closed before the statement is forwarded, for its session to be the first. The intent takes longer,
 * so it goes first. */
static void write_intent(struct tap *tap)
{
    bool changes = plan_changes(&tap->plan, 0, tap->plan.count, NULL) > 0;
    bool opened = tap->opened.schema_count > 0;
    tap->step = TAP_WRITING_INTENT;
    tap->away = (unsigned)changes + (unsigned)opened;
    tap->write.change_count = 0;
    if (changes)
        submit_intent(tap);
    if (opened)
        tap_submit_job(tap, close_opened);
    if (tap->away == 0)
        forward(tap);
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
    tap_come_back(tap);
}

static void read_guess_images(void *argument)
{
    struct tap *tap = argument;
    read_images_before(tap, &tap->guess, true);
    tap_come_back(tap);
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

/* Done twice, a guarded CREATE or DROP does what it does once; ALTER TABLE IF EXISTS does not, nor do several statements
 * in one. */
static bool may_have_twins(const struct planned *planned)
{
    enum ddl_verb verb = planned->change->verb;
    return planned->guarded && !planned->many_answers && (verb == DDL_CREATE || verb == DDL_DROP);
}

/* false: there is nothing to be read. */
static bool enter_flights(struct tap *tap, struct plan *plan)
{
    bool any = false;
    bool only =
        plan_changes(plan, 0, plan->count, NULL) == 1; /* what stands beside it may undo it */
    for (size_t i = 0; i < plan->count; i++) {
        struct planned *planned = &plan->statements[i];
        if (!has_objects(planned))
            continue;
        any = true;
        if (planned->flight != NULL)
            continue;
        planned->flight = flight_enter(capture_flights(tap->capture), tap, planned->change,
                                       only && may_have_twins(planned), plan == &tap->guess);
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
    tap_submit_job(tap, read_before_images);
    return true;
}

static void guess(struct tap *tap)
{
    plan_make(&tap->context, tap->text, NULL, tap->status, &tap->guess);
    if (!enter_flights(tap, &tap->guess))
        return;
    tap->away = 1;
    tap_submit_job(tap, read_guess_images);
}

/* --- questions -------------------------------------------------------------------------------- */

static void ask(struct tap *tap, enum tap_step step, struct slice question)
{
    tap->step = step;
    tap->valve->ask(tap->valve->session, question);
}

/* Was its table read? */
static bool is_seen(const struct tap *tap, const struct plan_doubt *doubt)
{
    const struct journal_object *object =
        &tap->plan.statements[doubt->statement].change->objects[doubt->object];
    return object->before.state != IMAGE_UNKNOWN;
}

static void leave_flights(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        flight_leave(plan->statements[i].flight, FLIGHT_UNCHANGED);
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
    bool seen = is_seen(tap, doubt);
    tap->opened.looked &= seen; /* the question opens what the reading has not seen */
    /* What could not be read may be held by another session: a statement with NOWAIT would wait here. */
    question_table_text(doubt->schema, doubt->name, !seen && tap->context.mariadb, &question);
    ask(tap, TAP_ASKING_TABLES, buffer_slice(&question));
    buffer_release(&question);
}

bool tap_intent_closes_first(struct tap *tap)
{
    if (tap->opened.schema_count == 0)
        return false;
    tap->step = TAP_PREPARING;
    tap->away = 1;
    tap_submit_job(tap, close_opened);
    return true;
}

/* The client's own kill: it is for the DDL, which must not run after it. */
static void refuse_killed(struct tap *tap)
{
    const struct valve *valve = tap->valve;
    tap->killed = true;
    if (tap_intent_closes_first(tap))
        return;
    tap_finish(tap);
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

void tap_intent_prepared(struct tap *tap)
{
    if (tap->closed && !tap_intent_closes_first(tap))
        tap_finish(tap);
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
        tap_intent_prepared(tap);
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

void tap_intent_answer(void *argument, const struct answer *answer)
{
    struct tap *tap = argument;
    bool killed = answer->error_code == ER_QUERY_INTERRUPTED;
    if (tap->step == TAP_PREPARING) {
        tap->restoring = false;
        tap->killed = killed;
        if (tap->away == 0)
            tap_intent_prepared(tap);
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

void tap_intent_command(void *argument, const struct command *command)
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
