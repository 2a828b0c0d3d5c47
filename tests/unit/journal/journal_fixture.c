#include "journal_fixture.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddltap/memory.h"

struct fixture_latch {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned count;
};

int fixture_set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/ddltap-journal-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/state/journal.db", fixture->folder);
    *state = fixture;
    return 0;
}

static int remove_entry(const char *path, const struct stat *entry, int kind, struct FTW *walk)
{
    (void)entry, (void)kind, (void)walk;
    return remove(path);
}

int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;
    int failed = nftw(fixture->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return failed;
}

struct journal *fixture_open(const struct fixture *fixture, enum journal_access access)
{
    struct journal *journal;
    struct problem problem = PROBLEM_INIT;
    if (journal_open(fixture->path, access, &journal, &problem) != ERROR_NONE)
        fail_msg("journal_open: %s", problem.text);
    return journal;
}

sqlite3 *fixture_raw(const struct fixture *fixture)
{
    sqlite3 *raw;
    assert_int_equal(sqlite3_open(fixture->path, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(raw, 1000), SQLITE_OK);
    return raw;
}

int64_t fixture_number(sqlite3 *raw, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(raw, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return number;
}

void fixture_session(struct journal_session *session)
{
    *session = (struct journal_session){
        .opened_at = 1795342500000000,
        .connection_id = 4000000000u,
        .server_version = memory_copy_text("9.7.4"),
        .server_identity = memory_copy_text("uuid 1"),
        .mariadb = false,
        .user = memory_copy_text("root"),
        .client_address = memory_copy_text("127.0.0.1:51234"),
        .tool = memory_copy_text("MySQLWorkbench"),
    };
}

static char *text_of(const char *before, const char *table, const char *after)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s %s %s", before, table, after);
    return memory_copy_text(text);
}

void fixture_change(struct journal_change *change, const char *table)
{
    *change = (struct journal_change){
        .at = 1795342500000001,
        .batch = UINT64_MAX,
        .statement_index = 3,
        .state = CHANGE_INTENDED,
        .verb = DDL_ALTER,
        .noun = memory_copy_text("TABLE"),
        .text = text_of("ALTER TABLE", table, "CHANGE a b int"),
        .facts = {.default_schema = memory_copy_text("bankroll"),
                  .sql_mode = memory_copy_text(""),
                  .character_set_client = memory_copy_text("latin1"),
                  .collation_connection = memory_copy_text("latin1_swedish_ci"),
                  .time_zone = memory_copy_text("SYSTEM"),
                  .foreign_key_checks = true,
                  .global_sql_mode = memory_copy_text("STRICT_TRANS_TABLES")},
        .development_schema = memory_copy_text("bankroll"),
        .version = 90704,
        .names_nocase = true,
        .redacted = true,
        .objects = memory_new(1, sizeof(struct journal_object)),
        .object_count = 1,
        .renames = memory_new(1, sizeof(struct statement_rename)),
        .rename_count = 1,
    };
    change->text_len = strlen(change->text);
    change->renames[0] =
        (struct statement_rename){false, memory_copy_text("a"), memory_copy_text("b")};
    change->objects[0] = (struct journal_object){
        .type = OBJECT_TABLE,
        .role = ROLE_TARGET,
        .schema = memory_copy_text("bankroll"),
        .name = memory_copy_text(table),
        .before = {IMAGE_PRESENT, text_of("CREATE TABLE", table, "(a int)"), NULL},
        .after = {IMAGE_UNKNOWN, NULL, NULL},
    };
}

struct fixture_latch *fixture_latch_new(void)
{
    struct fixture_latch *latch = memory_new(1, sizeof *latch);
    (void)pthread_mutex_init(&latch->mutex, NULL);
    (void)pthread_cond_init(&latch->changed, NULL);
    return latch;
}

void fixture_latch_wait(struct fixture_latch *latch, unsigned count)
{
    (void)pthread_mutex_lock(&latch->mutex);
    while (latch->count < count)
        (void)pthread_cond_wait(&latch->changed, &latch->mutex);
    (void)pthread_mutex_unlock(&latch->mutex);
}

void fixture_latch_free(struct fixture_latch *latch)
{
    (void)pthread_cond_destroy(&latch->changed);
    (void)pthread_mutex_destroy(&latch->mutex);
    free(latch);
}

static void write_done(void *argument, enum error error)
{
    struct fixture_write *write = argument;
    struct fixture_latch *latch = write->latch;
    (void)pthread_mutex_lock(&latch->mutex);
    write->error = error;
    write->order = ++latch->count;
    (void)pthread_cond_broadcast(&latch->changed);
    (void)pthread_mutex_unlock(&latch->mutex);
}

void fixture_submit(struct journal *journal, struct fixture_write *write,
                    struct fixture_latch *latch, struct journal_session *session,
                    struct journal_change *change)
{
    *write = (struct fixture_write){.latch = latch, .changes = {change}};
    write->write = (struct journal_write){
        .kind = session == NULL ? JOURNAL_OUTCOME : JOURNAL_INTENT,
        .session = session,
        .changes = write->changes,
        .change_count = 1,
        .done = write_done,
        .argument = write,
    };
    journal_submit(journal, &write->write);
}

enum error fixture_write_one(struct journal *journal, struct journal_session *session,
                             struct journal_change *change)
{
    struct fixture_latch *latch = fixture_latch_new();
    struct fixture_write write;
    fixture_submit(journal, &write, latch, session, change);
    fixture_latch_wait(latch, 1);
    fixture_latch_free(latch);
    return write.error;
}
