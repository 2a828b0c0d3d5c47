/* difference: the statements that make one schema into another.
 *
 *     1  defaults of the database
 *     2  drop events, triggers, views, routines that are not wanted
 *     3  drop the tables and sequences whose names are needed, foreign keys to them ahead; rename
 *     4  create and alter sequences; alter tables, in an order in which foreign keys let them
 *     5  create tables, those referred to first; drop tables and sequences; add foreign keys
 *     6  create and replace routines, views, triggers in their order, events
 *
 * Found from definitions alone, clause by clause. What is not known to lead to the definition wanted
 * is a problem, never a guess; the other objects have their statements all the same.
 */
#ifndef DDLTAP_SCHEMA_DIFFERENCE_H
#define DDLTAP_SCHEMA_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "schema/schema.h"
#include "schema/typed.h"
#include "sql/statement.h"

enum difference_rename_kind {
    DIFFERENCE_RENAME_OBJECT, /* a table, view or sequence */
    DIFFERENCE_RENAME_COLUMN,
    DIFFERENCE_RENAME_INDEX,
};

/* Names are bare. All at once: `from` is the name now, `to` the name wanted, so that two tables may swap
 * their names. */
struct difference_rename {
    enum difference_rename_kind kind;
    struct slice table; /* of a column or index: its table's name now */
    struct slice from_home;
    struct slice from;
    struct slice to_home;
    struct slice to; /* none, of a column: the one of that name that is wanted is another one */
};

struct difference_options {
    bool mariadb;
    uint32_t version;
    struct slice schema; /* its name is taken out of every text */
    bool keep_definer;
    const struct sql_facts *defaults; /* settings of the session that runs the statements */
    bool passes_cosmetic;      /* over what cosmetic.h names: for schemas of different servers */
    bool whole;                /* both schemas are complete: what is not in them does not exist */
    bool way_back;             /* remarks tell what does not come back; else what goes */
    const struct typed *typed; /* what a person typed, used where it may lead to wanted; NULL */
};

enum difference_kind {
    DIFFERENCE_SET, /* session settings around another step */
    DIFFERENCE_DROP,
    DIFFERENCE_RENAME,
    DIFFERENCE_ALTER,
    DIFFERENCE_CREATE,
};

/* One statement without a ';'. name is bare, none for renames and settings. */
struct difference_step {
    enum difference_kind kind;
    enum object_type type;
    struct slice name;
    char *text;
    bool is_typed; /* as a person typed it, or with clauses as typed: only a replay can prove it */
};

struct difference {
    struct difference_step *steps;
    size_t step_count;
    size_t step_capacity;
    struct buffer remarks; /* a sentence a line: data that is lost */
    struct buffer lines; /* `users  + nickname varchar(64) after email`: what differs, for people */
    struct buffer problems; /* a sentence a line: objects that keep a difference */
};

/* Both schemas must outlive the difference. Release it. */
void difference_find(const struct schema *now, const struct schema *wanted,
                     const struct difference_rename *renames, size_t rename_count,
                     const struct difference_options *options, struct difference *difference);
void difference_release(struct difference *difference);

/* The same renames for the way back: owner of the list (not of the names) is the caller, free(). */
struct difference_rename *difference_turn_round(const struct difference_rename *renames,
                                                size_t count);

/* Append the remark on the rows of a table that are gone for good; home may be none. */
void difference_remark_rows(struct slice home, struct slice name, struct buffer *remarks);

/* Append all statements, each with ";\n". */
void difference_write(const struct difference *difference, struct buffer *out);

#endif
