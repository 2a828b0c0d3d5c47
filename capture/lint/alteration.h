/* alteration: an ALTER TABLE as it stands in a draft, cut into what it does.
 *
 *     ALTER TABLE `users` ADD COLUMN a INT AFTER b, MODIFY c TEXT, DROP PARTITION p
 *                         ^item                     ^item          ^item
 *
 * A reading by tokens that never fails: an item is what stands between two commas outside of parentheses.
 */
#ifndef DDLTAP_LINT_ALTERATION_H
#define DDLTAP_LINT_ALTERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"
#include "sql/dialect.h"
#include "sql/reader.h"

enum alteration_kind {
    ALTERATION_OTHER,
    ALTERATION_ADD_COLUMN, /* text: from the name on; several of `ADD (a INT, b INT)` are one item */
    ALTERATION_MODIFY,     /* MODIFY and CHANGE: name is the one that the column has then */
    ALTERATION_DROP_COLUMN,
    ALTERATION_DROP_PARTITION, /* TRUNCATE, EXCHANGE, DISCARD too */
    ALTERATION_DROP_HISTORY,
};

struct alteration_item {
    enum alteration_kind kind;
    char *name;        /* of the column, bare; NULL */
    struct slice text; /* the whole item */
};

struct alteration {
    struct alteration_item *items;
    size_t count;
    const char *body; /* where the first item begins */
};

/* false: not an ALTER TABLE. Slices point into text; release it in either case. */
bool alteration_read(struct slice text, const struct dialect *dialect,
                     struct alteration *alteration);
void alteration_release(struct alteration *alteration);

/* The MODIFY or CHANGE that gives the column (bare, any case) its definition; NULL. */
const struct alteration_item *alteration_modifies(const struct alteration *alteration,
                                                  struct slice name);

/* Does the item hold the word (no string, no quoted name)? */
bool alteration_says(const struct alteration_item *item, const struct dialect *dialect,
                     const char *word);

#endif
