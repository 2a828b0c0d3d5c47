/* paths: see paths.h. */
#include "repo/paths.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "repo/git.h"
#include "repo/repo.h"

enum {
    LOCK_TRIES = 100,
    LOCK_MICROSECONDS = 100000,
};

enum error paths_check_state(const char *folder, struct problem *problem)
{
    static const char *const states[][2] = {{"MERGE_HEAD", "merge"},
                                            {"CHERRY_PICK_HEAD", "cherry-pick"},
                                            {"REVERT_HEAD", "revert"},
                                            {"rebase-merge", "rebase"},
                                            {"rebase-apply", "rebase"}};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        bool there = false;
        enum error error = repo_has_state(folder, states[i][0], &there, problem);
        if (error != ERROR_NONE)
            return error;
        if (there)
            return problem_set(
                problem, ERROR_GIT,
                "A %s is in progress in this repository: end it first, or commit with "
                "--no-git.",
                states[i][1]);
    }
    return ERROR_NONE;
}

/* --- questions ---------------------------------------------------------------------------------- */

/* The first line of what git prints, and its exit code, which is at most `most`: else what git cannot tell is no answer.
 * Caller frees. */
static enum error ask_status(const char *folder, const char *const *arguments, int most,
                             char **line, struct problem *problem)
{
    struct git_result result;
    enum error error = git_run(folder, arguments, &result, problem);
    bool good = error == ERROR_NONE && result.status == 0 && result.output.len > 0;
    const char *said = good ? buffer_text(&result.output) : "";
    *line = memory_copy_slice(slice_make(said, strcspn(said, "\n")));
    if (error == ERROR_NONE && result.status > most)
        error = problem_set(problem, ERROR_GIT, "git %s: %s", arguments[0],
                            buffer_text(&result.errors));
    git_result_release(&result);
    return error;
}

static enum error ask(const char *folder, const char *const *arguments, char **line,
                      struct problem *problem)
{
    return ask_status(folder, arguments, 0, line, problem);
}

static char *literal(const char *path)
{
    struct buffer text = BUFFER_INIT;
    buffer_printf(&text, ":(literal)%s", path);
    return buffer_detach(&text);
}

/* 1: there is no such thing. */
enum error paths_head(const char *folder, char **head, struct problem *problem)
{
    const char *const arguments[] = {"rev-parse", "--verify", "--quiet", "HEAD", NULL};
    return ask_status(folder, arguments, 1, head, problem);
}

/* commit "": no, for there is none. */
static enum error is_in_commit(const char *folder, const char *commit, const char *path,
                               bool *there, struct problem *problem)
{
    const char *const arguments[] = {"ls-tree", "-z", "--name-only", commit, "--", path, NULL};
    char *line = NULL;
    enum error error = *commit == '\0' ? ERROR_NONE : ask(folder, arguments, &line, problem);
    *there = error == ERROR_NONE && line != NULL && *line != '\0';
    free(line);
    return error;
}

enum error paths_in_head(const char *folder, const char *path, bool *there, struct problem *problem)
{
    char *head = NULL;
    *there = false;
    enum error error = paths_head(folder, &head, problem);
    if (error == ERROR_NONE)
        error = is_in_commit(folder, head, path, there, problem);
    free(head);
    return error;
}

enum error paths_read(const char *folder, const char *path, struct buffer *content,
                      struct problem *problem)
{
    struct git_result result;
    struct buffer name = BUFFER_INIT;
    buffer_printf(&name, "HEAD:./%s", path);
    const char *const arguments[] = {"cat-file", "blob", buffer_text(&name), NULL};
    enum error error = git_run(folder, arguments, &result, problem);
    if (error == ERROR_NONE && result.status != 0)
        error = problem_set(problem, ERROR_GIT, "git cat-file: %s", buffer_text(&result.errors));
    if (error == ERROR_NONE)
        buffer_append_slice(content, buffer_slice(&result.output));
    git_result_release(&result);
    buffer_release(&name);
    return error;
}

enum error paths_changed(const char *folder, const char *path, bool *changed,
                         struct problem *problem)
{
    char *only = literal(path), *tree = NULL, *index = NULL;
    const char *const in_tree[] = {"diff", "--name-only", "HEAD", "--", only, NULL};
    const char *const in_index[] = {"diff", "--cached", "--name-only", "HEAD", "--", only, NULL};
    enum error error = ask(folder, in_tree, &tree, problem);
    if (error == ERROR_NONE)
        error = ask(folder, in_index, &index, problem);
    *changed = error == ERROR_NONE && (*tree != '\0' || *index != '\0');
    free(only);
    free(tree);
    free(index);
    return error;
}

static enum error is_in_index(const char *folder, const char *path, bool *there,
                              struct problem *problem)
{
    char *only = literal(path), *line = NULL;
    const char *const arguments[] = {"ls-files", "--", only, NULL};
    enum error error = ask(folder, arguments, &line, problem);
    *there = *line != '\0';
    free(only);
    free(line);
    return error;
}

/* The last commit of these ("HEAD", "--remotes") that wrote the path or took it away; "": none has. Caller frees. */
static enum error ask_last(const char *folder, const char *commits, const char *path, char **commit,
                           struct problem *problem)
{
    char *only = literal(path);
    const char *const arguments[] = {"rev-list", "-1", commits, "--", only, NULL};
    enum error error = ask(folder, arguments, commit, problem);
    free(only);
    return error;
}

enum error paths_in_history(const char *folder, const char *path, bool *there,
                            struct problem *problem)
{
    char *commit;
    enum error error = ask_last(folder, "HEAD", path, &commit, problem);
    *there = error == ERROR_NONE && *commit != '\0';
    free(commit);
    return error;
}

enum error paths_origin(const char *folder, const char *path, char **commit,
                        struct problem *problem)
{
    char *only = literal(path);
    const char *const arguments[] = {
        "log",         "-1", "--all", "--reflog", "--diff-filter=A", "--no-show-signature",
        "--format=%H", "--", only,    NULL};
    *commit = NULL;
    enum error error = ask(folder, arguments, commit, problem);
    free(only);
    return error;
}

/* A remote branch that has the commit; NULL: none. Caller frees. */
static enum error ask_branch(const char *folder, const char *commit, char **branch,
                             struct problem *problem)
{
    const char *const arguments[] = {
        "for-each-ref", "--count=1", "--format=%(refname:short)", "--contains", commit,
        "refs/remotes", NULL};
    enum error error = *commit == '\0' ? ERROR_NONE : ask(folder, arguments, branch, problem);
    if (*branch != NULL && **branch == '\0') {
        free(*branch);
        *branch = NULL;
    }
    return error;
}

/* What was amended or rebased since is pushed all the same: another commit of the path is there. One that took the path
 * away does not count. */
enum error paths_pushed(const char *folder, const char *path, char **branch,
                        struct problem *problem)
{
    char *here = NULL, *there = NULL;
    bool has = false;
    *branch = NULL;
    enum error error = ask_last(folder, "HEAD", path, &here, problem);
    if (error == ERROR_NONE)
        error = ask_branch(folder, here, branch, problem);
    if (error == ERROR_NONE && *branch == NULL)
        error = ask_last(folder, "--remotes", path, &there, problem);
    if (error == ERROR_NONE && there != NULL)
        error = is_in_commit(folder, there, path, &has, problem);
    if (error == ERROR_NONE && has)
        error = ask_branch(folder, there, branch, problem);
    free(here);
    free(there);
    return error;
}

/* --- a commit ----------------------------------------------------------------------------------- */

static enum error tell(const char *folder, const char *const *arguments, struct problem *problem)
{
    struct git_result result;
    enum error error = git_run(folder, arguments, &result, problem);
    if (error == ERROR_NONE && result.status != 0) {
        const char *said =
            result.errors.len > 0 ? buffer_text(&result.errors) : buffer_text(&result.output);
        error = problem_set(problem, ERROR_GIT, "git %s: %s", arguments[0], said);
    }
    git_result_release(&result);
    return error;
}

/* git first... -- paths... */
static enum error tell_paths(const char *folder, const char *const *first, const char *const *paths,
                             size_t count, struct problem *problem)
{
    size_t words = 0;
    while (first[words] != NULL)
        words++;
    if (count == 0)
        return ERROR_NONE;
    char **literals = memory_new(count, sizeof *literals);
    const char **all = memory_new(words + count + 2, sizeof *all);
    for (size_t i = 0; i < words; i++)
        all[i] = first[i];
    all[words] = "--";
    for (size_t i = 0; i < count; i++)
        all[words + 1 + i] = literals[i] = literal(paths[i]);
    enum error error = tell(folder, all, problem);
    for (size_t i = 0; i < count; i++)
        free(literals[i]);
    free(literals);
    free(all);
    return error;
}

/* By force: what git ignores was asked before, or git has had the file before. */
enum error paths_add(const char *folder, const char *const *paths, size_t count,
                     struct problem *problem)
{
    const char *const first[] = {"add", "--force", NULL};
    return tell_paths(folder, first, paths, count, problem);
}

/* Where git cannot write its index, it may have failed to add them for the same reason. */
enum error paths_reset(const char *folder, const char *const *paths, size_t count,
                       struct problem *problem)
{
    const char *const first[] = {"reset", "--quiet", NULL};
    bool there = false;
    enum error error = tell_paths(folder, first, paths, count, problem);
    for (size_t i = 0; i < count && error != ERROR_NONE && !there; i++) {
        struct problem unused = PROBLEM_INIT;
        there = is_in_index(folder, paths[i], &there, &unused) != ERROR_NONE || there;
    }
    return there ? error : ERROR_NONE;
}

enum error paths_commit(const char *folder, const char *const *paths, size_t count,
                        const char *message, bool amend, struct problem *problem)
{
    const char *const plain[] = {"commit", "--quiet", "-m", message, NULL};
    const char *const amending[] = {"commit", "--quiet", "--amend", "-m", message, NULL};
    /* The hooks that git runs need not ask whether all is committed. */
    (void)setenv("DDLTAP_COMMITTING", "1", 1);
    return tell_paths(folder, amend ? amending : plain, paths, count, problem);
}

/* --- after a kill ------------------------------------------------------------------------------- */

/* A git whose ddltap was killed goes on, and holds the lock of the index until its commit is there. */
static enum error wait_for_git(const char *folder, struct problem *problem)
{
    char *lock;
    enum error error = repo_state_path(folder, "index.lock", &lock, problem);
    bool locked = *lock != '\0' && access(lock, F_OK) == 0;
    for (unsigned tries = 0; locked && tries < LOCK_TRIES; tries++) {
        (void)usleep(LOCK_MICROSECONDS);
        locked = access(lock, F_OK) == 0;
    }
    if (error == ERROR_NONE && locked)
        error =
            problem_set(problem, ERROR_GIT,
                        "A commit was interrupted, and git still holds the lock of its index. If "
                        "no git is running, remove %s and try again.",
                        lock);
    free(lock);
    return error;
}

/* With the full history a commit is found whatever other branches are there: one that was not is a new one. */
enum error paths_beside(const char *folder, const char *head, const char *path, char **commits,
                        struct problem *problem)
{
    struct git_result result;
    struct buffer before = BUFFER_INIT;
    char *only = literal(path);
    bool born = head != NULL && *head != '\0';
    buffer_printf(&before, "^%s", born ? head : "");
    /* What was stashed is no commit. */
    const char *const arguments[] = {"rev-list",
                                     "--full-history",
                                     "--exclude=refs/stash",
                                     "--all",
                                     born ? buffer_text(&before) : "--",
                                     born ? "--" : only,
                                     born ? only : NULL,
                                     NULL};
    enum error error = git_run(folder, arguments, &result, problem);
    if (error == ERROR_NONE && result.status != 0)
        error = problem_set(problem, ERROR_GIT, "git rev-list: %s", buffer_text(&result.errors));
    *commits = memory_copy_text(error == ERROR_NONE ? buffer_text(&result.output) : "");
    git_result_release(&result);
    buffer_release(&before);
    free(only);
    return error;
}

/* A line of commits that is not among those of known. */
static bool has_new_line(const char *commits, const char *known)
{
    bool new = false;
    while (*commits != '\0' && !new) {
        size_t len = strcspn(commits, "\n");
        char *commit = memory_copy_slice(slice_make(commits, len));
        new = strstr(known, commit) == NULL;
        commits += len + (commits[len] == '\n');
        free(commit);
    }
    return new;
}

enum error paths_committed(const char *folder, const char *head, const char *known,
                           const char *path, bool *there, struct problem *problem)
{
    char *commits = NULL;
    struct problem why = PROBLEM_INIT;
    enum error error = wait_for_git(folder, problem);
    if (error == ERROR_NONE && paths_beside(folder, head, path, &commits, &why) != ERROR_NONE)
        error =
            problem_set(problem, ERROR_GIT,
                        "Whether an interrupted commit was made, git does not tell: %s", why.text);
    *there = error == ERROR_NONE && has_new_line(commits, known);
    free(commits);
    return error;
}
