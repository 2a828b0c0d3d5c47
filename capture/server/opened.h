/* opened: the tables that reading definitions opens on the server, closed again.
 *
 * MariaDB keeps a table open that SHOW CREATE has opened, for the next session to use. Who is the first to
 * open a table gets the warnings of its expressions and triggers, and may find that its files were changed
 * by hand: that is for the client. So what was not open before the reading is closed after it; where the query
 * cache is in use, which that empties, only if reading showed that clients see the difference.
 *
 * MySQL's SHOW CREATE TABLE writes the tablespaces of partitions into the open table, which the next session
 * that is given this one takes for the wish of whoever made it: ALTER TABLE ... REBUILD PARTITION fails
 * after SET GLOBAL innodb_file_per_table = OFF. So partitioned tables are closed there, and no others.
 *
 * A table that is in use is left alone, and so are all where the account may not close them (RELOAD, or
 * FLUSH_TABLES): nothing waits.
 */
#ifndef DDLTAP_SERVER_OPENED_H
#define DDLTAP_SERVER_OPENED_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/error.h"
#include "server/control.h"

struct opened_table {
    char *schema, *name;
};
struct opened_list {
    struct opened_table *tables;
    size_t count;
};

/* What is open in the schemas of what is read; empty at first. */
struct opened {
    struct opened_list before;      /* the reading */
    struct opened_list found;       /* open since then, and nobody uses them */
    struct opened_list partitioned; /* MySQL: those that were read */
    char **schemas;                 /* that `before` tells of */
    size_t schema_count;
    bool looked; /* `found` is true still; false: more was opened since */
    bool shows;  /* clients see who is the first to open one of those that were read */
    bool caches; /* MariaDB's query cache is in use */
};

struct control_questions;

/* The questions before a reading, and behind it, to go along with it. Opened stays until they are asked. */
void opened_note(const struct control *control, const struct control_image *images, size_t count,
                 struct opened *opened, struct control_questions *questions);
void opened_look(const struct control *control, struct opened *opened,
                 struct control_questions *questions);
/* What was read says what is to be closed. */
void opened_judge(const struct control *control, const struct control_image *images, size_t count,
                  struct opened *opened);
/* Close what reading has opened. An error is a lost connection. */
must_check enum error opened_close(struct control *control, struct opened *opened,
                                   struct problem *problem);
void opened_release(struct opened *opened);

#endif
