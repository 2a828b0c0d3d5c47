/* difference_pair: which object before is which object after.
 *
 *     now       a   b   c          renames   a -> x
 *     wanted    x   b   d          pairs     (a, x)  (b, b)  (c, -)  (-, d)
 *
 * What servers do to others when a table is renamed is done to their definitions first, so that what
 * differs then is what is left to do.
 */
#include "schema/difference_internal.h"

#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/clauses.h"
#include "schema/cosmetic.h"
#include "schema/foreign_key.h"
#include "schema/hold.h"
#include "schema/name_index.h"
#include "schema/printed.h"
#include "schema/trigger.h"
#include "sql/lexer.h"

/* The index in wanted of an object of now. What keeps a name that another one gets has none. */
static size_t find_wanted(const struct finder *finder, const struct definition *now)
{
    bool is_taken = false;

    for (size_t i = 0; i < finder->rename_count && schema_is_table_like(now->type); i++) {
        const struct difference_rename *rename = &finder->renames[i];
        if (rename->kind != DIFFERENCE_RENAME_OBJECT)
            continue;
        if (slice_equal(rename->from, now->name) &&
            slice_equal_nocase(rename->from_home, now->home))
            return schema_find_index(finder->wanted, now->type, rename->to_home, rename->to);
        is_taken |=
            slice_equal(rename->to, now->name) && slice_equal_nocase(rename->to_home, now->home);
    }
    return is_taken ? NAME_INDEX_NONE
                    : schema_find_index(finder->wanted, now->type, now->home, now->name);
}

static void make_pairs(struct finder *finder)
{
    size_t now_count = schema_count(finder->now), wanted_count = schema_count(finder->wanted);

    finder->pairs = memory_new(now_count + wanted_count + 1, sizeof(*finder->pairs));
    finder->pair_of_now = memory_new(now_count + 1, sizeof(*finder->pair_of_now));
    finder->pair_of_wanted = memory_new(wanted_count + 1, sizeof(*finder->pair_of_wanted));
    for (size_t i = 0; i < wanted_count; i++)
        finder->pair_of_wanted[i] = NO_PAIR;
    for (size_t i = 0; i < now_count; i++) {
        const struct definition *now = schema_at(finder->now, i);
        struct pair *pair = &finder->pairs[finder->pair_count];
        size_t found = find_wanted(finder, now);
        *pair = (struct pair){.type = now->type, .now = now, .text = now->text};
        finder->pair_of_now[i] = finder->pair_count;
        if (found != NAME_INDEX_NONE) {
            pair->wanted = schema_at(finder->wanted, found);
            pair->renamed = schema_is_table_like(now->type) &&
                            (!slice_equal(now->name, pair->wanted->name) ||
                             !slice_equal_nocase(now->home, pair->wanted->home));
            finder->pair_of_wanted[found] = finder->pair_count;
        }
        finder->pair_count++;
    }
    for (size_t i = 0; i < wanted_count; i++) {
        const struct definition *wanted = schema_at(finder->wanted, i);
        if (finder->pair_of_wanted[i] != NO_PAIR)
            continue;
        finder->pairs[finder->pair_count] = (struct pair){.type = wanted->type, .wanted = wanted};
        finder->pair_of_wanted[i] = finder->pair_count++;
    }
}

size_t difference_find_wanted(const struct finder *finder, enum object_type type,
                              struct slice quoted_name)
{
    struct buffer bare = BUFFER_INIT;

    printed_unquote(quoted_name, &bare);
    size_t found =
        schema_find_index(finder->wanted, type, SLICE_NONE, slice_from(buffer_text(&bare)));
    buffer_release(&bare);
    return found == NAME_INDEX_NONE ? NO_PAIR : finder->pair_of_wanted[found];
}

bool difference_name_passes_on(const struct finder *finder, const struct pair *gone)
{
    for (enum object_type type = 0; type < OBJECT_TYPE_COUNT; type++) {
        if (schema_is_table_like(type) && type != OBJECT_VIEW &&
            schema_find(finder->wanted, type, gone->now->home, gone->now->name) != NULL)
            return true;
    }
    return false;
}

/* --- what a renaming takes along ---------------------------------------------------------------- */

static struct slice keep_name(char **keep, struct slice bare)
{
    struct buffer text = BUFFER_INIT;

    printed_quote(bare, &text);
    size_t len = text.len;
    *keep = buffer_detach(&text);
    return slice_make(*keep, len);
}

static bool is_within(const struct difference_rename *rename, const struct pair *pair)
{
    return rename->kind != DIFFERENCE_RENAME_OBJECT &&
           slice_equal_nocase(rename->table, pair->now->name);
}

/* Of its columns and indexes; of a column both tables must know the names. */
static void read_renames(const struct finder *finder, const struct pair *pair)
{
    struct table_pair *table = pair->table;
    size_t most = 0;

    for (size_t i = 0; i < finder->rename_count; i++)
        most += is_within(&finder->renames[i], pair);
    table->renames = memory_new(most + 1, sizeof(*table->renames));
    table->names = memory_new(2 * most + 1, sizeof(*table->names));
    for (size_t i = 0; i < finder->rename_count; i++) {
        const struct difference_rename *rename = &finder->renames[i];
        if (!is_within(rename, pair))
            continue;
        char **names = &table->names[2 * table->rename_count];
        bool anew = slice_is_none(rename->to);
        struct table_rename made = {.index = rename->kind == DIFFERENCE_RENAME_INDEX,
                                    .from = keep_name(&names[0], rename->from),
                                    .to = anew ? SLICE_NONE : keep_name(&names[1], rename->to)};
        if (made.index || (table_column(&table->now, made.from) != NULL &&
                           (anew || table_column(&table->wanted, made.to) != NULL))) {
            table->renames[table->rename_count++] = made;
        } else {
            free(names[0]);
            free(names[1]);
            names[0] = names[1] = NULL;
        }
    }
}

/* Only what differs, or may have a part in what others do, is looked into. */
static bool must_be_read(const struct finder *finder, const struct pair *pair)
{
    if (pair->type != OBJECT_TABLE)
        return false;
    if (pair->now == NULL || pair->wanted == NULL || finder->rename_count > 0 ||
        !slice_equal(pair->now->text, pair->wanted->text))
        return true;
    return printed_mentions(pair->now->text, SLICE(" FOREIGN KEY ("));
}

static void read_tables(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (!must_be_read(finder, pair))
            continue;
        pair->table = memory_new(1, sizeof(*pair->table));
        if (pair->now != NULL)
            pair->table->now_is_read = table_read(pair->now->text, &pair->table->now) == ERROR_NONE;
        if (pair->wanted != NULL)
            pair->table->wanted_is_read =
                table_read(pair->wanted->text, &pair->table->wanted) == ERROR_NONE;
        if (pair->table->now_is_read && pair->table->wanted_is_read)
            read_renames(finder, pair);
    }
}

static const struct pair *find_parent(const struct finder *finder, const struct pair *child,
                                      struct slice text)
{
    struct foreign_key key;
    struct buffer bare = BUFFER_INIT;

    if (!foreign_key_read(text, &key) || !slice_is_none(key.schema))
        return NULL;
    printed_unquote(key.parent, &bare);
    size_t at = schema_find_index(finder->now, OBJECT_TABLE, child->now->home,
                                  slice_from(buffer_text(&bare)));
    buffer_release(&bare);
    return at == NAME_INDEX_NONE ? NULL : &finder->pairs[finder->pair_of_now[at]];
}

/* Foreign keys of other tables take the new names of their parent and of its columns. One whose parent goes must
 * not look like one to the table that gets its name. */
static void follow_parents(struct finder *finder, struct pair *child)
{
    struct table *now = &child->table->now;

    for (size_t i = 0; i < now->part_count; i++) {
        const struct pair *parent = find_parent(finder, child, now->parts[i].text);
        if (parent == NULL || parent == child)
            continue;
        if (parent->wanted == NULL) {
            if (difference_name_passes_on(finder, parent))
                table_follow_parent(now, &now->parts[i], GONE_PARENT, NULL, 0);
            continue;
        }
        const struct table_pair *table = parent->table;
        if (table != NULL && table->wanted_is_read && table->now_is_read &&
            (parent->renamed || table->rename_count > 0))
            table_follow_parent(now, &now->parts[i], table->wanted.name, table->renames,
                                table->rename_count);
    }
}

/* Ahead of the names of parents, one of which may be the name that this table has now. */
static void step_aside(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->table != NULL && pair->table->now_is_read && pair->renamed &&
            pair->table->wanted_is_read)
            table_rename(&pair->table->now, SLICE("`(itself)`"), finder->options->mariadb);
    }
}

static void follow_in_tables(struct finder *finder)
{
    step_aside(finder);
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->table != NULL && pair->table->now_is_read)
            follow_parents(finder, pair);
    }
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->table == NULL || !pair->table->now_is_read)
            continue;
        if (pair->renamed && pair->table->wanted_is_read)
            table_rename(&pair->table->now, pair->table->wanted.name, finder->options->mariadb);
        struct buffer text = BUFFER_INIT;
        table_write(&pair->table->now, &text);
        if (slice_equal(buffer_slice(&text), pair->text)) {
            buffer_release(&text);
            continue;
        }
        size_t len = text.len;
        pair->owned_text = buffer_detach(&text);
        pair->text = slice_make(pair->owned_text, len);
    }
}

static void set_text(struct pair *pair, struct buffer *text)
{
    size_t len = text->len;

    pair->owned_text = buffer_detach(text);
    pair->text = slice_make(pair->owned_text, len);
}

/* A view or sequence is printed under its new name. */
static void follow_own_name(const struct finder *finder, struct pair *pair)
{
    const struct dialect dialect = difference_dialect(finder, pair->now);
    struct clauses clauses;
    struct slice unknown;
    struct buffer name = BUFFER_INIT, text = BUFFER_INIT;

    if (!clauses_read(pair->type, pair->text, &dialect, &clauses, &unknown))
        return;
    printed_quote(pair->wanted->name, &name);
    clauses.of[CLAUSE_NAME] = buffer_slice(&name);
    clauses_write(&clauses, &text);
    set_text(pair, &text);
    buffer_release(&name);
}

/* A trigger goes with its table. */
static void follow_table(struct finder *finder, struct pair *pair)
{
    struct trigger trigger;
    struct buffer name = BUFFER_INIT, text = BUFFER_INIT;

    struct dialect dialect = difference_dialect(finder, pair->now);
    if (!trigger_read(pair->text, &dialect, &trigger))
        return;
    trigger_table_name(&trigger, &dialect, &name);
    size_t at =
        schema_find_index(finder->now, OBJECT_TABLE, SLICE_NONE, slice_from(buffer_text(&name)));
    const struct pair *table =
        at == NAME_INDEX_NONE ? NULL : &finder->pairs[finder->pair_of_now[at]];
    buffer_clear(&name);
    if (table != NULL && table->renamed) {
        if (dialect.ansi_quotes) /* MariaDB quotes as the trigger does */
            buffer_printf(&name, "\"%.*s\"", (int)table->wanted->name.len, table->wanted->name.ptr);
        else
            printed_quote(table->wanted->name, &name);
        trigger_write_moved(&trigger, buffer_slice(&name), &text);
        set_text(pair, &text);
    }
    buffer_release(&name);
    buffer_release(&text);
}

static void follow_renames(struct finder *finder)
{
    if (finder->rename_count == 0)
        return;
    follow_in_tables(finder);
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->renamed && (pair->type == OBJECT_VIEW || pair->type == OBJECT_SEQUENCE))
            follow_own_name(finder, pair);
        else if (pair->type == OBJECT_TRIGGER && pair->now != NULL)
            follow_table(finder, pair);
    }
}

static bool is_wide(struct slice text, const char *const *phrases)
{
    for (; *phrases != NULL; phrases++) {
        if (printed_find(text, *phrases) != PRINTED_NOWHERE)
            return true;
    }
    return false;
}

/* An ENUM or SET in a character set of two or more bytes a letter, its own or that of the table. */
static bool has_wide_members(const struct table *table)
{
    static const char *const own[] = {"CHARACTER SET ucs2", "CHARACTER SET utf16",
                                      "CHARACTER SET utf16le", "CHARACTER SET utf32", NULL};
    static const char *const usual[] = {"DEFAULT CHARSET=ucs2", "DEFAULT CHARSET=utf16",
                                        "DEFAULT CHARSET=utf16le", "DEFAULT CHARSET=utf32", NULL};
    const struct table_option *charset = table_option(table, "DEFAULT CHARSET");
    bool wide = charset != NULL && is_wide(charset->text, usual);

    for (size_t i = 0; i < table->column_count; i++) {
        struct slice definition = table->columns[i].definition;
        if (!slice_starts_with(definition, SLICE("enum(")) &&
            !slice_starts_with(definition, SLICE("set(")))
            continue;
        bool has_own = printed_find(definition, "CHARACTER SET") != PRINTED_NOWHERE;
        if (has_own ? is_wide(definition, own) : wide)
            return true;
    }
    return false;
}

/* Servers print it as a string with backslashes, whatever the object's sql_mode. */
static bool has_escaped_comment(const struct definition *definition, const struct dialect *dialect)
{
    struct clauses clauses;
    struct slice unknown;

    return dialect->no_backslash_escapes && definition->type != OBJECT_TABLE &&
           clauses_read(definition->type, definition->text, dialect, &clauses, &unknown) &&
           !slice_is_none(clauses.of[CLAUSE_COMMENT]) &&
           printed_mentions(clauses.of[CLAUSE_COMMENT], SLICE("\\"));
}

static bool has_columns(const struct table *table, struct slice group)
{
    for (size_t i = 1; i < group.len;) {
        struct slice name = printed_name(group, i);
        if (!slice_is_none(name) && table_column(table, name) == NULL)
            return false;
        i += slice_is_none(name) ? 1 : name.len;
    }
    return true;
}

static bool has_lost_default(const struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table_column_lost_default(table->columns[i].definition, true))
            return true;
    }
    return false;
}

/* Two members of an ENUM or SET side by side that are the same: MySQL prints them so when a CONVERT TO has
 * spoilt them. */
static bool has_double_members(const struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct slice type = table->columns[i].definition, group, last = SLICE_NONE;
        if (!slice_starts_with(type, SLICE("enum(")) && !slice_starts_with(type, SLICE("set(")))
            continue;
        group = printed_group(type, 0);
        for (size_t at = 1; at < group.len; at = printed_skip(group, at)) {
            struct slice member = slice_make(group.ptr + at, printed_skip(group, at) - at);
            if (group.ptr[at] != '\'')
                continue;
            if (!slice_is_none(last) && slice_equal(last, member))
                return true;
            last = member;
        }
    }
    return false;
}

/* Printed in a comment: it came with another engine. */
static bool has_unknown_attribute(const struct table *table)
{
    for (size_t i = 0; i < table->option_count; i++) {
        if (slice_starts_with(table->options[i].text, SLICE("/* `")))
            return true;
    }
    return false;
}

static bool has_lost_key_column(const struct table *table)
{
    for (size_t i = 0; i < table->part_count; i++) {
        struct foreign_key key;
        if (table->parts[i].kind == TABLE_FOREIGN_KEY &&
            foreign_key_read(table->parts[i].text, &key) &&
            (!has_columns(table, key.columns) ||
             (foreign_key_points_to(&key, table->name) && !has_columns(table, key.parent_columns))))
            return true;
    }
    return false;
}

static const char *find_table_refusal(const struct finder *finder, const struct table *table,
                                      bool comes)
{
    bool mariadb = finder->options->mariadb;

    if (mariadb && has_wide_members(table))
        return "MariaDB prints members of an ENUM or SET wrongly in a character set of two or more "
               "bytes a letter";
    if (mariadb && comes && has_lost_default(table))
        return "MariaDB makes no nullable column without a default in a new table";
    if (comes && has_unknown_attribute(table))
        return "its engine does not know one of its table options";
    if (has_double_members(table))
        return "the server prints members of an ENUM or SET that are the same";
    if (has_lost_key_column(table))
        return "the server prints a foreign key of it with a column that the table does not have";
    return NULL;
}

/* Are all of its clauses known? A table that was read is not read once more. */
static enum error check_definition(const struct finder *finder, const struct definition *definition,
                                   const struct table *table, struct problem *problem)
{
    const struct dialect dialect = difference_dialect(finder, definition);

    return table != NULL ? hold_check_table(table, problem)
                         : hold_check(definition, &dialect, problem);
}

/* What was before is asked too where it is altered: the statements tell its clauses from the wanted ones. */
static enum error check_pair(const struct finder *finder, const struct pair *pair,
                             struct problem *problem)
{
    const struct table_pair *table = pair->table;
    bool read_wanted = table != NULL && table->wanted_is_read;
    bool read_now = table != NULL && table->now_is_read;
    enum error code =
        check_definition(finder, pair->wanted, read_wanted ? &table->wanted : NULL, problem);

    if (code == ERROR_NONE && pair->fate == FATE_ALTERED)
        code = check_definition(finder, pair->now, read_now ? &table->now : NULL, problem);
    return code;
}

/* Printed by servers in a way from which it cannot be made again. NULL: fine. problem: memory for what
 * is returned. */
static const char *find_refusal(const struct finder *finder, const struct pair *pair,
                                struct problem *problem)
{
    const struct dialect dialect = difference_dialect(finder, pair->wanted);

    if (!hold_is_text(pair->wanted->text))
        return "its text holds bytes that are not UTF-8";
    if (check_pair(finder, pair, problem) != ERROR_NONE)
        return problem->text;
    if (pair->type == OBJECT_TABLE)
        return find_table_refusal(finder, &pair->table->wanted, pair->fate == FATE_CREATED);
    if (has_escaped_comment(pair->wanted, &dialect))
        return "servers print the backslashes, quotes and line ends of its comment in a way that "
               "NO_BACKSLASH_ESCAPES does not read";
    return NULL;
}

static void find_fate(struct pair *pair)
{
    if (pair->now == NULL)
        pair->fate = FATE_CREATED;
    else if (pair->wanted == NULL)
        pair->fate = FATE_DROPPED;
    else if (!slice_equal(pair->text, pair->wanted->text) ||
             !slice_equal(pair->now->context, pair->wanted->context))
        pair->fate =
            pair->wanted->anew && schema_is_table_like(pair->type) && pair->type != OBJECT_VIEW
                ? FATE_CREATED
                : FATE_ALTERED;
}

void difference_pair_all(struct finder *finder)
{
    make_pairs(finder);
    read_tables(finder);
    follow_renames(finder);
    for (size_t i = 0; i < finder->pair_count; i++)
        find_fate(&finder->pairs[i]);
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (finder->options->passes_cosmetic && pair->fate == FATE_ALTERED &&
            slice_equal(pair->now->context, pair->wanted->context) &&
            cosmetic_same(pair->type, pair->text, pair->wanted->text))
            pair->fate = FATE_SAME;
        struct problem problem = PROBLEM_INIT;
        const char *why = pair->fate == FATE_CREATED || pair->fate == FATE_ALTERED
                              ? find_refusal(finder, pair, &problem)
                              : NULL;
        if (why != NULL)
            difference_problem(finder, pair, why);
    }
}

static void release_table(struct table_pair *table)
{
    if (table == NULL)
        return;
    table_release(&table->now);
    table_release(&table->wanted);
    alter_release(&table->alter);
    for (size_t i = 0; i < 2 * table->rename_count; i++)
        free(table->names[i]);
    free(table->names);
    free(table->renames);
    free(table->lifted);
    free(table);
}

static void release_links(struct links *links)
{
    free(links->list);
    free(links->first_of_child);
    free(links->by_parent);
    free(links->first_of_parent);
}

void difference_release_pairs(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        release_table(finder->pairs[i].table);
        free(finder->pairs[i].owned_text);
    }
    free(finder->pairs);
    free(finder->pair_of_now);
    free(finder->pair_of_wanted);
    release_links(&finder->links_now);
    release_links(&finder->links_wanted);
}
