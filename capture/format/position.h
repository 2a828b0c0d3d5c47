/* position: where a database stands among the migrations of the files.
 *
 *     files       11aa <- 22bb <- 33cc
 *     database    22bb                        applied: 11aa, 22bb; pending: 33cc
 */
#ifndef DDLTAP_FORMAT_POSITION_H
#define DDLTAP_FORMAT_POSITION_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/error.h"
#include "format/chain.h"

struct position {
    bool *applied;  /* one for each migration of the chain; owned */
    size_t pending; /* how many of them are not */
    char *unknown;  /* a version of the database that is in no file, or NULL; owned */
    char *dirty;    /* a version whose migration broke off (golang-migrate), or NULL; owned */
};

#define POSITION_INIT ((struct position){NULL, 0, NULL, NULL})

void position_release(struct position *position);

/* Count pending from applied. */
void position_count(const struct chain *chain, struct position *position);

/* May a migration that follows `parent` (NULL: the first) be stamped there? ERROR_CONFIG: no; the
 * problem says where the database is and what to do. */
must_check enum error position_check(const struct position *position, const struct chain *chain,
                                     const struct migration *parent, struct problem *problem);

#endif
