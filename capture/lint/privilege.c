/* privilege: see privilege.h. */
#include "lint/privilege.h"

#include <string.h>

#define WORDS_MAX 4

/* Words that follow each other, at the beginning of the statement or anywhere in it. */
static const struct {
    bool first;
    const char *words[WORDS_MAX];
    const char *needs;
} rows[] = {
    {true, {"CREATE", "DATABASE", NULL}, "CREATE on the new database"},
    {true, {"CREATE", "SCHEMA", NULL}, "CREATE on the new database"},
    {true, {"DROP", "DATABASE", NULL}, "DROP on that database"},
    {true, {"DROP", "SCHEMA", NULL}, "DROP on that database"},
    {true, {"CREATE", "USER", NULL}, "CREATE USER"},
    {true, {"ALTER", "USER", NULL}, "CREATE USER"},
    {true, {"DROP", "USER", NULL}, "CREATE USER"},
    {true, {"CREATE", "ROLE", NULL}, "CREATE USER"},
    {true, {"GRANT", NULL}, "GRANT OPTION"},
    {true, {"REVOKE", NULL}, "GRANT OPTION"},
    {true, {"CREATE", "SERVER", NULL}, "SUPER or FEDERATED ADMIN"},
    {true, {"CREATE", "TABLESPACE", NULL}, "CREATE TABLESPACE"},
    {true, {"INSTALL", NULL}, "INSERT on mysql.plugin"},
    {true, {"LOAD", "DATA", "INFILE", NULL}, "FILE"},
    {true, {"SET", "GLOBAL", NULL}, "SUPER or SYSTEM_VARIABLES_ADMIN"},
    {true, {"SET", "PERSIST", NULL}, "SUPER or SYSTEM_VARIABLES_ADMIN"},
    {true, {"FLUSH", NULL}, "RELOAD"},
    {false, {"INTO", "OUTFILE", NULL}, "FILE"},
    {false, {"INTO", "DUMPFILE", NULL}, "FILE"},
    {false, {"LOAD_FILE", NULL}, "FILE"},
    {false, {"DATA", "DIRECTORY", NULL}, "FILE"},
    {false, {"INDEX", "DIRECTORY", NULL}, "FILE"},
};

static bool words_stand(struct reader reader, const char *const *words)
{
    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++) {
        if (!reader_accept(&reader, words[i]))
            return false;
    }
    return true;
}

static void find_words(const struct subject_statement *statement, struct findings *findings)
{
    struct reader reader;
    bool first = true;
    reader_init(&reader, statement->text, &statement->dialect);
    while (reader.token.kind != TOKEN_END) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            if ((first || !rows[i].first) && words_stand(reader, rows[i].words))
                findings_add(findings, RULE_PRIVILEGE, "%s%s%s needs %s.", rows[i].words[0],
                             rows[i].words[1] == NULL ? "" : " ",
                             rows[i].words[1] == NULL ? "" : rows[i].words[1], rows[i].needs);
        }
        first = false;
        reader_next(&reader);
    }
}

static void find_stored(const struct statement *read, struct findings *findings)
{
    for (size_t i = 0; i < read->object_count; i++) {
        const struct statement_object *object = &read->objects[i];
        bool stored = object->type == OBJECT_FUNCTION || object->type == OBJECT_TRIGGER;
        if (stored && object->role == ROLE_TARGET && object->name != NULL &&
            read->verb == DDL_CREATE)
            findings_add(findings, RULE_LOG_TRUST, "%s `%s` is made.",
                         object->type == OBJECT_TRIGGER ? "Trigger" : "Function", object->name);
        if (object->type == OBJECT_EVENT && object->role != ROLE_REFERENCE)
            findings_add(findings, RULE_PRIVILEGE, "An event needs EVENT.");
    }
}

void privilege_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->statement_count; i++) {
        const struct subject_statement *statement = &subject->statements[i];
        if (statement->down)
            continue;
        find_words(statement, findings);
        if (statement->read.kind == STATEMENT_DDL)
            find_stored(&statement->read, findings);
    }
}
