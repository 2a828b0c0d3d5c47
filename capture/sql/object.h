/* object: the kinds of schema objects, and their names.
 *
 * The one vocabulary for objects in the whole capture half: the classifier finds them in statements,
 * the control connection reads their images, the journal stores them.
 */
#ifndef DDLTAP_SQL_OBJECT_H
#define DDLTAP_SQL_OBJECT_H

#include <stdbool.h>

#include "ddltap/slice.h"

enum object_type {
    OBJECT_TABLE,
    OBJECT_VIEW,
    OBJECT_TRIGGER,
    OBJECT_PROCEDURE,
    OBJECT_FUNCTION,
    OBJECT_EVENT,
    OBJECT_SEQUENCE,
    OBJECT_PACKAGE,
    OBJECT_PACKAGE_BODY,
    OBJECT_DATABASE, /* its defaults: character set, collation, ...; the name is in `name` */
    OBJECT_TYPE_COUNT
};

/* "TABLE", "PACKAGE BODY", ... as in SQL. Never NULL. */
const char *object_type_text(enum object_type type);
/* The reverse, without case; false when the word is none. */
bool object_type_from_text(struct slice word, enum object_type *type);

#endif
