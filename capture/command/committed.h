/* committed: what the journal keeps of each migration that ddltap committed here, so that it can be taken back: a stack.
 *
 *     setting "committed"           the newest, by the number of its first change: "7"
 *     setting "committed 7"         {..., "previous": 3}         goes when the journal lets go of #7
 *
 * Put there by commitment before the baseline moves, taken from there by retraction.
 */
#ifndef DDLTAP_COMMAND_COMMITTED_H
#define DDLTAP_COMMAND_COMMITTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "format/texts.h"
#include "journal/journal.h"
#include "schema/catalog.h"

/* Owned. */
struct committed {
    int64_t previous; /* first change of the one before; 0: there is none */
    char *version;
    char *parent; /* version that it was committed on; "": it was the first; NULL: not known */
    char *message;
    struct texts files;   /* of the migration, below the project */
    struct texts hashes;  /* of each, as it lay there after git's hooks */
    struct texts names;   /* of the draft files that went */
    struct texts drafts;  /* what each of them said */
    struct texts tracked; /* those of them that git had, below the project */
    int64_t *members;     /* changes that became committed */
    size_t member_count;
    struct catalog before; /* objects of the baseline that it changed, as they were */
    struct catalog after;  /* as they are since; text is a hash */
    struct texts triggers; /* all of the baseline before it, in their order */
};

void committed_release(struct committed *committed);

/* Fill before, after, triggers: the baseline moved from the one to the other. */
void committed_compare(struct committed *committed, const struct catalog *from,
                       const struct catalog *to);
/* Is all that it changed in the baseline as it left it? The first object that is not; NULL: all is. */
const struct catalog_object *committed_find_moved(const struct committed *committed,
                                                  const struct catalog *baseline);
/* Bring the baseline back to what it was. */
void committed_restore(const struct committed *committed, struct catalog *baseline);
/* Did it change such an object? */
bool committed_touches(const struct committed *committed, enum object_type type, struct slice name);

/* Is the change one of its members? */
bool committed_has(const struct committed *committed, int64_t change);
/* Finds its members, without images, and perhaps others among them. */
struct journal_filter committed_filter(const struct committed *committed);

/* Make it the newest; nothing where it is. One with a text that is not UTF-8 is not kept: it cannot be taken back. */
must_check enum error committed_push(struct journal *journal, struct committed *committed,
                                     struct problem *problem);
/* member_count is 0: there is none. version is NULL: the journal has let go of it, and its first change is all that is
 * known. Release it also on an error. */
must_check enum error committed_newest(struct journal *journal, struct committed *committed,
                                       struct problem *problem);
/* The one before it is the newest now; nothing where that is so. */
must_check enum error committed_pop(struct journal *journal, const struct committed *committed,
                                    struct problem *problem);

#endif
