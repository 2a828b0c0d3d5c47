/* edit: see edit.h. */
#include "command/edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/confirm.h"
#include "command/editor.h"
#include "command/options.h"
#include "command/output.h"
#include "command/selection.h"

static enum edit_outcome compare(const struct draft *draft, const char *text,
                                 const struct draft_file *file)
{
    /* Which comments are executable depends on the server. */
    static const struct dialect mysql = {.mariadb = false}, mariadb = {.mariadb = true};
    if (strcmp(text, draft->text) == 0)
        return EDIT_UNCHANGED;
    bool same = draft->condition != DRAFT_UNREADABLE &&
                draft_same_statements(&draft->file, file, &mysql) &&
                draft_same_statements(&draft->file, file, &mariadb);
    return same ? EDIT_COMMENTS : EDIT_CHANGED;
}

/* What the file is now. EDIT_BROKEN: why is in problem. */
static enum edit_outcome look(const struct project *project, const struct draft *draft,
                              struct problem *problem)
{
    struct draft_file file;
    char *text = draft_load(project->drafts, draft->name);
    enum edit_outcome outcome = EDIT_BROKEN;
    if (text == NULL)
        (void)problem_set(problem, ERROR_FILE, "it is gone");
    else if (draft_read_text(slice_from(text), &file, problem) == ERROR_NONE)
        outcome = compare(draft, text, &file);
    free(text);
    return outcome;
}

static bool wants_again(const struct draft *draft, const struct problem *why)
{
    struct buffer name = BUFFER_INIT;
    output_safe_line(&name, slice_from(draft->name));
    fprintf(stderr, "ddltap/drafts/%s is no draft any more: %s.\n", buffer_text(&name), why->text);
    buffer_release(&name);
    return isatty(STDIN_FILENO) && confirm_ask("Edit it again?", false);
}

static void say(const struct draft *draft, enum edit_outcome outcome)
{
    if (outcome == EDIT_UNCHANGED)
        printf("%s  is unchanged\n", draft->label);
    else if (outcome == EDIT_COMMENTS)
        printf("%s  changed in its comments; the statements are as they were\n", draft->label);
    else if (outcome == EDIT_CHANGED)
        printf("%s  changed; \"ddltap apply\" brings the database to it\n", draft->label);
}

enum error edit_draft(const struct project *project, const struct draft *draft,
                      enum edit_outcome *outcome, struct problem *problem)
{
    struct buffer path = BUFFER_INIT;
    struct problem why = PROBLEM_INIT;
    enum error error = ERROR_NONE;
    if (draft->text == NULL)
        return drafts_check_file(draft, problem);
    buffer_printf(&path, "%s/%s", project->drafts, draft->name);
    do {
        error = editor_run(buffer_text(&path), problem);
        *outcome = error == ERROR_NONE ? look(project, draft, &why) : EDIT_UNCHANGED;
    } while (*outcome == EDIT_BROKEN && wants_again(draft, &why));
    if (error == ERROR_NONE)
        say(draft, *outcome);
    buffer_release(&path);
    return error;
}

/* --- ddltap edit -------------------------------------------------------------------------------- */

static enum error edit(const struct project *project, struct selection *selection,
                       enum edit_outcome *outcome, struct problem *problem)
{
    struct journal *journal = NULL;
    struct drafts drafts = {.drafts = NULL};
    enum error error = project_journal(project, &journal, problem);
    if (error == ERROR_NONE)
        error = drafts_read(project, journal, true, &drafts, problem);
    if (error == ERROR_NONE)
        error = drafts_select(&drafts, selection, problem);
    /* The proxy writes its journal while the person edits. */
    journal_close(journal);
    if (error == ERROR_NONE)
        error = edit_draft(project, &drafts.drafts[0], outcome, problem);
    drafts_release(&drafts);
    return error;
}

int command_edit(int argc, char **argv, const struct command_context *context)
{
    const struct option_usage usage = {
        "ddltap edit ID | NAME",
        "Open the file of a draft in $VISUAL, $EDITOR or vi, and say what came of it. Exit code 1: "
        "it is no draft any more.",
        NULL, 0};
    struct selection selection;
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code < 0)
        code = selection_parse_one(argc, argv, operand, "draft", &selection);
    if (code >= 0)
        return code;
    struct project project;
    struct problem problem = PROBLEM_INIT;
    enum edit_outcome outcome = EDIT_UNCHANGED;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    enum error error = edit(&project, &selection, &outcome, &problem);
    project_release(&project);
    if (error != ERROR_NONE)
        return command_fail(&problem);
    return outcome == EDIT_BROKEN ? EXIT_ANSWER_NO : EXIT_DONE;
}
