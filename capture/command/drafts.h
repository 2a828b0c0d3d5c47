/* drafts: the pending drafts, as the files of the work tree say them, in the order of their names.
 *
 *     20261122T101500Z_0001_alter_users.sql     #1   of this journal
 *     20261122T101700Z_0004_create_badges.sql        of a teammate: this journal does not know it
 *     20261122T101702Z_0002_drop_tidy.sql       #2   missing: on another branch, in a stash
 *
 * The file is the truth for its SQL. What the journal holds beside it (which objects, which images) is
 * read by those who need it with journal_read.
 */
#ifndef DDLTAP_COMMAND_DRAFTS_H
#define DDLTAP_COMMAND_DRAFTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "command/project.h"
#include "command/selection.h"
#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "draft/draft.h"
#include "journal/journal.h"

enum draft_condition {
    DRAFT_AS_WRITTEN,
    DRAFT_REMARKED,   /* it does, but for comments: a finding that was acknowledged */
    DRAFT_EDITED,     /* the file no longer says what ddltap wrote */
    DRAFT_MISSING,    /* there is no file */
    DRAFT_UNREADABLE, /* there is one, which is no draft any more, or cannot be read */
    DRAFT_FOREIGN,    /* not in this journal */
};

/* Texts are owned. */
struct draft {
    int64_t id;             /* 0: foreign */
    int64_t at;             /* when it was captured; of a foreign one as its head says, or 0 */
    char *name;             /* of the file */
    char *label;            /* "#3"; the name of a foreign one */
    char *title;            /* "ALTER TABLE users" */
    char *text;             /* of the file; NULL: missing, or it cannot be read */
    struct draft_file file; /* sections of text, where it can be read */
    enum draft_condition condition;
    char *problem;     /* DRAFT_UNREADABLE: what is wrong with it */
    bool has_squashed; /* others are squashed into it */
    bool was_edited;   /* its file was edited, and the database has been brought to it */
};

/* A change whose draft another one says too. */
struct draft_squash {
    int64_t id, into;
    bool is_draft; /* it had a file of its own */
};

struct drafts {
    struct draft *drafts;
    size_t count, capacity;
    struct draft_squash *squashed; /* all that the journal has, by id */
    size_t squashed_count;
};

/* All pending drafts of the journal and, with_foreign, those of others that lie in the folder. Release it
 * also on an error. */
must_check enum error drafts_read(const struct project *project, struct journal *journal,
                                  bool with_foreign, struct drafts *drafts,
                                  struct problem *problem);
void drafts_release(struct drafts *drafts);
/* One that was taken out of the list. */
void drafts_release_one(struct draft *draft);

/* The files of others alone, and what is squashed: for those who read the pending drafts themselves. */
must_check enum error drafts_read_others(const struct project *project, struct journal *journal,
                                         struct drafts *drafts, struct problem *problem);

/* What is squashed alone, into drafts that are empty: enough for drafts_holder. */
must_check enum error drafts_read_squashed(struct journal *journal, struct drafts *drafts,
                                           struct problem *problem);

/* --- choosing: names are found among the drafts that were read, and errors say what to do ------------ */

/* Which drafts the parts of names mean. Errors as selection_resolve. */
must_check enum error drafts_resolve(const struct drafts *drafts, struct selection *selection,
                                     struct problem *problem);
/* The same among the names that the journal has for drafts in these states (1u << enum draft_state). */
must_check enum error drafts_resolve_changes(struct journal *journal, unsigned draft_states,
                                             struct selection *selection, struct problem *problem);
/* Is the draft meant? */
bool drafts_take(const struct draft *draft, struct selection *selection);
/* ERROR_NOT_FOUND: something is meant that drafts_take has not seen. */
must_check enum error drafts_check_met(const struct selection *selection, struct problem *problem);

/* Keep those that are meant: all where the selection is empty. ERROR_NOT_FOUND, ERROR_USAGE: a number or name
 * that is no pending draft, a name that is not the name of one alone. */
must_check enum error drafts_select(struct drafts *drafts, struct selection *selection,
                                    struct problem *problem);

/* NULL: none has that number. */
struct draft *drafts_find(const struct drafts *drafts, int64_t id);

/* Keep those ahead of the file name `last` that are not in `others`. */
void drafts_keep_before(struct drafts *drafts, const char *last, const struct drafts *others);

/* The change whose draft says what the change id did: itself, or the one it was squashed into, and so on. */
int64_t drafts_holder(const struct drafts *drafts, int64_t id);

/* Append " (with #1, #2)": the drafts that were squashed into id; nothing where there are none. */
void drafts_write_members(const struct drafts *drafts, int64_t id, struct buffer *out);

/* A draft of somebody else, as view_json tells one of this journal. with_sql: up and down too. */
json_t *drafts_json(const struct draft *draft, bool with_sql);

/* Have the journal keep the text of the file where it cannot be composed again. mark borrows it. */
void drafts_keep_text(const struct draft *draft, struct journal_draft_mark *mark);

/* ERROR_FILE with a sentence when the file is missing or cannot be read; of all of them, of the first such. */
must_check enum error drafts_check_file(const struct draft *draft, struct problem *problem);
must_check enum error drafts_check_files(const struct drafts *drafts, struct problem *problem);

#endif
