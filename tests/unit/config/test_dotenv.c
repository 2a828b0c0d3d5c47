#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "config/dotenv.h"
#include "config/option_file.h"
#include "test_config.h"

static void assert_value(const char *text, const char *name, const char *expected, unsigned line)
{
    struct dotenv dotenv;
    dotenv_read(slice_from(text), &dotenv);
    const struct dotenv_entry *entry = dotenv_find(&dotenv, name);
    if (expected == NULL) {
        assert_null(entry);
    } else {
        assert_non_null(entry);
        assert_string_equal(entry->value, expected);
        assert_int_equal(entry->line, line);
    }
    dotenv_release(&dotenv);
}

static void test_lines_are_read_as_python_dotenv_reads_them(void **state)
{
    (void)state;
    assert_value("A=1\n# B=2\nC = 3 # not 4\r\n", "C", "3", 3);
    assert_value("A=1\n# B=2\n", "B", NULL, 0);
    assert_value("export A='x # y' # z", "A", "x # y", 1);
    assert_value("A=p#q\n", "A", "p#q", 1);
    assert_value("A=\"two\\nlines\" \n", "A", "two\nlines", 1);
    assert_value("A='no\\n it\\'s'\n", "A", "no\\n it's", 1);
    assert_value("A=\"1\n2\"\nB=3\n", "B", "3", 3);
    assert_value("A=1\nA=2\n", "A", "2", 2);
    assert_value("A\n", "A", "", 1);
    assert_value("A=\n", "A", "", 1);
    assert_value("'A B'=1\n", "A B", "1", 1);
    assert_value("exported=1\n", "exported", "1", 1);
}

static void test_a_broken_line_does_not_hide_the_next(void **state)
{
    (void)state;
    assert_value("A='1' junk\nB=2\n", "B", "2", 2);
    assert_value("A='1' junk\nB=2\n", "A", NULL, 0);
    assert_value("=1\nB=2\n", "B", "2", 2);
    assert_value("two words\nB=2\n", "B", "2", 2);
    assert_value("A=\"never closed\nB=2\n", "B", "2", 2);
}

static void test_braces_stand_for_other_variables(void **state)
{
    (void)state;
    setenv("DOTENV_TEST_HOST", "db", 1);
    assert_value("P=s\nU=x://u:${P}@${DOTENV_TEST_HOST}/${NONE:-d}\n", "U", "x://u:s@db/d", 2);
    assert_value("P=s\nU=$P ${P\n", "U", "$P ${P", 2);
    assert_value("DOTENV_TEST_HOST=other\nU=${DOTENV_TEST_HOST}\n", "U", "db", 2);
    assert_value("U=$(id)`id`\n", "U", "$(id)`id`", 1);
}

static void test_bytes_that_are_no_text_end_the_reading(void **state)
{
    (void)state;
    struct dotenv dotenv;
    static const char bytes[] = "A=1\0\0\nB\0=2\n\0'";
    dotenv_read(slice_make(bytes, sizeof bytes), &dotenv);
    assert_true(dotenv.count <= 4);
    dotenv_release(&dotenv);
}

static void test_client_group_of_my_cnf_is_read(void **state)
{
    (void)state;
    struct option_file file;
    option_file_read(SLICE("user=nobody\n[mysqld]\nuser=mysql\n!include /x\n[client] # ours\n"
                           "  user = root # comment\npassword=\"p#a\\\\s\\\"s\"\n;port=1\n"
                           "port=3310\nhost=h\n[mysql]\npassword=other\n"),
                     &file);
    assert_string_equal(file.user, "root");
    assert_string_equal(file.password, "p#a\\s\"s");
    assert_string_equal(file.port, "3310");
    assert_string_equal(file.host, "h");
    assert_null(file.socket);
    option_file_release(&file);
}

int run_dotenv_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_read_as_python_dotenv_reads_them),
        cmocka_unit_test(test_a_broken_line_does_not_hide_the_next),
        cmocka_unit_test(test_braces_stand_for_other_variables),
        cmocka_unit_test(test_bytes_that_are_no_text_end_the_reading),
        cmocka_unit_test(test_client_group_of_my_cnf_is_read),
    };
    return cmocka_run_group_tests_name("dotenv and option files", tests, NULL, NULL);
}
