/* journal_compaction: letting go of what nothing can bring back.
 *
 *     strip     changes: their objects lose their images, they their drafts' texts,    a few at a time
 *               and what was kept to take their commit back
 *     mark      which images something still refers to; kept in memory
 *     sweep     the other images go                                                    a few at a time
 *     shrink    the pages that became free go back to the file system                  a few at a time
 *
 * Nobody else may be kept waiting, so that each step is a short transaction. Between mark and sweep others
 * write: what they may refer to anew is the images of changes that had no outcome yet or came since, those of the
 * baseline and of what is known. So each sweep adds these to what is in use, within its transaction: of changes
 * without an outcome these alone, for one of them may be older than nearly all others.
 *
 * References are looked after here: to ask SQLite for it would be to read all objects for each image that goes.
 */
#include "journal/journal_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ddltap/memory.h"

enum {
    STRIPPED_AT_ONCE = 100,
    SWEPT_AT_ONCE = 100, /* each is a page of the index of hashes, somewhere in it */
    LOOKED_AT_TO_SWEEP = 2000,
    SHRUNK_AT_ONCE = 100 /* pages */
};

enum phase {
    PHASE_STRIP,
    PHASE_MARK,
    PHASE_SWEEP,
    PHASE_SHRINK,
    PHASE_DONE
};

struct journal_compaction {
    sqlite3 *db;
    enum phase phase;
    int64_t before, known; /* changes that ended before the one, up to the other */
    int64_t ended;         /* strip: the last one looked at ended then */
    int64_t last;          /* mark: the last change then; the undecided ones are in `open_change` */
    int64_t image, last_image; /* sweep: rows of `image` */
    sqlite3_stmt *find, *strip_objects, *strip_change, *strip_setting;
};

/* May a change be stripped? Ended before ?1, up to ?2. The newest commit stays, whenever it was; of those before
 * there were times of commits it is not known which that is, until there is a newer one. What ended after an
 * undecided change began may have disturbed it. */
#define MAY_BE_STRIPPED                                                                            \
    "images_kept AND ended_at > 0"                                                                 \
    " AND ended_at < min(?1, ifnull((SELECT min(at) FROM change"                                   \
    "   WHERE state = 'intended'), ?1)) AND id <= ?2 AND +state <> 'intended'"                     \
    " AND (+draft_state IN ('none', 'undone', 'split')"                                            \
    "   OR (+draft_state = 'committed' AND ifnull(committed_at, 0) < ?1"                           \
    "     AND ifnull(committed_at, 0) < (SELECT max(committed_at) FROM change"                     \
    "       WHERE committed_at IS NOT NULL)))"                                                     \
    " AND NOT file_due"

static const char find_sql[] = "SELECT id, ended_at FROM change WHERE " MAY_BE_STRIPPED
                               " AND ended_at >= ?3 ORDER BY ended_at LIMIT ?4";

/* It was found without a lock: others may have written since. */
static const char strip_change_sql[] =
    "UPDATE change SET images_kept = 0, draft_text = NULL, squash_text = NULL"
    " WHERE " MAY_BE_STRIPPED " AND id = ?3";

static const char strip_objects_sql[] =
    "UPDATE object SET before_image = NULL, after_image = NULL,"
    " before_state = CASE before_state WHEN 'present' THEN 'unknown' ELSE before_state END,"
    " after_state = CASE after_state WHEN 'present' THEN 'unknown' ELSE after_state END"
    " WHERE change_id = ?";

static const char strip_setting_sql[] =
    "DELETE FROM setting WHERE name = '" JOURNAL_SETTING_COMMITTED " ' || ?";

/* That images are to be swept, also by the next compaction if this one is killed. */
#define NOTE_SWEEP                                                                                 \
    "INSERT INTO setting (name, value) VALUES ('sweep', 'due') ON CONFLICT (name) DO NOTHING"
#define FORGET_SWEEP "DELETE FROM setting WHERE name = 'sweep'"

static int prepare(struct journal_compaction *compaction)
{
    sqlite3 *db = compaction->db;
    int code =
        journal_execute(db, "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;"
                            "CREATE TEMP TABLE used (hash TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;"
                            "CREATE TEMP TABLE open_change (id INTEGER PRIMARY KEY)");
    if (code == SQLITE_OK)
        code = journal_select_number(db, "SELECT value FROM setting WHERE name = 'known'",
                                     &compaction->known);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, find_sql, -1, &compaction->find, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, strip_objects_sql, -1, &compaction->strip_objects, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, strip_change_sql, -1, &compaction->strip_change, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, strip_setting_sql, -1, &compaction->strip_setting, NULL);
    return code;
}

enum error journal_compaction_open(struct journal *journal, int64_t before,
                                   struct journal_compaction **compaction, struct problem *problem)
{
    struct journal_compaction *opened = memory_new(1, sizeof *opened);
    opened->before = before;
    enum error error = journal_connect(journal->path, &opened->db, problem);
    if (error == ERROR_NONE && prepare(opened) != SQLITE_OK)
        error = journal_problem(opened->db, "read", problem);
    if (error != ERROR_NONE) {
        journal_compaction_close(opened);
        opened = NULL;
    }
    *compaction = opened;
    return error;
}

void journal_compaction_close(struct journal_compaction *compaction)
{
    if (compaction == NULL)
        return;
    (void)sqlite3_finalize(compaction->find);
    (void)sqlite3_finalize(compaction->strip_objects);
    (void)sqlite3_finalize(compaction->strip_change);
    (void)sqlite3_finalize(compaction->strip_setting);
    (void)sqlite3_close(compaction->db);
    free(compaction);
}

/* --- strip -------------------------------------------------------------------------------------- */

static int find_changes(struct journal_compaction *compaction, int64_t *ids, size_t *count)
{
    const struct journal_value values[] = {
        journal_number(compaction->before), journal_number(compaction->known),
        journal_number(compaction->ended), journal_number(STRIPPED_AT_ONCE)};
    int code = journal_bind(compaction->find, values, sizeof values / sizeof values[0]);
    *count = 0;
    while (code == SQLITE_OK && (code = sqlite3_step(compaction->find)) == SQLITE_ROW) {
        ids[(*count)++] = sqlite3_column_int64(compaction->find, 0);
        compaction->ended = sqlite3_column_int64(compaction->find, 1);
        code = SQLITE_OK;
    }
    (void)sqlite3_reset(compaction->find);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int strip_change(struct journal_compaction *compaction, int64_t id)
{
    const struct journal_value values[] = {journal_number(compaction->before),
                                           journal_number(compaction->known), journal_number(id)};
    int code = journal_run(compaction->strip_change, values, sizeof values / sizeof values[0]);
    bool stripped = code == SQLITE_OK && sqlite3_changes(compaction->db) > 0;
    if (stripped)
        code = journal_run(compaction->strip_objects, &values[2], 1);
    if (stripped && code == SQLITE_OK)
        code = journal_run(compaction->strip_setting, &values[2], 1);
    return code;
}

static int strip_changes(struct journal_compaction *compaction, const int64_t *ids, size_t count)
{
    int code = journal_begin(compaction->db);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = strip_change(compaction, ids[i]);
    if (code == SQLITE_OK)
        code = journal_execute(compaction->db, NOTE_SWEEP "; COMMIT");
    return code;
}

static int strip(struct journal_compaction *compaction)
{
    int64_t due = 0, ids[STRIPPED_AT_ONCE];
    size_t count = 0;
    int code = find_changes(compaction, ids, &count);
    if (code != SQLITE_OK || count > 0)
        return code == SQLITE_OK ? strip_changes(compaction, ids, count) : code;
    code = journal_select_number(compaction->db,
                                 "SELECT count(*) FROM setting WHERE name = 'sweep'", &due);
    if (code == SQLITE_OK)
        compaction->phase = due != 0 ? PHASE_MARK : PHASE_SHRINK;
    return code;
}

/* --- mark --------------------------------------------------------------------------------------- */

/* References of changes without an outcome at the time of the mark and of those since, of the baseline and of
 * what is known. */
static int mark_newer(struct journal_compaction *compaction)
{
    char sql[900];
    (void)sqlite3_snprintf(
        sizeof sql, sql,
        "INSERT OR IGNORE INTO used SELECT before_image FROM object WHERE change_id > %lld"
        "  AND before_image IS NOT NULL;"
        "INSERT OR IGNORE INTO used SELECT after_image FROM object WHERE change_id > %lld"
        "  AND after_image IS NOT NULL;"
        "INSERT OR IGNORE INTO used SELECT before_image FROM open_change CROSS JOIN object"
        "  ON change_id = id WHERE before_image IS NOT NULL;"
        "INSERT OR IGNORE INTO used SELECT after_image FROM open_change CROSS JOIN object"
        "  ON change_id = id WHERE after_image IS NOT NULL;"
        "INSERT OR IGNORE INTO used SELECT image FROM baseline WHERE image IS NOT NULL;"
        "INSERT OR IGNORE INTO used SELECT image FROM known WHERE image IS NOT NULL",
        (long long)compaction->last, (long long)compaction->last);
    return journal_execute(compaction->db, sql);
}

/* All of one moment. */
static int mark(struct journal_compaction *compaction)
{
    sqlite3 *db = compaction->db;
    int code = journal_execute(db, "BEGIN; DELETE FROM used; DELETE FROM open_change;"
                                   "INSERT INTO open_change SELECT id FROM change"
                                   " WHERE state = 'intended'");
    if (code == SQLITE_OK)
        code = journal_select_number(db, "SELECT max(id) FROM change", &compaction->last);
    if (code == SQLITE_OK)
        code = journal_select_number(db, "SELECT max(rowid) FROM image", &compaction->last_image);
    if (code == SQLITE_OK)
        code = journal_execute(db, "INSERT OR IGNORE INTO used SELECT before_image FROM object"
                                   " WHERE before_image IS NOT NULL;"
                                   "INSERT OR IGNORE INTO used SELECT after_image FROM object"
                                   " WHERE after_image IS NOT NULL");
    if (code == SQLITE_OK)
        code = journal_execute(db, "COMMIT");
    if (code == SQLITE_OK) {
        compaction->image = 0;
        compaction->phase = PHASE_SWEEP;
    }
    return code;
}

/* --- sweep -------------------------------------------------------------------------------------- */

/* Some of those up to that row. */
static int delete_images(struct journal_compaction *compaction, int64_t end)
{
    char sql[300];
    (void)sqlite3_snprintf(sizeof sql, sql,
                           "DELETE FROM image WHERE rowid IN (SELECT rowid FROM image"
                           " WHERE rowid > %lld AND rowid <= %lld"
                           " AND hash NOT IN (SELECT hash FROM used) LIMIT %d)",
                           (long long)compaction->image, (long long)end, (int)SWEPT_AT_ONCE);
    return journal_execute(compaction->db, sql);
}

static int sweep(struct journal_compaction *compaction)
{
    sqlite3 *db = compaction->db;
    int64_t end = compaction->image + LOOKED_AT_TO_SWEEP;
    int code = journal_begin(db);
    if (code == SQLITE_OK)
        code = mark_newer(compaction);
    if (code == SQLITE_OK)
        code = delete_images(compaction, end);
    bool all = sqlite3_changes(db) < SWEPT_AT_ONCE; /* of those up to the end */
    bool last = all && end >= compaction->last_image;
    if (code == SQLITE_OK && last)
        code = journal_execute(db, FORGET_SWEEP);
    if (code == SQLITE_OK)
        code = journal_execute(db, "COMMIT");
    if (code == SQLITE_OK) {
        compaction->image = all ? end : compaction->image;
        compaction->phase = last ? PHASE_SHRINK : PHASE_SWEEP;
    }
    return code;
}

/* --- shrink ------------------------------------------------------------------------------------- */

static int shrink(struct journal_compaction *compaction)
{
    char sql[60];
    int64_t before = 0, after = 0;
    (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA incremental_vacuum(%d)", SHRUNK_AT_ONCE);
    int code = journal_select_number(compaction->db, "PRAGMA freelist_count", &before);
    if (code == SQLITE_OK && before > 0)
        code = journal_execute(compaction->db, sql);
    if (code == SQLITE_OK)
        code = journal_select_number(compaction->db, "PRAGMA freelist_count", &after);
    if (code == SQLITE_OK && (after == 0 || after >= before))
        compaction->phase = PHASE_DONE;
    return code;
}

enum error journal_compaction_step(struct journal_compaction *compaction, bool *more,
                                   struct problem *problem)
{
    static int (*const steps[])(struct journal_compaction *) = {
        [PHASE_STRIP] = strip,
        [PHASE_MARK] = mark,
        [PHASE_SWEEP] = sweep,
        [PHASE_SHRINK] = shrink,
    };
    enum error error = ERROR_NONE;
    if (compaction->phase != PHASE_DONE && steps[compaction->phase](compaction) != SQLITE_OK)
        error = journal_problem(compaction->db, "compact", problem);
    journal_rollback(compaction->db);
    *more = error == ERROR_NONE && compaction->phase != PHASE_DONE;
    return error;
}
