/* hooks: see hooks.h. */
#include "repo/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddltap/memory.h"
#include "repo/git.h"
#include "repo/repo.h"

#define MARK "# ddltap hook 1\n"
#define LONGEST 65536

const char *const hooks_names[] = {"pre-commit", "pre-push", "post-checkout", NULL};

/* --- where -------------------------------------------------------------------------------------- */

static enum error ask(const char *folder, const char *question, char **answer,
                      struct problem *problem)
{
    const char *const arguments[] = {"rev-parse", "--path-format=absolute", question,
                                     strcmp(question, "--git-path") == 0 ? "hooks" : NULL, NULL};
    struct git_result result;
    enum error error = git_run(folder, arguments, &result, problem);
    if (error == ERROR_NONE && result.status != 0)
        error = problem_set(problem, ERROR_GIT, "%s is in no git work tree: %s", folder,
                            buffer_text(&result.errors));
    if (error == ERROR_NONE) {
        *answer = buffer_detach(&result.output);
        (*answer)[strcspn(*answer, "\n")] = '\0';
    }
    git_result_release(&result);
    return error;
}

static bool lies_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

struct place {
    const struct hooks_options *options;
    char *hooks;   /* the folder of the hooks */
    char *top;     /* of the work tree */
    char *project; /* below it; "" or "app" */
    bool shared;   /* the hooks are of other repositories too */
};

static void release(struct place *place)
{
    free(place->hooks);
    free(place->top);
    free(place->project);
}

static enum error find(const struct hooks_options *options, struct place *place,
                       struct problem *problem)
{
    char *common = NULL, *folder = realpath(options->folder, NULL);
    *place = (struct place){.options = options};
    enum error error = ask(options->folder, "--git-path", &place->hooks, problem);
    if (error == ERROR_NONE)
        error = ask(options->folder, "--git-common-dir", &common, problem);
    if (error == ERROR_NONE)
        error = repo_top(options->folder, &place->top, problem);
    if (error == ERROR_NONE) {
        place->shared = !lies_in(place->hooks, common) && !lies_in(place->hooks, place->top);
        bool below =
            folder != NULL && lies_in(folder, place->top) && strlen(folder) > strlen(place->top);
        place->project = memory_copy_text(below ? folder + strlen(place->top) + 1 : "");
    }
    free(common);
    free(folder);
    return error;
}

static char *path_of(const struct place *place, const char *name, const char *suffix)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s%s", place->hooks, name, suffix);
    return buffer_detach(&path);
}

/* --- files -------------------------------------------------------------------------------------- */

/* The content; NULL: there is no such file. */
static char *load(const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return NULL;
    char *text = memory_new(LONGEST + 1, 1);
    size_t len = fread(text, 1, LONGEST, file);
    text[len] = '\0';
    (void)fclose(file);
    return text;
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool is_ours(const char *path)
{
    char *text = load(path);
    bool ours = text != NULL && strstr(text, MARK) != NULL;
    free(text);
    return ours;
}

static enum error fail(const char *path, struct problem *problem)
{
    return problem_set(problem, ERROR_FILE, "%s cannot be written: %s.", path, strerror(errno));
}

static enum error make_folders(const char *path, struct problem *problem)
{
    char *copy = memory_copy_text(path);
    enum error error = ERROR_NONE;
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(copy, 0755);
        *slash = '/';
    }
    if (mkdir(copy, 0755) != 0 && errno != EEXIST)
        error = fail(path, problem);
    free(copy);
    return error;
}

static enum error store(const char *path, const struct buffer *text, struct problem *problem)
{
    struct buffer beside = BUFFER_INIT;
    buffer_printf(&beside, "%s.new", path);
    /* What lies there a kill has left, or it is a link of somebody's that leads elsewhere. */
    (void)unlink(buffer_text(&beside));
    int file = open(buffer_text(&beside), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    bool good = file >= 0 && write(file, text->ptr, text->len) == (ssize_t)text->len;
    if (file >= 0)
        good = close(file) == 0 && good;
    good =
        good && chmod(buffer_text(&beside), 0755) == 0 && rename(buffer_text(&beside), path) == 0;
    enum error error = good ? ERROR_NONE : fail(path, problem);
    buffer_release(&beside);
    return error;
}

/* --- the script --------------------------------------------------------------------------------- */

/* 'text' for the shell. */
static void quote(const char *text, struct buffer *out)
{
    buffer_append_char(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buffer_append_text(out, "'\\''");
        else
            buffer_append_char(out, *text);
    }
    buffer_append_char(out, '\'');
}

static void write_script(const struct place *place, const char *name, struct buffer *out)
{
    buffer_append_text(out,
                       "#!/bin/sh\n" MARK
                       "# Written by \"ddltap hook install\"; \"ddltap hook uninstall\" takes it "
                       "away.\n");
    buffer_printf(out,
                  "before=\"$(dirname -- \"$0\")/%s.before-ddltap\"\n"
                  "if [ -x \"$before\" ]; then \"$before\" \"$@\" || exit; fi\n"
                  "project=./",
                  name);
    quote(place->project, out);
    buffer_append_text(out, "\n[ -e \"$project/ddltap/config.ini\" ] || exit 0\nddltap=");
    quote(place->options->program, out);
    buffer_printf(out,
                  "\n[ -x \"$ddltap\" ] || ddltap=$(command -v ddltap) ||\n"
                  "    { echo 'ddltap is not there: its hook was passed over.' >&2; exit 0; }\n"
                  "exec \"$ddltap\" -C \"$project\" hook run %s \"$@\" </dev/null\n",
                  name);
}

/* --- installing --------------------------------------------------------------------------------- */

/* Somebody's own hook, and nowhere to keep it or no leave to. */
static enum error check_one(const struct place *place, const char *name, struct problem *problem)
{
    char *path = path_of(place, name, ""), *kept = path_of(place, name, ".before-ddltap");
    enum error error = ERROR_NONE;
    if (exists(path) && !is_ours(path) && !place->options->force)
        error =
            problem_set(problem, ERROR_UNSUPPORTED,
                        "%s is there already. Add the line \"ddltap hook run %s\" to it, or run "
                        "\"ddltap hook install --force\": then it is kept as %s.before-ddltap, "
                        "and called first.",
                        path, name, name);
    else if (exists(path) && !is_ours(path) && exists(kept))
        error =
            problem_set(problem, ERROR_UNSUPPORTED,
                        "%s and %s are both there: ddltap overwrites neither of them.", path, kept);
    free(path);
    free(kept);
    return error;
}

static enum error install_one(const struct place *place, const char *name, struct buffer *report,
                              struct problem *problem)
{
    char *path = path_of(place, name, ""), *kept = path_of(place, name, ".before-ddltap");
    struct buffer script = BUFFER_INIT;
    enum error error = ERROR_NONE;
    bool theirs = exists(path) && !is_ours(path);
    write_script(place, name, &script);
    char *now = load(path);
    bool same = now != NULL && strcmp(now, buffer_text(&script)) == 0;
    if (theirs && rename(path, kept) != 0)
        error = fail(kept, problem);
    if (error == ERROR_NONE && !same)
        error = store(path, &script, problem);
    if (error == ERROR_NONE)
        buffer_printf(report, "%s  %s%s\n", path, same ? "is there already" : "written",
                      theirs ? ", what was there is called first" : "");
    free(now);
    free(path);
    free(kept);
    buffer_release(&script);
    return error;
}

static enum error check_all(const struct place *place, struct problem *problem)
{
    enum error error = ERROR_NONE;
    if (place->shared && !place->options->force)
        return problem_set(
            problem, ERROR_UNSUPPORTED,
            "The hooks of this repository lie in %s (core.hooksPath), which other "
            "repositories may share. \"ddltap hook install --force\" writes there all "
            "the same: a repository without ddltap/config.ini is passed over.",
            place->hooks);
    for (size_t i = 0; hooks_names[i] != NULL && error == ERROR_NONE; i++)
        error = check_one(place, hooks_names[i], problem);
    return error;
}

enum error hooks_install(const struct hooks_options *options, struct buffer *report,
                         struct problem *problem)
{
    struct place place;
    enum error error = find(options, &place, problem);
    if (error == ERROR_NONE)
        error = check_all(&place, problem);
    if (error == ERROR_NONE)
        error = make_folders(place.hooks, problem);
    for (size_t i = 0; hooks_names[i] != NULL && error == ERROR_NONE; i++)
        error = install_one(&place, hooks_names[i], report, problem);
    release(&place);
    return error;
}

static enum error uninstall_one(const struct place *place, const char *name, struct buffer *report,
                                struct problem *problem)
{
    char *path = path_of(place, name, ""), *kept = path_of(place, name, ".before-ddltap");
    enum error error = ERROR_NONE;
    if (is_ours(path)) {
        bool back = exists(kept);
        if (back ? rename(kept, path) != 0 : unlink(path) != 0)
            error = fail(path, problem);
        else
            buffer_printf(report, "%s  %s\n", path,
                          back ? "is again what it was before" : "taken away");
    }
    free(path);
    free(kept);
    return error;
}

enum error hooks_uninstall(const struct hooks_options *options, struct buffer *report,
                           struct problem *problem)
{
    struct place place;
    enum error error = find(options, &place, problem);
    for (size_t i = 0; hooks_names[i] != NULL && error == ERROR_NONE; i++)
        error = uninstall_one(&place, hooks_names[i], report, problem);
    release(&place);
    return error;
}
