/* dbmate: db/migrations/<version>_<name>.sql with "-- migrate:up" and "-- migrate:down". The version
 * table has one row for each migration that is applied. */
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "format/dbmate_file.h"
#include "format/files.h"
#include "format/format.h"
#include "format/sql_files.h"

#define FOLDER "db/migrations"
#define STANDARD_TABLE "schema_migrations"

static bool detect(const char *root, char **directory, char **evidence)
{
    char *name = files_find_with(root, FOLDER, ".sql", "-- migrate:up");
    if (name == NULL)
        return false;
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, FOLDER "/%s", name);
    *evidence = buffer_detach(&path);
    *directory = memory_copy_text(FOLDER);
    free(name);
    return true;
}

/* --- the version table --------------------------------------------------------------------------
 */

static const char *table_of(const struct format_found *found)
{
    return found->version_table == NULL ? STANDARD_TABLE : found->version_table;
}

static char *version_table(const struct format_found *found)
{
    return memory_copy_text(table_of(found));
}

static char *current_query(const struct format_found *found)
{
    struct buffer sql = BUFFER_INIT;
    buffer_append_text(&sql, "SELECT version FROM ");
    stamp_append_name(&sql, table_of(found));
    return buffer_detach(&sql);
}

/* Teams delete files of old migrations, and dbmate takes no notice: only a version after the first
 * file is one of another branch. */
static bool is_missing(const struct chain *chain, const char *version)
{
    return chain_find(chain, version) == NULL &&
           (chain->count == 0 || !sql_files_version_less(version, chain->migrations[0].version));
}

static enum error locate(const struct chain *chain, const char *const *rows, size_t count,
                         struct position *position, struct problem *problem)
{
    (void)problem;
    *position = POSITION_INIT;
    position->applied = memory_new(chain->count, sizeof *position->applied);
    for (size_t i = 0; i < count; i++) {
        const struct migration *migration = chain_find(chain, rows[i]);
        if (migration != NULL)
            position->applied[migration - chain->migrations] = true;
        else if (position->unknown == NULL && is_missing(chain, rows[i]))
            position->unknown = memory_copy_text(rows[i]);
    }
    position_count(chain, position);
    return ERROR_NONE;
}

/* The table as dbmate makes it. */
static void stamp(const struct format_found *found, const char *version, const char *parent,
                  struct stamp *statements)
{
    struct buffer create = BUFFER_INIT, insert = BUFFER_INIT;
    (void)parent;
    buffer_append_text(&create, "CREATE TABLE IF NOT EXISTS ");
    stamp_append_name(&create, table_of(found));
    buffer_append_text(&create, " (version varchar(128) PRIMARY KEY)");
    stamp_add(statements, buffer_detach(&create), STAMP_ANY_ROWS);

    buffer_append_text(&insert, "INSERT INTO ");
    stamp_append_name(&insert, table_of(found));
    buffer_append_text(&insert, " (version) SELECT ");
    stamp_append_text(&insert, version);
    buffer_append_text(&insert, " FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ");
    stamp_append_name(&insert, table_of(found));
    buffer_append_text(&insert, " WHERE version = ");
    stamp_append_text(&insert, version);
    buffer_append_char(&insert, ')');
    stamp_add(statements, buffer_detach(&insert), 1);
}

static void unstamp(const struct format_found *found, const char *version, const char *parent,
                    struct stamp *statements)
{
    struct buffer sql = BUFFER_INIT;
    (void)parent;
    buffer_append_text(&sql, "DELETE FROM ");
    stamp_append_name(&sql, table_of(found));
    buffer_append_text(&sql, " WHERE version = ");
    stamp_append_text(&sql, version);
    stamp_add(statements, buffer_detach(&sql), 1);
}

const struct format format_dbmate = {
    .name = "dbmate",
    .title = "dbmate",
    .detect = detect,
    .read = dbmate_file_read,
    .compose = dbmate_file_compose,
    .version_table = version_table,
    .current_query = current_query,
    .locate = locate,
    .stamp = stamp,
    .unstamp = unstamp,
};
