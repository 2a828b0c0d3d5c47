/* alter_rename: see alter_rename.h.
 *
 *     who reads the columns?  -> must they be renamed ahead? -> which can: those whose new name is free
 *                                                               a column that goes steps aside for one that cannot wait
 */
#include "schema/alter_rename.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/printed.h"

/* --- renaming ahead ------------------------------------------------------------------------------
 */

struct readers {
    bool by_foreign_key;
    bool by_check;
    bool by_generated;
    bool by_period;
    bool by_expression; /* any other */
};

/* Who reads a column that is renamed? */
static void find_readers(const struct alter_request *request, struct slice name,
                         struct readers *readers)
{
    const struct table *now = request->now;

    for (size_t i = 0; i < now->part_count; i++) {
        const struct table_part *part = &now->parts[i];
        if (!printed_mentions(part->text, name))
            continue;
        if (part->kind == TABLE_FOREIGN_KEY)
            readers->by_foreign_key = true;
        else if (part->kind == TABLE_CHECK)
            readers->by_check = true;
        else if (part->kind == TABLE_PERIOD)
            readers->by_period = true;
        else if (part->kind != TABLE_KEY || printed_mentions(part->text, SLICE("((")))
            readers->by_expression = true;
    }
    for (size_t i = 0; i < now->column_count; i++)
        readers->by_generated |= !slice_equal_nocase(now->columns[i].name, name) &&
                                 printed_mentions(now->columns[i].definition, name);
    if (!slice_is_none(now->partition))
        readers->by_expression |= printed_mentions(now->partition, name);
}

/* Of all columns that are renamed; false: there are none. */
static bool find_all_readers(const struct alter_request *request, struct readers *readers)
{
    bool any = false;

    *readers = (struct readers){.by_foreign_key = request->is_parent};
    for (size_t i = 0; i < request->rename_count; i++) {
        if (request->renames[i].index || slice_is_none(request->renames[i].to))
            continue;
        find_readers(request, request->renames[i].from, readers);
        any = true;
    }
    return any;
}

static bool is_column_rename(const struct table_rename *rename)
{
    return !rename->index && !slice_is_none(rename->to);
}

static bool has_part(const struct table *table, const struct table_part *like)
{
    for (size_t i = 0; i < table->part_count; i++) {
        const struct table_part *part = &table->parts[i];
        if (part->kind == like->kind && slice_is_none(part->name) == slice_is_none(like->name) &&
            (slice_is_none(like->name) || slice_equal(part->name, like->name)))
            return true;
    }
    return false;
}

static struct slice name_now(const struct alter_request *request, struct slice wanted)
{
    for (size_t i = 0; i < request->rename_count; i++) {
        const struct table_rename *rename = &request->renames[i];
        if (is_column_rename(rename) && slice_equal_nocase(rename->to, wanted))
            return rename->from;
    }
    return wanted;
}

static bool is_indexed(const struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->part_count; i++) {
        if (table->parts[i].kind == TABLE_KEY && printed_mentions(table->parts[i].text, name))
            return true;
    }
    return false;
}

static bool converts(const struct alter_request *request, const struct table_column *wanted)
{
    const struct table_column *now = table_column(request->now, name_now(request, wanted->name));

    return now != NULL &&
           (!slice_equal(table_column_values(now->definition),
                         table_column_values(wanted->definition)) ||
            table_column_nullable(now->definition) != table_column_nullable(wanted->definition));
}

static bool converts_any(const struct alter_request *request)
{
    for (size_t i = 0; i < request->wanted->column_count; i++) {
        if (converts(request, &request->wanted->columns[i]))
            return true;
    }
    return false;
}

static bool gains_constraint(const struct alter_request *request)
{
    for (size_t i = 0; i < request->wanted->part_count; i++) {
        const struct table_part *part = &request->wanted->parts[i];
        if ((part->kind == TABLE_CHECK || part->kind == TABLE_FOREIGN_KEY) &&
            !has_part(request->now, part))
            return true;
    }
    return false;
}

/* A table that is not known may have a foreign key to a column that has an index and keeps its type: such a column
 * is renamed ahead where the table is likely to be copied. */
static bool may_be_pointed_to(const struct alter_request *request)
{
    if (!request->may_be_parent || (!converts_any(request) && !gains_constraint(request)))
        return false;
    for (size_t i = 0; i < request->rename_count; i++) {
        const struct table_rename *rename = &request->renames[i];
        const struct table_column *wanted =
            is_column_rename(rename) ? table_column(request->wanted, rename->to) : NULL;
        if (wanted != NULL && is_indexed(request->now, rename->from) && !converts(request, wanted))
            return true;
    }
    return false;
}

/* Foreign keys follow a renaming only where the table is not copied; expressions follow on MariaDB,
 * which then does not know the old name in other clauses. On MySQL they are given anew with it. */
static bool must_rename_ahead(const struct alter_request *request, bool *is_stale)
{
    struct readers readers;

    if (!find_all_readers(request, &readers))
        return false;
    readers.by_foreign_key |= may_be_pointed_to(request);
    *is_stale = request->mariadb && (readers.by_check || readers.by_generated || readers.by_period);
    if (request->mariadb)
        return readers.by_foreign_key || readers.by_expression || *is_stale;
    return readers.by_foreign_key && !readers.by_generated && !readers.by_expression;
}

static enum error check_renames(const struct alter_request *request, struct problem *problem)
{
    struct readers readers;

    if (request->mariadb || !find_all_readers(request, &readers) || !readers.by_foreign_key ||
        (!readers.by_generated && !readers.by_expression))
        return ERROR_NONE;
    return problem_set(problem, ERROR_UNSUPPORTED,
                       "MySQL renames no column that both a foreign key and a generated column, an "
                       "index on an expression or the partitions need");
}

static void rename_ahead(const struct alter_request *request, const struct table_rename *renames,
                         size_t count, struct alter *alter)
{
    struct table *now = request->now;
    const struct table *wanted = request->wanted;

    table_rename_columns(now, renames, count, request->mariadb);
    for (size_t i = 0; i < now->column_count; i++) {
        for (size_t j = 0; j < count; j++) {
            const struct table_rename *rename = &renames[j];
            if (!slice_equal_nocase(rename->from, now->columns[i].name))
                continue;
            struct alter_step *step = alter_add(alter, ALTER_RENAME_COLUMN);
            step->stage = ALTER_STAGE_RENAME;
            step->from = now->columns[i].name;
            step->name = rename->to;
            step->is_aside = table_column(wanted, rename->to) == NULL;
            now->columns[i].name = rename->to;
            break;
        }
    }
}

/* MariaDB renames no column in an expression that a view or an earlier statement has used ("unknown column"),
 * until the table is opened anew: a statement that changes nothing does that. */
static void open_anew(const struct table *now, struct alter *alter)
{
    const struct table_option *comment = table_option(now, "COMMENT");
    struct alter_step *step = alter_add(alter, ALTER_SAY_AGAIN);

    step->stage = ALTER_STAGE_FREE;
    step->text = comment != NULL ? comment->text : SLICE("COMMENT=''");
}

/* Does a column have the name that stays there until the main stage: one that goes, or is renamed only then? */
static bool is_held(const struct alter_request *request, const bool *ahead, struct slice name)
{
    if (table_column(request->now, name) == NULL)
        return false;
    for (size_t i = 0; i < request->rename_count; i++) {
        if (ahead[i] && slice_equal_nocase(request->renames[i].from, name))
            return false;
    }
    return true;
}

/* A name that is held is not free yet, and then neither is the one that it would have freed. */
static void find_ahead(const struct alter_request *request, bool *ahead)
{
    bool changed = true;

    for (size_t i = 0; i < request->rename_count; i++)
        ahead[i] = is_column_rename(&request->renames[i]);
    while (changed) {
        changed = false;
        for (size_t i = 0; i < request->rename_count; i++) {
            const struct table_rename *rename = &request->renames[i];
            if (!ahead[i] || slice_equal_nocase(rename->from, rename->to) ||
                !is_held(request, ahead, rename->to))
                continue;
            ahead[i] = false;
            changed = true;
        }
    }
}

/* Sorts the renames into those that come ahead, whose count is returned, and the others behind them. */
static size_t sort_renames(const struct alter_request *request, bool is_needed,
                           struct table_rename *sorted)
{
    bool *ahead = memory_new(request->rename_count + 1, sizeof(*ahead));
    size_t first = 0, count;

    if (is_needed)
        find_ahead(request, ahead);
    for (size_t i = 0; i < request->rename_count; i++) {
        if (ahead[i])
            sorted[first++] = request->renames[i];
    }
    count = first;
    for (size_t i = 0; i < request->rename_count; i++) {
        if (!ahead[i])
            sorted[count++] = request->renames[i];
    }
    free(ahead);
    return first;
}

static bool goes_under_another(const struct alter_request *request, struct slice name)
{
    for (size_t i = 0; i < request->rename_count; i++) {
        if (is_column_rename(&request->renames[i]) &&
            slice_equal_nocase(request->renames[i].from, name))
            return true;
    }
    return false;
}

/* --- stepping aside ------------------------------------------------------------------------------
 */

static bool parts_may_copy(const struct alter_request *request)
{
    const struct table *now = request->now, *wanted = request->wanted;

    for (size_t i = 0; i < wanted->part_count; i++) {
        if (!has_part(now, &wanted->parts[i]))
            return true;
    }
    for (size_t i = 0; i < now->part_count; i++) {
        const struct table_part *part = &now->parts[i];
        if (table_key_is_hashed(now, part) ||
            (slice_is_none(part->name) && !has_part(wanted, part)))
            return true;
    }
    return false;
}

/* Where nothing but names changes and columns, keys and constraints go, servers copy no table. */
static bool may_copy(const struct alter_request *request)
{
    const struct table *now = request->now, *wanted = request->wanted;
    const struct table_column *last = NULL;

    for (size_t i = 0; i < wanted->column_count; i++) {
        const struct table_column *column =
            table_column(now, name_now(request, wanted->columns[i].name));
        if (column == NULL || (last != NULL && column < last) ||
            !slice_equal(column->definition, wanted->columns[i].definition))
            return true;
        last = column;
    }
    return !slice_equal(now->tail, wanted->tail) || parts_may_copy(request);
}

/* May a foreign key need the column, of this table or (which then has an index on it) of another one? */
static bool is_in_foreign_key(const struct alter_request *request, struct slice name)
{
    struct readers readers = {0};

    find_readers(request, name, &readers);
    return readers.by_foreign_key ||
           ((request->is_parent || request->may_be_parent) && is_indexed(request->now, name));
}

/* Does the column go whose name another one gets, which must not wait for that? */
static bool must_step_aside(const struct alter_request *request, const struct table_rename *rename)
{
    struct readers readers = {0};

    if (!is_column_rename(rename) || slice_equal_nocase(rename->from, rename->to) ||
        table_column(request->now, rename->to) == NULL || goes_under_another(request, rename->to) ||
        !is_in_foreign_key(request, rename->from))
        return false;
    find_readers(request, rename->to, &readers);
    return !readers.by_check && !readers.by_generated && !readers.by_period &&
           !readers.by_expression;
}

static struct slice aside_name(const struct alter_request *request, size_t *number,
                               struct alter *alter)
{
    struct buffer name = BUFFER_INIT;

    do {
        buffer_clear(&name);
        buffer_printf(&name, "`ddltap_aside_%zu`", ++*number);
    } while (table_column(request->now, buffer_slice(&name)) != NULL ||
             table_column(request->wanted, buffer_slice(&name)) != NULL);
    return alter_keep_text(alter, &name);
}

/* That a column goes, while another one gets its name, is a rename too once it has stepped aside. */
static size_t drop_from_list(struct table_rename *list, size_t count, struct slice gone)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        if (list[i].index || !slice_is_none(list[i].to) || !slice_equal_nocase(list[i].from, gone))
            list[left++] = list[i];
    }
    return left;
}

/* All renames, and those of columns that step aside: the owner of the list is the caller. */
static struct table_rename *list_renames(const struct alter_request *request, size_t *count,
                                         struct alter *alter)
{
    struct table_rename *list = memory_new(2 * request->rename_count + 1, sizeof(*list));
    bool copies = may_copy(request);
    size_t number = 0;

    if (request->rename_count > 0)
        memcpy(list, request->renames, request->rename_count * sizeof(*list));
    *count = request->rename_count;
    for (size_t i = 0; i < request->rename_count && copies; i++) {
        const struct table_rename *rename = &request->renames[i];
        if (!must_step_aside(request, rename))
            continue;
        *count = drop_from_list(list, *count, rename->to);
        list[(*count)++] =
            (struct table_rename){false, rename->to, aside_name(request, &number, alter)};
    }
    return list;
}

/* --- names in texts ------------------------------------------------------------------------------
 */

/* Keys and expressions take the new names of their columns. Those over a column that goes, while another one gets
 * its name, must not look like keys over that other one: they get a name that no column has. */
static void rename_in_texts(const struct alter_request *request)
{
    struct table_rename *all = memory_new(2 * request->rename_count + 1, sizeof(*all));
    size_t count = request->rename_count;

    for (size_t i = 0; i < request->rename_count; i++) {
        const struct table_rename *rename = all + i;
        all[i] = request->renames[i];
        if (is_column_rename(rename) && table_column(request->now, rename->to) != NULL &&
            !goes_under_another(request, rename->to))
            all[count++] = (struct table_rename){false, rename->to, SLICE("`(gone)`")};
    }
    table_rename_columns(request->now, all, count, request->mariadb);
    free(all);
}

/* --- all of it --------------------------------------------------------------------------------- */

enum error alter_rename_ahead(const struct alter_request *request, struct alter *alter,
                              struct alter_request *rest, struct problem *problem)
{
    struct alter_request all = *request;
    bool is_stale = false, is_needed = must_rename_ahead(request, &is_stale);
    enum error code = check_renames(request, problem);

    *rest = *request;
    rest->renames = NULL;
    if (code != ERROR_NONE)
        return code;
    struct table_rename *with_asides =
        is_needed ? list_renames(request, &all.rename_count, alter) : NULL;
    if (is_needed)
        all.renames = with_asides;
    struct table_rename *sorted = memory_new(all.rename_count + 1, sizeof(*sorted));
    size_t ahead = sort_renames(&all, is_needed, sorted);
    if (is_stale && ahead > 0)
        open_anew(request->now, alter);
    rename_ahead(request, sorted, ahead, alter);
    memmove(sorted, sorted + ahead, (all.rename_count - ahead) * sizeof(*sorted));
    rest->is_renamed = ahead > 0;
    rest->renames = sorted;
    rest->rename_count = all.rename_count - ahead;
    rename_in_texts(rest);
    free(with_asides);
    return ERROR_NONE;
}

void alter_rename_release(struct alter_request *rest)
{
    free((void *)(uintptr_t)rest->renames);
    rest->renames = NULL;
}
