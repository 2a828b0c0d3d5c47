/* levels: how much each rule counts: [lint] levels = drop-column:warning, old-utf8:off */
#ifndef DDLTAP_LINT_LEVELS_H
#define DDLTAP_LINT_LEVELS_H

#include "ddltap/error.h"
#include "lint/rule.h"

struct levels {
    enum rule_level of[RULE_COUNT];
};

/* The levels of the table, changed by text ("" changes none). ERROR_CONFIG: a word is no rule or no level;
 * the problem names it. */
must_check enum error levels_read(const char *text, struct levels *levels, struct problem *problem);

#endif
