/* record: see record.h. */
#include "intercept/record.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ddltap/memory.h"
#include "sql/portable.h"
#include "sql/redact.h"

int64_t record_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* --- from the statement ------------------------------------------------------------------------- */

/* A name of the statement, in UTF-8. Bytes that are none stay as they are: they cannot match
 * anything. */
static char *utf8_name(const char *name, const struct sql_facts *facts)
{
    struct buffer out = BUFFER_INIT;
    if (name == NULL)
        return NULL;
    if (facts->character_set_client == NULL ||
        portable_to_utf8(slice_from(name), facts->character_set_client, &out) != ERROR_NONE) {
        buffer_clear(&out);
        buffer_append_text(&out, name);
    }
    return out.ptr == NULL ? memory_copy_text("") : buffer_detach(&out);
}

static void add_objects(const struct statement *statement, const struct sql_facts *facts,
                        struct journal_change *change)
{
    change->object_count = statement->object_count;
    change->objects = memory_new(statement->object_count + 1, sizeof(*change->objects));
    for (size_t i = 0; i < statement->object_count; i++) {
        const struct statement_object *from = &statement->objects[i];
        struct journal_object *to = &change->objects[i];
        to->type = from->type;
        to->role = from->role;
        to->schema = utf8_name(from->schema, facts);
        to->name = utf8_name(from->name, facts);
        if (to->type == OBJECT_DATABASE && to->name == NULL)
            to->name = memory_copy_text(facts->default_schema);
        if (to->type == OBJECT_DATABASE && to->schema == NULL)
            to->schema = memory_copy_text(to->name);
        if (to->schema == NULL)
            to->schema = memory_copy_text(facts->default_schema);
        if (to->schema == NULL)
            to->schema = memory_copy_text("");
        if (to->name == NULL)
            to->name = memory_copy_text("");
    }
}

static void add_renames(const struct statement *statement, const struct sql_facts *facts,
                        struct journal_change *change)
{
    change->rename_count = statement->rename_count;
    change->renames = memory_new(statement->rename_count + 1, sizeof(*change->renames));
    for (size_t i = 0; i < statement->rename_count; i++) {
        change->renames[i].index = statement->renames[i].index;
        change->renames[i].from = utf8_name(statement->renames[i].from, facts);
        change->renames[i].to = utf8_name(statement->renames[i].to, facts);
    }
}

struct journal_change *record_new(const struct record_place *place, struct slice text,
                                  const struct dialect *dialect, const struct sql_facts *facts,
                                  const struct statement *statement)
{
    struct journal_change *change = memory_new(1, sizeof(*change));
    struct buffer redacted = BUFFER_INIT;
    change->at = record_now();
    change->state = CHANGE_INTENDED;
    change->draft_state = DRAFT_NONE;
    change->redacted = redact_write(text, dialect, &redacted);
    change->text_len = redacted.len;
    change->text = redacted.ptr == NULL ? memory_copy_text("") : buffer_detach(&redacted);
    change->verb = statement->verb;
    change->noun = memory_copy_text(statement->kind == STATEMENT_ACCOUNT || statement->noun == NULL
                                        ? "ACCOUNT"
                                        : statement->noun);
    sql_facts_copy(&change->facts, facts);
    change->development_schema = memory_copy_text(place->database);
    change->version = place->version;
    change->mariadb = place->mariadb;
    change->names_nocase = place->names_nocase;
    add_objects(statement, facts, change);
    add_renames(statement, facts, change);
    return change;
}

void record_free(struct journal_change *change)
{
    if (change == NULL)
        return;
    journal_change_release(change);
    free(change);
}

/* --- images ------------------------------------------------------------------------------------- */

static bool names_trigger(const struct journal_change *change, const char *schema, const char *name)
{
    for (size_t i = 0; i < change->object_count; i++)
        if (change->objects[i].type == OBJECT_TRIGGER &&
            strcmp(change->objects[i].name, name) == 0 &&
            strcmp(change->objects[i].schema, schema) == 0)
            return true;
    return false;
}

/* They become objects of the change. */
static void add_triggers(struct journal_change *change, const struct control_image *image)
{
    for (size_t i = 0; i < image->trigger_count; i++) {
        if (names_trigger(change, image->schema, image->triggers[i]))
            continue;
        change->objects =
            memory_resize(change->objects, change->object_count + 1, sizeof(*change->objects));
        change->objects[change->object_count++] =
            (struct journal_object){.type = OBJECT_TRIGGER,
                                    .role = ROLE_TARGET,
                                    .schema = memory_copy_text(image->schema),
                                    .name = memory_copy_text(image->triggers[i])};
    }
}

/* Triggers die with their table, and no statement names them. */
static bool takes_triggers_along(const struct journal_change *change,
                                 const struct journal_object *object)
{
    return (change->verb == DDL_DROP || change->verb == DDL_CREATE) &&
           object->type == OBJECT_TABLE && object->role == ROLE_TARGET;
}

static void take_image(struct journal_object *object, enum image_moment moment,
                       struct control_image *image)
{
    struct journal_image *to = moment == IMAGE_BEFORE ? &object->before : &object->after;
    free(to->text); /* of an attempt that broke off */
    free(to->context);
    to->state = image->state;
    to->text = image->text;
    to->context = image->context;
    image->text = image->context = NULL;
}

/* RENAME TABLE v TO aside, w TO v, aside TO w: what `aside` stands for is known of the pair that makes it. */
static bool take_type_in_chain(struct journal_change *change, size_t from)
{
    struct journal_object *object = &change->objects[from];
    for (size_t i = 0; i < from && object->role == ROLE_RENAME_FROM; i++) {
        const struct journal_object *made = &change->objects[i];
        if (made->role != ROLE_RENAME_TO || made->type == OBJECT_TABLE ||
            !slice_equal(slice_from(made->name), slice_from(object->name)) ||
            !slice_equal(slice_from(made->schema), slice_from(object->schema)))
            continue;
        object->type = change->objects[from + 1].type = made->type;
        return true;
    }
    return false;
}

/* What it opens is left to the caller, or closed where there is no opened. */
static enum error read_images(struct control *control, struct control_image *images, size_t count,
                              struct opened *opened, struct problem *problem)
{
    return opened == NULL ? control_read_images(control, images, count, problem)
                          : control_read_keeping(control, images, count, opened, problem);
}

/* RENAME TABLE also renames views, DROP TABLE also drops MariaDB's sequences: only the server knows
 * what the name stands for. What is neither stays a table. */
static enum error resolve_types(struct control *control, struct journal_change *change,
                                struct opened *opened, struct problem *problem)
{
    static const enum object_type others[] = {OBJECT_VIEW, OBJECT_SEQUENCE};
    for (size_t i = 0; i < change->object_count; i++) {
        struct journal_object *object = &change->objects[i];
        bool renamed = object->role == ROLE_RENAME_FROM;
        if (object->type != OBJECT_TABLE || object->before.state != IMAGE_ABSENT ||
            (!renamed && change->verb != DDL_DROP) || take_type_in_chain(change, i))
            continue;
        for (size_t other = 0; other < 2; other++) {
            struct control_image image = {
                .type = others[other], .schema = object->schema, .name = object->name};
            enum error error = read_images(control, &image, 1, opened, problem);
            if (error == ERROR_NONE && image.state == IMAGE_PRESENT) {
                object->type = image.type;
                if (renamed)
                    change->objects[i + 1].type = image.type;
                take_image(object, IMAGE_BEFORE, &image);
            }
            control_images_release(&image, 1);
            if (error != ERROR_NONE)
                return error;
        }
    }
    return ERROR_NONE;
}

static bool is_skipped(const bool *skip, size_t named, size_t object)
{
    return skip != NULL && object < named && skip[object];
}

/* The objects from `from` on. One that is skipped is read all the same where triggers die with it, for their names. */
static enum error read_objects(struct control *control, struct journal_change *change, size_t from,
                               size_t named, enum image_moment moment, const bool *skip,
                               struct opened *opened, struct problem *problem)
{
    struct control_image *images = memory_new(change->object_count + 1, sizeof(*images));
    size_t *owners = memory_new(change->object_count + 1, sizeof(*owners)), count = 0;
    for (size_t i = from; i < change->object_count; i++) {
        const struct journal_object *object = &change->objects[i];
        bool triggers = moment == IMAGE_BEFORE && takes_triggers_along(change, object);
        if (object->role == ROLE_REFERENCE || (is_skipped(skip, named, i) && !triggers))
            continue;
        images[count].type = object->type;
        images[count].schema = object->schema;
        images[count].name = object->name;
        images[count].with_triggers = triggers;
        owners[count++] = i;
    }
    enum error error = read_images(control, images, count, opened, problem);
    for (size_t i = 0; i < count && error == ERROR_NONE; i++) {
        if (!is_skipped(skip, named, owners[i]))
            take_image(&change->objects[owners[i]], moment, &images[i]);
        add_triggers(change, &images[i]);
    }
    control_images_release(images, count);
    free(images);
    free(owners);
    return error;
}

enum error record_read_images(struct control *control, struct journal_change *change, size_t named,
                              enum image_moment moment, const bool *skip, struct opened *opened,
                              struct problem *problem)
{
    size_t count = change->object_count;
    enum error error = read_objects(control, change, 0, named, moment, skip, opened, problem);
    if (error != ERROR_NONE || moment == IMAGE_AFTER)
        return error;
    if (change->object_count > count)
        error = read_objects(control, change, count, named, moment, skip, opened, problem);
    return error == ERROR_NONE ? resolve_types(control, change, opened, problem) : error;
}
