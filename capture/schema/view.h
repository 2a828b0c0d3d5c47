/* view: a printed view, and the tables and views that it reads.
 *
 *     CREATE ALGORITHM=UNDEFINED DEFINER=`u`@`h` SQL SECURITY DEFINER VIEW `v` AS
 *     select `t`.`a` AS `a` from (`t` join `w` on(`t`.`a` = `w`.`a`))
 *                                  ^ source  ^ source
 *
 * Servers print names in backquotes, words in lower case and every join with its word.
 */
#ifndef DDLTAP_SCHEMA_VIEW_H
#define DDLTAP_SCHEMA_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"

/* Does it make names of its own (WITH c AS ...)? Then a source may be one of them. */
bool view_makes_names(struct slice text);

/* The next source (a quoted name) at or behind *at, which is moved behind it. Not given are sources in
 * other schemas. false: there is no other one. */
bool view_next_source(struct slice text, size_t *at, struct slice *source);

/* What stands behind the source that ends at `at`: the name by which the view calls it. */
struct slice view_alias(struct slice text, size_t at, struct slice source);

/* `alias`.`column`, from *at on, which goes behind it. false: no more. */
bool view_next_column(struct slice text, size_t *at, struct slice *alias, struct slice *column);

/* Does the view call something else than a table by this name: a subquery, a function? */
bool view_makes_source(struct slice text, struct slice alias);

#endif
