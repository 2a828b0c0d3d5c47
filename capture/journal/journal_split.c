/* journal_split: several changes in the place of one.
 *
 *     #5  DROP TABLE a, b   pending          #5  split
 *                                      -->   #8  DROP TABLE a   pending
 *                                            #9  DROP TABLE b   pending
 *
 * Rows are copied where they are, so that nothing of them is lost on the way; images are shared by their hashes.
 */
#include "journal/journal_internal.h"

struct splitting {
    sqlite3 *db;
    sqlite3_stmt *change, *object;
    int64_t id; /* of the change that is split */
};

static int prepare(struct splitting *splitting)
{
    static const char change_sql[] =
        "INSERT INTO change (session_id, at, ended_at, batch, statement_index, state, reason,"
        " error_code, verb, noun, text, default_schema, sql_mode, character_set_client,"
        " collation_connection, time_zone, foreign_key_checks, global_sql_mode, global_time_zone,"
        " development_schema, version, mariadb, names_nocase, redacted, draft_state, draft_name,"
        " origin, file_due, split_from)"
        " SELECT session_id, at, ended_at, 0, 0, state, 'split from #' || id, 0, ?, ?, ?,"
        " default_schema, sql_mode, character_set_client, collation_connection, time_zone,"
        " foreign_key_checks, global_sql_mode, global_time_zone, development_schema, version,"
        " mariadb, names_nocase, redacted, draft_state, ?, origin, 1,"
        " ifnull(split_from, id) FROM change"
        " WHERE id = ? AND draft_state = ?";
    static const char object_sql[] =
        "INSERT INTO object (change_id, position, type, role, schema, name, before_state,"
        " before_image, after_state, after_image)"
        " SELECT ?, ?, type, role, schema, name, before_state, before_image, after_state,"
        " after_image FROM object WHERE change_id = ? AND position = ?";
    int code = sqlite3_prepare_v2(splitting->db, change_sql, -1, &splitting->change, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(splitting->db, object_sql, -1, &splitting->object, NULL);
    return code;
}

static int put_objects(const struct splitting *splitting, const struct journal_part *part)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < part->position_count && code == SQLITE_OK; i++) {
        const struct journal_value values[] = {
            journal_number(part->id),
            journal_number((int64_t)i),
            journal_number(splitting->id),
            journal_number((int64_t)part->positions[i]),
        };
        code = journal_run(splitting->object, values, sizeof values / sizeof values[0]);
    }
    return code;
}

static int put_part(const struct splitting *splitting, struct journal_part *part)
{
    struct slice text = slice_from(part->text == NULL ? "" : part->text);
    const struct journal_value values[] = {
        journal_text(ddl_verb_text(part->verb)), journal_text(part->noun),
        journal_bytes(text.ptr, text.len),       journal_text(part->draft_name),
        journal_number(splitting->id),           journal_text(draft_state_text(DRAFT_PENDING)),
    };
    int code = journal_run(splitting->change, values, sizeof values / sizeof values[0]);
    if (code == SQLITE_OK && sqlite3_changes(splitting->db) == 0)
        return SQLITE_NOTFOUND;
    part->id = sqlite3_last_insert_rowid(splitting->db);
    return code == SQLITE_OK ? put_objects(splitting, part) : code;
}

static int put_all(struct splitting *splitting, struct journal_part *parts, size_t count)
{
    const struct journal_draft_mark mark = {
        .change_id = splitting->id, .state = DRAFT_SPLIT, .file_due = true};
    int code = prepare(splitting);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = put_part(splitting, &parts[i]);
    if (code == SQLITE_OK)
        code = journal_put_marks(splitting->db, &mark, 1, NULL);
    return code;
}

enum error journal_split(struct journal *journal, int64_t change_id, struct journal_part *parts,
                         size_t count, struct problem *problem)
{
    struct splitting splitting = {.db = journal->db, .id = change_id};
    enum error error = ERROR_NONE;
    int code = journal_begin(journal->db);
    if (code == SQLITE_OK)
        code = put_all(&splitting, parts, count);
    (void)sqlite3_finalize(splitting.change);
    (void)sqlite3_finalize(splitting.object);
    if (code == SQLITE_NOTFOUND)
        error = problem_set(problem, ERROR_NOT_FOUND, "#%lld has no pending draft",
                            (long long)change_id);
    else if (code == SQLITE_OK)
        code = journal_execute(journal->db, "COMMIT");
    if (error == ERROR_NONE && code != SQLITE_OK)
        error = journal_problem(journal->db, "write", problem);
    journal_rollback(journal->db);
    return error;
}
