/* control_connect: a connected, pinned handle of whichever client library is in use.
 *
 * The differences between libmysqlclient and MariaDB Connector/C end here.
 */
#ifndef DDLTAP_SERVER_CONTROL_CONNECT_H
#define DDLTAP_SERVER_CONTROL_CONNECT_H

#include <stdbool.h>

#include <mysql.h>

#include "ddltap/error.h"
#include "server/control.h"

/* Connect and pin the session's settings. Close with mysql_close. ERROR_SERVER as control_open. */
must_check enum error control_connect(const struct control_target *target, MYSQL **handle,
                                      struct problem *problem);

/* Is it a code after which the connection is gone? Client errors (2000 to 2999), a shutdown (1053), a kill (1927)
 * and a time-out of an idle client (4031). */
bool control_code_is_lost(unsigned code);

/* ERROR_SERVER with "what", where and who, and the server's words. */
enum error control_problem(const struct control_target *target, MYSQL *handle, const char *what,
                           struct problem *problem);

#endif
