/* format: see format.h. */
#include "format/format.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "format/files.h"

/* In the order in which they are tried. */
static const struct format *const formats[] = {
    &format_alembic,
    &format_dbmate,
    &format_golang_migrate,
    &format_plain,
};

#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

static enum error find_named(const char *name, const struct format **format,
                             struct problem *problem)
{
    struct buffer known = BUFFER_INIT;
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(formats[i]->name, name) == 0)
            *format = formats[i];
        buffer_printf(&known, "%s%s", i == 0 ? "" : ", ", formats[i]->name);
    }
    if (*format == NULL)
        problem_set(problem, ERROR_CONFIG,
                    "[format] name says \"%s\"; the formats that ddltap knows are: %s.", name,
                    buffer_text(&known));
    buffer_release(&known);
    return *format == NULL ? ERROR_CONFIG : ERROR_NONE;
}

static void replace(char **field, const char *text)
{
    free(*field);
    *field = memory_copy_text(text);
}

enum error format_detect(const char *root, const char *name, const char *directory,
                         struct format_found *found, struct problem *problem)
{
    *found = (struct format_found){.root = memory_copy_text(root)};
    enum error error = *name == '\0' ? ERROR_NONE : find_named(name, &found->format, problem);
    if (error == ERROR_NONE && *directory != '\0' && !files_is_folder(root, directory))
        error = problem_set(problem, ERROR_CONFIG,
                            "[format] directory says \"%s\"; there is no such folder in %s.",
                            directory, root);
    if (error != ERROR_NONE) {
        format_found_release(found);
        return error;
    }
    bool known = found->format != NULL;
    for (size_t i = 0; i < FORMAT_COUNT && found->evidence == NULL; i++) {
        if (known && formats[i] != found->format)
            continue;
        if (formats[i]->detect(root, &found->directory, &found->evidence))
            found->format = formats[i];
    }
    if (known)
        replace(&found->evidence, "[format] name");
    if (*directory != '\0')
        replace(&found->directory, directory);
    if (found->directory == NULL) {
        problem_set(problem, ERROR_CONFIG,
                    "[format] name says \"%s\", but its files were not found in %s. Set [format] "
                    "directory.",
                    name, root);
        format_found_release(found);
        return ERROR_CONFIG;
    }
    return ERROR_NONE;
}

void format_found_release(struct format_found *found)
{
    free(found->root);
    free(found->directory);
    free(found->evidence);
    free(found->version_table);
    *found = (struct format_found){0};
}
