/* option_file: what the [client] group of ~/.my.cnf says, as the mysql programs read it.
 *
 *     [client]
 *     user = root            # a comment may follow
 *     password = "p#ss"      quotes are taken off; \s is a space, \n a line end, \\ a backslash
 *
 * Source: "Using Option Files" of the MySQL Reference Manual. !include lines are not followed.
 */
#ifndef DDLTAP_CONFIG_OPTION_FILE_H
#define DDLTAP_CONFIG_OPTION_FILE_H

#include "ddltap/slice.h"

/* Texts are owned; NULL when not set. */
struct option_file {
    char *user;
    char *password;
    char *host;
    char *port;
    char *socket;
    char *database;
};

void option_file_read(struct slice text, struct option_file *file);
/* Wipes the password. */
void option_file_release(struct option_file *file);

#endif
