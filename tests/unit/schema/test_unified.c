/* unified: hunks as diff -u writes them, and its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/unified.h"
#include "suites.h"

static void assert_unified(const char *before, const char *after, const char *expected)
{
    struct buffer out = BUFFER_INIT;

    unified_write(slice_from(before), slice_from(after), &out);
    assert_string_equal(buffer_text(&out), expected);
    buffer_release(&out);
}

static void equal_texts_have_no_hunks(void **state)
{
    (void)state;
    assert_unified("a\nb\n", "a\nb\n", "");
    assert_unified("a\nb", "a\nb\n", "");
    assert_unified("", "", "");
    assert_unified(NULL, NULL, "");
}

static void a_line_that_changed_stands_among_three_of_each_side(void **state)
{
    (void)state;
    assert_unified("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
                   "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

static void what_came_and_went_is_counted_from_the_line_before(void **state)
{
    (void)state;
    assert_unified(NULL, "a\nb", "@@ -0,0 +1,2 @@\n+a\n+b\n");
    assert_unified("a", NULL, "@@ -1 +0,0 @@\n-a\n");
    assert_unified("1\n2\n3\n4\n", "1\n2\n3\n4\n5\n", "@@ -2,3 +2,4 @@\n 2\n 3\n 4\n+5\n");
}

static void differences_far_apart_have_hunks_of_their_own(void **state)
{
    (void)state;
    assert_unified("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
                   "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
    assert_unified("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
                   "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

static void the_longest_common_lines_stay(void **state)
{
    (void)state;
    assert_unified("x\na\nb\nc\ny\n", "a\nq\nb\nc\nx\ny\n",
                   "@@ -1,5 +1,6 @@\n-x\n a\n+q\n b\n c\n+x\n y\n");
}

static void texts_beyond_the_bound_go_and_come_as_a_whole(void **state)
{
    enum {
        LINES = 2100
    };
    struct buffer before = BUFFER_INIT, after = BUFFER_INIT, out = BUFFER_INIT;

    (void)state;
    for (int i = 0; i < LINES; i++) {
        buffer_printf(&before, "%d\n", i);
        buffer_printf(&after, "%d\n", i == 0 || i == LINES - 1 ? -1 : i);
    }
    unified_write(buffer_slice(&before), buffer_slice(&after), &out);
    assert_memory_equal(buffer_text(&out), "@@ -1,2100 +1,2100 @@\n-0\n-1\n-2\n", 31);
    buffer_release(&before);
    buffer_release(&after);
    buffer_release(&out);
}

int run_unified_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_have_no_hunks),
        cmocka_unit_test(a_line_that_changed_stands_among_three_of_each_side),
        cmocka_unit_test(what_came_and_went_is_counted_from_the_line_before),
        cmocka_unit_test(differences_far_apart_have_hunks_of_their_own),
        cmocka_unit_test(the_longest_common_lines_stay),
        cmocka_unit_test(texts_beyond_the_bound_go_and_come_as_a_whole),
    };
    return cmocka_run_group_tests_name("unified", tests, NULL, NULL);
}
