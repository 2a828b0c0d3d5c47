/* workfile: a file of the work tree that a command has written, and takes away or brings back. */
#ifndef DDLTAP_COMMAND_WORKFILE_H
#define DDLTAP_COMMAND_WORKFILE_H

#include <stdbool.h>

#include "command/project.h"
#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "schema/image.h"

/* Of a path below the project's folder; caller frees. */
char *workfile_path(const struct project *project, const char *relative);

/* Make the file, and folders on the way to it: whole, or not at all, also after a kill. ERROR_FILE: it is there
 * already, or cannot be written. *made: the file is this process's. */
must_check enum error workfile_write(const char *path, struct slice content, bool *made,
                                     struct problem *problem);

/* Take away what a killed workfile_write has left beside it. */
void workfile_remove_leftovers(const char *path);

/* Append the content. false: there is no such file, or it cannot be read. */
bool workfile_read(const char *path, struct buffer *content);

/* Take it away; one that is not there is no error. */
must_check enum error workfile_remove(const char *path, struct problem *problem);

void workfile_hash(struct slice content, char hash[IMAGE_HASH_SIZE]);

/* Has nobody worked on a file that a command, which was killed, wrote with that content? Also where it is gone. hash
 * NULL: none is known. */
bool workfile_is_ours(const char *path, const char *hash);

#endif
