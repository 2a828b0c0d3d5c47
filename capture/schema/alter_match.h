/* alter_match: which columns, keys and constraints of a table are the same ones before and after.
 *
 *     now     `id`, `full_name`, `note`        wanted   `id`, `nick`, `name`
 *     column_now   { 0, NONE, 1 }              with the rename full_name -> name
 *
 * What is the same may stay where it stands; the rest is dropped and made. Known here is also what
 * must be made anew although it looks the same: see part_kept.
 */
#ifndef DDLTAP_SCHEMA_ALTER_MATCH_H
#define DDLTAP_SCHEMA_ALTER_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "schema/name_index.h"
#include "schema/table.h"

#define NOT_MATCHED ((size_t)-1)

/* What is compared. `lifted`: foreign keys of wanted that are dropped and added although they stay as
 * they are, since what they refer to changes. */
struct alter_request {
    struct table *now; /* its parts get the wanted names of its columns */
    const struct table *wanted;
    const struct table_rename *renames; /* names now -> names wanted */
    size_t rename_count;
    const struct slice *lifted;
    size_t lifted_count;
    bool is_parent;     /* foreign keys of other tables point to it */
    bool may_be_parent; /* not all other tables are known */
    bool is_renamed;    /* columns got their names in a statement ahead, which may copy nothing */
    bool mariadb;
};

struct alter_match {
    const struct alter_request *request;
    const struct table *now;
    const struct table *wanted;
    struct name_index now_columns; /* by the name before the renaming */
    size_t *column_now;            /* for each wanted column: its index in now, or NOT_MATCHED */
    size_t *column_wanted;         /* the reverse, for each column of now */
    bool *in_place;                /* for each wanted column: it need not move */
    size_t *part_now;              /* for each part of wanted: its index in now, or NOT_MATCHED */
    bool *part_kept; /* for each part of wanted: it stays as it is or is only renamed or hidden */
    bool *now_kept;  /* the reverse, for each part of now */
};

void alter_match_read(const struct alter_request *request, struct alter_match *match);
void alter_match_release(struct alter_match *match);

/* The name of a column before that text mentions and that is no longer that column afterwards:
 * dropped, made anew or renamed. */
bool alter_match_disturbs(const struct alter_match *match, struct slice text);

/* The same key, hidden from the optimizer in only one of the two. */
bool alter_match_same_but_hidden(bool mariadb, const struct table_part *a,
                                 const struct table_part *b);
bool alter_match_same_but_name(const struct table_part *a, const struct table_part *b);
bool alter_match_is_hidden(bool mariadb, const struct table_part *key);

/* MariaDB makes a unique key hashed, or not, by itself where its columns become long or short, and leaves it
 * where it stands. */
bool alter_match_turns_hashed(const struct alter_match *match, const struct table_part *now,
                              const struct table_part *wanted);

/* Servers print it otherwise after any statement that comes behind: MariaDB an index without its USING
 * HASH, MySQL a check with its literals in another character set. */
bool alter_match_is_forgotten(bool mariadb, const struct table *table,
                              const struct table_part *part);

/* Parts of one group keep the order in which they were made ... */
unsigned alter_match_group(bool mariadb, const struct table *wanted, const struct table_part *part);
/* ... but for those that servers print by name. */
bool alter_match_is_sorted_by_name(bool mariadb, const struct table_part *part);

#endif
