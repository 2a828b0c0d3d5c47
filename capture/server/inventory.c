/* inventory: see inventory.h. A refused statement ends the text that it is in: what stands behind it is
 * asked again in the next one. */
#include "server/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/printed.h"
#include "server/control_connect.h"
#include "server/control_internal.h"

enum {
    BATCH_SIZE = 64
};

/* Each lists the type of objects and their names; %s is the schema as a literal. */
static const char *const lists[] = {
    "SELECT CASE TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' "
    "END, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE <> 'TEMPORARY' AND "
    "TABLE_SCHEMA = %s ORDER BY TABLE_NAME",
    "SELECT 'TRIGGER', TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s "
    "ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER",
    "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s "
    "ORDER BY ROUTINE_TYPE, ROUTINE_NAME",
    "SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s ORDER BY "
    "EVENT_NAME",
};

/* --- names -------------------------------------------------------------------------------------- */

static void take_names(MYSQL_RES *result, struct catalog *catalog)
{
    enum object_type type;

    for (MYSQL_ROW row = mysql_fetch_row(result); row != NULL; row = mysql_fetch_row(result)) {
        struct slice name = control_cell(result, row, 1);
        if (object_type_from_text(control_cell(result, row, 0), &type) && !slice_is_none(name))
            (void)catalog_add(catalog, type, name);
    }
}

static enum error list_names(struct control *control, const char *schema, struct catalog *catalog,
                             struct problem *problem)
{
    enum error code = ERROR_NONE;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && code == ERROR_NONE; i++) {
        const char *place = strstr(lists[i], "%s");
        struct buffer question = BUFFER_INIT;
        MYSQL_RES *result = NULL;
        unsigned error_code;
        buffer_append(&question, lists[i], (size_t)(place - lists[i]));
        control_append_name(control, schema, &question);
        buffer_append_text(&question, place + strlen("%s"));
        code = control_ask(control, buffer_slice(&question), &result, &error_code, problem);
        buffer_release(&question);
        if (code == ERROR_NONE && result == NULL)
            code = control_problem(&control->target, control->handle,
                                   "Cannot list the objects of the schema on", problem);
        if (code != ERROR_NONE)
            break;
        take_names(result, catalog);
        mysql_free_result(result);
    }
    return code;
}

/* --- definitions -------------------------------------------------------------------------------- */

static void fill(const struct control *control, const char *schema, MYSQL_RES *result,
                 struct catalog_object *object)
{
    struct control_image image = {
        .type = object->type, .schema = schema, .name = object->name, .state = IMAGE_UNKNOWN};

    control_fill(control, result, &image);
    object->text = image.text;
    object->context = image.context;
    if (image.text == NULL)
        object->why =
            memory_copy_text("the account may not see its definition, or it holds a zero byte");
}

static void refuse(const struct control *control, struct catalog_object *object)
{
    struct buffer why = BUFFER_INIT;

    buffer_printf(&why, "the server does not show its definition: %s (%u)",
                  mysql_error(control->handle), mysql_errno(control->handle));
    object->why = buffer_detach(&why);
}

static void write_batch(const struct catalog *catalog, size_t from, size_t to, struct buffer *out)
{
    for (size_t i = from; i < to; i++) {
        buffer_printf(out, "%sSHOW CREATE %s ", i == from ? "" : ";",
                      object_type_text(catalog->objects[i].type));
        printed_quote(slice_from(catalog->objects[i].name), out);
    }
}

/* Read objects from *at on, and move it behind those that have an answer. */
static enum error read_batch(struct control *control, const char *schema, struct catalog *catalog,
                             size_t *at, size_t size, struct problem *problem)
{
    size_t to = catalog->count - *at < size ? catalog->count : *at + size;
    struct buffer text = BUFFER_INIT;

    write_batch(catalog, *at, to, &text);
    /* A failed one is 1 or, of Connector/C that cannot send, -1. */
    int status = mysql_real_query(control->handle, text.ptr, (unsigned long)text.len) != 0;
    buffer_release(&text);
    while (*at < to && status >= 0) {
        struct catalog_object *object = &catalog->objects[(*at)++];
        MYSQL_RES *result = status == 0 ? mysql_store_result(control->handle) : NULL;
        if (result == NULL) {
            enum error code = control_check_lost(control, mysql_errno(control->handle), problem);
            if (code == ERROR_NONE)
                refuse(control, object);
            return code;
        }
        fill(control, schema, result, object);
        mysql_free_result(result);
        status = mysql_next_result(control->handle); /* -1: that was the last */
    }
    return control_check_lost(control, 0, problem);
}

static enum error read_definitions(struct control *control, const char *schema,
                                   struct catalog *catalog, struct problem *problem)
{
    bool many = control_many(control, true);
    enum error code = ERROR_NONE;

    for (size_t at = 0; at < catalog->count && code == ERROR_NONE;)
        code = read_batch(control, schema, catalog, &at, many ? BATCH_SIZE : 1, problem);
    return code;
}

enum error inventory_read(struct control *control, const char *schema, struct catalog *catalog,
                          struct problem *problem)
{
    unsigned error_code = 0;
    enum error code = control_ready(control, problem);

    if (code == ERROR_NONE)
        code = control_use(control, schema, &error_code, problem);
    if (code == ERROR_NONE && error_code != 0)
        code =
            control_problem(&control->target, control->handle, "Cannot use the schema on", problem);
    if (code == ERROR_NONE)
        code = list_names(control, schema, catalog, problem);
    if (code == ERROR_NONE) {
        (void)catalog_add(catalog, OBJECT_DATABASE, slice_from(schema));
        code = read_definitions(control, schema, catalog, problem);
    }
    if (code != ERROR_NONE)
        catalog_release(catalog);
    return code;
}
