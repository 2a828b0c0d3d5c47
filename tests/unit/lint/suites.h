/* suites: the groups of tests of the lint library, and what most of them do: rules on one draft. */
#ifndef DDLTAP_TESTS_LINT_SUITES_H
#define DDLTAP_TESTS_LINT_SUITES_H

#include <stdbool.h>

#include "lint/findings.h"
#include "lint/subject.h"

int run_findings_tests(void);
int run_text_tests(void);
int run_table_tests(void);
int run_narrowing_tests(void);
int run_locking_tests(void);
int run_feature_tests(void);
int run_demand_tests(void);

/* Options of MySQL 9.7 and of the development schema `app`, of a draft that is applied. */
extern const struct subject_options standard_options;

/* The codes that are found, in the order of the rules, "drop-column lost-attribute"; up is a section. */
const char *codes_of_text(const char *up);

/* The same of a table's images before and after, with what was typed. NULL: no such image. */
const char *codes_of_table(const char *before, const char *after, const char *up);

/* Fill findings from both. */
void find_all(const struct subject_options *options, const char *before, const char *after,
              const char *up, struct findings *findings);

#define TABLE(columns)                                                                             \
    "CREATE TABLE `t` (\n" columns "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "                    \
    "COLLATE=utf8mb4_0900_ai_ci"

#endif
