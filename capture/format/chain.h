/* chain: the migrations that the files of a project hold, oldest first.
 *
 *     base <- 11aa <- 22bb <- 33cc      head: the migration that no other one follows
 *                        \- 44dd        two heads: two people went on from the same migration
 */
#ifndef DDLTAP_FORMAT_CHAIN_H
#define DDLTAP_FORMAT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/error.h"
#include "format/texts.h"

/* Texts are owned by the chain. */
struct migration {
    char *version;        /* "3f2a91c0b7de", "20261122101500" */
    char *title;          /* as its author named it; may be "" */
    char *path;           /* of its file, below root */
    char *down_path;      /* of the file of its way back, where that is another one; else NULL */
    struct texts parents; /* versions that come right before it; none: it is the first */
    struct texts dependencies; /* versions of other branches that must be applied (Alembic) */
    struct texts labels;       /* names of the branch that begins here (Alembic) */
};

struct chain {
    struct migration *migrations; /* parents stand before those that follow them */
    size_t count;
    char *merge_command; /* what joins several heads ("flask db merge heads"); NULL: not needed */
};

#define CHAIN_INIT ((struct chain){NULL, 0, NULL})

/* Append an empty migration; valid until the next one is added. */
struct migration *chain_add(struct chain *chain);
void chain_release(struct chain *chain);

/* The migration of that version; NULL: none. */
const struct migration *chain_find(const struct chain *chain, const char *version);

/* Bring the migrations in order. ERROR_CONFIG: two have the same version, a parent or dependency is
 * in no file, or they follow each other in a ring; the problem names the files. */
must_check enum error chain_sort(struct chain *chain, struct problem *problem);

/* Set marks[i] for the migration of that version and all that it follows, directly or not. marks has
 * one place for each migration; those already set stay so. */
void chain_mark_history(const struct chain *chain, const char *version, bool *marks);

/* Does no other migration follow it? */
bool chain_is_head(const struct chain *chain, const struct migration *migration);

/* The migration that a new one follows; *head is NULL where there are none yet. wanted: the version
 * of a head, the begin of one, or a label of its branch; NULL: the only head. ERROR_NOT_FOUND: no
 * head is called so. ERROR_USAGE: there are several heads; the problem names them and what joins
 * them. */
must_check enum error chain_head(const struct chain *chain, const char *wanted,
                                 const struct migration **head, struct problem *problem);

#endif
