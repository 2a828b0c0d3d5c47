/* rule: what lint looks for: code, level, one sentence, the safe alternative.
 *
 * The table in rule.c is the reference; docs/lint.md holds it, and a test compares the two.
 */
#ifndef DDLTAP_LINT_RULE_H
#define DDLTAP_LINT_RULE_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

enum rule {
    RULE_DROP_TABLE,
    RULE_DROP_COLUMN,
    RULE_DROP_OBJECT,
    RULE_DROP_DATABASE,
    RULE_DROP_PARTITION,
    RULE_DROP_HISTORY,
    RULE_TRUNCATE,
    RULE_ALL_ROWS,
    RULE_LOST_ATTRIBUTE,
    RULE_LOST_COMMENT,
    RULE_NARROWER_TYPE,
    RULE_TYPE_CHANGED,
    RULE_ENUM_MEMBERS,
    RULE_ENUM_ORDER,
    RULE_NARROWER_CHARSET,
    RULE_NOT_NULL,
    RULE_NEW_NOT_NULL,
    RULE_NEW_UNIQUE,
    RULE_NEW_FOREIGN_KEY,
    RULE_NEW_CHECK,
    RULE_RENAME_TABLE,
    RULE_RENAME_COLUMN,
    RULE_IN_PLACE,
    RULE_BLOCKS_WRITES,
    RULE_COPIES_TABLE,
    RULE_DEFINER,
    RULE_LOG_TRUST,
    RULE_PRIVILEGE,
    RULE_DEVELOPMENT_NAME,
    RULE_OTHER_SCHEMA,
    RULE_TARGET_LACKS,
    RULE_NO_PRIMARY_KEY,
    RULE_DUPLICATE_INDEX,
    RULE_PARENT_KEY,
    RULE_OLD_UTF8,
    RULE_ZERO_DATE,
    RULE_RESERVED_NAME,
    RULE_REDACTED,
    RULE_SECRET,
    RULE_COUNT
};

enum rule_level {
    RULE_OFF,
    RULE_INFO,
    RULE_WARNING,
    RULE_ERROR
};

struct rule_facts {
    const char *code;
    enum rule_level level; /* where nothing else is configured */
    const char *sentence;  /* what it finds and why that matters */
    const char *instead;   /* the safe alternative */
};

const struct rule_facts *rule_facts(enum rule rule);

/* false: there is no rule of that code. */
bool rule_from_code(struct slice code, enum rule *rule);

/* "off", "info", "warning", "error"; the reverse, false when the word is none. */
const char *rule_level_text(enum rule_level level);
bool rule_level_from_text(struct slice word, enum rule_level *level);

/* All rules as a Markdown table. */
void rule_write_markdown(struct buffer *out);

#endif
