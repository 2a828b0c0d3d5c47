/* linting: the rules of capture/lint on drafts, with what the journal, the server and a replay know.
 *
 *     linting_run(project, journal, &drafts, NULL, control, proof, &linting, problem)
 *     linting_open(&linting, RULE_ERROR)              how many findings stand in the way
 *
 *     journal    images of what was captured, and the renames
 *     control    asks the rows of the development database; NULL: they are not asked
 *     proof      replays: measures locks, and gives the images of drafts that were edited or are somebody
 *                else's; NULL: neither
 */
#ifndef DDLTAP_COMMAND_LINTING_H
#define DDLTAP_COMMAND_LINTING_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "command/drafts.h"
#include "command/project.h"
#include "command/proof.h"
#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "lint/findings.h"

/* Of one draft; label and title are the draft's. Texts are owned. */
struct linting_draft {
    int64_t id;
    char *name, *label, *title;
    struct findings findings;
    json_t *locking; /* array of {statement, algorithm}: what was measured */
};

struct linting {
    struct linting_draft *drafts; /* those that were selected */
    size_t count;
    struct buffer notes; /* a sentence a line: what was not looked at, and why */
};

/* All drafts, or those that are selected (by index; NULL: all); the others only run where there is a
 * proof. Drafts whose file is missing or unreadable are noted. ERROR_CONFIG: [lint] levels or target is wrong. Release it
 * also on an error. */
must_check enum error linting_run(const struct project *project, struct journal *journal,
                                  const struct drafts *drafts, const bool *selected,
                                  struct control *control, struct proof *proof,
                                  struct linting *linting, struct problem *problem);
void linting_release(struct linting *linting);

/* Findings of that level that no draft acknowledges. */
size_t linting_open(const struct linting *linting, enum rule_level level);

/* For people, and for --json. */
void linting_write(const struct linting *linting, struct buffer *out);
json_t *linting_json(const struct linting *linting);

#endif
