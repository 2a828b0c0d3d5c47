#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/url.h"
#include "test_config.h"

static void assert_text(const char *got, const char *expected)
{
    if (expected == NULL)
        assert_null(got);
    else
        assert_string_equal(got, expected);
}

static void test_parts_are_read_as_sqlalchemy_reads_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *user, *password, *host;
        unsigned port;
        const char *database;
    } rows[] = {
        {"mysql://root@localhost/bankroll", "root", NULL, "localhost", 0, "bankroll"},
        {"mysql+pymysql://u:p%40s%3As@db:3307/x", "u", "p@s:s", "db", 3307, "x"},
        {"mysql+mysqldb://u:a/b:c?d@h/x?charset=utf8mb4", "u", "a/b:c?d", "h", 0, "x"},
        {"mariadb+mariadbconnector://u:@h/x", "u", "", "h", 0, "x"},
        {"mysql://py%24dev:p%zz@h.mysql.example/py%24bank", "py$dev", "p%zz", "h.mysql.example", 0,
         "py%24bank"},
        {"mysql://h/py$bank", NULL, NULL, "h", 0, "py$bank"},
        {"mysql://[::1]:3306/x", NULL, NULL, "::1", 3306, "x"},
        {"mysql:///x", NULL, NULL, NULL, 0, "x"},
        {"MySQL://u@h", "u", NULL, "h", 0, NULL},
        {"mysql://u+v@h/", "u+v", NULL, "h", 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct url url;
        assert_int_equal(url_read(rows[i].text, &url, NULL), ERROR_NONE);
        assert_text(url.user, rows[i].user);
        assert_text(url.password, rows[i].password);
        assert_text(url.host, rows[i].host);
        assert_int_equal(url.port, rows[i].port);
        assert_text(url.database, rows[i].database);
        url_release(&url);
    }
}

static void test_query_gives_socket_charset_and_tls(void **state)
{
    (void)state;
    struct url url;
    assert_int_equal(
        url_read("mysql://u@/x?unix_socket=%2Frun%2Fmy+sql.sock&charset=utf8mb4&&ssl_ca=/c", &url,
                 NULL),
        ERROR_NONE);
    assert_string_equal(url.socket, "/run/my sql.sock");
    assert_string_equal(url.charset, "utf8mb4");
    assert_true(url.tls);
    url_release(&url);
    assert_int_equal(url_read("mysql://u@h/x?ssl_mode=DISABLED", &url, NULL), ERROR_NONE);
    assert_false(url.tls);
    url_release(&url);
}

static void test_wrong_urls_are_refused_without_showing_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error error;
    } rows[] = {
        {"", ERROR_MALFORMED},
        {"sqlite:///app.db", ERROR_UNSUPPORTED},
        {"postgresql://u:s3cret@h/x", ERROR_UNSUPPORTED},
        {"s3cret", ERROR_MALFORMED},
        {"mysql://u:s3cret@x@h/x", ERROR_MALFORMED},
        {"mysql://u:s3cret@h:port/x", ERROR_MALFORMED},
        {"mysql://u:s3cret@h:99999/x", ERROR_MALFORMED},
        {"mysql://u:s3cret@h:0/x", ERROR_MALFORMED},
        {"mysql://u:s3cret@[::1/x", ERROR_MALFORMED},
        {"u:s3cret@h://x", ERROR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct url url;
        struct problem problem = PROBLEM_INIT;
        assert_int_equal(url_read(rows[i].text, &url, &problem), rows[i].error);
        assert_true(strlen(problem.text) > 0);
        assert_null(strstr(problem.text, "s3cret"));
    }
}

int run_url_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_read_as_sqlalchemy_reads_them),
        cmocka_unit_test(test_query_gives_socket_charset_and_tls),
        cmocka_unit_test(test_wrong_urls_are_refused_without_showing_them),
    };
    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
