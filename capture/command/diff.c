/* diff: what the pending drafts amount to; with --against, what another schema lacks.
 *
 *   users  + nickname varchar(64) after email
 *   > table nicks -> handles
 */
#include <inttypes.h>
#include <stdlib.h>

#include "command/against.h"
#include "command/command.h"
#include "command/netting.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/report.h"
#include "command/selection.h"
#include "command/view.h"

struct diffing {
    const struct project *project;
    struct selection *selection;
    struct report *report;
    struct netting netting;
    struct drafts pending;
};

static bool is_pending(const struct journal_change *change)
{
    return change->draft_state == DRAFT_PENDING || change->draft_state == DRAFT_DUE;
}

/* The difference is one of the database: what a file says otherwise is not in it. */
static void note_draft(const struct diffing *diffing, const struct journal_change *change,
                       const struct journal_session *session)
{
    struct buffer *notes = &diffing->report->notes;
    struct view view;
    view_fill(&view, diffing->project, change, session);
    if (view.edited)
        buffer_printf(notes,
                      "The draft of #%" PRId64 " was edited: this is what was done, not what the "
                      "file says.\n",
                      change->id);
    else if (view.way == VIEW_MISSING)
        buffer_printf(notes, "The draft of #%" PRId64 " is not in the work tree.\n", change->id);
    view_release(&view);
}

/* What was squashed into a draft goes with it. */
static bool found(void *argument, const struct journal_change *change,
                  const struct journal_session *session)
{
    struct diffing *diffing = argument;
    int64_t draft = drafts_holder(&diffing->pending, change->id);
    bool pending = is_pending(change) || (change->draft_state == DRAFT_SQUASHED &&
                                          drafts_find(&diffing->pending, draft) != NULL);
    if (change->state != CHANGE_DONE || !selection_take(diffing->selection, draft, pending))
        return true;
    netting_add(&diffing->netting, change);
    if (change->draft_state != DRAFT_SQUASHED)
        note_draft(diffing, change, session);
    return true;
}

static void find(struct diffing *diffing)
{
    const struct net *net = diffing->netting.net;
    struct report_sides sides = {.options = netting_options(&diffing->netting)};
    net_finish(diffing->netting.net);
    sides.before = net_before(net);
    sides.after = net_after(net);
    sides.renames = net_renames(net, &sides.rename_count);
    for (size_t i = 0; i < net_count(net); i++)
        report_add(diffing->report, net_change(net, i));
    buffer_append_slice(&diffing->report->notes, net_problems(net));
    diffing->report->incomplete = !net_complete(net);
    report_find(diffing->report, &sides);
}

static enum error check_met(const struct selection *selection, struct problem *problem)
{
    const struct selection_range *unmet = selection_unmet(selection);
    if (unmet == NULL || !unmet->single)
        return drafts_check_met(selection, problem);
    return problem_set(problem, ERROR_NOT_FOUND,
                       "#%" PRId64 " is no change of the schema. \"ddltap list --all\" shows "
                       "what the journal has.",
                       unmet->first);
}

static void widen(struct journal_filter *filter, int64_t first, int64_t last)
{
    if (first <= filter->after)
        filter->after = first - 1;
    if (last > filter->last)
        filter->last = last;
}

/* A number means a change whatever became of it: between which lie those that are meant, with what was squashed
 * into them? All else means drafts. */
static struct journal_filter choose(const struct selection *selection, const struct drafts *pending)
{
    const unsigned drafts = 1u << DRAFT_DUE | 1u << DRAFT_PENDING | 1u << DRAFT_SQUASHED;
    struct journal_filter filter = {.after = INT64_MAX};
    bool by_number = false;
    int64_t first, last;
    for (size_t i = 0; i < selection->count; i++)
        by_number = by_number || selection->ranges[i].single;
    selection_bounds(selection, &first, &last);
    widen(&filter, first, last);
    for (size_t i = 0; i < pending->squashed_count; i++)
        widen(&filter, pending->squashed[i].id, pending->squashed[i].id);
    return by_number ? filter : (struct journal_filter){.draft_states = drafts};
}

static enum error find_in_drafts(const struct project *project, struct selection *selection,
                                 struct report *report, struct problem *problem)
{
    struct diffing diffing = {.project = project, .selection = selection, .report = report};
    struct journal *journal = NULL;
    netting_init(&diffing.netting, project->settings.definer == SETTINGS_DEFINER_KEEP);
    enum error error = project_journal(project, &journal, problem);
    if (error == ERROR_NONE)
        error = drafts_read(project, journal, false, &diffing.pending, problem);
    if (error == ERROR_NONE)
        error = drafts_resolve(&diffing.pending, selection, problem);
    const struct journal_filter filter = choose(selection, &diffing.pending);
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter, found, &diffing, problem);
    if (error == ERROR_NONE)
        error = check_met(selection, problem);
    if (error == ERROR_NONE && diffing.netting.count > 0)
        find(&diffing);
    journal_close(journal);
    netting_release(&diffing.netting);
    drafts_release(&diffing.pending);
    return error;
}

struct diff_options {
    bool json, sql, summary;
    const char *against;
};

static void print(const struct report *report, const struct diff_options *options)
{
    struct buffer text = BUFFER_INIT;
    if (options->json) {
        output_json(report_json(report));
        return;
    }
    if (options->sql)
        report_write_sql(report, &text);
    else
        report_write_text(report, options->summary, &text);
    if (!report->differs)
        fprintf(stderr, report->incomplete ? "No difference in what could be compared.\n"
                                           : "No difference.\n");
    (options->sql ? output_page_exact : output_page)(&text);
    buffer_release(&text);
}

static int diff(const struct project *project, const struct diff_options *options,
                struct selection *selection)
{
    struct report report;
    struct problem problem = PROBLEM_INIT;
    report_init(&report);
    enum error error = options->against != NULL
                           ? against_find(project, options->against, &report, &problem)
                           : find_in_drafts(project, selection, &report, &problem);
    int code = report.differs ? EXIT_ANSWER_NO : report.incomplete ? EXIT_UNABLE : EXIT_DONE;
    if (error == ERROR_NONE)
        print(&report, options);
    else
        code = command_fail(&problem);
    report_release(&report);
    return code;
}

int command_diff(int argc, char **argv, const struct command_context *context)
{
    struct diff_options options = {0};
    const struct option_entry entries[] = {
        OPTION_TEXT('\0', "against", "FILE|URL",
                    "compare with the dump of a schema (\"-\": standard input) or a server",
                    &options.against),
        OPTION_FLAG('\0', "sql", "print the statements there and back alone", &options.sql),
        OPTION_FLAG('s', "summary", "leave the definitions out", &options.summary),
        OPTION_FLAG('\0', "json", "print JSON", &options.json),
    };
    const struct option_usage usage = {
        "ddltap diff [--sql | --summary | --json] [--against FILE|URL | ID | ID..ID | NAME ...]",
        "Show what the pending drafts, or those named, amount to together; with --against, what\n"
        "another schema lacks that the development schema has. Exit code 1: there is a "
        "difference;\n"
        "3: there is none, but not all could be compared.",
        entries, 4};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (options.json + options.sql + options.summary > 1)
        return options_wrong(argv[0], "takes one of --json, --sql and --summary.");
    if (options.against != NULL && operand < argc)
        return options_wrong(argv[0], "takes drafts or --against, not both.");
    struct selection selection;
    code = selection_parse(argc, argv, operand, &selection);
    if (code >= 0)
        return code;
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    code = diff(&project, &options, &selection);
    project_release(&project);
    return code;
}
