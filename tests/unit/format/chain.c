/* The order of migrations, their heads, and where a database stands. */
#include "format_tests.h"

/* "c:a,b" is version c with the parents a and b, "c:a+d" depends on d besides. */
static void add(struct chain *chain, const char *text)
{
    struct migration *migration = chain_add(chain);
    size_t len = strcspn(text, ":");
    struct texts *place = &migration->parents;
    migration->version = strndup(text, len);
    migration->title = strdup("");
    migration->path = strndup(text, len);
    for (text += len; *text != '\0'; text += len) {
        place = *text == '+' ? &migration->dependencies : place;
        text++;
        len = strcspn(text, ",+");
        texts_add(place, strndup(text, len));
    }
}

static void sorted_oldest_first(void **state)
{
    struct chain chain = CHAIN_INIT;
    (void)state;
    add(&chain, "c:b");
    add(&chain, "a");
    add(&chain, "b:a");
    assert_int_equal(chain_sort(&chain, NULL), ERROR_NONE);
    test_assert_chain(&chain, "a b>a c>b*");
    chain_release(&chain);
}

static void branches_and_merges_are_sorted(void **state)
{
    struct chain chain = CHAIN_INIT;
    (void)state;
    add(&chain, "d:b,c");
    add(&chain, "c:a");
    add(&chain, "b:a+x");
    add(&chain, "a");
    add(&chain, "x");
    assert_int_equal(chain_sort(&chain, NULL), ERROR_NONE);
    test_assert_chain(&chain, "a x* b>a c>a d>b>c*");
    chain_release(&chain);
}

static void assert_no_order(const char *words, ...)
{
    struct chain chain = CHAIN_INIT;
    struct problem problem = PROBLEM_INIT;
    va_list rest;
    va_start(rest, words);
    for (const char *text = va_arg(rest, const char *); text != NULL;
         text = va_arg(rest, const char *))
        add(&chain, text);
    va_end(rest);
    assert_int_equal(chain_sort(&chain, &problem), ERROR_CONFIG);
    if (strstr(problem.text, words) == NULL)
        fail_msg("%s", problem.text);
    chain_release(&chain);
}

static void what_has_no_order_is_said(void **state)
{
    (void)state;
    assert_no_order("b follows version a, which is in no file", "b:a", NULL);
    assert_no_order("b follows version z, which is in no file", "a", "b:a+z", NULL);
    assert_no_order("both version a", "a", "a", NULL);
    assert_no_order("follows it in turn", "a:b", "b:a", NULL);
}

static void several_heads_are_an_error_unless_one_is_chosen(void **state)
{
    struct chain chain = CHAIN_INIT;
    struct problem problem = PROBLEM_INIT;
    const struct migration *head;
    (void)state;
    assert_int_equal(chain_head(&chain, NULL, &head, NULL), ERROR_NONE);
    assert_null(head);
    add(&chain, "a");
    add(&chain, "b1:a");
    add(&chain, "c2:a");
    texts_add(&chain.migrations[2].labels, strdup("billing"));
    chain.merge_command = strdup("flask db merge heads");
    assert_int_equal(chain_sort(&chain, NULL), ERROR_NONE);
    assert_int_equal(chain_head(&chain, NULL, &head, &problem), ERROR_USAGE);
    assert_string_equal(
        problem.text, "The migrations have several heads: b1 (b1), c2 (c2). Join them (flask db "
                      "merge heads), or say which one the new migration follows: --head VERSION.");
    assert_int_equal(chain_head(&chain, "b", &head, NULL), ERROR_NONE);
    assert_string_equal(head->version, "b1");
    assert_int_equal(chain_head(&chain, "billing@head", &head, NULL), ERROR_NONE);
    assert_string_equal(head->version, "c2");
    assert_int_equal(chain_head(&chain, "a", &head, &problem), ERROR_NOT_FOUND);
    assert_null(head);
    chain_release(&chain);
}

int run_chain_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_oldest_first),
        cmocka_unit_test(branches_and_merges_are_sorted),
        cmocka_unit_test(what_has_no_order_is_said),
        cmocka_unit_test(several_heads_are_an_error_unless_one_is_chosen),
    };
    return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
