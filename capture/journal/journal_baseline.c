/* journal_baseline: the schema that drafts begin at: a list of objects, each with its image. And what it was
 * known to be since, after some change, so that nobody has to add up all of them again.
 *
 * An object whose definition could not be read stands in the list without an image.
 */
#include "journal/journal_internal.h"

#include <stdlib.h>

#include "ddltap/memory.h"

static int put_object(struct journal_store *store, sqlite3_stmt *insert, size_t position,
                      const struct catalog_object *object)
{
    char hash[IMAGE_HASH_SIZE];
    struct journal_value reference;
    const struct journal_image image = {object->text == NULL ? IMAGE_UNKNOWN : IMAGE_PRESENT,
                                        object->text, object->context};
    int code = journal_store_image(store, &image, hash, &reference);
    const struct journal_value values[] = {journal_number((int64_t)position),
                                           journal_text(object_type_text(object->type)),
                                           journal_text(object->name), reference};
    return code == SQLITE_OK ? journal_run(insert, values, 4) : code;
}

/* The settings that name the change that what is known is of, and how often it was forgotten. */
#define SELECT_KNOWN "SELECT value FROM setting WHERE name = 'known'"
#define SELECT_FORGOTTEN "SELECT value FROM setting WHERE name = 'known_forgotten'"
#define FORGET_KNOWN                                                                               \
    "DELETE FROM known; DELETE FROM setting WHERE name = 'known';"                                 \
    "INSERT INTO setting (name, value) VALUES ('known_forgotten', '1')"                            \
    " ON CONFLICT (name) DO UPDATE SET value = value + 1"

/* The two lists, in the tables of these names. */
static const struct list {
    const char *clear, *insert, *select;
} lists[] = {
    {"DELETE FROM baseline",
     "INSERT INTO baseline (position, type, name, image) VALUES (?, ?, ?, ?)",
     "SELECT o.type, o.name, i.text, i.context FROM baseline AS o"
     " LEFT JOIN image AS i ON i.hash = o.image ORDER BY o.position"},
    {"DELETE FROM known", "INSERT INTO known (position, type, name, image) VALUES (?, ?, ?, ?)",
     "SELECT o.type, o.name, i.text, i.context FROM known AS o"
     " LEFT JOIN image AS i ON i.hash = o.image ORDER BY o.position"},
};
static const struct list *const list_baseline = &lists[0], *const list_known = &lists[1];

static int put_objects(sqlite3 *db, const struct list *list, const struct catalog *catalog)
{
    struct journal_store store;
    sqlite3_stmt *insert = NULL;
    int code = journal_execute(db, list->clear);
    journal_store_open(&store, db);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, list->insert, -1, &insert, NULL);
    for (size_t i = 0; i < catalog->count && code == SQLITE_OK; i++)
        code = put_object(&store, insert, i, &catalog->objects[i]);
    (void)sqlite3_finalize(insert);
    journal_store_close(&store);
    return code;
}

/* That there is a baseline, of however few objects. */
static int put_flag(sqlite3 *db)
{
    return journal_execute(db, "INSERT INTO setting (name, value) VALUES ('baseline', 'known')"
                               " ON CONFLICT (name) DO NOTHING");
}

static int put_baseline(sqlite3 *db, const struct catalog *catalog)
{
    int code = put_objects(db, list_baseline, catalog);
    return code == SQLITE_OK ? put_flag(db) : code;
}

/* The transaction ends, in one way or the other. */
static enum error finish(sqlite3 *db, int code, struct problem *problem)
{
    if (code == SQLITE_OK)
        code = journal_execute(db, "COMMIT");
    enum error error = code == SQLITE_OK ? ERROR_NONE : journal_problem(db, "write", problem);
    journal_rollback(db);
    return error;
}

enum error journal_baseline_put(struct journal *journal, const struct catalog *catalog,
                                const struct journal_draft_mark *marks, size_t count,
                                struct problem *problem)
{
    sqlite3 *db = journal->db;
    int code = journal_begin(db);
    if (code == SQLITE_OK)
        code = put_baseline(db, catalog);
    if (code == SQLITE_OK)
        code = journal_put_marks(db, marks, count, problem);
    if (code == SQLITE_NOTFOUND) { /* problem says which */
        journal_rollback(db);
        return ERROR_NOT_FOUND;
    }
    return finish(db, code, problem);
}

static int put_setting(sqlite3 *db, const char *name, const char *value)
{
    sqlite3_stmt *statement = NULL;
    const struct journal_value values[] = {journal_text(name), journal_text(value)};
    int code = sqlite3_prepare_v2(db, JOURNAL_PUT_SETTING, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = journal_run(statement, values, 2);
    (void)sqlite3_finalize(statement);
    return code;
}

enum error journal_baseline_renew(struct journal *journal, const struct catalog *catalog,
                                  const char *setting, const char *value, struct problem *problem)
{
    sqlite3 *db = journal->db;
    int code = journal_begin(db);
    if (code == SQLITE_OK)
        code = put_baseline(db, catalog);
    if (code == SQLITE_OK)
        code = put_setting(db, setting, value);
    if (code == SQLITE_OK)
        code = journal_execute(db, FORGET_KNOWN);
    return finish(db, code, problem);
}

static void take_object(sqlite3_stmt *row, struct catalog *catalog)
{
    enum object_type type;
    const char *text = (const char *)sqlite3_column_text(row, 2);
    const char *context = (const char *)sqlite3_column_text(row, 3);
    if (!object_type_from_text(slice_from((const char *)sqlite3_column_text(row, 0)), &type))
        return;
    struct catalog_object *object =
        catalog_add(catalog, type, slice_from((const char *)sqlite3_column_text(row, 1)));
    object->text = memory_copy_text(text);
    object->context = memory_copy_text(context);
    if (text == NULL)
        object->why = memory_copy_text("its definition could not be read for the baseline");
}

static enum error get_objects(struct journal *journal, const struct list *list,
                              struct catalog *catalog, struct problem *problem)
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(journal->db, list->select, -1, &rows, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        take_object(rows, catalog);
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(rows);
    return code == SQLITE_DONE ? ERROR_NONE : journal_problem(journal->db, "read", problem);
}

enum error journal_baseline_get(struct journal *journal, struct catalog *catalog,
                                struct problem *problem)
{
    char *flag = NULL;
    enum error error = journal_setting_get(journal, "baseline", &flag, problem);
    if (error == ERROR_NONE && flag == NULL)
        error =
            problem_set(problem, ERROR_NOT_FOUND,
                        "The journal has no baseline yet: run \"ddltap scan --accept\" to take the "
                        "schema as it is now.");
    free(flag);
    if (error != ERROR_NONE)
        return error;
    return get_objects(journal, list_baseline, catalog, problem);
}

/* --- what was known ----------------------------------------------------------------------------- */

static int put_known(sqlite3 *db, const struct catalog *catalog, int64_t last_change)
{
    char sql[200];
    (void)sqlite3_snprintf(sizeof sql, sql,
                           "INSERT INTO setting (name, value) VALUES ('known', '%lld')"
                           " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                           (long long)last_change);
    int code = put_objects(db, list_known, catalog);
    return code == SQLITE_OK ? journal_execute(db, sql) : code;
}

enum error journal_known_put(struct journal *journal, const struct catalog *catalog,
                             int64_t last_change, int64_t forgotten, struct problem *problem)
{
    sqlite3 *db = journal->db;
    int64_t there = 0, forgotten_now = 0;
    int code = journal_begin(db);
    if (code == SQLITE_OK)
        code = journal_select_number(db, SELECT_KNOWN, &there);
    if (code == SQLITE_OK)
        code = journal_select_number(db, SELECT_FORGOTTEN, &forgotten_now);
    if (code == SQLITE_OK && there < last_change && forgotten == forgotten_now)
        code = put_known(db, catalog, last_change);
    return finish(db, code, problem);
}

enum error journal_known_get(struct journal *journal, struct catalog *catalog, int64_t *last_change,
                             int64_t *forgotten, struct problem *problem)
{
    sqlite3 *db = journal->db;
    enum error error = ERROR_NONE;
    /* One transaction: another process may put one between the readings. */
    (void)journal_execute(db, "BEGIN");
    if (journal_select_number(db, SELECT_KNOWN, last_change) != SQLITE_OK ||
        journal_select_number(db, SELECT_FORGOTTEN, forgotten) != SQLITE_OK)
        error = journal_problem(db, "read", problem);
    if (error == ERROR_NONE && *last_change != 0)
        error = get_objects(journal, list_known, catalog, problem);
    journal_rollback(db);
    return error;
}
