/* slug: the part of a file name that tells people what the migration is about. */
#ifndef DDLTAP_FORMAT_SLUG_H
#define DDLTAP_FORMAT_SLUG_H

#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

/* Append the words of text (letters, digits and underscores of any script), in small letters, joined
 * by '_'; where that has more than `most` characters, cut there, back to the last '_', and end with
 * '_'. That is how Alembic does it, whose "message" it is. Nothing is appended where there is no
 * word. */
void slug_append(struct slice text, size_t most, struct buffer *out);

#endif
