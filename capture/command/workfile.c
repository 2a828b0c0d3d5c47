/* workfile: see workfile.h. */
#include "command/workfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddltap/memory.h"
#include "draft/draft.h"

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

/* The folder of a path; *name: what is behind it. Caller frees. */
static char *split(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    assert(slash != NULL);
    *name = slash + 1;
    return memory_copy_slice(slice_make(path, (size_t)(slash - path)));
}

enum error workfile_write(const char *path, struct slice content, bool *made,
                          struct problem *problem)
{
    const char *name;
    char *folder = split(path, &name);
    make_folders(path);
    enum error error = draft_store_new(folder, name, content, made, problem);
    if (error == ERROR_NONE && !*made) {
        errno = EEXIST;
        error = file_problem(path, "written", problem);
    }
    free(folder);
    return error;
}

void workfile_remove_leftovers(const char *path)
{
    const char *name;
    char *folder = split(path, &name);
    draft_remove_leftovers(folder, name, 0);
    free(folder);
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
    bool ours = read ? hash != NULL && strcmp(hash, found) == 0 : access(path, F_OK) != 0;
    buffer_release(&content);
    return ours;
}
