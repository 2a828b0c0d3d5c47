/* sql_tests: what the test files of the sql library share. */
#ifndef DDLTAP_TESTS_SQL_TESTS_H
#define DDLTAP_TESTS_SQL_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ddltap/buffer.h"
#include "sql/dialect.h"
#include "sql/statement.h"

/* A dialect from words: "mysql", "mariadb", "ansi", "nobackslash", "oracle", "gbk", "sjis", "big5",
 * "gb18030", "mysql57". Without a family: MySQL 8.4. */
struct dialect test_dialect(const char *words);

/* "DDL ALTER TABLE: from TABLE shop.a, to TABLE b; column x>y; if_exists": all of a statement. */
void test_describe(const struct statement *statement, struct buffer *out);

/* Call check for each "dialect | expected | text" line of statements.txt; "<nl>" is a line end. */
unsigned test_each_statement(void (*check)(const char *dialect, const char *expected,
                                           const char *text));

int run_lexer_tests(void);
int run_splitter_tests(void);
int run_statement_tests(void);
int run_follow_tests(void);
int run_glance_tests(void);
int run_portable_tests(void);
int run_redact_tests(void);
int run_script_tests(void);
int run_section_tests(void);
int run_corpora_tests(void);

#endif
