/* schema_tool: what the files of the program share. See schema_tool.c. */
#ifndef DDLTAP_TESTS_SCHEMA_TOOL_H
#define DDLTAP_TESTS_SCHEMA_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/object.h"
#include "sql/statement.h"

struct request {
    json_t *json;
    bool mariadb;
    uint32_t version;
    struct slice database;
    bool keep_definer;
    struct sql_facts defaults; /* texts belong to json */
};

const char *text_of(const json_t *object, const char *key);
struct slice slice_of(const json_t *object, const char *key);
json_t *json_of(struct slice text);
void append_lines(struct slice text, json_t *list);

/* The text as capture/server makes it: normalised, the schema's own name taken out. */
struct slice normal_text(const struct request *request, enum object_type type, const json_t *object,
                         struct buffer *out);

json_t *answer_net(const struct request *request);
json_t *answer_statement(const struct request *request);

#endif
