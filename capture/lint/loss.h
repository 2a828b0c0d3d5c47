/* loss: attributes that MODIFY and CHANGE took away because they were not repeated.
 *
 *     note varchar(50) NOT NULL DEFAULT 'x' COMMENT 'y'
 *     MODIFY note varchar(60)                      lost: NOT NULL, DEFAULT, COMMENT
 *     MODIFY note varchar(60) NULL DEFAULT 'z'     lost: COMMENT; the others were typed
 */
#ifndef DDLTAP_LINT_LOSS_H
#define DDLTAP_LINT_LOSS_H

#include "lint/findings.h"
#include "lint/subject.h"

void loss_find(const struct subject *subject, struct findings *findings);

#endif
