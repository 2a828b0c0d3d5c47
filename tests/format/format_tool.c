/* format_tool: the format library, driven by a test through JSON: one document a line in, one a line
 * out, until the input ends.
 *
 *   in   {"root": "/tmp/project", "format": "", "directory": "", "version_table": null, "head": null,
 *         "message": "...", "time": microseconds UTC, "random": integer,
 *         "mariadb": bool, "version": 101119, "up": [...], "down": [...],
 *         "no_way_back": null | "sentence", "remarks": [...], "rows": ["version"...],
 *         "python": "/usr/bin/python3"}
 *   out  {"format", "directory", "evidence", "chain": [{"version", "title", "path", "down_path",
 *         "parents", "head"}...], "parent": null | "version", "version_table", "query",
 *         "composed": {"version", "files": [{"path", "content"}...], "stamp": [["sql", rows]...],
 *                      "unstamp": [...]},
 *         "position": {"pending", "unknown", "dirty", "check": null | "sentence"},
 *         "gaps": [{"sentence", "lines"}...]}
 *        up to where something was wrong: then "problem" is its sentence
 *
 * Without "up" nothing is composed; without "rows" there is no position, without
 * "python" no gaps. Nothing is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ddltap/memory.h"
#include "format/format.h"

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static json_t *json_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static struct slice *read_statements(const json_t *list)
{
    struct slice *statements = memory_new(json_array_size(list), sizeof *statements);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        statements[i] = slice_make(json_string_value(item), json_string_length(item));
    }
    return statements;
}

static const char **read_texts(const json_t *list)
{
    const char **texts = memory_new(json_array_size(list), sizeof *texts);
    for (size_t i = 0; i < json_array_size(list); i++)
        texts[i] = json_string_value(json_array_get(list, i));
    return texts;
}

/* --- the answers --------------------------------------------------------------------------------
 */

static json_t *json_of_chain(const struct chain *chain)
{
    json_t *list = json_array();
    for (size_t i = 0; i < chain->count; i++) {
        const struct migration *migration = &chain->migrations[i];
        json_t *parents = json_array();
        for (size_t j = 0; j < migration->parents.count; j++)
            json_array_append_new(parents, json_string(migration->parents.items[j]));
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:b}", "version",
                                              migration->version, "title", migration->title, "path",
                                              migration->path, "down_path",
                                              json_or_null(migration->down_path), "parents",
                                              parents, "head", chain_is_head(chain, migration)));
    }
    return list;
}

static json_t *json_of_stamp(struct stamp *stamp)
{
    json_t *list = json_array();
    for (size_t i = 0; i < stamp->count; i++)
        json_array_append_new(list, json_pack("[s, I]", stamp->statements[i].sql,
                                              (json_int_t)stamp->statements[i].rows));
    stamp_release(stamp);
    return list;
}

static json_t *json_of_composed(const struct format_found *found, const struct composed *composed,
                                const char *parent)
{
    json_t *files = json_array();
    json_t *result = json_pack("{s:s, s:o}", "version", composed->version, "files", files);
    struct stamp stamp = STAMP_INIT, unstamp = STAMP_INIT;
    for (size_t i = 0; i < composed->count; i++)
        json_array_append_new(files,
                              json_pack("{s:s, s:s}", "path", composed->files[i].path, "content",
                                        buffer_text(&composed->files[i].content)));
    if (found->format->stamp != NULL) {
        found->format->stamp(found, composed->version, parent, &stamp);
        found->format->unstamp(found, composed->version, parent, &unstamp);
        json_object_set_new(result, "stamp", json_of_stamp(&stamp));
        json_object_set_new(result, "unstamp", json_of_stamp(&unstamp));
    }
    return result;
}

static json_t *json_of_position(const struct position *position, const struct chain *chain,
                                const struct migration *parent)
{
    struct problem problem = PROBLEM_INIT;
    enum error error = position_check(position, chain, parent, &problem);
    return json_pack("{s:i, s:o, s:o, s:o}", "pending", (int)position->pending, "unknown",
                     json_or_null(position->unknown), "dirty", json_or_null(position->dirty),
                     "check", error == ERROR_NONE ? json_null() : json_string(problem.text));
}

/* --- the work -----------------------------------------------------------------------------------
 */

struct work {
    const json_t *request;
    json_t *result;
    struct format_found found;
    struct chain chain;
    const struct migration *parent;
    struct problem problem;
};

static enum error compose(struct work *work)
{
    const json_t *request = work->request, *up = json_object_get(request, "up"),
                 *down = json_object_get(request, "down"),
                 *remarks = json_object_get(request, "remarks");
    const struct dialect dialect = {
        .mariadb = json_is_true(json_object_get(request, "mariadb")),
        .version = (uint32_t)json_integer_value(json_object_get(request, "version"))};
    struct slice *ups = read_statements(up), *downs = read_statements(down);
    const char **sentences = read_texts(remarks);
    const struct proposal proposal = {
        .message = text_of(request, "message"),
        .time = json_integer_value(json_object_get(request, "time")),
        .parent = work->parent,
        .up = ups,
        .up_count = json_array_size(up),
        .down = downs,
        .down_count = json_array_size(down),
        .no_way_back = text_of(request, "no_way_back"),
        .remarks = sentences,
        .remark_count = json_array_size(remarks),
        .dialect = &dialect,
        .random = (uint64_t)json_integer_value(json_object_get(request, "random")),
    };
    struct composed composed = COMPOSED_INIT;
    enum error error = work->found.format->compose(&work->found, &work->chain, &proposal, &composed,
                                                   &work->problem);
    if (error == ERROR_NONE)
        json_object_set_new(work->result, "composed",
                            json_of_composed(&work->found, &composed,
                                             work->parent == NULL ? NULL : work->parent->version));
    composed_release(&composed);
    free(ups);
    free(downs);
    free(sentences);
    return error;
}

static enum error locate(struct work *work)
{
    const json_t *rows = json_object_get(work->request, "rows");
    const char **texts = read_texts(rows);
    struct position position = POSITION_INIT;
    enum error error = work->found.format->locate(&work->chain, texts, json_array_size(rows),
                                                  &position, &work->problem);
    if (error == ERROR_NONE)
        json_object_set_new(work->result, "position",
                            json_of_position(&position, &work->chain, work->parent));
    position_release(&position);
    free(texts);
    return error;
}

static enum error compare_models(struct work *work)
{
    struct models models = MODELS_INIT;
    json_t *list = json_array();
    enum error error = work->found.format->compare_models(
        &work->found, text_of(work->request, "python"), &models, &work->problem);
    for (size_t i = 0; error == ERROR_NONE && i < models.count; i++) {
        struct buffer sentence = BUFFER_INIT;
        models_append_sentence(&models, i, &sentence);
        json_array_append_new(list, json_pack("{s:s, s:s}", "sentence", buffer_text(&sentence),
                                              "lines", models.gaps[i].lines));
        buffer_release(&sentence);
    }
    json_object_set_new(work->result, "gaps", list);
    models_release(&models);
    return error;
}

static void tell_version_table(struct work *work)
{
    const struct format *format = work->found.format;
    if (format->version_table == NULL)
        return;
    char *table = format->version_table(&work->found), *query = format->current_query(&work->found);
    json_object_set_new(work->result, "version_table", json_string(table));
    json_object_set_new(work->result, "query", json_string(query));
    free(table);
    free(query);
}

static enum error run(struct work *work)
{
    const json_t *request = work->request;
    enum error error = format_detect(text_of(request, "root"), text_of(request, "format"),
                                     text_of(request, "directory"), &work->found, &work->problem);
    if (error != ERROR_NONE)
        return error;
    work->found.version_table = memory_copy_text(text_of(request, "version_table"));
    json_object_set_new(work->result, "format", json_string(work->found.format->name));
    json_object_set_new(work->result, "directory", json_string(work->found.directory));
    json_object_set_new(work->result, "evidence", json_string(work->found.evidence));
    error = work->found.format->read(&work->found, &work->chain, &work->problem);
    if (error != ERROR_NONE)
        return error;
    json_object_set_new(work->result, "chain", json_of_chain(&work->chain));
    tell_version_table(work);
    error = chain_head(&work->chain, text_of(request, "head"), &work->parent, &work->problem);
    if (error != ERROR_NONE)
        return error;
    json_object_set_new(work->result, "parent",
                        json_or_null(work->parent == NULL ? NULL : work->parent->version));
    if (json_object_get(request, "up") != NULL)
        error = compose(work);
    if (error == ERROR_NONE && json_object_get(request, "rows") != NULL)
        error = locate(work);
    if (error == ERROR_NONE && text_of(request, "python") != NULL)
        error = compare_models(work);
    return error;
}

static json_t *answer(const char *line)
{
    json_error_t broken;
    json_t *request = json_loads(line, JSON_ALLOW_NUL, &broken);
    struct work work = {
        .request = request, .result = json_object(), .chain = CHAIN_INIT, .problem = PROBLEM_INIT};
    if (request == NULL)
        problem_set(&work.problem, ERROR_MALFORMED, "%s", broken.text);
    else if (run(&work) == ERROR_NONE)
        work.problem = PROBLEM_INIT;
    if (work.problem.code != ERROR_NONE)
        json_object_set_new(work.result, "problem", json_string(work.problem.text));
    format_found_release(&work.found);
    chain_release(&work.chain);
    json_decref(request);
    return work.result;
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
