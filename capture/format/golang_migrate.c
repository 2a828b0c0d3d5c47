/* golang_migrate: golang-migrate, pairs of <version>_<name>.up.sql and <version>_<name>.down.sql.
 * The tool is told the folder on its command line; these are the ones that projects use. It sends
 * each file as one text, which the server cuts. The version table has one row: the last version that
 * was applied, and whether that broke off (dirty). */
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "format/files.h"
#include "format/format.h"
#include "format/sql_files.h"

#define STANDARD_TABLE "schema_migrations"
#define DIRTY " dirty"

static const struct sql_files_layout layout = {".up.sql", ".down.sql", false};

static bool detect(const char *root, char **directory, char **evidence)
{
    static const char *const folders[] = {"migrations", "db/migrations", "db/migration"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char *name = files_find_pair(root, folders[i], layout.suffix, layout.down_suffix);
        if (name == NULL)
            continue;
        struct buffer path = BUFFER_INIT;
        buffer_printf(&path, "%s/%s", folders[i], name);
        *evidence = buffer_detach(&path);
        *directory = memory_copy_text(folders[i]);
        free(name);
        return true;
    }
    return false;
}

static enum error read_chain(const struct format_found *found, struct chain *chain,
                             struct problem *problem)
{
    return sql_files_read(found, &layout, chain, problem);
}

static enum error compose(const struct format_found *found, const struct chain *chain,
                          const struct proposal *proposal, struct composed *composed,
                          struct problem *problem)
{
    enum error error = proposal_check(proposal, problem);
    if (error != ERROR_NONE)
        return error;
    composed->version = sql_files_new_version(chain, proposal->time);
    struct buffer *up = sql_files_add(found, proposal, layout.suffix, composed);
    sql_files_append_heading(proposal, up);
    error = sql_files_append_up(proposal, up, problem);
    struct buffer *down = sql_files_add(found, proposal, layout.down_suffix, composed);
    if (error == ERROR_NONE)
        error = sql_files_append_down(proposal, down, problem);
    if (error != ERROR_NONE)
        composed_release(composed);
    return error;
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

/* The version, and " dirty" behind it where the flag is set. */
static char *current_query(const struct format_found *found)
{
    struct buffer sql = BUFFER_INIT;
    buffer_append_text(&sql, "SELECT CONCAT(version, IF(dirty, '" DIRTY "', '')) FROM ");
    stamp_append_name(&sql, table_of(found));
    return buffer_detach(&sql);
}

static enum error locate(const struct chain *chain, const char *const *rows, size_t count,
                         struct position *position, struct problem *problem)
{
    *position = POSITION_INIT;
    if (count > 1)
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "The version table holds %zu rows; golang-migrate's has one. It belongs "
                           "to another tool, or was edited.",
                           count);
    position->applied = memory_new(chain->count, sizeof *position->applied);
    if (count == 1) {
        const char *mark = strstr(rows[0], DIRTY);
        size_t len = mark == NULL ? strlen(rows[0]) : (size_t)(mark - rows[0]);
        char *version = memory_copy_slice(slice_make(rows[0], len));
        bool known = false;
        for (size_t i = 0; i < chain->count; i++) {
            bool later = sql_files_version_less(version, chain->migrations[i].version);
            position->applied[i] = !later;
            known =
                known || (!later && !sql_files_version_less(chain->migrations[i].version, version));
        }
        position->unknown = known ? NULL : memory_copy_text(version);
        position->dirty = mark == NULL ? NULL : memory_copy_text(version);
        free(version);
    }
    position_count(chain, position);
    return ERROR_NONE;
}

/* Move the one row; a dirty one stays where it is. */
static void stamp_move(const struct format_found *found, const char *from, const char *to,
                       struct stamp *stamp)
{
    struct buffer sql = BUFFER_INIT;
    buffer_append_text(&sql, "UPDATE ");
    stamp_append_name(&sql, table_of(found));
    buffer_printf(&sql, " SET version = %s WHERE version = %s AND NOT dirty", to, from);
    stamp_add(stamp, buffer_detach(&sql), 1);
}

static void stamp(const struct format_found *found, const char *version, const char *parent,
                  struct stamp *statements)
{
    struct buffer create = BUFFER_INIT, insert = BUFFER_INIT;
    if (parent != NULL) {
        stamp_move(found, parent, version, statements);
        return;
    }
    buffer_append_text(&create, "CREATE TABLE IF NOT EXISTS ");
    stamp_append_name(&create, table_of(found));
    buffer_append_text(&create, " (version bigint not null primary key, dirty boolean not null)");
    stamp_add(statements, buffer_detach(&create), STAMP_ANY_ROWS);

    buffer_append_text(&insert, "INSERT INTO ");
    stamp_append_name(&insert, table_of(found));
    buffer_printf(&insert, " (version, dirty) SELECT %s, 0 FROM DUAL WHERE NOT EXISTS ", version);
    buffer_append_text(&insert, "(SELECT 1 FROM ");
    stamp_append_name(&insert, table_of(found));
    buffer_append_char(&insert, ')');
    stamp_add(statements, buffer_detach(&insert), 1);
}

static void unstamp(const struct format_found *found, const char *version, const char *parent,
                    struct stamp *statements)
{
    struct buffer sql = BUFFER_INIT;
    if (parent != NULL) {
        stamp_move(found, version, parent, statements);
        return;
    }
    buffer_append_text(&sql, "DELETE FROM ");
    stamp_append_name(&sql, table_of(found));
    buffer_printf(&sql, " WHERE version = %s AND NOT dirty", version);
    stamp_add(statements, buffer_detach(&sql), 1);
}

const struct format format_golang_migrate = {
    .name = "golang-migrate",
    .title = "golang-migrate",
    .detect = detect,
    .read = read_chain,
    .compose = compose,
    .version_table = version_table,
    .current_query = current_query,
    .locate = locate,
    .stamp = stamp,
    .unstamp = unstamp,
};
