/* describe: see describe.h. Names come from the server and from clients; control bytes in them
 * become '?' since the words go to terminals and files. */
#include "schema/describe.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/clauses.h"
#include "schema/context.h"
#include "schema/printed.h"
#include "schema/table.h"

#define SLUG_LIMIT 60
#define TITLE_NAMES 3   /* more objects are counted */
#define TYPE_LIMIT 60   /* bytes of a type's words */
#define EFFECT_LIMIT 12 /* parts; more are counted */

static void append_clean(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        buffer_append_char(out, c < 0x20 || c == 0x7f ? '?' : text.ptr[i]);
    }
}

/* --- title -------------------------------------------------------------------------------------
 */

/* Objects that the statement itself names: for DROP TABLE the tables, not the triggers that die
 * too. */
static bool is_named(const struct change *change, const struct change_object *object)
{
    enum object_type type;

    if (object->role == ROLE_REFERENCE || object->role == ROLE_RENAME_TO)
        return false;
    return !object_type_from_text(slice_from(change->noun), &type) || type == object->type;
}

static size_t count_named(const struct change *change)
{
    size_t count = 0;

    for (size_t i = 0; i < change->object_count; i++)
        count += is_named(change, &change->objects[i]);
    return count;
}

static void append_object(const struct change *change, const struct change_object *object,
                          struct buffer *out)
{
    if (object->schema.len > 0 && change->development_schema.len > 0 &&
        !slice_equal_nocase(object->schema, change->development_schema) &&
        object->type != OBJECT_DATABASE) {
        append_clean(object->schema, out);
        buffer_append_char(out, '.');
    }
    append_clean(object->name, out);
}

static void append_named(const struct change *change, size_t index, struct buffer *out)
{
    append_object(change, &change->objects[index], out);
    if (change->objects[index].role == ROLE_RENAME_FROM && index + 1 < change->object_count) {
        buffer_append_text(out, change->verb == DDL_RENAME ? " TO " : " RENAME TO ");
        append_object(change, &change->objects[index + 1], out);
    }
}

/* Found by comparing: the objects that differ; one that goes and comes again is one. */
static bool is_scanned(const struct change *change)
{
    return change->noun != NULL && strcmp(change->noun, CHANGE_NOUN_SCAN) == 0;
}

static bool comes_again(const struct change *change, size_t index)
{
    const struct change_object *object = &change->objects[index];

    for (size_t i = 0; i < index && object->before.state == IMAGE_ABSENT; i++) {
        if (change->objects[i].type == object->type &&
            slice_equal(change->objects[i].name, object->name))
            return true;
    }
    return false;
}

static size_t count_scanned(const struct change *change)
{
    size_t count = 0;

    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        bool same = object->before.state == object->after.state &&
                    slice_equal(object->before.text, object->after.text) &&
                    slice_equal(object->before.context, object->after.context);
        count += !same && !comes_again(change, i);
    }
    return count;
}

void describe_title(const struct change *change, struct buffer *out)
{
    if (is_scanned(change)) {
        size_t count = count_scanned(change);
        buffer_printf(out, "SCAN %zu object%s", count, count == 1 ? "" : "s");
        return;
    }
    size_t named = count_named(change), shown = 0;
    bool on_table = change->noun != NULL && strcmp(change->noun, "INDEX") == 0;

    if (change->noun != NULL && strcmp(change->noun, "ACCOUNT") == 0) {
        buffer_append_text(out, "account statement"); /* whose words may be secrets */
        return;
    }
    buffer_append_text(out, ddl_verb_text(change->verb));
    buffer_printf(out, " %s%s", change->noun == NULL ? "" : change->noun, on_table ? " ON" : "");
    for (size_t i = 0; i < change->object_count; i++) {
        if (!is_named(change, &change->objects[i]))
            continue;
        if (shown == TITLE_NAMES) {
            buffer_printf(out, ", %zu more", named - shown);
            break;
        }
        buffer_append_text(out, shown++ == 0 ? " " : ", ");
        append_named(change, i, out);
    }
}

/* --- effect ------------------------------------------------------------------------------------
 */

/* Parts of what happened to objects: all on one line, or each on a line of its own behind the name
 * of its object. */
struct effect {
    const struct change *change;
    struct buffer *out;
    size_t parts;
    const struct change_object *object; /* NULL: one line */
};

static void append_type(enum object_type type, struct buffer *out)
{
    for (const char *c = object_type_text(type); *c != '\0'; c++)
        buffer_append_char(out, *c >= 'A' && *c <= 'Z' ? (char)(*c + ('a' - 'A')) : *c);
    buffer_append_char(out, ' ');
}

/* Start the next part; false when enough of them are written. */
static bool begin(struct effect *effect, const char *mark)
{
    effect->parts++;
    if (effect->object != NULL) {
        buffer_append_text(effect->out, effect->parts > 1 ? "\n" : "");
        if (effect->object->type != OBJECT_TABLE)
            append_type(effect->object->type, effect->out);
        append_object(effect->change, effect->object, effect->out);
        buffer_append_text(effect->out, "  ");
    } else if (effect->parts > EFFECT_LIMIT) {
        return false;
    } else if (effect->parts > 1) {
        buffer_append_text(effect->out, ", ");
    }
    buffer_append_text(effect->out, mark);
    return true;
}

static void append_name(struct effect *effect, struct slice quoted)
{
    struct buffer bare = BUFFER_INIT;

    printed_unquote(quoted, &bare);
    append_clean(buffer_slice(&bare), effect->out);
    buffer_release(&bare);
}

/* Cut between characters: never after the first byte of one. */
static void append_short(struct effect *effect, struct slice text)
{
    size_t len = text.len;

    if (len > TYPE_LIMIT) {
        len = TYPE_LIMIT;
        while (len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
            len--;
    }
    append_clean(slice_make(text.ptr, len), effect->out);
    if (len < text.len)
        buffer_append_text(effect->out, "...");
}

static struct slice renamed_from(const struct effect *effect, struct slice name,
                                 const struct table *before, struct buffer *quoted)
{
    for (size_t i = 0; i < effect->change->rename_count; i++) {
        const struct statement_rename *rename = &effect->change->renames[i];
        if (rename->index)
            continue;
        buffer_clear(quoted);
        printed_quote(slice_from(rename->to), quoted);
        if (!slice_equal_nocase(buffer_slice(quoted), name))
            continue;
        buffer_clear(quoted);
        printed_quote(slice_from(rename->from), quoted);
        if (table_column(before, buffer_slice(quoted)) != NULL)
            return buffer_slice(quoted);
    }
    return name;
}

static bool is_renamed_away(const struct effect *effect, struct slice name,
                            const struct table *after)
{
    struct buffer from = BUFFER_INIT, to = BUFFER_INIT;
    bool away = false;

    for (size_t i = 0; i < effect->change->rename_count && !away; i++) {
        const struct statement_rename *rename = &effect->change->renames[i];
        buffer_clear(&from);
        buffer_clear(&to);
        printed_quote(slice_from(rename->from), &from);
        printed_quote(slice_from(rename->to), &to);
        away = !rename->index && slice_equal_nocase(buffer_slice(&from), name) &&
               table_column(after, buffer_slice(&to)) != NULL;
    }
    buffer_release(&from);
    buffer_release(&to);
    return away;
}

/* The bytes at which both texts begin alike, in whole words. */
static size_t common_words(struct slice a, struct slice b)
{
    size_t end = 0;

    for (size_t i = 0;; i++) {
        bool a_ends = i == a.len || a.ptr[i] == ' ', b_ends = i == b.len || b.ptr[i] == ' ';
        if (a_ends && b_ends)
            end = i;
        if (i == a.len || i == b.len || a.ptr[i] != b.ptr[i])
            return end;
    }
}

/* The same from their ends; where words of both begin. */
static size_t common_last_words(struct slice a, struct slice b)
{
    size_t common = 0;

    for (size_t i = 0;; i++) {
        bool a_begins = i == a.len || a.ptr[a.len - 1 - i] == ' ';
        bool b_begins = i == b.len || b.ptr[b.len - 1 - i] == ' ';
        if (a_begins && b_begins)
            common = i;
        if (i == a.len || i == b.len || a.ptr[a.len - 1 - i] != b.ptr[b.len - 1 - i])
            return common;
    }
}

/* What stands behind the type, without what both have. */
static void describe_attributes(struct effect *effect, struct slice before, struct slice after)
{
    size_t head = common_words(before, after);
    size_t word = head;

    while (word > 0 && before.ptr[word - 1] != ' ')
        word--;
    if (head < before.len && head < after.len)
        head = word; /* DEFAULT 'a' -> DEFAULT 'b' */
    struct slice old = printed_trim(slice_from_offset(before, head));
    struct slice new = printed_trim(slice_from_offset(after, head));
    size_t tail = common_last_words(old, new);

    old = printed_trim(slice_make(old.ptr, old.len - tail));
    new = printed_trim(slice_make(new.ptr, new.len - tail));
    if (new.len == 0) {
        buffer_append_text(effect->out, "without ");
        append_short(effect, old);
        return;
    }
    if (old.len > 0) {
        append_short(effect, old);
        buffer_append_text(effect->out, " -> ");
    }
    append_short(effect, new);
}

static void describe_definition(struct effect *effect, struct slice before, struct slice after)
{
    struct slice old_type = printed_type(before), new_type = printed_type(after);

    bool other_type = !slice_equal(old_type, new_type);
    struct slice old_rest = printed_trim(slice_from_offset(before, old_type.len));
    struct slice new_rest = printed_trim(slice_from_offset(after, new_type.len));

    buffer_append_char(effect->out, ' ');
    if (other_type) {
        append_short(effect, old_type);
        buffer_append_text(effect->out, " -> ");
        append_short(effect, new_type);
        buffer_append_text(effect->out, slice_equal(old_rest, new_rest) ? "" : ", ");
    }
    if (table_column_nullable(before) != table_column_nullable(after))
        buffer_append_text(effect->out, table_column_nullable(after) ? "NULL" : "NOT NULL");
    else if (!slice_equal(old_rest, new_rest))
        describe_attributes(effect, old_rest, new_rest);
}

/* Where a new column stands, unless it is the last. */
static void describe_place(struct effect *effect, const struct table *after, size_t index)
{
    if (index + 1 == after->column_count)
        return;
    if (index == 0) {
        buffer_append_text(effect->out, " first");
        return;
    }
    buffer_append_text(effect->out, " after ");
    append_name(effect, after->columns[index - 1].name);
}

static void describe_column(struct effect *effect, const struct table *before,
                            const struct table *after, size_t index)
{
    const struct table_column *column = &after->columns[index];
    struct buffer quoted = BUFFER_INIT;
    struct slice name = renamed_from(effect, column->name, before, &quoted);
    const struct table_column *old = table_column(before, name);

    if (old == NULL) {
        if (begin(effect, "+ ")) {
            append_name(effect, column->name);
            buffer_append_char(effect->out, ' ');
            append_short(effect, printed_type(column->definition));
            describe_place(effect, after, index);
        }
    } else {
        if (!slice_equal(old->name, column->name) && begin(effect, "> ")) {
            append_name(effect, old->name);
            buffer_append_text(effect->out, " -> ");
            append_name(effect, column->name);
        }
        if (!slice_equal(old->definition, column->definition) && begin(effect, "~ ")) {
            append_name(effect, column->name);
            describe_definition(effect, old->definition, column->definition);
        }
    }
    buffer_release(&quoted);
}

/* Do the columns that stay stand in another order? */
static bool is_reordered(const struct effect *effect, const struct table *before,
                         const struct table *after)
{
    const struct table_column *last = NULL;
    bool reordered = false;

    for (size_t i = 0; i < after->column_count && !reordered; i++) {
        struct buffer quoted = BUFFER_INIT;
        const struct table_column *old =
            table_column(before, renamed_from(effect, after->columns[i].name, before, &quoted));
        buffer_release(&quoted);
        reordered = old != NULL && last != NULL && old < last;
        last = old == NULL ? last : old;
    }
    return reordered;
}

static void describe_columns(struct effect *effect, const struct table *before,
                             const struct table *after)
{
    for (size_t i = 0; i < after->column_count; i++)
        describe_column(effect, before, after, i);
    for (size_t i = 0; i < before->column_count; i++) {
        struct slice name = before->columns[i].name;
        if (is_renamed_away(effect, name, after) || table_column(after, name) != NULL)
            continue;
        if (begin(effect, "- "))
            append_name(effect, name);
    }
    if (is_reordered(effect, before, after))
        (void)begin(effect, "~ order of columns");
}

static bool has_part(const struct table *table, const struct table_part *wanted)
{
    for (size_t i = 0; i < table->part_count; i++) {
        const struct table_part *part = &table->parts[i];
        if (part->kind == wanted->kind && slice_equal(part->text, wanted->text))
            return true;
    }
    return false;
}

static const char *part_noun(const struct table_part *part)
{
    if (part->kind == TABLE_FOREIGN_KEY)
        return "foreign key";
    if (part->kind == TABLE_CHECK)
        return "check";
    if (part->kind == TABLE_PERIOD)
        return "period";
    if (slice_is_none(part->name))
        return "primary key";
    return slice_starts_with(part->text, SLICE("UNIQUE ")) ? "unique index" : "index";
}

static void describe_part(struct effect *effect, const char *mark, const struct table_part *part)
{
    if (!begin(effect, mark))
        return;
    buffer_append_text(effect->out, part_noun(part));
    if (!slice_is_none(part->name)) {
        buffer_append_char(effect->out, ' ');
        append_name(effect, part->name);
    }
    if (part->kind != TABLE_KEY || mark[0] != '+')
        return;
    buffer_append_char(effect->out, ' ');
    struct slice columns = printed_group(part->text, 0);
    for (size_t i = 0; i < columns.len && i < TYPE_LIMIT; i++) {
        if (columns.ptr[i] != '`')
            append_clean(slice_make(columns.ptr + i, 1), effect->out);
    }
}

/* A key whose columns were only renamed is no news: compared under the names before. */
static void follow_renames(const struct effect *effect, struct table *before)
{
    const struct change *change = effect->change;
    struct table_rename *renames = memory_new(change->rename_count, sizeof(*renames));
    struct buffer *names = memory_new(2 * change->rename_count, sizeof(*names));

    for (size_t i = 0; i < change->rename_count; i++) {
        printed_quote(slice_from(change->renames[i].from), &names[2 * i]);
        printed_quote(slice_from(change->renames[i].to), &names[2 * i + 1]);
        renames[i] = (struct table_rename){change->renames[i].index, buffer_slice(&names[2 * i]),
                                           buffer_slice(&names[2 * i + 1])};
    }
    table_rename_columns(before, renames, change->rename_count, change->mariadb);
    for (size_t i = 0; i < 2 * change->rename_count; i++)
        buffer_release(&names[i]);
    free(names);
    free(renames);
}

static const struct table_part *find_key(const struct table *table, const char *bare)
{
    struct buffer name = BUFFER_INIT;
    const struct table_part *found = NULL;

    printed_quote(slice_from(bare), &name);
    for (size_t i = 0; i < table->part_count && found == NULL; i++) {
        if (table->parts[i].kind == TABLE_KEY &&
            slice_equal_nocase(table->parts[i].name, buffer_slice(&name)))
            found = &table->parts[i];
    }
    buffer_release(&name);
    return found;
}

static void describe_index_renames(struct effect *effect, const struct table *before,
                                   const struct table *after)
{
    for (size_t i = 0; i < effect->change->rename_count; i++) {
        const struct statement_rename *rename = &effect->change->renames[i];
        if (!rename->index || find_key(before, rename->from) == NULL ||
            find_key(after, rename->to) == NULL || !begin(effect, "> index "))
            continue;
        append_clean(slice_from(rename->from), effect->out);
        buffer_append_text(effect->out, " -> ");
        append_clean(slice_from(rename->to), effect->out);
    }
}

static bool is_renamed_key(const struct effect *effect, const struct table *before,
                           const struct table *after, const struct table_part *part)
{
    for (size_t i = 0; i < effect->change->rename_count; i++) {
        const struct statement_rename *rename = &effect->change->renames[i];
        if (!rename->index)
            continue;
        const struct table_part *old = find_key(before, rename->from);
        const struct table_part *new = find_key(after, rename->to);
        if (old != NULL && new != NULL && (old == part || new == part))
            return true;
    }
    return false;
}

static void describe_parts(struct effect *effect, const struct table *before,
                           const struct table *after)
{
    for (size_t i = 0; i < after->part_count; i++) {
        if (!has_part(before, &after->parts[i]) &&
            !is_renamed_key(effect, before, after, &after->parts[i]))
            describe_part(effect, "+ ", &after->parts[i]);
    }
    for (size_t i = 0; i < before->part_count; i++) {
        if (!has_part(after, &before->parts[i]) &&
            !is_renamed_key(effect, before, after, &before->parts[i]))
            describe_part(effect, "- ", &before->parts[i]);
    }
}

static void describe_options(struct effect *effect, const struct table *before,
                             const struct table *after)
{
    const char *const keys[] = {"ENGINE", "DEFAULT CHARSET", "COLLATE", "ROW_FORMAT"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct table_option *old = table_option(before, keys[i]);
        const struct table_option *new = table_option(after, keys[i]);
        if (new != NULL && (old == NULL || !slice_equal(old->text, new->text)) &&
            begin(effect, "~ "))
            append_short(effect, new->text);
    }
    const struct table_option *old = table_option(before, "COMMENT");
    const struct table_option *new = table_option(after, "COMMENT");
    if ((old == NULL) != (new == NULL) ||
        (old != NULL && new != NULL && !slice_equal(old->text, new->text)))
        begin(effect, "~ comment");
    if (!slice_equal(before->partition, after->partition))
        begin(effect, "~ partitions");
}

/* No part came, went or changed, and still the texts may differ by more than names. */
static void describe_rest(struct effect *effect, const struct table *before,
                          const struct table *after, struct slice after_text)
{
    struct buffer renamed = BUFFER_INIT;

    table_write(before, &renamed);
    if (!slice_equal(buffer_slice(&renamed), after_text))
        (void)begin(effect,
                    slice_equal(before->tail, after->tail) ? "~ order of indexes" : "~ options");
    buffer_release(&renamed);
}

static void describe_table(struct effect *effect, struct slice before_text, struct slice after_text)
{
    struct table before, after;
    enum error code_before = table_read(before_text, &before);
    enum error code_after = table_read(after_text, &after);

    if (code_before == ERROR_NONE && code_after == ERROR_NONE) {
        table_rename(&before, after.name, effect->change->mariadb);
        follow_renames(effect, &before);
        describe_columns(effect, &before, &after);
        describe_index_renames(effect, &before, &after);
        describe_parts(effect, &before, &after);
        describe_options(effect, &before, &after);
        if (effect->parts == 0)
            describe_rest(effect, &before, &after, after_text);
    }
    table_release(&before);
    table_release(&after);
}

/* --- objects that are no tables ---------------------------------------------------------------- */

static bool read_clauses(const struct change *change, enum object_type type,
                         const struct image *image, struct clauses *clauses)
{
    struct dialect dialect = {.mariadb = change->mariadb, .version = change->version};
    struct slice unknown;

    dialect_set_sql_mode(&dialect, context_value(image->context, "sql_mode"));
    return clauses_read(type, image->text, &dialect, clauses, &unknown);
}

static void describe_clause(struct effect *effect, const struct clauses_change *change)
{
    const char mark[] = {change->mark, ' ', '\0'};
    struct slice value = slice_is_none(change->after) ? change->before : change->after;
    bool both = !slice_is_none(change->before) && !slice_is_none(change->after);

    if (!begin(effect, mark))
        return;
    buffer_append_text(effect->out, change->label);
    if (slice_is_none(value))
        return;
    buffer_append_text(effect->out, change->label[0] == '\0' ? "" : " ");
    if (both) {
        append_short(effect, change->before);
        buffer_append_text(effect->out, " -> ");
    }
    append_short(effect, value);
}

static void describe_clauses(struct effect *effect, enum object_type type,
                             const struct image *before, const struct image *after)
{
    struct clauses a, b;
    struct clauses_change change;
    enum clause at = 0;

    if (!read_clauses(effect->change, type, before, &a) ||
        !read_clauses(effect->change, type, after, &b))
        return;
    while (clauses_next_change(&a, &b, &at, &change))
        describe_clause(effect, &change);
}

static void describe_images(struct effect *effect, enum object_type type,
                            const struct image *before, const struct image *after)
{
    if (type == OBJECT_TABLE)
        describe_table(effect, before->text, after->text);
    else
        describe_clauses(effect, type, before, after);
}

void describe_effect(const struct change *change, struct buffer *out)
{
    struct effect effect = {change, out, 0, NULL};

    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *before = &change->objects[i], *after = before;
        if (before->role == ROLE_RENAME_FROM && i + 1 < change->object_count)
            after = &change->objects[i + 1];
        else if (before->role != ROLE_TARGET)
            continue;
        if (before->before.state == IMAGE_PRESENT && after->after.state == IMAGE_PRESENT)
            describe_images(&effect, before->type, &before->before, &after->after);
    }
    if (effect.parts > EFFECT_LIMIT)
        buffer_printf(out, ", %zu more", effect.parts - EFFECT_LIMIT);
}

/* --- lines -------------------------------------------------------------------------------------
 */

/* "+ table users (id, email)" */
static void describe_whole(const struct change *change, const char *mark,
                           const struct change_object *object, struct buffer *out)
{
    struct effect effect = {change, out, 0, NULL};
    struct buffer names = BUFFER_INIT;
    struct table table;

    buffer_append_text(out, mark);
    append_type(object->type, out);
    append_object(change, object, out);
    if (object->type == OBJECT_TABLE && mark[0] == '+' && object->after.state == IMAGE_PRESENT) {
        if (table_read(object->after.text, &table) == ERROR_NONE) {
            for (size_t i = 0; i < table.column_count; i++) {
                buffer_append_text(&names, i == 0 ? "" : ", ");
                printed_unquote(table.columns[i].name, &names);
            }
            buffer_append_text(out, " (");
            append_short(&effect, buffer_slice(&names));
            buffer_append_char(out, ')');
        }
        table_release(&table);
    }
    buffer_append_char(out, '\n');
    buffer_release(&names);
}

static bool same_image(const struct image *a, const struct image *b)
{
    return slice_equal(a->text, b->text) && slice_equal(a->context, b->context);
}

static void describe_pair(const struct change *change, const struct change_object *from,
                          const struct change_object *to, struct buffer *out)
{
    const struct image *before = &from->before, *after = &to->after;
    struct effect effect = {change, out, 0, to};

    if (from != to) {
        buffer_append_text(out, "> ");
        append_type(from->type, out);
        append_object(change, from, out);
        buffer_append_text(out, " -> ");
        append_object(change, to, out);
        buffer_append_char(out, '\n');
    }
    if (before->state != IMAGE_PRESENT || after->state != IMAGE_PRESENT ||
        same_image(before, after))
        return;
    describe_images(&effect, from->type, before, after);
    if (effect.parts > 0) {
        buffer_append_char(out, '\n');
    } else if (from == to) {
        buffer_append_text(out, "~ ");
        append_type(from->type, out);
        append_object(change, to, out);
        buffer_append_text(
            out, slice_equal(before->text, after->text) ? " (settings it was made under)\n" : "\n");
    }
}

void describe_lines(const struct change *change, struct buffer *out)
{
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        if (object->role == ROLE_RENAME_FROM && i + 1 < change->object_count)
            describe_pair(change, object, object + 1, out);
        else if (object->role != ROLE_TARGET)
            continue;
        else if (object->before.state == IMAGE_ABSENT && object->after.state == IMAGE_PRESENT)
            describe_whole(change, "+ ", object, out);
        else if (object->before.state == IMAGE_PRESENT && object->after.state == IMAGE_ABSENT)
            describe_whole(change, "- ", object, out);
        else
            describe_pair(change, object, object, out);
    }
}

/* --- slug --------------------------------------------------------------------------------------
 */

static void append_slug(struct slice text, size_t start, struct buffer *out)
{
    for (size_t i = 0; i < text.len && out->len - start < SLUG_LIMIT; i++) {
        char c = text.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain)
            buffer_append_char(out, c);
        else if (out->len > start && out->ptr[out->len - 1] != '_')
            buffer_append_char(out, '_');
    }
}

void describe_slug(const struct change *change, struct buffer *out)
{
    size_t start = out->len;

    if (is_scanned(change)) {
        buffer_printf(out, "scan_%zu_objects", count_scanned(change));
        return;
    }
    append_slug(slice_from(ddl_verb_text(change->verb)), start, out);
    for (size_t i = 0; i < change->object_count; i++) {
        if (!is_named(change, &change->objects[i]))
            continue;
        append_slug(SLICE("_"), start, out);
        append_slug(change->objects[i].name, start, out);
    }
    while (out->len > start && out->ptr[out->len - 1] == '_')
        buffer_truncate(out, out->len - 1);
}
