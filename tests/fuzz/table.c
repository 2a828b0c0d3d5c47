/* fuzz: schema. A text as the printed definition of a table: what is cut into parts gives the text back byte
 * for byte; an image made comparable stays as it is when it is made comparable again, if it has no secrets.
 *
 *     input: flags 1 (bit 0: MariaDB; from bit 1: the object's type) | text
 */
#include "fuzz.h"

#include "schema/column.h"
#include "schema/image.h"
#include "schema/partition.h"
#include "schema/table.h"
#include "sql/redact.h"

/* What can be asked of a table that was read, and what comes of a renaming. */
static void ask_and_rename(struct table *table, bool mariadb)
{
    struct buffer out = BUFFER_INIT;
    for (size_t i = 0; i < table->column_count; i++) {
        struct slice definition = table->columns[i].definition;
        (void)table_column_storage(definition);
        (void)table_column_nullable(definition);
        (void)table_column_character(definition);
        struct column column;
        struct slice unknown = SLICE_NONE;
        if (!column_read(definition, &column, &unknown))
            require_within(unknown, definition);
        for (size_t j = 0; j < COLUMN_ATTRIBUTE_COUNT; j++)
            require_within(column.attributes[j], definition);
        table_write_definition(table, definition, &out);
        require(table_column(table, table->columns[i].name) != NULL);
    }
    for (size_t i = 0; i < table->part_count; i++)
        if (table->parts[i].kind == TABLE_KEY)
            (void)table_key_class(table, &table->parts[i], mariadb);
    (void)table_option(table, "ENGINE");
    table_write_to_run(table, SLICE("`shop`.`new`"), &out);
    table_rename(table, SLICE("`new`"), mariadb);
    table_write(table, &out);
    buffer_release(&out);
}

static void check_partition(struct slice text)
{
    struct partitioning partitioning;
    partitioning_read(text, &partitioning);
    require_within(partitioning.head, text);
    require_within(partitioning.tail, text);
    for (size_t i = 0; i < partitioning.count; i++) {
        require_within(partitioning.partitions[i].text, text);
        require_within(partitioning.partitions[i].name, text);
        require_within(partitioning.partitions[i].values, text);
    }
    partitioning_release(&partitioning);
}

static void check_table(struct slice text, bool mariadb)
{
    struct table table;
    struct buffer out = BUFFER_INIT;
    if (table_read(text, &table) == ERROR_NONE) {
        require_within(table.name, text);
        require_within(table.tail, text);
        check_partition(table.partition);
        table_write(&table, &out);
        require(slice_equal(buffer_slice(&out), text));
        ask_and_rename(&table, mariadb);
    }
    table_release(&table);
    buffer_release(&out);
}

/* A placeholder is shorter than what it stands for and has no quotes in it: where the text was no SQL, what is behind it
 * may then read otherwise. */
static bool is_redacted(struct slice text)
{
    return memmem(text.ptr, text.len, REDACT_PLACEHOLDER, strlen(REDACT_PLACEHOLDER)) != NULL;
}

static void check_image(struct slice text, enum object_type type, bool mariadb)
{
    struct buffer once = BUFFER_INIT, twice = BUFFER_INIT;
    image_normalise(type, text, mariadb, &once);
    image_normalise(type, buffer_slice(&once), mariadb, &twice);
    require(is_redacted(buffer_slice(&once)) ||
            slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    buffer_release(&once);
    buffer_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make(data, size);
    unsigned flags = take_byte(&input);
    char *block = block_of(input);
    struct slice text = slice_make(block, input.len);
    check_table(text, (flags & 1) != 0);
    check_image(text, (enum object_type)((flags >> 1) % OBJECT_TYPE_COUNT), (flags & 1) != 0);
    free(block);
    return 0;
}
