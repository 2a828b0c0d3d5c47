/* confine: see confine.h. What is not known to stay inside is refused. */
#include "sql/confine.h"

#include <stdbool.h>
#include <stddef.h>

#include "sql/block.h"
#include "sql/lexer.h"
#include "sql/reader.h"
#include "sql/statement.h"

static const char other_schema[] = "it names an object of another schema";
static const char unknown_kind[] = "it is no statement of a migration";
static const char unknown_text[] = "the statement that it runs is not known";

/* How often a statement may hold another one in a text. */
enum {
    NESTING_MAX = 4
};

/* Ahead of the target of INSERT and REPLACE stand none of these. */
static const char *const target_ends[] = {"SET", "VALUES", "VALUE", "SELECT", "TABLE", "WITH"};
/* Behind the tables of UPDATE and DELETE. */
static const char *const tables_end[] = {"SET", "WHERE", "ORDER", "LIMIT", "RETURNING"};
/* A table follows these words. */
static const char *const table_follows[] = {"UPDATE", "DELETE", "FROM",          "USING",
                                            "JOIN",   "TABLE",  "STRAIGHT_JOIN", NULL};
static const char *const modifiers[] = {"LOW_PRIORITY", "QUICK", "IGNORE", "ONLY", NULL};
/* What else may stand in a migration. */
static const char *const harmless[] = {"SELECT",    "DO",      "COMMIT",    "BEGIN", "ROLLBACK",
                                       "SAVEPOINT", "RELEASE", "VALUES",    "TABLE", "LOCK",
                                       "UNLOCK",    "SHOW",    "DEALLOCATE"};
/* What stands in a compound statement beside its own words and DDL. */
static const char *const judged_inside[] = {
    "INSERT", "REPLACE", "UPDATE",   "DELETE",  "LOAD",     "WITH",    "SET",
    "CALL",   "PREPARE", "SELECT",   "DO",      "EXECUTE",  "ANALYZE", "START",
    "STOP",   "RESET",   "CHANGE",   "PURGE",   "GRANT",    "REVOKE",  "FLUSH",
    "KILL",   "USE",     "SHUTDOWN", "INSTALL", "UNINSTALL"};

static const char *judge(struct slice text, const struct dialect *dialect, unsigned nesting);

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

static const char *judge_insert(struct lexer *lexer)
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

/* a.b where a table stands; a.* is all of a table's rows. */
static bool is_qualified(const struct reader *reader)
{
    struct reader ahead = *reader;
    if (!token_is_name(&ahead.token))
        return false;
    reader_next(&ahead);
    return reader_accept_symbol(&ahead, '.') && token_is_name(&ahead.token);
}

static bool begins_query(const struct reader *reader)
{
    struct token next = reader_peek(reader);
    return token_is(&next, "SELECT") || token_is(&next, "WITH") || token_is(&next, "VALUES");
}

/* The condition of a join; columns are qualified there, and what a query in it reads is only read. */
static void skip_condition(struct reader *reader)
{
    static const char *const ends[] = {"JOIN",  "STRAIGHT_JOIN", "LEFT",  "RIGHT",    "INNER",
                                       "CROSS", "NATURAL",       "SET",   "WHERE",    "ORDER",
                                       "LIMIT", "FROM",          "USING", "RETURNING"};
    while (!reader_at_end(reader) && !IS_ONE_OF(&reader->token, ends) &&
           !reader_is_symbol(reader, ',') && !reader_is_symbol(reader, ')')) {
        if (reader_is_symbol(reader, '('))
            reader_skip_parentheses(reader);
        else
            reader_next(reader);
    }
}

/* The tables of UPDATE and DELETE: any of those joined may be the one that is written. */
static const char *judge_tables(struct reader *reader)
{
    while (!reader_at_end(reader) && !IS_ONE_OF(&reader->token, tables_end)) {
        bool opens = reader_is_symbol(reader, '('), comma = reader_is_symbol(reader, ',');
        if (opens && begins_query(reader)) {
            reader_skip_parentheses(reader);
        } else if (reader_accept(reader, "ON")) {
            skip_condition(reader);
        } else if (opens || comma || reader_accept_any(reader, table_follows)) {
            if (opens || comma)
                reader_next(reader);
            while (reader_accept_any(reader, modifiers))
                continue;
            if (is_qualified(reader))
                return other_schema;
        } else {
            reader_next(reader);
        }
    }
    return NULL;
}

/* LOAD DATA ... INTO TABLE t */
static const char *judge_load(struct reader *reader)
{
    for (; !reader_at_end(reader); reader_next(reader)) {
        if (reader_accept(reader, "INTO") && reader_accept(reader, "TABLE"))
            return is_qualified(reader) ? other_schema : NULL;
    }
    return unknown_kind;
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

/* WITH a AS (...) UPDATE b: the word behind the parentheses. */
static void skip_with(struct reader *reader)
{
    static const char *const verbs[] = {"SELECT", "UPDATE", "DELETE", "VALUES", "TABLE"};
    while (!reader_at_end(reader) && !IS_ONE_OF(&reader->token, verbs)) {
        if (reader_is_symbol(reader, '('))
            reader_skip_parentheses(reader);
        else
            reader_next(reader);
    }
}

static const char *judge_other(struct slice text, const struct dialect *dialect)
{
    struct reader reader;
    reader_init(&reader, text, dialect);
    if (reader_is(&reader, "WITH"))
        skip_with(&reader);
    struct token next = reader_peek(&reader);
    if (reader_is(&reader, "UPDATE") || reader_is(&reader, "DELETE"))
        return judge_tables(&reader);
    if (reader_is(&reader, "LOAD"))
        return judge_load(&reader);
    if (reader_is(&reader, "SET"))
        return judge_set(&reader.lexer);
    if (reader_is(&reader, "INSERT") || reader_is(&reader, "REPLACE"))
        return judge_insert(&reader.lexer);
    if (reader_is(&reader, "START"))
        return token_is(&next, "TRANSACTION") ? NULL : unknown_kind;
    if (reader_is(&reader, "ANALYZE")) /* of a statement, MariaDB runs it */
        return token_is(&next, "TABLE") || token_is(&next, "LOCAL") ||
                       token_is(&next, "NO_WRITE_TO_BINLOG")
                   ? NULL
                   : unknown_kind;
    if (IS_ONE_OF(&reader.token, harmless) || reader_is_symbol(&reader, '('))
        return judge_reader(&reader.lexer);
    return unknown_kind;
}

static const char *judge_call(struct slice text, const struct dialect *dialect)
{
    struct reader reader;
    reader_init(&reader, text, dialect);
    return reader_accept(&reader, "CALL") && is_qualified(&reader) ? other_schema : NULL;
}

static const char *judge_prepared(const struct statement *statement, const struct dialect *dialect,
                                  unsigned nesting)
{
    if (statement->inner_text == NULL || nesting >= NESTING_MAX)
        return unknown_text;
    return judge(slice_from(statement->inner_text), dialect, nesting + 1);
}

/* MariaDB: SET STATEMENT a = 1 FOR statement. Its start; NULL where it is none. */
static const char *held_statement(struct slice text, const struct dialect *dialect)
{
    struct reader reader;
    reader_init(&reader, text, dialect);
    if (!dialect->mariadb || !reader_accept(&reader, "SET") || !reader_accept(&reader, "STATEMENT"))
        return NULL;
    while (!reader_at_end(&reader) && !reader_is(&reader, "FOR")) {
        if (reader_is_symbol(&reader, '('))
            reader_skip_parentheses(&reader);
        else
            reader_next(&reader);
    }
    return reader_accept(&reader, "FOR") && !reader_at_end(&reader) ? reader.token.text.ptr : NULL;
}

/* Each statement inside by itself; DDL among them is in the list of objects already. */
static const char *judge_compound(struct slice text, const struct dialect *dialect,
                                  unsigned nesting)
{
    struct reader reader;
    struct block block;
    const char *why = NULL;
    block_init(&block, dialect);
    reader_init(&reader, text, dialect);
    while (why == NULL && reader.token.kind != TOKEN_END && !block_ends_at(&block, &reader.token)) {
        block_feed(&block, &reader.token);
        struct reader inner = reader;
        reader_next(&reader);
        if (!block.at_start || block.depth == 0 || !IS_ONE_OF(&inner.token, judged_inside))
            continue;
        const char *start = inner.token.text.ptr;
        while (!reader_at_end(&inner))
            reader_next(&inner);
        const char *end =
            inner.token.kind == TOKEN_END ? text.ptr + text.len : inner.token.text.ptr;
        why = nesting >= NESTING_MAX
                  ? unknown_text
                  : judge(slice_make(start, (size_t)(end - start)), dialect, nesting + 1);
    }
    return why;
}

static const char *judge_kind(const struct statement *statement, struct slice text,
                              const struct dialect *dialect, unsigned nesting)
{
    const char *why = NULL;
    switch (statement->kind) {
    case STATEMENT_USE:
        return "it chooses another schema";
    case STATEMENT_ACCOUNT:
        return "it is about accounts or other servers";
    case STATEMENT_DDL:
        return judge_ddl(statement);
    case STATEMENT_COMPOUND:
        why = judge_ddl(statement);
        return why != NULL ? why : judge_compound(text, dialect, nesting);
    case STATEMENT_PREPARE:
        return judge_prepared(statement, dialect, nesting);
    case STATEMENT_CALL:
        return judge_call(text, dialect);
    case STATEMENT_EXECUTE_IMMEDIATE:
        return unknown_text;
    case STATEMENT_SET:
    case STATEMENT_OTHER:
        return judge_other(text, dialect);
    case STATEMENT_EXECUTE: /* what was prepared has been judged */
    case STATEMENT_EMPTY:
        break;
    }
    return NULL;
}

static const char *judge(struct slice text, const struct dialect *dialect, unsigned nesting)
{
    struct statement statement;
    for (const char *held; (held = held_statement(text, dialect)) != NULL;)
        text = slice_from_offset(text, (size_t)(held - text.ptr));
    statement_read(text, dialect, &statement);
    const char *why = judge_kind(&statement, text, dialect, nesting);
    statement_release(&statement);
    return why;
}

const char *confine_refusal(struct slice text, const struct dialect *dialect)
{
    return judge(text, dialect, 0);
}
