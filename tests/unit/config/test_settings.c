#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/settings.h"
#include "ddltap/log.h"
#include "test_config.h"

static char folder[64];

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/ddltap-settings-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/config.ini", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/local.ini", folder);
    unlink(path);
    unsetenv("DDLTAP_PROXY_THREADS");
    unsetenv("DDLTAP_PROXY_LISTN");
    return rmdir(folder);
}

static void assert_refused(const char *config, const char *message)
{
    struct settings settings;
    struct problem problem = PROBLEM_INIT;
    write_file("config.ini", config);
    assert_int_equal(settings_load(&settings, folder, &problem), ERROR_CONFIG);
    if (strstr(problem.text, message) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", message, problem.text);
}

static void test_defaults_hold_without_files(void **state)
{
    (void)state;
    struct settings settings;
    assert_int_equal(settings_load(&settings, folder, NULL), ERROR_NONE);
    assert_int_equal(settings.listen.count, 1);
    assert_string_equal(settings.listen.items[0].host, "127.0.0.1");
    assert_int_equal(settings.listen.items[0].port, 3307);
    assert_false(settings_address_set(&settings.upstream));
    assert_int_equal(settings.log_level, LOG_INFO);
    assert_int_equal(settings.definer, SETTINGS_DEFINER_DROP);
    assert_int_equal(settings.journal_failure, SETTINGS_JOURNAL_REFUSE);
    assert_int_equal(settings.text_limit, 67108864);
    assert_string_equal(settings.database, "");
    assert_string_equal(settings_source(&settings, "proxy", "listen"), "default");
    settings_release(&settings);
}

static void test_later_layers_win(void **state)
{
    (void)state;
    struct settings settings;
    write_file("config.ini", "# team\n[proxy]\nthreads = 2\ndrain_timeout=5\n\n[capture]\n"
                             "definer = keep\n");
    write_file("local.ini",
               "[proxy]\nthreads = 3\nlisten = 127.0.0.1:3310, [::1]:3310,unix:/tmp/s\n");
    setenv("DDLTAP_PROXY_THREADS", "4", 1);
    assert_int_equal(settings_load(&settings, folder, NULL), ERROR_NONE);
    assert_int_equal(settings.threads, 4);
    assert_string_equal(settings_source(&settings, "proxy", "threads"), "DDLTAP_PROXY_THREADS");
    assert_int_equal(settings.drain_timeout, 5);
    assert_int_equal(settings.definer, SETTINGS_DEFINER_KEEP);
    assert_int_equal(settings.listen.count, 3);
    assert_string_equal(settings.listen.items[1].host, "::1");
    assert_string_equal(settings.listen.items[2].socket, "/tmp/s");
    assert_non_null(strstr(settings_source(&settings, "proxy", "listen"), "local.ini line 3"));
    assert_int_equal(settings_put_assignment(&settings, "proxy.threads=5", NULL), ERROR_NONE);
    assert_int_equal(settings.threads, 5);
    settings_release(&settings);
}

static void test_errors_name_file_and_line(void **state)
{
    (void)state;
    assert_refused("[proxy]\n\nlisten = 3307\n", "config.ini line 3: proxy.listen: \"3307\"");
    assert_refused("[proxy]\nlisen = x\n", "config.ini line 2: [proxy] has no key \"lisen\"");
    assert_refused("\n[prxy]\nlisten = x\n", "config.ini line 3: There is no section [prxy]");
    assert_refused("threads = 1\n", "line 1: \"threads\" stands in no section");
    assert_refused("[proxy]\nthreads\n", "config.ini line 2: ");
    assert_refused("[proxy]\nthreads = 1\nthreads = 2\n", "line 3: proxy.threads has a value");
    assert_refused("[proxy]\nthreads = -1\n", "number from 0 to 256");
    assert_refused("[proxy]\nthreads = 1K\n", "number from 0 to 256");
    assert_refused("[proxy]\nlog_level = loud\n", "error, warning, info, debug");
    assert_refused("[capture]\ntext_limit = 99999999999G\n", "does not fit");
}

static void test_a_line_over_the_bound_is_refused_not_split(void **state)
{
    (void)state;
    char line[3000] = "[capture]\nuser = ";
    size_t len = strlen(line);
    memset(line + len, 'x', sizeof line - len - 1);
    line[sizeof line - 1] = '\0';
    assert_refused(line, "line 2: The line is too long.");
}

static void test_misspelt_variable_is_an_error(void **state)
{
    (void)state;
    struct settings settings;
    struct problem problem = PROBLEM_INIT;
    setenv("DDLTAP_PROXY_LISTN", "x", 1);
    assert_int_equal(settings_load(&settings, folder, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "DDLTAP_PROXY_LISTN: [proxy] has no key \"listn\""));
}

static void test_bytes_take_a_suffix(void **state)
{
    (void)state;
    struct settings settings;
    write_file("config.ini", "[capture]\ntext_limit = 2M\n");
    assert_int_equal(settings_load(&settings, folder, NULL), ERROR_NONE);
    assert_int_equal(settings.text_limit, 2 << 20);
    settings_release(&settings);
}

static void test_a_bad_assignment_keeps_the_old_value(void **state)
{
    (void)state;
    struct settings settings;
    settings_init(&settings);
    assert_int_equal(settings_put_assignment(&settings, "proxy.listen=nowhere", NULL),
                     ERROR_CONFIG);
    assert_int_equal(settings_put_assignment(&settings, "proxylisten", NULL), ERROR_USAGE);
    assert_int_equal(settings.listen.items[0].port, 3307);
    settings_release(&settings);
}

static void test_reload_takes_reloadable_keys_and_names_the_others(void **state)
{
    (void)state;
    struct settings running, fresh;
    struct buffer ignored = BUFFER_INIT;
    settings_init(&running);
    settings_init(&fresh);
    assert_int_equal(settings_put_assignment(&fresh, "proxy.log_level=debug", NULL), ERROR_NONE);
    assert_int_equal(settings_put_assignment(&fresh, "proxy.threads=7", NULL), ERROR_NONE);
    settings_reload(&running, &fresh, &ignored);
    assert_int_equal(running.log_level, LOG_DEBUG);
    assert_int_equal(running.threads, 0);
    assert_string_equal(buffer_text(&ignored), "proxy.threads");
    buffer_release(&ignored);
    settings_release(&running);
    settings_release(&fresh);
}

static void test_addresses_read_and_write(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:3307", "[::1]:0", "db.example:65535",
                                       "unix:/run/x.sock"};
    static const char *const bad[] = {"",        "3307",     "::1:3307", "host:",   "host:65536",
                                      "unix:x",  "[::1]",    "a b:1",    ":3307",   "host:+1",
                                      "[]:3307", "u@h:3307", "host:1x",  "[host]:1"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct settings_address address;
        struct buffer text = BUFFER_INIT;
        assert_int_equal(settings_address_read(good[i], &address, NULL), ERROR_NONE);
        settings_address_write(&address, &text);
        assert_string_equal(buffer_text(&text), good[i]);
        buffer_release(&text);
        settings_address_release(&address);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct settings_address address;
        if (settings_address_read(bad[i], &address, NULL) != ERROR_CONFIG)
            fail_msg("\"%s\" was taken for an address", bad[i]);
    }
}

static void test_reference_in_docs_is_the_table(void **state)
{
    (void)state;
    struct buffer printed = BUFFER_INIT, kept = BUFFER_INIT;
    char block[4096];
    size_t len;
    FILE *stream = fopen(DDLTAP_TEST_DATA "/../../../docs/configuration.md", "r");
    assert_non_null(stream);
    while ((len = fread(block, 1, sizeof block, stream)) > 0)
        buffer_append(&kept, block, len);
    fclose(stream);
    settings_write_markdown(&printed);
    assert_string_equal(buffer_text(&printed), buffer_text(&kept));
    buffer_release(&printed);
    buffer_release(&kept);
}

int run_settings_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults_hold_without_files, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_later_layers_win, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_errors_name_file_and_line, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_line_over_the_bound_is_refused_not_split,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_misspelt_variable_is_an_error, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_bytes_take_a_suffix, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_bad_assignment_keeps_the_old_value, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_reload_takes_reloadable_keys_and_names_the_others,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_addresses_read_and_write, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_reference_in_docs_is_the_table, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
