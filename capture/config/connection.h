/* connection: where the development database is and how to log in, from whatever the project has.
 *
 *     --url  >  DDLTAP_DATABASE_URL  >  [capture] url_variable  >  DATABASE_URL
 *            >  SQLALCHEMY_DATABASE_URI  >  [client] of ~/.my.cnf
 *
 * A variable is looked for in the environment, then in the project's .env, then in .flaskenv.
 * [proxy] upstream, [capture] database and [capture] user, where set, win over those parts of the
 * URL: an application whose URL already points at the proxy would else make the proxy connect to
 * itself. --url wins over them, unless they are flags too.
 */
#ifndef DDLTAP_CONFIG_CONNECTION_H
#define DDLTAP_CONFIG_CONNECTION_H

#include <stdbool.h>

#include "config/settings.h"
#include "ddltap/error.h"

/* Texts are owned; password is wiped on release. */
struct connection {
    struct settings_address address; /* of the upstream */
    char *user;
    char *password; /* NULL: none */
    char *database; /* the tracked schema */
    bool tls_required;
    char *source;   /* ".env line 3: DATABASE_URL", for messages */
    char *variable; /* "DATABASE_URL"; NULL when no variable carried it */
};

/* url: the value of --url, or NULL. root: the project folder.
 * ERROR_NOT_FOUND: nothing names a database; the problem says where it was looked for.
 * ERROR_CONFIG: a URL that cannot be read, no database in it, or one that points at the proxy
 * itself. */
must_check enum error connection_resolve(const struct settings *settings, const char *root,
                                         const char *url, struct connection *connection,
                                         struct problem *problem);
/* Another server, named by a URL alone: none of the settings count. A password or user that it does
 * not have comes from MYSQL_PWD, then from [client] of ~/.my.cnf. ERROR_CONFIG: it cannot be read or
 * names no database. */
must_check enum error connection_from_url(const char *url, struct connection *connection,
                                          struct problem *problem);
void connection_release(struct connection *connection); /* NULL-safe */

/* A variable of the environment, of the project's .env or of .flaskenv; *value is NULL when none of them
 * sets it. Caller wipes and frees: it may hold a password. */
must_check enum error connection_variable(const char *root, const char *name, char **value,
                                          struct problem *problem);

#endif
