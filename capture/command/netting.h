/* netting: drafts put together: their changes from the journal, and the one migration they come to, proven.
 *
 *     #1 ADD nick       #2 CHANGE nick handle       #4 ADD INDEX (handle)
 *     netting_read      the changes of the drafts, in the order in which they were made
 *     netting_prove     up and down; what a person typed stands in up wherever the replay gives the same
 *
 * A draft that others were squashed into stands for all of their changes.
 */
#ifndef DDLTAP_COMMAND_NETTING_H
#define DDLTAP_COMMAND_NETTING_H

#include <stdbool.h>
#include <stdint.h>

#include "command/drafts.h"
#include "command/proof.h"
#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "journal/journal.h"
#include "schema/net.h"

struct netting {
    struct net *net;
    bool keep_definer;
    struct sql_facts defaults; /* owned; of the last change */
    bool mariadb;
    uint32_t version;
    char *database;
    size_t count; /* changes */
    /* After netting_find or netting_prove. Statements, each with ";\n". */
    struct buffer up, down;
    struct buffer up_remarks,
        down_remarks; /* a sentence a line: data that goes, that does not return */
};

void netting_init(struct netting *netting, bool keep_definer);
void netting_release(struct netting *netting);

void netting_add(struct netting *netting, const struct journal_change *change);
/* All changes of drafts, then net_finish. ERROR_UNSUPPORTED: a definition is not known, or was changed by
 * something else in between; problem says which. */
must_check enum error netting_read(struct netting *netting, struct journal *journal,
                                   const struct drafts *drafts, struct problem *problem);

/* The same of the draft with that number alone, which is one of drafts. */
must_check enum error netting_read_one(struct netting *netting, struct journal *journal,
                                       const struct drafts *drafts, int64_t id,
                                       struct problem *problem);

/* Valid while netting is. */
struct difference_options netting_options(const struct netting *netting);

/* Find both ways, in the server's words, without a proof. ERROR_UNSUPPORTED: there is none. */
must_check enum error netting_find(struct netting *netting, struct problem *problem);

/* Append the names of the objects that the scratch database has otherwise than they are after the changes. */
must_check enum error netting_compare(struct netting *netting, struct proof *proof,
                                      struct buffer *names, struct problem *problem);

/* Find both ways and replay them behind the drafts `before`. ERROR_UNSUPPORTED: there is no way that the replay
 * proves; problem says why. Nothing to be done (all came to nothing) is success with an empty up. */
must_check enum error netting_prove(struct netting *netting, struct proof *proof,
                                    const struct drafts *before, struct problem *problem);

#endif
