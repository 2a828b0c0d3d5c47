/* hygiene: see hygiene.h. Only what the draft brought is found: what a table had before is not its doing. */
#include "lint/hygiene.h"

#include <string.h>

#include "schema/foreign_key.h"
#include "schema/printed.h"

static bool is_primary(const struct table_part *part)
{
    return part->kind == TABLE_KEY && slice_starts_with(part->text, SLICE("PRIMARY "));
}

static bool has_primary(const struct table *table)
{
    for (size_t i = 0; i < table->part_count; i++) {
        if (is_primary(&table->parts[i]))
            return true;
    }
    return false;
}

static bool is_plain_key(const struct table_part *part)
{
    return part->kind == TABLE_KEY &&
           (slice_starts_with(part->text, SLICE("KEY ")) ||
            slice_starts_with(part->text, SLICE("UNIQUE ")) || is_primary(part));
}

/* The columns of a key, without the last parenthesis. */
static struct slice columns_of(const struct table_part *part)
{
    struct slice group = printed_group(part->text, 0);
    return group.len < 2 ? SLICE_NONE : slice_make(group.ptr + 1, group.len - 2);
}

/* Are all of its columns the first ones of the other's? */
static bool is_beginning(struct slice columns, struct slice of)
{
    return columns.len > 0 && slice_starts_with(of, columns) &&
           (of.len == columns.len || of.ptr[columns.len] == ',');
}

/* A unique key says more than a longer one that begins with it. */
static bool is_covered(const struct table_part *part, const struct table_part *by)
{
    struct slice columns = columns_of(part), others = columns_of(by);
    bool unique = !slice_starts_with(part->text, SLICE("KEY "));
    bool unique_by = !slice_starts_with(by->text, SLICE("KEY "));
    return unique ? unique_by && slice_equal(columns, others) : is_beginning(columns, others);
}

static bool had_text(const struct table *before, struct slice text)
{
    for (size_t i = 0; before != NULL && i < before->part_count; i++) {
        if (slice_equal(before->parts[i].text, text))
            return true;
    }
    return false;
}

static void find_duplicates(const struct subject_table *table, struct findings *findings)
{
    const struct table *after = table->after;
    for (size_t i = 0; i < after->part_count; i++) {
        for (size_t j = 0; j < after->part_count; j++) {
            const struct table_part *part = &after->parts[i], *by = &after->parts[j];
            if (i == j || !is_plain_key(part) || !is_plain_key(by) || is_primary(part) ||
                !is_covered(part, by) || (i < j && is_covered(by, part)) ||
                (had_text(table->before, part->text) && had_text(table->before, by->text)))
                continue;
            findings_add(
                findings, RULE_DUPLICATE_INDEX, "Index %.*s of `%.*s` begins as %.*s does.",
                FINDINGS_TEXT(part->name), FINDINGS_TEXT(table->name),
                FINDINGS_TEXT(slice_is_none(by->name) ? SLICE("the primary key") : by->name));
        }
    }
}

/* --- foreign keys ------------------------------------------------------------------------------- */

/* The parent, where it is a table of the same draft or its own. */
static const struct table *find_parent(const struct subject *subject, struct slice name)
{
    for (size_t i = 0; i < subject->table_count; i++) {
        const struct table *table = subject->tables[i].after;
        if (table != NULL && slice_equal(table->name, name))
            return table;
    }
    return NULL;
}

static bool has_unique(const struct table *table, struct slice columns)
{
    for (size_t i = 0; i < table->part_count; i++) {
        const struct table_part *part = &table->parts[i];
        if (part->kind == TABLE_KEY && !slice_starts_with(part->text, SLICE("KEY ")) &&
            slice_equal(printed_group(part->text, 0), columns))
            return true;
    }
    return false;
}

static void find_parents(const struct subject *subject, const struct subject_table *table,
                         struct findings *findings)
{
    for (size_t i = 0; i < table->after->part_count; i++) {
        const struct table_part *part = &table->after->parts[i];
        struct foreign_key key;
        if (part->kind != TABLE_FOREIGN_KEY || !foreign_key_read(part->text, &key) ||
            had_text(table->before, part->text))
            continue;
        const struct table *parent = find_parent(subject, key.parent);
        if (parent != NULL && !has_unique(parent, key.parent_columns))
            findings_add(findings, RULE_PARENT_KEY,
                         "Foreign key %.*s of `%.*s` points to %.*s of %.*s.",
                         FINDINGS_TEXT(key.name), FINDINGS_TEXT(table->name),
                         FINDINGS_TEXT(key.parent_columns), FINDINGS_TEXT(key.parent));
    }
}

/* --- columns ------------------------------------------------------------------------------------ */

static bool says(struct slice text, const char *word)
{
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

static bool is_old_utf8(struct slice text)
{
    return says(text, "utf8mb3") || says(text, "CHARSET=utf8 ") || says(text, "SET utf8 ") ||
           (text.len > 4 && says(text, "CHARSET=utf8") &&
            memcmp(text.ptr + text.len - 4, "utf8", 4) == 0);
}

static void find_columns(const struct subject_table *table, struct findings *findings)
{
    for (size_t i = 0; i < table->after->column_count; i++) {
        const struct table_column *column = &table->after->columns[i];
        const struct table_column *before = subject_column_before(table, column);
        if (before != NULL && slice_equal(before->definition, column->definition))
            continue;
        if (is_old_utf8(column->definition))
            findings_add(findings, RULE_OLD_UTF8, "Column %.*s of `%.*s` is utf8mb3.",
                         FINDINGS_TEXT(column->name), FINDINGS_TEXT(table->name));
        if (says(column->definition, "DEFAULT '0000-00-00"))
            findings_add(findings, RULE_ZERO_DATE, "Column %.*s of `%.*s`.",
                         FINDINGS_TEXT(column->name), FINDINGS_TEXT(table->name));
    }
}

static void find_table(const struct subject *subject, const struct subject_table *table,
                       struct findings *findings)
{
    bool had = table->before == NULL || has_primary(table->before);
    const struct table_option *charset = table_option(table->after, "DEFAULT CHARSET");
    const struct table_option *old =
        table->before == NULL ? NULL : table_option(table->before, "DEFAULT CHARSET");
    if (had && !has_primary(table->after))
        findings_add(findings, RULE_NO_PRIMARY_KEY, "`%.*s` has none.", FINDINGS_TEXT(table->name));
    if (charset != NULL && is_old_utf8(charset->text) &&
        (old == NULL || !slice_equal(old->text, charset->text)))
        findings_add(findings, RULE_OLD_UTF8, "`%.*s` is utf8mb3.", FINDINGS_TEXT(table->name));
    find_duplicates(table, findings);
    find_parents(subject, table, findings);
    find_columns(table, findings);
}

void hygiene_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->table_count; i++) {
        if (subject->tables[i].after != NULL)
            find_table(subject, &subject->tables[i], findings);
    }
}
