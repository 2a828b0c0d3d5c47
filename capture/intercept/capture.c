/* What taps share: the journal, two workers with a control connection each, and what is known of
 * the server. The image worker answers held DDL, so nothing else runs there; drafts and settling
 * have a worker of their own, which also lets the journal shrink, a step at a time.
 */
#include "intercept/capture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "draft/projection.h"
#include "intercept/capture_internal.h"
#include "intercept/record.h"
#include "intercept/settle.h"
#include "server/opened.h"

#define OWED_RETRY_MILLISECONDS 1000
#define DRAFT_PAUSE_MILLISECONDS                                                                   \
    100                   /* drafts that follow soon are written together, and not in the way */
#define ANSWER_SECONDS 10 /* an image that takes longer is not known */
#define RECONNECT_PAUSE_MICROSECONDS 1000000
#define COMPACT_FIRST_MILLISECONDS 2000 /* when the proxy has begun its work */
#define COMPACT_PAUSE_MILLISECONDS 20   /* between two steps at least: others write meanwhile */
#define COMPACT_PAUSE_STEPS 4           /* and as long as so many steps, where they take long */
#define COMPACT_PAUSE_LONGEST_MILLISECONDS 60000
#define COMPACT_AGAIN_MILLISECONDS (24 * 60 * 60 * 1000)
#define DAY_MICROSECONDS (INT64_C(86400) * 1000000)

/* A control connection of one thread, opened when it is first needed. */
struct line {
    struct control *control;
    int64_t failed_at; /* 0: never */
};

/* What is still to be done when the server or the journal allows it; one of three. */
struct owed {
    int64_t id;                     /* a change to be settled by comparing; or 0 */
    struct flight *flight;          /* its */
    struct journal_change *decided; /* a change whose outcome is to be written; or NULL */
    char *gap;                      /* a gap to be noted; or NULL */
    struct owed *next;
};

struct capture {
    struct capture_options options;
    struct journal *journal;       /* its writer; read by nobody here */
    struct journal *draft_journal; /* the draft worker's own */
    struct worker *image_worker, *draft_worker;
    struct line image_line, draft_line;
    struct job draft_job, owed_job, compact_job;
    struct journal_compaction *compaction; /* the draft worker's; NULL: none is at it */
    struct flights *flights;
    atomic_bool draft_queued;
    atomic_uint taps; /* opened and not freed */
    pthread_mutex_t mutex;
    bool names_nocase; /* under mutex, like the next two */
    char *server_identity;
    struct owed *owed;
    bool owed_queued; /* somebody works on the list, or will */
};

const struct capture_options *capture_options(const struct capture *capture)
{
    return &capture->options;
}

struct journal *capture_journal(struct capture *capture)
{
    return capture->journal;
}

struct flights *capture_flights(struct capture *capture)
{
    return capture->flights;
}

/* --- the server ---------------------------------------------------------------------------------
 */

static void note_server(struct capture *capture, struct control *control)
{
    pthread_mutex_lock(&capture->mutex);
    capture->names_nocase = control_names_nocase(control);
    free(capture->server_identity);
    capture->server_identity = memory_copy_text(control_server_identity(control));
    pthread_mutex_unlock(&capture->mutex);
}

/* NULL: the server is away or refuses us; said once, tried again after a pause. */
static struct control *line_open(struct capture *capture, struct line *line)
{
    struct problem problem = PROBLEM_INIT;
    if (line->control != NULL)
        return line->control;
    if (line->failed_at != 0 && record_now() - line->failed_at < RECONNECT_PAUSE_MICROSECONDS)
        return NULL;
    if (control_open(&capture->options.control, &line->control, &problem) == ERROR_NONE) {
        line->failed_at = 0;
        note_server(capture, line->control);
        return line->control;
    }
    if (line->failed_at == 0)
        log_write(LOG_WARNING, NULL, "no control connection: %s", problem.text);
    line->failed_at = record_now();
    return NULL;
}

/* After an error of the connection: the next use opens a new one. */
static void line_drop(struct line *line, const struct problem *problem)
{
    log_write(LOG_WARNING, NULL, "control connection: %s", problem->text);
    control_close(line->control);
    line->control = NULL;
}

bool capture_names_nocase(struct capture *capture)
{
    pthread_mutex_lock(&capture->mutex);
    bool nocase = capture->names_nocase;
    pthread_mutex_unlock(&capture->mutex);
    return nocase;
}

char *capture_server_identity(struct capture *capture)
{
    pthread_mutex_lock(&capture->mutex);
    char *identity =
        memory_copy_text(capture->server_identity == NULL ? "" : capture->server_identity);
    pthread_mutex_unlock(&capture->mutex);
    return identity;
}

bool capture_tracks(struct capture *capture, const char *schema)
{
    if (schema == NULL)
        return false;
    struct slice tracked = slice_from(capture->options.database), given = slice_from(schema);
    return slice_equal(tracked, given) ||
           (capture_names_nocase(capture) && slice_equal_nocase(tracked, given));
}

void capture_count_tap(struct capture *capture, bool opened)
{
    if (opened)
        atomic_fetch_add(&capture->taps, 1);
    else
        atomic_fetch_sub(&capture->taps, 1);
}

bool capture_busy(void *capture)
{
    return atomic_load(&((struct capture *)capture)->taps) > 0;
}

/* --- images -------------------------------------------------------------------------------------
 */

void capture_submit(struct capture *capture, struct job *job)
{
    worker_submit(capture->image_worker, job);
}

void capture_read_images(struct capture *capture, struct journal_change *change,
                         enum image_moment moment, const bool *skip, struct opened *opened)
{
    size_t named = change->object_count;
    /* Twice: the server may have closed a connection that was idle. */
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        struct problem problem = PROBLEM_INIT;
        struct control *control = line_open(capture, &capture->image_line);
        if (control == NULL)
            return;
        if (record_read_images(control, change, named, moment, skip, opened, &problem) ==
            ERROR_NONE) {
            note_server(capture, control); /* it may have been made anew: the server restarted */
            return;
        }
        line_drop(&capture->image_line, &problem);
        opened_release(opened);
    }
}

bool capture_has_partitions(struct capture *capture, const struct journal_object *table)
{
    struct problem problem = PROBLEM_INIT;
    bool partitioned = false;
    struct control *control = line_open(capture, &capture->image_line);
    if (control != NULL && control_has_partitions(control, table->schema, table->name, &partitioned,
                                                  &problem) != ERROR_NONE)
        line_drop(&capture->image_line, &problem);
    return partitioned;
}

void capture_close_opened(struct capture *capture, struct opened *opened)
{
    struct problem problem = PROBLEM_INIT;
    struct control *control = line_open(capture, &capture->image_line);
    if (control != NULL && opened_close(control, opened, &problem) != ERROR_NONE)
        line_drop(&capture->image_line, &problem);
    opened_release(opened);
}

/* --- drafts ----------------------------------------------------------------------------------- */

static void write_drafts(void *argument)
{
    struct capture *capture = argument;
    struct problem problem = PROBLEM_INIT;
    const struct projection_options options = {.folder = capture->options.drafts_folder,
                                               .keep_definer = capture->options.keep_definer,
                                               .written = capture->options.captured,
                                               .argument = capture->options.argument};
    atomic_store(&capture->draft_queued, false);
    if (projection_run(capture->draft_journal, &options, &problem) != ERROR_NONE)
        log_write(LOG_ERROR, NULL, "a draft could not be written (it stays in the journal): %s",
                  problem.text);
}

void capture_draft_due(struct capture *capture)
{
    if (!atomic_exchange(&capture->draft_queued, true))
        worker_submit_later(capture->draft_worker, &capture->draft_job, DRAFT_PAUSE_MILLISECONDS);
}

/* --- what is owed ----------------------------------------------------------------------------- */

static void free_owed(struct owed *owed)
{
    flight_leave(owed->flight, FLIGHT_UNKNOWN);
    if (owed->decided != NULL)
        journal_change_release(owed->decided);
    free(owed->decided);
    free(owed->gap);
    free(owed);
}

/* Put it at the end of the list; true: nobody works on the list or will. */
static bool list_owed(struct capture *capture, struct owed *owed)
{
    owed->next = NULL;
    pthread_mutex_lock(&capture->mutex);
    struct owed **last = &capture->owed;
    while (*last != NULL)
        last = &(*last)->next;
    *last = owed;
    bool first = !capture->owed_queued;
    capture->owed_queued = true;
    pthread_mutex_unlock(&capture->mutex);
    return first;
}

static void owe(struct capture *capture, struct owed owed)
{
    struct owed *copy = memory_new(1, sizeof(*copy));
    *copy = owed;
    if (list_owed(capture, copy))
        worker_submit(capture->draft_worker, &capture->owed_job);
}

void capture_settle(struct capture *capture, int64_t change_id, struct flight *flight)
{
    flight_disown(flight);
    owe(capture, (struct owed){.id = change_id, .flight = flight});
}

void capture_write_later(struct capture *capture, struct journal_change *change)
{
    owe(capture, (struct owed){.decided = change});
}

void capture_note_gap(struct capture *capture, const char *what)
{
    owe(capture, (struct owed){.gap = memory_copy_text(what)});
}

/* true: look at it again later. */
static bool settle(struct capture *capture, int64_t id, bool *draft)
{
    struct problem problem = PROBLEM_INIT;
    enum settle_result result = SETTLE_RUNNING;
    struct control *control = line_open(capture, &capture->draft_line);
    if (control == NULL)
        return true;
    if (settle_change(capture->draft_journal, control, id, &result, &problem) != ERROR_NONE) {
        line_drop(&capture->draft_line, &problem);
        return true;
    }
    if (result == SETTLE_UNKNOWN)
        log_write(
            LOG_WARNING, NULL,
            "change #%lld stays undecided: its objects' earlier state is not known, or others "
            "changed them since",
            (long long)id);
    *draft |= result == SETTLE_DONE;
    return result == SETTLE_RUNNING;
}

/* false: not now. ERROR_NOT_FOUND: somebody else was faster. */
static bool write_owed(struct capture *capture, const struct owed *owed, bool *draft)
{
    struct problem problem = PROBLEM_INIT;
    if (owed->gap != NULL)
        return journal_note_gap(capture->draft_journal, owed->gap, &problem) == ERROR_NONE;
    enum error error = journal_settle(capture->draft_journal, owed->decided, &problem);
    *draft |= error == ERROR_NONE && owed->decided->draft_state == DRAFT_DUE;
    return error == ERROR_NONE || error == ERROR_NOT_FOUND;
}

static struct owed *take_owed(struct capture *capture)
{
    pthread_mutex_lock(&capture->mutex);
    struct owed *owed = capture->owed;
    capture->owed = NULL;
    pthread_mutex_unlock(&capture->mutex);
    return owed;
}

/* One pass over the list; what could not be done, and what came meanwhile, gets another one later.
 */
static void pay(void *argument)
{
    struct capture *capture = argument;
    struct owed *owed = take_owed(capture);
    bool draft = false;
    while (owed != NULL) {
        struct owed *next = owed->next;
        bool again =
            owed->id != 0 ? settle(capture, owed->id, &draft) : !write_owed(capture, owed, &draft);
        if (again)
            (void)list_owed(capture, owed);
        else
            free_owed(owed);
        owed = next;
    }
    if (draft)
        capture_draft_due(capture);
    pthread_mutex_lock(&capture->mutex);
    bool more = capture->owed != NULL;
    capture->owed_queued = more;
    pthread_mutex_unlock(&capture->mutex);
    if (more)
        worker_submit_later(capture->draft_worker, &capture->owed_job, OWED_RETRY_MILLISECONDS);
}

/* The workers are gone: what the journal still takes. The rest is settled by the next proxy. */
static void pay_last(struct capture *capture)
{
    struct owed *owed = take_owed(capture);
    bool draft = false;
    while (owed != NULL) {
        struct owed *next = owed->next;
        if (owed->id == 0 && !write_owed(capture, owed, &draft))
            log_write(LOG_ERROR, NULL, "the journal still cannot be written: %s",
                      owed->gap != NULL ? owed->gap : "an outcome will be settled by comparing");
        free_owed(owed);
        owed = next;
    }
}

static bool collect_undecided(void *argument, const struct journal_change *change,
                              const struct journal_session *session)
{
    struct capture *capture = argument;
    struct owed *owed = memory_new(1, sizeof(*owed));
    (void)session;
    owed->id = change->id;
    owed->flight = flight_enter(capture->flights, NULL, change, false, false);
    (void)list_owed(capture, owed);
    return true;
}

/* What the last proxy left, before the first client of this one can change more. The draft worker
 * has nothing to do yet: this thread stands in for it. */
static enum error settle_leftovers(struct capture *capture, struct problem *problem)
{
    const struct journal_filter filter = {.states = 1u << CHANGE_INTENDED, .without_images = true};
    enum error error =
        journal_read(capture->draft_journal, &filter, collect_undecided, capture, problem);
    if (error == ERROR_NONE)
        pay(capture);
    return error;
}

/* --- letting go --------------------------------------------------------------------------------- */

/* The clock may have been set meanwhile, back or forth. */
static unsigned pause_after(int64_t microseconds)
{
    int64_t pause = microseconds / 1000 * COMPACT_PAUSE_STEPS;
    if (pause > COMPACT_PAUSE_LONGEST_MILLISECONDS)
        return COMPACT_PAUSE_LONGEST_MILLISECONDS;
    return pause > COMPACT_PAUSE_MILLISECONDS ? (unsigned)pause : COMPACT_PAUSE_MILLISECONDS;
}

static void compact(void *argument)
{
    struct capture *capture = argument;
    int64_t begun = record_now();
    struct problem problem = PROBLEM_INIT;
    bool more = false;
    enum error error = ERROR_NONE;
    if (capture->compaction == NULL)
        error = journal_compaction_open(
            capture->draft_journal, record_now() - capture->options.keep_days * DAY_MICROSECONDS,
            &capture->compaction, &problem);
    if (error == ERROR_NONE)
        error = journal_compaction_step(capture->compaction, &more, &problem);
    if (error != ERROR_NONE)
        log_write(LOG_WARNING, NULL, "the journal stays as large as it is for now: %s",
                  problem.text);
    if (!more) {
        journal_compaction_close(capture->compaction);
        capture->compaction = NULL;
    }
    worker_submit_later(capture->draft_worker, &capture->compact_job,
                        more ? pause_after(record_now() - begun) : COMPACT_AGAIN_MILLISECONDS);
}

/* --- life ------------------------------------------------------------------------------------- */

static void copy_options(struct capture_options *to, const struct capture_options *from)
{
    *to = *from;
    to->database = memory_copy_text(from->database);
    to->journal_path = memory_copy_text(from->journal_path);
    to->drafts_folder = memory_copy_text(from->drafts_folder);
    to->control.host = memory_copy_text(from->control.host);
    to->control.socket = memory_copy_text(from->control.socket);
    to->control.user = memory_copy_text(from->control.user);
    to->control.password = memory_copy_text(from->control.password);
}

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void release_options(struct capture_options *options)
{
    if (options->control.password != NULL)
        memory_wipe((void *)(uintptr_t)options->control.password,
                    strlen(options->control.password));
    free_text(options->database);
    free_text(options->journal_path);
    free_text(options->drafts_folder);
    free_text(options->control.host);
    free_text(options->control.socket);
    free_text(options->control.user);
    free_text(options->control.password);
}

enum error capture_open(const struct capture_options *options, struct capture **out,
                        struct problem *problem)
{
    struct capture *capture = memory_new(1, sizeof(*capture));
    copy_options(&capture->options, options);
    capture->options.control.answer_seconds = ANSWER_SECONDS;
    pthread_mutex_init(&capture->mutex, NULL);
    capture->draft_job = (struct job){.run = write_drafts, .argument = capture};
    capture->owed_job = (struct job){.run = pay, .argument = capture};
    capture->compact_job = (struct job){.run = compact, .argument = capture};
    capture->flights = flights_new();
    capture->image_worker = worker_new();
    capture->draft_worker = worker_new();

    enum error error =
        journal_open(options->journal_path, JOURNAL_PROXY, &capture->journal, problem);
    if (error == ERROR_NONE)
        error =
            journal_open(options->journal_path, JOURNAL_COMMAND, &capture->draft_journal, problem);
    if (error == ERROR_NONE)
        error = settle_leftovers(capture, problem);
    if (error != ERROR_NONE) {
        capture_close(capture);
        return error;
    }
    (void)line_open(capture, &capture->image_line);
    capture_draft_due(capture);
    if (capture->options.keep_days != 0)
        worker_submit_later(capture->draft_worker, &capture->compact_job,
                            COMPACT_FIRST_MILLISECONDS);
    *out = capture;
    return ERROR_NONE;
}

void capture_close(struct capture *capture)
{
    if (capture == NULL)
        return;
    worker_free(capture->image_worker);
    journal_close(capture->journal);
    worker_free(capture->draft_worker);
    if (atomic_load(&capture->draft_queued)) /* it was to wait for others */
        write_drafts(capture);
    pay_last(capture);
    journal_compaction_close(capture->compaction);
    journal_close(capture->draft_journal);
    control_close(capture->image_line.control);
    control_close(capture->draft_line.control);
    flights_free(capture->flights);
    free(capture->server_identity);
    release_options(&capture->options);
    pthread_mutex_destroy(&capture->mutex);
    free(capture);
}

struct tap_sink capture_sink(struct capture *capture)
{
    return (struct tap_sink){.operations = &tap_operations,
                             .capture = capture,
                             .text_limit = capture->options.text_limit};
}
