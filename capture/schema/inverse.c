/* inverse: see inverse.h. The objects after the change are one schema, those before it another; the
 * way back is the difference from the first to the second, with the renames turned round:
 *
 *     change     ALTER TABLE a RENAME TO b, ADD COLUMN c
 *     images     before: a                after: b
 *     way back   RENAME TABLE b TO a      ALTER TABLE a DROP COLUMN c
 *
 * Here is decided what is known well enough for that. */
#include "schema/inverse.h"

#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/difference.h"

struct inverse {
    const struct change *change;
    struct problem *problem;
    struct schema *now;
    struct schema *wanted;
    struct difference_rename *renames;
    size_t rename_count;
};

static enum error unsupported(const struct inverse *inverse, const struct change_object *object,
                              const char *why)
{
    return problem_set(inverse->problem, ERROR_UNSUPPORTED, "%s `%.*s`: %s.",
                       object_type_text(object->type), (int)object->name.len, object->name.ptr,
                       why);
}

static struct slice home_of(const struct inverse *inverse, const struct change_object *object)
{
    return change_home(inverse->change, object->type, object->schema);
}

/* CREATE OR REPLACE TABLE: the server dropped the one before. */
static bool is_replaced(const struct inverse *inverse, const struct change_object *object)
{
    return inverse->change->verb == DDL_CREATE && object->type != OBJECT_DATABASE &&
           slice_equal(slice_from(inverse->change->noun),
                       slice_from(object_type_text(object->type)));
}

static void add(const struct inverse *inverse, struct schema *schema,
                const struct change_object *object, const struct image *image)
{
    const struct definition definition = {
        .type = object->type,
        .home = home_of(inverse, object),
        .name = object->name,
        .text = image->state == IMAGE_PRESENT ? image->text : SLICE(""),
        .context = image->context,
        .anew = is_replaced(inverse, object),
    };

    schema_add(schema, &definition);
}

/* --- objects ------------------------------------------------------------------------------------ */

/* A verb that succeeded says what one image would have said. */
static void find_states(const struct change *change, const struct change_object *object,
                        enum image_state *before, enum image_state *after)
{
    *before = object->before.state;
    *after = object->after.state;
    if (*before == IMAGE_ABSENT && *after == IMAGE_UNKNOWN && change->verb == DDL_CREATE)
        *after = IMAGE_PRESENT;
    if (*before == IMAGE_PRESENT && *after == IMAGE_UNKNOWN && change->verb == DDL_DROP)
        *after = IMAGE_ABSENT;
}

static enum error add_target(const struct inverse *inverse, const struct change_object *object)
{
    enum image_state before, after;

    find_states(inverse->change, object, &before, &after);
    if (before == IMAGE_UNKNOWN)
        return unsupported(inverse, object, "its definition before the change is not known");
    if (after == IMAGE_UNKNOWN)
        return unsupported(inverse, object, "its definition after the change is not known");
    if (object->type == OBJECT_DATABASE && before != after)
        return unsupported(inverse, object,
                           "a database is made and dropped with all that is in it");
    if (before == IMAGE_PRESENT)
        add(inverse, inverse->wanted, object, &object->before);
    if (after == IMAGE_PRESENT)
        add(inverse, inverse->now, object, &object->after);
    return ERROR_NONE;
}

/* --- renaming ----------------------------------------------------------------------------------- */

/* The pair of a renaming: from at index, to behind it. false: not the start of one, or one that did
 * nothing. */
static bool rename_pair(const struct change *change, size_t index)
{
    if (change->objects[index].role != ROLE_RENAME_FROM || index + 1 >= change->object_count ||
        change->objects[index + 1].role != ROLE_RENAME_TO)
        return false;
    const struct change_object *from = &change->objects[index], *to = &change->objects[index + 1];
    if (from->before.state != IMAGE_ABSENT)
        return true;
    for (size_t i = 1; i < index; i++) { /* a name that an earlier pair of the statement made */
        if (change->objects[i].role == ROLE_RENAME_TO &&
            slice_equal_nocase(change->objects[i].name, from->name))
            return true;
    }
    return to->before.state == IMAGE_ABSENT && to->after.state == IMAGE_PRESENT;
}

/* Neither name was or is a table: a view or a sequence that was asked for as a table. */
static bool rename_of_unknown_kind(const struct change *change, size_t index)
{
    const struct change_object *from = &change->objects[index];

    return from->role == ROLE_RENAME_FROM && index + 1 < change->object_count &&
           !rename_pair(change, index) && from[1].after.state == IMAGE_ABSENT;
}

/* The statement renames one after the other: of a chain (a to b, b to c) the ends count. */
static void turn_rename_round(struct inverse *inverse, const struct change_object *from,
                              const struct change_object *to)
{
    struct slice from_home = home_of(inverse, from), to_home = home_of(inverse, to);

    for (size_t i = 0; i < inverse->rename_count; i++) {
        struct difference_rename *rename = &inverse->renames[i];
        if (slice_equal(rename->from, from->name) &&
            slice_equal_nocase(rename->from_home, from_home)) {
            rename->from = to->name;
            rename->from_home = to_home;
            return;
        }
    }
    inverse->renames[inverse->rename_count++] =
        (struct difference_rename){.kind = DIFFERENCE_RENAME_OBJECT,
                                   .from_home = to_home,
                                   .from = to->name,
                                   .to_home = from_home,
                                   .to = from->name};
}

static void turn_renames_round(struct inverse *inverse)
{
    const struct change *change = inverse->change;

    for (size_t i = 0; i < change->object_count; i++) {
        if (rename_pair(change, i) && schema_is_table_like(change->objects[i].type))
            turn_rename_round(inverse, &change->objects[i], &change->objects[i + 1]);
    }
}

/* Columns and indexes: the statement has named them for its table, which has the name of now. */
static void turn_parts_round(struct inverse *inverse, const struct change_object *table)
{
    for (size_t i = 0; i < inverse->change->rename_count; i++) {
        const struct statement_rename *rename = &inverse->change->renames[i];
        inverse->renames[inverse->rename_count++] = (struct difference_rename){
            .kind = rename->index ? DIFFERENCE_RENAME_INDEX : DIFFERENCE_RENAME_COLUMN,
            .table = table->name,
            .from = slice_from(rename->to),
            .to = slice_from(rename->from)};
    }
}

/* RENAME TABLE changes no definition beyond the names: without images the names alone go back. */
static bool images_are_known(const struct change *change)
{
    for (size_t i = 0; i < change->object_count; i++) {
        if (change->objects[i].before.state == IMAGE_UNKNOWN ||
            change->objects[i].after.state == IMAGE_UNKNOWN)
            return false;
    }
    return true;
}

static enum error add_renamed(const struct inverse *inverse, size_t index)
{
    const struct change *change = inverse->change;
    const struct change_object *from = &change->objects[index], *to = from + 1;
    bool needs_definition =
        change->verb != DDL_RENAME && (from->type == OBJECT_TABLE || from->type == OBJECT_EVENT);

    if (rename_of_unknown_kind(change, index))
        return unsupported(inverse, from, "it was renamed, and is no table");
    if (!rename_pair(change, index))
        return ERROR_NONE;
    if (needs_definition &&
        (from->before.state != IMAGE_PRESENT || to->after.state != IMAGE_PRESENT))
        return unsupported(inverse, from, "its definition before or after the change is not known");
    if (change->verb == DDL_RENAME && !images_are_known(change))
        return ERROR_NONE;
    for (const struct change_object *object = from; object <= to; object++) {
        if (object->before.state == IMAGE_PRESENT)
            add(inverse, inverse->wanted, object, &object->before);
        if (object->after.state == IMAGE_PRESENT)
            add(inverse, inverse->now, object, &object->after);
    }
    return ERROR_NONE;
}

/* --- all of it ---------------------------------------------------------------------------------- */

static enum error add_object(struct inverse *inverse, size_t index)
{
    const struct change_object *object = &inverse->change->objects[index];
    enum error code = ERROR_NONE;

    if (object->role == ROLE_TARGET && inverse->change->verb != DDL_TRUNCATE)
        code = add_target(inverse, object);
    else if (object->role == ROLE_RENAME_FROM)
        code = add_renamed(inverse, index);
    if (object->type == OBJECT_TABLE &&
        (object->role == ROLE_TARGET || object->role == ROLE_RENAME_TO))
        turn_parts_round(inverse, object);
    return code;
}

static enum error add_objects(struct inverse *inverse)
{
    turn_renames_round(inverse);
    for (size_t i = 0; i < inverse->change->object_count; i++) {
        enum error code = add_object(inverse, i);
        if (code != ERROR_NONE)
            return code;
    }
    return ERROR_NONE;
}

static enum error write_difference(const struct inverse *inverse,
                                   const struct difference_options *options, struct buffer *sql,
                                   struct buffer *remarks)
{
    struct difference difference;
    enum error code = ERROR_NONE;

    difference_find(inverse->now, inverse->wanted, inverse->renames, inverse->rename_count, options,
                    &difference);
    struct slice problems = buffer_slice(&difference.problems);
    if (problems.len > 0) {
        const char *end = memchr(problems.ptr, '\n', problems.len);
        code = problem_set(inverse->problem, ERROR_UNSUPPORTED, "%.*s", (int)(end - problems.ptr),
                           problems.ptr);
    } else {
        difference_write(&difference, sql);
        buffer_append_slice(remarks, buffer_slice(&difference.remarks));
    }
    difference_release(&difference);
    return code;
}

static void remark_on_truncate(const struct inverse *inverse, struct buffer *remarks)
{
    for (size_t i = 0; i < inverse->change->object_count; i++) {
        const struct change_object *object = &inverse->change->objects[i];
        if (object->role == ROLE_TARGET && object->type == OBJECT_TABLE)
            difference_remark_rows(home_of(inverse, object), object->name, remarks);
    }
}

static enum error write_with(const struct change *change, const struct difference_options *options,
                             struct buffer *sql, struct buffer *remarks, struct problem *problem)
{
    size_t most = change->object_count * (1 + change->rename_count);
    struct inverse inverse = {.change = change,
                              .problem = problem,
                              .now = schema_new(),
                              .wanted = schema_new(),
                              .renames = memory_new(most + 1, sizeof(*inverse.renames))};
    enum error code = add_objects(&inverse);

    if (code == ERROR_NONE)
        code = write_difference(&inverse, options, sql, remarks);
    if (code == ERROR_NONE && change->verb == DDL_TRUNCATE)
        remark_on_truncate(&inverse, remarks);
    schema_release(inverse.now);
    schema_release(inverse.wanted);
    free(inverse.renames);
    return code;
}

enum error inverse_write(const struct change *change, const struct sql_facts *defaults,
                         bool keep_definer, struct buffer *sql, struct buffer *remarks,
                         struct problem *problem)
{
    const struct difference_options options = {.mariadb = change->mariadb,
                                               .version = change->version,
                                               .schema = change->development_schema,
                                               .keep_definer = keep_definer,
                                               .defaults = defaults,
                                               .way_back = true};
    return write_with(change, &options, sql, remarks, problem);
}

/* --- the other direction ------------------------------------------------------------------------ */

/* Not known before nor after, or in neither: nothing to be done for it. */
static bool says_nothing(const struct change_object *object)
{
    return object->role == ROLE_REFERENCE ||
           (object->before.state == object->after.state && object->before.state != IMAGE_PRESENT);
}

/* The change that goes from after to before: its way back is the change itself. */
static struct change_object *turn_round(const struct change *change, struct change *turned)
{
    struct change_object *objects = memory_new(change->object_count + 1, sizeof(*objects));
    size_t count = 0;

    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        if (says_nothing(object))
            continue;
        objects[count] = *object;
        objects[count].role = ROLE_TARGET;
        objects[count].before = object->after;
        objects[count++].after = object->before;
    }
    *turned = *change;
    turned->verb = DDL_ALTER;
    turned->objects = objects;
    turned->object_count = count;
    turned->renames = NULL;
    turned->rename_count = 0;
    return objects;
}

enum error inverse_write_again(const struct change *change, const struct sql_facts *defaults,
                               bool keep_definer, struct buffer *sql, struct buffer *remarks,
                               struct problem *problem)
{
    const struct difference_options options = {.mariadb = change->mariadb,
                                               .version = change->version,
                                               .schema = change->development_schema,
                                               .keep_definer = keep_definer,
                                               .defaults = defaults};
    struct change turned;
    struct change_object *objects = turn_round(change, &turned);
    enum error code = write_with(&turned, &options, sql, remarks, problem);

    free(objects);
    return code;
}
