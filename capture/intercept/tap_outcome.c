/* The tap on the way back: what an answer decides, the definitions after it, and the durable outcome. See tap.c. */
#include <assert.h>
#include <stdlib.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "intercept/question.h"
#include "intercept/tap_internal.h"
#include "intercept/verdict.h"

static bool judge(const struct tap *tap, struct planned *planned)
{
    bool judged = true, error = tap->outcome.kind == OUTCOME_ERROR;
    enum flight_twins twins = flight_twins(planned->flight);
    if (error)
        judged = verdict_of_error(planned, tap->outcome.error_code, flight_alone(planned->flight),
                                  tap->unsure);
    else
        verdict_of_success(planned, tap->plan.asked && !planned->doubtful, twins);
    if (judged) {
        bool first = !error && twins == FLIGHT_FIRST;
        flight_leave(planned->flight, planned->change->state != CHANGE_DONE ? FLIGHT_UNCHANGED
                                      : first                               ? FLIGHT_CHANGED
                                                                            : FLIGHT_UNKNOWN);
        planned->flight = NULL;
    }
    return judged;
}

void tap_outcome_settle_rest(struct tap *tap)
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

static bool draft_is_due(const struct tap *tap)
{
    for (size_t i = 0; i < tap->write.change_count; i++)
        if (tap->write.changes[i]->draft_state == DRAFT_DUE)
            return true;
    return false;
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

void tap_outcome_written(struct tap *tap)
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
        tap_outcome_settle_rest(tap);
        tap_finish(tap);
    }
    if (!closed)
        valve->release(valve->session);
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
    tap_submit_write(tap, false);
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
    tap_come_back(tap);
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
    if (!images && plan_changes(&tap->plan, tap->from, after, NULL) == 0)
        return false;
    tap->step = TAP_ENDING;
    tap->away = images ? 2 : 1;
    if (images)
        tap_submit_job(tap, read_after_images);
    else
        submit_outcome(tap);
    return true;
}

static enum outcome_verdict lose(struct tap *tap)
{
    if (tap->step == TAP_FORWARDED) {
        tap_outcome_settle_rest(tap);
        tap_finish(tap);
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

enum outcome_verdict tap_outcome_take(void *argument, const struct outcome *outcome)
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
        tap_finish(tap);
    return OUTCOME_RELEASE;
}
