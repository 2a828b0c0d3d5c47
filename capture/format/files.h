/* files: what formats ask of the file system. Paths are relative to root. */
#ifndef DDLTAP_FORMAT_FILES_H
#define DDLTAP_FORMAT_FILES_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "format/texts.h"

bool files_is_file(const char *root, const char *path);
bool files_is_folder(const char *root, const char *path);

/* The first file (by name) directly in folder whose name ends in suffix and that has a partner
 * whose name ends in other instead ("1_a.up.sql" with "1_a.down.sql"); its name, NULL when none.
 * Caller frees. */
char *files_find_pair(const char *root, const char *folder, const char *suffix, const char *other);

/* The first file (by name) directly in folder whose name ends in suffix and whose text holds words;
 * its name, NULL when none. Caller frees. */
char *files_find_with(const char *root, const char *folder, const char *suffix, const char *words);

/* Append the paths of the files in folder, by name, each one below root; recursive: those in its
 * sub-folders too. A folder that is not there has none. */
void files_list(const char *root, const char *folder, bool recursive, struct texts *paths);

/* Append a text file, of a longer one the first megabyte; false when it cannot be read. */
bool files_read(const char *root, const char *path, struct buffer *out);

#endif
