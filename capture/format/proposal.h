/* proposal: a migration to be written. */
#ifndef DDLTAP_FORMAT_PROPOSAL_H
#define DDLTAP_FORMAT_PROPOSAL_H

#include <stddef.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "format/chain.h"
#include "sql/dialect.h"

/* All texts are UTF-8 and belong to the caller. */
struct proposal {
    const char *message;            /* what it is called; may have several lines */
    int64_t time;                   /* microseconds UTC */
    const struct migration *parent; /* what it follows; NULL: it is the first */
    const struct slice *up;         /* statements, each one without its ';' */
    size_t up_count;
    const struct slice *down;
    size_t down_count;
    /* Why there is no way back: a sentence; going back then fails with it. NULL: down is it. */
    const char *no_way_back;
    const char *const *remarks; /* sentences on what does not come back; stand above the way back */
    size_t remark_count;
    const struct dialect *dialect; /* by which the statements are to be read */
    uint64_t random;               /* what a version is made of where it is not the time */
};

/* ERROR_UNSUPPORTED, with a sentence, where a text of the proposal is not UTF-8 or holds a NUL byte,
 * or where it has no statement to go forward. */
must_check enum error proposal_check(const struct proposal *proposal, struct problem *problem);

#endif
