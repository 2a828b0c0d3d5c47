/* The groups of tests of the library `config`; each returns how many failed. */
#ifndef DDLTAP_TEST_CONFIG_H
#define DDLTAP_TEST_CONFIG_H

int run_settings_tests(void);
int run_url_tests(void);
int run_dotenv_tests(void);
int run_connection_tests(void);

#endif
