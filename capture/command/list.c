/* list: the drafts, one a line.
 *
 *   #1                2 min ago   MySQLWorkbench   ALTER TABLE users     + nickname varchar(64)   reversible
 *   #4 (with #2, #3)  1 min ago   MySQLWorkbench   CREATE TABLE badges                            reversible
 */
#include <inttypes.h>
#include <stdio.h>

#include "command/columns.h"
#include "command/command.h"
#include "command/drafts.h"
#include "command/netting.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/view.h"
#include "ddltap/memory.h"

struct listing {
    const struct project *project;
    struct journal *journal;
    struct drafts others; /* squashed, and of somebody else */
    struct columns columns;
    json_t *json; /* NULL: a table is wanted */
};

/* "#4 (with #1, #2)" */
static char *copy_label(const struct listing *listing, int64_t id)
{
    struct buffer text = BUFFER_INIT;
    buffer_printf(&text, "#%" PRId64, id);
    drafts_write_members(&listing->others, id, &text);
    return buffer_detach(&text);
}

static char *copy_verdict(const struct listing *listing, const struct view *view,
                          enum output_colour *colour)
{
    struct buffer text = BUFFER_INIT;
    const char *verdict = view_verdict(view, colour);
    if (view->draft_state == DRAFT_SQUASHED)
        buffer_printf(&text, "in #%" PRId64, drafts_holder(&listing->others, view->id));
    else
        buffer_append_text(&text, verdict);
    return buffer_detach(&text);
}

static void add_row(struct listing *listing, const struct view *view)
{
    struct buffer ago = BUFFER_INIT;
    struct columns_row *row = columns_add(&listing->columns);
    output_ago(&ago, view->at);
    row->cells[0] = copy_label(listing, view->id);
    row->colours[0] = OUTPUT_BOLD;
    row->cells[1] = buffer_detach(&ago);
    row->cells[2] = memory_copy_text(view->tool);
    row->cells[3] = memory_copy_text(view->title);
    row->cells[4] = memory_copy_text(view->effect);
    row->cells[5] = copy_verdict(listing, view, &row->colours[5]);
}

/* What the drafts come to that are squashed into it; its own change where that is not known. */
static void take_net(const struct listing *listing, struct view *view)
{
    struct netting netting;
    struct problem incomplete = PROBLEM_INIT;
    bool keep_definer = listing->project->settings.definer == SETTINGS_DEFINER_KEEP;
    netting_init(&netting, keep_definer);
    if (netting_read_one(&netting, listing->journal, &listing->others, view->id, &incomplete) ==
        ERROR_NONE)
        view_take_net(view, netting.net);
    netting_release(&netting);
}

static bool found(void *argument, const struct journal_change *change,
                  const struct journal_session *session)
{
    struct listing *listing = argument;
    struct view view;
    view_fill(&view, listing->project, change, session);
    if (view.has_squashed && view.draft_state == DRAFT_PENDING)
        take_net(listing, &view);
    if (listing->json != NULL)
        json_array_append_new(listing->json, view_json(&view));
    else
        add_row(listing, &view);
    view_release(&view);
    return true;
}

static char *copy_safe(struct slice text)
{
    struct buffer out = BUFFER_INIT;
    output_safe_line(&out, text);
    return buffer_detach(&out);
}

static void add_foreign_row(struct columns *columns, const struct draft *draft)
{
    struct columns_row *row = columns_add(columns);
    struct buffer ago = BUFFER_INIT;
    bool unreadable = draft->condition == DRAFT_UNREADABLE;
    if (draft->at != 0)
        output_ago(&ago, draft->at);
    row->cells[0] = memory_copy_text("-");
    row->cells[1] = buffer_detach(&ago);
    row->cells[2] = copy_safe(draft_captured_field(draft->file.header, 1));
    row->cells[3] = memory_copy_text(draft->title);
    row->cells[4] = copy_safe(slice_from(draft->name));
    row->cells[5] =
        memory_copy_text(unreadable ? "file unreadable" : "\"ddltap apply\" runs it here");
    row->colours[5] = unreadable ? OUTPUT_RED : OUTPUT_YELLOW;
}

static void add_foreign(struct listing *listing)
{
    for (size_t i = 0; i < listing->others.count; i++) {
        const struct draft *draft = &listing->others.drafts[i];
        if (listing->json != NULL)
            json_array_append_new(listing->json, drafts_json(draft, false));
        else
            add_foreign_row(&listing->columns, draft);
    }
}

static void print(struct listing *listing)
{
    struct buffer text = BUFFER_INIT;
    if (listing->json != NULL) {
        output_json(listing->json);
        return;
    }
    if (listing->columns.count == 0)
        fprintf(stderr, "No drafts.\n");
    columns_write(&listing->columns, &text);
    output_page(&text);
    buffer_release(&text);
    columns_release(&listing->columns);
}

static enum error list(struct listing *listing, const struct journal_filter *filter,
                       struct problem *problem)
{
    enum error error = project_journal(listing->project, &listing->journal, problem);
    if (error == ERROR_NONE)
        error = drafts_read_others(listing->project, listing->journal, &listing->others, problem);
    if (error == ERROR_NONE)
        error = journal_read(listing->journal, filter, found, listing, problem);
    if (error == ERROR_NONE)
        add_foreign(listing);
    journal_close(listing->journal);
    drafts_release(&listing->others);
    return error;
}

int command_list(int argc, char **argv, const struct command_context *context)
{
    bool all = false, json = false;
    const struct option_entry entries[] = {
        OPTION_FLAG('a', "all", "every recorded change, not only those with a pending draft", &all),
        OPTION_FLAG('\0', "json", "print JSON", &json),
    };
    const struct option_usage usage = {
        "ddltap list [--all] [--json]",
        "List the drafts: number, age, tool, what was done, its effect, and whether there is a way "
        "back.",
        entries, 2};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (operand < argc)
        return options_wrong(argv[0], "takes no argument such as \"%s\".", argv[operand]);

    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct listing listing = {.project = &project, .json = json ? json_array() : NULL};
    const struct journal_filter filter = {
        .draft_states = all ? 0 : 1u << DRAFT_DUE | 1u << DRAFT_PENDING,
    };
    enum error error = list(&listing, &filter, &problem);
    if (error == ERROR_NONE) {
        print(&listing);
    } else {
        json_decref(listing.json);
        columns_release(&listing.columns);
    }
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
