/* column: the printed definition of a column, cut into its attributes.
 *
 *     varchar(64) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'a' COMMENT 'b'
 *     ^ type      ^ charset            ^ collation        ^ null   ^ default   ^ comment
 *
 * Each attribute is the server's text with its words; together they are the definition, whatever the
 * order, which differs between servers and versions.
 */
#ifndef DDLTAP_SCHEMA_COLUMN_H
#define DDLTAP_SCHEMA_COLUMN_H

#include <stdbool.h>

#include "ddltap/slice.h"

enum column_attribute {
    COLUMN_TYPE, /* with unsigned, zerofill */
    COLUMN_COMPRESSED,
    COLUMN_STORAGE, /* STORAGE DISK, COLUMN_FORMAT FIXED */
    COLUMN_CHARSET,
    COLUMN_COLLATION,
    COLUMN_GENERATED, /* GENERATED ALWAYS AS (...) VIRTUAL | STORED, or AS ROW START | END */
    COLUMN_NULL,      /* NULL, NOT NULL */
    COLUMN_UNVERSIONED,
    COLUMN_SRID,
    COLUMN_INVISIBLE,
    COLUMN_DEFAULT,
    COLUMN_ON_UPDATE,
    COLUMN_AUTO_INCREMENT,
    COLUMN_COMMENT,
    COLUMN_CHECK,
    COLUMN_ENGINE, /* attributes of the engine, as many as there are */
    COLUMN_ATTRIBUTE_COUNT
};

/* What is not there is none. Slices of the definition. */
struct column {
    struct slice attributes[COLUMN_ATTRIBUTE_COUNT];
};

/* false: there is something that is none of these; *unknown is where it begins. */
bool column_read(struct slice definition, struct column *column, struct slice *unknown);

/* For people: "charset", "default", "comment", ... */
const char *column_attribute_text(enum column_attribute attribute);

#endif
