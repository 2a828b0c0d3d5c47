/* difference: see difference.h. This file keeps the order and writes; what happens to each object is
 * found in difference_pair, difference_table and difference_program. */
#include "schema/difference_internal.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/clauses.h"
#include "schema/context.h"
#include "schema/name_index.h"
#include "schema/printed.h"
#include "schema/remark.h"
#include "sql/portable.h"

/* --- writing ------------------------------------------------------------------------------------
 */

const struct definition *pair_definition(const struct pair *pair)
{
    return pair->wanted != NULL ? pair->wanted : pair->now;
}

void difference_append_name(const struct definition *definition, struct buffer *out)
{
    if (!slice_is_none(definition->home) && definition->type != OBJECT_DATABASE) {
        printed_quote(definition->home, out);
        buffer_append_char(out, '.');
    }
    printed_quote(definition->name, out);
}

static struct difference_step *add_step(struct finder *finder, enum difference_kind kind)
{
    struct difference *difference = finder->difference;

    if (difference->step_count == difference->step_capacity) {
        difference->step_capacity =
            difference->step_capacity == 0 ? 8 : 2 * difference->step_capacity;
        difference->steps =
            memory_resize(difference->steps, difference->step_capacity, sizeof(*difference->steps));
    }
    struct difference_step *step = &difference->steps[difference->step_count++];
    *step = (struct difference_step){.kind = kind};
    return step;
}

void difference_add_setting(struct finder *finder, const char *text)
{
    add_step(finder, DIFFERENCE_SET)->text = memory_copy_text(text);
}

struct dialect difference_dialect(const struct finder *finder, const struct definition *definition)
{
    struct dialect dialect = {.mariadb = finder->options->mariadb,
                              .version = finder->options->version};

    dialect_set_sql_mode(&dialect, context_value(definition->context, "sql_mode"));
    return dialect;
}

/* What context_open and context_close write, without the ";\n". */
static void add_setting(struct finder *finder, struct buffer *text)
{
    if (text->len > 2) {
        buffer_truncate(text, text->len - 2);
        difference_add_setting(finder, buffer_text(text));
    }
    buffer_clear(text);
}

/* A statement, which is taken over, within the settings of context. */
static void add_within(struct finder *finder, enum difference_kind kind, const struct pair *pair,
                       struct buffer *statement, struct slice context)
{
    const struct sql_facts *defaults = finder->options->defaults;
    bool zero_dates = printed_mentions(buffer_slice(statement), SLICE("'0000-00-00"));
    struct buffer setting = BUFFER_INIT;

    context_open(context, defaults, zero_dates, &setting);
    add_setting(finder, &setting);
    struct difference_step *step = add_step(finder, kind);
    if (pair != NULL) {
        step->type = pair->type;
        step->name = pair_definition(pair)->name;
    }
    step->text = buffer_detach(statement);
    context_close(context, defaults, zero_dates, &setting);
    add_setting(finder, &setting);
    buffer_release(&setting);
}

void difference_add(struct finder *finder, enum difference_kind kind, const struct pair *pair,
                    struct slice text, struct slice context)
{
    const struct portable_options options = {.schema = finder->options->schema,
                                             .keep_definer = finder->options->keep_definer};
    struct dialect dialect = {.mariadb = finder->options->mariadb,
                              .version = finder->options->version};
    struct buffer statement = BUFFER_INIT;

    dialect_set_sql_mode(&dialect, context_value(context, "sql_mode"));
    portable_write(text, &dialect, &options, &statement);
    add_within(finder, kind, pair, &statement, context);
}

/* --- what was typed ----------------------------------------------------------------------------- */

struct dialect difference_session_dialect(const struct finder *finder,
                                          const struct definition *definition)
{
    struct dialect dialect = difference_dialect(finder, definition);

    if (slice_is_none(context_value(definition->context, "sql_mode")))
        dialect_set_sql_mode(&dialect, slice_from(finder->options->defaults->sql_mode));
    return dialect;
}

struct slice difference_typed_statement(const struct finder *finder, const struct pair *pair,
                                        bool from_now)
{
    if (finder->options->typed == NULL || pair->wanted == NULL)
        return SLICE_NONE;
    struct dialect dialect = difference_session_dialect(finder, pair->wanted);
    return typed_statement(finder->options->typed, from_now ? pair->now : NULL, pair->text,
                           pair->wanted, &dialect);
}

void difference_mark_typed(struct finder *finder, size_t first)
{
    for (size_t i = first; i < finder->difference->step_count; i++)
        finder->difference->steps[i].is_typed = finder->difference->steps[i].kind != DIFFERENCE_SET;
}

void difference_add_typed(struct finder *finder, enum difference_kind kind, const struct pair *pair,
                          struct slice text)
{
    struct buffer statement = BUFFER_INIT;
    size_t first = finder->difference->step_count;

    buffer_append_slice(&statement, text);
    add_within(finder, kind, pair, &statement, pair->wanted->context);
    difference_mark_typed(finder, first);
}

void difference_problem(struct finder *finder, struct pair *pair, const char *why)
{
    const struct definition *definition = pair_definition(pair);

    buffer_printf(&finder->difference->problems, "%s `%.*s`: %s.\n", object_type_text(pair->type),
                  (int)definition->name.len, definition->name.ptr, why);
    pair->fate = FATE_UNKNOWN;
}

void difference_remark(struct finder *finder, const char *before,
                       const struct definition *definition, const char *after)
{
    struct buffer *remarks = &finder->difference->remarks;

    buffer_append_text(remarks, before);
    difference_append_name(definition, remarks);
    buffer_append_text(remarks, after);
    buffer_append_char(remarks, '\n');
}

/* DROP PACKAGE is known only under the sql_mode that knows packages. */
static struct slice drop_context(const struct pair *pair)
{
    if (pair->type != OBJECT_PACKAGE && pair->type != OBJECT_PACKAGE_BODY)
        return SLICE_NONE;
    return pair->now->context;
}

void difference_add_drop(struct finder *finder, struct pair *pair)
{
    struct buffer text = BUFFER_INIT;

    buffer_printf(&text, "DROP %s ", object_type_text(pair->type));
    difference_append_name(pair->now, &text);
    difference_add(finder, DIFFERENCE_DROP, pair, buffer_slice(&text), drop_context(pair));
    if (pair->fate == FATE_DROPPED)
        remark_on_drop(finder, pair);
    buffer_release(&text);
}

/* With text or, where there is none, as it was typed or printed. */
static void write_create(struct finder *finder, struct pair *pair, struct slice text)
{
    struct slice typed =
        text.len > 0 ? SLICE_NONE : difference_typed_statement(finder, pair, false);

    if (!slice_is_none(typed))
        difference_add_typed(finder, DIFFERENCE_CREATE, pair, typed);
    else
        difference_add(finder, DIFFERENCE_CREATE, pair, text.len > 0 ? text : pair->wanted->text,
                       pair->wanted->context);
}

void difference_add_create(struct finder *finder, struct pair *pair, struct slice text)
{
    const struct definition *wanted = pair->wanted;

    if (!slice_is_none(wanted->home) && pair->type != OBJECT_TABLE) {
        difference_problem(finder, pair,
                           "it belongs to another schema and its text names objects there");
        return;
    }
    if (!context_allows(wanted->context, wanted->text)) {
        difference_problem(finder, pair,
                           "its text has letters and was made in a character set other than UTF-8");
        return;
    }
    write_create(finder, pair, text);
    remark_on_create(finder, pair);
}

/* --- sequences and databases ------------------------------------------------------------------ */

/* Of a definition that hold_check has let pass; text may be that of another name. */
static void read_clauses(const struct finder *finder, const struct definition *definition,
                         struct slice text, struct clauses *clauses)
{
    const struct dialect dialect = difference_dialect(finder, definition);
    struct slice unknown;

    (void)clauses_read(definition->type, text, &dialect, clauses, &unknown);
}

/* "ALTER SEQUENCE `s`" and words behind it; nothing without words. */
static void add_sequence_step(struct finder *finder, const struct pair *pair, const char *verb,
                              struct slice words)
{
    struct buffer text = BUFFER_INIT;

    if (words.len == 0)
        return;
    buffer_append_text(&text, verb);
    difference_append_name(pair->wanted, &text);
    buffer_append_slice(&text, words);
    difference_add(finder, DIFFERENCE_ALTER, pair, buffer_slice(&text), SLICE_NONE);
    buffer_release(&text);
}

/* How many numbers a type has, roughly: a larger one comes before its limits, a smaller one after. */
static size_t sequence_size(struct slice type)
{
    static const char *const types[] = {"tinyint", "smallint", "mediumint", " int", "bigint"};
    size_t is_unsigned = printed_mentions(type, SLICE("unsigned"));

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (printed_mentions(type, slice_from(types[i])))
            return 2 * i + is_unsigned;
    }
    return 2 * sizeof(types) / sizeof(types[0]);
}

/* All of its numbers where the type, on which they depend, is another one; else those that differ. */
static void append_numbers(const struct clauses *now, const struct clauses *wanted, bool all,
                           struct buffer *words)
{
    for (enum clause i = CLAUSE_START; i <= CLAUSE_CYCLE; i++) {
        if (!all && slice_equal(now->of[i], wanted->of[i]))
            continue;
        buffer_append_char(words, ' ');
        buffer_append_slice(words, wanted->of[i]);
    }
}

/* Not printed where it is the usual one. */
static struct slice sequence_type(const struct clauses *sequence)
{
    struct slice type = sequence->of[CLAUSE_TYPE];

    return slice_is_none(type) ? SLICE("as bigint") : type;
}

/* Servers take no other word with the type. */
static void alter_numbers(struct finder *finder, const struct pair *pair, const struct clauses *now,
                          const struct clauses *wanted)
{
    static const char verb[] = "ALTER SEQUENCE ";
    struct slice type_now = sequence_type(now), type = sequence_type(wanted);
    struct buffer numbers = BUFFER_INIT, words = BUFFER_INIT;
    bool other_type = !slice_equal(type_now, type);
    bool grows = sequence_size(type) > sequence_size(type_now);

    append_numbers(now, wanted, other_type, &numbers);
    if (other_type) {
        buffer_append_char(&words, ' ');
        buffer_append_slice(&words, type);
    }
    if (grows)
        add_sequence_step(finder, pair, verb, buffer_slice(&words));
    add_sequence_step(finder, pair, verb, buffer_slice(&numbers));
    if (!grows)
        add_sequence_step(finder, pair, verb, buffer_slice(&words));
    buffer_release(&numbers);
    buffer_release(&words);
}

/* Its engine and comment are those of the table that it is. */
static void alter_sequence(struct finder *finder, struct pair *pair)
{
    struct clauses now, wanted;
    struct buffer words = BUFFER_INIT;

    read_clauses(finder, pair->now, pair->text, &now);
    read_clauses(finder, pair->wanted, pair->wanted->text, &wanted);
    alter_numbers(finder, pair, &now, &wanted);
    if (!slice_equal(now.of[CLAUSE_ENGINE], wanted.of[CLAUSE_ENGINE])) {
        buffer_append_char(&words, ' ');
        buffer_append_slice(&words, wanted.of[CLAUSE_ENGINE]);
    }
    if (!slice_equal(now.of[CLAUSE_COMMENT], wanted.of[CLAUSE_COMMENT])) {
        buffer_append_text(&words, words.len == 0 ? " " : ", ");
        buffer_append_slice(&words, slice_is_none(wanted.of[CLAUSE_COMMENT])
                                        ? SLICE("COMMENT=''")
                                        : wanted.of[CLAUSE_COMMENT]);
    }
    add_sequence_step(finder, pair, "ALTER TABLE ", buffer_slice(&words));
    buffer_release(&words);
}

/* In the comments in which servers print them, which those of other kinds pass over. */
static void append_defaults(const struct clauses *now, const struct clauses *wanted,
                            struct buffer *text)
{
    struct slice encryption = wanted->of[CLAUSE_ENCRYPTION];
    struct slice comment = wanted->of[CLAUSE_COMMENT];

    if (!slice_equal(now->of[CLAUSE_CHARSET], wanted->of[CLAUSE_CHARSET]) ||
        !slice_equal(now->of[CLAUSE_COLLATION], wanted->of[CLAUSE_COLLATION])) {
        buffer_append_text(text, " /*!40100 DEFAULT ");
        buffer_append_slice(text, wanted->of[CLAUSE_CHARSET]);
        buffer_append_text(text, slice_is_none(wanted->of[CLAUSE_COLLATION]) ? "" : " ");
        buffer_append_slice(text, wanted->of[CLAUSE_COLLATION]);
        buffer_append_text(text, " */");
    }
    if (!slice_is_none(encryption) && !slice_equal(now->of[CLAUSE_ENCRYPTION], encryption)) {
        buffer_append_text(text, " /*!80016 ");
        buffer_append_slice(text, encryption);
        buffer_append_text(text, " */");
    }
    if (!slice_equal(now->of[CLAUSE_COMMENT], comment)) {
        buffer_append_char(text, ' ');
        buffer_append_slice(text, slice_is_none(comment) ? SLICE("COMMENT ''") : comment);
    }
}

/* The database that is in use needs no name, so that the statement runs wherever the migration does. */
static void alter_database(struct finder *finder, struct pair *pair)
{
    struct slice schema = finder->options->schema;
    struct clauses now, wanted;
    struct buffer text = BUFFER_INIT, defaults = BUFFER_INIT;

    read_clauses(finder, pair->now, pair->text, &now);
    read_clauses(finder, pair->wanted, pair->wanted->text, &wanted);
    append_defaults(&now, &wanted, &defaults);
    if (!slice_is_none(now.of[CLAUSE_READ_ONLY]) || !slice_is_none(wanted.of[CLAUSE_READ_ONLY])) {
        difference_problem(finder, pair, "a database that is READ ONLY takes no change");
    } else if (defaults.len > 0) {
        buffer_append_text(&text, "ALTER DATABASE");
        if (schema.len > 0 && !slice_equal_nocase(pair->wanted->name, schema)) {
            buffer_append_char(&text, ' ');
            buffer_append_slice(&text, wanted.of[CLAUSE_NAME]);
        }
        buffer_append_slice(&text, buffer_slice(&defaults));
        difference_add(finder, DIFFERENCE_ALTER, pair, buffer_slice(&text), SLICE_NONE);
    } else {
        difference_problem(finder, pair, "only one of the servers knows what differs");
    }
    buffer_release(&text);
    buffer_release(&defaults);
}

static void alter_databases(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->type != OBJECT_DATABASE || pair->fate == FATE_SAME)
            continue;
        if (pair->fate == FATE_ALTERED)
            alter_database(finder, pair);
        else
            difference_problem(finder, pair,
                               "a database is made and dropped with all that is in it");
    }
}

static void make_sequences(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->type == OBJECT_SEQUENCE && pair->fate == FATE_CREATED) {
            if (pair->now != NULL)
                difference_add_drop(finder, pair);
            difference_add_create(finder, pair, SLICE_NONE);
        } else if (pair->type == OBJECT_SEQUENCE && pair->fate == FATE_ALTERED) {
            alter_sequence(finder, pair);
        }
    }
}

static void drop_sequences(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->type == OBJECT_SEQUENCE && pair->fate == FATE_DROPPED && !pair->is_gone)
            difference_add_drop(finder, pair);
    }
}

/* --- names -------------------------------------------------------------------------------------- */

/* With the checks off: tables that go in a ring, and children among them, stand in no order. */
static void drop_what_stands_in_the_way(struct finder *finder)
{
    bool checks = finder->options->defaults->foreign_key_checks;

    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if ((pair->type != OBJECT_TABLE && pair->type != OBJECT_SEQUENCE) ||
            pair->fate != FATE_DROPPED || !difference_name_passes_on(finder, pair))
            continue;
        bool wrapped = checks && pair->type == OBJECT_TABLE;
        if (wrapped)
            difference_add_setting(finder, "SET @ddltap_foreign_key_checks = "
                                           "@@foreign_key_checks, foreign_key_checks = 0");
        difference_add_drop(finder, pair);
        if (wrapped)
            difference_add_setting(finder, "SET foreign_key_checks = @ddltap_foreign_key_checks");
        pair->is_gone = true;
    }
}

static void append_renamed(struct slice home, struct slice name, struct buffer *text)
{
    const struct definition named = {.type = OBJECT_TABLE, .home = home, .name = name};

    difference_append_name(&named, text);
}

/* One of the renames that are left, as it is written. */
struct pending_rename {
    const struct difference_rename *rename; /* NULL: written */
    struct slice from_home;
    struct slice from;
};

static bool is_named_by_another(const struct pending_rename *list, size_t count, size_t index)
{
    const struct difference_rename *rename = list[index].rename;

    for (size_t i = 0; i < count; i++) {
        if (i != index && list[i].rename != NULL && slice_equal(list[i].from, rename->to) &&
            slice_equal_nocase(list[i].from_home, rename->to_home))
            return true;
    }
    return false;
}

static void write_rename(struct pending_rename *pending, struct slice home, struct slice name,
                         struct buffer *text)
{
    buffer_append_text(text, text->len == 0 ? "RENAME TABLE " : ", ");
    append_renamed(pending->from_home, pending->from, text);
    buffer_append_text(text, " TO ");
    append_renamed(home, name, text);
}

/* Into a name that is free. Where all that are left want each other's, one steps aside first. */
static void write_renames(struct pending_rename *list, size_t count, struct buffer *aside,
                          struct buffer *text)
{
    size_t left = count, asides = 0;

    while (left > 0) {
        bool progress = false;
        for (size_t i = 0; i < count; i++) {
            const struct difference_rename *rename = list[i].rename;
            if (rename == NULL || is_named_by_another(list, count, i))
                continue;
            write_rename(&list[i], rename->to_home, rename->to, text);
            list[i].rename = NULL;
            progress = true;
            left--;
        }
        for (size_t i = 0; i < count && !progress; i++) {
            if (list[i].rename == NULL)
                continue;
            buffer_printf(&aside[i], "ddltap_aside_%zu", ++asides);
            write_rename(&list[i], list[i].from_home, buffer_slice(&aside[i]), text);
            list[i].from = buffer_slice(&aside[i]);
            progress = true;
        }
    }
}

static void rename_objects(struct finder *finder)
{
    struct pending_rename *list = memory_new(finder->rename_count + 1, sizeof(*list));
    struct buffer *aside = memory_new(finder->rename_count + 1, sizeof(*aside));
    struct buffer text = BUFFER_INIT;
    size_t count = 0;

    for (size_t i = finder->rename_count; i-- > 0;) {
        const struct difference_rename *rename = &finder->renames[i];
        if (rename->kind == DIFFERENCE_RENAME_OBJECT)
            list[count++] = (struct pending_rename){rename, rename->from_home, rename->from};
    }
    write_renames(list, count, aside, &text);
    if (text.len > 0)
        difference_add(finder, DIFFERENCE_RENAME, NULL, buffer_slice(&text), SLICE_NONE);
    for (size_t i = 0; i < count; i++)
        buffer_release(&aside[i]);
    buffer_release(&text);
    free(list);
    free(aside);
}

/* --- all of it ---------------------------------------------------------------------------------- */

static void write_all(struct finder *finder)
{
    alter_databases(finder);
    difference_drop_programs(finder);
    difference_free_children(finder);
    drop_what_stands_in_the_way(finder);
    rename_objects(finder);
    make_sequences(finder);
    difference_alter_tables(finder);
    difference_create_tables(finder);
    difference_drop_tables(finder);
    drop_sequences(finder);
    difference_add_foreign_keys(finder);
    difference_create_programs(finder);
}

void difference_find(const struct schema *now, const struct schema *wanted,
                     const struct difference_rename *renames, size_t rename_count,
                     const struct difference_options *options, struct difference *difference)
{
    struct finder finder = {
        .now = now,
        .wanted = wanted,
        .renames = renames,
        .rename_count = rename_count,
        .options = options,
        .difference = difference,
    };

    memset(difference, 0, sizeof(*difference));
    difference_pair_all(&finder);
    difference_plan_tables(&finder);
    difference_plan_programs(&finder);
    difference_write_lines(&finder);
    write_all(&finder);
    difference_release_pairs(&finder);
}

/* The name that a table has after all renames. */
static struct slice renamed_table(const struct difference_rename *renames, size_t count,
                                  struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (renames[i].kind == DIFFERENCE_RENAME_OBJECT && slice_equal(renames[i].from, name))
            return renames[i].to;
    }
    return name;
}

struct difference_rename *difference_turn_round(const struct difference_rename *renames,
                                                size_t count)
{
    struct difference_rename *turned = memory_new(count + 1, sizeof(*turned));

    for (size_t i = 0; i < count; i++) {
        const struct difference_rename *rename = &renames[i];
        bool anew = slice_is_none(rename->to);
        turned[i] = (struct difference_rename){
            .kind = rename->kind,
            .table = slice_is_none(rename->table) ? SLICE_NONE
                                                  : renamed_table(renames, count, rename->table),
            .from_home = rename->to_home,
            .from = anew ? rename->from : rename->to,
            .to_home = rename->from_home,
            .to = anew ? SLICE_NONE : rename->from,
        };
    }
    return turned;
}

void difference_release(struct difference *difference)
{
    for (size_t i = 0; i < difference->step_count; i++)
        free(difference->steps[i].text);
    free(difference->steps);
    buffer_release(&difference->remarks);
    buffer_release(&difference->lines);
    buffer_release(&difference->problems);
    memset(difference, 0, sizeof(*difference));
}

void difference_remark_rows(struct slice home, struct slice name, struct buffer *remarks)
{
    buffer_append_text(remarks, "rows of ");
    append_renamed(home, name, remarks);
    buffer_append_text(remarks, " do not come back\n");
}

void difference_write(const struct difference *difference, struct buffer *out)
{
    for (size_t i = 0; i < difference->step_count; i++) {
        buffer_append_text(out, difference->steps[i].text);
        buffer_append_text(out, ";\n");
    }
}
