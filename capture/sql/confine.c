/* confine: see confine.h. What is not known to stay inside is refused. */
#include "sql/confine.h"

#include <stdbool.h>
#include <stddef.h>

#include "sql/lexer.h"
#include "sql/statement.h"

static const char other_schema[] = "it names an object of another schema";

/* Statements that write rows: the target is named ahead of these words. */
static const char *const writers[] = {"INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD"};
static const char *const target_ends[] = {"SET",   "VALUES", "VALUE", "SELECT",
                                          "WHERE", "TABLE",  "WITH",  "ON"};
/* What else may stand in a migration. */
static const char *const harmless[] = {
    "SELECT",  "WITH",   "DO",    "CALL",    "COMMIT", "START",  "BEGIN", "ROLLBACK",  "SAVEPOINT",
    "RELEASE", "VALUES", "TABLE", "ANALYZE", "LOCK",   "UNLOCK", "SHOW",  "DEALLOCATE"};

static bool is_one_of(const struct token *token, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (token_is(token, words[i]))
            return true;
    }
    return false;
}

#define IS_ONE_OF(token, words) is_one_of((token), (words), sizeof(words) / sizeof((words)[0]))

static const char *judge_ddl(const struct statement *statement)
{
    for (size_t i = 0; i < statement->object_count; i++) {
        const struct statement_object *object = &statement->objects[i];
        if (object->role == ROLE_REFERENCE)
            continue;
        if (object->schema != NULL)
            return other_schema;
        if (object->type == OBJECT_DATABASE && object->name != NULL)
            return "it is about a database of its own";
    }
    return NULL;
}

/* SET GLOBAL, PERSIST, @@global.x, PASSWORD, DEFAULT ROLE ... */
static const char *judge_set(struct lexer *lexer)
{
    static const char *const outside[] = {"GLOBAL", "PERSIST", "PERSIST_ONLY", "PASSWORD", "ROLE"};
    struct token token;
    while (lexer_next(lexer, &token)) {
        struct token word = token;
        while (word.kind == TOKEN_VARIABLE && word.text.len > 0 && word.text.ptr[0] == '@')
            word.text = slice_from_offset(word.text, 1);
        word.kind = TOKEN_WORD;
        if (IS_ONE_OF(&word, outside))
            return "it changes a setting of the server";
    }
    return NULL;
}

static const char *judge_writer(struct lexer *lexer)
{
    struct token token, previous = {TOKEN_END, SLICE_NONE};
    while (lexer_next(lexer, &token) && !IS_ONE_OF(&token, target_ends) &&
           !token_is_symbol(&token, '(')) {
        if (token_is_symbol(&token, '.') && token_is_name(&previous))
            return other_schema;
        previous = token;
    }
    return NULL;
}

/* SELECT ... INTO OUTFILE writes beside the database. */
static const char *judge_reader(struct lexer *lexer)
{
    struct token token;
    while (lexer_next(lexer, &token)) {
        if (token_is(&token, "OUTFILE") || token_is(&token, "DUMPFILE"))
            return "it writes a file of the server";
    }
    return NULL;
}

static const char *judge_other(struct slice text, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, text, dialect);
    if (!lexer_next(&lexer, &token))
        return NULL;
    if (token_is(&token, "SET"))
        return judge_set(&lexer);
    if (IS_ONE_OF(&token, writers))
        return judge_writer(&lexer);
    if (IS_ONE_OF(&token, harmless) || token_is_symbol(&token, '('))
        return judge_reader(&lexer);
    return "it is no statement of a migration";
}

const char *confine_refusal(struct slice text, const struct dialect *dialect)
{
    struct statement statement;
    const char *why = NULL;
    statement_read(text, dialect, &statement);
    switch (statement.kind) {
    case STATEMENT_USE:
        why = "it chooses another schema";
        break;
    case STATEMENT_ACCOUNT:
        why = "it is about accounts or other servers";
        break;
    case STATEMENT_DDL:
    case STATEMENT_COMPOUND:
        why = judge_ddl(&statement);
        break;
    case STATEMENT_PREPARE:
    case STATEMENT_EXECUTE:
    case STATEMENT_CALL:
    case STATEMENT_EMPTY:
        break;
    case STATEMENT_EXECUTE_IMMEDIATE:
        why = "the statement that it runs is not known";
        break;
    case STATEMENT_SET:
    case STATEMENT_OTHER:
        why = judge_other(text, dialect);
        break;
    }
    statement_release(&statement);
    return why;
}
