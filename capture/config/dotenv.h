/* dotenv: a .env file, read as python-dotenv reads it (which `flask` does at its start).
 *
 *     # comment                            export NAME=value # comment
 *     NAME='taken literally \' '           NAME="escapes \n, and
 *     NAME=mysql://${DB_USER:-root}@...    more than one line"
 *
 * ${NAME} and ${NAME:-default} stand for the environment's value, else for an earlier one of the
 * file; nothing is run. A line that cannot be read is skipped, as there.
 */
#ifndef DDLTAP_CONFIG_DOTENV_H
#define DDLTAP_CONFIG_DOTENV_H

#include <stddef.h>

#include "ddltap/slice.h"

struct dotenv_entry {
    char *name;
    char *value;   /* "" when the line has no "=" */
    unsigned line; /* where it begins, from 1 */
};

struct dotenv {
    struct dotenv_entry *entries; /* in the order of the file */
    size_t count;
};

void dotenv_read(struct slice text, struct dotenv *dotenv);
/* The last entry of that name; NULL when there is none. Owned by dotenv. */
const struct dotenv_entry *dotenv_find(const struct dotenv *dotenv, const char *name);
/* Wipes the values: one of them may be a password. */
void dotenv_release(struct dotenv *dotenv);

#endif
