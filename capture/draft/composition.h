/* composition: the text of one draft, from a change of the journal. */
#ifndef DDLTAP_DRAFT_COMPOSITION_H
#define DDLTAP_DRAFT_COMPOSITION_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "journal/journal.h"
#include "schema/change.h"

/* Append the whole draft file. view is the change as projection_change_view made it. Never fails:
 * what cannot be written as a statement is said in a comment. */
void composition_write(const struct journal_change *change, const struct change *view,
                       const struct journal_session *session, bool keep_definer,
                       struct buffer *out);

/* Append what the draft file should say: the text that the journal keeps for it, else what composition_write
 * gives. */
void composition_write_file(const struct journal_change *change, const struct change *view,
                            const struct journal_session *session, bool keep_definer,
                            struct buffer *out);

/* Append a draft file of statements that somebody else has found, under the head of the change. notes and
 * remarks (on data that down does not bring back): lines; down may be empty. */
void composition_write_sections(const struct journal_change *change,
                                const struct journal_session *session, struct slice notes,
                                struct slice up, struct slice down, struct slice remarks,
                                struct buffer *out);

/* The statement as schema/net.h takes it (struct change): UTF-8, portable, with the dialect to read it by. false:
 * there is no one statement that would do the same (a CALL, one that succeeded in part, bytes that are no text). */
bool composition_statement(const struct journal_change *change, bool keep_definer,
                           struct buffer *text, struct dialect *dialect);

/* The settings that the session has in which a draft of change will run. Nothing in it is owned. */
struct sql_facts composition_defaults(const struct journal_change *change);

#endif
