/* alter: see alter.h. First the steps are found (one function for each kind of part), then the
 * model carries them out on copies of the lists (`model_...`) and the result is compared with
 * `wanted`. */
#include "schema/alter.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/printed.h"

#define NOT_MATCHED ((size_t)-1)

/* Everything about one plan while it is made. */
struct planner {
    struct table *now;
    const struct table *wanted;
    const struct table_rename *renames;
    size_t rename_count;
    bool mariadb;
    struct alter *alter;
    struct problem *problem;
    size_t *column_now; /* for each wanted column: its index in now, or NOT_MATCHED */
    bool *in_place;     /* for each wanted column: it need not move */
    bool *part_kept;    /* for each part of wanted: it stays as it is or is only renamed */
    size_t *part_now;   /* for each part of wanted: its index in now, or NOT_MATCHED */
};

static struct alter_step *add_step(struct planner *planner, enum alter_kind kind)
{
    struct alter *alter = planner->alter;

    alter->steps = memory_resize(alter->steps, alter->step_count + 1, sizeof(*alter->steps));
    struct alter_step *step = &alter->steps[alter->step_count++];
    *step = (struct alter_step){.kind = kind};
    return step;
}

/* --- columns -------------------------------------------------------------------------------------
 */

static bool is_renamed_to(const struct planner *planner, bool index, struct slice from,
                          struct slice to)
{
    for (size_t i = 0; i < planner->rename_count; i++) {
        const struct table_rename *rename = &planner->renames[i];
        if (rename->index == index && slice_equal_nocase(rename->from, from) &&
            slice_equal_nocase(rename->to, to))
            return true;
    }
    return false;
}

/* A name that a rename takes away or gives is not matched with its namesake. */
static bool is_in_rename(const struct planner *planner, bool index, struct slice from,
                         struct slice to)
{
    for (size_t i = 0; i < planner->rename_count; i++) {
        const struct table_rename *rename = &planner->renames[i];
        if (rename->index == index &&
            (slice_equal_nocase(rename->from, from) || slice_equal_nocase(rename->to, to)))
            return true;
    }
    return false;
}

static size_t find_column(const struct planner *planner, const struct table_column *wanted)
{
    const struct table *now = planner->now;

    for (size_t i = 0; i < now->column_count; i++) {
        struct slice name = now->columns[i].name;
        bool same = slice_equal_nocase(name, wanted->name) &&
                    !is_in_rename(planner, false, name, wanted->name);
        if (!same && !is_renamed_to(planner, false, name, wanted->name))
            continue;
        /* a generated column is computed again; servers change its kind only by a new column */
        return table_column_storage(now->columns[i].definition) ==
                       table_column_storage(wanted->definition)
                   ? i
                   : NOT_MATCHED;
    }
    return NOT_MATCHED;
}

/* The longest run of columns that stand in the same order in both stays in place. */
static void find_in_place(struct planner *planner)
{
    size_t count = planner->wanted->column_count, best = NOT_MATCHED;
    size_t *length = memory_new(count + 1, sizeof(*length));
    size_t *previous = memory_new(count + 1, sizeof(*previous));

    for (size_t i = 0; i < count; i++) {
        if (planner->column_now[i] == NOT_MATCHED)
            continue;
        length[i] = 1;
        previous[i] = NOT_MATCHED;
        for (size_t j = 0; j < i; j++) {
            if (planner->column_now[j] != NOT_MATCHED &&
                planner->column_now[j] < planner->column_now[i] && length[j] + 1 > length[i]) {
                length[i] = length[j] + 1;
                previous[i] = j;
            }
        }
        if (best == NOT_MATCHED || length[i] > length[best])
            best = i;
    }
    for (; best != NOT_MATCHED; best = previous[best])
        planner->in_place[best] = true;
    free(length);
    free(previous);
}

static bool column_is_wanted(const struct planner *planner, size_t now)
{
    for (size_t i = 0; i < planner->wanted->column_count; i++) {
        if (planner->column_now[i] == now)
            return true;
    }
    return false;
}

static bool same_option(const struct planner *planner, const char *key)
{
    const struct table_option *now = table_option(planner->now, key);
    const struct table_option *wanted = table_option(planner->wanted, key);

    if (now == NULL || wanted == NULL)
        return now == wanted;
    return slice_equal(now->text, wanted->text);
}

/* A column printed without a character set has the table's, so that its text is the same although
 * the column is not. */
static bool charset_differs(const struct planner *planner)
{
    return !same_option(planner, "DEFAULT CHARSET") || !same_option(planner, "COLLATE");
}

static void plan_column(struct planner *planner, size_t index)
{
    const struct table_column *wanted = &planner->wanted->columns[index];
    size_t at = planner->column_now[index];
    struct alter_step *step;

    if (at == NOT_MATCHED) {
        step = add_step(planner, ALTER_ADD_COLUMN);
    } else {
        const struct table_column *now = &planner->now->columns[at];
        if (planner->in_place[index] && slice_equal(now->name, wanted->name) &&
            slice_equal(now->definition, wanted->definition) &&
            !(charset_differs(planner) && table_column_character(wanted->definition)))
            return;
        step = add_step(planner, ALTER_CHANGE_COLUMN);
        step->from = now->name;
    }
    step->name = wanted->name;
    step->text = wanted->definition;
    step->placed = at == NOT_MATCHED || !planner->in_place[index];
    if (index > 0)
        step->after = planner->wanted->columns[index - 1].name;
}

static void plan_columns(struct planner *planner)
{
    for (size_t i = 0; i < planner->now->column_count; i++) {
        if (!column_is_wanted(planner, i))
            add_step(planner, ALTER_DROP_COLUMN)->name = planner->now->columns[i].name;
    }
    for (size_t i = 0; i < planner->wanted->column_count; i++)
        plan_column(planner, i);
}

/* --- keys and constraints --------------------------------------------------------------------- */

static bool is_primary(const struct table_part *part)
{
    return part->kind == TABLE_KEY && slice_is_none(part->name);
}

/* The text without the name, for parts that may be renamed. */
static bool same_but_name(const struct table_part *a, const struct table_part *b)
{
    size_t a_at = (size_t)(a->name.ptr - a->text.ptr), b_at = (size_t)(b->name.ptr - b->text.ptr);

    return slice_equal(slice_make(a->text.ptr, a_at), slice_make(b->text.ptr, b_at)) &&
           slice_equal(slice_from_offset(a->text, a_at + a->name.len),
                       slice_from_offset(b->text, b_at + b->name.len));
}

/* Hidden from the optimizer: how the servers print it behind the rest of the key. */
static struct slice hidden_mark(const struct planner *planner)
{
    return planner->mariadb ? SLICE(" IGNORED") : SLICE(" /*!80000 INVISIBLE */");
}

static bool is_hidden(const struct planner *planner, const struct table_part *key)
{
    struct slice mark = hidden_mark(planner);

    return key->text.len > mark.len &&
           slice_equal(slice_from_offset(key->text, key->text.len - mark.len), mark);
}

/* The same key, hidden in only one of the two. To drop it and to add it again would do nothing:
 * MariaDB takes that for the same key. */
static bool same_but_hidden(const struct planner *planner, const struct table_part *a,
                            const struct table_part *b)
{
    bool a_hidden = is_hidden(planner, a);
    const struct table_part *hidden = a_hidden ? a : b, *shown = a_hidden ? b : a;
    size_t len = shown->text.len;

    return a->kind == TABLE_KEY && b->kind == TABLE_KEY && a_hidden != is_hidden(planner, b) &&
           hidden->text.len == len + hidden_mark(planner).len &&
           slice_equal(slice_make(hidden->text.ptr, len), shown->text);
}

static size_t find_part(const struct planner *planner, const struct table_part *wanted)
{
    const struct table *now = planner->now;

    for (size_t i = 0; i < now->part_count; i++) {
        const struct table_part *part = &now->parts[i];
        if (part->kind != wanted->kind)
            continue;
        if (slice_equal(part->text, wanted->text) || same_but_hidden(planner, part, wanted))
            return i;
        if (part->kind == TABLE_KEY && !is_primary(part) && !is_primary(wanted) &&
            is_renamed_to(planner, true, part->name, wanted->name) && same_but_name(part, wanted))
            return i;
    }
    return NOT_MATCHED;
}

/* Dropped under its name and added again under the same one: its keys must be made anew. */
static bool holds_recreated_column(const struct planner *planner, struct slice text)
{
    for (size_t i = 0; i < planner->wanted->column_count; i++) {
        struct slice name = planner->wanted->columns[i].name;
        if (planner->column_now[i] == NOT_MATCHED && table_column(planner->now, name) != NULL &&
            printed_mentions(text, name))
            return true;
    }
    return false;
}

/* Parts of one group are kept in the order in which the server keeps them, new ones behind. */
static unsigned part_group(const struct planner *planner, const struct table_part *part)
{
    if (part->kind == TABLE_KEY)
        return table_key_class(planner->wanted, part);
    return 100 + (unsigned)part->kind;
}

/* Printed by name, whatever the order in which they were made. */
static bool is_sorted_by_name(const struct planner *planner, const struct table_part *part)
{
    return part->kind == TABLE_FOREIGN_KEY || (part->kind == TABLE_CHECK && !planner->mariadb);
}

/* `a`,`b` of a key or foreign key: what stands in its first parentheses. */
static struct slice part_columns(const struct table_part *part)
{
    struct slice group = printed_group(part->text, 0);

    return group.len < 2 ? SLICE_NONE : slice_make(group.ptr + 1, group.len - 2);
}

/* A key that a foreign key once brought with it, as far as one can see: the server replaces it by a
 * new one, behind the others, when that foreign key is added again. */
static bool is_brought_by(const struct table_part *key, const struct table_part *foreign_key)
{
    struct slice columns = part_columns(foreign_key);

    return key->kind == TABLE_KEY && slice_starts_with(key->text, SLICE("KEY ")) &&
           slice_equal(part_columns(key), columns) &&
           (slice_equal(key->name, foreign_key->name) ||
            slice_equal(key->name, printed_name(columns, 0)));
}

static bool is_replaced_by_server(const struct planner *planner, const struct table_part *key)
{
    const struct table *wanted = planner->wanted;

    for (size_t i = 0; i < wanted->part_count; i++) {
        const struct table_part *part = &wanted->parts[i];
        if (part->kind == TABLE_FOREIGN_KEY && is_brought_by(key, part) &&
            find_part(planner, part) == NOT_MATCHED)
            return true;
    }
    return false;
}

static bool is_last_of_group(const struct planner *planner, size_t index)
{
    const struct table *wanted = planner->wanted;

    for (size_t i = index + 1; i < wanted->part_count; i++) {
        if (part_group(planner, &wanted->parts[i]) == part_group(planner, &wanted->parts[index]))
            return false;
    }
    return true;
}

/* Of each group the parts stay up to the first that must be made; the others come behind it anew.
 */
static void find_kept(struct planner *planner)
{
    const struct table *wanted = planner->wanted;

    for (size_t i = 0; i < wanted->part_count; i++) {
        const struct table_part *part = &wanted->parts[i];
        planner->part_now[i] = find_part(planner, part);
        bool kept = planner->part_now[i] != NOT_MATCHED &&
                    !(part->kind != TABLE_CHECK && holds_recreated_column(planner, part->text));
        if (kept && is_replaced_by_server(planner, part))
            kept = is_last_of_group(planner, i);
        for (size_t j = 0; j < i && kept && !is_sorted_by_name(planner, part); j++) {
            if (part_group(planner, &wanted->parts[j]) == part_group(planner, part))
                kept = planner->part_kept[j] && planner->part_now[j] < planner->part_now[i];
        }
        planner->part_kept[i] = kept;
    }
}

static bool part_is_kept(const struct planner *planner, size_t now)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        if (planner->part_kept[i] && planner->part_now[i] == now)
            return true;
    }
    return false;
}

static void plan_drops(struct planner *planner, enum table_part_kind kind, enum alter_kind step)
{
    for (size_t i = 0; i < planner->now->part_count; i++) {
        const struct table_part *part = &planner->now->parts[i];
        if (part->kind == kind && !part_is_kept(planner, i))
            add_step(planner, step)->name = part->name;
    }
}

static void plan_adds(struct planner *planner, enum table_part_kind kind,
                      enum alter_kind kind_of_step)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        const struct table_part *part = &planner->wanted->parts[i];
        if (part->kind != kind || planner->part_kept[i])
            continue;
        struct alter_step *step = add_step(planner, kind_of_step);
        step->name = part->name;
        step->text = part->text;
    }
}

static void plan_key_renames(struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        const struct table_part *part = &planner->wanted->parts[i];
        if (part->kind != TABLE_KEY || !planner->part_kept[i])
            continue;
        const struct table_part *now = &planner->now->parts[planner->part_now[i]];
        if (slice_equal(now->name, part->name))
            continue;
        struct alter_step *step = add_step(planner, ALTER_RENAME_KEY);
        step->from = now->name;
        step->name = part->name;
    }
}

static void plan_hidden_keys(struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        const struct table_part *part = &planner->wanted->parts[i];
        if (!planner->part_kept[i] ||
            !same_but_hidden(planner, &planner->now->parts[planner->part_now[i]], part))
            continue;
        struct alter_step *step = add_step(planner, ALTER_SHOW_KEY);
        bool hidden = is_hidden(planner, part);
        step->name = part->name;
        if (planner->mariadb)
            step->text = hidden ? SLICE("IGNORED") : SLICE("NOT IGNORED");
        else
            step->text = hidden ? SLICE("INVISIBLE") : SLICE("VISIBLE");
    }
}

static enum error plan_periods(const struct planner *planner)
{
    for (size_t pass = 0; pass < 2; pass++) {
        const struct table *table = pass == 0 ? planner->now : planner->wanted;
        for (size_t i = 0; i < table->part_count; i++) {
            if (table->parts[i].kind != TABLE_PERIOD)
                continue;
            bool same = pass == 0 ? part_is_kept(planner, i) : planner->part_kept[i];
            if (!same)
                return problem_set(planner->problem, ERROR_UNSUPPORTED,
                                   "a period of the table was added or dropped");
        }
    }
    return ERROR_NONE;
}

/* --- options ---------------------------------------------------------------------------------- */

/* Options that an ALTER sets to any value, and how each is taken away again (NULL: it always has
 * one). */
static const struct {
    const char *key;
    const char *reset;
} known_options[] = {
    {"ENGINE", NULL},
    {"DEFAULT CHARSET", NULL},
    {"COLLATE", ""}, /* written together with DEFAULT CHARSET */
    {"COMMENT", "COMMENT=''"},
    {"ROW_FORMAT", "ROW_FORMAT=DEFAULT"},
    {"KEY_BLOCK_SIZE", "KEY_BLOCK_SIZE=0"},
    {"STATS_PERSISTENT", "STATS_PERSISTENT=DEFAULT"},
    {"STATS_AUTO_RECALC", "STATS_AUTO_RECALC=DEFAULT"},
    {"STATS_SAMPLE_PAGES", "STATS_SAMPLE_PAGES=DEFAULT"},
    {"PACK_KEYS", "PACK_KEYS=DEFAULT"},
    {"CHECKSUM", "CHECKSUM=0"},
    {"DELAY_KEY_WRITE", "DELAY_KEY_WRITE=0"},
    {"MAX_ROWS", "MAX_ROWS=0"},
    {"MIN_ROWS", "MIN_ROWS=0"},
    {"AVG_ROW_LENGTH", "AVG_ROW_LENGTH=0"},
};

/* Attributes that a MariaDB engine defines are printed in backquotes and know DEFAULT. */
static bool is_engine_attribute(struct slice key)
{
    return key.len > 0 && key.ptr[0] == '`';
}

static bool option_is_known(struct slice key, bool reset)
{
    if (is_engine_attribute(key))
        return true;
    for (size_t i = 0; i < sizeof(known_options) / sizeof(known_options[0]); i++) {
        if (slice_equal(key, slice_from(known_options[i].key)))
            return !reset || known_options[i].reset != NULL;
    }
    return false;
}

static bool has_option(const struct table *table, const struct table_option *option)
{
    for (size_t i = 0; i < table->option_count; i++) {
        if (slice_equal(table->options[i].text, option->text))
            return true;
    }
    return false;
}

static bool has_option_key(const struct table *table, struct slice key)
{
    for (size_t i = 0; i < table->option_count; i++) {
        if (slice_equal(table->options[i].key, key))
            return true;
    }
    return false;
}

static enum error check_options(const struct planner *planner)
{
    for (size_t pass = 0; pass < 2; pass++) {
        const struct table *table = pass == 0 ? planner->now : planner->wanted;
        const struct table *other = pass == 0 ? planner->wanted : planner->now;
        for (size_t i = 0; i < table->option_count; i++) {
            const struct table_option *option = &table->options[i];
            bool reset = pass == 0 && !has_option_key(other, option->key);
            if (!has_option(other, option) && !option_is_known(option->key, reset))
                return problem_set(
                    planner->problem, ERROR_UNSUPPORTED,
                    "no ALTER TABLE is known that changes the table option %.*s back",
                    (int)option->key.len, option->key.ptr);
        }
    }
    return ERROR_NONE;
}

static void plan_charset(struct planner *planner)
{
    const struct table_option *charset = table_option(planner->wanted, "DEFAULT CHARSET");
    const struct table_option *collate = table_option(planner->wanted, "COLLATE");

    if (charset == NULL || !charset_differs(planner))
        return;
    struct alter_step *step = add_step(planner, ALTER_OPTION);
    step->text = charset->text;
    if (collate != NULL) /* printed right behind it */
        step->text.len = (size_t)(collate->text.ptr + collate->text.len - charset->text.ptr);
}

static void plan_engine_attributes(struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->option_count; i++) {
        const struct table_option *option = &planner->wanted->options[i];
        if (is_engine_attribute(option->key) && !has_option(planner->now, option))
            add_step(planner, ALTER_OPTION)->text = option->text;
    }
    for (size_t i = 0; i < planner->now->option_count; i++) {
        const struct table_option *option = &planner->now->options[i];
        if (!is_engine_attribute(option->key) || has_option_key(planner->wanted, option->key))
            continue;
        struct alter_step *step = add_step(planner, ALTER_OPTION);
        step->name = option->key;
        step->text = SLICE("=DEFAULT");
    }
}

static void plan_options(struct planner *planner)
{
    plan_charset(planner);
    plan_engine_attributes(planner);
    for (size_t i = 0; i < sizeof(known_options) / sizeof(known_options[0]); i++) {
        const char *key = known_options[i].key;
        const struct table_option *wanted = table_option(planner->wanted, key);
        if (same_option(planner, key) || strcmp(key, "DEFAULT CHARSET") == 0 ||
            strcmp(key, "COLLATE") == 0)
            continue;
        add_step(planner, ALTER_OPTION)->text =
            wanted != NULL ? wanted->text : slice_from(known_options[i].reset);
    }
}

static void plan_partition(struct planner *planner)
{
    if (slice_equal(planner->now->partition, planner->wanted->partition))
        return;
    planner->alter->partition = slice_is_none(planner->wanted->partition)
                                    ? SLICE("REMOVE PARTITIONING")
                                    : planner->wanted->partition;
}

/* --- the model -------------------------------------------------------------------------------- */

struct model {
    struct table_column *columns;
    size_t column_count;
    struct table_part *parts;
    size_t part_count;
};

static const struct alter_step *step_for(const struct alter *alter, enum alter_kind kind,
                                         struct slice from)
{
    for (size_t i = 0; i < alter->step_count; i++) {
        const struct alter_step *step = &alter->steps[i];
        bool by_new_name = kind != ALTER_CHANGE_COLUMN && kind != ALTER_RENAME_KEY;
        struct slice name = by_new_name ? step->name : step->from;
        if (step->kind == kind && slice_is_none(name) == slice_is_none(from) &&
            slice_equal_nocase(name, from))
            return step;
    }
    return NULL;
}

/* Behind which of the columns so far? false when there is no such column. */
static bool model_insert(struct model *model, const struct alter_step *step)
{
    size_t at = 0;

    if (!slice_is_none(step->after)) {
        while (at < model->column_count &&
               !slice_equal_nocase(model->columns[at].name, step->after))
            at++;
        if (at++ == model->column_count)
            return false;
    }
    memmove(&model->columns[at + 1], &model->columns[at],
            (model->column_count - at) * sizeof(*model->columns));
    model->columns[at] = (struct table_column){step->name, step->text};
    model->column_count++;
    return true;
}

static bool model_columns(struct model *model, const struct table *now, const struct alter *alter)
{
    for (size_t i = 0; i < now->column_count; i++) {
        const struct table_column *column = &now->columns[i];
        const struct alter_step *change = step_for(alter, ALTER_CHANGE_COLUMN, column->name);
        if (change != NULL && !change->placed)
            model->columns[model->column_count++] =
                (struct table_column){change->name, change->text};
        else if (change == NULL && step_for(alter, ALTER_DROP_COLUMN, column->name) == NULL)
            model->columns[model->column_count++] = *column;
    }
    for (size_t i = 0; i < alter->step_count; i++) {
        if (alter->steps[i].placed && !model_insert(model, &alter->steps[i]))
            return false;
    }
    return true;
}

static void model_keep_parts(struct model *model, const struct table *now,
                             const struct alter *alter)
{
    static const enum alter_kind drops[] = {[TABLE_KEY] = ALTER_DROP_KEY,
                                            [TABLE_PERIOD] = ALTER_OPTION,
                                            [TABLE_FOREIGN_KEY] = ALTER_DROP_FOREIGN_KEY,
                                            [TABLE_CHECK] = ALTER_DROP_CHECK};

    for (size_t i = 0; i < now->part_count; i++) {
        const struct table_part *part = &now->parts[i];
        if (part->kind != TABLE_PERIOD && step_for(alter, drops[part->kind], part->name) != NULL)
            continue;
        model->parts[model->part_count++] = *part;
    }
}

static void model_add_parts(struct model *model, const struct alter *alter)
{
    for (size_t i = 0; i < alter->step_count; i++) {
        const struct alter_step *step = &alter->steps[i];
        struct table_part part = {.name = step->name, .text = step->text};
        if (step->kind == ALTER_ADD_KEY)
            part.kind = TABLE_KEY;
        else if (step->kind == ALTER_ADD_CHECK)
            part.kind = TABLE_CHECK;
        else if (step->kind == ALTER_ADD_FOREIGN_KEY)
            part.kind = TABLE_FOREIGN_KEY;
        else
            continue;
        model->parts[model->part_count++] = part;
    }
}

/* Is `wanted` what the server prints for the parts of the model? Taken by group: the next part of
 * the group (or the one of that name, where names decide the order) must be the wanted one. */
static bool model_parts_match(const struct planner *planner, struct model *model)
{
    const struct table *wanted = planner->wanted;
    bool *used = memory_new(model->part_count + 1, sizeof(*used));
    bool match = model->part_count == wanted->part_count;

    for (size_t i = 0; i < wanted->part_count && match; i++) {
        const struct table_part *part = &wanted->parts[i];
        bool by_name = is_sorted_by_name(planner, part), found = false;
        for (size_t j = 0; j < model->part_count && !found && match; j++) {
            const struct table_part *candidate = &model->parts[j];
            if (used[j] || part_group(planner, candidate) != part_group(planner, part))
                continue;
            const struct alter_step *rename =
                step_for(planner->alter, ALTER_RENAME_KEY, candidate->name);
            found = slice_equal(candidate->text, part->text) ||
                    (step_for(planner->alter, ALTER_SHOW_KEY, part->name) != NULL &&
                     same_but_hidden(planner, candidate, part)) ||
                    (rename != NULL && slice_equal(rename->name, part->name) &&
                     same_but_name(candidate, part));
            used[j] = found;
            match = found || by_name;
        }
        match = match && found;
    }
    free(used);
    return match;
}

static bool model_columns_match(const struct model *model, const struct table *wanted)
{
    if (model->column_count != wanted->column_count)
        return false;
    for (size_t i = 0; i < wanted->column_count; i++) {
        if (!slice_equal(model->columns[i].name, wanted->columns[i].name) ||
            !slice_equal(model->columns[i].definition, wanted->columns[i].definition))
            return false;
    }
    return true;
}

static enum error check_on_model(const struct planner *planner)
{
    const struct table *now = planner->now;
    size_t steps = planner->alter->step_count;
    struct model model = {
        .columns = memory_new(now->column_count + steps + 1, sizeof(*model.columns)),
        .parts = memory_new(now->part_count + steps + 1, sizeof(*model.parts)),
    };
    bool match =
        model_columns(&model, now, planner->alter) && model_columns_match(&model, planner->wanted);

    if (match) {
        model_keep_parts(&model, now, planner->alter);
        model_add_parts(&model, planner->alter);
        match = model_parts_match(planner, &model);
    }
    free(model.columns);
    free(model.parts);
    return match ? ERROR_NONE
                 : problem_set(planner->problem, ERROR_UNSUPPORTED,
                               "the ALTER TABLE found does not lead back to the definition before");
}

/* --- the plan --------------------------------------------------------------------------------- */

static void match_columns(struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->column_count; i++)
        planner->column_now[i] = find_column(planner, &planner->wanted->columns[i]);
    find_in_place(planner);
}

static void plan_steps(struct planner *planner)
{
    plan_drops(planner, TABLE_FOREIGN_KEY, ALTER_DROP_FOREIGN_KEY);
    plan_drops(planner, TABLE_CHECK, ALTER_DROP_CHECK);
    plan_drops(planner, TABLE_KEY, ALTER_DROP_KEY);
    plan_columns(planner);
    plan_key_renames(planner);
    plan_hidden_keys(planner);
    plan_adds(planner, TABLE_KEY, ALTER_ADD_KEY);
    plan_adds(planner, TABLE_CHECK, ALTER_ADD_CHECK);
    plan_options(planner);
    plan_partition(planner);
    plan_adds(planner, TABLE_FOREIGN_KEY, ALTER_ADD_FOREIGN_KEY);
}

enum error alter_plan(struct table *now, const struct table *wanted,
                      const struct table_rename *renames, size_t count, bool mariadb,
                      struct alter *alter, struct problem *problem)
{
    struct planner planner = {
        .now = now,
        .wanted = wanted,
        .renames = renames,
        .rename_count = count,
        .mariadb = mariadb,
        .alter = alter,
        .problem = problem,
        .column_now = memory_new(wanted->column_count + 1, sizeof(*planner.column_now)),
        .in_place = memory_new(wanted->column_count + 1, sizeof(*planner.in_place)),
        .part_kept = memory_new(wanted->part_count + 1, sizeof(*planner.part_kept)),
        .part_now = memory_new(wanted->part_count + 1, sizeof(*planner.part_now)),
    };

    memset(alter, 0, sizeof(*alter));
    table_rename_in_parts(now, renames, count);
    match_columns(&planner);
    find_kept(&planner);
    enum error code = plan_periods(&planner);
    if (code == ERROR_NONE)
        code = check_options(&planner);
    if (code == ERROR_NONE) {
        plan_steps(&planner);
        code = check_on_model(&planner);
    }
    free(planner.column_now);
    free(planner.in_place);
    free(planner.part_kept);
    free(planner.part_now);
    return code;
}

void alter_release(struct alter *alter)
{
    free(alter->steps);
    memset(alter, 0, sizeof(*alter));
}

/* --- writing ---------------------------------------------------------------------------------- */

/* " DEFAULT (...)" with a function of another value at each call: MySQL with a binary log refuses
 * it for a column that is being added, and takes it for one that is there. */
static struct slice late_default(const struct alter_step *step, bool mariadb)
{
    static const char *const functions[] = {"uuid(", "uuid_short(", "rand(", "sysdate("};
    size_t at = printed_find(step->text, "DEFAULT (");

    if (mariadb || step->kind != ALTER_ADD_COLUMN || at == PRINTED_NOWHERE || at == 0)
        return SLICE_NONE;
    struct slice group = printed_group(step->text, at);
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (printed_mentions(group, slice_from(functions[i])))
            return slice_make(step->text.ptr + at - 1,
                              (size_t)(group.ptr - step->text.ptr) + group.len - at + 1);
    }
    return SLICE_NONE;
}

static void write_definition(const struct alter_step *step, const struct table *wanted,
                             bool mariadb, struct buffer *out)
{
    struct slice late = late_default(step, mariadb);
    struct buffer text = BUFFER_INIT;
    size_t at = slice_is_none(late) ? step->text.len : (size_t)(late.ptr - step->text.ptr);

    buffer_append(&text, step->text.ptr, at);
    buffer_append_slice(&text, slice_from_offset(step->text, at + late.len));
    table_write_definition(wanted, buffer_slice(&text), out);
    buffer_release(&text);
}

static void write_column(const struct alter_step *step, const struct table *wanted, bool mariadb,
                         struct buffer *out)
{
    if (step->kind == ALTER_ADD_COLUMN) {
        buffer_append_text(out, "ADD COLUMN ");
    } else if (slice_equal(step->from, step->name)) {
        buffer_append_text(out, "MODIFY COLUMN ");
    } else {
        buffer_append_text(out, "CHANGE COLUMN ");
        buffer_append_slice(out, step->from);
        buffer_append_char(out, ' ');
    }
    buffer_append_slice(out, step->name);
    buffer_append_char(out, ' ');
    write_definition(step, wanted, mariadb, out);
    if (!step->placed)
        return;
    buffer_append_text(out, slice_is_none(step->after) ? " FIRST" : " AFTER ");
    buffer_append_slice(out, step->after);
}

static void write_drop(const struct alter_step *step, bool mariadb, struct buffer *out)
{
    switch (step->kind) {
    case ALTER_DROP_FOREIGN_KEY:
        buffer_append_text(out, "DROP FOREIGN KEY ");
        break;
    case ALTER_DROP_CHECK:
        buffer_append_text(out, mariadb ? "DROP CONSTRAINT " : "DROP CHECK ");
        break;
    case ALTER_DROP_COLUMN:
        buffer_append_text(out, "DROP COLUMN ");
        break;
    default:
        buffer_append_text(out, slice_is_none(step->name) ? "DROP PRIMARY KEY" : "DROP KEY ");
        break;
    }
    buffer_append_slice(out, step->name);
}

static void write_step(const struct alter_step *step, const struct table *wanted, bool mariadb,
                       struct buffer *out)
{
    switch (step->kind) {
    case ALTER_DROP_FOREIGN_KEY:
    case ALTER_DROP_CHECK:
    case ALTER_DROP_KEY:
    case ALTER_DROP_COLUMN:
        write_drop(step, mariadb, out);
        break;
    case ALTER_ADD_COLUMN:
    case ALTER_CHANGE_COLUMN:
        write_column(step, wanted, mariadb, out);
        break;
    case ALTER_RENAME_KEY:
        buffer_append_text(out, "RENAME KEY ");
        buffer_append_slice(out, step->from);
        buffer_append_text(out, " TO ");
        buffer_append_slice(out, step->name);
        break;
    case ALTER_SHOW_KEY:
        buffer_append_text(out, "ALTER INDEX ");
        buffer_append_slice(out, step->name);
        buffer_append_char(out, ' ');
        buffer_append_slice(out, step->text);
        break;
    case ALTER_OPTION:
        buffer_append_slice(out, step->name);
        buffer_append_slice(out, step->text);
        break;
    case ALTER_ADD_KEY:
    case ALTER_ADD_CHECK:
    case ALTER_ADD_FOREIGN_KEY:
        buffer_append_text(out, "ADD ");
        buffer_append_slice(out, printed_trim(step->text));
        break;
    }
}

/* One clause goes on the line of ALTER TABLE, several on lines of their own. */
static void write_statement(const struct alter *alter, const struct table *wanted, size_t from,
                            size_t to, struct slice partition, struct slice name, bool mariadb,
                            struct buffer *out)
{
    size_t clauses = to - from + (slice_is_none(partition) ? 0 : 1);
    const char *separator = clauses > 1 ? "\n  " : " ";

    if (clauses == 0)
        return;
    buffer_append_text(out, "ALTER TABLE ");
    buffer_append_slice(out, name);
    for (size_t i = from; i < to; i++) {
        buffer_append_text(out, separator);
        write_step(&alter->steps[i], wanted, mariadb, out);
        separator = ",\n  ";
    }
    if (!slice_is_none(partition)) {
        buffer_append_text(out, to > from ? "\n  " : separator);
        buffer_append_slice(out, partition);
    }
    buffer_append_char(out, '\0');
}

static void write_late_defaults(const struct alter *alter, struct slice name, bool mariadb,
                                struct buffer *out)
{
    const char *separator = NULL;

    for (size_t i = 0; i < alter->step_count; i++) {
        struct slice late = late_default(&alter->steps[i], mariadb);
        if (slice_is_none(late))
            continue;
        if (separator == NULL) {
            buffer_append_text(out, "ALTER TABLE ");
            buffer_append_slice(out, name);
            separator = " ";
        }
        buffer_append_text(out, separator);
        buffer_append_text(out, "ALTER COLUMN ");
        buffer_append_slice(out, alter->steps[i].name);
        buffer_append_text(out, " SET");
        buffer_append_slice(out, late);
        separator = ", ";
    }
    if (separator != NULL)
        buffer_append_char(out, '\0');
}

void alter_write(const struct alter *alter, const struct table *wanted, struct slice name,
                 bool mariadb, struct buffer *out)
{
    size_t end = alter->step_count;

    if (end > 0 && alter->steps[0].kind == ALTER_DROP_FOREIGN_KEY) {
        while (end > 0 && alter->steps[end - 1].kind == ALTER_ADD_FOREIGN_KEY)
            end--;
    }
    write_statement(alter, wanted, 0, end, alter->partition, name, mariadb, out);
    write_statement(alter, wanted, end, alter->step_count, SLICE_NONE, name, mariadb, out);
    write_late_defaults(alter, name, mariadb, out);
}
