/* editor: the person's editor on a file: $VISUAL, else $EDITOR, else vi. */
#ifndef DDLTAP_COMMAND_EDITOR_H
#define DDLTAP_COMMAND_EDITOR_H

#include "ddltap/error.h"

/* Run it on path, by the shell as git does (EDITOR="code --wait"), and wait for its end. Ctrl-C is the editor's
 * meanwhile. ERROR_UNSUPPORTED: it could not be run, or ended with an error. */
must_check enum error editor_run(const char *path, struct problem *problem);

#endif
