/* The questions' texts, and what is made of their answers. */
#include "intercept_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "intercept/question.h"

static bool holds(struct slice text, const char *what)
{
    char *copy = strndup(text.ptr, text.len);
    bool found = strstr(copy, what) != NULL;
    free(copy);
    return found;
}

static void test_facts_texts_mean_the_same_under_every_sql_mode(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct slice text = question_facts_text(kind > 0, kind > 1);
        assert_false(holds(text, "\""));
        assert_false(holds(text, "\\"));
        assert_false(holds(text, "||"));      /* PIPES_AS_CONCAT */
        assert_true(holds(text, " LIMIT 1")); /* sql_select_limit = 0 */
        assert_false(holds(text, "information_schema"));
    }
    /* VALUES leaves FOUND_ROWS() alone; MySQL's SELECT asks for it, to put it back. */
    assert_true(slice_starts_with(question_facts_text(true, false), SLICE("VALUES (")));
    assert_true(holds(question_facts_text(false, true), "FOUND_ROWS()"));
    assert_true(holds(question_facts_text(false, true), "@@gtid_next"));
}

static void test_a_block_is_for_mariadb(void **state)
{
    (void)state;
    assert_true(slice_starts_with(question_facts_text(true, true), SLICE("BEGIN NOT ATOMIC ")));
    assert_false(holds(question_facts_text(true, false), "BEGIN"));
    assert_false(holds(question_facts_text(false, true), "BEGIN"));
}

/* No blank before a bracket: without IGNORE_SPACE "COUNT (" is no function call. */
static void test_facts_texts_do_not_depend_on_ignore_space(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct slice text = question_facts_text(kind > 0, kind > 1);
        assert_false(holds(text, "CAST ("));
        assert_false(holds(text, "DATABASE ("));
        assert_false(holds(text, "FOUND_ROWS ("));
    }
}

#define MARIADB_FACTS                                                                              \
    SLICE("shop"), SLICE("ANSI_QUOTES,STRICT_ALL_TABLES"), SLICE("latin1"),                        \
        SLICE("latin1_swedish_ci"), SLICE("+02:00"), SLICE("0"), SLICE("STRICT_TRANS_TABLES"),     \
        SLICE("SYSTEM")

static void test_a_row_of_facts_is_read(void **state)
{
    (void)state;
    struct slice values[] = {MARIADB_FACTS};
    const struct answer answer = {.columns = 8, .values = values};
    struct question_facts facts;
    assert_true(question_facts_read(true, &answer, &facts));
    assert_string_equal(facts.facts.default_schema, "shop");
    assert_string_equal(facts.facts.sql_mode, "ANSI_QUOTES,STRICT_ALL_TABLES");
    assert_string_equal(facts.facts.character_set_client, "latin1");
    assert_string_equal(facts.facts.collation_connection, "latin1_swedish_ci");
    assert_string_equal(facts.facts.time_zone, "+02:00");
    assert_false(facts.facts.foreign_key_checks);
    assert_string_equal(facts.facts.global_sql_mode, "STRICT_TRANS_TABLES");
    assert_string_equal(facts.facts.global_time_zone, "SYSTEM");
    assert_false(facts.gtid_chosen);
    sql_facts_release(&facts.facts);
}

static void test_no_default_schema_is_null(void **state)
{
    (void)state;
    struct slice values[] = {MARIADB_FACTS};
    values[0] = SLICE_NONE;
    const struct answer answer = {.columns = 8, .values = values};
    struct question_facts facts;
    assert_true(question_facts_read(true, &answer, &facts));
    assert_null(facts.facts.default_schema);
    sql_facts_release(&facts.facts);
}

static void test_mysql_tells_gtid_next_and_found_rows(void **state)
{
    (void)state;
    struct slice values[] = {MARIADB_FACTS, SLICE("AUTOMATIC"), SLICE("42")};
    const struct answer answer = {.columns = 10, .values = values};
    struct question_facts facts;
    assert_true(question_facts_read(false, &answer, &facts));
    assert_false(facts.gtid_chosen);
    assert_int_equal(facts.found_rows, 42);
    sql_facts_release(&facts.facts);
    values[8] = SLICE("3e11fa47-71ca-11e1-9e33-c80aa9429562:23");
    assert_true(question_facts_read(false, &answer, &facts));
    assert_true(facts.gtid_chosen);
    sql_facts_release(&facts.facts);
}

static void test_answers_of_another_shape_are_no_facts(void **state)
{
    (void)state;
    struct slice values[] = {MARIADB_FACTS, SLICE("AUTOMATIC"), SLICE("1")};
    struct question_facts facts;
    for (unsigned columns = 0; columns <= 10; columns++) {
        const struct answer answer = {.columns = columns, .values = values};
        bool read = question_facts_read(true, &answer, &facts);
        assert_int_equal(read, columns == 8);
        sql_facts_release(&facts.facts);
        read = question_facts_read(false, &answer, &facts);
        assert_int_equal(read, columns == 10);
        sql_facts_release(&facts.facts);
    }
    const struct answer error = {.error_code = 1820};
    assert_false(question_facts_read(true, &error, &facts));
    assert_null(facts.facts.default_schema);
}

static void check_found_rows(uint32_t version, uint64_t rows, const char *expected)
{
    struct buffer text = BUFFER_INIT;
    bool needed = question_found_rows_text(version, rows, &text);
    assert_int_equal(needed, expected != NULL);
    if (expected != NULL)
        assert_true(holds(buffer_slice(&text), expected));
    buffer_release(&text);
}

static void test_found_rows_is_put_back_where_that_is_possible(void **state)
{
    (void)state;
    check_found_rows(90704, 0, "WHERE 1=0");
    check_found_rows(90704, 1, NULL); /* the question itself leaves 1 */
    check_found_rows(90704, 2, "REPEAT(',1',1)");
    check_found_rows(80000, 286, "REPEAT(',1',285)");
    check_found_rows(90704, 10000, "REPEAT(',1',9999)");
    check_found_rows(90704, 10001, NULL);
    check_found_rows(90704, UINT64_MAX, NULL);
    check_found_rows(50744, 5, NULL); /* no JSON_TABLE */
}

static void test_names_are_quoted_byte_for_byte(void **state)
{
    (void)state;
    struct buffer text = BUFFER_INIT;
    question_table_text(NULL, "a`b\xfc", false, &text);
    assert_string_equal(buffer_text(&text), "SHOW CREATE TABLE `a``b\xfc`");
    buffer_clear(&text);
    question_table_text("s`", "t", false, &text);
    assert_string_equal(buffer_text(&text), "SHOW CREATE TABLE `s```.`t`");
    buffer_clear(&text);
    question_table_text(NULL, "t", true, &text);
    assert_string_equal(buffer_text(&text),
                        "SET STATEMENT lock_wait_timeout=0 FOR SHOW CREATE TABLE `t`");
    buffer_release(&text);
}

static void test_only_a_temporary_table_is_one(void **state)
{
    (void)state;
    struct slice values[] = {SLICE("t"), SLICE("CREATE TEMPORARY TABLE `t` (")};
    struct answer answer = {.columns = 2, .values = values};
    assert_true(question_table_is_temporary(&answer));
    answer.columns = 1;
    assert_false(question_table_is_temporary(&answer));
    answer = (struct answer){.error_code = 1146};
    assert_false(question_table_is_temporary(&answer));
    values[1] = SLICE("CREATE TABLE `t` (");
    answer = (struct answer){.columns = 2, .values = values};
    assert_false(question_table_is_temporary(&answer));
    values[1] = SLICE_NONE;
    assert_false(question_table_is_temporary(&answer));
    /* Whatever character_set_results is. */
    values[1] = SLICE("\0C\0R\0E\0A\0T\0E\0 \0T\0E\0M\0P\0O\0R\0A\0R\0Y\0 \0T");
    assert_true(question_table_is_temporary(&answer));
    values[1] = SLICE("\0C\0R\0E\0A\0T\0E\0 \0T\0A\0B\0L\0E\0");
    assert_false(question_table_is_temporary(&answer));
}

static void test_only_an_absent_table_is_known_to_be_none(void **state)
{
    (void)state;
    assert_false(question_table_is_unknown(&(struct answer){.error_code = 1146}));
    assert_false(question_table_is_unknown(&(struct answer){.error_code = 1049}));
    assert_false(question_table_is_unknown(&(struct answer){.error_code = 0}));
    const uint16_t refusals[] = {1142, 1100, 1969, 1205, 1226, 1399};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        assert_true(question_table_is_unknown(&(struct answer){.error_code = refusals[i]}));
}

int run_question_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_texts_mean_the_same_under_every_sql_mode),
        cmocka_unit_test(test_facts_texts_do_not_depend_on_ignore_space),
        cmocka_unit_test(test_a_block_is_for_mariadb),
        cmocka_unit_test(test_a_row_of_facts_is_read),
        cmocka_unit_test(test_no_default_schema_is_null),
        cmocka_unit_test(test_mysql_tells_gtid_next_and_found_rows),
        cmocka_unit_test(test_answers_of_another_shape_are_no_facts),
        cmocka_unit_test(test_found_rows_is_put_back_where_that_is_possible),
        cmocka_unit_test(test_names_are_quoted_byte_for_byte),
        cmocka_unit_test(test_only_a_temporary_table_is_one),
        cmocka_unit_test(test_only_an_absent_table_is_known_to_be_none),
    };
    return cmocka_run_group_tests_name("question", tests, NULL, NULL);
}
