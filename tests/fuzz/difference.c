/* fuzz: schema. Two schemas of printed definitions, and what leads from one to the other and back.
 *
 *     input: flags 1 (bit 0: MariaDB; 1: whole; 2: way back; 3: over cosmetic things)
 *            | records with a NUL between two
 *     record: kind 1 (bits 0 and 1: now, wanted, both; 2: a renaming; from bit 3: the object's type)
 *             | name up to a line's end | text; of a renaming: its second name
 *
 * Beyond not crashing: a schema differs from itself in nothing, no statement is empty, and lines and
 * remarks end with a line's end.
 */
#include "fuzz.h"

#include "schema/cosmetic.h"
#include "schema/difference.h"
#include "schema/hold.h"

#define RENAMES 4

struct input {
    struct schema *now;
    struct schema *wanted;
    struct difference_rename renames[RENAMES];
    size_t rename_count;
};

static struct slice take_line(struct slice *rest)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    struct slice line = slice_make(rest->ptr, len);
    *rest = slice_from_offset(*rest, end == NULL ? len : len + 1);
    return line;
}

static void add_rename(struct input *input, unsigned kind, struct slice name, struct slice text)
{
    struct difference_rename *rename = &input->renames[input->rename_count];
    if (input->rename_count == RENAMES)
        return;
    *rename = (struct difference_rename){.kind = (enum difference_rename_kind)((kind >> 3) % 3),
                                         .from = name};
    rename->table = take_line(&text);
    rename->to = text;
    if (rename->to.len > 0 && name.len > 0)
        input->rename_count++;
}

static void add_record(struct input *input, struct slice record)
{
    unsigned kind = take_byte(&record);
    struct slice name = take_line(&record);
    if ((kind & 4) != 0) {
        add_rename(input, kind, name, record);
        return;
    }
    const struct definition definition = {
        .type = (enum object_type)((kind >> 3) % OBJECT_TYPE_COUNT), .name = name, .text = record};
    if ((kind & 3) != 1)
        schema_add(input->now, &definition);
    if ((kind & 3) != 0)
        schema_add(input->wanted, &definition);
}

static void add_records(struct input *input, struct slice text)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\0', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        add_record(input, slice_make(text.ptr, len));
        text = slice_from_offset(text, end == NULL ? len : len + 1);
    }
}

static void require_lines(const struct buffer *lines)
{
    require(lines->len == 0 || lines->ptr[lines->len - 1] == '\n');
}

static void find(const struct input *input, const struct schema *now, const struct schema *wanted,
                 const struct difference_options *options, bool same)
{
    struct difference difference;
    difference_find(now, wanted, input->renames, same ? 0 : input->rename_count, options,
                    &difference);
    for (size_t i = 0; i < difference.step_count; i++)
        require(difference.steps[i].text != NULL);
    require(!same || (difference.step_count == 0 && difference.problems.len == 0));
    require_lines(&difference.lines);
    require_lines(&difference.remarks);
    difference_release(&difference);
}

static void check_each(const struct schema *schema, const struct dialect *dialect)
{
    for (size_t i = 0; i < schema_count(schema); i++) {
        const struct definition *definition = schema_at(schema, i);
        struct buffer again = BUFFER_INIT;
        struct problem problem = PROBLEM_INIT;
        if (hold_write(definition, dialect, &again, &problem) == ERROR_NONE)
            require(slice_equal(buffer_slice(&again), definition->text));
        require(cosmetic_same(definition->type, definition->text, definition->text));
        buffer_release(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make(data, size);
    unsigned flags = take_byte(&rest);
    char *block = block_of(rest), sql_mode[] = "";
    const struct sql_facts defaults = {.sql_mode = sql_mode, .foreign_key_checks = true};
    const struct difference_options options = {.mariadb = (flags & 1) != 0,
                                               .version = (flags & 1) != 0 ? 110806 : 90704,
                                               .schema = SLICE("app"),
                                               .defaults = &defaults,
                                               .whole = (flags & 2) != 0,
                                               .way_back = (flags & 4) != 0,
                                               .passes_cosmetic = (flags & 8) != 0};
    const struct dialect dialect = {.mariadb = options.mariadb, .version = options.version};
    struct input input = {.now = schema_new(), .wanted = schema_new()};

    add_records(&input, slice_make(block, rest.len));
    check_each(input.now, &dialect);
    find(&input, input.now, input.wanted, &options, false);
    find(&input, input.wanted, input.now, &options, false);
    find(&input, input.now, input.now, &options, true);
    schema_release(input.now);
    schema_release(input.wanted);
    free(block);
    return 0;
}
