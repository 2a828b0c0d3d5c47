/* position: see position.h. */
#include "format/position.h"

#include <stdlib.h>

#include "ddltap/memory.h"

void position_release(struct position *position)
{
    free(position->applied);
    free(position->unknown);
    free(position->dirty);
    *position = POSITION_INIT;
}

void position_count(const struct chain *chain, struct position *position)
{
    position->pending = 0;
    for (size_t i = 0; i < chain->count; i++)
        position->pending += !position->applied[i];
}

/* The first one that is in the history of parent and not applied; NULL: all are. */
static const struct migration *first_missing(const struct position *position,
                                             const struct chain *chain,
                                             const struct migration *parent)
{
    const struct migration *missing = NULL;
    bool *history = memory_new(chain->count, sizeof *history);
    if (parent != NULL)
        chain_mark_history(chain, parent->version, history);
    for (size_t i = 0; i < chain->count && missing == NULL; i++) {
        if (history[i] && !position->applied[i])
            missing = &chain->migrations[i];
    }
    free(history);
    return missing;
}

enum error position_check(const struct position *position, const struct chain *chain,
                          const struct migration *parent, struct problem *problem)
{
    if (position->dirty != NULL)
        return problem_set(problem, ERROR_CONFIG,
                           "Migration %s broke off in the development database and is marked as "
                           "dirty. Bring the schema in order, then tell the tool (migrate force).",
                           position->dirty);
    if (position->unknown != NULL)
        return problem_set(problem, ERROR_CONFIG,
                           "The development database is at version %s, which is in no file of this "
                           "branch. Switch to the branch that has it, or move the database back.",
                           position->unknown);
    const struct migration *missing = first_missing(position, chain, parent);
    if (missing != NULL)
        return problem_set(problem, ERROR_CONFIG,
                           "The development database has not got migration %s (%s) yet, and %zu in "
                           "all. Upgrade it first.",
                           missing->version, missing->path, position->pending);
    return ERROR_NONE;
}
