/* hygiene: tables that will cost later: no primary key, two indexes for one, utf8mb3, zero dates. */
#ifndef DDLTAP_LINT_HYGIENE_H
#define DDLTAP_LINT_HYGIENE_H

#include "lint/findings.h"
#include "lint/subject.h"

void hygiene_find(const struct subject *subject, struct findings *findings);

#endif
