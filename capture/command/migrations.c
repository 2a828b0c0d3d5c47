/* migrations: see migrations.h. */
#include "command/migrations.h"

#include "ddltap/memory.h"

enum error migrations_find(const struct project *project, struct format_found *found,
                           struct problem *problem)
{
    const struct settings *settings = &project->settings;
    enum error error =
        format_detect(project->root, settings->format, settings->directory, found, problem);
    if (error == ERROR_NONE && *settings->version_table != '\0')
        found->version_table = memory_copy_text(settings->version_table);
    return error;
}

enum error migrations_read(const struct project *project, struct format_found *found,
                           struct chain *chain, struct problem *problem)
{
    enum error error = migrations_find(project, found, problem);
    return error == ERROR_NONE ? found->format->read(found, chain, problem) : error;
}
