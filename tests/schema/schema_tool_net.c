/* schema_tool_net: a run of changes, and one statement.
 *
 *   in   {"mode": "net", ..., "changes": [CHANGE...], "typed": bool, "refused": [OBJECT | "all"...]}
 *        CHANGE: {"text": "ALTER TABLE ...", "sql_mode": "...", "objects": [OBJECT...]}
 *        OBJECT: {"type", "role": "target" | "from" | "to", "name", "before": IMAGE, "after": IMAGE}
 *        IMAGE: null (absent) | {"text", "context"}
 *   out  {"up": [STEP...], "down": [STEP...], "up_remarks": [...], "down_remarks": [...], "problems": [...],
 *         "lines": [...], "progress": bool (the last one refused made a difference)}
 *        STEP: {"text", "type", "name", "typed": bool}
 *
 *   in   {"mode": "statement", ..., "text": "ALTER TABLE ...", "sql_mode": "..."}
 *   out  {"ddl": bool, "verb", "noun", "objects": [{"type", "role", "name"}...]}
 */
#include <stdlib.h>
#include <string.h>

#include "schema_tool.h"

#include "ddltap/memory.h"
#include "schema/describe.h"
#include "schema/net.h"
#include "sql/portable.h"

static const char *const roles[] = {
    [ROLE_TARGET] = "target",
    [ROLE_RENAME_FROM] = "from",
    [ROLE_RENAME_TO] = "to",
    [ROLE_REFERENCE] = "reference",
};

static struct dialect dialect_of(const struct request *request, const json_t *object)
{
    struct dialect dialect = {.mariadb = request->mariadb, .version = request->version};

    dialect_set_sql_mode(&dialect, slice_of(object, "sql_mode"));
    return dialect;
}

static void read_image(const struct request *request, enum object_type type, const json_t *json,
                       struct buffer *memory, struct image *image)
{
    *image = (struct image){.state = IMAGE_ABSENT};
    if (!json_is_object(json))
        return;
    *image = (struct image){IMAGE_PRESENT, normal_text(request, type, json, memory),
                            slice_of(json, "context")};
}

static void read_object(const struct request *request, const json_t *json, struct buffer *memory,
                        struct change_object *object)
{
    *object = (struct change_object){.schema = request->database, .name = slice_of(json, "name")};
    (void)object_type_from_text(slice_of(json, "type"), &object->type);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(text_of(json, "role"), roles[i]) == 0)
            object->role = (enum object_role)i;
    }
    read_image(request, object->type, json_object_get(json, "before"), &memory[0], &object->before);
    read_image(request, object->type, json_object_get(json, "after"), &memory[1], &object->after);
}

static void add_change(const struct request *request, const json_t *json, int64_t id,
                       struct net *net)
{
    const json_t *list = json_object_get(json, "objects");
    size_t count = json_array_size(list);
    struct change_object *objects = memory_new(count + 1, sizeof(*objects));
    struct buffer *memory = memory_new(2 * count + 1, sizeof(*memory)), text = BUFFER_INIT;
    struct dialect dialect = dialect_of(request, json);
    const struct portable_options options = {.schema = request->database};
    struct statement statement;

    portable_write(slice_of(json, "text"), &dialect, &options, &text);
    statement_read(buffer_slice(&text), &dialect, &statement);
    for (size_t i = 0; i < count; i++)
        read_object(request, json_array_get(list, i), &memory[2 * i], &objects[i]);
    const struct change change = {.verb = statement.verb,
                                  .noun = statement.noun,
                                  .objects = objects,
                                  .object_count = count,
                                  .renames = statement.renames,
                                  .rename_count = statement.rename_count,
                                  .mariadb = request->mariadb,
                                  .version = request->version,
                                  .development_schema = request->database,
                                  .text = buffer_slice(&text),
                                  .dialect = dialect};
    net_add(net, &change, id);
    statement_release(&statement);
    for (size_t i = 0; i < 2 * count; i++)
        buffer_release(&memory[i]);
    free(memory);
    free(objects);
    buffer_release(&text);
}

static bool refuse(const json_t *refused, struct typed *typed)
{
    enum object_type type;

    if (json_is_string(refused))
        return typed_refuse_all(typed);
    return object_type_from_text(slice_of(refused, "type"), &type) &&
           typed_refuse(typed, type, SLICE_NONE, slice_of(refused, "name"));
}

static json_t *json_of_steps(const struct difference *difference)
{
    json_t *list = json_array();

    for (size_t i = 0; i < difference->step_count; i++) {
        const struct difference_step *step = &difference->steps[i];
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o, s:b}", "text", json_of(slice_from(step->text)), "type",
                            object_type_text(step->type), "name",
                            slice_is_none(step->name) ? json_null() : json_of(step->name), "typed",
                            (int)step->is_typed));
    }
    return list;
}

static json_t *json_of_lines(struct slice text)
{
    json_t *list = json_array();

    append_lines(text, list);
    return list;
}

static void answer_way(const struct request *request, struct net *net, bool back, json_t *result)
{
    const struct difference_options options = {
        .mariadb = request->mariadb,
        .version = request->version,
        .schema = request->database,
        .keep_definer = request->keep_definer,
        .defaults = &request->defaults,
        .typed = json_is_true(json_object_get(request->json, "typed")) ? net_typed(net) : NULL};
    struct difference difference;
    json_t *problems = json_object_get(result, "problems");

    net_find(net, &options, back, &difference);
    json_object_set_new(result, back ? "down" : "up", json_of_steps(&difference));
    json_object_set_new(result, back ? "down_remarks" : "up_remarks",
                        json_of_lines(buffer_slice(&difference.remarks)));
    append_lines(buffer_slice(&difference.problems), problems);
    difference_release(&difference);
}

json_t *answer_net(const struct request *request)
{
    struct net *net = net_new();
    json_t *result = json_object(), *entry;
    struct buffer lines = BUFFER_INIT;
    bool progress = true;
    size_t i;

    json_array_foreach(json_object_get(request->json, "changes"), i, entry)
        add_change(request, entry, (int64_t)i + 1, net);
    net_finish(net);
    json_array_foreach(json_object_get(request->json, "refused"), i, entry) progress =
        refuse(entry, net_typed(net));
    json_object_set_new(result, "problems", json_of_lines(net_problems(net)));
    json_object_set_new(result, "progress", json_boolean(progress));
    answer_way(request, net, false, result);
    answer_way(request, net, true, result);
    for (i = 0; i < net_count(net); i++)
        describe_lines(net_change(net, i), &lines);
    json_object_set_new(result, "lines", json_of_lines(buffer_slice(&lines)));
    buffer_release(&lines);
    net_release(net);
    return result;
}

json_t *answer_statement(const struct request *request)
{
    struct dialect dialect = dialect_of(request, request->json);
    struct statement statement;
    json_t *objects = json_array();

    statement_read(slice_of(request->json, "text"), &dialect, &statement);
    for (size_t i = 0; i < statement.object_count; i++) {
        const struct statement_object *object = &statement.objects[i];
        json_array_append_new(objects,
                              json_pack("{s:s, s:s, s:s}", "type", object_type_text(object->type),
                                        "role", roles[object->role], "name",
                                        object->name == NULL ? "" : object->name));
    }
    json_t *result = json_pack("{s:b, s:s, s:s, s:o}", "ddl", statement.kind == STATEMENT_DDL,
                               "verb", ddl_verb_text(statement.verb), "noun",
                               statement.noun == NULL ? "" : statement.noun, "objects", objects);
    statement_release(&statement);
    return result;
}
