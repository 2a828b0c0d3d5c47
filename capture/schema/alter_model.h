/* alter_model: what servers make of a table and a list of steps.
 *
 * Positions are resolved one after the other, keys are sorted by class, a new key goes behind the old
 * ones of its class. A key in front of which another one comes back is therefore made anew by the
 * plan, so that the order is as it was; the model is how that is checked.
 */
#ifndef DDLTAP_SCHEMA_ALTER_MODEL_H
#define DDLTAP_SCHEMA_ALTER_MODEL_H

#include <stdbool.h>

#include "schema/alter.h"
#include "schema/alter_match.h"

/* Do the steps make the columns, keys and constraints of `wanted`? */
bool alter_model_ends_at(const struct alter_match *match, const struct alter *alter);

#endif
