/* alembic_name: file names and dates as Alembic makes them. */
#ifndef DDLTAP_FORMAT_ALEMBIC_NAME_H
#define DDLTAP_FORMAT_ALEMBIC_NAME_H

#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "format/alembic_settings.h"

/* An instant in the time zone of the settings. */
struct alembic_date {
    int64_t epoch; /* seconds UTC */
    int year, month, day, hour, minute, second;
    unsigned microsecond;
    int offset; /* seconds east of UTC */
    bool named; /* the settings name a zone: dates are printed with the offset */
};

/* time is in microseconds UTC. Sets the process's TZ for a moment: not for threads. ERROR_CONFIG: the
 * zone of the settings is not known on this machine. */
must_check enum error alembic_date_make(const struct alembic_settings *settings, int64_t time,
                                        struct alembic_date *date, struct problem *problem);

/* "2026-11-22 10:15:00.123456+01:00", as Create Date has it. */
void alembic_date_append(const struct alembic_date *date, struct buffer *out);

/* The file name with ".py": file_template with rev, slug (of message, cut at slug_length), epoch,
 * year, month, day, hour, minute and second. ERROR_CONFIG: it asks for something else. */
must_check enum error alembic_name_append(const struct alembic_settings *settings,
                                          const char *version, const char *message,
                                          const struct alembic_date *date, struct buffer *out,
                                          struct problem *problem);

#endif
