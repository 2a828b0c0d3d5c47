/* command: what a subcommand is, and the list of them.
 *
 *     ddltap [-C DIR] [-c SECTION.NAME=VALUE]... COMMAND [options]
 *
 * main reads the options before COMMAND, changes into DIR and calls the command's function with the
 * rest: argv[0] is the name of the command. It returns one of EXIT_DONE, EXIT_ANSWER_NO, EXIT_USAGE
 * and EXIT_UNABLE (ddltap/error.h). A command reads its options with options_parse (options.h),
 * finds the project with project_open (project.h) and writes with output.h.
 */
#ifndef DDLTAP_COMMAND_COMMAND_H
#define DDLTAP_COMMAND_COMMAND_H

#include <stddef.h>

#include "ddltap/error.h"

/* What main knows before the command starts. Owned by main. */
struct command_context {
    const char *program;            /* "ddltap" */
    const char *const *assignments; /* values of -c, in order */
    size_t assignment_count;
};

struct command_entry {
    const char *name;
    const char *summary; /* one line, for ddltap --help */
    int (*run)(int argc, char **argv, const struct command_context *context);
};

int command_init(int argc, char **argv, const struct command_context *context);
int command_proxy(int argc, char **argv, const struct command_context *context);
int command_status(int argc, char **argv, const struct command_context *context);
int command_list(int argc, char **argv, const struct command_context *context);
int command_show(int argc, char **argv, const struct command_context *context);
int command_diff(int argc, char **argv, const struct command_context *context);
int command_verify(int argc, char **argv, const struct command_context *context);
int command_commit(int argc, char **argv, const struct command_context *context);
int command_apply(int argc, char **argv, const struct command_context *context);
int command_squash(int argc, char **argv, const struct command_context *context);
int command_review(int argc, char **argv, const struct command_context *context);
int command_edit(int argc, char **argv, const struct command_context *context);
int command_split(int argc, char **argv, const struct command_context *context);
int command_undo(int argc, char **argv, const struct command_context *context);
int command_discard(int argc, char **argv, const struct command_context *context);
int command_restore(int argc, char **argv, const struct command_context *context);
int command_lint(int argc, char **argv, const struct command_context *context);
int command_scan(int argc, char **argv, const struct command_context *context);
int command_check(int argc, char **argv, const struct command_context *context);
int command_hook(int argc, char **argv, const struct command_context *context);
int command_doctor(int argc, char **argv, const struct command_context *context);
int command_config(int argc, char **argv, const struct command_context *context);

/* Print "ddltap: <problem>" on standard error; the exit code that belongs to it. */
int command_fail(const struct problem *problem);

#endif
