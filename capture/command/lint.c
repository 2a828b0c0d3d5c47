/* lint: what could go wrong with the drafts in production.
 *
 *   #2  ALTER TABLE users
 *     error    lost-attribute   Column `note` of `users` lost NOT NULL.
 *                               Repeat every attribute of the column in MODIFY and CHANGE.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "command/drafts.h"
#include "command/linting.h"
#include "command/options.h"
#include "command/output.h"
#include "command/proof.h"
#include "ddltap/memory.h"
#include "lint/feature.h"

struct lint_call {
    bool json, strict, offline, rules;
    const char *on;
    struct selection selection;
};

static enum error select_drafts(const struct drafts *drafts, struct selection *selection,
                                bool **selected, struct problem *problem)
{
    *selected = memory_new(drafts->count + 1, sizeof **selected);
    enum error error = drafts_resolve(drafts, selection, problem);
    for (size_t i = 0; i < drafts->count; i++)
        (*selected)[i] = drafts_take(&drafts->drafts[i], selection);
    return error == ERROR_NONE ? drafts_check_met(selection, problem) : error;
}

/* Both parts or one of them may be had; what is missing is a note, but for the server that was asked for. */
static enum error lint_with_server(const struct project *project, struct journal *journal,
                                   const struct drafts *drafts, const bool *selected,
                                   const char *on, struct linting *linting, struct problem *problem)
{
    const struct proof_options options = {.on = on};
    struct proof proof;
    struct problem away = PROBLEM_INIT;
    bool proves = proof_open(project, journal, &options, &proof, &away) == ERROR_NONE;
    enum error error = !proves && on != NULL
                           ? problem_set(problem, away.code, "%s", away.text)
                           : linting_run(project, journal, drafts, selected, proof.control,
                                         proves ? &proof : NULL, linting, problem);
    if (error == ERROR_NONE && !proves)
        buffer_printf(&linting->notes, "Nothing was measured: %s\n", away.text);
    proof_close(&proof);
    return error;
}

static enum error lint(const struct project *project, struct lint_call *call,
                       struct linting *linting, struct problem *problem)
{
    struct journal *journal = NULL;
    struct drafts drafts = {.drafts = NULL};
    bool *selected = NULL;
    *linting = (struct linting){.drafts = NULL};
    enum error error = project_journal(project, &journal, problem);
    if (error == ERROR_NONE)
        error = drafts_read(project, journal, true, &drafts, problem);
    if (error == ERROR_NONE)
        error = select_drafts(&drafts, &call->selection, &selected, problem);
    if (error == ERROR_NONE && (call->offline || drafts.count == 0))
        error = linting_run(project, journal, &drafts, selected, NULL, NULL, linting, problem);
    else if (error == ERROR_NONE)
        error = lint_with_server(project, journal, &drafts, selected, call->on, linting, problem);
    journal_close(journal);
    free(selected);
    drafts_release(&drafts);
    return error;
}

static void print(const struct linting *linting, bool json)
{
    size_t errors = linting_open(linting, RULE_ERROR),
           warnings = linting_open(linting, RULE_WARNING);
    struct buffer out = BUFFER_INIT;
    if (json) {
        output_json(linting_json(linting));
        return;
    }
    linting_write(linting, &out);
    buffer_printf(&out, "%zu draft%s: %zu error%s, %zu warning%s.\n", linting->count,
                  linting->count == 1 ? "" : "s", errors, errors == 1 ? "" : "s", warnings,
                  warnings == 1 ? "" : "s");
    if (errors + warnings > 0)
        buffer_append_text(&out, "A line \"-- lint:ok CODE reason\" in a draft's file acknowledges "
                                 "what is meant.\n");
    output_page(&out);
    buffer_release(&out);
}

static int print_rules(void)
{
    struct buffer out = BUFFER_INIT;
    rule_write_markdown(&out);
    buffer_append_char(&out, '\n');
    feature_write_markdown(&out);
    output_page(&out);
    buffer_release(&out);
    return EXIT_DONE;
}

static int run(const struct project *project, struct lint_call *call)
{
    struct linting linting;
    struct problem problem = PROBLEM_INIT;
    int code = EXIT_DONE;
    if (lint(project, call, &linting, &problem) != ERROR_NONE) {
        code = command_fail(&problem);
    } else {
        print(&linting, call->json);
        if (linting_open(&linting, RULE_ERROR) > 0 ||
            (call->strict && linting_open(&linting, RULE_WARNING) > 0))
            code = EXIT_ANSWER_NO;
    }
    linting_release(&linting);
    return code;
}

int command_lint(int argc, char **argv, const struct command_context *context)
{
    struct lint_call call = {.on = NULL};
    const struct option_entry entries[] = {
        OPTION_FLAG('\0', "strict", "exit code 1 for warnings too", &call.strict),
        OPTION_FLAG('\0', "offline", "look at texts and images alone: ask no server",
                    &call.offline),
        OPTION_TEXT('\0', "on", "URL",
                    "measure on another server, such as one of production's version", &call.on),
        OPTION_FLAG('\0', "rules", "print the rules, and what servers lack, as Markdown",
                    &call.rules),
        OPTION_FLAG('\0', "json", "print JSON", &call.json),
    };
    const struct option_usage usage = {
        "ddltap lint [--strict] [--offline | --on URL] [--json] [ID | ID..ID | NAME ...]",
        "Say what could go wrong with the drafts, or those named, in production: what is lost, "
        "what "
        "rows must be\nlike, what locks, what another server or account refuses. Exit code 1: "
        "there "
        "is an error that no draft\nacknowledges by a line \"-- lint:ok CODE reason\".",
        entries, sizeof entries / sizeof entries[0]};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (call.rules)
        return print_rules();
    code = selection_parse(argc, argv, operand, &call.selection);
    if (code >= 0)
        return code;
    if (call.offline && call.on != NULL)
        return options_wrong(argv[0],
                             "--offline asks no server, --on names one: take one of them.");
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    code = run(&project, &call);
    project_release(&project);
    return code;
}
