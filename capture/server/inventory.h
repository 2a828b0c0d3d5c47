/* inventory: a whole schema of a server: which objects there are, and their definitions.
 *
 *     information_schema  --5 questions-->  names  --SHOW CREATE, 64 in one text-->  definitions
 *
 * Round trips are what takes time: a schema of 1,000 tables takes about 20, and a third of a second on
 * the machine itself.
 */
#ifndef DDLTAP_SERVER_INVENTORY_H
#define DDLTAP_SERVER_INVENTORY_H

#include "ddltap/error.h"
#include "schema/catalog.h"
#include "server/control.h"

/* Fill catalog, which is empty, with the tables, views, sequences, triggers (in the order in which they
 * fire), routines, packages and events of schema, and its own defaults. An object that may not be read,
 * or is locked, stands in it without a text and with the reason. ERROR_SERVER: no such schema, or the
 * connection was lost; the catalog is empty then. */
must_check enum error inventory_read(struct control *control, const char *schema,
                                     struct catalog *catalog, struct problem *problem);

#endif
