/* hold: can this model hold an object? Cut into its clauses and written again, it must be what the
 * server printed, byte for byte. What is not is never guessed at: the difference refuses it.
 */
#ifndef DDLTAP_SCHEMA_HOLD_H
#define DDLTAP_SCHEMA_HOLD_H

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "schema/schema.h"
#include "schema/table.h"
#include "sql/dialect.h"

/* Append the text that the clauses make, which is the definition's. ERROR_UNSUPPORTED: problem says what is
 * not understood, as the end of a sentence that begins with the object's name; out stays as it was. The
 * dialect is that of the definition's own sql_mode. */
must_check enum error hold_write(const struct definition *definition, const struct dialect *dialect,
                                 struct buffer *out, struct problem *problem);

/* The same check where nobody wants the text. */
must_check enum error hold_check(const struct definition *definition, const struct dialect *dialect,
                                 struct problem *problem);

/* The same of a table that was read from a definition which is text: are its columns understood? */
must_check enum error hold_check_table(const struct table *table, struct problem *problem);

/* Is text UTF-8? Servers print some bytes of other character sets as they are: such an object cannot
 * be made again from its text. */
bool hold_is_text(struct slice text);

#endif
