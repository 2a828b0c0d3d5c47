/* statement: the first word decides, then the few words that it needs.
 *
 *     blanks, comments -> EMPTY, or the answer that a lone comment gets
 *     DDL verb         -> ddl_read
 *     SET STATEMENT .. FOR x, EXECUTE IMMEDIATE 'x' -> x again, to a bounded depth
 *     compound         -> ddl_read at every start of a statement inside
 */
#include "sql/statement.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "sql/block.h"
#include "sql/ddl.h"
#include "sql/reader.h"

/* How often a statement may hold another one in a text. */
enum {
    NESTING_MAX = 4
};

static enum statement_kind classify(struct reader *reader, struct statement *statement,
                                    unsigned nesting);

/* --- texts inside of statements -----------------------------------------------------------------
 */

/* Inner texts of a compound may set a field more than once. */
static void set_text(char **field, char *text)
{
    free(*field);
    *field = text;
}

/* 'a' 'b': one text. NULL where no literal stands. */
static char *read_literal(struct reader *reader)
{
    struct buffer text = BUFFER_INIT;
    if (reader->token.kind != TOKEN_STRING)
        return NULL;
    for (; reader->token.kind == TOKEN_STRING; reader_next(reader))
        token_unquote(&reader->token, reader->lexer.dialect, &text);
    buffer_append_char(&text, '\0');
    return buffer_detach(&text);
}

static enum statement_kind classify_inner(struct statement *statement, const char *text,
                                          const struct dialect *dialect, unsigned nesting)
{
    struct reader inner;
    if (nesting >= NESTING_MAX)
        return STATEMENT_OTHER;
    reader_init(&inner, slice_from(text), dialect);
    return classify(&inner, statement, nesting + 1);
}

/* EXECUTE IMMEDIATE 'text' [USING ..] is what its text is; of anything else the text is not known.
 */
static enum statement_kind read_execute_immediate(struct reader *reader,
                                                  struct statement *statement, unsigned nesting)
{
    char *text = read_literal(reader);
    enum statement_kind kind = STATEMENT_EXECUTE_IMMEDIATE;
    if (text != NULL && (reader_at_end(reader) || reader_is(reader, "USING")))
        kind = classify_inner(statement, text, reader->lexer.dialect, nesting);
    if (kind == STATEMENT_DDL && statement->inner_text == NULL)
        statement->inner_text = text; /* of nested texts the innermost, the DDL itself */
    else
        free(text);
    return kind;
}

/* PREPARE name FROM 'text' | @variable | expression */
static enum statement_kind read_prepare(struct reader *reader, struct statement *statement)
{
    char *text = NULL;
    if (token_is_name(&reader->token)) {
        set_text(&statement->name, token_name(&reader->token, reader->lexer.dialect));
        reader_next(reader);
    }
    if (reader_accept(reader, "FROM"))
        text = read_literal(reader);
    if (text != NULL && !reader_at_end(reader)) { /* 'a' || b: not known */
        free(text);
        text = NULL;
    }
    set_text(&statement->inner_text, text);
    return STATEMENT_PREPARE;
}

/* --- kinds --------------------------------------------------------------------------------------
 */

static enum statement_kind read_execute(struct reader *reader, struct statement *statement,
                                        unsigned nesting)
{
    if (reader_accept(reader, "IMMEDIATE"))
        return read_execute_immediate(reader, statement, nesting);
    if (token_is_name(&reader->token))
        set_text(&statement->name, token_name(&reader->token, reader->lexer.dialect));
    return STATEMENT_EXECUTE;
}

/* MariaDB: SET STATEMENT a = 1, b = (2) FOR statement. */
static bool skip_set_statement(struct reader *reader)
{
    struct token next = reader_peek(reader);
    if (!reader->lexer.dialect->mariadb || !reader_is(reader, "SET") ||
        !token_is(&next, "STATEMENT"))
        return false;
    while (!reader_at_end(reader) && !reader_is(reader, "FOR")) {
        if (reader_is_symbol(reader, '('))
            reader_skip_parentheses(reader);
        else
            reader_next(reader);
    }
    return reader_accept(reader, "FOR");
}

/* SET PASSWORD, SET DEFAULT ROLE, and @@password-like forms of old. */
static enum statement_kind set_kind(struct reader *reader)
{
    struct token next = reader_peek(reader);
    bool role = reader_is(reader, "DEFAULT") && token_is(&next, "ROLE");
    return reader_is(reader, "PASSWORD") || role ? STATEMENT_ACCOUNT : STATEMENT_SET;
}

/* START REPLICA | SLAVE | GROUP_REPLICATION may name a password; START TRANSACTION does not. */
static enum statement_kind start_kind(struct reader *reader)
{
    static const char *const words[] = {"REPLICA", "SLAVE", "GROUP_REPLICATION", "ALL", NULL};
    if (!reader_accept_any(reader, words))
        return STATEMENT_OTHER;
    for (; !reader_at_end(reader); reader_next(reader)) {
        if (reader_is(reader, "PASSWORD"))
            return STATEMENT_ACCOUNT;
    }
    return STATEMENT_OTHER;
}

static bool begins_compound(const struct reader *reader)
{
    static const char *const words[] = {"IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR", NULL};
    const struct dialect *dialect = reader->lexer.dialect;
    struct token next = reader_peek(reader);

    if (!dialect->mariadb)
        return false;
    if (reader_is(reader, "BEGIN")) {
        bool transaction =
            next.kind == TOKEN_END || token_is_symbol(&next, ';') || token_is(&next, "WORK");
        return token_is(&next, "NOT") || (dialect->oracle && !transaction);
    }
    if (dialect->oracle && (reader_is(reader, "DECLARE") || reader_is_symbol(reader, '<')))
        return true;
    struct reader copy = *reader;
    return reader_accept_any(&copy, words);
}

/* Every DDL inside: what stands at the start of a statement. */
static enum statement_kind read_compound(struct reader *reader, struct statement *statement,
                                         unsigned nesting)
{
    struct block block;
    block_init(&block, reader->lexer.dialect);
    while (reader->token.kind != TOKEN_END && !block_ends_at(&block, &reader->token)) {
        block_feed(&block, &reader->token);
        struct reader copy = *reader;
        reader_next(reader);
        if (!block.at_start || block.depth == 0)
            continue;
        if (ddl_begins(&copy)) {
            (void)ddl_read(&copy, statement);
        } else if (reader_accept(&copy, "EXECUTE") && reader_accept(&copy, "IMMEDIATE")) {
            (void)read_execute_immediate(&copy, statement, nesting);
        } else if (reader_accept(&copy, "PREPARE")) {
            reader_next(&copy);
            char *text = reader_accept(&copy, "FROM") ? read_literal(&copy) : NULL;
            if (text != NULL)
                (void)classify_inner(statement, text, reader->lexer.dialect, nesting);
            free(text);
        }
    }
    set_text(&statement->name, NULL);
    set_text(&statement->inner_text, NULL);
    return STATEMENT_COMPOUND;
}

static enum statement_kind read_use(struct reader *reader, struct statement *statement)
{
    if (token_is_name(&reader->token))
        set_text(&statement->name, token_name(&reader->token, reader->lexer.dialect));
    return STATEMENT_USE;
}

static enum statement_kind classify_word(struct reader *reader, struct statement *statement,
                                         unsigned nesting)
{
    static const char *const account_words[] = {"GRANT", "REVOKE", NULL};

    if (reader_accept(reader, "USE"))
        return read_use(reader, statement);
    if (reader_accept(reader, "SET"))
        return set_kind(reader);
    if (reader_accept(reader, "CALL"))
        return STATEMENT_CALL;
    if (reader_accept(reader, "PREPARE"))
        return read_prepare(reader, statement);
    if (reader_accept(reader, "EXECUTE"))
        return read_execute(reader, statement, nesting);
    if (reader_accept(reader, "START"))
        return start_kind(reader);
    if (reader_accept_any(reader, account_words))
        return STATEMENT_ACCOUNT;
    if (reader_accept(reader,
                      "CHANGE")) { /* MASTER TO, REPLICATION SOURCE TO; FILTER is harmless */
        struct token next = reader_peek(reader);
        return token_is(&next, "FILTER") ? STATEMENT_OTHER : STATEMENT_ACCOUNT;
    }
    return STATEMENT_OTHER;
}

static enum statement_kind classify(struct reader *reader, struct statement *statement,
                                    unsigned nesting)
{
    while (skip_set_statement(reader))
        continue;
    if (begins_compound(reader))
        return read_compound(reader, statement, nesting);
    if (ddl_begins(reader))
        return ddl_read(reader, statement);
    return classify_word(reader, statement, nesting);
}

/* --- what else is asked of a statement ----------------------------------------------------------
 */

/* Programs and views are only stored: what they read, they read later. */
static bool is_stored_only(const struct statement *statement)
{
    return statement->kind == STATEMENT_DDL && statement->object_count > 0 &&
           statement->objects[0].type != OBJECT_TABLE;
}

static bool names_diagnostics(struct slice text, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token, next, before = {TOKEN_END, {"", 0}};
    bool system = false;
    lexer_init(&lexer, text, dialect);
    for (bool more = lexer_next(&lexer, &token); more; before = token, token = next) {
        more = lexer_next(&lexer, &next);
        if (token.kind == TOKEN_VARIABLE) {
            struct token name = {TOKEN_WORD, {"", 0}};
            system = token.text.len > 2 && token.text.ptr[1] == '@';
            if (system)
                name.text = slice_from_offset(token.text, 2);
            if (token_is(&name, "warning_count") || token_is(&name, "error_count"))
                return true;
            continue;
        }
        bool function = token_is(&token, "ROW_COUNT") || token_is(&token, "FOUND_ROWS");
        if (function && token_is_symbol(&next, '('))
            return true;
        bool counter = token_is(&token, "warning_count") || token_is(&token, "error_count");
        if (counter && system && token_is_symbol(&before, '.'))
            return true;
        system = system && token_is_symbol(&token, '.');
    }
    return false;
}

/* "DBeaver 24.2.3 - Main" of a comment such as ApplicationName=...: up to the purpose. */
static char *comment_application(struct slice comment)
{
    static const char mark[] = "ApplicationName=";
    const char *found = memmem(comment.ptr, comment.len, mark, sizeof(mark) - 1);
    if (found == NULL)
        return NULL;
    const char *name = found + sizeof(mark) - 1;
    struct slice rest = slice_make(name, comment.len - (size_t)(name - comment.ptr));
    const char *end = memmem(rest.ptr, rest.len, " - ", 3);
    if (end == NULL)
        end = memmem(rest.ptr, rest.len, "*/", 2);
    if (end != NULL)
        rest.len = (size_t)(end - rest.ptr);
    while (rest.len > 0 && (unsigned char)rest.ptr[rest.len - 1] <= ' ')
        rest.len--;
    return rest.len == 0 ? NULL : memory_copy_slice(rest);
}

/* Look at what stands before the first token. A text of comments alone gets one OK (or, before a
 * ';', one ERR) from the servers; a blank one gets no answer at all. */
static enum statement_kind read_leading(struct slice text, const struct dialect *dialect,
                                        struct statement *statement)
{
    struct lexer lexer;
    struct token token;
    bool comment = false;
    lexer_init(&lexer, text, dialect);
    while (lexer_next_raw(&lexer, &token) && token.kind >= TOKEN_COMMENT) {
        comment = true;
        if (token.kind == TOKEN_COMMENT && statement->application == NULL)
            statement->application = comment_application(token.text);
    }
    return token.kind == TOKEN_END && !comment ? STATEMENT_EMPTY : STATEMENT_OTHER;
}

void statement_read(struct slice text, const struct dialect *dialect, struct statement *statement)
{
    *statement = (struct statement){.kind = STATEMENT_EMPTY};
    if (read_leading(text, dialect, statement) == STATEMENT_EMPTY)
        return;

    struct reader reader;
    reader_init(&reader, text, dialect);
    statement->kind = classify(&reader, statement, 0);
    statement->many_answers =
        statement->kind == STATEMENT_CALL || statement->kind == STATEMENT_EXECUTE ||
        statement->kind == STATEMENT_EXECUTE_IMMEDIATE || statement->kind == STATEMENT_COMPOUND;
    statement->reads_diagnostics = !is_stored_only(statement) && names_diagnostics(text, dialect);
    if (statement->kind == STATEMENT_DDL && statement->inner_text != NULL &&
        !is_stored_only(statement))
        statement->reads_diagnostics |=
            names_diagnostics(slice_from(statement->inner_text), dialect);
}

void statement_release(struct statement *statement)
{
    for (size_t i = 0; i < statement->object_count; i++) {
        free(statement->objects[i].schema);
        free(statement->objects[i].name);
    }
    for (size_t i = 0; i < statement->rename_count; i++) {
        free(statement->renames[i].from);
        free(statement->renames[i].to);
    }
    free(statement->objects);
    free(statement->renames);
    free(statement->name);
    free(statement->inner_text);
    free(statement->application);
    *statement = (struct statement){.kind = STATEMENT_EMPTY};
}
