/* lint: all rules on one draft.
 *
 *     struct findings findings = FINDINGS_INIT;
 *     lint_find(&options, &input, &findings);          what the draft and its images say
 *     ... probes asked (demand.h), locks measured (locking.h) ...
 *     findings_judge(&findings, &levels, text);        as configured and acknowledged
 */
#ifndef DDLTAP_LINT_LINT_H
#define DDLTAP_LINT_LINT_H

#include "ddltap/slice.h"
#include "lint/findings.h"
#include "lint/subject.h"
#include "schema/net.h"

struct lint_input {
    struct slice up, down; /* sections of the draft */
    const struct net *net; /* what it amounts to, finished; NULL: not known */
};

void lint_find(const struct subject_options *options, const struct lint_input *input,
               struct findings *findings);

#endif
