/* inverse: see inverse.h. Every object is compared with itself before the change; what differs is
 * taken back in an order in which each statement finds what it needs:
 *
 *     1  drop the views, routines, triggers and events that the change made
 *     2  rename back, last first
 *     3  create the tables and sequences that it dropped; those referred to first
 *     4  alter the tables, sequences and defaults of databases that it altered
 *     5  drop the tables and sequences that it made; those referring first
 *     6  create views, routines, triggers and events that it dropped or altered
 */
#include "schema/inverse.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/alter.h"
#include "schema/context.h"
#include "schema/printed.h"
#include "schema/table.h"
#include "sql/portable.h"
#include "sql/redact.h"

enum fate {
    FATE_NONE,    /* as before, or only referred to, or part of a renaming */
    FATE_CREATED, /* the way back drops it */
    FATE_DROPPED, /* the way back creates it */
    FATE_ALTERED,
};

struct inverse {
    const struct change *change;
    const struct sql_facts *defaults;
    bool keep_definer;
    struct buffer *sql;
    struct buffer *remarks;
    struct problem *problem;
    enum fate *fates; /* one for each object */
    bool *done;       /* created or dropped already, one for each object */
};

typedef enum error step_function(struct inverse *inverse, const struct change_object *object);

/* --- small parts -------------------------------------------------------------------------------
 */

static bool is_stored_program(enum object_type type)
{
    return type != OBJECT_TABLE && type != OBJECT_SEQUENCE && type != OBJECT_DATABASE;
}

static bool is_elsewhere(const struct inverse *inverse, const struct change_object *object)
{
    return object->type != OBJECT_DATABASE && object->schema.len > 0 &&
           inverse->change->development_schema.len > 0 &&
           !slice_equal_nocase(object->schema, inverse->change->development_schema);
}

static void append_name(const struct inverse *inverse, const struct change_object *object,
                        struct buffer *out)
{
    if (is_elsewhere(inverse, object)) {
        printed_quote(object->schema, out);
        buffer_append_char(out, '.');
    }
    printed_quote(object->name, out);
}

static enum error unsupported(const struct inverse *inverse, const struct change_object *object,
                              const char *why)
{
    return problem_set(inverse->problem, ERROR_UNSUPPORTED, "%s `%.*s`: %s.",
                       object_type_text(object->type), (int)object->name.len, object->name.ptr,
                       why);
}

/* Append one statement in its portable form; nested in the settings it was made under. */
static void append_statement(struct inverse *inverse, struct slice text, struct slice context)
{
    struct dialect dialect = {.mariadb = inverse->change->mariadb,
                              .version = inverse->change->version};
    const struct portable_options options = {.schema = inverse->change->development_schema,
                                             .keep_definer = inverse->keep_definer};
    bool zero_dates = printed_mentions(text, SLICE("'0000-00-00"));

    dialect_set_sql_mode(&dialect, context_value(context, "sql_mode"));
    context_open(context, inverse->defaults, zero_dates, inverse->sql);
    portable_write(text, &dialect, &options, inverse->sql);
    buffer_append_text(inverse->sql, ";\n");
    context_close(context, inverse->defaults, zero_dates, inverse->sql);
}

/* A line about data, "... of `table` ...". */
static void remark(struct inverse *inverse, const char *before, const struct change_object *object,
                   const char *after)
{
    buffer_append_text(inverse->remarks, before);
    append_name(inverse, object, inverse->remarks);
    buffer_append_text(inverse->remarks, after);
    buffer_append_char(inverse->remarks, '\n');
}

static void remark_column(struct inverse *inverse, const struct change_object *object,
                          struct slice column, const char *what)
{
    buffer_append_text(inverse->remarks, "values of ");
    append_name(inverse, object, inverse->remarks);
    buffer_append_char(inverse->remarks, '.');
    buffer_append_slice(inverse->remarks, column);
    buffer_printf(inverse->remarks, " %s\n", what);
}

/* --- what happened to each object ---------------------------------------------------------------
 */

static bool same_image(const struct image *a, const struct image *b)
{
    return a->state == b->state && slice_equal(a->text, b->text) &&
           slice_equal(a->context, b->context);
}

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

static enum error find_fate(const struct inverse *inverse, const struct change_object *object,
                            enum fate *fate)
{
    enum image_state before, after;

    *fate = FATE_NONE;
    if (object->role != ROLE_TARGET || inverse->change->verb == DDL_TRUNCATE)
        return ERROR_NONE;
    find_states(inverse->change, object, &before, &after);
    if (before == IMAGE_UNKNOWN)
        return unsupported(inverse, object, "its definition before the change is not known");
    if (after == IMAGE_UNKNOWN)
        return unsupported(inverse, object, "its definition after the change is not known");
    if (before == IMAGE_ABSENT)
        *fate = after == IMAGE_PRESENT ? FATE_CREATED : FATE_NONE;
    else if (after == IMAGE_ABSENT)
        *fate = FATE_DROPPED;
    else if (!same_image(&object->before, &object->after))
        *fate = FATE_ALTERED;
    return ERROR_NONE;
}

static enum error find_fates(struct inverse *inverse)
{
    for (size_t i = 0; i < inverse->change->object_count; i++) {
        const struct change_object *object = &inverse->change->objects[i];
        enum error code = find_fate(inverse, object, &inverse->fates[i]);
        if (code != ERROR_NONE)
            return code;
        if (object->type == OBJECT_DATABASE && inverse->fates[i] != FATE_NONE &&
            inverse->fates[i] != FATE_ALTERED)
            return unsupported(inverse, object,
                               "a database is made and dropped with all that is in it");
    }
    return ERROR_NONE;
}

/* --- drop and create ----------------------------------------------------------------------------
 */

/* DROP PACKAGE is known only under the sql_mode that knows packages. */
static struct slice drop_context(const struct change_object *object)
{
    if (object->type != OBJECT_PACKAGE && object->type != OBJECT_PACKAGE_BODY)
        return SLICE_NONE;
    return object->after.state == IMAGE_PRESENT ? object->after.context : object->before.context;
}

static enum error write_drop(struct inverse *inverse, const struct change_object *object)
{
    struct buffer text = BUFFER_INIT;

    buffer_printf(&text, "DROP %s ", object_type_text(object->type));
    append_name(inverse, object, &text);
    append_statement(inverse, buffer_slice(&text), drop_context(object));
    buffer_release(&text);
    return ERROR_NONE;
}

/* A table in the form to run; one that is not understood is taken as it was printed. */
static enum error append_create_table(struct inverse *inverse, const struct change_object *object,
                                      struct buffer *text)
{
    struct buffer name = BUFFER_INIT;
    struct table table;
    enum error code = table_read(object->before.text, &table);

    append_name(inverse, object, &name);
    if (code == ERROR_NONE)
        table_write_to_run(&table, buffer_slice(&name), text);
    else if (!is_elsewhere(inverse, object))
        buffer_append_slice(text, object->before.text);
    table_release(&table);
    buffer_release(&name);
    return is_elsewhere(inverse, object) ? code : ERROR_NONE;
}

static enum error append_create(struct inverse *inverse, const struct change_object *object,
                                struct buffer *text)
{
    enum error code = ERROR_UNSUPPORTED;

    if (object->type == OBJECT_TABLE)
        code = append_create_table(inverse, object, text);
    else if (!is_elsewhere(inverse, object))
        code = ERROR_NONE;
    if (code != ERROR_NONE)
        return unsupported(inverse, object,
                           "it belongs to another schema and its text names objects there");
    if (object->type != OBJECT_TABLE)
        buffer_append_slice(text, object->before.text);
    return ERROR_NONE;
}

/* All triggers of a dropped table come back in their order; a single one comes back as the last. */
static bool comes_with_its_table(const struct inverse *inverse)
{
    for (size_t i = 0; i < inverse->change->object_count; i++) {
        if (inverse->change->objects[i].type == OBJECT_TABLE && inverse->fates[i] == FATE_DROPPED)
            return true;
    }
    return false;
}

static void remark_on_secret(struct inverse *inverse, const struct change_object *object,
                             struct slice text)
{
    if (printed_mentions(text, SLICE(REDACT_PLACEHOLDER)))
        remark(inverse, "", object, " needs its password in the place of " REDACT_PLACEHOLDER);
}

static void remark_on_create(struct inverse *inverse, const struct change_object *object)
{
    struct slice text = object->before.text;

    if (object->type == OBJECT_TABLE)
        remark(inverse, "rows of ", object, " do not come back");
    if (object->type == OBJECT_SEQUENCE)
        remark(inverse, "sequence ", object, " starts again at its first value");
    if (object->type == OBJECT_TRIGGER && !comes_with_its_table(inverse))
        remark(inverse, "trigger ", object,
               " comes back behind other triggers of the same table, time and event");
    if (object->type == OBJECT_EVENT && printed_mentions(text, SLICE(" ON SCHEDULE AT ")))
        remark(inverse, "event ", object, " is dropped by the server when its time is past");
    remark_on_secret(inverse, object, text);
}

static enum error write_create(struct inverse *inverse, const struct change_object *object)
{
    struct buffer text = BUFFER_INIT;
    enum error code = append_create(inverse, object, &text);

    if (code == ERROR_NONE && !context_allows(object->before.context, object->before.text))
        code = unsupported(inverse, object,
                           "its text has letters and was made in a character set other than UTF-8");
    if (code == ERROR_NONE) {
        append_statement(inverse, buffer_slice(&text), object->before.context);
        remark_on_create(inverse, object);
    }
    buffer_release(&text);
    return code;
}

/* Views can be replaced where they stand; the others are dropped and made anew. */
static enum error write_replace(struct inverse *inverse, const struct change_object *object)
{
    const struct slice create = SLICE("CREATE ");

    if (object->type != OBJECT_VIEW || !slice_starts_with(object->before.text, create)) {
        enum error code = write_drop(inverse, object);
        return code == ERROR_NONE ? write_create(inverse, object) : code;
    }
    struct buffer text = BUFFER_INIT;
    struct change_object copy = *object;
    buffer_append_text(&text, "CREATE OR REPLACE ");
    buffer_append_slice(&text, slice_from_offset(object->before.text, create.len));
    copy.before.text = buffer_slice(&text);
    enum error code = write_create(inverse, &copy);
    buffer_release(&text);
    return code;
}

/* --- tables ----------------------------------------------------------------------------------- */

/* The statement's renames, turned round, as far as both definitions know the names. */
struct way_back_names {
    struct table_rename *renames;
    size_t count;
    char **texts;
};

static struct slice quoted(const char *bare, char **keep)
{
    struct buffer text = BUFFER_INIT;

    printed_quote(slice_from(bare), &text);
    size_t len = text.len;
    *keep = buffer_detach(&text);
    return slice_make(*keep, len);
}

static void read_names(const struct change *change, const struct table *now,
                       const struct table *wanted, struct way_back_names *names)
{
    names->renames = memory_new(change->rename_count, sizeof(*names->renames));
    names->texts = memory_new(2 * change->rename_count, sizeof(*names->texts));
    names->count = 0;
    for (size_t i = 0; i < change->rename_count; i++) {
        const struct statement_rename *rename = &change->renames[i];
        struct table_rename back = {
            .index = rename->index,
            .from = quoted(rename->to, &names->texts[2 * i]),
            .to = quoted(rename->from, &names->texts[2 * i + 1]),
        };
        if (back.index ||
            (table_column(now, back.from) != NULL && table_column(wanted, back.to) != NULL))
            names->renames[names->count++] = back;
    }
}

static void release_names(const struct change *change, struct way_back_names *names)
{
    for (size_t i = 0; i < 2 * change->rename_count; i++)
        free(names->texts[i]);
    free(names->texts);
    free(names->renames);
}

/* varchar(50) and varchar(60): every value of the first fits into the second as it is. */
static bool is_wider(struct slice narrow, struct slice wide)
{
    struct slice a = printed_group(narrow, 0), b = printed_group(wide, 0);
    bool comma = printed_mentions(narrow, SLICE(",")) || printed_mentions(wide, SLICE(","));

    if (slice_is_none(a) || slice_is_none(b) || comma || printed_mentions(narrow, SLICE("'")))
        return false;
    size_t a_at = (size_t)(a.ptr - narrow.ptr), b_at = (size_t)(b.ptr - wide.ptr);
    return slice_equal(slice_make(narrow.ptr, a_at), slice_make(wide.ptr, b_at)) &&
           slice_equal(slice_from_offset(narrow, a_at + a.len),
                       slice_from_offset(wide, b_at + b.len)) &&
           strtoul(a.ptr + 1, NULL, 10) <= strtoul(b.ptr + 1, NULL, 10);
}

/* A change of type, character set or of NULL to NOT NULL may have changed values. */
static bool may_change_values(const struct table *now, const struct table *wanted,
                              const struct alter_step *step)
{
    const struct table_column *column = table_column(now, step->from);
    const struct table_option *a = table_option(now, "DEFAULT CHARSET");
    const struct table_option *b = table_option(wanted, "DEFAULT CHARSET");

    if (column == NULL || table_column_storage(step->text) != TABLE_PLAIN)
        return false;
    struct slice new_type = printed_type(column->definition), old_type = printed_type(step->text);
    bool kept = slice_equal(new_type, old_type) || is_wider(old_type, new_type);
    if (!kept || (table_column_nullable(step->text) && !table_column_nullable(column->definition)))
        return true;
    return table_column_character(step->text) && a != NULL && b != NULL &&
           !slice_equal(a->text, b->text);
}

static void remark_on_steps(struct inverse *inverse, const struct change_object *object,
                            const struct table *now, const struct table *wanted,
                            const struct alter *alter)
{
    for (size_t i = 0; i < alter->step_count; i++) {
        const struct alter_step *step = &alter->steps[i];
        if (step->kind == ALTER_ADD_COLUMN && table_column_storage(step->text) == TABLE_PLAIN)
            remark_column(inverse, object, step->name, "do not come back");
        if (step->kind == ALTER_CHANGE_COLUMN && may_change_values(now, wanted, step))
            remark_column(inverse, object, step->name,
                          "that the new type cut or converted stay as they are");
    }
    if (!slice_is_none(wanted->partition) && !slice_equal(now->partition, wanted->partition))
        remark(inverse, "rows of dropped partitions of ", object, " do not come back");
}

static void append_alter(struct inverse *inverse, const struct change_object *object,
                         const struct table *wanted, const struct alter *alter)
{
    struct buffer name = BUFFER_INIT, text = BUFFER_INIT;

    append_name(inverse, object, &name);
    alter_write(alter, wanted, buffer_slice(&name), inverse->change->mariadb, &text);
    remark_on_secret(inverse, object, buffer_slice(&text));
    for (size_t at = 0; at < text.len;) {
        struct slice statement = slice_from(text.ptr + at);
        append_statement(inverse, statement, SLICE_NONE);
        at += statement.len + 1;
    }
    buffer_release(&name);
    buffer_release(&text);
}

/* From `after` back to `before`, under the name of object (that of before). */
static enum error write_alter(struct inverse *inverse, const struct change_object *object,
                              struct slice after, struct slice before)
{
    const struct change *change = inverse->change;
    struct problem why = PROBLEM_INIT;
    struct way_back_names names;
    struct table now, wanted;
    struct alter alter = {0};
    enum error code_now = table_read(after, &now), code = table_read(before, &wanted);

    if (code_now != ERROR_NONE || code != ERROR_NONE) {
        code = unsupported(inverse, object,
                           "the server prints its definition in a way that ddltap does not know");
        goto out;
    }
    if (table_option(&now, "WITH SYSTEM VERSIONING") != NULL) {
        code = unsupported(inverse, object, "servers refuse to alter a table with row history");
        goto out;
    }
    table_rename(&now, wanted.name);
    read_names(change, &now, &wanted, &names);
    code = alter_plan(&now, &wanted, names.renames, names.count, change->mariadb, &alter, &why);
    if (code == ERROR_NONE) {
        append_alter(inverse, object, &wanted, &alter);
        remark_on_steps(inverse, object, &now, &wanted, &alter);
    } else {
        code = unsupported(inverse, object, why.text);
    }
    alter_release(&alter);
    release_names(change, &names);
out:
    table_release(&now);
    table_release(&wanted);
    return code;
}

/* --- sequences and databases ------------------------------------------------------------------ */

/* "CREATE SEQUENCE `s` start with 1 ... nocycle ENGINE=InnoDB": the words that ALTER knows as well.
 */
static enum error write_alter_sequence(struct inverse *inverse, const struct change_object *object)
{
    const struct slice head = SLICE("CREATE SEQUENCE ");
    struct slice printed = object->before.text;
    size_t engine = printed_find(printed, "ENGINE=InnoDB");
    struct slice name =
        slice_starts_with(printed, head) ? printed_name(printed, head.len) : SLICE_NONE;

    if (slice_is_none(name) || engine == PRINTED_NOWHERE)
        return unsupported(inverse, object, "its printed definition is not understood");
    size_t from = head.len + name.len;
    struct buffer text = BUFFER_INIT;
    buffer_append_text(&text, "ALTER SEQUENCE ");
    append_name(inverse, object, &text);
    buffer_append(&text, printed.ptr + from, engine - from);
    append_statement(inverse, buffer_slice(&text), SLICE_NONE);
    buffer_release(&text);
    return ERROR_NONE;
}

/* "CREATE DATABASE `d` /x!40100 DEFAULT CHARACTER SET ... x/": the database that is in use needs no
 * name, so that the statement runs wherever the migration does. */
static enum error write_alter_database(struct inverse *inverse, const struct change_object *object)
{
    const struct slice head = SLICE("CREATE DATABASE ");
    struct slice printed = object->before.text, development = inverse->change->development_schema;
    struct slice name =
        slice_starts_with(printed, head) ? printed_name(printed, head.len) : SLICE_NONE;

    if (slice_is_none(name) || printed_mentions(object->after.text, SLICE("READ ONLY")))
        return unsupported(inverse, object, "its printed defaults are not understood");
    struct slice defaults = slice_from_offset(printed, head.len + name.len);
    struct buffer text = BUFFER_INIT;
    buffer_append_text(&text, "ALTER DATABASE");
    if (development.len > 0 && !slice_equal_nocase(object->name, development)) {
        buffer_append_char(&text, ' ');
        buffer_append_slice(&text, name);
    }
    buffer_append_slice(&text, defaults);
    if (printed_mentions(object->after.text, SLICE(" COMMENT ")) &&
        !printed_mentions(defaults, SLICE(" COMMENT ")))
        buffer_append_text(&text, " COMMENT ''");
    append_statement(inverse, buffer_slice(&text), SLICE_NONE);
    buffer_release(&text);
    return ERROR_NONE;
}

static enum error write_altered(struct inverse *inverse, const struct change_object *object)
{
    bool replaced =
        inverse->change->verb == DDL_CREATE &&
        slice_equal(slice_from(inverse->change->noun), slice_from(object_type_text(object->type)));

    if (is_stored_program(object->type) || (replaced && object->type != OBJECT_DATABASE))
        return write_replace(inverse, object);
    if (object->type == OBJECT_SEQUENCE)
        return write_alter_sequence(inverse, object);
    if (object->type == OBJECT_DATABASE)
        return write_alter_database(inverse, object);
    return write_alter(inverse, object, object->after.text, object->before.text);
}

/* --- renaming --------------------------------------------------------------------------------- */

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

static bool is_table_like(enum object_type type)
{
    return type == OBJECT_TABLE || type == OBJECT_VIEW || type == OBJECT_SEQUENCE;
}

/* One RENAME TABLE with the pairs in reverse order, so that chains (a to b, c to a) unwind. */
static void write_renames(struct inverse *inverse)
{
    const struct change *change = inverse->change;
    struct buffer text = BUFFER_INIT;
    const char *separator = "RENAME TABLE ";

    for (size_t i = change->object_count; i-- > 0;) {
        if (!rename_pair(change, i) || !is_table_like(change->objects[i].type))
            continue;
        buffer_append_text(&text, separator);
        append_name(inverse, &change->objects[i + 1], &text);
        buffer_append_text(&text, " TO ");
        append_name(inverse, &change->objects[i], &text);
        separator = ", ";
    }
    if (text.len > 0)
        append_statement(inverse, buffer_slice(&text), SLICE_NONE);
    buffer_release(&text);
}

/* ALTER TABLE a RENAME TO b, ADD c ...: the rest of it, once the name is back. */
static enum error write_rename_rest(struct inverse *inverse, const struct change_object *from,
                                    const struct change_object *to)
{
    if (from->type != OBJECT_TABLE && from->type != OBJECT_EVENT)
        return ERROR_NONE;
    if (from->before.state != IMAGE_PRESENT || to->after.state != IMAGE_PRESENT)
        return unsupported(inverse, from, "its definition before or after the change is not known");
    if (from->type == OBJECT_TABLE)
        return write_alter(inverse, from, to->after.text, from->before.text);
    enum error code = write_drop(inverse, to);
    return code == ERROR_NONE ? write_create(inverse, from) : code;
}

static enum error undo_renames(struct inverse *inverse)
{
    const struct change *change = inverse->change;
    enum error code = ERROR_NONE;

    for (size_t i = 0; i < change->object_count; i++) {
        if (rename_of_unknown_kind(change, i))
            return unsupported(inverse, &change->objects[i], "it was renamed, and is no table");
    }
    write_renames(inverse);
    if (change->verb == DDL_RENAME)
        return ERROR_NONE;
    for (size_t i = change->object_count; i-- > 0 && code == ERROR_NONE;) {
        if (rename_pair(change, i))
            code = write_rename_rest(inverse, &change->objects[i], &change->objects[i + 1]);
    }
    return code;
}

/* --- order ------------------------------------------------------------------------------------ */

/* Does a's definition need b? Tables by foreign keys, defaults by sequences, views by names. */
static bool needs(enum object_type type, struct slice text, const struct change_object *b)
{
    struct buffer name = BUFFER_INIT;

    if (type == OBJECT_TABLE && b->type == OBJECT_TABLE)
        buffer_append_text(&name, "REFERENCES ");
    printed_quote(b->name, &name);
    bool found = printed_mentions(text, buffer_slice(&name));
    buffer_release(&name);
    return found;
}

static bool waits(const struct inverse *inverse, size_t index, enum fate fate)
{
    const struct change *change = inverse->change;
    const struct change_object *object = &change->objects[index];

    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *other = &change->objects[i];
        if (i == index || inverse->done[i] || inverse->fates[i] != fate ||
            other->type != object->type)
            continue;
        if (fate == FATE_DROPPED ? needs(object->type, object->before.text, other)
                                 : needs(other->type, other->after.text, object))
            return true;
    }
    return false;
}

/* Call step for each object of that type and fate, last first; one that waits for another later. A
 * ring of foreign keys is cut by taking its next member, with the checks off. */
static enum error each(struct inverse *inverse, enum object_type type, enum fate fate,
                       step_function *step)
{
    const struct change *change = inverse->change;
    bool ring = false, progress = true, left = true;
    enum error code = ERROR_NONE;

    while (left && code == ERROR_NONE) {
        bool force = !progress;
        left = progress = false;
        for (size_t i = change->object_count; i-- > 0 && code == ERROR_NONE;) {
            if (change->objects[i].type != type || inverse->fates[i] != fate || inverse->done[i])
                continue;
            if (!force && waits(inverse, i, fate)) {
                left = true;
                continue;
            }
            if (force && !ring && type == OBJECT_TABLE && inverse->defaults->foreign_key_checks) {
                buffer_append_text(inverse->sql,
                                   "SET @ddltap_foreign_key_checks = @@foreign_key_checks, "
                                   "foreign_key_checks = 0;\n");
                ring = true;
            }
            code = step(inverse, &change->objects[i]);
            inverse->done[i] = progress = true;
            if (force) {
                left = true;
                break;
            }
        }
    }
    if (ring)
        buffer_append_text(inverse->sql, "SET foreign_key_checks = @ddltap_foreign_key_checks;\n");
    return code;
}

/* The triggers of a table, and packages before their bodies, come back in the order given. */
static enum error each_in_order(struct inverse *inverse, enum object_type type)
{
    const struct change *change = inverse->change;
    enum error code = ERROR_NONE;

    for (size_t i = 0; i < change->object_count && code == ERROR_NONE; i++) {
        if (change->objects[i].type != type)
            continue;
        if (inverse->fates[i] == FATE_DROPPED)
            code = write_create(inverse, &change->objects[i]);
        else if (inverse->fates[i] == FATE_ALTERED)
            code = write_altered(inverse, &change->objects[i]);
    }
    return code;
}

static enum error undo_all(struct inverse *inverse)
{
    static const struct {
        enum object_type type;
        enum fate fate;
        step_function *step;
    } early[] =
        {
            {OBJECT_EVENT, FATE_CREATED, write_drop},
            {OBJECT_TRIGGER, FATE_CREATED, write_drop},
            {OBJECT_VIEW, FATE_CREATED, write_drop},
            {OBJECT_PACKAGE_BODY, FATE_CREATED, write_drop},
            {OBJECT_PACKAGE, FATE_CREATED, write_drop},
            {OBJECT_PROCEDURE, FATE_CREATED, write_drop},
            {OBJECT_FUNCTION, FATE_CREATED, write_drop},
        },
      late[] = {
          {OBJECT_SEQUENCE, FATE_DROPPED, write_create},
          {OBJECT_TABLE, FATE_DROPPED, write_create},
          {OBJECT_DATABASE, FATE_ALTERED, write_altered},
          {OBJECT_SEQUENCE, FATE_ALTERED, write_altered},
          {OBJECT_TABLE, FATE_ALTERED, write_altered},
          {OBJECT_TABLE, FATE_CREATED, write_drop},
          {OBJECT_SEQUENCE, FATE_CREATED, write_drop},
      };
    static const enum object_type in_order[] = {OBJECT_FUNCTION, OBJECT_PROCEDURE, OBJECT_PACKAGE,
                                                OBJECT_PACKAGE_BODY};
    enum error code = ERROR_NONE;

    for (size_t i = 0; i < sizeof(early) / sizeof(early[0]) && code == ERROR_NONE; i++)
        code = each(inverse, early[i].type, early[i].fate, early[i].step);
    if (code == ERROR_NONE)
        code = undo_renames(inverse);
    for (size_t i = 0; i < sizeof(late) / sizeof(late[0]) && code == ERROR_NONE; i++)
        code = each(inverse, late[i].type, late[i].fate, late[i].step);
    for (size_t i = 0; i < sizeof(in_order) / sizeof(in_order[0]) && code == ERROR_NONE; i++)
        code = each_in_order(inverse, in_order[i]);
    if (code == ERROR_NONE)
        code = each(inverse, OBJECT_VIEW, FATE_DROPPED, write_create);
    if (code == ERROR_NONE)
        code = each(inverse, OBJECT_VIEW, FATE_ALTERED, write_altered);
    if (code == ERROR_NONE)
        code = each_in_order(inverse, OBJECT_TRIGGER);
    return code == ERROR_NONE ? each_in_order(inverse, OBJECT_EVENT) : code;
}

static void remark_on_truncate(struct inverse *inverse)
{
    for (size_t i = 0; i < inverse->change->object_count; i++) {
        const struct change_object *object = &inverse->change->objects[i];
        if (object->role == ROLE_TARGET && object->type == OBJECT_TABLE)
            remark(inverse, "rows of ", object, " do not come back");
    }
}

enum error inverse_write(const struct change *change, const struct sql_facts *defaults,
                         bool keep_definer, struct buffer *sql, struct buffer *remarks,
                         struct problem *problem)
{
    struct inverse inverse = {
        .change = change,
        .defaults = defaults,
        .keep_definer = keep_definer,
        .sql = sql,
        .remarks = remarks,
        .problem = problem,
        .fates = memory_new(change->object_count, sizeof(*inverse.fates)),
        .done = memory_new(change->object_count, sizeof(*inverse.done)),
    };
    size_t sql_len = sql->len, remarks_len = remarks->len;
    enum error code = find_fates(&inverse);

    if (code == ERROR_NONE)
        code = undo_all(&inverse);
    if (code == ERROR_NONE && change->verb == DDL_TRUNCATE)
        remark_on_truncate(&inverse);
    if (code != ERROR_NONE) {
        buffer_truncate(sql, sql_len);
        buffer_truncate(remarks, remarks_len);
    }
    free(inverse.fates);
    free(inverse.done);
    return code;
}
