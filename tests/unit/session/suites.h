/* suites: one function for each test_*.c; gives the number of failed tests. */
#ifndef DDLTAP_TESTS_SESSION_SUITES_H
#define DDLTAP_TESTS_SESSION_SUITES_H

#include "rig.h"

int test_login(void);
int test_relay(void);
int test_split(void);
int test_hold(void);
int test_compressed(void);
int test_ends(void);
int test_hostile(void);
int test_proxy(void);

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

#endif
