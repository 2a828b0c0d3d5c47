/* stamping: the version table of the development database: where it is, and moving it there or back.
 *
 *     format->stamp(...)      statements        commitment, retraction note them in the journal
 *     stamping_move           run, in one transaction, unless they have been
 */
#ifndef DDLTAP_COMMAND_STAMPING_H
#define DDLTAP_COMMAND_STAMPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "command/project.h"
#include "ddltap/error.h"
#include "format/stamp.h"
#include "format/texts.h"

/* Owned. */
struct stamping {
    struct texts statements; /* none: nothing is stamped */
    int64_t *rows;           /* how many each must change; STAMP_ANY_ROWS: not asked */
    char *current_query;     /* reads the version table; "" */
    char *version;           /* that comes or goes */
    char *parent;            /* of it; "": it is the first */
};

/* Copies all. stamp NULL: nothing is stamped. parent NULL: it is the first. */
void stamping_fill(struct stamping *stamping, const struct stamp *stamp, const char *current_query,
                   const char *version, const char *parent);
void stamping_release(struct stamping *stamping);

/* As fields of a note, and back. */
must_check bool stamping_write(const struct stamping *stamping, json_t *note);
void stamping_read(struct stamping *stamping, const json_t *note);

/* The rows of the version table of the connection's database; none where there is no such table. */
must_check enum error stamping_rows(const struct connection *connection, const char *current_query,
                                    struct texts *rows, struct problem *problem);

/* What a person is told where the server refuses: "<situation>, but the development database could not be marked:
 * <why>. <outlook>" */
struct stamping_words {
    const char *situation;
    const char *outlook;
};

/* Have the version there (present), or not; done where it is so already: a kill may have come behind it. On an error
 * nothing was changed, but where the connection was lost: then ask again. */
must_check enum error stamping_move(const struct project *project, const struct stamping *stamping,
                                    bool present, const struct stamping_words *words,
                                    struct problem *problem);

#endif
