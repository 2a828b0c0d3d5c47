/* findings: what lint found in one draft. */
#ifndef DDLTAP_LINT_FINDINGS_H
#define DDLTAP_LINT_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "lint/levels.h"
#include "lint/rule.h"
#include "sql/object.h"

struct findings_item {
    enum rule rule;
    enum rule_level level; /* of the rule; after findings_judge as configured */
    char *what;            /* a sentence without secrets, names in backquotes; owned */
    char *rows;   /* what the development database's rows say to it, a sentence; NULL; owned */
    char *probe;  /* the SELECT that asks them (probe.h); NULL; owned */
    bool raised;  /* rows that exist say that it fails: an error, whatever the rule's level */
    char *reason; /* why it is meant, from the draft's own comment; NULL: nobody said so; owned */
    enum object_type dropped_type; /* RULE_DROP_OBJECT: what is dropped */
    char *dropped;                 /* and its name, bare; NULL; owned */
};

struct findings {
    struct findings_item *list;
    size_t count, capacity;
};

/* A slice as the two arguments of %.*s. */
#define FINDINGS_TEXT(slice) (int)(slice).len, (slice).ptr

#define FINDINGS_INIT ((struct findings){NULL, 0, 0})

/* A new last finding, unless the same was found before; then that one. Valid until the next is added. */
struct findings_item *findings_add(struct findings *findings, enum rule rule, const char *format,
                                   ...) __attribute__((format(printf, 3, 4)));
void findings_remove(struct findings *findings, size_t index);
void findings_release(struct findings *findings);

/* Give each its level, take those out that are off, and note those that a line of text acknowledges:
 *
 *     -- lint:ok drop-column nobody has read it since May
 */
void findings_judge(struct findings *findings, const struct levels *levels, struct slice text);

/* How many of that level nobody has acknowledged. */
size_t findings_open(const struct findings *findings, enum rule_level level);

#endif
