/* scan: what the database holds beyond the journal becomes a draft, or the baseline.
 *
 *   users  + nickname varchar(64) after email
 *   + table badges (id, name)
 *
 *   #7 found  SCAN 2 objects  ddltap/drafts/20261122T101500Z_0007_scan_2_objects.sql
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/report.h"
#include "command/survey.h"
#include "ddltap/memory.h"
#include "draft/projection.h"
#include "schema/describe.h"

#define TOOL "scan"

struct scan_options {
    bool full, accept, json;
};

struct scan {
    const struct project *project;
    const struct scan_options *options;
    struct connection connection;
    struct survey_place place;
    struct survey survey;
    struct journal_change change; /* what was found, as the journal gets it */
    char *title, *path;           /* of its draft; NULL: none was made */
    size_t accepted;              /* objects of the new baseline */
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

static enum error make_change(struct scan *scan, struct problem *problem)
{
    const struct change *found = drift_found(scan->survey.drift);
    struct control *control = scan->place.control;
    int64_t now = now_microseconds();
    scan->change = (struct journal_change){
        .at = now,
        .ended_at = now,
        .state = CHANGE_DONE,
        .verb = found->verb,
        .noun = memory_copy_text(found->noun),
        .text = memory_copy_text(""),
        .development_schema = memory_copy_text(scan->connection.database),
        .version = control_version(control),
        .mariadb = control_mariadb(control),
        .names_nocase = control_names_nocase(control),
        .draft_state = DRAFT_DUE,
        .origin = ORIGIN_SCANNED,
    };
    copy_objects(found, scan->connection.database, &scan->change);
    return read_facts(control, &scan->change.facts, problem);
}

static enum error put_change(struct scan *scan, struct problem *problem)
{
    struct control *control = scan->place.control;
    char tool[] = TOOL, here[] = "localhost";
    struct journal_session session = {
        .opened_at = scan->change.at,
        .server_version = (char *)(uintptr_t)control_version_text(control),
        .server_identity = (char *)(uintptr_t)control_server_identity(control),
        .mariadb = control_mariadb(control),
        .user = scan->connection.user,
        .client_address = here,
        .tool = tool,
    };
    return journal_intend(scan->place.journal, &session, &scan->change, problem);
}

/* --- the draft ---------------------------------------------------------------------------------- */

static void note_written(void *argument, const struct journal_change *change, const char *title,
                         const char *effect, const char *path)
{
    struct scan *scan = argument;
    (void)effect;
    if (change->id != scan->change.id)
        return;
    scan->title = memory_copy_text(title);
    scan->path = memory_copy_text(path);
}

static enum error write_draft(struct scan *scan, struct problem *problem)
{
    const struct projection_options options = {
        .folder = scan->project->drafts,
        .keep_definer = scan->project->settings.definer == SETTINGS_DEFINER_KEEP,
        .written = note_written,
        .argument = scan,
    };
    return projection_run(scan->place.journal, &options, problem);
}

static enum error make_draft(struct scan *scan, struct problem *problem)
{
    enum error error = make_change(scan, problem);
    if (error == ERROR_NONE)
        error = put_change(scan, problem);
    if (error == ERROR_NONE && !survey_is_open(&scan->survey) &&
        drift_hidden(scan->survey.drift).len == 0)
        error = survey_note_explained(&scan->place, &scan->survey, scan->change.id, problem);
    return error == ERROR_NONE ? write_draft(scan, problem) : error;
}

/* --- words -------------------------------------------------------------------------------------- */

static void write_sentences(const char *title, struct slice sentences, struct buffer *out)
{
    if (sentences.len == 0)
        return;
    report_heading(out, title);
    report_block(out, sentences);
}

static void write_found(const struct scan *scan, struct buffer *out)
{
    const struct drift *drift = scan->survey.drift;
    if (drift == NULL)
        return;
    report_write_lines(drift_found(drift), out);
    if (scan->title != NULL)
        buffer_printf(out, "\n  #%" PRId64 " found  %s  %s\n", scan->change.id, scan->title,
                      scan->path);
    write_sentences("In no draft", drift_hidden(drift), out);
    write_sentences("Waiting", drift_waiting(drift), out);
    write_sentences("To know", drift_notes(drift), out);
}

static void print_text(const struct scan *scan)
{
    struct buffer text = BUFFER_INIT;
    if (scan->options->accept) {
        printf("The schema as it is now is the baseline: %zu objects. Pending drafts stay.\n",
               scan->accepted);
        return;
    }
    write_found(scan, &text);
    output_page(&text);
    if (scan->survey.state != SURVEY_DRIFT)
        fprintf(stderr, survey_is_open(&scan->survey) ? "No drift in what could be compared.\n"
                                                      : "No drift.\n");
    buffer_release(&text);
}

static json_t *json_draft(const struct scan *scan)
{
    if (scan->title == NULL)
        return json_null();
    json_t *draft = json_object();
    json_object_set_new(draft, "id", json_integer(scan->change.id));
    json_object_set_new(draft, "title", output_json_text(slice_from(scan->title)));
    json_object_set_new(draft, "draft", output_json_text(slice_from(scan->path)));
    return draft;
}

static void put_found(const struct scan *scan, json_t *value)
{
    const struct drift *drift = scan->survey.drift;
    struct buffer lines = BUFFER_INIT;
    if (drift != NULL)
        describe_lines(drift_found(drift), &lines);
    json_object_set_new(value, "lines", report_json_lines(slice_from(buffer_text(&lines))));
    json_object_set_new(value, "objects",
                        drift == NULL ? json_array() : report_json_objects(drift_found(drift)));
    json_object_set_new(value, "in_no_draft",
                        report_json_lines(drift == NULL ? SLICE("") : drift_hidden(drift)));
    json_object_set_new(value, "waiting",
                        report_json_lines(drift == NULL ? SLICE("") : drift_waiting(drift)));
    json_object_set_new(value, "notes",
                        report_json_lines(drift == NULL ? SLICE("") : drift_notes(drift)));
    buffer_release(&lines);
}

static json_t *make_json(const struct scan *scan)
{
    json_t *value = json_object();
    json_object_set_new(value, "drift", json_boolean(scan->survey.state == SURVEY_DRIFT));
    json_object_set_new(value, "first_look_only",
                        json_boolean(scan->survey.state == SURVEY_UNCHANGED));
    json_object_set_new(value, "incomplete", json_boolean(survey_is_open(&scan->survey)));
    json_object_set_new(value, "draft", json_draft(scan));
    json_object_set_new(value, "accepted",
                        scan->options->accept ? json_integer((json_int_t)scan->accepted)
                                              : json_null());
    put_found(scan, value);
    return value;
}

/* --- the command -------------------------------------------------------------------------------- */

static enum error find(struct scan *scan, struct problem *problem)
{
    enum error error = survey_make(&scan->place, scan->options->full, &scan->survey, problem);
    if (error == ERROR_NONE && scan->survey.state == SURVEY_NO_BASELINE)
        return problem_set(problem, ERROR_NOT_FOUND,
                           "The journal has no baseline to compare with. \"ddltap scan --accept\" "
                           "takes the schema as it is now for one; pending drafts stay.");
    if (error == ERROR_NONE && scan->survey.state == SURVEY_DRIFT &&
        drift_found(scan->survey.drift)->object_count > 0)
        error = make_draft(scan, problem);
    return error;
}

static enum error open_place(struct scan *scan, struct problem *problem)
{
    enum error error = project_connection(scan->project, &scan->connection, problem);
    if (error == ERROR_NONE)
        error = project_journal(scan->project, &scan->place.journal, problem);
    if (error == ERROR_NONE)
        error = project_connect(&scan->connection, &scan->place.control, problem);
    scan->place.project = scan->project;
    scan->place.database = scan->connection.database;
    return error;
}

static void release(struct scan *scan)
{
    journal_change_release(&scan->change);
    survey_release(&scan->survey);
    control_close(scan->place.control);
    journal_close(scan->place.journal);
    connection_release(&scan->connection);
    free(scan->title);
    free(scan->path);
}

static int exit_code(const struct scan *scan)
{
    if (scan->survey.state == SURVEY_DRIFT)
        return EXIT_ANSWER_NO;
    return survey_is_open(&scan->survey) ? EXIT_UNABLE : EXIT_DONE;
}

static int run(const struct project *project, const struct scan_options *options)
{
    struct scan scan = {.project = project, .options = options};
    struct problem problem = PROBLEM_INIT;
    int lock = survey_lock(project);
    enum error error = open_place(&scan, &problem);
    if (error == ERROR_NONE)
        error = options->accept ? survey_accept(&scan.place, &scan.accepted, &problem)
                                : find(&scan, &problem);
    if (lock >= 0)
        (void)close(lock);
    int code = exit_code(&scan);
    if (error != ERROR_NONE)
        code = command_fail(&problem);
    else if (options->json)
        output_json(make_json(&scan));
    else
        print_text(&scan);
    release(&scan);
    return code;
}

int command_scan(int argc, char **argv, const struct command_context *context)
{
    struct scan_options options = {0};
    const struct option_entry entries[] = {
        OPTION_FLAG('\0', "full", "read all definitions, also where nothing seems to have changed",
                    &options.full),
        OPTION_FLAG('\0', "accept", "take the schema as it is now for the baseline; no draft",
                    &options.accept),
        OPTION_FLAG('\0', "json", "print JSON", &options.json),
    };
    const struct option_usage usage = {
        "ddltap scan [--full | --accept] [--json]",
        "Compare the database with the journal. What changed outside of the proxy becomes one\n"
        "draft, with its way back. --accept takes it into the baseline instead. Exit code 1:\n"
        "something was found; 3: nothing was, but not all could be compared.",
        entries, 3};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (operand < argc)
        return options_wrong(argv[0], "takes no argument such as \"%s\".", argv[operand]);
    if (options.full && options.accept)
        return options_wrong(argv[0], "takes --full or --accept, not both.");
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    code = run(&project, &options);
    project_release(&project);
    return code;
}
