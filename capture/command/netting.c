/* netting: see netting.h.
 *
 * The replay decides how much of what was typed may stand in the way up:
 *
 *     up --replay--> an object differs, or a statement does not run --> less of what was typed for it, again
 *                    all are equal --> down --replay--> as before?
 */
#include "command/netting.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "draft/composition.h"
#include "draft/projection.h"
#include "schema/printed.h"
#include "sql/section.h"

#define TRIES_MAX 64 /* each refuses something, so there is an end; this one is never met */

void netting_init(struct netting *netting, bool keep_definer)
{
    *netting = (struct netting){.net = net_new(), .keep_definer = keep_definer};
}

void netting_release(struct netting *netting)
{
    net_release(netting->net);
    sql_facts_release(&netting->defaults);
    free(netting->database);
    buffer_release(&netting->up);
    buffer_release(&netting->down);
    buffer_release(&netting->up_remarks);
    buffer_release(&netting->down_remarks);
}

/* --- reading ------------------------------------------------------------------------------------ */

void netting_add(struct netting *netting, const struct journal_change *change)
{
    struct change view;
    struct buffer text = BUFFER_INIT;
    struct change_object *objects = projection_change_view(change, &view);
    struct sql_facts defaults = composition_defaults(change);
    if (composition_statement(change, netting->keep_definer, &text, &view.dialect))
        view.text = buffer_slice(&text);
    net_add(netting->net, &view, change->id);
    buffer_release(&text);
    free(objects);
    sql_facts_release(&netting->defaults);
    sql_facts_copy(&netting->defaults, &defaults);
    netting->mariadb = change->mariadb;
    netting->version = change->version;
    free(netting->database);
    netting->database = memory_copy_text(change->development_schema);
    netting->count++;
}

struct taking {
    struct netting *netting;
    const struct drafts *drafts;
};

static bool take(void *argument, const struct journal_change *change,
                 const struct journal_session *session)
{
    struct taking *taking = argument;
    (void)session;
    if (drafts_find(taking->drafts, drafts_holder(taking->drafts, change->id)) != NULL)
        netting_add(taking->netting, change);
    return true;
}

enum error netting_read(struct netting *netting, struct journal *journal,
                        const struct drafts *drafts, struct problem *problem)
{
    const struct journal_filter filter = {
        .states = 1u << CHANGE_DONE, .draft_states = 1u << DRAFT_PENDING | 1u << DRAFT_SQUASHED};
    struct taking taking = {netting, drafts};
    enum error error = journal_read(journal, &filter, take, &taking, problem);
    if (error != ERROR_NONE)
        return error;
    net_finish(netting->net);
    struct slice problems = net_problems(netting->net);
    if (problems.len == 0)
        return ERROR_NONE;
    return problem_set(problem, ERROR_UNSUPPORTED, "%.*s", (int)problems.len, problems.ptr);
}

enum error netting_read_one(struct netting *netting, struct journal *journal,
                            const struct drafts *drafts, int64_t id, struct problem *problem)
{
    struct draft one = {.id = id};
    const struct drafts alone = {.drafts = &one,
                                 .count = 1,
                                 .squashed = drafts->squashed,
                                 .squashed_count = drafts->squashed_count};
    return netting_read(netting, journal, &alone, problem);
}

struct difference_options netting_options(const struct netting *netting)
{
    return (struct difference_options){
        .mariadb = netting->mariadb,
        .version = netting->version,
        .schema = slice_from(netting->database),
        .keep_definer = netting->keep_definer,
        .defaults = &netting->defaults,
    };
}

/* --- one way ------------------------------------------------------------------------------------ */

static bool write_steps(const struct difference *difference,
                        const struct difference_options *options, struct buffer *section)
{
    const struct dialect dialect = {.mariadb = options->mariadb, .version = options->version};
    bool whole = true;
    for (size_t i = 0; i < difference->step_count && whole; i++)
        whole = section_append_statement(slice_from(difference->steps[i].text), &dialect, section);
    return whole;
}

static enum error find_way(const struct netting *netting, bool back, bool typed,
                           struct difference *difference, struct buffer *section,
                           struct buffer *remarks, struct problem *problem)
{
    struct difference_options options = netting_options(netting);
    options.typed = typed ? net_typed(netting->net) : NULL;
    net_find(netting->net, &options, back, difference);
    buffer_clear(section);
    buffer_clear(remarks);
    buffer_append_slice(remarks, buffer_slice(&difference->remarks));
    if (difference->problems.len > 0)
        return problem_set(problem, ERROR_UNSUPPORTED, "%s%s", back ? "Way back: " : "",
                           buffer_text(&difference->problems));
    if (!write_steps(difference, &options, section))
        return problem_set(
            problem, ERROR_UNSUPPORTED,
            "A line inside the quotes of a statement reads as the mark of a section.");
    return ERROR_NONE;
}

enum error netting_find(struct netting *netting, struct problem *problem)
{
    struct difference up, down;
    enum error error =
        find_way(netting, false, false, &up, &netting->up, &netting->up_remarks, problem);
    difference_release(&up);
    if (error != ERROR_NONE)
        return error;
    error = find_way(netting, true, false, &down, &netting->down, &netting->down_remarks, problem);
    difference_release(&down);
    return error;
}

/* --- comparing ---------------------------------------------------------------------------------- */

/* The objects of the net by name, and as one side has them. */
static void list_objects(const struct net *net, bool after, struct catalog *names,
                         struct catalog *expected)
{
    const struct schema *side = after ? net_after(net) : net_before(net);
    for (size_t i = 0; i < net_count(net); i++) {
        const struct change *change = net_change(net, i);
        for (size_t j = 0; j < change->object_count; j++) {
            const struct change_object *object = &change->objects[j];
            if (object->type == OBJECT_DATABASE ||
                change_home(change, object->type, object->schema).len > 0)
                continue;
            (void)catalog_add(names, object->type, object->name);
            const struct definition *definition =
                schema_find(side, object->type, SLICE_NONE, object->name);
            if (definition == NULL)
                continue;
            struct catalog_object *wanted = catalog_add(expected, object->type, object->name);
            wanted->text = memory_copy_slice(definition->text);
            wanted->context = memory_copy_slice(definition->context);
        }
    }
}

struct comparison {
    struct netting *netting;
    bool differs, refused;
    struct buffer names;
};

static void take_difference(void *argument, const struct catalog_object *a,
                            const struct catalog_object *b, enum likeness likeness)
{
    struct comparison *comparison = argument;
    const struct catalog_object *any = b != NULL ? b : a;
    if (likeness == LIKENESS_ALIKE && comparison->netting == NULL)
        return;
    bool less =
        comparison->netting != NULL && typed_refuse(net_typed(comparison->netting->net), any->type,
                                                    SLICE_NONE, slice_from(any->name));
    comparison->refused |= less;
    if (likeness == LIKENESS_ALIKE)
        return;
    comparison->differs = true;
    buffer_printf(&comparison->names, "%s%s `%s`", comparison->names.len == 0 ? "" : ", ",
                  object_type_text(any->type), any->name);
}

/* refuses: what differs has less of what was typed the next time. */
static enum error compare(struct netting *netting, struct proof *proof, bool after, bool refuses,
                          struct comparison *comparison, struct problem *problem)
{
    struct catalog names = CATALOG_INIT, expected = CATALOG_INIT, now = CATALOG_INIT;
    *comparison = (struct comparison){.netting = refuses ? netting : NULL};
    list_objects(netting->net, after, &names, &expected);
    enum error error = scratch_read_some(proof->scratch, &names, &now, problem);
    if (error == ERROR_NONE)
        likeness_compare(&now, &expected, &proof->likeness, take_difference, comparison);
    catalog_release(&names);
    catalog_release(&expected);
    catalog_release(&now);
    return error;
}

/* --- the proof ---------------------------------------------------------------------------------- */

/* The step that did not run: the one that begins as the failure shows. */
static bool refuse_step(struct netting *netting, const struct difference *difference,
                        const struct scratch_failure *failure)
{
    struct slice shown = slice_from(failure->statement);
    for (size_t i = 0; i < difference->step_count; i++) {
        const struct difference_step *step = &difference->steps[i];
        if (step->is_typed && slice_starts_with(printed_trim(slice_from(step->text)), shown))
            return typed_refuse(net_typed(netting->net), step->type, SLICE_NONE, step->name);
    }
    return typed_refuse_all(net_typed(netting->net));
}

/* One try. *again: less of what was typed is used now. */
static enum error try_up(struct netting *netting, struct proof *proof, bool *again,
                         struct problem *problem)
{
    struct difference difference;
    struct scratch_failure failure = {NULL, NULL};
    struct comparison comparison = {.differs = false};
    enum error error =
        find_way(netting, false, true, &difference, &netting->up, &netting->up_remarks, problem);
    *again = false;
    if (error == ERROR_NONE)
        error = scratch_run(proof->scratch, buffer_slice(&netting->up), &failure, problem);
    if (error == ERROR_UNSUPPORTED && failure.statement != NULL)
        *again = refuse_step(netting, &difference, &failure);
    else if (error == ERROR_NONE)
        error = compare(netting, proof, true, true, &comparison, problem);
    *again |= comparison.refused;
    if (error == ERROR_NONE && comparison.differs)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "Replayed, the statements do not give what the database holds: %s.",
                            buffer_text(&comparison.names));
    buffer_release(&comparison.names);
    scratch_failure_release(&failure);
    difference_release(&difference);
    return *again ? ERROR_NONE : error;
}

static enum error prove_down(struct netting *netting, struct proof *proof, struct problem *problem)
{
    struct difference difference;
    struct scratch_failure failure = {NULL, NULL};
    struct comparison comparison = {.differs = false};
    enum error error = find_way(netting, true, false, &difference, &netting->down,
                                &netting->down_remarks, problem);
    difference_release(&difference);
    if (error == ERROR_NONE)
        error = scratch_run(proof->scratch, buffer_slice(&netting->down), &failure, problem);
    if (error == ERROR_NONE)
        error = compare(netting, proof, false, false, &comparison, problem);
    if (error == ERROR_NONE && comparison.differs)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "The way back does not give what was there before: %s.",
                            buffer_text(&comparison.names));
    buffer_release(&comparison.names);
    scratch_failure_release(&failure);
    return error;
}

enum error netting_prove(struct netting *netting, struct proof *proof, const struct drafts *before,
                         struct problem *problem)
{
    enum error error = ERROR_NONE;
    bool again = true;
    for (unsigned tries = 0; again && tries < TRIES_MAX && error == ERROR_NONE; tries++) {
        error = proof_reset(proof, before, problem);
        if (error == ERROR_NONE)
            error = try_up(netting, proof, &again, problem);
    }
    return error == ERROR_NONE ? prove_down(netting, proof, problem) : error;
}

enum error netting_compare(struct netting *netting, struct proof *proof, struct buffer *names,
                           struct problem *problem)
{
    struct comparison comparison;
    enum error error = compare(netting, proof, true, false, &comparison, problem);
    buffer_append_slice(names, buffer_slice(&comparison.names));
    buffer_release(&comparison.names);
    return error;
}
