/* scratch: see scratch.h.
 *
 * Two connections: control reads definitions under pinned settings and holds the lock; runner runs
 * statements under those that a migration tool would have.
 */
#include "server/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ddltap/memory.h"
#include "schema/difference.h"
#include "schema/printed.h"
#include "server/inventory.h"
#include "server/runner.h"
#include "sql/confine.h"
#include "sql/dormant.h"
#include "sql/portable.h"
#include "sql/script.h"

#define PREFIX "ddltap_scratch_"

enum {
    ERROR_DATABASE_DENIED = 1044,
    ERROR_ACCESS_DENIED = 1227,
    ERROR_UNKNOWN_CHARACTER_SET = 1115,
    ERROR_UNKNOWN_COLLATION = 1273,
    SHOWN_BYTES = 400, /* of a statement that did not run */
};

struct scratch {
    struct scratch_options options;
    char *schema;   /* options.development_schema, owned */
    char *database; /* options.database, owned */
    char name[40];
    bool made;
    struct control *control;
    struct runner *runner; /* NULL: not connected yet */
};

void scratch_failure_release(struct scratch_failure *failure)
{
    free(failure->statement);
    free(failure->why);
    *failure = (struct scratch_failure){NULL, NULL};
}

/* --- making and dropping ------------------------------------------------------------------------ */

static enum error ask(struct scratch *scratch, const char *text, char **value, unsigned *code,
                      struct problem *problem)
{
    char *unused = NULL;
    enum error error =
        control_value(scratch->control, text, value == NULL ? &unused : value, code, problem);
    free(unused);
    return error;
}

/* A name that cannot be guessed, so that two commands never meet. */
static void choose_name(struct scratch *scratch)
{
    unsigned char bytes[6] = {0};
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        abort();
    snprintf(scratch->name, sizeof scratch->name, PREFIX "%02x%02x%02x%02x%02x%02x", bytes[0],
             bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
}

static enum error drop(struct scratch *scratch, const char *name, struct problem *problem)
{
    char text[100];
    unsigned code;
    snprintf(text, sizeof text, "DROP DATABASE IF EXISTS `%s`", name);
    return ask(scratch, text, NULL, &code, problem);
}

/* One leftover at a time, until there is none or it cannot be dropped. */
static enum error drop_leftovers(struct scratch *scratch, struct problem *problem)
{
    static const char question[] =
        "SELECT MIN(SCHEMA_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME REGEXP "
        "'^" PREFIX "[0-9a-f]{12}$' AND IS_FREE_LOCK(SCHEMA_NAME) = 1";
    char *name = NULL, *last = NULL;
    unsigned code;
    enum error error = ask(scratch, question, &name, &code, problem);
    while (error == ERROR_NONE && name != NULL && (last == NULL || strcmp(name, last) != 0)) {
        error = drop(scratch, name, problem);
        free(last);
        last = name;
        name = NULL;
        if (error == ERROR_NONE)
            error = ask(scratch, question, &name, &code, problem);
    }
    free(name);
    free(last);
    return error;
}

static enum error hold_lock(struct scratch *scratch, struct problem *problem)
{
    char text[100];
    char *got = NULL;
    unsigned code;
    snprintf(text, sizeof text, "SELECT GET_LOCK('%s', 1)", scratch->name);
    enum error error = ask(scratch, text, &got, &code, problem);
    if (error == ERROR_NONE && (got == NULL || strcmp(got, "1") != 0))
        error =
            problem_set(problem, ERROR_SERVER, "The server gave no lock for %s.", scratch->name);
    free(got);
    return error;
}

static enum error denied(const struct scratch *scratch, unsigned code, struct problem *problem)
{
    const char *user = scratch->options.server->user;
    if (code == ERROR_DATABASE_DENIED || code == ERROR_ACCESS_DENIED)
        return problem_set(
            problem, ERROR_UNSUPPORTED,
            "The account %s may not make the scratch database that a proof needs (%u). "
            "Grant it: GRANT ALL ON `ddltap\\_scratch\\_%%`.* TO that account; or name a "
            "server where it may, in DDLTAP_SCRATCH_URL.",
            user, code);
    return problem_set(problem, ERROR_UNSUPPORTED,
                       "The scratch database %s could not be made: error %u.", scratch->name, code);
}

/* The defaults of development's database are what stands behind its name there. Another kind of server may
 * not know them: then it is utf8mb4. */
static enum error create(struct scratch *scratch, struct problem *problem)
{
    const struct slice head = SLICE("CREATE DATABASE ");
    struct slice text = slice_from(scratch->database == NULL ? "" : scratch->database),
                 rest = SLICE("");
    struct buffer sql = BUFFER_INIT;
    unsigned code = 0;
    struct slice name = slice_starts_with(text, head) ? printed_name(text, head.len) : SLICE_NONE;
    if (!slice_is_none(name))
        rest = slice_from_offset(text, head.len + name.len);
    buffer_printf(&sql, "CREATE DATABASE `%s`%.*s", scratch->name, (int)rest.len, rest.ptr);
    enum error error = ask(scratch, buffer_text(&sql), NULL, &code, problem);
    if (error == ERROR_NONE &&
        (code == ERROR_UNKNOWN_COLLATION || code == ERROR_UNKNOWN_CHARACTER_SET)) {
        buffer_clear(&sql);
        buffer_printf(&sql, "CREATE DATABASE `%s` CHARACTER SET utf8mb4", scratch->name);
        error = ask(scratch, buffer_text(&sql), NULL, &code, problem);
    }
    buffer_release(&sql);
    if (error == ERROR_NONE && code != 0)
        error = denied(scratch, code, problem);
    scratch->made = error == ERROR_NONE;
    return error;
}

enum error scratch_open(const struct scratch_options *options, struct scratch **scratch,
                        struct problem *problem)
{
    struct scratch *made = memory_new(1, sizeof *made);
    made->options = *options;
    made->schema = memory_copy_text(options->development_schema);
    made->database = memory_copy_text(options->database);
    choose_name(made);
    enum error error = control_open(options->server, &made->control, problem);
    if (error == ERROR_NONE)
        error = drop_leftovers(made, problem);
    if (error == ERROR_NONE)
        error = hold_lock(made, problem);
    if (error == ERROR_NONE)
        error = create(made, problem);
    if (error == ERROR_NONE)
        error = runner_open(options->server, made->name, &made->runner, problem);
    if (error != ERROR_NONE) {
        scratch_close(made);
        made = NULL;
    }
    *scratch = made;
    return error;
}

void scratch_close(struct scratch *scratch)
{
    if (scratch == NULL)
        return;
    runner_close(scratch->runner);
    if (scratch->made)
        (void)!drop(scratch, scratch->name, NULL);
    control_close(scratch->control);
    free(scratch->schema);
    free(scratch->database);
    free(scratch);
}

/* The runner's session has the database chosen, which is another one then. */
enum error scratch_clear(struct scratch *scratch, struct problem *problem)
{
    runner_close(scratch->runner);
    scratch->runner = NULL;
    enum error error = drop(scratch, scratch->name, problem);
    scratch->made = false;
    if (error == ERROR_NONE)
        error = create(scratch, problem);
    if (error == ERROR_NONE)
        error = runner_open(scratch->options.server, scratch->name, &scratch->runner, problem);
    return error;
}

const char *scratch_name(const struct scratch *scratch)
{
    return scratch->name;
}

bool scratch_mariadb(const struct scratch *scratch)
{
    return control_mariadb(scratch->control);
}

uint32_t scratch_version(const struct scratch *scratch)
{
    return control_version(scratch->control);
}

const struct sql_facts *scratch_facts(const struct scratch *scratch)
{
    return runner_facts(scratch->runner);
}

/* --- running ------------------------------------------------------------------------------------ */

static struct slice trim(struct slice text)
{
    struct slice trimmed = printed_trim(text);
    return trimmed.len > SHOWN_BYTES ? slice_make(trimmed.ptr, SHOWN_BYTES) : trimmed;
}

static enum error fail(struct slice statement, const char *why, struct scratch_failure *failure,
                       struct problem *problem)
{
    struct slice shown = trim(statement);
    scratch_failure_release(failure);
    failure->statement = memory_copy_slice(shown);
    failure->why = memory_copy_text(why);
    return problem_set(problem, ERROR_UNSUPPORTED, "\"%.*s\" did not run: %s.",
                       (int)(shown.len > 120 ? 120 : shown.len), shown.ptr, why);
}

static enum error run_one(struct scratch *scratch, struct slice statement,
                          const struct dialect *dialect, struct scratch_failure *failure,
                          struct problem *problem)
{
    const struct portable_options options = {.schema = slice_from(scratch->schema),
                                             .schema_nocase =
                                                 control_names_nocase(scratch->control),
                                             .keep_definer = scratch->options.keep_definer};
    struct buffer portable = BUFFER_INIT, dormant = BUFFER_INIT;
    struct runner_answer answer = {0};
    portable_write(statement, dialect, &options, &portable);
    dormant_write(buffer_slice(&portable), dialect, &dormant);
    const char *refusal = confine_refusal(buffer_slice(&dormant), dialect);
    enum error error = ERROR_NONE;
    if (refusal != NULL)
        error = fail(statement, refusal, failure, problem);
    else
        error = runner_run(scratch->runner, buffer_slice(&dormant), &answer, problem);
    if (error == ERROR_NONE && answer.error_code != 0) {
        char why[600];
        snprintf(why, sizeof why, "%s (%u)", answer.message, answer.error_code);
        error = fail(statement, why, failure, problem);
    }
    buffer_release(&portable);
    buffer_release(&dormant);
    return error;
}

enum error scratch_run(struct scratch *scratch, struct slice text, struct scratch_failure *failure,
                       struct problem *problem)
{
    const struct dialect dialect = {.mariadb = control_mariadb(scratch->control),
                                    .version = control_version(scratch->control)};
    struct script script;
    struct slice statement;
    enum error error = ERROR_NONE;
    script_init(&script, text, &dialect, runner_facts(scratch->runner));
    while (error == ERROR_NONE && script_next(&script, &statement))
        error = run_one(scratch, statement, &script.dialect, failure, problem);
    script_release(&script);
    return error;
}

/* --- loading and reading ------------------------------------------------------------------------ */

/* The defaults of the database are there already. */
static struct schema *objects_of(const struct catalog *catalog)
{
    struct schema *schema = schema_new();
    for (size_t i = 0; i < catalog->count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        const struct definition definition = {.type = object->type,
                                              .name = slice_from(object->name),
                                              .text = slice_from(object->text),
                                              .context = slice_from(object->context)};
        if (object->text != NULL && object->type != OBJECT_DATABASE)
            schema_add(schema, &definition);
    }
    return schema;
}

/* The text of a step is read as it was written: under the settings of the steps before it. */
static enum error run_steps(struct scratch *scratch, const struct difference *difference,
                            struct scratch_failure *failure, struct problem *problem)
{
    struct dialect dialect = {.mariadb = control_mariadb(scratch->control),
                              .version = control_version(scratch->control)};
    struct sql_facts facts = {0};
    enum error error = ERROR_NONE;
    sql_facts_copy(&facts, runner_facts(scratch->runner));
    for (size_t i = 0; i < difference->step_count && error == ERROR_NONE; i++) {
        struct slice text = slice_from(difference->steps[i].text);
        if (facts.sql_mode != NULL)
            dialect_set_sql_mode(&dialect, slice_from(facts.sql_mode));
        error = run_one(scratch, text, &dialect, failure, problem);
        statement_follow(text, &dialect, &facts);
    }
    sql_facts_release(&facts);
    return error;
}

enum error scratch_load(struct scratch *scratch, const struct catalog *catalog,
                        struct buffer *problems, struct scratch_failure *failure,
                        struct problem *problem)
{
    const struct difference_options options = {
        .mariadb = control_mariadb(scratch->control),
        .version = control_version(scratch->control),
        .schema = slice_from(scratch->schema),
        .keep_definer = scratch->options.keep_definer,
        .defaults = runner_facts(scratch->runner),
        .whole = true,
    };
    struct schema *empty = schema_new(), *wanted = objects_of(catalog);
    struct difference difference;
    difference_find(empty, wanted, NULL, 0, &options, &difference);
    enum error error = run_steps(scratch, &difference, failure, problem);
    buffer_append_slice(problems, buffer_slice(&difference.problems));
    difference_release(&difference);
    schema_release(empty);
    schema_release(wanted);
    return error;
}

enum error scratch_read(struct scratch *scratch, struct catalog *catalog, struct problem *problem)
{
    return inventory_read(scratch->control, scratch->name, catalog, problem);
}

static void take_image(const struct control_image *image, struct catalog *catalog)
{
    if (image->state == IMAGE_ABSENT)
        return;
    struct catalog_object *object = catalog_add(catalog, image->type, slice_from(image->name));
    object->text = memory_copy_text(image->text);
    object->context = memory_copy_text(image->context);
    if (image->text == NULL)
        object->why = memory_copy_text("its definition cannot be read");
}

enum error scratch_read_some(struct scratch *scratch, const struct catalog *names,
                             struct catalog *catalog, struct problem *problem)
{
    struct control_image *images = memory_new(names->count + 1, sizeof *images);
    for (size_t i = 0; i < names->count; i++)
        images[i] = (struct control_image){.type = names->objects[i].type,
                                           .schema = scratch->name,
                                           .name = names->objects[i].name};
    enum error error = control_read_images(scratch->control, images, names->count, problem);
    for (size_t i = 0; i < names->count && error == ERROR_NONE; i++)
        take_image(&images[i], catalog);
    if (error == ERROR_NONE)
        control_images_release(images, names->count);
    free(images);
    return error;
}
