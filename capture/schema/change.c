/* change: see change.h. */
#include "schema/change.h"

struct slice change_home(const struct change *change, enum object_type type, struct slice schema)
{
    struct slice own = change->development_schema;
    bool elsewhere = type != OBJECT_DATABASE && schema.len > 0 && own.len > 0 &&
                     !slice_equal_nocase(schema, own);

    return elsewhere ? schema : SLICE_NONE;
}
