/* record: one statement as a change for the journal: what its text says, then its objects' images.
 *
 *     record_new            objects, renames, the text without its secrets
 *     record_read_images    IMAGE_BEFORE: also the triggers that will die with a table, and whether a
 *                           name that RENAME TABLE or DROP TABLE takes for a table is a view or sequence
 *                           IMAGE_AFTER
 *
 * Used by the proxy for what its clients run, and by commands for what they run themselves.
 */
#ifndef DDLTAP_INTERCEPT_RECORD_H
#define DDLTAP_INTERCEPT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "journal/journal.h"
#include "server/control.h"
#include "sql/dialect.h"
#include "sql/statement.h"

enum image_moment {
    IMAGE_BEFORE,
    IMAGE_AFTER,
};

/* Where the statement runs. */
struct record_place {
    const char *database; /* the tracked schema */
    uint32_t version;     /* as struct dialect */
    bool mariadb;
    bool names_nocase;
};

/* Microseconds since 1970. */
int64_t record_now(void);

/* CHANGE_INTENDED, without a draft; its images are not known. Free with record_free. */
struct journal_change *record_new(const struct record_place *place, struct slice text,
                                  const struct dialect *dialect, const struct sql_facts *facts,
                                  const struct statement *statement);
void record_free(struct journal_change *change); /* NULL-safe */

/* named: objects that the statement names, with a flag each in skip (NULL: none is skipped); the triggers
 * follow them. What the reading opens is closed again, or left to opened_close where opened is given (opened.h). An
 * error is only a lost connection. */
must_check enum error record_read_images(struct control *control, struct journal_change *change,
                                         size_t named, enum image_moment moment, const bool *skip,
                                         struct opened *opened, struct problem *problem);

#endif
