/* show: one change in full: who and when, the SQL as it was run, the draft file, the images. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/view.h"
#include "draft/draft.h"

struct showing {
    const struct project *project;
    bool json;
    bool found;
    struct buffer text;
    json_t *value;
};

static void heading(struct buffer *out, const char *text)
{
    buffer_append_char(out, '\n');
    output_coloured(out, OUTPUT_BOLD, text);
    buffer_append_char(out, '\n');
}

/* The text, indented, ending in a line end. */
static void block(struct buffer *out, struct slice text)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        buffer_append_text(out, len == 0 ? "" : "    ");
        output_safe(out, slice_make(text.ptr, len));
        buffer_append_char(out, '\n');
        text = slice_from_offset(text, end == NULL ? len : len + 1);
    }
}

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

static void write_head(struct buffer *out, const struct view *view,
                       const struct journal_change *change, const struct journal_session *session)
{
    struct buffer title = BUFFER_INIT, at = BUFFER_INIT, server = BUFFER_INIT;
    enum output_colour colour;
    buffer_printf(&title, "#%lld  %s%s%s", (long long)view->id, view->title,
                  *view->effect == '\0' ? "" : "   ", view->effect);
    output_time(&at, view->at);
    buffer_append_text(&at, " (");
    output_ago(&at, view->at);
    buffer_append_char(&at, ')');
    buffer_printf(&server, "%s %s", session->mariadb ? "MariaDB" : "MySQL",
                  server_version(session));
    output_coloured(out, OUTPUT_BOLD, buffer_text(&title));
    buffer_append_char(out, '\n');
    line(out, "captured", buffer_text(&at));
    line(out, "tool", view->tool);
    line(out, "account", view->account);
    line(out, "database", change->development_schema);
    line(out, "server", buffer_text(&server));
    line(out, "state", change_state_text(change->state));
    line(out, "reason", change->reason);
    line(out, "draft", view->draft_path);
    line(out, "way back", view_verdict(view, &colour));
    buffer_release(&title);
    buffer_release(&at);
    buffer_release(&server);
}

static void write_draft(struct buffer *out, const struct view *view)
{
    struct draft_file file;
    if (view->way == VIEW_MISSING) {
        heading(out, "Draft");
        block(out,
              SLICE("The file is not in the work tree. Another branch, a stash or a clean may have "
                    "taken it; the journal still has the change."));
        return;
    }
    if (view->draft_text == NULL)
        return;
    if (draft_read_text(slice_from(view->draft_text), &file, NULL) != ERROR_NONE) {
        heading(out, "Draft, unreadable");
        block(out, slice_from(view->draft_problem));
        return;
    }
    heading(out, "Up");
    block(out, file.up);
    heading(out, "Down");
    block(out, file.down);
}

static void write_image(struct buffer *out, const char *when, const struct journal_object *object,
                        const struct journal_image *image)
{
    struct buffer title = BUFFER_INIT;
    buffer_printf(&title, "%s: %s ", when, object_type_text(object->type));
    output_safe_line(&title, slice_from(object->name));
    if (image->state == IMAGE_PRESENT) {
        heading(out, buffer_text(&title));
        block(out, slice_from(image->text));
    } else {
        buffer_append_text(&title,
                           image->state == IMAGE_ABSENT ? " did not exist" : " is not known");
        heading(out, buffer_text(&title));
    }
    buffer_release(&title);
}

static void write_text(struct showing *showing, const struct view *view,
                       const struct journal_change *change, const struct journal_session *session)
{
    struct buffer *out = &showing->text;
    write_head(out, view, change, session);
    heading(out, "As it was run");
    block(out, slice_make(change->text, change->text_len));
    write_draft(out, view);
    for (size_t i = 0; i < change->object_count; i++) {
        const struct journal_object *object = &change->objects[i];
        if (object->role == ROLE_REFERENCE)
            continue;
        write_image(out, "Before", object, &object->before);
        write_image(out, "After", object, &object->after);
    }
}

static json_t *json_image(const struct journal_image *image)
{
    static const char *const states[] = {"unknown", "absent", "present"};
    json_t *value = json_object();
    json_object_set_new(value, "state", json_string(states[image->state]));
    json_object_set_new(value, "text", output_json_text(slice_from(image->text)));
    json_object_set_new(value, "context", output_json_text(slice_from(image->context)));
    return value;
}

static json_t *json_objects(const struct journal_change *change)
{
    static const char *const roles[] = {"target", "rename from", "rename to", "reference"};
    json_t *list = json_array();
    for (size_t i = 0; i < change->object_count; i++) {
        const struct journal_object *object = &change->objects[i];
        json_t *value = json_object();
        json_object_set_new(value, "type", json_string(object_type_text(object->type)));
        json_object_set_new(value, "role", json_string(roles[object->role]));
        json_object_set_new(value, "schema", output_json_text(slice_from(object->schema)));
        json_object_set_new(value, "name", output_json_text(slice_from(object->name)));
        json_object_set_new(value, "before", json_image(&object->before));
        json_object_set_new(value, "after", json_image(&object->after));
        json_array_append_new(list, value);
    }
    return list;
}

static void write_json(struct showing *showing, const struct view *view,
                       const struct journal_change *change, const struct journal_session *session)
{
    struct draft_file file = {0};
    json_t *value = view_json(view);
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
    json_object_set_new(value, "objects", json_objects(change));
    showing->value = value;
}

static bool found(void *argument, const struct journal_change *change,
                  const struct journal_session *session)
{
    struct showing *showing = argument;
    struct view view;
    view_fill(&view, showing->project, change, session);
    showing->found = true;
    (showing->json ? write_json : write_text)(showing, &view, change, session);
    view_release(&view);
    return false;
}

/* "#12" or "12"; 0 when it is no number. */
static int64_t read_id(const char *text)
{
    text += *text == '#';
    size_t len = strlen(text);
    if (len == 0 || len > 18 || strspn(text, "0123456789") != len)
        return 0;
    return strtoll(text, NULL, 10);
}

static enum error show(struct showing *showing, int64_t id, struct problem *problem)
{
    struct journal *journal = NULL;
    const struct journal_filter filter = {.id = id};
    enum error error = project_journal(showing->project, &journal, problem);
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter, found, showing, problem);
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
    bool json = false;
    const struct option_entry entries[] = {OPTION_FLAG('\0', "json", "print JSON", &json)};
    const struct option_usage usage = {
        "ddltap show [--json] ID",
        "Show one change: who made it, its SQL, its draft, and the objects before and after.",
        entries, 1};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    int64_t id = argc - operand == 1 ? read_id(argv[operand]) : 0;
    if (id == 0)
        return options_wrong(argv[0],
                             "needs the number of one change, as \"ddltap list\" shows it.");

    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct showing showing = {.project = &project, .json = json};
    enum error error = show(&showing, id, &problem);
    if (error == ERROR_NONE && json)
        output_json(showing.value);
    else if (error == ERROR_NONE)
        output_page(&showing.text);
    buffer_release(&showing.text);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
