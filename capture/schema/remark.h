/* remark: what a step does to data, in one plain sentence each. */
#ifndef DDLTAP_SCHEMA_REMARK_H
#define DDLTAP_SCHEMA_REMARK_H

#include "schema/difference_internal.h"

/* Of the planned ALTER of a table. */
void remark_on_alter(struct finder *finder, const struct pair *pair);
/* Of a CREATE and of a DROP. */
void remark_on_create(struct finder *finder, const struct pair *pair);
/* Of one that may stand behind others that are not known; table is its token, none when not known. */
void remark_on_trigger(struct finder *finder, const struct pair *pair, struct slice table);
void remark_on_drop(struct finder *finder, const struct pair *pair);

#endif
