/* hold: see hold.h. A table is cut by table.h, its columns by column.h, the other kinds by clauses.h. */
#include "schema/hold.h"

#include "schema/clauses.h"
#include "schema/column.h"
#include "sql/lexer.h"

#define UNKNOWN_LIMIT 40 /* bytes of what is not understood */

/* why, and the words that are not understood. Problems are lines: no other byte than printable ones goes into
 * one. */
static enum error refuse_as(const char *why, struct slice unknown, struct problem *problem)
{
    size_t len = unknown.len < UNKNOWN_LIMIT ? unknown.len : UNKNOWN_LIMIT;
    char words[UNKNOWN_LIMIT + 1];

    while (len < unknown.len && len > 0 && ((unsigned char)unknown.ptr[len] & 0xC0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)unknown.ptr[i];
        words[i] = c < 0x20 || c == 0x7f ? ' ' : unknown.ptr[i];
    }
    return problem_set(problem, ERROR_UNSUPPORTED, "the server prints %s%s%.*s", why,
                       len == 0 ? ": it ends too early" : ", at: ", (int)len, words);
}

static enum error refuse(struct slice unknown, struct problem *problem)
{
    return refuse_as("its definition in a way that ddltap does not know", unknown, problem);
}

/* --- tables ------------------------------------------------------------------------------------- */

enum error hold_check_table(const struct table *table, struct problem *problem)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct column column;
        struct slice unknown = SLICE_NONE;
        if (!column_read(table->columns[i].definition, &column, &unknown))
            return refuse(unknown, problem);
    }
    return ERROR_NONE;
}

static enum error hold_table(const struct definition *definition, struct buffer *out,
                             struct problem *problem)
{
    struct table table;
    enum error code = table_read(definition->text, &table);

    if (code != ERROR_NONE)
        code = refuse(definition->text, problem);
    else
        code = hold_check_table(&table, problem);
    if (code == ERROR_NONE)
        table_write(&table, out);
    table_release(&table);
    return code;
}

/* --- the other kinds ---------------------------------------------------------------------------- */

/* Is the printed name the one under which the object is known? */
static bool has_name(const struct definition *definition, struct slice printed,
                     const struct dialect *dialect)
{
    bool quoted = printed.ptr[0] == '`' || printed.ptr[0] == '"';
    const struct token token = {.kind = quoted ? TOKEN_QUOTED : TOKEN_WORD, .text = printed};
    struct buffer name = BUFFER_INIT;

    token_unquote(&token, dialect, &name);
    bool same = slice_equal_nocase(buffer_slice(&name), definition->name);
    buffer_release(&name);
    return same;
}

static enum error hold_clauses(const struct definition *definition, const struct dialect *dialect,
                               struct buffer *out, struct problem *problem)
{
    struct clauses clauses;
    struct slice unknown = SLICE_NONE;

    if (!clauses_read(definition->type, definition->text, dialect, &clauses, &unknown))
        return refuse(unknown, problem);
    if (!has_name(definition, clauses.of[CLAUSE_NAME], dialect))
        return refuse_as("it under a name that is not its own", clauses.of[CLAUSE_NAME], problem);
    clauses_write(&clauses, out);
    return ERROR_NONE;
}

/* --- all ---------------------------------------------------------------------------------------- */

/* Bytes of the character that begins here; 0: none that is UTF-8. */
static size_t character_length(struct slice text, size_t at)
{
    unsigned char first = (unsigned char)text.ptr[at];
    size_t len = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    if (first > 0xF4 || len == 0 || at + len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)text.ptr[at + i] & 0xC0) != 0x80)
            return 0;
    }
    return len;
}

bool hold_is_text(struct slice text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = character_length(text, at);
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

enum error hold_write(const struct definition *definition, const struct dialect *dialect,
                      struct buffer *out, struct problem *problem)
{
    size_t start = out->len;

    if (!hold_is_text(definition->text))
        return problem_set(problem, ERROR_UNSUPPORTED, "its text holds bytes that are not UTF-8");
    enum error code = definition->type == OBJECT_TABLE
                          ? hold_table(definition, out, problem)
                          : hold_clauses(definition, dialect, out, problem);
    if (code == ERROR_NONE &&
        !slice_equal(slice_from_offset(buffer_slice(out), start), definition->text))
        code = refuse(definition->text, problem);
    if (code != ERROR_NONE)
        buffer_truncate(out, start);
    return code;
}

enum error hold_check(const struct definition *definition, const struct dialect *dialect,
                      struct problem *problem)
{
    struct buffer again = BUFFER_INIT;
    enum error code = hold_write(definition, dialect, &again, problem);

    buffer_release(&again);
    return code;
}
