/* commitment: see commitment.h. The note is JSON in the journal's setting "commit". */
#include "command/commitment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "command/committed.h"
#include "command/drafts.h"
#include "command/netting.h"
#include "command/notes.h"
#include "command/workfile.h"
#include "ddltap/memory.h"
#include "draft/draft.h"
#include "repo/paths.h"

#define SETTING "commit"

void commitment_release(struct commitment *commitment)
{
    free(commitment->drafts);
    texts_release(&commitment->names);
    texts_release(&commitment->draft_texts);
    texts_release(&commitment->files);
    texts_release(&commitment->hashes);
    free(commitment->head);
    free(commitment->beside);
    texts_release(&commitment->removed);
    stamping_release(&commitment->stamping);
    texts_release(&commitment->triggers);
    free(commitment->message);
    *commitment = (struct commitment){.drafts = NULL};
}

/* --- the note ----------------------------------------------------------------------------------- */

static enum error note(struct journal *journal, const struct commitment *commitment,
                       struct problem *problem)
{
    json_t *value = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:b, s:b, s:b}", "drafts",
        notes_numbers(commitment->drafts, commitment->draft_count), "names",
        notes_texts(&commitment->names), "draft_texts", notes_texts(&commitment->draft_texts),
        "files", notes_texts(&commitment->files), "hashes", notes_texts(&commitment->hashes),
        "removed", notes_texts(&commitment->removed), "triggers",
        notes_texts(&commitment->triggers), "head", commitment->head, "beside", commitment->beside,
        "message", commitment->message, "git", (int)commitment->git, "amend",
        (int)commitment->amend, "files_written", (int)commitment->files_written);
    if (value == NULL || !stamping_write(&commitment->stamping, value)) {
        json_decref(value);
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "The message, a draft or the name of a file is not UTF-8: the commit "
                           "cannot be noted in the journal.");
    }
    char *text = json_dumps(value, JSON_COMPACT);
    enum error error = journal_setting_put(journal, SETTING, text, problem);
    free(text);
    json_decref(value);
    return error;
}

/* false: nothing is noted. */
static bool read_note(const char *text, struct commitment *commitment)
{
    json_t *note = text == NULL || *text == '\0' ? NULL : json_loads(text, 0, NULL);
    if (note == NULL)
        return false;
    commitment->drafts = notes_read_numbers(note, "drafts", &commitment->draft_count);
    notes_read_texts(note, "names", &commitment->names);
    notes_read_texts(note, "draft_texts", &commitment->draft_texts);
    notes_read_texts(note, "files", &commitment->files);
    notes_read_texts(note, "hashes", &commitment->hashes);
    notes_read_texts(note, "removed", &commitment->removed);
    stamping_read(&commitment->stamping, note);
    notes_read_texts(note, "triggers", &commitment->triggers);
    commitment->head = notes_read_text(note, "head");
    commitment->beside = notes_read_text(note, "beside");
    commitment->message = notes_read_text(note, "message");
    commitment->git = json_is_true(json_object_get(note, "git"));
    commitment->amend = json_is_true(json_object_get(note, "amend"));
    commitment->files_written = json_is_true(json_object_get(note, "files_written"));
    json_decref(note);
    return true;
}

static enum error forget(struct journal *journal, struct problem *problem)
{
    return journal_setting_put(journal, SETTING, "", problem);
}

/* --- files -------------------------------------------------------------------------------------- */

static enum error write_files(const struct project *project, struct commitment *commitment,
                              const struct buffer *contents, struct problem *problem)
{
    enum error error = ERROR_NONE;
    bool made = false;
    for (size_t i = 0; i < commitment->files.count && error == ERROR_NONE; i++) {
        char *path = workfile_path(project, commitment->files.items[i]);
        error = workfile_write(path, buffer_slice(&contents[i]), &made, problem);
        commitment->files_made += made;
        free(path);
    }
    return error;
}

/* --- git ---------------------------------------------------------------------------------------- */

static enum error remove_tracked_drafts(const struct project *project,
                                        const struct commitment *commitment,
                                        struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < commitment->removed.count && error == ERROR_NONE; i++) {
        char *path = workfile_path(project, commitment->removed.items[i]);
        error = workfile_remove(path, problem);
        free(path);
    }
    return error;
}

static enum error make_commit(const struct project *project, const struct commitment *commitment,
                              struct problem *problem)
{
    const struct texts *files = &commitment->files, *removed = &commitment->removed;
    const char **paths = memory_new(files->count + removed->count, sizeof *paths);
    for (size_t i = 0; i < files->count; i++)
        paths[i] = files->items[i];
    for (size_t i = 0; i < removed->count; i++)
        paths[files->count + i] = removed->items[i];
    enum error error = paths_add(project->root, paths, files->count, problem);
    if (error == ERROR_NONE)
        error = remove_tracked_drafts(project, commitment, problem);
    if (error == ERROR_NONE)
        error = paths_commit(project->root, paths, files->count + removed->count,
                             commitment->message, commitment->amend, problem);
    free(paths);
    return error;
}

/* What git has before it. */
static enum error look(const struct project *project, struct commitment *commitment,
                       struct problem *problem)
{
    if (!commitment->git) {
        commitment->head = memory_copy_text("");
        commitment->beside = memory_copy_text("");
        return ERROR_NONE;
    }
    enum error error = paths_head(project->root, &commitment->head, problem);
    return error == ERROR_NONE
               ? paths_beside(project->root, commitment->head, commitment->files.items[0],
                              &commitment->beside, problem)
               : error;
}

static enum error is_in_git(const struct project *project, const struct commitment *commitment,
                            bool *there, struct problem *problem)
{
    return paths_committed(project->root, commitment->head, commitment->beside,
                           commitment->files.items[0], there, problem);
}

/* --- back --------------------------------------------------------------------------------------- */

static enum error remove_files(const struct project *project, const struct commitment *commitment,
                               bool killed, struct problem *problem)
{
    size_t count = killed ? commitment->files.count : commitment->files_made;
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < count && error == ERROR_NONE; i++) {
        char *path = workfile_path(project, commitment->files.items[i]);
        const char *noted = i < commitment->hashes.count ? commitment->hashes.items[i] : NULL;
        if (!killed || workfile_is_ours(path, noted))
            error = workfile_remove(path, problem);
        else
            fprintf(stderr,
                    "ddltap: %s is not as the commit wrote it and stays: remove it if you do not "
                    "want it.\n",
                    commitment->files.items[i]);
        workfile_remove_leftovers(path);
        free(path);
    }
    return error;
}

/* Those that are not there any more, as they were; one that lies there may have been worked on. */
static enum error restore_drafts(const struct project *project, const struct commitment *commitment,
                                 struct problem *problem)
{
    const struct texts *names = &commitment->names, *texts = &commitment->draft_texts;
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < names->count && i < texts->count && error == ERROR_NONE; i++)
        error = draft_store(project->drafts, names->items[i], slice_from(texts->items[i]), problem);
    return error == ERROR_NONE ? draft_sync_folder(project->drafts, problem) : error;
}

/* Files that are ours go; drafts come back. */
static enum error roll_back(const struct project *project, struct journal *journal,
                            const struct commitment *commitment, bool killed,
                            struct problem *problem)
{
    enum error error = remove_files(project, commitment, killed, problem);
    if (error == ERROR_NONE && commitment->git)
        error = paths_reset(project->root, (const char *const *)commitment->files.items,
                            commitment->files.count, problem);
    if (error == ERROR_NONE && commitment->removed.count > 0)
        error = restore_drafts(project, commitment, problem);
    return error == ERROR_NONE ? forget(journal, problem) : error;
}

static void note_hashes(struct commitment *commitment, const struct buffer *contents)
{
    for (size_t i = 0; i < commitment->files.count; i++) {
        char hash[IMAGE_HASH_SIZE];
        workfile_hash(buffer_slice(&contents[i]), hash);
        texts_add(&commitment->hashes, memory_copy_text(hash));
    }
}

/* A git that fails after it has made the commit (its index could not be written) has made it. */
static enum error commit_surely(const struct project *project, const struct commitment *commitment,
                                struct problem *problem)
{
    struct problem unused = PROBLEM_INIT;
    bool there = false;
    enum error error = make_commit(project, commitment, problem);
    if (error != ERROR_NONE && is_in_git(project, commitment, &there, &unused) == ERROR_NONE &&
        there)
        error = ERROR_NONE;
    return error;
}

enum error commitment_write(const struct project *project, struct journal *journal,
                            struct commitment *commitment, const struct buffer *contents,
                            struct problem *problem)
{
    struct problem back = PROBLEM_INIT;
    enum error error = look(project, commitment, problem);
    note_hashes(commitment, contents);
    if (error == ERROR_NONE)
        error = note(journal, commitment, problem);
    if (error != ERROR_NONE)
        return error;
    error = write_files(project, commitment, contents, problem);
    if (error == ERROR_NONE && commitment->git)
        error = commit_surely(project, commitment, problem);
    if (error == ERROR_NONE && !commitment->git) {
        commitment->files_written = true;
        error = note(journal, commitment, problem);
    }
    if (error != ERROR_NONE && roll_back(project, journal, commitment, false, &back) != ERROR_NONE)
        fprintf(stderr,
                "ddltap: what was begun could not be taken back: %s The next command tries "
                "again.\n",
                back.text);
    return error;
}

/* --- forward ------------------------------------------------------------------------------------ */

static enum error stamp(const struct project *project, const struct commitment *commitment,
                        struct problem *problem)
{
    struct buffer situation = BUFFER_INIT;
    buffer_printf(&situation, "The migration %s is committed", commitment->stamping.version);
    const struct stamping_words words = {
        buffer_text(&situation), "The next ddltap command tries again, or finds that you have "
                                 "marked it with the migration tool."};
    enum error error = stamping_move(project, &commitment->stamping, true, &words, problem);
    buffer_release(&situation);
    return error;
}

/* --- the journal -------------------------------------------------------------------------------- */

struct members {
    const struct drafts *drafts;
    const struct commitment *commitment;
    struct journal_draft_mark *marks;
    size_t count;
};

static bool is_committed(const struct commitment *commitment, int64_t holder)
{
    for (size_t i = 0; i < commitment->draft_count; i++) {
        if (commitment->drafts[i] == holder)
            return true;
    }
    return false;
}

/* What was squashed into a draft is committed with it. */
static bool take_member(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    struct members *members = argument;
    (void)session;
    if (!is_committed(members->commitment, drafts_holder(members->drafts, change->id)))
        return true;
    members->marks = memory_resize(members->marks, members->count + 1, sizeof *members->marks);
    members->marks[members->count++] = (struct journal_draft_mark){
        .change_id = change->id,
        .state = DRAFT_COMMITTED,
        .squashed_into = change->squashed_into,
        .file_due = change->draft_name != NULL,
    };
    return true;
}

static void keep_committed(struct drafts *drafts, const struct commitment *commitment)
{
    size_t kept = 0;
    for (size_t i = 0; i < drafts->count; i++) {
        struct draft draft = drafts->drafts[i];
        if (is_committed(commitment, draft.id))
            drafts->drafts[kept++] = draft;
        else
            drafts_release_one(&draft);
    }
    drafts->count = kept;
}

static void copy_texts(const struct texts *from, struct texts *to)
{
    for (size_t i = 0; i < from->count; i++)
        texts_add(to, memory_copy_text(from->items[i]));
}

/* For the day on which it is taken back. */
static enum error keep(struct journal *journal, const struct commitment *commitment,
                       const struct members *members, const struct catalog *from,
                       const struct catalog *to, struct problem *problem)
{
    struct committed committed = {
        .version = memory_copy_text(commitment->stamping.version),
        .parent = memory_copy_text(commitment->stamping.parent),
        .message = memory_copy_text(commitment->message),
        .members = memory_new(members->count, sizeof *committed.members),
        .member_count = members->count,
    };
    copy_texts(&commitment->files, &committed.files);
    copy_texts(&commitment->hashes, &committed.hashes);
    copy_texts(&commitment->names, &committed.names);
    copy_texts(&commitment->draft_texts, &committed.drafts);
    copy_texts(&commitment->removed, &committed.tracked);
    for (size_t i = 0; i < members->count; i++)
        committed.members[i] = members->marks[i].change_id;
    committed_compare(&committed, from, to);
    enum error error = committed_push(journal, &committed, problem);
    committed_release(&committed);
    return error;
}

/* The baseline becomes what it is with the changes of these drafts. */
static enum error move_baseline(const struct project *project, struct journal *journal,
                                const struct drafts *drafts, const struct commitment *commitment,
                                const struct members *members, struct problem *problem)
{
    struct catalog before = CATALOG_INIT, baseline = CATALOG_INIT;
    struct netting netting;
    netting_init(&netting, project->settings.definer == SETTINGS_DEFINER_KEEP);
    enum error error = netting_read(&netting, journal, drafts, problem);
    if (error == ERROR_NONE)
        error = journal_baseline_get(journal, &before, problem);
    if (error == ERROR_NONE)
        error = journal_baseline_get(journal, &baseline, problem);
    if (error == ERROR_NONE) {
        catalog_overlay(&baseline, net_before(netting.net), net_after(netting.net));
        catalog_order_triggers(&baseline, (const char *const *)commitment->triggers.items,
                               commitment->triggers.count);
        error = keep(journal, commitment, members, &before, &baseline, problem);
    }
    if (error == ERROR_NONE)
        error = journal_baseline_put(journal, &baseline, members->marks, members->count, problem);
    netting_release(&netting);
    catalog_release(&before);
    catalog_release(&baseline);
    return error;
}

static enum error complete(const struct project *project, struct journal *journal,
                           const struct commitment *commitment, struct problem *problem)
{
    const struct journal_filter filter = {
        .draft_states = 1u << DRAFT_PENDING | 1u << DRAFT_SQUASHED, .without_images = true};
    struct drafts drafts = {.drafts = NULL};
    struct members members = {.drafts = &drafts, .commitment = commitment};
    enum error error = stamp(project, commitment, problem);
    if (error == ERROR_NONE)
        error = drafts_read(project, journal, false, &drafts, problem);
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter, take_member, &members, problem);
    keep_committed(&drafts, commitment);
    if (error == ERROR_NONE && members.count > 0)
        error = move_baseline(project, journal, &drafts, commitment, &members, problem);
    if (error == ERROR_NONE)
        error = project_drafts(project, journal, problem);
    if (error == ERROR_NONE)
        error = forget(journal, problem);
    drafts_release(&drafts);
    free(members.marks);
    return error;
}

/* What git's hooks made of the files is the commit's; what a person makes of them later is not. Where a kill comes
 * before this, they are known as they were written. */
static enum error note_hooked_files(const struct project *project, struct journal *journal,
                                    struct commitment *commitment, struct problem *problem)
{
    bool changed = false;
    for (size_t i = 0; i < commitment->files.count; i++) {
        char *path = workfile_path(project, commitment->files.items[i]);
        struct buffer content = BUFFER_INIT;
        char hash[IMAGE_HASH_SIZE];
        bool there = workfile_read(path, &content);
        workfile_hash(buffer_slice(&content), hash);
        if (there && strcmp(hash, commitment->hashes.items[i]) != 0) {
            free(commitment->hashes.items[i]);
            commitment->hashes.items[i] = memory_copy_text(hash);
            changed = true;
        }
        buffer_release(&content);
        free(path);
    }
    return changed ? note(journal, commitment, problem) : ERROR_NONE;
}

enum error commitment_complete(const struct project *project, struct journal *journal,
                               struct commitment *commitment, struct problem *problem)
{
    enum error error = note_hooked_files(project, journal, commitment, problem);
    return error == ERROR_NONE ? complete(project, journal, commitment, problem) : error;
}

/* --- after a kill ------------------------------------------------------------------------------- */

enum error commitment_finish(const struct project *project, struct journal *journal,
                             struct problem *problem)
{
    struct commitment commitment = {.drafts = NULL};
    char *text = NULL;
    bool crossed = false;
    enum error error = journal_setting_get(journal, SETTING, &text, problem);
    bool noted = error == ERROR_NONE && read_note(text, &commitment);
    if (noted) {
        crossed = commitment.files_written;
        if (commitment.git)
            error = is_in_git(project, &commitment, &crossed, problem);
        if (error == ERROR_NONE)
            error = crossed ? complete(project, journal, &commitment, problem)
                            : roll_back(project, journal, &commitment, true, problem);
        if (error == ERROR_NONE)
            fprintf(stderr, "ddltap: a commit (\"%s\") was interrupted; it is %s.\n",
                    commitment.message, crossed ? "finished now" : "taken back");
    }
    free(text);
    commitment_release(&commitment);
    return error;
}
