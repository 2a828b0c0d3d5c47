/* Tests over many texts: those of $DDLTAP_CORPORA/statements-*, or our own where it is not set. */
#include "sql_tests.h"

#include <glob.h>

#include "sql/glance.h"
#include "sql/lexer.h"
#include "sql/portable.h"
#include "sql/redact.h"
#include "sql/splitter.h"

static unsigned statement_count, ddl_count, without_object;

static void run_piece(struct slice piece, const struct dialect *dialect)
{
    struct statement statement;
    struct portable_options options = {.schema = SLICE("test"), .schema_nocase = true};
    struct buffer portable = BUFFER_INIT, redacted = BUFFER_INIT;
    statement_read(piece, dialect, &statement);
    portable_write(piece, dialect, &options, &portable);
    (void)redact_write(piece, dialect, &redacted);
    statement_count++;
    if (statement.kind == STATEMENT_DDL) {
        struct statement again;
        ddl_count++;
        without_object += statement.object_count == 0;
        if (glance_text(piece, true, false) != GLANCE_HOLD)
            fail_msg("a DDL is let go: %.*s", (int)piece.len, piece.ptr);
        assert_true(
            glance_holds_ddl(piece, dialect->mariadb, dialect->mariadb ? "10.11.6" : "8.4.0"));
        /* the portable form is the same DDL */
        statement_read(buffer_slice(&portable), dialect, &again);
        assert_int_equal(again.kind, STATEMENT_DDL);
        assert_int_equal(again.object_count, statement.object_count);
        statement_release(&again);
    }
    statement_release(&statement);
    buffer_release(&portable);
    buffer_release(&redacted);
}

/* A statement that begins with END is the rest of a body that was cut. */
static void check_is_no_rest(struct slice piece, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, piece, dialect);
    (void)lexer_next(&lexer, &token);
    if (token_is(&token, "END"))
        fail_msg("the rest of a body: %.*s", (int)piece.len, piece.ptr);
}

static void run_text(struct slice text, const char *dialect_words, bool whole_bodies)
{
    struct dialect dialect = test_dialect(dialect_words);
    struct splitter splitter;
    struct slice piece;
    const char *end = text.ptr;
    splitter_init(&splitter, text, &dialect);
    while (splitter_next(&splitter, &piece)) {
        assert_true(piece.ptr >= end && piece.ptr + piece.len <= text.ptr + text.len);
        end = piece.ptr + piece.len;
        if (whole_bodies)
            check_is_no_rest(piece, &dialect);
        run_piece(piece, &dialect);
    }
}

/* Each section between the marks "#begin" and "#end", whose last statement may lack its ';'. */
static void run_sections(struct slice text, const char *dialect_words)
{
    static const char *const marks[] = {"#begin", "#end"};
    while (text.len > 0) {
        size_t section = text.len;
        for (size_t i = 0; i < 2; i++) {
            const char *mark = memmem(text.ptr + 1, section - 1, marks[i], strlen(marks[i]));
            if (mark != NULL)
                section = (size_t)(mark - text.ptr);
        }
        run_text(slice_make(text.ptr, section), dialect_words, true);
        text = slice_from_offset(text, section);
    }
}

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char piece[4096];
    struct buffer text = BUFFER_INIT;
    assert_non_null(file);
    for (size_t got; (got = fread(piece, 1, sizeof(piece), file)) > 0;)
        buffer_append(&text, piece, got);
    fclose(file);
    run_sections(buffer_slice(&text), strstr(path, "mariadb") != NULL ? "mariadb" : "mysql");
    run_text(buffer_slice(&text), "mariadb oracle gbk nobackslash", false);
    buffer_release(&text);
}

static void run_own_statement(const char *dialect, const char *expected, const char *text)
{
    /* MySQL knows no IF outside of a routine, and cuts it at its ';'. */
    bool whole_bodies = strncmp(expected, "OTHER", strlen("OTHER")) != 0;
    run_text(slice_from(text), dialect, whole_bodies);
}

static void print_counts(const char *what)
{
    printf("%s: %u statements, %u DDL, %u of them without an object\n", what, statement_count,
           ddl_count, without_object);
}

static void every_own_statement_goes_through(void **state)
{
    (void)state;
    statement_count = ddl_count = without_object = 0;
    test_each_statement(run_own_statement);
    print_counts("own");
    assert_true(statement_count > 200 && ddl_count > 100);
}

/* Only where DDLTAP_CORPORA names them: see run_corpora_tests. */
static void every_statement_of_the_corpora_goes_through(void **state)
{
    char pattern[4096];
    glob_t files;
    (void)state;
    statement_count = ddl_count = without_object = 0;
    snprintf(pattern, sizeof(pattern), "%s/statements-*/*.sql", getenv("DDLTAP_CORPORA"));
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        run_file(files.gl_pathv[i]);
    globfree(&files);
    print_counts("corpora");
    assert_true(statement_count > 4000 && ddl_count > 900);
}

/* SQL of other projects is no part of this one: its test is there only where the texts are. */
int run_corpora_tests(void)
{
    const struct CMUnitTest own[] = {cmocka_unit_test(every_own_statement_goes_through)};
    const struct CMUnitTest theirs[] = {
        cmocka_unit_test(every_statement_of_the_corpora_goes_through)};
    int failed = cmocka_run_group_tests_name("own statements", own, NULL, NULL);
    if (getenv("DDLTAP_CORPORA") != NULL)
        failed += cmocka_run_group_tests_name("corpora", theirs, NULL, NULL);
    return failed;
}
