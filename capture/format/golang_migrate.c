/* golang_migrate: golang-migrate, pairs of <version>_<name>.up.sql and <version>_<name>.down.sql.
 * The tool is told the folder on its command line; these are the ones that projects use. */
#include <stdlib.h>

#include "ddltap/memory.h"
#include "format/files.h"
#include "format/format.h"

static bool detect(const char *root, char **directory, char **evidence)
{
    static const char *const folders[] = {"migrations", "db/migrations", "db/migration"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char *name = files_find_pair(root, folders[i], ".up.sql", ".down.sql");
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

const struct format format_golang_migrate = {
    .name = "golang-migrate",
    .title = "golang-migrate",
    .detect = detect,
};
