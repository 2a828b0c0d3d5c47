/* proof: see proof.h. */
#include "command/proof.h"

#include <stdlib.h>
#include <string.h>

#include "command/migrations.h"
#include "command/replay.h"
#include "ddltap/memory.h"
#include "draft/composition.h"
#include "draft/projection.h"
#include "format/texts.h"
#include "schema/generated_key.h"
#include "schema/version_table.h"
#include "server/inventory.h"
#include "sql/lexer.h"
#include "sql/script.h"
#include "sql/section.h"
#include "sql/statement.h"

static const char *const verdicts[] = {
    [PROOF_NOT_TRIED] = "not tried",     [PROOF_PROVEN] = "proven",
    [PROOF_NO_WAY_BACK] = "no way back", [PROOF_UP_FAILS] = "up fails",
    [PROOF_DOWN_FAILS] = "down fails",   [PROOF_DOWN_DIFFERS] = "down differs",
};

const char *proof_verdict_text(enum proof_verdict verdict)
{
    return verdicts[verdict];
}

void proof_results_release(struct proof_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(results[i].why);
        free(results[i].depends);
    }
    free(results);
}

/* --- opening ------------------------------------------------------------------------------------ */

/* The scratch server: --on, DDLTAP_SCRATCH_URL, or development's own. */
static enum error find_server(struct proof *proof, const char *on, struct problem *problem)
{
    char *url = NULL;
    enum error error = ERROR_NONE;
    if (on != NULL)
        url = memory_copy_text(on);
    else
        error = connection_variable(proof->project->root, "DDLTAP_SCRATCH_URL", &url, problem);
    proof->is_elsewhere = url != NULL;
    if (url != NULL)
        error = connection_from_url(url, &proof->elsewhere, problem);
    if (url != NULL)
        memory_wipe(url, strlen(url));
    free(url);
    proof->target = project_target(proof->is_elsewhere ? &proof->elsewhere : &proof->connection);
    return error;
}

static const char *database_text(const struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++) {
        if (catalog->objects[i].type == OBJECT_DATABASE)
            return catalog->objects[i].text;
    }
    return NULL;
}

/* Servers of one kind and of one series print alike. */
static void choose_comparison(struct proof *proof)
{
    bool mariadb = control_mariadb(proof->control);
    uint32_t version = control_version(proof->control);
    proof->likeness = (struct likeness_options){
        .dialect = {.mariadb = mariadb, .version = version},
        .keep_definer = proof->project->settings.definer == SETTINGS_DEFINER_KEEP,
    };
    proof->compares = scratch_mariadb(proof->scratch) == mariadb &&
                      scratch_version(proof->scratch) / 100 == version / 100;
    if (!proof->compares)
        buffer_append_text(
            &proof->notes,
            "The scratch server is of another kind or version than development: that "
            "the drafts run there is proven, not that they give development's schema.\n");
}

static enum error load_baseline(struct proof *proof, struct problem *problem)
{
    struct scratch_failure failure = {NULL, NULL};
    struct buffer problems = BUFFER_INIT;
    enum error error = scratch_load(proof->scratch, &proof->baseline, &problems, &failure, problem);
    if (error == ERROR_UNSUPPORTED)
        (void)problem_set(
            problem, ERROR_UNSUPPORTED,
            "The baseline cannot be made in a scratch database: \"%s\" did not run: %s.",
            failure.statement, failure.why);
    scratch_failure_release(&failure);
    buffer_append_slice(&proof->notes, buffer_slice(&problems));
    buffer_release(&problems);
    catalog_release(&proof->start);
    return error == ERROR_NONE ? scratch_read(proof->scratch, &proof->start, problem) : error;
}

/* --- indexes that the server made ----------------------------------------------------------------- */

/* The table of the baseline without them, so that the server of the scratch database makes them too. */
static void take_out(struct catalog *baseline, struct slice table, struct slice names)
{
    for (size_t i = 0; i < baseline->count; i++) {
        struct catalog_object *object = &baseline->objects[i];
        struct buffer text = BUFFER_INIT;
        if (object->type != OBJECT_TABLE || object->text == NULL ||
            !slice_equal(slice_from(object->name), table))
            continue;
        if (generated_key_take_out(slice_from(object->text), names, &text)) {
            free(object->text);
            object->text = buffer_detach(&text);
        }
        buffer_release(&text);
    }
}

/* Tables that got other names since the baseline: pairs of the name now and the one there. */
struct generated {
    struct proof *proof;
    struct texts now, first;
};

static const char *first_name(const struct generated *generated, const char *name)
{
    for (size_t i = generated->now.count; i-- > 0;) {
        if (strcmp(generated->now.items[i], name) == 0)
            return generated->first.items[i];
    }
    return name;
}

static void follow_renames(struct generated *generated, const struct journal_change *change)
{
    for (size_t i = 0; i + 1 < change->object_count; i++) {
        const struct journal_object *object = &change->objects[i];
        if (object->type != OBJECT_TABLE || object->role != ROLE_RENAME_FROM)
            continue;
        texts_add(&generated->first, memory_copy_text(first_name(generated, object->name)));
        texts_add(&generated->now, memory_copy_text(change->objects[i + 1].name));
    }
}

static bool take_generated(void *argument, const struct journal_change *change,
                           const struct journal_session *session)
{
    struct generated *generated = argument;
    struct change view;
    struct buffer text = BUFFER_INIT, names = BUFFER_INIT;
    (void)session;
    struct change_object *objects = projection_change_view(change, &view);
    if (composition_statement(change, true, &text, &view.dialect))
        view.text = buffer_slice(&text);
    for (size_t i = 0; i < view.object_count; i++) {
        buffer_clear(&names);
        generated_key_find(&view, &objects[i], &names);
        if (names.len > 0)
            take_out(&generated->proof->baseline,
                     slice_from(first_name(generated, change->objects[i].name)),
                     buffer_slice(&names));
    }
    follow_renames(generated, change);
    free(objects);
    buffer_release(&text);
    buffer_release(&names);
    return true;
}

static enum error find_generated(struct proof *proof, struct journal *journal,
                                 struct problem *problem)
{
    const struct journal_filter filter = {
        .states = 1u << CHANGE_DONE, .draft_states = 1u << DRAFT_PENDING | 1u << DRAFT_SQUASHED};
    struct generated generated = {proof, TEXTS_INIT, TEXTS_INIT};
    enum error error = journal_read(journal, &filter, take_generated, &generated, problem);
    texts_release(&generated.now);
    texts_release(&generated.first);
    return error;
}

static enum error open_scratch(struct proof *proof, struct problem *problem)
{
    const struct scratch_options options = {
        .server = &proof->target,
        .development_schema = proof->connection.database,
        .database = database_text(&proof->baseline),
        .keep_definer = proof->project->settings.definer == SETTINGS_DEFINER_KEEP,
    };
    enum error error = scratch_open(&options, &proof->scratch, problem);
    if (error != ERROR_NONE)
        return error;
    choose_comparison(proof);
    return load_baseline(proof, problem);
}

/* What replayed migrations give has no defaults of the database: development's are taken. */
static enum error read_baseline(struct proof *proof, struct journal *journal, bool full,
                                struct problem *problem)
{
    const char *database = database_text(&proof->live);
    if (!full)
        return journal_baseline_get(journal, &proof->baseline, problem);
    enum error error =
        replay_run(proof->project, &proof->connection, database, &proof->baseline, problem);
    if (error == ERROR_NONE && database != NULL)
        catalog_add(&proof->baseline, OBJECT_DATABASE, slice_from(proof->connection.database))
            ->text = memory_copy_text(database);
    return error;
}

enum error proof_open(const struct project *project, struct journal *journal,
                      const struct proof_options *options, struct proof *proof,
                      struct problem *problem)
{
    const struct proof_options none = {NULL, false};
    *proof = (struct proof){.project = project, .version_table = migrations_version_table(project)};
    options = options == NULL ? &none : options;
    enum error error = project_connection(project, &proof->connection, problem);
    if (error == ERROR_NONE)
        error = find_server(proof, options->on, problem);
    if (error == ERROR_NONE)
        error = project_connect(&proof->connection, &proof->control, problem);
    if (error == ERROR_NONE)
        error = inventory_read(proof->control, proof->connection.database, &proof->live, problem);
    if (error == ERROR_NONE)
        error = read_baseline(proof, journal, options->full, problem);
    if (error == ERROR_NONE)
        error = find_generated(proof, journal, problem);
    return error == ERROR_NONE ? open_scratch(proof, problem) : error;
}

void proof_close(struct proof *proof)
{
    scratch_close(proof->scratch);
    control_close(proof->control);
    connection_release(&proof->connection);
    connection_release(&proof->elsewhere);
    catalog_release(&proof->baseline);
    catalog_release(&proof->start);
    catalog_release(&proof->live);
    buffer_release(&proof->notes);
    free(proof->version_table);
}

/* --- which objects a draft names ---------------------------------------------------------------- */

void proof_add_name(struct catalog *names, enum object_type type, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->objects[i].type == type && strcmp(names->objects[i].name, name) == 0)
            return;
    }
    (void)catalog_add(names, type, slice_from(name));
}

/* DROP TABLE drops sequences, RENAME TABLE renames views: asked for as each of them. */
static void add_object(struct catalog *names, const struct statement_object *object)
{
    if (object->name == NULL || object->type == OBJECT_DATABASE)
        return;
    proof_add_name(names, object->type, object->name);
    if (object->type == OBJECT_TABLE) {
        proof_add_name(names, OBJECT_VIEW, object->name);
        proof_add_name(names, OBJECT_SEQUENCE, object->name);
    }
}

static void add_names(const struct proof *proof, struct slice text, bool references,
                      struct catalog *names)
{
    const struct sql_facts facts = {.foreign_key_checks = true};
    struct script script;
    struct slice piece;
    script_init(&script, text, &proof->likeness.dialect, &facts);
    while (script_next(&script, &piece)) {
        struct statement statement;
        statement_read(piece, &script.dialect, &statement);
        for (size_t i = 0; i < statement.object_count; i++) {
            if (references || statement.objects[i].role != ROLE_REFERENCE)
                add_object(names, &statement.objects[i]);
        }
        statement_release(&statement);
    }
    script_release(&script);
}

void proof_add_names(const struct proof *proof, const struct draft *draft, struct catalog *names)
{
    add_names(proof, draft->file.up, false, names);
    add_names(proof, draft->file.down, false, names);
}

struct sql_facts proof_defaults(const struct proof *proof)
{
    return *scratch_facts(proof->scratch);
}

/* --- one draft ---------------------------------------------------------------------------------- */

struct differences {
    struct buffer lines;
    const char *separator;
};

static void take_difference(void *argument, const struct catalog_object *a,
                            const struct catalog_object *b, enum likeness likeness)
{
    struct differences *differences = argument;
    const struct catalog_object *any = b != NULL ? b : a;
    if (likeness == LIKENESS_ALIKE)
        return;
    const char *what = likeness == LIKENESS_UNKNOWN ? "cannot be read"
                       : a == NULL                  ? "is left over"
                       : b == NULL                  ? "is not there"
                                                    : "is not as it was";
    buffer_printf(&differences->lines, "%s%s `%s` %s", differences->separator,
                  object_type_text(any->type), any->name, what);
    differences->separator = ", ";
}

static enum error run_section(struct proof *proof, struct slice text, bool *ran, char **why,
                              struct problem *problem)
{
    struct scratch_failure failure = {NULL, NULL};
    struct problem own = PROBLEM_INIT;
    enum error error = scratch_run(proof->scratch, text, &failure, &own);
    *ran = error == ERROR_NONE;
    if (error == ERROR_UNSUPPORTED) {
        struct buffer sentence = BUFFER_INIT;
        buffer_printf(&sentence, "\"%s\" did not run: %s.", failure.statement, failure.why);
        free(*why);
        *why = buffer_detach(&sentence);
        error = ERROR_NONE;
    } else if (error != ERROR_NONE && problem != NULL) {
        *problem = own;
    }
    scratch_failure_release(&failure);
    return error;
}

/* down, then up again; the objects are compared in between. *intact: the schema is as after up. */
static enum error prove_down(struct proof *proof, const struct draft *draft,
                             const struct catalog *names, const struct catalog *before,
                             struct proof_result *result, bool *intact, struct problem *problem)
{
    struct catalog back = CATALOG_INIT;
    struct differences differences = {BUFFER_INIT, ""};
    bool ran;
    enum error error = run_section(proof, draft->file.down, &ran, &result->why, problem);
    if (error == ERROR_NONE && ran)
        error = scratch_read_some(proof->scratch, names, &back, problem);
    if (error == ERROR_NONE && ran)
        likeness_compare(before, &back, &proof->likeness, take_difference, &differences);
    result->verdict = !ran                        ? PROOF_DOWN_FAILS
                      : differences.lines.len > 0 ? PROOF_DOWN_DIFFERS
                                                  : PROOF_PROVEN;
    if (differences.lines.len > 0) {
        free(result->why);
        buffer_append_char(&differences.lines, '.');
        result->why = buffer_detach(&differences.lines);
    }
    *intact = false;
    if (error == ERROR_NONE && result->verdict == PROOF_PROVEN)
        error = run_section(proof, draft->file.up, intact, &result->why, problem);
    if (error == ERROR_NONE && result->verdict == PROOF_PROVEN && !*intact)
        result->verdict = PROOF_DOWN_DIFFERS;
    buffer_release(&differences.lines);
    catalog_release(&back);
    return error;
}

/* What does nothing needs no way back. */
static bool has_way_back(const struct draft *draft)
{
    return draft->file.down_known || !section_has_statement(draft->file.up);
}

/* *ran: the schema is the one after up. Where it is neither that nor the one before, *intact is false. */
static enum error prove_one(struct proof *proof, const struct draft *draft, bool selected,
                            struct proof_result *result, bool *ran, bool *intact,
                            struct problem *problem)
{
    struct catalog names = CATALOG_INIT, before = CATALOG_INIT;
    enum error error = ERROR_NONE;
    if (selected) {
        proof_add_names(proof, draft, &names);
        error = scratch_read_some(proof->scratch, &names, &before, problem);
    }
    if (error == ERROR_NONE)
        error = run_section(proof, draft->file.up, ran, &result->why, problem);
    *intact = *ran;
    if (!*ran)
        result->verdict = PROOF_UP_FAILS;
    else if (!selected)
        result->verdict = PROOF_PROVEN;
    else if (!has_way_back(draft))
        result->verdict = PROOF_NO_WAY_BACK;
    else if (error == ERROR_NONE)
        error = prove_down(proof, draft, &names, &before, result, intact, problem);
    catalog_release(&names);
    catalog_release(&before);
    return error;
}

/* --- alone -------------------------------------------------------------------------------------- */

static void append_label(struct proof_result *result, const char *label)
{
    struct buffer text = BUFFER_INIT;
    if (result->depends != NULL)
        buffer_printf(&text, "%s, ", result->depends);
    buffer_append_text(&text, label);
    free(result->depends);
    result->depends = buffer_detach(&text);
}

/* Words are compared, not parsed: a view or a routine names its tables anywhere. */
static bool names_word(struct slice text, const struct dialect *dialect, struct slice word)
{
    struct lexer lexer;
    struct token token;
    bool found = false;
    lexer_init(&lexer, text, dialect);
    while (!found && lexer_next(&lexer, &token)) {
        if (!token_is_name(&token))
            continue;
        char *name = token_name(&token, dialect);
        found = slice_equal_nocase(slice_from(name), word);
        free(name);
    }
    return found;
}

static bool needs(const struct proof *proof, const struct draft *draft,
                  const struct catalog *earlier)
{
    for (size_t i = 0; i < earlier->count; i++) {
        struct slice name = slice_from(earlier->objects[i].name);
        if (names_word(draft->file.up, &proof->likeness.dialect, name) ||
            names_word(draft->file.down, &proof->likeness.dialect, name))
            return true;
    }
    return false;
}

/* A draft depends on those before it that change an object which it names. */
static void find_dependencies(const struct proof *proof, const struct drafts *drafts,
                              struct proof_result *results)
{
    struct catalog *changed = memory_new(drafts->count + 1, sizeof *changed);
    for (size_t i = 0; i < drafts->count; i++) {
        add_names(proof, drafts->drafts[i].file.up, false, &changed[i]);
        for (size_t j = 0; j < i; j++) {
            if (needs(proof, &drafts->drafts[i], &changed[j]))
                append_label(&results[i], drafts->drafts[j].label);
        }
    }
    for (size_t i = 0; i < drafts->count; i++)
        catalog_release(&changed[i]);
    free(changed);
}

/* The scratch database as it was after the drafts before `count`. */
static enum error rebuild(struct proof *proof, const struct drafts *drafts, size_t count, bool *ran,
                          struct problem *problem)
{
    char *why = NULL;
    enum error error = scratch_clear(proof->scratch, problem);
    if (error == ERROR_NONE)
        error = load_baseline(proof, problem);
    *ran = true;
    for (size_t i = 0; i < count && *ran && error == ERROR_NONE; i++)
        error = run_section(proof, drafts->drafts[i].file.up, ran, &why, problem);
    free(why);
    return error;
}

/* Up and down on the baseline, of one that needs none of the others; the first one is proven there anyway. */
static enum error prove_alone(struct proof *proof, const struct drafts *drafts,
                              const bool *selected, struct proof_result *results,
                              struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 1; i < drafts->count && error == ERROR_NONE; i++) {
        const struct draft *draft = &drafts->drafts[i];
        struct proof_result alone = {PROOF_NOT_TRIED, NULL, NULL};
        bool ran = false, intact = false, back = true;
        char *why = NULL;
        if (!selected[i] || results[i].depends != NULL || !has_way_back(draft))
            continue;
        error = prove_one(proof, draft, true, &alone, &ran, &intact, problem);
        if (error == ERROR_NONE && alone.verdict == PROOF_PROVEN)
            error = run_section(proof, draft->file.down, &back, &why, problem);
        if (error == ERROR_NONE && (alone.verdict != PROOF_PROVEN || !back)) {
            append_label(&results[i], "drafts before it");
            error = rebuild(proof, drafts, 0, &back, problem);
        }
        free(alone.why);
        free(why);
    }
    return error;
}

/* --- all of them -------------------------------------------------------------------------------- */

static void tell(const struct proof *proof, size_t done, size_t total)
{
    if (proof->progress != NULL)
        proof->progress(proof->argument, done, total);
}

enum error proof_run(struct proof *proof, const struct drafts *drafts, const bool *selected,
                     struct proof_result *results, bool *whole, struct problem *problem)
{
    enum error error = ERROR_NONE;
    *whole = true;
    find_dependencies(proof, drafts, results);
    error = prove_alone(proof, drafts, selected, results, problem);
    for (size_t i = 0; i < drafts->count && *whole && error == ERROR_NONE; i++) {
        bool intact = false;
        error =
            prove_one(proof, &drafts->drafts[i], selected[i], &results[i], whole, &intact, problem);
        if (error == ERROR_NONE && *whole && !intact)
            error = rebuild(proof, drafts, i + 1, whole, problem);
        tell(proof, i + 1, drafts->count);
    }
    return error;
}

enum error proof_reset(struct proof *proof, const struct drafts *drafts, struct problem *problem)
{
    enum error error = scratch_clear(proof->scratch, problem);
    if (error == ERROR_NONE)
        error = load_baseline(proof, problem);
    for (size_t i = 0; i < drafts->count && error == ERROR_NONE; i++) {
        char *why = NULL;
        bool ran;
        error = run_section(proof, drafts->drafts[i].file.up, &ran, &why, problem);
        if (error == ERROR_NONE && !ran)
            error = problem_set(problem, ERROR_UNSUPPORTED, "The draft %s does not run: %s",
                                drafts->drafts[i].label, why);
        free(why);
    }
    return error;
}

struct lines {
    struct buffer *lines, *notes;
    const char *version_table; /* not told of; NULL: each object counts */
};

static void take_line(void *argument, const struct catalog_object *a,
                      const struct catalog_object *b, enum likeness likeness)
{
    const struct lines *lines = argument;
    const struct catalog_object *any = b != NULL ? b : a;
    if (version_table_is(lines->version_table, any->type, any->name))
        return;
    if (likeness == LIKENESS_UNKNOWN)
        buffer_printf(lines->notes, "%s `%s` is not compared: its definition cannot be read.\n",
                      object_type_text(any->type), any->name);
    else if (likeness == LIKENESS_DIFFERENT)
        buffer_printf(lines->lines, "%s %s\n", object_type_text(any->type), any->name);
}

void proof_compare_catalogs(struct proof *proof, const struct catalog *now,
                            const struct catalog *wanted, struct buffer *lines)
{
    struct lines found = {lines, &proof->notes, NULL};
    likeness_compare(now, wanted, &proof->likeness, take_line, &found);
}

enum error proof_compare(struct proof *proof, const struct catalog *schema, struct buffer *lines,
                         struct problem *problem)
{
    struct catalog now = CATALOG_INIT;
    struct lines found = {lines, &proof->notes, proof->version_table};
    enum error error = scratch_read(proof->scratch, &now, problem);
    if (error == ERROR_NONE)
        likeness_compare(&now, schema, &proof->likeness, take_line, &found);
    catalog_release(&now);
    return error;
}

static char *name_draft(const struct draft *draft, char *why)
{
    struct buffer sentence = BUFFER_INIT;
    buffer_printf(&sentence, "The way back of %s, after all drafts: %s", draft->label,
                  why == NULL ? "there is none." : why);
    free(why);
    return buffer_detach(&sentence);
}

enum error proof_run_back(struct proof *proof, const struct drafts *drafts, bool *back, char **why,
                          struct problem *problem)
{
    enum error error = ERROR_NONE;
    *back = true;
    *why = NULL;
    for (size_t i = drafts->count; i-- > 0 && *back && error == ERROR_NONE;) {
        const struct draft *draft = &drafts->drafts[i];
        *back = has_way_back(draft);
        if (*back)
            error = run_section(proof, draft->file.down, back, why, problem);
        if (error == ERROR_NONE && !*back)
            *why = name_draft(draft, *why);
    }
    return error;
}
