/* Tests of the library `format`, on folders made for each test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/format.h"

static char root[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ddltap-format-XXXXXX");
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

/* Makes the folders of path too. */
static void write_file(const char *path, const char *text)
{
    char full[256];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *stream = fopen(full, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void assert_found(const char *name, const char *directory, const char *evidence)
{
    struct format_found found;
    assert_int_equal(format_detect(root, "", "", &found, NULL), ERROR_NONE);
    assert_string_equal(found.format->name, name);
    assert_string_equal(found.directory, directory);
    assert_string_equal(found.evidence, evidence);
    format_found_release(&found);
}

static void test_flask_migrate_is_alembic_in_migrations(void **state)
{
    (void)state;
    write_file("migrations/alembic.ini", "[alembic]\n");
    assert_found("plain", "migrations", "no migration tool was recognised");
    write_file("migrations/env.py", "");
    assert_found("alembic", "migrations/versions", "migrations/alembic.ini");
}

static void test_alembic_says_where_its_scripts_are(void **state)
{
    (void)state;
    write_file("alembic.ini",
               "[alembic]\n# script_location = no\r\nscript_location = %(here)s/db/\r\n");
    write_file("db/env.py", "");
    assert_found("alembic", "db/versions", "alembic.ini");
}

static void test_alembic_without_scripts_is_not_taken(void **state)
{
    (void)state;
    write_file("alembic.ini", "[alembic]\nscript_location = gone\n");
    assert_found("plain", "migrations", "no migration tool was recognised");
}

static void test_dbmate_is_known_by_its_markers(void **state)
{
    (void)state;
    write_file("db/migrations/1_a.sql", "SELECT 1;\n");
    assert_found("plain", "migrations", "no migration tool was recognised");
    write_file("db/migrations/2_b.sql", "-- migrate:up\n");
    assert_found("dbmate", "db/migrations", "db/migrations/2_b.sql");
}

static void test_golang_migrate_is_known_by_its_pairs(void **state)
{
    (void)state;
    write_file("migrations/1_a.up.sql", "");
    assert_found("plain", "migrations", "no migration tool was recognised");
    write_file("migrations/2_b.up.sql", "");
    write_file("migrations/2_b.down.sql", "");
    assert_found("golang-migrate", "migrations", "migrations/2_b.up.sql");
}

static void test_configuration_wins_over_detection(void **state)
{
    (void)state;
    struct format_found found;
    write_file("migrations/alembic.ini", "");
    write_file("migrations/env.py", "");
    write_file("sql/1.sql", "");
    assert_int_equal(format_detect(root, "plain", "sql", &found, NULL), ERROR_NONE);
    assert_string_equal(found.format->name, "plain");
    assert_string_equal(found.directory, "sql");
    format_found_release(&found);
    assert_int_equal(format_detect(root, "", "sql", &found, NULL), ERROR_NONE);
    assert_string_equal(found.format->name, "alembic");
    assert_string_equal(found.directory, "sql");
    format_found_release(&found);
}

static void test_what_the_configuration_gets_wrong_is_said(void **state)
{
    (void)state;
    struct format_found found;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(format_detect(root, "rails", "", &found, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "alembic, dbmate, golang-migrate, plain"));
    assert_int_equal(format_detect(root, "", "gone", &found, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "no such folder"));
    assert_int_equal(format_detect(root, "alembic", "", &found, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "its files were not found"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_flask_migrate_is_alembic_in_migrations),
        TEST(test_alembic_says_where_its_scripts_are),
        TEST(test_alembic_without_scripts_is_not_taken),
        TEST(test_dbmate_is_known_by_its_markers),
        TEST(test_golang_migrate_is_known_by_its_pairs),
        TEST(test_configuration_wins_over_detection),
        TEST(test_what_the_configuration_gets_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
