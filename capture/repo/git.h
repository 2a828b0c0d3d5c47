/* git: run the git program, without a shell, so that hooks, signing and configuration work.
 *
 *     const char *const arguments[] = {"rev-parse", "--show-toplevel", NULL};
 *     struct git_result result;
 *     error = git_run(folder, arguments, &result, problem);   did it run at all
 *     result.status, result.output, result.errors             what it said
 *     git_result_release(&result);
 */
#ifndef DDLTAP_REPO_GIT_H
#define DDLTAP_REPO_GIT_H

#include "ddltap/buffer.h"
#include "ddltap/error.h"

struct git_result {
    int status;           /* exit code; 128 + signal when a signal ended it */
    struct buffer output; /* at most GIT_OUTPUT_LIMIT bytes each; more is read and forgotten */
    struct buffer errors;
};

#define GIT_OUTPUT_LIMIT ((size_t)16 << 20)

/* Run `git -C folder arguments...` with standard input from /dev/null and wait for its end.
 * arguments ends with NULL. ERROR_GIT: git could not be started. Release result in any case. */
must_check enum error git_run(const char *folder, const char *const *arguments,
                              struct git_result *result, struct problem *problem);
void git_result_release(struct git_result *result);

/* Within a hook of git: forget what it has set for the hook (GIT_DIR, GIT_INDEX_FILE). For git_run these would be the
 * work tree, whatever the folder. */
void git_forget_hook(void);

#endif
