/* dbmate: db/migrations/<version>_<name>.sql with "-- migrate:up" and "-- migrate:down". */
#include <stdlib.h>

#include "ddltap/memory.h"
#include "format/files.h"
#include "format/format.h"

#define FOLDER "db/migrations"

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

const struct format format_dbmate = {
    .name = "dbmate",
    .title = "dbmate",
    .detect = detect,
};
