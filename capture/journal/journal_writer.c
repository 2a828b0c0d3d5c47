/* journal_writer: the proxy's writer thread.
 *
 *     sessions   submit --> [ w4 ][ w5 ][ w6 ]      the queue, in order of submission
 *     writer     takes all of it: BEGIN IMMEDIATE, w4, w5, w6, COMMIT (one fsync), done(w4..w6)
 *
 * While one group is being made durable the next one gathers, so the more sessions write at once
 * the fewer fsyncs each of them costs. When a group fails, each of its writes is tried alone: one
 * that cannot be stored fails nobody else's.
 *
 * Those who wait for a commit do not wait for a checkpoint: the connection that marks drafts makes them, unless
 * the log has grown far beyond where it would have. And the log is as long from the start as it gets between two of
 * these, because to sync what was written over is cheaper than to sync a file that has grown: half the time on
 * ext4. Under DDL without a pause it does grow, for it begins anew only where a checkpoint left nothing to do: to
 * where the writer makes one itself, and it stays that long.
 */
#include "journal/journal_internal.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"

enum {
    LOG_BYTES =
        (1000 + 64) * JOURNAL_LOG_PAGE, /* up to a checkpoint of the others and while it runs */
    LOG_PIECE = 65536
};
static_assert(LOG_BYTES + LOG_PIECE <= JOURNAL_LOG_LIMIT, "the limit would cut off what is made");

struct journal_writer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct journal_write *head, *tail; /* under the mutex, as `stopping` */
    bool stopping;

    struct journal_store store;        /* the writer thread's own */
    struct journal_session **inserted; /* sessions that the open transaction gave an id */
    size_t inserted_count, inserted_capacity;
};

static void remember_session(struct journal_writer *writer, struct journal_session *session)
{
    if (writer->inserted_count == writer->inserted_capacity) {
        writer->inserted_capacity = writer->inserted_capacity * 2 + 16;
        writer->inserted =
            memory_resize(writer->inserted, writer->inserted_capacity, sizeof *writer->inserted);
    }
    writer->inserted[writer->inserted_count++] = session;
}

static int store_intents(struct journal_writer *writer, const struct journal_write *write)
{
    struct journal_session *session = write->session;
    assert(session != NULL);
    if (session->id == 0) {
        int code = journal_store_session(&writer->store, session);
        if (code != SQLITE_OK)
            return code;
        remember_session(writer, session);
    }
    int code = SQLITE_OK;
    for (size_t i = 0; i < write->change_count && code == SQLITE_OK; i++) {
        write->changes[i]->session_id = session->id;
        code = journal_store_intent(&writer->store, write->changes[i]);
    }
    return code;
}

static int store_outcomes(struct journal_writer *writer, const struct journal_write *write)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < write->change_count && code == SQLITE_OK; i++)
        code = journal_store_outcome(&writer->store, write->changes[i]);
    return code;
}

/* Ids of a transaction that was rolled back mean nothing. */
static void forget_ids(struct journal_writer *writer, const struct journal_write *first,
                       const struct journal_write *end)
{
    for (size_t i = 0; i < writer->inserted_count; i++)
        writer->inserted[i]->id = 0;
    for (const struct journal_write *write = first; write != end; write = write->next) {
        for (size_t i = 0; write->kind == JOURNAL_INTENT && i < write->change_count; i++) {
            write->changes[i]->id = 0;
            write->changes[i]->session_id = 0;
        }
    }
}

/* BEGIN, and a look whether the file still has its name: what is written to one that was taken away goes with it. */
static int begin_group(sqlite3 *db)
{
    int moved = 0, code = journal_begin(db);
    if (code == SQLITE_OK)
        code = sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return code == SQLITE_OK && moved != 0 ? SQLITE_READONLY_DBMOVED : code;
}

static const char *failure_words(sqlite3 *db, int code)
{
    if (code == SQLITE_NOTFOUND)
        return "no such change";
    return code == SQLITE_READONLY_DBMOVED ? "it was moved or removed" : sqlite3_errmsg(db);
}

/* The writes from first up to end, as one transaction. SQLITE_OK: they are durable. */
static int commit_group(struct journal_writer *writer, struct journal_write *first,
                        const struct journal_write *end)
{
    sqlite3 *db = writer->store.db;
    writer->inserted_count = 0;
    int code = begin_group(db);
    for (struct journal_write *write = first; write != end && code == SQLITE_OK;
         write = write->next)
        code = write->kind == JOURNAL_INTENT ? store_intents(writer, write)
                                             : store_outcomes(writer, write);
    if (code == SQLITE_OK)
        code = journal_execute(db, "COMMIT");
    if (code != SQLITE_OK) {
        log_write(LOG_ERROR, NULL, "could not write the journal %s: %s",
                  sqlite3_db_filename(db, "main"), failure_words(db, code));
        journal_rollback(db);
        forget_ids(writer, first, end);
    }
    return code;
}

/* done may free its write, so what follows it is read first. */
static void finish_write(struct journal_write *write, int code)
{
    write->next = NULL;
    write->done(write->argument, code == SQLITE_OK ? ERROR_NONE : ERROR_JOURNAL);
}

static void write_group(struct journal_writer *writer, struct journal_write *first)
{
    int code = commit_group(writer, first, NULL);
    /* Somebody else has the file for longer than we wait: each alone would only wait again. */
    bool one_by_one = code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY && first->next != NULL;
    while (first != NULL) {
        struct journal_write *next = first->next;
        finish_write(first, one_by_one ? commit_group(writer, first, next) : code);
        first = next;
    }
}

static void *writer_run(void *argument)
{
    struct journal_writer *writer = argument;
    (void)pthread_mutex_lock(&writer->mutex);
    for (;;) {
        while (writer->head == NULL && !writer->stopping)
            (void)pthread_cond_wait(&writer->wake, &writer->mutex);
        struct journal_write *group = writer->head;
        if (group == NULL)
            break;
        writer->head = writer->tail = NULL;
        (void)pthread_mutex_unlock(&writer->mutex);
        write_group(writer, group);
        (void)pthread_mutex_lock(&writer->mutex);
    }
    (void)pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

/* Zeros behind the log's last frame are the log's end to all readers. Whoever holds the lock of writers is the only
 * one to append. What cannot be written now is left to grow. */
static void lengthen_log(sqlite3 *db)
{
    static const char zeros[LOG_PIECE];
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    if (journal_begin(db) != SQLITE_OK)
        return;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    if (code == SQLITE_OK && (file == NULL || file->pMethods == NULL))
        code = SQLITE_NOTFOUND;
    if (code == SQLITE_OK)
        code = file->pMethods->xFileSize(file, &size);
    for (; size < LOG_BYTES && code == SQLITE_OK; size += (int)sizeof zeros)
        code = file->pMethods->xWrite(file, zeros, (int)sizeof zeros, size);
    if (code == SQLITE_OK)
        (void)file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    journal_rollback(db);
}

/* Signals belong to the proxy's own threads. */
static int start_thread(struct journal_writer *writer)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&writer->thread, NULL, writer_run, writer);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

static void writer_free(struct journal_writer *writer)
{
    sqlite3 *db = writer->store.db;
    journal_store_close(&writer->store);
    (void)sqlite3_close(db);
    (void)pthread_cond_destroy(&writer->wake);
    (void)pthread_mutex_destroy(&writer->mutex);
    free(writer->inserted);
    free(writer);
}

enum error journal_writer_start(const char *path, struct journal_writer **writer,
                                struct problem *problem)
{
    *writer = NULL;
    sqlite3 *db;
    enum error error = journal_connect(path, &db, problem);
    if (error != ERROR_NONE)
        return error;
    struct journal_writer *started = memory_new(1, sizeof *started);
    (void)pthread_mutex_init(&started->mutex, NULL);
    (void)pthread_cond_init(&started->wake, NULL);
    (void)sqlite3_wal_autocheckpoint(db, JOURNAL_LOG_PAGES);
    lengthen_log(db);
    journal_store_open(&started->store, db);
    int code = start_thread(started);
    if (code != 0) {
        writer_free(started);
        return problem_set(problem, ERROR_JOURNAL, "could not start the journal's writer: %s",
                           strerror(code));
    }
    *writer = started;
    return ERROR_NONE;
}

void journal_writer_stop(struct journal_writer *writer)
{
    if (writer == NULL)
        return;
    (void)pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    (void)pthread_cond_signal(&writer->wake);
    (void)pthread_mutex_unlock(&writer->mutex);
    (void)pthread_join(writer->thread, NULL);
    writer_free(writer);
}

void journal_submit(struct journal *journal, struct journal_write *write)
{
    struct journal_writer *writer = journal->writer;
    assert(writer != NULL && write->done != NULL);
    write->next = NULL;
    (void)pthread_mutex_lock(&writer->mutex);
    if (writer->tail == NULL)
        writer->head = write;
    else
        writer->tail->next = write;
    writer->tail = write;
    (void)pthread_mutex_unlock(&writer->mutex);
    (void)pthread_cond_signal(&writer->wake); /* it finds the mutex free */
}
