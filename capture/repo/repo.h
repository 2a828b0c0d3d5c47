/* repo: the git work tree that a project lives in. */
#ifndef DDLTAP_REPO_REPO_H
#define DDLTAP_REPO_REPO_H

#include <stdbool.h>

#include "ddltap/error.h"

/* The top folder of the work tree that folder lies in, absolute; caller frees. ERROR_GIT: folder is
 * in no work tree (or in one that git refuses); the problem says what git said. */
must_check enum error repo_top(const char *folder, char **top, struct problem *problem);

/* Would git ignore path (absolute or relative to folder; it need not exist)? */
must_check enum error repo_ignores(const char *folder, const char *path, bool *ignored,
                                   struct problem *problem);

/* Does git track path (relative to folder)? */
must_check enum error repo_tracks(const char *folder, const char *path, bool *tracked,
                                  struct problem *problem);

/* Where the git directory has a file or folder of that name ("index.lock"): elsewhere in a linked work tree or a
 * submodule. "": git does not say. Caller frees. */
must_check enum error repo_state_path(const char *folder, const char *name, char **path,
                                      struct problem *problem);
/* Is there a file or folder of that name in the git directory ("MERGE_HEAD", "rebase-merge")? */
must_check enum error repo_has_state(const char *folder, const char *name, bool *there,
                                     struct problem *problem);

/* The nearest of folder and its parents that has a file of that relative name
 * ("ddltap/config.ini"), absolute; NULL when there is none. Asks the file system only. Caller
 * frees. */
char *repo_nearest_with(const char *folder, const char *name);

#endif
