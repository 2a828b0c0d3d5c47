/* object: the words for the kinds of schema objects. */
#include "sql/object.h"

#include <assert.h>
#include <stddef.h>

static const char *const type_texts[OBJECT_TYPE_COUNT] = {
    [OBJECT_TABLE] = "TABLE",
    [OBJECT_VIEW] = "VIEW",
    [OBJECT_TRIGGER] = "TRIGGER",
    [OBJECT_PROCEDURE] = "PROCEDURE",
    [OBJECT_FUNCTION] = "FUNCTION",
    [OBJECT_EVENT] = "EVENT",
    [OBJECT_SEQUENCE] = "SEQUENCE",
    [OBJECT_PACKAGE] = "PACKAGE",
    [OBJECT_PACKAGE_BODY] = "PACKAGE BODY",
    [OBJECT_DATABASE] = "DATABASE",
};

const char *object_type_text(enum object_type type)
{
    assert(type >= 0 && type < OBJECT_TYPE_COUNT);
    return type_texts[type];
}

bool object_type_from_text(struct slice word, enum object_type *type)
{
    for (unsigned i = 0; i < OBJECT_TYPE_COUNT; i++) {
        if (slice_equal_nocase(word, slice_from(type_texts[i]))) {
            *type = (enum object_type)i;
            return true;
        }
    }
    return false;
}
