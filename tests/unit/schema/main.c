/* Runs every group of the schema library's tests. */
#include "suites.h"

struct change_object make_object(enum object_type type, const char *name, const char *before,
                                 const char *after)
{
    return (struct change_object){
        .type = type,
        .role = ROLE_TARGET,
        .schema = SLICE("app"),
        .name = slice_from(name),
        .before = {before == NULL ? IMAGE_ABSENT : IMAGE_PRESENT, slice_from(before), SLICE_NONE},
        .after = {after == NULL ? IMAGE_ABSENT : IMAGE_PRESENT, slice_from(after), SLICE_NONE},
    };
}

struct change make_change(enum ddl_verb verb, const char *noun, const struct change_object *objects,
                          size_t count)
{
    return (struct change){.verb = verb,
                           .noun = noun,
                           .objects = objects,
                           .object_count = count,
                           .version = 90704,
                           .development_schema = SLICE("app")};
}

int main(void)
{
    int failed = run_image_tests();

    failed += run_table_tests();
    failed += run_alter_tests();
    failed += run_inverse_tests();
    failed += run_model_tests();
    failed += run_describe_tests();
    failed += run_unified_tests();
    failed += run_net_tests();
    failed += run_typed_tests();
    failed += run_dump_tests();
    failed += run_drift_tests();
    failed += run_likeness_tests();
    return failed;
}
