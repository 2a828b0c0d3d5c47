/* control: ddltap's own connection to the upstream.
 *
 * Blocking (libmysqlclient or MariaDB Connector/C): used by workers and the command line, never in an
 * event loop. Its session settings are pinned right after connecting, so that the same object always
 * prints the same text: sql_mode='' (NO_BACKSLASH_ESCAPES and quotes at their defaults),
 * sql_quote_show_create=1, character_set_results=NULL over utf8mb4, short lock_wait_timeout,
 * no time limits. Before a question that comes a second or more after the last one it tries the
 * connection, and makes it anew once when the server closed it while idle.
 */
#ifndef DDLTAP_SERVER_CONTROL_H
#define DDLTAP_SERVER_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "schema/change.h"
#include "sql/object.h"
#include "sql/statement.h"

struct control; /* opaque; one thread at a time */
struct opened;

/* Where to connect; texts belong to the caller and are copied. */
struct control_target {
    const char *host; /* NULL or "" when socket is set */
    unsigned port;
    const char *socket; /* Unix socket path, or NULL */
    const char *user;
    const char *password; /* NULL: none */
    bool tls_required; /* else: TLS when the server offers it, without verification on loopback */
    unsigned answer_seconds; /* longest wait for an answer; 0: ten minutes */
};

/* ERROR_SERVER with a problem that names host, port, user and the server's own words. */
must_check enum error control_open(const struct control_target *target, struct control **control,
                                   struct problem *problem);
void control_close(struct control *control); /* NULL-safe */

bool control_mariadb(const struct control *control);
uint32_t control_version(const struct control *control); /* as struct dialect.version */
const char *control_version_text(const struct control *control);
bool control_names_nocase(const struct control *control); /* lower_case_table_names != 0 */
/* Tells servers and restarts apart: server uuid/id and start time, a text of at most 100 bytes. The
 * start time is exact at every reading (the server's now minus its uptime, taken by one statement),
 * so that texts are compared as they are. Read anew whenever the connection is made anew. Owned. */
const char *control_server_identity(const struct control *control);

/* One object to read; what stands behind `state` is filled and owned (release below). */
struct control_image {
    enum object_type type;
    const char *schema;
    const char *name; /* utf8 */
    bool
        with_triggers; /* of a table: also the names of its triggers, which die with it; where the server does not
                           list them, the table is UNKNOWN */
    enum image_state state;
    char *text;      /* normalised, unqualified where the server prints this schema's own name */
    char *context;   /* see struct image; or NULL */
    char **triggers; /* by time and event, in ACTION_ORDER */
    size_t trigger_count;
};

/* Read count images. A missing object is IMAGE_ABSENT; one that may not be read or is locked by
 * somebody for longer than a second is IMAGE_UNKNOWN; an error is only a lost connection. Sets the
 * default database to the object's schema first, so that views and bodies print unqualified. A table
 * name that is a view (or a sequence) is ABSENT as OBJECT_TABLE. What the reading opens on the server is
 * closed again (opened.h); or left to the caller, who releases opened in any case. Opened may be of a reading
 * before: what was open then is left open. */
must_check enum error control_read_images(struct control *control, struct control_image *images,
                                          size_t count, struct problem *problem);
must_check enum error control_read_keeping(struct control *control, struct control_image *images,
                                           size_t count, struct opened *opened,
                                           struct problem *problem);
void control_images_release(struct control_image *images, size_t count); /* what was filled */

/* Does a table have partitions? Asked of the dictionary: the table is not opened. */
must_check enum error control_has_partitions(struct control *control, const char *schema,
                                             const char *table, bool *partitioned,
                                             struct problem *problem);

/* Is the thread with this connection id, logged in as user, known to be gone from the server? Without
 * the PROCESS privilege an account sees its own threads only: what it cannot see is not gone. */
must_check enum error control_thread_gone(struct control *control, uint32_t connection_id,
                                          const char *user, bool *gone, struct problem *problem);

/* Run one statement for the command line (doctor, init, version tables): the first column of the first row, or
 * NULL when there is none; caller frees. error_code gets the server's code (0 when fine). */
must_check enum error control_value(struct control *control, const char *sql, char **value,
                                    unsigned *error_code, struct problem *problem);

/* The same of all rows: the first column of each (NULL becomes ""). Caller frees each and the array. */
must_check enum error control_column(struct control *control, const char *sql, char ***values,
                                     size_t *count, unsigned *error_code, struct problem *problem);

/* "MariaDB Connector/C 3.3.17" or "libmysqlclient 9.7.0": the library in use, for --version. */
const char *control_library(void);

#endif
