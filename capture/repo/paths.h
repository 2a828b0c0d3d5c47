/* paths: a git commit of exactly some paths: what else is staged stays staged and out of it.
 *
 *     paths_check_state    no merge, rebase, ... is in progress
 *     paths_head           remember what was there before,
 *     paths_beside         and on other branches
 *     paths_add            new files
 *     paths_commit         these paths as the work tree has them; those that are gone go
 *     paths_committed      after a kill: was it made?
 *
 * Paths are relative to folder, and are no patterns. Hooks, signing and configuration work as for a person's commit.
 */
#ifndef DDLTAP_REPO_PATHS_H
#define DDLTAP_REPO_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"

/* ERROR_GIT: git makes no commit of some paths alone just now; the problem says why. */
must_check enum error paths_check_state(const char *folder, struct problem *problem);

/* The commit that is checked out; "": none yet. Caller frees. */
must_check enum error paths_head(const char *folder, char **head, struct problem *problem);

/* Does the commit that is checked out have the file? */
must_check enum error paths_in_head(const char *folder, const char *path, bool *there,
                                    struct problem *problem);

/* Append what the commit that is checked out has of the file, with git's own line ends. ERROR_GIT: nothing. */
must_check enum error paths_read(const char *folder, const char *path, struct buffer *content,
                                 struct problem *problem);

/* Is the file otherwise in the work tree or the index than in the commit that is checked out? */
must_check enum error paths_changed(const char *folder, const char *path, bool *changed,
                                    struct problem *problem);

/* Did a commit that leads to the one that is checked out have the file? */
must_check enum error paths_in_history(const char *folder, const char *path, bool *there,
                                       struct problem *problem);

/* The last commit that brought the file, on whatever branch or on none any more; "": git knows of none. Caller frees. */
must_check enum error paths_origin(const char *folder, const char *path, char **commit,
                                   struct problem *problem);

/* A remote branch ("origin/main") that has the file, by the commit that last wrote it here or by another one; NULL:
 * none, as far as was fetched or pushed. Caller frees. */
must_check enum error paths_pushed(const char *folder, const char *path, char **branch,
                                   struct problem *problem);

/* ERROR_GIT: git said no; the problem says what it said. None of them does anything for no path. */
must_check enum error paths_add(const char *folder, const char *const *paths, size_t count,
                                struct problem *problem);
/* The index has them as HEAD has them. One that is not in it needs no reset: no error. */
must_check enum error paths_reset(const char *folder, const char *const *paths, size_t count,
                                  struct problem *problem);
/* These paths alone; amend: into the commit that is checked out. */
must_check enum error paths_commit(const char *folder, const char *const *paths, size_t count,
                                   const char *message, bool amend, struct problem *problem);

/* The commits that have written the path or taken it away and do not lead to head, on whatever branch, a line each: a
 * commit that was amended, the same path on a branch of a teammate. Caller frees. */
must_check enum error paths_beside(const char *folder, const char *head, const char *path,
                                   char **commits, struct problem *problem);

/* Is there one that was not among those known of paths_beside, when head was checked out? On whatever branch: the
 * person may be on another one since. Waits for a git that is at it. What git cannot tell is no answer: ERROR_GIT. */
must_check enum error paths_committed(const char *folder, const char *head, const char *known,
                                      const char *path, bool *there, struct problem *problem);

#endif
