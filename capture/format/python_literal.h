/* python_literal: strings in Python source, written and read. */
#ifndef DDLTAP_FORMAT_PYTHON_LITERAL_H
#define DDLTAP_FORMAT_PYTHON_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

/* Append UTF-8 text as the argument of a call that is indented by four blanks. Verbatim between raw
 * triple quotes (r"""...""") unless Python or a reader would take it for something else: there it
 * holds three quotes, ends in a quote or an odd number of backslashes, or has characters that are
 * not seen (control characters, text direction marks). Then line for line with escapes:
 *
 *     _run(
 *         "first line\n"
 *         "second\tline"
 *     )
 */
void python_literal_append_argument(struct slice text, struct buffer *out);

/* Append UTF-8 text as "..." on one line. */
void python_literal_append(struct slice text, struct buffer *out);

/* Append UTF-8 text as it may stand in a """docstring""", or (comment) on the line of a # comment,
 * where line breaks become blanks. Characters that are not seen become '?'. */
void python_literal_append_docstring(struct slice text, struct buffer *out);
void python_literal_append_comment(struct slice text, struct buffer *out);

/* Length of the string literal at the start of source, prefix and quotes counted; 0: none is there.
 * One that does not end goes to the end of source. */
size_t python_literal_length(struct slice source);
/* Append the value of that literal. */
void python_literal_value(struct slice literal, struct buffer *out);

#endif
