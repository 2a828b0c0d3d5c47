/* git: see git.h. */
#include "repo/git.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "ddltap/process.h"

static_assert(GIT_OUTPUT_LIMIT == PROCESS_OUTPUT_LIMIT, "git's output is a process's");

/* Which of the paths are patterns, the arguments say; these would say it again, and otherwise. */
static void forget_pathspecs(void)
{
    static const char *const names[] = {"GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS",
                                        "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unsetenv(names[i]);
}

enum error git_run(const char *folder, const char *const *arguments, struct git_result *result,
                   struct problem *problem)
{
    const char *const first[] = {"git", "-C", folder};
    const size_t first_count = sizeof first / sizeof first[0];
    size_t count = 0;
    while (arguments[count] != NULL)
        count++;
    const char **argv = memory_new(first_count + count + 1, sizeof *argv);
    for (size_t i = 0; i < first_count; i++)
        argv[i] = first[i];
    for (size_t i = 0; i < count; i++)
        argv[first_count + i] = arguments[i];
    struct process_result process;
    forget_pathspecs();
    enum error error = process_run(argv, NULL, 0, &process, problem);
    free(argv);
    *result = (struct git_result){process.status, process.output, process.errors};
    if (error != ERROR_NONE && problem != NULL)
        problem->code = ERROR_GIT;
    return error == ERROR_NONE ? ERROR_NONE : ERROR_GIT;
}

void git_result_release(struct git_result *result)
{
    buffer_release(&result->output);
    buffer_release(&result->errors);
}

void git_forget_hook(void)
{
    const char *const arguments[] = {"rev-parse", "--local-env-vars", NULL};
    struct git_result result;
    struct problem unused = PROBLEM_INIT;
    enum error error = git_run(".", arguments, &result, &unused);
    char *names = buffer_detach(&result.output), *rest = names;
    for (char *name = NULL; error == ERROR_NONE && (name = strsep(&rest, "\n")) != NULL;) {
        if (*name != '\0')
            (void)unsetenv(name);
    }
    free(names);
    git_result_release(&result);
}
