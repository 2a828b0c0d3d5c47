/* fingerprint: see fingerprint.h. Of each row a hash, of all of a view their exclusive or: rows name their
 * object and their place in it, so no two are the same and their order says nothing. */
#include "server/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "server/control_connect.h"
#include "server/control_internal.h"

/* The views of information_schema that tell of a schema, and the column that names it. Where a server has
 * no such view it is passed over. */
static const struct {
    const char *view;
    const char *schema;
} views[] = {
    {"SCHEMATA", "SCHEMA_NAME"},
    {"TABLES", "TABLE_SCHEMA"},
    {"COLUMNS", "TABLE_SCHEMA"},
    {"STATISTICS", "TABLE_SCHEMA"},
    {"TABLE_CONSTRAINTS", "CONSTRAINT_SCHEMA"},
    {"KEY_COLUMN_USAGE", "CONSTRAINT_SCHEMA"},
    {"REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA"},
    {"CHECK_CONSTRAINTS", "CONSTRAINT_SCHEMA"},
    {"PARTITIONS", "TABLE_SCHEMA"},
    {"VIEWS", "TABLE_SCHEMA"},
    {"TRIGGERS", "TRIGGER_SCHEMA"},
    {"ROUTINES", "ROUTINE_SCHEMA"},
    {"PARAMETERS", "SPECIFIC_SCHEMA"},
    {"EVENTS", "EVENT_SCHEMA"},
    {"SEQUENCES", "SEQUENCE_SCHEMA"},
};

#define VIEW_COUNT (sizeof(views) / sizeof(views[0]))

/* Columns that tell of rows, of use, or of who asks. */
static const char *const passing[] = {
    "TABLE_ROWS",   "AVG_ROW_LENGTH", "DATA_LENGTH",    "MAX_DATA_LENGTH",
    "INDEX_LENGTH", "DATA_FREE",      "AUTO_INCREMENT", "UPDATE_TIME",
    "CHECK_TIME",   "CHECKSUM",       "CARDINALITY",    "MAX_INDEX_LENGTH",
    "PRIVILEGES",   "LAST_EXECUTED",  "IS_UPDATABLE",   "SECONDARY_LOAD"};

struct reading {
    struct control *control;
    const char *schema;
    struct buffer
        columns[VIEW_COUNT]; /* ",QUOTE(A),QUOTE(B)"; empty: the server has no such view */
    struct buffer sums;      /* "TABLES 12 4711\n" */
    bool refused;
};

static bool is_passing(struct slice column)
{
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        if (slice_equal_nocase(column, slice_from(passing[i])))
            return true;
    }
    return false;
}

static enum error ask(struct reading *reading, const struct buffer *question, MYSQL_RES **result,
                      struct problem *problem)
{
    unsigned error_code;
    enum error code =
        control_ask(reading->control, buffer_slice(question), result, &error_code, problem);

    reading->refused = reading->refused || *result == NULL;
    return code;
}

/* --- which columns there are -------------------------------------------------------------------- */

static void take_column(struct reading *reading, struct slice view, struct slice column)
{
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        if (slice_equal_nocase(view, slice_from(views[i].view)) && !is_passing(column))
            buffer_printf(&reading->columns[i], ",QUOTE(`%.*s`)", (int)column.len, column.ptr);
    }
}

static enum error read_columns(struct reading *reading, struct problem *problem)
{
    struct buffer question = BUFFER_INIT;
    MYSQL_RES *result = NULL;

    buffer_append_text(&question, "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS "
                                  "WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME IN (");
    for (size_t i = 0; i < VIEW_COUNT; i++)
        buffer_printf(&question, "%s'%s'", i == 0 ? "" : ",", views[i].view);
    buffer_append_text(&question, ") ORDER BY TABLE_NAME, ORDINAL_POSITION");
    enum error code = ask(reading, &question, &result, problem);
    buffer_release(&question);
    if (result == NULL)
        return code;
    for (MYSQL_ROW row = mysql_fetch_row(result); row != NULL; row = mysql_fetch_row(result))
        take_column(reading, control_cell(result, row, 0), control_cell(result, row, 1));
    mysql_free_result(result);
    return code;
}

/* --- the sums ----------------------------------------------------------------------------------- */

static void write_sums(struct reading *reading, struct buffer *out)
{
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        if (reading->columns[i].len == 0)
            continue;
        buffer_printf(out,
                      "%sSELECT '%s', COUNT(*), BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT(''%s), 256), "
                      "16), 16, 10) AS UNSIGNED)) FROM information_schema.%s WHERE %s = ",
                      out->len == 0 ? "" : " UNION ALL ", views[i].view,
                      buffer_text(&reading->columns[i]), views[i].view, views[i].schema);
        control_append_name(reading->control, reading->schema, out);
    }
}

static enum error read_sums(struct reading *reading, struct problem *problem)
{
    struct buffer question = BUFFER_INIT;
    MYSQL_RES *result = NULL;

    write_sums(reading, &question);
    reading->refused = question.len == 0;
    enum error code = reading->refused ? ERROR_NONE : ask(reading, &question, &result, problem);
    buffer_release(&question);
    if (result == NULL)
        return code;
    for (MYSQL_ROW row = mysql_fetch_row(result); row != NULL; row = mysql_fetch_row(result)) {
        for (unsigned i = 0; i < 3; i++) {
            struct slice cell = control_cell(result, row, i);
            buffer_append_slice(&reading->sums, slice_is_none(cell) ? SLICE("") : cell);
            buffer_append_char(&reading->sums, i == 2 ? '\n' : ' ');
        }
    }
    mysql_free_result(result);
    return code;
}

/* --- sequences ---------------------------------------------------------------------------------- */

/* Before 11.5 MariaDB lists them as tables, without what they count. */
static bool lists_no_sequences(const struct reading *reading)
{
    return control_mariadb(reading->control) && reading->columns[VIEW_COUNT - 1].len == 0;
}

static enum error read_names(struct reading *reading, struct control_image **images, size_t *count,
                             struct problem *problem)
{
    struct buffer question = BUFFER_INIT;
    MYSQL_RES *result = NULL;

    buffer_append_text(&question, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE "
                                  "TABLE_TYPE = 'SEQUENCE' AND TABLE_SCHEMA = ");
    control_append_name(reading->control, reading->schema, &question);
    buffer_append_text(&question, " ORDER BY TABLE_NAME");
    enum error code = ask(reading, &question, &result, problem);
    buffer_release(&question);
    if (result == NULL)
        return code;
    *images = memory_new((size_t)mysql_num_rows(result) + 1, sizeof(**images));
    for (MYSQL_ROW row = mysql_fetch_row(result); row != NULL; row = mysql_fetch_row(result))
        (*images)[(*count)++] = (struct control_image){
            .type = OBJECT_SEQUENCE,
            .schema = reading->schema,
            .name = memory_copy_slice(control_cell(result, row, 0)),
        };
    mysql_free_result(result);
    return code;
}

static enum error read_sequences(struct reading *reading, struct problem *problem)
{
    struct control_image *images = NULL;
    size_t count = 0;
    enum error code = read_names(reading, &images, &count, problem);

    if (code == ERROR_NONE && count > 0)
        code = control_read_images(reading->control, images, count, problem);
    for (size_t i = 0; i < count; i++) {
        if (code == ERROR_NONE)
            buffer_printf(&reading->sums, "%s %s\n", images[i].name,
                          images[i].text == NULL ? "" : images[i].text);
        free((void *)(uintptr_t)images[i].name);
    }
    if (code == ERROR_NONE)
        control_images_release(images, count);
    free(images);
    return code;
}

enum error fingerprint_read(struct control *control, const char *schema,
                            char fingerprint[FINGERPRINT_SIZE], struct problem *problem)
{
    struct reading reading = {.control = control, .schema = schema};
    enum error code = control_ready(control, problem);

    fingerprint[0] = '\0';
    if (code == ERROR_NONE)
        code = read_columns(&reading, problem);
    if (code == ERROR_NONE && !reading.refused)
        code = read_sums(&reading, problem);
    if (code == ERROR_NONE && !reading.refused && lists_no_sequences(&reading))
        code = read_sequences(&reading, problem);
    if (code == ERROR_NONE && !reading.refused)
        image_hash(buffer_slice(&reading.sums), SLICE_NONE, fingerprint);
    for (size_t i = 0; i < VIEW_COUNT; i++)
        buffer_release(&reading.columns[i]);
    buffer_release(&reading.sums);
    return code;
}
