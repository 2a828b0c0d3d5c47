/* selection: which changes a person means: "3", "#3", "2..5", "4..", or none for all pending drafts. */
#ifndef DDLTAP_COMMAND_SELECTION_H
#define DDLTAP_COMMAND_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SELECTION_MAX 64

struct selection_range {
    int64_t first, last;
    bool single; /* "3": that change whatever became of its draft */
    bool met;    /* selection_take has seen one */
};

struct selection {
    struct selection_range ranges[SELECTION_MAX];
    size_t count; /* 0: all pending drafts */
};

/* "#12" or "12"; 0 when it is no number. */
int64_t selection_read_id(const char *text);

/* NULL, or the argument that is none of these. */
const char *selection_read(char **arguments, size_t count, struct selection *selection);

/* Is the change meant? pending: its draft is. */
bool selection_take(struct selection *selection, int64_t id, bool pending);

/* A range of which no change was taken; NULL when there is none. */
const struct selection_range *selection_unmet(const struct selection *selection);

#endif
