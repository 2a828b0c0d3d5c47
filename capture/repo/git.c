/* git: see git.h. */
#include "repo/git.h"

#include <assert.h>

#include "ddltap/process.h"

#define ARGUMENTS_MAX 64

static_assert(GIT_OUTPUT_LIMIT == PROCESS_OUTPUT_LIMIT, "git's output is a process's");

enum error git_run(const char *folder, const char *const *arguments, struct git_result *result,
                   struct problem *problem)
{
    const char *argv[ARGUMENTS_MAX] = {"git", "-C", folder};
    size_t count = 3;
    while (*arguments != NULL) {
        assert(count + 1 < ARGUMENTS_MAX);
        argv[count++] = *arguments++;
    }
    struct process_result process;
    enum error error = process_run(argv, NULL, 0, &process, problem);
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
