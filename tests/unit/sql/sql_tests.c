/* sql_tests: all tests of the sql library, and what they share. */
#include "sql_tests.h"

#include "sql/object.h"

struct dialect test_dialect(const char *words)
{
    struct dialect dialect = {.version = 80400};
    if (strstr(words, "mysql57") != NULL)
        dialect.version = 50744;
    if (strstr(words, "mysql97") != NULL)
        dialect.version = 90704;
    if (strstr(words, "mariadb") != NULL)
        dialect_set_version(&dialect, "5.5.5-10.11.6-MariaDB-log", true);
    dialect.ansi_quotes = strstr(words, "ansi") != NULL || strstr(words, "oracle") != NULL;
    dialect.no_backslash_escapes = strstr(words, "nobackslash") != NULL;
    dialect.oracle = strstr(words, "oracle") != NULL;
    static const char *const charsets[] = {"gbk", "sjis", "big5", "gb18030"};
    for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
        if (strstr(words, charsets[i]) != NULL)
            dialect_set_charset(&dialect, slice_from(charsets[i]));
    }
    return dialect;
}

static void describe_objects(const struct statement *statement, struct buffer *out)
{
    static const char *const roles[] = {"", "from ", "to ", "ref "};
    for (size_t i = 0; i < statement->object_count; i++) {
        const struct statement_object *object = &statement->objects[i];
        buffer_printf(out, "%s%s%s ", i == 0 ? ": " : ", ", roles[object->role],
                      object_type_text(object->type));
        if (object->schema != NULL)
            buffer_printf(out, "%s.", object->schema);
        buffer_append_text(out, object->name == NULL ? "(default)" : object->name);
    }
    for (size_t i = 0; i < statement->rename_count; i++) {
        const struct statement_rename *rename = &statement->renames[i];
        buffer_printf(out, "; %s %s>%s", rename->index ? "index" : "column", rename->from,
                      rename->to);
    }
}

void test_describe(const struct statement *statement, struct buffer *out)
{
    static const char *const kinds[] = {"EMPTY",    "OTHER",   "DDL",
                                        "USE",      "SET",     "CALL",
                                        "PREPARE",  "EXECUTE", "EXECUTE IMMEDIATE",
                                        "COMPOUND", "ACCOUNT"};
    buffer_append_text(out, kinds[statement->kind]);
    if (statement->noun != NULL)
        buffer_printf(out, " %s %s", ddl_verb_text(statement->verb), statement->noun);
    describe_objects(statement, out);
    if (statement->name != NULL)
        buffer_printf(out, "; name %s", statement->name);
    if (statement->inner_text != NULL)
        buffer_printf(out, "; inner %s", statement->inner_text);
    if (statement->application != NULL)
        buffer_printf(out, "; application %s", statement->application);
    const struct {
        bool set;
        const char *text;
    } flags[] = {{statement->temporary, "temporary"},
                 {statement->if_exists, "if_exists"},
                 {statement->if_not_exists, "if_not_exists"},
                 {statement->or_replace, "or_replace"},
                 {statement->reads_diagnostics, "reads_diagnostics"},
                 {statement->many_answers, "many_answers"}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].set)
            buffer_printf(out, "; %s", flags[i].text);
    }
}

static void unfold_lines(char *text)
{
    for (char *mark; (mark = strstr(text, "<nl>")) != NULL;) {
        *mark = '\n';
        memmove(mark + 1, mark + 4, strlen(mark + 4) + 1);
    }
}

unsigned test_each_statement(void (*check)(const char *dialect, const char *expected,
                                           const char *text))
{
    FILE *file = fopen(DDLTAP_TEST_DATA "/statements.txt", "r");
    char line[4096];
    unsigned count = 0;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || strncmp(line, "## ", 3) == 0)
            continue;
        char *expected = strstr(line, " | ");
        char *text = expected == NULL ? NULL : strstr(expected + 3, " | ");
        if (text == NULL)
            fail_msg("statements.txt: not three parts: %s", line);
        *expected = *text = '\0';
        unfold_lines(text + 3);
        check(line, expected + 3, text + 3);
        count++;
    }
    fclose(file);
    return count;
}

int main(void)
{
    int failed = 0;
    failed += run_lexer_tests();
    failed += run_splitter_tests();
    failed += run_statement_tests();
    failed += run_follow_tests();
    failed += run_glance_tests();
    failed += run_portable_tests();
    failed += run_redact_tests();
    failed += run_script_tests();
    failed += run_section_tests();
    failed += run_corpora_tests();
    return failed != 0;
}
