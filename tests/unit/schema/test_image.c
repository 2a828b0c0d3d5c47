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
        cmocka_unit_test(hides_the_password_of_a_connection_string),
        cmocka_unit_test(cuts_the_semicolon_behind_a_body),
        cmocka_unit_test(hash_is_sha256_and_tells_text_from_context),
    };

    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
