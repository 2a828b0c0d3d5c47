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

enum error paths_in_head(const char *folder, const char *path, bool *there, struct problem *problem)
{
    const char *const arguments[] = {"ls-tree", "-z", "--name-only", "HEAD", "--", path, NULL};
    char *head = NULL, *line = NULL;
    enum error error = paths_head(folder, &head, problem);
    if (error == ERROR_NONE && *head != '\0')
        error = ask(folder, arguments, &line, problem);
    *there = error == ERROR_NONE && line != NULL && *line != '\0';
    free(head);
    free(line);
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

/* The last commit that wrote the path or took it away; "": none has. Caller frees. */
static enum error ask_last(const char *folder, const char *path, char **commit,
                           struct problem *problem)
{
    char *only = literal(path);
    const char *const arguments[] = {"rev-list", "-1", "HEAD", "--", only, NULL};
    enum error error = ask(folder, arguments, commit, problem);
    free(only);
    return error;
}

enum error paths_in_history(const char *folder, const char *path, bool *there,
                            struct problem *problem)
{
    char *commit;
    enum error error = ask_last(folder, path, &commit, problem);
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

enum error paths_pushed(const char *folder, const char *path, char **branch,
                        struct problem *problem)
{
    char *commit = NULL, *found = NULL;
    *branch = NULL;
    enum error error = ask_last(folder, path, &commit, problem);
    const char *const holds[] = {
        "for-each-ref", "--count=1", "--format=%(refname:short)", "--contains", commit,
        "refs/remotes", NULL};
    if (error == ERROR_NONE && *commit != '\0')
        error = ask(folder, holds, &found, problem);
    if (error == ERROR_NONE && found != NULL && *found != '\0')
        *branch = memory_copy_text(found);
    free(commit);
    free(found);
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

enum error paths_reset(const char *folder, const char *const *paths, size_t count,
                       struct problem *problem)
{
    const char *const first[] = {"reset", "--quiet", NULL};
    return tell_paths(folder, first, paths, count, problem);
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
    bool locked = true;
    enum error error = ERROR_NONE;
    for (unsigned tries = 0; locked && tries < LOCK_TRIES && error == ERROR_NONE; tries++) {
        error = repo_has_state(folder, "index.lock", &locked, problem);
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

enum error paths_committed(const char *folder, const char *head, const char *path, bool *there,
                           struct problem *problem)
{
    struct git_result result = {.status = 0};
    struct buffer before = BUFFER_INIT;
    char *only = literal(path);
    bool born = head != NULL && *head != '\0';
    buffer_printf(&before, "^%s", born ? head : "");
    /* What was stashed is no commit. */
    const char *const arguments[] = {"rev-list",
                                     "-1",
                                     "--exclude=refs/stash",
                                     "--all",
                                     born ? buffer_text(&before) : "--",
                                     born ? "--" : only,
                                     born ? only : NULL,
                                     NULL};
    enum error error = wait_for_git(folder, problem);
    if (error == ERROR_NONE)
        error = git_run(folder, arguments, &result, problem);
    if (error == ERROR_NONE && result.status != 0)
        error = problem_set(problem, ERROR_GIT,
                            "Whether an interrupted commit was made, git does not tell: %s",
                            buffer_text(&result.errors));
    *there = error == ERROR_NONE && result.output.len > 0;
    git_result_release(&result);
    buffer_release(&before);
    free(only);
    return error;
}
