/* log: lines on standard error, one identity per session, no SQL literals and no secrets.
 *
 *     2026-11-22T10:15:00.123Z info  #12 root@127.0.0.1 bankroll  relays raw: unknown command 0x21
 *
 * Each line is written with one write(2), so lines of several threads do not mix.
 */
#ifndef DDLTAP_LOG_H
#define DDLTAP_LOG_H

#include <stdbool.h>

#include "ddltap/slice.h"

enum log_level {
    LOG_ERROR,
    LOG_WARNING,
    LOG_INFO,
    LOG_DEBUG
};

/* May be called at any time from any thread (SIGHUP re-reads the level). */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* identity names whose line it is ("#12 root@127.0.0.1 bankroll"), or NULL. */
void log_write(enum log_level level, const char *identity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
