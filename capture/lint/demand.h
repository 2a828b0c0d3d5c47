/* demand: what rows must be like for the draft to run: NOT NULL, unique and foreign keys, checks.
 *
 * Each finding has a probe where the development database can be asked: one SELECT of at most one row.
 *
 *     applied      any row: development's rows are fine, for the statement ran; how many are there to tell?
 *     not applied  a row that is in the way
 */
#ifndef DDLTAP_LINT_DEMAND_H
#define DDLTAP_LINT_DEMAND_H

#include "lint/findings.h"
#include "lint/subject.h"

void demand_find(const struct subject *subject, struct findings *findings);

/* What the answer of the finding's probe says: a row came or none. applied: as of the subject. */
void demand_answer(struct findings_item *finding, bool applied, bool row);

/* The probe could not be asked, or took too long; why: the end of a sentence. */
void demand_unanswered(struct findings_item *finding, const char *why);

#endif
