/* difference_program: views, triggers, routines, packages and events.
 *
 * A view needs the views and functions that it names, so it comes behind them. Triggers of one table,
 * time and event fire in an order; a new one goes behind the others unless it is told where to stand:
 *
 *     wanted   t1  t2  t3          now   t1  t3          CREATE TRIGGER t2 ... FOLLOWS `t1`
 */
#include "schema/difference_internal.h"

#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/clauses.h"
#include "schema/context.h"
#include "schema/name_index.h"
#include "schema/printed.h"
#include "schema/remark.h"
#include "schema/trigger.h"
#include "schema/view.h"
#include "sql/reader.h"

#define NO_TRIGGER ((size_t)-1)

/* One wanted trigger, in a chain of those of the same place. */
struct placed {
    struct pair *pair;
    struct trigger trigger;
    size_t now; /* its index in now; NO_TRIGGER: it is not there or not as wanted */
    size_t next;
    size_t previous;
};

struct placement {
    struct placed *list;
    size_t count;
    struct buffer *keys;
    struct name_index first; /* by place */
};

static bool comes_up(const struct pair *pair)
{
    return pair->fate == FATE_CREATED || pair->fate == FATE_ALTERED;
}

/* --- order of triggers --------------------------------------------------------------------------
 */

static void append_place(const struct trigger *trigger, struct buffer *key)
{
    struct slice name = trigger->table;

    if (name.len >= 2 && (name.ptr[0] == '`' || name.ptr[0] == '"'))
        name = slice_make(name.ptr + 1, name.len - 2);
    buffer_append_slice(key, name);
    buffer_append_char(key, '\n');
    buffer_append_slice(key, trigger->timing);
    buffer_append_slice(key, trigger->event);
}

static void place_triggers(struct finder *finder, struct placement *placement)
{
    size_t count = schema_count(finder->wanted);
    size_t *last = memory_new(count + 1, sizeof(*last)); /* by the first of a chain */

    *placement = (struct placement){.list = memory_new(count + 1, sizeof(*placement->list)),
                                    .keys = memory_new(count + 1, sizeof(*placement->keys))};
    for (size_t i = 0; i < count; i++) {
        struct pair *pair = &finder->pairs[finder->pair_of_wanted[i]];
        size_t at = placement->count;
        struct placed *placed = &placement->list[at];
        if (pair->type != OBJECT_TRIGGER)
            continue;
        struct dialect dialect = difference_dialect(finder, pair->wanted);
        if (!trigger_read(pair->wanted->text, &dialect, &placed->trigger))
            continue;
        placed->pair = pair;
        placed->now = pair->fate == FATE_SAME ? schema_find_index(finder->now, OBJECT_TRIGGER,
                                                                  pair->now->home, pair->now->name)
                                              : NO_TRIGGER;
        placed->next = placed->previous = NO_TRIGGER;
        append_place(&placed->trigger, &placement->keys[at]);
        size_t first = name_index_find(&placement->first, buffer_slice(&placement->keys[at]));
        if (first == NAME_INDEX_NONE) {
            name_index_add(&placement->first, buffer_slice(&placement->keys[at]), at);
            first = at;
        } else {
            placed->previous = last[first];
            placement->list[last[first]].next = at;
        }
        last[first] = at;
        placement->count++;
    }
    free(last);
}

static void release_placement(struct placement *placement)
{
    for (size_t i = 0; i < placement->count; i++)
        buffer_release(&placement->keys[i]);
    free(placement->keys);
    free(placement->list);
    name_index_release(&placement->first);
}

/* Those that stand in another order than now are made anew: each that should fire behind one that
 * stands behind it now. */
static void find_misplaced(struct placement *placement)
{
    for (size_t i = 0; i < placement->count; i++) {
        struct placed *placed = &placement->list[i];
        for (size_t j = placed->previous; j != NO_TRIGGER; j = placement->list[j].previous) {
            if (placed->now != NO_TRIGGER && placement->list[j].now != NO_TRIGGER &&
                placement->list[j].now > placed->now) {
                placed->now = NO_TRIGGER;
                placed->pair->fate = FATE_ALTERED;
            }
        }
    }
}

static bool stands_before_another(const struct placement *placement, const struct placed *placed,
                                  size_t *other)
{
    for (size_t j = placed->next; j != NO_TRIGGER; j = placement->list[j].next) {
        if (placement->list[j].now != NO_TRIGGER) {
            *other = j;
            return true;
        }
    }
    return false;
}

static void create_trigger(struct finder *finder, struct placement *placement,
                           struct placed *placed)
{
    struct buffer text = BUFFER_INIT, name = BUFFER_INIT;
    size_t other = NO_TRIGGER;

    if (stands_before_another(placement, placed, &other)) {
        bool follows = placed->previous != NO_TRIGGER;
        const struct placed *neighbour = &placement->list[follows ? placed->previous : other];
        printed_quote(neighbour->pair->wanted->name, &name);
        trigger_write_placed(&placed->trigger, follows ? "FOLLOWS" : "PRECEDES",
                             buffer_slice(&name), &text);
    } else if (!finder->options->whole && finder->options->way_back) {
        remark_on_trigger(finder, placed->pair, placed->trigger.table);
    }
    difference_add_create(finder, placed->pair, buffer_slice(&text));
    placed->now = 0; /* it is there */
    buffer_release(&text);
    buffer_release(&name);
}

static void create_triggers(struct finder *finder)
{
    struct placement placement;

    place_triggers(finder, &placement);
    find_misplaced(&placement);
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->type == OBJECT_TRIGGER && pair->fate == FATE_ALTERED && !pair->is_gone)
            difference_add_drop(finder, pair);
    }
    for (size_t i = 0; i < placement.count; i++) {
        if (comes_up(placement.list[i].pair)) {
            create_trigger(finder, &placement, &placement.list[i]);
            placement.list[i].pair->progress = PROGRESS_DONE;
        }
    }
    release_placement(&placement);
    for (size_t i = 0; i < schema_count(finder->wanted); i++) { /* those not understood */
        struct pair *pair = &finder->pairs[finder->pair_of_wanted[i]];
        if (pair->type == OBJECT_TRIGGER && comes_up(pair) && pair->progress != PROGRESS_DONE) {
            if (!finder->options->whole && finder->options->way_back)
                remark_on_trigger(finder, pair, SLICE_NONE);
            difference_add_create(finder, pair, SLICE_NONE);
        }
    }
}

/* --- what dies with something else -------------------------------------------------------------- */

/* With a table that goes; one that is made anew gets it back. */
static void find_gone_trigger(struct finder *finder, struct pair *pair)
{
    struct trigger trigger;
    struct buffer name = BUFFER_INIT;

    struct dialect dialect = difference_dialect(finder, pair->now);
    if (!trigger_read(pair->now->text, &dialect, &trigger))
        return;
    trigger_table_name(&trigger, &dialect, &name);
    size_t at = schema_find_index(finder->now, OBJECT_TABLE, pair->now->home,
                                  slice_from(buffer_text(&name)));
    enum fate fate =
        at == NAME_INDEX_NONE ? FATE_SAME : finder->pairs[finder->pair_of_now[at]].fate;
    pair->is_gone = fate == FATE_DROPPED || fate == FATE_CREATED;
    if (pair->is_gone && pair->fate == FATE_SAME)
        pair->fate = FATE_ALTERED;
    buffer_release(&name);
}

/* A package takes its body along. */
static void find_gone_body(struct finder *finder, struct pair *pair)
{
    size_t at = schema_find_index(finder->now, OBJECT_PACKAGE, pair->now->home, pair->now->name);

    enum fate package =
        at == NAME_INDEX_NONE ? FATE_SAME : finder->pairs[finder->pair_of_now[at]].fate;
    if (package != FATE_ALTERED && package != FATE_DROPPED)
        return;
    if (pair->fate == FATE_DROPPED && package == FATE_DROPPED)
        return; /* dropped on its own, first */
    pair->is_gone = true;
    if (pair->fate == FATE_SAME)
        pair->fate = FATE_ALTERED;
}

void difference_plan_programs(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        struct pair *pair = &finder->pairs[i];
        if (pair->type == OBJECT_TRIGGER && pair->now != NULL)
            find_gone_trigger(finder, pair);
        if (pair->type == OBJECT_PACKAGE_BODY && pair->now != NULL)
            find_gone_body(finder, pair);
    }
}

void difference_drop_programs(struct finder *finder)
{
    static const enum object_type order[] = {OBJECT_EVENT,        OBJECT_TRIGGER, OBJECT_VIEW,
                                             OBJECT_PACKAGE_BODY, OBJECT_PACKAGE, OBJECT_PROCEDURE,
                                             OBJECT_FUNCTION};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        for (size_t j = finder->pair_count; j-- > 0;) {
            struct pair *pair = &finder->pairs[j];
            if (pair->type == order[i] && pair->fate == FATE_DROPPED && !pair->is_gone)
                difference_add_drop(finder, pair);
        }
    }
}

/* --- create and replace -------------------------------------------------------------------------
 */

/* Views can be replaced where they stand, but MySQL puts none of JSON documents in the place of another one; the
 * other objects are dropped and made anew. */
static bool is_replaceable(const struct pair *pair)
{
    const struct dialect dialect = {.mariadb = false}; /* servers print views in one way */
    struct clauses now, wanted;
    struct slice unknown;

    return pair->type == OBJECT_VIEW &&
           clauses_read(OBJECT_VIEW, pair->text, &dialect, &now, &unknown) &&
           clauses_read(OBJECT_VIEW, pair->wanted->text, &dialect, &wanted, &unknown) &&
           slice_is_none(now.of[CLAUSE_DUALITY]) == slice_is_none(wanted.of[CLAUSE_DUALITY]);
}

/* CREATE OR REPLACE, from a CREATE as it was typed. */
static bool replace_as_typed(struct finder *finder, struct pair *pair)
{
    struct slice typed = difference_typed_statement(finder, pair, false);
    struct dialect dialect = difference_session_dialect(finder, pair->wanted);
    struct buffer text = BUFFER_INIT;
    struct reader reader;

    if (slice_is_none(typed))
        return false;
    reader_init(&reader, typed, &dialect);
    size_t at = (size_t)(reader.token.text.ptr - typed.ptr) + reader.token.text.len;
    bool replaces = !reader_accept(&reader, "CREATE") || reader_is(&reader, "OR");
    buffer_append(&text, typed.ptr, at);
    buffer_append_text(&text, replaces ? "" : " OR REPLACE");
    buffer_append_slice(&text, slice_from_offset(typed, at));
    difference_add_typed(finder, DIFFERENCE_CREATE, pair, buffer_slice(&text));
    buffer_release(&text);
    return true;
}

/* By the statement of a person that led from what is there to what is wanted. */
static bool alter_as_typed(struct finder *finder, struct pair *pair)
{
    struct slice typed = difference_typed_statement(finder, pair, true);

    if (pair->fate != FATE_ALTERED || pair->is_gone || slice_is_none(typed))
        return pair->fate == FATE_ALTERED && is_replaceable(pair) &&
               context_allows(pair->wanted->context, pair->wanted->text) &&
               replace_as_typed(finder, pair);
    difference_add_typed(finder, DIFFERENCE_ALTER, pair, typed);
    return true;
}

static void make_program(struct finder *finder, struct pair *pair)
{
    const struct slice create = SLICE("CREATE ");
    struct buffer text = BUFFER_INIT;

    if (alter_as_typed(finder, pair))
        return;
    if (pair->fate == FATE_ALTERED && is_replaceable(pair)) {
        buffer_append_text(&text, "CREATE OR REPLACE ");
        buffer_append_slice(&text, slice_from_offset(pair->wanted->text, create.len));
    } else if (pair->fate == FATE_ALTERED && !pair->is_gone) {
        difference_add_drop(finder, pair);
    }
    difference_add_create(finder, pair, buffer_slice(&text));
    buffer_release(&text);
}

/* Has the table the column, as far as one can tell? Servers hide the times of rows; letters that are not
 * ASCII may differ in case. */
static bool may_have(const struct pair *pair, struct slice column)
{
    bool is_read = pair->table != NULL && pair->table->wanted_is_read;
    struct table own;
    bool may = !is_read && table_read(pair->wanted->text, &own) != ERROR_NONE;
    const struct table *table = is_read ? &pair->table->wanted : &own;

    may = may || table_column(table, column) != NULL ||
          table_option(table, "WITH SYSTEM VERSIONING") != NULL;
    for (size_t i = 0; i < column.len; i++)
        may |= (unsigned char)column.ptr[i] >= 0x80;
    if (!is_read)
        table_release(&own);
    return may;
}

/* Is the column in none of the tables which the view calls so? Of what is not a table nothing is known. */
static bool is_lost(const struct finder *finder, struct slice text, struct slice alias,
                    struct slice column, struct slice *table)
{
    struct slice source, found = SLICE_NONE;
    size_t at = 0;

    while (view_next_source(text, &at, &source)) {
        if (!slice_equal(view_alias(text, at, source), alias))
            continue;
        size_t pair = difference_find_wanted(finder, OBJECT_TABLE, source);
        if (pair == NO_PAIR || may_have(&finder->pairs[pair], column))
            return false;
        found = source;
    }
    if (slice_is_none(found) || view_makes_source(text, alias))
        return false;
    *table = found;
    return true;
}

/* A column that one of its tables has lost. Only tables of this schema that are known can tell. */
static bool has_lost_column(const struct finder *finder, const struct pair *pair,
                            struct slice *column, struct slice *table)
{
    struct slice text = pair->wanted->text, alias;
    size_t at = 0;

    while (!view_makes_names(text) && view_next_column(text, &at, &alias, column)) {
        if (is_lost(finder, text, alias, *column, table))
            return true;
    }
    return false;
}

/* A server makes no view over something missing, although one that is there may have lost it. Each view is looked at
 * once, unless it is broken: views that name each other, or one many times, would never come to an end. */
static bool is_broken(const struct finder *finder, struct pair *pair, struct slice *missing,
                      struct slice *table)
{
    struct slice text = pair->wanted->text, source;
    size_t at = 0;

    if (!finder->options->whole || pair->is_whole || view_makes_names(text))
        return false;
    pair->is_whole = true;
    while (view_next_source(text, &at, &source)) {
        size_t view = difference_find_wanted(finder, OBJECT_VIEW, source);
        if (view != NO_PAIR && (is_broken(finder, &finder->pairs[view], missing, table) ||
                                has_lost_column(finder, &finder->pairs[view], missing, table))) {
            pair->is_whole = false;
            return true;
        }
        if (view == NO_PAIR && difference_find_wanted(finder, OBJECT_TABLE, source) == NO_PAIR &&
            difference_find_wanted(finder, OBJECT_SEQUENCE, source) == NO_PAIR) {
            pair->is_whole = false;
            *missing = source;
            return true;
        }
    }
    return false;
}

static void make_view_if_whole(struct finder *finder, struct pair *pair)
{
    struct slice missing = SLICE_NONE, table = SLICE_NONE;
    struct buffer why = BUFFER_INIT;

    if (is_broken(finder, pair, &missing, &table) ||
        has_lost_column(finder, pair, &missing, &table)) {
        buffer_append_text(&why, "it needs ");
        buffer_append_slice(&why, missing);
        if (!slice_is_none(table)) {
            buffer_append_text(&why, " of ");
            buffer_append_slice(&why, table);
        }
        buffer_append_text(&why, ", which is not there");
        difference_problem(finder, pair, buffer_text(&why));
    } else {
        make_program(finder, pair);
    }
    buffer_release(&why);
}

static void make_view(struct finder *finder, size_t index)
{
    struct pair *pair = &finder->pairs[index];
    struct slice text = pair->wanted->text;

    pair->progress = PROGRESS_BEGUN;
    for (size_t at = 0; at < text.len;) {
        struct slice name = printed_name(text, at);
        if (slice_is_none(name)) {
            at = text.ptr[at] == '(' ? at + 1 : printed_skip(text, at);
            continue;
        }
        size_t needed = difference_find_wanted(finder, OBJECT_VIEW, name);
        if (needed != NO_PAIR && comes_up(&finder->pairs[needed]) &&
            finder->pairs[needed].progress == PROGRESS_NONE)
            make_view(finder, needed);
        at += name.len;
    }
    make_view_if_whole(finder, pair);
    pair->progress = PROGRESS_DONE;
}

/* In the order given: packages before their bodies. */
static void make_all(struct finder *finder, enum object_type type)
{
    for (size_t i = 0; i < schema_count(finder->wanted); i++) {
        struct pair *pair = &finder->pairs[finder->pair_of_wanted[i]];
        if (pair->type == type && comes_up(pair))
            make_program(finder, pair);
    }
}

void difference_create_programs(struct finder *finder)
{
    static const enum object_type routines[] = {OBJECT_FUNCTION, OBJECT_PROCEDURE, OBJECT_PACKAGE,
                                                OBJECT_PACKAGE_BODY};

    for (size_t i = 0; i < sizeof(routines) / sizeof(routines[0]); i++)
        make_all(finder, routines[i]);
    for (size_t i = finder->pair_count; i-- > 0;) {
        struct pair *pair = &finder->pairs[i];
        if (pair->type == OBJECT_VIEW && comes_up(pair) && pair->progress == PROGRESS_NONE)
            make_view(finder, i);
    }
    create_triggers(finder);
    make_all(finder, OBJECT_EVENT);
}
