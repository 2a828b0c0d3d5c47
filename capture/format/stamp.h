/* stamp: statements that move the version table of the development database.
 *
 * To be run one by one on one connection, in one transaction begun before the first one that has a
 * count. Where a statement changes another number of rows than it must, the database is not where
 * the files say: roll back and refuse.
 */
#ifndef DDLTAP_FORMAT_STAMP_H
#define DDLTAP_FORMAT_STAMP_H

#include <stddef.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

#define STAMP_ANY_ROWS INT64_C(-1)

struct stamp_statement {
    char *sql;    /* owned */
    int64_t rows; /* how many rows it must change; STAMP_ANY_ROWS: not asked (CREATE TABLE) */
};

struct stamp {
    struct stamp_statement *statements;
    size_t count;
};

#define STAMP_INIT ((struct stamp){NULL, 0})

/* sql is taken. */
void stamp_add(struct stamp *stamp, char *sql, int64_t rows);
void stamp_release(struct stamp *stamp);

/* Append a name in backquotes, a text in quotes; each is right in every sql_mode. */
void stamp_append_name(struct buffer *sql, const char *name);
void stamp_append_text(struct buffer *sql, const char *text);

#endif
