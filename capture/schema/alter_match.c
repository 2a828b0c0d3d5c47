/* alter_match: see alter_match.h. Columns first, then their order, then parts, since a column that is
 * made anew takes its keys along. */
#include "schema/alter_match.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/column.h"
#include "schema/foreign_key.h"
#include "schema/printed.h"

/* --- columns -------------------------------------------------------------------------------------
 */

/* The column of now that a rename makes `name`; none when no rename does. */
static struct slice renamed_from(const struct alter_request *request, bool index, struct slice name)
{
    for (size_t i = 0; i < request->rename_count; i++) {
        const struct table_rename *rename = &request->renames[i];
        if (rename->index == index && slice_equal_nocase(rename->to, name))
            return rename->from;
    }
    return SLICE_NONE;
}

static bool is_renamed_away(const struct alter_request *request, bool index, struct slice name)
{
    for (size_t i = 0; i < request->rename_count; i++) {
        const struct table_rename *rename = &request->renames[i];
        if (rename->index == index && slice_equal_nocase(rename->from, name))
            return true;
    }
    return false;
}

static bool is_one_of(struct slice word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (slice_equal(word, slice_from(*words)))
            return true;
    }
    return false;
}

static struct slice type_word(struct slice definition)
{
    size_t end = 0;

    while (end < definition.len && definition.ptr[end] != ' ' && definition.ptr[end] != '(')
        end++;
    return slice_make(definition.ptr, end);
}

/* MariaDB turns values of these types into text and back, and into nothing else. */
static bool converts(struct slice now, struct slice wanted)
{
    static const char *const addresses[] = {"inet4", "inet6", "uuid", "vector", NULL};
    static const char *const shapes[] = {
        "geometry",        "point",        "linestring",         "polygon", "multipoint",
        "multilinestring", "multipolygon", "geometrycollection", NULL};
    static const char *const texts[] = {
        "char",      "varchar",  "tinytext", "text",       "mediumtext", "longtext", "binary",
        "varbinary", "tinyblob", "blob",     "mediumblob", "longblob",   NULL};
    struct slice a = type_word(now), b = type_word(wanted);

    if (slice_equal(a, b) || (slice_equal(a, SLICE("inet4")) && slice_equal(b, SLICE("inet6"))))
        return true;
    if (is_one_of(a, addresses) || is_one_of(b, addresses))
        return is_one_of(a, texts) || is_one_of(b, texts);
    return is_one_of(a, shapes) == is_one_of(b, shapes);
}

/* A virtual column has no values that could stay: servers change that only by a new column. */
static bool can_become(bool mariadb, struct slice now, struct slice wanted)
{
    enum table_storage a = table_column_storage(now), b = table_column_storage(wanted);

    if (mariadb && !converts(now, wanted))
        return false;
    return a == b || (a != TABLE_VIRTUAL && b != TABLE_VIRTUAL);
}

static size_t find_column(const struct alter_match *match, const struct table_column *wanted)
{
    struct slice name = renamed_from(match->request, false, wanted->name);

    if (slice_is_none(name) && is_renamed_away(match->request, false, wanted->name))
        return NOT_MATCHED;
    size_t at = name_index_find(&match->now_columns, slice_is_none(name) ? wanted->name : name);
    if (at == NAME_INDEX_NONE)
        return NOT_MATCHED;
    bool same_row_time = table_column_is_row_time(match->now->columns[at].definition) ==
                         table_column_is_row_time(wanted->definition);
    return same_row_time && can_become(match->request->mariadb, match->now->columns[at].definition,
                                       wanted->definition)
               ? at
               : NOT_MATCHED;
}

/* The longest run of columns that stand in the same order in both stays in place: patience sorting,
 * where tails[n] ends the run of length n + 1 that ends earliest. */
static void find_in_place(struct alter_match *match)
{
    size_t count = match->wanted->column_count, longest = 0;
    size_t *tails = memory_new(count + 1, sizeof(*tails));
    size_t *previous = memory_new(count + 1, sizeof(*previous));

    for (size_t i = 0; i < count; i++) {
        size_t low = 0, high = longest;
        if (match->column_now[i] == NOT_MATCHED)
            continue;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (match->column_now[tails[middle]] < match->column_now[i])
                low = middle + 1;
            else
                high = middle;
        }
        previous[i] = low == 0 ? NOT_MATCHED : tails[low - 1];
        tails[low] = i;
        if (low == longest)
            longest++;
    }
    for (size_t i = longest == 0 ? NOT_MATCHED : tails[longest - 1]; i != NOT_MATCHED;
         i = previous[i])
        match->in_place[i] = true;
    free(tails);
    free(previous);
}

static void match_columns(struct alter_match *match)
{
    for (size_t i = 0; i < match->now->column_count; i++) {
        name_index_add(&match->now_columns, match->now->columns[i].name, i);
        match->column_wanted[i] = NOT_MATCHED;
    }
    for (size_t i = 0; i < match->wanted->column_count; i++) {
        match->column_now[i] = find_column(match, &match->wanted->columns[i]);
        if (match->column_now[i] != NOT_MATCHED)
            match->column_wanted[match->column_now[i]] = i;
    }
    find_in_place(match);
}

/* A name that a new column gets, of which there was one before: that one was dropped, or renamed to what
 * the text mentions, and servers may take the one for the other. */
static bool mentions_recreated_column(const struct alter_match *match, struct slice text)
{
    for (size_t i = 0; i < match->wanted->column_count; i++) {
        struct slice name = match->wanted->columns[i].name;
        size_t before = name_index_find(&match->now_columns, name);
        if (match->column_now[i] != NOT_MATCHED || before == NAME_INDEX_NONE)
            continue;
        size_t renamed = match->column_wanted[before];
        if (printed_mentions(text, name) ||
            (renamed != NOT_MATCHED &&
             printed_mentions(text, match->wanted->columns[renamed].name)))
            return true;
    }
    return false;
}

bool alter_match_disturbs(const struct alter_match *match, struct slice text)
{
    for (size_t i = 0; i < match->now->column_count; i++) {
        struct slice name = match->now->columns[i].name;
        size_t wanted = match->column_wanted[i];
        bool stays =
            wanted != NOT_MATCHED && slice_equal_nocase(match->wanted->columns[wanted].name, name);
        if (!stays && printed_mentions(text, name))
            return true;
    }
    return false;
}

/* --- keys and constraints --------------------------------------------------------------------- */

static bool is_primary(const struct table_part *part)
{
    return part->kind == TABLE_KEY && slice_is_none(part->name);
}

bool alter_match_same_but_name(const struct table_part *a, const struct table_part *b)
{
    size_t a_at = (size_t)(a->name.ptr - a->text.ptr), b_at = (size_t)(b->name.ptr - b->text.ptr);

    return slice_equal(slice_make(a->text.ptr, a_at), slice_make(b->text.ptr, b_at)) &&
           slice_equal(slice_from_offset(a->text, a_at + a->name.len),
                       slice_from_offset(b->text, b_at + b->name.len));
}

/* How the servers print it behind the rest of the key. */
static struct slice hidden_mark(bool mariadb)
{
    return mariadb ? SLICE(" IGNORED") : SLICE(" /*!80000 INVISIBLE */");
}

bool alter_match_is_hidden(bool mariadb, const struct table_part *key)
{
    struct slice mark = hidden_mark(mariadb);

    return key->text.len > mark.len &&
           slice_equal(slice_from_offset(key->text, key->text.len - mark.len), mark);
}

/* To drop it and to add it again would do nothing: MariaDB takes that for the same key. */
bool alter_match_same_but_hidden(bool mariadb, const struct table_part *a,
                                 const struct table_part *b)
{
    bool a_hidden = alter_match_is_hidden(mariadb, a);
    const struct table_part *hidden = a_hidden ? a : b, *shown = a_hidden ? b : a;
    size_t len = shown->text.len;

    return a->kind == TABLE_KEY && b->kind == TABLE_KEY &&
           a_hidden != alter_match_is_hidden(mariadb, b) &&
           hidden->text.len == len + hidden_mark(mariadb).len &&
           slice_equal(slice_make(hidden->text.ptr, len), shown->text);
}

/* The definition with " USING HASH" is the other one but for these words. */
static bool differs_in_hash(struct slice hashed, struct slice other)
{
    const struct slice words = SLICE(" USING HASH");
    size_t at = printed_find(hashed, "USING HASH");

    if (at == PRINTED_NOWHERE || hashed.len != other.len + words.len)
        return false;
    at -= 1; /* the blank ahead */
    return slice_equal(slice_make(hashed.ptr, at), slice_make(other.ptr, at)) &&
           slice_equal(slice_from_offset(hashed, at + words.len), slice_from_offset(other, at));
}

bool alter_match_turns_hashed(const struct alter_match *match, const struct table_part *now,
                              const struct table_part *wanted)
{
    bool comes = table_key_is_hashed(match->wanted, wanted);

    if (!match->request->mariadb || comes == table_key_is_hashed(match->now, now))
        return false;
    if (comes)
        return table_key_must_be_hashed(match->wanted, wanted) &&
               differs_in_hash(wanted->text, now->text);
    return table_key_must_be_hashed(match->now, now) && differs_in_hash(now->text, wanted->text);
}

unsigned alter_match_group(bool mariadb, const struct table *wanted, const struct table_part *part)
{
    if (part->kind == TABLE_KEY)
        return table_key_class(wanted, part, mariadb);
    return TABLE_KEY_CLASSES + (unsigned)part->kind;
}

bool alter_match_is_sorted_by_name(bool mariadb, const struct table_part *part)
{
    return part->kind == TABLE_FOREIGN_KEY || (part->kind == TABLE_CHECK && !mariadb);
}

static bool is_same_part(const struct alter_match *match, const struct table_part *now,
                         const struct table_part *wanted)
{
    if (now->kind != wanted->kind)
        return false;
    return slice_equal(now->text, wanted->text) ||
           alter_match_same_but_hidden(match->request->mariadb, now, wanted) ||
           alter_match_turns_hashed(match, now, wanted);
}

/* Both have names and differ in nothing else. */
static bool is_renamed_part(const struct table_part *now, const struct table_part *wanted)
{
    return now->kind == TABLE_KEY && wanted->kind == TABLE_KEY && !is_primary(now) &&
           !is_primary(wanted) && alter_match_same_but_name(now, wanted);
}

/* A name of which both tables have a key is renamed only when a rename says so. */
static bool names_a_key(const struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->part_count; i++) {
        if (table->parts[i].kind == TABLE_KEY && !slice_is_none(table->parts[i].name) &&
            slice_equal_nocase(table->parts[i].name, name))
            return true;
    }
    return false;
}

static size_t find_same_part(const struct alter_match *match, const struct table_part *wanted)
{
    struct slice from = wanted->kind == TABLE_KEY && !is_primary(wanted)
                            ? renamed_from(match->request, true, wanted->name)
                            : SLICE_NONE;

    for (size_t i = 0; i < match->now->part_count; i++) {
        const struct table_part *part = &match->now->parts[i];
        if (!slice_is_none(from) && part->kind == TABLE_KEY && !is_primary(part) &&
            slice_equal_nocase(part->name, from) && is_renamed_part(part, wanted))
            return i;
        if (is_same_part(match, part, wanted) &&
            (is_primary(part) || part->kind != TABLE_KEY ||
             !is_renamed_away(match->request, true, part->name)))
            return i;
    }
    return NOT_MATCHED;
}

/* A key that only has another name, without a rename that says so. */
static size_t find_renamed_part(const struct alter_match *match, const bool *used,
                                const struct table_part *wanted)
{
    for (size_t i = 0; i < match->now->part_count; i++) {
        const struct table_part *part = &match->now->parts[i];
        if (!used[i] && is_renamed_part(part, wanted) && !names_a_key(match->wanted, part->name) &&
            !names_a_key(match->now, wanted->name))
            return i;
    }
    return NOT_MATCHED;
}

static void match_parts(struct alter_match *match)
{
    const struct table *wanted = match->wanted;
    bool *used = memory_new(match->now->part_count + 1, sizeof(*used));

    for (size_t i = 0; i < wanted->part_count; i++) {
        match->part_now[i] = find_same_part(match, &wanted->parts[i]);
        if (match->part_now[i] != NOT_MATCHED)
            used[match->part_now[i]] = true;
    }
    for (size_t i = 0; i < wanted->part_count; i++) {
        if (match->part_now[i] != NOT_MATCHED)
            continue;
        match->part_now[i] = find_renamed_part(match, used, &wanted->parts[i]);
        if (match->part_now[i] != NOT_MATCHED)
            used[match->part_now[i]] = true;
    }
    free(used);
}

/* `a`,`b` of a key or foreign key: what stands in its first parentheses. */
static struct slice part_columns(const struct table_part *part)
{
    struct slice group = printed_group(part->text, 0);

    return group.len < 2 ? SLICE_NONE : slice_make(group.ptr + 1, group.len - 2);
}

/* A key that a foreign key once brought with it, as far as one can see. */
static bool is_brought_by(const struct table_part *key, const struct table_part *foreign_key)
{
    struct slice columns = part_columns(foreign_key);

    return key->kind == TABLE_KEY && slice_starts_with(key->text, SLICE("KEY ")) &&
           slice_equal(part_columns(key), columns) &&
           (slice_equal(key->name, foreign_key->name) ||
            slice_equal(key->name, printed_name(columns, 0)));
}

static bool is_brought_in(const struct table *table, const struct table_part *key)
{
    for (size_t i = 0; i < table->part_count; i++) {
        if (table->parts[i].kind == TABLE_FOREIGN_KEY && is_brought_by(key, &table->parts[i]))
            return true;
    }
    return false;
}

/* A part that is made, key or foreign key, whose columns begin with those of the key: the server then
 * drops a key that a foreign key brought, and puts one of its own behind the others where it needs
 * one. NULL: none. */
static const struct table_part *find_cover(const struct alter_match *match, size_t index)
{
    const struct table *wanted = match->wanted;
    struct slice columns = part_columns(&wanted->parts[index]);

    if (!is_brought_in(match->now, &match->now->parts[match->part_now[index]]) &&
        !is_brought_in(wanted, &wanted->parts[index]))
        return NULL;
    for (size_t i = 0; i < wanted->part_count; i++) {
        const struct table_part *part = &wanted->parts[i];
        struct slice other = part_columns(part);
        if (i != index && (part->kind == TABLE_KEY || part->kind == TABLE_FOREIGN_KEY) &&
            !match->part_kept[i] && slice_starts_with(other, columns) &&
            (other.len == columns.len || other.ptr[columns.len] == ','))
            return part;
    }
    return NULL;
}

static bool is_last_of_group(const struct alter_match *match, size_t index)
{
    const struct table *wanted = match->wanted;
    bool mariadb = match->request->mariadb;
    unsigned group = alter_match_group(mariadb, wanted, &wanted->parts[index]);

    for (size_t i = index + 1; i < wanted->part_count; i++) {
        if (alter_match_group(mariadb, wanted, &wanted->parts[i]) == group)
            return false;
    }
    return true;
}

static bool is_lifted(const struct alter_match *match, const struct table_part *part)
{
    for (size_t i = 0; i < match->request->lifted_count; i++) {
        if (part->kind == TABLE_FOREIGN_KEY &&
            slice_equal_nocase(part->name, match->request->lifted[i]))
            return true;
    }
    return false;
}

/* MariaDB looks for what a generated column reads once more through each check on that column. */
static bool reads_disturbed_column(const struct alter_match *match, const struct table_part *part)
{
    for (size_t i = 0; i < match->now->column_count && part->kind == TABLE_CHECK; i++) {
        const struct table_column *column = &match->now->columns[i];
        if (table_column_storage(column->definition) != TABLE_PLAIN &&
            printed_mentions(part->text, column->name) &&
            alter_match_disturbs(match, column->definition))
            return true;
    }
    return false;
}

/* MySQL follows no renaming of a column into expressions, and drops no column that one needs. */
static bool has_disturbed_expression(const struct alter_match *match, const struct table_part *part)
{
    if (match->request->mariadb)
        return reads_disturbed_column(match, part);
    if (part->kind == TABLE_KEY)
        return printed_mentions(part->text, SLICE("((")) && alter_match_disturbs(match, part->text);
    return part->kind == TABLE_CHECK && alter_match_disturbs(match, part->text);
}

static bool drops_column(const struct alter_match *match)
{
    for (size_t i = 0; i < match->now->column_count; i++) {
        if (match->column_wanted[i] == NOT_MATCHED)
            return true;
    }
    return false;
}

/* Servers drop a check with the last of its columns: one without any goes with any column. */
static bool goes_with_any_column(const struct alter_match *match, const struct table_part *part)
{
    if (part->kind != TABLE_CHECK)
        return false;
    struct slice behind =
        slice_from_offset(part->text, (size_t)(part->name.ptr - part->text.ptr) + part->name.len);
    return !printed_mentions(behind, SLICE("`")) && drops_column(match);
}

bool alter_match_is_forgotten(bool mariadb, const struct table *table,
                              const struct table_part *part)
{
    if (!mariadb)
        return part->kind == TABLE_CHECK && printed_mentions(part->text, SLICE("'"));
    return table_key_is_hashed(table, part) && !table_key_must_be_hashed(table, part);
}

static bool is_hashed(const struct alter_match *match, size_t index)
{
    return table_key_is_hashed(match->wanted, &match->wanted->parts[index]) ||
           table_key_is_hashed(match->now, &match->now->parts[match->part_now[index]]);
}

/* Of a key that is or was hashed: do the same keys stand ahead of it, and the same behind? One that stays goes
 * nowhere else. */
static bool stands_where_it_stood(const struct alter_match *match, size_t index)
{
    for (size_t i = 0; i < match->wanted->part_count; i++) {
        if (match->wanted->parts[i].kind == TABLE_KEY && match->part_now[i] != NOT_MATCHED &&
            (i < index) != (match->part_now[i] < match->part_now[index]) && i != index)
            return false;
    }
    return true;
}

static bool loses_hash(const struct alter_match *match, size_t index)
{
    if (!match->request->mariadb || match->wanted->parts[index].kind != TABLE_KEY ||
        !is_hashed(match, index))
        return false;
    return match->request->is_renamed || !stands_where_it_stood(match, index) ||
           alter_match_is_forgotten(true, match->wanted, &match->wanted->parts[index]);
}

static bool is_of_charset(const struct table *table, struct slice definition, const char *charset)
{
    const struct table_option *usual = table_option(table, "DEFAULT CHARSET");
    struct slice unknown, phrase = SLICE_NONE;
    struct column column;

    if (column_read(definition, &column, &unknown))
        phrase = column.attributes[COLUMN_CHARSET];
    if (slice_is_none(phrase) && usual != NULL)
        phrase = usual->text;
    return !slice_is_none(phrase) && printed_find(phrase, charset) != PRINTED_NOWHERE;
}

/* MySQL writes the literals of a check in the character set of the column that it names, when that
 * column changes; of another character set than the session's, with whatever is altered, too. */
static bool gets_other_literals(const struct alter_match *match, const struct table_part *part)
{
    const struct table *wanted = match->wanted;

    if (match->request->mariadb || !alter_match_is_forgotten(false, wanted, part))
        return false;
    for (size_t i = 0; i < wanted->column_count; i++) {
        struct slice definition = wanted->columns[i].definition;
        size_t at = match->column_now[i];
        if (at == NOT_MATCHED || !table_column_character(definition) ||
            !printed_mentions(part->text, wanted->columns[i].name))
            continue;
        struct slice before = match->now->columns[at].definition;
        if (!slice_equal(before, definition) || !is_of_charset(wanted, definition, "utf8mb4") ||
            !is_of_charset(match->now, before, "utf8mb4"))
            return true;
    }
    return false;
}

/* MariaDB leaves a key with a prefix where it stands, although its columns become NOT NULL or nullable. */
static bool changes_class(const struct alter_match *match, size_t index)
{
    const struct table_part *part = &match->wanted->parts[index];
    const struct table_part *now = &match->now->parts[match->part_now[index]];

    return match->request->mariadb && part->kind == TABLE_KEY &&
           printed_mentions(part_columns(part), SLICE("`(")) &&
           table_key_class(match->now, now, true) != table_key_class(match->wanted, part, true);
}

static bool is_kept_alone(const struct alter_match *match, size_t index)
{
    const struct table_part *part = &match->wanted->parts[index];

    return match->part_now[index] != NOT_MATCHED && !is_lifted(match, part) &&
           !mentions_recreated_column(match, part->text) &&
           !has_disturbed_expression(match, part) && !goes_with_any_column(match, part) &&
           !loses_hash(match, index) && !gets_other_literals(match, part) &&
           !changes_class(match, index);
}

/* Of each group the parts stay up to the first that must be made; the others come behind it anew. */
static bool keeps_order(const struct alter_match *match, size_t index)
{
    const struct table *wanted = match->wanted;
    const struct table_part *part = &wanted->parts[index];
    bool mariadb = match->request->mariadb;
    unsigned group = alter_match_group(mariadb, wanted, part);

    if (alter_match_is_sorted_by_name(mariadb, part))
        return true;
    for (size_t i = 0; i < index; i++) {
        if (alter_match_group(mariadb, wanted, &wanted->parts[i]) == group &&
            (!match->part_kept[i] || match->part_now[i] > match->part_now[index]))
            return false;
    }
    return true;
}

/* What is made anew may make others necessary: until nothing changes any more. */
static void find_kept(struct alter_match *match)
{
    const struct table *wanted = match->wanted;
    bool changed = true;

    for (size_t i = 0; i < wanted->part_count; i++)
        match->part_kept[i] = is_kept_alone(match, i);
    while (changed) {
        changed = false;
        for (size_t i = 0; i < wanted->part_count; i++) {
            if (!match->part_kept[i])
                continue;
            bool kept = keeps_order(match, i);
            const struct table_part *cover =
                kept && wanted->parts[i].kind == TABLE_KEY ? find_cover(match, i) : NULL;
            if (cover != NULL) /* the server's own may be the same one again */
                kept = cover->kind == TABLE_FOREIGN_KEY && is_last_of_group(match, i) &&
                       slice_equal(cover->name, wanted->parts[i].name);
            match->part_kept[i] = kept;
            changed |= !kept;
        }
    }
    for (size_t i = 0; i < wanted->part_count; i++) {
        if (match->part_kept[i])
            match->now_kept[match->part_now[i]] = true;
    }
}

void alter_match_read(const struct alter_request *request, struct alter_match *match)
{
    const struct table *now = request->now, *wanted = request->wanted;

    *match = (struct alter_match){
        .request = request,
        .now = now,
        .wanted = wanted,
        .column_now = memory_new(wanted->column_count + 1, sizeof(*match->column_now)),
        .column_wanted = memory_new(now->column_count + 1, sizeof(*match->column_wanted)),
        .in_place = memory_new(wanted->column_count + 1, sizeof(*match->in_place)),
        .part_now = memory_new(wanted->part_count + 1, sizeof(*match->part_now)),
        .part_kept = memory_new(wanted->part_count + 1, sizeof(*match->part_kept)),
        .now_kept = memory_new(now->part_count + 1, sizeof(*match->now_kept)),
    };
    match_columns(match);
    match_parts(match);
    find_kept(match);
}

void alter_match_release(struct alter_match *match)
{
    name_index_release(&match->now_columns);
    free(match->column_now);
    free(match->column_wanted);
    free(match->in_place);
    free(match->part_now);
    free(match->part_kept);
    free(match->now_kept);
}
