/* report: a difference of the schema, as `show` and `diff` print it.
 *
 *     users  + nickname varchar(64) after email            lines: what a person reads first
 *     > table nicks -> handles
 *
 *     --- table users                                      images: a unified diff of each object
 *     +++ table users
 *     @@ -1,4 +1,5 @@
 *
 *     -- migrate:up                                        statements there and back, in the form of
 *     -- migrate:down                                      a draft
 */
#ifndef DDLTAP_COMMAND_REPORT_H
#define DDLTAP_COMMAND_REPORT_H

#include <stdbool.h>

#include <jansson.h>

#include "ddltap/buffer.h"
#include "schema/change.h"
#include "schema/difference.h"

/* --- one change, for `show` too -------------------------------------------------------------------- */

/* Append its lines, coloured and indented, and its images as a unified diff. */
void report_write_lines(const struct change *change, struct buffer *out);
void report_write_images(const struct change *change, struct buffer *out);
/* A line in capitals' place: empty line, text in bold. Then the text, indented, safe for a terminal. */
void report_heading(struct buffer *out, const char *text);
void report_block(struct buffer *out, struct slice text);

json_t *report_json_lines(struct slice lines);
/* What is said of an object: type, schema, name, role, before, after and the unified diff. */
json_t *report_json_objects(const struct change *change);

/* --- a difference ------------------------------------------------------------------------------- */

struct report {
    bool differs;
    bool incomplete;     /* some objects could not be compared; notes or problems name them */
    struct buffer lines; /* as describe_lines writes them */
    struct buffer images;
    json_t *objects;
    struct buffer up, down;                                  /* sections of a draft */
    struct buffer up_remarks, down_remarks, problems, notes; /* a sentence a line */
};

void report_init(struct report *report);
void report_release(struct report *report);

/* Add an object that differs. */
void report_add(struct report *report, const struct change *change);

/* Both sides of a difference, and what the statements must know. way_back is not read. */
struct report_sides {
    const struct schema *before, *after;
    const struct difference_rename *renames; /* from before to after */
    size_t rename_count;
    struct difference_options options;
};

/* Find the statements from before to after, and those back. */
void report_find(struct report *report, const struct report_sides *sides);

/* What the command prints. summary: without images. */
void report_write_text(const struct report *report, bool summary, struct buffer *out);
void report_write_sql(const struct report *report, struct buffer *out);
json_t *report_json(const struct report *report);

#endif
