/* plain: no migration tool; SQL files in migrations/. Found everywhere, so it is tried last. */
#include "ddltap/memory.h"
#include "format/format.h"

static bool detect(const char *root, char **directory, char **evidence)
{
    (void)root;
    *directory = memory_copy_text("migrations");
    *evidence = memory_copy_text("no migration tool was recognised");
    return true;
}

const struct format format_plain = {
    .name = "plain",
    .title = "plain SQL files",
    .detect = detect,
};
