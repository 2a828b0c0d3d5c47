/* fuzz: lint. A draft's up section, with a table's images before and after it: the rules end, each finding has a
 * sentence, and every statement that is to be measured can be written in the last way.
 *
 *     input: flags 1 (bit 0: MariaDB; bit 1: applied) | before NUL after NUL up
 */
#include "fuzz.h"

#include <string.h>

#include "lint/lint.h"
#include "lint/locking.h"
#include "schema/net.h"

static struct slice take(struct slice *rest)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\0', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    struct slice part = slice_make(rest->ptr, len);
    *rest = slice_from_offset(*rest, end == NULL ? len : len + 1);
    return part;
}

static struct image image_of(struct slice text)
{
    return (struct image){text.len == 0 ? IMAGE_ABSENT : IMAGE_PRESENT, text, SLICE_NONE};
}

static void find(const struct subject_options *options, struct slice before, struct slice after,
                 struct slice up)
{
    const struct change_object object = {.type = OBJECT_TABLE,
                                         .schema = SLICE("app"),
                                         .name = SLICE("t"),
                                         .before = image_of(before),
                                         .after = image_of(after)};
    const struct dialect dialect = {.mariadb = options->mariadb, .version = options->version};
    struct findings findings = FINDINGS_INIT;
    struct levels levels;
    struct statement read;
    struct net *net = net_new();
    statement_read(up, &dialect, &read);
    const struct change change = {.verb = read.verb,
                                  .objects = &object,
                                  .object_count = 1,
                                  .renames = read.renames,
                                  .rename_count = read.rename_count,
                                  .mariadb = options->mariadb,
                                  .version = options->version,
                                  .development_schema = SLICE("app")};
    net_add(net, &change, 1);
    net_finish(net);
    lint_find(options, &(struct lint_input){up, before, net}, &findings);
    require(levels_read("", &levels, NULL) == ERROR_NONE);
    findings_judge(&findings, &levels, up);
    for (size_t i = 0; i < findings.count; i++)
        require(findings.list[i].what != NULL && findings.list[i].level != RULE_OFF);
    findings_release(&findings);
    net_release(net);
    statement_release(&read);
}

static void measure(struct slice up, const struct dialect *dialect)
{
    if (!locking_applies(up, dialect))
        return;
    for (int i = 0; i < LOCKING_COUNT; i++) {
        struct buffer out = BUFFER_INIT;
        bool written = locking_write(up, dialect, (enum locking)i, &out);
        require(written || i != LOCKING_COPY);
        buffer_release(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const struct target target = {.known = true, .version = 50700, .text = "MySQL 5.7"};
    const struct subject_options options = {.mariadb = (data[0] & 1) != 0,
                                            .version = (data[0] & 1) != 0 ? 101106 : 90704,
                                            .development_schema = SLICE("app"),
                                            .applied = (data[0] & 2) != 0,
                                            .target = &target};
    struct slice rest = slice_make(data + 1, size - 1);
    struct slice before = take(&rest), after = take(&rest);
    const struct dialect dialect = {.mariadb = options.mariadb, .version = options.version};
    find(&options, before, after, rest);
    measure(rest, &dialect);
    return 0;
}
