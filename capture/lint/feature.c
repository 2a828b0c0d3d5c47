/* feature: see feature.h. Recognised by words that follow each other, or by a function. */
#include "lint/feature.h"

#include <ctype.h>
#include <string.h>

#include "schema/clause.h"

#define WORDS_MAX 5
#define NEVER 0

typedef bool recogniser(const struct subject_statement *statement);

static bool has_expression_default(const struct subject_statement *statement);
static bool has_bare_default(const struct subject_statement *statement);
static bool has_text_default(const struct subject_statement *statement);
static bool has_functional_index(const struct subject_statement *statement);
static bool has_descending_index(const struct subject_statement *statement);
static bool has_invisible_index(const struct subject_statement *statement);
static bool has_invisible_column(const struct subject_statement *statement);
static bool has_returning(const struct subject_statement *statement);
static bool has_if_exists(const struct subject_statement *statement);
static bool has_stored_if_not_exists(const struct subject_statement *statement);
static bool has_or_replace(const struct subject_statement *statement);
static bool has_uuid(const struct subject_statement *statement);
static bool has_inet6(const struct subject_statement *statement);
static bool has_inet4(const struct subject_statement *statement);
static bool has_vector(const struct subject_statement *statement);
static bool has_uca1400(const struct subject_statement *statement);
static bool has_0900(const struct subject_statement *statement);
static bool has_arrow(const struct subject_statement *statement);
static bool has_common_table(const struct subject_statement *statement);

/* Versions as struct dialect has them. "(" stands for the symbol. */
static const struct {
    const char *name;
    uint32_t mysql, mariadb; /* NEVER: none has it */
    recogniser *recognise;
    bool first; /* the words begin the statement */
    const char *words[WORDS_MAX];
} rows[] = {
    {"INSERT, REPLACE or DELETE ... RETURNING", NEVER, 100500, has_returning, false, {NULL}},
    {"sequences", NEVER, 100300, NULL, true, {"CREATE", "SEQUENCE", NULL}},
    {"the type uuid", NEVER, 100700, has_uuid, false, {NULL}},
    {"the type inet6", NEVER, 100500, has_inet6, false, {NULL}},
    {"the type inet4", NEVER, 101000, has_inet4, false, {NULL}},
    {"the type vector", 90000, 110701, has_vector, false, {NULL}},
    {"an expression as a default", 80013, 100201, has_expression_default, false, {NULL}},
    {"an expression as a default without parentheses",
     NEVER,
     100201,
     has_bare_default,
     false,
     {NULL}},
    {"a literal as the default of a text, blob or json column",
     NEVER,
     100201,
     has_text_default,
     false,
     {NULL}},
    {"an index on an expression", 80013, NEVER, has_functional_index, false, {NULL}},
    {"an invisible column", 80023, 100303, has_invisible_column, false, {NULL}},
    {"an invisible index", 80000, NEVER, has_invisible_index, false, {NULL}},
    {"an ignored index", NEVER, 100600, NULL, false, {"IGNORED", NULL}},
    {"CHECK that is enforced", 80016, 100201, NULL, false, {"CHECK", "(", NULL}},
    {"NOT ENFORCED", 80016, NEVER, NULL, false, {"NOT", "ENFORCED", NULL}},
    {"descending indexes", 80000, 100801, has_descending_index, false, {NULL}},
    {"uca1400 collations", NEVER, 101001, has_uca1400, false, {NULL}},
    {"utf8mb4_0900 collations", 80000, 110405, has_0900, false, {NULL}},
    {"system versioning", NEVER, 100304, NULL, false, {"WITH", "SYSTEM", "VERSIONING", NULL}},
    {"system versioning", NEVER, 100304, NULL, false, {"ADD", "SYSTEM", "VERSIONING", NULL}},
    {"periods", NEVER, 100304, NULL, false, {"PERIOD", "FOR", NULL}},
    {"packages", NEVER, 100305, NULL, true, {"CREATE", "PACKAGE", NULL}},
    {"CREATE OR REPLACE of what is no view", NEVER, 100108, has_or_replace, false, {NULL}},
    {"CREATE PROCEDURE, FUNCTION or TRIGGER IF NOT EXISTS",
     80029,
     100103,
     has_stored_if_not_exists,
     false,
     {NULL}},
    {"IF [NOT] EXISTS within ALTER TABLE, and of indexes",
     NEVER,
     100002,
     has_if_exists,
     false,
     {NULL}},
    {"RENAME COLUMN", 80000, 100502, NULL, false, {"RENAME", "COLUMN", NULL}},
    {"RENAME INDEX", 50700, 100502, NULL, false, {"RENAME", "INDEX", NULL}},
    {"RENAME KEY", 50700, 100502, NULL, false, {"RENAME", "KEY", NULL}},
    {"DROP CONSTRAINT", 80019, 100222, NULL, false, {"DROP", "CONSTRAINT", NULL}},
    {"DROP CHECK", 80016, NEVER, NULL, false, {"DROP", "CHECK", NULL}},
    {"ALGORITHM=INSTANT", 80012, 100303, NULL, false, {"ALGORITHM", "=", "INSTANT", NULL}},
    {"ALGORITHM=NOCOPY", NEVER, 100303, NULL, false, {"ALGORITHM", "=", "NOCOPY", NULL}},
    {"WAIT or NOWAIT of DDL", NEVER, 100301, NULL, false, {"TABLE", "NOWAIT", NULL}},
    {"PERSISTENT columns", NEVER, 100000, NULL, false, {")", "PERSISTENT", NULL}},
    {"SRID of a column", 80003, NEVER, NULL, false, {"SRID", NULL}},
    {"multi-valued indexes", 80017, NEVER, NULL, false, {"ARRAY", ")", NULL}},
    {"window functions", 80000, 100200, NULL, false, {")", "OVER", "(", NULL}},
    {"WITH ... AS (SELECT ...)", 80000, 100201, has_common_table, false, {NULL}},
    {"JSON_TABLE", 80004, 100600, NULL, false, {"JSON_TABLE", "(", NULL}},
    {"INTERSECT", 80031, 100300, NULL, false, {"INTERSECT", NULL}},
    {"the operators -> and ->>", 50709, NEVER, has_arrow, false, {NULL}},
    {"EXECUTE IMMEDIATE", NEVER, 100203, NULL, false, {"EXECUTE", "IMMEDIATE", NULL}},
    {"compound statements outside of routines",
     NEVER,
     100101,
     NULL,
     true,
     {"BEGIN", "NOT", "ATOMIC", NULL}},
    {"SET STATEMENT ... FOR", NEVER, 100102, NULL, true, {"SET", "STATEMENT", NULL}},
    {"the engine Aria", NEVER, 50100, NULL, false, {"ENGINE", "=", "Aria", NULL}},
    {"the engine S3", NEVER, 100500, NULL, false, {"ENGINE", "=", "S3", NULL}},
    {"the engine CONNECT", NEVER, 100000, NULL, false, {"ENGINE", "=", "CONNECT", NULL}},
    {"the engine ColumnStore", NEVER, 100504, NULL, false, {"ENGINE", "=", "ColumnStore", NULL}},
};

/* --- by words ----------------------------------------------------------------------------------- */

static bool words_stand(struct reader reader, const char *const *words)
{
    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++) {
        bool symbol = words[i][1] == '\0' && !isalnum((unsigned char)words[i][0]);
        if (symbol ? !reader_accept_symbol(&reader, words[i][0])
                   : !reader_accept(&reader, words[i]))
            return false;
    }
    return true;
}

static bool says(const struct subject_statement *statement, const char *const *words, bool first)
{
    struct reader reader;
    reader_init(&reader, statement->text, &statement->dialect);
    do {
        if (words_stand(reader, words))
            return true;
        reader_next(&reader);
    } while (!first && reader.token.kind != TOKEN_END);
    return false;
}

static bool begins(const struct subject_statement *statement, const char *word)
{
    struct reader reader;
    reader_init(&reader, statement->text, &statement->dialect);
    return reader_is(&reader, word);
}

static bool names_object(const struct subject_statement *statement, enum object_type type)
{
    const struct statement *read = &statement->read;
    return read->kind == STATEMENT_DDL && read->object_count > 0 && read->objects[0].type == type;
}

/* --- by clauses --------------------------------------------------------------------------------- */

typedef bool clause_test(const struct clause *clause, const struct dialect *dialect);

static bool any_clause(const struct subject_statement *statement, clause_test *test)
{
    struct clause_list list;
    bool found = false;
    if (clause_read(statement->text, &statement->dialect, &list)) {
        for (size_t i = 0; i < list.count && !found; i++)
            found = test(&list.list[i], &statement->dialect);
    }
    clause_release(&list);
    return found;
}

/* The reader stands behind the word of a column's definition; false: it does not say it. */
static bool find_word(struct reader *reader, const struct clause *clause,
                      const struct dialect *dialect, const char *word)
{
    if (clause->kind != CLAUSE_COLUMN)
        return false;
    reader_init(reader, clause->text, dialect);
    while (reader->token.kind != TOKEN_END) {
        if (reader_accept(reader, word))
            return true;
        if (reader_is_symbol(reader, '('))
            reader_skip_parentheses(reader);
        else
            reader_next(reader);
    }
    return false;
}

static bool is_expression_default(const struct clause *clause, const struct dialect *dialect)
{
    struct reader reader;
    return find_word(&reader, clause, dialect, "DEFAULT") && reader_is_symbol(&reader, '(');
}

static bool has_expression_default(const struct subject_statement *statement)
{
    return any_clause(statement, is_expression_default);
}

/* DEFAULT uuid(), DEFAULT 1 + 1; not DEFAULT NULL, 1, 'a', CURRENT_TIMESTAMP. */
static bool is_bare_default(const struct clause *clause, const struct dialect *dialect)
{
    static const char *const plain[] = {"NULL", "TRUE",      "FALSE",          "CURRENT_TIMESTAMP",
                                        "NOW",  "LOCALTIME", "LOCALTIMESTAMP", NULL};
    struct reader reader;
    if (!find_word(&reader, clause, dialect, "DEFAULT") || reader_accept_any(&reader, plain))
        return false;
    struct token next = reader_peek(&reader);
    return reader.token.kind == TOKEN_WORD && token_is_symbol(&next, '(');
}

static bool has_bare_default(const struct subject_statement *statement)
{
    return any_clause(statement, is_bare_default);
}

static bool is_text_default(const struct clause *clause, const struct dialect *dialect)
{
    static const char *const types[] = {"TEXT",     "TINYTEXT",   "MEDIUMTEXT", "LONGTEXT", "BLOB",
                                        "TINYBLOB", "MEDIUMBLOB", "LONGBLOB",   "JSON",     NULL};
    struct reader reader;
    if (!find_word(&reader, clause, dialect, "DEFAULT") ||
        (reader.token.kind != TOKEN_STRING && reader.token.kind != TOKEN_NUMBER))
        return false;
    reader_init(&reader, clause->text, dialect);
    return reader_accept_any(&reader, types);
}

static bool has_text_default(const struct subject_statement *statement)
{
    return any_clause(statement, is_text_default);
}

static bool is_invisible(const struct clause *clause, const struct dialect *dialect)
{
    struct reader reader;
    return find_word(&reader, clause, dialect, "INVISIBLE");
}

static bool has_invisible_column(const struct subject_statement *statement)
{
    return any_clause(statement, is_invisible);
}

static bool begins_with(const struct clause *clause, const struct dialect *dialect,
                        const char *word)
{
    struct reader reader;
    reader_init(&reader, clause->text, dialect);
    return clause->kind == CLAUSE_COLUMN && reader_is(&reader, word);
}

#define TYPE_TEST(name, word)                                                                      \
    static bool is_##name(const struct clause *clause, const struct dialect *dialect)              \
    {                                                                                              \
        return begins_with(clause, dialect, word);                                                 \
    }                                                                                              \
    static bool has_##name(const struct subject_statement *statement)                              \
    {                                                                                              \
        return any_clause(statement, is_##name);                                                   \
    }
TYPE_TEST(uuid, "UUID")
TYPE_TEST(inet6, "INET6")
TYPE_TEST(inet4, "INET4")
TYPE_TEST(vector, "VECTOR")

/* --- indexes ------------------------------------------------------------------------------------ */

/* The first group of a key: of a clause, or behind ON of CREATE INDEX. */
typedef bool key_test(struct reader reader);

static bool any_key(const struct subject_statement *statement, key_test *test)
{
    static const char *const kinds[] = {"KEY", "INDEX", "UNIQUE", NULL};
    struct reader reader;
    reader_init(&reader, statement->text, &statement->dialect);
    while (reader.token.kind != TOKEN_END) {
        if (!reader_accept_any(&reader, kinds)) {
            reader_next(&reader);
            continue;
        }
        struct reader ahead = reader;
        for (unsigned i = 0; i < 8 && !reader_at_end(&ahead) && !reader_is_symbol(&ahead, '(') &&
                             !reader_is_symbol(&ahead, ',');
             i++)
            reader_next(&ahead);
        if (reader_is_symbol(&ahead, '(') && test(ahead))
            return true;
    }
    return false;
}

/* ((a + b)) or (a, (b + c)). */
static bool is_functional(struct reader reader)
{
    do {
        reader_next(&reader);
        if (reader_is_symbol(&reader, '('))
            return true;
        while (!reader_at_end(&reader) && !reader_is_symbol(&reader, ',') &&
               !reader_is_symbol(&reader, ')')) {
            if (reader_is_symbol(&reader, '('))
                reader_skip_parentheses(&reader);
            else
                reader_next(&reader);
        }
    } while (reader_is_symbol(&reader, ','));
    return false;
}

static bool is_descending(struct reader reader)
{
    unsigned depth = 0;
    do {
        depth += reader_is_symbol(&reader, '(');
        depth -= reader_is_symbol(&reader, ')');
        if (depth == 1 && reader_is(&reader, "DESC"))
            return true;
        reader_next(&reader);
    } while (depth > 0 && !reader_at_end(&reader));
    return false;
}

static bool is_hidden(struct reader reader)
{
    reader_skip_parentheses(&reader);
    while (!reader_at_end(&reader) && !reader_is_symbol(&reader, ',') &&
           !reader_is_symbol(&reader, ')')) {
        if (reader_is(&reader, "INVISIBLE"))
            return true;
        reader_next(&reader);
    }
    return false;
}

static bool has_functional_index(const struct subject_statement *statement)
{
    return statement->read.kind == STATEMENT_DDL && any_key(statement, is_functional);
}

static bool has_descending_index(const struct subject_statement *statement)
{
    return statement->read.kind == STATEMENT_DDL && any_key(statement, is_descending);
}

static bool has_invisible_index(const struct subject_statement *statement)
{
    return statement->read.kind == STATEMENT_DDL && any_key(statement, is_hidden);
}

/* --- statements --------------------------------------------------------------------------------- */

static bool has_returning(const struct subject_statement *statement)
{
    static const char *const words[] = {"RETURNING", NULL};
    return (begins(statement, "INSERT") || begins(statement, "REPLACE") ||
            begins(statement, "DELETE")) &&
           says(statement, words, false);
}

static bool has_if_exists(const struct subject_statement *statement)
{
    static const char *const words[] = {"IF", "EXISTS", NULL}, *const others[] = {"IF", "NOT",
                                                                                  "EXISTS", NULL};
    const struct statement *read = &statement->read;
    bool index =
        read->kind == STATEMENT_DDL && read->noun != NULL && strcmp(read->noun, "INDEX") == 0;
    return (index || statement->alteration.count > 0) &&
           (says(statement, words, false) || says(statement, others, false));
}

static bool is_stored(const struct subject_statement *statement)
{
    return names_object(statement, OBJECT_PROCEDURE) || names_object(statement, OBJECT_FUNCTION) ||
           names_object(statement, OBJECT_TRIGGER);
}

static bool has_stored_if_not_exists(const struct subject_statement *statement)
{
    return statement->read.verb == DDL_CREATE && statement->read.if_not_exists &&
           is_stored(statement);
}

static bool has_or_replace(const struct subject_statement *statement)
{
    return statement->read.kind == STATEMENT_DDL && statement->read.verb == DDL_CREATE &&
           statement->read.or_replace && !names_object(statement, OBJECT_VIEW);
}

static bool has_arrow(const struct subject_statement *statement)
{
    struct reader reader;
    reader_init(&reader, statement->text, &statement->dialect);
    for (; reader.token.kind != TOKEN_END; reader_next(&reader)) {
        struct token next = reader_peek(&reader);
        if (reader_is_symbol(&reader, '-') && token_is_symbol(&next, '>') &&
            next.text.ptr == reader.token.text.ptr + 1)
            return true;
    }
    return false;
}

/* WITH [RECURSIVE] name ... AS ( in a query; WITH CHECK OPTION and WITH PARSER have no such name. */
static bool has_common_table(const struct subject_statement *statement)
{
    struct reader reader;
    reader_init(&reader, statement->text, &statement->dialect);
    while (reader.token.kind != TOKEN_END) {
        if (!reader_accept(&reader, "WITH")) {
            reader_next(&reader);
            continue;
        }
        struct reader ahead = reader;
        (void)reader_accept(&ahead, "RECURSIVE");
        reader_next(&ahead);
        if (reader_is_symbol(&ahead, '('))
            reader_skip_parentheses(&ahead);
        if (reader_accept(&ahead, "AS") && reader_is_symbol(&ahead, '('))
            return true;
    }
    return false;
}

/* Part of a collation's name, wherever a word or string holds it. */
static bool has_part(const struct subject_statement *statement, const char *part)
{
    struct reader reader;
    reader_init(&reader, statement->text, &statement->dialect);
    for (; reader.token.kind != TOKEN_END; reader_next(&reader)) {
        if (reader.token.kind == TOKEN_WORD &&
            memmem(reader.token.text.ptr, reader.token.text.len, part, strlen(part)) != NULL)
            return true;
    }
    return false;
}

static bool has_uca1400(const struct subject_statement *statement)
{
    return has_part(statement, "uca1400_");
}

static bool has_0900(const struct subject_statement *statement)
{
    return has_part(statement, "utf8mb4_0900_");
}

/* --- all ---------------------------------------------------------------------------------------- */

static void write_version(uint32_t version, struct buffer *out)
{
    if (version == NEVER)
        buffer_append_text(out, "never");
    else if (version % 100 == 0)
        buffer_printf(out, "%u.%u", version / 10000, version / 100 % 100);
    else
        buffer_printf(out, "%u.%u.%u", version / 10000, version / 100 % 100, version % 100);
}

static void add(const struct subject *subject, size_t row, struct findings *findings)
{
    const struct target *target = subject->options->target;
    uint32_t since = target->mariadb ? rows[row].mariadb : rows[row].mysql;
    const char *family = target->mariadb ? "MariaDB" : "MySQL";
    struct buffer version = BUFFER_INIT;
    write_version(since, &version);
    if (since == NEVER)
        findings_add(findings, RULE_TARGET_LACKS, "%s lacks %s.", target->text, rows[row].name);
    else
        findings_add(findings, RULE_TARGET_LACKS, "%s lacks %s, which %s has since %s.",
                     target->text, rows[row].name, family, buffer_text(&version));
    buffer_release(&version);
}

void feature_find(const struct subject *subject, struct findings *findings)
{
    const struct target *target = subject->options->target;
    if (target == NULL || !target->known)
        return;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        uint32_t since = target->mariadb ? rows[row].mariadb : rows[row].mysql;
        if (since != NEVER && since <= target->version)
            continue;
        for (size_t i = 0; i < subject->statement_count; i++) {
            const struct subject_statement *statement = &subject->statements[i];
            if (rows[row].recognise != NULL ? rows[row].recognise(statement)
                                            : says(statement, rows[row].words, rows[row].first))
                add(subject, row, findings);
        }
    }
}

void feature_write_markdown(struct buffer *out)
{
    buffer_append_text(out, "| feature | MySQL | MariaDB |\n|---|---|---|\n");
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        if (row > 0 && strcmp(rows[row].name, rows[row - 1].name) == 0)
            continue;
        buffer_printf(out, "| %s | ", rows[row].name);
        write_version(rows[row].mysql, out);
        buffer_append_text(out, " | ");
        write_version(rows[row].mariadb, out);
        buffer_append_text(out, " |\n");
    }
}
