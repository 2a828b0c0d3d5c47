/* privilege: statements that an account for one database may not run. */
#ifndef DDLTAP_LINT_PRIVILEGE_H
#define DDLTAP_LINT_PRIVILEGE_H

#include "lint/findings.h"
#include "lint/subject.h"

void privilege_find(const struct subject *subject, struct findings *findings);

#endif
