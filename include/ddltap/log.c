/* log: see log.h. A line is made in a buffer on the stack and written with one write(2); what does
 * not fit is cut, so that a peer cannot choose how long a line is.
 */
#include "ddltap/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 2048

static const char *const level_words[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

static atomic_int current_level = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&current_level, memory_order_relaxed);
}

/* How much of a line of `size` bytes snprintf filled when it says it wrote `written`. */
static size_t fitted(int written, size_t size)
{
    if (written < 0)
        return 0;
    return (size_t)written < size ? (size_t)written : size - 1;
}

/* "2026-11-22T10:15:00.123Z info  #12 root@127.0.0.1  " */
static size_t put_head(char *line, size_t size, enum log_level level, const char *identity)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &utc);
    len += fitted(snprintf(line + len, size - len, ".%03dZ %-5s ", (int)(now.tv_nsec / 1000000),
                           level_words[level]),
                  size - len);
    if (identity != NULL)
        len += fitted(snprintf(line + len, size - len, "%s  ", identity), size - len);
    return len;
}

void log_write(enum log_level level, const char *identity, const char *format, ...)
{
    if (!log_enabled(level))
        return;
    char line[LINE_SIZE];
    size_t size = sizeof(line) - 1; /* the newline has its own place */
    size_t len = put_head(line, size, level, identity);
    va_list arguments;
    va_start(arguments, format);
    len += fitted(vsnprintf(line + len, size - len, format, arguments), size - len);
    va_end(arguments);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written; /* nowhere is left to say that standard error is gone */
}
