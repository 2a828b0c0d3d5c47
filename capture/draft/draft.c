/* draft: draft files: composed, stored, read back.
 *
 *     folder/.name.<unique>.tmp   written, fsync
 *         | link                   fails when folder/name is there: then that one stays
 *     folder/name                  whole from the first instant
 */
#include "draft/draft.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ddltap/memory.h"
#include "sql/lexer.h"
#include "sql/section.h"

#define FIRST_LINE "-- ddltap draft 1"

static void append_time(int64_t microseconds, const char *dash, const char *colon,
                        struct buffer *out)
{
    time_t seconds = (time_t)(microseconds / 1000000);
    struct tm fields;
    (void)gmtime_r(&seconds, &fields);
    buffer_printf(out, "%04d%s%02d%s%02dT%02d%s%02d%s%02dZ", fields.tm_year + 1900, dash,
                  fields.tm_mon + 1, dash, fields.tm_mday, fields.tm_hour, colon, fields.tm_min,
                  colon, fields.tm_sec);
}

char *draft_file_name(int64_t captured_at, int64_t id, const char *slug)
{
    struct buffer name = BUFFER_INIT;
    append_time(captured_at, "", "", &name);
    buffer_printf(&name, "_%04" PRId64 "_", id);
    for (const char *c = slug; *c != '\0' && c - slug < 60; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_';
        buffer_append_char(&name, plain ? *c : '_');
    }
    buffer_append_text(&name, *slug == '\0' ? "change.sql" : ".sql");
    return buffer_detach(&name);
}

bool draft_is_file_name(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".sql") == 0;
}

static void append_header_field(const char *text, struct buffer *out)
{
    buffer_append_text(out, "  ");
    section_append_field(text == NULL || *text == '\0' ? SLICE("unknown") : slice_from(text), out);
}

void draft_write_text(const struct draft_content *content, struct buffer *out)
{
    buffer_append_text(out, FIRST_LINE "\n-- captured: ");
    append_time(content->captured_at, "-", ":", out);
    append_header_field(content->tool, out);
    append_header_field(content->account, out);
    append_header_field(content->database, out);
    append_header_field(content->server, out);
    buffer_append_char(out, '\n');
    section_append_comment(content->notes, out);
    buffer_append_text(out, "-- migrate:up\n");
    buffer_append_slice(out, content->up);
    buffer_append_text(out, "-- migrate:down\n");
    if (slice_is_none(content->down) && content->down_remarks.len == 0)
        buffer_append_text(out, "-- no way back is known\n");
    section_append_comment(content->down_remarks, out);
    buffer_append_slice(out, content->down);
}

static unsigned line_number(struct slice text, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < offset; i++)
        line += text.ptr[i] == '\n';
    return line;
}

static bool first_line_is_ours(struct slice text)
{
    if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
        text = slice_from_offset(text, 3);
    if (!slice_starts_with(text, SLICE(FIRST_LINE)))
        return false;
    struct slice rest = slice_from_offset(text, strlen(FIRST_LINE));
    return rest.len == 0 || rest.ptr[0] == '\n' || rest.ptr[0] == '\r';
}

enum error draft_read_text(struct slice text, struct draft_file *file, struct problem *problem)
{
    struct section_mark up, down, third;
    *file = (struct draft_file){SLICE_NONE, SLICE_NONE, SLICE_NONE, false};
    if (!first_line_is_ours(text))
        return problem_set(problem, ERROR_MALFORMED, "the first line is not \"" FIRST_LINE "\"");
    if (!section_find_mark(text, 0, &up) || up.down)
        return problem_set(problem, ERROR_MALFORMED,
                           "there is no line \"-- migrate:up\" before the statements");
    if (!section_find_mark(text, up.end, &down))
        return problem_set(problem, ERROR_MALFORMED, "there is no line \"-- migrate:down\"");
    bool again = section_find_mark(text, down.end, &third);
    if (!down.down || again)
        return problem_set(problem, ERROR_MALFORMED,
                           "line %u reads as a second section mark: put a blank before it if it "
                           "is a comment",
                           line_number(text, down.down ? third.start : down.start));
    file->header = slice_make(text.ptr, up.start);
    file->up = slice_make(text.ptr + up.end, down.start - up.end);
    file->down = slice_from_offset(text, down.end);
    file->down_known = section_has_statement(file->down);
    return ERROR_NONE;
}

static bool same_text(struct slice a, struct slice b, const struct dialect *dialect)
{
    struct lexer left, right;
    struct token one, other;
    lexer_init(&left, a, dialect);
    lexer_init(&right, b, dialect);
    do {
        while (lexer_next_raw(&left, &one) && one.kind == TOKEN_COMMENT)
            continue;
        while (lexer_next_raw(&right, &other) && other.kind == TOKEN_COMMENT)
            continue;
        if (one.kind != other.kind || !slice_equal(one.text, other.text))
            return false;
    } while (one.kind != TOKEN_END);
    return true;
}

bool draft_same_statements(const struct draft_file *a, const struct draft_file *b,
                           const struct dialect *dialect)
{
    return same_text(a->up, b->up, dialect) && same_text(a->down, b->down, dialect);
}

struct slice draft_captured_field(struct slice header, unsigned field)
{
    static const char mark[] = "-- captured: ";
    const char *line = header.len == 0 ? NULL : memmem(header.ptr, header.len, mark, strlen(mark));
    if (line == NULL)
        return SLICE("");
    struct slice rest = slice_from_offset(header, (size_t)(line - header.ptr) + strlen(mark));
    const char *end = memchr(rest.ptr, '\n', rest.len);
    rest.len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
    for (;; field--) {
        const char *gap = rest.len == 0 ? NULL : memmem(rest.ptr, rest.len, "  ", 2);
        size_t len = gap == NULL ? rest.len : (size_t)(gap - rest.ptr);
        if (field == 0)
            return slice_make(rest.ptr, len);
        rest = slice_from_offset(rest, gap == NULL ? len : len + 2);
    }
}

static enum error file_problem(const char *attempt, const char *path, struct problem *problem)
{
    return problem_set(problem, ERROR_FILE, "could not %s %s: %s", attempt, path, strerror(errno));
}

static bool write_all(int file, struct slice text)
{
    while (text.len > 0) {
        ssize_t written = write(file, text.ptr, text.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text = slice_from_offset(text, (size_t)written);
    }
    return true;
}

static enum error write_file(const char *path, struct slice text, struct problem *problem)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return file_problem("create", path, problem);
    bool written = write_all(file, text) && fsync(file) == 0;
    enum error error = written ? ERROR_NONE : file_problem("write", path, problem);
    if (close(file) != 0 && error == ERROR_NONE)
        error = file_problem("write", path, problem);
    return error;
}

/* Give the file its name unless that is taken. File systems without hard links (FAT, some network
 * mounts) can at least rename without replacing. */
static enum error put_in_place(const char *temporary, const char *path, bool *made,
                               struct problem *problem)
{
    int failed = link(temporary, path);
    if (failed != 0 && (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS))
        failed = renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE);
    *made = failed == 0;
    return failed == 0 || errno == EEXIST ? ERROR_NONE : file_problem("create", path, problem);
}

/* Unique among all who may write here now, and unlike what a killed one left behind. */
static void temporary_path(const char *folder, const char *name, struct buffer *out)
{
    static atomic_uint counter;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    buffer_printf(out, "%s/.%s.%ld.%lld%09ld.%u.tmp", folder, name, (long)getpid(),
                  (long long)now.tv_sec, now.tv_nsec, atomic_fetch_add(&counter, 1));
}

enum error draft_sync_folder(const char *folder, struct problem *problem)
{
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return file_problem("open", folder, problem);
    /* Some file systems cannot sync a folder and say EINVAL; there is nothing more to do there. */
    bool synced = fsync(file) == 0 || errno == EINVAL;
    enum error error = synced ? ERROR_NONE : file_problem("write", folder, problem);
    (void)close(file);
    return error;
}

/* A link may lead to a pipe or a terminal, at which a program would wait; what they give is no draft. */
static FILE *open_to_read(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool fits = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    FILE *stream = fits ? fdopen(file, "r") : NULL;
    if (stream == NULL && file >= 0)
        (void)close(file);
    return stream;
}

char *draft_load(const char *folder, const char *name)
{
    struct buffer path = BUFFER_INIT, text = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", folder, name);
    FILE *stream = open_to_read(buffer_text(&path));
    buffer_release(&path);
    if (stream == NULL)
        return NULL;
    char block[8192];
    size_t len;
    buffer_init(&text, DRAFT_LIMIT);
    while (!text.failed && (len = fread(block, 1, sizeof block, stream)) > 0)
        buffer_append(&text, block, len);
    fclose(stream);
    return text.len == 0 ? memory_copy_text("") : buffer_detach(&text);
}

bool draft_exists(const char *folder, const char *name)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", folder, name);
    bool there = faccessat(AT_FDCWD, buffer_text(&path), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    buffer_release(&path);
    return there;
}

/* One that is not there yet is made by the first draft. */
enum error draft_check_folder(const char *folder, struct problem *problem)
{
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 || errno == ENOENT)
        return ERROR_NONE;
    return problem_set(problem, ERROR_FILE,
                       "Drafts can neither be written to %s nor taken away there: %s. Nothing was "
                       "done.",
                       folder, strerror(errno));
}

enum error draft_replace(const char *folder, const char *name, struct slice text,
                         struct problem *problem)
{
    struct buffer path = BUFFER_INIT, temporary = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", folder, name);
    temporary_path(folder, name, &temporary);
    enum error error = write_file(buffer_text(&temporary), text, problem);
    if (error == ERROR_NONE && rename(buffer_text(&temporary), buffer_text(&path)) != 0)
        error = file_problem("replace", buffer_text(&path), problem);
    if (error != ERROR_NONE)
        (void)unlink(buffer_text(&temporary));
    if (error == ERROR_NONE)
        error = draft_sync_folder(folder, problem);
    buffer_release(&path);
    buffer_release(&temporary);
    return error;
}

enum error draft_remove(const char *folder, const char *name, struct problem *problem)
{
    struct buffer path = BUFFER_INIT;
    enum error error = ERROR_NONE;
    buffer_printf(&path, "%s/%s", folder, name);
    if (unlink(buffer_text(&path)) != 0 && errno != ENOENT)
        error = file_problem("remove", buffer_text(&path), problem);
    buffer_release(&path);
    return error;
}

/* ".name.<pid>.<time>.<count>.tmp" */
static bool is_temporary(const char *entry, const char *name)
{
    size_t len = strlen(entry), name_len = name == NULL ? 0 : strlen(name);
    bool of_name = name == NULL || (len > name_len + 1 && entry[name_len + 1] == '.' &&
                                    strncmp(entry + 1, name, name_len) == 0);
    return entry[0] == '.' && of_name && len > 4 && strcmp(entry + len - 4, ".tmp") == 0;
}

void draft_remove_leftovers(const char *folder, const char *name, unsigned seconds)
{
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    time_t now = time(NULL);
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        struct stat status;
        if (is_temporary(entry->d_name, name) &&
            fstatat(dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            now - status.st_mtime >= (time_t)seconds)
            (void)unlinkat(dirfd(stream), entry->d_name, 0);
    }
    if (stream != NULL)
        (void)closedir(stream);
}

enum error draft_store(const char *folder, const char *name, struct slice text,
                       struct problem *problem)
{
    bool made;
    return draft_store_new(folder, name, text, &made, problem);
}

enum error draft_store_new(const char *folder, const char *name, struct slice text, bool *made,
                           struct problem *problem)
{
    assert(strchr(name, '/') == NULL);
    *made = false;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return file_problem("create the folder", folder, problem);
    struct buffer path = BUFFER_INIT, temporary = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", folder, name);
    temporary_path(folder, name, &temporary);
    enum error error = ERROR_NONE;
    if (access(buffer_text(&path), F_OK) != 0) {
        error = write_file(buffer_text(&temporary), text, problem);
        if (error == ERROR_NONE)
            error = put_in_place(buffer_text(&temporary), buffer_text(&path), made, problem);
        (void)unlink(buffer_text(&temporary));
    }
    buffer_release(&path);
    buffer_release(&temporary);
    return error;
}
