/* schema: a whole schema in memory: its objects as the server prints them, found by kind and name.
 *
 *     struct schema *schema = schema_new();
 *     schema_add(schema, &definition);                  ... once for each object
 *     schema_find(schema, OBJECT_TABLE, SLICE("users"));
 *
 * Texts are normalised as image.h tells and belong to the caller. The triggers of a table are added
 * in the order in which they fire; a package before its body.
 */
#ifndef DDLTAP_SCHEMA_SCHEMA_H
#define DDLTAP_SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"
#include "sql/object.h"

/* `home` is the schema of the object where it is not the one that is compared, for names that must
 * be qualified; none otherwise. name is bare. context: see change.h. */
struct definition {
    enum object_type type;
    struct slice home;
    struct slice name;
    struct slice text;
    struct slice context;
    bool anew; /* one that differs from it is dropped, not altered */
};

struct schema;

struct schema *schema_new(void);
void schema_release(struct schema *schema); /* NULL-safe */

/* The slices of definition must outlive the schema. An object of the same type and name that was
 * added before stays. */
void schema_add(struct schema *schema, const struct definition *definition);

size_t schema_count(const struct schema *schema);
/* In the order in which they were added; index < schema_count. */
const struct definition *schema_at(const struct schema *schema, size_t index);

/* NULL when there is none. Names of tables, views, sequences and triggers are compared with the
 * case of their letters, those of the others without, as servers do. */
const struct definition *schema_find(const struct schema *schema, enum object_type type,
                                     struct slice home, struct slice name);
/* The same as an index, NAME_INDEX_NONE when there is none. */
size_t schema_find_index(const struct schema *schema, enum object_type type, struct slice home,
                         struct slice name);

/* Tables, views and sequences share one space of names. */
bool schema_is_table_like(enum object_type type);

#endif
