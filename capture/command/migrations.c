/* migrations: see migrations.h. */
#include "command/migrations.h"

#include "ddltap/memory.h"

/* Which format, and where. Errors as format_detect; then nothing is to be released. */
static enum error find(const struct project *project, struct format_found *found,
                       struct problem *problem)
{
    const struct settings *settings = &project->settings;
    enum error error =
        format_detect(project->root, settings->format, settings->directory, found, problem);
    if (error == ERROR_NONE && *settings->version_table != '\0')
        found->version_table = memory_copy_text(settings->version_table);
    return error;
}

char *migrations_version_table(const struct project *project)
{
    struct format_found found;
    char *table = NULL;
    if (find(project, &found, NULL) != ERROR_NONE)
        return NULL;
    if (found.format->version_table != NULL)
        table = found.format->version_table(&found);
    format_found_release(&found);
    return table;
}

enum error migrations_read(const struct project *project, struct format_found *found,
                           struct chain *chain, struct problem *problem)
{
    enum error error = find(project, found, problem);
    return error == ERROR_NONE ? found->format->read(found, chain, problem) : error;
}
