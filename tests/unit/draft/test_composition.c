/* What a draft says of a change. */
#include "draft_fixture.h"

#include <stdlib.h>
#include <string.h>

#define USERS "CREATE TABLE `users` (\n  `id` int NOT NULL,\n  `email` varchar(80) DEFAULT NULL"
#define END "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
#define NICKNAME ",\n  `nickname` varchar(64) DEFAULT NULL"

static const struct object_case users_with_nickname = {OBJECT_TABLE,       "users",     USERS END,
                                                       USERS NICKNAME END, ROLE_TARGET, NULL};

static void a_column_that_was_added(void **state)
{
    const struct change_case added = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE `bankroll`.`users` ADD COLUMN `nickname` varchar(64)",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &added);
    assert_string_equal(
        draft,
        "-- ddltap draft 1\n"
        "-- captured: 2026-11-22T10:15:00Z  MySQLWorkbench  root@localhost  bankroll  MySQL 9.7.4\n"
        "-- migrate:up\n"
        "ALTER TABLE `users` ADD COLUMN `nickname` varchar(64);\n"
        "-- migrate:down\n"
        "ALTER TABLE `users` DROP COLUMN `nickname`;\n");
    free(draft);
}

static void a_dropped_table_comes_back_and_its_rows_are_named(void **state)
{
    const struct change_case dropped = {
        .verb = DDL_DROP,
        .text = "DROP TABLE users",
        .sql_mode = "",
        .objects = {{OBJECT_TABLE, "users", USERS END, NULL, ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &dropped);
    assert_holds(draft, "-- migrate:up\nDROP TABLE users;\n-- migrate:down\n-- ");
    assert_holds(draft, "\n" USERS END ";\n");
    assert_holds(draft, "rows of");
    free(draft);
}

static void a_change_without_images_has_no_way_back(void **state)
{
    const struct change_case unknown = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users ADD COLUMN nickname varchar(64)",
        .objects = {{OBJECT_TABLE, "users", "?", "?", ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &unknown);
    struct draft_file file;
    struct problem problem;
    assert_holds(draft, "-- migrate:down\n-- no way back is known: ");
    assert_int_equal(draft_read_text(slice_from(draft), &file, &problem), ERROR_NONE);
    assert_false(file.down_known);
    free(draft);
}

static void text_becomes_utf8(void **state)
{
    const struct change_case latin1 = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users ADD COLUMN nickname varchar(64) COMMENT 'gr\xfc\xdf'",
        .charset = "latin1",
        .collation = "latin1_swedish_ci",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &latin1);
    assert_holds(draft, "-- migrate:up\nALTER TABLE users ADD COLUMN nickname varchar(64) "
                        "COMMENT 'gr\xc3\xbc\xc3\x9f';\n");
    free(draft);
}

/* In sjis the second byte of this character is a backslash. */
static void a_character_that_ends_in_a_backslash_ends_no_string(void **state)
{
    const struct change_case sjis = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE bankroll.users COMMENT '\x95\x5c'",
        .charset = "sjis",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &sjis);
    assert_holds(draft, "\nALTER TABLE users COMMENT '\xe8\xa1\xa8';\n");
    free(draft);
}

static void bytes_that_are_no_text_stay_out_and_are_shown(void **state)
{
    const struct change_case broken = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users COMMENT '\xff'",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &broken);
    assert_holds(draft, "-- migrate:up\n-- The statement is not written here: its bytes cannot be "
                        "converted from utf8mb4 to UTF-8. Write it into this file.\n"
                        "-- Its bytes:\n-- 0x414C544552");
    assert_holds(draft, "27FF27\n-- migrate:down\n");
    free(draft);
}

static void a_literal_of_raw_bytes_is_not_converted(void **state)
{
    const struct change_case raw = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users ALTER email SET DEFAULT _latin1'\xfc'",
        .charset = "latin1",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &raw);
    assert_holds(draft, "introducer");
    assert_lacks(draft, "\nALTER TABLE users ALTER");
    free(draft);
}

static void sql_mode_is_carried_where_it_differs(void **state)
{
    const struct change_case lax = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users ADD COLUMN nickname varchar(64)",
        .sql_mode = "ANSI_QUOTES",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &lax);
    assert_holds(draft, "-- migrate:up\n"
                        "SET @ddltap_sql_mode = @@sql_mode, sql_mode = 'ANSI_QUOTES';\n"
                        "ALTER TABLE users ADD COLUMN nickname varchar(64);\n"
                        "SET sql_mode = @ddltap_sql_mode;\n"
                        "-- migrate:down\n");
    free(draft);
}

static void a_drop_needs_its_sql_mode_only_for_its_quotes(void **state)
{
    const struct change_case quoted = {
        .verb = DDL_DROP,
        .text = "DROP TABLE \"users\"",
        .sql_mode = "ANSI_QUOTES",
        .objects = {{OBJECT_TABLE, "users", USERS END, NULL, ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &quoted);
    assert_holds(draft, "sql_mode = 'ANSI_QUOTES';\nDROP TABLE \"users\";\nSET sql_mode");
    free(draft);
}

static void dropping_a_package_carries_the_sql_mode_that_knows_packages(void **state)
{
    const struct change_case package = {
        .verb = DDL_DROP,
        .noun = "PACKAGE",
        .mariadb = true,
        .text = "DROP PACKAGE p",
        .sql_mode = "ORACLE",
        .objects = {{OBJECT_PACKAGE, "p", "CREATE PACKAGE `p` ...", NULL, ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &package);
    assert_holds(draft, "sql_mode = 'ORACLE';\nDROP PACKAGE p;\nSET sql_mode");
    free(draft);
}

static void foreign_key_checks_are_carried_for_tables(void **state)
{
    const struct change_case unchecked = {
        .verb = DDL_DROP,
        .text = "DROP TABLE users",
        .no_foreign_key_checks = true,
        .objects = {{OBJECT_TABLE, "users", USERS END, NULL, ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &unchecked);
    assert_holds(draft,
                 "-- migrate:up\n"
                 "SET @ddltap_foreign_key_checks = @@foreign_key_checks, foreign_key_checks = 0;\n"
                 "DROP TABLE users;\n"
                 "SET foreign_key_checks = @ddltap_foreign_key_checks;\n");
    assert_holds(draft,
                 "-- migrate:down\n"
                 "-- rows of `users` do not come back\n"
                 "SET @ddltap_foreign_key_checks = @@foreign_key_checks, foreign_key_checks = 0;\n"
                 "CREATE TABLE `users` (");
    assert_holds(draft, ";\nSET foreign_key_checks = @ddltap_foreign_key_checks;\n");
    free(draft);
}

static void an_event_carries_its_time_zone(void **state)
{
    const struct change_case event = {
        .verb = DDL_CREATE,
        .noun = "EVENT",
        .text = "CREATE EVENT e ON SCHEDULE AT '2030-01-01 00:00:00' DO SELECT 1",
        .time_zone = "+02:00",
        .no_foreign_key_checks = true,
        .objects = {{OBJECT_EVENT, "e", NULL, "CREATE EVENT `e` ...", ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &event);
    assert_holds(draft, "-- migrate:up\n"
                        "SET @ddltap_time_zone = @@time_zone, time_zone = '+02:00';\n"
                        "CREATE EVENT e ON SCHEDULE AT '2030-01-01 00:00:00' DO SELECT 1;\n"
                        "SET time_zone = @ddltap_time_zone;\n");
    free(draft);
}

static void a_view_carries_the_character_sets_of_its_session(void **state)
{
    const struct change_case view = {
        .verb = DDL_CREATE,
        .noun = "VIEW",
        .text = "CREATE VIEW v AS SELECT 'a' AS a",
        .charset = "latin1",
        .collation = "latin1_german1_ci",
        .objects = {{OBJECT_VIEW, "v", NULL, "CREATE VIEW `v` AS select 'a'", ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &view);
    assert_holds(draft, "character_set_client = 'latin1'");
    assert_holds(draft, "collation_connection = 'latin1_german1_ci'");
    assert_holds(draft, "\nCREATE VIEW v AS SELECT 'a' AS a;\nSET ");
    assert_holds(draft, "-- migrate:down\nDROP VIEW `v`;\n");
    free(draft);
}

static void letters_that_are_utf8_now_are_not_read_as_latin1(void **state)
{
    const struct change_case view = {
        .verb = DDL_CREATE,
        .noun = "VIEW",
        .text = "CREATE VIEW v AS SELECT '\xfc' AS a",
        .charset = "latin1",
        .collation = "latin1_german1_ci",
        .objects = {{OBJECT_VIEW, "v", NULL, "CREATE VIEW `v` AS select 'u'", ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &view);
    assert_lacks(draft, "character_set_client = 'latin1'");
    assert_holds(draft, "-- The session's character set was latin1; here the statement is UTF-8");
    assert_holds(draft, "collation_connection = 'latin1_german1_ci'");
    assert_holds(draft, "\nCREATE VIEW v AS SELECT '\xc3\xbc' AS a;\n");
    free(draft);
}

static void a_table_carries_no_character_set(void **state)
{
    const struct change_case table = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users ADD COLUMN nickname varchar(64)",
        .charset = "latin1",
        .collation = "latin1_german1_ci",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &table);
    assert_lacks(draft, "SET ");
    free(draft);
}

static void what_succeeded_in_part_is_written_from_its_images(void **state)
{
    const struct change_case part = {
        .verb = DDL_DROP,
        .text = "DROP TABLE users, missing",
        .error_code = 1051,
        .mariadb = true,
        .version = 101106,
        .objects = {{OBJECT_TABLE, "users", USERS END, NULL, ROLE_TARGET, NULL},
                    {OBJECT_TABLE, "missing", NULL, NULL, ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &part);
    assert_holds(draft, "MariaDB 10.11.6\n-- The statement succeeded only in part (error 1051)");
    assert_holds(draft, "-- migrate:up\nDROP TABLE `users`;\n-- migrate:down\n");
    assert_holds(draft, "\n" USERS END ";\n");
    free(draft);
}

static void what_a_call_did_is_written_not_the_call(void **state)
{
    const struct change_case call = {
        .verb = DDL_ALTER,
        .text = "CALL add_nickname()",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &call);
    assert_lacks(draft, "CALL");
    assert_holds(draft, "-- migrate:up\nALTER TABLE `users` ADD COLUMN `nickname` varchar(64)");
    assert_holds(draft, "-- migrate:down\nALTER TABLE `users` DROP COLUMN `nickname`;\n");
    free(draft);
}

static void a_secret_that_was_replaced_is_said(void **state)
{
    const struct change_case redacted = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users CONNECTION='mysql://u:<redacted>@h/d'",
        .redacted = true,
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &redacted);
    assert_holds(draft, "9.7.4\n-- A secret was replaced by <redacted>");
    free(draft);
}

static void another_default_schema_is_said(void **state)
{
    const struct change_case elsewhere = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE bankroll.users ADD COLUMN nickname varchar(64)",
        .default_schema = "other",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &elsewhere);
    assert_lacks(draft, "Names without a schema"); /* none of its objects is of that schema */
    assert_holds(draft, "-- migrate:up\nALTER TABLE users ADD");
    free(draft);
}

static void a_mark_inside_a_statement_is_no_mark(void **state)
{
    const struct change_case procedure = {
        .verb = DDL_CREATE,
        .noun = "PROCEDURE",
        .text = "CREATE PROCEDURE p()\nBEGIN\n-- migrate:down\nSELECT 'a\n-- migrate:up ';\nEND",
        .objects = {{OBJECT_PROCEDURE, "p", NULL,
                     "CREATE PROCEDURE `p`()\nBEGIN\n-- migrate:down\nEND", ROLE_TARGET, NULL}},
    };
    char *draft = fixture_draft_of(*state, &procedure);
    struct draft_file file;
    struct problem problem;
    assert_int_equal(draft_read_text(slice_from(draft), &file, &problem), ERROR_NONE);
    assert_true(slice_equal(file.up, SLICE("CREATE PROCEDURE p()\nBEGIN\n -- migrate:down\n"
                                           "SELECT 'a\\n-- migrate:up ';\nEND;\n")));
    assert_holds(draft, "-- A line that reads as a section mark was written in another way.\n");
    assert_true(slice_equal(file.down, SLICE("DROP PROCEDURE `p`;\n")));
    free(draft);
}

static void a_mark_inside_a_name_keeps_the_statement_out(void **state)
{
    const struct change_case named = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users ADD COLUMN `a\n-- migrate:down\n` int",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &named);
    struct draft_file file;
    struct problem problem;
    assert_holds(draft, "-- The statement is not written here: a line inside its quotes");
    assert_int_equal(draft_read_text(slice_from(draft), &file, &problem), ERROR_NONE);
    free(draft);
}

static void a_comment_at_the_end_does_not_swallow_the_end(void **state)
{
    const struct change_case commented = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users ADD COLUMN nickname varchar(64) -- for the profile",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &commented);
    assert_holds(draft, "varchar(64) -- for the profile\n;\n-- migrate:down");
    free(draft);
}

static void the_account_has_no_port(void **state)
{
    const struct change_case local = {
        .verb = DDL_ALTER,
        .text = "ALTER TABLE users ADD COLUMN nickname varchar(64)",
        .address = "unix",
        .tool = "",
        .objects = {users_with_nickname},
    };
    char *draft = fixture_draft_of(*state, &local);
    assert_holds(draft, "Z  unknown  root@localhost  bankroll");
    free(draft);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int run_composition_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_column_that_was_added),
        TEST(a_dropped_table_comes_back_and_its_rows_are_named),
        TEST(a_change_without_images_has_no_way_back),
        TEST(text_becomes_utf8),
        TEST(a_character_that_ends_in_a_backslash_ends_no_string),
        TEST(bytes_that_are_no_text_stay_out_and_are_shown),
        TEST(a_literal_of_raw_bytes_is_not_converted),
        TEST(sql_mode_is_carried_where_it_differs),
        TEST(a_drop_needs_its_sql_mode_only_for_its_quotes),
        TEST(dropping_a_package_carries_the_sql_mode_that_knows_packages),
        TEST(foreign_key_checks_are_carried_for_tables),
        TEST(an_event_carries_its_time_zone),
        TEST(a_view_carries_the_character_sets_of_its_session),
        TEST(letters_that_are_utf8_now_are_not_read_as_latin1),
        TEST(a_table_carries_no_character_set),
        TEST(what_succeeded_in_part_is_written_from_its_images),
        TEST(what_a_call_did_is_written_not_the_call),
        TEST(a_secret_that_was_replaced_is_said),
        TEST(another_default_schema_is_said),
        TEST(a_mark_inside_a_statement_is_no_mark),
        TEST(a_mark_inside_a_name_keeps_the_statement_out),
        TEST(a_comment_at_the_end_does_not_swallow_the_end),
        TEST(the_account_has_no_port),
    };
    return cmocka_run_group_tests_name("composition", tests, NULL, NULL);
}
