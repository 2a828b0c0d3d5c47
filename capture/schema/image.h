/* image: an object's definition as the server prints it, made comparable.
 *
 * Normalised: the AUTO_INCREMENT=n counter of a table is taken out, the secrets of any object (the
 * password of a connection, of a CREATE USER within a body) are replaced by a placeholder as
 * sql/redact.h tells, the ';' and blanks at the end of a body are cut, DEFINER=`u`@`h` is kept (it
 * is part of the object) and the rest stays byte for byte. So two objects that differ in a secret
 * alone are equal.
 */
#ifndef DDLTAP_SCHEMA_IMAGE_H
#define DDLTAP_SCHEMA_IMAGE_H

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/object.h"

#define IMAGE_HASH_SIZE 65 /* 64 hex digits of SHA-256, NUL */

void image_normalise(enum object_type type, struct slice text, bool mariadb, struct buffer *out);

/* Hash of text and context, for the journal: equal hash = equal object. */
void image_hash(struct slice text, struct slice context, char hash[IMAGE_HASH_SIZE]);

#endif
