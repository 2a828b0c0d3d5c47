/* drafts: see drafts.h. */
#include "command/drafts.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/output.h"
#include "command/view.h"
#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "draft/draft.h"

struct reading {
    const struct project *project;
    struct drafts *drafts;
};

static struct draft *add(struct drafts *drafts)
{
    if (drafts->count == drafts->capacity) {
        drafts->capacity = drafts->capacity * 2 + 16;
        drafts->drafts = memory_resize(drafts->drafts, drafts->capacity, sizeof *drafts->drafts);
    }
    drafts->drafts[drafts->count] = (struct draft){.id = 0};
    return &drafts->drafts[drafts->count++];
}

void drafts_release_one(struct draft *draft)
{
    free(draft->name);
    free(draft->label);
    free(draft->title);
    free(draft->text);
    free(draft->problem);
}

void drafts_release(struct drafts *drafts)
{
    for (size_t i = 0; i < drafts->count; i++)
        drafts_release_one(&drafts->drafts[i]);
    free(drafts->drafts);
    free(drafts->squashed);
    *drafts = (struct drafts){.drafts = NULL};
}

static enum draft_condition condition_of(const struct view *view)
{
    switch (view->way) {
    case VIEW_NO_DRAFT:
    case VIEW_MISSING:
        return DRAFT_MISSING;
    case VIEW_UNREADABLE:
        return DRAFT_UNREADABLE;
    default:
        return view->remarked ? DRAFT_REMARKED : view->edited ? DRAFT_EDITED : DRAFT_AS_WRITTEN;
    }
}

static bool take_change(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    struct reading *reading = argument;
    struct draft *draft = add(reading->drafts);
    struct problem problem = PROBLEM_INIT;
    struct buffer label = BUFFER_INIT;
    struct view view;
    view_fill(&view, reading->project, change, session);
    buffer_printf(&label, "#%" PRId64, change->id);
    draft->id = change->id;
    draft->at = change->at;
    draft->name = memory_copy_text(change->draft_name);
    draft->label = buffer_detach(&label);
    draft->title = memory_copy_text(view.title);
    draft->has_squashed = change->squash_text != NULL;
    draft->was_edited = change->draft_text != NULL && change->origin != ORIGIN_APPLIED;
    draft->text = memory_copy_text(view.draft_text);
    draft->condition = condition_of(&view);
    draft->problem = memory_copy_text(view.draft_problem);
    if (draft->text != NULL && draft->condition != DRAFT_UNREADABLE)
        (void)!draft_read_text(slice_from(draft->text), &draft->file, &problem);
    view_release(&view);
    return true;
}

/* --- of others ---------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct draft *)a)->name, ((const struct draft *)b)->name);
}

/* The time in the head of a draft, in microseconds; 0: none that is read. */
static int64_t read_time(struct slice header)
{
    struct tm parts = {0};
    char *text = memory_copy_slice(draft_captured_field(header, 0));
    bool read = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts) != NULL;
    free(text);
    return read ? (int64_t)timegm(&parts) * 1000000 : 0;
}

static void add_foreign(const struct project *project, const char *name, struct drafts *drafts)
{
    struct draft *draft = add(drafts);
    struct problem problem = PROBLEM_INIT;
    struct buffer label = BUFFER_INIT;
    output_safe_line(&label, slice_from(name));
    draft->name = memory_copy_text(name);
    draft->label = buffer_detach(&label);
    draft->title = memory_copy_text("draft of somebody else");
    draft->condition = DRAFT_FOREIGN;
    draft->text = draft_load(project->drafts, name);
    if (draft->text == NULL) {
        draft->condition = draft_exists(project->drafts, name) ? DRAFT_UNREADABLE : DRAFT_MISSING;
        draft->problem = memory_copy_text("it cannot be read");
    } else if (draft_read_text(slice_from(draft->text), &draft->file, &problem) != ERROR_NONE) {
        draft->condition = DRAFT_UNREADABLE;
        draft->problem = memory_copy_text(problem.text);
    }
    draft->at = draft->text == NULL ? 0 : read_time(draft->file.header);
}

/* Files that no change of this journal has ever had as its draft, whatever became of it. */
static enum error read_foreign(const struct project *project, struct journal *journal,
                               struct drafts *drafts, struct problem *problem)
{
    DIR *stream = opendir(project->drafts);
    const struct dirent *entry;
    enum error error = ERROR_NONE;
    while (stream != NULL && error == ERROR_NONE && (entry = readdir(stream)) != NULL) {
        bool known = false;
        if (!draft_is_file_name(entry->d_name))
            continue;
        error = journal_knows_draft(journal, entry->d_name, &known, problem);
        if (error == ERROR_NONE && !known)
            add_foreign(project, entry->d_name, drafts);
    }
    if (stream != NULL)
        (void)closedir(stream);
    return error;
}

static bool take_squashed(void *argument, const struct journal_change *change,
                          const struct journal_session *session)
{
    struct drafts *drafts = argument;
    (void)session;
    drafts->squashed =
        memory_resize(drafts->squashed, drafts->squashed_count + 1, sizeof *drafts->squashed);
    drafts->squashed[drafts->squashed_count++] =
        (struct draft_squash){change->id, change->squashed_into, change->draft_name != NULL};
    return true;
}

enum error drafts_read_squashed(struct journal *journal, struct drafts *drafts,
                                struct problem *problem)
{
    const struct journal_filter squashed = {.draft_states = 1u << DRAFT_SQUASHED,
                                            .without_images = true};
    return journal_read(journal, &squashed, take_squashed, drafts, problem);
}

static void sort(struct drafts *drafts)
{
    if (drafts->count > 0)
        qsort(drafts->drafts, drafts->count, sizeof *drafts->drafts, compare_names);
}

enum error drafts_read(const struct project *project, struct journal *journal, bool with_foreign,
                       struct drafts *drafts, struct problem *problem)
{
    const struct journal_filter filter = {.draft_states = 1u << DRAFT_PENDING};
    struct reading reading = {project, drafts};
    *drafts = (struct drafts){.drafts = NULL};
    enum error error = journal_read(journal, &filter, take_change, &reading, problem);
    if (error == ERROR_NONE)
        error = drafts_read_squashed(journal, drafts, problem);
    if (error == ERROR_NONE && with_foreign)
        error = read_foreign(project, journal, drafts, problem);
    sort(drafts);
    return error;
}

enum error drafts_read_others(const struct project *project, struct journal *journal,
                              struct drafts *drafts, struct problem *problem)
{
    *drafts = (struct drafts){.drafts = NULL};
    enum error error = drafts_read_squashed(journal, drafts, problem);
    if (error == ERROR_NONE)
        error = read_foreign(project, journal, drafts, problem);
    sort(drafts);
    return error;
}

/* --- choosing ----------------------------------------------------------------------------------- */

enum error drafts_resolve(const struct drafts *drafts, struct selection *selection,
                          struct problem *problem)
{
    struct selection_name *names = memory_new(drafts->count + 1, sizeof *names);
    for (size_t i = 0; i < drafts->count; i++)
        names[i] = (struct selection_name){drafts->drafts[i].id, drafts->drafts[i].name};
    enum error error = selection_resolve(selection, names, drafts->count, problem);
    free(names);
    return error;
}

static bool take_named(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    struct drafts *named = argument;
    (void)session;
    if (change->draft_name == NULL)
        return true;
    struct draft *draft = add(named);
    draft->id = change->id;
    draft->name = memory_copy_text(change->draft_name);
    return true;
}

enum error drafts_resolve_changes(struct journal *journal, unsigned draft_states,
                                  struct selection *selection, struct problem *problem)
{
    struct journal_filter filter = {.draft_states = draft_states, .without_images = true};
    selection_bounds(selection, &filter.after, &filter.last);
    filter.after--;
    struct drafts named = {.drafts = NULL};
    enum error error = journal_read(journal, &filter, take_named, &named, problem);
    if (error == ERROR_NONE)
        error = drafts_resolve(&named, selection, problem);
    drafts_release(&named);
    return error;
}

bool drafts_take(const struct draft *draft, struct selection *selection)
{
    return draft->id == 0 ? selection_take_name(selection, draft->name)
                          : selection_take(selection, draft->id, true);
}

enum error drafts_check_met(const struct selection *selection, struct problem *problem)
{
    const struct selection_range *unmet = selection_unmet(selection);
    if (unmet == NULL)
        return ERROR_NONE;
    if (unmet->single)
        return problem_set(problem, ERROR_NOT_FOUND,
                           "#%" PRId64 " is no pending draft. \"ddltap list\" shows them.",
                           unmet->first);
    return problem_set(problem, ERROR_NOT_FOUND,
                       "No draft is pending from #%" PRId64 " on%s. \"ddltap list\" shows them.",
                       unmet->first, unmet->last == INT64_MAX ? "" : " in that range");
}

enum error drafts_select(struct drafts *drafts, struct selection *selection,
                         struct problem *problem)
{
    size_t kept = 0;
    if (selection->count == 0)
        return ERROR_NONE;
    enum error error = drafts_resolve(drafts, selection, problem);
    if (error != ERROR_NONE)
        return error;
    for (size_t i = 0; i < drafts->count; i++) {
        struct draft draft = drafts->drafts[i];
        if (drafts_take(&draft, selection))
            drafts->drafts[kept++] = draft;
        else
            drafts_release_one(&draft);
    }
    drafts->count = kept;
    return drafts_check_met(selection, problem);
}

struct draft *drafts_find(const struct drafts *drafts, int64_t id)
{
    for (size_t i = 0; i < drafts->count; i++) {
        if (drafts->drafts[i].id == id)
            return &drafts->drafts[i];
    }
    return NULL;
}

void drafts_keep_before(struct drafts *drafts, const char *last, const struct drafts *others)
{
    size_t kept = 0;
    for (size_t i = 0; i < drafts->count; i++) {
        struct draft draft = drafts->drafts[i];
        bool other = draft.id != 0 && drafts_find(others, draft.id) != NULL;
        if (!other && strcmp(draft.name, last) < 0)
            drafts->drafts[kept++] = draft;
        else
            drafts_release_one(&draft);
    }
    drafts->count = kept;
}

static const struct draft_squash *find_squash(const struct drafts *drafts, int64_t id)
{
    size_t low = 0, high = drafts->squashed_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (drafts->squashed[middle].id == id)
            return &drafts->squashed[middle];
        if (drafts->squashed[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int64_t drafts_holder(const struct drafts *drafts, int64_t id)
{
    const struct draft_squash *squash = find_squash(drafts, id);
    for (size_t steps = 0; squash != NULL && steps <= drafts->squashed_count; steps++) {
        id = squash->into;
        squash = find_squash(drafts, id);
    }
    return id;
}

void drafts_write_members(const struct drafts *drafts, int64_t id, struct buffer *out)
{
    const char *separator = " (with ";
    for (size_t i = 0; i < drafts->squashed_count; i++) {
        const struct draft_squash *squash = &drafts->squashed[i];
        if (!squash->is_draft || drafts_holder(drafts, squash->id) != id)
            continue;
        buffer_printf(out, "%s#%" PRId64, separator, squash->id);
        separator = ", ";
    }
    if (*separator == ',')
        buffer_append_char(out, ')');
}

json_t *drafts_json(const struct draft *draft, bool with_sql)
{
    json_t *value = json_object();
    struct buffer at = BUFFER_INIT, path = BUFFER_INIT;
    const struct draft_file *file = &draft->file;
    output_time(&at, draft->at);
    buffer_printf(&path, "ddltap/drafts/%s", draft->name);
    json_object_set_new(value, "id", json_null());
    json_object_set_new(value, "captured_at",
                        draft->at == 0 ? json_null() : json_string(buffer_text(&at)));
    json_object_set_new(value, "tool", output_json_text(draft_captured_field(file->header, 1)));
    json_object_set_new(value, "account", output_json_text(draft_captured_field(file->header, 2)));
    json_object_set_new(value, "title", output_json_text(slice_from(draft->title)));
    json_object_set_new(value, "effect", json_null());
    json_object_set_new(value, "state", json_null());
    json_object_set_new(value, "draft_state", json_string("foreign"));
    json_object_set_new(value, "origin", json_null());
    json_object_set_new(value, "squashed_into", json_null());
    json_object_set_new(value, "draft", output_json_text(buffer_slice(&path)));
    json_object_set_new(value, "way_back",
                        json_string(draft->condition == DRAFT_UNREADABLE ? "unreadable"
                                    : file->down_known                   ? "reversible"
                                                                         : "unknown"));
    json_object_set_new(value, "edited", json_false());
    if (with_sql) {
        json_object_set_new(value, "up", output_json_text(file->up));
        json_object_set_new(value, "down", output_json_text(file->down));
    }
    buffer_release(&at);
    buffer_release(&path);
    return value;
}

void drafts_keep_text(const struct draft *draft, struct journal_draft_mark *mark)
{
    if (draft->condition == DRAFT_AS_WRITTEN)
        return;
    if (draft->has_squashed)
        mark->squash_text = draft->text;
    else
        mark->text = draft->text;
}

enum error drafts_check_file(const struct draft *draft, struct problem *problem)
{
    if (draft->condition == DRAFT_MISSING)
        return problem_set(
            problem, ERROR_FILE,
            "The file of %s is missing: ddltap/drafts/%s. It may be on another branch or "
            "in a stash; \"ddltap discard\" sets the draft aside.",
            draft->label, draft->name);
    if (draft->condition == DRAFT_UNREADABLE && draft->text == NULL)
        return problem_set(problem, ERROR_FILE,
                           "ddltap/drafts/%s cannot be read: is it another user's?", draft->name);
    if (draft->condition == DRAFT_UNREADABLE)
        return problem_set(problem, ERROR_FILE, "ddltap/drafts/%s is no draft any more: %s.",
                           draft->name, draft->problem);
    return ERROR_NONE;
}

enum error drafts_check_files(const struct drafts *drafts, struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < drafts->count && error == ERROR_NONE; i++)
        error = drafts_check_file(&drafts->drafts[i], problem);
    return error;
}
