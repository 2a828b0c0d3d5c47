/* journal_read: rows coming out.
 *
 *     change joined with its session        one row a change
 *       |-- object joined with its images   by position
 *       `-- rename                          by position
 *
 * The outer statement stays open while the inner ones run, so all rows are of one moment, whatever
 * is written meanwhile. The file is ours but may have been edited: words that are none are an
 * error.
 *
 * To prepare the statements costs more than to read one change with them, so they are kept.
 */
#include "journal/journal_internal.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"

/* In the order in which read_change and read_session take them. */
static const char select_change[] =
    "SELECT c.id, c.session_id, c.at, c.ended_at, c.batch, c.statement_index, c.state, c.reason,"
    " c.error_code, c.verb, c.noun, c.text, c.default_schema, c.sql_mode, c.character_set_client,"
    " c.collation_connection, c.time_zone, c.foreign_key_checks, c.global_sql_mode,"
    " c.global_time_zone, c.development_schema, c.version, c.mariadb, c.names_nocase, c.redacted,"
    " c.draft_state, c.draft_name, c.origin, c.draft_text, c.squash_text, ifnull(c.squashed_into, "
    "0),"
    " c.file_due, ifnull(c.split_from, 0), c.images_kept,"
    " s.opened_at, s.connection_id, s.server_version, s.server_identity, s.mariadb, s.user,"
    " s.client_address, s.tool"
    " FROM change AS c JOIN session AS s ON s.id = c.session_id WHERE 1";

static const char select_objects[] =
    "SELECT o.type, o.role, o.schema, o.name, o.before_state, b.text, b.context,"
    " o.after_state, a.text, a.context FROM object AS o"
    " LEFT JOIN image AS b ON b.hash = o.before_image"
    " LEFT JOIN image AS a ON a.hash = o.after_image"
    " WHERE o.change_id = ? ORDER BY o.position";

static const char select_objects_bare[] =
    "SELECT o.type, o.role, o.schema, o.name, o.before_state, NULL, NULL, o.after_state, NULL, NULL"
    " FROM object AS o WHERE o.change_id = ? ORDER BY o.position";

static const char select_renames[] =
    "SELECT is_index, name_from, name_to FROM rename WHERE change_id = ? ORDER BY position";

struct reader {
    sqlite3 *db;
    sqlite3_stmt *changes, *objects, *renames;
};

/* Takes the columns of a row from the left. */
struct row {
    sqlite3_stmt *statement;
    int column;
};

static int64_t take_number(struct row *row)
{
    return sqlite3_column_int64(row->statement, row->column++);
}

static const char *peek_text(struct row *row)
{
    return (const char *)sqlite3_column_text(row->statement, row->column++);
}

static char *take_text(struct row *row)
{
    return memory_copy_text(peek_text(row));
}

static char *take_bytes(struct row *row, size_t *len)
{
    const char *bytes = sqlite3_column_blob(row->statement, row->column);
    *len = (size_t)sqlite3_column_bytes(row->statement, row->column++);
    return memory_copy_slice(bytes == NULL ? SLICE("") : slice_make(bytes, *len));
}

static void take_facts(struct row *row, struct sql_facts *facts)
{
    facts->default_schema = take_text(row);
    facts->sql_mode = take_text(row);
    facts->character_set_client = take_text(row);
    facts->collation_connection = take_text(row);
    facts->time_zone = take_text(row);
    facts->foreign_key_checks = take_number(row) != 0;
    facts->global_sql_mode = take_text(row);
    facts->global_time_zone = take_text(row);
}

static bool take_change(struct row *row, struct journal_change *change)
{
    change->id = take_number(row);
    change->session_id = take_number(row);
    change->at = take_number(row);
    change->ended_at = take_number(row);
    change->batch = (uint64_t)take_number(row);
    change->statement_index = (unsigned)take_number(row);
    bool known = journal_change_state_read(peek_text(row), &change->state);
    change->reason = take_text(row);
    change->error_code = (unsigned)take_number(row);
    known = journal_verb_read(peek_text(row), &change->verb) && known;
    change->noun = take_text(row);
    change->text = take_bytes(row, &change->text_len);
    take_facts(row, &change->facts);
    change->development_schema = take_text(row);
    change->version = (uint32_t)take_number(row);
    change->mariadb = take_number(row) != 0;
    change->names_nocase = take_number(row) != 0;
    change->redacted = take_number(row) != 0;
    known = journal_draft_state_read(peek_text(row), &change->draft_state) && known;
    change->draft_name = take_text(row);
    known = journal_origin_read(peek_text(row), &change->origin) && known;
    change->draft_text = take_text(row);
    change->squash_text = take_text(row);
    change->squashed_into = take_number(row);
    change->file_due = take_number(row);
    change->split_from = take_number(row);
    change->images_kept = take_number(row) != 0;
    return known;
}

static void take_session(struct row *row, int64_t id, struct journal_session *session)
{
    session->id = id;
    session->opened_at = take_number(row);
    session->connection_id = (uint32_t)take_number(row);
    session->server_version = take_text(row);
    session->server_identity = take_text(row);
    session->mariadb = take_number(row) != 0;
    session->user = take_text(row);
    session->client_address = take_text(row);
    session->tool = take_text(row);
}

static bool take_image(struct row *row, struct journal_image *image)
{
    bool known = journal_image_state_read(peek_text(row), &image->state);
    image->text = take_text(row);
    image->context = take_text(row);
    return known;
}

static bool take_object(struct row *row, struct journal_object *object)
{
    bool known = object_type_from_text(slice_from(peek_text(row)), &object->type);
    known = journal_role_read(peek_text(row), &object->role) && known;
    object->schema = take_text(row);
    object->name = take_text(row);
    known = take_image(row, &object->before) && known;
    return take_image(row, &object->after) && known;
}

static enum error damaged(int64_t id, struct problem *problem)
{
    return problem_set(problem, ERROR_JOURNAL,
                       "the journal is damaged: change #%lld holds words that ddltap does not know",
                       (long long)id);
}

static enum error read_objects(struct reader *reader, struct journal_change *change,
                               struct problem *problem)
{
    bool known = true;
    int code;
    (void)sqlite3_bind_int64(reader->objects, 1, change->id);
    while ((code = sqlite3_step(reader->objects)) == SQLITE_ROW) {
        change->objects =
            memory_resize(change->objects, change->object_count + 1, sizeof *change->objects);
        struct journal_object *object = &change->objects[change->object_count++];
        *object = (struct journal_object){.schema = NULL};
        struct row row = {reader->objects, 0};
        known = take_object(&row, object) && known;
    }
    (void)sqlite3_reset(reader->objects);
    if (code != SQLITE_DONE)
        return journal_problem(reader->db, "read", problem);
    return known ? ERROR_NONE : damaged(change->id, problem);
}

static enum error read_renames(struct reader *reader, struct journal_change *change,
                               struct problem *problem)
{
    int code;
    (void)sqlite3_bind_int64(reader->renames, 1, change->id);
    while ((code = sqlite3_step(reader->renames)) == SQLITE_ROW) {
        change->renames =
            memory_resize(change->renames, change->rename_count + 1, sizeof *change->renames);
        struct row row = {reader->renames, 0};
        struct statement_rename *rename = &change->renames[change->rename_count++];
        rename->index = take_number(&row) != 0;
        rename->from = take_text(&row);
        rename->to = take_text(&row);
    }
    (void)sqlite3_reset(reader->renames);
    return code == SQLITE_DONE ? ERROR_NONE : journal_problem(reader->db, "read", problem);
}

static enum error read_row(struct reader *reader, struct journal_change *change,
                           struct journal_session *session, struct problem *problem)
{
    struct row row = {reader->changes, 0};
    if (!take_change(&row, change))
        return damaged(change->id, problem);
    take_session(&row, change->session_id, session);
    enum error error = read_objects(reader, change, problem);
    return error == ERROR_NONE ? read_renames(reader, change, problem) : error;
}

/* " AND c.state IN ('done', 'noted')" */
static void append_states(struct buffer *sql, const char *column, unsigned mask, unsigned count,
                          const char *(*text)(unsigned state))
{
    if (mask == 0)
        return;
    buffer_printf(sql, " AND %s IN (", column);
    const char *separator = "";
    for (unsigned state = 0; state < count; state++) {
        if ((mask & 1u << state) == 0)
            continue;
        buffer_printf(sql, "%s'%s'", separator, text(state));
        separator = ", ";
    }
    buffer_append_text(sql, ")");
}

static const char *change_word(unsigned state)
{
    return change_state_text((enum change_state)state);
}

static const char *draft_word(unsigned state)
{
    return draft_state_text((enum draft_state)state);
}

/* Nearly all changes are done: their state leads to few only where nothing else does. The plus sign keeps its
 * index out. */
static const char *state_column(const struct journal_filter *filter)
{
    bool narrow = filter->draft_states != 0 || filter->after != 0 || filter->ended_since != 0;
    return narrow ? "+c.state" : "c.state";
}

void journal_read_query(const struct journal_filter *filter, struct buffer *sql)
{
    buffer_append_text(sql, select_change);
    if (filter->id != 0)
        buffer_append_text(sql, " AND c.id = ?");
    if (filter->after != 0)
        buffer_printf(sql, " AND c.id > %lld", (long long)filter->after);
    if (filter->last != 0)
        buffer_printf(sql, " AND c.id <= %lld", (long long)filter->last);
    if (filter->ended_since != 0)
        buffer_printf(sql, " AND c.images_kept AND c.ended_at > 0 AND c.ended_at >= %lld",
                      (long long)filter->ended_since);
    append_states(sql, state_column(filter), filter->states, CHANGE_NOTED + 1, change_word);
    append_states(sql, "c.draft_state", filter->draft_states, DRAFT_STATE_COUNT, draft_word);
    if (filter->file_due)
        buffer_append_text(sql, " AND c.file_due");
    /* Few ended late, few files are due: they are looked up, and sorted then. SQLite would rather read all in
     * their order. */
    bool few = filter->ended_since != 0 || filter->file_due;
    buffer_append_text(sql, few ? " ORDER BY +c.id" : " ORDER BY c.id");
    if (filter->limit != 0)
        buffer_printf(sql, " DESC LIMIT %zu", filter->limit);
}

/* A kept statement, or a new one: a reading within a reading has its own. SQLITE_OK or SQLite's code. */
static int take_statement(struct journal *journal, const char *sql, sqlite3_stmt **statement)
{
    for (size_t i = 0; i < JOURNAL_KEPT && journal->kept[i] != NULL; i++) {
        if (strcmp(sqlite3_sql(journal->kept[i]), sql) != 0)
            continue;
        *statement = journal->kept[i];
        memmove(&journal->kept[i], &journal->kept[i + 1],
                (JOURNAL_KEPT - 1 - i) * sizeof(*journal->kept));
        journal->kept[JOURNAL_KEPT - 1] = NULL;
        return SQLITE_OK;
    }
    return sqlite3_prepare_v3(journal->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

static void keep_statement(struct journal *journal, sqlite3_stmt *statement)
{
    if (statement == NULL)
        return;
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    (void)sqlite3_finalize(journal->kept[JOURNAL_KEPT - 1]);
    memmove(&journal->kept[1], &journal->kept[0], (JOURNAL_KEPT - 1) * sizeof(*journal->kept));
    journal->kept[0] = statement;
}

static enum error reader_open(struct reader *reader, struct journal *journal,
                              const struct journal_filter *filter, struct problem *problem)
{
    const char *objects = filter->without_images ? select_objects_bare : select_objects;
    struct buffer sql = BUFFER_INIT;
    journal_read_query(filter, &sql);
    *reader = (struct reader){.db = journal->db};
    int code = take_statement(journal, buffer_text(&sql), &reader->changes);
    if (code == SQLITE_OK)
        code = take_statement(journal, objects, &reader->objects);
    if (code == SQLITE_OK)
        code = take_statement(journal, select_renames, &reader->renames);
    if (code == SQLITE_OK && filter->id != 0)
        code = sqlite3_bind_int64(reader->changes, 1, filter->id);
    buffer_release(&sql);
    return code == SQLITE_OK ? ERROR_NONE : journal_problem(journal->db, "read", problem);
}

static void reader_close(struct reader *reader, struct journal *journal)
{
    keep_statement(journal, reader->changes);
    keep_statement(journal, reader->objects);
    keep_statement(journal, reader->renames);
}

enum error journal_read(struct journal *journal, const struct journal_filter *filter,
                        bool (*found)(void *argument, const struct journal_change *change,
                                      const struct journal_session *session),
                        void *argument, struct problem *problem)
{
    struct reader reader;
    enum error error = reader_open(&reader, journal, filter, problem);
    bool more = true;
    int code = SQLITE_ROW;
    while (error == ERROR_NONE && more && (code = sqlite3_step(reader.changes)) == SQLITE_ROW) {
        struct journal_change change = {.id = 0};
        struct journal_session session = {.id = 0};
        error = read_row(&reader, &change, &session, problem);
        if (error == ERROR_NONE)
            more = found(argument, &change, &session);
        journal_change_release(&change);
        journal_session_release(&session);
    }
    if (error == ERROR_NONE && code != SQLITE_ROW && code != SQLITE_DONE)
        error = journal_problem(journal->db, "read", problem);
    reader_close(&reader, journal);
    return error;
}

enum error journal_knows_draft(struct journal *journal, const char *name, bool *knows,
                               struct problem *problem)
{
    sqlite3_stmt *statement = NULL;
    const struct journal_value values[] = {journal_text(name)};
    int code = sqlite3_prepare_v2(journal->db, JOURNAL_SELECT_DRAFT_NAME, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = journal_bind(statement, values, 1);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    *knows = code == SQLITE_ROW;
    (void)sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? ERROR_NONE
               : journal_problem(journal->db, "read", problem);
}

static void release_object(struct journal_object *object)
{
    free(object->schema);
    free(object->name);
    free(object->before.text);
    free(object->before.context);
    free(object->after.text);
    free(object->after.context);
}

void journal_change_release(struct journal_change *change)
{
    for (size_t i = 0; i < change->object_count; i++)
        release_object(&change->objects[i]);
    for (size_t i = 0; i < change->rename_count; i++) {
        free(change->renames[i].from);
        free(change->renames[i].to);
    }
    free(change->objects);
    free(change->renames);
    free(change->reason);
    free(change->noun);
    free(change->text);
    sql_facts_release(&change->facts);
    free(change->development_schema);
    free(change->draft_name);
    free(change->draft_text);
    free(change->squash_text);
    *change = (struct journal_change){.id = 0};
}

void journal_session_release(struct journal_session *session)
{
    free(session->server_version);
    free(session->server_identity);
    free(session->user);
    free(session->client_address);
    free(session->tool);
    *session = (struct journal_session){.id = 0};
}
