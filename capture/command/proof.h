/* proof: drafts replayed in a scratch database.
 *
 *     baseline --load--> scratch --up of each draft--> is it development's schema?
 *                        scratch <--down, in reverse-- is it the baseline again?
 *
 * A draft is proven where it stands: up, down, up, with the objects that it names read in between. One that
 * names nothing which an earlier draft changes is also proven alone, on the baseline.
 */
#ifndef DDLTAP_COMMAND_PROOF_H
#define DDLTAP_COMMAND_PROOF_H

#include <stdbool.h>

#include "command/drafts.h"
#include "command/project.h"
#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "schema/likeness.h"
#include "server/scratch.h"

enum proof_verdict {
    PROOF_NOT_TRIED, /* a draft before it did not run */
    PROOF_PROVEN,
    PROOF_NO_WAY_BACK, /* up runs; the file has no down */
    PROOF_UP_FAILS,
    PROOF_DOWN_FAILS,
    PROOF_DOWN_DIFFERS, /* down runs, but the objects are not as they were */
};
const char *proof_verdict_text(enum proof_verdict verdict); /* "proven", "up fails", ... */

/* Of one draft. Texts are owned. */
struct proof_result {
    enum proof_verdict verdict;
    char *why;     /* a sentence; NULL where there is nothing to say */
    char *depends; /* labels of the drafts that it needs: "#1, #3"; NULL: it stands alone */
};

struct proof {
    const struct project *project;
    struct connection connection; /* of development */
    struct connection elsewhere;  /* of the scratch server, where it is another one */
    bool is_elsewhere;
    bool compares; /* the scratch server is of development's kind: their schemas can be compared */
    struct control_target target;
    struct control *control; /* development */
    struct scratch *scratch;
    struct likeness_options likeness;
    char *version_table;     /* see schema/version_table.h: not compared */
    struct catalog baseline; /* of the journal */
    struct catalog start;    /* as the scratch database holds it */
    struct catalog live;     /* development, read when the proof began */
    struct buffer notes;     /* a sentence a line: what is not proven, and why */
    void (*progress)(void *argument, size_t done, size_t total); /* may be NULL */
    void *argument;
};

struct proof_options {
    const char
        *on; /* URL of another scratch server; NULL: DDLTAP_SCRATCH_URL, else development's own */
    bool
        full; /* begin with what the project's own migrations give (replay.h), not the journal's baseline */
};

/* Connect, read both schemas, make the scratch database and load the baseline. options NULL: none of them.
 * ERROR_NOT_FOUND: the journal has no baseline. Close it also on an error. */
must_check enum error proof_open(const struct project *project, struct journal *journal,
                                 const struct proof_options *options, struct proof *proof,
                                 struct problem *problem);
void proof_close(struct proof *proof);

/* Prove drafts, one result for each; those that are not selected (by index) only run. The scratch database
 * holds the schema after all of them then, unless one does not run: *whole is false. */
must_check enum error proof_run(struct proof *proof, const struct drafts *drafts,
                                const bool *selected, struct proof_result *results, bool *whole,
                                struct problem *problem);

/* The settings under which sections of drafts run there. Nothing in it is owned. */
struct sql_facts proof_defaults(const struct proof *proof);

/* The objects that the draft's statements name, each once, by kind and name. */
void proof_add_names(const struct proof *proof, const struct draft *draft, struct catalog *names);
void proof_add_name(struct catalog *names, enum object_type type, const char *name);

/* The scratch database as it is after the drafts: the baseline and their ups. ERROR_UNSUPPORTED: one of them
 * does not run; problem says which and why. */
must_check enum error proof_reset(struct proof *proof, const struct drafts *drafts,
                                  struct problem *problem);

/* What differs between the scratch database and schema, a line each, appended to lines. The tool's version table is
 * no difference: a commit makes it, and no draft. */
must_check enum error proof_compare(struct proof *proof, const struct catalog *schema,
                                    struct buffer *lines, struct problem *problem);

/* The same of two readings of some objects. */
void proof_compare_catalogs(struct proof *proof, const struct catalog *now,
                            const struct catalog *wanted, struct buffer *lines);

/* All downs in reverse. *back: all of them ran; else *why (free it) is a sentence that names the draft. */
must_check enum error proof_run_back(struct proof *proof, const struct drafts *drafts, bool *back,
                                     char **why, struct problem *problem);

void proof_results_release(struct proof_result *results, size_t count);

#endif
