/* likeness: are two readings of a schema the same schema?
 *
 *     development   CREATE DEFINER=`anna`@`%` VIEW `v` ...        one was tinkered with,
 *     scratch       CREATE DEFINER=`ddltap`@`localhost` VIEW ...  the other one replayed
 *
 * What a replay cannot give again does not count: who defined an object (unless DEFINER is kept), the
 * status of an event and the instants of its schedule, the quotes around a trigger's table. Then an object is the same byte for byte, or
 * alike: it differs in what cosmetic.h names alone.
 */
#ifndef DDLTAP_SCHEMA_LIKENESS_H
#define DDLTAP_SCHEMA_LIKENESS_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"
#include "schema/catalog.h"
#include "sql/dialect.h"

enum likeness {
    LIKENESS_SAME,
    LIKENESS_ALIKE,
    LIKENESS_DIFFERENT,
    LIKENESS_UNKNOWN, /* one of them could not be read */
};

struct likeness_options {
    struct dialect dialect; /* of the servers; its sql_mode does not matter */
    bool keep_definer;
};

/* One object of two schemas; either may be NULL: there is none. */
enum likeness likeness_of(const struct catalog_object *a, const struct catalog_object *b,
                          const struct likeness_options *options);

/* Call found for each object of either that is not the same in both, those of b first; also for a
 * trigger that fires in another place among those of its table. Databases are compared by their
 * defaults, whatever their names. */
void likeness_compare(const struct catalog *a, const struct catalog *b,
                      const struct likeness_options *options,
                      void (*found)(void *argument, const struct catalog_object *a,
                                    const struct catalog_object *b, enum likeness likeness),
                      void *argument);

#endif
