/* checking: what is not committed: drafts, migrations that do not fit together, drift.
 *
 *     journal    pending drafts, whether their files are there or not          where there is one
 *     files      drafts in ddltap/drafts, and those that git tracks            always
 *     format     several heads, files that cannot be read                      always
 *     database   drift                                                         where it is reached, with a journal
 *
 * In continuous integration there is neither journal nor database: the repository alone tells.
 */
#ifndef DDLTAP_COMMAND_CHECKING_H
#define DDLTAP_COMMAND_CHECKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "command/project.h"
#include "ddltap/buffer.h"
#include "ddltap/error.h"

/* Texts are owned. */
struct checking_draft {
    int64_t id; /* 0: not in this journal */
    char *name; /* of the file; NULL: it is not written yet */
    char *title;
    bool present, tracked; /* in the work tree; by git */
};

struct checking {
    struct checking_draft *drafts;
    size_t count;
    struct buffer migrations; /* a sentence a line */
    struct buffer drift;
    struct buffer notes; /* what was not looked at, and why */
};

/* offline: no server is asked. Nothing is written, but that all is explained where it is. Release it also on an
 * error. */
must_check enum error checking_make(const struct project *project, bool offline,
                                    struct checking *checking, struct problem *problem);
void checking_release(struct checking *checking);

bool checking_is_clean(const struct checking *checking);

/* For people, nothing where it is clean; and for --json. */
void checking_write(const struct checking *checking, struct buffer *out);
json_t *checking_json(const struct checking *checking);

/* Where the development database stands among the migrations of the files, if that is amiss: a sentence a line
 * appended to out, with what to do. ERROR_NONE and nothing appended: it is well, or cannot be told. */
must_check enum error checking_position(const struct project *project, struct buffer *out,
                                        struct problem *problem);

#endif
