/* catalog: the definitions of a schema's objects, with the memory that they lie in.
 *
 * Filled from a dump (dump.h) or from a server (server/inventory.h); `schema` then finds in it. What
 * is known to exist without its definition being known stands in the catalog too, with the reason.
 */
#ifndef DDLTAP_SCHEMA_CATALOG_H
#define DDLTAP_SCHEMA_CATALOG_H

#include <stddef.h>

#include "ddltap/slice.h"
#include "schema/schema.h"
#include "sql/object.h"

/* Texts are owned. */
struct catalog_object {
    enum object_type type;
    char *name;
    char *text;    /* normalised, see image.h; NULL: not known */
    char *context; /* see struct image; or NULL */
    char *why;     /* where text is NULL: why, as the end of a sentence */
};

struct catalog {
    struct catalog_object *objects;
    size_t count;
    size_t capacity;
};

#define CATALOG_INIT ((struct catalog){NULL, 0, 0})

/* A new last object with a copy of name; valid until the next one is added. */
struct catalog_object *catalog_add(struct catalog *catalog, enum object_type type,
                                   struct slice name);
/* The same with all of an object of another catalog copied. */
void catalog_add_copy(struct catalog *catalog, const struct catalog_object *object);
/* Take those of that type and name out (tables, views and sequences share their names: any of them). */
void catalog_remove(struct catalog *catalog, enum object_type type, struct slice name);
/* Take all of that type out. */
void catalog_remove_type(struct catalog *catalog, enum object_type type);
void catalog_release(struct catalog *catalog);

/* Make of catalog what it is after a change: objects of before that are not in after go; those of after take
 * the place of what stood there, or come behind the others. */
void catalog_overlay(struct catalog *catalog, const struct schema *before,
                     const struct schema *after);
/* Bring its triggers in the order of those names; others stay behind them. */
void catalog_order_triggers(struct catalog *catalog, const char *const *names, size_t count);

/* How many of that type there are. */
size_t catalog_count(const struct catalog *catalog, enum object_type type);

/* A schema of the objects whose texts are known, over the catalog's memory; owner: the caller. */
struct schema *catalog_schema(const struct catalog *catalog);

#endif
