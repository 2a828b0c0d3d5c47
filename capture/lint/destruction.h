/* destruction: what is gone after the draft has run, by the words of its up section. */
#ifndef DDLTAP_LINT_DESTRUCTION_H
#define DDLTAP_LINT_DESTRUCTION_H

#include "lint/findings.h"
#include "lint/subject.h"

void destruction_find(const struct subject *subject, struct findings *findings);

/* Is the object that the finding says goes (struct findings_item.dropped) made by a statement of up? Tools change a
 * routine by dropping it and making it anew. */
bool destruction_is_made_again(const struct subject_options *options, struct slice up,
                               const struct findings_item *finding);

#endif
