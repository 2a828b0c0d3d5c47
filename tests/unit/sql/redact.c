/* Tests of redact: "secret" must not survive, all else must. */
#include "sql_tests.h"

#include "sql/redact.h"

static void check(const char *text, const char *expected)
{
    static const char *const dialects[] = {"mysql", "mariadb"};
    for (size_t i = 0; i < 2; i++) {
        struct dialect dialect = test_dialect(dialects[i]);
        struct buffer out = BUFFER_INIT;
        bool replaced = redact_write(slice_from(text), &dialect, &out);
        assert_string_equal(buffer_text(&out), expected);
        assert_int_equal(replaced, strcmp(text, expected) != 0);
        buffer_release(&out);
    }
}

static void check_secret_goes(const char *dialect_words, const char *text)
{
    struct dialect dialect = test_dialect(dialect_words);
    struct buffer out = BUFFER_INIT;
    assert_true(redact_write(slice_from(text), &dialect, &out));
    if (strstr(buffer_text(&out), "secret") != NULL || strstr(buffer_text(&out), "736563") != NULL)
        fail_msg("a secret stays: %s", buffer_text(&out));
    buffer_release(&out);
}

static void literals_of_account_statements_go(void **state)
{
    (void)state;
    check("CREATE USER 'a'@'b' IDENTIFIED BY 'secret'",
          "CREATE USER '<redacted>'@'<redacted>' IDENTIFIED BY '<redacted>'");
    check("CREATE USER a IDENTIFIED BY 'secret'\"secret\"",
          "CREATE USER a IDENTIFIED BY '<redacted>'");
    check("GRANT ALL ON shop.* TO a@b IDENTIFIED BY 'secret' WITH GRANT OPTION",
          "GRANT ALL ON shop.* TO a@b IDENTIFIED BY '<redacted>' WITH GRANT OPTION");
    check("SET PASSWORD FOR a = PASSWORD('secret')", "SET PASSWORD FOR a = PASSWORD('<redacted>')");
    check("SELECT 'kept'; SET PASSWORD = 'secret'; SELECT 'kept';",
          "SELECT 'kept'; SET PASSWORD = '<redacted>'; SELECT 'kept';");
}

static void secrets_go_wherever_they_stand(void **state)
{
    static const char *const texts[] = {
        "ALTER USER a IDENTIFIED WITH caching_sha2_password BY 'secret' REPLACE 'secret'",
        "ALTER USER a IDENTIFIED WITH x AS 0x736563726574",
        "CREATE USER a IDENTIFIED VIA ed25519 USING PASSWORD('secret') OR unix_socket",
        "CREATE USER a IDENTIFIED BY 'sec''ret secret",
        "CREATE USER a /* secret */ IDENTIFIED BY 'x'",
        "CREATE USER a /*!99999 IDENTIFIED BY 'secret' */",
        "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'u', PASSWORD 'secret')",
        "CHANGE MASTER TO MASTER_HOST='h', MASTER_PASSWORD='secret'",
        "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = 'secret'",
        "START REPLICA USER='a' PASSWORD='secret'",
        "CREATE PROCEDURE p() BEGIN CREATE USER a IDENTIFIED BY 'secret'; SET PASSWORD = 'secret'; "
        "END",
        "CREATE PROCEDURE p() CHANGE MASTER TO MASTER_PASSWORD='secret'",
        "SELECT PASSWORD('secret'), OLD_PASSWORD(CONCAT('secret', 'secret'))",
        "PREPARE s FROM 'ALTER USER a IDENTIFIED BY ''secret'''",
        "EXECUTE IMMEDIATE 'SET PASSWORD = ''secret'''",
        "SET @a = 'CREATE USER a IDENTIFIED BY ''secret'''",
        "CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION='mysql://u:secret@h:3306/d/t'",
        "CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION 'mysql://u:se@cret:secret@h/d/t'",
        "CREATE TABLE t (a INT) ENGINE=SPIDER COMMENT='host \"h\", user \"u\", password "
        "\"secret\"'",
        "CREATE TABLE t (a INT) ENGINE=CONNECT OPTION_LIST='user=u,password=secret,host=h'",
        "CREATE TABLE t (a INT) ENGINE=CONNECT CONNECTION='DSN=x;UID=u;PWD=secret'",
        "CREATE TABLE t (a INT) ENGINE=S3 S3_SECRET_KEY='secret'",
        "CREATE USER a IDENTIFIED BY N'secret'",
        "CREATE PROCEDURE p() SET PASSWORD = 'secret'",
        "CREATE OR REPLACE PROCEDURE p() SET PASSWORD = 'secret'",
        "CREATE PROCEDURE p() START REPLICA USER='a' PASSWORD='secret'",
        "CREATE TABLE t (a INT) ENGINE=CONNECT `OPTION_LIST`='password=secret'",
        "CREATE TABLE t (a INT) ENGINE=S3 `s3_access_key`='secret'",
        "CREATE TABLE t (a INT) ENGINE=SPIDER COMMENT='password \"x secret, secret\", table \"t\"'",
        "PREPARE s FROM 'CREATE OR REPLACE USER a\\nIDENTIFIED BY ''secret'''",
        "SET @a = 'CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (PASSWORD ''secret'')'",
        "SET @a = 'GRANT USAGE ON *.* TO a IDENTIFIED VIA ed25519 USING secret'",
        "SET @a = CONCAT('ALTER USER ', a, ' IDENTIFIED BY ''', 'secret', '''')",
        "SET @a = CONCAT('SET PASSWORD FOR ', QUOTE(a), ' = ', QUOTE('secret'))",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_secret_goes("mysql", texts[i]);
        check_secret_goes("mariadb", texts[i]);
        check_secret_goes("nobackslash", texts[i]);
    }
    check_secret_goes("ansi", "CREATE USER a IDENTIFIED BY \"secret\"");
}

static void what_is_no_secret_stays(void **state)
{
    (void)state;
    check("CREATE TABLE t (a INT) CONNECTION='mysql://u:secret@h:3306/d/t'",
          "CREATE TABLE t (a INT) CONNECTION='mysql://u:<redacted>@h:3306/d/t'");
    check("CREATE TABLE t (a INT) CONNECTION='mysql://u@h:3306/d/t'",
          "CREATE TABLE t (a INT) CONNECTION='mysql://u@h:3306/d/t'");
    check("CREATE TABLE t (password VARCHAR(99) DEFAULT 'x' COMMENT 'the password of a user')",
          "CREATE TABLE t (password VARCHAR(99) DEFAULT 'x' COMMENT 'the password of a user')");
    check("CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW UPDATE v SET password = 'x'",
          "CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW UPDATE v SET password = 'x'");
    check("ALTER TABLE t DATA DIRECTORY='/data' ADD b INT DEFAULT 0x1F",
          "ALTER TABLE t DATA DIRECTORY='/data' ADD b INT DEFAULT 0x1F");
    check("CREATE PROCEDURE p() BEGIN ALTER USER a IDENTIFIED BY 'secret'; SELECT 'kept'; END",
          "CREATE PROCEDURE p() BEGIN ALTER USER a IDENTIFIED BY '<redacted>'; SELECT 'kept'; END");
    check("", "");
    check(" ; ", " ; ");
}

static void prose_about_identities_stays(void **state)
{
    static const char *const texts[] = {
        "CREATE TABLE t (a INT COMMENT 'IDENTIFIED by a human')",
        "CREATE TABLE t (a INT COMMENT 'unidentified', b INT COMMENT 'identified')",
        "CREATE TABLE t (a INT COMMENT 'the user set passwords') /* identified by name */",
        "CREATE TABLE t (a INT COMMENT 'users that alter user rows, not GRANT')",
        "CREATE TABLE t (a ENUM('create user', 'set password', 'grant') DEFAULT 'grant')",
        "CREATE TABLE t (a INT COMMENT 'copy of source_password_policy')",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(texts[i], texts[i]);
}

/* A definition without a double quote and a backslash is read once. A comment with both has it read in every way, and
 * must change nothing but itself. */
static void check_is_read_the_same(const char *text, bool mariadb)
{
    struct buffer once = BUFFER_INIT, longer = BUFFER_INIT, often = BUFFER_INIT;
    buffer_printf(&longer, "%s /* \" \\ */", text);
    bool replaced = redact_write_definition(slice_from(text), mariadb, &once);
    bool also = redact_write_definition(buffer_slice(&longer), mariadb, &often);
    assert_true(slice_starts_with(buffer_slice(&often), buffer_slice(&once)));
    assert_true(also || !replaced);
    assert_int_equal(replaced, strcmp(text, buffer_text(&once)) != 0);
    buffer_release(&once);
    buffer_release(&longer);
    buffer_release(&often);
}

static void one_reading_of_a_definition_is_as_good_as_four(void **state)
{
    static const char *const texts[] = {
        "CREATE TABLE `t` (`a` int) ENGINE=FEDERATED CONNECTION='mysql://u:secret@h/d/t'",
        "CREATE TABLE `t` (`a` int COMMENT 'it''s; no /* secret */') ENGINE=InnoDB",
        "CREATE TABLE `t` (`it's` int) ENGINE=CONNECT `OPTION_LIST`='password=secret'",
        "CREATE TABLE `t` (`a` int /*!50100 COMMENT 'x' */) ENGINE=S3 `s3_access_key`='secret'",
        "CREATE PROCEDURE `p`() BEGIN CREATE USER a IDENTIFIED BY 'secret'; SET @a = 'b'; END",
        "CREATE PROCEDURE `p`() SET @a = 'CREATE USER a IDENTIFIED BY ''secret'''",
        "CREATE VIEW `v` AS select password('secret') AS `p`,'kept' AS `k`",
        "CREATE TRIGGER `t` BEFORE UPDATE ON `u` FOR EACH ROW SET PASSWORD = 'secret'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_is_read_the_same(texts[i], false);
        check_is_read_the_same(texts[i], true);
    }
}

int run_redact_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_of_account_statements_go),
        cmocka_unit_test(secrets_go_wherever_they_stand),
        cmocka_unit_test(what_is_no_secret_stays),
        cmocka_unit_test(prose_about_identities_stays),
        cmocka_unit_test(one_reading_of_a_definition_is_as_good_as_four),
    };
    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
