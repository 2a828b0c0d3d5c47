/* status: where things stand. It informs and always answers with 0; what it cannot know, because the server
 * is away, it says. */
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/survey.h"
#include "command/view.h"
#include "ddltap/memory.h"
#include "format/format.h"

#define PROXY_ADDRESS_SIZE 512

struct standing {
    const struct project *project;
    char *database; /* where the development database is, or why that is not known */
    char *format;
    bool proxy_running;
    long proxy_pid;
    char proxy_address[PROXY_ADDRESS_SIZE];
    size_t pending, edited, missing, unreadable, no_way_back;
    json_t *undecided; /* ids */
    int64_t gaps, journal_size;
    char *baseline; /* microseconds, as the journal has it; NULL */
    struct survey survey;
    char *drift_problem; /* why that is not known; NULL */
};

static bool count_one(void *argument, const struct journal_change *change,
                      const struct journal_session *session)
{
    struct standing *standing = argument;
    if (change->state == CHANGE_INTENDED) {
        json_array_append_new(standing->undecided, json_integer(change->id));
        return true;
    }
    struct view view;
    view_fill(&view, standing->project, change, session);
    standing->pending++;
    standing->edited += view.edited;
    standing->missing += view.way == VIEW_MISSING;
    standing->unreadable += view.way == VIEW_UNREADABLE;
    standing->no_way_back += view.way == VIEW_NO_WAY_BACK;
    view_release(&view);
    return true;
}

/* Not knowing it is no reason to say nothing else. */
static void ask_drift(struct standing *standing, struct journal *journal)
{
    struct survey_place place = {.project = standing->project, .journal = journal};
    struct connection connection = {0};
    struct problem problem = PROBLEM_INIT;
    enum error error = project_connection(standing->project, &connection, &problem);
    if (error == ERROR_NONE)
        error = project_connect(&connection, &place.control, &problem);
    place.database = connection.database;
    if (error == ERROR_NONE)
        error = survey_make(&place, false, &standing->survey, &problem);
    if (error != ERROR_NONE)
        standing->drift_problem = memory_copy_text(problem.text);
    control_close(place.control);
    connection_release(&connection);
}

static enum error ask_journal(struct standing *standing, struct problem *problem)
{
    struct journal *journal = NULL;
    const struct journal_filter undecided = {.states = 1u << CHANGE_INTENDED,
                                             .without_images = true};
    const struct journal_filter pending = {.draft_states = 1u << DRAFT_PENDING | 1u << DRAFT_DUE};
    enum error error = project_journal(standing->project, &journal, problem);
    if (error == ERROR_NONE)
        error = journal_read(journal, &undecided, count_one, standing, problem);
    if (error == ERROR_NONE)
        error = journal_read(journal, &pending, count_one, standing, problem);
    if (error == ERROR_NONE)
        error = journal_gap_count(journal, &standing->gaps, problem);
    if (error == ERROR_NONE)
        error = journal_setting_get(journal, "baseline_at", &standing->baseline, problem);
    if (error == ERROR_NONE)
        ask_drift(standing, journal);
    journal_close(journal);
    return error;
}

static void ask_project(struct standing *standing)
{
    const struct project *project = standing->project;
    struct problem problem = PROBLEM_INIT;
    struct connection connection;
    struct format_found format;
    struct buffer text = BUFFER_INIT;
    if (project_connection(project, &connection, &problem) == ERROR_NONE) {
        buffer_printf(&text, "%s on ", connection.database);
        settings_address_write(&connection.address, &text);
        buffer_printf(&text, " (%s)", connection.source);
        connection_release(&connection);
    } else {
        buffer_append_text(&text, problem.text);
    }
    standing->database = buffer_detach(&text);
    if (format_detect(project->root, project->settings.format, project->settings.directory, &format,
                      &problem) == ERROR_NONE) {
        buffer_printf(&text, "%s in %s (%s)", format.format->title, format.directory,
                      format.evidence);
        format_found_release(&format);
    } else {
        buffer_append_text(&text, problem.text);
    }
    standing->format = buffer_detach(&text);
    standing->journal_size = journal_size(project->journal);
    standing->proxy_running = journal_proxy_running(project->journal, &standing->proxy_pid,
                                                    standing->proxy_address, PROXY_ADDRESS_SIZE);
}

static void name(struct buffer *out, const char *text)
{
    buffer_printf(out, "  %-10s ", text);
}

static void write_drafts(const struct standing *standing, struct buffer *out)
{
    buffer_printf(out, "%zu pending", standing->pending);
    if (standing->no_way_back > 0)
        buffer_printf(out, ", %zu without a known way back", standing->no_way_back);
    if (standing->edited > 0)
        buffer_printf(out, ", %zu edited", standing->edited);
    if (standing->missing > 0)
        buffer_printf(out, ", the files of %zu missing", standing->missing);
    if (standing->unreadable > 0)
        buffer_printf(out, ", the files of %zu unreadable", standing->unreadable);
    buffer_append_char(out, '\n');
}

static const char *drift_word(const struct standing *standing)
{
    if (standing->drift_problem != NULL)
        return "unknown";
    if (standing->survey.state == SURVEY_NO_BASELINE)
        return "no baseline";
    return standing->survey.state == SURVEY_DRIFT ? "found"
           : survey_is_open(&standing->survey)    ? "incomplete"
                                                  : "none";
}

static void write_drift(const struct standing *standing, struct buffer *out)
{
    const struct survey *survey = &standing->survey;
    name(out, "drift");
    if (standing->drift_problem != NULL) {
        buffer_printf(out, "not known: %s\n", standing->drift_problem);
    } else if (survey->state == SURVEY_NO_BASELINE) {
        buffer_append_text(out, "not known: there is no baseline; take one with \"ddltap scan "
                                "--accept\"\n");
    } else if (survey->state == SURVEY_DRIFT) {
        survey_write_notice(survey, out);
        buffer_append_char(out, '\n');
    } else if (survey_is_open(survey)) {
        buffer_append_text(out, "not all could be compared: \"ddltap scan\" says what\n");
    } else {
        buffer_append_text(out, "none\n");
    }
}

static void write_text(const struct standing *standing, struct buffer *out)
{
    name(out, "project");
    buffer_printf(out, "%s\n", standing->project->root);
    name(out, "database");
    buffer_printf(out, "%s\n", standing->database);
    name(out, "format");
    buffer_printf(out, "%s\n", standing->format);
    name(out, "proxy");
    if (standing->proxy_running)
        buffer_printf(out, "running on %s (pid %ld)\n", standing->proxy_address,
                      standing->proxy_pid);
    else
        buffer_append_text(out, "not running; start it with \"ddltap proxy\"\n");
    name(out, "drafts");
    write_drafts(standing, out);
    write_drift(standing, out);
    if (json_array_size(standing->undecided) > 0) {
        name(out, "undecided");
        size_t index;
        json_t *id;
        json_array_foreach(standing->undecided, index, id) buffer_printf(
            out, "%s#%lld", index == 0 ? "" : ", ", (long long)json_integer_value(id));
        buffer_append_text(out,
                           standing->proxy_running
                               ? ": running, or waiting to be compared with the database\n"
                               : ": the outcome was not seen; the proxy settles it at its next "
                                 "start\n");
    }
    name(out, "journal");
    output_size(out, standing->journal_size);
    buffer_append_char(out, '\n');
    if (standing->gaps > 0) {
        name(out, "gaps");
        buffer_printf(out, "%lld commands that could not be captured\n", (long long)standing->gaps);
    }
}

static json_t *json_drift(const struct standing *standing)
{
    const struct survey *survey = &standing->survey;
    json_t *value = json_object(), *objects = json_array();
    struct buffer since = BUFFER_INIT;
    for (size_t i = 0; survey->drift != NULL && i < drift_found(survey->drift)->object_count; i++) {
        const struct change_object *object = &drift_found(survey->drift)->objects[i];
        json_t *one = json_object();
        json_object_set_new(one, "type", json_string(object_type_text(object->type)));
        json_object_set_new(one, "name", output_json_text(object->name));
        json_array_append_new(objects, one);
    }
    json_object_set_new(value, "state", json_string(drift_word(standing)));
    json_object_set_new(value, "objects", objects);
    if (survey->since != 0)
        output_time(&since, survey->since);
    json_object_set_new(value, "since",
                        survey->since == 0 ? json_null() : json_string(buffer_text(&since)));
    json_object_set_new(value, "problem", output_json_text(slice_from(standing->drift_problem)));
    buffer_release(&since);
    return value;
}

static json_t *make_json(const struct standing *standing)
{
    json_t *value = json_object(), *proxy = json_object(), *drafts = json_object();
    json_object_set_new(value, "project", output_json_text(slice_from(standing->project->root)));
    json_object_set_new(value, "database", output_json_text(slice_from(standing->database)));
    json_object_set_new(value, "format", output_json_text(slice_from(standing->format)));
    json_object_set_new(proxy, "running", json_boolean(standing->proxy_running));
    json_object_set_new(proxy, "pid",
                        standing->proxy_running ? json_integer(standing->proxy_pid) : json_null());
    json_object_set_new(proxy, "address",
                        standing->proxy_running
                            ? output_json_text(slice_from(standing->proxy_address))
                            : json_null());
    json_object_set_new(value, "proxy", proxy);
    json_object_set_new(drafts, "pending", json_integer((json_int_t)standing->pending));
    json_object_set_new(drafts, "edited", json_integer((json_int_t)standing->edited));
    json_object_set_new(drafts, "missing", json_integer((json_int_t)standing->missing));
    json_object_set_new(drafts, "unreadable", json_integer((json_int_t)standing->unreadable));
    json_object_set_new(drafts, "no_way_back", json_integer((json_int_t)standing->no_way_back));
    json_object_set_new(value, "drafts", drafts);
    json_object_set_new(value, "drift", json_drift(standing));
    json_object_set(value, "undecided", standing->undecided);
    json_object_set_new(value, "gaps", json_integer(standing->gaps));
    json_object_set_new(value, "journal_bytes", json_integer(standing->journal_size));
    struct buffer baseline = BUFFER_INIT;
    if (standing->baseline != NULL)
        output_time(&baseline, strtoll(standing->baseline, NULL, 10));
    json_object_set_new(value, "baseline_at",
                        standing->baseline == NULL ? json_null()
                                                   : json_string(buffer_text(&baseline)));
    buffer_release(&baseline);
    return value;
}

static void standing_release(struct standing *standing)
{
    free(standing->database);
    free(standing->format);
    free(standing->baseline);
    free(standing->drift_problem);
    survey_release(&standing->survey);
    json_decref(standing->undecided);
}

int command_status(int argc, char **argv, const struct command_context *context)
{
    bool json = false;
    const struct option_entry entries[] = {OPTION_FLAG('\0', "json", "print JSON", &json)};
    const struct option_usage usage = {
        "ddltap status [--json]",
        "Where things stand: the proxy, pending drafts, what changed "
        "outside of the proxy, changes\n"
        "whose outcome is not known, and what could not be "
        "captured.",
        entries, 1};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (operand < argc)
        return options_wrong(argv[0], "takes no argument such as \"%s\".", argv[operand]);

    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct standing standing = {.project = &project, .undecided = json_array()};
    struct buffer text = BUFFER_INIT;
    enum error error = ask_journal(&standing, &problem);
    if (error == ERROR_NONE) {
        ask_project(&standing);
        if (json)
            output_json(make_json(&standing));
        else
            write_text(&standing, &text);
        output_page(&text);
    }
    buffer_release(&text);
    standing_release(&standing);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
