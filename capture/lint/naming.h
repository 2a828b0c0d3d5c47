/* naming: names in a draft that are those of this machine: its database, its accounts, other databases;
 * and names that are reserved words. */
#ifndef DDLTAP_LINT_NAMING_H
#define DDLTAP_LINT_NAMING_H

#include "lint/findings.h"
#include "lint/subject.h"

void naming_find(const struct subject *subject, struct findings *findings);

#endif
