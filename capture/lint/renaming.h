/* renaming: tables and columns that code knows under their old names. */
#ifndef DDLTAP_LINT_RENAMING_H
#define DDLTAP_LINT_RENAMING_H

#include "lint/findings.h"
#include "lint/subject.h"

void renaming_find(const struct subject *subject, struct findings *findings);

#endif
