/* alter_plan: find the steps from one definition of a table to another; see alter.h. */
#ifndef DDLTAP_SCHEMA_ALTER_PLAN_H
#define DDLTAP_SCHEMA_ALTER_PLAN_H

#include "ddltap/error.h"
#include "schema/alter.h"
#include "schema/alter_match.h"

/* ERROR_UNSUPPORTED with a problem that says what no ALTER TABLE is known for, also when the model
 * does not end at `wanted`. Both tables must outlive the plan; `now` gets the wanted names of its
 * columns wherever servers let them follow. Release alter in either case. */
must_check enum error alter_plan(const struct alter_request *request, struct alter *alter,
                                 struct problem *problem);

#endif
