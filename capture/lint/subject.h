/* subject: one draft, cut up for the rules: its statements, and its tables before and after.
 *
 *     statements   of up and down, each with what it is and, of an ALTER TABLE, what it does
 *     tables       of the net change that the journal or a replay knows: images, columns paired over renames
 */
#ifndef DDLTAP_LINT_SUBJECT_H
#define DDLTAP_LINT_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"
#include "lint/alteration.h"
#include "lint/target.h"
#include "schema/net.h"
#include "schema/table.h"
#include "sql/dialect.h"
#include "sql/statement.h"

struct subject_statement {
    struct slice text;
    struct dialect dialect;
    struct statement read;
    struct alteration alteration; /* no items: it is no ALTER TABLE */
    bool down;                    /* of the way back */
};

/* Names are bare. before or after is NULL where the table was not there, or is not any more. */
struct subject_table {
    const struct table *before, *after;
    struct slice name_before, name;
    const struct difference_rename *renames; /* of the whole draft */
    size_t rename_count;
};

struct subject_options {
    bool mariadb;
    uint32_t version;                /* of development's server */
    struct slice development_schema; /* none: not known */
    bool names_nocase;
    bool keep_definer;
    bool applied; /* the development database has what the draft says */
    const struct target *target;
};

struct subject {
    const struct subject_options *options;
    struct subject_statement *statements;
    size_t statement_count;
    struct subject_table *tables;
    size_t table_count;
    struct table *read; /* owner of what tables point to */
    size_t read_count;
};

/* up and down: sections of a draft. net: what it amounts to; NULL: not known. All must outlive the subject.
 * Release it. */
void subject_read(const struct subject_options *options, struct slice up, struct slice down,
                  const struct net *net, struct subject *subject);
void subject_release(struct subject *subject);

/* The column before that is this one after, under its old name or not; NULL: it is new. */
const struct table_column *subject_column_before(const struct subject_table *table,
                                                 const struct table_column *after);

/* Where the text of up gives the column (quoted, as it is called after) a new definition; NULL. */
const struct alteration_item *subject_modifies(const struct subject *subject, struct slice column,
                                               const struct dialect **dialect);

#endif
