/* table: see table.h. Reading is one pass over lines; the check at its end regenerates the text, so
 * a definition of a kind that nobody thought of is refused instead of being cut wrongly. */
#include "schema/table.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/foreign_key.h"
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
    static const char *const phrases[] = {"DEFAULT CHARSET", "WITH SYSTEM VERSIONING",
                                          "DATA DIRECTORY", "INDEX DIRECTORY"};
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

/* "ENGINE" of "ENGINE=InnoDB", "TABLESPACE" of "/x!50100 TABLESPACE `t` x/". */
static struct slice option_key(struct slice option)
{
    size_t start = 0, end;

    if (slice_starts_with(option, SLICE("/*"))) {
        while (start < option.len && option.ptr[start] != ' ')
            start++;
        start = start + 1 < option.len ? start + 1 : 0;
        for (end = start; end < option.len && option.ptr[end] != ' ' && option.ptr[end] != '=';)
            end++;
        return slice_make(option.ptr + start, end - start);
    }
    const char *equals = memchr(option.ptr, '=', option.len);
    return slice_make(option.ptr, equals == NULL ? option.len : (size_t)(equals - option.ptr));
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
        table->options =
            memory_resize(table->options, table->option_count + 1, sizeof(*table->options));
        table->options[table->option_count++] = (struct table_option){option_key(option), option};
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
        if (!renames[i].index && !slice_is_none(renames[i].to) &&
            slice_equal_nocase(renames[i].from, name))
            return renames[i].to;
    }
    return name;
}

/* Append text with the names in its groups replaced; in `depth` 0 it stands outside of all groups. */
static void append_renamed(struct slice text, const struct table_rename *renames, size_t count,
                           unsigned depth, struct buffer *out)
{
    for (size_t i = 0; i < text.len;) {
        struct slice name = printed_name(text, i);
        if (!slice_is_none(name)) {
            buffer_append_slice(out, depth > 0 ? renamed(name, renames, count) : name);
            i += name.len;
            continue;
        }
        if (text.ptr[i] == '(')
            depth++;
        else if (text.ptr[i] == ')' && depth > 0)
            depth--;
        size_t next = text.ptr[i] == '(' ? i + 1 : printed_skip(text, i);
        buffer_append(out, text.ptr + i, next - i);
        i = next;
    }
}

static struct slice keep_renamed(struct table *table, struct slice text,
                                 const struct table_rename *renames, size_t count)
{
    struct buffer out = BUFFER_INIT;

    append_renamed(text, renames, count, 0, &out);
    return keep(table, &out);
}

/* Replace the text of a part; its name stands where it stood. */
static void set_part_text(struct table_part *part, struct slice text)
{
    size_t name_at = slice_is_none(part->name) ? 0 : (size_t)(part->name.ptr - part->text.ptr);

    part->text = text;
    if (!slice_is_none(part->name))
        part->name = slice_make(part->text.ptr + name_at, part->name.len);
}

/* A foreign key with other columns, or another parent. NULL: as it is. */
static void rewrite_foreign_key(struct table *table, struct table_part *part,
                                const struct table_rename *own, size_t own_count,
                                struct slice parent, const struct table_rename *theirs,
                                size_t their_count)
{
    struct foreign_key key;
    struct buffer out = BUFFER_INIT;

    if (!foreign_key_read(part->text, &key))
        return;
    buffer_append(&out, part->text.ptr, (size_t)(key.columns.ptr - part->text.ptr));
    append_renamed(key.columns, own, own_count, 0, &out);
    const char *columns_end = key.columns.ptr + key.columns.len;
    buffer_append(&out, columns_end, (size_t)(key.parent.ptr - columns_end));
    buffer_append_slice(&out, parent);
    buffer_append_char(&out, ' ');
    append_renamed(key.parent_columns, theirs, their_count, 0, &out);
    buffer_append_slice(&out, key.rules);
    set_part_text(part, keep(table, &out));
}

static void rename_in_part(struct table *table, struct table_part *part,
                           const struct table_rename *renames, size_t count, bool mariadb)
{
    struct foreign_key key;

    if (part->kind == TABLE_FOREIGN_KEY) {
        if (!foreign_key_read(part->text, &key))
            return;
        bool to_itself = foreign_key_points_to(&key, table->name);
        rewrite_foreign_key(table, part, renames, count, key.parent, renames,
                            to_itself ? count : 0);
    } else if (mariadb || (part->kind == TABLE_KEY && !printed_mentions(part->text, SLICE("((")))) {
        set_part_text(part, keep_renamed(table, part->text, renames, count));
    }
}

void table_rename_columns(struct table *table, const struct table_rename *renames, size_t count,
                          bool mariadb)
{
    if (count == 0)
        return;
    for (size_t i = 0; i < table->part_count; i++)
        rename_in_part(table, &table->parts[i], renames, count, mariadb);
    if (!mariadb)
        return;
    for (size_t i = 0; i < table->column_count; i++)
        table->columns[i].definition =
            keep_renamed(table, table->columns[i].definition, renames, count);
    if (!slice_is_none(table->partition))
        table->partition = keep_renamed(table, table->partition, renames, count);
}

void table_follow_parent(struct table *table, struct table_part *part, struct slice name,
                         const struct table_rename *renames, size_t count)
{
    if (part->kind == TABLE_FOREIGN_KEY)
        rewrite_foreign_key(table, part, NULL, 0, name, renames, count);
}

/* `old_ibfk_1` becomes `new_ibfk_1`: what follows the table's name in a name derived from it. */
static struct slice derived_suffix(const struct table *table, struct slice name, bool mariadb)
{
    struct slice stem = slice_make(table->name.ptr, table->name.len - 1);

    if (slice_is_none(name) || !slice_starts_with(name, stem))
        return SLICE_NONE;
    struct slice suffix = slice_from_offset(name, stem.len);
    if (slice_starts_with(suffix, SLICE("_ibfk_")) ||
        (!mariadb && slice_starts_with(suffix, SLICE("_chk_"))))
        return suffix;
    return SLICE_NONE;
}

/* A name that the server derived from the table's. */
static void rename_derived(struct table *table, struct table_part *part, struct slice name,
                           bool mariadb)
{
    struct buffer out = BUFFER_INIT;
    struct slice suffix = derived_suffix(table, part->name, mariadb);
    size_t start = (size_t)(part->name.ptr - part->text.ptr);

    if (slice_is_none(suffix))
        return;
    buffer_append(&out, part->text.ptr, start);
    buffer_append(&out, name.ptr, name.len - 1);
    buffer_append_slice(&out, suffix);
    size_t name_len = out.len - start;
    buffer_append_slice(&out, slice_from_offset(part->text, start + part->name.len));
    part->text = keep(table, &out);
    part->name = slice_make(part->text.ptr + start, name_len);
}

void table_rename(struct table *table, struct slice name, bool mariadb)
{
    for (size_t i = 0; i < table->part_count; i++) {
        struct table_part *part = &table->parts[i];
        struct foreign_key key;
        if (part->kind == TABLE_FOREIGN_KEY || part->kind == TABLE_CHECK)
            rename_derived(table, part, name, mariadb);
        if (part->kind == TABLE_FOREIGN_KEY && foreign_key_read(part->text, &key) &&
            foreign_key_points_to(&key, table->name))
            table_follow_parent(table, part, name, NULL, 0);
    }
    table->name = name;
}

/* --- what a definition says ----------------------------------------------------------------------
 */

struct slice table_column_values(struct slice definition)
{
    static const char *const words[] = {" CHARACTER SET ", " COLLATE "};
    size_t end = printed_type(definition).len;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct slice word = slice_from(words[i]);
        if (!slice_starts_with(slice_from_offset(definition, end), word))
            continue;
        end += word.len;
        while (end < definition.len && definition.ptr[end] != ' ')
            end++;
    }
    return slice_make(definition.ptr, end);
}

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

/* A text or blob of any size. */
static bool is_long(struct slice definition)
{
    static const char *const types[] = {"tinytext", "text", "mediumtext", "longtext",
                                        "tinyblob", "blob", "mediumblob", "longblob"};
    size_t end = 0;

    while (end < definition.len && definition.ptr[end] >= 'a' && definition.ptr[end] <= 'z')
        end++;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (slice_equal(slice_make(definition.ptr, end), slice_from(types[i])))
            return true;
    }
    return false;
}

bool table_column_lost_default(struct slice definition, bool mariadb)
{
    static const char *const other[] = {"NOT NULL", "DEFAULT", "AUTO_INCREMENT", "GENERATED"};

    if (!mariadb && is_long(definition))
        return false;
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        if (printed_find(definition, other[i]) != PRINTED_NOWHERE)
            return false;
    }
    return true;
}

bool table_column_is_row_time(struct slice definition)
{
    return printed_find(definition, "GENERATED ALWAYS AS ROW ") != PRINTED_NOWHERE;
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

bool table_key_is_hashed(const struct table *table, const struct table_part *key)
{
    const struct table_option *engine = table_option(table, "ENGINE");

    return key->kind == TABLE_KEY && slice_starts_with(key->text, SLICE("UNIQUE ")) &&
           printed_find(key->text, "USING HASH") != PRINTED_NOWHERE &&
           (engine == NULL || !slice_equal(engine->text, SLICE("ENGINE=MEMORY")));
}

bool table_key_must_be_hashed(const struct table *table, const struct table_part *key)
{
    struct slice group = printed_group(key->text, 0);

    if (key->kind != TABLE_KEY || !slice_starts_with(key->text, SLICE("UNIQUE ")))
        return false;
    for (size_t i = 1; i + 1 < group.len;) {
        struct slice name = printed_name(group, i);
        i = slice_is_none(name) ? printed_skip(group, i) : i + name.len;
        bool whole = !slice_is_none(name) && group.ptr[i] != '(';
        const struct table_column *column = whole ? table_column(table, name) : NULL;
        if (column != NULL && is_long(column->definition))
            return true;
    }
    return false;
}

unsigned table_key_class(const struct table *table, const struct table_part *key, bool mariadb)
{
    if (slice_starts_with(key->text, SLICE("PRIMARY ")))
        return 0;
    if (mariadb && table_key_is_hashed(table, key))
        return 5;
    if (slice_starts_with(key->text, SLICE("UNIQUE ")))
        return 1 + unique_class(table, key->text);
    if (slice_starts_with(key->text, SLICE("FULLTEXT ")))
        return 7;
    return slice_starts_with(key->text, SLICE("VECTOR ")) ? 8 : 6;
}
