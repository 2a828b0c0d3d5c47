/* chain: see chain.h. */
#include "format/chain.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"

struct migration *chain_add(struct chain *chain)
{
    chain->migrations =
        memory_resize(chain->migrations, chain->count + 1, sizeof *chain->migrations);
    chain->migrations[chain->count] = (struct migration){0};
    return &chain->migrations[chain->count++];
}

static void migration_release(struct migration *migration)
{
    free(migration->version);
    free(migration->title);
    free(migration->path);
    free(migration->down_path);
    texts_release(&migration->parents);
    texts_release(&migration->dependencies);
    texts_release(&migration->labels);
}

void chain_release(struct chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        migration_release(&chain->migrations[i]);
    free(chain->migrations);
    free(chain->merge_command);
    *chain = CHAIN_INIT;
}

/* The first `count` migrations only. */
static struct migration *find_among(const struct chain *chain, size_t count, const char *version)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(chain->migrations[i].version, version) == 0)
            return &chain->migrations[i];
    }
    return NULL;
}

const struct migration *chain_find(const struct chain *chain, const char *version)
{
    return find_among(chain, chain->count, version);
}

/* --- order --------------------------------------------------------------------------------------
 */

static enum error check_versions(const struct chain *chain, struct problem *problem)
{
    for (size_t i = 0; i < chain->count; i++) {
        const struct migration *twin = find_among(chain, i, chain->migrations[i].version);
        if (twin != NULL)
            return problem_set(problem, ERROR_CONFIG,
                               "%s and %s are both version %s. Give one of them another version, "
                               "or delete the file that is too much.",
                               twin->path, chain->migrations[i].path, twin->version);
    }
    return ERROR_NONE;
}

static enum error check_references(const struct chain *chain, const struct texts *versions,
                                   const char *path, struct problem *problem)
{
    for (size_t i = 0; i < versions->count; i++) {
        if (chain_find(chain, versions->items[i]) == NULL)
            return problem_set(problem, ERROR_CONFIG,
                               "%s follows version %s, which is in no file. Bring that file back "
                               "(git log --all -- '*%s*'), or correct the version.",
                               path, versions->items[i], versions->items[i]);
    }
    return ERROR_NONE;
}

/* A walk from followers to what they follow, each migration once. */
struct walk {
    const struct chain *chain;
    enum mark {
        MARK_NEW,
        MARK_ENTERED,
        MARK_LEFT
    } * marks;
    size_t *order; /* those left, in the order in which they were left: what is followed first */
    size_t count;
    const struct migration *ring; /* one that follows itself; NULL: none */
};

static void visit(struct walk *walk, const struct migration *migration);

static void visit_all(struct walk *walk, const struct texts *versions)
{
    for (size_t i = 0; i < versions->count; i++) {
        const struct migration *found = chain_find(walk->chain, versions->items[i]);
        if (found != NULL)
            visit(walk, found);
    }
}

static void visit(struct walk *walk, const struct migration *migration)
{
    size_t at = (size_t)(migration - walk->chain->migrations);
    if (walk->marks[at] == MARK_ENTERED)
        walk->ring = migration;
    if (walk->marks[at] != MARK_NEW)
        return;
    walk->marks[at] = MARK_ENTERED;
    visit_all(walk, &migration->parents);
    visit_all(walk, &migration->dependencies);
    walk->marks[at] = MARK_LEFT;
    walk->order[walk->count++] = at;
}

static struct walk walk_new(const struct chain *chain)
{
    return (struct walk){.chain = chain,
                         .marks = memory_new(chain->count, sizeof(enum mark)),
                         .order = memory_new(chain->count, sizeof(size_t))};
}

static void walk_release(struct walk *walk)
{
    free(walk->marks);
    free(walk->order);
}

static void put_in_order(struct chain *chain, const size_t *order)
{
    struct migration *sorted = memory_new(chain->count, sizeof *sorted);
    for (size_t i = 0; i < chain->count; i++)
        sorted[i] = chain->migrations[order[i]];
    free(chain->migrations);
    chain->migrations = sorted;
}

enum error chain_sort(struct chain *chain, struct problem *problem)
{
    enum error error = check_versions(chain, problem);
    for (size_t i = 0; error == ERROR_NONE && i < chain->count; i++) {
        const struct migration *migration = &chain->migrations[i];
        error = check_references(chain, &migration->parents, migration->path, problem);
        if (error == ERROR_NONE)
            error = check_references(chain, &migration->dependencies, migration->path, problem);
    }
    if (error != ERROR_NONE)
        return error;
    struct walk walk = walk_new(chain);
    for (size_t i = 0; i < chain->count; i++)
        visit(&walk, &chain->migrations[i]);
    if (walk.ring != NULL)
        error = problem_set(problem, ERROR_CONFIG,
                            "%s follows a migration that follows it in turn. Correct which one "
                            "comes first.",
                            walk.ring->path);
    else
        put_in_order(chain, walk.order);
    walk_release(&walk);
    return error;
}

void chain_mark_history(const struct chain *chain, const char *version, bool *marks)
{
    const struct migration *migration = chain_find(chain, version);
    struct walk walk = walk_new(chain);
    if (migration != NULL)
        visit(&walk, migration);
    for (size_t i = 0; i < walk.count; i++)
        marks[walk.order[i]] = true;
    walk_release(&walk);
}

/* --- heads --------------------------------------------------------------------------------------
 */

bool chain_is_head(const struct chain *chain, const struct migration *migration)
{
    for (size_t i = 0; i < chain->count; i++) {
        if (texts_have(&chain->migrations[i].parents, migration->version))
            return false;
    }
    return true;
}

/* Has the branch that ends in this migration the label? */
static bool has_label(const struct chain *chain, const struct migration *migration,
                      const char *label)
{
    bool *marks = memory_new(chain->count, sizeof *marks), has = false;
    chain_mark_history(chain, migration->version, marks);
    for (size_t i = 0; i < chain->count; i++)
        has = has || (marks[i] && texts_have(&chain->migrations[i].labels, label));
    free(marks);
    return has;
}

/* "label@head" is how Alembic writes the head of a branch. */
static bool is_called(const struct chain *chain, const struct migration *migration,
                      const char *wanted)
{
    const char *suffix = strstr(wanted, "@head");
    size_t len = suffix == NULL ? strlen(wanted) : (size_t)(suffix - wanted);
    char *name = memory_copy_slice(slice_make(wanted, len));
    bool is = len > 0 &&
              (strncmp(migration->version, name, len) == 0 || has_label(chain, migration, name));
    free(name);
    return is;
}

static enum error say_no_head(const struct chain *chain, size_t found, const char *wanted,
                              const struct buffer *heads, struct problem *problem)
{
    if (found == 0)
        return problem_set(problem, ERROR_NOT_FOUND,
                           "No head of the migrations is called \"%s\"; the heads are: %s.", wanted,
                           heads->len == 0 ? "none" : buffer_text(heads));
    return problem_set(problem, ERROR_USAGE,
                       "The migrations have several heads: %s. Join them (%s), or say which one "
                       "the new migration follows: --head VERSION.",
                       buffer_text(heads),
                       chain->merge_command == NULL ? "by a migration that follows all of them"
                                                    : chain->merge_command);
}

enum error chain_head(const struct chain *chain, const char *wanted, const struct migration **head,
                      struct problem *problem)
{
    struct buffer heads = BUFFER_INIT;
    size_t found = 0;
    *head = NULL;
    for (size_t i = 0; i < chain->count; i++) {
        const struct migration *migration = &chain->migrations[i];
        if (!chain_is_head(chain, migration))
            continue;
        buffer_printf(&heads, "%s%s (%s)", heads.len == 0 ? "" : ", ", migration->version,
                      migration->path);
        if (wanted != NULL && !is_called(chain, migration, wanted))
            continue;
        *head = migration;
        found++;
    }
    bool unclear = found > 1 || (found == 0 && wanted != NULL);
    enum error error = unclear ? say_no_head(chain, found, wanted, &heads, problem) : ERROR_NONE;
    if (unclear)
        *head = NULL;
    buffer_release(&heads);
    return error;
}
