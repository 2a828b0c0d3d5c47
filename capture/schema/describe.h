/* describe: a change in the words a person reads first.
 *
 *     describe_title    ALTER TABLE users            CREATE VIEW rich_users
 *     describe_effect   + nickname varchar(64), ~ a -> b, - old          (may be empty)
 *     describe_slug     alter_users                  for file names: [a-z0-9_], at most 60 bytes
 */
#ifndef DDLTAP_SCHEMA_DESCRIBE_H
#define DDLTAP_SCHEMA_DESCRIBE_H

#include "ddltap/buffer.h"
#include "schema/change.h"

void describe_title(const struct change *change, struct buffer *out);
void describe_effect(const struct change *change, struct buffer *out);
void describe_slug(const struct change *change, struct buffer *out);

#endif
