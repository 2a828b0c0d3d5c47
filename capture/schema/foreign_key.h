/* foreign_key: a printed foreign key, cut into its clauses.
 *
 *     CONSTRAINT `f` FOREIGN KEY (`a`,`b`) REFERENCES `other`.`p` (`x`,`y`) ON DELETE CASCADE
 *                ^name            ^columns            ^schema ^parent ^parent_columns  ^rules
 */
#ifndef DDLTAP_SCHEMA_FOREIGN_KEY_H
#define DDLTAP_SCHEMA_FOREIGN_KEY_H

#include <stdbool.h>

#include "ddltap/slice.h"

/* Slices of the text that was read; names with their backquotes, groups with their parentheses. */
struct foreign_key {
    struct slice name;
    struct slice columns;
    struct slice schema; /* none: the schema of its own table */
    struct slice parent;
    struct slice parent_columns;
    struct slice rules; /* " ON DELETE CASCADE"; may be empty */
};

/* false: text is no foreign key. */
bool foreign_key_read(struct slice text, struct foreign_key *key);

/* Does it point to that table of its own schema? */
bool foreign_key_points_to(const struct foreign_key *key, struct slice table);

#endif
