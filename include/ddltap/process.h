/* process: run another program, without a shell, and keep what it says.
 *
 *     const char *const argv[] = {"git", "status", NULL};
 *     struct process_result result;
 *     error = process_run(argv, NULL, 0, &result, problem);      did it run at all
 *     result.status, result.output, result.errors                what it said
 *     process_result_release(&result);
 */
#ifndef DDLTAP_PROCESS_H
#define DDLTAP_PROCESS_H

#include "ddltap/buffer.h"
#include "ddltap/error.h"

#define PROCESS_OUTPUT_LIMIT ((size_t)16 << 20)

struct process_result {
    int status;           /* exit code; 128 + signal when a signal ended it */
    struct buffer output; /* at most PROCESS_OUTPUT_LIMIT bytes each; more is read and forgotten */
    struct buffer errors;
};

/* Run argv[0] (looked up in PATH) with standard input from /dev/null, in folder (NULL: this one), and
 * wait for its end, though not for that of what it leaves running; after seconds (0: without limit) it is killed.
 * argv ends with NULL.
 * ERROR_NOT_FOUND: it could not be started; the problem says why. Release result in any case. */
must_check enum error process_run(const char *const *argv, const char *folder, unsigned seconds,
                                  struct process_result *result, struct problem *problem);
void process_result_release(struct process_result *result);

#endif
