/* alembic_name: see alembic_name.h. */
#include "format/alembic_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "ddltap/memory.h"
#include "format/files.h"
#include "format/slug.h"

/* --- dates --------------------------------------------------------------------------------------
 */

/* The broken-down time in that zone; the C library has one zone at a time. */
static struct tm in_zone(const char *zone, time_t seconds)
{
    char *before = memory_copy_text(getenv("TZ"));
    struct tm result;
    setenv("TZ", zone, 1);
    tzset();
    localtime_r(&seconds, &result);
    if (before != NULL)
        setenv("TZ", before, 1);
    else
        unsetenv("TZ");
    tzset();
    free(before);
    return result;
}

/* An unknown zone would silently be UTC. */
static bool is_zone(const char *zone)
{
    return strcasecmp(zone, "UTC") == 0 || (zone[0] != '/' && strstr(zone, "..") == NULL &&
                                            files_is_file("/usr/share/zoneinfo", zone));
}

enum error alembic_date_make(const struct alembic_settings *settings, int64_t time,
                             struct alembic_date *date, struct problem *problem)
{
    const char *zone = settings->timezone;
    struct tm broken;
    time_t seconds = (time_t)(time / 1000000);
    if (zone != NULL && *zone == '\0')
        zone = NULL;
    if (zone != NULL && !is_zone(zone))
        return problem_set(problem, ERROR_CONFIG,
                           "timezone in %s says \"%s\", which this machine does not know. Correct "
                           "it, or install the time zones (tzdata).",
                           settings->ini, zone);
    if (zone == NULL)
        localtime_r(&seconds, &broken);
    else
        broken = in_zone(strcasecmp(zone, "UTC") == 0 ? "UTC" : zone, seconds);
    *date = (struct alembic_date){.epoch = seconds,
                                  .year = broken.tm_year + 1900,
                                  .month = broken.tm_mon + 1,
                                  .day = broken.tm_mday,
                                  .hour = broken.tm_hour,
                                  .minute = broken.tm_min,
                                  .second = broken.tm_sec,
                                  .microsecond = (unsigned)(time % 1000000),
                                  .offset = (int)broken.tm_gmtoff,
                                  .named = zone != NULL};
    return ERROR_NONE;
}

void alembic_date_append(const struct alembic_date *date, struct buffer *out)
{
    int minutes = abs(date->offset) / 60;
    buffer_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", date->year, date->month, date->day,
                  date->hour, date->minute, date->second);
    if (date->microsecond != 0)
        buffer_printf(out, ".%06u", date->microsecond);
    if (date->named)
        buffer_printf(out, "%c%02d:%02d", date->offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/* --- names --------------------------------------------------------------------------------------
 */

/* What a template can name: texts as they are, numbers. */
struct token {
    struct slice name;
    const char *text; /* NULL: the number */
    int64_t number;
};

#define TOKEN_COUNT 9

/* One conversion of Python's % operator: %(name)05.2d */
struct conversion {
    struct slice name;
    char flags[8];
    int width, precision; /* -1: none */
    char type;
};

static size_t read_number(struct slice text, size_t at, int *number)
{
    *number = -1;
    while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9' && *number < 100) {
        *number = (*number < 0 ? 0 : *number) * 10 + (text.ptr[at] - '0');
        at++;
    }
    return at;
}

/* Its length; 0: it is none. */
static size_t read_conversion(struct slice text, struct conversion *conversion)
{
    *conversion = (struct conversion){.width = -1, .precision = -1};
    const char *end = text.len < 4 || text.ptr[1] != '(' ? NULL : memchr(text.ptr, ')', text.len);
    if (end == NULL)
        return 0;
    size_t at = (size_t)(end - text.ptr) + 1, flags = 0;
    conversion->name = slice_make(text.ptr + 2, at - 3);
    while (at < text.len && strchr("-+ 0#", text.ptr[at]) != NULL && flags < 6)
        conversion->flags[flags++] = text.ptr[at++];
    at = read_number(text, at, &conversion->width);
    if (at < text.len && text.ptr[at] == '.') {
        at = read_number(text, at + 1, &conversion->precision);
        conversion->precision = conversion->precision < 0 ? 0 : conversion->precision;
    }
    if (at >= text.len)
        return 0;
    conversion->type = text.ptr[at];
    return at + 1;
}

/* In characters, as Python counts: bytes that go on with one are none. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* Append text, or the digits of a number, filled up to the width. */
static void append_padded(const struct conversion *conversion, const char *text, bool number,
                          struct buffer *out)
{
    bool left = strchr(conversion->flags, '-') != NULL;
    bool zeros = number && !left && strchr(conversion->flags, '0') != NULL;
    size_t len = width_of(text), width = conversion->width < 0 ? 0 : (size_t)conversion->width;
    size_t fill = width > len ? width - len : 0;
    for (size_t i = 0; !left && i < fill; i++)
        buffer_append_char(out, zeros ? '0' : ' ');
    buffer_append_text(out, text);
    for (size_t i = 0; left && i < fill; i++)
        buffer_append_char(out, ' ');
}

static bool append_token(const struct token *token, const struct conversion *conversion,
                         struct buffer *out)
{
    char digits[128];
    bool number = strchr("diu", conversion->type) != NULL;
    if (token->text != NULL && conversion->type == 's') {
        append_padded(conversion, token->text, false, out);
        return conversion->precision < 0;
    }
    if (token->text != NULL || (!number && conversion->type != 's'))
        return false;
    snprintf(digits, sizeof digits, "%0*" PRId64,
             number && conversion->precision > 0 ? conversion->precision : 1, token->number);
    append_padded(conversion, digits, number, out);
    return number || conversion->precision < 0;
}

static const struct token *find_token(const struct token *tokens, struct slice name)
{
    for (size_t i = 0; i < TOKEN_COUNT; i++) {
        if (slice_equal(tokens[i].name, name))
            return &tokens[i];
    }
    return NULL;
}

/* false: the template is not one of Alembic's. */
static bool fill(struct slice text, const struct token *tokens, struct buffer *out)
{
    while (text.len > 0) {
        struct conversion conversion;
        size_t len = 1;
        if (text.ptr[0] != '%') {
            buffer_append_char(out, text.ptr[0]);
        } else if (text.len > 1 && text.ptr[1] == '%') {
            buffer_append_char(out, '%');
            len = 2;
        } else {
            len = read_conversion(text, &conversion);
            const struct token *token = len == 0 ? NULL : find_token(tokens, conversion.name);
            if (token == NULL || !append_token(token, &conversion, out))
                return false;
        }
        text = slice_from_offset(text, len);
    }
    return true;
}

enum error alembic_name_append(const struct alembic_settings *settings, const char *version,
                               const char *message, const struct alembic_date *date,
                               struct buffer *out, struct problem *problem)
{
    struct buffer slug = BUFFER_INIT;
    slug_append(slice_from(message), settings->slug_length, &slug);
    const struct token tokens[TOKEN_COUNT] = {
        {SLICE("rev"), version, 0},
        {SLICE("slug"), buffer_text(&slug), 0},
        {SLICE("epoch"), NULL, date->epoch},
        {SLICE("year"), NULL, date->year},
        {SLICE("month"), NULL, date->month},
        {SLICE("day"), NULL, date->day},
        {SLICE("hour"), NULL, date->hour},
        {SLICE("minute"), NULL, date->minute},
        {SLICE("second"), NULL, date->second},
    };
    bool good = fill(slice_from(settings->file_template), tokens, out);
    buffer_append_text(out, ".py");
    buffer_release(&slug);
    return good ? ERROR_NONE
                : problem_set(problem, ERROR_CONFIG,
                              "file_template in %s is no template that Alembic knows: \"%s\". It "
                              "may hold rev, slug, epoch, year, month, day, hour, minute, second.",
                              settings->ini == NULL ? "alembic.ini" : settings->ini,
                              settings->file_template);
}
