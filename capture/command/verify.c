/* verify: prove the drafts by replaying them in a scratch database.
 *
 *   #1  ALTER TABLE users   up and down proven
 *   #2  CREATE VIEW rich    up and down proven   needs #1
 *
 *   The baseline and 2 drafts give today's schema; their ways back give the baseline.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command/columns.h"
#include "command/command.h"
#include "command/drafts.h"
#include "command/options.h"
#include "command/output.h"
#include "command/proof.h"
#include "ddltap/memory.h"

struct verification {
    struct proof proof;
    struct drafts drafts;
    bool *selected;
    struct proof_result *results;
    bool all;             /* every pending draft was selected */
    bool ran, back;       /* all ups, all downs */
    struct buffer beyond; /* objects of today's schema that the drafts do not give, a line each */
    struct buffer left;   /* those of the baseline that the ways back do not give */
    char *stuck;          /* which way back did not run after all drafts; or NULL */
};

static void show_progress(void *argument, size_t done, size_t total)
{
    (void)argument;
    if (total < 20 || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, done == total ? "\r                    \r" : "\r%zu of %zu drafts", done,
            total);
    fflush(stderr);
}

static enum error select_drafts(struct verification *verification, struct selection *selection,
                                struct problem *problem)
{
    struct drafts *drafts = &verification->drafts;
    verification->selected = memory_new(drafts->count + 1, sizeof *verification->selected);
    verification->results = memory_new(drafts->count + 1, sizeof *verification->results);
    verification->all = true;
    enum error error = drafts_resolve(drafts, selection, problem);
    for (size_t i = 0; i < drafts->count; i++) {
        verification->selected[i] = drafts_take(&drafts->drafts[i], selection);
        verification->all = verification->all && verification->selected[i];
    }
    if (error == ERROR_NONE)
        error = drafts_check_met(selection, problem);
    return error == ERROR_NONE ? drafts_check_files(drafts, problem) : error;
}

/* With all drafts: what they lead to, and back. */
static enum error prove_whole(struct verification *verification, struct problem *problem)
{
    struct proof *proof = &verification->proof;
    enum error error = ERROR_NONE;
    if (proof->compares)
        error = proof_compare(proof, &proof->live, &verification->beyond, problem);
    if (error == ERROR_NONE)
        error = proof_run_back(proof, &verification->drafts, &verification->back,
                               &verification->stuck, problem);
    if (error == ERROR_NONE && verification->back)
        error = proof_compare(proof, &proof->start, &verification->left, problem);
    return error;
}

static enum error prove(struct verification *verification, const struct project *project,
                        const struct proof_options *options, struct selection *selection,
                        struct problem *problem)
{
    struct journal *journal = NULL;
    struct proof *proof = &verification->proof;
    enum error error = project_journal(project, &journal, problem);
    if (error == ERROR_NONE)
        error = drafts_read(project, journal, true, &verification->drafts, problem);
    if (error == ERROR_NONE)
        error = select_drafts(verification, selection, problem);
    if (error == ERROR_NONE)
        error = proof_open(project, journal, options, proof, problem);
    journal_close(journal);
    proof->progress = show_progress;
    if (error == ERROR_NONE)
        error = proof_run(proof, &verification->drafts, verification->selected,
                          verification->results, &verification->ran, problem);
    if (error == ERROR_NONE && verification->ran && verification->all)
        error = prove_whole(verification, problem);
    return error;
}

static bool is_proven(const struct verification *verification)
{
    bool proven = verification->ran && verification->beyond.len == 0 && verification->left.len == 0;
    for (size_t i = 0; i < verification->drafts.count; i++)
        proven = proven &&
                 (!verification->selected[i] || verification->results[i].verdict == PROOF_PROVEN);
    return proven && (!verification->all || verification->back);
}

/* --- printing ----------------------------------------------------------------------------------- */

static void add_row(struct columns *columns, const struct draft *draft,
                    const struct proof_result *result)
{
    bool proven = result->verdict == PROOF_PROVEN;
    struct columns_row *row = columns_add(columns);
    struct buffer needs = BUFFER_INIT;
    row->cells[0] = memory_copy_text(draft->label);
    row->colours[0] = OUTPUT_BOLD;
    row->cells[1] = memory_copy_text(draft->title);
    row->cells[2] =
        memory_copy_text(proven ? "up and down proven" : proof_verdict_text(result->verdict));
    row->colours[2] = proven ? OUTPUT_GREEN
                      : result->verdict == PROOF_NO_WAY_BACK || result->verdict == PROOF_NOT_TRIED
                          ? OUTPUT_YELLOW
                          : OUTPUT_RED;
    if (result->depends != NULL)
        buffer_printf(&needs, "needs %s", result->depends);
    row->cells[3] = memory_copy_text(buffer_text(&needs));
    buffer_release(&needs);
}

static void write_reasons(const struct verification *verification, struct buffer *out)
{
    for (size_t i = 0; i < verification->drafts.count; i++) {
        const struct proof_result *result = &verification->results[i];
        if (result->why == NULL || !verification->selected[i])
            continue;
        buffer_printf(out, "\n%s: ", verification->drafts.drafts[i].label);
        output_safe(out, slice_from(result->why));
        buffer_append_char(out, '\n');
    }
}

static void write_objects(const char *title, const struct buffer *lines, struct buffer *out)
{
    if (lines->len == 0)
        return;
    buffer_printf(out, "\n%s\n", title);
    struct slice rest = slice_make(lines->ptr, lines->len);
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr) + 1;
        buffer_append_text(out, "  ");
        output_safe(out, slice_make(rest.ptr, len));
        rest = slice_from_offset(rest, len);
    }
}

static void write_verdict(const struct verification *verification, struct buffer *out)
{
    size_t count = verification->drafts.count;
    write_objects("Not as the baseline and the drafts give it (\"ddltap scan\" finds what never "
                  "passed the proxy; a draft that was set aside is still in the database):",
                  &verification->beyond, out);
    write_objects("Not as in the baseline after all ways back:", &verification->left, out);
    if (verification->stuck != NULL) {
        buffer_append_char(out, '\n');
        output_safe(out, slice_from(verification->stuck));
        buffer_append_char(out, '\n');
    }
    if (is_proven(verification) && verification->all)
        buffer_printf(
            out, "\nThe baseline and %zu draft%s give%s %s; %s way%s back give%s the baseline.\n",
            count, count == 1 ? "" : "s", count == 0 ? "s" : "",
            verification->proof.compares ? "today's schema" : "a schema there",
            count == 1 ? "its" : "their", count == 1 ? "" : "s", count == 1 ? "s" : "");
    write_objects("To know:", &verification->proof.notes, out);
}

static void print_text(const struct verification *verification)
{
    struct buffer out = BUFFER_INIT;
    struct columns columns = COLUMNS_INIT;
    for (size_t i = 0; i < verification->drafts.count; i++) {
        if (verification->selected[i])
            add_row(&columns, &verification->drafts.drafts[i], &verification->results[i]);
    }
    columns_write(&columns, &out);
    columns_release(&columns);
    write_reasons(verification, &out);
    write_verdict(verification, &out);
    output_page(&out);
    buffer_release(&out);
}

static json_t *json_lines(const struct buffer *lines)
{
    json_t *list = json_array();
    struct slice rest = slice_make(lines->ptr == NULL ? "" : lines->ptr, lines->len);
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
        json_array_append_new(list, output_json_text(slice_make(rest.ptr, len)));
        rest = slice_from_offset(rest, end == NULL ? len : len + 1);
    }
    return list;
}

static json_t *json_draft(const struct draft *draft, const struct proof_result *result)
{
    json_t *value = json_object();
    json_object_set_new(value, "id", draft->id == 0 ? json_null() : json_integer(draft->id));
    json_object_set_new(value, "draft", output_json_text(slice_from(draft->name)));
    json_object_set_new(value, "verdict", json_string(proof_verdict_text(result->verdict)));
    json_object_set_new(value, "why", output_json_text(slice_from(result->why)));
    json_object_set_new(value, "needs", output_json_text(slice_from(result->depends)));
    return value;
}

static void print_json(const struct verification *verification)
{
    json_t *value = json_object(), *drafts = json_array();
    for (size_t i = 0; i < verification->drafts.count; i++) {
        if (verification->selected[i])
            json_array_append_new(
                drafts, json_draft(&verification->drafts.drafts[i], &verification->results[i]));
    }
    json_object_set_new(value, "proven", json_boolean(is_proven(verification)));
    json_object_set_new(value, "drafts", drafts);
    json_object_set_new(value, "beyond", json_lines(&verification->beyond));
    json_object_set_new(value, "left", json_lines(&verification->left));
    json_object_set_new(value, "stuck", output_json_text(slice_from(verification->stuck)));
    json_object_set_new(value, "notes", json_lines(&verification->proof.notes));
    output_json(value);
}

static void verification_release(struct verification *verification)
{
    proof_results_release(verification->results, verification->drafts.count);
    free(verification->selected);
    proof_close(&verification->proof);
    drafts_release(&verification->drafts);
    buffer_release(&verification->beyond);
    buffer_release(&verification->left);
    free(verification->stuck);
}

static int verify(const struct project *project, const struct proof_options *options, bool json,
                  struct selection *selection)
{
    struct verification verification = {.all = true};
    struct problem problem = PROBLEM_INIT;
    int code = EXIT_DONE;
    if (prove(&verification, project, options, selection, &problem) != ERROR_NONE) {
        code = command_fail(&problem);
    } else {
        (json ? print_json : print_text)(&verification);
        code = is_proven(&verification) ? EXIT_DONE : EXIT_ANSWER_NO;
    }
    verification_release(&verification);
    return code;
}

int command_verify(int argc, char **argv, const struct command_context *context)
{
    struct proof_options proof = {NULL, false};
    bool json = false;
    const struct option_entry entries[] = {
        OPTION_TEXT('\0', "on", "URL",
                    "prove on another server, such as one of production's version", &proof.on),
        OPTION_FLAG('\0', "full",
                    "begin with what the project's own migrations give ([replay] command)",
                    &proof.full),
        OPTION_FLAG('\0', "json", "print JSON", &json),
    };
    const struct option_usage usage = {
        "ddltap verify [--full] [--on URL] [--json] [ID | ID..ID | NAME ...]",
        "Replay the drafts, or those named, in a scratch database that is dropped afterwards: the "
        "baseline and the\ndrafts must give today's schema, and the ways back the baseline. Exit "
        "code "
        "1: they do not.",
        entries, 3};
    struct selection selection;
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code < 0)
        code = selection_parse(argc, argv, operand, &selection);
    if (code >= 0)
        return code;
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    code = verify(&project, &proof, json, &selection);
    project_release(&project);
    return code;
}
