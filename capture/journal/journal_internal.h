/* journal_internal: what the files of this folder share.
 *
 *     journal.c         open, close
 *     journal_schema.c  tables, and the steps from one version to the next
 *     journal_lock.c    one proxy at a time
 *     journal_words.c   enums as words, as they stand in the file
 *     journal_store.c   rows going in: sessions, changes, objects, images
 *     journal_writer.c  the proxy's writer thread: queue, groups, retries
 *     journal_read.c    rows coming out
 *     journal_mark.c    the small marks of commands
 *     journal_split.c   changes in the place of one
 *     journal_baseline.c  the schema that drafts begin at, and what it was known to be since
 *     journal_compaction.c  letting go of what nothing can bring back
 */
#ifndef DDLTAP_JOURNAL_JOURNAL_INTERNAL_H
#define DDLTAP_JOURNAL_JOURNAL_INTERNAL_H

#include <sqlite3.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "journal/journal.h"
#include "schema/image.h"

struct journal_writer;

enum {
    JOURNAL_KEPT = 8 /* a reading has three; two within each other, and some over */
};

struct journal {
    char *path;
    sqlite3 *db; /* reads and small marks */
    /* Statements for the next reading, what was used last first; NULL behind them. */
    sqlite3_stmt *kept[JOURNAL_KEPT];
    int lock;                      /* descriptor of the proxy's lock, or -1 */
    int claim;                     /* that of the command that changes drafts, or -1 */
    struct journal_writer *writer; /* JOURNAL_PROXY only; has a connection of its own */
};

/* --- SQLite in a few words ----------------------------------------------------------------------
 */

/* One bound parameter. */
struct journal_value {
    enum {
        JOURNAL_NUMBER,
        JOURNAL_TEXT,
        JOURNAL_BYTES
    } kind;
    int64_t number;
    struct slice bytes; /* none: NULL */
};
struct journal_value journal_number(int64_t number);
struct journal_value journal_text(const char *text); /* NULL is NULL */
struct journal_value journal_bytes(const void *bytes, size_t len);

/* Bind values to a statement that was reset. SQLite's code. */
int journal_bind(sqlite3_stmt *statement, const struct journal_value *values, size_t count);
/* Bind, run to the end, reset. SQLITE_OK or SQLite's code. */
int journal_run(sqlite3_stmt *statement, const struct journal_value *values, size_t count);
int journal_execute(sqlite3 *db, const char *sql);
/* BEGIN IMMEDIATE, tried again within bounds when others write. */
int journal_begin(sqlite3 *db);
/* ROLLBACK, unless SQLite has done it already. */
void journal_rollback(sqlite3 *db);
/* The first column of the first row; 0 where there is none, or it is NULL. SQLITE_OK or SQLite's code. */
int journal_select_number(sqlite3 *db, const char *sql, int64_t *number);
/* Microseconds since 1970. */
int64_t journal_now(void);
/* ERROR_JOURNAL with what was attempted, the file and SQLite's own words. */
enum error journal_problem(sqlite3 *db, const char *attempt, struct problem *problem);

/* Commits are on the disk when they return. Of the connection, not of the file. */
#define JOURNAL_DURABLE "PRAGMA synchronous = FULL"

/* The log (-wal) is written from its beginning again after a checkpoint. The proxy's writer makes one at so many
 * pages, if nobody did before; what is longer, because there was a reader or the file was written anew, is cut
 * off there, and not before: to sync what is written over is cheaper than to let it grow again. */
enum {
    JOURNAL_LOG_PAGES = 8000, /* others make a checkpoint at 1000 */
    JOURNAL_LOG_PAGE = 4128,  /* bytes, with its header, and some */
    JOURNAL_LOG_LIMIT = JOURNAL_LOG_PAGES * JOURNAL_LOG_PAGE
};

/* Open the file with a wait for others, synchronous=FULL, foreign keys and the log's limit. */
must_check enum error journal_connect(const char *path, sqlite3 **db, struct problem *problem);

/* --- schema -------------------------------------------------------------------------------------
 */

/* Is it a journal, or may it become one? Else ERROR_JOURNAL; nothing is changed. */
must_check enum error journal_schema_check(sqlite3 *db, const char *path, struct problem *problem);
/* Is it a journal, of our version? Creates and upgrades when may_change, else an older one is an
 * error. A newer one and a foreign file are ERROR_JOURNAL. */
must_check enum error journal_schema_ensure(sqlite3 *db, const char *path, bool may_change,
                                            struct problem *problem);

/* --- lock ---------------------------------------------------------------------------------------
 */

must_check enum error journal_lock_take(const char *path, int *lock, struct problem *problem);
void journal_lock_write(int lock, const char *address);
void journal_lock_drop(int lock);

/* --- words --------------------------------------------------------------------------------------
 */

const char *journal_role_text(enum object_role role);
const char *journal_image_state_text(enum image_state state);
/* The reverse; false when the word is none (or NULL). */
bool journal_change_state_read(const char *word, enum change_state *state);
bool journal_draft_state_read(const char *word, enum draft_state *state);
bool journal_origin_read(const char *word, enum change_origin *origin);
bool journal_role_read(const char *word, enum object_role *role);
bool journal_image_state_read(const char *word, enum image_state *state);
bool journal_verb_read(const char *word, enum ddl_verb *verb);

/* --- store --------------------------------------------------------------------------------------
 */

enum journal_insert {
    JOURNAL_INSERT_SESSION,
    JOURNAL_INSERT_CHANGE,
    JOURNAL_INSERT_OBJECT,
    JOURNAL_INSERT_RENAME,
    JOURNAL_INSERT_IMAGE,
    JOURNAL_UPDATE_CHANGE,
    JOURNAL_INSERT_COUNT
};

/* Prepared statements of one connection; prepared when first used. */
struct journal_store {
    sqlite3 *db;
    sqlite3_stmt *statements[JOURNAL_INSERT_COUNT];
};
void journal_store_open(struct journal_store *store, sqlite3 *db);
void journal_store_close(struct journal_store *store);
/* Inside a transaction. SQLITE_OK or SQLite's code; SQLITE_NOTFOUND: no such change. */
/* hash gets the key of the image, reference the value for a column that refers to it (NULL if there is no
 * image). */
int journal_store_image(struct journal_store *store, const struct journal_image *image,
                        char hash[IMAGE_HASH_SIZE], struct journal_value *reference);
int journal_store_session(struct journal_store *store, struct journal_session *session);
int journal_store_intent(struct journal_store *store, struct journal_change *change);
int journal_store_outcome(struct journal_store *store, const struct journal_change *change);

/* --- marks --------------------------------------------------------------------------------------
 */

/* Inside a transaction. SQLITE_NOTFOUND: no such change, named by problem. */
int journal_put_marks(sqlite3 *db, const struct journal_draft_mark *marks, size_t count,
                      struct problem *problem);

/* Its name and its value. */
#define JOURNAL_PUT_SETTING                                                                        \
    "INSERT INTO setting (name, value) VALUES (?, ?)"                                              \
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"

/* --- reading ------------------------------------------------------------------------------------
 */

/* Append the query of a filter: how it is carried out must not depend on how many changes there are. Its one parameter,
 * where the filter has an id, is that. */
void journal_read_query(const struct journal_filter *filter, struct buffer *sql);
#define JOURNAL_SELECT_DRAFT_NAME "SELECT 1 FROM change WHERE draft_name = ?"

/* --- writer -------------------------------------------------------------------------------------
 */

must_check enum error journal_writer_start(const char *path, struct journal_writer **writer,
                                           struct problem *problem);
void journal_writer_stop(struct journal_writer *writer); /* after all that is queued; NULL-safe */

#endif
