/* clause: a CREATE TABLE or ALTER TABLE as a person typed it, cut into its clauses.
 *
 *     CREATE TABLE users (id INT PRIMARY KEY, email TEXT, UNIQUE (email(20))) COMMENT 'x'
 *                         ^column id           ^column     ^key                ^tail
 *     ALTER TABLE users ADD (a INT, b INT), CHANGE c d INT FIRST, ADD KEY k (a), DROP COLUMN e
 *                            ^column        ^column d, INT        ^key           ^dropped e
 *
 * A reading by tokens that takes only what it is sure of: what else a statement says is left out, and the
 * caller compares with the image that the server printed behind it.
 */
#ifndef DDLTAP_SCHEMA_CLAUSE_H
#define DDLTAP_SCHEMA_CLAUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"

enum clause_kind {
    CLAUSE_COLUMN, /* its definition, behind the name and without the place */
    CLAUSE_KEY,    /* a key or constraint, whole */
    CLAUSE_DROPPED_COLUMN,
};

/* The word that decides what a key is. */
enum clause_key {
    CLAUSE_PRIMARY,
    CLAUSE_UNIQUE,
    CLAUSE_INDEX,
    CLAUSE_FULLTEXT,
    CLAUSE_SPATIAL,
    CLAUSE_VECTOR,
    CLAUSE_FOREIGN,
    CLAUSE_CHECK,
};

struct clause {
    enum clause_kind kind;
    enum clause_key key;
    char *name;            /* bare; of a key without a name NULL */
    struct slice spelling; /* of the name, as it was typed */
    struct slice text;     /* as it was typed, with the keys inside of a column's definition */
    char *alone;      /* a column's definition without those keys; NULL: it cannot stand alone */
    bool has_primary; /* inside of the definition: PRIMARY KEY */
    bool has_unique;  /* UNIQUE */
    bool has_other;   /* REFERENCES, CHECK: one that `text` cannot stand for */
    char *columns;    /* of a key: "a,b(10)", names bare and in lower case; NULL */
};

struct clause_list {
    struct clause *list;
    size_t count;
    size_t capacity;
    bool is_create;
    struct slice name; /* of the table, as it was typed, its schema too */
    struct slice tail; /* of a CREATE TABLE: what stands behind its columns */
};

/* false: not such a statement, or one that says more than clauses can (LIKE, SELECT, executable comments).
 * Slices point into text; release the list in either case. */
bool clause_read(struct slice text, const struct dialect *dialect, struct clause_list *list);
void clause_release(struct clause_list *list);

/* One option of a tail. */
struct clause_option {
    char *key;         /* as table.h names it: "ENGINE", "DEFAULT CHARSET" */
    struct slice text; /* as it was typed */
};

struct clause_tail {
    struct clause_option *options;
    size_t count;
    struct slice partition; /* from PARTITION on; none */
};

/* false: there is something that is no option. Release in either case. */
bool clause_read_tail(struct slice tail, const struct dialect *dialect, struct clause_tail *read);
void clause_release_tail(struct clause_tail *read);

/* Append the columns of a key that stand in parentheses in text, printed or typed, in the form of
 * `columns` above. false: there are none. */
bool clause_columns(struct slice text, const struct dialect *dialect, struct buffer *out);

#endif
