/* alter_text: write the steps of a plan as ALTER TABLE statements; see alter.h. */
#ifndef DDLTAP_SCHEMA_ALTER_TEXT_H
#define DDLTAP_SCHEMA_ALTER_TEXT_H

#include "ddltap/buffer.h"
#include "schema/alter.h"
#include "schema/table.h"
#include "schema/typed.h"

/* What a person typed for the table, and for which session that is; typed NULL: nothing. */
struct alter_words {
    const struct typed_object *typed;
    const struct dialect *dialect; /* of the session that runs the statements */
};

/* Append the steps of one stage for the table `name` (quoted, perhaps qualified), each statement
 * ended by a NUL byte; nothing for a stage without steps. Returns whether words were used. */
bool alter_text_write(const struct alter *alter, enum alter_stage stage, const struct table *wanted,
                      struct slice name, const struct alter_words *words, struct buffer *out);

#endif
