/* printed: a scanner for what the server itself prints (SHOW CREATE ...).
 *
 *     `note` varchar(50) DEFAULT 'a''b' COMMENT 'x, y'
 *     ^----^        ^--^         ^----^         ^----^      each is one token for printed_skip
 *
 * Much smaller than a lexer of SQL: under the pinned settings of the control connection names stand
 * in backquotes, strings in single quotes with '' and \ escapes, and parentheses match.
 */
#ifndef DDLTAP_SCHEMA_PRINTED_H
#define DDLTAP_SCHEMA_PRINTED_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

#define PRINTED_NOWHERE ((size_t)-1)

/* The position just past the token at `at` (which is inside text): a quoted string or name, a whole
 * group in parentheses, or else one byte. text.len when the token is not closed. */
size_t printed_skip(struct slice text, size_t at);

/* Where words stand in text, outside quotes and groups and as whole words; or PRINTED_NOWHERE. */
size_t printed_find(struct slice text, const char *words);

/* The backquoted name, with its quotes, that starts at `at`; none when there is no such name. */
struct slice printed_name(struct slice text, size_t at);

/* The first group in parentheses, with them, at or after `at`; none when there is none. */
struct slice printed_group(struct slice text, size_t at);

/* The type of a column definition: "varchar(64)", "int(10) unsigned", "enum('a','b')". */
struct slice printed_type(struct slice definition);

/* Append a name in backquotes; the reverse, for people. */
void printed_quote(struct slice bare, struct buffer *out);
void printed_unquote(struct slice quoted, struct buffer *out);

/* Does text hold the word anywhere, quotes or not? */
bool printed_mentions(struct slice text, struct slice word);

/* text without the blanks at both ends. */
struct slice printed_trim(struct slice text);

#endif
