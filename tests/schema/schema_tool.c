/* schema_tool: the schema library, driven by a test through JSON: one document a line in, one a line
 * out, until the input ends.
 *
 *   in   {"mode": "roundtrip" | "difference" | "net" | "statement", "mariadb": bool, "version": 101119, "database": "app",
 *         "from": [OBJECT...], "to": [OBJECT...], "keep_definer": bool, "defaults": {...},
 *         "way_back": bool (true unless it is there),
 *         "renames": [{"kind": "table|view|column|index", "table": "t", "from": "a", "to": "b"}...]}
 *        OBJECT: {"type": "table", "name": "t", "text": "CREATE TABLE ...",
 *                 "context": "sql_mode=...\n", "order": 1}
 *   out  {"objects": [{"type", "name", "held": bool, "why": "sentence", "text": again}...]}
 *        {"statements": [...], "remarks": [...], "describe": [...], "problem": null | "sentence"}
 *        both with "milliseconds" and "kibibytes", which the work without JSON took
 *
 * "net" and "statement" are told in schema_tool_net.c. Texts are as SHOW CREATE prints them. The table of a column or index is named as it is in "from".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <malloc.h>

#include "schema_tool.h"

#include "ddltap/memory.h"
#include "schema/context.h"
#include "schema/difference.h"
#include "schema/hold.h"
#include "schema/image.h"
#include "schema/printed.h"
#include "sql/portable.h"
#include "sql/statement.h"

const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

struct slice slice_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? slice_make(json_string_value(value), json_string_length(value))
                                 : SLICE_NONE;
}

json_t *json_of(struct slice text)
{
    json_t *value = json_stringn(text.ptr, text.len);
    return value != NULL ? value : json_string("(bytes that are not UTF-8)");
}

void append_lines(struct slice text, json_t *list)
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

struct slice normal_text(const struct request *request, enum object_type type, const json_t *object,
                         struct buffer *out)
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
    struct dialect dialect = {.mariadb = request->mariadb, .version = request->version};
    struct definition definition = {.name = slice_of(object, "name"),
                                    .context = slice_of(object, "context")};
    struct buffer text = BUFFER_INIT, again = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    enum error code = ERROR_UNSUPPORTED;

    if (!object_type_from_text(slice_from(text_of(object, "type")), &definition.type)) {
        problem_set(&problem, code, "This type of object is not known.");
    } else {
        definition.text = normal_text(request, definition.type, object, &text);
        dialect_set_sql_mode(&dialect, context_value(definition.context, "sql_mode"));
        code = hold_write(&definition, &dialect, &again, &problem);
    }
    json_t *result =
        json_pack("{s:s, s:s, s:b, s:s, s:o}", "type", text_of(object, "type"), "name",
                  text_of(object, "name"), "held", code == ERROR_NONE, "why", problem.text, "text",
                  code == ERROR_NONE ? json_of(buffer_slice(&again)) : json_null());
    buffer_release(&text);
    buffer_release(&again);
    return result;
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

struct side {
    struct schema *schema;
    struct buffer *texts;
    size_t count;
};

/* Of equal types and places the triggers are given in the order in which they fire. */
static int by_order(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    long long p = json_integer_value(json_object_get(*x, "order"));
    long long q = json_integer_value(json_object_get(*y, "order"));

    return p < q ? -1 : p > q;
}

static void read_side(const struct request *request, const char *key, struct side *side)
{
    const json_t *list = json_object_get(request->json, key);
    size_t count = json_array_size(list);
    const json_t **sorted = memory_new(count + 1, sizeof(*sorted));

    *side = (struct side){schema_new(), memory_new(count + 1, sizeof(*side->texts)), count};
    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(list, i);
    qsort(sorted, count, sizeof(*sorted), by_order);
    for (size_t i = 0; i < count; i++) {
        struct definition definition = {.name = slice_of(sorted[i], "name"),
                                        .context = slice_of(sorted[i], "context")};
        if (!object_type_from_text(slice_from(text_of(sorted[i], "type")), &definition.type))
            continue;
        definition.text = normal_text(request, definition.type, sorted[i], &side->texts[i]);
        schema_add(side->schema, &definition);
    }
    free(sorted);
}

static void release_side(struct side *side)
{
    schema_release(side->schema);
    for (size_t i = 0; i < side->count; i++)
        buffer_release(&side->texts[i]);
    free(side->texts);
}

static struct difference_rename *read_renames(const struct request *request, size_t *count)
{
    const json_t *list = json_object_get(request->json, "renames");
    struct difference_rename *renames = memory_new(json_array_size(list) + 1, sizeof(*renames));

    for (*count = 0; *count < json_array_size(list); (*count)++) {
        const json_t *rename = json_array_get(list, *count);
        const char *kind = text_of(rename, "kind");
        renames[*count] = (struct difference_rename){
            .kind = strcmp(kind, "column") == 0  ? DIFFERENCE_RENAME_COLUMN
                    : strcmp(kind, "index") == 0 ? DIFFERENCE_RENAME_INDEX
                                                 : DIFFERENCE_RENAME_OBJECT,
            .table = slice_of(rename, "table"),
            .from = slice_of(rename, "from"),
            .to = slice_of(rename, "to")};
    }
    return renames;
}

static json_t *json_of_difference(const struct difference *difference)
{
    json_t *statements = json_array(), *remarks = json_array(), *lines = json_array();
    struct slice problems = buffer_slice(&difference->problems);

    for (size_t i = 0; i < difference->step_count; i++)
        json_array_append_new(statements, json_of(slice_from(difference->steps[i].text)));
    append_lines(buffer_slice(&difference->remarks), remarks);
    append_lines(buffer_slice(&difference->lines), lines);
    return json_pack("{s:o, s:o, s:o, s:o}", "statements", statements, "remarks", remarks,
                     "describe", lines, "problem",
                     problems.len == 0 ? json_null()
                                       : json_of(slice_make(problems.ptr, problems.len - 1)));
}

static json_t *answer_difference(const struct request *request)
{
    const struct difference_options options = {
        .mariadb = request->mariadb,
        .version = request->version,
        .schema = request->database,
        .keep_definer = request->keep_definer,
        .defaults = &request->defaults,
        .whole = true,
        .way_back = !json_is_false(json_object_get(request->json, "way_back"))};
    struct side from, to;
    struct difference difference;
    size_t rename_count = 0;

    read_side(request, "from", &from);
    read_side(request, "to", &to);
    struct difference_rename *renames = read_renames(request, &rename_count);
    difference_find(from.schema, to.schema, renames, rename_count, &options, &difference);
    json_t *result = json_of_difference(&difference);
    difference_release(&difference);
    free(renames);
    release_side(&from);
    release_side(&to);
    return result;
}

/* --- the loop ----------------------------------------------------------------------------------
 */

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* What the library holds, counted at its own calls (the linker sends them here): JSON's are not among them. */
static size_t held_bytes, most_bytes;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *ptr);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *ptr);

static void *counted(void *ptr)
{
    held_bytes += malloc_usable_size(ptr);
    if (held_bytes > most_bytes)
        most_bytes = held_bytes;
    return ptr;
}

static void uncounted(void *ptr)
{
    size_t size = malloc_usable_size(ptr);

    held_bytes -= size < held_bytes ? size : held_bytes;
}

void *__wrap_malloc(size_t size)
{
    return counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    uncounted(old);
    return counted(__real_realloc(old, size));
}

void __wrap_free(void *ptr)
{
    uncounted(ptr);
    __real_free(ptr);
}

/* The answer, and what the work without JSON took. */
static json_t *measured(json_t *(*work)(const struct request *), const struct request *request)
{
    double start = milliseconds();
    size_t size = most_bytes = held_bytes;
    json_t *result = work(request);

    json_object_set_new(result, "milliseconds", json_real(milliseconds() - start));
    json_object_set_new(result, "kibibytes",
                        json_integer((json_int_t)((most_bytes - size) / 1024)));
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
    else if (strcmp(text_of(json, "mode"), "net") == 0)
        result = measured(answer_net, &request);
    else if (strcmp(text_of(json, "mode"), "statement") == 0)
        result = measured(answer_statement, &request);
    else
        result = json_pack("{s:s}", "error", "this mode is not known");
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
