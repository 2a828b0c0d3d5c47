/* alembic: Alembic, alone or under Flask-Migrate.
 *
 *     migrations/alembic.ini       Flask-Migrate; the folder itself is the script location
 *     alembic.ini                  Alembic: [alembic] script_location = alembic
 *
 * A script location has env.py; its migrations are in versions/, or where version_locations says.
 * The order is in the files (down_revision), not in their names. The version table has one row for
 * each head that is applied. */
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "format/alembic_file.h"
#include "format/alembic_models.h"
#include "format/alembic_name.h"
#include "format/alembic_revision.h"
#include "format/alembic_settings.h"
#include "format/files.h"
#include "format/format.h"

#define STANDARD_TABLE "alembic_version"
#define VERSION_DIGITS 12

/* --- the files ----------------------------------------------------------------------------------
 */

/* Alembic's own rule: (?!\.#|__init__)(.*\.py)$ */
static bool is_revision_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    size_t len = strlen(name);
    return len >= 3 && strcmp(name + len - 3, ".py") == 0 && strncmp(name, ".#", 2) != 0 &&
           strncmp(name, "__init__", 8) != 0;
}

static enum error read_revision(const char *root, const char *path, struct chain *chain,
                                struct problem *problem)
{
    struct buffer source = BUFFER_INIT;
    struct migration *migration;
    enum error error;
    if (!files_read(root, path, &source)) {
        error = problem_set(problem, ERROR_FILE, "%s cannot be read.", path);
    } else {
        migration = chain_add(chain);
        migration->path = memory_copy_text(path);
        error = alembic_revision_read(buffer_slice(&source), migration, problem);
        if (error == ERROR_NONE && migration->version == NULL)
            migration->version = memory_copy_text("");
    }
    buffer_release(&source);
    return error;
}

static enum error read_location(const char *root, const char *folder, bool recursive,
                                struct chain *chain, struct problem *problem)
{
    struct texts paths = TEXTS_INIT;
    enum error error = ERROR_NONE;
    files_list(root, folder, recursive, &paths);
    for (size_t i = 0; i < paths.count && error == ERROR_NONE; i++) {
        if (is_revision_file(paths.items[i]))
            error = read_revision(root, paths.items[i], chain, problem);
    }
    texts_release(&paths);
    return error;
}

/* The literal of that name in env.py: version_table and the like. */
static bool find_in_env(const char *root, const struct alembic_settings *settings, const char *name,
                        char **value)
{
    struct buffer path = BUFFER_INIT, source = BUFFER_INIT;
    bool known = true;
    *value = NULL;
    buffer_printf(&path, "%s/env.py", settings->script_location);
    if (files_read(root, buffer_text(&path), &source))
        known = alembic_revision_find_keyword(buffer_slice(&source), name, value);
    buffer_release(&path);
    buffer_release(&source);
    return known;
}

/* A version table that ddltap would not find is better said than guessed at. */
static enum error check_env(const struct format_found *found,
                            const struct alembic_settings *settings, struct problem *problem)
{
    char *table, *schema;
    bool table_known = find_in_env(found->root, settings, "version_table", &table);
    bool schema_known = find_in_env(found->root, settings, "version_table_schema", &schema);
    enum error error = ERROR_NONE;
    if (!table_known && found->version_table == NULL)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "%s/env.py computes version_table; ddltap reads it without running it. "
                            "Write it as text, or set [format] version_table.",
                            settings->script_location);
    else if (!schema_known || schema != NULL)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "%s/env.py keeps the version table in a schema of its own "
                            "(version_table_schema); ddltap stamps only in the tracked one.",
                            settings->script_location);
    free(table);
    free(schema);
    return error;
}

static enum error read_chain(const struct format_found *found, struct chain *chain,
                             struct problem *problem)
{
    struct alembic_settings settings;
    enum error error = alembic_settings_read(found->root, found->directory, &settings, problem);
    if (error == ERROR_NONE)
        error = check_env(found, &settings, problem);
    for (size_t i = 0; i < settings.locations.count && error == ERROR_NONE; i++)
        error = read_location(found->root, settings.locations.items[i], settings.recursive, chain,
                              problem);
    if (error == ERROR_NONE)
        error = chain_sort(chain, problem);
    if (error == ERROR_NONE)
        chain->merge_command =
            memory_copy_text(settings.flask ? "flask db merge heads" : "alembic merge heads");
    else
        chain_release(chain);
    alembic_settings_release(&settings);
    return error;
}

/* --- a new one ----------------------------------------------------------------------------------
 */

/* 12 hexadecimal digits that no migration begins with: Alembic takes beginnings of versions too. */
static char *new_version(const struct chain *chain, uint64_t random)
{
    for (;; random++) {
        struct buffer version = BUFFER_INIT;
        bool taken = false;
        buffer_printf(&version, "%012llx", (unsigned long long)(random & 0xffffffffffffU));
        for (size_t i = 0; i < chain->count && !taken; i++)
            taken =
                strncmp(chain->migrations[i].version, buffer_text(&version), VERSION_DIGITS) == 0;
        if (!taken)
            return buffer_detach(&version);
        buffer_release(&version);
    }
}

/* With several locations a migration goes where the one before it is. */
static void append_folder(const struct alembic_settings *settings, const struct migration *parent,
                          struct buffer *path)
{
    const char *slash = parent == NULL ? NULL : strrchr(parent->path, '/');
    if (settings->locations.count > 1 && slash != NULL)
        buffer_append(path, parent->path, (size_t)(slash - parent->path));
    else
        buffer_append_text(path, settings->locations.items[0]);
    if (path->len > 0)
        buffer_append_char(path, '/');
}

static enum error compose_file(const struct alembic_settings *settings,
                               const struct proposal *proposal, struct composed *composed,
                               struct problem *problem)
{
    struct buffer path = BUFFER_INIT;
    struct alembic_date date;
    enum error error = alembic_date_make(settings, proposal->time, &date, problem);
    append_folder(settings, proposal->parent, &path);
    if (error == ERROR_NONE)
        error = alembic_name_append(settings, composed->version, proposal->message, &date, &path,
                                    problem);
    if (error == ERROR_NONE)
        alembic_file_append(proposal, composed->version, &date,
                            composed_add(composed, buffer_detach(&path)));
    buffer_release(&path);
    return error;
}

static enum error compose(const struct format_found *found, const struct chain *chain,
                          const struct proposal *proposal, struct composed *composed,
                          struct problem *problem)
{
    struct alembic_settings settings;
    enum error error = alembic_settings_read(found->root, found->directory, &settings, problem);
    if (error == ERROR_NONE)
        error = proposal_check(proposal, problem);
    if (error == ERROR_NONE) {
        composed->version = new_version(chain, proposal->random);
        error = compose_file(&settings, proposal, composed, problem);
    }
    if (error != ERROR_NONE)
        composed_release(composed);
    alembic_settings_release(&settings);
    return error;
}

/* --- the version table --------------------------------------------------------------------------
 */

static char *version_table(const struct format_found *found)
{
    struct alembic_settings settings;
    struct problem problem;
    char *table = memory_copy_text(found->version_table);
    enum error error = alembic_settings_read(found->root, found->directory, &settings, &problem);
    /* What is wrong with the settings is told by read. */
    if (error == ERROR_NONE && table == NULL)
        find_in_env(found->root, &settings, "version_table", &table);
    alembic_settings_release(&settings);
    return table != NULL ? table : memory_copy_text(STANDARD_TABLE);
}

static void append_table(const struct format_found *found, struct buffer *sql)
{
    char *table = version_table(found);
    stamp_append_name(sql, table);
    free(table);
}

static char *current_query(const struct format_found *found)
{
    struct buffer sql = BUFFER_INIT;
    buffer_append_text(&sql, "SELECT version_num FROM ");
    append_table(found, &sql);
    return buffer_detach(&sql);
}

static enum error locate(const struct chain *chain, const char *const *rows, size_t count,
                         struct position *position, struct problem *problem)
{
    (void)problem;
    *position = POSITION_INIT;
    position->applied = memory_new(chain->count, sizeof *position->applied);
    for (size_t i = 0; i < count; i++) {
        if (chain_find(chain, rows[i]) != NULL)
            chain_mark_history(chain, rows[i], position->applied);
        else if (position->unknown == NULL)
            position->unknown = memory_copy_text(rows[i]);
    }
    position_count(chain, position);
    return ERROR_NONE;
}

/* UPDATE alembic_version SET version_num='to' WHERE alembic_version.version_num = 'from' */
static void stamp_move(const struct format_found *found, const char *from, const char *to,
                       struct stamp *stamp)
{
    struct buffer sql = BUFFER_INIT;
    buffer_append_text(&sql, "UPDATE ");
    append_table(found, &sql);
    buffer_append_text(&sql, " SET version_num = ");
    stamp_append_text(&sql, to);
    buffer_append_text(&sql, " WHERE version_num = ");
    stamp_append_text(&sql, from);
    stamp_add(stamp, buffer_detach(&sql), 1);
}

/* The table as Alembic makes it; the row only where there is none. */
static void stamp_first(const struct format_found *found, const char *version, struct stamp *stamp)
{
    struct buffer create = BUFFER_INIT, insert = BUFFER_INIT;
    char *table = version_table(found);
    buffer_append_text(&create, "CREATE TABLE IF NOT EXISTS ");
    stamp_append_name(&create, table);
    buffer_append_text(&create, " (version_num VARCHAR(32) NOT NULL, CONSTRAINT ");
    struct buffer key = BUFFER_INIT;
    buffer_printf(&key, "%s_pkc", table);
    stamp_append_name(&create, buffer_text(&key));
    buffer_append_text(&create, " PRIMARY KEY (version_num))");
    stamp_add(stamp, buffer_detach(&create), STAMP_ANY_ROWS);

    buffer_append_text(&insert, "INSERT INTO ");
    stamp_append_name(&insert, table);
    buffer_append_text(&insert, " (version_num) SELECT ");
    stamp_append_text(&insert, version);
    buffer_append_text(&insert, " FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ");
    stamp_append_name(&insert, table);
    buffer_append_char(&insert, ')');
    stamp_add(stamp, buffer_detach(&insert), 1);
    buffer_release(&key);
    free(table);
}

static void stamp(const struct format_found *found, const char *version, const char *parent,
                  struct stamp *statements)
{
    if (parent == NULL)
        stamp_first(found, version, statements);
    else
        stamp_move(found, parent, version, statements);
}

/* INSERT INTO alembic_version (version_num) VALUES ('version'), unless it is there. */
static void stamp_beside(const struct format_found *found, const char *version,
                         struct stamp *statements)
{
    struct buffer sql = BUFFER_INIT;
    buffer_append_text(&sql, "INSERT INTO ");
    append_table(found, &sql);
    buffer_append_text(&sql, " (version_num) SELECT ");
    stamp_append_text(&sql, version);
    buffer_append_text(&sql, " FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ");
    append_table(found, &sql);
    buffer_append_text(&sql, " WHERE version_num = ");
    stamp_append_text(&sql, version);
    buffer_append_char(&sql, ')');
    stamp_add(statements, buffer_detach(&sql), 1);
}

static void unstamp(const struct format_found *found, const char *version, const char *parent,
                    struct stamp *statements)
{
    if (parent != NULL) {
        stamp_move(found, version, parent, statements);
        return;
    }
    struct buffer sql = BUFFER_INIT;
    buffer_append_text(&sql, "DELETE FROM ");
    append_table(found, &sql);
    buffer_append_text(&sql, " WHERE version_num = ");
    stamp_append_text(&sql, version);
    stamp_add(statements, buffer_detach(&sql), 1);
}

/* --- the models ---------------------------------------------------------------------------------
 */

static enum error compare_models(const struct format_found *found, const char *python,
                                 struct models *models, struct problem *problem)
{
    struct alembic_settings settings;
    enum error error = alembic_settings_read(found->root, found->directory, &settings, problem);
    if (error == ERROR_NONE)
        error = alembic_models_compare(found->root, &settings, python, models, problem);
    if (error == ERROR_NONE)
        models->command = settings.flask ? "flask db migrate" : "alembic revision --autogenerate";
    alembic_settings_release(&settings);
    return error;
}

const struct format format_alembic = {
    .name = "alembic",
    .title = "Alembic",
    .detect = alembic_settings_detect,
    .read = read_chain,
    .compose = compose,
    .version_table = version_table,
    .current_query = current_query,
    .locate = locate,
    .stamp = stamp,
    .unstamp = unstamp,
    .stamp_beside = stamp_beside,
    .compare_models = compare_models,
};
