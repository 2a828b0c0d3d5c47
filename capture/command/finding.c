/* finding: see finding.h. */
#include "command/finding.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ddltap/memory.h"
#include "draft/projection.h"

#define TOOL "scan"

struct making {
    const struct survey_place *place;
    const struct connection *connection;
    const struct survey *survey;
    struct finding *finding;
    struct journal_change change;
};

/* --- the change --------------------------------------------------------------------------------- */

static int64_t now_microseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static struct journal_image copy_image(const struct image *image)
{
    return (struct journal_image){image->state, memory_copy_slice(image->text),
                                  memory_copy_slice(image->context)};
}

static void copy_objects(const struct change *found, const char *database,
                         struct journal_change *change)
{
    change->objects = memory_new(found->object_count + 1, sizeof(*change->objects));
    change->object_count = found->object_count;
    for (size_t i = 0; i < found->object_count; i++) {
        const struct change_object *object = &found->objects[i];
        change->objects[i] = (struct journal_object){
            .type = object->type,
            .role = ROLE_TARGET,
            .schema = memory_copy_text(database),
            .name = memory_copy_slice(object->name),
            .before = copy_image(&object->before),
            .after = copy_image(&object->after),
        };
    }
}

/* A migration will run in a session of the server's own settings. */
static enum error read_facts(struct control *control, struct sql_facts *facts,
                             struct problem *problem)
{
    unsigned code;
    facts->foreign_key_checks = true;
    enum error error =
        control_value(control, "SELECT @@global.sql_mode", &facts->global_sql_mode, &code, problem);
    if (error == ERROR_NONE)
        error = control_value(control, "SELECT @@global.time_zone", &facts->global_time_zone, &code,
                              problem);
    facts->sql_mode = memory_copy_text(facts->global_sql_mode);
    facts->time_zone = memory_copy_text(facts->global_time_zone);
    return error;
}

static enum error make_change(struct making *making, struct problem *problem)
{
    const struct change *found = drift_found(making->survey->drift);
    struct control *control = making->place->control;
    int64_t now = now_microseconds();
    making->change = (struct journal_change){
        .at = now,
        .ended_at = now,
        .state = CHANGE_DONE,
        .verb = found->verb,
        .noun = memory_copy_text(found->noun),
        .text = memory_copy_text(""),
        .development_schema = memory_copy_text(making->connection->database),
        .version = control_version(control),
        .mariadb = control_mariadb(control),
        .names_nocase = control_names_nocase(control),
        .draft_state = DRAFT_DUE,
        .origin = ORIGIN_SCANNED,
    };
    copy_objects(found, making->connection->database, &making->change);
    return read_facts(control, &making->change.facts, problem);
}

static enum error put_change(struct making *making, struct problem *problem)
{
    struct control *control = making->place->control;
    char tool[] = TOOL, here[] = "localhost";
    struct journal_session session = {
        .opened_at = making->change.at,
        .server_version = (char *)(uintptr_t)control_version_text(control),
        .server_identity = (char *)(uintptr_t)control_server_identity(control),
        .mariadb = control_mariadb(control),
        .user = making->connection->user,
        .client_address = here,
        .tool = tool,
    };
    return journal_intend(making->place->journal, &session, &making->change, problem);
}

/* --- the draft ---------------------------------------------------------------------------------- */

static void note_written(void *argument, const struct journal_change *change, const char *title,
                         const char *effect, const char *path)
{
    struct making *making = argument;
    (void)effect;
    if (change->id != making->change.id)
        return;
    making->finding->title = memory_copy_text(title);
    making->finding->path = memory_copy_text(path);
}

static enum error write_draft(struct making *making, struct problem *problem)
{
    const struct projection_options options = {
        .folder = making->place->project->drafts,
        .keep_definer = making->place->project->settings.definer == SETTINGS_DEFINER_KEEP,
        .written = note_written,
        .argument = making,
    };
    return projection_run(making->place->journal, &options, problem);
}

static enum error make_draft(struct making *making, struct problem *problem)
{
    enum error error = make_change(making, problem);
    if (error == ERROR_NONE)
        error = put_change(making, problem);
    making->finding->id = making->change.id;
    if (error == ERROR_NONE && !survey_is_open(making->survey) &&
        drift_hidden(making->survey->drift).len == 0)
        error = survey_note_explained(making->place, making->survey, making->change.id, problem);
    return error == ERROR_NONE ? write_draft(making, problem) : error;
}

enum error finding_make(const struct survey_place *place, const struct connection *connection,
                        const struct survey *survey, struct finding *finding,
                        struct problem *problem)
{
    struct making making = {
        .place = place, .connection = connection, .survey = survey, .finding = finding};
    enum error error = ERROR_NONE;
    *finding = (struct finding){0};
    if (survey->state == SURVEY_DRIFT && drift_found(survey->drift)->object_count > 0)
        error = make_draft(&making, problem);
    journal_change_release(&making.change);
    return error;
}

void finding_release(struct finding *finding)
{
    free(finding->title);
    free(finding->path);
}
