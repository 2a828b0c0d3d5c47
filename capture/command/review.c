/* review: one draft after the other, and what becomes of each.
 *
 *     #3  ALTER TABLE users   (2 of 5)
 *       1 min ago, MySQLWorkbench, root@127.0.0.1, reversible
 *       users  ~ nick -> handle
 *     Up
 *         ALTER TABLE `users` CHANGE ...
 *     Down
 *         ALTER TABLE `users` CHANGE ...
 *     [k]eep, [d]iscard, [e]dit, [s]quash with #2, [u]ndo, [m]ore, [b]ack, [q]uit, [?]
 *
 * Each decision is done when it is made, by what the command of that name does: whoever leaves, leaves
 * everything as decided so far.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/card.h"
#include "command/command.h"
#include "command/drafts.h"
#include "command/edit.h"
#include "command/keys.h"
#include "command/options.h"
#include "command/output.h"
#include "command/setaside.h"
#include "command/squash.h"
#include "command/undo.h"
#include "ddltap/memory.h"

enum decision {
    DECISION_OPEN,
    DECISION_KEPT,
    DECISION_DISCARDED,
    DECISION_SQUASHED,
    DECISION_UNDONE,
    DECISION_COUNT
};

/* A draft that is gone through. */
struct station {
    char *name; /* of its file */
    enum decision decision;
    bool edited;
};

struct review {
    const struct project *project;
    struct journal *journal;
    struct keys keys;
    struct drafts drafts; /* pending now */
    struct station *stations;
    size_t count, at;
    const struct draft *draft;    /* of the station */
    const struct draft *previous; /* that it can be squashed with; NULL */
    bool shown, leaves;
};

/* --- where it is -------------------------------------------------------------------------------- */

static enum error read_drafts(struct review *review, struct problem *problem)
{
    drafts_release(&review->drafts);
    return drafts_read(review->project, review->journal, true, &review->drafts, problem);
}

static const struct draft *find_named(const struct review *review, const char *name)
{
    for (size_t i = 0; i < review->drafts.count; i++) {
        if (strcmp(review->drafts.drafts[i].name, name) == 0)
            return &review->drafts.drafts[i];
    }
    return NULL;
}

/* The draft ahead of it, as the files stand. */
static const struct draft *find_previous(const struct review *review)
{
    const struct draft *previous = NULL;
    for (size_t i = 0; i < review->drafts.count; i++) {
        const struct draft *draft = &review->drafts.drafts[i];
        if (draft == review->draft)
            return review->draft->id == 0 ? NULL : previous;
        if (draft->id != 0)
            previous = draft;
    }
    return NULL;
}

/* The station at or behind the one where it stands whose draft is there. */
static void arrive(struct review *review)
{
    review->draft = NULL;
    while (review->at < review->count && review->draft == NULL) {
        review->draft = find_named(review, review->stations[review->at].name);
        review->at += review->draft == NULL;
    }
    review->previous = review->draft == NULL ? NULL : find_previous(review);
}

/* The nearest station before it whose draft is there. */
static bool find_back(const struct review *review, size_t *at)
{
    for (size_t i = review->at; i-- > 0;) {
        if (find_named(review, review->stations[i].name) != NULL) {
            *at = i;
            return true;
        }
    }
    return false;
}

static void go(struct review *review, size_t at)
{
    review->at = at;
    review->shown = false;
}

/* --- what it shows ------------------------------------------------------------------------------ */

static void write_place(const struct review *review, struct buffer *out)
{
    buffer_printf(out, "   (%zu of %zu)", review->at + 1, review->count);
}

static void write_who(const struct card *card, struct buffer *out)
{
    enum output_colour colour;
    const char *verdict = view_verdict(&card->view, &colour);
    buffer_append_text(out, "  ");
    output_ago(out, card->view.at);
    buffer_printf(out, ", %s, %s, ", card->view.tool, card->view.account);
    output_coloured(out, colour, verdict);
    buffer_append_char(out, '\n');
}

static void show_card(void *argument, const struct card *card)
{
    const struct review *review = argument;
    struct buffer out = BUFFER_INIT, title = BUFFER_INIT;
    buffer_printf(&title, "#%" PRId64, card->view.id);
    drafts_write_members(card->drafts, card->view.id, &title);
    buffer_printf(&title, "  %s", card->view.title);
    write_place(review, &title);
    buffer_append_char(&out, '\n');
    output_coloured(&out, OUTPUT_BOLD, buffer_text(&title));
    buffer_append_char(&out, '\n');
    write_who(card, &out);
    card_write_lines(card, &out);
    card_write_draft(card, &out);
    fwrite(out.ptr, 1, out.len, stdout);
    buffer_release(&out);
    buffer_release(&title);
}

static void show_images(void *argument, const struct card *card)
{
    struct buffer out = BUFFER_INIT;
    (void)argument;
    card_write_images(card, &out);
    if (out.len == 0)
        buffer_append_text(&out, "The definitions are not known.\n");
    output_page(&out);
    buffer_release(&out);
}

static enum error show(struct review *review, struct problem *problem)
{
    if (review->draft->id != 0)
        return card_read(review->project, review->journal, &review->drafts, review->draft->id,
                         show_card, review, problem);
    struct buffer out = BUFFER_INIT;
    buffer_append_char(&out, '\n');
    card_write_foreign(review->draft, &out);
    fwrite(out.ptr, 1, out.len, stdout);
    buffer_release(&out);
    return ERROR_NONE;
}

static void ask(const struct review *review)
{
    struct buffer text = BUFFER_INIT, out = BUFFER_INIT;
    size_t back;
    bool own = review->draft->id != 0;
    buffer_append_text(&text, own ? "[k]eep, [d]iscard, [e]dit, " : "[k]eep, [e]dit, ");
    if (review->previous != NULL)
        buffer_printf(&text, "[s]quash with %s, ", review->previous->label);
    buffer_append_text(&text, own ? "[u]ndo, [m]ore, " : "");
    buffer_append_text(&text, find_back(review, &back) ? "[b]ack, " : "");
    buffer_append_text(&text, "[q]uit, [?] ");
    output_coloured(&out, OUTPUT_BOLD, buffer_text(&text));
    fwrite(out.ptr, 1, out.len, stdout);
    buffer_release(&text);
    buffer_release(&out);
}

static void explain(void)
{
    fputs(
        "  k  keep the draft as it is, and go on\n"
        "  d  set it aside; the database still has the change (\"ddltap restore\" brings it back)\n"
        "  e  edit its file\n"
        "  s  make one draft of it and the one before it, with their net change\n"
        "  u  take the change back in the database, through its way back\n"
        "  m  show the definitions before and after, as a unified diff\n"
        "  b  go back to the draft before\n"
        "  q  leave; what was decided stays decided\n",
        stdout);
}

/* --- decisions ---------------------------------------------------------------------------------- */

static void decide(struct review *review, const char *name, enum decision decision)
{
    for (size_t i = 0; i < review->count; i++) {
        if (strcmp(review->stations[i].name, name) == 0)
            review->stations[i].decision = decision;
    }
}

static void keep(struct review *review)
{
    decide(review, review->draft->name, DECISION_KEPT);
    go(review, review->at + 1);
}

static enum error discard(struct review *review, struct problem *problem)
{
    struct selection selection = {.count = 0};
    selection_add(&selection, review->draft->id);
    enum error error = setaside_discard(review->project, review->journal, &selection, problem);
    if (error == ERROR_NONE) {
        decide(review, review->draft->name, DECISION_DISCARDED);
        go(review, review->at + 1);
    }
    return error;
}

static enum error edit(struct review *review, struct problem *problem)
{
    enum edit_outcome outcome = EDIT_UNCHANGED;
    enum error error = edit_draft(review->project, review->draft, &outcome, problem);
    review->stations[review->at].edited |= error == ERROR_NONE && outcome != EDIT_UNCHANGED;
    review->shown &= outcome == EDIT_UNCHANGED;
    return error;
}

static enum error squash(struct review *review, struct problem *problem)
{
    struct selection selection = {.count = 0};
    selection_add(&selection, review->previous->id);
    selection_add(&selection, review->draft->id);
    printf("Proving what they come to...\n");
    fflush(stdout);
    enum error error = squash_make(review->project, review->journal, &selection, problem);
    if (error == ERROR_NONE) {
        decide(review, review->previous->name, DECISION_SQUASHED);
        review->shown = false;
    }
    return error;
}

static enum error undo(struct review *review, struct problem *problem)
{
    const struct undo_options options = {.yes = false, .prove = true};
    struct selection selection = {.count = 0};
    bool declined = false;
    selection_add(&selection, review->draft->id);
    printf("Proving its way back...\n");
    fflush(stdout);
    enum error error =
        undo_draft(review->project, review->journal, &selection, &options, &declined, problem);
    if (error == ERROR_NONE && !declined) {
        decide(review, review->draft->name, DECISION_UNDONE);
        go(review, review->at + 1);
    }
    return error;
}

static void back(struct review *review)
{
    size_t at;
    if (find_back(review, &at))
        go(review, at);
    else
        printf("This is the first one.\n");
}

static enum error act_own(struct review *review, int key, struct problem *problem)
{
    switch (key) {
    case 'd':
        return discard(review, problem);
    case 's':
        if (review->previous != NULL)
            return squash(review, problem);
        printf("There is no draft before it.\n");
        return ERROR_NONE;
    case 'u':
        return undo(review, problem);
    case 'm':
        return card_read(review->project, review->journal, &review->drafts, review->draft->id,
                         show_images, NULL, problem);
    default:
        explain();
        return ERROR_NONE;
    }
}

static enum error act(struct review *review, int key, struct problem *problem)
{
    switch (key) {
    case 'k':
        keep(review);
        return ERROR_NONE;
    case 'e':
        return edit(review, problem);
    case 'b':
        back(review);
        return ERROR_NONE;
    case 'q':
    case KEYS_END:
        review->leaves = true;
        return ERROR_NONE;
    default:
        if (review->draft->id != 0)
            return act_own(review, key, problem);
        explain();
        return ERROR_NONE;
    }
}

/* --- all of them -------------------------------------------------------------------------------- */

static void summarise(const struct review *review)
{
    static const char *const words[DECISION_COUNT] = {
        [DECISION_OPEN] = "undecided",      [DECISION_KEPT] = "kept",
        [DECISION_DISCARDED] = "set aside", [DECISION_SQUASHED] = "squashed into the next",
        [DECISION_UNDONE] = "undone",
    };
    size_t counts[DECISION_COUNT] = {0}, edited = 0;
    const char *separator = "\n";
    for (size_t i = 0; i < review->count; i++) {
        counts[review->stations[i].decision]++;
        edited += review->stations[i].edited;
    }
    for (size_t n = 1; n <= DECISION_COUNT; n++) {
        size_t i = n % DECISION_COUNT; /* the open ones last */
        if (counts[i] == 0)
            continue;
        printf("%s%zu %s", separator, counts[i], words[i]);
        separator = ", ";
    }
    if (edited > 0)
        printf("; %zu edited: \"ddltap apply\" brings the database to what changed", edited);
    printf(".\n");
}

/* One answer. What could not be done is said, and asked again. */
static enum error step(struct review *review, struct problem *problem)
{
    struct problem own = PROBLEM_INIT;
    if (!review->shown) {
        enum error error = show(review, problem);
        if (error != ERROR_NONE)
            return error;
        review->shown = true;
    }
    printf("\n");
    ask(review);
    int key = keys_read(&review->keys);
    if (act(review, key, &own) != ERROR_NONE)
        (void)command_fail(&own);
    review->leaves |= keys_interrupted();
    return ERROR_NONE;
}

static enum error plan(struct review *review, struct selection *selection, struct problem *problem)
{
    enum error error = read_drafts(review, problem);
    if (error == ERROR_NONE)
        error = drafts_select(&review->drafts, selection, problem);
    if (error != ERROR_NONE)
        return error;
    review->count = review->drafts.count;
    review->stations = memory_new(review->count + 1, sizeof *review->stations);
    for (size_t i = 0; i < review->count; i++)
        review->stations[i].name = memory_copy_text(review->drafts.drafts[i].name);
    return ERROR_NONE;
}

static enum error go_through(struct review *review, struct problem *problem)
{
    enum error error = ERROR_NONE;
    keys_open(&review->keys);
    while (error == ERROR_NONE && !review->leaves) {
        error = read_drafts(review, problem);
        if (error == ERROR_NONE)
            arrive(review);
        if (error != ERROR_NONE || review->draft == NULL)
            break;
        error = step(review, problem);
    }
    keys_close(&review->keys);
    summarise(review);
    return error;
}

static void review_release(struct review *review)
{
    for (size_t i = 0; i < review->count; i++)
        free(review->stations[i].name);
    free(review->stations);
    drafts_release(&review->drafts);
    journal_close(review->journal);
}

static enum error run(const struct project *project, struct selection *selection,
                      struct problem *problem)
{
    struct review review = {.project = project};
    enum error error = project_journal_alone(project, &review.journal, problem);
    if (error == ERROR_NONE)
        error = plan(&review, selection, problem);
    if (error == ERROR_NONE && review.count == 0)
        fprintf(stderr, "No drafts.\n");
    else if (error == ERROR_NONE)
        error = go_through(&review, problem);
    review_release(&review);
    return error;
}

int command_review(int argc, char **argv, const struct command_context *context)
{
    const struct option_usage usage = {
        "ddltap review [ID | ID..ID | NAME ...]",
        "Go through the pending drafts, or those named, one after the other: keep, discard, edit, "
        "squash with the\none before, undo. Each decision is done when it is made.",
        NULL, 0};
    struct selection selection;
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code < 0)
        code = selection_parse(argc, argv, operand, &selection);
    if (code >= 0)
        return code;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return options_wrong(argv[0], "asks at a terminal, and this is none. \"ddltap list\", "
                                      "\"show\", \"discard\" and the like do it without one.");
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    enum error error = run(&project, &selection, &problem);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
