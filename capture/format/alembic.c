/* alembic: Alembic, alone or under Flask-Migrate.
 *
 *     migrations/alembic.ini       Flask-Migrate; the folder itself is the script location
 *     alembic.ini                  Alembic: [alembic] script_location = alembic
 *
 * A script location has env.py; its migrations are in versions/. */
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "ddltap/slice.h"
#include "format/files.h"
#include "format/format.h"

static struct slice trim(struct slice text)
{
    while (text.len > 0 && strchr(" \t\r", text.ptr[0]) != NULL)
        text = slice_from_offset(text, 1);
    while (text.len > 0 && strchr(" \t\r/", text.ptr[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* The value of script_location, below the folder of the file; NULL when there is none. */
static char *script_location(struct slice text)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct slice line = slice_make(text.ptr, end == NULL ? text.len : (size_t)(end - text.ptr));
        text = slice_from_offset(text, line.len + (end != NULL));
        const char *equals = memchr(line.ptr, '=', line.len);
        if (equals == NULL || !slice_equal(trim(slice_make(line.ptr, (size_t)(equals - line.ptr))),
                                           SLICE("script_location")))
            continue;
        struct slice value = trim(slice_from_offset(line, (size_t)(equals - line.ptr) + 1));
        if (slice_starts_with(value, SLICE("%(here)s/")))
            value = slice_from_offset(value, SLICE("%(here)s/").len);
        if (slice_starts_with(value, SLICE("./")))
            value = slice_from_offset(value, 2);
        return value.len == 0 ? NULL : memory_copy_slice(value);
    }
    return NULL;
}

static bool is_script_location(const char *root, const char *location, char **directory)
{
    struct buffer env = BUFFER_INIT, versions = BUFFER_INIT;
    buffer_printf(&env, "%s/env.py", location);
    bool there = files_is_file(root, buffer_text(&env));
    buffer_release(&env);
    if (!there)
        return false;
    buffer_printf(&versions, "%s/versions", location);
    *directory = buffer_detach(&versions);
    return true;
}

static bool detect(const char *root, char **directory, char **evidence)
{
    static const char flask[] = "migrations/alembic.ini", plain[] = "alembic.ini";
    if (files_is_file(root, flask) && is_script_location(root, "migrations", directory)) {
        *evidence = memory_copy_text(flask);
        return true;
    }
    struct buffer text = BUFFER_INIT;
    char *location = files_read(root, plain, &text) ? script_location(buffer_slice(&text)) : NULL;
    bool found = location != NULL && is_script_location(root, location, directory);
    if (found)
        *evidence = memory_copy_text(plain);
    free(location);
    buffer_release(&text);
    return found;
}

const struct format format_alembic = {
    .name = "alembic",
    .title = "Alembic",
    .detect = detect,
};
