/* hook: ddltap among the hooks of git.
 *
 *   hook install     pre-commit, pre-push and post-checkout
 *   hook run NAME    what they do
 *
 *       pre-commit      check, without a server
 *       pre-push        check
 *       post-checkout   of a branch: does the development database fit the migrations that it has?
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/checking.h"
#include "command/command.h"
#include "command/options.h"
#include "command/output.h"
#include "repo/git.h"
#include "repo/hooks.h"

struct hook_call {
    bool force, uninstall;
};

static int install(const struct project *project, const struct hook_call *call)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    struct buffer report = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    program[len < 0 ? 0 : len] = '\0';
    const struct hooks_options options = {project->root, program, call->force};
    enum error error = call->uninstall ? hooks_uninstall(&options, &report, &problem)
                                       : hooks_install(&options, &report, &problem);
    fputs(buffer_text(&report), stdout);
    if (error == ERROR_NONE && report.len == 0)
        fprintf(stderr, "There are no hooks of ddltap here.\n");
    buffer_release(&report);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}

/* `ddltap commit` runs git, which runs the hooks: what it commits is not committed yet. */
static bool is_own_commit(void)
{
    return getenv("DDLTAP_COMMITTING") != NULL;
}

static int run_check(const struct project *project, const char *name)
{
    struct checking checking;
    struct buffer out = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    int code = EXIT_DONE;
    if (is_own_commit())
        return EXIT_DONE;
    if (checking_make(project, strcmp(name, "pre-commit") == 0, &checking, &problem) !=
        ERROR_NONE) {
        code = command_fail(&problem);
    } else if (!checking_is_clean(&checking)) {
        checking_write(&checking, &out);
        fprintf(stderr, "%sgit %s --no-verify goes on all the same.\n", buffer_text(&out),
                strcmp(name, "pre-commit") == 0 ? "commit" : "push");
        code = EXIT_ANSWER_NO;
    }
    checking_release(&checking);
    buffer_release(&out);
    return code;
}

/* Says what is amiss, and stands in nobody's way: the checkout is done, and a server may be away. */
static int run_post_checkout(const struct project *project, char **arguments, int count)
{
    struct buffer out = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    bool branch = count < 3 || strcmp(arguments[2], "0") != 0;
    if (branch && checking_position(project, &out, &problem) == ERROR_NONE && out.len > 0)
        fprintf(stderr, "ddltap: %s", buffer_text(&out));
    buffer_release(&out);
    return EXIT_DONE;
}

static int run(const struct project *project, char **arguments, int count)
{
    const char *name = count == 0 ? "" : arguments[0];
    if (strcmp(name, "post-checkout") == 0)
        return run_post_checkout(project, arguments + 1, count - 1);
    if (strcmp(name, "pre-commit") == 0 || strcmp(name, "pre-push") == 0)
        return run_check(project, name);
    return options_wrong("hook", "\"%s\" is none of pre-commit, pre-push and post-checkout.", name);
}

static bool is_verb(const char *word)
{
    return strcmp(word, "install") == 0 || strcmp(word, "uninstall") == 0 ||
           strcmp(word, "run") == 0;
}

int command_hook(int argc, char **argv, const struct command_context *context)
{
    struct hook_call call = {.force = false};
    const struct option_entry entries[] = {
        OPTION_FLAG('\0', "force", "keep hooks that are there beside, and call them first",
                    &call.force),
        OPTION_FLAG('\0', "uninstall", "take the hooks away, and put back what was there",
                    &call.uninstall),
    };
    const struct option_usage usage = {
        "ddltap hook install [--force] [--uninstall] | uninstall | run NAME",
        "Have git ask ddltap: before a commit and a push, whether drafts or drift are not "
        "committed; "
        "after a branch\nwas checked out, whether the development database fits it. \"run\" is "
        "what "
        "the hooks call.",
        entries, 2};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    const char *verb = operand < argc ? argv[operand++] : "";
    bool runs = strcmp(verb, "run") == 0;
    if (!is_verb(verb) || (!runs && operand < argc))
        return options_wrong(argv[0], "write install, uninstall or run NAME.");
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (runs)
        git_forget_hook();
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    call.uninstall = call.uninstall || strcmp(verb, "uninstall") == 0;
    code = runs ? run(&project, argv + operand, argc - operand) : install(&project, &call);
    project_release(&project);
    return code;
}
