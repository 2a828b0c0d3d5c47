/* output: see output.h. */
#include "command/output.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool colour_disabled;

void output_disable_colour(void)
{
    colour_disabled = true;
}

static bool colour_wanted(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool asked_not = no_color != NULL && *no_color != '\0';
    bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    return !colour_disabled && !asked_not && !dumb && isatty(STDOUT_FILENO);
}

void output_coloured(struct buffer *out, enum output_colour colour, const char *text)
{
    static const char *const codes[] = {
        [OUTPUT_PLAIN] = "",   [OUTPUT_BOLD] = "1",    [OUTPUT_RED] = "31",
        [OUTPUT_GREEN] = "32", [OUTPUT_YELLOW] = "33", [OUTPUT_DIM] = "2",
    };
    if (colour == OUTPUT_PLAIN || !colour_wanted())
        buffer_append_text(out, text);
    else
        buffer_printf(out, "\033[%sm%s\033[m", codes[colour], text);
}

static void append_safe(struct buffer *out, struct slice text, bool one_line)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c == '\n' || c == '\t') && one_line)
            c = ' ';
        buffer_append_char(out, slice_is_control(text, i) ? '?' : c);
    }
}

void output_safe(struct buffer *out, struct slice text)
{
    append_safe(out, text, false);
}

void output_safe_line(struct buffer *out, struct slice text)
{
    append_safe(out, text, true);
}

void output_page(const struct buffer *text)
{
    const char *pager = getenv("PAGER");
    if (pager == NULL)
        pager = "less";
    FILE *stream = NULL;
    if (isatty(STDOUT_FILENO) && *pager != '\0' && strcmp(pager, "cat") != 0) {
        setenv("LESS", "FRX", 0);
        signal(SIGPIPE, SIG_IGN); /* the reader may leave the pager before the end */
        stream = popen(pager, "we");
    }
    fwrite(buffer_text(text), 1, text->len, stream == NULL ? stdout : stream);
    /* 127: the shell did not find the pager. */
    if (stream != NULL && WEXITSTATUS(pclose(stream)) == 127)
        fwrite(buffer_text(text), 1, text->len, stdout);
}

void output_page_exact(const struct buffer *text)
{
    struct buffer safe = BUFFER_INIT;
    if (isatty(STDOUT_FILENO))
        output_safe(&safe, buffer_slice(text));
    output_page(isatty(STDOUT_FILENO) ? &safe : text);
    buffer_release(&safe);
}

void output_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(value);
}

void output_size(struct buffer *out, int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes / 1024;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        size /= 1024;
    buffer_printf(out, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
}

json_t *output_json_text(struct slice text)
{
    if (slice_is_none(text))
        return json_null();
    json_t *value = json_stringn(text.ptr, text.len);
    if (value != NULL)
        return value;
    struct buffer repaired = BUFFER_INIT;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x80)
            buffer_append_char(&repaired, text.ptr[i]);
        else
            buffer_append_text(&repaired, "\xef\xbf\xbd");
    }
    value = json_stringn(buffer_text(&repaired), repaired.len);
    buffer_release(&repaired);
    return value;
}

void output_ago(struct buffer *out, int64_t at)
{
    static const struct {
        int64_t below, unit; /* seconds */
        const char *name;
    } steps[] = {
        {60, 1, "s"},
        {3600, 60, "min"},
        {2 * 86400, 3600, "h"},
        {INT64_MAX, 86400, "days"},
    };
    int64_t seconds = (int64_t)time(NULL) - at / 1000000;
    size_t step = 0;
    if (seconds < 0)
        seconds = 0;
    while (seconds >= steps[step].below)
        step++;
    buffer_printf(out, "%lld %s ago", (long long)(seconds / steps[step].unit), steps[step].name);
}

void output_time(struct buffer *out, int64_t at)
{
    time_t seconds = (time_t)(at / 1000000);
    struct tm parts;
    char text[64];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    buffer_append_text(out, text);
}
