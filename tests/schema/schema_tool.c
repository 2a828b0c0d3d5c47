/* schema_tool: the schema library, driven by a test through JSON: one document a line in, one a line
 * out, until the input ends.
 *
 *   in   {"mode": "roundtrip" | "difference", "mariadb": bool, "version": 101119, "database": "app",
 *         "from": [OBJECT...], "to": [OBJECT...], "keep_definer": bool, "defaults": {...},
 *         "renames": [{"kind": "table|view|column|index", "table": "t", "from": "a", "to": "b"}...]}
 *        OBJECT: {"type": "table", "name": "t", "text": "CREATE TABLE ...",
 *                 "context": "sql_mode=...\n", "order": 1}
 *   out  {"objects": [{"type", "name", "held": bool, "why": "sentence"}...]}
 *        {"statements": [...], "remarks": [...], "describe": [...], "problem": null | "sentence"}
 *        both with "milliseconds" and "kibibytes", which the work without JSON took
 *
 * Texts are as SHOW CREATE prints them. The table of a column or index is named as it is in "from".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <malloc.h>
#include <sys/resource.h>

#include <jansson.h>

#include "ddltap/memory.h"
#include "schema/describe.h"
#include "schema/image.h"
#include "schema/inverse.h"
#include "schema/printed.h"
#include "schema/table.h"
#include "sql/portable.h"
#include "sql/splitter.h"

struct request {
    json_t *json;
    bool mariadb;
    uint32_t version;
    struct slice database;
    bool keep_definer;
    struct sql_facts defaults; /* texts belong to json */
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static struct slice slice_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? slice_make(json_string_value(value), json_string_length(value))
                                 : SLICE_NONE;
}

static json_t *json_of(struct slice text)
{
    json_t *value = json_stringn(text.ptr, text.len);
    return value != NULL ? value : json_string("(bytes that are not UTF-8)");
}

static void append_lines(struct slice text, json_t *list)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        json_array_append_new(list, json_of(slice_make(text.ptr, len)));
        text = slice_from_offset(text, end == NULL ? len : len + 1);
    }
}

static void read_defaults(struct request *request)
{
    static char unset[] = "";
    const json_t *defaults = json_object_get(request->json, "defaults");
    const json_t *checks = json_object_get(defaults, "foreign_key_checks");
    char **const fields[] = {&request->defaults.sql_mode, &request->defaults.character_set_client,
                             &request->defaults.collation_connection, &request->defaults.time_zone};
    static const char *const keys[] = {"sql_mode", "character_set_client", "collation_connection",
                                       "time_zone"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *value = json_string_value(json_object_get(defaults, keys[i]));
        *fields[i] = value == NULL ? (i == 0 ? unset : NULL) : (char *)(uintptr_t)value;
    }
    request->defaults.foreign_key_checks = checks == NULL || json_is_true(checks);
}

static void read_request(json_t *json, struct request *request)
{
    *request = (struct request){
        .json = json,
        .mariadb = json_is_true(json_object_get(json, "mariadb")),
        .version = (uint32_t)json_integer_value(json_object_get(json, "version")),
        .database = slice_of(json, "database"),
        .keep_definer = json_is_true(json_object_get(json, "keep_definer")),
    };
    read_defaults(request);
}

/* The text as capture/server makes it: normalised, the schema's own name taken out. */
static struct slice normal_text(const struct request *request, enum object_type type,
                                const json_t *object, struct buffer *out)
{
    struct dialect dialect = {.mariadb = request->mariadb, .version = request->version};
    const struct portable_options options = {.schema = request->database, .keep_definer = true};
    struct buffer normal = BUFFER_INIT;

    image_normalise(type, slice_of(object, "text"), request->mariadb, &normal);
    if (type == OBJECT_DATABASE || request->database.len == 0 ||
        !printed_mentions(buffer_slice(&normal), request->database)) {
        buffer_append_slice(out, buffer_slice(&normal));
    } else {
        const char *mode = strstr(text_of(object, "context"), "sql_mode=");
        mode = mode == NULL ? "" : mode + strlen("sql_mode=");
        dialect_set_sql_mode(&dialect, slice_make(mode, strcspn(mode, "\n")));
        portable_write(buffer_slice(&normal), &dialect, &options, out);
    }
    buffer_release(&normal);
    return buffer_slice(out);
}

/* --- roundtrip ---------------------------------------------------------------------------------
 */

static json_t *hold(const struct request *request, const json_t *object)
{
    enum object_type type = OBJECT_TABLE;
    struct buffer text = BUFFER_INIT;
    struct table table;
    const char *why = "";

    if (!object_type_from_text(slice_from(text_of(object, "type")), &type)) {
        why = "This type of object is not known.";
    } else if (type == OBJECT_TABLE) {
        if (table_read(normal_text(request, type, object, &text), &table) != ERROR_NONE)
            why = "The server prints its definition in a way that ddltap does not know.";
        table_release(&table);
    }
    buffer_release(&text);
    return json_pack("{s:s, s:s, s:b, s:s}", "type", text_of(object, "type"), "name",
                     text_of(object, "name"), "held", why[0] == '\0', "why", why);
}

static json_t *answer_roundtrip(const struct request *request)
{
    json_t *list = json_array(), *object;
    size_t i;

    json_array_foreach(json_object_get(request->json, "from"), i, object)
        json_array_append_new(list, hold(request, object));
    return json_pack("{s:o}", "objects", list);
}

/* --- difference --------------------------------------------------------------------------------
 */

struct pairs {
    struct change_object *objects;
    struct buffer *texts; /* two for each object */
    size_t count;
    struct statement_rename *renames;
    size_t rename_count;
};

static const json_t *find_object(const json_t *list, const char *type, const char *name)
{
    json_t *object;
    size_t i;

    json_array_foreach(list, i, object)
    {
        if (strcasecmp(text_of(object, "type"), type) == 0 &&
            strcasecmp(text_of(object, "name"), name) == 0)
            return object;
    }
    return NULL;
}

static struct image make_image(const struct request *request, enum object_type type,
                               const json_t *object, struct buffer *text)
{
    if (object == NULL)
        return (struct image){.state = IMAGE_ABSENT};
    return (struct image){IMAGE_PRESENT, normal_text(request, type, object, text),
                          slice_of(object, "context")};
}

/* The way back leads from `after` to `before`. */
static void add_pair(const struct request *request, const char *type_text, const char *name,
                     const json_t *from, const json_t *to, enum object_role role,
                     struct pairs *pairs)
{
    struct change_object *object = &pairs->objects[pairs->count];

    if (!object_type_from_text(slice_from(type_text), &object->type))
        return;
    object->role = role;
    object->schema = request->database;
    object->name = slice_from(name);
    object->before = make_image(request, object->type, to, &pairs->texts[2 * pairs->count]);
    object->after = make_image(request, object->type, from, &pairs->texts[2 * pairs->count + 1]);
    pairs->count++;
}

static bool is_renamed(const struct request *request, const json_t *object, const char *side)
{
    json_t *rename;
    size_t i;

    json_array_foreach(json_object_get(request->json, "renames"), i, rename)
    {
        if (strcasecmp(text_of(rename, "kind"), text_of(object, "type")) == 0 &&
            strcasecmp(text_of(rename, side), text_of(object, "name")) == 0)
            return true;
    }
    return false;
}

static void add_renames(const struct request *request, const json_t *from, const json_t *to,
                        struct pairs *pairs)
{
    json_t *rename;
    size_t i;

    json_array_foreach(json_object_get(request->json, "renames"), i, rename)
    {
        const char *kind = text_of(rename, "kind");
        const char *old = text_of(rename, "from"), *new = text_of(rename, "to");
        if (strcmp(kind, "column") == 0 || strcmp(kind, "index") == 0) {
            pairs->renames[pairs->rename_count++] = (struct statement_rename){
                strcmp(kind, "index") == 0, (char *)(uintptr_t) new, (char *)(uintptr_t)old};
            continue;
        }
        add_pair(request, kind, new, NULL, find_object(to, kind, new), ROLE_RENAME_FROM, pairs);
        add_pair(request, kind, old, find_object(from, kind, old), NULL, ROLE_RENAME_TO, pairs);
    }
}

static void read_pairs(const struct request *request, struct pairs *pairs)
{
    const json_t *from = json_object_get(request->json, "from");
    const json_t *to = json_object_get(request->json, "to");
    size_t renames = json_array_size(json_object_get(request->json, "renames")), i;
    size_t most = json_array_size(from) + json_array_size(to) + 2 * renames + 1;
    json_t *object;

    *pairs = (struct pairs){.objects = memory_new(most, sizeof(*pairs->objects)),
                            .texts = memory_new(2 * most, sizeof(*pairs->texts)),
                            .renames = memory_new(renames + 1, sizeof(*pairs->renames))};
    add_renames(request, from, to, pairs);
    json_array_foreach(to, i, object)
    {
        if (!is_renamed(request, object, "to"))
            add_pair(request, text_of(object, "type"), text_of(object, "name"),
                     find_object(from, text_of(object, "type"), text_of(object, "name")), object,
                     ROLE_TARGET, pairs);
    }
    json_array_foreach(from, i, object)
    {
        if (!is_renamed(request, object, "from") &&
            find_object(to, text_of(object, "type"), text_of(object, "name")) == NULL)
            add_pair(request, text_of(object, "type"), text_of(object, "name"), object, NULL,
                     ROLE_TARGET, pairs);
    }
}

static void release_pairs(struct pairs *pairs)
{
    for (size_t i = 0; i < 2 * pairs->count; i++)
        buffer_release(&pairs->texts[i]);
    free(pairs->objects);
    free(pairs->texts);
    free(pairs->renames);
}

static void append_statements(const struct request *request, struct slice sql, json_t *list)
{
    struct dialect dialect = {.mariadb = request->mariadb, .version = request->version};
    struct splitter splitter;
    struct slice statement;

    splitter_init(&splitter, sql, &dialect);
    while (splitter_next(&splitter, &statement)) {
        statement = printed_trim(statement);
        if (statement.len > 0)
            json_array_append_new(list, json_of(statement));
    }
}

static json_t *answer_difference(const struct request *request)
{
    json_t *statements = json_array(), *remarks = json_array();
    struct buffer sql = BUFFER_INIT, lines = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    struct pairs pairs;

    read_pairs(request, &pairs);
    const struct change change = {.verb = DDL_ALTER,
                                  .noun = "TABLE",
                                  .objects = pairs.objects,
                                  .object_count = pairs.count,
                                  .renames = pairs.renames,
                                  .rename_count = pairs.rename_count,
                                  .mariadb = request->mariadb,
                                  .version = request->version,
                                  .development_schema = request->database};
    enum error code =
        inverse_write(&change, &request->defaults, request->keep_definer, &sql, &lines, &problem);
    if (code == ERROR_NONE) {
        append_statements(request, buffer_slice(&sql), statements);
        append_lines(buffer_slice(&lines), remarks);
    }
    release_pairs(&pairs);
    buffer_release(&sql);
    buffer_release(&lines);
    return json_pack("{s:o, s:o, s:[], s:o}", "statements", statements, "remarks", remarks,
                     "describe", "problem",
                     code == ERROR_NONE ? json_null() : json_string(problem.text));
}

/* --- the loop ----------------------------------------------------------------------------------
 */

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Linux: from here on, the largest size is that of now. */
static void forget_largest(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");

    malloc_trim(0);
    if (file == NULL)
        return;
    fputs("5", file);
    fclose(file);
}

static long largest_kibibytes(void)
{
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* The answer, and what the work without JSON took. */
static json_t *measured(json_t *(*work)(const struct request *), const struct request *request)
{
    forget_largest();
    double start = milliseconds();
    long size = largest_kibibytes();
    json_t *result = work(request);

    json_object_set_new(result, "milliseconds", json_real(milliseconds() - start));
    json_object_set_new(result, "kibibytes", json_integer(largest_kibibytes() - size));
    return result;
}

static json_t *answer(const char *line)
{
    json_error_t error;
    json_t *json = json_loads(line, JSON_ALLOW_NUL, &error), *result = NULL;
    struct request request;

    if (json == NULL)
        return json_pack("{s:s}", "error", error.text);
    read_request(json, &request);
    if (strcmp(text_of(json, "mode"), "roundtrip") == 0)
        result = measured(answer_roundtrip, &request);
    else if (strcmp(text_of(json, "mode"), "difference") == 0)
        result = measured(answer_difference, &request);
    else
        result = json_pack("{s:s}", "error", "mode is neither roundtrip nor difference");
    json_decref(json);
    return result;
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;

    while (getline(&line, &capacity, stdin) > 0) {
        json_t *result = answer(line);
        json_dumpf(result, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(result);
    }
    free(line);
    return 0;
}
