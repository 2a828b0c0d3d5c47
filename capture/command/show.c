/* show: one change in full: who and when and under which settings, what a person reads first, the SQL
 * as it was run, the draft, what differs between the images. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/report.h"
#include "command/selection.h"
#include "command/view.h"
#include "draft/composition.h"
#include "draft/draft.h"
#include "draft/projection.h"
#include "schema/describe.h"

struct showing {
    const struct project *project;
    bool json, sql;
    bool found;
    bool no_draft; /* --sql of a change that has none */
    struct buffer text;
    json_t *value;
};

static void line(struct buffer *out, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    buffer_printf(out, "  %-10s ", name);
    output_safe_line(out, slice_from(value));
    buffer_append_char(out, '\n');
}

/* MariaDB's greeting puts a 5.5.5- before its version, for old replicas. */
static const char *server_version(const struct journal_session *session)
{
    static const char prefix[] = "5.5.5-";
    const char *version = session->server_version == NULL ? "" : session->server_version;
    bool prefixed = session->mariadb && strncmp(version, prefix, strlen(prefix)) == 0;
    return prefixed ? version + strlen(prefix) : version;
}

static void write_setting(struct buffer *out, const char *name, const char *value)
{
    if (value != NULL)
        buffer_printf(out, "%s%s=%s", out->len == 0 ? "" : ", ", name, value);
}

/* Those of the session that the statement depended on. */
static void write_settings(struct buffer *out, const struct journal_change *change)
{
    const struct sql_facts *facts = &change->facts;
    write_setting(out, "default schema", facts->default_schema);
    write_setting(out, "character set", facts->character_set_client);
    write_setting(out, "collation", facts->collation_connection);
    write_setting(out, "time zone", facts->time_zone);
    if (!facts->foreign_key_checks)
        write_setting(out, "foreign_key_checks", "0");
    if (facts->sql_mode != NULL)
        write_setting(out, "sql_mode", *facts->sql_mode == '\0' ? "''" : facts->sql_mode);
}

static void write_head(struct buffer *out, const struct view *view,
                       const struct journal_change *change, const struct journal_session *session)
{
    struct buffer title = BUFFER_INIT, at = BUFFER_INIT, server = BUFFER_INIT;
    struct buffer settings = BUFFER_INIT;
    enum output_colour colour;
    buffer_printf(&title, "#%lld  %s", (long long)view->id, view->title);
    output_time(&at, view->at);
    buffer_append_text(&at, " (");
    output_ago(&at, view->at);
    buffer_append_char(&at, ')');
    buffer_printf(&server, "%s %s", session->mariadb ? "MariaDB" : "MySQL",
                  server_version(session));
    output_coloured(out, OUTPUT_BOLD, buffer_text(&title));
    buffer_append_char(out, '\n');
    write_settings(&settings, change);
    line(out, "captured", buffer_text(&at));
    line(out, "tool", view->tool);
    line(out, "account", view->account);
    line(out, "database", change->development_schema);
    line(out, "server", buffer_text(&server));
    line(out, "settings", buffer_text(&settings));
    line(out, "state", change_state_text(change->state));
    line(out, "reason", change->reason);
    line(out, "draft", view->draft_path);
    line(out, "way back", view_verdict(view, &colour));
    buffer_release(&title);
    buffer_release(&at);
    buffer_release(&server);
    buffer_release(&settings);
}

static void write_draft(struct buffer *out, const struct view *view)
{
    struct draft_file file;
    if (view->way == VIEW_MISSING) {
        report_heading(out, "Draft");
        report_block(
            out,
            SLICE("The file is not in the work tree. Another branch, a stash or a clean may have "
                  "taken it; the journal still has the change."));
        return;
    }
    if (view->draft_text == NULL)
        return;
    if (draft_read_text(slice_from(view->draft_text), &file, NULL) != ERROR_NONE) {
        report_heading(out, "Draft, unreadable");
        report_block(out, slice_from(view->draft_problem));
        return;
    }
    report_heading(out, "Up");
    report_block(out, file.up);
    report_heading(out, "Down");
    report_block(out, file.down);
}

static void write_text(struct showing *showing, const struct view *view,
                       const struct journal_change *change, const struct journal_session *session)
{
    struct buffer *out = &showing->text;
    struct change described;
    struct change_object *objects = projection_change_view(change, &described);
    write_head(out, view, change, session);
    buffer_append_char(out, '\n');
    report_write_lines(&described, out);
    report_heading(out, "As it was run");
    report_block(out, slice_make(change->text, change->text_len));
    write_draft(out, view);
    report_write_images(&described, out);
    free(objects);
}

/* The draft as it would be written now, where there is no file that says otherwise. */
static void compose(const struct showing *showing, const struct journal_change *change,
                    const struct journal_session *session, struct buffer *text)
{
    struct change described;
    struct change_object *objects = projection_change_view(change, &described);
    bool keep_definer = showing->project->settings.definer == SETTINGS_DEFINER_KEEP;
    composition_write(change, &described, session, keep_definer, text);
    free(objects);
}

/* The sections of the draft alone. */
static void write_sql(struct showing *showing, const struct view *view,
                      const struct journal_change *change, const struct journal_session *session)
{
    struct buffer composed = BUFFER_INIT;
    struct draft_file file;
    struct slice text = slice_from(view->draft_text);
    showing->no_draft = view->way == VIEW_NO_DRAFT;
    if (view->draft_text == NULL || draft_read_text(text, &file, NULL) != ERROR_NONE) {
        compose(showing, change, session, &composed);
        text = buffer_slice(&composed);
    }
    if (draft_read_text(text, &file, NULL) == ERROR_NONE) {
        buffer_append_text(&showing->text, "-- migrate:up\n");
        buffer_append_slice(&showing->text, file.up);
        buffer_append_text(&showing->text, "-- migrate:down\n");
        buffer_append_slice(&showing->text, file.down);
    }
    buffer_release(&composed);
}

static json_t *json_settings(const struct sql_facts *facts)
{
    json_t *value = json_object();
    json_object_set_new(value, "default_schema",
                        output_json_text(slice_from(facts->default_schema)));
    json_object_set_new(value, "sql_mode", output_json_text(slice_from(facts->sql_mode)));
    json_object_set_new(value, "character_set_client",
                        output_json_text(slice_from(facts->character_set_client)));
    json_object_set_new(value, "collation_connection",
                        output_json_text(slice_from(facts->collation_connection)));
    json_object_set_new(value, "time_zone", output_json_text(slice_from(facts->time_zone)));
    json_object_set_new(value, "foreign_key_checks", json_boolean(facts->foreign_key_checks));
    return value;
}

static void write_json(struct showing *showing, const struct view *view,
                       const struct journal_change *change, const struct journal_session *session)
{
    struct draft_file file = {0};
    struct buffer lines = BUFFER_INIT;
    struct change described;
    struct change_object *objects = projection_change_view(change, &described);
    json_t *value = view_json(view);
    describe_lines(&described, &lines);
    if (view->draft_text != NULL &&
        draft_read_text(slice_from(view->draft_text), &file, NULL) != ERROR_NONE)
        file = (struct draft_file){0};
    json_object_set_new(value, "database",
                        output_json_text(slice_from(change->development_schema)));
    json_object_set_new(value, "server_version",
                        output_json_text(slice_from(server_version(session))));
    json_object_set_new(value, "reason", output_json_text(slice_from(change->reason)));
    json_object_set_new(value, "text",
                        output_json_text(slice_make(change->text, change->text_len)));
    json_object_set_new(value, "up", output_json_text(file.up));
    json_object_set_new(value, "down", output_json_text(file.down));
    json_object_set_new(value, "lines", report_json_lines(buffer_slice(&lines)));
    json_object_set_new(value, "settings", json_settings(&change->facts));
    json_object_set_new(value, "objects", report_json_objects(&described));
    showing->value = value;
    buffer_release(&lines);
    free(objects);
}

static bool found(void *argument, const struct journal_change *change,
                  const struct journal_session *session)
{
    struct showing *showing = argument;
    struct view view;
    view_fill(&view, showing->project, change, session);
    showing->found = true;
    (showing->json  ? write_json
     : showing->sql ? write_sql
                    : write_text)(showing, &view, change, session);
    view_release(&view);
    return false;
}

static enum error show(struct showing *showing, int64_t id, struct problem *problem)
{
    struct journal *journal = NULL;
    const struct journal_filter filter = {.id = id};
    enum error error = project_journal(showing->project, &journal, problem);
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter, found, showing, problem);
    if (error == ERROR_NONE && showing->no_draft)
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "#%lld has no draft. \"ddltap show %lld\" says what became of it.",
                            (long long)id, (long long)id);
    if (error == ERROR_NONE && !showing->found)
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "There is no change #%lld in the journal. \"ddltap list --all\" shows "
                            "those there are.",
                            (long long)id);
    journal_close(journal);
    return error;
}

int command_show(int argc, char **argv, const struct command_context *context)
{
    bool json = false, sql = false;
    const struct option_entry entries[] = {
        OPTION_FLAG('\0', "json", "print JSON", &json),
        OPTION_FLAG('\0', "sql", "print the SQL of its draft alone", &sql),
    };
    const struct option_usage usage = {
        "ddltap show [--sql | --json] ID",
        "Show one change: who made it, what it did, its SQL, its draft, and what differs in the "
        "objects.",
        entries, 2};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (json && sql)
        return options_wrong(argv[0], "takes one of --json and --sql.");
    int64_t id = argc - operand == 1 ? selection_read_id(argv[operand]) : 0;
    if (id == 0)
        return options_wrong(argv[0],
                             "needs the number of one change, as \"ddltap list\" shows it.");

    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct showing showing = {.project = &project, .json = json, .sql = sql};
    enum error error = show(&showing, id, &problem);
    if (error == ERROR_NONE && json)
        output_json(showing.value);
    else if (error == ERROR_NONE)
        (sql ? output_page_exact : output_page)(&showing.text);
    buffer_release(&showing.text);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
