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

static void note_table(struct opened_list *list, struct slice schema, struct slice name)
{
    list->tables = memory_resize(list->tables, list->count + 1, sizeof(*list->tables));
    list->tables[list->count++] =
        (struct opened_table){.schema = memory_copy_slice(schema), .name = memory_copy_slice(name)};
}

static bool is_same(const struct control *control, const char *a, struct slice b)
{
    return control->names_nocase ? slice_equal_nocase(slice_from(a), b)
                                 : slice_equal(slice_from(a), b);
}

static bool has_table(const struct control *control, const struct opened_list *list,
                      struct slice schema, struct slice name)
{
    for (size_t i = 0; i < list->count; i++)
        if (is_same(control, list->tables[i].schema, schema) &&
            is_same(control, list->tables[i].name, name))
            return true;
    return false;
}

static void clear_list(struct opened_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->tables[i].schema);
        free(list->tables[i].name);
    }
    free(list->tables);
    *list = (struct opened_list){.tables = NULL};
}

/* --- looking ---------------------------------------------------------------------------------- */

static void ask_list(const char *schema,
                     void (*take)(struct control *control, void *argument, MYSQL_RES *result,
                                  unsigned error_code),
                     struct opened *opened, struct control_questions *questions)
{
    struct buffer *text = control_question_add(questions, take, opened);
    buffer_append_text(text, "SHOW OPEN TABLES FROM ");
    printed_quote(slice_from(schema), text);
}

/* No result: the account may not see them. */
static void take_before(struct control *control, void *argument, MYSQL_RES *result,
                        unsigned error_code)
{
    struct opened *opened = argument;
    (void)control;
    (void)error_code;
    if (result == NULL)
        return;
    for (MYSQL_ROW row; (row = mysql_fetch_row(result)) != NULL;)
        note_table(&opened->before, control_cell(result, row, OPEN_SCHEMA),
                   control_cell(result, row, OPEN_NAME));
    mysql_free_result(result);
}

static bool knows_schema(const struct opened *opened, const char *schema)
{
    for (size_t i = 0; i < opened->schema_count; i++)
        if (strcmp(opened->schemas[i], schema) == 0)
            return true;
    return false;
}

void opened_note(const struct control *control, const struct control_image *images, size_t count,
                 struct opened *opened, struct control_questions *questions)
{
    for (size_t i = 0; i < count; i++) {
        if (!opens_tables(control, &images[i]) || knows_schema(opened, images[i].schema))
            continue;
        opened->schemas =
            memory_resize(opened->schemas, opened->schema_count + 1, sizeof(*opened->schemas));
        opened->schemas[opened->schema_count++] = memory_copy_text(images[i].schema);
        ask_list(images[i].schema, take_before, opened, questions);
    }
}

static void take_found(struct control *control, void *argument, MYSQL_RES *result,
                       unsigned error_code)
{
    struct opened *opened = argument;
    (void)error_code;
    if (result == NULL)
        return;
    for (MYSQL_ROW row; (row = mysql_fetch_row(result)) != NULL;) {
        struct slice schema = control_cell(result, row, OPEN_SCHEMA);
        struct slice name = control_cell(result, row, OPEN_NAME);
        bool ours =
            control->dialect.mariadb || has_table(control, &opened->partitioned, schema, name);
        if (ours && !has_table(control, &opened->before, schema, name) &&
            slice_equal(control_cell(result, row, OPEN_USERS), SLICE("0")))
            note_table(&opened->found, schema, name);
    }
    mysql_free_result(result);
}

static void take_caches(struct control *control, void *argument, MYSQL_RES *result,
                        unsigned error_code)
{
    struct opened *opened = argument;
    (void)control;
    (void)error_code;
    opened->caches = result != NULL && mysql_num_rows(result) > 0;
    opened->looked = true;
    mysql_free_result(result);
}

static void look(const struct control *control, struct opened *opened,
                 struct control_questions *questions)
{
    opened->looked = false;
    clear_list(&opened->found);
    for (size_t i = 0; i < opened->schema_count; i++)
        ask_list(opened->schemas[i], take_found, opened, questions);
    if (control->dialect.mariadb && opened->schema_count > 0)
        buffer_append_text(control_question_add(questions, take_caches, opened),
                           "SELECT 1 FROM DUAL WHERE @@global.query_cache_type <> 'OFF' AND "
                           "@@global.query_cache_size > 0");
}

/* Right behind the reading, for what others open later is not ours to close. On MySQL what is read decides whether it is
 * worth it; and where something is not there it can wait for opened_close. */
void opened_look(const struct control *control, struct opened *opened,
                 struct control_questions *questions)
{
    size_t before = questions->count;
    if (control->dialect.mariadb)
        look(control, opened, questions);
    for (size_t i = before; i < questions->count; i++)
        questions->questions[i].spare = true;
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

void opened_judge(const struct control *control, const struct control_image *images, size_t count,
                  struct opened *opened)
{
    opened->shows |= first_opening_shows(images, count);
    for (size_t i = 0; i < count && !control->dialect.mariadb; i++)
        if (is_partitioned(&images[i]))
            note_table(&opened->partitioned, slice_from(images[i].schema),
                       slice_from(images[i].name));
}

/* --- closing ---------------------------------------------------------------------------------- */

static void take_nothing(struct control *control, void *argument, MYSQL_RES *result,
                         unsigned error_code)
{
    (void)control;
    (void)argument;
    (void)error_code;
    mysql_free_result(result);
}

static void ask_to_close(const struct control *control, const struct opened_table *table,
                         struct control_questions *questions)
{
    struct buffer *text = control_question_add(questions, take_nothing, NULL);
    if (control->dialect.mariadb)
        buffer_append_text(text, "SET STATEMENT lock_wait_timeout=0 FOR ");
    buffer_append_text(text, "FLUSH LOCAL TABLES ");
    printed_quote(slice_from(table->schema), text);
    buffer_append_char(text, '.');
    printed_quote(slice_from(table->name), text);
}

enum error opened_close(struct control *control, struct opened *opened, struct problem *problem)
{
    struct control_questions questions = {.questions = NULL};
    enum error code = control_ready(control, problem);
    if (code != ERROR_NONE || (!control->dialect.mariadb && opened->partitioned.count == 0))
        return code;
    if (!opened->looked) {
        look(control, opened, &questions);
        code = control_questions_ask(control, &questions, problem);
    }
    /* To close a table empties MariaDB's whole query cache. */
    bool worth = !opened->caches || opened->shows;
    for (size_t i = 0; i < opened->found.count && worth && code == ERROR_NONE; i++)
        ask_to_close(control, &opened->found.tables[i], &questions);
    if (code == ERROR_NONE)
        code = control_questions_ask(control, &questions, problem);
    return code;
}

void opened_release(struct opened *opened)
{
    clear_list(&opened->before);
    clear_list(&opened->found);
    clear_list(&opened->partitioned);
    for (size_t i = 0; i < opened->schema_count; i++)
        free(opened->schemas[i]);
    free(opened->schemas);
    *opened = (struct opened){.schemas = NULL};
}
