/* gather: see gather.h. */
#include "command/gather.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "sql/lexer.h"
#include "sql/script.h"
#include "sql/section.h"

struct gathering {
    struct gather *gather;
    const struct project *project;
    struct journal *journal;
    const struct drafts *drafts;
    struct proof *proof;
    bool verbatim;
};

void gather_release(struct gather *gather)
{
    netting_release(&gather->whole);
    buffer_release(&gather->up);
    buffer_release(&gather->down);
    free(gather->no_way_back);
    texts_release(&gather->remarks);
    buffer_release(&gather->goes);
}

/* --- which drafts stand as they are ------------------------------------------------------------- */

static bool is_data(const struct statement *statement)
{
    return statement->kind == STATEMENT_OTHER || statement->kind == STATEMENT_CALL ||
           (statement->kind == STATEMENT_DDL && statement->verb == DDL_TRUNCATE);
}

static bool has_data(const struct draft *draft, const struct dialect *dialect)
{
    const struct sql_facts facts = {.foreign_key_checks = true};
    struct script script;
    struct slice piece;
    bool found = false;
    script_init(&script, draft->file.up, dialect, &facts);
    while (!found && script_next(&script, &piece)) {
        struct statement statement;
        statement_read(piece, &script.dialect, &statement);
        found = is_data(&statement);
        statement_release(&statement);
    }
    script_release(&script);
    return found;
}

static bool stands_as_it_is(const struct gathering *gathering, const struct draft *draft)
{
    const struct dialect dialect = {.mariadb = gathering->gather->whole.mariadb,
                                    .version = gathering->gather->whole.version};
    return gathering->verbatim || draft->was_edited || has_data(draft, &dialect);
}

/* --- parts -------------------------------------------------------------------------------------- */

static void add_remarks(struct gather *gather, struct slice lines)
{
    while (lines.len > 0) {
        const char *end = memchr(lines.ptr, '\n', lines.len);
        size_t len = end == NULL ? lines.len : (size_t)(end - lines.ptr);
        if (len > 0)
            texts_add(&gather->remarks, memory_copy_slice(slice_make(lines.ptr, len)));
        lines = slice_from_offset(lines, end == NULL ? len : len + 1);
    }
}

/* The way back of a later part runs first. */
static void put_in_front(struct buffer *down, struct slice part)
{
    struct buffer all = BUFFER_INIT;
    buffer_append_slice(&all, part);
    if (down->len > 0)
        buffer_append_slice(&all, buffer_slice(down));
    buffer_release(down);
    *down = all;
}

/* Comments at the top of a down section are its remarks. */
static void take_section_remarks(struct gather *gather, struct slice section)
{
    while (slice_starts_with(section, SLICE("-- "))) {
        const char *end = memchr(section.ptr, '\n', section.len);
        size_t len = end == NULL ? section.len : (size_t)(end - section.ptr);
        texts_add(&gather->remarks, memory_copy_slice(slice_make(section.ptr + 3, len - 3)));
        section = slice_from_offset(section, end == NULL ? len : len + 1);
    }
}

static enum error add_file(struct gathering *gathering, const struct draft *draft,
                           struct problem *problem)
{
    struct gather *gather = gathering->gather;
    struct scratch_failure failure = {NULL, NULL};
    enum error error = ERROR_NONE;
    if (gathering->proof != NULL)
        error = scratch_run(gathering->proof->scratch, draft->file.up, &failure, problem);
    scratch_failure_release(&failure);
    buffer_append_slice(&gather->up, draft->file.up);
    put_in_front(&gather->down, draft->file.down);
    take_section_remarks(gather, draft->file.down);
    if (!draft->file.down_known && section_has_statement(draft->file.up) &&
        gather->no_way_back == NULL) {
        struct buffer text = BUFFER_INIT;
        buffer_printf(&text, "The draft of \"%s\" has no way back.", draft->title);
        gather->no_way_back = buffer_detach(&text);
    }
    return error;
}

/* The parts before this one, as a draft that the replay begins with. */
static struct drafts part_before(const struct gather *gather, struct draft *draft)
{
    static char label[] = "(the part before)";
    *draft = (struct draft){.label = label, .name = label};
    draft->file.up = gather->up.len == 0 ? SLICE("") : buffer_slice(&gather->up);
    return (struct drafts){.drafts = draft, .count = 1, .capacity = 1};
}

static enum error add_net(struct gathering *gathering, const struct drafts *part,
                          struct problem *problem)
{
    struct gather *gather = gathering->gather;
    struct netting netting;
    struct draft first;
    const struct drafts before = part_before(gather, &first);
    struct scratch_failure failure = {NULL, NULL};
    netting_init(&netting, gather->whole.keep_definer);
    enum error error = netting_read(&netting, gathering->journal, part, problem);
    if (error == ERROR_NONE && gathering->proof != NULL)
        error = netting_prove(&netting, gathering->proof, &before, problem);
    else if (error == ERROR_NONE)
        error = netting_find(&netting, problem);
    if (error == ERROR_NONE && gathering->proof != NULL) /* its way back was the last that ran */
        error =
            scratch_run(gathering->proof->scratch, buffer_slice(&netting.up), &failure, problem);
    if (error == ERROR_NONE) {
        buffer_append_slice(&gather->up, buffer_slice(&netting.up));
        put_in_front(&gather->down, buffer_slice(&netting.down));
        add_remarks(gather, buffer_slice(&netting.down_remarks));
        buffer_append_slice(&gather->goes, buffer_slice(&netting.up_remarks));
    }
    scratch_failure_release(&failure);
    netting_release(&netting);
    return error;
}

/* --- all of them -------------------------------------------------------------------------------- */

static enum error add_parts(struct gathering *gathering, struct problem *problem)
{
    const struct drafts *drafts = gathering->drafts;
    enum error error = ERROR_NONE;
    for (size_t at = 0; at < drafts->count && error == ERROR_NONE;) {
        struct drafts part = *drafts;
        size_t end = at;
        while (end < drafts->count && !stands_as_it_is(gathering, &drafts->drafts[end]))
            end++;
        part.drafts = drafts->drafts + at;
        part.count = end - at;
        error = part.count > 0 ? add_net(gathering, &part, problem)
                               : add_file(gathering, &drafts->drafts[at], problem);
        at = part.count > 0 ? end : at + 1;
    }
    return error;
}

static enum error check_whole(struct gathering *gathering, struct problem *problem)
{
    struct gather *gather = gathering->gather;
    struct buffer names = BUFFER_INIT;
    enum error error = netting_compare(&gather->whole, gathering->proof, &names, problem);
    if (error == ERROR_NONE && names.len > 0)
        error = problem_set(
            problem, ERROR_UNSUPPORTED,
            "Replayed on the baseline alone, these drafts do not give what the database "
            "holds: %s. Do they need other drafts?",
            buffer_text(&names));
    buffer_release(&names);
    return error;
}

static enum error check_back(struct gathering *gathering, struct problem *problem)
{
    struct gather *gather = gathering->gather;
    struct buffer lines = BUFFER_INIT;
    struct scratch_failure failure = {NULL, NULL};
    enum error error = ERROR_NONE;
    if (gather->no_way_back != NULL)
        return ERROR_NONE;
    error = scratch_run(gathering->proof->scratch, buffer_slice(&gather->down), &failure, problem);
    if (error == ERROR_NONE)
        error = proof_compare(gathering->proof, &gathering->proof->start, &lines, problem);
    if (error == ERROR_NONE && lines.len > 0)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "The way back does not give the schema that was there before: %s",
                            buffer_text(&lines));
    scratch_failure_release(&failure);
    buffer_release(&lines);
    return error;
}

enum error gather_make(struct gather *gather, const struct project *project,
                       struct journal *journal, const struct drafts *drafts, struct proof *proof,
                       bool verbatim, struct problem *problem)
{
    struct gathering gathering = {gather, project, journal, drafts, proof, verbatim};
    const struct drafts none = {.drafts = NULL};
    *gather = (struct gather){.no_way_back = NULL};
    netting_init(&gather->whole, project->settings.definer == SETTINGS_DEFINER_KEEP);
    enum error error = netting_read(&gather->whole, journal, drafts, problem);
    if (error == ERROR_NONE && proof != NULL)
        error = proof_reset(proof, &none, problem);
    if (error == ERROR_NONE)
        error = add_parts(&gathering, problem);
    if (error == ERROR_NONE && proof != NULL && proof->compares)
        error = check_whole(&gathering, problem);
    if (error == ERROR_NONE && proof != NULL)
        error = check_back(&gathering, problem);
    return error;
}
