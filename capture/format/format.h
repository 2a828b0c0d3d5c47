/* format: how the project keeps its migrations, found out from its files.
 *
 *     format_detect(root, name, directory, &found, problem)         which format, which folder
 *     format->read(&found, &chain, problem)                         the migrations that are there
 *     chain_head(&chain, wanted, &parent, problem)                  what a new one follows
 *     format->compose(&found, &chain, &proposal, &composed, problem)   the files of a new one
 *     ... the caller writes the files, then, on the development database:
 *     format->current_query(&found)                                 run it: one text a row
 *     format->locate(&chain, rows, count, &position, problem)       where that is in the chain
 *     format->stamp(&found, version, parent, &stamp)                statements that move it
 *
 * One file per format, each with one table of functions (struct format); format.c lists them in the
 * order in which they are tried. `plain` comes last and is found everywhere: SQL files by ddltap. A
 * format reads the files of the project and nothing else: it never talks to a server and never
 * writes. Every path is relative to the root of the project, except root itself.
 */
#ifndef DDLTAP_FORMAT_FORMAT_H
#define DDLTAP_FORMAT_FORMAT_H

#include <stdbool.h>

#include "ddltap/error.h"
#include "format/chain.h"
#include "format/composed.h"
#include "format/models.h"
#include "format/position.h"
#include "format/proposal.h"
#include "format/stamp.h"

struct format_found {
    const struct format *format;
    char *root;          /* the project's folder; owned */
    char *directory;     /* of the migrations, below root; owned */
    char *evidence;      /* "migrations/alembic.ini"; owned */
    char *version_table; /* set by the caller where the configuration names it, else NULL; owned */
};

struct format {
    const char *name;  /* as [format] name says it: "alembic" */
    const char *title; /* for people: "Alembic" */

    /* Is it used in the project at root? Then *directory is the folder of the migrations, below
     * root (owned by the caller), and *evidence says by what it was recognised. */
    bool (*detect)(const char *root, char **directory, char **evidence);

    /* The migrations in the project's files; chain is CHAIN_INIT before, and released on an error.
     * ERROR_CONFIG: a file or setting of the tool makes no sense, or the migrations do not fit
     * together. ERROR_UNSUPPORTED: the tool is used in a way that cannot be read without running
     * it. ERROR_FILE: a file cannot be read. Each problem names the file and says what to do. */
    enum error (*read)(const struct format_found *found, struct chain *chain,
                       struct problem *problem);

    /* The file or files of one new migration. composed is COMPOSED_INIT before, and released
     * on an error. ERROR_UNSUPPORTED: a text cannot stand in a file of this format (NUL bytes, not
     * UTF-8, a line that the tool would take for its own in a place where it cannot be escaped).
     * ERROR_CONFIG: a setting of the tool makes no sense. */
    enum error (*compose)(const struct format_found *found, const struct chain *chain,
                          const struct proposal *proposal, struct composed *composed,
                          struct problem *problem);

    /* The name that the tool's version table has in this project, not quoted; caller frees. It belongs to the tool: it is
     * no part of the schema that ddltap compares. NULL: the format keeps none, and the functions below are NULL too. */
    char *(*version_table)(const struct format_found *found);

    /* SQL that reads the version table: one column, no or more rows. Error 1146 (no such table)
     * means no rows. Caller frees. */
    char *(*current_query)(const struct format_found *found);

    /* What these rows mean; position is released by the caller. ERROR_UNSUPPORTED: they make no
     * sense; the problem says what is wrong with the table. */
    enum error (*locate)(const struct chain *chain, const char *const *rows, size_t count,
                         struct position *position, struct problem *problem);

    /* Statements that make the tool take `version`, whose parent is given (NULL: it is the first),
     * for applied; and back. They check by themselves that the database stands where it should. */
    void (*stamp)(const struct format_found *found, const char *version, const char *parent,
                  struct stamp *stamp);
    void (*unstamp)(const struct format_found *found, const char *version, const char *parent,
                    struct stamp *stamp);
    /* The same as stamp where other rows stay without it (its parent is applied by another migration that follows it
     * too; it is one root of several): a row beside those that are there. unstamp without a parent takes it away.
     * NULL: the version table has no rows of several branches. */
    void (*stamp_beside)(const struct format_found *found, const char *version,
                         struct stamp *stamp);

    /* What the database of the project's configuration has that its models have not, told by the
     * project's own Python; python: [format] python, "" where not set. models is MODELS_INIT before,
     * and released on an error. ERROR_UNSUPPORTED: it could not be told; the problem says why in one
     * sentence. NULL: the format has no models. */
    enum error (*compare_models)(const struct format_found *found, const char *python,
                                 struct models *models, struct problem *problem);
};

extern const struct format format_alembic;
extern const struct format format_dbmate;
extern const struct format format_golang_migrate;
extern const struct format format_plain;

/* name and directory are [format] name and directory, "" where not set; what they say is not looked
 * for. ERROR_CONFIG: there is no such format, or no such directory. */
must_check enum error format_detect(const char *root, const char *name, const char *directory,
                                    struct format_found *found, struct problem *problem);
void format_found_release(struct format_found *found);

#endif
