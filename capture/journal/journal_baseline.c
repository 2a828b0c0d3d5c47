/* journal_baseline: the schema that drafts begin at: a list of objects, each with its image.
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

static int put_objects(sqlite3 *db, const struct catalog *catalog)
{
    struct journal_store store;
    sqlite3_stmt *insert = NULL;
    int code = journal_execute(db, "DELETE FROM baseline");
    journal_store_open(&store, db);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(
            db, "INSERT INTO baseline (position, type, name, image) VALUES (?, ?, ?, ?)", -1,
            &insert, NULL);
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

enum error journal_baseline_put(struct journal *journal, const struct catalog *catalog,
                                const struct journal_draft_mark *marks, size_t count,
                                struct problem *problem)
{
    sqlite3 *db = journal->db;
    int code = journal_begin(db);
    if (code == SQLITE_OK)
        code = put_objects(db, catalog);
    if (code == SQLITE_OK)
        code = put_flag(db);
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

enum error journal_baseline_get(struct journal *journal, struct catalog *catalog,
                                struct problem *problem)
{
    char *flag = NULL;
    sqlite3_stmt *rows = NULL;
    enum error error = journal_setting_get(journal, "baseline", &flag, problem);
    if (error == ERROR_NONE && flag == NULL)
        error =
            problem_set(problem, ERROR_NOT_FOUND,
                        "The journal has no baseline yet: run \"ddltap scan --accept\" to take the "
                        "schema as it is now.");
    free(flag);
    if (error != ERROR_NONE)
        return error;
    int code = sqlite3_prepare_v2(journal->db,
                                  "SELECT b.type, b.name, i.text, i.context FROM baseline AS b"
                                  " LEFT JOIN image AS i ON i.hash = b.image ORDER BY b.position",
                                  -1, &rows, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        take_object(rows, catalog);
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(rows);
    return code == SQLITE_DONE ? ERROR_NONE : journal_problem(journal->db, "read", problem);
}
