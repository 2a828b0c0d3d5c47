/* files: see files.h. */
#include "format/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ddltap/memory.h"
#include "ddltap/slice.h"

#define FILE_LIMIT ((size_t)1 << 20)

static char *join(const char *root, const char *path)
{
    struct buffer out = BUFFER_INIT;
    buffer_printf(&out, "%s/%s", root, path);
    return buffer_detach(&out);
}

static mode_t file_type(const char *root, const char *path)
{
    struct stat status;
    char *full = join(root, path);
    mode_t type = stat(full, &status) == 0 ? status.st_mode & S_IFMT : 0;
    free(full);
    return type;
}

bool files_is_file(const char *root, const char *path)
{
    return file_type(root, path) == S_IFREG;
}

bool files_is_folder(const char *root, const char *path)
{
    return file_type(root, path) == S_IFDIR;
}

bool files_read(const char *root, const char *path, struct buffer *out)
{
    char *full = join(root, path), block[4096];
    FILE *stream = files_is_file(root, path) ? fopen(full, "re") : NULL;
    free(full);
    if (stream == NULL)
        return false;
    size_t len;
    while (out->len < FILE_LIMIT && (len = fread(block, 1, sizeof block, stream)) > 0)
        buffer_append(out, block, len);
    bool good = ferror(stream) == 0;
    fclose(stream);
    return good;
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t len = strlen(name), suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

/* What find() looks for; true: this one. */
typedef bool fits(const char *root, const char *folder, const char *name, const char *suffix,
                  const char *argument);

static char *find(const char *root, const char *folder, const char *suffix, fits *fit,
                  const char *argument)
{
    struct dirent **entries;
    char *full = join(root, folder), *found = NULL;
    int count = scandir(full, &entries, NULL, alphasort);
    free(full);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (found == NULL && ends_in(name, suffix) && fit(root, folder, name, suffix, argument))
            found = memory_copy_text(name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return found;
}

static bool has_partner(const char *root, const char *folder, const char *name, const char *suffix,
                        const char *other)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%.*s%s", folder, (int)(strlen(name) - strlen(suffix)), name, other);
    bool there = files_is_file(root, buffer_text(&path));
    buffer_release(&path);
    return there;
}

static bool holds(const char *root, const char *folder, const char *name, const char *suffix,
                  const char *words)
{
    (void)suffix;
    struct buffer text = BUFFER_INIT;
    char *path = join(folder, name);
    bool there = files_read(root, path, &text) &&
                 memmem(buffer_text(&text), text.len, words, strlen(words)) != NULL;
    free(path);
    buffer_release(&text);
    return there;
}

char *files_find_pair(const char *root, const char *folder, const char *suffix, const char *other)
{
    return find(root, folder, suffix, has_partner, other);
}

char *files_find_with(const char *root, const char *folder, const char *suffix, const char *words)
{
    return find(root, folder, suffix, holds, words);
}

void files_list(const char *root, const char *folder, bool recursive, struct texts *paths)
{
    struct dirent **entries;
    char *full = join(root, folder);
    int count = scandir(full, &entries, NULL, alphasort);
    free(full);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        bool link = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        char *path = *folder == '\0' ? memory_copy_text(name) : join(folder, name);
        if (!link && recursive && files_is_folder(root, path))
            files_list(root, path, true, paths);
        if (!link && files_is_file(root, path))
            texts_add(paths, memory_copy_text(path));
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}
