/* suites: one function for each test_*.c; gives the number of failed tests. */
#ifndef DDLTAP_TESTS_NET_SUITES_H
#define DDLTAP_TESTS_NET_SUITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int test_address(void);
int test_loop(void);
int test_listener(void);
int test_stream(void);
int test_tls(void);

#endif
