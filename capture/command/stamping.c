/* stamping: see stamping.h. */
#include "command/stamping.h"

#include <stdlib.h>
#include <string.h>

#include "command/notes.h"
#include "ddltap/memory.h"
#include "server/runner.h"

void stamping_fill(struct stamping *stamping, const struct stamp *stamp, const char *current_query,
                   const char *version, const char *parent)
{
    size_t count = stamp == NULL ? 0 : stamp->count;
    *stamping = (struct stamping){.rows = memory_new(count + 1, sizeof *stamping->rows),
                                  .current_query = memory_copy_text(current_query),
                                  .version = memory_copy_text(version),
                                  .parent = memory_copy_text(parent == NULL ? "" : parent)};
    for (size_t i = 0; i < count; i++) {
        stamping->rows[i] = stamp->statements[i].rows;
        texts_add(&stamping->statements, memory_copy_text(stamp->statements[i].sql));
    }
}

void stamping_release(struct stamping *stamping)
{
    texts_release(&stamping->statements);
    free(stamping->rows);
    free(stamping->current_query);
    free(stamping->version);
    free(stamping->parent);
    *stamping = (struct stamping){.rows = NULL};
}

bool stamping_write(const struct stamping *stamping, json_t *note)
{
    const size_t count = stamping->statements.count;
    return json_object_set_new(note, "statements", notes_texts(&stamping->statements)) == 0 &&
           json_object_set_new(note, "rows", notes_numbers(stamping->rows, count)) == 0 &&
           json_object_set_new(note, "current_query", json_string(stamping->current_query)) == 0 &&
           json_object_set_new(note, "version", json_string(stamping->version)) == 0 &&
           json_object_set_new(note, "parent", json_string(stamping->parent)) == 0;
}

void stamping_read(struct stamping *stamping, const json_t *note)
{
    size_t rows;
    *stamping = (struct stamping){.rows = notes_read_numbers(note, "rows", &rows),
                                  .current_query = notes_read_text(note, "current_query"),
                                  .version = notes_read_text(note, "version"),
                                  .parent = notes_read_text(note, "parent")};
    notes_read_texts(note, "statements", &stamping->statements);
}

enum error stamping_rows(const struct connection *connection, const char *current_query,
                         struct texts *rows, struct problem *problem)
{
    struct control *control = NULL;
    char **values = NULL;
    size_t count = 0;
    unsigned code;
    enum error error = project_connect(connection, &control, problem);
    if (error == ERROR_NONE)
        error = project_use(control, connection, problem);
    if (error == ERROR_NONE)
        error = control_column(control, current_query, &values, &count, &code, problem);
    for (size_t i = 0; i < count; i++)
        texts_add(rows, values[i]);
    free(values);
    control_close(control);
    return error;
}

/* A table of numbers has 2 for the migration 000002. */
static bool is_version(const char *row, const char *version)
{
    size_t digits = strspn(version, "0123456789");
    const char *number = version + strspn(version, "0");
    bool numeric = digits > 0 && version[digits] == '\0' && *number != '\0';
    return strcmp(row, version) == 0 || (numeric && strcmp(row, number) == 0);
}

static bool has_version(const struct texts *rows, const char *version)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (is_version(rows->items[i], version))
            return true;
    }
    return false;
}

/* Zero rows: the table is not as the statement wants it. */
static bool is_as_meant(const struct runner_answer *answer, int64_t rows)
{
    return answer->error_code == 0 && (rows < 0 || (int64_t)answer->affected_rows == rows);
}

static enum error refuse(const struct stamping_words *words, const struct runner_answer *answer,
                         struct problem *problem)
{
    return problem_set(
        problem, ERROR_SERVER, "%s, but the development database could not be marked: %s. %s",
        words->situation,
        answer->error_code != 0 ? answer->message : "its version table is not where it must be",
        words->outlook);
}

static enum error run_one(struct runner *runner, struct slice sql, int64_t rows,
                          const struct stamping_words *words, struct problem *problem)
{
    struct runner_answer answer = {0};
    enum error error = runner_run(runner, sql, &answer, problem);
    return error == ERROR_NONE && !is_as_meant(&answer, rows) ? refuse(words, &answer, problem)
                                                              : error;
}

/* All in one transaction, begun ahead of the first statement that has a count. */
static enum error run(struct runner *runner, const struct stamping *stamping,
                      const struct stamping_words *words, struct problem *problem)
{
    bool begun = false;
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < stamping->statements.count && error == ERROR_NONE; i++) {
        int64_t rows = stamping->rows[i];
        if (rows >= 0 && !begun) {
            begun = true;
            error = run_one(runner, SLICE("START TRANSACTION"), STAMP_ANY_ROWS, words, problem);
        }
        if (error == ERROR_NONE)
            error =
                run_one(runner, slice_from(stamping->statements.items[i]), rows, words, problem);
    }
    return error == ERROR_NONE ? run_one(runner, SLICE("COMMIT"), STAMP_ANY_ROWS, words, problem)
                               : error;
}

enum error stamping_move(const struct project *project, const struct stamping *stamping,
                         bool present, const struct stamping_words *words, struct problem *problem)
{
    struct connection connection;
    struct runner *runner = NULL;
    struct texts rows = TEXTS_INIT;
    if (stamping->statements.count == 0)
        return ERROR_NONE;
    enum error error = project_connection(project, &connection, problem);
    if (error != ERROR_NONE)
        return error;
    const struct control_target target = project_target(&connection);
    error = stamping_rows(&connection, stamping->current_query, &rows, problem);
    bool done = has_version(&rows, stamping->version) == present;
    if (error == ERROR_NONE && !done)
        error = runner_open(&target, connection.database, &runner, problem);
    if (error == ERROR_NONE && !done)
        error = run(runner, stamping, words, problem);
    runner_close(runner);
    texts_release(&rows);
    connection_release(&connection);
    return error;
}
