/* cosmetic: see cosmetic.h. Tables alone have such differences. Both are cut into parts, and each
 * part is written in one way before it is compared. */
#include "schema/cosmetic.h"

#include <stdlib.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "schema/column.h"
#include "schema/printed.h"
#include "schema/table.h"

const struct cosmetic_rule cosmetic_rules[] = {
    {"the AUTO_INCREMENT=n counter of a table", "it is data"},
    {"the display width of an integer or a year: int(11), int", "MySQL prints none since 8.0.19; "
                                                                "tinyint(1) and zerofill count"},
    {"utf8 and utf8mb3", "one character set under two names"},
    {"COLLATE beside a CHARACTER SET whose default it is",
     "MySQL prints it only where the column was given its character set by name"},
    {"the order of the indexes of a table", "servers sort them by kind, then by age"},
};
const size_t cosmetic_rule_count = sizeof(cosmetic_rules) / sizeof(cosmetic_rules[0]);

/* --- columns ------------------------------------------------------------------------------------ */

static bool is_zerofill(struct slice type)
{
    return printed_find(type, "zerofill") != PRINTED_NOWHERE;
}

/* "int(11) unsigned" without the width. */
static void write_type(struct slice type, struct buffer *out)
{
    static const char *const integers[] = {"smallint(", "mediumint(", "int(",
                                           "bigint(",   "tinyint(",   "year("};

    for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        struct slice word = slice_from(integers[i]);
        if (!slice_starts_with(type, word) || is_zerofill(type) ||
            slice_starts_with(type, SLICE("tinyint(1)")))
            continue;
        struct slice width = printed_group(type, 0);
        buffer_append(out, type.ptr, word.len - 1);
        buffer_append_slice(out, slice_from_offset(type, word.len - 1 + width.len));
        return;
    }
    buffer_append_slice(out, type);
}

/* "utf8" and names that begin with "utf8_" are utf8mb3. */
static void write_charset_name(struct slice name, struct buffer *out)
{
    if (slice_equal(name, SLICE("utf8")) || slice_starts_with(name, SLICE("utf8_"))) {
        buffer_append_text(out, "utf8mb3");
        name = slice_from_offset(name, 4);
    }
    buffer_append_slice(out, name);
}

static struct slice behind(struct slice attribute, struct slice words)
{
    return slice_is_none(attribute) ? SLICE_NONE : slice_from_offset(attribute, words.len);
}

/* The same on all servers; utf8mb4 has none such. */
static bool is_default_collation(struct slice charset, struct slice collation)
{
    static const char *const other[] = {
        "latin1_swedish_ci", "dec8_swedish_ci",   "swe7_swedish_ci",  "latin5_turkish_ci",
        "big5_chinese_ci",   "gb2312_chinese_ci", "gbk_chinese_ci",   "gb18030_chinese_ci",
        "cp932_japanese_ci", "sjis_japanese_ci",  "ujis_japanese_ci", "eucjpms_japanese_ci",
        "euckr_korean_ci",   "hp8_english_ci",    "tis620_thai_ci"};
    struct slice suffix = slice_starts_with(collation, charset)
                              ? slice_from_offset(collation, charset.len)
                              : SLICE_NONE;

    if (slice_is_none(suffix) || slice_equal(charset, SLICE("utf8mb4")))
        return false;
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        struct slice name = slice_from(other[i]);
        if (slice_starts_with(name, charset) && name.ptr[charset.len] == '_')
            return slice_equal(collation, name);
    }
    return slice_equal(suffix, SLICE("_general_ci"));
}

static void write_definition(struct slice definition, struct buffer *out)
{
    struct column column;
    struct slice unknown;

    if (!column_read(definition, &column, &unknown)) {
        buffer_append_slice(out, definition);
        return;
    }
    struct slice charset = behind(column.attributes[COLUMN_CHARSET], SLICE("CHARACTER SET "));
    struct slice collation = behind(column.attributes[COLUMN_COLLATION], SLICE("COLLATE "));
    bool implied = !slice_is_none(charset) && !slice_is_none(collation) &&
                   is_default_collation(charset, collation);
    for (enum column_attribute i = 0; i < COLUMN_ATTRIBUTE_COUNT; i++) {
        buffer_append_char(out, '\n');
        if (i == COLUMN_TYPE)
            write_type(column.attributes[i], out);
        else if (i == COLUMN_CHARSET)
            write_charset_name(charset, out);
        else if (i != COLUMN_COLLATION)
            buffer_append_slice(out, column.attributes[i]);
        else if (!implied)
            write_charset_name(collation, out);
    }
}

static bool same_definition(struct slice a, struct slice b)
{
    struct buffer one = BUFFER_INIT, two = BUFFER_INIT;

    write_definition(a, &one);
    write_definition(b, &two);
    bool same = slice_equal(buffer_slice(&one), buffer_slice(&two));
    buffer_release(&one);
    buffer_release(&two);
    return same;
}

static bool same_columns(const struct table *a, const struct table *b)
{
    if (a->column_count != b->column_count)
        return false;
    for (size_t i = 0; i < a->column_count; i++) {
        if (!slice_equal(a->columns[i].name, b->columns[i].name) ||
            !same_definition(a->columns[i].definition, b->columns[i].definition))
            return false;
    }
    return true;
}

/* --- parts and options -------------------------------------------------------------------------- */

static bool same_option(const struct table_option *a, const struct table_option *b)
{
    struct buffer one = BUFFER_INIT, two = BUFFER_INIT;
    bool names_charset =
        slice_equal(a->key, SLICE("DEFAULT CHARSET")) || slice_equal(a->key, SLICE("COLLATE"));

    if (!slice_equal(a->key, b->key))
        return false;
    if (!names_charset)
        return slice_equal(a->text, b->text);
    write_charset_name(slice_from_offset(a->text, a->key.len + 1), &one);
    write_charset_name(slice_from_offset(b->text, b->key.len + 1), &two);
    bool same = slice_equal(buffer_slice(&one), buffer_slice(&two));
    buffer_release(&one);
    buffer_release(&two);
    return same;
}

static bool same_options(const struct table *a, const struct table *b)
{
    if (a->option_count != b->option_count)
        return false;
    for (size_t i = 0; i < a->option_count; i++) {
        if (!same_option(&a->options[i], &b->options[i]))
            return false;
    }
    return true;
}

static int by_text(const void *a, const void *b)
{
    const struct table_part *x = a, *y = b;
    size_t len = x->text.len < y->text.len ? x->text.len : y->text.len;
    int order = memcmp(x->text.ptr, y->text.ptr, len);

    return order != 0 ? order : (x->text.len > y->text.len) - (x->text.len < y->text.len);
}

/* In any order. */
static bool same_parts(struct table *a, struct table *b)
{
    if (a->part_count != b->part_count)
        return false;
    if (a->part_count == 0)
        return true;
    qsort(a->parts, a->part_count, sizeof(*a->parts), by_text);
    qsort(b->parts, b->part_count, sizeof(*b->parts), by_text);
    for (size_t i = 0; i < a->part_count; i++) {
        if (!slice_equal(a->parts[i].text, b->parts[i].text))
            return false;
    }
    return true;
}

static bool same_table(struct slice a, struct slice b)
{
    struct table one, two;
    enum error code_one = table_read(a, &one), code_two = table_read(b, &two);
    bool same = code_one == ERROR_NONE && code_two == ERROR_NONE &&
                slice_equal(one.name, two.name) && same_columns(&one, &two) &&
                same_parts(&one, &two) && same_options(&one, &two) &&
                slice_equal(one.partition, two.partition);

    table_release(&one);
    table_release(&two);
    return same;
}

bool cosmetic_same(enum object_type type, struct slice a, struct slice b)
{
    return slice_equal(a, b) || (type == OBJECT_TABLE && same_table(a, b));
}
