/* cosmetic: differences between two printed definitions that make no difference.
 *
 * Production and development may run other versions, and some things are printed as they were typed
 * or as they came about. Comparing across servers passes over what this table names; ways back do not
 * (they restore the text), but for the AUTO_INCREMENT counter, which image.h takes out of every text.
 */
#ifndef DDLTAP_SCHEMA_COSMETIC_H
#define DDLTAP_SCHEMA_COSMETIC_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"
#include "sql/object.h"

/* One row for each rule; docs/schema-model.md has the same table. */
struct cosmetic_rule {
    const char *what;
    const char *why;
};

extern const struct cosmetic_rule cosmetic_rules[];
extern const size_t cosmetic_rule_count;

/* Do two texts of one object (images, see image.h) differ in cosmetic things alone, or not at all? */
bool cosmetic_same(enum object_type type, struct slice a, struct slice b);

#endif
