/* describe: a change in the words a person reads first.
 *
 *     describe_title    ALTER TABLE users            CREATE VIEW rich_users
 *     describe_effect   + nickname varchar(64) after email, > a -> b, - old      (may be empty)
 *     describe_lines    users  + nickname varchar(64) after email
 *                       users  ~ note varchar(50) -> varchar(60)
 *                       event tidy  ~ schedule EVERY 1 DAY -> EVERY 2 DAY
 *                       > table users -> people
 *     describe_slug     alter_users                  for file names: [a-z0-9_], at most 60 bytes
 *
 * Marks: + came, - went, ~ changed, > got another name.
 */
#ifndef DDLTAP_SCHEMA_DESCRIBE_H
#define DDLTAP_SCHEMA_DESCRIBE_H

#include "ddltap/buffer.h"
#include "schema/change.h"

void describe_title(const struct change *change, struct buffer *out);
void describe_effect(const struct change *change, struct buffer *out);
/* A line for each part of each object, however many; nothing for objects that stayed as they were or
 * whose images are not known. */
void describe_lines(const struct change *change, struct buffer *out);
void describe_slug(const struct change *change, struct buffer *out);

#endif
