/* loss: see loss.h. */
#include "lint/loss.h"

#include <string.h>

#include "schema/column.h"
#include "schema/printed.h"

/* The words of which one in the definition says that the attribute was thought of. */
#define WORDS_MAX 6

static const struct {
    enum column_attribute attribute;
    enum rule rule;
    const char *words[WORDS_MAX];
} rows[] = {
    {COLUMN_NULL, RULE_LOST_ATTRIBUTE, {"NULL", NULL}},
    {COLUMN_DEFAULT, RULE_LOST_ATTRIBUTE, {"DEFAULT", NULL}},
    {COLUMN_AUTO_INCREMENT, RULE_LOST_ATTRIBUTE, {"AUTO_INCREMENT", "SERIAL", NULL}},
    {COLUMN_ON_UPDATE, RULE_LOST_ATTRIBUTE, {"UPDATE", NULL}},
    {COLUMN_CHARSET,
     RULE_LOST_ATTRIBUTE,
     {"CHARACTER", "CHARSET", "COLLATE", "ASCII", "UNICODE", NULL}},
    {COLUMN_COLLATION, RULE_LOST_ATTRIBUTE, {"CHARACTER", "CHARSET", "COLLATE", "BINARY", NULL}},
    {COLUMN_CHECK, RULE_LOST_ATTRIBUTE, {"CHECK", NULL}},
    {COLUMN_INVISIBLE, RULE_LOST_ATTRIBUTE, {"INVISIBLE", "VISIBLE", NULL}},
    {COLUMN_COMMENT, RULE_LOST_COMMENT, {"COMMENT", NULL}},
};

static bool says_any(const struct alteration_item *item, const struct dialect *dialect,
                     const char *const *words)
{
    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++) {
        if (alteration_says(item, dialect, words[i]))
            return true;
    }
    return false;
}

/* What is there only because nothing else was said: NULL, DEFAULT NULL. */
static bool is_nothing(enum column_attribute attribute, struct slice value)
{
    return slice_is_none(value) ||
           (attribute == COLUMN_NULL && slice_equal(value, SLICE("NULL"))) ||
           (attribute == COLUMN_DEFAULT && slice_equal(value, SLICE("DEFAULT NULL")));
}

/* Of a text column that became a number, the character set went with the type. */
static bool goes_with_type(enum column_attribute attribute, const struct table_column *after)
{
    return (attribute == COLUMN_CHARSET || attribute == COLUMN_COLLATION) &&
           !table_column_character(after->definition);
}

/* A collation that is the table's own by now is no loss. */
static bool is_of_table(const struct subject_table *table, enum column_attribute attribute,
                        struct slice value)
{
    const struct table_option *option =
        attribute == COLUMN_CHARSET     ? table_option(table->after, "DEFAULT CHARSET")
        : attribute == COLUMN_COLLATION ? table_option(table->after, "COLLATE")
                                        : NULL;
    if (option == NULL)
        return false;
    const char *equal = memchr(option->text.ptr, '=', option->text.len);
    if (equal == NULL)
        return false;
    struct slice word = slice_from_offset(option->text, (size_t)(equal - option->text.ptr) + 1);
    return value.len > word.len &&
           slice_equal(word, slice_from_offset(value, value.len - word.len));
}

static void find_column(const struct subject *subject, const struct subject_table *table,
                        const struct table_column *after, struct findings *findings)
{
    const struct table_column *before = subject_column_before(table, after);
    const struct dialect *dialect = NULL;
    const struct alteration_item *item = subject_modifies(subject, after->name, &dialect);
    struct column old, new;
    struct slice unknown;
    if (before == NULL || item == NULL || !column_read(before->definition, &old, &unknown) ||
        !column_read(after->definition, &new, &unknown))
        return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum column_attribute attribute = rows[i].attribute;
        struct slice value = old.attributes[attribute];
        if (is_nothing(attribute, value) || !is_nothing(attribute, new.attributes[attribute]) ||
            goes_with_type(attribute, after) || is_of_table(table, attribute, value) ||
            says_any(item, dialect, rows[i].words))
            continue;
        findings_add(findings, rows[i].rule, "Column %.*s of `%.*s` lost %.*s.",
                     FINDINGS_TEXT(after->name), FINDINGS_TEXT(table->name), FINDINGS_TEXT(value));
    }
}

void loss_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->table_count; i++) {
        const struct subject_table *table = &subject->tables[i];
        for (size_t j = 0;
             table->before != NULL && table->after != NULL && j < table->after->column_count; j++)
            find_column(subject, table, &table->after->columns[j], findings);
    }
}
