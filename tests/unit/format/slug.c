/* The part of a file name that tells what it is about; expectations are Alembic's own answers. */
#include "format_tests.h"

#include "format/slug.h"

static void assert_slug(const char *text, size_t most, const char *expected)
{
    struct buffer out = BUFFER_INIT;
    buffer_append_text(&out, "1_");
    slug_append(slice_from(text), most, &out);
    assert_string_equal(buffer_text(&out) + 2, expected);
    buffer_release(&out);
}

static void words_are_joined_in_small_letters(void **state)
{
    (void)state;
    assert_slug("Users get a display-name!", 40, "users_get_a_display_name");
    assert_slug("  +a__b  ", 40, "a__b");
    assert_slug("", 40, "");
    assert_slug("\xe2\x80\x94 \xf0\x9f\x98\x80", 40, "");
    assert_slug("\xc3\x89t\xc3\xa9 \xe2\x80\x94 \xe6\x97\xa5\xe6\x9c\xac", 40,
                "\xc3\xa9t\xc3\xa9_\xe6\x97\xa5\xe6\x9c\xac");
}

static void long_ones_are_cut_at_a_word(void **state)
{
    (void)state;
    assert_slug("abc def ghi", 11, "abc_def_ghi");
    assert_slug("abc def ghi", 10, "abc_def_");
    assert_slug("abc def ghi", 8, "abc_def_");
    assert_slug("abcdef", 3, "abc_");
    assert_slug("\xc3\xa9\xc3\xa9\xc3\xa9", 2, "\xc3\xa9\xc3\xa9_");
}

int run_slug_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_joined_in_small_letters),
        cmocka_unit_test(long_ones_are_cut_at_a_word),
    };
    return cmocka_run_group_tests_name("slug", tests, NULL, NULL);
}
