/* list: the drafts, one a line.
 *
 *   #1   2 min ago   MySQLWorkbench   ALTER TABLE users   + nickname varchar(64)   reversible
 */
#include <stdio.h>
#include <stdlib.h>

#include "command/columns.h"
#include "command/command.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/view.h"
#include "ddltap/memory.h"

struct listing {
    const struct project *project;
    struct columns columns;
    json_t *json; /* NULL: a table is wanted */
};

static char *copy_id(int64_t id)
{
    struct buffer text = BUFFER_INIT;
    buffer_printf(&text, "#%lld", (long long)id);
    return buffer_detach(&text);
}

static void add_row(struct columns *columns, const struct view *view)
{
    struct buffer ago = BUFFER_INIT;
    struct columns_row *row = columns_add(columns);
    output_ago(&ago, view->at);
    row->cells[0] = copy_id(view->id);
    row->colours[0] = OUTPUT_BOLD;
    row->cells[1] = buffer_detach(&ago);
    row->cells[2] = memory_copy_text(view->tool);
    row->cells[3] = memory_copy_text(view->title);
    row->cells[4] = memory_copy_text(view->effect);
    row->cells[5] = memory_copy_text(view_verdict(view, &row->colours[5]));
}

static bool found(void *argument, const struct journal_change *change,
                  const struct journal_session *session)
{
    struct listing *listing = argument;
    struct view view;
    view_fill(&view, listing->project, change, session);
    if (listing->json != NULL)
        json_array_append_new(listing->json, view_json(&view));
    else
        add_row(&listing->columns, &view);
    view_release(&view);
    return true;
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
    struct journal *journal = NULL;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct listing listing = {&project, COLUMNS_INIT, json ? json_array() : NULL};
    const struct journal_filter filter = {
        .draft_states = all ? 0 : 1u << DRAFT_DUE | 1u << DRAFT_PENDING,
    };
    enum error error = project_journal(&project, &journal, &problem);
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter, found, &listing, &problem);
    if (error == ERROR_NONE) {
        print(&listing);
    } else {
        json_decref(listing.json);
        columns_release(&listing.columns);
    }
    journal_close(journal);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
