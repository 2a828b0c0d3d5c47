/* check: for continuous integration and git hooks: is anything not committed?
 *
 *   2 drafts are not committed:
 *     #1  ALTER TABLE users  ddltap/drafts/20261122T101500Z_0001_alter_users.sql
 *     ddltap/drafts/20261122T101700Z_0004_create_badges.sql  (git tracks it)
 */
#include <stdio.h>

#include "command/checking.h"
#include "command/command.h"
#include "command/options.h"
#include "command/output.h"

static void print(const struct checking *checking, bool json)
{
    struct buffer out = BUFFER_INIT;
    if (json) {
        output_json(checking_json(checking));
        return;
    }
    checking_write(checking, &out);
    output_page(&out);
    buffer_release(&out);
    fflush(stdout);
    fprintf(stderr, "%s%s", checking_is_clean(checking) ? "Nothing to commit.\n" : "",
            buffer_text(&checking->notes));
}

int command_check(int argc, char **argv, const struct command_context *context)
{
    bool json = false, offline = false;
    const struct option_entry entries[] = {
        OPTION_FLAG('\0', "offline", "look at files and journal alone: ask no server", &offline),
        OPTION_FLAG('\0', "json", "print JSON", &json),
    };
    const struct option_usage usage = {
        "ddltap check [--offline] [--json]",
        "Exit code 1, with a list, when drafts or changes of the schema are not committed, or "
        "migrations do not fit\ntogether. Works in a clone that has neither journal nor database.",
        entries, 2};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (operand < argc)
        return options_wrong(argv[0], "takes no argument such as \"%s\".", argv[operand]);
    struct project project;
    struct checking checking;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    if (checking_make(&project, offline, &checking, &problem) != ERROR_NONE) {
        code = command_fail(&problem);
    } else {
        print(&checking, json);
        code = checking_is_clean(&checking) ? EXIT_DONE : EXIT_ANSWER_NO;
    }
    checking_release(&checking);
    project_release(&project);
    return code;
}
