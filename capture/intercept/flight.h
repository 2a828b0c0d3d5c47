/* flight: which changes are on their way at the same time, and touch the same object.
 *
 *     A   enter ---- before image ==== server ==== after image ---- leave
 *     B                   enter ---- before image ....... A's leave: B's image may be too old
 *
 * What the images of two such changes show may be the other's doing: neither is alone.
 */
#ifndef DDLTAP_INTERCEPT_FLIGHT_H
#define DDLTAP_INTERCEPT_FLIGHT_H

#include <stdbool.h>

#include "journal/journal.h"

struct flights; /* all of a capture; any thread */
struct flight;

struct flights *flights_new(void);
/* All have left. NULL-safe. */
void flights_free(struct flights *flights);

/* Before the first image is read. Changes of one owner (the statements of one text) follow each
 * other and do not count as others; NULL is nobody's. twins: it may have some, see
 * flight_twins. A tentative one, of a change that may be of other objects, is none to others until it is
 * confirmed, which must be before the statement is forwarded. */
struct flight *flight_enter(struct flights *flights, const void *owner,
                            const struct journal_change *change, bool twins, bool tentative);
void flight_confirm(struct flight *flight); /* NULL-safe */
/* The owner is gone, the server still works. NULL-safe. */
void flight_disown(struct flight *flight);
/* Did no other change touch its objects since it entered, and does none now? NULL: true. */
bool flight_alone(struct flight *flight);

/* Twins are one guarded CREATE or DROP, the only change of its text, in several sessions that live, with the same text and
 * the same objects: all of them together do what one does. So the images of the first that is over are its own. */
enum flight_twins {
    FLIGHT_CROWDED,  /* not alone, even without its twins */
    FLIGHT_FIRST,    /* alone, but for twins that are not over */
    FLIGHT_OVERTAKEN /* alone, but for a twin that made the change: there was nothing left to do */
};
enum flight_twins flight_twins(struct flight *flight); /* NULL: FLIGHT_FIRST */

enum flight_end {
    FLIGHT_UNCHANGED,
    FLIGHT_CHANGED, /* it was the first of its twins and succeeded; others that touch its objects are not alone */
    FLIGHT_UNKNOWN /* it may have changed something: its twins are not alone either */
};
/* It is over. Frees it. NULL-safe. */
void flight_leave(struct flight *flight, enum flight_end end);

#endif
