/* format: how the project keeps its migrations, found out from its files.
 *
 * One file per format, each with one table of functions (struct format); format.c lists them in the
 * order in which they are tried. `plain` comes last and is found everywhere: SQL files by ddltap.
 */
#ifndef DDLTAP_FORMAT_FORMAT_H
#define DDLTAP_FORMAT_FORMAT_H

#include <stdbool.h>

#include "ddltap/error.h"

struct format {
    const char *name;  /* as [format] name says it: "alembic" */
    const char *title; /* for people: "Alembic" */
    /* Is it used in the project at root? Then *directory is the folder of the migrations, below
     * root (owned by the caller), and *evidence says by what it was recognised. */
    bool (*detect)(const char *root, char **directory, char **evidence);
};

extern const struct format format_alembic;
extern const struct format format_dbmate;
extern const struct format format_golang_migrate;
extern const struct format format_plain;

struct format_found {
    const struct format *format;
    char *directory; /* below root; owned */
    char *evidence;  /* "migrations/alembic.ini"; owned */
};

/* name and directory are [format] name and directory, "" where not set; what they say is not looked
 * for. ERROR_CONFIG: there is no such format, or no such directory. */
must_check enum error format_detect(const char *root, const char *name, const char *directory,
                                    struct format_found *found, struct problem *problem);
void format_found_release(struct format_found *found);

#endif
