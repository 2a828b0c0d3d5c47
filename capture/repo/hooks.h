/* hooks: programs that git runs at certain moments, and how ddltap gets among them.
 *
 *     pre-commit                   somebody's own: hooks_install refuses, and says how to add ddltap to it,
 *     pre-commit                   or, forced, ddltap's, which first calls
 *     pre-commit.before-ddltap     ... what was there; hooks_uninstall puts it back
 *
 * Where they lie is git's to say: core.hooksPath, the common directory of several work trees.
 */
#ifndef DDLTAP_REPO_HOOKS_H
#define DDLTAP_REPO_HOOKS_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"

struct hooks_options {
    const char *folder;  /* of the project */
    const char *program; /* the ddltap that is called where none is found in PATH; absolute */
    bool force; /* keep somebody's own hook beside, and write into a folder that others share */
};

/* Names of those that ddltap installs; NULL at the end. */
extern const char *const hooks_names[];

/* Write those that are not there yet; a sentence a line is appended to report. All or none where somebody's own
 * are in the way: ERROR_UNSUPPORTED. ERROR_GIT: no work tree. ERROR_FILE. */
must_check enum error hooks_install(const struct hooks_options *options, struct buffer *report,
                                    struct problem *problem);

/* Take ddltap's away, and put back what was there before. */
must_check enum error hooks_uninstall(const struct hooks_options *options, struct buffer *report,
                                      struct problem *problem);

#endif
