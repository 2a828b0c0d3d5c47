/* workfile: see workfile.h. */
#include "command/workfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *workfile_path(const struct project *project, const char *relative)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", project->root, relative);
    return buffer_detach(&path);
}

/* Folders on the way to a file. */
static void make_folders(const char *path)
{
    struct buffer folder = BUFFER_INIT;
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        buffer_clear(&folder);
        buffer_append(&folder, path, (size_t)(slash - path));
        (void)mkdir(buffer_text(&folder), 0777); /* open says why when it matters */
    }
    buffer_release(&folder);
}

static enum error file_problem(const char *path, const char *what, struct problem *problem)
{
    return problem_set(problem, ERROR_FILE, "%s cannot be %s: %s.", path, what, strerror(errno));
}

enum error workfile_write(const char *path, struct slice content, bool *made,
                          struct problem *problem)
{
    make_folders(path);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    size_t done = 0;
    bool good = *made = file >= 0;
    while (good && done < content.len) {
        ssize_t written = write(file, content.ptr + done, content.len - done);
        good = written > 0 || (written < 0 && errno == EINTR);
        done += written > 0 ? (size_t)written : 0;
    }
    good = good && fsync(file) == 0;
    enum error error = good ? ERROR_NONE : file_problem(path, "written", problem);
    if (file >= 0)
        (void)close(file);
    return error;
}

bool workfile_read(const char *path, struct buffer *content)
{
    char block[8192];
    size_t len;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    FILE *stream = file < 0 ? NULL : fdopen(file, "r");
    if (stream == NULL)
        return false;
    while ((len = fread(block, 1, sizeof block, stream)) > 0)
        buffer_append(content, block, len);
    bool good = ferror(stream) == 0;
    (void)fclose(stream);
    return good;
}

enum error workfile_remove(const char *path, struct problem *problem)
{
    return unlink(path) == 0 || errno == ENOENT ? ERROR_NONE
                                                : file_problem(path, "removed", problem);
}

void workfile_hash(struct slice content, char hash[IMAGE_HASH_SIZE])
{
    image_hash(content.len == 0 ? SLICE("") : content, SLICE_NONE, hash);
}

bool workfile_is_ours(const char *path, const char *hash)
{
    struct buffer content = BUFFER_INIT;
    char found[IMAGE_HASH_SIZE];
    bool read = workfile_read(path, &content);
    workfile_hash(buffer_slice(&content), found);
    bool ours = read ? content.len == 0 || (hash != NULL && strcmp(hash, found) == 0)
                     : access(path, F_OK) != 0;
    buffer_release(&content);
    return ours;
}
