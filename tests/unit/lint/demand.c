/* The questions to the rows of the development database. */
#include "suites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lint/demand.h"

#define BEFORE                                                                                     \
    TABLE("  `id` int NOT NULL,\n  `a` varchar(9) DEFAULT NULL,\n  `b` int DEFAULT NULL,\n  "      \
          "PRIMARY KEY (`id`)")
#define WITH(part)                                                                                 \
    TABLE("  `id` int NOT NULL,\n  `a` varchar(9) DEFAULT NULL,\n  `b` int DEFAULT NULL,\n  "      \
          "PRIMARY KEY (`id`),\n  " part)

static void check(const char *after, bool applied, enum rule rule, const char *probe)
{
    struct subject_options options = standard_options;
    struct findings findings = FINDINGS_INIT;
    const struct findings_item *found = NULL;
    options.applied = applied;
    find_all(&options, BEFORE, after, "ALTER TABLE t COMMENT 'x';", &findings);
    for (size_t i = 0; i < findings.count; i++)
        found = findings.list[i].rule == rule ? &findings.list[i] : found;
    assert_non_null(found);
    assert_string_equal(found->probe, probe);
    findings_release(&findings);
}

static void test_probes(void **state)
{
    const char *unique = WITH("UNIQUE KEY `u` (`a`(3),`b` DESC)");
    const char *foreign = WITH("CONSTRAINT `f` FOREIGN KEY (`a`, `b`) REFERENCES `p` (`x`, `y`)");
    (void)state;
    check(unique, true, RULE_NEW_UNIQUE, "SELECT 1 FROM `t` LIMIT 1");
    check(unique, false, RULE_NEW_UNIQUE,
          "SELECT 1 FROM `t` WHERE LEFT(`a`, 3) IS NOT NULL AND `b` IS NOT NULL GROUP BY LEFT(`a`, "
          "3), `b` "
          "HAVING COUNT(*) > 1 LIMIT 1");
    check(foreign, false, RULE_NEW_FOREIGN_KEY,
          "SELECT 1 FROM `t` c LEFT JOIN `p` p ON c.`a` = p.`x` AND c.`b` = p.`y` WHERE c.`a` IS "
          "NOT NULL AND "
          "c.`b` IS NOT NULL AND p.`x` IS NULL LIMIT 1");
    check(WITH("CONSTRAINT `c` CHECK ((`b` > 0))"), false, RULE_NEW_CHECK,
          "SELECT 1 FROM `t` WHERE NOT ((`b` > 0)) LIMIT 1");
    check(TABLE("  `id` int NOT NULL,\n  `a` varchar(9) NOT NULL,\n  `b` int DEFAULT NULL,\n  "
                "PRIMARY KEY (`id`)"),
          false, RULE_NOT_NULL, "SELECT 1 FROM `t` WHERE `a` IS NULL LIMIT 1");
}

static void test_answers(void **state)
{
    struct findings findings = FINDINGS_INIT;
    struct findings_item *finding = findings_add(&findings, RULE_NOT_NULL, "x");
    (void)state;
    demand_answer(finding, true, true);
    assert_non_null(strstr(finding->rows, "are fine"));
    demand_answer(finding, true, false);
    assert_non_null(strstr(finding->rows, "no rows"));
    assert_false(finding->raised);
    demand_answer(finding, false, true);
    assert_true(finding->raised);
    demand_answer(finding, false, false);
    assert_false(finding->raised);
    demand_unanswered(finding, "the server is away");
    assert_non_null(strstr(finding->rows, "the server is away"));
    findings_release(&findings);
}

int run_demand_tests(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_probes),
                                       cmocka_unit_test(test_answers)};
    return cmocka_run_group_tests_name("demand", tests, NULL, NULL);
}
