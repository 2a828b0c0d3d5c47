/* output: what commands print: colour and pager on a terminal only, JSON, tables, times.
 *
 * Text of clients and servers goes through output_safe: a tool's name or a comment in SQL may hold
 * escape sequences that a terminal would obey.
 */
#ifndef DDLTAP_COMMAND_OUTPUT_H
#define DDLTAP_COMMAND_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

/* --no-color. NO_COLOR in the environment and a standard output that is no terminal do the same. */
void output_disable_colour(void);

enum output_colour {
    OUTPUT_PLAIN,
    OUTPUT_BOLD,
    OUTPUT_RED,
    OUTPUT_GREEN,
    OUTPUT_YELLOW,
    OUTPUT_DIM
};
void output_coloured(struct buffer *out, enum output_colour colour, const char *text);

/* Append text; control characters other than '\n' and '\t' become '?'. */
void output_safe(struct buffer *out, struct slice text);
/* The same on one line: '\n' and '\t' become blanks. */
void output_safe_line(struct buffer *out, struct slice text);

/* Print text to standard output, on a terminal through $PAGER (less). */
void output_page(const struct buffer *text);

/* The same of text for other programs: on a terminal as output_safe makes it, else byte for byte. */
void output_page_exact(const struct buffer *text);

/* Print value and free it. */
void output_json(json_t *value);
/* Append "12 KiB", "3.4 MiB", "1.2 GiB". */
void output_size(struct buffer *out, int64_t bytes);
/* A JSON string; bytes that are not UTF-8 become U+FFFD. null for SLICE_NONE. */
json_t *output_json_text(struct slice text);

/* Microseconds since 1970: "2 min ago" and "2026-11-22T10:15:00Z". */
void output_ago(struct buffer *out, int64_t at);
void output_time(struct buffer *out, int64_t at);

#endif
