/* dbmate, golang-migrate and plain: numbered SQL files. */
#include "format_tests.h"

#include "format/sql_files.h"

static void make_dbmate(void)
{
    test_write_file("db/migrations/20260101000000_first_table.sql", "-- migrate:up\n");
}

static void numbered_files_follow_each_other(void **state)
{
    struct test_project project;
    (void)state;
    make_dbmate();
    test_write_file("db/migrations/20260102000000.sql", "");
    test_write_file("db/migrations/readme.sql", "");
    test_write_file("db/migrations/3.txt", "");
    test_open(&project);
    test_assert_chain(&project.chain, "20260101000000 20260102000000>20260101000000*");
    assert_string_equal(project.chain.migrations[0].title, "first table");
    test_close(&project);
}

static void golang_migrate_counts(void **state)
{
    struct test_project project;
    (void)state;
    test_write_file("migrations/9_a.up.sql", "");
    test_write_file("migrations/9_a.down.sql", "");
    test_write_file("migrations/10_b.up.sql", "");
    test_write_file("migrations/11_b.down.sql", "");
    test_open(&project);
    test_assert_chain(&project.chain, "9 10>9*");
    assert_string_equal(project.chain.migrations[0].down_path, "migrations/9_a.down.sql");
    assert_null(project.chain.migrations[1].down_path);
    test_close(&project);
}

static void assert_new_version(const char *last, const char *expected)
{
    struct chain chain = CHAIN_INIT;
    if (last != NULL)
        chain_add(&chain)->version = strdup(last);
    char *version = sql_files_new_version(&chain, INT64_C(1795342500500000));
    assert_string_equal(version, expected);
    free(version);
    chain_release(&chain);
}

static void a_new_version_is_the_greatest_in_the_manner_of_the_last(void **state)
{
    (void)state;
    assert_new_version(NULL, "20261122101500");
    assert_new_version("20261122101459", "20261122101500");
    assert_new_version("20261122101500", "20261122101501");
    assert_new_version("20991231235959", "20991231235960");
    assert_new_version("000009", "000010");
    assert_new_version("9", "10");
    assert_new_version("1700000000", "1795342500");
    assert_new_version("99999999999999999999999", "100000000000000000000000");
}

static const char dbmate_text[] =
    "-- users get a name\n"
    "-- migrate:up\n"
    "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; END;\n"
    "\n-- migrate:down\n"
    "-- The rows of t do not come back.\n"
    "DROP TRIGGER a -- x\n;\n";

static void dbmate_files_have_two_sections(void **state)
{
    struct test_project project;
    struct composed composed;
    const char *const remarks[] = {"The rows of t do not come back."};
    (void)state;
    make_dbmate();
    test_open(&project);
    struct test_statements up = test_statements(
        "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = 1; END", NULL);
    struct test_statements down = test_statements("DROP TRIGGER a -- x", NULL);
    struct proposal proposal = test_proposal(&project, &up, &down);
    proposal.remarks = remarks;
    proposal.remark_count = 1;
    test_compose(&project, &proposal, &composed);
    assert_string_equal(composed.files[0].path,
                        "db/migrations/20261122101500_users_get_a_name.sql");
    assert_string_equal(test_content(&composed, 0), dbmate_text);
    composed_release(&composed);
    test_close(&project);
}

static void a_pair_has_one_way_in_each_file(void **state)
{
    struct test_project project;
    struct composed composed;
    (void)state;
    test_write_file("migrations/0001_a.up.sql", "");
    test_write_file("migrations/0001_a.down.sql", "");
    test_open(&project);
    struct test_statements up = test_statements("SELECT 1", "SELECT 2", NULL);
    struct test_statements down = test_statements(NULL);
    struct proposal proposal = test_proposal(&project, &up, &down);
    test_compose(&project, &proposal, &composed);
    assert_int_equal(composed.count, 2);
    assert_string_equal(composed.files[0].path, "migrations/0002_users_get_a_name.up.sql");
    assert_string_equal(composed.files[1].path, "migrations/0002_users_get_a_name.down.sql");
    assert_string_equal(test_content(&composed, 0),
                        "-- users get a name\n-- Each statement is final at once: if one fails, "
                        "those before it stay done.\nSELECT 1;\nSELECT 2;\n");
    assert_string_equal(test_content(&composed, 1), "DO 0;\n");
    composed_release(&composed);
    test_close(&project);
}

static void without_a_way_back_it_fails(void **state)
{
    struct test_project project;
    struct composed composed;
    (void)state;
    test_open(&project);
    assert_string_equal(project.found.format->name, "plain");
    assert_null(project.found.format->stamp);
    struct test_statements up = test_statements("DROP TABLE t", NULL), down = test_statements(NULL);
    struct proposal proposal = test_proposal(&project, &up, &down);
    proposal.message = "\xf0\x9f\x98\x80";
    proposal.no_way_back = "-- migrate:up was\nlost.";
    test_compose(&project, &proposal, &composed);
    assert_string_equal(composed.files[0].path, "migrations/20261122101500_migration.sql");
    assert_string_equal(test_content(&composed, 0),
                        "-- \xf0\x9f\x98\x80\n-- migrate:up\nDROP TABLE t;\n\n-- migrate:down\n"
                        "-- -- migrate:up was\n-- lost.\n"
                        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'This migration has no way "
                        "back; its file says why.';\n");
    composed_release(&composed);
    test_close(&project);
}

static void marks_in_statements_are_escaped_or_refused(void **state)
{
    struct test_project project;
    struct composed composed;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    make_dbmate();
    test_open(&project);
    struct test_statements up = test_statements("SELECT '\n-- migrate:down\n'", NULL);
    struct proposal proposal = test_proposal(&project, &up, &up);
    proposal.message = "x\nmigrate:up";
    test_compose(&project, &proposal, &composed);
    assert_string_equal(test_content(&composed, 0),
                        "-- x\n-- > migrate:up\n-- migrate:up\nSELECT '\\n-- migrate:down\n';\n\n"
                        "-- migrate:down\nSELECT '\\n-- migrate:down\n';\n");
    composed_release(&composed);
    up = test_statements("SELECT 1 AS `\n-- migrate:down\n`", NULL);
    assert_int_equal(project.found.format->compose(&project.found, &project.chain, &proposal,
                                                   &composed, &problem),
                     ERROR_UNSUPPORTED);
    assert_non_null(strstr(problem.text, "reads as \"-- migrate:up\""));
    test_close(&project);
}

/* --- version tables -----------------------------------------------------------------------------
 */

static void dbmate_has_a_row_for_each_migration(void **state)
{
    struct test_project project;
    struct stamp stamp = STAMP_INIT;
    struct position position;
    const char *rows[] = {"20200101000000", "20260101000000"}, *later[] = {"20270101000000"};
    (void)state;
    make_dbmate();
    test_open(&project);
    const struct format *format = project.found.format;
    format->stamp(&project.found, "2", "1", &stamp);
    format->unstamp(&project.found, "2", "1", &stamp);
    test_assert_stamp(
        &stamp,
        "CREATE TABLE IF NOT EXISTS `schema_migrations` (version varchar(128) PRIMARY KEY) [-1]\n"
        "INSERT INTO `schema_migrations` (version) SELECT '2' FROM DUAL WHERE NOT EXISTS (SELECT 1 "
        "FROM `schema_migrations` WHERE version = '2') [1]\n"
        "DELETE FROM `schema_migrations` WHERE version = '2' [1]\n");
    stamp_release(&stamp);
    assert_int_equal(format->locate(&project.chain, rows, 2, &position, NULL), ERROR_NONE);
    assert_int_equal(position.pending, 0);
    assert_null(position.unknown);
    position_release(&position);
    assert_int_equal(format->locate(&project.chain, later, 1, &position, NULL), ERROR_NONE);
    assert_int_equal(position.pending, 1);
    assert_string_equal(position.unknown, later[0]);
    position_release(&position);
    test_close(&project);
}

static void golang_migrate_has_one_row(void **state)
{
    struct test_project project;
    struct stamp stamp = STAMP_INIT;
    struct position position;
    struct problem problem = PROBLEM_INIT;
    const char *rows[] = {"1", "2"}, *dirty[] = {"2 dirty"};
    (void)state;
    test_write_file("migrations/001_a.up.sql", "");
    test_write_file("migrations/001_a.down.sql", "");
    test_write_file("migrations/002_b.up.sql", "");
    test_open(&project);
    const struct format *format = project.found.format;
    format->stamp(&project.found, "002", "001", &stamp);
    format->unstamp(&project.found, "002", "001", &stamp);
    format->stamp(&project.found, "001", NULL, &stamp);
    format->unstamp(&project.found, "001", NULL, &stamp);
    test_assert_stamp(
        &stamp,
        "UPDATE `schema_migrations` SET version = 002 WHERE version = 001 AND NOT dirty [1]\n"
        "UPDATE `schema_migrations` SET version = 001 WHERE version = 002 AND NOT dirty [1]\n"
        "CREATE TABLE IF NOT EXISTS `schema_migrations` (version bigint not null primary key, "
        "dirty boolean not null) [-1]\n"
        "INSERT INTO `schema_migrations` (version, dirty) SELECT 001, 0 FROM DUAL WHERE NOT EXISTS "
        "(SELECT 1 FROM `schema_migrations`) [1]\n"
        "DELETE FROM `schema_migrations` WHERE version = 001 AND NOT dirty [1]\n");
    stamp_release(&stamp);
    assert_int_equal(format->locate(&project.chain, rows, 1, &position, NULL), ERROR_NONE);
    assert_true(position.applied[0]);
    assert_int_equal(position.pending, 1);
    assert_null(position.unknown);
    position_release(&position);
    assert_int_equal(format->locate(&project.chain, dirty, 1, &position, NULL), ERROR_NONE);
    assert_int_equal(position_check(&position, &project.chain, NULL, &problem), ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "Migration 2 broke off"));
    position_release(&position);
    assert_int_equal(format->locate(&project.chain, rows, 2, &position, &problem),
                     ERROR_UNSUPPORTED);
    position_release(&position);
    test_close(&project);
}

int run_sql_files_tests(void)
{
    const struct CMUnitTest tests[] = {
        FORMAT_TEST(numbered_files_follow_each_other),
        FORMAT_TEST(golang_migrate_counts),
        FORMAT_TEST(a_new_version_is_the_greatest_in_the_manner_of_the_last),
        FORMAT_TEST(dbmate_files_have_two_sections),
        FORMAT_TEST(a_pair_has_one_way_in_each_file),
        FORMAT_TEST(without_a_way_back_it_fails),
        FORMAT_TEST(marks_in_statements_are_escaped_or_refused),
        FORMAT_TEST(dbmate_has_a_row_for_each_migration),
        FORMAT_TEST(golang_migrate_has_one_row),
    };
    return cmocka_run_group_tests_name("sql_files", tests, NULL, NULL);
}
