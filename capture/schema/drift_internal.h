/* drift_internal: what drift.c (what is known) and drift_compare.c (against what is there) share. */
#ifndef DDLTAP_SCHEMA_DRIFT_INTERNAL_H
#define DDLTAP_SCHEMA_DRIFT_INTERNAL_H

#include "schema/drift.h"
#include "schema/name_index.h"

/* An object under one name. Texts are owned. */
struct drift_entry {
    enum object_type type;
    char *key;        /* type and name, for the index */
    const char *name; /* within key */
    enum image_state state;
    char *text, *context;
    int64_t by;     /* the change that left it so, or may have; 0: the baseline */
    size_t place;   /* when it came, among all */
    bool unplaced;  /* a trigger that may fire elsewhere than behind those before it */
    bool committed; /* a committed change touched it */
    bool met;       /* it is in the live schema */
};

/* A change made outside that another one took for given. */
struct drift_gap {
    size_t entry;
    bool since_baseline;
    char *text;
};

struct drift {
    struct drift_options options;
    char *version_table;
    struct drift_entry *entries;
    size_t count, capacity;
    struct name_index index;
    size_t places;
    char **undecided; /* names */
    size_t undecided_count;
    struct drift_gap *gaps;
    size_t gap_count;
    struct change_object *objects; /* those found */
    size_t object_count, object_capacity;
    struct change change;
    struct buffer notes, waiting, hidden;
    bool incomplete;
};

/* NULL: the name never was there. */
struct drift_entry *drift_entry_find(const struct drift *drift, enum object_type type,
                                     struct slice name);

/* Are both images of one object the same in all that counts? */
bool drift_same(const struct drift *drift, enum object_type type, const struct image *a,
                const struct image *b);
/* Do the texts differ in the DEFINER alone? */
bool drift_same_but_for_definer(const struct drift *drift, const struct image *a,
                                const struct image *b);
struct image drift_entry_image(const struct drift_entry *entry);

#endif
