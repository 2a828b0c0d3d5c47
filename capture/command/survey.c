/* survey: see survey.h.
 *
 * Two settings in the journal belong to it:
 *
 *     explained   "<last change> <microseconds> <fingerprint>"      all was explained then
 *     covered     "<last change> <change>..."                       the baseline was taken after the first;
 *                                                                   those behind it are not in it
 *
 * Not all changes are added up each time. Where many were, and all was explained, what they come to is put into the
 * journal as the known schema (journal_known_put), and the next survey begins there.
 */
#include "command/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "command/drafts.h"
#include "command/migrations.h"
#include "command/output.h"
#include "ddltap/memory.h"
#include "draft/projection.h"
#include "schema/printed.h"
#include "server/fingerprint.h"
#include "server/inventory.h"

#define ATTEMPTS 4
#define PAUSE_MILLISECONDS 150
#define NAMES_SHOWN 4
#define MANY_CHANGES 64 /* to add up anew each time; a known schema is written for so many */
#define ERROR_BROKEN_VIEW 1356

#define SETTING_EXPLAINED "explained"
#define SETTING_COVERED "covered"

/* --- what the journal says ---------------------------------------------------------------------- */

/* Changes that the baseline has, and those among them that it has not. */
struct covered {
    int64_t last;
    int64_t *besides;
    size_t count;
};

static enum error read_covered(struct journal *journal, struct covered *covered,
                               struct problem *problem)
{
    char *text = NULL;
    *covered = (struct covered){0};
    enum error error = journal_setting_get(journal, SETTING_COVERED, &text, problem);
    if (error != ERROR_NONE || text == NULL)
        return error;
    char *rest = text;
    covered->last = strtoll(rest, &rest, 10);
    covered->besides = memory_new(strlen(rest) + 1, sizeof(*covered->besides));
    while (*rest == ' ')
        covered->besides[covered->count++] = strtoll(rest + 1, &rest, 10);
    free(text);
    return ERROR_NONE;
}

static bool is_covered(const struct covered *covered, int64_t id)
{
    for (size_t i = 0; i < covered->count; i++) {
        if (covered->besides[i] == id)
            return false;
    }
    return id <= covered->last;
}

static bool take_id(void *argument, const struct journal_change *change,
                    const struct journal_session *session)
{
    (void)session;
    *(int64_t *)argument = change->id;
    return false;
}

static enum error read_last_change(struct journal *journal, int64_t *last, struct problem *problem)
{
    const struct journal_filter filter = {.limit = 1, .without_images = true};
    *last = 0;
    return journal_read(journal, &filter, take_id, last, problem);
}

static bool note_any(void *argument, const struct journal_change *change,
                     const struct journal_session *session)
{
    (void)change;
    (void)session;
    *(bool *)argument = true;
    return false;
}

static const struct journal_filter filter_undecided = {.states = 1u << CHANGE_INTENDED,
                                                       .without_images = true};

static enum error read_undecided(struct journal *journal, bool *any, struct problem *problem)
{
    *any = false;
    return journal_read(journal, &filter_undecided, note_any, any, problem);
}

/* All changes up to this one are in the baseline. */
static int64_t all_covered(const struct covered *covered)
{
    int64_t all = covered->last;
    for (size_t i = 0; i < covered->count; i++) {
        if (covered->besides[i] <= all)
            all = covered->besides[i] - 1;
    }
    return all;
}

/* --- the first look ----------------------------------------------------------------------------- */

struct explained {
    int64_t last_change, at;
    char fingerprint[FINGERPRINT_SIZE];
};

static enum error read_explained(struct journal *journal, struct explained *explained,
                                 struct problem *problem)
{
    char *text = NULL;
    *explained = (struct explained){0};
    enum error error = journal_setting_get(journal, SETTING_EXPLAINED, &text, problem);
    if (error == ERROR_NONE && text != NULL) {
        char *rest = text;
        explained->last_change = strtoll(rest, &rest, 10);
        explained->at = strtoll(rest, &rest, 10);
        (void)snprintf(explained->fingerprint, sizeof explained->fingerprint, "%s",
                       *rest == ' ' ? rest + 1 : rest);
    }
    free(text);
    return error;
}

static enum error look(const struct survey_place *place, struct survey *survey, bool *unchanged,
                       struct problem *problem)
{
    struct explained explained;
    bool undecided = false;
    enum error error = read_explained(place->journal, &explained, problem);
    if (error == ERROR_NONE)
        error = read_last_change(place->journal, &survey->last_change, problem);
    if (error == ERROR_NONE)
        error = read_undecided(place->journal, &undecided, problem);
    if (error == ERROR_NONE)
        error = fingerprint_read(place->control, place->database, survey->fingerprint, problem);
    survey->since = explained.at;
    *unchanged = error == ERROR_NONE && !undecided && *survey->fingerprint != '\0' &&
                 explained.last_change == survey->last_change &&
                 strcmp(explained.fingerprint, survey->fingerprint) == 0;
    return error;
}

static int64_t now_microseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

enum error survey_note_explained(const struct survey_place *place, const struct survey *survey,
                                 int64_t last_change, struct problem *problem)
{
    struct buffer value = BUFFER_INIT;
    if (*survey->fingerprint == '\0')
        return ERROR_NONE;
    buffer_printf(&value, "%" PRId64 " %" PRId64 " %s", last_change, now_microseconds(),
                  survey->fingerprint);
    enum error error =
        journal_setting_put(place->journal, SETTING_EXPLAINED, buffer_text(&value), problem);
    buffer_release(&value);
    return error;
}

/* --- comparing ---------------------------------------------------------------------------------- */

struct comparing {
    const struct survey_place *place;
    struct drift *drift;
    int64_t known;     /* the change that the known schema is of; 0: it begins with the baseline */
    int64_t forgotten; /* how often there was none any more */
    struct covered covered;
    int64_t last;   /* those up to here were read */
    bool newer;     /* else those behind it, whatever became of them: they came meanwhile */
    bool came;      /* some did */
    size_t added;   /* changes that were added up */
    bool undecided; /* some of them may still turn out otherwise */
};

static bool view_is_broken(void *argument, struct slice name)
{
    const struct survey_place *place = argument;
    struct buffer question = BUFFER_INIT;
    char *value = NULL;
    unsigned error_code = 0;
    buffer_append_text(&question, "SELECT 1 FROM ");
    printed_quote(name, &question);
    buffer_append_text(&question, " LIMIT 0");
    enum error error =
        control_value(place->control, buffer_text(&question), &value, &error_code, NULL);
    buffer_release(&question);
    free(value);
    return error == ERROR_NONE && error_code == ERROR_BROKEN_VIEW;
}

static struct drift *new_drift(const struct survey_place *place)
{
    char *version_table = migrations_version_table(place->project);
    const struct drift_options options = {
        .dialect = {.mariadb = control_mariadb(place->control),
                    .version = control_version(place->control)},
        .schema = slice_from(place->database),
        .names_nocase = control_names_nocase(place->control),
        .keep_definer = place->project->settings.definer == SETTINGS_DEFINER_KEEP,
        .version_table = version_table,
        .view_is_broken = view_is_broken,
        .argument = (void *)(uintptr_t)place,
    };
    struct drift *drift = drift_new(&options);
    free(version_table);
    return drift;
}

/* A trigger's place is not in its image: FOLLOWS and PRECEDES are said by the statement alone. */
static bool places_last(const struct journal_change *change)
{
    static const char *const words[] = {"FOLLOWS", "PRECEDES"};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(words[i]);
        for (size_t at = 0; at + length <= change->text_len; at++) {
            if (strncasecmp(change->text + at, words[i], length) == 0)
                return false;
        }
    }
    return true;
}

static void add_change(struct comparing *comparing, const struct journal_change *change,
                       enum drift_standing standing)
{
    struct change view;
    const struct drift_change about = {
        .id = change->id,
        .standing = standing,
        .chained = change->statement_index == 0,
        .places_last = places_last(change),
        .lists_order = change->origin == ORIGIN_SCANNED,
    };
    struct change_object *objects = projection_change_view(change, &view);
    drift_add(comparing->drift, &view, &about);
    free(objects);
}

/* Does what the comparison began with have it? Of a part, if it has the change that was split. */
static bool is_known(const struct comparing *comparing, const struct journal_change *change)
{
    if (comparing->known == 0)
        return is_covered(&comparing->covered, change->id);
    return change->split_from != 0 && change->split_from <= comparing->known;
}

static bool add_found(void *argument, const struct journal_change *change,
                      const struct journal_session *session)
{
    struct comparing *comparing = argument;
    (void)session;
    comparing->came = comparing->came || comparing->newer;
    if (change->draft_state == DRAFT_SPLIT || /* its parts say it */
        (!comparing->newer && is_known(comparing, change)))
        return true;
    comparing->added++;
    comparing->undecided = comparing->undecided || change->state == CHANGE_INTENDED;
    if (comparing->newer || change->state == CHANGE_INTENDED)
        add_change(comparing, change, DRIFT_UNDECIDED);
    else
        add_change(comparing, change,
                   change->draft_state == DRAFT_COMMITTED ? DRIFT_COMMITTED : DRIFT_DONE);
    return true;
}

static enum error read_changes(struct comparing *comparing, struct problem *problem)
{
    int64_t begin = comparing->known != 0 ? comparing->known : all_covered(&comparing->covered);
    const struct journal_filter filter = {
        .after = comparing->newer ? comparing->last : begin,
        .last = comparing->newer ? 0 : comparing->last,
        .states = comparing->newer ? 0 : 1u << CHANGE_DONE | 1u << CHANGE_INTENDED,
        .without_images = comparing->newer};
    if (!comparing->newer && comparing->last == 0)
        return ERROR_NONE;
    return journal_read(comparing->place->journal, &filter, add_found, comparing, problem);
}

/* The known schema where there is one, else the baseline. */
static enum error read_beginning(struct comparing *comparing, struct problem *problem)
{
    struct journal *journal = comparing->place->journal;
    struct catalog catalog = CATALOG_INIT;
    enum error error =
        journal_known_get(journal, &catalog, &comparing->known, &comparing->forgotten, problem);
    if (error == ERROR_NONE && comparing->known == 0)
        error = journal_baseline_get(journal, &catalog, problem);
    if (error == ERROR_NONE)
        drift_begin(comparing->drift, &catalog, comparing->known);
    if (error == ERROR_NONE)
        error = read_covered(journal, &comparing->covered, problem);
    catalog_release(&catalog);
    return error;
}

/* All is explained. */
static enum error note_known(const struct comparing *comparing, const struct survey *survey,
                             struct problem *problem)
{
    const struct survey_place *place = comparing->place;
    struct catalog known = CATALOG_INIT;
    enum error error = survey_note_explained(place, survey, survey->last_change, problem);
    if (error == ERROR_NONE && comparing->added >= MANY_CHANGES && !comparing->undecided) {
        drift_write_known(survey->drift, &survey->live, &known);
        error = journal_known_put(place->journal, &known, survey->last_change, comparing->forgotten,
                                  problem);
    }
    catalog_release(&known);
    return error;
}

static bool has_drift(const struct survey *survey)
{
    return drift_found(survey->drift)->object_count > 0 || drift_hidden(survey->drift).len > 0;
}

static enum error compare_once(const struct survey_place *place, struct survey *survey, bool *again,
                               struct problem *problem)
{
    struct comparing comparing = {.place = place, .last = survey->last_change};
    survey->drift = comparing.drift = new_drift(place);
    enum error error = read_beginning(&comparing, problem);
    if (error == ERROR_NONE)
        error = read_changes(&comparing, problem);
    if (error == ERROR_NONE)
        error = inventory_read(place->control, place->database, &survey->live, problem);
    comparing.newer = true;
    if (error == ERROR_NONE)
        error = read_changes(&comparing, problem);
    if (error == ERROR_NONE)
        drift_compare(survey->drift, &survey->live);
    *again = error == ERROR_NONE && survey_is_open(survey) && comparing.came;
    if (error == ERROR_NONE && has_drift(survey))
        survey->state = SURVEY_DRIFT;
    else if (error == ERROR_NONE && !comparing.came && !survey_is_open(survey))
        error = note_known(&comparing, survey, problem);
    free(comparing.covered.besides);
    return error;
}

static void pause_a_little(void)
{
    const struct timespec time = {0, PAUSE_MILLISECONDS * 1000000L};
    (void)nanosleep(&time, NULL);
}

static void forget_comparison(struct survey *survey)
{
    drift_release(survey->drift);
    catalog_release(&survey->live);
    survey->drift = NULL;
}

static enum error make(const struct survey_place *place, bool full, struct survey *survey,
                       struct problem *problem)
{
    bool again = true, unchanged = false;
    enum error error = ERROR_NONE;
    for (unsigned attempt = 0; attempt < ATTEMPTS && again && error == ERROR_NONE; attempt++) {
        if (attempt > 0)
            pause_a_little();
        forget_comparison(survey);
        error = look(place, survey, &unchanged, problem);
        if (error != ERROR_NONE || (unchanged && !full)) {
            survey->state = SURVEY_UNCHANGED;
            return error;
        }
        survey->state = SURVEY_EXPLAINED;
        error = compare_once(place, survey, &again, problem);
    }
    return error;
}

enum error survey_make(const struct survey_place *place, bool full, struct survey *survey,
                       struct problem *problem)
{
    *survey = (struct survey){.live = CATALOG_INIT};
    enum error error = make(place, full, survey, problem);
    if (error == ERROR_NOT_FOUND) { /* no baseline */
        forget_comparison(survey);
        survey->state = SURVEY_NO_BASELINE;
        return ERROR_NONE;
    }
    return error;
}

void survey_release(struct survey *survey)
{
    forget_comparison(survey);
}

bool survey_is_open(const struct survey *survey)
{
    return survey->drift != NULL &&
           (drift_incomplete(survey->drift) || drift_waiting(survey->drift).len > 0);
}

static void name_objects(const struct drift *drift, struct buffer *out)
{
    const struct change *change = drift_found(drift);
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        if (i == NAMES_SHOWN) {
            buffer_printf(out, " and %zu more", change->object_count - i);
            return;
        }
        buffer_printf(out, "%s%s `%.*s`", i == 0 ? "" : ", ", object_type_text(object->type),
                      (int)object->name.len, object->name.ptr);
    }
}

void survey_write_notice(const struct survey *survey, struct buffer *out)
{
    struct buffer names = BUFFER_INIT;
    name_objects(survey->drift, &names);
    output_safe_line(out, names.len == 0 ? SLICE("the schema") : buffer_slice(&names));
    buffer_append_text(out, " changed outside of the proxy");
    if (survey->since != 0) {
        buffer_append_text(out, " since ");
        output_time(out, survey->since);
    }
    buffer_append_text(out, ": run \"ddltap scan\"");
    buffer_release(&names);
}

/* --- for others --------------------------------------------------------------------------------- */

static enum error refuse_drift(const struct change *found, survey_concerns *concerns,
                               const void *argument, struct problem *problem)
{
    for (size_t i = 0; i < found->object_count; i++) {
        const struct change_object *object = &found->objects[i];
        if (concerns(argument, object->type, object->name))
            return problem_set(problem, ERROR_UNSUPPORTED,
                               "%s %.*s was changed by something that never passed the proxy: "
                               "\"ddltap scan\" makes a draft of that, to be committed too.",
                               object_type_text(object->type), (int)object->name.len,
                               object->name.ptr);
    }
    return ERROR_NONE;
}

enum error survey_check(const struct project *project, struct journal *journal,
                        const struct connection *connection, survey_concerns *concerns,
                        const void *argument, struct problem *problem)
{
    struct control *control = NULL;
    struct survey survey = {.state = SURVEY_NO_BASELINE};
    enum error error = project_connect(connection, &control, problem);
    const struct survey_place place = {project, journal, control, connection->database};
    if (error == ERROR_NONE) {
        error = survey_make(&place, false, &survey, problem);
        if (error == ERROR_NONE && survey.state == SURVEY_DRIFT)
            error = refuse_drift(drift_found(survey.drift), concerns, argument, problem);
        survey_release(&survey);
    }
    control_close(control);
    return error;
}

enum error survey_covers(struct journal *journal, const int64_t *changes, size_t count,
                         bool *covers, struct problem *problem)
{
    struct covered covered;
    enum error error = read_covered(journal, &covered, problem);
    *covers = false;
    for (size_t i = 0; i < count && error == ERROR_NONE; i++)
        *covers = *covers || is_covered(&covered, changes[i]);
    free(covered.besides);
    return error;
}

/* --- accepting ---------------------------------------------------------------------------------- */

/* An object as it was before a change that the baseline is to leave out. */
struct former {
    enum object_type type;
    char *name;
    struct journal_image image;
};

/* The live schema on its way to a baseline. */
struct accepting {
    const struct survey_place *place;
    struct catalog baseline;
    struct former *formers;
    size_t former_count;
    struct buffer besides; /* " 3 5": ids that it leaves out */
    struct drafts squashed;
    int64_t *pending; /* ids of drafts that stay */
    size_t pending_count;
    struct drift *proof;
};

/* What the baseline leaves out: pending drafts stay, with what is squashed into them, and what is undecided may get
 * one. */
#define PENDING (1u << DRAFT_PENDING | 1u << DRAFT_DUE)
static const struct journal_filter filter_pending = {
    .states = 1u << CHANGE_DONE, .draft_states = PENDING, .without_images = true};
static const struct journal_filter filter_left_out = {
    .states = 1u << CHANGE_DONE, .draft_states = PENDING | 1u << DRAFT_SQUASHED};

static bool take_pending(void *argument, const struct journal_change *change,
                         const struct journal_session *session)
{
    struct accepting *accepting = argument;
    (void)session;
    accepting->pending = memory_resize(accepting->pending, accepting->pending_count + 1,
                                       sizeof(*accepting->pending));
    accepting->pending[accepting->pending_count++] = change->id;
    return true;
}

/* What is squashed goes the way of the draft that says it. */
static bool stays(const struct accepting *accepting, const struct journal_change *change)
{
    if (change->draft_state != DRAFT_SQUASHED)
        return true;
    int64_t holder = drafts_holder(&accepting->squashed, change->id);
    for (size_t i = 0; i < accepting->pending_count; i++) {
        if (accepting->pending[i] == holder)
            return true;
    }
    return false;
}

static void add_former(struct accepting *accepting, const struct journal_object *object)
{
    bool database = object->type == OBJECT_DATABASE;
    if (object->role == ROLE_REFERENCE ||
        (!database && object->schema != NULL && *object->schema != '\0' &&
         strcasecmp(object->schema, accepting->place->database) != 0))
        return;
    accepting->formers =
        memory_resize(accepting->formers, accepting->former_count + 1, sizeof(*accepting->formers));
    accepting->formers[accepting->former_count++] = (struct former){
        .type = object->type,
        .name = memory_copy_text(database ? accepting->place->database : object->name),
        .image = {object->before.state, memory_copy_text(object->before.text),
                  memory_copy_text(object->before.context)},
    };
}

static bool leave_out(void *argument, const struct journal_change *change,
                      const struct journal_session *session)
{
    struct accepting *accepting = argument;
    (void)session;
    if (!stays(accepting, change))
        return true;
    buffer_printf(&accepting->besides, " %" PRId64, change->id);
    for (size_t i = 0; i < change->object_count && change->state == CHANGE_DONE; i++)
        add_former(accepting, &change->objects[i]);
    return true;
}

/* The image is the catalog's from then on. */
static void put_former(struct catalog *baseline, struct former *former)
{
    struct catalog_object *object = NULL;
    if (former->image.state == IMAGE_UNKNOWN)
        return;
    for (size_t i = 0; i < baseline->count && object == NULL; i++) {
        if (baseline->objects[i].type == former->type &&
            strcmp(baseline->objects[i].name, former->name) == 0)
            object = &baseline->objects[i];
    }
    if (former->image.state == IMAGE_ABSENT) {
        if (object != NULL)
            catalog_remove(baseline, former->type, slice_from(former->name));
        return;
    }
    if (object == NULL)
        object = catalog_add(baseline, former->type, slice_from(former->name));
    free(object->text);
    free(object->context);
    object->text = former->image.text;
    object->context = former->image.context;
    former->image = (struct journal_image){IMAGE_UNKNOWN, NULL, NULL};
}

static bool add_to_proof(void *argument, const struct journal_change *change,
                         const struct journal_session *session)
{
    struct accepting *accepting = argument;
    struct comparing comparing = {.place = accepting->place, .drift = accepting->proof};
    (void)session;
    if (stays(accepting, change))
        add_change(&comparing, change, DRIFT_DONE);
    return true;
}

/* The baseline and the drafts that stay must give the schema as it is. */
static enum error prove(struct accepting *accepting, const struct catalog *live,
                        struct problem *problem)
{
    struct buffer names = BUFFER_INIT;
    accepting->proof = new_drift(accepting->place);
    drift_begin(accepting->proof, &accepting->baseline, 0);
    enum error error =
        journal_read(accepting->place->journal, &filter_left_out, add_to_proof, accepting, problem);
    if (error == ERROR_NONE) {
        drift_compare(accepting->proof, live);
        name_objects(accepting->proof, &names);
    }
    if (error == ERROR_NONE && names.len > 0)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "Pending drafts change %s too, and what they do cannot be told from "
                            "the rest. Commit or discard those drafts first (\"ddltap list\"); the "
                            "baseline is as it was.",
                            buffer_text(&names));
    buffer_release(&names);
    drift_release(accepting->proof);
    return error;
}

static enum error put_baseline(struct accepting *accepting, int64_t last_change,
                               struct problem *problem)
{
    struct buffer covered = BUFFER_INIT;
    buffer_printf(&covered, "%" PRId64 "%s", last_change, buffer_text(&accepting->besides));
    enum error error = journal_baseline_renew(accepting->place->journal, &accepting->baseline,
                                              SETTING_COVERED, buffer_text(&covered), problem);
    buffer_release(&covered);
    return error;
}

/* The undecided first: one whose outcome comes between the two is seen twice then, which does no harm. */
static enum error read_left_out(struct journal *journal, struct accepting *accepting,
                                struct problem *problem)
{
    enum error error = journal_read(journal, &filter_undecided, leave_out, accepting, problem);
    if (error == ERROR_NONE)
        error = drafts_read_squashed(journal, &accepting->squashed, problem);
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter_pending, take_pending, accepting, problem);
    return error == ERROR_NONE
               ? journal_read(journal, &filter_left_out, leave_out, accepting, problem)
               : error;
}

/* The schema, read while no change came. */
static enum error read_quiet(const struct survey_place *place, struct survey *survey,
                             struct accepting *accepting, struct problem *problem)
{
    int64_t last = -1;
    bool unchanged;
    enum error error = ERROR_NONE;
    for (unsigned attempt = 0; attempt < ATTEMPTS && error == ERROR_NONE; attempt++) {
        catalog_release(&survey->live);
        catalog_release(&accepting->baseline);
        error = look(place, survey, &unchanged, problem);
        if (error == ERROR_NONE)
            error = inventory_read(place->control, place->database, &survey->live, problem);
        if (error == ERROR_NONE)
            error = read_last_change(place->journal, &last, problem);
        if (error == ERROR_NONE && last == survey->last_change)
            return read_left_out(place->journal, accepting, problem);
        pause_a_little();
    }
    return error != ERROR_NONE
               ? error
               : problem_set(problem, ERROR_UNSUPPORTED,
                             "The schema is being changed through the proxy just now. Try again.");
}

static void release_accepting(struct accepting *accepting)
{
    for (size_t i = 0; i < accepting->former_count; i++) {
        free(accepting->formers[i].name);
        free(accepting->formers[i].image.text);
        free(accepting->formers[i].image.context);
    }
    free(accepting->formers);
    free(accepting->pending);
    drafts_release(&accepting->squashed);
    catalog_release(&accepting->baseline);
    buffer_release(&accepting->besides);
}

enum error survey_accept(const struct survey_place *place, size_t *objects, struct problem *problem)
{
    struct survey survey = {.live = CATALOG_INIT};
    struct accepting accepting = {.place = place, .baseline = CATALOG_INIT};
    enum error error = read_quiet(place, &survey, &accepting, problem);
    if (error == ERROR_NONE) {
        for (size_t i = 0; i < survey.live.count; i++)
            catalog_add_copy(&accepting.baseline, &survey.live.objects[i]);
        for (size_t i = accepting.former_count; i-- > 0;)
            put_former(&accepting.baseline, &accepting.formers[i]);
        error = prove(&accepting, &survey.live, problem);
    }
    if (error == ERROR_NONE)
        error = put_baseline(&accepting, survey.last_change, problem);
    if (error == ERROR_NONE)
        error = survey_note_explained(place, &survey, survey.last_change, problem);
    if (objects != NULL)
        *objects = accepting.baseline.count;
    release_accepting(&accepting);
    survey_release(&survey);
    return error;
}

int survey_lock(const struct project *project)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/scan.lock", project->state);
    int file = open(buffer_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    buffer_release(&path);
    while (file >= 0 && flock(file, LOCK_EX) != 0 && errno == EINTR)
        continue;
    return file;
}
