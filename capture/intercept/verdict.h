/* verdict: what became of a change: what the server said, held against what the images show.
 *
 *     OK      images differ            done
 *             images equal             no effect
 *             images cannot be so      not trusted: done, with images unknown
 *             a twin made the change   no effect
 *     error   images differ            partly done; where others changed the objects too, something is gone
 *             else                     failed
 */
#ifndef DDLTAP_INTERCEPT_VERDICT_H
#define DDLTAP_INTERCEPT_VERDICT_H

#include <stdbool.h>

#include "intercept/flight.h"
#include "intercept/plan.h"
#include "journal/journal.h"

/* Did anything change? `known`: every object was seen before and after. */
bool verdict_images_differ(const struct journal_change *change, bool *known);

/* State, time and draft state of a change that is over; reason may be NULL. */
void verdict_end(struct journal_change *change, enum change_state state, const char *reason);

/* The server said OK. asked: the default schema was asked, not assumed. twins: who else changed the same objects
 * meanwhile; what the images show may be theirs, and then they are forgotten. */
void verdict_of_success(const struct planned *planned, bool asked, enum flight_twins twins);
/* The server said no; unsure: perhaps to another statement. false: it may have happened, and no image
 * tells; the change is as it was. */
bool verdict_of_error(const struct planned *planned, unsigned error_code, bool alone, bool unsure);

#endif
