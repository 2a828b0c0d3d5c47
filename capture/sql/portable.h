/* portable: a statement as it was run, made to run elsewhere.
 *
 * Taken out: the development schema where it qualifies an object or stands first in a three-part
 * name (never where it is a table or an alias), DEFINER (unless kept), comments of tools
 * (ApplicationName, connector banners). Everything else stays byte for byte.
 */
#ifndef DDLTAP_SQL_PORTABLE_H
#define DDLTAP_SQL_PORTABLE_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"

struct portable_options {
    struct slice schema; /* to strip; none: strip nothing */
    bool schema_nocase;  /* lower_case_table_names is not 0 */
    bool keep_definer;
};

/* Append the portable form of one statement (no ';' is added, trailing blanks are cut). Also used for
 * SHOW CREATE texts that go into a way back. */
void portable_write(struct slice text, const struct dialect *dialect,
                    const struct portable_options *options, struct buffer *out);

/* Append text, converted from a MySQL character set ("gbk", "latin1", "utf8mb4", "binary", ...) to
 * UTF-8. ERROR_UNSUPPORTED: not a set that can be converted; ERROR_MALFORMED: bytes that are none. */
must_check enum error portable_to_utf8(struct slice text, const char *character_set,
                                       struct buffer *out);

#endif
