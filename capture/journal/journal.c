/* journal: opening and closing the file.
 *
 * The file may hold what people typed, so it and its folder belong to their owner alone. SQLite
 * gives its -wal and -shm files the mode of the file itself, which is why the file is made here,
 * with its mode, before SQLite sees it.
 */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "journal/journal_internal.h"

/* Waiting for another writer: 0.05 ms, twice as long each time up to 12.8 ms; 2 s in all. */
enum {
    BUSY_FIRST_MICROSECONDS = 50,
    BUSY_DOUBLINGS = 8,
    BUSY_WAITS = 164,
    BUSY_ATTEMPTS = 3,
    MODE_ATTEMPTS = 20,
    VACUUM_INCREMENTAL = 2,
    LARGE_PAGES = 25000 /* a hundred megabytes */
};

struct journal_value journal_number(int64_t number)
{
    return (struct journal_value){JOURNAL_NUMBER, number, SLICE_NONE};
}

struct journal_value journal_text(const char *text)
{
    return (struct journal_value){JOURNAL_TEXT, 0, slice_from(text)};
}

struct journal_value journal_bytes(const void *bytes, size_t len)
{
    return (struct journal_value){JOURNAL_BYTES, 0, slice_make(bytes, len)};
}

static int bind_value(sqlite3_stmt *statement, int index, const struct journal_value *value)
{
    if (value->kind == JOURNAL_NUMBER)
        return sqlite3_bind_int64(statement, index, value->number);
    if (slice_is_none(value->bytes))
        return sqlite3_bind_null(statement, index);
    if (value->kind == JOURNAL_TEXT)
        return sqlite3_bind_text64(statement, index, value->bytes.ptr, value->bytes.len,
                                   SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_blob64(statement, index, value->bytes.ptr, value->bytes.len, SQLITE_STATIC);
}

int journal_bind(sqlite3_stmt *statement, const struct journal_value *values, size_t count)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = bind_value(statement, (int)i + 1, &values[i]);
    return code;
}

int journal_run(sqlite3_stmt *statement, const struct journal_value *values, size_t count)
{
    int code = journal_bind(statement, values, count);
    if (code == SQLITE_OK) {
        do
            code = sqlite3_step(statement);
        while (code == SQLITE_ROW);
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int journal_execute(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* SQLite's own wait begins with a millisecond: others, the drafts' marks above all, are done sooner. */
static int wait_for_others(void *argument, int waited)
{
    (void)argument;
    if (waited >= BUSY_WAITS)
        return 0;
    unsigned doublings = waited < BUSY_DOUBLINGS ? (unsigned)waited : BUSY_DOUBLINGS;
    (void)usleep((useconds_t)BUSY_FIRST_MICROSECONDS << doublings);
    return 1;
}

/* The busy handler already waits; what comes through after it (recovery of a killed writer's WAL) gets a few more
 * attempts. */
static int execute_patiently(sqlite3 *db, const char *sql, int attempts)
{
    int code = SQLITE_BUSY;
    for (int attempt = 0; attempt < attempts && code == SQLITE_BUSY; attempt++) {
        if (attempt > 0)
            (void)usleep(50000);
        code = journal_execute(db, sql) & 0xff;
    }
    return code;
}

int journal_begin(sqlite3 *db)
{
    return execute_patiently(db, "BEGIN IMMEDIATE", BUSY_ATTEMPTS);
}

void journal_rollback(sqlite3 *db)
{
    if (!sqlite3_get_autocommit(db))
        (void)journal_execute(db, "ROLLBACK");
}

int journal_select_number(sqlite3 *db, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    *number = 0;
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        *number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
        code = code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
    }
    (void)sqlite3_finalize(statement);
    return code;
}

int64_t journal_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

enum error journal_problem(sqlite3 *db, const char *attempt, struct problem *problem)
{
    const char *path = sqlite3_db_filename(db, "main");
    return problem_set(problem, ERROR_JOURNAL, "could not %s the journal %s: %s", attempt,
                       path == NULL ? "" : path, sqlite3_errmsg(db));
}

enum error journal_connect(const char *path, sqlite3 **db, struct problem *problem)
{
    char sql[200];
    *db = NULL;
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        enum error error = problem_set(problem, ERROR_JOURNAL, "could not open the journal %s: %s",
                                       path, *db == NULL ? "out of memory" : sqlite3_errmsg(*db));
        (void)sqlite3_close(*db);
        *db = NULL;
        return error;
    }
    (void)sqlite3_extended_result_codes(*db, 1);
    (void)sqlite3_busy_handler(*db, wait_for_others, NULL);
    /* These touch the connection only, not the file. */
    (void)sqlite3_snprintf(sizeof sql, sql,
                           JOURNAL_DURABLE "; PRAGMA foreign_keys = ON;"
                                           "PRAGMA journal_size_limit = %d",
                           (int)JOURNAL_LOG_LIMIT);
    (void)journal_execute(*db, sql);
    return ERROR_NONE;
}

static enum error make_folder(const char *path, struct problem *problem)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return ERROR_NONE;
    char *folder = memory_copy_slice(slice_make(path, (size_t)(slash - path)));
    enum error error = ERROR_NONE;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        error = problem_set(problem, ERROR_FILE, "could not create the folder %s: %s", folder,
                            strerror(errno));
    free(folder);
    return error;
}

static enum error make_file(const char *path, struct problem *problem)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return problem_set(problem, ERROR_FILE, "could not create the journal %s: %s", path,
                           strerror(errno));
    (void)close(file);
    return ERROR_NONE;
}

static enum error set_wal(sqlite3 *db, const char *path, struct problem *problem)
{
    /* SQLite does not ask the busy handler for this: another process may be making the tables, on a slow disk. */
    if (execute_patiently(db, "PRAGMA journal_mode = WAL", MODE_ATTEMPTS) != SQLITE_OK)
        return journal_problem(db, "set the WAL mode of", problem);
    sqlite3_stmt *statement = NULL;
    const char *mode = "";
    if (sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        mode = (const char *)sqlite3_column_text(statement, 0);
    bool wal = mode != NULL && strcmp(mode, "wal") == 0;
    (void)sqlite3_finalize(statement);
    if (wal)
        return ERROR_NONE;
    return problem_set(problem, ERROR_JOURNAL,
                       "the journal %s is on a file system that cannot share memory between "
                       "processes; put the ddltap folder on a local disk",
                       path);
}

/* A proxy that runs must not wait for the file to be written anew. Our own lock is no other proxy. */
static bool held_by_another(const struct journal *journal)
{
    long pid;
    return journal->lock < 0 && journal_proxy_running(journal->path, &pid, NULL, 0);
}

/* So that what is let go can be given back. In a new file that is a word in its header; one that has tables
 * is written anew, once. Where that fails (a full disk, another process that writes), the journal is as good as
 * it was: it is tried again when it is next opened. */
static int set_vacuum(const struct journal *journal)
{
    int64_t mode = 0, pages = 0;
    sqlite3 *db = journal->db;
    int code = journal_select_number(db, "PRAGMA auto_vacuum", &mode);
    if (code == SQLITE_OK)
        code = journal_select_number(db, "PRAGMA page_count", &pages);
    if (code != SQLITE_OK || mode == VACUUM_INCREMENTAL || (pages > 0 && held_by_another(journal)))
        return code;
    if (pages > LARGE_PAGES)
        log_write(LOG_WARNING, NULL, "the journal %s is written anew, once: this takes a while",
                  journal->path);
    code = execute_patiently(db, "PRAGMA auto_vacuum = INCREMENTAL", BUSY_ATTEMPTS);
    return code == SQLITE_OK && pages > 0 ? execute_patiently(db, "VACUUM", BUSY_ATTEMPTS) : code;
}

static void try_vacuum(const struct journal *journal)
{
    int code = set_vacuum(journal) & 0xff;
    if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED)
        log_write(LOG_WARNING, NULL,
                  "the journal %s could not be written anew and does not get smaller for now: %s",
                  journal->path, sqlite3_errmsg(journal->db));
}

/* Everything but the lock and the writer. */
static enum error open_database(struct journal *journal, bool create, struct problem *problem)
{
    if (create) {
        enum error error = make_file(journal->path, problem);
        if (error != ERROR_NONE)
            return error;
    } else if (access(journal->path, F_OK) != 0) {
        return problem_set(problem, ERROR_NOT_FOUND,
                           "there is no journal at %s: run `ddltap init` first", journal->path);
    }
    enum error error = journal_connect(journal->path, &journal->db, problem);
    if (error == ERROR_NONE && create)
        error = journal_schema_check(journal->db, journal->path, problem);
    if (error == ERROR_NONE && create)
        try_vacuum(journal);
    if (error == ERROR_NONE)
        error = journal_schema_ensure(journal->db, journal->path, create, problem);
    if (error == ERROR_NONE && create)
        error = set_wal(journal->db, journal->path, problem);
    return error;
}

enum error journal_open(const char *path, enum journal_access access, struct journal **journal,
                        struct problem *problem)
{
    struct journal *opened = memory_new(1, sizeof *opened);
    opened->path = memory_copy_text(path);
    opened->lock = opened->claim = -1;
    enum error error = ERROR_NONE;
    if (access != JOURNAL_COMMAND)
        error = make_folder(path, problem);
    if (error == ERROR_NONE && access == JOURNAL_PROXY)
        error = journal_lock_take(path, &opened->lock, problem);
    if (error == ERROR_NONE)
        error = open_database(opened, access != JOURNAL_COMMAND, problem);
    if (error == ERROR_NONE && access == JOURNAL_PROXY)
        error = journal_writer_start(path, &opened->writer, problem);
    if (error != ERROR_NONE) {
        journal_close(opened);
        opened = NULL;
    }
    *journal = opened;
    return error;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    journal_writer_stop(journal->writer);
    for (size_t i = 0; i < JOURNAL_KEPT; i++)
        (void)sqlite3_finalize(journal->kept[i]);
    (void)sqlite3_close(journal->db);
    journal_lock_drop(journal->lock);
    journal_unclaim(journal);
    free(journal->path);
    free(journal);
}

int64_t journal_size(const char *path)
{
    int64_t size = 0;
    static const char *const endings[] = {"", "-wal"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        struct stat file;
        struct buffer name = BUFFER_INIT;
        buffer_printf(&name, "%s%s", path, endings[i]);
        if (stat(buffer_text(&name), &file) == 0)
            size += file.st_size;
        buffer_release(&name);
    }
    return size;
}

void journal_proxy_listens(struct journal *journal, const char *address)
{
    if (journal->lock >= 0)
        journal_lock_write(journal->lock, address);
}
