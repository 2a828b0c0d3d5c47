/* inverse: the way back of a change, computed from its images and never from the statement alone.
 *
 * Known where images make it certain: create, drop and rename of every object; columns and indexes
 * of a table added, dropped, renamed, changed, moved; foreign keys and checks added and dropped; the
 * table's comment and default charset. Otherwise ERROR_UNSUPPORTED, and problem says in one sentence
 * why no way back is known.
 */
#ifndef DDLTAP_SCHEMA_INVERSE_H
#define DDLTAP_SCHEMA_INVERSE_H

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "schema/change.h"

/* Append statements, each ending in ";\n", unqualified, without DEFINER unless keep_definer, to sql;
 * and to remarks one sentence a line about data that it cannot bring back (no comment markers). Where
 * an object's context (sql_mode, character sets) differs from the defaults, SET statements are
 * written around it; foreign_key_checks are the caller's where the defaults have none. On an error sql is as it was. */
must_check enum error inverse_write(const struct change *change, const struct sql_facts *defaults,
                                    bool keep_definer, struct buffer *sql, struct buffer *remarks,
                                    struct problem *problem);

/* The other direction, for a change that no statement tells: from the objects before it to those after it,
 * by their images alone. Remarks tell what data goes. */
must_check enum error inverse_write_again(const struct change *change,
                                          const struct sql_facts *defaults, bool keep_definer,
                                          struct buffer *sql, struct buffer *remarks,
                                          struct problem *problem);

#endif
