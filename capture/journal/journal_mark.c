/* journal_mark: the small marks of commands: a draft's state, a settled change, gaps, settings.
 *
 * Each is a transaction of its own on the connection that also reads, durable on return unless journal.h says
 * otherwise.
 */
#include "journal/journal_internal.h"

#include "ddltap/memory.h"

/* One statement as one transaction; changed (may be NULL) gets the rows it touched. */
static enum error mark(struct journal *journal, const char *sql, const struct journal_value *values,
                       size_t count, int *changed, struct problem *problem)
{
    sqlite3 *db = journal->db;
    sqlite3_stmt *statement = NULL;
    int code = journal_begin(db);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = journal_run(statement, values, count);
    if (code == SQLITE_OK && changed != NULL)
        *changed = sqlite3_changes(db);
    (void)sqlite3_finalize(statement);
    if (code == SQLITE_OK)
        code = journal_execute(db, "COMMIT");
    enum error error = code == SQLITE_OK ? ERROR_NONE : journal_problem(db, "write", problem);
    journal_rollback(db);
    return error;
}

static int put_mark(sqlite3_stmt *statement, sqlite3 *db, const struct journal_draft_mark *mark,
                    int64_t now)
{
    struct slice text = slice_from(mark->text), squash = slice_from(mark->squash_text);
    const struct journal_value values[] = {journal_text(draft_state_text(mark->state)),
                                           journal_text(mark->name),
                                           journal_bytes(text.ptr, text.len),
                                           journal_bytes(squash.ptr, squash.len),
                                           journal_number(!mark->forgets_squash),
                                           journal_number(mark->squashed_into),
                                           journal_number(mark->file_due),
                                           journal_number(mark->state == DRAFT_COMMITTED ? now : 0),
                                           journal_number(mark->change_id)};
    int code = journal_run(statement, values, sizeof values / sizeof values[0]);
    return code == SQLITE_OK && sqlite3_changes(db) == 0 ? SQLITE_NOTFOUND : code;
}

int journal_put_marks(sqlite3 *db, const struct journal_draft_mark *marks, size_t count,
                      struct problem *problem)
{
    static const char sql[] =
        "UPDATE change SET draft_state = ?, draft_name = ifnull(?, draft_name),"
        " draft_text = ifnull(?, draft_text),"
        " squash_text = ifnull(?, CASE WHEN ? THEN squash_text END),"
        " squashed_into = nullif(?, 0), file_due = CASE WHEN ? THEN file_due + 1 ELSE 0 END,"
        " committed_at = nullif(?, 0)"
        " WHERE id = ?";
    sqlite3_stmt *statement = NULL;
    int64_t now = journal_now();
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        code = put_mark(statement, db, &marks[i], now);
        if (code == SQLITE_NOTFOUND)
            (void)problem_set(problem, ERROR_NOT_FOUND, "there is no change #%lld in the journal",
                              (long long)marks[i].change_id);
    }
    (void)sqlite3_finalize(statement);
    return code;
}

enum error journal_mark_drafts(struct journal *journal, const struct journal_draft_mark *marks,
                               size_t count, struct problem *problem)
{
    sqlite3 *db = journal->db;
    int code = journal_begin(db);
    if (code == SQLITE_OK)
        code = journal_put_marks(db, marks, count, problem);
    enum error error = code == SQLITE_NOTFOUND ? ERROR_NOT_FOUND : ERROR_NONE;
    if (code == SQLITE_OK)
        code = journal_execute(db, "COMMIT");
    if (code != SQLITE_OK && error == ERROR_NONE)
        error = journal_problem(db, "write", problem);
    journal_rollback(db);
    return error;
}

enum error journal_mark_written(struct journal *journal, const struct journal_draft_mark *marks,
                                size_t count, struct problem *problem)
{
    (void)journal_execute(journal->db, "PRAGMA synchronous = NORMAL");
    enum error error = journal_mark_drafts(journal, marks, count, problem);
    (void)journal_execute(journal->db, JOURNAL_DURABLE);
    return error;
}

enum error journal_file_done(struct journal *journal, int64_t change_id, int64_t file_due,
                             struct problem *problem)
{
    const struct journal_value values[] = {journal_number(change_id), journal_number(file_due)};
    return mark(journal, "UPDATE change SET file_due = 0 WHERE id = ? AND file_due = ?", values, 2,
                NULL, problem);
}

enum error journal_intend(struct journal *journal, struct journal_session *session,
                          struct journal_change *change, struct problem *problem)
{
    sqlite3 *db = journal->db;
    struct journal_store store;
    int64_t known_session = session->id;
    journal_store_open(&store, db);
    int code = journal_begin(db);
    if (code == SQLITE_OK && known_session == 0)
        code = journal_store_session(&store, session);
    change->session_id = session->id;
    if (code == SQLITE_OK)
        code = journal_store_intent(&store, change);
    if (code == SQLITE_OK)
        code = journal_execute(db, "COMMIT");
    enum error error = code == SQLITE_OK ? ERROR_NONE : journal_problem(db, "write", problem);
    if (error != ERROR_NONE)
        session->id = known_session;
    journal_store_close(&store);
    journal_rollback(db);
    return error;
}

/* SQLITE_ROW: the change is there and still undecided. */
static int find_undecided(sqlite3 *db, int64_t id)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "SELECT 1 FROM change WHERE id = ? AND state = ?", -1,
                                  &statement, NULL);
    const struct journal_value values[] = {journal_number(id),
                                           journal_text(change_state_text(CHANGE_INTENDED))};
    if (code == SQLITE_OK)
        code = journal_bind(statement, values, 2);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    (void)sqlite3_finalize(statement);
    return code;
}

enum error journal_settle(struct journal *journal, const struct journal_change *change,
                          struct problem *problem)
{
    sqlite3 *db = journal->db;
    struct journal_store store;
    enum error error = ERROR_NONE;
    journal_store_open(&store, db);
    int code = journal_begin(db);
    if (code == SQLITE_OK)
        code = find_undecided(db, change->id);
    if (code == SQLITE_ROW)
        code = journal_store_outcome(&store, change);
    else if (code == SQLITE_DONE)
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "change #%lld is not in the journal, or is settled already",
                            (long long)change->id);
    if (error == ERROR_NONE && code == SQLITE_OK)
        code = journal_execute(db, "COMMIT");
    if (error == ERROR_NONE && code != SQLITE_OK)
        error = journal_problem(db, "write", problem);
    journal_store_close(&store);
    journal_rollback(db);
    return error;
}

enum error journal_note_gap(struct journal *journal, const char *what, struct problem *problem)
{
    const struct journal_value values[] = {journal_number(journal_now()), journal_text(what)};
    return mark(journal, "INSERT INTO gap (at, what) VALUES (?, ?)", values, 2, NULL, problem);
}

enum error journal_gap_count(struct journal *journal, int64_t *count, struct problem *problem)
{
    sqlite3_stmt *statement = NULL;
    *count = 0;
    int code = sqlite3_prepare_v2(journal->db, "SELECT count(*) FROM gap", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *count = sqlite3_column_int64(statement, 0);
    enum error error =
        code == SQLITE_ROW ? ERROR_NONE : journal_problem(journal->db, "read", problem);
    (void)sqlite3_finalize(statement);
    return error;
}

enum error journal_setting_get(struct journal *journal, const char *name, char **value,
                               struct problem *problem)
{
    sqlite3_stmt *statement = NULL;
    *value = NULL;
    const struct journal_value values[] = {journal_text(name)};
    int code = sqlite3_prepare_v2(journal->db, "SELECT value FROM setting WHERE name = ?", -1,
                                  &statement, NULL);
    if (code == SQLITE_OK)
        code = journal_bind(statement, values, 1);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *value = memory_copy_text((const char *)sqlite3_column_text(statement, 0));
    enum error error = code == SQLITE_ROW || code == SQLITE_DONE
                           ? ERROR_NONE
                           : journal_problem(journal->db, "read", problem);
    (void)sqlite3_finalize(statement);
    return error;
}

enum error journal_setting_put(struct journal *journal, const char *name, const char *value,
                               struct problem *problem)
{
    const struct journal_value values[] = {journal_text(name), journal_text(value)};
    return mark(journal, JOURNAL_PUT_SETTING, values, 2, NULL, problem);
}
