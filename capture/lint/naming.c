/* naming: see naming.h. */
#include "lint/naming.h"

#include <ctype.h>
#include <string.h>

#include "schema/printed.h"
#include "sql/portable.h"
#include "sql/reserved.h"

static void add_development(const struct subject *subject,
                            const struct subject_statement *statement, const char *where,
                            struct findings *findings)
{
    struct slice schema = subject->options->development_schema;
    findings_add(findings, RULE_DEVELOPMENT_NAME, "`%.*s` stands in %s of the way %s.",
                 FINDINGS_TEXT(schema), where, statement->down ? "back" : "up");
}

/* What portable.h would take out of it is what somebody has put in. */
static void find_qualified(const struct subject *subject, const struct subject_statement *statement,
                           struct findings *findings)
{
    const struct portable_options bare = {.keep_definer = true};
    struct portable_options stripped = bare;
    stripped.schema = subject->options->development_schema;
    stripped.schema_nocase = subject->options->names_nocase;
    struct buffer before = BUFFER_INIT, after = BUFFER_INIT;
    portable_write(statement->text, &statement->dialect, &bare, &before);
    portable_write(statement->text, &statement->dialect, &stripped, &after);
    if (!slice_equal(buffer_slice(&before), buffer_slice(&after)))
        add_development(subject, statement, "a name", findings);
    buffer_release(&before);
    buffer_release(&after);
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* `name`. or name. with another name behind it. */
static bool is_qualifier(struct slice text, size_t at, size_t len)
{
    bool quoted = at > 0 && text.ptr[at - 1] == '`';
    size_t end = at + len;
    if (at > 0 && !quoted && (is_name_byte(text.ptr[at - 1]) || text.ptr[at - 1] == '.'))
        return false;
    if (quoted && (end >= text.len || text.ptr[end++] != '`'))
        return false;
    return end + 1 < text.len && text.ptr[end] == '.' &&
           (is_name_byte(text.ptr[end + 1]) || text.ptr[end + 1] == '`');
}

static bool qualifies_in(struct slice text, struct slice name)
{
    for (size_t at = 0; at + name.len <= text.len; at++) {
        if (memcmp(text.ptr + at, name.ptr, name.len) == 0 && is_qualifier(text, at, name.len))
            return true;
    }
    return false;
}

static void find_in_strings(const struct subject *subject,
                            const struct subject_statement *statement, struct findings *findings)
{
    struct slice name = subject->options->development_schema;
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, statement->text, &statement->dialect);
    while (lexer_next(&lexer, &token)) {
        if (token.kind == TOKEN_STRING && qualifies_in(token.text, name))
            add_development(subject, statement, "a string", findings);
    }
}

static void find_other_schemas(const struct subject *subject,
                               const struct subject_statement *statement, struct findings *findings)
{
    for (size_t i = 0; i < statement->read.object_count; i++) {
        const struct statement_object *object = &statement->read.objects[i];
        if (object->schema != NULL &&
            !slice_equal_nocase(slice_from(object->schema), subject->options->development_schema))
            findings_add(findings, RULE_OTHER_SCHEMA, "`%s`.`%s` is named.", object->schema,
                         object->name == NULL ? "" : object->name);
    }
}

/* DEFINER before the kind of object; a body may have the word for its own. */
static void find_definer(const struct subject_statement *statement, struct findings *findings)
{
    static const char *const kinds[] = {"VIEW",  "TRIGGER", "PROCEDURE", "FUNCTION",
                                        "EVENT", "PACKAGE", NULL};
    struct reader reader;
    reader_init(&reader, statement->text, &statement->dialect);
    if (!reader_accept(&reader, "CREATE") && !reader_accept(&reader, "ALTER"))
        return;
    while (!reader_at_end(&reader) && !reader_accept_any(&reader, kinds)) {
        if (reader_accept(&reader, "DEFINER") && reader_accept_symbol(&reader, '=')) {
            const char *start = reader.token.text.ptr;
            reader_skip_account(&reader);
            struct slice account = printed_trim(slice_make(
                start,
                reader.token.kind == TOKEN_END ? 0 : (size_t)(reader.token.text.ptr - start)));
            findings_add(findings, RULE_DEFINER, "DEFINER = %.*s.", FINDINGS_TEXT(account));
            return;
        }
        reader_next(&reader);
    }
}

/* --- reserved words ----------------------------------------------------------------------------- */

static void find_reserved_name(struct slice name, const char *noun, struct findings *findings)
{
    struct buffer bare = BUFFER_INIT;
    if (name.len > 0 && *name.ptr == '`')
        printed_unquote(name, &bare);
    else
        buffer_append_slice(&bare, name);
    if (reserved_word(buffer_slice(&bare)))
        findings_add(findings, RULE_RESERVED_NAME, "%s `%s` has a reserved word as its name.", noun,
                     buffer_text(&bare));
    buffer_release(&bare);
}

static void find_reserved(const struct subject_table *table, struct findings *findings)
{
    if (table->after == NULL)
        return;
    if (table->before == NULL)
        find_reserved_name(table->name, "Table", findings);
    for (size_t i = 0; i < table->after->column_count; i++) {
        const struct table_column *column = &table->after->columns[i];
        if (table->before == NULL || table_column(table->before, column->name) == NULL)
            find_reserved_name(column->name, "Column", findings);
    }
}

void naming_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->statement_count; i++) {
        const struct subject_statement *statement = &subject->statements[i];
        if (subject->options->development_schema.len > 0) {
            find_qualified(subject, statement, findings);
            find_in_strings(subject, statement, findings);
        }
        find_other_schemas(subject, statement, findings);
        if (!subject->options->keep_definer)
            find_definer(statement, findings);
    }
    for (size_t i = 0; i < subject->table_count; i++)
        find_reserved(&subject->tables[i], findings);
}
