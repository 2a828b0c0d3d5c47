/* table: see table.h. Reading is one pass over lines; the check at its end regenerates the text, so
 * a definition of a kind that nobody thought of is refused instead of being cut wrongly. */
#include "schema/table.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/printed.h"

static const struct {
    const char *words;
    bool named;
    enum table_part_kind kind;
} key_forms[] = {
    {"PRIMARY KEY ", false, TABLE_KEY},
    {"UNIQUE KEY ", true, TABLE_KEY},
    {"KEY ", true, TABLE_KEY},
    {"FULLTEXT KEY ", true, TABLE_KEY},
    {"SPATIAL KEY ", true, TABLE_KEY},
    {"VECTOR KEY ", true, TABLE_KEY},
    {"PERIOD FOR ", false, TABLE_PERIOD},
};

static enum error read_constraint(struct slice item, struct table_part *part)
{
    part->name = printed_name(item, strlen("CONSTRAINT "));
    if (slice_is_none(part->name))
        return ERROR_UNSUPPORTED;
    struct slice rest = slice_from_offset(item, strlen("CONSTRAINT ") + part->name.len);
    if (slice_starts_with(rest, SLICE(" FOREIGN KEY ")))
        part->kind = TABLE_FOREIGN_KEY;
    else if (slice_starts_with(rest, SLICE(" CHECK ")))
        part->kind = TABLE_CHECK;
    else
        return ERROR_UNSUPPORTED;
    return ERROR_NONE;
}

static enum error read_part(struct slice item, struct table_part *part)
{
    part->text = item;
    part->name = SLICE_NONE;
    if (slice_starts_with(item, SLICE("CONSTRAINT ")))
        return read_constraint(item, part);
    for (size_t i = 0; i < sizeof(key_forms) / sizeof(key_forms[0]); i++) {
        struct slice words = slice_from(key_forms[i].words);
        if (!slice_starts_with(item, words))
            continue;
        part->kind = key_forms[i].kind;
        if (key_forms[i].named)
            part->name = printed_name(item, words.len);
        return key_forms[i].named && slice_is_none(part->name) ? ERROR_UNSUPPORTED : ERROR_NONE;
    }
    return ERROR_UNSUPPORTED;
}

static enum error read_column(struct slice item, struct table_column *column)
{
    column->name = printed_name(item, 0);
    if (slice_is_none(column->name) || item.len < column->name.len + 2 ||
        item.ptr[column->name.len] != ' ')
        return ERROR_UNSUPPORTED;
    column->definition = slice_from_offset(item, column->name.len + 1);
    return ERROR_NONE;
}

static enum error read_item(struct slice item, struct table *table)
{
    if (item.len > 0 && item.ptr[0] == '`') {
        table->columns =
            memory_resize(table->columns, table->column_count + 1, sizeof(*table->columns));
        return read_column(item, &table->columns[table->column_count++]);
    }
    table->parts = memory_resize(table->parts, table->part_count + 1, sizeof(*table->parts));
    return read_part(item, &table->parts[table->part_count++]);
}

/* Where the item at `at` ends: at ",\n" or "\n)". */
static size_t item_end(struct slice text, size_t at)
{
    while (at < text.len) {
        struct slice rest = slice_from_offset(text, at);
        if (slice_starts_with(rest, SLICE(",\n")) || slice_starts_with(rest, SLICE("\n)")))
            return at;
        at = printed_skip(text, at);
    }
    return text.len;
}

/* One option is one word with its value; two of them are more than one word. */
static size_t option_end(struct slice text, size_t at)
{
    static const char *const phrases[] = {"DEFAULT CHARSET", "WITH SYSTEM VERSIONING"};
    struct slice rest = slice_from_offset(text, at);

    if (slice_starts_with(rest, SLICE("/*"))) {
        while (at < text.len && !slice_starts_with(slice_from_offset(text, at), SLICE("*/")))
            at = printed_skip(text, at);
        return at + 2 < text.len ? at + 2 : text.len;
    }
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (slice_starts_with(rest, slice_from(phrases[i])))
            at += strlen(phrases[i]);
    }
    while (at < text.len && text.ptr[at] != ' ')
        at = printed_skip(text, at);
    return at;
}

static void read_options(struct slice text, struct table *table)
{
    for (size_t at = 0; at < text.len;) {
        if (text.ptr[at] == ' ') {
            at++;
            continue;
        }
        size_t end = option_end(text, at);
        struct slice option = slice_make(text.ptr + at, end - at);
        const char *equals = option.ptr[0] == '/' ? NULL : memchr(option.ptr, '=', option.len);
        table->options =
            memory_resize(table->options, table->option_count + 1, sizeof(*table->options));
        table->options[table->option_count++] = (struct table_option){
            slice_make(option.ptr, equals == NULL ? option.len : (size_t)(equals - option.ptr)),
            option};
        at = end;
    }
}

static void read_tail(struct slice tail, struct table *table)
{
    size_t end = 0;

    table->tail = tail;
    while (end < tail.len && tail.ptr[end] != '\n')
        end = printed_skip(tail, end);
    read_options(slice_make(tail.ptr, end), table);
    struct slice partition = printed_trim(slice_from_offset(tail, end));
    if (partition.len > 0)
        table->partition = partition;
}

static enum error read_body(struct slice text, size_t at, struct table *table)
{
    for (;;) {
        if (!slice_starts_with(slice_from_offset(text, at), SLICE("  ")))
            return ERROR_UNSUPPORTED;
        at += 2;
        size_t end = item_end(text, at);
        if (end == text.len)
            return ERROR_UNSUPPORTED;
        enum error code = read_item(slice_make(text.ptr + at, end - at), table);
        if (code != ERROR_NONE)
            return code;
        at = end + 2;
        if (text.ptr[end] == '\n') {
            read_tail(slice_from_offset(text, at), table);
            return ERROR_NONE;
        }
    }
}

enum error table_read(struct slice text, struct table *table)
{
    const struct slice head = SLICE("CREATE TABLE "), open = SLICE(" (\n");
    struct buffer again = BUFFER_INIT;

    memset(table, 0, sizeof(*table));
    if (!slice_starts_with(text, head))
        return ERROR_UNSUPPORTED;
    table->name = printed_name(text, head.len);
    if (slice_is_none(table->name))
        return ERROR_UNSUPPORTED;
    size_t at = head.len + table->name.len;
    if (!slice_starts_with(slice_from_offset(text, at), open))
        return ERROR_UNSUPPORTED;
    enum error code = read_body(text, at + open.len, table);
    if (code == ERROR_NONE) {
        table_write(table, &again);
        if (!slice_equal(buffer_slice(&again), text))
            code = ERROR_UNSUPPORTED;
    }
    buffer_release(&again);
    return code;
}

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->owned_count; i++)
        free(table->owned[i]);
    free(table->owned);
    free(table->columns);
    free(table->parts);
    free(table->options);
    memset(table, 0, sizeof(*table));
}

static struct slice implied_collation(const struct table *table, struct slice definition)
{
    const struct slice words = SLICE("COLLATE ");
    const struct table_option *option = table_option(table, "COLLATE");
    size_t at = printed_find(definition, "COLLATE");

    if (option == NULL || at == PRINTED_NOWHERE || at == 0 ||
        printed_find(definition, "CHARACTER SET") != PRINTED_NOWHERE)
        return SLICE_NONE;
    struct slice value = slice_from_offset(option->text, option->key.len + 1);
    struct slice rest = slice_from_offset(definition, at);
    if (rest.len < words.len + value.len)
        return SLICE_NONE;
    bool whole = rest.len == words.len + value.len || rest.ptr[words.len + value.len] == ' ';
    if (!whole || !slice_equal(slice_make(rest.ptr + words.len, value.len), value))
        return SLICE_NONE;
    return slice_make(definition.ptr + at - 1, 1 + words.len + value.len);
}

void table_write_definition(const struct table *table, struct slice definition, struct buffer *out)
{
    struct slice implied = implied_collation(table, definition);

    if (slice_is_none(implied)) {
        buffer_append_slice(out, definition);
        return;
    }
    size_t at = (size_t)(implied.ptr - definition.ptr);
    buffer_append(out, definition.ptr, at);
    buffer_append_slice(out, slice_from_offset(definition, at + implied.len));
}

static void write_table(const struct table *table, struct slice name, bool to_run,
                        struct buffer *out)
{
    const char *separator = "  ";

    buffer_append_text(out, "CREATE TABLE ");
    buffer_append_slice(out, name);
    buffer_append_text(out, " (\n");
    for (size_t i = 0; i < table->column_count; i++) {
        buffer_append_text(out, separator);
        buffer_append_slice(out, table->columns[i].name);
        buffer_append_char(out, ' ');
        if (to_run)
            table_write_definition(table, table->columns[i].definition, out);
        else
            buffer_append_slice(out, table->columns[i].definition);
        separator = ",\n  ";
    }
    for (size_t i = 0; i < table->part_count; i++) {
        buffer_append_text(out, separator);
        buffer_append_slice(out, table->parts[i].text);
        separator = ",\n  ";
    }
    buffer_append_text(out, "\n)");
    buffer_append_slice(out, table->tail);
}

void table_write(const struct table *table, struct buffer *out)
{
    write_table(table, table->name, false, out);
}

void table_write_to_run(const struct table *table, struct slice name, struct buffer *out)
{
    write_table(table, name, true, out);
}

const struct table_column *table_column(const struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (slice_equal_nocase(table->columns[i].name, name))
            return &table->columns[i];
    }
    return NULL;
}

const struct table_option *table_option(const struct table *table, const char *key)
{
    for (size_t i = 0; i < table->option_count; i++) {
        if (slice_equal(table->options[i].key, slice_from(key)))
            return &table->options[i];
    }
    return NULL;
}

/* --- renaming ------------------------------------------------------------------------------------
 */

static struct slice keep(struct table *table, struct buffer *text)
{
    size_t len = text->len;

    table->owned = memory_resize(table->owned, table->owned_count + 1, sizeof(*table->owned));
    table->owned[table->owned_count] = buffer_detach(text);
    return slice_make(table->owned[table->owned_count++], len);
}

static struct slice renamed(struct slice name, const struct table_rename *renames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!renames[i].index && slice_equal_nocase(renames[i].from, name))
            return renames[i].to;
    }
    return name;
}

/* Copy a group in parentheses, with the names in it replaced. */
static void copy_renamed(struct slice group, const struct table_rename *renames, size_t count,
                         struct buffer *out)
{
    for (size_t i = 0; i < group.len;) {
        struct slice name = printed_name(group, i);
        if (!slice_is_none(name)) {
            buffer_append_slice(out, renamed(name, renames, count));
            i += name.len;
            continue;
        }
        size_t next = group.ptr[i] == '(' ? i + 1 : printed_skip(group, i);
        buffer_append(out, group.ptr + i, next - i);
        i = next;
    }
}

/* "`fk` FOREIGN KEY (`a`) REFERENCES `here` (`b`)": does it point to its own table? */
static struct slice self_reference(const struct table *table, struct slice text)
{
    const struct slice words = SLICE("REFERENCES ");
    size_t at = printed_find(text, "REFERENCES");

    if (at == PRINTED_NOWHERE)
        return SLICE_NONE;
    struct slice target = printed_name(text, at + words.len);
    struct slice rest = slice_from_offset(text, at + words.len + target.len);
    if (slice_is_none(target) || !slice_starts_with(rest, SLICE(" (")))
        return SLICE_NONE;
    return slice_equal(target, table->name) ? target : SLICE_NONE;
}

/* The columns of a key or foreign key; of one to its own table also the columns referred to. */
static void rename_in_part(struct table *table, struct table_part *part,
                           const struct table_rename *renames, size_t count)
{
    bool to_itself =
        part->kind == TABLE_FOREIGN_KEY && !slice_is_none(self_reference(table, part->text));
    struct buffer out = BUFFER_INIT;
    size_t at = 0;

    for (int groups = to_itself ? 2 : 1; groups > 0; groups--) {
        struct slice group = printed_group(part->text, at);
        if (slice_is_none(group))
            break;
        size_t start = (size_t)(group.ptr - part->text.ptr);
        buffer_append(&out, part->text.ptr + at, start - at);
        copy_renamed(group, renames, count, &out);
        at = start + group.len;
    }
    buffer_append_slice(&out, slice_from_offset(part->text, at));
    size_t name_at = slice_is_none(part->name) ? 0 : (size_t)(part->name.ptr - part->text.ptr);
    part->text = keep(table, &out);
    if (!slice_is_none(part->name))
        part->name = slice_make(part->text.ptr + name_at, part->name.len);
}

void table_rename_in_parts(struct table *table, const struct table_rename *renames, size_t count)
{
    for (size_t i = 0; i < table->part_count; i++) {
        struct table_part *part = &table->parts[i];
        if (part->kind == TABLE_KEY || part->kind == TABLE_FOREIGN_KEY)
            rename_in_part(table, part, renames, count);
    }
}

/* `old_ibfk_1` becomes `new_ibfk_1`: what follows the table's name in a name derived from it. */
static struct slice derived_suffix(const struct table *table, struct slice name)
{
    struct slice stem = slice_make(table->name.ptr, table->name.len - 1);

    if (slice_is_none(name) || !slice_starts_with(name, stem))
        return SLICE_NONE;
    struct slice suffix = slice_from_offset(name, stem.len);
    if (slice_starts_with(suffix, SLICE("_ibfk_")) || slice_starts_with(suffix, SLICE("_chk_")))
        return suffix;
    return SLICE_NONE;
}

static void rename_table_in_part(struct table *table, struct table_part *part, struct slice name)
{
    struct buffer out = BUFFER_INIT;
    struct slice suffix = derived_suffix(table, part->name);
    struct slice target = self_reference(table, part->text);
    size_t start = (size_t)(part->name.ptr - part->text.ptr), name_len = part->name.len;

    buffer_append(&out, part->text.ptr, start);
    if (slice_is_none(suffix)) {
        buffer_append_slice(&out, part->name);
    } else {
        buffer_append(&out, name.ptr, name.len - 1);
        buffer_append_slice(&out, suffix);
        name_len = name.len - 1 + suffix.len;
    }
    struct slice rest = slice_from_offset(part->text, start + part->name.len);
    if (!slice_is_none(target)) {
        buffer_append(&out, rest.ptr, (size_t)(target.ptr - rest.ptr));
        buffer_append_slice(&out, name);
        rest = slice_from_offset(rest, (size_t)(target.ptr - rest.ptr) + target.len);
    }
    buffer_append_slice(&out, rest);
    part->text = keep(table, &out);
    part->name = slice_make(part->text.ptr + start, name_len);
}

void table_rename(struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->part_count; i++) {
        if (table->parts[i].kind == TABLE_FOREIGN_KEY || table->parts[i].kind == TABLE_CHECK)
            rename_table_in_part(table, &table->parts[i], name);
    }
    table->name = name;
}

/* --- what a definition says ----------------------------------------------------------------------
 */

enum table_storage table_column_storage(struct slice definition)
{
    if (printed_find(definition, "GENERATED ALWAYS AS") == PRINTED_NOWHERE)
        return TABLE_PLAIN;
    if (printed_find(definition, "VIRTUAL") != PRINTED_NOWHERE)
        return TABLE_VIRTUAL;
    return printed_find(definition, "STORED") != PRINTED_NOWHERE ? TABLE_STORED : TABLE_PLAIN;
}

bool table_column_nullable(struct slice definition)
{
    return printed_find(definition, "NOT NULL") == PRINTED_NOWHERE;
}

bool table_column_character(struct slice definition)
{
    static const char *const types[] = {"char", "varchar",  "tinytext", "text",
                                        "enum", "longtext", "set",      "mediumtext"};
    size_t end = 0;

    while (end < definition.len && definition.ptr[end] >= 'a' && definition.ptr[end] <= 'z')
        end++;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (slice_equal(slice_make(definition.ptr, end), slice_from(types[i])))
            return true;
    }
    return false;
}

/* Of a unique key: 0 over NOT NULL columns, +2 with a nullable one, +1 with a prefix. */
static unsigned unique_class(const struct table *table, struct slice text)
{
    struct slice group = printed_group(text, 0);
    unsigned nullable = 0, prefix = 0;

    for (size_t i = 1; i + 1 < group.len;) {
        struct slice name = printed_name(group, i);
        if (slice_is_none(name)) {
            nullable |= group.ptr[i] == '('; /* an expression */
            i = printed_skip(group, i);
            continue;
        }
        const struct table_column *column = table_column(table, name);
        if (column == NULL || table_column_nullable(column->definition))
            nullable = 1;
        i += name.len;
        if (group.ptr[i] == '(') {
            prefix = 1;
            i = printed_skip(group, i);
        }
    }
    return 2 * nullable + prefix;
}

unsigned table_key_class(const struct table *table, const struct table_part *key)
{
    if (slice_starts_with(key->text, SLICE("PRIMARY ")))
        return 0;
    if (slice_starts_with(key->text, SLICE("UNIQUE ")))
        return 1 + unique_class(table, key->text);
    if (slice_starts_with(key->text, SLICE("FULLTEXT ")))
        return 6;
    return slice_starts_with(key->text, SLICE("VECTOR ")) ? 7 : 5;
}
