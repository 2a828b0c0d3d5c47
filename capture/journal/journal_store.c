/* journal_store: rows going in.
 *
 *     intent    session (once), change, its objects with before images, its renames
 *     outcome   change again, its objects with after images
 *
 * An image is stored once, under its hash: the after image of one change is the before image of the
 * next. All functions run inside a transaction of the caller.
 */
#include "journal/journal_internal.h"

static const char *const insert_sql[JOURNAL_INSERT_COUNT] = {
    [JOURNAL_INSERT_SESSION] =
        "INSERT INTO session (opened_at, connection_id, server_version, server_identity, mariadb,"
        " user, client_address, tool) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [JOURNAL_INSERT_CHANGE] =
        "INSERT INTO change (session_id, at, ended_at, batch, statement_index, state, reason,"
        " error_code, verb, noun, text, default_schema, sql_mode, character_set_client,"
        " collation_connection, time_zone, foreign_key_checks, global_sql_mode, global_time_zone,"
        " development_schema, version, mariadb, names_nocase, redacted, draft_state, draft_name,"
        " origin, squashed_into)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " ?, nullif(?, 0))",
    /* An object that only the outcome knows (found by comparing after a CALL) is added then. A before
     * image may turn out not to be one: another change of the object came in between. */
    [JOURNAL_INSERT_OBJECT] =
        "INSERT INTO object (change_id, position, type, role, schema, name, before_state,"
        " before_image, after_state, after_image) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (change_id, position) DO UPDATE"
        " SET before_state = excluded.before_state, before_image = excluded.before_image,"
        " after_state = excluded.after_state, after_image = excluded.after_image",
    [JOURNAL_INSERT_RENAME] =
        "INSERT INTO rename (change_id, position, is_index, name_from, name_to)"
        " VALUES (?, ?, ?, ?, ?)",
    [JOURNAL_INSERT_IMAGE] =
        "INSERT INTO image (hash, text, context) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING",
    [JOURNAL_UPDATE_CHANGE] =
        "UPDATE change SET state = ?, reason = ?, error_code = ?, ended_at = ?, draft_state = ?"
        " WHERE id = ?",
};

#define RUN(store, which, values)                                                                  \
    run((store), (which), (values), sizeof(values) / sizeof((values)[0]))

static int run(struct journal_store *store, enum journal_insert which,
               const struct journal_value *values, size_t count)
{
    sqlite3_stmt **statement = &store->statements[which];
    if (*statement == NULL) {
        int code = sqlite3_prepare_v3(store->db, insert_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
                                      statement, NULL);
        if (code != SQLITE_OK)
            return code;
    }
    return journal_run(*statement, values, count);
}

void journal_store_open(struct journal_store *store, sqlite3 *db)
{
    *store = (struct journal_store){.db = db};
}

void journal_store_close(struct journal_store *store)
{
    for (size_t i = 0; i < JOURNAL_INSERT_COUNT; i++)
        (void)sqlite3_finalize(store->statements[i]);
    *store = (struct journal_store){.db = NULL};
}

static struct journal_value text_or_empty(const char *text)
{
    return journal_text(text == NULL ? "" : text);
}

int journal_store_session(struct journal_store *store, struct journal_session *session)
{
    const struct journal_value values[] = {
        journal_number(session->opened_at),     journal_number(session->connection_id),
        text_or_empty(session->server_version), text_or_empty(session->server_identity),
        journal_number(session->mariadb),       text_or_empty(session->user),
        text_or_empty(session->client_address), text_or_empty(session->tool),
    };
    int code = RUN(store, JOURNAL_INSERT_SESSION, values);
    if (code == SQLITE_OK)
        session->id = sqlite3_last_insert_rowid(store->db);
    return code;
}

int journal_store_image(struct journal_store *store, const struct journal_image *image,
                        char hash[IMAGE_HASH_SIZE], struct journal_value *reference)
{
    *reference = journal_text(NULL);
    if (image->state != IMAGE_PRESENT || image->text == NULL)
        return SQLITE_OK;
    image_hash(slice_from(image->text), slice_from(image->context), hash);
    *reference = journal_text(hash);
    const struct journal_value values[] = {*reference, journal_text(image->text),
                                           journal_text(image->context)};
    return RUN(store, JOURNAL_INSERT_IMAGE, values);
}

static int store_object(struct journal_store *store, int64_t change_id, size_t position,
                        const struct journal_object *object)
{
    char before_hash[IMAGE_HASH_SIZE], after_hash[IMAGE_HASH_SIZE];
    struct journal_value before, after;
    int code = journal_store_image(store, &object->before, before_hash, &before);
    if (code == SQLITE_OK)
        code = journal_store_image(store, &object->after, after_hash, &after);
    if (code != SQLITE_OK)
        return code;
    const struct journal_value values[] = {
        journal_number(change_id),
        journal_number((int64_t)position),
        journal_text(object_type_text(object->type)),
        journal_text(journal_role_text(object->role)),
        journal_text(object->schema),
        text_or_empty(object->name),
        journal_text(journal_image_state_text(object->before.state)),
        before,
        journal_text(journal_image_state_text(object->after.state)),
        after,
    };
    return RUN(store, JOURNAL_INSERT_OBJECT, values);
}

static int store_objects(struct journal_store *store, const struct journal_change *change)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < change->object_count && code == SQLITE_OK; i++)
        code = store_object(store, change->id, i, &change->objects[i]);
    return code;
}

static int store_renames(struct journal_store *store, const struct journal_change *change)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < change->rename_count && code == SQLITE_OK; i++) {
        const struct journal_value values[] = {
            journal_number(change->id),
            journal_number((int64_t)i),
            journal_number(change->renames[i].index),
            text_or_empty(change->renames[i].from),
            text_or_empty(change->renames[i].to),
        };
        code = RUN(store, JOURNAL_INSERT_RENAME, values);
    }
    return code;
}

static int insert_change(struct journal_store *store, const struct journal_change *change)
{
    const struct sql_facts *facts = &change->facts;
    const struct journal_value values[] = {
        journal_number(change->session_id),
        journal_number(change->at),
        journal_number(change->ended_at),
        journal_number((int64_t)change->batch),
        journal_number(change->statement_index),
        journal_text(change_state_text(change->state)),
        journal_text(change->reason),
        journal_number(change->error_code),
        journal_text(ddl_verb_text(change->verb)),
        text_or_empty(change->noun),
        journal_bytes(change->text == NULL ? "" : change->text, change->text_len),
        journal_text(facts->default_schema),
        journal_text(facts->sql_mode),
        journal_text(facts->character_set_client),
        journal_text(facts->collation_connection),
        journal_text(facts->time_zone),
        journal_number(facts->foreign_key_checks),
        journal_text(facts->global_sql_mode),
        journal_text(facts->global_time_zone),
        text_or_empty(change->development_schema),
        journal_number(change->version),
        journal_number(change->mariadb),
        journal_number(change->names_nocase),
        journal_number(change->redacted),
        journal_text(draft_state_text(change->draft_state)),
        journal_text(change->draft_name),
        journal_text(change_origin_text(change->origin)),
        journal_number(change->squashed_into),
    };
    return RUN(store, JOURNAL_INSERT_CHANGE, values);
}

int journal_store_intent(struct journal_store *store, struct journal_change *change)
{
    int code = insert_change(store, change);
    if (code != SQLITE_OK)
        return code;
    change->id = sqlite3_last_insert_rowid(store->db);
    code = store_objects(store, change);
    return code == SQLITE_OK ? store_renames(store, change) : code;
}

int journal_store_outcome(struct journal_store *store, const struct journal_change *change)
{
    const struct journal_value values[] = {
        journal_text(change_state_text(change->state)),
        journal_text(change->reason),
        journal_number(change->error_code),
        journal_number(change->ended_at),
        journal_text(draft_state_text(change->draft_state)),
        journal_number(change->id),
    };
    int code = RUN(store, JOURNAL_UPDATE_CHANGE, values);
    if (code == SQLITE_OK && sqlite3_changes(store->db) == 0)
        code = SQLITE_NOTFOUND;
    return code == SQLITE_OK ? store_objects(store, change) : code;
}
