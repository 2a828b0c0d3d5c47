/* feature: what a server must be new enough for, or of the right family.
 *
 * One table in feature.c: name, how it is recognised, from which version on in each family.
 */
#ifndef DDLTAP_LINT_FEATURE_H
#define DDLTAP_LINT_FEATURE_H

#include "ddltap/buffer.h"
#include "lint/findings.h"
#include "lint/subject.h"

void feature_find(const struct subject *subject, struct findings *findings);

/* The table, in Markdown. */
void feature_write_markdown(struct buffer *out);

#endif
