/* What a held text will be in the journal. */
#include "intercept_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "intercept/plan.h"

static struct plan_context context_of(const struct fixture *fixture,
                                      struct plan_prepared_list *prepared)
{
    return (struct plan_context){.capture = fixture->capture,
                                 .mariadb = true,
                                 .version = 101119,
                                 .server_version = "10.11.19-MariaDB",
                                 .multi_statements = true,
                                 .prepared = prepared};
}

/* A plan under facts with this default schema and sql_mode. */
static struct plan plan_under(struct fixture *fixture, const char *schema, const char *sql_mode,
                              const char *text)
{
    struct plan_prepared_list prepared = {NULL, 0};
    struct plan_context context = context_of(fixture, &prepared);
    struct sql_facts facts = {.default_schema = memory_copy_text(schema),
                              .sql_mode = memory_copy_text(sql_mode),
                              .character_set_client = memory_copy_text("utf8mb4"),
                              .foreign_key_checks = true};
    struct plan plan;
    plan_make(&context, slice_from(text), &facts, STATUS_AUTOCOMMIT, &plan);
    sql_facts_release(&facts);
    plan_prepared_clear(&prepared);
    return plan;
}

static struct plan plan_of(struct fixture *fixture, const char *text)
{
    return plan_under(fixture, "shop", "", text);
}

/* "shop.a, shop.b": the objects of a statement's change; "-" when it has none. */
static void check_objects(const struct plan *plan, size_t statement, const char *expected)
{
    struct buffer text = BUFFER_INIT;
    assert_true(statement < plan->count);
    const struct journal_change *change = plan->statements[statement].change;
    for (size_t i = 0; change != NULL && i < change->object_count; i++)
        buffer_printf(&text, "%s%s.%s%s", i == 0 ? "" : ", ", change->objects[i].schema,
                      change->objects[i].name,
                      change->objects[i].role == ROLE_REFERENCE ? "?" : "");
    assert_string_equal(change == NULL ? "-" : buffer_text(&text), expected);
    buffer_release(&text);
}

static void test_each_statement_of_a_text_is_numbered_and_of_one_batch(void **state)
{
    struct plan plan =
        plan_of(*state, "CREATE TABLE a (i INT); SELECT 1; ALTER TABLE a ADD b INT;");
    assert_int_equal(plan.count, 3);
    check_objects(&plan, 0, "shop.a");
    check_objects(&plan, 1, "-");
    check_objects(&plan, 2, "shop.a");
    assert_int_equal(plan.statements[0].change->statement_index, 0);
    assert_int_equal(plan.statements[2].change->statement_index, 2);
    assert_true(plan.statements[0].change->batch != 0);
    assert_int_equal(plan.statements[0].change->batch, plan.statements[2].change->batch);
    assert_string_equal(plan.statements[2].change->text, " ALTER TABLE a ADD b INT");
    assert_int_equal(plan_changes(&plan, 0, plan.count, NULL), 2);
    assert_int_equal(plan_changes(&plan, 1, plan.count, NULL), 1);
    assert_int_equal(plan_changes(&plan, 0, 1, NULL), 1);
    plan_release(&plan);
}

static void test_a_single_statement_is_no_batch(void **state)
{
    struct plan plan = plan_of(*state, "DROP TABLE a;");
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.statements[0].change->batch, 0);
    plan_release(&plan);
}

static void test_without_multi_statements_a_semicolon_does_not_cut(void **state)
{
    struct plan_prepared_list prepared = {NULL, 0};
    struct plan_context context = context_of(*state, &prepared);
    struct plan plan;
    context.multi_statements = false;
    plan_make(&context, SLICE("CREATE TABLE a (i INT);"), NULL, 0, &plan);
    assert_int_equal(plan.count, 1);
    plan_release(&plan);
}

static void test_use_between_statements_moves_the_default_schema(void **state)
{
    struct plan plan = plan_under(*state, "other", "",
                                  "CREATE TABLE a (i INT); USE shop; CREATE TABLE b (i INT);"
                                  "USE other; DROP TABLE c; DROP TABLE shop.d");
    assert_int_equal(plan.count, 6);
    check_objects(&plan, 0, "-");
    check_objects(&plan, 2, "shop.b");
    assert_string_equal(plan.statements[2].change->facts.default_schema, "shop");
    check_objects(&plan, 4, "-");
    check_objects(&plan, 5, "shop.d");
    plan_release(&plan);
}

static void test_a_doubt_after_use_is_asked_with_its_schema(void **state)
{
    struct plan plan = plan_under(*state, "other", "", "DROP TABLE shop.a; USE shop; DROP TABLE b");
    assert_int_equal(plan.doubt_count, 2);
    assert_string_equal(plan.doubts[0].schema, "shop");
    assert_string_equal(plan.doubts[1].schema, "shop");
    assert_string_equal(plan.doubts[1].name, "b");
    plan_release(&plan);
    plan = plan_of(*state, "DROP TABLE b");
    assert_null(plan.doubts[0].schema);
    plan_release(&plan);
}

static void test_set_between_statements_changes_how_the_rest_is_read(void **state)
{
    const char *text = "SET sql_mode='ANSI_QUOTES'; CREATE TABLE \"a;b\" (i INT)";
    struct plan plan = plan_of(*state, text);
    assert_int_equal(plan.count, 2);
    check_objects(&plan, 1, "shop.a;b");
    assert_string_equal(plan.statements[1].change->facts.sql_mode, "ANSI_QUOTES");
    plan_release(&plan);
}

static void test_an_untracked_schema_is_no_change(void **state)
{
    struct plan plan = plan_of(*state, "CREATE TABLE mysql.a (i INT)");
    check_objects(&plan, 0, "-");
    plan_release(&plan);
    plan = plan_under(*state, NULL, "", "CREATE TABLE a (i INT)");
    check_objects(&plan, 0, "-");
    plan_release(&plan);
    /* Out of the tracked schema, and into it. */
    plan = plan_of(*state, "RENAME TABLE a TO other.a; RENAME TABLE other.b TO b");
    check_objects(&plan, 0, "shop.a, other.a");
    check_objects(&plan, 1, "other.b, shop.b");
    plan_release(&plan);
}

static void test_renames_are_pairs(void **state)
{
    struct plan plan = plan_of(*state, "RENAME TABLE a TO b, c TO a");
    const struct journal_change *change = plan.statements[0].change;
    check_objects(&plan, 0, "shop.a, shop.b, shop.c, shop.a");
    assert_int_equal(change->objects[0].role, ROLE_RENAME_FROM);
    assert_int_equal(change->objects[1].role, ROLE_RENAME_TO);
    assert_int_equal(plan.doubt_count, 2);
    plan_release(&plan);
    plan = plan_of(*state, "ALTER TABLE a RENAME COLUMN x TO y, RENAME INDEX i TO j");
    change = plan.statements[0].change;
    assert_int_equal(change->rename_count, 2);
    assert_string_equal(change->renames[0].from, "x");
    assert_string_equal(change->renames[0].to, "y");
    assert_true(change->renames[1].index);
    plan_release(&plan);
}

static void test_what_concerns_a_temporary_table_is_dropped(void **state)
{
    struct plan plan = plan_of(*state, "DROP TABLE a, b, c; RENAME TABLE d TO e, f TO g;"
                                       "ALTER TABLE h ADD i INT; TRUNCATE TABLE j");
    assert_int_equal(plan.doubt_count, 7);
    plan.doubts[1].temporary = true; /* b */
    plan.doubts[3].temporary = true; /* d */
    plan.doubts[5].temporary = true; /* h */
    plan_drop_temporary(&plan);
    check_objects(&plan, 0, "shop.a, shop.c");
    check_objects(&plan, 1, "shop.f, shop.g");
    check_objects(&plan, 2, "-");
    check_objects(&plan, 3, "shop.j");
    plan_release(&plan);
}

static void test_temporary_in_the_text_is_no_change(void **state)
{
    struct plan plan = plan_of(*state, "CREATE TEMPORARY TABLE a (i INT); DROP TEMPORARY TABLE a");
    assert_int_equal(plan_changes(&plan, 0, plan.count, NULL), 0);
    plan_release(&plan);
}

static void test_a_table_made_temporary_by_the_text_itself_is_no_change(void **state)
{
    struct plan plan = plan_of(*state, "CREATE TEMPORARY TABLE a (i INT); ALTER TABLE a ADD b INT;"
                                       "CREATE INDEX c ON a (i); DROP TABLE a; DROP TABLE a");
    plan_drop_temporary(&plan);
    check_objects(&plan, 1, "-");
    check_objects(&plan, 2, "-");
    check_objects(&plan, 3, "-");
    check_objects(&plan, 4, "shop.a");
    plan_release(&plan);
}

/* The questions were asked before the text: the second DROP is the real table's. */
/* The fake server tells small letters from capitals. */
static void test_a_temporary_table_of_the_text_is_another_one_by_its_case(void **state)
{
    struct plan plan =
        plan_of(*state, "CREATE TEMPORARY TABLE Stage (i INT); ALTER TABLE stage ADD b INT");
    plan_drop_temporary(&plan);
    check_objects(&plan, 0, "-");
    check_objects(&plan, 1, "shop.stage");
    plan_release(&plan);
}

static void test_a_name_is_the_real_tables_once_its_temporary_one_is_dropped(void **state)
{
    struct plan plan = plan_of(*state, "ALTER TABLE a ADD b INT; DROP INDEX c ON a; DROP TABLE a;"
                                       "DROP TABLE shop.A");
    plan.names_nocase = true;
    for (size_t i = 0; i < plan.doubt_count; i++)
        plan.doubts[i].temporary = true;
    plan_drop_temporary(&plan);
    check_objects(&plan, 0, "-");
    check_objects(&plan, 1, "-");
    check_objects(&plan, 2, "-");
    check_objects(&plan, 3, "shop.A");
    plan_release(&plan);
}

static void test_execute_is_the_text_of_its_prepare(void **state)
{
    struct plan_prepared_list prepared = {NULL, 0};
    struct plan_context context = context_of(*state, &prepared);
    struct plan plan;
    enum plan_asking ask;
    bool plain;
    struct slice prepare = SLICE("PREPARE s FROM 'CREATE TABLE a (c VARCHAR(9) DEFAULT ''x'')'");
    struct slice execute = SLICE("EXECUTE S");
    assert_true(plan_is_wanted(&context, prepare, 0, &ask, &plain));
    assert_false(ask);
    assert_false(plain);
    assert_false(plan_is_wanted(&context, execute, 0, &ask, &plain));
    plan_make(&context, prepare, NULL, 0, &plan);
    assert_int_equal(plan_changes(&plan, 0, plan.count, NULL), 0);
    plan_release(&plan);
    assert_true(plan_is_wanted(&context, execute, 0, &ask, &plain));
    assert_true(ask);
    plan_make(&context, execute, NULL, 0, &plan);
    check_objects(&plan, 0, "shop.a");
    assert_string_equal(plan.statements[0].change->text,
                        "CREATE TABLE a (c VARCHAR(9) DEFAULT 'x')");
    plan_release(&plan);
    plan_prepared_clear(&prepared);
}

static void test_a_prepare_of_something_else_forgets_the_ddl(void **state)
{
    static const char *const others[] = {"PREPARE s FROM 'SELECT 1'", "PREPARE s FROM @text"};
    for (size_t i = 0; i < 2; i++) {
        struct plan_prepared_list prepared = {NULL, 0};
        struct plan_context context = context_of(*state, &prepared);
        struct plan plan;
        enum plan_asking ask;
        bool plain;
        plan_make(&context, SLICE("PREPARE s FROM 'DROP TABLE a'"), NULL, 0, &plan);
        plan_release(&plan);
        assert_true(plan_is_wanted(&context, slice_from(others[i]), 0, &ask, &plain));
        plan_make(&context, slice_from(others[i]), NULL, 0, &plan);
        plan_release(&plan);
        assert_false(plan_is_wanted(&context, SLICE("EXECUTE s"), 0, &ask, &plain));
        plan_prepared_clear(&prepared);
    }
}

static void test_prepare_and_execute_in_one_text_are_asked_about(void **state)
{
    struct plan_prepared_list prepared = {NULL, 0};
    struct plan_context context = context_of(*state, &prepared);
    enum plan_asking ask;
    bool plain;
    assert_true(plan_is_wanted(&context, SLICE("PREPARE s FROM 'DROP TABLE a'; EXECUTE s"), 0, &ask,
                               &plain));
    assert_true(ask);
    plan_prepared_clear(&prepared);
}

static void test_secrets_of_accounts_are_not_in_the_plan(void **state)
{
    struct plan plan = plan_of(*state, "CREATE USER a IDENTIFIED BY 'hunter2'");
    const struct journal_change *change = plan.statements[0].change;
    assert_non_null(change);
    assert_string_equal(change->noun, "ACCOUNT");
    assert_int_equal(change->object_count, 0);
    assert_true(change->redacted);
    assert_null(strstr(change->text, "hunter2"));
    plan_release(&plan);
}

static void test_accounts_are_not_asked_about(void **state)
{
    struct plan_prepared_list prepared = {NULL, 0};
    struct plan_context context = context_of(*state, &prepared);
    enum plan_asking ask;
    bool plain;
    assert_true(plan_is_wanted(&context, SLICE("GRANT ALL ON shop.* TO a"), 0, &ask, &plain));
    assert_false(ask);
    assert_true(
        plan_is_wanted(&context, SLICE("GRANT ALL ON shop.* TO a; DROP TABLE b"), 0, &ask, &plain));
    assert_true(ask);
    /* The questions would change what it reads. */
    assert_true(
        plan_is_wanted(&context, SLICE("CREATE TABLE a AS SELECT FOUND_ROWS()"), 0, &ask, &plain));
    assert_false(ask);
    assert_false(plan_is_wanted(&context, SLICE("SELECT 'DROP TABLE a'"), 0, &ask, &plain));
}

static void test_what_goes_on_counting_rows_is_asked_about_in_a_block(void **state)
{
    static const struct {
        const char *text;
        enum plan_asking asking;
    } rows[] = {
        {"CREATE PROCEDURE p() SELECT 1", ASK_IN_BLOCK},
        {"DROP EVENT e", ASK_IN_BLOCK},
        {"ALTER DATABASE shop CHARACTER SET latin1", ASK_IN_BLOCK},
        {"DROP TABLE a; DROP FUNCTION f", ASK_IN_BLOCK},
        {"ALTER TABLE a ADD b INT", ASK_PLAINLY},
        {"CREATE VIEW v AS SELECT 1", ASK_PLAINLY},
        {"DROP TRIGGER t", ASK_PLAINLY},
    };
    struct plan_prepared_list prepared = {NULL, 0};
    struct plan_context context = context_of(*state, &prepared);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum plan_asking asking;
        bool plain;
        context.multi_results = true;
        assert_true(plan_is_wanted(&context, slice_from(rows[i].text), 0, &asking, &plain));
        assert_int_equal(asking, rows[i].asking);
        context.multi_results = false;
        assert_true(plan_is_wanted(&context, slice_from(rows[i].text), 0, &asking, &plain));
        assert_int_equal(asking, ASK_PLAINLY);
        assert_true(plain);
    }
}

static void test_pieces_of_comments_have_answers_and_blanks_at_the_end_have_none(void **state)
{
    struct plan plan = plan_of(*state, "/* one */; DROP TABLE a; -- two\n ; DROP TABLE b; \n\t ");
    assert_int_equal(plan.count, 4);
    check_objects(&plan, 0, "-");
    check_objects(&plan, 1, "shop.a");
    check_objects(&plan, 2, "-");
    check_objects(&plan, 3, "shop.b");
    plan_release(&plan);
}

static void check_skip(const struct plan *plan, size_t statement, enum image_moment moment,
                       const char *expected)
{
    bool *skip = plan_skip(plan, statement, moment);
    for (size_t i = 0; expected[i] != '\0'; i++)
        assert_int_equal(skip[i], expected[i] == 'x');
    free(skip);
}

static void test_images_between_two_statements_on_one_object_are_skipped(void **state)
{
    struct plan plan = plan_of(*state, "ALTER TABLE a ADD x INT; RENAME TABLE a TO b, c TO d;"
                                       "DROP TABLE b, e");
    check_skip(&plan, 0, IMAGE_BEFORE, ".");
    check_skip(&plan, 0, IMAGE_AFTER, "x");
    check_skip(&plan, 1, IMAGE_BEFORE, "x...");
    check_skip(&plan, 1, IMAGE_AFTER, ".x..");
    check_skip(&plan, 2, IMAGE_BEFORE, "x.");
    check_skip(&plan, 2, IMAGE_AFTER, "..");
    plan_release(&plan);
    /* Where names have no case, another case is the same table; elsewhere an image less does no
     * harm. */
    plan = plan_of(*state, "ALTER TABLE A ADD x INT; ALTER TABLE a ADD y INT");
    check_skip(&plan, 0, IMAGE_AFTER, "x");
    check_skip(&plan, 1, IMAGE_BEFORE, "x");
    plan_release(&plan);
}

static void test_without_facts_the_tracked_schema_stands_in(void **state)
{
    struct plan_prepared_list prepared = {NULL, 0};
    struct plan_context context = context_of(*state, &prepared);
    struct plan plan;
    plan_make(&context, SLICE("DROP TABLE a"), NULL, 0, &plan);
    check_objects(&plan, 0, "shop.a");
    assert_false(plan.asked);
    assert_null(plan.statements[0].change->facts.sql_mode);
    plan_release(&plan);
}

static void test_names_are_utf8_and_the_text_is_the_clients(void **state)
{
    struct plan_prepared_list prepared = {NULL, 0};
    struct plan_context context = context_of(*state, &prepared);
    struct sql_facts facts = {.default_schema = memory_copy_text("shop"),
                              .sql_mode = memory_copy_text(""),
                              .character_set_client = memory_copy_text("latin1")};
    struct plan plan;
    plan_make(&context, SLICE("DROP TABLE t\xfc"), &facts, 0, &plan);
    check_objects(&plan, 0, "shop.t\xc3\xbc");
    assert_string_equal(plan.doubts[0].name, "t\xfc");
    assert_string_equal(plan.statements[0].change->text, "DROP TABLE t\xfc");
    plan_release(&plan);
    sql_facts_release(&facts);
}

static int set_up_open(void **state)
{
    int code = fixture_set_up(state);
    fixture_open(*state, false);
    return code;
}

int run_plan_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_statement_of_a_text_is_numbered_and_of_one_batch),
        cmocka_unit_test(test_a_single_statement_is_no_batch),
        cmocka_unit_test(test_without_multi_statements_a_semicolon_does_not_cut),
        cmocka_unit_test(test_use_between_statements_moves_the_default_schema),
        cmocka_unit_test(test_a_doubt_after_use_is_asked_with_its_schema),
        cmocka_unit_test(test_set_between_statements_changes_how_the_rest_is_read),
        cmocka_unit_test(test_an_untracked_schema_is_no_change),
        cmocka_unit_test(test_renames_are_pairs),
        cmocka_unit_test(test_what_concerns_a_temporary_table_is_dropped),
        cmocka_unit_test(test_temporary_in_the_text_is_no_change),
        cmocka_unit_test(test_a_table_made_temporary_by_the_text_itself_is_no_change),
        cmocka_unit_test(test_a_temporary_table_of_the_text_is_another_one_by_its_case),
        cmocka_unit_test(test_a_name_is_the_real_tables_once_its_temporary_one_is_dropped),
        cmocka_unit_test(test_execute_is_the_text_of_its_prepare),
        cmocka_unit_test(test_a_prepare_of_something_else_forgets_the_ddl),
        cmocka_unit_test(test_prepare_and_execute_in_one_text_are_asked_about),
        cmocka_unit_test(test_secrets_of_accounts_are_not_in_the_plan),
        cmocka_unit_test(test_accounts_are_not_asked_about),
        cmocka_unit_test(test_what_goes_on_counting_rows_is_asked_about_in_a_block),
        cmocka_unit_test(test_pieces_of_comments_have_answers_and_blanks_at_the_end_have_none),
        cmocka_unit_test(test_images_between_two_statements_on_one_object_are_skipped),
        cmocka_unit_test(test_without_facts_the_tracked_schema_stands_in),
        cmocka_unit_test(test_names_are_utf8_and_the_text_is_the_clients),
    };
    return cmocka_run_group_tests_name("plan", tests, set_up_open, fixture_tear_down);
}
