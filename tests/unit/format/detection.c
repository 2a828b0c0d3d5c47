/* Which format a project uses. */
#include "format_tests.h"

#include "format/format.h"

static void assert_found(const char *name, const char *directory, const char *evidence)
{
    struct format_found found;
    assert_int_equal(format_detect(test_root, "", "", &found, NULL), ERROR_NONE);
    assert_string_equal(found.format->name, name);
    assert_string_equal(found.directory, directory);
    assert_string_equal(found.evidence, evidence);
    format_found_release(&found);
}

static void flask_migrate_is_alembic_in_migrations(void **state)
{
    (void)state;
    test_write_file("migrations/alembic.ini", "[alembic]\n");
    assert_found("plain", "migrations", "no migration tool was recognised");
    test_write_file("migrations/env.py", "");
    assert_found("alembic", "migrations/versions", "migrations/alembic.ini");
}

static void alembic_says_where_its_scripts_are(void **state)
{
    (void)state;
    test_write_file("alembic.ini",
                    "[alembic]\n# script_location = no\r\nscript_location = %(here)s/db/\r\n");
    test_write_file("db/env.py", "");
    assert_found("alembic", "db/versions", "alembic.ini");
}

static void alembic_without_scripts_is_not_taken(void **state)
{
    (void)state;
    test_write_file("alembic.ini", "[alembic]\nscript_location = gone\n");
    assert_found("plain", "migrations", "no migration tool was recognised");
}

static void dbmate_is_known_by_its_markers(void **state)
{
    (void)state;
    test_write_file("db/migrations/1_a.sql", "SELECT 1;\n");
    assert_found("plain", "migrations", "no migration tool was recognised");
    test_write_file("db/migrations/2_b.sql", "-- migrate:up\n");
    assert_found("dbmate", "db/migrations", "db/migrations/2_b.sql");
}

static void golang_migrate_is_known_by_its_pairs(void **state)
{
    (void)state;
    test_write_file("migrations/1_a.up.sql", "");
    assert_found("plain", "migrations", "no migration tool was recognised");
    test_write_file("migrations/2_b.up.sql", "");
    test_write_file("migrations/2_b.down.sql", "");
    assert_found("golang-migrate", "migrations", "migrations/2_b.up.sql");
}

static void configuration_wins_over_detection(void **state)
{
    (void)state;
    struct format_found found;
    test_write_file("migrations/alembic.ini", "");
    test_write_file("migrations/env.py", "");
    test_write_file("sql/1.sql", "");
    assert_int_equal(format_detect(test_root, "plain", "sql", &found, NULL), ERROR_NONE);
    assert_string_equal(found.format->name, "plain");
    assert_string_equal(found.directory, "sql");
    format_found_release(&found);
    assert_int_equal(format_detect(test_root, "", "sql", &found, NULL), ERROR_NONE);
    assert_string_equal(found.format->name, "alembic");
    assert_string_equal(found.directory, "sql");
    format_found_release(&found);
}

static void what_the_configuration_gets_wrong_is_said(void **state)
{
    (void)state;
    struct format_found found;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(format_detect(test_root, "rails", "", &found, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "alembic, dbmate, golang-migrate, plain"));
    assert_int_equal(format_detect(test_root, "", "gone", &found, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "no such folder"));
    assert_int_equal(format_detect(test_root, "alembic", "", &found, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "its files were not found"));
}

int run_detection_tests(void)
{
    const struct CMUnitTest tests[] = {
        FORMAT_TEST(flask_migrate_is_alembic_in_migrations),
        FORMAT_TEST(alembic_says_where_its_scripts_are),
        FORMAT_TEST(alembic_without_scripts_is_not_taken),
        FORMAT_TEST(dbmate_is_known_by_its_markers),
        FORMAT_TEST(golang_migrate_is_known_by_its_pairs),
        FORMAT_TEST(configuration_wins_over_detection),
        FORMAT_TEST(what_the_configuration_gets_wrong_is_said),
    };
    return cmocka_run_group_tests_name("detection", tests, NULL, NULL);
}
