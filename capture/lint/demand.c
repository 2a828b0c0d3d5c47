/* demand: see demand.h. */
#include "lint/demand.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/column.h"
#include "schema/foreign_key.h"
#include "schema/printed.h"
#include "sql/reader.h"

/* The table as the development database has it now. */
struct place {
    const struct subject *subject;
    const struct subject_table *table;
    struct findings *findings;
};

static void write_table(const struct place *place, struct buffer *out)
{
    bool applied = place->subject->options->applied;
    printed_quote(applied ? place->table->name : place->table->name_before, out);
}

/* The condition of a row that is in the way; empty: no row tells. */
static void add_probe(const struct place *place, struct findings_item *finding,
                      const struct buffer *select)
{
    struct buffer probe = BUFFER_INIT;
    if (finding->probe != NULL)
        return;
    if (place->subject->options->applied) {
        buffer_append_text(&probe, "SELECT 1 FROM ");
        write_table(place, &probe);
        buffer_append_text(&probe, " LIMIT 1");
    } else if (select->len > 0 && place->table->before != NULL) {
        buffer_append_slice(&probe, buffer_slice(select));
    }
    finding->probe = probe.len == 0 ? NULL : buffer_detach(&probe);
    buffer_release(&probe);
}

/* --- NOT NULL ----------------------------------------------------------------------------------- */

static void find_null(const struct place *place, const struct table_column *before,
                      const struct table_column *after)
{
    struct buffer select = BUFFER_INIT;
    buffer_append_text(&select, "SELECT 1 FROM ");
    write_table(place, &select);
    buffer_printf(&select, " WHERE %.*s IS NULL LIMIT 1", FINDINGS_TEXT(before->name));
    add_probe(place,
              findings_add(place->findings, RULE_NOT_NULL,
                           "Column %.*s of `%.*s` can no longer be NULL.",
                           FINDINGS_TEXT(after->name), FINDINGS_TEXT(place->table->name)),
              &select);
    buffer_release(&select);
}

static bool needs_value(struct slice definition)
{
    struct column column;
    struct slice unknown;
    return !table_column_nullable(definition) && table_column_storage(definition) == TABLE_PLAIN &&
           !table_column_is_row_time(definition) && column_read(definition, &column, &unknown) &&
           slice_is_none(column.attributes[COLUMN_DEFAULT]) &&
           slice_is_none(column.attributes[COLUMN_AUTO_INCREMENT]);
}

static void find_new(const struct place *place, const struct table_column *after)
{
    struct buffer select = BUFFER_INIT;
    buffer_append_text(&select, "SELECT 1 FROM ");
    write_table(place, &select);
    buffer_append_text(&select, " LIMIT 1");
    if (needs_value(after->definition))
        add_probe(place,
                  findings_add(place->findings, RULE_NEW_NOT_NULL,
                               "New column %.*s of `%.*s` is NOT NULL without a default.",
                               FINDINGS_TEXT(after->name), FINDINGS_TEXT(place->table->name)),
                  &select);
    buffer_release(&select);
}

static void find_columns(const struct place *place)
{
    const struct table *after = place->table->after;
    for (size_t i = 0; i < after->column_count; i++) {
        const struct table_column *column = &after->columns[i];
        const struct table_column *before = subject_column_before(place->table, column);
        if (before == NULL)
            find_new(place, column);
        else if (table_column_nullable(before->definition) &&
                 !table_column_nullable(column->definition))
            find_null(place, before, column);
    }
}

/* --- keys --------------------------------------------------------------------------------------- */

/* "`a`(10),`b` DESC": the next part as an expression of the columns that are there before, appended. false: at
 * the end, or not to be asked. */
static bool next_key_part(const struct place *place, struct slice group, size_t *at,
                          struct buffer *out, bool *known)
{
    const struct table *before = place->table->before;
    while (*at < group.len && group.ptr[*at] != '`' && group.ptr[*at] != '(')
        (*at)++;
    struct slice name = *at < group.len ? printed_name(group, *at) : SLICE_NONE;
    if (slice_is_none(name)) {
        *known = *known && *at >= group.len;
        return false;
    }
    *known = *known && table_column(before, name) != NULL;
    *at += name.len;
    if (*at < group.len && group.ptr[*at] == '(') {
        struct slice length = printed_group(group, *at);
        buffer_printf(out, "LEFT(%.*s, %.*s)", FINDINGS_TEXT(name), (int)length.len - 2,
                      length.ptr + 1);
        *at += length.len;
    } else {
        buffer_append_slice(out, name);
    }
    return true;
}

static struct slice inside(struct slice group)
{
    return group.len < 2 ? slice_make("", 0) : slice_make(group.ptr + 1, group.len - 2);
}

/* Rows that are equal in all parts of the key, none of which is NULL. */
static void write_twins(const struct place *place, struct slice columns, struct buffer *select)
{
    struct buffer list = BUFFER_INIT, where = BUFFER_INIT, part = BUFFER_INIT;
    size_t at = 0;
    bool known = place->table->before != NULL;
    while (known && next_key_part(place, columns, &at, &part, &known)) {
        buffer_printf(&list, "%s%s", list.len == 0 ? "" : ", ", buffer_text(&part));
        buffer_printf(&where, "%s%s IS NOT NULL", where.len == 0 ? "" : " AND ",
                      buffer_text(&part));
        buffer_clear(&part);
    }
    if (known && list.len > 0) {
        buffer_append_text(select, "SELECT 1 FROM ");
        write_table(place, select);
        buffer_printf(select, " WHERE %s GROUP BY %s HAVING COUNT(*) > 1 LIMIT 1",
                      buffer_text(&where), buffer_text(&list));
    }
    buffer_release(&list);
    buffer_release(&where);
    buffer_release(&part);
}

static void find_unique(const struct place *place, const struct table_part *key)
{
    struct buffer select = BUFFER_INIT;
    struct slice columns = printed_group(key->text, 0);
    write_twins(place, inside(columns), &select);
    add_probe(place,
              findings_add(place->findings, RULE_NEW_UNIQUE, "New unique key %.*s of `%.*s`.",
                           FINDINGS_TEXT(columns), FINDINGS_TEXT(place->table->name)),
              &select);
    buffer_release(&select);
}

/* The next name of "(`a`, `b`)" from *at on; none at the end. */
static struct slice next_name(struct slice group, size_t *at)
{
    while (*at < group.len && group.ptr[*at] != '`')
        (*at)++;
    struct slice name = *at < group.len ? printed_name(group, *at) : SLICE_NONE;
    *at += name.len;
    return name;
}

/* c.`a` = p.`x` AND ..., and which rows of c have no p. false: there is a column that c had not before. */
static bool write_join(const struct place *place, const struct foreign_key *key,
                       struct buffer *join, struct buffer *where)
{
    size_t at = 0, parent_at = 0;
    struct slice child, parent, first = SLICE_NONE;
    while (!slice_is_none(child = next_name(key->columns, &at)) &&
           !slice_is_none(parent = next_name(key->parent_columns, &parent_at))) {
        if (table_column(place->table->before, child) == NULL)
            return false;
        first = slice_is_none(first) ? parent : first;
        buffer_printf(join, "%sc.%.*s = p.%.*s", join->len == 0 ? "" : " AND ",
                      FINDINGS_TEXT(child), FINDINGS_TEXT(parent));
        buffer_printf(where, "c.%.*s IS NOT NULL AND ", FINDINGS_TEXT(child));
    }
    if (join->len > 0)
        buffer_printf(where, "p.%.*s IS NULL", FINDINGS_TEXT(first));
    return join->len > 0;
}

static void write_orphans(const struct place *place, const struct foreign_key *key,
                          struct buffer *select)
{
    struct buffer join = BUFFER_INIT, where = BUFFER_INIT;
    if (place->table->before != NULL && slice_is_none(key->schema) &&
        write_join(place, key, &join, &where)) {
        buffer_append_text(select, "SELECT 1 FROM ");
        write_table(place, select);
        buffer_printf(select, " c LEFT JOIN %.*s p ON %s WHERE %s LIMIT 1",
                      FINDINGS_TEXT(key->parent), buffer_text(&join), buffer_text(&where));
    }
    buffer_release(&join);
    buffer_release(&where);
}

static void find_foreign_key(const struct place *place, const struct table_part *part)
{
    struct buffer select = BUFFER_INIT;
    struct foreign_key key;
    if (!foreign_key_read(part->text, &key))
        return;
    write_orphans(place, &key, &select);
    add_probe(place,
              findings_add(place->findings, RULE_NEW_FOREIGN_KEY,
                           "New foreign key %.*s of `%.*s` to %.*s.", FINDINGS_TEXT(key.columns),
                           FINDINGS_TEXT(place->table->name), FINDINGS_TEXT(key.parent)),
              &select);
    buffer_release(&select);
}

static void find_check(const struct place *place, const struct table_part *part)
{
    struct buffer select = BUFFER_INIT;
    struct slice condition = printed_group(part->text, part->name.len);
    if (printed_find(part->text, "NOT ENFORCED") != PRINTED_NOWHERE)
        return;
    if (place->table->before != NULL && condition.len > 0) {
        buffer_append_text(&select, "SELECT 1 FROM ");
        write_table(place, &select);
        buffer_printf(&select, " WHERE NOT %.*s LIMIT 1", FINDINGS_TEXT(condition));
    }
    add_probe(place,
              findings_add(place->findings, RULE_NEW_CHECK, "New check %.*s of `%.*s`.",
                           FINDINGS_TEXT(part->name), FINDINGS_TEXT(place->table->name)),
              &select);
    buffer_release(&select);
}

/* --- what is new -------------------------------------------------------------------------------- */

static bool is_unique(const struct table_part *part)
{
    return part->kind == TABLE_KEY && (slice_starts_with(part->text, SLICE("UNIQUE ")) ||
                                       slice_starts_with(part->text, SLICE("PRIMARY ")));
}

/* Was there one on the same columns, or of the same text, whatever its name? */
static bool was_there(const struct table *before, const struct table_part *part)
{
    for (size_t i = 0; i < before->part_count; i++) {
        const struct table_part *old = &before->parts[i];
        if (old->kind != part->kind)
            continue;
        if (part->kind == TABLE_KEY && is_unique(old) &&
            slice_equal(printed_group(old->text, 0), printed_group(part->text, 0)))
            return true;
        if (part->kind != TABLE_KEY &&
            slice_equal(slice_from_offset(old->text, strlen("CONSTRAINT ") + old->name.len),
                        slice_from_offset(part->text, strlen("CONSTRAINT ") + part->name.len)))
            return true;
    }
    return false;
}

/* After a renaming its columns have other names: the old text with the new names. */
static void rename_before(const struct place *place, struct table *copy)
{
    const struct subject_table *table = place->table;
    struct table_rename *renames = memory_new(table->rename_count + 1, sizeof *renames);
    struct buffer *names = memory_new(2 * table->rename_count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < table->rename_count; i++) {
        const struct difference_rename *rename = &table->renames[i];
        if (rename->kind != DIFFERENCE_RENAME_COLUMN || slice_is_none(rename->to) ||
            !slice_equal_nocase(rename->table, table->name_before))
            continue;
        printed_quote(rename->from, &names[2 * count]);
        printed_quote(rename->to, &names[2 * count + 1]);
        renames[count] = (struct table_rename){false, buffer_slice(&names[2 * count]),
                                               buffer_slice(&names[2 * count + 1])};
        count++;
    }
    table_rename_columns(copy, renames, count, place->subject->options->mariadb);
    for (size_t i = 0; i < 2 * count; i++)
        buffer_release(&names[i]);
    free(names);
    free(renames);
}

static void find_parts(const struct place *place)
{
    struct buffer text = BUFFER_INIT;
    struct table old;
    table_write(place->table->before, &text);
    if (table_read(buffer_slice(&text), &old) == ERROR_NONE) {
        rename_before(place, &old);
        for (size_t i = 0; i < place->table->after->part_count; i++) {
            const struct table_part *part = &place->table->after->parts[i];
            if (was_there(&old, part))
                continue;
            if (is_unique(part))
                find_unique(place, part);
            else if (part->kind == TABLE_FOREIGN_KEY)
                find_foreign_key(place, part);
            else if (part->kind == TABLE_CHECK)
                find_check(place, part);
        }
    }
    table_release(&old);
    buffer_release(&text);
}

void demand_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->table_count; i++) {
        const struct place place = {subject, &subject->tables[i], findings};
        if (place.table->before == NULL || place.table->after == NULL)
            continue;
        find_columns(&place);
        find_parts(&place);
    }
}

/* --- answers ------------------------------------------------------------------------------------ */

void demand_answer(struct findings_item *finding, bool applied, bool row)
{
    free(finding->rows);
    if (applied)
        finding->rows = memory_copy_text(
            row ? "Development's rows are fine; production's may differ."
                : "Development has no rows that could tell; production may have some.");
    else
        finding->rows =
            memory_copy_text(row ? "Development has rows that are in the way."
                                 : "Development has no row that is in the way; production may.");
    finding->raised = !applied && row && finding->rule != RULE_NEW_NOT_NULL;
}

void demand_unanswered(struct findings_item *finding, const char *why)
{
    struct buffer text = BUFFER_INIT;
    free(finding->rows);
    buffer_printf(&text, "Development's rows were not asked: %s.", why);
    finding->rows = buffer_detach(&text);
}
