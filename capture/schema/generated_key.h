/* generated_key: an index that the server made by itself for a foreign key.
 *
 *     KEY `order_user` (`user_id`),                       printed like any other, but it goes without a word when
 *     CONSTRAINT `order_user` FOREIGN KEY (`user_id`)     a person adds an index that begins with `user_id`
 *
 * No definition tells whether an index is of that kind. Where a change shows it, a table that is made again from
 * its definition must be made without the index, so that the server makes it, as it did the first time.
 */
#ifndef DDLTAP_SCHEMA_GENERATED_KEY_H
#define DDLTAP_SCHEMA_GENERATED_KEY_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "schema/change.h"

/* Append the names (quoted) of the indexes of the table object that went without a word of the change's
 * statement, each with a '\n'. Nothing where the statement is not known. */
void generated_key_find(const struct change *change, const struct change_object *object,
                        struct buffer *names);

/* Append the definition of a table without the indexes of those names; false: it is as it was. */
bool generated_key_take_out(struct slice text, struct slice names, struct buffer *out);

#endif
