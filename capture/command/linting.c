/* linting: see linting.h.
 *
 *   collect   the changes of each draft, from the journal, as a net change of its own
 *   replay    statement by statement in the scratch database, each as easily as the server lets it
 *   find      the pure rules
 *   ask       the rows
 *   judge     levels, and what the files acknowledge
 */
#include "command/linting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/netting.h"
#include "command/output.h"
#include "command/report.h"
#include "ddltap/memory.h"
#include "lint/demand.h"
#include "lint/destruction.h"
#include "lint/lint.h"
#include "lint/locking.h"
#include "schema/printed.h"
#include "sql/script.h"

#define PROBE_SECONDS 2

struct run {
    const struct project *project;
    const struct drafts *drafts;
    const bool *selected;
    struct control *control;
    struct proof *proof;
    struct linting *linting;
    struct linting_draft **results; /* by index of drafts; NULL: not selected */
    struct netting *nettings;       /* by index of drafts */
    struct levels levels;
    struct target target;
    char *schema; /* of development */
    struct problem *problem;
};

void linting_release(struct linting *linting)
{
    for (size_t i = 0; i < linting->count; i++) {
        struct linting_draft *draft = &linting->drafts[i];
        free(draft->name);
        free(draft->label);
        free(draft->title);
        findings_release(&draft->findings);
        json_decref(draft->locking);
    }
    free(linting->drafts);
    buffer_release(&linting->notes);
    *linting = (struct linting){.drafts = NULL};
}

size_t linting_open(const struct linting *linting, enum rule_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < linting->count; i++)
        count += findings_open(&linting->drafts[i].findings, level);
    return count;
}

/* --- what is configured ------------------------------------------------------------------------- */

static enum error name_source(const struct run *run, const char *name, enum error error,
                              const struct problem *inner)
{
    if (error == ERROR_NONE)
        return ERROR_NONE;
    return problem_set(run->problem, error, "%s: %s",
                       settings_source(&run->project->settings, "lint", name), inner->text);
}

static enum error read_settings(struct run *run)
{
    struct problem inner = PROBLEM_INIT;
    enum error error = levels_read(run->project->settings.lint_levels, &run->levels, &inner);
    if (error != ERROR_NONE)
        return name_source(run, "levels", error, &inner);
    error = target_read(run->project->settings.lint_target, &run->target, &inner);
    return name_source(run, "target", error, &inner);
}

/* The name of the development database, as far as the settings tell: nobody logs in for it. */
static void read_schema(struct run *run)
{
    struct connection connection = {0};
    struct problem problem = PROBLEM_INIT;
    run->schema = memory_copy_text(run->project->settings.database);
    if (*run->schema == '\0' &&
        project_connection(run->project, &connection, &problem) == ERROR_NONE) {
        free(run->schema);
        run->schema = memory_copy_text(connection.database);
    }
    connection_release(&connection);
}

/* --- collecting --------------------------------------------------------------------------------- */

static bool take(void *argument, const struct journal_change *change,
                 const struct journal_session *session)
{
    struct run *run = argument;
    const struct draft *draft = drafts_find(run->drafts, drafts_holder(run->drafts, change->id));
    (void)session;
    if (draft != NULL && draft->id != 0)
        netting_add(&run->nettings[draft - run->drafts->drafts], change);
    return true;
}

static enum error collect(struct run *run, struct journal *journal)
{
    const struct journal_filter filter = {
        .states = 1u << CHANGE_DONE, .draft_states = 1u << DRAFT_PENDING | 1u << DRAFT_SQUASHED};
    run->nettings = memory_new(run->drafts->count + 1, sizeof *run->nettings);
    for (size_t i = 0; i < run->drafts->count; i++)
        netting_init(&run->nettings[i], false);
    return journal == NULL ? ERROR_NONE : journal_read(journal, &filter, take, run, run->problem);
}

/* Nobody edited it, so that its images are those of the journal, and the database has it. */
static bool is_as_captured(const struct run *run, size_t index)
{
    enum draft_condition condition = run->drafts->drafts[index].condition;
    return (condition == DRAFT_AS_WRITTEN || condition == DRAFT_REMARKED) &&
           run->nettings[index].count > 0;
}

static bool can_be_read(const struct draft *draft)
{
    return draft->condition != DRAFT_MISSING && draft->condition != DRAFT_UNREADABLE;
}

static struct linting_draft *add_result(struct linting *linting, const struct draft *draft)
{
    struct linting_draft *result = &linting->drafts[linting->count++];
    *result = (struct linting_draft){
        .id = draft->id,
        .name = memory_copy_text(draft->name),
        .label = memory_copy_text(draft->label),
        .title = memory_copy_text(draft->title),
        .locking = json_array(),
    };
    return result;
}

static void choose(struct run *run)
{
    struct linting *linting = run->linting;
    linting->drafts = memory_new(run->drafts->count + 1, sizeof *linting->drafts);
    run->results = memory_new(run->drafts->count + 1, sizeof(struct linting_draft *));
    for (size_t i = 0; i < run->drafts->count; i++) {
        const struct draft *draft = &run->drafts->drafts[i];
        if (run->selected != NULL && !run->selected[i])
            continue;
        if (can_be_read(draft))
            run->results[i] = add_result(linting, draft);
        else
            buffer_printf(&linting->notes, "%s was not looked at: its file is %s.\n", draft->label,
                          draft->condition == DRAFT_MISSING ? "missing" : "no draft any more");
    }
}

/* --- replaying ---------------------------------------------------------------------------------- */

/* The statement and the server's words may hold what a person typed into the file, such as a password. */
static void note_failure(struct run *run, const struct draft *draft)
{
    buffer_printf(&run->linting->notes,
                  "Locks were not measured from %s on: it does not run in a scratch database. "
                  "\"ddltap verify\" says why.\n",
                  draft->label);
}

static void add_locking(struct linting_draft *result, enum locking locking, struct slice statement)
{
    json_t *value = json_object();
    json_object_set_new(value, "statement", output_json_text(printed_trim(statement)));
    json_object_set_new(value, "algorithm", json_string(locking_text(locking)));
    json_array_append_new(result->locking, value);
    locking_find(locking, statement, &result->findings);
}

/* As easily as the server lets it. ERROR_UNSUPPORTED: not at all. */
static enum error run_measured(struct run *run, struct linting_draft *result,
                               struct slice statement, const struct dialect *dialect,
                               struct scratch_failure *failure)
{
    struct problem ignored = PROBLEM_INIT;
    enum error error = ERROR_UNSUPPORTED;
    for (int i = 0; i < LOCKING_COUNT && error == ERROR_UNSUPPORTED; i++) {
        struct buffer text = BUFFER_INIT;
        if (locking_write(statement, dialect, (enum locking)i, &text)) {
            error = scratch_run(run->proof->scratch, buffer_slice(&text), failure,
                                i + 1 == LOCKING_COUNT ? run->problem : &ignored);
            if (error == ERROR_NONE)
                add_locking(result, (enum locking)i, statement);
        }
        buffer_release(&text);
    }
    return error;
}

/* The tables that a statement names, as the scratch database has them. */
static enum error read_tables(struct run *run, const struct statement *read,
                              struct catalog *catalog)
{
    struct catalog names = CATALOG_INIT;
    for (size_t i = 0; i < read->object_count; i++) {
        const struct statement_object *object = &read->objects[i];
        if (object->type == OBJECT_TABLE && object->name != NULL && object->role != ROLE_REFERENCE)
            (void)catalog_add(&names, OBJECT_TABLE, slice_from(object->name));
    }
    enum error error = names.count == 0
                           ? ERROR_NONE
                           : scratch_read_some(run->proof->scratch, &names, catalog, run->problem);
    catalog_release(&names);
    return error;
}

static struct image find_image(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->count; i++) {
        if (strcmp(catalog->objects[i].name, name) == 0 && catalog->objects[i].text != NULL)
            return (struct image){IMAGE_PRESENT, slice_from(catalog->objects[i].text), SLICE_NONE};
    }
    return (struct image){.state = IMAGE_ABSENT};
}

/* The statement as a change between what was there before it and behind it. */
static void add_change(struct run *run, struct netting *netting, const struct statement *read,
                       const struct catalog *before, const struct catalog *after)
{
    struct change_object *objects = memory_new(read->object_count + 1, sizeof *objects);
    struct change change = {.verb = read->verb,
                            .noun = read->noun,
                            .objects = objects,
                            .renames = read->renames,
                            .rename_count = read->rename_count,
                            .mariadb = scratch_mariadb(run->proof->scratch),
                            .version = scratch_version(run->proof->scratch),
                            .development_schema = slice_from(run->schema)};
    for (size_t i = 0; i < read->object_count; i++) {
        const struct statement_object *object = &read->objects[i];
        if (object->type == OBJECT_TABLE && object->name != NULL && object->role != ROLE_REFERENCE)
            objects[change.object_count++] =
                (struct change_object){.type = OBJECT_TABLE,
                                       .role = object->role,
                                       .schema = slice_from(run->schema),
                                       .name = slice_from(object->name),
                                       .before = find_image(before, object->name),
                                       .after = find_image(after, object->name)};
    }
    if (change.object_count > 0)
        net_add(netting->net, &change, (int64_t)++netting->count);
    free(objects);
}

static enum error run_statement(struct run *run, size_t index, struct slice text,
                                const struct dialect *dialect, struct scratch_failure *failure)
{
    struct catalog before = CATALOG_INIT, after = CATALOG_INIT;
    bool wants_images = !is_as_captured(run, index);
    struct statement read;
    statement_read(text, dialect, &read);
    enum error error = wants_images ? read_tables(run, &read, &before) : ERROR_NONE;
    if (error == ERROR_NONE)
        error = locking_applies(text, dialect)
                    ? run_measured(run, run->results[index], text, dialect, failure)
                    : scratch_run(run->proof->scratch, text, failure, run->problem);
    if (error == ERROR_NONE && wants_images)
        error = read_tables(run, &read, &after);
    if (error == ERROR_NONE && wants_images)
        add_change(run, &run->nettings[index], &read, &before, &after);
    statement_release(&read);
    catalog_release(&before);
    catalog_release(&after);
    return error;
}

/* Whose statements can be run one by one: none depends on settings that the text itself makes. */
static bool is_plain(struct slice up, const struct dialect *dialect, const struct sql_facts *facts)
{
    struct script script;
    struct slice text;
    bool plain = true;
    script_init(&script, up, dialect, facts);
    while (script_next(&script, &text))
        plain = plain && !script.dialect.ansi_quotes && !script.dialect.no_backslash_escapes &&
                !script.dialect.oracle;
    script_release(&script);
    return plain;
}

static enum error replay_draft(struct run *run, size_t index, struct scratch_failure *failure)
{
    const struct draft *draft = &run->drafts->drafts[index];
    const struct dialect dialect = {.mariadb = scratch_mariadb(run->proof->scratch),
                                    .version = scratch_version(run->proof->scratch)};
    const struct sql_facts facts = {.foreign_key_checks = true};
    enum error error = ERROR_NONE;
    struct script script;
    struct slice text;
    if (run->results[index] == NULL || !is_plain(draft->file.up, &dialect, &facts))
        return scratch_run(run->proof->scratch, draft->file.up, failure, run->problem);
    /* What the journal knows of a draft that says something else by now is another change. */
    if (!is_as_captured(run, index)) {
        bool keep_definer = run->nettings[index].keep_definer;
        netting_release(&run->nettings[index]);
        netting_init(&run->nettings[index], keep_definer);
    }
    script_init(&script, draft->file.up, &dialect, &facts);
    while (error == ERROR_NONE && script_next(&script, &text))
        error = run_statement(run, index, text, &script.dialect, failure);
    script_release(&script);
    return error;
}

static enum error replay(struct run *run)
{
    const struct drafts none = {.drafts = NULL};
    if (run->proof == NULL)
        return ERROR_NONE;
    enum error error = proof_reset(run->proof, &none, run->problem);
    for (size_t i = 0; i < run->drafts->count && error == ERROR_NONE; i++) {
        struct scratch_failure failure = {NULL, NULL};
        if (can_be_read(&run->drafts->drafts[i]))
            error = replay_draft(run, i, &failure);
        if (error == ERROR_UNSUPPORTED)
            note_failure(run, &run->drafts->drafts[i]);
        scratch_failure_release(&failure);
    }
    return error == ERROR_UNSUPPORTED ? ERROR_NONE : error;
}

/* --- finding ------------------------------------------------------------------------------------ */

static bool header_says_mariadb(const struct draft *draft)
{
    struct slice header = draft->file.header;
    return header.len > 0 && memmem(header.ptr, header.len, "MariaDB", 7) != NULL;
}

static struct subject_options options_of(const struct run *run, size_t index)
{
    const struct netting *netting = &run->nettings[index];
    struct subject_options options = {
        .mariadb = header_says_mariadb(&run->drafts->drafts[index]),
        .version = header_says_mariadb(&run->drafts->drafts[index]) ? 101100 : 80400,
        .development_schema = slice_from(run->schema),
        .keep_definer = run->project->settings.definer == SETTINGS_DEFINER_KEEP,
        .applied = is_as_captured(run, index),
        .target = &run->target,
    };
    if (netting->version != 0) {
        options.mariadb = netting->mariadb;
        options.version = netting->version;
    }
    if (netting->database != NULL)
        options.development_schema = slice_from(netting->database);
    return options;
}

/* NULL: the images are not those of what the file says, or none are known. */
static const struct net *net_of(struct run *run, size_t index)
{
    const struct draft *draft = &run->drafts->drafts[index];
    struct netting *netting = &run->nettings[index];
    bool replayed = run->proof != NULL;
    if (netting->count == 0 || (!replayed && !is_as_captured(run, index))) {
        if (draft->condition == DRAFT_EDITED || draft->condition == DRAFT_FOREIGN)
            buffer_printf(&run->linting->notes,
                          "Of %s only the text was looked at: what it does to tables only a replay "
                          "can tell.\n",
                          draft->label);
        return NULL;
    }
    net_finish(netting->net);
    struct slice problems = net_problems(netting->net);
    if (problems.len > 0)
        buffer_printf(&run->linting->notes, "%s: %.*s", draft->label, (int)problems.len,
                      problems.ptr);
    return netting->net;
}

static void ask(const struct run *run, const struct subject_options *options,
                struct findings_item *finding)
{
    struct buffer question = BUFFER_INIT, why = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    const char *rest = finding->probe + strlen("SELECT");
    char *value = NULL;
    unsigned code = 0;
    if (control_mariadb(run->control))
        buffer_printf(&question, "SET STATEMENT max_statement_time=%u FOR SELECT%s", PROBE_SECONDS,
                      rest);
    else
        buffer_printf(&question, "SELECT /*+ MAX_EXECUTION_TIME(%u) */%s", PROBE_SECONDS * 1000,
                      rest);
    enum error error = control_value(run->control, buffer_text(&question), &value, &code, &problem);
    if (error != ERROR_NONE)
        buffer_append_text(&why, "the server is away");
    else if (code == 1969 || code == 3024)
        buffer_printf(&why, "that took longer than %u seconds", PROBE_SECONDS);
    else if (code != 0)
        buffer_printf(&why, "the server said error %u", code);
    if (why.len > 0)
        demand_unanswered(finding, buffer_text(&why));
    else
        demand_answer(finding, options->applied, value != NULL);
    free(value);
    buffer_release(&question);
    buffer_release(&why);
}

static void ask_all(const struct run *run, const struct subject_options *options,
                    struct findings *findings)
{
    struct buffer use = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    char *value = NULL;
    unsigned code = 0;
    if (run->control == NULL)
        return;
    buffer_append_text(&use, "USE ");
    printed_quote(options->development_schema, &use);
    if (control_value(run->control, buffer_text(&use), &value, &code, &problem) == ERROR_NONE &&
        code == 0) {
        for (size_t i = 0; i < findings->count; i++) {
            if (findings->list[i].probe != NULL)
                ask(run, options, &findings->list[i]);
        }
    }
    free(value);
    buffer_release(&use);
}

/* Dropped here, and made again by this draft or one that follows. */
static void forget_made_again(const struct run *run, size_t index,
                              const struct subject_options *options, struct findings *findings)
{
    for (size_t i = findings->count; i-- > 0;) {
        bool made = false;
        for (size_t j = index; j < run->drafts->count && !made; j++) {
            const struct draft *later = &run->drafts->drafts[j];
            made = run->results[j] != NULL &&
                   destruction_is_made_again(options, later->file.up, &findings->list[i]);
        }
        if (made)
            findings_remove(findings, i);
    }
}

static void find(struct run *run, size_t index)
{
    struct linting_draft *result = run->results[index];
    const struct draft *draft = &run->drafts->drafts[index];
    if (result == NULL)
        return;
    const struct net *net = net_of(run, index);
    const struct subject_options options = options_of(run, index);
    const struct lint_input input = {draft->file.up, draft->file.down, net};
    lint_find(&options, &input, &result->findings);
    forget_made_again(run, index, &options, &result->findings);
    ask_all(run, &options, &result->findings);
    findings_judge(&result->findings, &run->levels, slice_from(draft->text));
}

enum error linting_run(const struct project *project, struct journal *journal,
                       const struct drafts *drafts, const bool *selected, struct control *control,
                       struct proof *proof, struct linting *linting, struct problem *problem)
{
    struct run run = {.project = project,
                      .drafts = drafts,
                      .selected = selected,
                      .control = control,
                      .proof = proof,
                      .linting = linting,
                      .problem = problem};
    *linting = (struct linting){.drafts = NULL};
    enum error error = read_settings(&run);
    if (error != ERROR_NONE)
        return error;
    read_schema(&run);
    choose(&run);
    error = collect(&run, journal);
    if (error == ERROR_NONE)
        error = replay(&run);
    for (size_t i = 0; i < drafts->count && error == ERROR_NONE; i++)
        find(&run, i);
    for (size_t i = 0; i < drafts->count; i++)
        netting_release(&run.nettings[i]);
    free(run.nettings);
    free(run.results);
    free(run.schema);
    return error;
}

/* --- printing ----------------------------------------------------------------------------------- */

static const enum output_colour colours[] = {
    [RULE_OFF] = OUTPUT_DIM,
    [RULE_INFO] = OUTPUT_DIM,
    [RULE_WARNING] = OUTPUT_YELLOW,
    [RULE_ERROR] = OUTPUT_RED,
};

static void write_indented(const char *text, struct buffer *out)
{
    buffer_printf(out, "%28s", "");
    output_safe_line(out, slice_from(text));
    buffer_append_char(out, '\n');
}

static void write_finding(const struct findings_item *finding, struct buffer *out)
{
    const struct rule_facts *rule = rule_facts(finding->rule);
    char level[16], code[24];
    snprintf(level, sizeof level, "%-8s",
             finding->reason != NULL ? "ok" : rule_level_text(finding->level));
    snprintf(code, sizeof code, "%-17s", rule->code);
    buffer_append_text(out, "  ");
    output_coloured(out, finding->reason != NULL ? OUTPUT_DIM : colours[finding->level], level);
    buffer_printf(out, " %s", code);
    output_safe_line(out, slice_from(finding->what));
    buffer_append_char(out, '\n');
    if (finding->reason != NULL) {
        write_indented(*finding->reason == '\0' ? "acknowledged" : finding->reason, out);
        return;
    }
    write_indented(rule->sentence, out);
    if (finding->rows != NULL)
        write_indented(finding->rows, out);
    write_indented(rule->instead, out);
}

void linting_write(const struct linting *linting, struct buffer *out)
{
    for (size_t i = 0; i < linting->count; i++) {
        const struct linting_draft *draft = &linting->drafts[i];
        struct buffer head = BUFFER_INIT;
        if (draft->findings.count == 0)
            continue;
        buffer_printf(&head, "%s  %s", draft->label, draft->title);
        output_coloured(out, OUTPUT_BOLD, buffer_text(&head));
        buffer_append_char(out, '\n');
        buffer_release(&head);
        for (size_t j = 0; j < draft->findings.count; j++)
            write_finding(&draft->findings.list[j], out);
        buffer_append_char(out, '\n');
    }
    output_safe(out, buffer_slice(&linting->notes));
}

static json_t *json_finding(const struct findings_item *finding)
{
    const struct rule_facts *rule = rule_facts(finding->rule);
    json_t *value = json_object();
    json_object_set_new(value, "code", json_string(rule->code));
    json_object_set_new(value, "level", json_string(rule_level_text(finding->level)));
    json_object_set_new(value, "what", output_json_text(slice_from(finding->what)));
    json_object_set_new(value, "rows", output_json_text(slice_from(finding->rows)));
    json_object_set_new(value, "instead", json_string(rule->instead));
    json_object_set_new(value, "acknowledged", output_json_text(slice_from(finding->reason)));
    return value;
}

json_t *linting_json(const struct linting *linting)
{
    json_t *value = json_object(), *drafts = json_array();
    for (size_t i = 0; i < linting->count; i++) {
        const struct linting_draft *draft = &linting->drafts[i];
        json_t *one = json_object(), *findings = json_array();
        for (size_t j = 0; j < draft->findings.count; j++)
            json_array_append_new(findings, json_finding(&draft->findings.list[j]));
        json_object_set_new(one, "id", draft->id == 0 ? json_null() : json_integer(draft->id));
        json_object_set_new(one, "draft", output_json_text(slice_from(draft->name)));
        json_object_set_new(one, "findings", findings);
        json_object_set(one, "locking", draft->locking);
        json_array_append_new(drafts, one);
    }
    json_object_set_new(value, "errors",
                        json_integer((json_int_t)linting_open(linting, RULE_ERROR)));
    json_object_set_new(value, "warnings",
                        json_integer((json_int_t)linting_open(linting, RULE_WARNING)));
    json_object_set_new(value, "drafts", drafts);
    json_object_set_new(value, "notes",
                        report_json_lines(slice_from(buffer_text(&linting->notes))));
    return value;
}
