/* scan: what the database holds beyond the journal becomes a draft, or the baseline.
 *
 *   users  + nickname varchar(64) after email
 *   + table badges (id, name)
 *
 *   #7 found  SCAN 2 objects  ddltap/drafts/20261122T101500Z_0007_scan_2_objects.sql
 */
#include <inttypes.h>
#include <unistd.h>

#include "command/command.h"
#include "command/finding.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/report.h"
#include "command/survey.h"
#include "schema/describe.h"

struct scan_options {
    bool full, accept, json;
};

struct scan {
    const struct project *project;
    const struct scan_options *options;
    struct connection connection;
    struct survey_place place;
    struct survey survey;
    struct finding finding;
    size_t accepted; /* objects of the new baseline */
};

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
    if (scan->finding.title != NULL)
        buffer_printf(out, "\n  #%" PRId64 " found  %s  %s\n", scan->finding.id,
                      scan->finding.title, scan->finding.path);
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
    if (scan->finding.title == NULL)
        return json_null();
    json_t *draft = json_object();
    json_object_set_new(draft, "id", json_integer(scan->finding.id));
    json_object_set_new(draft, "title", output_json_text(slice_from(scan->finding.title)));
    json_object_set_new(draft, "draft", output_json_text(slice_from(scan->finding.path)));
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
    return error == ERROR_NONE ? finding_make(&scan->place, &scan->connection, &scan->survey,
                                              &scan->finding, problem)
                               : error;
}

static enum error open_place(struct scan *scan, struct problem *problem)
{
    enum error error = project_connection(scan->project, &scan->connection, problem);
    if (error == ERROR_NONE)
        error = project_journal_alone(scan->project, &scan->place.journal, problem);
    if (error == ERROR_NONE)
        error = project_connect(&scan->connection, &scan->place.control, problem);
    scan->place.project = scan->project;
    scan->place.database = scan->connection.database;
    return error;
}

static void release(struct scan *scan)
{
    survey_release(&scan->survey);
    control_close(scan->place.control);
    journal_close(scan->place.journal);
    connection_release(&scan->connection);
    finding_release(&scan->finding);
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
