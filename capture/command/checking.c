/* checking: see checking.h. */
#include "command/checking.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/migrations.h"
#include "command/output.h"
#include "command/report.h"
#include "command/stamping.h"
#include "command/survey.h"
#include "command/view.h"
#include "ddltap/memory.h"
#include "draft/draft.h"
#include "repo/git.h"

#define DRAFTS "ddltap/drafts"

void checking_release(struct checking *checking)
{
    for (size_t i = 0; i < checking->count; i++) {
        free(checking->drafts[i].name);
        free(checking->drafts[i].title);
    }
    free(checking->drafts);
    buffer_release(&checking->migrations);
    buffer_release(&checking->drift);
    buffer_release(&checking->notes);
    *checking = (struct checking){.drafts = NULL};
}

bool checking_is_clean(const struct checking *checking)
{
    return checking->count == 0 && checking->migrations.len == 0 && checking->drift.len == 0;
}

/* --- drafts ------------------------------------------------------------------------------------- */

static struct checking_draft *add(struct checking *checking, const char *name)
{
    for (size_t i = 0; name != NULL && i < checking->count; i++) {
        if (checking->drafts[i].name != NULL && strcmp(checking->drafts[i].name, name) == 0)
            return &checking->drafts[i];
    }
    checking->drafts =
        memory_resize(checking->drafts, checking->count + 1, sizeof *checking->drafts);
    struct checking_draft *draft = &checking->drafts[checking->count++];
    *draft = (struct checking_draft){.name = memory_copy_text(name)};
    return draft;
}

struct reading {
    const struct project *project;
    struct checking *checking;
};

static bool take(void *argument, const struct journal_change *change,
                 const struct journal_session *session)
{
    struct reading *reading = argument;
    struct view view;
    struct checking_draft *draft = add(reading->checking, change->draft_name);
    view_fill(&view, reading->project, change, session);
    draft->id = change->id;
    if (draft->title == NULL)
        draft->title = memory_copy_text(view.title);
    view_release(&view);
    return true;
}

static enum error read_pending(const struct project *project, struct journal *journal,
                               struct checking *checking, struct problem *problem)
{
    const struct journal_filter filter = {.draft_states = 1u << DRAFT_DUE | 1u << DRAFT_PENDING};
    struct reading reading = {project, checking};
    return journal == NULL ? ERROR_NONE : journal_read(journal, &filter, take, &reading, problem);
}

static void read_folder(const struct project *project, struct checking *checking)
{
    DIR *stream = opendir(project->drafts);
    const struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        if (draft_is_file_name(entry->d_name))
            add(checking, entry->d_name)->present = true;
    }
    if (stream != NULL)
        (void)closedir(stream);
}

/* "ddltap/drafts/a.sql\0ddltap/drafts/b.sql\0" */
static void take_tracked(struct slice list, struct checking *checking)
{
    while (list.len > 0) {
        size_t len = strnlen(list.ptr, list.len);
        char *path = memory_copy_slice(slice_make(list.ptr, len));
        const char *slash = strrchr(path, '/');
        if (slash != NULL && draft_is_file_name(slash + 1))
            add(checking, slash + 1)->tracked = true;
        free(path);
        list = slice_from_offset(list, len < list.len ? len + 1 : len);
    }
}

static void read_tracked(const struct project *project, struct checking *checking)
{
    const char *const arguments[] = {"ls-files", "-z", "--", DRAFTS, NULL};
    struct git_result result;
    struct problem problem = PROBLEM_INIT;
    enum error error = git_run(project->root, arguments, &result, &problem);
    if (error == ERROR_NONE && result.status == 0)
        take_tracked(buffer_slice(&result.output), checking);
    else
        buffer_append_text(&checking->notes, "git was not asked which drafts it tracks: it did not "
                                             "run here.\n");
    git_result_release(&result);
}

static int compare_drafts(const void *a, const void *b)
{
    const struct checking_draft *one = a, *other = b;
    return strcmp(one->name == NULL ? "" : one->name, other->name == NULL ? "" : other->name);
}

/* --- migrations --------------------------------------------------------------------------------- */

static void read_migrations(const struct project *project, struct checking *checking)
{
    struct format_found found = {.format = NULL};
    struct chain chain = CHAIN_INIT;
    const struct migration *head = NULL;
    struct problem problem = PROBLEM_INIT;
    enum error error = migrations_read(project, &found, &chain, &problem);
    if (error == ERROR_NONE)
        error = chain_head(&chain, NULL, &head, &problem);
    if (error != ERROR_NONE)
        buffer_printf(&checking->migrations, "%s\n", problem.text);
    chain_release(&chain);
    format_found_release(&found);
}

/* --- drift -------------------------------------------------------------------------------------- */

static enum error look_for_drift(const struct survey_place *place, struct checking *checking,
                                 struct problem *problem)
{
    struct survey survey = {.drift = NULL};
    enum error error = survey_make(place, false, &survey, problem);
    if (error == ERROR_NONE && survey.state == SURVEY_DRIFT) {
        survey_write_notice(&survey, &checking->drift);
        buffer_append_char(&checking->drift, '\n');
    } else if (error == ERROR_NONE && survey.state == SURVEY_NO_BASELINE) {
        buffer_append_text(&checking->notes,
                           "Drift was not looked for: the journal has no baseline.\n");
    }
    survey_release(&survey);
    return error;
}

static void read_drift(const struct project *project, struct journal *journal, bool offline,
                       struct checking *checking)
{
    struct connection connection = {.database = NULL};
    struct control *control = NULL;
    struct problem problem = PROBLEM_INIT;
    if (offline || journal == NULL) {
        buffer_printf(&checking->notes, "Drift was not looked for: %s.\n",
                      offline ? "no server is asked" : "there is no journal here");
        return;
    }
    enum error error = project_connection(project, &connection, &problem);
    if (error == ERROR_NONE)
        error = project_connect(&connection, &control, &problem);
    const struct survey_place place = {project, journal, control, connection.database};
    if (error == ERROR_NONE)
        error = look_for_drift(&place, checking, &problem);
    if (error != ERROR_NONE)
        buffer_printf(&checking->notes, "Drift was not looked for: %s\n", problem.text);
    control_close(control);
    connection_release(&connection);
}

/* --- all ---------------------------------------------------------------------------------------- */

enum error checking_make(const struct project *project, bool offline, struct checking *checking,
                         struct problem *problem)
{
    struct journal *journal = NULL;
    *checking = (struct checking){.drafts = NULL};
    enum error error = journal_open(project->journal, JOURNAL_COMMAND, &journal, problem);
    if (error == ERROR_NOT_FOUND)
        error = ERROR_NONE;
    if (error == ERROR_NONE)
        error = read_pending(project, journal, checking, problem);
    if (error == ERROR_NONE) {
        read_folder(project, checking);
        read_tracked(project, checking);
        read_migrations(project, checking);
        read_drift(project, journal, offline, checking);
    }
    if (checking->count > 0)
        qsort(checking->drafts, checking->count, sizeof *checking->drafts, compare_drafts);
    journal_close(journal);
    return error;
}

/* --- where the database stands ------------------------------------------------------------------ */

static void write_position(const struct format_found *found, const struct position *position,
                           struct buffer *out)
{
    if (position->unknown != NULL)
        buffer_printf(
            out,
            "The development database stands at migration %s, which no file of this branch "
            "has: %s cannot go up or down from there. Switch back to the branch that has "
            "it and take it back there, or bring it in here.\n",
            position->unknown, found->format->title);
    else if (position->dirty != NULL)
        buffer_printf(out, "Migration %s broke off in the development database.\n",
                      position->dirty);
    else if (position->pending > 0)
        buffer_printf(out,
                      "This branch has %zu migration%s that the development database lacks: run "
                      "them with %s.\n",
                      position->pending, position->pending == 1 ? "" : "s", found->format->title);
}

/* Where the tool's version table says the database is; without the table, nowhere. */
static enum error locate(const struct project *project, const struct format_found *found,
                         const struct chain *chain, struct position *position,
                         struct problem *problem)
{
    struct connection connection = {.database = NULL};
    struct texts rows = TEXTS_INIT;
    char *query = found->format->current_query(found);
    enum error error = project_connection(project, &connection, problem);
    if (error == ERROR_NONE)
        error = stamping_rows(&connection, query, &rows, problem);
    if (error == ERROR_NONE)
        error = found->format->locate(chain, (const char *const *)rows.items, rows.count, position,
                                      problem);
    texts_release(&rows);
    free(query);
    connection_release(&connection);
    return error;
}

enum error checking_position(const struct project *project, struct buffer *out,
                             struct problem *problem)
{
    struct format_found found = {.format = NULL};
    struct chain chain = CHAIN_INIT;
    struct position position = POSITION_INIT;
    enum error error = migrations_read(project, &found, &chain, problem);
    if (error == ERROR_NONE && found.format->current_query != NULL)
        error = locate(project, &found, &chain, &position, problem);
    if (error == ERROR_NONE)
        write_position(&found, &position, out);
    position_release(&position);
    chain_release(&chain);
    format_found_release(&found);
    return error;
}

/* --- printing ----------------------------------------------------------------------------------- */

static void write_draft(const struct checking_draft *draft, struct buffer *out)
{
    buffer_append_text(out, "  ");
    if (draft->id != 0) {
        buffer_printf(out, "#%" PRId64 "  ", draft->id);
        output_safe_line(out, slice_from(draft->title));
        buffer_append_text(out, "  ");
    }
    if (draft->name != NULL) {
        buffer_append_text(out, DRAFTS "/");
        output_safe_line(out, slice_from(draft->name));
    }
    if (!draft->present)
        buffer_append_text(out, "  (its file is missing)");
    if (draft->tracked)
        buffer_append_text(out, "  (git tracks it)");
    buffer_append_char(out, '\n');
}

static void write_sentences(const char *title, const struct buffer *sentences, struct buffer *out)
{
    if (sentences->len == 0)
        return;
    report_heading(out, title);
    report_block(out, buffer_slice(sentences));
}

void checking_write(const struct checking *checking, struct buffer *out)
{
    if (checking->count > 0) {
        buffer_printf(out, "%zu draft%s not committed:\n", checking->count,
                      checking->count == 1 ? " is" : "s are");
        for (size_t i = 0; i < checking->count; i++)
            write_draft(&checking->drafts[i], out);
        buffer_append_text(out, "\"ddltap commit\" makes a migration of them; \"ddltap discard\" "
                                "sets them aside.\n");
    }
    write_sentences("Migrations", &checking->migrations, out);
    write_sentences("Drift", &checking->drift, out);
}

static json_t *json_draft(const struct checking_draft *draft)
{
    json_t *value = json_object();
    json_object_set_new(value, "id", draft->id == 0 ? json_null() : json_integer(draft->id));
    json_object_set_new(value, "draft", output_json_text(slice_from(draft->name)));
    json_object_set_new(value, "title", output_json_text(slice_from(draft->title)));
    json_object_set_new(value, "present", json_boolean(draft->present));
    json_object_set_new(value, "tracked", json_boolean(draft->tracked));
    return value;
}

json_t *checking_json(const struct checking *checking)
{
    json_t *value = json_object(), *drafts = json_array();
    for (size_t i = 0; i < checking->count; i++)
        json_array_append_new(drafts, json_draft(&checking->drafts[i]));
    json_object_set_new(value, "clean", json_boolean(checking_is_clean(checking)));
    json_object_set_new(value, "drafts", drafts);
    json_object_set_new(value, "migrations",
                        report_json_lines(slice_from(buffer_text(&checking->migrations))));
    json_object_set_new(value, "drift",
                        report_json_lines(slice_from(buffer_text(&checking->drift))));
    json_object_set_new(value, "notes",
                        report_json_lines(slice_from(buffer_text(&checking->notes))));
    return value;
}
