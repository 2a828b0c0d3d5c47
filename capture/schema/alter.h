/* alter: the ALTER TABLE that makes one definition of a table into another, checked on a model.
 *
 *     now     what the table is                    `id`, `full_name`, `note`
 *     wanted  what it shall be                     `id`, `nick`, `name`
 *     steps   what leads there, in the order in which they are written
 *             DROP COLUMN `note`, ADD COLUMN `nick` .. AFTER `id`, CHANGE COLUMN `full_name` ..
 *
 * The model knows what servers do with such a list: positions are resolved one after the other,
 * keys are sorted by class, a new key goes behind the old ones of its class. A key in front of
 * which another one comes back is therefore made anew, so that the order is as it was.
 */
#ifndef DDLTAP_SCHEMA_ALTER_H
#define DDLTAP_SCHEMA_ALTER_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "schema/table.h"

enum alter_kind {
    ALTER_DROP_FOREIGN_KEY,
    ALTER_DROP_CHECK,
    ALTER_DROP_KEY, /* no name: the primary key */
    ALTER_DROP_COLUMN,
    ALTER_ADD_COLUMN,
    ALTER_CHANGE_COLUMN, /* from is its name now */
    ALTER_RENAME_KEY,
    ALTER_SHOW_KEY, /* text: VISIBLE, INVISIBLE, IGNORED or NOT IGNORED */
    ALTER_ADD_KEY,
    ALTER_OPTION, /* text, behind name where there is one */
    ALTER_ADD_CHECK,
    ALTER_ADD_FOREIGN_KEY,
};

/* Slices point into the two tables. */
struct alter_step {
    enum alter_kind kind;
    struct slice from; /* ALTER_CHANGE_COLUMN, ALTER_RENAME_KEY: the name now */
    struct slice name; /* the name dropped, added, or wanted */
    struct slice text; /* definition of a column; whole text of a part or an option */
    bool placed;       /* a column that goes behind `after`, or first */
    struct slice after;
};

struct alter {
    struct alter_step *steps;
    size_t step_count;
    struct slice partition; /* "PARTITION BY ..." or "REMOVE PARTITIONING"; none */
};

/* Find the steps. renames: names now -> names wanted. ERROR_UNSUPPORTED with a problem that says
 * what no ALTER is known for, also when the model does not end at `wanted`. Both tables must
 * outlive the plan; the parts of `now` get the wanted names of its columns. */
must_check enum error alter_plan(struct table *now, const struct table *wanted,
                                 const struct table_rename *renames, size_t count, bool mariadb,
                                 struct alter *alter, struct problem *problem);
void alter_release(struct alter *alter);

/* Append the plan to get to `wanted` as one statement, or more where foreign keys go and come
 * or a default needs its column first (name may be qualified), each ended by a NUL byte; nothing
 * for a plan without steps. */
void alter_write(const struct alter *alter, const struct table *wanted, struct slice name,
                 bool mariadb, struct buffer *out);

#endif
