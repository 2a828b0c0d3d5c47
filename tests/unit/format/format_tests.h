/* format_tests: what the test files of the library `format` share: a project folder for each test. */
#ifndef DDLTAP_TESTS_FORMAT_TESTS_H
#define DDLTAP_TESTS_FORMAT_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/format.h"

extern char test_root[64];
int test_set_up(void **state);
int test_tear_down(void **state);
#define FORMAT_TEST(name) cmocka_unit_test_setup_teardown(name, test_set_up, test_tear_down)

/* Makes the folders of path too. */
void test_write_file(const char *path, const char *text);

/* The format of the project as it is detected, with its chain. Release with test_close. */
struct test_project {
    struct format_found found;
    struct chain chain;
    struct problem problem;
};
void test_open(struct test_project *project);
/* The same, where reading fails: the project's problem says how. */
enum error test_open_badly(struct test_project *project);
void test_close(struct test_project *project);

/* "a b>c": versions in order, each followed by its parents; heads are marked "*". */
void test_assert_chain(const struct chain *chain, const char *expected);

/* Statements of a proposal, as many as there are before NULL. */
struct test_statements {
    struct slice items[8];
    size_t count;
};
struct test_statements test_statements(const char *first, ...);

/* A proposal with the message "users get a name" at 2026-11-22 10:15:00.5 UTC that goes on from the
 * only head. */
struct proposal test_proposal(const struct test_project *project, const struct test_statements *up,
                              const struct test_statements *down);
/* Compose it; each file must hold or equal what is asked for. */
void test_compose(const struct test_project *project, const struct proposal *proposal,
                  struct composed *composed);
const char *test_content(const struct composed *composed, size_t file);

/* "sql [rows]" of each statement, a line each. */
void test_assert_stamp(const struct stamp *stamp, const char *expected);

int run_detection_tests(void);
int run_chain_tests(void);
int run_literal_tests(void);
int run_ini_tests(void);
int run_slug_tests(void);
int run_alembic_tests(void);
int run_models_tests(void);
int run_sql_files_tests(void);

#endif
