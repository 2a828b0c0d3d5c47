/* journal_schema: the tables, and the way from each version of them to the next.
 *
 *     version 0            an empty file
 *        |  steps[0]
 *     version 1
 *        |  steps[1]       the baseline; drafts that were squashed, set aside, or made by commands
 *     version 2
 *        |  steps[2]       what lets a journal grow: its indexes, what was known at a time, what has been let go
 *     version 3            today
 *
 * PRAGMA application_id says that a file is ours, PRAGMA user_version which version it has. Both
 * stand in the file's header and change in the same transaction as the tables, so a kill leaves the
 * old version or the new one. Words, not numbers, stand for states: a file outlives the order of an
 * enum.
 */
#include "journal/journal_internal.h"

#include <string.h>

enum {
    APPLICATION_ID = 0x64646c74
}; /* "ddlt" */

static const char *const steps[] = {
    "CREATE TABLE session ("
    "  id INTEGER PRIMARY KEY,"
    "  opened_at INTEGER NOT NULL,"
    "  connection_id INTEGER NOT NULL,"
    "  server_version TEXT NOT NULL,"
    "  server_identity TEXT NOT NULL,"
    "  mariadb INTEGER NOT NULL,"
    "  user TEXT NOT NULL,"
    "  client_address TEXT NOT NULL,"
    "  tool TEXT NOT NULL);"
    "CREATE TABLE change ("
    /* AUTOINCREMENT: people speak of #12, so no number comes twice. */
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  session_id INTEGER NOT NULL REFERENCES session (id),"
    "  at INTEGER NOT NULL,"
    "  ended_at INTEGER NOT NULL,"
    "  batch INTEGER NOT NULL,"
    "  statement_index INTEGER NOT NULL,"
    "  state TEXT NOT NULL,"
    "  reason TEXT,"
    "  error_code INTEGER NOT NULL,"
    "  verb TEXT NOT NULL,"
    "  noun TEXT NOT NULL,"
    "  text BLOB NOT NULL,"
    "  default_schema TEXT,"
    "  sql_mode TEXT,"
    "  character_set_client TEXT,"
    "  collation_connection TEXT,"
    "  time_zone TEXT,"
    "  foreign_key_checks INTEGER NOT NULL,"
    "  global_sql_mode TEXT,"
    "  global_time_zone TEXT,"
    "  development_schema TEXT NOT NULL,"
    "  version INTEGER NOT NULL,"
    "  mariadb INTEGER NOT NULL,"
    "  names_nocase INTEGER NOT NULL,"
    "  redacted INTEGER NOT NULL,"
    "  draft_state TEXT NOT NULL,"
    "  draft_name TEXT);"
    "CREATE INDEX change_by_session ON change (session_id);"
    "CREATE INDEX change_by_state ON change (state);"
    "CREATE INDEX change_by_draft_state ON change (draft_state);"
    "CREATE TABLE image ("
    "  hash TEXT PRIMARY KEY NOT NULL,"
    "  text TEXT NOT NULL,"
    "  context TEXT);"
    "CREATE TABLE object ("
    "  change_id INTEGER NOT NULL REFERENCES change (id),"
    "  position INTEGER NOT NULL,"
    "  type TEXT NOT NULL,"
    "  role TEXT NOT NULL,"
    "  schema TEXT,"
    "  name TEXT NOT NULL,"
    "  before_state TEXT NOT NULL,"
    "  before_image TEXT REFERENCES image (hash),"
    "  after_state TEXT NOT NULL,"
    "  after_image TEXT REFERENCES image (hash),"
    "  PRIMARY KEY (change_id, position)) WITHOUT ROWID;"
    "CREATE TABLE rename ("
    "  change_id INTEGER NOT NULL REFERENCES change (id),"
    "  position INTEGER NOT NULL,"
    "  is_index INTEGER NOT NULL,"
    "  name_from TEXT NOT NULL,"
    "  name_to TEXT NOT NULL,"
    "  PRIMARY KEY (change_id, position)) WITHOUT ROWID;"
    "CREATE TABLE gap ("
    "  id INTEGER PRIMARY KEY,"
    "  at INTEGER NOT NULL,"
    "  what TEXT NOT NULL);"
    "CREATE TABLE setting ("
    "  name TEXT PRIMARY KEY NOT NULL,"
    "  value TEXT NOT NULL) WITHOUT ROWID;",

    "ALTER TABLE change ADD COLUMN origin TEXT NOT NULL DEFAULT 'captured';"
    "ALTER TABLE change ADD COLUMN draft_text BLOB;"
    "ALTER TABLE change ADD COLUMN squash_text BLOB;"
    "ALTER TABLE change ADD COLUMN squashed_into INTEGER;"
    "ALTER TABLE change ADD COLUMN file_due INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX change_by_file_due ON change (file_due) WHERE file_due;"
    "CREATE INDEX change_by_squash ON change (squashed_into) WHERE squashed_into IS NOT NULL;"
    "CREATE TABLE baseline ("
    "  position INTEGER PRIMARY KEY,"
    "  type TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  image TEXT REFERENCES image (hash));",

    "ALTER TABLE change ADD COLUMN split_from INTEGER;"
    "ALTER TABLE change ADD COLUMN committed_at INTEGER;"
    "ALTER TABLE change ADD COLUMN images_kept INTEGER NOT NULL DEFAULT 1;"
    "CREATE INDEX change_by_draft_name ON change (draft_name) WHERE draft_name IS NOT NULL;"
    /* Those that ended, and not when the intent is written: one entry more for an outcome, at the end. */
    "CREATE INDEX change_by_end ON change (ended_at) WHERE images_kept AND ended_at > 0;"
    "CREATE INDEX change_by_commit ON change (committed_at) WHERE committed_at IS NOT NULL;"
    "CREATE TABLE known ("
    "  position INTEGER PRIMARY KEY,"
    "  type TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  image TEXT REFERENCES image (hash));",
};

enum {
    NEWEST = sizeof steps / sizeof steps[0]
};

struct identity {
    int64_t application;
    int64_t version;
    int64_t tables; /* how many there are */
};

static int read_identity(sqlite3 *db, struct identity *identity)
{
    int code = journal_select_number(db, "PRAGMA application_id", &identity->application);
    if (code == SQLITE_OK)
        code = journal_select_number(db, "PRAGMA user_version", &identity->version);
    if (code == SQLITE_OK)
        code = journal_select_number(db, "SELECT count(*) FROM sqlite_master", &identity->tables);
    return code;
}

static enum error foreign_file(const char *path, struct problem *problem)
{
    return problem_set(problem, ERROR_JOURNAL,
                       "%s is not a ddltap journal: move it away, ddltap will make a new one",
                       path);
}

static enum error check_identity(sqlite3 *db, const char *path, struct identity *identity,
                                 struct problem *problem)
{
    int code = read_identity(db, identity);
    if (code == SQLITE_NOTADB)
        return foreign_file(path, problem);
    if (code != SQLITE_OK)
        return journal_problem(db, "read", problem);
    bool empty = identity->application == 0 && identity->version == 0 && identity->tables == 0;
    if (!empty && identity->application != APPLICATION_ID)
        return foreign_file(path, problem);
    if (identity->version > NEWEST)
        return problem_set(problem, ERROR_JOURNAL,
                           "the journal %s has version %lld, this ddltap knows versions up to %d: "
                           "use the newer ddltap that wrote it",
                           path, (long long)identity->version, (int)NEWEST);
    return ERROR_NONE;
}

static int run_steps(sqlite3 *db, int64_t version)
{
    int code = SQLITE_OK;
    for (int64_t step = version; step < NEWEST && code == SQLITE_OK; step++)
        code = journal_execute(db, steps[step]);
    if (code != SQLITE_OK)
        return code;
    char sql[100];
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                           (int)APPLICATION_ID, (int)NEWEST);
    return journal_execute(db, sql);
}

/* The identity is read again inside the transaction: another process may have been faster. */
static enum error upgrade(sqlite3 *db, const char *path, struct problem *problem)
{
    if (journal_begin(db) != SQLITE_OK)
        return journal_problem(db, "write", problem);
    struct identity identity;
    enum error error = check_identity(db, path, &identity, problem);
    if (error == ERROR_NONE && (run_steps(db, identity.version) != SQLITE_OK ||
                                journal_execute(db, "COMMIT") != SQLITE_OK))
        error = journal_problem(db, "upgrade", problem);
    journal_rollback(db);
    return error;
}

/* One transaction, so that the numbers belong together while another process creates it. */
static enum error look_at_identity(sqlite3 *db, const char *path, struct identity *identity,
                                   struct problem *problem)
{
    (void)journal_execute(db, "BEGIN");
    enum error error = check_identity(db, path, identity, problem);
    journal_rollback(db);
    return error;
}

enum error journal_schema_check(sqlite3 *db, const char *path, struct problem *problem)
{
    struct identity identity;
    return look_at_identity(db, path, &identity, problem);
}

enum error journal_schema_ensure(sqlite3 *db, const char *path, bool may_change,
                                 struct problem *problem)
{
    struct identity identity;
    enum error error = look_at_identity(db, path, &identity, problem);
    if (error != ERROR_NONE || identity.version == NEWEST)
        return error;
    if (may_change)
        return upgrade(db, path, problem);
    if (identity.version == 0)
        return problem_set(problem, ERROR_NOT_FOUND,
                           "the journal %s is empty: run `ddltap init` first", path);
    return problem_set(problem, ERROR_JOURNAL,
                       "the journal %s has version %lld, this ddltap needs %d: "
                       "`ddltap init` upgrades it",
                       path, (long long)identity.version, (int)NEWEST);
}
