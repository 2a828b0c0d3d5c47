/* narrowing: see narrowing.h. */
#include "lint/narrowing.h"

#include <stdlib.h>
#include <string.h>

#include "schema/column.h"
#include "schema/printed.h"

enum family {
    FAMILY_OTHER,
    FAMILY_INTEGER, /* size: bytes */
    FAMILY_DECIMAL, /* size: digits, scale: of them decimals */
    FAMILY_FLOAT,   /* size: bytes */
    FAMILY_TEXT,    /* size: characters, of TEXT types bytes */
    FAMILY_BYTES,
    FAMILY_TIME, /* scale: decimals of the second; size tells the types apart */
    FAMILY_BIT,
    FAMILY_MEMBERS,
};

static const struct {
    const char *word;
    enum family family;
    unsigned long long size;
} words[] = {
    {"tinyint", FAMILY_INTEGER, 1},
    {"smallint", FAMILY_INTEGER, 2},
    {"mediumint", FAMILY_INTEGER, 3},
    {"int", FAMILY_INTEGER, 4},
    {"bigint", FAMILY_INTEGER, 8},
    {"decimal", FAMILY_DECIMAL, 10},
    {"float", FAMILY_FLOAT, 4},
    {"double", FAMILY_FLOAT, 8},
    {"char", FAMILY_TEXT, 1},
    {"varchar", FAMILY_TEXT, 1},
    {"tinytext", FAMILY_TEXT, 255},
    {"text", FAMILY_TEXT, 65535},
    {"mediumtext", FAMILY_TEXT, 16777215},
    {"longtext", FAMILY_TEXT, 4294967295ULL},
    {"binary", FAMILY_BYTES, 1},
    {"varbinary", FAMILY_BYTES, 1},
    {"tinyblob", FAMILY_BYTES, 255},
    {"blob", FAMILY_BYTES, 65535},
    {"mediumblob", FAMILY_BYTES, 16777215},
    {"longblob", FAMILY_BYTES, 4294967295ULL},
    {"date", FAMILY_TIME, 1},
    {"datetime", FAMILY_TIME, 3},
    {"timestamp", FAMILY_TIME, 2},
    {"time", FAMILY_TIME, 4},
    {"year", FAMILY_TIME, 5},
    {"bit", FAMILY_BIT, 1},
    {"enum", FAMILY_MEMBERS, 1},
    {"set", FAMILY_MEMBERS, 2},
};

struct type {
    enum family family;
    struct slice word, group;
    unsigned long long size, scale;
    bool is_unsigned;
};

static bool sizes_by_group(enum family family)
{
    return family == FAMILY_DECIMAL || family == FAMILY_TEXT || family == FAMILY_BYTES ||
           family == FAMILY_BIT;
}

/* "(10,2)": its numbers. */
static void read_numbers(struct type *type)
{
    char text[48];
    size_t len = type->group.len < sizeof text ? type->group.len : sizeof text - 1;
    if (len < 3 || type->family == FAMILY_MEMBERS)
        return;
    memcpy(text, type->group.ptr, len);
    text[len] = '\0';
    char *end;
    unsigned long long first = strtoull(text + 1, &end, 10);
    if (sizes_by_group(type->family))
        type->size = first;
    if (type->family == FAMILY_TIME)
        type->scale = first;
    else if (*end == ',')
        type->scale = strtoull(end + 1, NULL, 10);
}

static struct type read_type(struct slice text)
{
    struct type type = {.family = FAMILY_OTHER};
    size_t len = 0;
    while (len < text.len && text.ptr[len] != '(' && text.ptr[len] != ' ')
        len++;
    type.word = slice_make(text.ptr, len);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_equal_nocase(type.word, slice_from(words[i].word))) {
            type.family = words[i].family;
            type.size = words[i].size;
        }
    }
    if (len < text.len && text.ptr[len] == '(')
        type.group = printed_group(text, len);
    type.is_unsigned = printed_find(text, "unsigned") != PRINTED_NOWHERE;
    read_numbers(&type);
    return type;
}

/* Bits above zero and below. */
static bool integer_holds_less(const struct type *before, const struct type *after)
{
    unsigned long long above = after->size * 8 - !after->is_unsigned;
    unsigned long long below = after->is_unsigned ? 0 : above;
    unsigned long long had_above = before->size * 8 - !before->is_unsigned;
    return above < had_above || below < (before->is_unsigned ? 0 : had_above);
}

static bool decimal_holds_less(const struct type *before, const struct type *after)
{
    return after->size - after->scale < before->size - before->scale ||
           after->scale < before->scale || (after->is_unsigned && !before->is_unsigned);
}

/* --- members ------------------------------------------------------------------------------------ */

/* The next 'member' of "('a','b')" from *at on; none at the end. */
static struct slice next_member(struct slice group, size_t *at)
{
    while (*at < group.len && group.ptr[*at] != '\'')
        (*at)++;
    if (*at >= group.len)
        return SLICE_NONE;
    size_t start = *at;
    *at = printed_skip(group, start);
    return slice_make(group.ptr + start, *at - start);
}

/* Its number among the members, from 0; PRINTED_NOWHERE: it is none. */
static size_t member_place(struct slice group, struct slice member)
{
    size_t at = 1, place = 0;
    struct slice other;
    while (!slice_is_none(other = next_member(group, &at))) {
        if (slice_equal(other, member))
            return place;
        place++;
    }
    return PRINTED_NOWHERE;
}

static enum narrowing compare_members(struct slice before, struct slice after)
{
    enum narrowing narrowing = NARROWING_NONE;
    size_t at = 1, place = 0;
    struct slice member;
    while (!slice_is_none(member = next_member(before, &at))) {
        size_t now = member_place(after, member);
        if (now == PRINTED_NOWHERE)
            return NARROWING_MEMBERS;
        if (now != place)
            narrowing = NARROWING_ORDER;
        place++;
    }
    return narrowing;
}

/* --- types -------------------------------------------------------------------------------------- */

static bool holds_less(const struct type *before, const struct type *after)
{
    switch (before->family) {
    case FAMILY_INTEGER:
        return integer_holds_less(before, after);
    case FAMILY_DECIMAL:
        return decimal_holds_less(before, after);
    case FAMILY_TIME:
        return after->scale < before->scale ||
               (after->size < before->size && after->size == 1); /* datetime to date */
    default:
        return after->size < before->size || (after->is_unsigned && !before->is_unsigned);
    }
}

static bool is_other_time(const struct type *before, const struct type *after)
{
    return before->family == FAMILY_TIME && before->size > 3 && after->size != before->size;
}

enum narrowing narrowing_of_type(struct slice before, struct slice after)
{
    struct type old = read_type(before), new = read_type(after);
    if (slice_equal(before, after))
        return NARROWING_NONE;
    if (old.family != new.family)
        return NARROWING_KIND;
    if (old.family == FAMILY_OTHER || is_other_time(&old, &new) ||
        (old.family == FAMILY_MEMBERS && old.size != new.size))
        return slice_equal_nocase(old.word, new.word) ? NARROWING_NONE : NARROWING_KIND;
    if (old.family == FAMILY_MEMBERS)
        return compare_members(old.group, new.group);
    return holds_less(&old, &new) ? NARROWING_LESS : NARROWING_NONE;
}

/* How many characters a set has, roughly: sets of one rank hold different ones. */
static unsigned charset_rank(struct slice charset)
{
    static const char *const all[] = {"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"};
    static const char *const planes[] = {"utf8", "utf8mb3", "ucs2"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (slice_equal_nocase(charset, slice_from(all[i])))
            return 3;
    }
    for (size_t i = 0; i < sizeof planes / sizeof planes[0]; i++) {
        if (slice_equal_nocase(charset, slice_from(planes[i])))
            return 2;
    }
    return slice_equal_nocase(charset, SLICE("ascii")) ? 0 : 1;
}

bool narrowing_of_charset(struct slice before, struct slice after)
{
    unsigned old = charset_rank(before), new = charset_rank(after);
    if (before.len == 0 || after.len == 0 || slice_equal_nocase(before, after))
        return false;
    return new < old || (new == old &&old == 1);
}

/* --- columns ------------------------------------------------------------------------------------ */

/* "CHARACTER SET latin1", "COLLATE latin1_bin", "DEFAULT CHARSET=latin1": what stands behind the words. */
static struct slice last_word(struct slice text)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != ' ' && text.ptr[at - 1] != '=')
        at--;
    return slice_from_offset(text, at);
}

static struct slice charset_of(const struct table *table, const struct column *column)
{
    if (!slice_is_none(column->attributes[COLUMN_CHARSET]))
        return last_word(column->attributes[COLUMN_CHARSET]);
    if (!slice_is_none(column->attributes[COLUMN_COLLATION])) {
        struct slice collation = last_word(column->attributes[COLUMN_COLLATION]);
        const char *end = memchr(collation.ptr, '_', collation.len);
        return end == NULL ? collation : slice_make(collation.ptr, (size_t)(end - collation.ptr));
    }
    const struct table_option *option = table_option(table, "DEFAULT CHARSET");
    return option == NULL ? SLICE_NONE : last_word(option->text);
}

static void add_type(const struct subject_table *table, const struct table_column *column,
                     struct slice old, struct slice new, struct findings *findings)
{
    static const struct {
        enum rule rule;
        const char *words;
    } rows[] = {
        [NARROWING_LESS] = {RULE_NARROWER_TYPE, "holds less"},
        [NARROWING_KIND] = {RULE_TYPE_CHANGED, "holds other values"},
        [NARROWING_MEMBERS] = {RULE_ENUM_MEMBERS, "lost members"},
        [NARROWING_ORDER] = {RULE_ENUM_ORDER, "has its members in another order"},
    };
    enum narrowing narrowing = narrowing_of_type(old, new);
    if (narrowing != NARROWING_NONE)
        findings_add(findings, rows[narrowing].rule, "Column %.*s of `%.*s` %s: %.*s -> %.*s.",
                     FINDINGS_TEXT(column->name), FINDINGS_TEXT(table->name), rows[narrowing].words,
                     FINDINGS_TEXT(old), FINDINGS_TEXT(new));
}

static void find_column(const struct subject_table *table, const struct table_column *after,
                        struct findings *findings)
{
    const struct table_column *before = subject_column_before(table, after);
    struct column old, new;
    struct slice unknown;
    if (before == NULL || !column_read(before->definition, &old, &unknown) ||
        !column_read(after->definition, &new, &unknown))
        return;
    add_type(table, after, old.attributes[COLUMN_TYPE], new.attributes[COLUMN_TYPE], findings);
    struct slice had = charset_of(table->before, &old), has = charset_of(table->after, &new);
    if (table_column_character(before->definition) && table_column_character(after->definition) &&
        narrowing_of_charset(had, has))
        findings_add(findings, RULE_NARROWER_CHARSET,
                     "Column %.*s of `%.*s` holds fewer characters: %.*s -> %.*s.",
                     FINDINGS_TEXT(after->name), FINDINGS_TEXT(table->name), FINDINGS_TEXT(had),
                     FINDINGS_TEXT(has));
}

void narrowing_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->table_count; i++) {
        const struct subject_table *table = &subject->tables[i];
        for (size_t j = 0;
             table->before != NULL && table->after != NULL && j < table->after->column_count; j++)
            find_column(table, &table->after->columns[j], findings);
    }
}
