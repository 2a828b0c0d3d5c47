/* Statements that ask for less and less ease. */
#include "suites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lint/locking.h"

static const struct dialect mysql = {.version = 90704},
                            mariadb = {.mariadb = true, .version = 101106};

static void test_which_statements_are_measured(void **state)
{
    static const char *const measured[] = {"ALTER TABLE t ADD a INT",
                                           "CREATE UNIQUE INDEX i ON t (a)", "DROP INDEX i ON t"};
    static const char *const others[] = {
        "ALTER TABLE t ADD a INT, ALGORITHM=COPY", "CREATE TABLE t (a INT)",
        "ALTER TABLE t ADD a INT, LOCK=NONE", "ALTER VIEW v AS SELECT 1", "SELECT 1"};
    (void)state;
    for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++)
        assert_true(locking_applies(slice_from(measured[i]), &mysql));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(locking_applies(slice_from(others[i]), &mysql));
}

static void check(const struct dialect *dialect, const char *statement, enum locking locking,
                  const char *expected)
{
    struct buffer out = BUFFER_INIT;
    bool known = locking_write(slice_from(statement), dialect, locking, &out);
    assert_int_equal(known, expected != NULL);
    if (known)
        assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void test_what_is_written(void **state)
{
    (void)state;
    check(&mysql, "ALTER TABLE `a b`.t ADD a INT", LOCKING_INSTANT,
          "ALTER TABLE `a b`.t ALGORITHM=INSTANT, ADD a INT");
    check(&mysql, "ALTER TABLE t ADD a INT;\n", LOCKING_INPLACE,
          "ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE, ADD a INT;");
    check(&mysql, "ALTER TABLE t ADD a INT", LOCKING_SHARED,
          "ALTER TABLE t ALGORITHM=INPLACE, LOCK=SHARED, ADD a INT");
    check(&mysql, "ALTER TABLE t ADD a INT", LOCKING_COPY, "ALTER TABLE t ADD a INT");
    check(&mysql, "ALTER TABLE t ADD a INT", LOCKING_NOCOPY, NULL);
    check(&mysql, "ALTER TABLE t ADD a INT", LOCKING_ONLINE_COPY, NULL);
    check(&mariadb, "ALTER TABLE t ADD a INT", LOCKING_NOCOPY,
          "ALTER TABLE t ALGORITHM=NOCOPY, LOCK=NONE, ADD a INT");
    check(&mariadb, "ALTER TABLE t ADD a INT", LOCKING_ONLINE_COPY, NULL);
    check(&mysql, "CREATE INDEX i ON t (a)", LOCKING_INPLACE,
          "CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=NONE");
    check(&mysql, "CREATE INDEX i ON t (a)", LOCKING_COPY, "CREATE INDEX i ON t (a)");
}

static void test_what_is_found(void **state)
{
    struct findings findings = FINDINGS_INIT;
    (void)state;
    locking_find(LOCKING_INSTANT, SLICE("ALTER TABLE t ADD a INT"), &findings);
    locking_find(LOCKING_NOCOPY, SLICE("ALTER TABLE t ADD a INT"), &findings);
    assert_int_equal(findings.count, 0);
    locking_find(LOCKING_INPLACE, SLICE("x"), &findings);
    locking_find(LOCKING_SHARED, SLICE("x"), &findings);
    locking_find(LOCKING_COPY, SLICE("x"), &findings);
    assert_int_equal(findings.list[0].rule, RULE_IN_PLACE);
    assert_int_equal(findings.list[1].rule, RULE_BLOCKS_WRITES);
    assert_int_equal(findings.list[2].rule, RULE_COPIES_TABLE);
    findings_release(&findings);
}

int run_locking_tests(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_which_statements_are_measured),
                                       cmocka_unit_test(test_what_is_written),
                                       cmocka_unit_test(test_what_is_found)};
    return cmocka_run_group_tests_name("locking", tests, NULL, NULL);
}
