/* section: SQL that can stand in a section of a draft file, or of a migration in dbmate's format.
 *
 * Sections end where a line reads as a mark: `--`, blanks, `migrate:up` or `migrate:down`, then a
 * blank or the end of the line (dbmate's rule, which knows no strings and no comments). What a
 * person typed may hold such a line. The rule here: no section ever holds one. A line of a comment
 * gets one blank in front, the line break before it in a string is written `\n`, which is the same
 * value; where neither is possible (a quoted name, a string without backslash escapes) the text is
 * refused. A zero byte, at which a text file would end for many, becomes `\0` in a string and a blank in a
 * comment, and is refused elsewhere.
 */
#ifndef DDLTAP_SQL_SECTION_H
#define DDLTAP_SQL_SECTION_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"

/* Where the next mark stands in text at or after `from`. */
struct section_mark {
    size_t start, end; /* the line or lines of the mark, the last line break included */
    bool down;         /* else up */
};
bool section_find_mark(struct slice text, size_t from, struct section_mark *mark);

/* Append UTF-8 statements as they may stand in a section; false (out is as it was): not possible.
 */
bool section_append(struct slice text, const struct dialect *dialect, struct buffer *out);

/* Append one statement that has no ';' yet, with ";\n" (on a line of its own after a comment). */
bool section_append_statement(struct slice text, const struct dialect *dialect, struct buffer *out);

/* Append each line of text as a comment line that is no mark and holds no control characters and no
 * bytes that are not UTF-8 (both become '?'). */
void section_append_comment(struct slice lines, struct buffer *out);

/* Append text as one field of a line: as above, line breaks become '?'. */
void section_append_field(struct slice text, struct buffer *out);

/* Does the text hold a statement, not only blanks and comments? */
bool section_has_statement(struct slice text);

bool section_is_utf8(struct slice text);

#endif
