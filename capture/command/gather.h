/* gather: what a commit of drafts comes to: statements up and down.
 *
 *     #1 #2 #3      captured                 their net change
 *     #4            INSERT by hand: a barrier, kept as its file says it
 *     #5 #6         captured                 their net change
 *
 *     up  = net(1..3), #4 up, net(5..6)      down = the same from the end
 *
 * A draft whose file was edited is kept as it is too: what a person wrote there counts.
 */
#ifndef DDLTAP_COMMAND_GATHER_H
#define DDLTAP_COMMAND_GATHER_H

#include <stdbool.h>

#include "command/drafts.h"
#include "command/netting.h"
#include "command/proof.h"
#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "format/texts.h"

struct gather {
    struct netting whole;   /* of all drafts: objects before and after */
    struct buffer up, down; /* statements, each with ";\n" */
    char *no_way_back;      /* a sentence; NULL: down is it */
    struct texts remarks;   /* sentences: what data down does not bring back */
    struct buffer goes;     /* a sentence a line: what data goes with up */
};

/* proof NULL: nothing is replayed, and the server's words are used. verbatim: every draft as its file says.
 * ERROR_UNSUPPORTED: no way is known, or the replay does not prove it; problem says why. Release it also on an
 * error. */
must_check enum error gather_make(struct gather *gather, const struct project *project,
                                  struct journal *journal, const struct drafts *drafts,
                                  struct proof *proof, bool verbatim, struct problem *problem);
void gather_release(struct gather *gather);

#endif
