/* foreign_key: see foreign_key.h. */
#include "schema/foreign_key.h"

#include <string.h>

#include "schema/printed.h"

static bool take(struct slice *rest, const char *words)
{
    struct slice expected = slice_from(words);

    if (!slice_starts_with(*rest, expected))
        return false;
    *rest = slice_from_offset(*rest, expected.len);
    return true;
}

static bool take_name(struct slice *rest, struct slice *name)
{
    *name = printed_name(*rest, 0);
    if (slice_is_none(*name))
        return false;
    *rest = slice_from_offset(*rest, name->len);
    return true;
}

static bool take_group(struct slice *rest, struct slice *group)
{
    if (rest->len == 0 || rest->ptr[0] != '(')
        return false;
    *group = printed_group(*rest, 0);
    *rest = slice_from_offset(*rest, group->len);
    return true;
}

bool foreign_key_read(struct slice text, struct foreign_key *key)
{
    struct slice rest = text;

    *key = (struct foreign_key){.name = SLICE_NONE};
    if (!take(&rest, "CONSTRAINT ") || !take_name(&rest, &key->name) ||
        !take(&rest, " FOREIGN KEY ") || !take_group(&rest, &key->columns) ||
        !take(&rest, " REFERENCES ") || !take_name(&rest, &key->parent))
        return false;
    if (take(&rest, ".")) {
        key->schema = key->parent;
        if (!take_name(&rest, &key->parent))
            return false;
    }
    if (!take(&rest, " ") || !take_group(&rest, &key->parent_columns))
        return false;
    key->rules = rest;
    return true;
}

bool foreign_key_points_to(const struct foreign_key *key, struct slice table)
{
    return slice_is_none(key->schema) && slice_equal(key->parent, table);
}
