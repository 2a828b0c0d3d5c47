/* Runs every group of the lint library's tests. */
#include "suites.h"

#include <stdio.h>

#include "lint/lint.h"
#include "schema/net.h"

const struct subject_options standard_options = {
    .version = 90704,
    .development_schema = {"app", 3},
    .applied = true,
};

static struct image image_of(const char *text)
{
    return (struct image){text == NULL ? IMAGE_ABSENT : IMAGE_PRESENT, slice_from(text),
                          SLICE_NONE};
}

void find_all(const struct subject_options *options, const char *before, const char *after,
              const char *up, struct findings *findings)
{
    const struct change_object object = {.type = OBJECT_TABLE,
                                         .role = ROLE_TARGET,
                                         .schema = SLICE("app"),
                                         .name = SLICE("t"),
                                         .before = image_of(before),
                                         .after = image_of(after)};
    const struct dialect dialect = {.mariadb = options->mariadb, .version = options->version};
    struct statement read;
    struct net *net = net_new();
    statement_read(slice_from(up), &dialect, &read);
    const struct change change = {.verb = read.verb,
                                  .noun = "TABLE",
                                  .objects = &object,
                                  .object_count = before != NULL || after != NULL,
                                  .renames = read.renames,
                                  .rename_count = read.rename_count,
                                  .mariadb = options->mariadb,
                                  .version = options->version,
                                  .development_schema = SLICE("app")};
    if (change.object_count > 0)
        net_add(net, &change, 1);
    net_finish(net);
    const struct lint_input input = {slice_from(up), SLICE_NONE, net};
    lint_find(options, &input, findings);
    net_release(net);
    statement_release(&read);
}

static const char *codes_of(const struct findings *findings)
{
    static char text[512];
    size_t len = 0;
    text[0] = '\0';
    for (size_t rule = 0; rule < RULE_COUNT; rule++) {
        bool found = false;
        for (size_t i = 0; i < findings->count; i++)
            found = found || findings->list[i].rule == rule;
        if (found)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len == 0 ? "" : " ",
                                    rule_facts((enum rule)rule)->code);
    }
    return text;
}

const char *codes_of_table(const char *before, const char *after, const char *up)
{
    struct findings findings = FINDINGS_INIT;
    find_all(&standard_options, before, after, up, &findings);
    const char *codes = codes_of(&findings);
    findings_release(&findings);
    return codes;
}

const char *codes_of_text(const char *up)
{
    return codes_of_table(NULL, NULL, up);
}

int main(void)
{
    int failed = run_findings_tests();

    failed += run_text_tests();
    failed += run_table_tests();
    failed += run_narrowing_tests();
    failed += run_locking_tests();
    failed += run_feature_tests();
    failed += run_demand_tests();
    return failed;
}
