/* plain: no migration tool; SQL files in migrations/, in dbmate's format. Found everywhere, so it is
 * tried last. There is no version table: nobody would read it. */
#include "ddltap/memory.h"
#include "format/dbmate_file.h"
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
    .read = dbmate_file_read,
    .compose = dbmate_file_compose,
};
