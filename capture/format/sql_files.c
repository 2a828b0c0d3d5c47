/* sql_files: see sql_files.h. Versions are compared and counted as digits: no number is too long. */
#include "format/sql_files.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ddltap/memory.h"
#include "format/files.h"
#include "format/slug.h"
#include "sql/section.h"

#define SLUG_LENGTH 60

#define DIGITS "0123456789"

static bool ends_in(const char *name, const char *suffix)
{
    size_t len = strlen(name), suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* --- reading ------------------------------------------------------------------------------------
 */

bool sql_files_version_less(const char *a, const char *b)
{
    a += strspn(a, "0");
    b += strspn(b, "0");
    size_t a_len = strlen(a), b_len = strlen(b);
    return a_len != b_len ? a_len < b_len : strcmp(a, b) < 0;
}

/* What stands between version and suffix, with blanks for '_'. */
static char *title_of(const char *name, size_t version_len, const char *suffix)
{
    const char *start = name + version_len + (name[version_len] == '_');
    size_t len = strlen(start) - strlen(suffix);
    char *title = memory_copy_slice(slice_make(start, len));
    for (char *at = title; *at != '\0'; at++) {
        if (*at == '_')
            *at = ' ';
    }
    return title;
}

static void add_migration(const struct format_found *found, const struct sql_files_layout *layout,
                          const char *path, struct chain *chain)
{
    const char *name = name_of(path);
    size_t digits = strspn(name, DIGITS);
    if (digits == 0 || !ends_in(name, layout->suffix) ||
        strlen(name) < digits + strlen(layout->suffix))
        return;
    struct migration *migration = chain_add(chain);
    migration->version = memory_copy_slice(slice_make(name, digits));
    migration->title = title_of(name, digits, layout->suffix);
    migration->path = memory_copy_text(path);
    if (layout->down_suffix == NULL)
        return;
    struct buffer down = BUFFER_INIT;
    buffer_printf(&down, "%.*s%s", (int)(strlen(path) - strlen(layout->suffix)), path,
                  layout->down_suffix);
    if (files_is_file(found->root, buffer_text(&down)))
        migration->down_path = buffer_detach(&down);
    buffer_release(&down);
}

static int compare_versions(const void *a, const void *b)
{
    const struct migration *one = a, *other = b;
    if (sql_files_version_less(one->version, other->version))
        return -1;
    return sql_files_version_less(other->version, one->version);
}

enum error sql_files_read(const struct format_found *found, const struct sql_files_layout *layout,
                          struct chain *chain, struct problem *problem)
{
    struct texts paths = TEXTS_INIT;
    files_list(found->root, found->directory, false, &paths);
    for (size_t i = 0; i < paths.count; i++)
        add_migration(found, layout, paths.items[i], chain);
    texts_release(&paths);
    /* The list came in the order of the names. */
    if (!layout->by_name && chain->count > 0)
        qsort(chain->migrations, chain->count, sizeof *chain->migrations, compare_versions);
    for (size_t i = 1; i < chain->count; i++)
        texts_add(&chain->migrations[i].parents,
                  memory_copy_text(chain->migrations[i - 1].version));
    enum error error = chain_sort(chain, problem);
    if (error != ERROR_NONE)
        chain_release(chain);
    return error;
}

/* --- versions -----------------------------------------------------------------------------------
 */

/* The number after `version`, with as many digits at least. */
static char *next_number(const char *version)
{
    size_t len = strlen(version), at = len;
    struct buffer next = BUFFER_INIT;
    buffer_append_text(&next, version);
    while (at > 0 && next.ptr[at - 1] == '9')
        next.ptr[--at] = '0';
    if (at > 0) {
        next.ptr[at - 1]++;
        return buffer_detach(&next);
    }
    struct buffer longer = BUFFER_INIT;
    buffer_printf(&longer, "1%s", buffer_text(&next));
    buffer_release(&next);
    return buffer_detach(&longer);
}

static const char *greatest_version(const struct chain *chain)
{
    const char *greatest = NULL;
    for (size_t i = 0; i < chain->count; i++) {
        if (greatest == NULL || sql_files_version_less(greatest, chain->migrations[i].version))
            greatest = chain->migrations[i].version;
    }
    return greatest;
}

static char *version_of_time(int64_t time, bool epoch)
{
    struct tm utc;
    time_t seconds = (time_t)(time / 1000000);
    struct buffer version = BUFFER_INIT;
    gmtime_r(&seconds, &utc);
    if (epoch)
        buffer_printf(&version, "%" PRId64, (int64_t)seconds);
    else
        buffer_printf(&version, "%04d%02d%02d%02d%02d%02d", utc.tm_year + 1900, utc.tm_mon + 1,
                      utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    return buffer_detach(&version);
}

char *sql_files_new_version(const struct chain *chain, int64_t time)
{
    const char *last = greatest_version(chain);
    size_t digits = last == NULL ? 14 : strlen(last);
    if (last != NULL && digits < 10)
        return next_number(last);
    char *version = version_of_time(time, digits == 10);
    if (last == NULL || sql_files_version_less(last, version))
        return version;
    free(version);
    return next_number(last);
}

/* --- writing ------------------------------------------------------------------------------------
 */

struct buffer *sql_files_add(const struct format_found *found, const struct proposal *proposal,
                             const char *suffix, struct composed *composed)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s_", found->directory, composed->version);
    size_t before = path.len;
    slug_append(slice_from(proposal->message), SLUG_LENGTH, &path);
    if (path.len == before)
        buffer_append_text(&path, "migration");
    else if (path.ptr[path.len - 1] == '_')
        buffer_truncate(&path, path.len - 1);
    buffer_append_text(&path, suffix);
    return composed_add(composed, buffer_detach(&path));
}

void sql_files_append_heading(const struct proposal *proposal, struct buffer *out)
{
    section_append_comment(slice_from(proposal->message), out);
    if (proposal->up_count > 1)
        section_append_comment(SLICE("Each statement is final at once: if one fails, those before "
                                     "it stay done."),
                               out);
}

static enum error append_statements(const struct proposal *proposal, const struct slice *statements,
                                    size_t count, struct buffer *out, struct problem *problem)
{
    for (size_t i = 0; i < count; i++) {
        if (!section_append_statement(statements[i], proposal->dialect, out))
            return problem_set(problem, ERROR_UNSUPPORTED,
                               "A statement holds a line that reads as \"-- migrate:up\" or \"-- "
                               "migrate:down\" in a place where it cannot be written otherwise. "
                               "Change that line in the draft.");
    }
    /* An empty text is an error to MySQL. */
    if (count == 0)
        buffer_append_text(out, "DO 0;\n");
    return ERROR_NONE;
}

enum error sql_files_append_up(const struct proposal *proposal, struct buffer *out,
                               struct problem *problem)
{
    return append_statements(proposal, proposal->up, proposal->up_count, out, problem);
}

enum error sql_files_append_down(const struct proposal *proposal, struct buffer *out,
                                 struct problem *problem)
{
    for (size_t i = 0; i < proposal->remark_count; i++)
        section_append_comment(slice_from(proposal->remarks[i]), out);
    if (proposal->no_way_back == NULL)
        return append_statements(proposal, proposal->down, proposal->down_count, out, problem);
    section_append_comment(slice_from(proposal->no_way_back), out);
    buffer_append_text(out, "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = "
                            "'This migration has no way back; its file says why.';\n");
    return ERROR_NONE;
}
