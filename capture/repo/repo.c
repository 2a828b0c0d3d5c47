/* repo: see repo.h. */
#include "repo/repo.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "repo/git.h"

static void trim_end(struct buffer *text)
{
    while (text->len > 0 && text->ptr[text->len - 1] == '\n')
        buffer_truncate(text, text->len - 1);
}

static enum error git_refused(const char *folder, struct git_result *result,
                              struct problem *problem)
{
    trim_end(&result->errors);
    return problem_set(problem, ERROR_GIT, "git says of %s: %s", folder,
                       buffer_text(&result->errors));
}

enum error repo_top(const char *folder, char **top, struct problem *problem)
{
    static const char *const arguments[] = {"rev-parse", "--show-toplevel", NULL};
    struct git_result result;
    *top = NULL;
    enum error error = git_run(folder, arguments, &result, problem);
    if (error == ERROR_NONE && result.status != 0) {
        trim_end(&result.errors);
        error =
            problem_set(problem, ERROR_GIT,
                        "This is no git work tree that can be used (%s). Run \"git init\" in the "
                        "project's folder, or say where it is with -C.",
                        buffer_text(&result.errors));
    }
    if (error == ERROR_NONE) {
        trim_end(&result.output);
        *top = buffer_detach(&result.output);
    }
    git_result_release(&result);
    return error;
}

enum error repo_ignores(const char *folder, const char *path, bool *ignored,
                        struct problem *problem)
{
    const char *const arguments[] = {"check-ignore", "--quiet", "--no-index", "--", path, NULL};
    struct git_result result;
    enum error error = git_run(folder, arguments, &result, problem);
    /* 0: ignored, 1: not, else a failure */
    if (error == ERROR_NONE && result.status > 1)
        error = git_refused(folder, &result, problem);
    *ignored = error == ERROR_NONE && result.status == 0;
    git_result_release(&result);
    return error;
}

char *repo_nearest_with(const char *folder, const char *name)
{
    char *place = realpath(folder, NULL);
    while (place != NULL) {
        struct buffer path = BUFFER_INIT;
        buffer_printf(&path, "%s/%s", place, name);
        bool there = access(buffer_text(&path), F_OK) == 0;
        buffer_release(&path);
        if (there)
            return place;
        char *slash = strrchr(place, '/');
        if (slash == NULL || place[1] == '\0')
            break;
        /* "/a" -> "/", which is looked at too */
        slash[slash == place ? 1 : 0] = '\0';
    }
    free(place);
    return NULL;
}

enum error repo_tracks(const char *folder, const char *path, bool *tracked, struct problem *problem)
{
    const char *const arguments[] = {"ls-files", "--error-unmatch", "--", path, NULL};
    struct git_result result;
    enum error error = git_run(folder, arguments, &result, problem);
    *tracked = error == ERROR_NONE && result.status == 0;
    git_result_release(&result);
    return error;
}

enum error repo_state_path(const char *folder, const char *name, char **path,
                           struct problem *problem)
{
    const char *const arguments[] = {"rev-parse", "--git-path", name, NULL};
    struct git_result result;
    struct buffer whole = BUFFER_INIT;
    enum error error = git_run(folder, arguments, &result, problem);
    if (error == ERROR_NONE && result.status == 0 && result.output.len > 0) {
        const char *said = buffer_text(&result.output);
        buffer_printf(&whole, "%s%s%.*s", *said == '/' ? "" : folder, *said == '/' ? "" : "/",
                      (int)strcspn(said, "\n"), said);
    }
    *path = buffer_detach(&whole);
    git_result_release(&result);
    return error;
}

enum error repo_has_state(const char *folder, const char *name, bool *there,
                          struct problem *problem)
{
    char *path;
    enum error error = repo_state_path(folder, name, &path, problem);
    *there = *path != '\0' && access(path, F_OK) == 0;
    free(path);
    return error;
}
