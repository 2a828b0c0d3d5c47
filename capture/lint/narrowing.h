/* narrowing: does a column hold less after a change than before? */
#ifndef DDLTAP_LINT_NARROWING_H
#define DDLTAP_LINT_NARROWING_H

#include <stdbool.h>

#include "ddltap/slice.h"
#include "lint/findings.h"
#include "lint/subject.h"

enum narrowing {
    NARROWING_NONE,
    NARROWING_LESS,    /* fewer characters, digits, decimals; one sign only */
    NARROWING_KIND,    /* another kind of values */
    NARROWING_MEMBERS, /* of an ENUM or SET */
    NARROWING_ORDER,
};

/* Of two printed types: "varchar(64)", "int(10) unsigned", "enum('a','b')". */
enum narrowing narrowing_of_type(struct slice before, struct slice after);

/* Of two character sets by name. */
bool narrowing_of_charset(struct slice before, struct slice after);

void narrowing_find(const struct subject *subject, struct findings *findings);

#endif
