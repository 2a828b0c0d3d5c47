/* difference_table: tables, and the foreign keys between them.
 *
 *     child --fk--> parent
 *
 * A foreign key holds its columns and those of its parent as they are. Where their type changes it is
 * lifted: dropped with the change of the child, which therefore comes before that of the parent, and
 * added when both are as wanted. A ring of tables is cut by dropping one of its foreign keys first. One to a
 * table that goes while another one gets its name is dropped ahead of all that.
 */
#include "schema/difference_internal.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/alter_plan.h"
#include "schema/alter_text.h"
#include "schema/foreign_key.h"
#include "schema/printed.h"
#include "schema/remark.h"

/* --- foreign keys -------------------------------------------------------------------------------
 */

static void add_links(const struct finder *finder, size_t child, const struct table *table,
                      struct links *links)
{
    for (size_t i = 0; i < table->part_count; i++) {
        struct foreign_key key;
        if (table->parts[i].kind != TABLE_FOREIGN_KEY ||
            !foreign_key_read(table->parts[i].text, &key) || !slice_is_none(key.schema))
            continue;
        size_t parent = difference_find_wanted(finder, OBJECT_TABLE, key.parent);
        if (parent == NO_PAIR) { /* not wanted: it has the name of now */
            struct buffer bare = BUFFER_INIT;
            printed_unquote(key.parent, &bare);
            size_t at = schema_find_index(finder->now, OBJECT_TABLE, SLICE_NONE,
                                          slice_from(buffer_text(&bare)));
            parent = at == NAME_INDEX_NONE ? NO_PAIR : finder->pair_of_now[at];
            buffer_release(&bare);
        }
        if (links->count == links->capacity) {
            links->capacity = links->capacity == 0 ? 16 : 2 * links->capacity;
            links->list = memory_resize(links->list, links->capacity, sizeof(*links->list));
        }
        links->list[links->count++] = (struct link){child, parent, i};
    }
}

static void index_links(const struct finder *finder, struct links *links)
{
    size_t pairs = finder->pair_count;
    size_t *next = memory_new(pairs + 2, sizeof(*next));

    links->first_of_child = memory_new(pairs + 2, sizeof(*links->first_of_child));
    links->first_of_parent = memory_new(pairs + 2, sizeof(*links->first_of_parent));
    links->by_parent = memory_new(links->count + 1, sizeof(*links->by_parent));
    for (size_t i = 0; i < links->count; i++) {
        links->first_of_child[links->list[i].child + 1]++;
        if (links->list[i].parent != NO_PAIR)
            links->first_of_parent[links->list[i].parent + 1]++;
    }
    for (size_t i = 1; i <= pairs; i++) {
        links->first_of_child[i] += links->first_of_child[i - 1];
        links->first_of_parent[i] += links->first_of_parent[i - 1];
    }
    memcpy(next, links->first_of_parent, (pairs + 1) * sizeof(*next));
    for (size_t i = 0; i < links->count; i++) {
        if (links->list[i].parent != NO_PAIR)
            links->by_parent[next[links->list[i].parent]++] = i;
    }
    free(next);
}

static void find_links(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        const struct table_pair *table = finder->pairs[i].table;
        if (table != NULL && table->now_is_read)
            add_links(finder, i, &table->now, &finder->links_now);
        if (table != NULL && table->wanted_is_read)
            add_links(finder, i, &table->wanted, &finder->links_wanted);
    }
    index_links(finder, &finder->links_now);
    index_links(finder, &finder->links_wanted);
}

static size_t index_of(const struct finder *finder, const struct pair *pair)
{
    return (size_t)(pair - finder->pairs);
}

static struct slice column_now(const struct table_pair *table, struct slice wanted)
{
    for (size_t i = 0; i < table->rename_count; i++) {
        if (!table->renames[i].index && slice_equal_nocase(table->renames[i].to, wanted))
            return table->renames[i].from;
    }
    return wanted;
}

static bool same_option(const struct table_pair *table, const char *key)
{
    const struct table_option *a = table_option(&table->now, key);
    const struct table_option *b = table_option(&table->wanted, key);

    return a == NULL || b == NULL ? a == b : slice_equal(a->text, b->text);
}

/* Does a column (quoted name, wanted) change in a way that a foreign key forbids? */
static bool column_is_held(const struct pair *pair, struct slice name)
{
    const struct table_pair *table = pair->table;

    if (pair->fate != FATE_ALTERED || table == NULL || !table->now_is_read ||
        !table->wanted_is_read)
        return false;
    const struct table_column *wanted = table_column(&table->wanted, name);
    const struct table_column *now = table_column(&table->now, column_now(table, name));
    if (now == NULL || wanted == NULL)
        return true;
    if (table_column_character(wanted->definition) &&
        (!same_option(table, "DEFAULT CHARSET") || !same_option(table, "COLLATE")))
        return true;
    return !slice_equal(table_column_values(now->definition),
                        table_column_values(wanted->definition)) ||
           (table_column_nullable(now->definition) && !table_column_nullable(wanted->definition)) ||
           table_column_storage(now->definition) != table_column_storage(wanted->definition);
}

static bool group_is_held(const struct pair *pair, struct slice group)
{
    for (size_t i = 1; i < group.len;) {
        struct slice name = printed_name(group, i);
        if (!slice_is_none(name) && column_is_held(pair, name))
            return true;
        i += slice_is_none(name) ? 1 : name.len;
    }
    return false;
}

static void lift(struct pair *child, struct slice name)
{
    struct table_pair *table = child->table;

    table->lifted = memory_resize(table->lifted, table->lifted_count + 1, sizeof(*table->lifted));
    table->lifted[table->lifted_count++] = name;
    child->fate = FATE_ALTERED;
}

static void lift_foreign_keys(struct finder *finder)
{
    for (size_t i = 0; i < finder->links_wanted.count; i++) {
        const struct link *link = &finder->links_wanted.list[i];
        struct pair *child = &finder->pairs[link->child];
        const struct table_part *part = &child->table->wanted.parts[link->part];
        struct foreign_key key;
        if (child->now == NULL || !child->table->now_is_read ||
            (child->fate != FATE_SAME && child->fate != FATE_ALTERED) ||
            !foreign_key_read(part->text, &key))
            continue;
        if (group_is_held(child, key.columns) ||
            (link->parent != NO_PAIR &&
             group_is_held(&finder->pairs[link->parent], key.parent_columns)))
            lift(child, part->name);
    }
}

/* --- plans -------------------------------------------------------------------------------------- */

static bool is_replaced(const struct pair *pair)
{
    return pair->type == OBJECT_TABLE && pair->fate == FATE_ALTERED;
}

static bool is_parent(const struct finder *finder, const struct pair *pair)
{
    const struct links *links = &finder->links_now;
    size_t index = index_of(finder, pair);

    for (size_t i = links->first_of_parent[index]; i < links->first_of_parent[index + 1]; i++) {
        if (links->list[links->by_parent[i]].child != index)
            return true;
    }
    return false;
}

static struct alter_step *find_drop(struct pair *child, struct slice name)
{
    struct alter *alter = &child->table->alter;

    for (size_t i = 0; i < alter->step_count; i++) {
        if (alter->steps[i].kind == ALTER_DROP_FOREIGN_KEY &&
            slice_equal(alter->steps[i].name, name))
            return &alter->steps[i];
    }
    return NULL;
}

static bool gains_column(const struct table_pair *table)
{
    for (size_t i = 0; i < table->wanted.column_count; i++) {
        if (table_column(&table->now, table->wanted.columns[i].name) == NULL)
            return true;
    }
    return false;
}

/* Does the column that it points to go while another one comes? */
static bool points_to_lost_column(const struct finder *finder, size_t parent, struct slice text)
{
    struct foreign_key key;
    const struct table_pair *table = parent == NO_PAIR || finder->pairs[parent].fate != FATE_ALTERED
                                         ? NULL
                                         : finder->pairs[parent].table;

    if (table == NULL || !table->wanted_is_read || !foreign_key_read(text, &key))
        return false;
    struct slice first = printed_name(key.parent_columns, 1);
    return !slice_is_none(first) && table_column(&table->wanted, first) == NULL &&
           gains_column(table);
}

/* MySQL (9.7) does not find a foreign key whose parent was copied with a new name for its column, which
 * may have been what happened ("Can't DROP"); where the child is copied it does. */
static void copy_without_foreign_keys(struct finder *finder, struct pair *pair)
{
    const struct links *links = &finder->links_now;
    size_t index = index_of(finder, pair);

    for (size_t i = links->first_of_child[index]; i < links->first_of_child[index + 1]; i++) {
        const struct table_part *part = &pair->table->now.parts[links->list[i].part];
        const struct alter_step *drop = find_drop(pair, part->name);
        if (drop == NULL || links->list[i].parent == index ||
            !points_to_lost_column(finder, links->list[i].parent, part->text))
            continue;
        enum alter_stage stage = drop->stage;
        struct alter_step *step = alter_add(&pair->table->alter, ALTER_SAY_AGAIN);
        step->stage = stage;
        step->text = SLICE("ALGORITHM=COPY");
        return;
    }
}

static void plan_table(struct finder *finder, struct pair *pair)
{
    struct table_pair *table = pair->table;
    struct problem why = PROBLEM_INIT;

    if (table == NULL || !table->now_is_read || !table->wanted_is_read) {
        if (table != NULL && !slice_is_none(difference_typed_statement(finder, pair, true)))
            return;
        difference_problem(finder, pair,
                           "the server prints its definition in a way that ddltap does not know");
        return;
    }
    const struct alter_request request = {.now = &table->now,
                                          .wanted = &table->wanted,
                                          .renames = table->renames,
                                          .rename_count = table->rename_count,
                                          .lifted = table->lifted,
                                          .lifted_count = table->lifted_count,
                                          .is_parent =
                                              table->rename_count > 0 && is_parent(finder, pair),
                                          .may_be_parent = !finder->options->whole,
                                          .mariadb = finder->options->mariadb};
    if (alter_plan(&request, &table->alter, &why) != ERROR_NONE) {
        table->alter.step_count = 0;
        if (slice_is_none(difference_typed_statement(finder, pair, true)))
            difference_problem(finder, pair, why.text);
    } else if (!finder->options->mariadb)
        copy_without_foreign_keys(finder, pair);
}

void difference_plan_tables(struct finder *finder)
{
    find_links(finder);
    lift_foreign_keys(finder);
    for (size_t i = 0; i < finder->pair_count; i++) {
        if (is_replaced(&finder->pairs[i]))
            plan_table(finder, &finder->pairs[i]);
    }
}

/* --- alter -------------------------------------------------------------------------------------- */

static void write_stage(struct finder *finder, struct pair *pair, enum alter_stage stage)
{
    const struct definition *wanted = pair->wanted;
    struct buffer name = BUFFER_INIT, text = BUFFER_INIT;
    struct dialect dialect = difference_session_dialect(finder, wanted);
    const struct alter_words words = {
        typed_find(finder->options->typed, OBJECT_TABLE, wanted->home, wanted->name), &dialect};
    size_t first = finder->difference->step_count;

    difference_append_name(wanted, &name);
    bool is_typed = alter_text_write(&pair->table->alter, stage, &pair->table->wanted,
                                     buffer_slice(&name), &words, &text);
    for (size_t at = 0; at < text.len;) {
        struct slice statement = slice_from(text.ptr + at);
        difference_add(finder, DIFFERENCE_ALTER, pair, statement, SLICE_NONE);
        at += statement.len + 1;
    }
    if (is_typed)
        difference_mark_typed(finder, first);
    buffer_release(&name);
    buffer_release(&text);
}

/* Is the parent, by now, what the foreign key needs? */
static bool is_ready(const struct finder *finder, const struct pair *child, size_t parent)
{
    if (parent == NO_PAIR)
        return !finder->options->whole;
    const struct pair *pair = &finder->pairs[parent];
    if (pair == child || pair->fate == FATE_SAME || pair->fate == FATE_UNKNOWN)
        return true;
    return (pair->fate == FATE_ALTERED || pair->fate == FATE_CREATED) &&
           pair->progress == PROGRESS_DONE;
}

static size_t parent_of(const struct finder *finder, const struct pair *child, struct slice name)
{
    const struct links *links = &finder->links_wanted;
    size_t index = index_of(finder, child);

    for (size_t i = links->first_of_child[index]; i < links->first_of_child[index + 1]; i++) {
        if (slice_equal(child->table->wanted.parts[links->list[i].part].name, name))
            return links->list[i].parent;
    }
    return NO_PAIR;
}

static bool points_elsewhere(struct slice text)
{
    struct foreign_key key;

    return foreign_key_read(text, &key) && !slice_is_none(key.schema);
}

/* Does a column, or a key on it, come or change to which the foreign key points? */
static bool changes_referred(const struct alter *alter, struct slice text)
{
    struct foreign_key key;

    for (size_t i = 0; i < alter->step_count && foreign_key_read(text, &key); i++) {
        const struct alter_step *step = &alter->steps[i];
        if ((step->kind == ALTER_CHANGE_COLUMN || step->kind == ALTER_ADD_COLUMN) &&
            printed_mentions(key.parent_columns, step->name))
            return true;
        if (step->kind == ALTER_ADD_KEY &&
            slice_equal_nocase(printed_name(printed_group(step->text, 0), 1),
                               printed_name(key.parent_columns, 1)))
            return true;
    }
    return false;
}

/* Foreign keys go with the other changes of their table where none goes and all can come. One to the
 * table itself finds the columns as they are before (MariaDB). */
static void join_foreign_keys(struct finder *finder, struct pair *pair)
{
    struct alter *alter = &pair->table->alter;

    if (alter_has_kind(alter, ALTER_DROP_FOREIGN_KEY) || alter_has_kind(alter, ALTER_PARTITION) ||
        !same_option(pair->table, "ENGINE"))
        return;
    for (size_t i = 0; i < alter->step_count; i++) {
        const struct alter_step *step = &alter->steps[i];
        if (step->kind != ALTER_ADD_FOREIGN_KEY || points_elsewhere(step->text))
            continue;
        size_t parent = parent_of(finder, pair, step->name);
        if (!is_ready(finder, pair, parent) ||
            (parent == index_of(finder, pair) && changes_referred(alter, step->text)))
            return;
    }
    for (size_t i = 0; i < alter->step_count; i++) {
        if (alter->steps[i].kind == ALTER_ADD_FOREIGN_KEY)
            alter->steps[i].stage = ALTER_STAGE_MAIN;
    }
}

static bool adds_keys_too_early(const struct finder *finder, const struct pair *pair)
{
    const struct alter *alter = &pair->table->alter;

    for (size_t i = 0; i < alter->step_count; i++) {
        if (alter->steps[i].kind == ALTER_ADD_FOREIGN_KEY &&
            !is_ready(finder, pair, parent_of(finder, pair, alter->steps[i].name)))
            return true;
    }
    return false;
}

/* By the one statement of the person that led from what is there to what is wanted. */
static bool alter_as_typed(struct finder *finder, struct pair *pair)
{
    struct slice typed = difference_typed_statement(finder, pair, true);

    if (slice_is_none(typed) || pair->table->lifted_count > 0 || pair->table->is_freed ||
        adds_keys_too_early(finder, pair))
        return false;
    difference_add_typed(finder, DIFFERENCE_ALTER, pair, typed);
    pair->table->alter.step_count = 0;
    return true;
}

/* A statement of its own for a foreign key, by its name at a time when the table is called as in `named`. */
static void drop_foreign_key(struct finder *finder, struct pair *child,
                             const struct definition *named, struct slice key)
{
    struct buffer text = BUFFER_INIT;

    if (table_option(&child->table->now, "WITH SYSTEM VERSIONING") != NULL)
        buffer_append_text(&text, "SET STATEMENT system_versioning_alter_history='KEEP' FOR ");
    buffer_append_text(&text, "ALTER TABLE ");
    difference_append_name(named, &text);
    buffer_append_text(&text, " DROP FOREIGN KEY ");
    buffer_append_slice(&text, key);
    difference_add(finder, DIFFERENCE_ALTER, child, buffer_slice(&text), SLICE_NONE);
    buffer_release(&text);
    child->table->is_freed = true;
}

static void forget_step(struct alter *alter, struct alter_step *step)
{
    size_t behind = (size_t)(alter->steps + alter->step_count - step - 1);

    memmove(step, step + 1, behind * sizeof(*step));
    alter->step_count--;
}

/* Names that the server derived from the table's are those of before the renaming. */
static void free_child(struct finder *finder, struct pair *child)
{
    const struct table *now = &child->table->now;
    struct table before;
    bool is_read = table_read(child->now->text, &before) == ERROR_NONE;

    for (size_t i = 0; is_read && i < now->part_count; i++) {
        struct foreign_key key;
        if (!foreign_key_read(now->parts[i].text, &key) ||
            !foreign_key_points_to(&key, GONE_PARENT))
            continue;
        struct alter_step *drop = find_drop(child, now->parts[i].name);
        drop_foreign_key(finder, child, child->now, before.parts[i].name);
        if (drop != NULL)
            forget_step(&child->table->alter, drop);
    }
    table_release(&before);
}

/* InnoDB would bind a foreign key to whatever gets the name of its parent, and refuses that where it does not fit.
 * Children that stand in the way themselves are dropped before that. */
void difference_free_children(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *child = &finder->pairs[i];
        bool is_read = child->table != NULL && child->table->now_is_read;
        bool goes = child->fate == FATE_DROPPED && difference_name_passes_on(finder, child);
        if (is_read && child->fate != FATE_UNKNOWN && !goes)
            free_child(finder, child);
    }
}

static void settle(struct finder *finder, size_t index);

/* A child holds its parent until its foreign key, or the child itself, is gone. */
static void settle_children(struct finder *finder, size_t index)
{
    const struct links *links = &finder->links_now;

    for (size_t i = links->first_of_parent[index]; i < links->first_of_parent[index + 1]; i++) {
        const struct link *link = &links->list[links->by_parent[i]];
        struct pair *child = &finder->pairs[link->child];
        if (link->child == index)
            continue;
        if (child->fate == FATE_DROPPED && child->progress == PROGRESS_NONE && !child->is_gone)
            settle(finder, link->child);
        if (!is_replaced(child))
            continue;
        struct alter_step *drop = find_drop(child, child->table->now.parts[link->part].name);
        if (drop != NULL && child->progress == PROGRESS_NONE)
            settle(finder, link->child);
        else if (drop != NULL && child->progress == PROGRESS_BEGUN) {
            /* in the middle of being put in order */
            drop_foreign_key(finder, child, child->wanted, drop->name);
            forget_step(&child->table->alter, drop);
        }
    }
}

/* A new table that needs nothing which is not there yet. */
static bool can_come_early(const struct finder *finder, size_t index)
{
    const struct links *links = &finder->links_wanted;
    const struct pair *pair = &finder->pairs[index];

    if (pair->fate != FATE_CREATED || pair->now != NULL || pair->progress != PROGRESS_NONE)
        return false;
    for (size_t i = links->first_of_child[index]; i < links->first_of_child[index + 1]; i++) {
        size_t parent = links->list[i].parent;
        if (parent != index && !is_ready(finder, pair, parent))
            return false;
    }
    return true;
}

static void create_table(struct finder *finder, struct pair *pair);

/* In a person's words, a new parent comes ahead of the table that gets a foreign key to it: one statement, as it
 * was typed, does then. */
static void create_parents_early(struct finder *finder, const struct pair *child)
{
    const struct links *links = &finder->links_wanted;
    size_t index = index_of(finder, child);

    for (size_t i = links->first_of_child[index];
         finder->options->typed != NULL && i < links->first_of_child[index + 1]; i++) {
        size_t parent = links->list[i].parent;
        if (parent == NO_PAIR || !can_come_early(finder, parent))
            continue;
        create_table(finder, &finder->pairs[parent]);
        finder->pairs[parent].progress = PROGRESS_DONE;
    }
}

static bool waits_for_child(const struct finder *finder, size_t index);

/* Alter a table, or drop one that holds another which is altered. */
static void settle(struct finder *finder, size_t index)
{
    struct pair *pair = &finder->pairs[index];

    pair->progress = PROGRESS_BEGUN;
    settle_children(finder, index);
    if (pair->fate == FATE_DROPPED) {
        pair->progress = waits_for_child(finder, index) ? PROGRESS_NONE : PROGRESS_DONE;
        if (pair->progress == PROGRESS_DONE)
            difference_add_drop(finder, pair);
        return;
    }
    create_parents_early(finder, pair);
    join_foreign_keys(finder, pair);
    alter_settle_forgotten(&pair->table->alter);
    remark_on_alter(finder, pair);
    pair->progress = PROGRESS_DONE;
    if (alter_as_typed(finder, pair))
        return;
    for (enum alter_stage stage = 0; stage < ALTER_STAGE_FOREIGN_KEY; stage++)
        write_stage(finder, pair, stage);
}

void difference_alter_tables(struct finder *finder)
{
    for (size_t i = finder->pair_count; i-- > 0;) {
        if (is_replaced(&finder->pairs[i]) && finder->pairs[i].progress == PROGRESS_NONE)
            settle(finder, i);
    }
}

static bool is_dangling(const struct finder *finder, const struct pair *pair)
{
    const struct links *links = &finder->links_wanted;
    size_t index = index_of(finder, pair);

    for (size_t i = links->first_of_child[index];
         finder->options->whole && i < links->first_of_child[index + 1]; i++) {
        size_t parent = links->list[i].parent;
        if (parent == NO_PAIR || finder->pairs[parent].wanted == NULL)
            return true;
    }
    return false;
}

static void set_checks(struct finder *finder, bool on)
{
    if (finder->options->defaults->foreign_key_checks)
        difference_add_setting(finder,
                               on ? "SET foreign_key_checks = @ddltap_foreign_key_checks"
                                  : "SET @ddltap_foreign_key_checks = @@foreign_key_checks, "
                                    "foreign_key_checks = 0");
}

void difference_add_foreign_keys(struct finder *finder)
{
    for (size_t i = finder->pair_count; i-- > 0;) {
        struct pair *pair = &finder->pairs[i];
        bool comes = false;
        if (!is_replaced(pair))
            continue;
        for (size_t j = 0; j < pair->table->alter.step_count; j++)
            comes |= pair->table->alter.steps[j].stage == ALTER_STAGE_FOREIGN_KEY;
        bool dangling = comes && is_dangling(finder, pair);
        if (dangling)
            set_checks(finder, false);
        write_stage(finder, pair, ALTER_STAGE_FOREIGN_KEY);
        if (dangling)
            set_checks(finder, true);
    }
}

/* --- create and drop ----------------------------------------------------------------------------
 */

/* MySQL: no CREATE TABLE makes a nullable column without any default. */
static void drop_defaults(struct finder *finder, struct pair *pair, struct slice name)
{
    const struct table *table = &pair->table->wanted;
    struct buffer text = BUFFER_INIT;

    for (size_t i = 0; i < table->column_count; i++) {
        if (!table_column_lost_default(table->columns[i].definition, false))
            continue;
        if (text.len == 0) {
            buffer_append_text(&text, "ALTER TABLE ");
            buffer_append_slice(&text, name);
        } else {
            buffer_append_char(&text, ',');
        }
        buffer_append_text(&text, "\n  ALTER COLUMN ");
        buffer_append_slice(&text, table->columns[i].name);
        buffer_append_text(&text, " DROP DEFAULT");
    }
    if (text.len > 0)
        difference_add(finder, DIFFERENCE_ALTER, pair, buffer_slice(&text), SLICE_NONE);
    buffer_release(&text);
}

/* In the words of the person who made the table, or the server's. */
static bool write_table(const struct finder *finder, const struct pair *pair, struct slice name,
                        struct buffer *out)
{
    const struct definition *wanted = pair->wanted;
    struct dialect dialect = difference_session_dialect(finder, wanted);
    const struct typed_object *typed =
        typed_find(finder->options->typed, OBJECT_TABLE, wanted->home, wanted->name);

    if (typed_write_table(typed, &pair->table->wanted, name, &dialect, out))
        return true;
    table_write_to_run(&pair->table->wanted, name, out);
    return false;
}

/* What the statements for a new table cost. */
static void remark_on_new_table(struct finder *finder, const struct pair *pair, bool whole)
{
    const struct definition *wanted = pair->wanted;

    if (finder->options->way_back)
        return;
    if (pair->now != NULL)
        difference_remark(finder, "rows of ", wanted, " are lost: the table is made anew");
    if (!whole && typed_is_filled(finder->options->typed, wanted->home, wanted->name))
        difference_remark(finder, "rows with which ", wanted, " was made are not put in");
}

/* The text in the form to run. */
static void create_table(struct finder *finder, struct pair *pair)
{
    struct buffer name = BUFFER_INIT, text = BUFFER_INIT;

    size_t first = finder->difference->step_count;
    bool whole = !slice_is_none(difference_typed_statement(finder, pair, false));
    bool is_typed = false;
    difference_append_name(pair->wanted, &name);
    if (!whole)
        is_typed = write_table(finder, pair, buffer_slice(&name), &text);
    remark_on_new_table(finder, pair, whole);
    difference_add_create(finder, pair, buffer_slice(&text));
    if (is_typed)
        difference_mark_typed(finder, first);
    if (!finder->options->mariadb && !whole)
        drop_defaults(finder, pair, buffer_slice(&name));
    buffer_release(&name);
    buffer_release(&text);
}

static bool is_pending(const struct pair *pair, enum fate fate)
{
    return pair->type == OBJECT_TABLE && pair->fate == fate && pair->progress != PROGRESS_DONE &&
           !pair->is_gone;
}

static bool waits_for_child(const struct finder *finder, size_t index)
{
    const struct links *links = &finder->links_now;

    for (size_t i = links->first_of_parent[index]; i < links->first_of_parent[index + 1]; i++) {
        size_t child = links->list[links->by_parent[i]].child;
        if (child != index && is_pending(&finder->pairs[child], FATE_DROPPED))
            return true;
    }
    return false;
}

static bool waits_for_parent(const struct finder *finder, size_t index)
{
    const struct links *links = &finder->links_wanted;

    for (size_t i = links->first_of_child[index]; i < links->first_of_child[index + 1]; i++) {
        size_t parent = links->list[i].parent;
        if (parent != index && parent != NO_PAIR &&
            is_pending(&finder->pairs[parent], FATE_CREATED))
            return true;
    }
    return false;
}

/* Does a table that stays point to this one, which goes? */
static bool is_pointed_to(const struct finder *finder, size_t index)
{
    return finder->links_wanted.first_of_parent[index] <
           finder->links_wanted.first_of_parent[index + 1];
}

/* Tables on the way to be made or dropped: each stands above one that waits for it. */
struct way {
    size_t *stack;
    size_t count;
    bool checks_off;
};

static void push_needed(const struct finder *finder, struct way *way, size_t needed, enum fate fate)
{
    struct pair *pair = &finder->pairs[needed];

    if (is_pending(pair, fate) && pair->progress == PROGRESS_NONE)
        way->stack[way->count++] = needed;
}

/* Parents come before their children; children go before their parents. */
static void push_all_needed(const struct finder *finder, struct way *way, size_t index,
                            enum fate fate)
{
    const struct links *wanted = &finder->links_wanted, *now = &finder->links_now;

    if (fate == FATE_CREATED) {
        for (size_t i = wanted->first_of_child[index]; i < wanted->first_of_child[index + 1]; i++)
            if (wanted->list[i].parent != NO_PAIR)
                push_needed(finder, way, wanted->list[i].parent, fate);
    } else {
        for (size_t i = now->first_of_parent[index]; i < now->first_of_parent[index + 1]; i++)
            push_needed(finder, way, now->list[now->by_parent[i]].child, fate);
    }
}

/* A ring of foreign keys is cut where it closes, with the checks off. */
static void step_table(struct finder *finder, struct way *way, size_t index, enum fate fate)
{
    struct pair *pair = &finder->pairs[index];
    bool unchecked = fate == FATE_CREATED
                         ? waits_for_parent(finder, index) || is_dangling(finder, pair)
                         : waits_for_child(finder, index) || is_pointed_to(finder, index);

    if (unchecked && !way->checks_off)
        set_checks(finder, !(way->checks_off = true));
    if (fate == FATE_CREATED)
        create_table(finder, pair);
    else
        difference_add_drop(finder, pair);
    pair->progress = PROGRESS_DONE;
}

/* Last first; what one needs ahead of it. A table may be pushed by several, and is made once. */
static void each_table(struct finder *finder, enum fate fate)
{
    size_t links = finder->links_now.count + finder->links_wanted.count;
    struct way way = {.stack = memory_new(finder->pair_count + 2 * links + 1, sizeof(*way.stack))};

    for (size_t i = finder->pair_count; i-- > 0;) {
        if (!is_pending(&finder->pairs[i], fate))
            continue;
        way.stack[way.count++] = i;
        while (way.count > 0) {
            size_t top = way.stack[way.count - 1];
            struct pair *pair = &finder->pairs[top];
            if (pair->progress == PROGRESS_NONE) {
                pair->progress = PROGRESS_BEGUN;
                push_all_needed(finder, &way, top, fate);
                continue;
            }
            way.count--;
            if (pair->progress == PROGRESS_BEGUN)
                step_table(finder, &way, top, fate);
        }
    }
    if (way.checks_off)
        set_checks(finder, true);
    free(way.stack);
}

static bool is_made_anew(const struct pair *pair)
{
    return pair->type == OBJECT_TABLE && pair->fate == FATE_CREATED && pair->now != NULL;
}

/* Does a table hold this one that is still there: it stays, or is in the same ring? */
static bool is_still_held(const struct finder *finder, size_t index)
{
    const struct links *links = &finder->links_now;

    for (size_t i = links->first_of_parent[index]; i < links->first_of_parent[index + 1]; i++) {
        const struct pair *child = &finder->pairs[links->list[links->by_parent[i]].child];
        if (child == &finder->pairs[index] || child->is_out || child->is_gone)
            continue;
        if (is_made_anew(child) || is_pending(child, FATE_DROPPED) || child->fate == FATE_SAME)
            return true;
    }
    return false;
}

/* What is made anew goes first, its children ahead of it. */
static void drop_to_make_anew(struct finder *finder, size_t index)
{
    const struct links *links = &finder->links_now;
    struct pair *pair = &finder->pairs[index];

    pair->progress = PROGRESS_BEGUN;
    settle_children(finder, index);
    for (size_t i = links->first_of_parent[index]; i < links->first_of_parent[index + 1]; i++) {
        size_t child = links->list[links->by_parent[i]].child;
        if (is_made_anew(&finder->pairs[child]) && finder->pairs[child].progress == PROGRESS_NONE)
            drop_to_make_anew(finder, child);
    }
    bool held = is_still_held(finder, index);
    if (held)
        set_checks(finder, false);
    difference_add_drop(finder, pair);
    if (held)
        set_checks(finder, true);
    pair->is_out = true;
}

void difference_create_tables(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        if (is_made_anew(&finder->pairs[i]) && finder->pairs[i].progress == PROGRESS_NONE)
            drop_to_make_anew(finder, i);
    }
    for (size_t i = 0; i < finder->pair_count; i++) {
        if (is_made_anew(&finder->pairs[i]))
            finder->pairs[i].progress = PROGRESS_NONE;
    }
    each_table(finder, FATE_CREATED);
}

void difference_drop_tables(struct finder *finder)
{
    each_table(finder, FATE_DROPPED);
}
