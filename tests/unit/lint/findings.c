/* Levels, acknowledgements, the table of rules and its page. */
#include "suites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "lint/feature.h"
#include "lint/target.h"

static void test_levels_are_read(void **state)
{
    struct levels levels;
    (void)state;
    assert_int_equal(levels_read("", &levels, NULL), ERROR_NONE);
    assert_int_equal(levels.of[RULE_DROP_TABLE], RULE_ERROR);
    assert_int_equal(levels_read(" drop-table : warning ,old-utf8:off,", &levels, NULL),
                     ERROR_NONE);
    assert_int_equal(levels.of[RULE_DROP_TABLE], RULE_WARNING);
    assert_int_equal(levels.of[RULE_OLD_UTF8], RULE_OFF);
    assert_int_equal(levels.of[RULE_DROP_COLUMN], RULE_ERROR);
}

static void test_wrong_levels_are_named(void **state)
{
    struct levels levels;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    assert_int_equal(levels_read("drop-tabel:off", &levels, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "\"drop-tabel\""));
    assert_int_equal(levels_read("drop-table:fatal", &levels, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "drop-table:fatal"));
    assert_int_equal(levels_read("drop-table", &levels, &problem), ERROR_CONFIG);
}

static void test_targets_are_read(void **state)
{
    struct target target;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    assert_int_equal(target_read("", &target, NULL), ERROR_NONE);
    assert_false(target.known);
    assert_int_equal(target_read("mysql:8.0.11", &target, NULL), ERROR_NONE);
    assert_true(target.known && !target.mariadb && target.version == 80011);
    assert_int_equal(target_read("mariadb:10.6", &target, NULL), ERROR_NONE);
    assert_true(target.mariadb && target.version == 100699);
    assert_string_equal(target.text, "MariaDB 10.6");
    static const char *const wrong[] = {"mysql", "mysql:", "mysql:8", "postgres:16.0",
                                        "mysql:8.0x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(target_read(wrong[i], &target, &problem), ERROR_CONFIG);
}

static struct findings judged(const char *setting, const char *text)
{
    struct findings findings = FINDINGS_INIT;
    struct levels levels;
    assert_int_equal(levels_read(setting, &levels, NULL), ERROR_NONE);
    findings_add(&findings, RULE_DROP_TABLE, "Table `%s` goes.", "a");
    findings_add(&findings, RULE_DROP_TABLE, "Table `%s` goes.", "a");
    findings_add(&findings, RULE_DROP_COLUMN, "x");
    findings_judge(&findings, &levels, slice_from(text));
    return findings;
}

static void test_what_is_found_twice_is_one(void **state)
{
    struct findings findings = judged("", "");
    (void)state;
    assert_int_equal(findings.count, 2);
    assert_int_equal(findings_open(&findings, RULE_ERROR), 2);
    findings_release(&findings);
}

static void test_what_is_off_is_not_there(void **state)
{
    struct findings findings = judged("drop-table:off, drop-column:info", "");
    (void)state;
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings_open(&findings, RULE_INFO), 1);
    findings_release(&findings);
}

static void test_a_line_acknowledges_one_rule(void **state)
{
    static const struct {
        const char *text;
        bool acknowledged;
    } rows[] = {
        {"-- lint:ok drop-table nobody reads it\n", true},
        {"x\n  --lint:ok\tdrop-table\r\ny", true},
        {"-- lint:ok drop-column no\n", false},
        {"-- lint:okay drop-table no\n", false},
        {"lint:ok drop-table no\n", false},
        {"SELECT 1 -- lint:ok drop-table no\n", false},
        {"-- lint:ok\n", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct findings findings = judged("", rows[i].text);
        assert_int_equal(findings.list[0].reason != NULL, rows[i].acknowledged);
        findings_release(&findings);
    }
    struct findings findings = judged("", rows[0].text);
    assert_string_equal(findings.list[0].reason, "nobody reads it");
    assert_null(findings.list[1].reason);
    findings_release(&findings);
}

static void test_rows_that_are_in_the_way_raise_the_level(void **state)
{
    struct findings findings = FINDINGS_INIT;
    struct levels levels;
    (void)state;
    assert_int_equal(levels_read("", &levels, NULL), ERROR_NONE);
    findings_add(&findings, RULE_NOT_NULL, "x")->raised = true;
    findings_add(&findings, RULE_NEW_CHECK, "x");
    findings_judge(&findings, &levels, SLICE(""));
    assert_int_equal(findings.list[0].level, RULE_ERROR);
    assert_int_equal(findings.list[1].level, RULE_WARNING);
    findings_release(&findings);
}

static char *read_page(void)
{
    FILE *file = fopen(DDLTAP_TEST_DATA "/../../../docs/lint.md", "rbe");
    assert_non_null(file);
    char *text = memory_new(1 << 16, 1);
    size_t len = fread(text, 1, (1 << 16) - 1, file);
    text[len] = '\0';
    (void)fclose(file);
    return text;
}

static void test_the_page_holds_the_tables(void **state)
{
    struct buffer rules = BUFFER_INIT, features = BUFFER_INIT;
    char *page = read_page();
    (void)state;
    rule_write_markdown(&rules);
    feature_write_markdown(&features);
    assert_non_null(strstr(page, buffer_text(&rules)));
    assert_non_null(strstr(page, buffer_text(&features)));
    free(page);
    buffer_release(&rules);
    buffer_release(&features);
}

int run_findings_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_are_read),
        cmocka_unit_test(test_wrong_levels_are_named),
        cmocka_unit_test(test_targets_are_read),
        cmocka_unit_test(test_what_is_found_twice_is_one),
        cmocka_unit_test(test_what_is_off_is_not_there),
        cmocka_unit_test(test_a_line_acknowledges_one_rule),
        cmocka_unit_test(test_rows_that_are_in_the_way_raise_the_level),
        cmocka_unit_test(test_the_page_holds_the_tables),
    };
    return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
