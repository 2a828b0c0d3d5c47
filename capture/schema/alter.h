/* alter: what leads from one definition of a table to another, as a list of steps.
 *
 *     now     what the table is                    `id`, `full_name`, `note`
 *     wanted  what it shall be                     `id`, `nick`, `name`
 *     steps   what leads there, in the order in which they are written
 *             DROP COLUMN `note`, ADD COLUMN `nick` .. AFTER `id`, CHANGE COLUMN `full_name` ..
 *
 * alter_plan finds the steps, alter_model carries them out as servers do and compares, alter_text
 * writes them. Each step has a stage; the steps of one stage make one statement, apart from full text
 * indexes, of which MySQL makes only one at a time.
 */
#ifndef DDLTAP_SCHEMA_ALTER_H
#define DDLTAP_SCHEMA_ALTER_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

enum alter_kind {
    ALTER_DROP_FOREIGN_KEY,
    ALTER_DROP_CHECK,
    ALTER_DROP_KEY,    /* no name: the primary key */
    ALTER_DROP_PERIOD, /* text: what stands behind PERIOD FOR */
    ALTER_DROP_COLUMN,
    ALTER_RENAME_COLUMN, /* ahead of all others, which know the new name */
    ALTER_ADD_COLUMN,
    ALTER_CHANGE_COLUMN, /* from is its name now */
    ALTER_RENAME_KEY,
    ALTER_SHOW_KEY, /* text: VISIBLE, INVISIBLE, IGNORED or NOT IGNORED */
    ALTER_ADD_PERIOD,
    ALTER_ADD_KEY,
    ALTER_ADD_CHECK,
    ALTER_OPTION, /* text, behind name where there is one */
    ALTER_PARTITION,
    ALTER_DEFAULT, /* text: " DEFAULT (...)" for the column name */
    ALTER_DROP_DEFAULT,
    ALTER_SAY_AGAIN, /* text, which changes nothing that is printed */
    ALTER_ADD_FOREIGN_KEY,
};

/* In the order in which they run. */
enum alter_stage {
    ALTER_STAGE_FREE,   /* what must be gone before the engine, the partitions, the names come */
    ALTER_STAGE_RENAME, /* columns that others read, which follow */
    ALTER_STAGE_MAIN,
    ALTER_STAGE_FULLTEXT,    /* one statement for each step */
    ALTER_STAGE_PARTITION,   /* one statement for each step */
    ALTER_STAGE_DEFAULT,     /* a default that only a column which is there may get */
    ALTER_STAGE_FOREIGN_KEY, /* when the tables referred to are as wanted */
    ALTER_STAGE_COUNT
};

/* Slices point into the two tables, or are static. */
struct alter_step {
    enum alter_kind kind;
    enum alter_stage stage;
    struct slice
        from; /* of what is renamed, the name now; ALTER_DROP_COLUMN: before it stepped aside, or none */
    struct slice name; /* the name dropped, added, or wanted */
    struct slice text; /* definition of a column; whole text of a part or an option */
    bool placed;       /* a column that goes behind `after`, or first */
    struct slice after;
    bool only_name;    /* ALTER_CHANGE_COLUMN: nothing but the name changes */
    bool is_aside;     /* ALTER_RENAME_COLUMN: of a column that goes, whose name another one gets */
    bool is_forgotten; /* by each later statement (MariaDB): goes with the last one */
};

struct alter {
    struct alter_step *steps;
    size_t step_count;
    size_t step_capacity;
    bool keeps_history; /* the table has row history, which the server guards */
    bool loses_rows;    /* partitions go away with their rows */
    char **owned;       /* texts that were made for steps */
    size_t owned_count;
};

/* Bring what later statements forget into the last one, once all others have their stages. */
void alter_settle_forgotten(struct alter *alter);

/* A new last step of the main stage. Valid until the next one is added. */
struct alter_step *alter_add(struct alter *alter, enum alter_kind kind);
/* Takes the text over, for the alter's life. */
struct slice alter_keep_text(struct alter *alter, struct buffer *text);
bool alter_has_kind(const struct alter *alter, enum alter_kind kind);
void alter_release(struct alter *alter);

#endif
