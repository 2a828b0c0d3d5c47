/* secret: what must not be committed: passwords and keys, and the placeholder where one was. */
#ifndef DDLTAP_LINT_SECRET_H
#define DDLTAP_LINT_SECRET_H

#include "lint/findings.h"
#include "lint/subject.h"

void secret_find(const struct subject *subject, struct findings *findings);

#endif
