/* What an image keeps and what it leaves out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "schema/image.h"
#include "suites.h"

static void assert_normal(enum object_type type, const char *text, const char *expected)
{
    struct buffer out = BUFFER_INIT;

    image_normalise(type, slice_from(text), false, &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void takes_the_counter_out_and_leaves_the_attribute(void **state)
{
    (void)state;
    assert_normal(OBJECT_TABLE,
                  USERS_HEAD "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT "
                             "CHARSET=utf8mb4",
                  USERS_HEAD "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
}

static void leaves_a_comment_that_looks_like_a_counter(void **state)
{
    const char *text = "CREATE TABLE `t` (\n  `id` int\n) ENGINE=InnoDB COMMENT='x "
                       "AUTO_INCREMENT=5'";

    (void)state;
    assert_normal(OBJECT_TABLE, text, text);
}

static void leaves_what_only_begins_like_a_counter(void **state)
{
    const char *text = "CREATE TABLE `t` (\n  `id` int\n) ENGINE=InnoDB AUTO_INCREM "
                       "AUTO_INCREMENT=ENT=3 AUTO_INCREMENT=5ENT=3";

    (void)state;
    assert_normal(OBJECT_TABLE, text, text);
}

static void quotes_the_name_of_a_foreign_key_that_mariadb_has_not(void **state)
{
    const char *right =
        "CREATE TABLE `a``b` (\n  `id` int,\n  CONSTRAINT `a``b_ibfk_1` FOREIGN KEY "
        "(`id`) REFERENCES `a``b` (`id`)\n) ENGINE=InnoDB";

    (void)state;
    assert_normal(OBJECT_TABLE,
                  "CREATE TABLE `a``b` (\n  `id` int,\n  CONSTRAINT `a`b_ibfk_1` FOREIGN KEY "
                  "(`id`) REFERENCES `a``b` (`id`)\n) ENGINE=InnoDB",
                  right);
    assert_normal(OBJECT_TABLE, right, right);
}

static void hides_the_password_of_a_connection_string(void **state)
{
    struct buffer out = BUFFER_INIT;

    (void)state;
    image_normalise(OBJECT_TABLE,
                    SLICE("CREATE TABLE `t` (\n  `id` int\n) ENGINE=FEDERATED "
                          "CONNECTION='mysql://joe:s3cret@db:3306/x/t'"),
                    false, &out);
    assert_null(strstr(buffer_text(&out), "s3cret"));
    assert_non_null(strstr(buffer_text(&out), "ENGINE=FEDERATED"));
    buffer_release(&out);
}

struct secret_image {
    enum object_type type;
    const char *text, *expected;
};

static void hides_the_secrets_of_every_type(void **state)
{
    static const struct secret_image images[] = {
        {OBJECT_PROCEDURE,
         "CREATE DEFINER=`root`@`%` PROCEDURE `p`()\nCREATE USER x IDENTIFIED BY 's3cret'",
         "CREATE DEFINER=`root`@`%` PROCEDURE `p`()\nCREATE USER x IDENTIFIED BY '<redacted>'"},
        {OBJECT_PROCEDURE, "CREATE PROCEDURE `p`() COMMENT 'kept' SET PASSWORD = 's3cret'",
         "CREATE PROCEDURE `p`() COMMENT 'kept' SET PASSWORD = '<redacted>'"},
        {OBJECT_EVENT,
         "CREATE DEFINER=`root`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2024-01-01 00:00:00' "
         "ON COMPLETION NOT PRESERVE ENABLE DO SET PASSWORD FOR low = PASSWORD('s3cret')",
         "CREATE DEFINER=`root`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2024-01-01 00:00:00' "
         "ON COMPLETION NOT PRESERVE ENABLE DO SET PASSWORD FOR low = PASSWORD('<redacted>')"},
        {OBJECT_TRIGGER,
         "CREATE TRIGGER `t` BEFORE UPDATE ON `u` FOR EACH ROW SET PASSWORD = 's3cret';",
         "CREATE TRIGGER `t` BEFORE UPDATE ON `u` FOR EACH ROW SET PASSWORD = '<redacted>'"},
        {OBJECT_VIEW, "CREATE VIEW `v` AS select password('s3cret') AS `p`,'kept' AS `k`",
         "CREATE VIEW `v` AS select password('<redacted>') AS `p`,'kept' AS `k`"},
        {OBJECT_TABLE,
         "CREATE TABLE `sp` (\n  `id` int(11) DEFAULT NULL\n) ENGINE=SPIDER AUTO_INCREMENT=3 "
         "COMMENT='wrapper \"mysql\", user \"a\", password \"s3 cret, s3cret\"'",
         "CREATE TABLE `sp` (\n  `id` int(11) DEFAULT NULL\n) ENGINE=SPIDER "
         "COMMENT='wrapper \"mysql\", user \"a\", password \"<redacted>\"'"},
        {OBJECT_TABLE,
         "CREATE TABLE `c` (\n  `id` int(11) NOT NULL\n) ENGINE=CONNECT `TABLE_TYPE`='MYSQL' "
         "`OPTION_LIST`='host=h,user=u,password=s3cret'",
         "CREATE TABLE `c` (\n  `id` int(11) NOT NULL\n) ENGINE=CONNECT `TABLE_TYPE`='MYSQL' "
         "`OPTION_LIST`='host=h,user=u,password=<redacted>'"},
        {OBJECT_TABLE,
         "CREATE TABLE `c` (\n  `id` int(11) NOT NULL\n) ENGINE=CONNECT "
         "`TABLE_LIST`='mysql://u:s3cret@h/d/t'",
         "CREATE TABLE `c` (\n  `id` int(11) NOT NULL\n) ENGINE=CONNECT "
         "`TABLE_LIST`='mysql://u:<redacted>@h/d/t'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
        assert_normal(images[i].type, images[i].text, images[i].expected);
}

/* The same bytes are other literals under ANSI_QUOTES and NO_BACKSLASH_ESCAPES. */
static void hides_the_secrets_of_a_body_made_under_any_sql_mode(void **state)
{
    static const char *const bodies[] = {
        "CREATE PROCEDURE \"p\"() BEGIN SELECT \"it's\"; CREATE USER x IDENTIFIED BY 's3cret'; "
        "SELECT 'it'; END",
        "CREATE PROCEDURE `p`() BEGIN SET @a = 'C:\\'; CREATE USER x IDENTIFIED BY 's3cret'; END",
        "CREATE PROCEDURE `p`() BEGIN SET @a = 'it\\'s'; CREATE USER x IDENTIFIED BY 's3cret'; END",
        "CREATE PROCEDURE `p`() BEGIN SET @a = 'C:\\', @b = 'D:\\'; CREATE USER x IDENTIFIED BY "
        "'s3cret'; END",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct buffer out = BUFFER_INIT;
        image_normalise(OBJECT_PROCEDURE, slice_from(bodies[i]), i % 2 == 0, &out);
        if (strstr(buffer_text(&out), "s3cret") != NULL)
            fail_msg("a secret stays: %s", buffer_text(&out));
        buffer_release(&out);
    }
}

/* A reading that leaves a literal open is not the server's: it must not break the statement. */
static void keeps_a_body_with_a_secret_valid(void **state)
{
    (void)state;
    assert_normal(OBJECT_PROCEDURE,
                  "CREATE PROCEDURE `p`() BEGIN SET @a = 'it\\'s'; CREATE USER x IDENTIFIED BY "
                  "'s3cret'; SET @b = 'kept'; END",
                  "CREATE PROCEDURE `p`() BEGIN SET @a = 'it\\'s'; CREATE USER x IDENTIFIED BY "
                  "'<redacted>'; SET @b = 'kept'; END");
    assert_normal(OBJECT_PROCEDURE,
                  "CREATE PROCEDURE `p`() BEGIN SET @a = 'C:\\'; CREATE USER x IDENTIFIED BY "
                  "'s3cret'; SET @b = 'kept'; END",
                  "CREATE PROCEDURE `p`() BEGIN SET @a = 'C:\\'; CREATE USER x IDENTIFIED BY "
                  "'<redacted>'; SET @b = 'kept'; END");
}

static void leaves_an_image_without_secrets(void **state)
{
    const char *texts[] = {
        "CREATE TABLE `t` (\n  `password` varchar(9) DEFAULT 'x' COMMENT 'IDENTIFIED by a human'\n)"
        " ENGINE=InnoDB COMMENT='the password of an unidentified user'",
        "CREATE TABLE `t` (\n  `a` int DEFAULT NULL COMMENT 'C:\\\\'\n) ENGINE=InnoDB\n"
        "/*!50100 PARTITION BY HASH (`a`) */",
        "CREATE DEFINER=`a`@`%` TRIGGER `t` BEFORE INSERT ON `u` FOR EACH ROW UPDATE v SET "
        "password = 'x', b = \"it\\\"s\"",
    };

    (void)state;
    assert_normal(OBJECT_TABLE, texts[0], texts[0]);
    assert_normal(OBJECT_TABLE, texts[1], texts[1]);
    assert_normal(OBJECT_TRIGGER, texts[2], texts[2]);
}

static void cuts_the_semicolon_behind_a_body(void **state)
{
    (void)state;
    assert_normal(OBJECT_TRIGGER, "CREATE TRIGGER `t` BEFORE INSERT ON `u` FOR EACH ROW set @a=1;",
                  "CREATE TRIGGER `t` BEFORE INSERT ON `u` FOR EACH ROW set @a=1");
}

static void hash_is_sha256_and_tells_text_from_context(void **state)
{
    char hash[IMAGE_HASH_SIZE], other[IMAGE_HASH_SIZE];

    (void)state;
    image_hash(SLICE(""), SLICE_NONE, hash);
    /* SHA-256 of one NUL byte */
    assert_string_equal(hash, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    image_hash(SLICE("ab"), SLICE("c"), hash);
    image_hash(SLICE("a"), SLICE("bc"), other);
    assert_string_not_equal(hash, other);
}

int run_image_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_counter_out_and_leaves_the_attribute),
        cmocka_unit_test(leaves_a_comment_that_looks_like_a_counter),
        cmocka_unit_test(leaves_what_only_begins_like_a_counter),
        cmocka_unit_test(quotes_the_name_of_a_foreign_key_that_mariadb_has_not),
        cmocka_unit_test(hides_the_password_of_a_connection_string),
        cmocka_unit_test(hides_the_secrets_of_every_type),
        cmocka_unit_test(hides_the_secrets_of_a_body_made_under_any_sql_mode),
        cmocka_unit_test(keeps_a_body_with_a_secret_valid),
        cmocka_unit_test(leaves_an_image_without_secrets),
        cmocka_unit_test(cuts_the_semicolon_behind_a_body),
        cmocka_unit_test(hash_is_sha256_and_tells_text_from_context),
    };

    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
