/* selection: which changes a person means: "3", "#3", "2..5", "4..", "alter_users", or none for all pending
 * drafts.
 *
 * What is neither a number nor a range is a part of the name of one draft file. selection_resolve finds the
 * draft; one of a teammate has no number, and is taken by its name from then on.
 */
#ifndef DDLTAP_COMMAND_SELECTION_H
#define DDLTAP_COMMAND_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/error.h"

#define SELECTION_MAX 64

struct selection_range {
    int64_t first, last; /* 0: by name */
    const char *part;    /* of a file name, as it was given; NULL: by number */
    bool whole;          /* part is the whole name of one */
    bool single;         /* "3": that change whatever became of its draft */
    bool met;            /* selection_take has seen one */
};

struct selection {
    struct selection_range ranges[SELECTION_MAX];
    size_t count; /* 0: all pending drafts */
};

/* A draft that a part of a name may mean. */
struct selection_name {
    int64_t id; /* 0: it has none */
    const char *name;
};

/* NULL, or the argument that is none of these. The arguments stay in use. */
const char *selection_read(char **arguments, size_t count, struct selection *selection);

/* The operands of a command, argv from operand on. -1: go on; else what is wrong was said: the exit code to return. */
int selection_parse(int argc, char **argv, int operand, struct selection *selection);
/* The same where it must be a single one; what: "draft" or "change". */
int selection_parse_one(int argc, char **argv, int operand, const char *what,
                        struct selection *selection);

/* One draft, by its number. */
void selection_add(struct selection *selection, int64_t id);

/* Find the draft that each part of a name means among names. ERROR_NOT_FOUND: one is in none of them;
 * ERROR_USAGE: one is in several and all of none, which problem lists. Again with other names: only what was not found
 * before, or has no number, is looked for. */
must_check enum error selection_resolve(struct selection *selection,
                                        const struct selection_name *names, size_t count,
                                        struct problem *problem);

/* Is the change meant? pending: its draft is. */
bool selection_take(struct selection *selection, int64_t id, bool pending);

/* Is the draft meant that has a name, but no number? */
bool selection_take_name(struct selection *selection, const char *name);

/* No id that is meant lies outside of these. All of them, where nothing or something else than numbers was given. */
void selection_bounds(const struct selection *selection, int64_t *first, int64_t *last);

/* A range of which no change was taken; NULL when there is none. */
const struct selection_range *selection_unmet(const struct selection *selection);

#endif
