/* Files of the work tree: whole, or not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "command/workfile.h"
#include "suites.h"

static char root[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ddltap-workfile-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *in_root(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void test_one_that_is_there_stays(void **state)
{
    (void)state;
    struct buffer content = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    bool made;
    const char *path = in_root("a/b/c.sql");
    assert_int_equal(workfile_write(path, SLICE("one"), &made, &problem), ERROR_NONE);
    assert_true(made);
    assert_int_equal(workfile_write(path, SLICE("other"), &made, &problem), ERROR_FILE);
    assert_false(made);
    assert_non_null(strstr(problem.text, "c.sql cannot be written: File exists"));
    assert_true(workfile_read(path, &content));
    assert_string_equal(buffer_text(&content), "one");
    buffer_release(&content);
}

/* The room ends in the middle of it. */
static void test_one_that_cannot_be_filled_is_not_there(void **state)
{
    (void)state;
    struct rlimit was, little;
    struct problem problem = PROBLEM_INIT;
    bool made;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    little = was;
    little.rlim_cur = 4;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    enum error error = workfile_write(in_root("c.sql"), SLICE("0123456789"), &made, &problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(error, ERROR_FILE);
    assert_false(made);
    assert_int_equal(rmdir(root), 0);
    assert_non_null(mkdtemp(strcpy(root, "/tmp/ddltap-workfile-XXXXXX")));
}

static void test_what_a_kill_left_goes(void **state)
{
    (void)state;
    char other[128];
    FILE *left = fopen(in_root(".c.sql.1.2.3.tmp"), "w");
    assert_non_null(left);
    fclose(left);
    strcpy(other, in_root("c.sql"));
    workfile_remove_leftovers(other);
    assert_int_not_equal(access(in_root(".c.sql.1.2.3.tmp"), F_OK), 0);
}

static void test_ours_is_what_nobody_worked_on(void **state)
{
    (void)state;
    char hash[IMAGE_HASH_SIZE];
    bool made;
    const char *path = in_root("c.sql");
    workfile_hash(SLICE("one"), hash);
    assert_true(workfile_is_ours(path, hash));
    assert_int_equal(workfile_write(path, SLICE("one"), &made, NULL), ERROR_NONE);
    assert_true(workfile_is_ours(path, hash));
    assert_false(workfile_is_ours(path, NULL));
    assert_int_equal(truncate(path, 0), 0);
    assert_false(workfile_is_ours(path, hash));
}

int run_workfile_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_one_that_is_there_stays),
        TEST(test_one_that_cannot_be_filled_is_not_there),
        TEST(test_what_a_kill_left_goes),
        TEST(test_ours_is_what_nobody_worked_on),
    };
    return cmocka_run_group_tests_name("workfile", tests, NULL, NULL);
}
