/* control: see control.h.
 *
 * The server closes a connection that idles too long. So a connection that was idle for more than a
 * second is tried with a ping first, and made anew when the ping fails; a statement itself is never
 * sent twice.
 */
#include "server/control.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "schema/image.h"
#include "schema/printed.h"
#include "server/control_connect.h"
#include "server/control_internal.h"
#include "server/opened.h"
#include "sql/dialect.h"
#include "sql/portable.h"

/* Errors that say: there is no such object. */
enum {
    ERROR_NO_DEFAULT = 1046, /* not one of them: the default database is gone */
    ERROR_BAD_DATABASE = 1049,
    ERROR_NO_TABLE = 1146,
    ERROR_NO_ROUTINE = 1305,
    ERROR_WRONG_OBJECT = 1347, /* a table asked for as a view */
    ERROR_NO_TRIGGER = 1360,
    ERROR_NO_EVENT = 1539,
    ERROR_NOT_SEQUENCE = 4089, /* MariaDB: a table or view asked for as a sequence */
    ERROR_NO_SEQUENCE = 4091,  /* MariaDB */
};

static time_t monotonic_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static enum error lost(struct control *control, struct problem *problem)
{
    enum error code =
        control_problem(&control->target, control->handle, "Lost the connection to", problem);

    mysql_close(control->handle);
    control->handle = NULL;
    return code;
}

static void forget_schema(struct control *control)
{
    free(control->schema);
    control->schema = NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

enum error control_check_lost(struct control *control, unsigned error_code, struct problem *problem)
{
    if (control_code_is_lost(error_code))
        return lost(control, problem);
    control->used = monotonic_seconds();
    return ERROR_NONE;
}

enum error control_ask(struct control *control, struct slice text, MYSQL_RES **result,
                       unsigned *error_code, struct problem *problem)
{
    assert(control->handle != NULL);
    *result = NULL;
    if (mysql_real_query(control->handle, text.ptr, (unsigned long)text.len) == 0)
        *result = mysql_store_result(control->handle);
    *error_code = *result != NULL ? 0 : mysql_errno(control->handle);
    return control_check_lost(control, *error_code, problem);
}

bool control_many(struct control *control, bool many)
{
    if (control->many != many &&
        mysql_set_server_option(control->handle, many ? MYSQL_OPTION_MULTI_STATEMENTS_ON
                                                      : MYSQL_OPTION_MULTI_STATEMENTS_OFF) == 0)
        control->many = many;
    return control->many;
}

struct buffer *control_question_add(struct control_questions *questions,
                                    void (*take)(struct control *control, void *argument,
                                                 MYSQL_RES *result, unsigned error_code),
                                    void *argument)
{
    questions->questions =
        memory_resize(questions->questions, questions->count + 1, sizeof(*questions->questions));
    struct control_question *added = &questions->questions[questions->count++];
    *added = (struct control_question){.text = BUFFER_INIT, .take = take, .argument = argument};
    return &added->text;
}

static void join(const struct control_question *questions, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(out, ';');
        buffer_append_slice(out, buffer_slice(&questions[i].text));
    }
}

static bool says_absent(unsigned error_code)
{
    switch (error_code) {
    case ERROR_BAD_DATABASE:
    case ERROR_NO_TABLE:
    case ERROR_NO_ROUTINE:
    case ERROR_WRONG_OBJECT:
    case ERROR_NO_TRIGGER:
    case ERROR_NO_EVENT:
    case ERROR_NOT_SEQUENCE:
    case ERROR_NO_SEQUENCE:
        return true;
    default:
        return false;
    }
}

/* Ask as many as one text takes: up to the end, or to one that fails; *asked counts them. *error_code is the last
 * one's. */
static enum error ask_together(struct control *control, const struct control_question *questions,
                               size_t count, size_t *asked, unsigned *error_code,
                               struct problem *problem)
{
    struct buffer text = BUFFER_INIT;
    join(questions, control_many(control, true) ? count : 1, &text);
    /* A failed one is 1 or, of Connector/C that cannot send, -1. */
    int status = mysql_real_query(control->handle, text.ptr, (unsigned long)text.len) != 0;
    buffer_release(&text);
    for (*asked = 0; status >= 0 && *asked < count; (*asked)++) {
        MYSQL_RES *result = status == 0 ? mysql_store_result(control->handle) : NULL;
        *error_code = result != NULL ? 0 : mysql_errno(control->handle);
        enum error code = control_check_lost(control, *error_code, problem);
        if (code != ERROR_NONE)
            return code;
        questions[*asked].take(control, questions[*asked].argument, result, *error_code);
        status = *error_code != 0 ? -1 : mysql_next_result(control->handle);
    }
    return ERROR_NONE;
}

void control_questions_forget(struct control_questions *questions)
{
    for (size_t i = 0; i < questions->count; i++)
        buffer_release(&questions->questions[i].text);
    free(questions->questions);
    *questions = (struct control_questions){.questions = NULL};
}

enum error control_questions_ask(struct control *control, struct control_questions *questions,
                                 struct problem *problem)
{
    const struct control_question *all = questions->questions;
    enum error code = ERROR_NONE;
    unsigned error_code = 0;
    bool failed = false;
    for (size_t at = 0, asked; at < questions->count && code == ERROR_NONE; at += asked) {
        if (failed && all[at].spare)
            break;
        if (all[at].of_previous && says_absent(error_code)) {
            asked = 1;
            continue;
        }
        code = ask_together(control, &all[at], questions->count - at, &asked, &error_code, problem);
        failed |= error_code != 0;
    }
    control_questions_forget(questions);
    return code;
}

struct slice control_cell(MYSQL_RES *result, MYSQL_ROW row, unsigned column)
{
    unsigned long *lengths = mysql_fetch_lengths(result);

    if (column >= mysql_num_fields(result) || row[column] == NULL)
        return SLICE_NONE;
    return slice_make(row[column], lengths[column]);
}

/* The values of a one-row query that every server answers, as texts; NULL where it does not. */
static enum error ask_row(struct control *control, const char *text, char **values, unsigned count,
                          struct problem *problem)
{
    MYSQL_RES *result;
    unsigned error_code;
    enum error code = control_ask(control, slice_from(text), &result, &error_code, problem);

    memset(values, 0, count * sizeof(*values));
    if (code != ERROR_NONE || result == NULL)
        return code;
    MYSQL_ROW row = mysql_fetch_row(result);
    for (unsigned i = 0; row != NULL && i < count; i++)
        values[i] = memory_copy_slice(control_cell(result, row, i));
    mysql_free_result(result);
    return ERROR_NONE;
}

/* --- connecting ------------------------------------------------------------------------------- */

static enum error read_name_case(struct control *control, struct problem *problem)
{
    char *value;
    enum error code = ask_row(control, "SELECT @@lower_case_table_names", &value, 1, problem);
    if (code != ERROR_NONE)
        return code;
    control->names_nocase = value != NULL && strcmp(value, "0") != 0;
    free(value);
    return ERROR_NONE;
}

/* Servers compute NOW and the uptime of one statement from the same instant, so their difference is
 * the start time to the second at every reading, also after the clock was set. */
static enum error read_identity(struct control *control, struct problem *problem)
{
    bool mariadb = control->dialect.mariadb;
    char *id, *start = NULL, *host[2] = {NULL, NULL};
    enum error code =
        ask_row(control, mariadb ? "SELECT @@server_uid" : "SELECT @@server_uuid", &id, 1, problem);

    if (code == ERROR_NONE)
        code = ask_row(control,
                       mariadb ? "SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM "
                                 "information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME'"
                               : "SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM "
                                 "performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime'",
                       &start, 1, problem);
    if (code == ERROR_NONE)
        code = ask_row(control, "SELECT @@hostname, @@port", host, 2, problem);
    if (code == ERROR_NONE) {
        long long seconds = start == NULL ? 0 : strtoll(start, NULL, 10);
        if (id != NULL)
            snprintf(control->identity, sizeof(control->identity), "%.64s %lld", id, seconds);
        else
            snprintf(control->identity, sizeof(control->identity), "%.60s:%.5s %lld",
                     host[0] == NULL ? "" : host[0], host[1] == NULL ? "" : host[1], seconds);
    }
    free(host[0]);
    free(host[1]);
    free(start);
    free(id);
    return code;
}

/* Whose threads the process list shows this connection: decided when it was made, and by privileges that
 * the account itself has; those that come by a role are not found here. */
static enum error read_own_account(struct control *control, struct problem *problem)
{
    char *values[2];
    enum error code =
        ask_row(control,
                "SELECT SUBSTRING_INDEX(USER(), '@', 1), EXISTS(SELECT 1 FROM "
                "information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS' AND GRANTEE = "
                "CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', "
                "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), ''''))",
                values, 2, problem);
    if (code != ERROR_NONE)
        return code;
    free(control->own_user);
    control->own_user = values[0] == NULL ? memory_copy_text("") : values[0];
    control->sees_all_threads = values[1] != NULL && strcmp(values[1], "1") == 0;
    free(values[1]);
    return ERROR_NONE;
}

static enum error connect_anew(struct control *control, struct problem *problem)
{
    enum error code = control_connect(&control->target, &control->handle, problem);

    if (code != ERROR_NONE)
        return code;
    forget_schema(control);
    control->many = false;
    free(control->version_text);
    const char *version = mysql_get_server_info(control->handle);
    if (strncmp(version, "5.5.5-", 6) == 0) /* MariaDB to old clients, left in by libmysqlclient */
        version += 6;
    control->version_text = memory_copy_text(version);
    bool mariadb = strstr(control->version_text, "MariaDB") != NULL;
    control->dialect = (struct dialect){.mariadb = mariadb};
    dialect_set_version(&control->dialect, control->version_text, mariadb);
    control->used = monotonic_seconds();
    code = read_name_case(control, problem);
    if (code == ERROR_NONE)
        code = read_own_account(control, problem);
    return code == ERROR_NONE ? read_identity(control, problem) : code;
}

enum error control_ready(struct control *control, struct problem *problem)
{
    if (control->handle != NULL && monotonic_seconds() - control->used > 1 &&
        mysql_ping(control->handle) != 0) {
        mysql_close(control->handle);
        control->handle = NULL;
    }
    return control->handle != NULL ? ERROR_NONE : connect_anew(control, problem);
}

enum error control_open(const struct control_target *target, struct control **control,
                        struct problem *problem)
{
    struct control *made = memory_new(1, sizeof(*made));
    bool by_socket = target->socket != NULL && target->socket[0] != '\0';

    made->target = (struct control_target){
        .host = by_socket ? NULL : memory_copy_text(target->host),
        .port = target->port,
        .socket = by_socket ? memory_copy_text(target->socket) : NULL,
        .user = memory_copy_text(target->user),
        .password = memory_copy_text(target->password),
        .tls_required = target->tls_required,
    };
    enum error code = connect_anew(made, problem);
    if (code != ERROR_NONE) {
        control_close(made);
        made = NULL;
    }
    *control = made;
    return code;
}

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text); /* owned, const only towards callers */
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    if (control->handle != NULL)
        mysql_close(control->handle);
    if (control->target.password != NULL)
        memory_wipe((void *)(uintptr_t)control->target.password, strlen(control->target.password));
    free_text(control->target.host);
    free_text(control->target.socket);
    free_text(control->target.user);
    free_text(control->target.password);
    free(control->schema);
    free(control->own_user);
    free(control->version_text);
    free(control);
}

bool control_mariadb(const struct control *control)
{
    return control->dialect.mariadb;
}

uint32_t control_version(const struct control *control)
{
    return control->dialect.version;
}

const char *control_version_text(const struct control *control)
{
    return control->version_text;
}

bool control_names_nocase(const struct control *control)
{
    return control->names_nocase;
}

const char *control_server_identity(const struct control *control)
{
    return control->identity;
}

const char *control_library(void)
{
#ifdef MARIADB_PACKAGE_VERSION
    static char text[64];
    snprintf(text, sizeof(text), "MariaDB Connector/C %s", mysql_get_client_info());
#else
    static char text[64];
    snprintf(text, sizeof(text), "libmysqlclient %s", mysql_get_client_info());
#endif
    return text;
}

/* --- images ----------------------------------------------------------------------------------- */

/* Is it the default database already? */
static bool uses(const struct control *control, const char *schema)
{
    return control->schema != NULL && strcmp(control->schema, schema) == 0;
}

enum error control_use(struct control *control, const char *schema, unsigned *error_code,
                       struct problem *problem)
{
    *error_code = 0;
    if (uses(control, schema))
        return ERROR_NONE;
    forget_schema(control);
    if (mysql_select_db(control->handle, schema) == 0) {
        control->schema = memory_copy_text(schema);
        return ERROR_NONE;
    }
    *error_code = mysql_errno(control->handle);
    return control_code_is_lost(*error_code) ? lost(control, problem) : ERROR_NONE;
}

static int find_field(MYSQL_RES *result, const char *name, bool prefix)
{
    MYSQL_FIELD *fields = mysql_fetch_fields(result);
    size_t len = strlen(name);

    for (unsigned i = 0; i < mysql_num_fields(result); i++) {
        if (prefix ? strncmp(fields[i].name, name, len) == 0 : strcmp(fields[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static struct slice named_cell(MYSQL_RES *result, MYSQL_ROW row, const char *name)
{
    int column = find_field(result, name, false);

    return column < 0 ? SLICE_NONE : control_cell(result, row, (unsigned)column);
}

static struct slice definition_cell(MYSQL_RES *result, MYSQL_ROW row)
{
    int column = find_field(result, "Create ", true);

    if (column < 0)
        column = find_field(result, "SQL Original Statement", false);
    return column < 0 ? SLICE_NONE : control_cell(result, row, (unsigned)column);
}

static char *read_context(MYSQL_RES *result, MYSQL_ROW row)
{
    static const char *const names[] = {"sql_mode", "character_set_client", "collation_connection",
                                        "time_zone"};
    struct buffer out = BUFFER_INIT;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct slice value = named_cell(result, row, names[i]);
        if (!slice_is_none(value))
            buffer_printf(&out, "%s=%.*s\n", names[i], (int)value.len, value.ptr);
    }
    return out.len == 0 ? NULL : buffer_detach(&out);
}

/* Servers answer SHOW CREATE TABLE for views and sequences as well. */
static bool is_other_kind(MYSQL_RES *result, enum object_type type, struct slice text)
{
    if (type != OBJECT_TABLE)
        return false;
    return find_field(result, "Create Table", false) < 0 ||
           printed_find(text, "SEQUENCE=1") != PRINTED_NOWHERE;
}

/* Normalised, and without the schema's own name, which servers print in some places (broken views,
 * defaults from sequences) and keep where it was typed (bodies). */
static char *normal_text(const struct control *control, const struct control_image *image,
                         struct slice text, struct slice sql_mode)
{
    struct dialect dialect = control->dialect;
    const struct portable_options options = {.schema = slice_from(image->schema),
                                             .schema_nocase = control->names_nocase,
                                             .keep_definer = true};
    struct buffer normal = BUFFER_INIT, out = BUFFER_INIT;

    image_normalise(image->type, text, dialect.mariadb, &normal);
    if (image->type == OBJECT_DATABASE || !printed_mentions(buffer_slice(&normal), options.schema))
        return buffer_detach(&normal);
    dialect_set_sql_mode(&dialect, sql_mode);
    portable_write(buffer_slice(&normal), &dialect, &options, &out);
    buffer_release(&normal);
    return buffer_detach(&out);
}

void control_fill(const struct control *control, MYSQL_RES *result, struct control_image *image)
{
    MYSQL_ROW row = mysql_fetch_row(result);
    struct slice text = row == NULL ? SLICE_NONE : definition_cell(result, row);

    if (row != NULL && is_other_kind(result, image->type, text)) {
        image->state = IMAGE_ABSENT;
    } else if (!slice_is_none(text) && memchr(text.ptr, '\0', text.len) == NULL) {
        /* NULL: no right to see it; a zero byte, in a body: it would end there */
        image->state = IMAGE_PRESENT;
        image->text = normal_text(control, image, text, named_cell(result, row, "sql_mode"));
        image->context = read_context(result, row);
    }
}

static bool server_has(const struct control *control, enum object_type type)
{
    return control->dialect.mariadb ||
           (type != OBJECT_SEQUENCE && type != OBJECT_PACKAGE && type != OBJECT_PACKAGE_BODY);
}

/* On its way through the questions. */
struct reading {
    struct control_image *image;
    bool again; /* the default database is not there any more, or is another one of that name */
};

static void take_definition(struct control *control, void *argument, MYSQL_RES *result,
                            unsigned error_code)
{
    struct reading *reading = argument;
    reading->again = error_code == ERROR_NO_DEFAULT;
    if (says_absent(error_code))
        reading->image->state = IMAGE_ABSENT;
    if (result != NULL)
        control_fill(control, result, reading->image);
    mysql_free_result(result);
}

static void release_triggers(struct control_image *image)
{
    for (size_t i = 0; i < image->trigger_count; i++)
        free(image->triggers[i]);
    free(image->triggers);
    image->triggers = NULL;
    image->trigger_count = 0;
}

/* It is not known any more. */
static void release_image(struct control_image *image)
{
    free(image->text);
    free(image->context);
    image->text = image->context = NULL;
    image->state = IMAGE_UNKNOWN;
    release_triggers(image);
}

static void take_triggers(struct control *control, void *argument, MYSQL_RES *result,
                          unsigned error_code)
{
    struct control_image *image = argument;
    (void)control;
    (void)error_code;
    if (result == NULL) { /* refused: with the table goes nobody knows what */
        release_image(image);
        return;
    }
    release_triggers(image); /* of a reading that found no default database */
    image->triggers = memory_new((size_t)mysql_num_rows(result) + 1, sizeof(*image->triggers));
    for (MYSQL_ROW row; (row = mysql_fetch_row(result)) != NULL;)
        image->triggers[image->trigger_count++] = memory_copy_slice(control_cell(result, row, 0));
    mysql_free_result(result);
}

static void add_triggers(struct control *control, struct control_image *image,
                         struct control_questions *questions)
{
    struct buffer *text = control_question_add(questions, take_triggers, image);
    questions->questions[questions->count - 1].of_previous = true;
    buffer_append_text(text, "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS "
                             "WHERE EVENT_OBJECT_SCHEMA = ");
    control_append_name(control, image->schema, text);
    buffer_append_text(text, " AND EVENT_OBJECT_TABLE = ");
    control_append_name(control, image->name, text);
    buffer_append_text(text, " ORDER BY ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER");
}

/* Add the question for an image. Those of another schema are asked before the default database changes. */
static enum error add_definition(struct control *control, struct reading *reading,
                                 struct control_questions *questions, struct problem *problem)
{
    struct control_image *image = reading->image;
    enum error code = ERROR_NONE;
    unsigned error_code = 0;

    reading->again = false;
    if (!server_has(control, image->type)) {
        image->state = IMAGE_ABSENT;
        return ERROR_NONE;
    }
    if (image->type != OBJECT_DATABASE && !uses(control, image->schema)) {
        code = control_questions_ask(control, questions, problem);
        if (code == ERROR_NONE)
            code = control_use(control, image->schema, &error_code, problem);
    }
    if (says_absent(error_code))
        image->state = IMAGE_ABSENT;
    if (code != ERROR_NONE || error_code != 0)
        return code;
    struct buffer *text = control_question_add(questions, take_definition, reading);
    buffer_printf(text, "SHOW CREATE %s ", object_type_text(image->type));
    printed_quote(slice_from(image->name), text);
    if (image->with_triggers)
        add_triggers(control, image, questions);
    return ERROR_NONE;
}

/* Once more those that found no default database: it was dropped and made again. */
static enum error read_again(struct control *control, struct reading *readings, size_t count,
                             struct problem *problem)
{
    struct control_questions questions = {.questions = NULL};
    enum error code = ERROR_NONE;
    bool any = false;
    for (size_t i = 0; i < count && code == ERROR_NONE; i++) {
        if (!readings[i].again)
            continue;
        if (!any)
            forget_schema(control);
        any = true;
        code = add_definition(control, &readings[i], &questions, problem);
    }
    enum error asked = control_questions_ask(control, &questions, problem);
    return code == ERROR_NONE ? asked : code;
}

static enum error read_images(struct control *control, struct reading *readings, size_t count,
                              struct control_questions *questions, struct problem *problem)
{
    enum error code = ERROR_NONE;
    for (size_t i = 0; i < count && code == ERROR_NONE; i++)
        code = add_definition(control, &readings[i], questions, problem);
    return code;
}

enum error control_read_keeping(struct control *control, struct control_image *images, size_t count,
                                struct opened *opened, struct problem *problem)
{
    struct control_questions questions = {.questions = NULL};
    struct reading *readings = memory_new(count + 1, sizeof(*readings));
    enum error code = control_ready(control, problem);

    for (size_t i = 0; i < count; i++) {
        images[i].state = IMAGE_UNKNOWN;
        images[i].text = images[i].context = NULL;
        images[i].triggers = NULL;
        images[i].trigger_count = 0;
        readings[i].image = &images[i];
    }
    if (code == ERROR_NONE) {
        opened_note(control, images, count, opened, &questions);
        code = read_images(control, readings, count, &questions, problem);
    }
    if (code == ERROR_NONE) {
        opened_look(control, opened, &questions);
        code = control_questions_ask(control, &questions, problem);
    }
    if (code == ERROR_NONE)
        code = read_again(control, readings, count, problem);
    if (code == ERROR_NONE)
        opened_judge(control, images, count, opened);
    else
        control_images_release(images, count);
    control_questions_forget(&questions);
    free(readings);
    return code;
}

enum error control_read_images(struct control *control, struct control_image *images, size_t count,
                               struct problem *problem)
{
    struct opened opened = {.schemas = NULL};
    enum error code = control_read_keeping(control, images, count, &opened, problem);
    if (code == ERROR_NONE)
        code = opened_close(control, &opened, problem);
    if (code != ERROR_NONE)
        control_images_release(images, count);
    opened_release(&opened);
    return code;
}

void control_images_release(struct control_image *images, size_t count)
{
    for (size_t i = 0; i < count; i++)
        release_image(&images[i]);
}

/* --- other questions -------------------------------------------------------------------------- */

void control_append_name(struct control *control, const char *text, struct buffer *out)
{
    unsigned long len = (unsigned long)strlen(text);
    char *escaped = memory_new(2 * (size_t)len + 1, 1);

    mysql_real_escape_string(control->handle, escaped, text, len);
    buffer_printf(out, "CONVERT('%s' USING utf8mb3)", escaped);
    free(escaped);
}

enum error control_has_partitions(struct control *control, const char *schema, const char *table,
                                  bool *partitioned, struct problem *problem)
{
    struct buffer question = BUFFER_INIT;
    MYSQL_RES *result = NULL;
    unsigned error_code = 0;

    *partitioned = false;
    enum error code = control_ready(control, problem);
    if (code != ERROR_NONE)
        return code;
    buffer_append_text(&question, "SELECT 1 FROM information_schema.TABLES WHERE CREATE_OPTIONS "
                                  "LIKE '%partitioned%' AND TABLE_SCHEMA = ");
    control_append_name(control, schema, &question);
    buffer_append_text(&question, " AND TABLE_NAME = ");
    control_append_name(control, table, &question);
    code = control_ask(control, buffer_slice(&question), &result, &error_code, problem);
    buffer_release(&question);
    *partitioned = result != NULL && mysql_num_rows(result) > 0;
    mysql_free_result(result);
    return code;
}

enum error control_thread_gone(struct control *control, uint32_t connection_id, const char *user,
                               bool *gone, struct problem *problem)
{
    static const char *const tables[] = {"information_schema.PROCESSLIST",
                                         "performance_schema.processlist"};
    enum error code = control_ready(control, problem);

    bool shown = true; /* until the server says otherwise */
    *gone = false;
    for (size_t i = 0; i < 2 && code == ERROR_NONE; i++) {
        char question[128];
        MYSQL_RES *result;
        unsigned error_code;
        snprintf(question, sizeof(question), "SELECT 1 FROM %s WHERE ID = %lu", tables[i],
                 (unsigned long)connection_id);
        code = control_ask(control, slice_from(question), &result, &error_code, problem);
        if (code != ERROR_NONE || result == NULL)
            continue; /* MySQL is about to drop the first of the two */
        shown = mysql_num_rows(result) > 0;
        mysql_free_result(result);
        break;
    }
    *gone = code == ERROR_NONE && !shown &&
            (control->sees_all_threads || strcmp(control->own_user, user) == 0);
    return code;
}

/* A text of somebody else's: it is one statement, or an error. */
static enum error ask_one(struct control *control, struct slice text, MYSQL_RES **result,
                          unsigned *error_code, struct problem *problem)
{
    (void)control_many(control, false);
    return control_ask(control, text, result, error_code, problem);
}

enum error control_value(struct control *control, const char *sql, char **value,
                         unsigned *error_code, struct problem *problem)
{
    MYSQL_RES *result = NULL;

    *value = NULL;
    *error_code = 0;
    enum error code = control_ready(control, problem);
    if (code == ERROR_NONE)
        code = ask_one(control, slice_from(sql), &result, error_code, problem);
    forget_schema(control); /* it may have been a USE */
    if (code != ERROR_NONE || result == NULL)
        return code;
    MYSQL_ROW row = mysql_fetch_row(result);
    if (row != NULL)
        *value = memory_copy_slice(control_cell(result, row, 0));
    mysql_free_result(result);
    return ERROR_NONE;
}

enum error control_column(struct control *control, const char *sql, char ***values, size_t *count,
                          unsigned *error_code, struct problem *problem)
{
    MYSQL_RES *result = NULL;

    *values = NULL;
    *count = 0;
    *error_code = 0;
    enum error code = control_ready(control, problem);
    if (code == ERROR_NONE)
        code = ask_one(control, slice_from(sql), &result, error_code, problem);
    forget_schema(control); /* it may have been a USE */
    if (code != ERROR_NONE || result == NULL)
        return code;
    *values = memory_new((size_t)mysql_num_rows(result) + 1, sizeof(**values));
    for (MYSQL_ROW row = mysql_fetch_row(result); row != NULL; row = mysql_fetch_row(result)) {
        struct slice value = control_cell(result, row, 0);
        (*values)[(*count)++] = memory_copy_slice(slice_is_none(value) ? SLICE("") : value);
    }
    mysql_free_result(result);
    return ERROR_NONE;
}
