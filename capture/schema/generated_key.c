/* generated_key: see generated_key.h. */
#include "schema/generated_key.h"

#include <string.h>

#include "schema/foreign_key.h"
#include "schema/printed.h"
#include "schema/table.h"

/* Servers name it like the constraint, or like the column where the constraint was not named. */
static bool may_be_generated(const struct table *table, const struct table_part *key)
{
    struct slice columns = printed_group(key->text, 0);
    for (size_t i = 0; i < table->part_count; i++) {
        const struct table_part *part = &table->parts[i];
        struct foreign_key foreign;
        if (part->kind == TABLE_FOREIGN_KEY && foreign_key_read(part->text, &foreign) &&
            slice_equal(columns, foreign.columns))
            return slice_equal(part->name, key->name) || printed_mentions(columns, key->name);
    }
    return false;
}

static bool has_key(const struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->part_count; i++) {
        if (table->parts[i].kind == TABLE_KEY && slice_equal_nocase(table->parts[i].name, name))
            return true;
    }
    return false;
}

/* "order_user" without its quotes, anywhere in a statement that drops or renames something. */
static bool is_named(struct slice statement, struct slice quoted)
{
    struct buffer bare = BUFFER_INIT;
    printed_unquote(quoted, &bare);
    bool says = printed_find(statement, "DROP") != PRINTED_NOWHERE ||
                printed_find(statement, "RENAME") != PRINTED_NOWHERE ||
                printed_find(statement, "drop") != PRINTED_NOWHERE ||
                printed_find(statement, "rename") != PRINTED_NOWHERE;
    bool named = says && printed_mentions(statement, buffer_slice(&bare));
    buffer_release(&bare);
    return named;
}

void generated_key_find(const struct change *change, const struct change_object *object,
                        struct buffer *names)
{
    struct table before, after;
    if (object->type != OBJECT_TABLE || object->role != ROLE_TARGET || change->text.len == 0 ||
        object->before.state != IMAGE_PRESENT || object->after.state != IMAGE_PRESENT)
        return;
    enum error read_before = table_read(object->before.text, &before);
    enum error read_after = table_read(object->after.text, &after);
    for (size_t i = 0;
         read_before == ERROR_NONE && read_after == ERROR_NONE && i < before.part_count; i++) {
        const struct table_part *key = &before.parts[i];
        if (key->kind == TABLE_KEY && !slice_is_none(key->name) && !has_key(&after, key->name) &&
            may_be_generated(&before, key) && !is_named(change->text, key->name))
            buffer_printf(names, "%.*s\n", (int)key->name.len, key->name.ptr);
    }
    table_release(&before);
    table_release(&after);
}

static bool is_listed(struct slice names, struct slice name)
{
    while (names.len > 0) {
        const char *end = memchr(names.ptr, '\n', names.len);
        size_t len = end == NULL ? names.len : (size_t)(end - names.ptr);
        if (slice_equal(slice_make(names.ptr, len), name))
            return true;
        names = slice_from_offset(names, end == NULL ? len : len + 1);
    }
    return false;
}

bool generated_key_take_out(struct slice text, struct slice names, struct buffer *out)
{
    struct table table;
    size_t kept = 0;
    bool taken = false;
    if (table_read(text, &table) == ERROR_NONE) {
        for (size_t i = 0; i < table.part_count; i++) {
            const struct table_part part = table.parts[i];
            if (part.kind == TABLE_KEY && !slice_is_none(part.name) && is_listed(names, part.name))
                taken = true;
            else
                table.parts[kept++] = part;
        }
        table.part_count = kept;
    }
    if (taken)
        table_write(&table, out);
    table_release(&table);
    return taken;
}
