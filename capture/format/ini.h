/* ini: one section of an INI file, as Python's ConfigParser reads it.
 *
 *     [alembic]
 *     file_template = %%(year)d_%%(slug)s      %% is %
 *     version_locations =                      indented lines go on
 *         %(here)s/versions                    %(name)s is another value
 *
 * inih knows neither of these, and takes ';' within a line for a comment.
 */
#ifndef DDLTAP_FORMAT_INI_H
#define DDLTAP_FORMAT_INI_H

#include <stddef.h>

#include "ddltap/slice.h"

struct ini {
    struct ini_entry {
        char *name; /* in small letters */
        char *value;
    } * entries;
    size_t count;
};

/* The entries of that section and of [DEFAULT], which it overrides. Lines that are none are passed
 * over. Release with ini_release. */
void ini_read(struct slice text, const char *section, struct ini *ini);
void ini_release(struct ini *ini);

/* Set or replace a value. A '%' in it means nothing. */
void ini_set(struct ini *ini, const char *name, const char *value);

/* The value with %% and %(name)s replaced (names that are not there stay); NULL: none. Caller frees.
 */
char *ini_get(const struct ini *ini, const char *name);

#endif
