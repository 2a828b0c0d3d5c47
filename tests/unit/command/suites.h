/* suites: the groups of tests of the command library. */
#ifndef DDLTAP_TESTS_COMMAND_SUITES_H
#define DDLTAP_TESTS_COMMAND_SUITES_H

int run_selection_tests(void);
int run_committed_tests(void);
int run_workfile_tests(void);

#endif
