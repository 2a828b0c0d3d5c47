/* alter_model: see alter_model.h. Steps are found by name through one index for each kind, columns
 * stand in a linked list, so that the time grows with the size of the table. */
#include "schema/alter_model.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/printed.h"

#define NO_COLUMN ((size_t)-1)

struct model_column {
    struct table_column column;
    size_t next; /* NO_COLUMN: the last */
};

struct model {
    const struct alter_match *match;
    const struct alter *alter;
    struct name_index steps[ALTER_ADD_FOREIGN_KEY + 1]; /* by name, or by name now */
    struct model_column *columns; /* the first is no column: it stands ahead */
    size_t column_count;
    struct name_index by_name;
    struct table_part *parts;
    size_t part_count;
};

static struct slice name_of_key(struct slice name)
{
    return slice_is_none(name) ? SLICE("PRIMARY KEY") : name;
}

static void index_steps(struct model *model)
{
    for (size_t i = 0; i < model->alter->step_count; i++) {
        const struct alter_step *step = &model->alter->steps[i];
        struct slice by = step->kind == ALTER_CHANGE_COLUMN || step->kind == ALTER_RENAME_KEY
                              ? step->from
                              : step->name;
        if (step->kind == ALTER_DROP_PERIOD)
            by = step->text;
        name_index_add(&model->steps[step->kind], name_of_key(by), i);
    }
}

static const struct alter_step *step_for(const struct model *model, enum alter_kind kind,
                                         struct slice name)
{
    size_t at = name_index_find(&model->steps[kind], name_of_key(name));

    return at == NAME_INDEX_NONE ? NULL : &model->alter->steps[at];
}

/* --- columns -------------------------------------------------------------------------------------
 */

static void insert_behind(struct model *model, size_t behind, struct slice name, struct slice text)
{
    size_t at = model->column_count++;

    model->columns[at] =
        (struct model_column){{name, text}, behind == NO_COLUMN ? at : model->columns[behind].next};
    if (behind != NO_COLUMN)
        model->columns[behind].next = at;
    if (!slice_is_none(name))
        name_index_add(&model->by_name, name, at);
}

static void keep_columns(struct model *model)
{
    const struct table *now = model->match->now;

    insert_behind(model, NO_COLUMN, SLICE_NONE, SLICE_NONE);
    model->columns[0].next = NO_COLUMN;
    for (size_t i = 0; i < now->column_count; i++) {
        const struct table_column *column = &now->columns[i];
        const struct alter_step *change = step_for(model, ALTER_CHANGE_COLUMN, column->name);
        if (change != NULL && !change->placed)
            insert_behind(model, model->column_count - 1, change->name, change->text);
        else if (change == NULL && step_for(model, ALTER_DROP_COLUMN, column->name) == NULL)
            insert_behind(model, model->column_count - 1, column->name, column->definition);
    }
}

/* Each behind one of the columns so far; false when there is no such column. */
static bool place_columns(struct model *model)
{
    for (size_t i = 0; i < model->alter->step_count; i++) {
        const struct alter_step *step = &model->alter->steps[i];
        if (!step->placed)
            continue;
        size_t behind =
            slice_is_none(step->after) ? 0 : name_index_find(&model->by_name, step->after);
        if (behind == NAME_INDEX_NONE)
            return false;
        insert_behind(model, behind, step->name, step->text);
    }
    return true;
}

static bool columns_match(const struct model *model)
{
    const struct table *wanted = model->match->wanted;
    size_t at = model->columns[0].next;

    for (size_t i = 0; i < wanted->column_count; i++) {
        if (at == NO_COLUMN)
            return false;
        const struct table_column *column = &model->columns[at].column;
        if (!slice_equal(column->name, wanted->columns[i].name) ||
            !slice_equal(column->definition, wanted->columns[i].definition))
            return false;
        at = model->columns[at].next;
    }
    return at == NO_COLUMN;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* The period of the row history goes with its columns. */
static bool period_goes(const struct model *model, const struct table_part *period)
{
    struct slice group = printed_group(period->text, 0);
    struct slice head =
        printed_trim(slice_make(period->text.ptr, (size_t)(group.ptr - period->text.ptr)));

    return step_for(model, ALTER_DROP_PERIOD, head) != NULL ||
           (slice_equal(head, SLICE("PERIOD FOR SYSTEM_TIME")) &&
            step_for(model, ALTER_DROP_COLUMN, printed_name(group, 1)) != NULL);
}

static bool part_goes(const struct model *model, const struct table_part *part)
{
    switch (part->kind) {
    case TABLE_KEY:
        return step_for(model, ALTER_DROP_KEY, part->name) != NULL;
    case TABLE_FOREIGN_KEY:
        return step_for(model, ALTER_DROP_FOREIGN_KEY, part->name) != NULL;
    case TABLE_CHECK:
        return step_for(model, ALTER_DROP_CHECK, part->name) != NULL;
    case TABLE_PERIOD:
        return period_goes(model, part);
    }
    return false;
}

/* As the server prints it then. */
static const struct table_part *kept_part(const struct model *model, size_t index)
{
    const struct alter_match *match = model->match;
    const struct table_part *part = &match->now->parts[index];

    for (size_t i = 0; i < match->wanted->part_count; i++) {
        if (match->part_kept[i] && match->part_now[i] == index &&
            alter_match_turns_hashed(match, part, &match->wanted->parts[i]))
            return &match->wanted->parts[i];
    }
    return part;
}

static void make_parts(struct model *model)
{
    const struct table *now = model->match->now;

    for (size_t i = 0; i < now->part_count; i++) {
        if (!part_goes(model, &now->parts[i]))
            model->parts[model->part_count++] = *kept_part(model, i);
    }
    for (size_t i = 0; i < model->alter->step_count; i++) {
        const struct alter_step *step = &model->alter->steps[i];
        struct table_part part = {.name = step->name, .text = step->text};
        if (step->kind == ALTER_ADD_KEY)
            part.kind = TABLE_KEY;
        else if (step->kind == ALTER_ADD_CHECK)
            part.kind = TABLE_CHECK;
        else if (step->kind == ALTER_ADD_FOREIGN_KEY)
            part.kind = TABLE_FOREIGN_KEY;
        else if (step->kind == ALTER_ADD_PERIOD)
            part.kind = TABLE_PERIOD;
        else
            continue;
        model->parts[model->part_count++] = part;
    }
}

static bool becomes(const struct model *model, const struct table_part *part,
                    const struct table_part *wanted)
{
    const struct alter_step *rename = step_for(model, ALTER_RENAME_KEY, part->name);

    if (slice_equal(part->text, wanted->text))
        return true;
    if (step_for(model, ALTER_SHOW_KEY, wanted->name) != NULL &&
        alter_match_same_but_hidden(model->match->request->mariadb, part, wanted))
        return true;
    return part->kind == TABLE_KEY && rename != NULL && slice_equal(rename->name, wanted->name) &&
           alter_match_same_but_name(part, wanted);
}

/* Is `wanted` what the server prints for the parts of the model? Taken by group: the next part of
 * the group (or the one of that name, where names decide the order) must be the wanted one. */
static bool parts_match(const struct model *model)
{
    const struct table *wanted = model->match->wanted;
    bool mariadb = model->match->request->mariadb;
    bool *used = memory_new(model->part_count + 1, sizeof(*used));
    bool match = model->part_count == wanted->part_count;

    for (size_t i = 0; i < wanted->part_count && match; i++) {
        const struct table_part *part = &wanted->parts[i];
        unsigned group = alter_match_group(mariadb, wanted, part);
        bool by_name = alter_match_is_sorted_by_name(mariadb, part), found = false;
        for (size_t j = 0; j < model->part_count && !found && match; j++) {
            if (used[j] || alter_match_group(mariadb, wanted, &model->parts[j]) != group)
                continue;
            found = used[j] = becomes(model, &model->parts[j], part);
            match = found || by_name;
        }
        match = match && found;
    }
    free(used);
    return match;
}

bool alter_model_ends_at(const struct alter_match *match, const struct alter *alter)
{
    size_t steps = alter->step_count;
    struct model model = {
        .match = match,
        .alter = alter,
        .columns = memory_new(match->now->column_count + steps + 1, sizeof(*model.columns)),
        .parts = memory_new(match->now->part_count + steps + 1, sizeof(*model.parts)),
    };

    index_steps(&model);
    keep_columns(&model);
    bool ends = place_columns(&model) && columns_match(&model);
    if (ends) {
        make_parts(&model);
        ends = parts_match(&model);
    }
    for (size_t i = 0; i < sizeof(model.steps) / sizeof(model.steps[0]); i++)
        name_index_release(&model.steps[i]);
    name_index_release(&model.by_name);
    free(model.columns);
    free(model.parts);
    return ends;
}
