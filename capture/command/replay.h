/* replay: the project's own migrations, run by the project's own tool in a scratch database.
 *
 *     [replay] command = flask db upgrade
 *     [replay] variable = DATABASE_URL         carries the scratch database's URL
 *
 * The command runs in the project's folder through /bin/sh. What it says is shown where it fails, without
 * the password.
 */
#ifndef DDLTAP_COMMAND_REPLAY_H
#define DDLTAP_COMMAND_REPLAY_H

#include <stdbool.h>

#include "command/project.h"
#include "ddltap/error.h"
#include "schema/catalog.h"

bool replay_is_configured(const struct project *project);

/* Fill catalog, which is empty, with what the migrations give, without the defaults of the database.
 * defaults: the CREATE DATABASE text of development, or NULL. ERROR_CONFIG: [replay] is not set.
 * ERROR_UNSUPPORTED: the command failed, or took too long; or no scratch database can be made.
 * ERROR_SERVER: not reached. */
must_check enum error replay_run(const struct project *project, const struct connection *connection,
                                 const char *defaults, struct catalog *catalog,
                                 struct problem *problem);

#endif
