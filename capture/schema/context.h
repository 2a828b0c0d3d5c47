/* context: the session settings under which an object was made, and how to make it again under
 * them.
 *
 *     SET @ddltap_sql_mode = @@sql_mode, sql_mode = 'ANSI_QUOTES';     context_open
 *     CREATE TRIGGER ... ;
 *     SET sql_mode = @ddltap_sql_mode;                                 context_close
 *
 * Only what differs from the session's defaults is set.
 */
#ifndef DDLTAP_SCHEMA_CONTEXT_H
#define DDLTAP_SCHEMA_CONTEXT_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/statement.h"

/* A value of an image's context ("name=value\n" lines); none when it is not there. */
struct slice context_value(struct slice context, const char *name);

/* Can text, which is UTF-8, be sent under the context's character_set_client? */
bool context_allows(struct slice context, struct slice text);

/* Append the SET statement (";\n" included), or nothing; the same arguments for both. zero_dates:
 * the statement holds dates that NO_ZERO_DATE refuses. */
void context_open(struct slice context, const struct sql_facts *defaults, bool zero_dates,
                  struct buffer *out);
void context_close(struct slice context, const struct sql_facts *defaults, bool zero_dates,
                   struct buffer *out);

#endif
