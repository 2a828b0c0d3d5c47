/* change: one change of the schema, as the pure half sees it: objects with their images.
 *
 * A plain view over somebody else's memory: built from the journal, read by `inverse` and `describe`.
 */
#ifndef DDLTAP_SCHEMA_CHANGE_H
#define DDLTAP_SCHEMA_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"
#include "sql/dialect.h"
#include "sql/object.h"
#include "sql/statement.h"

/* What is known of an object's definition at one instant. */
enum image_state {
    IMAGE_UNKNOWN, /* not asked, no privilege, or another change in between */
    IMAGE_ABSENT,  /* the object did not exist */
    IMAGE_PRESENT, /* text holds its definition */
};

/* text is normalised (see image.h) and unqualified UTF-8, as printed under pinned settings. For
 * triggers, routines, events and views `sql_mode`, ... are in `context`: lines "name=value\n" (sql_mode,
 * character_set_client, collation_connection, time_zone) or none. */
struct image {
    enum image_state state;
    struct slice text;
    struct slice context;
};

struct change_object {
    enum object_type type;
    enum object_role role;
    struct slice schema;
    struct slice name;
    struct image before;
    struct image after;
};

/* The noun of a change that was found by comparing, where it is of several objects. */
#define CHANGE_NOUN_SCAN "SCAN"

struct change {
    enum ddl_verb verb;
    const char *noun;
    const struct change_object *objects; /* ROLE_RENAME_FROM is followed by its ROLE_RENAME_TO */
    size_t object_count;
    const struct statement_rename *renames; /* columns and indexes, from the statement */
    size_t rename_count;
    bool mariadb; /* how the server spells things */
    uint32_t version;
    struct slice development_schema; /* stripped from every text that is written */
    struct slice text; /* the one statement that did it, UTF-8, as portable.h makes it; or none */
    struct dialect dialect; /* how it is read */
};

/* The schema that must be named with an object: none for those of the development schema. */
struct slice change_home(const struct change *change, enum object_type type, struct slice schema);

#endif
