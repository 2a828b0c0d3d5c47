/* commitment: see commitment.h. The note is JSON in the journal's setting "commit". */
#include "command/commitment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "command/drafts.h"
#include "command/netting.h"
#include "ddltap/memory.h"
#include "repo/git.h"
#include "repo/repo.h"
#include "schema/image.h"
#include "schema/printed.h"
#include "server/runner.h"

#define SETTING "commit"

enum {
    LOCK_TRIES = 100,
    LOCK_MICROSECONDS = 100000,
};

void commitment_release(struct commitment *commitment)
{
    free(commitment->drafts);
    texts_release(&commitment->files);
    texts_release(&commitment->hashes);
    free(commitment->head);
    texts_release(&commitment->removed);
    texts_release(&commitment->statements);
    texts_release(&commitment->triggers);
    free(commitment->rows);
    free(commitment->current_query);
    free(commitment->version);
    free(commitment->message);
    *commitment = (struct commitment){.drafts = NULL};
}

/* --- the note ----------------------------------------------------------------------------------- */

/* NULL: one of them is not UTF-8. */
static json_t *json_texts(const struct texts *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++) {
        if (json_array_append_new(list, json_string(texts->items[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *json_numbers(const int64_t *numbers, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer(numbers[i]));
    return list;
}

enum error commitment_note(struct journal *journal, const struct commitment *commitment,
                           struct problem *problem)
{
    json_t *note = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "drafts",
        json_numbers(commitment->drafts, commitment->draft_count), "files",
        json_texts(&commitment->files), "hashes", json_texts(&commitment->hashes), "removed",
        json_texts(&commitment->removed), "statements", json_texts(&commitment->statements), "rows",
        json_numbers(commitment->rows, commitment->statements.count), "triggers",
        json_texts(&commitment->triggers), "head", commitment->head, "current_query",
        commitment->current_query, "version", commitment->version, "message", commitment->message,
        "git", (int)commitment->git, "amend", (int)commitment->amend, "files_written",
        (int)commitment->files_written);
    if (note == NULL)
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "The message or the name of a file is not UTF-8: the commit cannot be "
                           "noted in the journal.");
    char *text = json_dumps(note, JSON_COMPACT);
    enum error error = journal_setting_put(journal, SETTING, text, problem);
    free(text);
    json_decref(note);
    return error;
}

static void read_texts(const json_t *list, struct texts *texts)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        texts_add(texts, memory_copy_text(json_string_value(json_array_get(list, i))));
}

static int64_t *read_numbers(const json_t *list, size_t *count)
{
    int64_t *numbers = memory_new(json_array_size(list) + 1, sizeof *numbers);
    for (*count = 0; *count < json_array_size(list); (*count)++)
        numbers[*count] = json_integer_value(json_array_get(list, *count));
    return numbers;
}

/* false: nothing is noted. */
static bool read_note(const char *text, struct commitment *commitment)
{
    json_t *note = text == NULL || *text == '\0' ? NULL : json_loads(text, 0, NULL);
    size_t rows;
    if (note == NULL)
        return false;
    commitment->drafts = read_numbers(json_object_get(note, "drafts"), &commitment->draft_count);
    read_texts(json_object_get(note, "files"), &commitment->files);
    read_texts(json_object_get(note, "hashes"), &commitment->hashes);
    read_texts(json_object_get(note, "removed"), &commitment->removed);
    read_texts(json_object_get(note, "statements"), &commitment->statements);
    commitment->rows = read_numbers(json_object_get(note, "rows"), &rows);
    read_texts(json_object_get(note, "triggers"), &commitment->triggers);
    commitment->head = memory_copy_text(json_string_value(json_object_get(note, "head")));
    commitment->current_query =
        memory_copy_text(json_string_value(json_object_get(note, "current_query")));
    commitment->version = memory_copy_text(json_string_value(json_object_get(note, "version")));
    commitment->message = memory_copy_text(json_string_value(json_object_get(note, "message")));
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

static char *path_of(const struct project *project, const char *relative)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", project->root, relative);
    return buffer_detach(&path);
}

/* Folders on the way to a file. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777); /* open says why when it matters */
        *slash = '/';
    }
}

/* *made: the file is this process's, whether it could be filled or not. */
static enum error write_new(const char *path, const struct buffer *content, bool *made,
                            struct problem *problem)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    size_t done = 0;
    bool good = *made = file >= 0;
    while (good && done < content->len) {
        ssize_t written = write(file, content->ptr + done, content->len - done);
        good = written > 0 || (written < 0 && errno == EINTR);
        done += written > 0 ? (size_t)written : 0;
    }
    good = good && fsync(file) == 0;
    int code = errno;
    if (file >= 0)
        (void)close(file);
    return good ? ERROR_NONE
                : problem_set(problem, ERROR_FILE, "%s cannot be written: %s.", path,
                              strerror(code));
}

static enum error write_files(const struct project *project, struct commitment *commitment,
                              const struct buffer *contents, struct problem *problem)
{
    enum error error = ERROR_NONE;
    bool made = false;
    for (size_t i = 0; i < commitment->files.count && error == ERROR_NONE; i++) {
        char *path = path_of(project, commitment->files.items[i]);
        make_folders(path);
        error = write_new(path, &contents[i], &made, problem);
        commitment->files_made += made;
        free(path);
    }
    return error;
}

/* --- git ---------------------------------------------------------------------------------------- */

static enum error git(const struct project *project, const char *const *arguments, bool *good,
                      struct problem *problem)
{
    struct git_result result;
    enum error error = git_run(project->root, arguments, &result, problem);
    *good = error == ERROR_NONE && result.status == 0;
    if (error == ERROR_NONE && !*good) {
        const char *said =
            result.errors.len > 0 ? buffer_text(&result.errors) : buffer_text(&result.output);
        (void)problem_set(problem, ERROR_GIT, "git %s: %s", arguments[0], said);
    }
    git_result_release(&result);
    return error;
}

/* Letters such as * and [ in a path are letters, not a pattern. */
static void add_paths(const struct texts *paths, struct texts *arguments)
{
    for (size_t i = 0; i < paths->count; i++) {
        struct buffer text = BUFFER_INIT;
        buffer_printf(&text, ":(literal)%s", paths->items[i]);
        texts_add(arguments, buffer_detach(&text));
    }
}

/* git first... -- paths... */
static enum error git_paths(const struct project *project, const struct commitment *commitment,
                            const char *const *first, bool removed_too, bool *good,
                            struct problem *problem)
{
    struct texts arguments = {NULL, 0};
    for (size_t i = 0; first[i] != NULL; i++)
        texts_add(&arguments, memory_copy_text(first[i]));
    texts_add(&arguments, memory_copy_text("--"));
    add_paths(&commitment->files, &arguments);
    if (removed_too)
        add_paths(&commitment->removed, &arguments);
    const char **all = memory_new(arguments.count + 1, sizeof *all);
    for (size_t i = 0; i < arguments.count; i++)
        all[i] = arguments.items[i];
    enum error error = git(project, all, good, problem);
    free(all);
    texts_release(&arguments);
    return error;
}

static void remove_tracked_drafts(const struct project *project,
                                  const struct commitment *commitment)
{
    for (size_t i = 0; i < commitment->removed.count; i++) {
        char *path = path_of(project, commitment->removed.items[i]);
        (void)unlink(path);
        free(path);
    }
}

/* Exactly these paths: what else is staged stays staged and out of the commit. */
static enum error make_commit(const struct project *project, const struct commitment *commitment,
                              struct problem *problem)
{
    const char *const add[] = {"add", NULL};
    const char *const plain[] = {"commit", "--quiet", "-m", commitment->message, NULL};
    const char *const amend[] = {"commit", "--quiet", "--amend", "-m", commitment->message, NULL};
    bool good = false;
    /* The hooks that git runs need not ask whether all is committed. */
    (void)setenv("DDLTAP_COMMITTING", "1", 1);
    enum error error = git_paths(project, commitment, add, false, &good, problem);
    if (error == ERROR_NONE && good) {
        remove_tracked_drafts(project, commitment);
        error =
            git_paths(project, commitment, commitment->amend ? amend : plain, true, &good, problem);
    }
    return error == ERROR_NONE && !good ? ERROR_GIT : error;
}

/* A git whose ddltap was killed goes on, and holds the lock of the index until its commit is there. */
static enum error wait_for_git(const struct project *project, struct problem *problem)
{
    bool locked = true;
    enum error error = ERROR_NONE;
    for (unsigned tries = 0; locked && tries < LOCK_TRIES && error == ERROR_NONE; tries++) {
        error = repo_has_state(project->root, "index.lock", &locked, problem);
        if (locked)
            (void)usleep(LOCK_MICROSECONDS);
    }
    if (error == ERROR_NONE && locked)
        error = problem_set(
            problem, ERROR_GIT,
            "A commit was interrupted, and git still holds the lock of its index. If no "
            "git is running, remove .git/index.lock and try again.");
    return error;
}

/* Has a commit that was not there before written the first file? On whatever branch: the person may be on
 * another one since. What git cannot tell is no answer. */
static enum error is_in_git(const struct project *project, const struct commitment *commitment,
                            bool *there, struct problem *problem)
{
    struct git_result result = {.status = 0};
    struct buffer before = BUFFER_INIT, path = BUFFER_INIT;
    bool born = commitment->head != NULL && *commitment->head != '\0';
    buffer_printf(&before, "^%s", born ? commitment->head : "");
    buffer_printf(&path, ":(literal)%s", commitment->files.items[0]);
    const char *const with[] = {"rev-list",         "-1", "--all", buffer_text(&before), "--",
                                buffer_text(&path), NULL};
    const char *const without[] = {"rev-list", "-1", "--all", "--", buffer_text(&path), NULL};
    enum error error = wait_for_git(project, problem);
    if (error == ERROR_NONE)
        error = git_run(project->root, born ? with : without, &result, problem);
    if (error == ERROR_NONE && result.status != 0)
        error = problem_set(problem, ERROR_GIT,
                            "Whether an interrupted commit was made, git does not tell: %s",
                            buffer_text(&result.errors));
    *there = error == ERROR_NONE && result.output.len > 0;
    git_result_release(&result);
    buffer_release(&before);
    buffer_release(&path);
    return error;
}

/* The commit that is there now; of a new repository none. */
static enum error note_head(const struct project *project, struct commitment *commitment,
                            struct problem *problem)
{
    const char *const arguments[] = {"rev-parse", "--verify", "--quiet", "HEAD", NULL};
    struct git_result result = {.status = 0};
    enum error error = ERROR_NONE;
    if (commitment->git)
        error = git_run(project->root, arguments, &result, problem);
    struct slice said = result.status == 0 ? buffer_slice(&result.output) : SLICE("");
    commitment->head = memory_copy_slice(printed_trim(said));
    git_result_release(&result);
    return error;
}

/* --- back --------------------------------------------------------------------------------------- */

static void hash_content(struct slice content, char hash[IMAGE_HASH_SIZE])
{
    image_hash(content, SLICE_NONE, hash);
}

/* After a kill a file of that name may be somebody else's, or somebody may have worked on it. */
static bool is_as_noted(const char *path, const char *noted)
{
    struct buffer content = BUFFER_INIT;
    char hash[IMAGE_HASH_SIZE], block[8192];
    size_t len;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    FILE *stream = file < 0 ? NULL : fdopen(file, "r");
    if (stream == NULL)
        return true; /* nothing is there to be lost */
    while ((len = fread(block, 1, sizeof block, stream)) > 0)
        buffer_append(&content, block, len);
    (void)fclose(stream);
    hash_content(content.len == 0 ? SLICE("") : buffer_slice(&content), hash);
    bool same = content.len == 0 || (noted != NULL && strcmp(hash, noted) == 0);
    buffer_release(&content);
    return same;
}

static void remove_files(const struct project *project, const struct commitment *commitment,
                         bool killed)
{
    size_t count = killed ? commitment->files.count : commitment->files_made;
    for (size_t i = 0; i < count; i++) {
        char *path = path_of(project, commitment->files.items[i]);
        const char *noted = i < commitment->hashes.count ? commitment->hashes.items[i] : NULL;
        if (!killed || is_as_noted(path, noted))
            (void)unlink(path);
        else
            fprintf(stderr,
                    "ddltap: %s is not as the commit wrote it and stays: remove it if you do not "
                    "want it.\n",
                    commitment->files.items[i]);
        free(path);
    }
}

/* Of the drafts that were removed; one that lies there may have been worked on. */
static enum error restore_drafts(const struct project *project, struct journal *journal,
                                 const struct commitment *commitment, struct problem *problem)
{
    struct drafts drafts = {.drafts = NULL};
    enum error error = ERROR_NONE;
    if (commitment->removed.count > 0)
        error = drafts_read(project, journal, false, &drafts, problem);
    for (size_t i = 0; i < commitment->draft_count && error == ERROR_NONE; i++) {
        const struct draft *draft = drafts_find(&drafts, commitment->drafts[i]);
        const struct journal_draft_mark mark = {
            .change_id = commitment->drafts[i], .state = DRAFT_PENDING, .file_due = true};
        if (draft != NULL && draft->condition == DRAFT_MISSING)
            error = journal_mark_drafts(journal, &mark, 1, problem);
    }
    drafts_release(&drafts);
    return error == ERROR_NONE ? project_drafts(project, journal, problem) : error;
}

/* Files that are ours go; drafts come back from the journal. */
static enum error roll_back(const struct project *project, struct journal *journal,
                            const struct commitment *commitment, bool killed,
                            struct problem *problem)
{
    const char *const reset[] = {"reset", "--quiet", NULL};
    struct problem unused = PROBLEM_INIT;
    bool good;
    remove_files(project, commitment, killed);
    if (commitment->git)
        (void)!git_paths(project, commitment, reset, false, &good, &unused);
    enum error error = restore_drafts(project, journal, commitment, problem);
    return error == ERROR_NONE ? forget(journal, problem) : error;
}

static void note_hashes(struct commitment *commitment, const struct buffer *contents)
{
    for (size_t i = 0; i < commitment->files.count; i++) {
        char hash[IMAGE_HASH_SIZE];
        hash_content(buffer_slice(&contents[i]), hash);
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
    enum error error = note_head(project, commitment, problem);
    note_hashes(commitment, contents);
    if (error == ERROR_NONE)
        error = commitment_note(journal, commitment, problem);
    if (error != ERROR_NONE)
        return error;
    error = write_files(project, commitment, contents, problem);
    if (error == ERROR_NONE && commitment->git)
        error = commit_surely(project, commitment, problem);
    if (error == ERROR_NONE && !commitment->git) {
        commitment->files_written = true;
        error = commitment_note(journal, commitment, problem);
    }
    if (error != ERROR_NONE && roll_back(project, journal, commitment, false, &back) != ERROR_NONE)
        fprintf(stderr,
                "ddltap: what was begun could not be taken back: %s The next command tries "
                "again.\n",
                back.text);
    return error;
}

/* --- forward ------------------------------------------------------------------------------------ */

static enum error refuse_stamp(const struct commitment *commitment,
                               const struct runner_answer *answer, struct problem *problem)
{
    const char *why = answer->error_code != 0
                          ? answer->message
                          : "it is not where the migration before this one leaves it";
    return problem_set(problem, ERROR_SERVER,
                       "The migration %s is committed, but the development database could not be "
                       "marked: %s. The next ddltap command tries again, or finds that you have "
                       "marked it with the migration tool.",
                       commitment->version, why);
}

/* All in one transaction, begun ahead of the first statement that has a count. */
static enum error run_stamp(struct runner *runner, const struct commitment *commitment,
                            struct problem *problem)
{
    struct runner_answer answer = {0};
    bool begun = false;
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < commitment->statements.count && error == ERROR_NONE; i++) {
        int64_t rows = commitment->rows[i];
        if (rows >= 0 && !begun) {
            begun = true;
            error = runner_run(runner, SLICE("START TRANSACTION"), &answer, problem);
        }
        if (error == ERROR_NONE)
            error =
                runner_run(runner, slice_from(commitment->statements.items[i]), &answer, problem);
        if (error == ERROR_NONE &&
            (answer.error_code != 0 || (rows >= 0 && (int64_t)answer.affected_rows != rows)))
            error = refuse_stamp(commitment, &answer, problem);
    }
    return error == ERROR_NONE ? runner_run(runner, SLICE("COMMIT"), &answer, problem) : error;
}

/* A kill may have come between the stamp and the marks: then it is there already. */
static enum error is_stamped(const struct connection *connection,
                             const struct commitment *commitment, bool *stamped,
                             struct problem *problem)
{
    struct control *control = NULL;
    char **versions = NULL;
    size_t count = 0;
    unsigned code;
    *stamped = false;
    enum error error = project_connect(connection, &control, problem);
    if (error == ERROR_NONE)
        error = project_use(control, connection, problem);
    if (error == ERROR_NONE)
        error =
            control_column(control, commitment->current_query, &versions, &count, &code, problem);
    for (size_t i = 0; i < count; i++) {
        *stamped = *stamped || strcmp(versions[i], commitment->version) == 0;
        free(versions[i]);
    }
    free(versions);
    control_close(control);
    return error;
}

static enum error stamp(const struct project *project, const struct commitment *commitment,
                        struct problem *problem)
{
    struct connection connection;
    struct runner *runner = NULL;
    if (commitment->statements.count == 0)
        return ERROR_NONE;
    enum error error = project_connection(project, &connection, problem);
    if (error != ERROR_NONE)
        return error;
    const struct control_target target = project_target(&connection);
    bool stamped = false;
    error = is_stamped(&connection, commitment, &stamped, problem);
    if (error == ERROR_NONE && !stamped)
        error = runner_open(&target, connection.database, &runner, problem);
    if (error == ERROR_NONE && !stamped)
        error = run_stamp(runner, commitment, problem);
    runner_close(runner);
    connection_release(&connection);
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

/* The baseline becomes what it is with the changes of these drafts. */
static enum error move_baseline(const struct project *project, struct journal *journal,
                                const struct drafts *drafts, const struct commitment *commitment,
                                const struct members *members, struct problem *problem)
{
    struct catalog baseline = CATALOG_INIT;
    struct netting netting;
    netting_init(&netting, project->settings.definer == SETTINGS_DEFINER_KEEP);
    enum error error = netting_read(&netting, journal, drafts, problem);
    if (error == ERROR_NONE)
        error = journal_baseline_get(journal, &baseline, problem);
    if (error == ERROR_NONE) {
        catalog_overlay(&baseline, net_before(netting.net), net_after(netting.net));
        catalog_order_triggers(&baseline, (const char *const *)commitment->triggers.items,
                               commitment->triggers.count);
        error = journal_baseline_put(journal, &baseline, members->marks, members->count, problem);
    }
    netting_release(&netting);
    catalog_release(&baseline);
    return error;
}

enum error commitment_complete(const struct project *project, struct journal *journal,
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
            error = crossed ? commitment_complete(project, journal, &commitment, problem)
                            : roll_back(project, journal, &commitment, true, problem);
        if (error == ERROR_NONE)
            fprintf(stderr, "ddltap: a commit (\"%s\") was interrupted; it is %s.\n",
                    commitment.message, crossed ? "finished now" : "taken back");
    }
    free(text);
    commitment_release(&commitment);
    return error;
}
