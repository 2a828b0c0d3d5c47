/* typed: what a person typed for the objects of a run of changes, for statements in a person's words.
 *
 *     ALTER TABLE users ADD nick VARCHAR(20)       column nick of users: "VARCHAR(20)", printed "varchar(20) DEFAULT NULL"
 *     ALTER TABLE users CHANGE nick handle ...     column handle of users
 *     RENAME TABLE users TO people                 column handle of people
 *
 * Each clause is remembered beside the clause that the server printed for it; where the difference wants to
 * write that printed clause, the typed one may stand in its place, and where a statement led from what is there to
 * what is wanted, the statement itself. Whether it comes to the same elsewhere only a replay can tell: the
 * caller runs the statements on a scratch schema, compares, refuses what came out otherwise, and asks again.
 *
 *     first      the whole statement as typed
 *     refused    the clauses as typed
 *     again      the server's text
 */
#ifndef DDLTAP_SCHEMA_TYPED_H
#define DDLTAP_SCHEMA_TYPED_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "schema/change.h"
#include "schema/schema.h"
#include "schema/table.h"
#include "sql/dialect.h"

struct typed;
struct typed_object;

struct typed *typed_new(void);
void typed_release(struct typed *typed); /* NULL-safe */

/* The next change of the run, whose `text` may be none: then only its images and names are read. */
void typed_add(struct typed *typed, const struct change *change);

/* From now on less of what was typed for that object is used; name is the one it has after the run, home none
 * in the development schema. false: nothing of it was used, so that trying again comes to the same. */
bool typed_refuse(struct typed *typed, enum object_type type, struct slice home, struct slice name);
/* The server's text for all objects. false: it was so before. */
bool typed_refuse_all(struct typed *typed);

/* --- for the difference: dialect is that of the session that runs the statements ------------------- */

/* What may be used of an object by the name it has after the run; NULL: nothing. typed may be NULL. */
const struct typed_object *typed_find(const struct typed *typed, enum object_type type,
                                      struct slice home, struct slice name);

/* Did a statement of the run make the table and put rows into it (CREATE TABLE ... SELECT)? */
bool typed_is_filled(const struct typed *typed, struct slice home, struct slice name);

/* The whole statement that led from `now` (its text none: the object was not there) to `wanted`; none. */
struct slice typed_statement(const struct typed *typed, const struct definition *now,
                             struct slice now_text, const struct definition *wanted,
                             const struct dialect *dialect);

/* For a column (quoted) or key, what was typed where the server printed `printed`; none. */
struct slice typed_column(const struct typed_object *object, struct slice name,
                          struct slice printed, const struct dialect *dialect);
struct slice typed_key(const struct typed_object *object, struct slice printed,
                       const struct dialect *dialect);

/* Append the CREATE TABLE of a table that was made in this run, for the name (quoted, perhaps qualified), with
 * whatever was typed. false: nothing was, and out is as it was. */
bool typed_write_table(const struct typed_object *object, const struct table *wanted,
                       struct slice name, const struct dialect *dialect, struct buffer *out);

#endif
