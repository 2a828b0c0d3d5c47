/* retraction: see retraction.h. The note is JSON in the journal's setting "retraction". */
#include "command/retraction.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "command/committed.h"
#include "command/notes.h"
#include "command/workfile.h"
#include "ddltap/memory.h"
#include "draft/draft.h"
#include "repo/paths.h"

#define SETTING "retraction"

void retraction_release(struct retraction *retraction)
{
    texts_release(&retraction->files);
    texts_release(&retraction->contents);
    texts_release(&retraction->names);
    texts_release(&retraction->drafts);
    texts_release(&retraction->added);
    texts_release(&retraction->paths);
    free(retraction->head);
    free(retraction->beside);
    free(retraction->title);
    free(retraction->message);
    stamping_release(&retraction->forth);
    stamping_release(&retraction->back);
    *retraction = (struct retraction){.head = NULL};
}

/* --- the note ----------------------------------------------------------------------------------- */

/* NULL: not UTF-8. */
static json_t *json_stamping(const struct stamping *stamping)
{
    json_t *value = json_object();
    if (stamping_write(stamping, value))
        return value;
    json_decref(value);
    return NULL;
}

static enum error note(struct journal *journal, const struct retraction *retraction,
                       struct problem *problem)
{
    json_t *value = json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:b}", "change",
        (json_int_t)retraction->change, "files", notes_texts(&retraction->files), "contents",
        notes_texts(&retraction->contents), "names", notes_texts(&retraction->names), "drafts",
        notes_texts(&retraction->drafts), "added", notes_texts(&retraction->added), "paths",
        notes_texts(&retraction->paths), "head", retraction->head, "beside", retraction->beside,
        "title", retraction->title, "message", retraction->message, "forth",
        json_stamping(&retraction->forth), "back", json_stamping(&retraction->back), "files_gone",
        (int)retraction->files_gone);
    if (value == NULL)
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "The message or %s is not UTF-8: taking it back cannot be noted in the "
                           "journal.",
                           retraction->files.items[0]);
    char *text = json_dumps(value, JSON_COMPACT);
    enum error error = journal_setting_put(journal, SETTING, text, problem);
    free(text);
    json_decref(value);
    return error;
}

/* false: nothing is noted. */
static bool read_note(const char *text, struct retraction *retraction)
{
    json_t *value = text == NULL || *text == '\0' ? NULL : json_loads(text, 0, NULL);
    if (value == NULL)
        return false;
    retraction->change = json_integer_value(json_object_get(value, "change"));
    notes_read_texts(value, "files", &retraction->files);
    notes_read_texts(value, "contents", &retraction->contents);
    notes_read_texts(value, "names", &retraction->names);
    notes_read_texts(value, "drafts", &retraction->drafts);
    notes_read_texts(value, "added", &retraction->added);
    notes_read_texts(value, "paths", &retraction->paths);
    retraction->head = notes_read_text(value, "head");
    retraction->beside = notes_read_text(value, "beside");
    retraction->title = notes_read_text(value, "title");
    retraction->message = notes_read_text(value, "message");
    stamping_read(&retraction->forth, json_object_get(value, "forth"));
    stamping_read(&retraction->back, json_object_get(value, "back"));
    retraction->files_gone = json_is_true(json_object_get(value, "files_gone"));
    json_decref(value);
    return true;
}

static enum error forget(struct journal *journal, struct problem *problem)
{
    return journal_setting_put(journal, SETTING, "", problem);
}

/* --- there -------------------------------------------------------------------------------------- */

static enum error unstamp(const struct project *project, const struct retraction *retraction,
                          struct problem *problem)
{
    struct buffer situation = BUFFER_INIT;
    buffer_printf(&situation, "The migration %s was to be taken back", retraction->forth.version);
    const struct stamping_words words = {buffer_text(&situation), "Everything is as it was."};
    enum error error = stamping_move(project, &retraction->forth, false, &words, problem);
    buffer_release(&situation);
    return error;
}

static enum error write_drafts(const struct project *project, const struct retraction *retraction,
                               struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < retraction->names.count && error == ERROR_NONE; i++)
        error = draft_store(project->drafts, retraction->names.items[i],
                            slice_from(retraction->drafts.items[i]), problem);
    if (error == ERROR_NONE && retraction->names.count > 0)
        error = draft_sync_folder(project->drafts, problem);
    return error;
}

/* Somebody may have worked on one since it was looked at. */
static enum error remove_files(const struct project *project, const struct retraction *retraction,
                               struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < retraction->files.count && error == ERROR_NONE; i++) {
        char *path = workfile_path(project, retraction->files.items[i]);
        char hash[IMAGE_HASH_SIZE];
        workfile_hash(slice_from(retraction->contents.items[i]), hash);
        if (workfile_is_ours(path, hash))
            error = workfile_remove(path, problem);
        else
            error = problem_set(problem, ERROR_UNSUPPORTED,
                                "%s was edited while it was taken back. It stays, and so does all "
                                "else: bring it back to what it was, and try again.",
                                retraction->files.items[i]);
        free(path);
    }
    return error;
}

static enum error is_in_git(const struct project *project, const struct retraction *retraction,
                            bool *there, struct problem *problem)
{
    return paths_committed(project->root, retraction->head, retraction->beside,
                           retraction->paths.items[0], there, problem);
}

static enum error look_beside(const struct project *project, struct retraction *retraction,
                              struct problem *problem)
{
    if (retraction->paths.count > 0)
        return paths_beside(project->root, retraction->head, retraction->paths.items[0],
                            &retraction->beside, problem);
    retraction->beside = memory_copy_text("");
    return ERROR_NONE;
}

/* A git that fails after it has made the commit (its index could not be written) has made it. */
static enum error commit(const struct project *project, const struct retraction *retraction,
                         struct problem *problem)
{
    const struct texts *added = &retraction->added, *paths = &retraction->paths;
    struct problem unused = PROBLEM_INIT;
    bool there = false;
    enum error error =
        paths_add(project->root, (const char *const *)added->items, added->count, problem);
    if (error == ERROR_NONE)
        error = paths_commit(project->root, (const char *const *)paths->items, paths->count,
                             retraction->message, false, problem);
    if (error != ERROR_NONE && is_in_git(project, retraction, &there, &unused) == ERROR_NONE &&
        there)
        error = ERROR_NONE;
    return error;
}

/* --- and back again ----------------------------------------------------------------------------- */

/* One that lies there was not removed, or is somebody else's since. */
static enum error bring_files_back(const struct project *project,
                                   const struct retraction *retraction, struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < retraction->files.count && error == ERROR_NONE; i++) {
        char *path = workfile_path(project, retraction->files.items[i]);
        struct buffer there = BUFFER_INIT;
        bool made = false;
        if (!workfile_read(path, &there))
            error = workfile_write(path, slice_from(retraction->contents.items[i]), &made, problem);
        workfile_remove_leftovers(path);
        buffer_release(&there);
        free(path);
    }
    return error;
}

static enum error remove_drafts(const struct project *project, const struct retraction *retraction,
                                struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < retraction->names.count && error == ERROR_NONE; i++) {
        struct buffer path = BUFFER_INIT;
        char hash[IMAGE_HASH_SIZE];
        buffer_printf(&path, "%s/%s", project->drafts, retraction->names.items[i]);
        workfile_hash(slice_from(retraction->drafts.items[i]), hash);
        if (workfile_is_ours(buffer_text(&path), hash))
            error = draft_remove(project->drafts, retraction->names.items[i], problem);
        draft_remove_leftovers(project->drafts, retraction->names.items[i], 0);
        buffer_release(&path);
    }
    return error;
}

static enum error stamp_again(const struct project *project, const struct retraction *retraction,
                              struct problem *problem)
{
    struct buffer situation = BUFFER_INIT;
    buffer_printf(&situation, "The migration %s is there again", retraction->back.version);
    const struct stamping_words words = {
        buffer_text(&situation), "The next ddltap command tries again, or finds that you have "
                                 "marked it with the migration tool."};
    enum error error = stamping_move(project, &retraction->back, true, &words, problem);
    buffer_release(&situation);
    return error;
}

static enum error roll_back(const struct project *project, struct journal *journal,
                            const struct retraction *retraction, struct problem *problem)
{
    enum error error = bring_files_back(project, retraction, problem);
    if (error == ERROR_NONE)
        error = paths_reset(project->root, (const char *const *)retraction->added.items,
                            retraction->added.count, problem);
    if (error == ERROR_NONE)
        error = remove_drafts(project, retraction, problem);
    if (error == ERROR_NONE)
        error = stamp_again(project, retraction, problem);
    return error == ERROR_NONE ? forget(journal, problem) : error;
}

enum error retraction_begin(const struct project *project, struct journal *journal,
                            struct retraction *retraction, struct problem *problem)
{
    struct problem back = PROBLEM_INIT;
    enum error error = look_beside(project, retraction, problem);
    if (error == ERROR_NONE)
        error = note(journal, retraction, problem);
    if (error != ERROR_NONE)
        return error;
    error = unstamp(project, retraction, problem);
    if (error == ERROR_NONE)
        error = write_drafts(project, retraction, problem);
    if (error == ERROR_NONE)
        error = remove_files(project, retraction, problem);
    if (error == ERROR_NONE && retraction->paths.count > 0)
        error = commit(project, retraction, problem);
    if (error == ERROR_NONE && retraction->paths.count == 0) {
        retraction->files_gone = true;
        error = note(journal, retraction, problem);
    }
    if (error != ERROR_NONE && roll_back(project, journal, retraction, &back) != ERROR_NONE)
        fprintf(stderr,
                "ddltap: what was begun could not be taken back: %s The next command tries "
                "again.\n",
                back.text);
    return error;
}

/* --- forward ------------------------------------------------------------------------------------ */

struct returning {
    const struct committed *committed;
    struct journal_draft_mark *marks;
    size_t count;
};

/* What was squashed into a draft is so again. The files are written already. */
static bool take_member(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    struct returning *returning = argument;
    (void)session;
    if (!committed_has(returning->committed, change->id))
        return true;
    returning->marks =
        memory_resize(returning->marks, returning->count + 1, sizeof *returning->marks);
    returning->marks[returning->count++] = (struct journal_draft_mark){
        .change_id = change->id,
        .state = change->squashed_into == 0 ? DRAFT_PENDING : DRAFT_SQUASHED,
        .squashed_into = change->squashed_into,
    };
    return true;
}

static enum error move_baseline(struct journal *journal, const struct committed *committed,
                                struct problem *problem)
{
    const struct journal_filter filter = committed_filter(committed);
    struct returning returning = {committed, NULL, 0};
    struct catalog baseline = CATALOG_INIT;
    enum error error = journal_read(journal, &filter, take_member, &returning, problem);
    if (error == ERROR_NONE && returning.count > 0)
        error = journal_baseline_get(journal, &baseline, problem);
    if (error == ERROR_NONE && returning.count > 0) {
        committed_restore(committed, &baseline);
        error = journal_baseline_put(journal, &baseline, returning.marks, returning.count, problem);
    }
    free(returning.marks);
    catalog_release(&baseline);
    return error;
}

/* A kill may have come between any two of these steps: each finds out whether it is done. */
enum error retraction_complete(struct journal *journal, const struct retraction *retraction,
                               struct problem *problem)
{
    struct committed committed;
    enum error error = committed_newest(journal, &committed, problem);
    bool newest = error == ERROR_NONE && committed.member_count > 0 &&
                  committed.members[0] == retraction->change;
    if (newest)
        error = move_baseline(journal, &committed, problem);
    if (newest && error == ERROR_NONE)
        error = committed_pop(journal, &committed, problem);
    if (error == ERROR_NONE)
        error = forget(journal, problem);
    committed_release(&committed);
    return error;
}

enum error retraction_finish(const struct project *project, struct journal *journal,
                             struct problem *problem)
{
    struct retraction retraction = {.head = NULL};
    char *text = NULL;
    enum error error = journal_setting_get(journal, SETTING, &text, problem);
    if (error == ERROR_NONE && read_note(text, &retraction)) {
        bool crossed = retraction.files_gone;
        if (retraction.paths.count > 0)
            error = is_in_git(project, &retraction, &crossed, problem);
        if (error == ERROR_NONE)
            error = crossed ? retraction_complete(journal, &retraction, problem)
                            : roll_back(project, journal, &retraction, problem);
        if (error == ERROR_NONE)
            fprintf(stderr, "ddltap: taking back a commit (\"%s\") was interrupted; it is %s.\n",
                    retraction.title, crossed ? "finished now" : "as it was before");
    }
    free(text);
    retraction_release(&retraction);
    return error;
}
