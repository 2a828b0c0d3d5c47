/* drift_rename: what may have been a rename. See drift.h: it is said, never taken for one. */
#include "schema/drift.h"

#include "schema/printed.h"
#include "schema/table.h"

static void append_plain(struct slice quoted, struct buffer *out)
{
    printed_unquote(quoted, out);
}

static void remark_column(struct slice table, const struct table_column *went,
                          const struct table_column *came, struct buffer *out)
{
    buffer_printf(out, "In `%.*s` column `", (int)table.len, table.ptr);
    append_plain(went->name, out);
    buffer_append_text(out, "` went and `");
    append_plain(came->name, out);
    buffer_append_text(out,
                       "` came with the same definition. If that was a rename, write it as one: "
                       "as it is, the values are lost.\n");
}

static void remark_columns(struct slice name, const struct table *before, const struct table *after,
                           struct buffer *out)
{
    for (size_t i = 0; i < before->column_count; i++) {
        const struct table_column *went = &before->columns[i];
        if (table_column(after, went->name) != NULL)
            continue;
        for (size_t j = 0; j < after->column_count; j++) {
            const struct table_column *came = &after->columns[j];
            if (table_column(before, came->name) == NULL &&
                slice_equal(came->definition, went->definition))
                remark_column(name, went, came, out);
        }
    }
}

static void remark_table(const struct change_object *object, struct buffer *out)
{
    struct table before, after;
    enum error first = table_read(object->before.text, &before);
    enum error second = table_read(object->after.text, &after);

    if (first == ERROR_NONE && second == ERROR_NONE)
        remark_columns(object->name, &before, &after, out);
    table_release(&before);
    table_release(&after);
}

/* All behind the name: keys that carry a table's name are named anew with it. */
static struct slice behind_name(struct slice text)
{
    struct slice name = printed_name(text, sizeof("CREATE TABLE ") - 1);

    return slice_is_none(name) ? text
                               : slice_from_offset(text, sizeof("CREATE TABLE ") - 1 + name.len);
}

static void remark_tables(const struct change *change, const struct change_object *went,
                          struct buffer *out)
{
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *came = &change->objects[i];
        if (came->type == OBJECT_TABLE && came->before.state == IMAGE_ABSENT &&
            came->after.state == IMAGE_PRESENT &&
            slice_equal(behind_name(came->after.text), behind_name(went->before.text)))
            buffer_printf(out,
                          "Table `%.*s` went and `%.*s` came with the same definition. If that was "
                          "a rename, write it as one: as it is, the rows are lost.\n",
                          (int)went->name.len, went->name.ptr, (int)came->name.len, came->name.ptr);
    }
}

void drift_remark_renames(const struct change *change, struct buffer *out)
{
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        if (object->type != OBJECT_TABLE || object->before.state != IMAGE_PRESENT)
            continue;
        if (object->after.state == IMAGE_PRESENT)
            remark_table(object, out);
        else if (object->after.state == IMAGE_ABSENT)
            remark_tables(change, object, out);
    }
}
