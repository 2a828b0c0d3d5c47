/* What the models lack, as Python tells it. */
#include "format_tests.h"

#include "format/alembic_models.h"

static void the_answer_comes_after_what_the_project_prints(void **state)
{
    struct models models = MODELS_INIT;
    struct buffer sentence = BUFFER_INIT;
    (void)state;
    assert_int_equal(alembic_models_read(SLICE("hello\ntable\tno\n\nddltap-models\ntable\tt\n"
                                               "line\tclass T:\nline\t    pass\n"
                                               "column\tu\ta b\nindex\tu\ti\nend\n"),
                                         &models, NULL),
                     ERROR_NONE);
    assert_int_equal(models.count, 3);
    assert_string_equal(models.gaps[0].lines, "class T:\n    pass\n");
    assert_string_equal(models.gaps[1].name, "a b");
    assert_int_equal(models.gaps[2].kind, MODELS_INDEX);
    models.command = "flask db migrate";
    models_append_sentence(&models, 0, &sentence);
    models_append_sentence(&models, 1, &sentence);
    assert_string_equal(
        buffer_text(&sentence),
        "The models have no table t: the next flask db migrate would drop it."
        "The models have no column u.a b: the next flask db migrate would drop it.");
    buffer_release(&sentence);
    models_release(&models);
}

static void assert_failed(struct slice output, const char *words)
{
    struct models models = MODELS_INIT;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(alembic_models_read(output, &models, &problem), ERROR_UNSUPPORTED);
    if (strstr(problem.text, words) == NULL)
        fail_msg("%s", problem.text);
    assert_int_equal(models.count, 0);
}

static void an_answer_without_an_end_is_none(void **state)
{
    (void)state;
    assert_failed(SLICE(""), "ended without an answer");
    assert_failed(SLICE("ddltap-models\ntable\tt\n"), "ended without an answer");
    assert_failed(SLICE("ddltap-models\nline\tx\nfailed\tKeyError: 'a'\n"), "told: KeyError: 'a'.");
}

int run_models_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_comes_after_what_the_project_prints),
        cmocka_unit_test(an_answer_without_an_end_is_none),
    };
    return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
