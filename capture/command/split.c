/* split: one draft becomes several, one for each object.
 *
 *     #5 DROP TABLE a, b   --split 5-->   #8 DROP TABLE a   #9 DROP TABLE b
 *
 * A part is known by the images of its objects, from which both its ways are computed; what was renamed has a
 * statement of its own as well. Parts stand where the draft stood; in which order, the replay decides. Names that a statement moved along a chain (a to b, b
 * to c), and triggers and package bodies with what they belong to, stay together. Of a draft that others are
 * squashed into, these are brought back.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/drafts.h"
#include "command/options.h"
#include "command/output.h"
#include "command/proof.h"
#include "command/squash.h"
#include "ddltap/memory.h"
#include "draft/composition.h"
#include "draft/projection.h"
#include "schema/describe.h"
#include "schema/printed.h"
#include "schema/trigger.h"

struct part {
    struct journal_part row; /* without a name until it has its place */
    size_t *positions;
    enum object_type type; /* of its first object */
    char *statement;       /* that it has; NULL: none */
    char *slug, *title, *text;
    struct draft_file file;
};

struct splitting {
    const struct project *project;
    struct journal *journal;
    struct drafts drafts; /* pending, and of somebody else */
    size_t at;            /* the one that is split */
    size_t object_count;
    bool renames;     /* a part has a statement */
    bool reads_names; /* which can be written */
    struct part *parts;
    size_t count;
    struct part **order;   /* as they will stand */
    struct catalog names;  /* what the draft changes */
    struct catalog wanted; /* and what that is after it */
    char *later;           /* an object that a later change changed */
    int64_t later_id;
};

static const struct draft *draft_of(const struct splitting *splitting)
{
    return &splitting->drafts.drafts[splitting->at];
}

/* --- pieces: which objects belong together ------------------------------------------------------ */

static bool same_name(const char *a, const char *b)
{
    return a != NULL && b != NULL && slice_equal_nocase(slice_from(a), slice_from(b));
}

static bool same_text(const char *a, const char *b)
{
    return slice_equal(slice_from(a), slice_from(b));
}

/* A name that was passed on counts, whatever stands behind it now. */
static bool is_unchanged(const struct journal_object *object)
{
    const struct journal_image *before = &object->before, *after = &object->after;
    return object->role == ROLE_REFERENCE ||
           (object->role == ROLE_TARGET && before->state == after->state &&
            before->state != IMAGE_UNKNOWN && same_text(before->text, after->text) &&
            same_text(before->context, after->context));
}

/* The name of the table that a trigger is on. */
static char *copy_table(const struct journal_change *change, const struct journal_object *object)
{
    const struct dialect dialect = {.mariadb = change->mariadb, .version = change->version};
    const char *text = object->before.text != NULL ? object->before.text : object->after.text;
    struct trigger trigger;
    struct buffer table = BUFFER_INIT;
    if (text == NULL || !trigger_read(slice_from(text), &dialect, &trigger))
        return NULL;
    trigger_table_name(&trigger, &dialect, &table);
    return buffer_detach(&table);
}

static bool goes_with(const struct journal_change *change, size_t index, size_t other)
{
    const struct journal_object *object = &change->objects[index], *to = &change->objects[other];
    bool with = object->role == ROLE_RENAME_TO && other + 1 == index;
    if (object->type == OBJECT_TRIGGER && to->type == OBJECT_TABLE) {
        char *table = copy_table(change, object);
        with |= same_name(table, to->name);
        free(table);
    }
    if (object->type == OBJECT_PACKAGE_BODY && to->type == OBJECT_PACKAGE)
        with |= same_name(object->name, to->name);
    return with || (object->type == to->type && same_name(object->name, to->name));
}

/* piece[i]: the number of the piece that object i belongs to. */
static void find_pieces(const struct journal_change *change, size_t *piece)
{
    for (size_t i = 0; i < change->object_count; i++)
        piece[i] = i;
    for (size_t i = 0; i < change->object_count; i++) {
        for (size_t j = 0; j < change->object_count; j++) {
            if (i == j || piece[i] == piece[j] || !goes_with(change, i, j))
                continue;
            size_t from = piece[i], to = piece[j];
            for (size_t k = 0; k < change->object_count; k++)
                piece[k] = piece[k] == from ? to : piece[k];
        }
    }
}

/* --- parts -------------------------------------------------------------------------------------- */

static enum ddl_verb verb_of(const struct journal_object *object)
{
    if (object->role == ROLE_RENAME_FROM)
        return DDL_RENAME;
    if (object->before.state == IMAGE_ABSENT)
        return DDL_CREATE;
    return object->after.state == IMAGE_ABSENT ? DDL_DROP : DDL_ALTER;
}

/* The change as journal_split will make it; objects has room for them, and is its. */
static struct journal_change view_part(const struct part *part, const struct journal_change *change,
                                       struct journal_object *objects)
{
    static char empty[] = "";
    struct journal_change view = *change;
    char *statement = part->statement == NULL ? empty : part->statement;
    for (size_t i = 0; i < part->row.position_count; i++)
        objects[i] = change->objects[part->positions[i]];
    view.objects = objects;
    view.object_count = part->row.position_count;
    view.verb = part->row.verb;
    view.noun = (char *)(uintptr_t)part->row.noun;
    view.text = statement;
    view.text_len = strlen(statement);
    view.error_code = 0;
    view.renames = NULL;
    view.rename_count = 0;
    view.draft_text = NULL;
    view.squash_text = NULL;
    return view;
}

static void append_name(const struct journal_object *object, struct buffer *out)
{
    if (object->schema != NULL) {
        printed_quote(slice_from(object->schema), out);
        buffer_append_char(out, '.');
    }
    printed_quote(slice_from(object->name), out);
}

/* Images do not tell a table that got another name from one that went while another came. */
static void find_statement(struct part *part, const struct journal_change *change)
{
    struct buffer text = BUFFER_INIT;
    for (size_t i = 0; i + 1 < part->row.position_count; i++) {
        const struct journal_object *from = &change->objects[part->positions[i]],
                                    *to = &change->objects[part->positions[i + 1]];
        if (from->role != ROLE_RENAME_FROM || to->role != ROLE_RENAME_TO)
            continue;
        buffer_append_text(&text, text.len == 0 ? "RENAME TABLE " : ", ");
        append_name(from, &text);
        buffer_append_text(&text, " TO ");
        append_name(to, &text);
    }
    part->statement = text.len == 0 ? NULL : buffer_detach(&text);
    part->row.text = part->statement;
}

static void compose(const struct splitting *splitting, struct part *part,
                    const struct journal_change *change, const struct journal_session *session)
{
    bool keep_definer = splitting->project->settings.definer == SETTINGS_DEFINER_KEEP;
    struct journal_object *objects = memory_new(part->row.position_count, sizeof *objects);
    struct journal_change own = view_part(part, change, objects);
    struct buffer slug = BUFFER_INIT, title = BUFFER_INIT, text = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    struct change view;
    struct change_object *described = projection_change_view(&own, &view);
    describe_slug(&view, &slug);
    describe_title(&view, &title);
    composition_write(&own, &view, session, keep_definer, &text);
    part->slug = buffer_detach(&slug);
    part->title = buffer_detach(&title);
    part->text = buffer_detach(&text);
    (void)!draft_read_text(slice_from(part->text), &part->file, &problem);
    free(described);
    free(objects);
}

static bool is_along(enum object_type type)
{
    return type == OBJECT_TRIGGER || type == OBJECT_PACKAGE_BODY;
}

/* The part is called by its first object that does not go along with another one. */
static void add_position(struct part *part, const struct journal_change *change, size_t position)
{
    const struct journal_object *object = &change->objects[position];
    size_t count = part->row.position_count++;
    part->positions = memory_resize(part->positions, count + 1, sizeof *part->positions);
    part->positions[count] = position;
    part->row.positions = part->positions;
    if (count > 0 && (!is_along(part->type) || is_along(object->type)))
        return;
    part->type = object->type;
    part->row.verb = verb_of(object);
    part->row.noun = object_type_text(object->type);
}

static void add_name(struct splitting *splitting, const struct journal_object *object)
{
    if (object->type != OBJECT_DATABASE)
        (void)catalog_add(&splitting->names, object->type, slice_from(object->name));
}

/* Names in the journal are UTF-8, statements in the client's character set. */
static bool reads_utf8(const struct journal_change *change)
{
    const char *charset = change->facts.character_set_client;
    bool ascii = true;
    for (size_t i = 0; i < change->object_count; i++) {
        for (const char *c = change->objects[i].name; c != NULL && *c != '\0'; c++)
            ascii = ascii && (unsigned char)*c < 0x80;
    }
    return ascii || charset == NULL || strncmp(charset, "utf8", 4) == 0;
}

static bool take_change(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    struct splitting *splitting = argument;
    size_t *piece = memory_new(change->object_count + 1, sizeof *piece);
    find_pieces(change, piece);
    splitting->parts = memory_new(change->object_count + 1, sizeof *splitting->parts);
    for (size_t i = 0; i < change->object_count; i++) {
        struct part *part = &splitting->parts[splitting->count];
        for (size_t j = i; piece[i] != SIZE_MAX && j < change->object_count; j++) {
            if (piece[j] != piece[i] || is_unchanged(&change->objects[j]))
                continue;
            add_position(part, change, j);
            add_name(splitting, &change->objects[j]);
            piece[j] = j == i ? piece[j] : SIZE_MAX;
            splitting->object_count++;
        }
        if (part->row.position_count > 0) {
            find_statement(part, change);
            compose(splitting, part, change, session);
            splitting->renames |= part->statement != NULL;
            splitting->count++;
        }
    }
    free(piece);
    splitting->reads_names = change->error_code == 0 && reads_utf8(change);
    return false;
}

/* --- may it be split? --------------------------------------------------------------------------- */

static bool find_later(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    struct splitting *splitting = argument;
    (void)session;
    if (change->draft_state == DRAFT_UNDONE || change->draft_state == DRAFT_SPLIT ||
        change->origin == ORIGIN_UNDONE)
        return true;
    for (size_t i = 0; i < change->object_count && splitting->later == NULL; i++) {
        const struct journal_object *object = &change->objects[i];
        for (size_t j = 0; j < splitting->names.count && object->role != ROLE_REFERENCE; j++) {
            if (splitting->later == NULL &&
                same_name(object->name, splitting->names.objects[j].name)) {
                splitting->later = memory_copy_text(object->name);
                splitting->later_id = drafts_holder(&splitting->drafts, change->id);
            }
        }
    }
    return splitting->later == NULL;
}

/* The parts get later numbers, and a number tells what came first. */
static enum error check_later(struct splitting *splitting, struct problem *problem)
{
    const struct journal_filter later = {.after = draft_of(splitting)->id,
                                         .states = 1u << CHANGE_DONE | 1u << CHANGE_INTENDED,
                                         .without_images = true};
    enum error error = journal_read(splitting->journal, &later, find_later, splitting, problem);
    if (error != ERROR_NONE || splitting->later == NULL)
        return error;
    return problem_set(problem, ERROR_UNSUPPORTED,
                       "#%" PRId64 " changed `%s` after %s: undo that one first, or squash both.",
                       splitting->later_id, splitting->later, draft_of(splitting)->label);
}

static enum error check_pieces(const struct splitting *splitting, struct problem *problem)
{
    const struct draft *draft = draft_of(splitting);
    if (splitting->renames && !splitting->reads_names)
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "%s cannot be split: it renames, and was done only in part, or its "
                           "session's character set cannot write these names.",
                           draft->label);
    if (splitting->count > 1)
        return ERROR_NONE;
    if (splitting->object_count > 1)
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "%s cannot be split: its objects belong together, as a table and its "
                           "triggers do, or names that were passed on.",
                           draft->label);
    return problem_set(problem, ERROR_UNSUPPORTED,
                       "%s is about one object, and only drafts of several objects can be split: "
                       "of one statement on one object, what it was in between is not known.",
                       draft->label);
}

static enum error choose(struct splitting *splitting, struct selection *selection,
                         struct problem *problem)
{
    enum error error =
        drafts_read(splitting->project, splitting->journal, true, &splitting->drafts, problem);
    if (error == ERROR_NONE)
        error = drafts_resolve(&splitting->drafts, selection, problem);
    for (size_t i = 0; i < splitting->drafts.count && error == ERROR_NONE; i++) {
        if (drafts_take(&splitting->drafts.drafts[i], selection))
            splitting->at = i;
    }
    return error == ERROR_NONE ? drafts_check_met(selection, problem) : error;
}

static enum error check_draft(const struct splitting *splitting, struct problem *problem)
{
    const struct draft *draft = draft_of(splitting);
    enum error error = drafts_check_files(&splitting->drafts, problem);
    if (error == ERROR_NONE && draft->id == 0)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "%s is the draft of somebody else: \"ddltap apply\" it first.",
                            draft->name);
    if (error == ERROR_NONE && draft->condition == DRAFT_EDITED)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "The draft of %s was edited, and the database is not at what it says: "
                            "\"ddltap apply\" first.",
                            draft->label);
    return error;
}

/* --- the proof ---------------------------------------------------------------------------------- */

/* The drafts ahead of it, and it: what its parts must come to as well. */
static enum error find_wanted(struct splitting *splitting, struct proof *proof,
                              struct problem *problem)
{
    const struct drafts with = {.drafts = splitting->drafts.drafts, .count = splitting->at + 1};
    enum error error = proof_reset(proof, &with, problem);
    return error == ERROR_NONE
               ? scratch_read_some(proof->scratch, &splitting->names, &splitting->wanted, problem)
               : error;
}

static enum error compare(struct splitting *splitting, struct proof *proof, struct problem *problem)
{
    struct catalog now = CATALOG_INIT;
    struct buffer lines = BUFFER_INIT;
    size_t notes = proof->notes.len;
    enum error error = scratch_read_some(proof->scratch, &splitting->names, &now, problem);
    if (error == ERROR_NONE)
        proof_compare_catalogs(proof, &now, &splitting->wanted, &lines);
    if (error == ERROR_NONE && (lines.len > 0 || proof->notes.len > notes))
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "%s cannot be split: together its parts do not give the same: %s%s",
                            draft_of(splitting)->label, buffer_text(&lines),
                            buffer_text(&proof->notes) + notes);
    catalog_release(&now);
    buffer_release(&lines);
    return error;
}

/* The drafts ahead of it, then its parts in their order; nothing in it is owned but the array. */
static struct drafts make_candidate(const struct splitting *splitting)
{
    struct drafts candidate = {.count = splitting->at + splitting->count};
    candidate.drafts = memory_new(candidate.count, sizeof *candidate.drafts);
    for (size_t i = 0; i < splitting->at; i++)
        candidate.drafts[i] = splitting->drafts.drafts[i];
    for (size_t i = 0; i < splitting->count; i++)
        candidate.drafts[splitting->at + i] =
            (struct draft){.label = splitting->order[i]->title, .file = splitting->order[i]->file};
    return candidate;
}

static enum error check_results(const struct splitting *splitting,
                                const struct proof_result *results, struct problem *problem)
{
    for (size_t i = 0; i < splitting->count; i++) {
        const struct proof_result *result = &results[splitting->at + i];
        if (result->verdict != PROOF_PROVEN)
            return problem_set(
                problem, ERROR_UNSUPPORTED, "%s cannot be split: of %s alone, %s. %s",
                draft_of(splitting)->label, splitting->order[i]->title,
                proof_verdict_text(result->verdict), result->why == NULL ? "" : result->why);
    }
    return ERROR_NONE;
}

static enum error try_order(struct splitting *splitting, struct proof *proof,
                            struct problem *problem)
{
    const struct drafts none = {.drafts = NULL};
    struct drafts candidate = make_candidate(splitting);
    struct proof_result *results = memory_new(candidate.count, sizeof *results);
    bool *selected = memory_new(candidate.count, sizeof *selected), whole = false;
    for (size_t i = splitting->at; i < candidate.count; i++)
        selected[i] = true;
    enum error error = proof_reset(proof, &none, problem);
    if (error == ERROR_NONE)
        error = proof_run(proof, &candidate, selected, results, &whole, problem);
    if (error == ERROR_NONE)
        error = check_results(splitting, results, problem);
    if (error == ERROR_NONE)
        error = compare(splitting, proof, problem);
    proof_results_release(results, candidate.count);
    free(selected);
    free(candidate.drafts);
    return error;
}

static int compare_types(const void *a, const void *b)
{
    const struct part *one = *(struct part *const *)a, *other = *(struct part *const *)b;
    return one->type != other->type ? (int)one->type - (int)other->type
                                    : (one > other) - (one < other);
}

enum order {
    ORDER_OF_STATEMENT,
    ORDER_REVERSED, /* what others need goes last: tables with foreign keys between them that are dropped */
    ORDER_BY_TYPE, /* tables first, then what may be made of them */
    ORDER_COUNT
};

static void arrange(struct splitting *splitting, enum order order)
{
    for (size_t i = 0; i < splitting->count; i++) {
        size_t from = order == ORDER_REVERSED ? splitting->count - 1 - i : i;
        splitting->order[i] = &splitting->parts[from];
    }
    if (order == ORDER_BY_TYPE)
        qsort(splitting->order, splitting->count, sizeof *splitting->order, compare_types);
}

/* The first order that the replay proves; why there is none is told of the first one. */
static enum error prove(struct splitting *splitting, struct problem *problem)
{
    struct proof proof;
    struct problem first = PROBLEM_INIT, own = PROBLEM_INIT;
    splitting->order = memory_new(splitting->count, sizeof *splitting->order);
    enum error error = proof_open(splitting->project, splitting->journal, NULL, &proof, problem);
    if (error == ERROR_NONE)
        error = find_wanted(splitting, &proof, problem);
    if (error == ERROR_NONE) {
        error = ERROR_UNSUPPORTED;
        for (enum order order = 0; order < ORDER_COUNT && error == ERROR_UNSUPPORTED; order++) {
            arrange(splitting, order);
            error = try_order(splitting, &proof, order == 0 ? &first : &own);
        }
        if (error != ERROR_NONE && problem != NULL)
            *problem = error == ERROR_UNSUPPORTED || own.code == ERROR_NONE ? first : own;
    }
    proof_close(&proof);
    return error;
}

/* --- doing it ----------------------------------------------------------------------------------- */

/* 20261122T101500Z_0005_drop_a.sql: 20261122T101500Z_0005_01_drop_a.sql and so on stand in its place. */
static char *make_name(const struct draft *draft, size_t number, const char *slug)
{
    struct buffer name = BUFFER_INIT;
    const char *end = strchr(draft->name, '_');
    end = end == NULL ? NULL : strchr(end + 1, '_');
    size_t len = end == NULL ? strlen(draft->name) - strlen(".sql") : (size_t)(end - draft->name);
    buffer_printf(&name, "%.*s_%02zu_%s.sql", (int)len, draft->name, number, slug);
    return buffer_detach(&name);
}

static void print(const struct splitting *splitting, const struct journal_part *rows)
{
    struct buffer out = BUFFER_INIT;
    buffer_printf(&out, "%s is now %zu drafts:\n", draft_of(splitting)->label, splitting->count);
    for (size_t i = 0; i < splitting->count; i++) {
        buffer_printf(&out, "  #%" PRId64 "  ", rows[i].id);
        output_safe_line(&out, slice_from(splitting->order[i]->title));
        buffer_printf(&out, "  ddltap/drafts/%s\n", rows[i].draft_name);
    }
    fwrite(out.ptr, 1, out.len, stdout);
    buffer_release(&out);
}

static enum error put(struct splitting *splitting, struct problem *problem)
{
    struct journal_part *rows = memory_new(splitting->count, sizeof *rows);
    char **names = memory_new(splitting->count, sizeof *names);
    for (size_t i = 0; i < splitting->count; i++) {
        names[i] = make_name(draft_of(splitting), i + 1, splitting->order[i]->slug);
        rows[i] = splitting->order[i]->row;
        rows[i].draft_name = names[i];
    }
    enum error error =
        journal_split(splitting->journal, draft_of(splitting)->id, rows, splitting->count, problem);
    if (error == ERROR_NONE)
        error = project_drafts(splitting->project, splitting->journal, problem);
    if (error == ERROR_NONE)
        print(splitting, rows);
    for (size_t i = 0; i < splitting->count; i++)
        free(names[i]);
    free(names);
    free(rows);
    return error;
}

static void splitting_release(struct splitting *splitting)
{
    for (size_t i = 0; i < splitting->count; i++) {
        free(splitting->parts[i].positions);
        free(splitting->parts[i].statement);
        free(splitting->parts[i].slug);
        free(splitting->parts[i].title);
        free(splitting->parts[i].text);
    }
    free(splitting->parts);
    free(splitting->order);
    free(splitting->later);
    catalog_release(&splitting->names);
    catalog_release(&splitting->wanted);
    drafts_release(&splitting->drafts);
}

static enum error split_objects(struct splitting *splitting, struct problem *problem)
{
    const struct journal_filter filter = {.id = draft_of(splitting)->id};
    enum error error = check_draft(splitting, problem);
    if (error == ERROR_NONE)
        error = journal_read(splitting->journal, &filter, take_change, splitting, problem);
    if (error == ERROR_NONE)
        error = check_pieces(splitting, problem);
    if (error == ERROR_NONE)
        error = check_later(splitting, problem);
    if (error == ERROR_NONE)
        error = prove(splitting, problem);
    return error == ERROR_NONE ? put(splitting, problem) : error;
}

static enum error split(const struct project *project, struct selection *selection,
                        struct problem *problem)
{
    struct splitting splitting = {
        .project = project, .names = CATALOG_INIT, .wanted = CATALOG_INIT};
    enum error error = project_journal_alone(project, &splitting.journal, problem);
    if (error == ERROR_NONE)
        error = choose(&splitting, selection, problem);
    if (error == ERROR_NONE && draft_of(&splitting)->has_squashed)
        error = squash_undo(project, splitting.journal, selection, problem);
    else if (error == ERROR_NONE)
        error = split_objects(&splitting, problem);
    splitting_release(&splitting);
    journal_close(splitting.journal);
    return error;
}

int command_split(int argc, char **argv, const struct command_context *context)
{
    const struct option_usage usage = {
        "ddltap split ID | NAME",
        "Make several drafts of one that is about several objects, one for each, proven in a "
        "scratch database before\nanything is replaced. Of a squashed draft: bring back what was "
        "squashed.",
        NULL, 0};
    struct selection selection;
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code < 0)
        code = selection_parse_one(argc, argv, operand, "draft", &selection);
    if (code >= 0)
        return code;
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    enum error error = split(&project, &selection, &problem);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
