/* draft: the draft file: its name, its text, reading it back.
 *
 *     -- ddltap draft 1
 *     -- captured: 2026-11-22T10:15:00Z  MySQLWorkbench  root@localhost  bankroll  MySQL 9.7.4
 *     -- migrate:up
 *     ALTER TABLE `users` ADD COLUMN `nickname` varchar(64) NULL AFTER `email`;
 *     -- migrate:down
 *     ALTER TABLE `users` DROP COLUMN `nickname`;
 *
 * Sections are multi-statement texts in dbmate's format: statements end in ';', bodies stay as they
 * are, no DELIMITER lines. A down that is not known has no statement, only a comment that says so.
 */
#ifndef DDLTAP_DRAFT_DRAFT_H
#define DDLTAP_DRAFT_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"

struct draft_content {
    int64_t captured_at;  /* microseconds UTC */
    const char *tool;     /* "MySQLWorkbench" */
    const char *account;  /* "root@localhost" */
    const char *database; /* "bankroll" */
    const char *server;   /* "MySQL 9.7.4" */
    struct slice notes;   /* lines for the top (redacted secret, ...); may be empty */
    struct slice up;      /* statements, each ending in ";\n" */
    struct slice down;    /* the same; none: not known */
    /* Lines: what data does not come back, or why no way back is known. */
    struct slice down_remarks;
};

/* 20261122T101500Z_0001_alter_users.sql: the order of the names is the order of the changes, also within
 * one second. Caller frees. */
char *draft_file_name(int64_t captured_at, int64_t id, const char *slug);
/* May a file of the drafts folder be one, as its name says? Whoever has named it. */
bool draft_is_file_name(const char *name);

void draft_write_text(const struct draft_content *content, struct buffer *out);

/* A draft file read back; slices into text. Sections without their marker lines. */
struct draft_file {
    struct slice header;
    struct slice up;
    struct slice down;
    bool down_known; /* the down section holds a statement */
};
/* ERROR_MALFORMED: no "-- ddltap draft 1" or a section is missing. */
must_check enum error draft_read_text(struct slice text, struct draft_file *file,
                                      struct problem *problem);

/* Do both say the same statements to such a server, whatever their comments and blanks? */
bool draft_same_statements(const struct draft_file *a, const struct draft_file *b,
                           const struct dialect *dialect);

/* The n-th field, from 0, of the line "-- captured: time  tool  account  database  server" of a header;
 * empty: it has none. */
struct slice draft_captured_field(struct slice header, unsigned field);

/* The content of folder/name, at most DRAFT_LIMIT bytes of it; NULL when there is no such file, or it cannot be
 * read, or is a folder, a pipe, a device. Caller frees. */
#define DRAFT_LIMIT ((size_t)256 << 20)
char *draft_load(const char *folder, const char *name);
/* Is there such a file, readable or not? */
bool draft_exists(const char *folder, const char *name);
/* ERROR_FILE: drafts could not be written there, or taken away: the folder is read-only, or another user's. */
must_check enum error draft_check_folder(const char *folder, struct problem *problem);

/* Put text at folder/name: temporary name in the same folder, fsync, link into place (never
 * overwrites; an existing file is left alone and is success). Creates the folder. The name is there for good
 * after draft_sync_folder, once for all that were stored. */
must_check enum error draft_store(const char *folder, const char *name, struct slice text,
                                  struct problem *problem);
/* The same, of any file. *made: it was not there, and is now. */
must_check enum error draft_store_new(const char *folder, const char *name, struct slice text,
                                      bool *made, struct problem *problem);
must_check enum error draft_sync_folder(const char *folder, struct problem *problem);

/* The same in the place of what is there, with fsync of the folder. */
must_check enum error draft_replace(const char *folder, const char *name, struct slice text,
                                    struct problem *problem);

/* Take folder/name away; one that is not there is no error. */
must_check enum error draft_remove(const char *folder, const char *name, struct problem *problem);

/* Take temporary files away that a killed draft_store or draft_replace of that name has left (NULL: of any), where they
 * are that old. */
void draft_remove_leftovers(const char *folder, const char *name, unsigned seconds);

#endif
