/* alter_text: write the steps of a plan as ALTER TABLE statements; see alter.h. */
#ifndef DDLTAP_SCHEMA_ALTER_TEXT_H
#define DDLTAP_SCHEMA_ALTER_TEXT_H

#include "ddltap/buffer.h"
#include "schema/alter.h"
#include "schema/table.h"

/* Append the steps of one stage for the table `name` (quoted, perhaps qualified), each statement
 * ended by a NUL byte; nothing for a stage without steps. */
void alter_text_write(const struct alter *alter, enum alter_stage stage, const struct table *wanted,
                      struct slice name, bool mariadb, struct buffer *out);

#endif
