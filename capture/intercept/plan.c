/* The text is cut under the dialect that its facts imply. Names go into the journal in UTF-8; the
 * text itself stays in the client's character set, without its secrets.
 */
#include "intercept/plan.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "sql/glance.h"
#include "sql/splitter.h"

#define PREPARED_MAX 64

/* --- SQL-level prepared statements ------------------------------------------------------------ */

static void prepared_remove_at(struct plan_prepared_list *list, struct plan_prepared **at)
{
    struct plan_prepared *gone = *at;
    *at = gone->next;
    list->count--;
    free(gone->name);
    free(gone->text);
    free(gone);
}

void plan_prepared_clear(struct plan_prepared_list *list)
{
    while (list->first != NULL)
        prepared_remove_at(list, &list->first);
}

static struct plan_prepared **prepared_find(struct plan_prepared_list *list, const char *name)
{
    struct plan_prepared **at = &list->first;
    while (*at != NULL && !slice_equal_nocase(slice_from((*at)->name), slice_from(name)))
        at = &(*at)->next;
    return at;
}

static void prepared_note(struct capture *capture, struct plan_prepared_list *list,
                          const char *name, const char *text)
{
    struct plan_prepared **at = prepared_find(list, name);
    if (*at != NULL)
        prepared_remove_at(list, at);
    if (text == NULL)
        return;
    if (list->count == PREPARED_MAX) {
        capture_note_gap(capture, "a session holds too many prepared statements of DDL");
        return;
    }
    struct plan_prepared *entry = memory_new(1, sizeof(*entry));
    entry->name = memory_copy_text(name);
    entry->text = memory_copy_text(text);
    entry->next = list->first;
    list->first = entry;
    list->count++;
}

/* --- is it worth asking? ---------------------------------------------------------------------- */

static void guess_dialect(const struct plan_context *context, uint16_t status,
                          struct dialect *dialect)
{
    memset(dialect, 0, sizeof(*dialect));
    dialect_set_version(dialect, context->server_version, context->mariadb);
    dialect->ignore_space = context->ignore_space;
    dialect->no_backslash_escapes = (status & STATUS_NO_BACKSLASH_ESCAPES) != 0;
    dialect->ansi_quotes = context->mariadb && (status & STATUS_ANSI_QUOTES) != 0;
}

static bool statement_wanted(const struct plan_context *context, const struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_DDL:
        return !statement->temporary || statement->verb != DDL_CREATE;
    case STATEMENT_COMPOUND:
        return statement->object_count > 0;
    case STATEMENT_ACCOUNT:
        return true;
    case STATEMENT_PREPARE:
        return statement->inner_text != NULL ||
               *prepared_find(context->prepared, statement->name) != NULL;
    case STATEMENT_EXECUTE:
        return *prepared_find(context->prepared, statement->name) != NULL;
    default:
        return false;
    }
}

/* What a text holds, under one guess. */
struct look {
    bool wanted;
    bool needs_facts; /* more than accounts and PREPARE */
    bool prepares, executes;
    bool reads_diagnostics; /* a question would change what the text itself reads */
    bool counts_on;         /* no statement starts MariaDB's count of rows anew */
};

/* MariaDB numbers the row of a warning by a count that goes on until a statement names a table (or a view,
 * a trigger's table, a sequence) or fails. */
static bool statement_counts_on(const struct statement *statement)
{
    if (statement->kind == STATEMENT_EXECUTE)
        return true;
    if (statement->kind != STATEMENT_DDL || statement->object_count == 0)
        return false;
    switch (statement->objects[0].type) {
    case OBJECT_TABLE:
    case OBJECT_VIEW:
    case OBJECT_TRIGGER:
    case OBJECT_SEQUENCE:
        return false;
    default:
        return true;
    }
}

static void look_at(const struct plan_context *context, struct slice text,
                    const struct dialect *dialect, struct look *look)
{
    struct splitter splitter;
    struct slice piece;
    splitter_init(&splitter, text, dialect);
    while (splitter_next(&splitter, &piece)) {
        struct statement statement;
        statement_read(piece, dialect, &statement);
        if (statement_wanted(context, &statement)) {
            look->wanted = true;
            look->needs_facts |=
                statement.kind != STATEMENT_ACCOUNT && statement.kind != STATEMENT_PREPARE;
            look->counts_on |= statement_counts_on(&statement);
        }
        look->prepares |= statement.kind == STATEMENT_PREPARE;
        look->executes |= statement.kind == STATEMENT_EXECUTE;
        look->reads_diagnostics |= statement.reads_diagnostics;
        statement_release(&statement);
    }
    look->needs_facts |= look->prepares && look->executes;
}

bool plan_is_wanted(const struct plan_context *context, struct slice text, uint16_t status,
                    enum plan_asking *asking, bool *plain)
{
    struct dialect dialect;
    struct look look = {.wanted = false};
    *asking = ASK_NOTHING;
    *plain = false;
    /* With DDL prepared, a PREPARE of anything else matters: it may take the name away. */
    if (context->prepared->count == 0 &&
        !glance_holds_ddl(text, context->mariadb, context->server_version))
        return false;
    guess_dialect(context, status, &dialect);
    look_at(context, text, &dialect, &look);
    if (!context->mariadb) {
        /* MySQL's status flags do not tell ANSI_QUOTES. */
        dialect.ansi_quotes = true;
        look_at(context, text, &dialect, &look);
    }
    if (look.needs_facts && !look.reads_diagnostics)
        *asking = look.counts_on && context->multi_results ? ASK_IN_BLOCK : ASK_PLAINLY;
    *plain = context->prepared->count == 0 && !look.prepares && !look.executes;
    return look.wanted;
}

/* --- changes ---------------------------------------------------------------------------------- */

static bool is_tracked(const struct plan_context *context, const struct journal_change *change)
{
    for (size_t i = 0; i < change->object_count; i++)
        if (change->objects[i].role != ROLE_REFERENCE &&
            capture_tracks(context->capture, change->objects[i].schema))
            return true;
    return false;
}

/* --- doubts ----------------------------------------------------------------------------------- */

/* Could this object be a temporary table of the session? */
static bool may_be_temporary(const struct statement *statement,
                             const struct statement_object *object)
{
    if (object->type != OBJECT_TABLE ||
        (object->role != ROLE_TARGET && object->role != ROLE_RENAME_FROM))
        return false;
    return statement->verb != DDL_CREATE || strcmp(statement->noun, "INDEX") == 0;
}

/* Does the server take these for one? */
static bool is_same_name(const struct plan *plan, const char *a, const char *b)
{
    struct slice one = slice_from(a), other = slice_from(b);
    return plan->names_nocase ? slice_equal_nocase(one, other) : slice_equal(one, other);
}

static const char *schema_of(const struct statement_object *object, const char *default_schema)
{
    return object->schema == NULL ? default_schema : object->schema;
}

/* The temporary table that the text itself has made under this name; or the place behind the last.
 */
static size_t find_made(const struct plan *plan, const char *schema, const char *name)
{
    size_t i = 0;
    while (i < plan->made_count && !(is_same_name(plan, plan->made[i].schema, schema) &&
                                     is_same_name(plan, plan->made[i].name, name)))
        i++;
    return i;
}

static void forget_made(struct plan *plan, const char *schema, const char *name)
{
    size_t i = find_made(plan, schema, name);
    if (i == plan->made_count)
        return;
    free(plan->made[i].schema);
    free(plan->made[i].name);
    plan->made[i] = plan->made[--plan->made_count];
}

/* CREATE TEMPORARY and DROP TEMPORARY within the text. */
static void follow_temporary(struct plan *plan, const struct statement *statement,
                             const char *default_schema)
{
    for (size_t i = 0; i < statement->object_count; i++) {
        const struct statement_object *object = &statement->objects[i];
        const char *schema = schema_of(object, default_schema);
        if (object->type != OBJECT_TABLE || object->role != ROLE_TARGET)
            continue;
        forget_made(plan, schema, object->name);
        if (statement->verb != DDL_CREATE)
            continue;
        plan->made = memory_resize(plan->made, plan->made_count + 1, sizeof(*plan->made));
        plan->made[plan->made_count++] =
            (struct plan_made){memory_copy_text(schema), memory_copy_text(object->name)};
    }
}

/* Does the name stand for something else afterwards? */
static bool takes_name_away(const struct journal_change *change, size_t object)
{
    return change->objects[object].role == ROLE_RENAME_FROM ||
           (change->verb == DDL_DROP && strcmp(change->noun, "INDEX") != 0);
}

static void add_doubts(struct plan *plan, const struct statement *statement,
                       const char *default_schema, bool moved)
{
    const struct journal_change *change = plan->statements[plan->count - 1].change;
    for (size_t i = 0; i < statement->object_count; i++) {
        const struct statement_object *object = &statement->objects[i];
        if (!may_be_temporary(statement, object))
            continue;
        const char *schema = schema_of(object, default_schema);
        bool made = find_made(plan, schema, object->name) < plan->made_count;
        plan->doubts = memory_resize(plan->doubts, plan->doubt_count + 1, sizeof(*plan->doubts));
        plan->doubts[plan->doubt_count++] = (struct plan_doubt){
            .statement = plan->count - 1,
            .object = i,
            .schema = memory_copy_text(moved ? schema : object->schema),
            .name = memory_copy_text(object->name),
            .temporary = made,
            .known = made,
        };
        if (made && takes_name_away(change, i))
            forget_made(plan, schema, object->name);
    }
}

static void remove_object(struct journal_change *change, size_t index)
{
    struct journal_object *object = &change->objects[index];
    free(object->schema);
    free(object->name);
    memmove(object, object + 1, (change->object_count - index - 1) * sizeof(*object));
    change->object_count--;
}

static bool has_targets(const struct journal_change *change)
{
    for (size_t i = 0; i < change->object_count; i++)
        if (change->objects[i].role != ROLE_REFERENCE)
            return true;
    return false;
}

static bool same_table(const struct plan *plan, const struct plan_doubt *a,
                       const struct plan_doubt *b)
{
    const struct journal_object *x = &plan->statements[a->statement].change->objects[a->object];
    const struct journal_object *y = &plan->statements[b->statement].change->objects[b->object];
    return is_same_name(plan, x->schema, y->schema) && is_same_name(plan, x->name, y->name);
}

/* All were asked before the text: once a temporary table is dropped, its name is the real one's. */
static void end_temporary(struct plan *plan)
{
    for (size_t i = 0; i < plan->doubt_count; i++) {
        const struct plan_doubt *doubt = &plan->doubts[i];
        if (!doubt->temporary || doubt->known ||
            !takes_name_away(plan->statements[doubt->statement].change, doubt->object))
            continue;
        for (size_t later = i + 1; later < plan->doubt_count; later++)
            if (!plan->doubts[later].known && same_table(plan, doubt, &plan->doubts[later]))
                plan->doubts[later].temporary = false;
    }
}

/* b may have been found out to be a view or a sequence. */
static bool same_object(const struct journal_object *a, const struct journal_object *b)
{
    bool same_type = a->type == b->type || (a->type == OBJECT_TABLE &&
                                            (b->type == OBJECT_VIEW || b->type == OBJECT_SEQUENCE));
    return same_type && a->role == b->role && strcmp(a->schema, b->schema) == 0 &&
           strcmp(a->name, b->name) == 0;
}

static bool same_objects(const struct planned *a, const struct planned *b)
{
    if (a->change == NULL || b->change == NULL)
        return a->change == b->change;
    bool same = a->change->verb == b->change->verb && a->change->object_count == b->named;
    for (size_t i = 0; i < a->change->object_count && same; i++)
        same = same_object(&a->change->objects[i], &b->change->objects[i]);
    return same;
}

static void swap_objects(struct planned *a, struct planned *b)
{
    struct journal_object *objects = a->change->objects;
    size_t count = a->change->object_count;
    a->change->objects = b->change->objects;
    a->change->object_count = b->change->object_count;
    b->change->objects = objects;
    b->change->object_count = count;
    /* Whether another change came after the reading is told by this time, which is that of the guess. */
    a->change->at = b->change->at;
    a->named = b->named;
    a->flight = b->flight;
    flight_confirm(a->flight);
    b->flight = NULL;
}

bool plan_take_images(struct plan *plan, struct plan *from)
{
    bool same = plan->count == from->count;
    for (size_t i = 0; i < plan->count && same; i++)
        same = same_objects(&plan->statements[i], &from->statements[i]);
    for (size_t i = 0; i < plan->count && same; i++)
        if (plan->statements[i].change != NULL)
            swap_objects(&plan->statements[i], &from->statements[i]);
    return same;
}

bool plan_has_temporary(const struct plan *plan)
{
    for (size_t i = 0; i < plan->doubt_count; i++)
        if (plan->doubts[i].temporary)
            return true;
    return false;
}

static void forget_before(struct journal_object *object)
{
    free(object->before.text);
    free(object->before.context);
    object->before = (struct journal_image){.state = IMAGE_UNKNOWN};
}

void plan_forget_images(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct journal_change *change = plan->statements[i].change;
        for (size_t k = 0; change != NULL && k < change->object_count; k++)
            forget_before(&change->objects[k]);
        while (change != NULL && change->object_count > plan->statements[i].named)
            remove_object(change, change->object_count - 1);
    }
}

void plan_drop_temporary(struct plan *plan)
{
    end_temporary(plan);
    /* From the last on, so that the indexes before stay true. */
    for (size_t i = plan->doubt_count; i-- > 0;) {
        struct plan_doubt *doubt = &plan->doubts[i];
        struct planned *planned = &plan->statements[doubt->statement];
        if (!doubt->temporary || planned->change == NULL)
            continue;
        if (planned->change->objects[doubt->object].role == ROLE_RENAME_FROM)
            remove_object(planned->change, doubt->object + 1);
        remove_object(planned->change, doubt->object);
        if (!has_targets(planned->change)) {
            record_free(planned->change);
            planned->change = NULL;
        }
    }
}

/* --- the plan --------------------------------------------------------------------------------- */

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr(" \t\r\n\f\v", text.ptr[i]) == NULL || text.ptr[i] == '\0')
            return false;
    return true;
}

static void add_statement(struct plan *plan, bool many_answers)
{
    plan->statements = memory_resize(plan->statements, plan->count + 1, sizeof(*plan->statements));
    plan->statements[plan->count++] =
        (struct planned){.change = NULL, .many_answers = many_answers};
}

/* facts of this statement; `moved`: USE within the text chose another default schema */
static void plan_ddl(const struct plan_context *context, struct slice text,
                     const struct dialect *dialect, const struct sql_facts *facts, bool moved,
                     const struct statement *statement, struct plan *plan)
{
    if (statement->temporary) {
        follow_temporary(plan, statement, facts->default_schema);
        return;
    }
    const struct record_place place = {
        .database = capture_options(context->capture)->database,
        .version = context->version,
        .mariadb = context->mariadb,
        .names_nocase = plan->names_nocase,
    };
    struct journal_change *change = record_new(&place, text, dialect, facts, statement);
    if (statement->kind != STATEMENT_ACCOUNT && !is_tracked(context, change)) {
        record_free(change);
        return;
    }
    change->statement_index = (unsigned)(plan->count - 1);
    plan->statements[plan->count - 1].change = change;
    plan->statements[plan->count - 1].guarded = statement->if_exists || statement->if_not_exists;
    add_doubts(plan, statement, facts->default_schema, moved);
}

/* Only DDL is kept; anything else takes the name away. */
static void plan_prepare(const struct plan_context *context, const struct dialect *dialect,
                         const struct statement *statement)
{
    struct statement inner;
    const char *text = statement->inner_text;
    if (text != NULL) {
        statement_read(slice_from(text), dialect, &inner);
        if (inner.kind != STATEMENT_DDL)
            text = NULL;
        statement_release(&inner);
    }
    prepared_note(context->capture, context->prepared, statement->name, text);
}

static void plan_execute(const struct plan_context *context, const struct dialect *dialect,
                         const struct sql_facts *facts, bool moved,
                         const struct statement *statement, struct plan *plan)
{
    const struct plan_prepared *prepared = *prepared_find(context->prepared, statement->name);
    struct statement inner;
    plan->statements[plan->count - 1].uncertain = prepared == NULL;
    if (prepared == NULL)
        return;
    struct slice text = slice_from(prepared->text);
    statement_read(text, dialect, &inner);
    plan_ddl(context, text, dialect, facts, moved, &inner, plan);
    statement_release(&inner);
}

static void plan_one(const struct plan_context *context, struct slice text,
                     const struct dialect *dialect, const struct sql_facts *facts, bool moved,
                     struct plan *plan)
{
    struct statement statement;
    statement_read(text, dialect, &statement);
    if (plan->application == NULL && statement.application != NULL)
        plan->application = memory_copy_text(statement.application);
    add_statement(plan, statement.many_answers);
    switch (statement.kind) {
    case STATEMENT_PREPARE:
        plan_prepare(context, dialect, &statement);
        break;
    case STATEMENT_EXECUTE:
        plan_execute(context, dialect, facts, moved, &statement, plan);
        break;
    case STATEMENT_DDL:
    case STATEMENT_ACCOUNT:
    case STATEMENT_COMPOUND:
        if (statement.kind == STATEMENT_DDL || statement_wanted(context, &statement))
            plan_ddl(context,
                     statement.inner_text != NULL ? slice_from(statement.inner_text) : text,
                     dialect, facts, moved, &statement, plan);
        break;
    case STATEMENT_EXECUTE_IMMEDIATE:
        plan->statements[plan->count - 1].uncertain = true;
        break;
    default:
        break;
    }
    statement_release(&statement);
}

/* What is known when nothing could be asked. */
static void assume_facts(const struct plan_context *context, struct sql_facts *facts)
{
    const char *schema = capture_options(context->capture)->database;
    *facts =
        (struct sql_facts){.default_schema = memory_copy_text(schema), .foreign_key_checks = true};
}

static void facts_dialect(const struct sql_facts *facts, struct dialect *dialect)
{
    if (facts->sql_mode != NULL)
        dialect_set_sql_mode(dialect, slice_from(facts->sql_mode));
    if (facts->character_set_client != NULL)
        dialect_set_charset(dialect, slice_from(facts->character_set_client));
}

static bool same_schema(const struct sql_facts *a, const char *schema)
{
    if (a->default_schema == NULL || schema == NULL)
        return a->default_schema == schema;
    return strcmp(a->default_schema, schema) == 0;
}

static void number_batch(struct plan *plan)
{
    uint64_t batch = plan->count > 1 ? (uint64_t)record_now() : 0;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->statements[i].change != NULL)
            plan->statements[i].change->batch = batch;
}

void plan_make(const struct plan_context *context, struct slice text, const struct sql_facts *asked,
               uint16_t status, struct plan *plan)
{
    struct dialect dialect;
    struct sql_facts facts = {.default_schema = NULL};
    struct splitter splitter;
    struct slice piece;

    memset(plan, 0, sizeof(*plan));
    plan->asked = asked != NULL;
    plan->names_nocase = capture_names_nocase(context->capture);
    guess_dialect(context, status, &dialect);
    if (asked != NULL)
        sql_facts_copy(&facts, asked);
    else
        assume_facts(context, &facts);
    char *first_schema = memory_copy_text(facts.default_schema);
    facts_dialect(&facts, &dialect);
    splitter_init(&splitter, text, &dialect);
    if (!context->multi_statements)
        plan_one(context, text, &dialect, &facts, false, plan);
    while (context->multi_statements && splitter_next(&splitter, &piece)) {
        if (is_blank(piece))
            continue; /* what follows the last ';': the server makes no answer for it */
        plan_one(context, piece, &dialect, &facts, !same_schema(&facts, first_schema), plan);
        statement_follow(piece, &dialect, &facts);
        facts_dialect(&facts, &dialect);
    }
    number_batch(plan);
    free(first_schema);
    sql_facts_release(&facts);
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        flight_leave(plan->statements[i].flight, FLIGHT_UNCHANGED);
        record_free(plan->statements[i].change);
    }
    for (size_t i = 0; i < plan->doubt_count; i++) {
        free(plan->doubts[i].schema);
        free(plan->doubts[i].name);
    }
    while (plan->made_count > 0)
        forget_made(plan, plan->made[0].schema, plan->made[0].name);
    free(plan->made);
    free(plan->statements);
    free(plan->doubts);
    free(plan->application);
    memset(plan, 0, sizeof(*plan));
}

size_t plan_changes(const struct plan *plan, size_t from, size_t end,
                    struct journal_change **changes)
{
    size_t count = 0;
    for (size_t i = from; i < end; i++) {
        if (plan->statements[i].change == NULL)
            continue;
        if (changes != NULL)
            changes[count] = plan->statements[i].change;
        count++;
    }
    return count;
}

bool plan_only_noted(const struct journal_change *change)
{
    if (change->object_count == 0 || change->verb == DDL_TRUNCATE)
        return true;
    return change->objects[0].type == OBJECT_DATABASE && change->verb != DDL_ALTER;
}

static bool is_named(const char *a, const char *b)
{
    return slice_equal_nocase(slice_from(a), slice_from(b));
}

static bool touches(const struct planned *planned, const struct journal_object *object)
{
    if (planned->change == NULL)
        return false;
    for (size_t i = 0; i < planned->change->object_count; i++) {
        const struct journal_object *other = &planned->change->objects[i];
        if (other->role != ROLE_REFERENCE && is_named(other->name, object->name) &&
            is_named(other->schema, object->schema))
            return true;
    }
    return false;
}

bool *plan_skip(const struct plan *plan, size_t statement, enum image_moment moment)
{
    const struct journal_change *change = plan->statements[statement].change;
    bool *skip = memory_new(change->object_count + 1, sizeof(*skip));
    size_t from = moment == IMAGE_BEFORE ? 0 : statement + 1;
    size_t to = moment == IMAGE_BEFORE ? statement : plan->count;
    for (size_t i = 0; i < change->object_count; i++)
        for (size_t other = from; other < to && !skip[i]; other++)
            skip[i] = touches(&plan->statements[other], &change->objects[i]);
    return skip;
}
