/* setaside: see setaside.h. */
#include "command/setaside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "command/drafts.h"
#include "command/options.h"
#include "command/project.h"
#include "command/selection.h"
#include "ddltap/memory.h"

struct marking {
    struct journal_draft_mark *marks;
    size_t count;
};

static struct journal_draft_mark *add_mark(struct marking *marking, int64_t id,
                                           enum draft_state state)
{
    marking->marks = memory_resize(marking->marks, marking->count + 1, sizeof *marking->marks);
    marking->marks[marking->count] =
        (struct journal_draft_mark){.change_id = id, .state = state, .file_due = true};
    return &marking->marks[marking->count++];
}

/* Mark them, and have the files made as the marks say. */
static enum error mark(const struct project *project, struct journal *journal,
                       const struct marking *marking, const char *word, struct problem *problem)
{
    enum error error = journal_mark_drafts(journal, marking->marks, marking->count, problem);
    if (error == ERROR_NONE)
        error = project_drafts(project, journal, problem);
    for (size_t i = 0; i < marking->count && error == ERROR_NONE; i++)
        printf("#%" PRId64 " %s\n", marking->marks[i].change_id, word);
    return error;
}

enum error setaside_discard(const struct project *project, struct journal *journal,
                            struct selection *selection, struct problem *problem)
{
    struct drafts drafts = {.drafts = NULL};
    struct marking marking = {NULL, 0};
    enum error error = drafts_read(project, journal, false, &drafts, problem);
    if (error == ERROR_NONE)
        error = drafts_select(&drafts, selection, problem);
    for (size_t i = 0; i < drafts.count && error == ERROR_NONE; i++) {
        const struct draft *draft = &drafts.drafts[i];
        if (draft->condition == DRAFT_UNREADABLE && draft->text == NULL)
            error = drafts_check_file(draft, problem); /* what it says would be lost */
        else
            drafts_keep_text(draft, add_mark(&marking, draft->id, DRAFT_DISCARDED));
    }
    if (error == ERROR_NONE)
        error = mark(project, journal, &marking,
                     "set aside; the database still has the change (\"ddltap restore\" brings the "
                     "draft back)",
                     problem);
    free(marking.marks);
    drafts_release(&drafts);
    return error;
}

struct restoring {
    struct selection *selection;
    struct marking marking;
};

static bool find_discarded(void *argument, const struct journal_change *change,
                           const struct journal_session *session)
{
    struct restoring *restoring = argument;
    (void)session;
    if (selection_take(restoring->selection, change->id, true))
        (void)add_mark(&restoring->marking, change->id, DRAFT_PENDING);
    return true;
}

static enum error restore(const struct project *project, struct journal *journal,
                          struct selection *selection, struct problem *problem)
{
    struct restoring restoring = {selection, {NULL, 0}};
    enum error error = drafts_resolve_changes(journal, 1u << DRAFT_DISCARDED, selection, problem);
    struct journal_filter filter = {.draft_states = 1u << DRAFT_DISCARDED, .without_images = true};
    selection_bounds(selection, &filter.after, &filter.last);
    filter.after--;
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter, find_discarded, &restoring, problem);
    const struct selection_range *unmet = selection_unmet(selection);
    if (error == ERROR_NONE && unmet != NULL)
        error =
            problem_set(problem, ERROR_NOT_FOUND,
                        "#%" PRId64 " is no draft that was set aside. \"ddltap list --all\" shows "
                        "what became of each.",
                        unmet->first);
    if (error == ERROR_NONE)
        error = mark(project, journal, &restoring.marking, "brought back", problem);
    free(restoring.marking.marks);
    return error;
}

static int run(int argc, char **argv, const struct command_context *context,
               const struct option_usage *usage,
               enum error (*act)(const struct project *, struct journal *, struct selection *,
                                 struct problem *))
{
    struct selection selection;
    int operand, code = options_parse(argc, argv, usage, &operand);
    if (code < 0)
        code = selection_parse(argc, argv, operand, &selection);
    if (code >= 0)
        return code;
    if (selection.count == 0)
        return options_wrong(argv[0], "needs the number of a draft.");
    struct project project;
    struct journal *journal = NULL;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    enum error error = project_journal_alone(&project, &journal, &problem);
    if (error == ERROR_NONE)
        error = act(&project, journal, &selection, &problem);
    journal_close(journal);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}

int command_discard(int argc, char **argv, const struct command_context *context)
{
    const struct option_usage usage = {
        "ddltap discard ID | ID..ID | NAME ...",
        "Set drafts aside: their files go, the journal keeps them. The database stays as it is.",
        NULL, 0};
    return run(argc, argv, context, &usage, setaside_discard);
}

int command_restore(int argc, char **argv, const struct command_context *context)
{
    const struct option_usage usage = {
        "ddltap restore ID | ID..ID | NAME ...",
        "Bring drafts back that were set aside, with their files as they were.", NULL, 0};
    return run(argc, argv, context, &usage, restore);
}
