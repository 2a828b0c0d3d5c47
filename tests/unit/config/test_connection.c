#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/connection.h"
#include "test_config.h"

static char root[64];
static struct settings settings;
static const char *const files[] = {".env", ".flaskenv", ".my.cnf"};
static const char *const variables[] = {"DDLTAP_DATABASE_URL", "DATABASE_URL",
                                        "SQLALCHEMY_DATABASE_URI", "BANK_URL"};

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

/* The project folder is the home folder too. */
static int set_up(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ddltap-connection-XXXXXX");
    if (mkdtemp(root) == NULL)
        return 1;
    for (size_t i = 0; i < 4; i++)
        unsetenv(variables[i]);
    setenv("HOME", root, 1);
    settings_init(&settings);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", root, files[i]);
        unlink(path);
    }
    settings_release(&settings);
    return rmdir(root);
}

static void put(const char *assignment)
{
    assert_int_equal(settings_put_assignment(&settings, assignment, NULL), ERROR_NONE);
}

static void put_from(const char *source, const char *section, const char *name, const char *value)
{
    assert_int_equal(settings_put(&settings, section, name, value, source, NULL), ERROR_NONE);
}

static void resolve(const char *url, struct connection *connection)
{
    struct problem problem = PROBLEM_INIT;
    if (connection_resolve(&settings, root, url, connection, &problem) != ERROR_NONE)
        fail_msg("%s", problem.text);
}

static void assert_source(const char *url, const char *source)
{
    struct connection connection;
    resolve(url, &connection);
    assert_string_equal(connection.source, source);
    connection_release(&connection);
}

static void assert_refused(enum error error, const char *message)
{
    struct connection connection;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(connection_resolve(&settings, root, NULL, &connection, &problem), error);
    if (strstr(problem.text, message) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", message, problem.text);
    assert_null(strstr(problem.text, "s3cret"));
}

static void test_the_strongest_source_wins(void **state)
{
    (void)state;
    write_file(".my.cnf", "[client]\nuser=me\ndatabase=x\n");
    assert_source(NULL, "~/.my.cnf [client]");
    write_file(".env", "\nSQLALCHEMY_DATABASE_URI=mysql://u@h/x\n");
    assert_source(NULL, ".env line 2: SQLALCHEMY_DATABASE_URI");
    write_file(".flaskenv", "DATABASE_URL=mysql://u@h/x\n");
    assert_source(NULL, ".flaskenv line 1: DATABASE_URL");
    setenv("DATABASE_URL", "mysql://u@h/x", 1);
    assert_source(NULL, "environment: DATABASE_URL");
    setenv("BANK_URL", "mysql://u@h/x", 1);
    put("capture.url_variable=BANK_URL");
    assert_source(NULL, "environment: BANK_URL");
    setenv("DDLTAP_DATABASE_URL", "mysql://u@h/x", 1);
    assert_source(NULL, "environment: DDLTAP_DATABASE_URL");
    assert_source("mysql://u@h/x", "--url");
}

static void test_localhost_is_tcp_unless_a_socket_is_given(void **state)
{
    (void)state;
    struct connection connection;
    resolve("mysql+pymysql://root:pw@localhost/bankroll", &connection);
    assert_string_equal(connection.address.host, "127.0.0.1");
    assert_int_equal(connection.address.port, 3306);
    assert_string_equal(connection.user, "root");
    assert_string_equal(connection.password, "pw");
    assert_string_equal(connection.database, "bankroll");
    connection_release(&connection);
    resolve("mysql://root@localhost/bankroll?unix_socket=/run/x.sock", &connection);
    assert_string_equal(connection.address.socket, "/run/x.sock");
    assert_null(connection.address.host);
    assert_null(connection.password);
    connection_release(&connection);
}

static void test_configuration_wins_over_parts_of_the_url(void **state)
{
    (void)state;
    struct connection connection;
    write_file(".env", "DATABASE_URL=mysql://root:pw@127.0.0.1:3307/x\n");
    put_from("config.ini", "proxy", "upstream", "127.0.0.1:3306");
    put_from("config.ini", "capture", "database", "bank");
    put_from("config.ini", "capture", "user", "dev");
    resolve(NULL, &connection);
    assert_int_equal(connection.address.port, 3306);
    assert_string_equal(connection.database, "bank");
    assert_string_equal(connection.user, "dev");
    assert_string_equal(connection.password, "pw");
    connection_release(&connection);
}

static void test_a_url_flag_wins_over_files_but_not_over_flags(void **state)
{
    (void)state;
    struct connection connection;
    put_from("config.ini", "proxy", "upstream", "127.0.0.1:3306");
    put_from("config.ini", "capture", "user", "dev");
    put("capture.database=bank");
    resolve("mysql://root:pw@db:3310/x", &connection);
    assert_string_equal(connection.address.host, "db");
    assert_string_equal(connection.user, "root");
    assert_string_equal(connection.database, "bank");
    connection_release(&connection);
}

static void test_a_url_that_points_at_the_proxy_is_refused(void **state)
{
    (void)state;
    write_file(".env", "DATABASE_URL=mysql://root:s3cret@localhost:3307/x\n");
    assert_refused(ERROR_CONFIG, ".env line 1: DATABASE_URL names the address on which the proxy");
}

static void test_what_is_missing_is_said(void **state)
{
    (void)state;
    assert_refused(ERROR_NOT_FOUND, "No database URL was found");
    write_file(".env", "DATABASE_URL=mysql://u:s3cret@h\n");
    assert_refused(ERROR_CONFIG, ".env line 1: DATABASE_URL names no database");
    write_file(".env", "DATABASE_URL=postgresql://u:s3cret@h/x\n");
    assert_refused(ERROR_CONFIG, "It is a postgresql URL");
    put("capture.url_variable=BANK_URL");
    assert_refused(ERROR_NOT_FOUND, "url_variable says BANK_URL");
}

int run_connection_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_strongest_source_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_localhost_is_tcp_unless_a_socket_is_given, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_configuration_wins_over_parts_of_the_url, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_url_flag_wins_over_files_but_not_over_flags, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_url_that_points_at_the_proxy_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_missing_is_said, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
