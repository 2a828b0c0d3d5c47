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

#include <stddef.h>

#include "ddltap/error.h"
#include "server/control.h"

struct opened_table {
    char *schema, *name;
};

/* A list of tables that are open: before the reading, in the schemas of what is read. */
struct opened {
    struct opened_table *tables;
    size_t count;
};

/* Errors are lost connections only; opened is to be released in any case. */
must_check enum error opened_note(struct control *control, const struct control_image *images,
                                  size_t count, struct opened *opened, struct problem *problem);
must_check enum error opened_close(struct control *control, const struct control_image *images,
                                   size_t count, const struct opened *opened,
                                   struct problem *problem);
void opened_release(struct opened *opened);

#endif
