/* difference_line: what differs, in the words that a person reads first, one thing a line.
 *
 *     users  + nickname varchar(64) after email
 *     users  ~ note varchar(50) -> varchar(60)
 *     users  > nick -> handle
 *     logs  - table
 *     tidy  ~ event schedule EVERY 1 DAY -> EVERY 2 DAY
 *
 * Names come from servers; control bytes in them become '?', since lines go to terminals.
 */
#include "schema/difference_internal.h"

#include "schema/clauses.h"
#include "schema/column.h"
#include "schema/printed.h"

#define WORDS_LIMIT 60 /* bytes of a type or a default; the rest is "..." */

struct line {
    struct buffer *out;
    const struct pair *pair;
};

static void append_clean(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        buffer_append_char(out, c < 0x20 || c == 0x7f ? '?' : text.ptr[i]);
    }
}

/* Cut between characters: never after the first byte of one. */
static void append_short(struct slice text, struct buffer *out)
{
    size_t len = text.len < WORDS_LIMIT ? text.len : WORDS_LIMIT;

    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    append_clean(slice_make(text.ptr, len), out);
    if (len < text.len)
        buffer_append_text(out, "...");
}

static void append_bare(struct slice quoted, struct buffer *out)
{
    struct buffer bare = BUFFER_INIT;

    printed_unquote(quoted, &bare);
    append_clean(buffer_slice(&bare), out);
    buffer_release(&bare);
}

static void begin(const struct line *line, const char *mark)
{
    append_clean(pair_definition(line->pair)->name, line->out);
    buffer_printf(line->out, "  %s ", mark);
}

static void end(const struct line *line)
{
    buffer_append_char(line->out, '\n');
}

/* --- columns ------------------------------------------------------------------------------------ */

static void append_place(const struct line *line, const struct alter_step *step)
{
    if (slice_is_none(step->after)) {
        buffer_append_text(line->out, " first");
    } else {
        buffer_append_text(line->out, " after ");
        append_bare(step->after, line->out);
    }
}

static void write_added(const struct line *line, const struct alter_step *step)
{
    bool anew = table_column(&line->pair->table->now, step->name) != NULL;

    begin(line, anew ? "~" : "+");
    append_bare(step->name, line->out);
    buffer_append_char(line->out, ' ');
    append_short(printed_type(step->text), line->out);
    if (anew)
        buffer_append_text(line->out, " made anew");
    else
        append_place(line, step);
    end(line);
}

static void write_dropped(const struct line *line, const struct alter_step *step)
{
    struct slice name = slice_is_none(step->from) ? step->name : step->from;

    if (table_column(&line->pair->table->wanted, name) != NULL)
        return; /* made anew */
    begin(line, "-");
    append_bare(name, line->out);
    end(line);
}

static void write_renamed(const struct line *line, const char *noun, const struct alter_step *step)
{
    begin(line, ">");
    buffer_append_text(line->out, noun);
    append_bare(step->from, line->out);
    buffer_append_text(line->out, " -> ");
    append_bare(step->name, line->out);
    end(line);
}

/* "DEFAULT 'a'" without its word; "none" for what is not there. */
static void append_value(enum column_attribute attribute, struct slice text, struct buffer *out)
{
    const struct slice word = SLICE("DEFAULT ");

    if (slice_is_none(text))
        buffer_append_text(out, attribute == COLUMN_NULL ? "NULL" : "none");
    else if (attribute == COLUMN_DEFAULT && slice_starts_with(text, word))
        append_short(slice_from_offset(text, word.len), out);
    else
        append_short(text, out);
}

static void append_attribute(const struct line *line, enum column_attribute attribute,
                             struct slice now, struct slice wanted)
{
    if (attribute == COLUMN_NULL) {
        append_value(attribute, wanted, line->out);
        return;
    }
    if (attribute != COLUMN_TYPE)
        buffer_append_text(line->out, column_attribute_text(attribute));
    if (attribute != COLUMN_TYPE && attribute != COLUMN_DEFAULT)
        return;
    if (attribute == COLUMN_DEFAULT)
        buffer_append_char(line->out, ' ');
    append_value(attribute, now, line->out);
    buffer_append_text(line->out, " -> ");
    append_value(attribute, wanted, line->out);
}

static void write_changes(const struct line *line, const struct alter_step *step,
                          const struct table_column *now)
{
    struct column a, b;
    struct slice unknown = SLICE_NONE;
    const char *separator = " ";

    begin(line, "~");
    append_bare(step->name, line->out);
    bool known =
        column_read(now->definition, &a, &unknown) && column_read(step->text, &b, &unknown);
    for (enum column_attribute i = 0; known && i < COLUMN_ATTRIBUTE_COUNT; i++) {
        if (slice_equal(a.attributes[i], b.attributes[i]))
            continue;
        buffer_append_text(line->out, separator);
        append_attribute(line, i, a.attributes[i], b.attributes[i]);
        separator = ", ";
    }
    if (separator[0] == ' ' && !step->placed)
        buffer_append_text(line->out, " character set of the table");
    if (step->placed)
        append_place(line, step);
    end(line);
}

static void write_changed(const struct line *line, const struct alter_step *step)
{
    const struct table_column *now = table_column(&line->pair->table->now, step->from);
    bool renamed = !slice_equal(step->from, step->name);

    if (renamed)
        write_renamed(line, "", step);
    if (now != NULL && (!renamed || step->placed || !slice_equal(now->definition, step->text)))
        write_changes(line, step, now);
}

/* --- keys, constraints, options ----------------------------------------------------------------- */

static const char *part_noun(struct slice text)
{
    if (slice_starts_with(text, SLICE("CONSTRAINT ")))
        return printed_find(text, "FOREIGN KEY") != PRINTED_NOWHERE ? "foreign key " : "check ";
    if (slice_starts_with(text, SLICE("PRIMARY ")))
        return "primary key ";
    return slice_starts_with(text, SLICE("UNIQUE ")) ? "unique index " : "index ";
}

static const struct table_part *find_part(const struct table *table, bool key, struct slice name)
{
    for (size_t i = 0; i < table->part_count; i++) {
        const struct table_part *part = &table->parts[i];
        bool is_key = part->kind == TABLE_KEY;
        if (is_key == key && part->kind != TABLE_PERIOD &&
            slice_is_none(part->name) == slice_is_none(name) &&
            (slice_is_none(name) || slice_equal_nocase(part->name, name)))
            return part;
    }
    return NULL;
}

/* Its columns or expression: what stands in the first parentheses. */
static void append_group(struct slice text, struct buffer *out)
{
    struct slice group = printed_group(text, 0);

    for (size_t i = 0; i < group.len && i < WORDS_LIMIT; i++) {
        if (group.ptr[i] != '`')
            append_clean(slice_make(group.ptr + i, 1), out);
    }
}

static void write_part(const struct line *line, const struct alter_step *step, bool key, bool added)
{
    const struct table_pair *table = line->pair->table;
    const struct table_part *now = find_part(&table->now, key, step->name);
    const struct table_part *wanted = find_part(&table->wanted, key, step->name);
    bool both = now != NULL && wanted != NULL;

    if (both && (!added || slice_equal(now->text, wanted->text)))
        return; /* made anew for its order alone, or told when it is added */
    const struct table_part *part = added ? wanted : now;
    if (part == NULL)
        return;
    begin(line, both ? "~" : added ? "+" : "-");
    buffer_append_text(line->out, part_noun(part->text));
    append_bare(part->name, line->out);
    if (added) {
        buffer_append_text(line->out, slice_is_none(part->name) ? "" : " ");
        append_group(part->text, line->out);
    }
    end(line);
}

static void write_words(const struct line *line, const char *noun, struct slice words)
{
    begin(line, "~");
    buffer_append_text(line->out, noun);
    append_short(words, line->out);
    end(line);
}

static void write_step(const struct line *line, const struct alter_step *step)
{
    switch (step->kind) {
    case ALTER_ADD_COLUMN:
        write_added(line, step);
        break;
    case ALTER_DROP_COLUMN:
        write_dropped(line, step);
        break;
    case ALTER_CHANGE_COLUMN:
        write_changed(line, step);
        break;
    case ALTER_RENAME_COLUMN:
        if (!step->is_aside)
            write_renamed(line, "", step);
        break;
    case ALTER_RENAME_KEY:
        write_renamed(line, "index ", step);
        break;
    case ALTER_DROP_KEY:
    case ALTER_ADD_KEY:
        write_part(line, step, true, step->kind == ALTER_ADD_KEY);
        break;
    case ALTER_DROP_CHECK:
    case ALTER_DROP_FOREIGN_KEY:
    case ALTER_ADD_CHECK:
    case ALTER_ADD_FOREIGN_KEY:
        write_part(line, step, false,
                   step->kind == ALTER_ADD_CHECK || step->kind == ALTER_ADD_FOREIGN_KEY);
        break;
    case ALTER_SHOW_KEY:
        begin(line, "~");
        buffer_append_text(line->out, "index ");
        append_bare(step->name, line->out);
        buffer_append_char(line->out, ' ');
        buffer_append_slice(line->out, step->text);
        end(line);
        break;
    case ALTER_PARTITION:
        write_words(line, "partitions", SLICE(""));
        break;
    case ALTER_OPTION:
        write_words(line, "", slice_is_none(step->name) ? step->text : step->name);
        break;
    case ALTER_DROP_PERIOD:
    case ALTER_ADD_PERIOD:
        write_words(line, step->kind == ALTER_ADD_PERIOD ? "add " : "drop ", step->text);
        break;
    case ALTER_DEFAULT:
    case ALTER_DROP_DEFAULT:
        break; /* told with their column */
    case ALTER_SAY_AGAIN:
        break; /* nothing differs */
    }
}

/* --- objects ------------------------------------------------------------------------------------ */

static void append_kind(enum object_type type, struct buffer *out)
{
    for (const char *text = object_type_text(type); *text != '\0'; text++)
        buffer_append_char(out, *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text);
}

static void write_object(const struct line *line, const char *mark)
{
    begin(line, mark);
    append_kind(line->pair->type, line->out);
    end(line);
}

static void write_clause(const struct line *line, const struct clauses_change *change)
{
    const char mark[] = {change->mark, '\0'};
    struct slice value = slice_is_none(change->after) ? change->before : change->after;

    begin(line, mark);
    append_kind(line->pair->type, line->out);
    buffer_printf(line->out, "%s%s", change->label[0] == '\0' ? "" : " ", change->label);
    if (!slice_is_none(value)) {
        buffer_append_char(line->out, ' ');
        if (!slice_is_none(change->before) && !slice_is_none(change->after)) {
            append_short(change->before, line->out);
            buffer_append_text(line->out, " -> ");
        }
        append_short(value, line->out);
    }
    end(line);
}

/* Of an object that is altered, so that both definitions are understood; the object alone where only the
 * settings differ under which it was made. */
static void write_clauses(const struct finder *finder, const struct line *line)
{
    const struct pair *pair = line->pair;
    const struct dialect now = difference_dialect(finder, pair->now);
    const struct dialect wanted = difference_dialect(finder, pair->wanted);
    struct clauses a, b;
    struct slice unknown;
    struct clauses_change change;
    enum clause at = 0;
    size_t start = line->out->len;

    if (clauses_read(pair->type, pair->text, &now, &a, &unknown) &&
        clauses_read(pair->type, pair->wanted->text, &wanted, &b, &unknown)) {
        while (clauses_next_change(&a, &b, &at, &change))
            write_clause(line, &change);
    }
    if (line->out->len == start)
        write_object(line, "~");
}

void difference_write_lines(struct finder *finder)
{
    for (size_t i = 0; i < finder->pair_count; i++) {
        const struct pair *pair = &finder->pairs[i];
        const struct line line = {&finder->difference->lines, pair};
        if (pair->renamed) {
            append_clean(pair->now->name, line.out);
            buffer_append_text(line.out, "  > ");
            append_clean(pair->wanted->name, line.out);
            end(&line);
        }
        if (pair->fate == FATE_CREATED)
            write_object(&line, pair->now != NULL ? "~" : "+");
        else if (pair->fate == FATE_DROPPED)
            write_object(&line, "-");
        else if (pair->fate == FATE_ALTERED && pair->type != OBJECT_TABLE)
            write_clauses(finder, &line);
        else if (pair->fate == FATE_ALTERED && pair->table != NULL)
            for (size_t j = 0; j < pair->table->alter.step_count; j++)
                write_step(&line, &pair->table->alter.steps[j]);
    }
}
