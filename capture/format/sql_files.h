/* sql_files: migrations that are numbered SQL files: what dbmate, golang-migrate and plain share.
 *
 *     20261122101500_users_get_a_display_name.sql         one file
 *     000007_users_get_a_display_name.up.sql, .down.sql   or a pair
 *     \ version    / \ title                /
 */
#ifndef DDLTAP_FORMAT_SQL_FILES_H
#define DDLTAP_FORMAT_SQL_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "format/chain.h"
#include "format/format.h"
#include "format/proposal.h"

struct sql_files_layout {
    const char *suffix;      /* ".sql", ".up.sql" */
    const char *down_suffix; /* ".down.sql"; NULL: the way back is in the same file */
    bool by_name; /* the order is that of the names as text; else that of the versions as numbers */
};

/* The chain of the migrations in found->directory: each follows the one before it. Errors as for
 * format.read. */
must_check enum error sql_files_read(const struct format_found *found,
                                     const struct sql_files_layout *layout, struct chain *chain,
                                     struct problem *problem);

/* The version of a new migration, greater than all that there are; caller frees. In the manner of the
 * last one: a number of that many digits, seconds since 1970 (10 digits), else the time in UTC
 * (20261122101500). */
char *sql_files_new_version(const struct chain *chain, int64_t time);

/* Add the file found->directory/<version>_<slug of the message><suffix>. */
struct buffer *sql_files_add(const struct format_found *found, const struct proposal *proposal,
                             const char *suffix, struct composed *composed);

/* Append the message and what else is known as comment lines. */
void sql_files_append_heading(const struct proposal *proposal, struct buffer *out);

/* Append the statements that go forward, or back, each with its ';'. Where there is no way back the
 * one statement is a SIGNAL, which every server answers with error 1644. No line of them reads as a
 * mark of dbmate's. ERROR_UNSUPPORTED: one would, where it cannot be escaped (sql/section.h). */
must_check enum error sql_files_append_up(const struct proposal *proposal, struct buffer *out,
                                          struct problem *problem);
must_check enum error sql_files_append_down(const struct proposal *proposal, struct buffer *out,
                                            struct problem *problem);

/* Is number a smaller than b? Digits only, of any length. */
bool sql_files_version_less(const char *a, const char *b);

#endif
