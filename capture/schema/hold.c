/* hold: see hold.h. A table is cut by table.h, its columns by column.h; the other kinds have a head of
 * known words, a definer, a name, and a rest that only the server reads:
 *
 *     CREATE ALGORITHM=MERGE DEFINER=`u`@`h` SQL SECURITY INVOKER VIEW `v` AS select 1
 *     ^ head                ^ definer       ^ head                     ^name ^rest
 */
#include "schema/hold.h"

#include "schema/column.h"
#include "schema/partition.h"
#include "schema/printed.h"
#include "schema/table.h"
#include "sql/reader.h"

static enum error refuse(const struct definition *definition, struct slice unknown,
                         struct problem *problem)
{
    size_t len = unknown.len < 40 ? unknown.len : 40;

    return problem_set(problem, ERROR_UNSUPPORTED,
                       "The definition of the %s %.*s is printed in a way that is not known, at: "
                       "%.*s",
                       object_type_text(definition->type), (int)definition->name.len,
                       definition->name.ptr, (int)len, unknown.ptr);
}

/* --- tables ------------------------------------------------------------------------------------- */

static enum error hold_columns(const struct definition *definition, const struct table *table,
                               struct problem *problem)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct column column;
        struct slice unknown = SLICE_NONE;
        if (!column_read(table->columns[i].definition, &column, &unknown))
            return refuse(definition, unknown, problem);
    }
    return ERROR_NONE;
}

static enum error hold_table(const struct definition *definition, struct buffer *out,
                             struct problem *problem)
{
    struct table table;
    enum error code = table_read(definition->text, &table);

    if (code != ERROR_NONE)
        code = refuse(definition, definition->text, problem);
    else
        code = hold_columns(definition, &table, problem);
    if (code == ERROR_NONE)
        table_write(&table, out);
    table_release(&table);
    return code;
}

/* --- the other kinds ---------------------------------------------------------------------------- */

/* Words that may stand between CREATE and the word of the kind. */
static bool skip_head_word(struct reader *reader)
{
    static const char *const words[] = {"ALGORITHM", "UNDEFINED", "MERGE",   "TEMPTABLE",
                                        "SQL",       "SECURITY",  "INVOKER", "OR",
                                        "REPLACE",   "AGGREGATE", NULL};

    if (reader_accept(reader, "DEFINER")) {
        /* DEFINER=`u`@`h`; SQL SECURITY DEFINER */
        if (reader_accept_symbol(reader, '='))
            reader_skip_account(reader);
        return true;
    }
    return reader_accept_symbol(reader, '=') || reader_accept_any(reader, words);
}

static bool accept_kind(struct reader *reader, enum object_type type)
{
    if (type != OBJECT_PACKAGE_BODY)
        return reader_accept(reader, object_type_text(type));
    return reader_accept(reader, "PACKAGE") && reader_accept(reader, "BODY");
}

/* The name, perhaps behind the schema's, is the one of the definition. */
static bool accept_name(struct reader *reader, const struct definition *definition,
                        const struct dialect *dialect)
{
    struct buffer name = BUFFER_INIT;

    if (!token_is_name(&reader->token))
        return false;
    struct token token = reader->token;
    reader_next(reader);
    if (reader_accept_symbol(reader, '.')) {
        token = reader->token;
        reader_next(reader);
    }
    token_unquote(&token, dialect, &name);
    bool same = slice_equal_nocase(buffer_slice(&name), definition->name);
    buffer_release(&name);
    return same;
}

static enum error hold_program(const struct definition *definition, const struct dialect *dialect,
                               struct buffer *out, struct problem *problem)
{
    struct reader reader;

    reader_init(&reader, definition->text, dialect);
    if (!reader_accept(&reader, "CREATE"))
        return refuse(definition, definition->text, problem);
    while (!reader_at_end(&reader) && !accept_kind(&reader, definition->type)) {
        if (!skip_head_word(&reader))
            return refuse(definition, reader.token.text, problem);
    }
    if (!accept_name(&reader, definition, dialect))
        return refuse(definition, reader.token.text, problem);
    buffer_append_slice(out, definition->text);
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
    if (!hold_is_text(definition->text))
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "The definition of the %s %.*s holds bytes that are not UTF-8.",
                           object_type_text(definition->type), (int)definition->name.len,
                           definition->name.ptr);
    if (definition->type == OBJECT_TABLE)
        return hold_table(definition, out, problem);
    return hold_program(definition, dialect, out, problem);
}
