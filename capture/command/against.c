/* against: see against.h. */
#include "command/against.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/migrations.h"
#include "ddltap/memory.h"
#include "schema/context.h"
#include "schema/cosmetic.h"
#include "schema/dump.h"
#include "schema/printed.h"
#include "schema/version_table.h"
#include "server/inventory.h"
#include "sql/portable.h"

#define DUMP_LIMIT ((size_t)1 << 30)

/* One of the two schemas. */
struct side {
    struct catalog catalog;
    struct dialect dialect;
    char *version; /* "9.7.4-2"; NULL: not known */
};

struct against {
    const char *database; /* the development schema: both sides get its name */
    struct side here, other;
    bool is_dump;
    struct dump dump; /* its catalog is the other side's */
    struct report *report;
};

static void release_side(struct side *side)
{
    catalog_release(&side->catalog);
    free(side->version);
}

/* --- a server ----------------------------------------------------------------------------------- */

static enum error read_server(const struct connection *connection, struct side *side,
                              struct problem *problem)
{
    struct control *control = NULL;
    enum error error = project_connect(connection, &control, problem);

    if (error != ERROR_NONE)
        return error;
    side->dialect =
        (struct dialect){.mariadb = control_mariadb(control), .version = control_version(control)};
    side->version = memory_copy_text(control_version_text(control));
    error = inventory_read(control, connection->database, &side->catalog, problem);
    control_close(control);
    return error;
}

static enum error read_url(struct against *against, const char *url, struct problem *problem)
{
    struct connection connection;
    enum error error = connection_from_url(url, &connection, problem);

    if (error != ERROR_NONE)
        return error;
    error = read_server(&connection, &against->other, problem);
    connection_release(&connection);
    return error;
}

/* --- a dump ------------------------------------------------------------------------------------- */

/* A URL with a mistake in it is taken for a file, and may hold a password. */
static const char *shown(const char *path)
{
    return strchr(path, '@') == NULL ? path : "The file (a URL begins with \"mysql://\")";
}

static enum error read_file(const char *path, struct buffer *text, struct problem *problem)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "re");
    size_t len;
    char *block = memory_new(1, (size_t)1 << 16);

    if (stream == NULL) {
        free(block);
        return problem_set(problem, ERROR_FILE, "%s cannot be read: %s.", shown(path),
                           strerror(errno));
    }
    buffer_init(text, DUMP_LIMIT);
    while (!text->failed && (len = fread(block, 1, (size_t)1 << 16, stream)) > 0)
        buffer_append(text, block, len);
    bool broken = ferror(stream) != 0;
    int reason = errno;
    if (!standard)
        (void)fclose(stream);
    free(block);
    if (broken)
        return problem_set(problem, ERROR_FILE, "%s cannot be read: %s.", shown(path),
                           strerror(reason));
    if (text->failed)
        return problem_set(problem, ERROR_TOO_LARGE,
                           "%s is larger than 1 GiB. Make a dump without rows: mysqldump --no-data "
                           "--routines --events.",
                           path);
    return ERROR_NONE;
}

static enum error read_dump(struct against *against, const char *path, struct problem *problem)
{
    struct buffer text = BUFFER_INIT;
    struct problem inner = PROBLEM_INIT;
    struct side *other = &against->other;
    enum error error = read_file(path, &text, problem);

    if (error == ERROR_NONE) {
        error = dump_read(buffer_slice(&text), &against->here.dialect, against->database,
                          &against->dump, &inner);
        if (error != ERROR_NONE)
            error = problem_set(problem, error, "%s: %s", path, inner.text);
    }
    buffer_release(&text);
    if (error != ERROR_NONE)
        return error;
    against->is_dump = true;
    other->catalog = against->dump.catalog;
    against->dump.catalog = CATALOG_INIT;
    other->dialect = against->dump.dialect;
    other->version = memory_copy_text(against->dump.server);
    return ERROR_NONE;
}

/* --- made alike --------------------------------------------------------------------------------- */

static void take_out_definer(const struct side *side, struct catalog_object *object)
{
    const struct portable_options options = {.keep_definer = false};
    struct dialect dialect = side->dialect;
    struct buffer out = BUFFER_INIT;

    if (object->text == NULL || object->type == OBJECT_TABLE || object->type == OBJECT_SEQUENCE ||
        object->type == OBJECT_DATABASE)
        return;
    dialect_set_sql_mode(&dialect, context_value(slice_from(object->context), "sql_mode"));
    portable_write(slice_from(object->text), &dialect, &options, &out);
    free(object->text);
    object->text = buffer_detach(&out);
}

/* The database has another name there. */
static void rename_database(const char *name, struct catalog_object *object)
{
    const struct slice head = SLICE("CREATE DATABASE ");
    struct buffer out = BUFFER_INIT;

    if (object->text == NULL || object->type != OBJECT_DATABASE)
        return;
    struct slice text = slice_from(object->text);
    struct slice own = slice_starts_with(text, head) ? printed_name(text, head.len) : SLICE_NONE;
    if (slice_is_none(own))
        return;
    buffer_append_slice(&out, head);
    printed_quote(slice_from(name), &out);
    buffer_append_slice(&out, slice_from_offset(text, head.len + own.len));
    free(object->text);
    object->text = buffer_detach(&out);
    free(object->name);
    object->name = memory_copy_text(name);
}

static void make_alike(const struct against *against, struct side *side)
{
    for (size_t i = 0; i < side->catalog.count; i++) {
        take_out_definer(side, &side->catalog.objects[i]);
        rename_database(against->database, &side->catalog.objects[i]);
    }
}

/* --- what is not compared ----------------------------------------------------------------------- */

static void note(struct against *against, const char *text)
{
    buffer_append_text(&against->report->notes, text);
    buffer_append_char(&against->report->notes, '\n');
}

static size_t count_types(const struct catalog *catalog, const enum object_type *types,
                          size_t count)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += catalog_count(catalog, types[i]);
    return sum;
}

/* Dumps without --routines or --events hold none, and no line that says so. */
static void leave_out_unsaid(struct against *against, bool said, const enum object_type *types,
                             size_t count, const char *text)
{
    if (said || count_types(&against->other.catalog, types, count) > 0 ||
        count_types(&against->here.catalog, types, count) == 0)
        return;
    for (size_t i = 0; i < count; i++)
        catalog_remove_type(&against->here.catalog, types[i]);
    note(against, text);
}

static void leave_out_what_no_dump_says(struct against *against)
{
    static const enum object_type routines[] = {OBJECT_PROCEDURE, OBJECT_FUNCTION, OBJECT_PACKAGE,
                                                OBJECT_PACKAGE_BODY};
    static const enum object_type events[] = {OBJECT_EVENT};
    static const enum object_type triggers[] = {OBJECT_TRIGGER};
    static const enum object_type database[] = {OBJECT_DATABASE};

    if (!against->is_dump)
        return;
    leave_out_unsaid(against, against->dump.says_routines, routines, 4,
                     "Routines are not compared: the dump holds none and was made without "
                     "--routines.");
    leave_out_unsaid(against, against->dump.says_events, events, 1,
                     "Events are not compared: the dump holds none and was made without --events.");
    leave_out_unsaid(against, false, database, 1,
                     "The defaults of the database are not compared: the dump has no CREATE "
                     "DATABASE (--databases).");
    if (catalog_count(&against->other.catalog, OBJECT_TRIGGER) == 0 &&
        count_types(&against->here.catalog, triggers, 1) > 0)
        note(against, "The dump holds no trigger; if it was made with --skip-triggers, those named "
                      "here may be there.");
}

static void note_versions(struct against *against)
{
    const struct side *here = &against->here, *other = &against->other;
    struct buffer text = BUFFER_INIT;

    if (other->version == NULL)
        buffer_append_text(&text, "The dump does not say which server wrote it: it is read as one "
                                  "of the development server's kind.");
    else if (here->dialect.mariadb != other->dialect.mariadb ||
             here->dialect.version / 100 != other->dialect.version / 100)
        buffer_printf(&text,
                      "Development is %s %s, the other %s %s: what they only print in another way "
                      "is shown as a difference.",
                      here->dialect.mariadb ? "MariaDB" : "MySQL", here->version,
                      other->dialect.mariadb ? "MariaDB" : "MySQL", other->version);
    if (text.len > 0)
        note(against, buffer_text(&text));
    buffer_release(&text);
}

static void leave_out_version_table(const struct project *project, struct against *against)
{
    char *table = migrations_version_table(project);

    version_table_take_out(table, &against->here.catalog);
    version_table_take_out(table, &against->other.catalog);
    free(table);
}

/* Not known on one side: compared on neither. */
static void leave_out_unknown(struct against *against, struct catalog *from, struct catalog *other,
                              const char *where)
{
    for (size_t i = 0; i < from->count;) {
        struct catalog_object *object = &from->objects[i];
        if (object->text != NULL) {
            i++;
            continue;
        }
        buffer_printf(&against->report->notes, "%s `%s` is not compared: %s, %s.\n",
                      object_type_text(object->type), object->name, where,
                      object->why == NULL ? "its definition is not known" : object->why);
        against->report->incomplete = true;
        enum object_type type = object->type;
        char *name = memory_copy_text(object->name);
        catalog_remove(other, type, slice_from(name));
        catalog_remove(from, type, slice_from(name));
        free(name);
    }
}

/* --- the difference ----------------------------------------------------------------------------- */

static struct image image_of(const struct definition *definition)
{
    if (definition == NULL)
        return (struct image){IMAGE_ABSENT, SLICE_NONE, SLICE_NONE};
    return (struct image){IMAGE_PRESENT, definition->text, definition->context};
}

static void add_pair(struct against *against, const struct definition *before,
                     const struct definition *after)
{
    const struct definition *any = after != NULL ? after : before;
    const struct change_object object = {.type = any->type,
                                         .role = ROLE_TARGET,
                                         .name = any->name,
                                         .before = image_of(before),
                                         .after = image_of(after)};
    const struct change change = {
        .verb = DDL_ALTER,
        .noun = object_type_text(any->type),
        .objects = &object,
        .object_count = 1,
        .mariadb = against->here.dialect.mariadb,
        .version = against->here.dialect.version,
        .development_schema = slice_from(against->database),
    };

    if (before == NULL || after == NULL || !cosmetic_same(any->type, before->text, after->text) ||
        !slice_equal(before->context, after->context))
        report_add(against->report, &change);
}

static void add_pairs(struct against *against, const struct schema *before,
                      const struct schema *after)
{
    for (size_t i = 0; i < schema_count(after); i++) {
        const struct definition *wanted = schema_at(after, i);
        add_pair(against, schema_find(before, wanted->type, SLICE_NONE, wanted->name), wanted);
    }
    for (size_t i = 0; i < schema_count(before); i++) {
        const struct definition *now = schema_at(before, i);
        if (schema_find(after, now->type, SLICE_NONE, now->name) == NULL)
            add_pair(against, now, NULL);
    }
}

static void compare(struct against *against)
{
    struct schema *before = catalog_schema(&against->other.catalog);
    struct schema *after = catalog_schema(&against->here.catalog);
    /* Which session will run the statements is not known: each gets all its settings. */
    const struct sql_facts defaults = {.foreign_key_checks = true};
    const struct report_sides sides = {
        .before = before,
        .after = after,
        .options = {.mariadb = against->other.dialect.mariadb,
                    .version = against->other.dialect.version,
                    .schema = slice_from(against->database),
                    .defaults = &defaults,
                    .whole = true,
                    .passes_cosmetic = true},
    };

    add_pairs(against, before, after);
    report_find(against->report, &sides);
    if (!against->report->differs && against->report->up.len > 0) {
        against->report->differs = true; /* each is the same, but their order is not */
        buffer_append_text(&against->report->lines, "~ order of triggers\n");
    }
    schema_release(before);
    schema_release(after);
}

static enum error read_sides(struct against *against, const struct connection *connection,
                             const char *what, struct problem *problem)
{
    enum error error = read_server(connection, &against->here, problem);

    if (error != ERROR_NONE)
        return error;
    return strstr(what, "://") != NULL ? read_url(against, what, problem)
                                       : read_dump(against, what, problem);
}

enum error against_find(const struct project *project, const char *what, struct report *report,
                        struct problem *problem)
{
    struct connection connection;
    struct against against = {.report = report};
    enum error error = project_connection(project, &connection, problem);

    if (error != ERROR_NONE)
        return error;
    against.database = connection.database;
    error = read_sides(&against, &connection, what, problem);
    if (error == ERROR_NONE) {
        note_versions(&against);
        leave_out_version_table(project, &against);
        leave_out_what_no_dump_says(&against);
        leave_out_unknown(&against, &against.other.catalog, &against.here.catalog,
                          against.is_dump ? "in the dump" : "on the other server");
        leave_out_unknown(&against, &against.here.catalog, &against.other.catalog,
                          "in development");
        make_alike(&against, &against.here);
        make_alike(&against, &against.other);
        compare(&against);
    }
    release_side(&against.here);
    release_side(&against.other);
    dump_release(&against.dump);
    connection_release(&connection);
    return error;
}
