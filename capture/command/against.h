/* against: what another schema lacks that the development schema has: `diff --against`.
 *
 *     development schema, live   ----+
 *                                    +--> report: from the other one to development
 *     dump | - | mysql://...     ----+
 *
 * DEFINER, the AUTO_INCREMENT counter and what schema/cosmetic.h names do not count. What cannot be compared is left out on both sides
 * and named in the notes.
 */
#ifndef DDLTAP_COMMAND_AGAINST_H
#define DDLTAP_COMMAND_AGAINST_H

#include "command/project.h"
#include "command/report.h"
#include "ddltap/error.h"

/* what: the path of a dump, "-" for one on standard input, or a URL. Fills report. */
must_check enum error against_find(const struct project *project, const char *what,
                                   struct report *report, struct problem *problem);

#endif
