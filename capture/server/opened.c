/* opened: see opened.h. Both servers list their open tables with the number of their users. */
#include "server/opened.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "schema/printed.h"
#include "server/control_internal.h"

/* Columns of SHOW OPEN TABLES. */
enum {
    OPEN_SCHEMA,
    OPEN_NAME,
    OPEN_USERS,
};

static bool is_partitioned(const struct control_image *image)
{
    return image->type == OBJECT_TABLE && image->state == IMAGE_PRESENT &&
           printed_mentions(slice_from(image->text), SLICE("PARTITION BY"));
}

/* May reading this image open something that is to be closed? On MariaDB also what is not there opens
 * something: a view, asked for as a table. */
static bool opens_tables(const struct control *control, const struct control_image *image)
{
    if (!control->dialect.mariadb)
        return image->type == OBJECT_TABLE;
    return image->type == OBJECT_TABLE || image->type == OBJECT_VIEW ||
           image->type == OBJECT_TRIGGER || image->type == OBJECT_SEQUENCE;
}

/* Is it the first of its schema to do so? */
static bool is_first(const struct control *control, const struct control_image *images,
                     size_t index)
{
    if (!opens_tables(control, &images[index]))
        return false;
    for (size_t i = 0; i < index; i++)
        if (opens_tables(control, &images[i]) &&
            strcmp(images[i].schema, images[index].schema) == 0)
            return false;
    return true;
}

/* *result is NULL where the account may not see them. */
static enum error list_open(struct control *control, const char *schema, MYSQL_RES **result,
                            struct problem *problem)
{
    struct buffer question = BUFFER_INIT;
    unsigned error_code;
    buffer_append_text(&question, "SHOW OPEN TABLES FROM ");
    printed_quote(slice_from(schema), &question);
    enum error code = control_ask(control, buffer_slice(&question), result, &error_code, problem);
    buffer_release(&question);
    return code;
}

static void note_table(struct opened *opened, const char *schema, struct slice name)
{
    opened->tables = memory_resize(opened->tables, opened->count + 1, sizeof(*opened->tables));
    opened->tables[opened->count++] =
        (struct opened_table){.schema = memory_copy_text(schema), .name = memory_copy_slice(name)};
}

enum error opened_note(struct control *control, const struct control_image *images, size_t count,
                       struct opened *opened, struct problem *problem)
{
    enum error code = control_ready(control, problem);
    *opened = (struct opened){.tables = NULL};
    for (size_t i = 0; i < count && code == ERROR_NONE; i++) {
        MYSQL_RES *result;
        if (!is_first(control, images, i))
            continue;
        code = list_open(control, images[i].schema, &result, problem);
        if (code != ERROR_NONE || result == NULL)
            continue;
        for (MYSQL_ROW row; (row = mysql_fetch_row(result)) != NULL;)
            note_table(opened, images[i].schema, control_cell(result, row, OPEN_NAME));
        mysql_free_result(result);
    }
    return code;
}

static bool has_table(const struct opened *opened, const char *schema, struct slice name)
{
    for (size_t i = 0; i < opened->count; i++)
        if (strcmp(opened->tables[i].schema, schema) == 0 &&
            slice_equal(slice_from(opened->tables[i].name), name))
            return true;
    return false;
}

static bool is_image_of_partitions(const struct control_image *images, size_t count,
                                   const char *schema, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (is_partitioned(&images[i]) && strcmp(images[i].schema, schema) == 0 &&
            slice_equal(slice_from(images[i].name), name))
            return true;
    return false;
}

static enum error close_table(struct control *control, const struct opened_table *table,
                              struct problem *problem)
{
    struct buffer text = BUFFER_INIT;
    MYSQL_RES *result;
    unsigned error_code;
    if (control->dialect.mariadb)
        buffer_append_text(&text, "SET STATEMENT lock_wait_timeout=0 FOR ");
    buffer_append_text(&text, "FLUSH LOCAL TABLES ");
    printed_quote(slice_from(table->schema), &text);
    buffer_append_char(&text, '.');
    printed_quote(slice_from(table->name), &text);
    enum error code = control_ask(control, buffer_slice(&text), &result, &error_code, problem);
    mysql_free_result(result);
    buffer_release(&text);
    return code;
}

/* Has reading them left something open that is to be closed? */
static bool left_open(const struct control *control, const struct control_image *images,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (control->dialect.mariadb || is_partitioned(&images[i]))
            return true;
    return false;
}

/* The tables of one schema that are to be closed, of those that nobody uses. */
static enum error find_tables(struct control *control, const struct control_image *images,
                              size_t count, const char *schema, const struct opened *before,
                              struct opened *found, struct problem *problem)
{
    MYSQL_RES *result;
    enum error code = list_open(control, schema, &result, problem);
    if (code != ERROR_NONE || result == NULL)
        return code;
    for (MYSQL_ROW row; (row = mysql_fetch_row(result)) != NULL;) {
        struct slice name = control_cell(result, row, OPEN_NAME);
        bool ours = control->dialect.mariadb || is_image_of_partitions(images, count, schema, name);
        if (ours && !has_table(before, schema, name) &&
            slice_equal(control_cell(result, row, OPEN_USERS), SLICE("0")))
            note_table(found, schema, name);
    }
    mysql_free_result(result);
    return ERROR_NONE;
}

/* Do clients see who is the first to open one of these? */
static bool first_opening_shows(const struct control_image *images, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice text = slice_from(images[i].text);
        if (images[i].state != IMAGE_PRESENT)
            continue;
        if (images[i].type == OBJECT_TRIGGER ||
            (images[i].type == OBJECT_TABLE &&
             (printed_mentions(text, SLICE(" CHECK (")) || printed_mentions(text, SLICE(" AS (")))))
            return true;
    }
    return false;
}

static enum error caches_queries(struct control *control, bool *caches, struct problem *problem)
{
    MYSQL_RES *result;
    unsigned error_code;
    enum error code = control_ask(control,
                                  SLICE("SELECT 1 FROM DUAL WHERE @@global.query_cache_type <> "
                                        "'OFF' AND @@global.query_cache_size > 0"),
                                  &result, &error_code, problem);
    *caches = code == ERROR_NONE && result != NULL && mysql_num_rows(result) > 0;
    mysql_free_result(result);
    return code;
}

/* To close a table empties MariaDB's whole query cache. */
static enum error is_worth_closing(struct control *control, const struct control_image *images,
                                   size_t count, bool *worth, struct problem *problem)
{
    bool caches = false;
    enum error code = ERROR_NONE;
    if (control->dialect.mariadb && !first_opening_shows(images, count))
        code = caches_queries(control, &caches, problem);
    *worth = !caches;
    return code;
}

enum error opened_close(struct control *control, const struct control_image *images, size_t count,
                        const struct opened *opened, struct problem *problem)
{
    struct opened found = {.tables = NULL};
    enum error code = control_ready(control, problem);
    bool worth = false, look = left_open(control, images, count);
    for (size_t i = 0; i < count && look && code == ERROR_NONE; i++)
        if (is_first(control, images, i))
            code = find_tables(control, images, count, images[i].schema, opened, &found, problem);
    if (code == ERROR_NONE && found.count > 0)
        code = is_worth_closing(control, images, count, &worth, problem);
    for (size_t i = 0; i < found.count && worth && code == ERROR_NONE; i++)
        code = close_table(control, &found.tables[i], problem);
    opened_release(&found);
    return code;
}

void opened_release(struct opened *opened)
{
    for (size_t i = 0; i < opened->count; i++) {
        free(opened->tables[i].schema);
        free(opened->tables[i].name);
    }
    free(opened->tables);
    *opened = (struct opened){.tables = NULL};
}
