/* plan: what one held text will be in the journal, statement by statement.
 *
 *     text --split--> statements --classify--> for each: how many answers it has, and
 *                                              a change to be journaled, or nothing
 *
 * Between the statements USE and SET are followed, from the facts that were asked before the text.
 */
#ifndef DDLTAP_INTERCEPT_PLAN_H
#define DDLTAP_INTERCEPT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"
#include "intercept/capture_internal.h"
#include "intercept/flight.h"
#include "journal/journal.h"
#include "sql/statement.h"

/* PREPARE name FROM 'text': the text of a DDL is in PREPARE, its success in EXECUTE. */
struct plan_prepared {
    char *name;
    char *text;
    struct plan_prepared *next;
};
struct plan_prepared_list {
    struct plan_prepared *first;
    size_t count;
};
void plan_prepared_clear(struct plan_prepared_list *list);

/* Who runs the text, and on what server. */
struct plan_context {
    struct capture *capture;
    bool mariadb;
    uint32_t version;
    const char *server_version;
    bool multi_statements;
    bool ignore_space;
    bool multi_results; /* one statement may have several answers */
    struct plan_prepared_list *prepared;
};

/* A table that may be a temporary one of the session: to be asked. Bytes of the client's set. */
struct plan_doubt {
    size_t statement, object; /* which; object counts the change's objects */
    char *schema, *name;
    bool temporary; /* the answer */
    bool known;     /* answered by the text itself: nothing to ask */
};

/* A temporary table that the text makes. */
struct plan_made {
    char *schema, *name;
};

struct planned {
    struct journal_change *change; /* NULL: nothing to be journaled */
    struct flight *flight;         /* of the change, while it is on its way */
    size_t named;                  /* objects that the statement names; triggers follow them */
    bool many_answers;
    bool guarded;   /* IF [NOT] EXISTS: OK does not say that something was done */
    bool doubtful;  /* its table may be a temporary one: that could not be asked */
    bool uncertain; /* EXECUTE of who knows what: rows may be its last answer, or not */
};

struct plan {
    struct planned *statements; /* those that have an answer of their own */
    size_t count;
    struct plan_doubt *doubts;
    size_t doubt_count;
    struct plan_made *made; /* those that exist after the statements planned so far */
    size_t made_count;
    bool names_nocase; /* the server's, as far as it is known */
    char *application; /* from a tool's comment; or NULL */
    bool asked;        /* the facts were asked; else the default schema is assumed */
};

enum plan_asking {
    ASK_NOTHING,
    ASK_PLAINLY,
    ASK_IN_BLOCK, /* after the text, the server goes on counting where the question has left it */
};

/* Is there anything in the text for which it is worth asking questions? May say yes in doubt. plain: it does
 * nothing to the prepared statements, so that more than one plan can be made of it. */
bool plan_is_wanted(const struct plan_context *context, struct slice text, uint16_t status,
                    enum plan_asking *asking, bool *plain);

/* facts is NULL when nothing could be asked: then the tracked schema stands in for the default one,
 * and the images decide what changed. */
void plan_make(const struct plan_context *context, struct slice text, const struct sql_facts *facts,
               uint16_t status, struct plan *plan);
bool plan_has_temporary(const struct plan *plan);
/* Let a plan have the images that were read for another one of the same text; false: it changes other objects. */
bool plan_take_images(struct plan *plan, struct plan *from);
/* As before the first image was read. */
void plan_forget_images(struct plan *plan);
/* After the doubts are answered: what concerns a temporary table is no change. Doubts mean nothing any more. */
void plan_drop_temporary(struct plan *plan);
/* Flights that are left end as if nothing was changed. */
void plan_release(struct plan *plan);

/* Number of changes among the statements from .. end - 1; changes (may be NULL) gets them in order. */
size_t plan_changes(const struct plan *plan, size_t from, size_t end,
                    struct journal_change **changes);

/* Is this nothing that a migration, which runs inside a database, could do? Rows are emptied (TRUNCATE),
 * accounts changed, the tracked database itself made or dropped: noted, never drafted. */
bool plan_only_noted(const struct journal_change *change);

/* Which objects of a change may not be read before, or after: another statement of the same text
 * touches them first, or later (names that differ only in case count as one). One flag an object;
 * caller frees. */
bool *plan_skip(const struct plan *plan, size_t statement, enum image_moment moment);

#endif
