/* typed_table: a CREATE TABLE in the words of the person who made the table, with all that came to it.
 *
 *     CREATE TABLE users (
 *       id INT PRIMARY KEY,                  as typed: its key is still there
 *       nick VARCHAR(20),                    as typed in a later ALTER TABLE
 *       `email` varchar(100) NOT NULL,       the server's text: nobody typed that
 *       KEY `nick` (`nick`)
 *     ) COMMENT 'x' ROW_FORMAT=COMPACT       as typed, and what has come
 */
#include "schema/typed_internal.h"

#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/printed.h"

struct table_writer {
    const struct typed_object *object;
    const struct table *wanted;
    const struct dialect *dialect;
    bool *is_inside; /* for each part of wanted: it stands in the definition of its column */
    bool is_typed;   /* anything is */
    struct buffer *out;
};

/* --- keys inside of a column's definition ------------------------------------------------------- */

static bool is_key_of(const struct table_part *part, const char *words, struct slice name,
                      struct slice column)
{
    struct buffer text = BUFFER_INIT;

    buffer_append_text(&text, words);
    buffer_append_slice(&text, name);
    buffer_append_text(&text, name.len > 0 ? " (" : "(");
    buffer_append_slice(&text, column);
    buffer_append_char(&text, ')');
    bool same = part->kind == TABLE_KEY && slice_equal(part->text, buffer_slice(&text));
    buffer_release(&text);
    return same;
}

/* The part that PRIMARY KEY or UNIQUE within the definition of the column makes: its count if there is none. */
static size_t find_inner_key(const struct table_writer *writer, bool primary, struct slice column)
{
    const struct table *wanted = writer->wanted;

    for (size_t i = 0; i < wanted->part_count; i++) {
        if (writer->is_inside[i])
            continue;
        if (primary ? is_key_of(&wanted->parts[i], "PRIMARY KEY ", SLICE_NONE, column)
                    : is_key_of(&wanted->parts[i], "UNIQUE KEY ", column, column))
            return i;
    }
    return wanted->part_count;
}

/* With the keys inside, if they are all there; else alone, if it can be. */
static struct slice choose_definition(struct table_writer *writer, const struct typed_clause *typed,
                                      struct slice column)
{
    size_t none = writer->wanted->part_count;
    size_t primary = typed->has_primary ? find_inner_key(writer, true, column) : none;
    size_t unique = typed->has_unique ? find_inner_key(writer, false, column) : none;

    if (!typed->has_primary && !typed->has_unique && !typed->has_other)
        return slice_from(typed->alone != NULL ? typed->text : NULL);
    if (typed->has_other || typed->alone == NULL || (typed->has_primary && primary == none) ||
        (typed->has_unique && unique == none))
        return slice_from(typed->alone);
    if (typed->has_primary)
        writer->is_inside[primary] = true;
    if (typed->has_unique)
        writer->is_inside[unique] = true;
    return slice_from(typed->text);
}

static void write_column(struct table_writer *writer, const struct table_column *column)
{
    const struct typed_clause *typed =
        typed_find_column(writer->object, column->name, column->definition, writer->dialect);
    struct slice definition =
        typed == NULL ? SLICE_NONE : choose_definition(writer, typed, column->name);

    writer->is_typed |= !slice_is_none(definition);
    if (typed != NULL && typed->spelling != NULL && !slice_is_none(definition))
        buffer_append_text(writer->out, typed->spelling);
    else
        buffer_append_slice(writer->out, column->name);
    buffer_append_char(writer->out, ' ');
    if (slice_is_none(definition))
        table_write_definition(writer->wanted, column->definition, writer->out);
    else
        buffer_append_slice(writer->out, definition);
}

static void write_part(struct table_writer *writer, const struct table_part *part)
{
    struct slice typed = typed_key(writer->object, part->text, writer->dialect);

    writer->is_typed |= !slice_is_none(typed);
    buffer_append_slice(writer->out, slice_is_none(typed) ? part->text : typed);
}

static void write_items(struct table_writer *writer)
{
    const char *separator = "\n  ";

    for (size_t i = 0; i < writer->wanted->column_count; i++) {
        buffer_append_text(writer->out, separator);
        write_column(writer, &writer->wanted->columns[i]);
        separator = ",\n  ";
    }
    for (size_t i = 0; i < writer->wanted->part_count; i++) {
        if (writer->is_inside[i])
            continue;
        buffer_append_text(writer->out, separator);
        write_part(writer, &writer->wanted->parts[i]);
    }
}

/* --- options ------------------------------------------------------------------------------------ */

/* The character set and its collation are one. */
static bool same_option(const struct table *a, const struct table *b, const char *key)
{
    const char *const together[] = {"DEFAULT CHARSET", "COLLATE"};
    bool is_charset = slice_equal(slice_from(key), SLICE("DEFAULT CHARSET")) ||
                      slice_equal(slice_from(key), SLICE("COLLATE"));
    bool same = true;

    for (size_t i = 0; i < (is_charset ? 2u : 1u); i++) {
        const char *one = is_charset ? together[i] : key;
        const struct table_option *x = table_option(a, one), *y = table_option(b, one);
        same &= x == NULL || y == NULL ? x == y : slice_equal(x->text, y->text);
    }
    return same;
}

static void append_option(struct slice option, struct buffer *out)
{
    buffer_append_char(out, ' ');
    buffer_append_slice(out, option);
}

/* Those typed whose values are still the same, then those that have come or changed. */
static void write_options(struct table_writer *writer, const struct table *made,
                          const struct clause_tail *tail)
{
    const struct table *wanted = writer->wanted;

    for (size_t i = 0; i < tail->count; i++) {
        if (same_option(made, wanted, tail->options[i].key))
            append_option(tail->options[i].text, writer->out);
    }
    for (size_t i = 0; i < wanted->option_count; i++) {
        char *key = memory_copy_slice(wanted->options[i].key);
        if (!same_option(made, wanted, key))
            append_option(wanted->options[i].text, writer->out);
        free(key);
    }
}

static void write_partition(struct table_writer *writer, const struct table *made,
                            const struct clause_tail *tail)
{
    struct slice partition = writer->wanted->partition;

    if (slice_is_none(partition))
        return;
    buffer_append_char(writer->out, '\n');
    if (slice_equal(partition, made->partition) && !slice_is_none(tail->partition))
        buffer_append_slice(writer->out, tail->partition);
    else
        buffer_append_slice(writer->out, partition);
}

static void write_tail(struct table_writer *writer)
{
    const struct typed_creation *creation = &writer->object->creation;
    struct table made;
    struct clause_tail tail;
    bool read = table_read(slice_from(creation->printed), &made) == ERROR_NONE;

    if (!clause_read_tail(slice_from(creation->tail), writer->dialect, &tail) || !read ||
        !typed_reads_alike(creation->flags, writer->dialect)) {
        buffer_append_slice(writer->out, writer->wanted->tail);
    } else {
        write_options(writer, &made, &tail);
        write_partition(writer, &made, &tail);
    }
    clause_release_tail(&tail);
    table_release(&made);
}

/* --- all of it ---------------------------------------------------------------------------------- */

/* As it was typed, while it is still the same. */
static void write_name(const struct table_writer *writer, struct slice name)
{
    const struct typed_creation *creation = &writer->object->creation;
    struct buffer quoted = BUFFER_INIT;

    printed_quote(slice_from(creation->name), &quoted);
    bool same = slice_equal(buffer_slice(&quoted), name) &&
                typed_reads_alike(creation->flags, writer->dialect);
    buffer_release(&quoted);
    buffer_append_slice(writer->out, same ? slice_from(creation->spelling) : name);
}

bool typed_write_table(const struct typed_object *object, const struct table *wanted,
                       struct slice name, const struct dialect *dialect, struct buffer *out)
{
    size_t before = out->len;
    struct table_writer writer = {.object = object,
                                  .wanted = wanted,
                                  .dialect = dialect,
                                  .is_inside =
                                      memory_new(wanted->part_count + 1, sizeof(*writer.is_inside)),
                                  .out = out};

    if (object != NULL && object->creation.spelling != NULL) {
        buffer_append_text(out, "CREATE TABLE ");
        write_name(&writer, name);
        buffer_append_text(out, " (");
        write_items(&writer);
        buffer_append_text(out, "\n)");
        write_tail(&writer);
    }
    if (!writer.is_typed)
        buffer_truncate(out, before);
    free(writer.is_inside);
    return writer.is_typed;
}
