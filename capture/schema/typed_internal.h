/* typed_internal: what the files typed*.c share. See typed.h. */
#ifndef DDLTAP_SCHEMA_TYPED_INTERNAL_H
#define DDLTAP_SCHEMA_TYPED_INTERNAL_H

#include "schema/clause.h"
#include "schema/image.h"
#include "schema/typed.h"

/* How a text must be read: the flags of its dialect, or any where it has no quotes and no backslash. */
#define TYPED_ANY_DIALECT 0xFFu

/* How much of what was typed is used. */
enum typed_level {
    TYPED_STATEMENT,
    TYPED_CLAUSES,
    TYPED_NOTHING
};

/* A clause of a table, beside what the server printed for it. Texts are owned. */
struct typed_clause {
    bool is_key;
    char *name;     /* of a column, now, bare */
    char *spelling; /* the same as it was typed; NULL: it has been renamed, or typed as "name" */
    char *printed;
    char *text;
    char *alone; /* see struct clause */
    bool has_primary, has_unique, has_other;
    unsigned flags;
};

/* A whole statement, and what it led from and to. */
struct typed_whole {
    char *text;
    unsigned flags;
    size_t step; /* its place in the run */
    bool reads;  /* rows of other tables: CREATE TABLE ... SELECT */
    char before[IMAGE_HASH_SIZE], after[IMAGE_HASH_SIZE]; /* "": not there */
};

/* A table that was made in this run. */
struct typed_creation {
    char *spelling; /* of its name; NULL: it was made in a way that is not known */
    char *name;     /* bare */
    char *tail;     /* as typed, and the definition that the server printed for it */
    char *printed;
    unsigned flags;
};

struct typed_object {
    enum object_type type;
    enum typed_level level;
    struct typed_whole *wholes;
    size_t whole_count;
    struct typed_clause *clauses;
    size_t clause_count;
    struct typed_creation creation;
    bool is_filled; /* the statement that made it put rows in */
};

bool typed_reads_alike(unsigned flags, const struct dialect *dialect);

/* The clause of a column (quoted) that the server printed so; NULL. */
const struct typed_clause *typed_find_column(const struct typed_object *object, struct slice name,
                                             struct slice printed, const struct dialect *dialect);

#endif
