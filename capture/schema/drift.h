/* drift: what a schema holds beyond what is known to have been done to it.
 *
 *     baseline  --drift_begin-->   objects          as they were when the baseline was taken, or known later
 *     changes   --drift_add----->  objects          as the last change of each has left it
 *     live      --drift_compare->  those that differ, came or went: one change with both images
 *
 * Of an object the last image counts, since an image is the whole object. What no image says, since it
 * happens to other objects, is followed: the foreign keys and triggers of a table that gets another name.
 * Nothing is taken for a rename: that can be told from statements alone.
 */
#ifndef DDLTAP_SCHEMA_DRIFT_H
#define DDLTAP_SCHEMA_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "schema/catalog.h"
#include "schema/change.h"
#include "sql/dialect.h"

struct drift_options {
    struct dialect dialect;
    struct slice schema;       /* objects of others are passed over */
    bool names_nocase;         /* tables too are found without the case of their letters */
    bool keep_definer;         /* else a difference in the DEFINER alone is none */
    const char *version_table; /* see version_table.h; copied */
    /* Does the view lack what it selects from? Servers print such a view in another way. Asked for views
     * that differ; NULL: none does. */
    bool (*view_is_broken)(void *argument, struct slice name);
    void *argument;
};

enum drift_standing {
    DRIFT_DONE,      /* it happened */
    DRIFT_COMMITTED, /* it happened, and a baseline that was made since may have it */
    DRIFT_UNDECIDED, /* it may have happened: its objects wait */
};

struct drift_change {
    int64_t id;
    enum drift_standing standing;
    bool chained;     /* its images before are what the changes before it left */
    bool places_last; /* a trigger that it made fires after those before it */
    bool lists_order; /* its triggers stand in the order in which they fire now */
};

struct drift;

/* Options are copied but for what they point to. */
struct drift *drift_new(const struct drift_options *options);
void drift_release(struct drift *drift); /* NULL-safe */

/* Texts are copied. Once, before the changes; they come in the order in which they were made. last_change: the
 * one that left the objects so; 0: they are the baseline, which a commit may have moved past changes to come. */
void drift_begin(struct drift *drift, const struct catalog *baseline, int64_t last_change);
void drift_add(struct drift *drift, const struct change *change, const struct drift_change *about);

/* Once, after all changes. live must outlive the drift. */
void drift_compare(struct drift *drift, const struct catalog *live);

/* The objects that differ as one change, in an order in which each schema's triggers fire: one that fires
 * in another place than before goes and comes. object_count 0: there is no drift. Valid until drift_release. */
const struct change *drift_found(const struct drift *drift);

/* A sentence a line: objects that cannot be compared, or that ended by themselves. */
struct slice drift_notes(const struct drift *drift);
/* The same: objects whose drift waits for an undecided change. */
struct slice drift_waiting(const struct drift *drift);
/* The same: changes made outside that a later change of the same object took for given, so that they are
 * in no image of their own. */
struct slice drift_hidden(const struct drift *drift);
/* Could some object not be compared? */
bool drift_incomplete(const struct drift *drift);

/* After a comparison that found nothing, and with nothing incomplete or waiting: fill known, which is empty, with
 * what live has, as it is known. Beginning with that is beginning with all that was added here. */
void drift_write_known(const struct drift *drift, const struct catalog *live,
                       struct catalog *known);

/* Append a sentence for each pair of a column, or a table, that went and one that came with the same
 * definition: it may have been a rename. */
void drift_remark_renames(const struct change *change, struct buffer *out);

#endif
