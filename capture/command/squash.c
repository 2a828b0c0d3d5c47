/* squash: see squash.h. */
#include "command/squash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/drafts.h"
#include "command/netting.h"
#include "command/options.h"
#include "command/proof.h"
#include "command/report.h"
#include "ddltap/memory.h"
#include "draft/composition.h"

struct squashing {
    const struct project *project;
    struct journal *journal;
    struct drafts drafts; /* those to be squashed */
    struct drafts before; /* pending drafts ahead of the last of them that stay */
    struct netting netting;
    struct buffer text; /* the new file */
};

/* --- which ones --------------------------------------------------------------------------------- */

static enum error check(const struct drafts *drafts, struct problem *problem)
{
    if (drafts->count < 2)
        return problem_set(problem, ERROR_USAGE,
                           "There are %zu drafts in this selection; two or more can be squashed.",
                           drafts->count);
    for (size_t i = 0; i < drafts->count; i++) {
        enum error error = drafts_check_file(&drafts->drafts[i], problem);
        if (error != ERROR_NONE)
            return error;
        if (drafts->drafts[i].condition == DRAFT_EDITED)
            return problem_set(
                problem, ERROR_UNSUPPORTED,
                "The draft of %s was edited, and the database is not at what it says: "
                "\"ddltap apply\" first.",
                drafts->drafts[i].label);
    }
    return ERROR_NONE;
}

/* Drafts behind the last one do not matter; of those before it, the ones that are not squashed stay. */
static enum error choose(struct squashing *squashing, struct selection *selection,
                         struct problem *problem)
{
    enum error error =
        drafts_read(squashing->project, squashing->journal, false, &squashing->drafts, problem);
    if (error == ERROR_NONE)
        error = drafts_select(&squashing->drafts, selection, problem);
    if (error == ERROR_NONE)
        error = check(&squashing->drafts, problem);
    if (error != ERROR_NONE)
        return error;
    const char *last = squashing->drafts.drafts[squashing->drafts.count - 1].name;
    error = drafts_read(squashing->project, squashing->journal, true, &squashing->before, problem);
    if (error == ERROR_NONE)
        drafts_keep_before(&squashing->before, last, &squashing->drafts);
    return error == ERROR_NONE ? drafts_check_files(&squashing->before, problem) : error;
}

/* --- the new draft ------------------------------------------------------------------------------ */

static void write_note(const struct drafts *drafts, struct buffer *out)
{
    buffer_append_text(out, "Net change of ");
    for (size_t i = 0; i < drafts->count; i++)
        buffer_printf(out, "%s%s",
                      i == 0                   ? ""
                      : i + 1 == drafts->count ? " and "
                                               : ", ",
                      drafts->drafts[i].label);
    buffer_append_char(out, '\n');
}

static bool write_text(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    struct squashing *squashing = argument;
    const struct netting *netting = &squashing->netting;
    struct buffer note = BUFFER_INIT;
    write_note(&squashing->drafts, &note);
    composition_write_sections(change, session, buffer_slice(&note), buffer_slice(&netting->up),
                               buffer_slice(&netting->down), buffer_slice(&netting->down_remarks),
                               &squashing->text);
    buffer_release(&note);
    return false;
}

static enum error make(struct squashing *squashing, struct problem *problem)
{
    const struct draft *last = &squashing->drafts.drafts[squashing->drafts.count - 1];
    const struct journal_filter filter = {.id = last->id};
    struct proof proof;
    enum error error =
        netting_read(&squashing->netting, squashing->journal, &squashing->drafts, problem);
    if (error != ERROR_NONE)
        return error;
    error = proof_open(squashing->project, squashing->journal, NULL, &proof, problem);
    if (error == ERROR_NONE)
        error = netting_prove(&squashing->netting, &proof, &squashing->before, problem);
    proof_close(&proof);
    if (error == ERROR_NONE)
        error = journal_read(squashing->journal, &filter, write_text, squashing, problem);
    return error;
}

/* --- marks -------------------------------------------------------------------------------------- */

static enum error mark(struct squashing *squashing, struct problem *problem)
{
    size_t count = squashing->drafts.count;
    struct journal_draft_mark *marks = memory_new(count, sizeof *marks);
    int64_t last = squashing->drafts.drafts[count - 1].id;
    for (size_t i = 0; i < count; i++) {
        const struct draft *draft = &squashing->drafts.drafts[i];
        bool is_last = i + 1 == count;
        marks[i] = (struct journal_draft_mark){.change_id = draft->id,
                                               .state = is_last ? DRAFT_PENDING : DRAFT_SQUASHED,
                                               .squashed_into = is_last ? 0 : last,
                                               .file_due = true};
        if (is_last)
            marks[i].squash_text = buffer_text(&squashing->text);
        else
            drafts_keep_text(draft, &marks[i]);
    }
    enum error error = journal_mark_drafts(squashing->journal, marks, count, problem);
    if (error == ERROR_NONE)
        error = project_drafts(squashing->project, squashing->journal, problem);
    free(marks);
    return error;
}

static void print(const struct squashing *squashing)
{
    size_t count = squashing->drafts.count;
    struct buffer out = BUFFER_INIT;
    printf("#%" PRId64 " now says what %zu drafts said:\n", squashing->drafts.drafts[count - 1].id,
           count);
    for (size_t i = 0; i < net_count(squashing->netting.net); i++)
        report_write_lines(net_change(squashing->netting.net, i), &out);
    if (out.len == 0)
        buffer_append_text(&out, "  nothing: they take each other back\n");
    fwrite(out.ptr, 1, out.len, stdout);
    buffer_release(&out);
}

enum error squash_make(const struct project *project, struct journal *journal,
                       struct selection *selection, struct problem *problem)
{
    struct squashing squashing = {.project = project, .journal = journal};
    netting_init(&squashing.netting, project->settings.definer == SETTINGS_DEFINER_KEEP);
    enum error error = choose(&squashing, selection, problem);
    if (error == ERROR_NONE)
        error = make(&squashing, problem);
    if (error == ERROR_NONE)
        error = mark(&squashing, problem);
    if (error == ERROR_NONE)
        print(&squashing);
    netting_release(&squashing.netting);
    drafts_release(&squashing.drafts);
    drafts_release(&squashing.before);
    buffer_release(&squashing.text);
    return error;
}

/* --- undo --------------------------------------------------------------------------------------- */

struct undoing {
    struct selection *selection;
    struct journal_draft_mark *marks;
    size_t count;
};

static void add_mark(struct undoing *undoing, int64_t id, bool forgets_squash)
{
    undoing->marks = memory_resize(undoing->marks, undoing->count + 1, sizeof *undoing->marks);
    undoing->marks[undoing->count++] = (struct journal_draft_mark){.change_id = id,
                                                                   .state = DRAFT_PENDING,
                                                                   .forgets_squash = forgets_squash,
                                                                   .file_due = true};
}

/* What has no file name was never a draft of its own: it stays where it is. */
static bool find_squashed(void *argument, const struct journal_change *change,
                          const struct journal_session *session)
{
    struct undoing *undoing = argument;
    (void)session;
    if (change->draft_name != NULL &&
        selection_take(undoing->selection, change->squashed_into, true))
        add_mark(undoing, change->id, false);
    return true;
}

enum error squash_undo(const struct project *project, struct journal *journal,
                       struct selection *selection, struct problem *problem)
{
    struct undoing undoing = {selection, NULL, 0};
    const struct journal_filter filter = {.draft_states = 1u << DRAFT_SQUASHED,
                                          .without_images = true};
    enum error error = drafts_resolve_changes(journal, 1u << DRAFT_PENDING, selection, problem);
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter, find_squashed, &undoing, problem);
    int64_t holder = selection->ranges[0].first;
    if (error == ERROR_NONE && undoing.count == 0)
        error = problem_set(problem, ERROR_NOT_FOUND, "Nothing was squashed into #%" PRId64 ".",
                            holder);
    add_mark(&undoing, holder, true);
    if (error == ERROR_NONE)
        error = journal_mark_drafts(journal, undoing.marks, undoing.count, problem);
    if (error == ERROR_NONE)
        error = project_drafts(project, journal, problem);
    if (error == ERROR_NONE)
        printf("%zu drafts are as they were before\n", undoing.count);
    free(undoing.marks);
    return error;
}

static int run(const struct command_context *context, struct selection *selection, bool undoes)
{
    struct project project;
    struct journal *journal = NULL;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    enum error error = project_journal_alone(&project, &journal, &problem);
    if (error == ERROR_NONE)
        error = (undoes ? squash_undo : squash_make)(&project, journal, selection, &problem);
    journal_close(journal);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}

int command_squash(int argc, char **argv, const struct command_context *context)
{
    bool undoes = false;
    const struct option_entry entries[] = {
        OPTION_FLAG('\0', "undo", "bring the drafts back that were squashed into ID", &undoes),
    };
    const struct option_usage usage = {"ddltap squash ID | ID..ID | NAME ... | --undo ID",
                                       "Make one draft of several, with their net change: renames "
                                       "stay renames, what came and went "
                                       "again is\nnothing. The result is proven in a scratch "
                                       "database before anything is replaced.",
                                       entries, 1};
    struct selection selection;
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code < 0)
        code = selection_parse(argc, argv, operand, &selection);
    if (code >= 0)
        return code;
    if (undoes && (selection.count != 1 || !selection.ranges[0].single))
        return options_wrong(argv[0], "--undo takes the number of one draft.");
    return run(context, &selection, undoes);
}
