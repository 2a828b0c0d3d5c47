/* remark: see remark.h. On a way back the remarks tell what the change has cost and what stays lost;
 * otherwise what the statements themselves cost. */
#include "schema/remark.h"

#include <stdlib.h>

#include "schema/printed.h"
#include "sql/redact.h"

static void remark_column(struct finder *finder, const struct pair *pair, struct slice column,
                          const char *what)
{
    struct buffer *remarks = &finder->difference->remarks;

    buffer_append_text(remarks, "values of ");
    difference_append_name(pair->wanted, remarks);
    buffer_append_char(remarks, '.');
    buffer_append_slice(remarks, column);
    buffer_printf(remarks, " %s\n", what);
}

/* varchar(50) and varchar(60): every value of the first fits into the second as it is. */
static bool is_wider(struct slice narrow, struct slice wide)
{
    struct slice a = printed_group(narrow, 0), b = printed_group(wide, 0);
    bool comma = printed_mentions(narrow, SLICE(",")) || printed_mentions(wide, SLICE(","));

    if (slice_is_none(a) || slice_is_none(b) || comma || printed_mentions(narrow, SLICE("'")))
        return false;
    size_t a_at = (size_t)(a.ptr - narrow.ptr), b_at = (size_t)(b.ptr - wide.ptr);
    return slice_equal(slice_make(narrow.ptr, a_at), slice_make(wide.ptr, b_at)) &&
           slice_equal(slice_from_offset(narrow, a_at + a.len),
                       slice_from_offset(wide, b_at + b.len)) &&
           strtoul(a.ptr + 1, NULL, 10) <= strtoul(b.ptr + 1, NULL, 10);
}

/* Can a value of `old` be another one after a change to `new` (two definitions of a column)? */
static bool may_change_values(const struct table *old_table, struct slice old,
                              const struct table *new_table, struct slice new)
{
    const struct table_option *a = table_option(old_table, "DEFAULT CHARSET");
    const struct table_option *b = table_option(new_table, "DEFAULT CHARSET");

    if (table_column_storage(old) != TABLE_PLAIN)
        return false;
    struct slice old_type = printed_type(old), new_type = printed_type(new);
    bool kept = slice_equal(new_type, old_type) || is_wider(old_type, new_type);
    if (!kept || (table_column_nullable(old) && !table_column_nullable(new)))
        return true;
    return table_column_character(old) && a != NULL && b != NULL && !slice_equal(a->text, b->text);
}

/* The change that is taken back led from wanted to now. */
static void remark_way_back(struct finder *finder, const struct pair *pair,
                            const struct alter_step *step)
{
    const struct table_pair *table = pair->table;

    if (step->kind == ALTER_ADD_COLUMN && table_column_storage(step->text) == TABLE_PLAIN)
        remark_column(finder, pair, step->name, "do not come back");
    if (step->kind != ALTER_CHANGE_COLUMN)
        return;
    const struct table_column *now = table_column(&table->now, step->from);
    if (now != NULL && may_change_values(&table->wanted, step->text, &table->now, now->definition))
        remark_column(finder, pair, step->name,
                      "that the new type cut or converted stay as they are");
}

static bool is_added_again(const struct pair *pair, struct slice column)
{
    return table_column(&pair->table->wanted, column) != NULL;
}

static void remark_forward(struct finder *finder, const struct pair *pair,
                           const struct alter_step *step)
{
    const struct table_pair *table = pair->table;

    if (step->kind == ALTER_DROP_COLUMN) {
        struct slice name = slice_is_none(step->from) ? step->name : step->from;
        const struct table_column *now = table_column(&table->now, step->name);
        if (now != NULL && table_column_storage(now->definition) == TABLE_PLAIN)
            remark_column(finder, pair, name,
                          is_added_again(pair, name) ? "are lost: the column is made anew"
                                                     : "are lost");
    }
    if (step->kind != ALTER_CHANGE_COLUMN)
        return;
    const struct table_column *now = table_column(&table->now, step->from);
    if (now != NULL && may_change_values(&table->now, now->definition, &table->wanted, step->text))
        remark_column(finder, pair, step->name, "may be cut or converted");
}

static void remark_on_history(struct finder *finder, const struct pair *pair)
{
    bool now = table_option(&pair->table->now, "WITH SYSTEM VERSIONING") != NULL;
    bool wanted = table_option(&pair->table->wanted, "WITH SYSTEM VERSIONING") != NULL;

    if (finder->options->way_back && wanted && !now)
        difference_remark(finder, "the row history of ", pair->wanted, " does not come back");
    if (now && !wanted)
        difference_remark(finder, "the row history of ", pair->wanted, " is lost");
}

static void remark_on_partitions(struct finder *finder, const struct pair *pair)
{
    struct slice now = pair->table->now.partition, wanted = pair->table->wanted.partition;

    if (finder->options->way_back && !slice_is_none(wanted) && !slice_equal(now, wanted))
        difference_remark(finder, "rows of dropped partitions of ", pair->wanted,
                          " do not come back");
    if (pair->table->alter.loses_rows)
        difference_remark(finder, "rows in the partitions of ", pair->wanted,
                          " that are dropped are lost");
}

static void remark_on_secret(struct finder *finder, const struct pair *pair)
{
    if (printed_mentions(pair->wanted->text, SLICE(REDACT_PLACEHOLDER)))
        difference_remark(finder, "", pair->wanted,
                          " needs its password in the place of " REDACT_PLACEHOLDER);
}

static bool writes_secret(const struct alter *alter)
{
    for (size_t i = 0; i < alter->step_count; i++) {
        if (printed_mentions(alter->steps[i].text, SLICE(REDACT_PLACEHOLDER)))
            return true;
    }
    return false;
}

void remark_on_alter(struct finder *finder, const struct pair *pair)
{
    const struct alter *alter = &pair->table->alter;

    if (writes_secret(alter))
        remark_on_secret(finder, pair);
    for (size_t i = 0; i < alter->step_count; i++) {
        if (finder->options->way_back)
            remark_way_back(finder, pair, &alter->steps[i]);
        else
            remark_forward(finder, pair, &alter->steps[i]);
    }
    remark_on_history(finder, pair);
    remark_on_partitions(finder, pair);
}

void remark_on_create(struct finder *finder, const struct pair *pair)
{
    const struct definition *made = pair->wanted;
    bool was_dropped = finder->options->way_back && pair->fate == FATE_CREATED;

    if (made->type == OBJECT_TABLE && was_dropped)
        difference_remark(finder, "rows of ", made, " do not come back");
    if (made->type == OBJECT_SEQUENCE && was_dropped)
        difference_remark(finder, "sequence ", made, " starts again at its first value");
    if (made->type == OBJECT_EVENT && printed_mentions(made->text, SLICE(" ON SCHEDULE AT ")))
        difference_remark(finder, "event ", made,
                          " is dropped by the server when its time is past");
    remark_on_secret(finder, pair);
}

/* All triggers of a dropped table come back in their order; a single one comes back as the last. */
void remark_on_trigger(struct finder *finder, const struct pair *pair, struct slice table)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        const struct pair *made = &finder->pairs[i];
        if (made->type == OBJECT_TABLE && made->fate == FATE_CREATED &&
            (slice_is_none(table) || printed_mentions(table, made->wanted->name)))
            return;
    }
    difference_remark(finder, "trigger ", pair->wanted,
                      " comes back behind other triggers of the same table, time and event");
}

void remark_on_drop(struct finder *finder, const struct pair *pair)
{
    if (pair->type == OBJECT_TABLE && !finder->options->way_back)
        difference_remark(finder, "rows of ", pair->now, " are lost");
}
