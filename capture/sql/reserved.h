/* reserved: the words that a bare name must not be.
 *
 * The union over the versions of MySQL and MariaDB that ddltap knows, and the functions whose names
 * the servers take for calls where '(' follows. Too many words cost a pair of backquotes, one too
 * few breaks a statement.
 */
#ifndef DDLTAP_SQL_RESERVED_H
#define DDLTAP_SQL_RESERVED_H

#include <stdbool.h>

#include "ddltap/slice.h"

/* Without case. */
bool reserved_word(struct slice word);

#endif
