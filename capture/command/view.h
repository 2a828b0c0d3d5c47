/* view: one change with its draft file, ready to be shown.
 *
 * The draft file is the truth for its SQL: whether there is a way back is read from its down
 * section, not from the journal.
 */
#ifndef DDLTAP_COMMAND_VIEW_H
#define DDLTAP_COMMAND_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "command/output.h"
#include "command/project.h"
#include "ddltap/buffer.h"
#include "journal/journal.h"
#include "schema/net.h"

enum view_way {
    VIEW_NO_DRAFT,    /* none belongs to the change */
    VIEW_REVERSIBLE,  /* the down section has a statement */
    VIEW_NO_WAY_BACK, /* it has none */
    VIEW_MISSING,     /* the file is not there: another branch, a stash, a clean */
    VIEW_UNREADABLE,  /* the file is there, but no draft any more, or cannot be read */
    VIEW_WAY_COUNT
};

/* Texts are owned and safe for a terminal, but for draft_text. */
struct view {
    int64_t id, at;
    enum change_state state;
    enum draft_state draft_state;
    enum change_origin origin;
    int64_t squashed_into; /* DRAFT_SQUASHED: the change whose draft says it */
    bool has_squashed; /* others are squashed into it: title and effect are of this change alone */
    enum view_way way;
    bool edited;         /* the file no longer says what ddltap wrote */
    bool remarked;       /* it does, but for comments */
    char *tool;          /* "unknown" when it did not say */
    char *account;       /* "root@127.0.0.1" */
    char *title;         /* ALTER TABLE users */
    char *effect;        /* + nickname varchar(64) */
    char *draft_path;    /* below the current project: "ddltap/drafts/..."; NULL */
    char *draft_text;    /* content of the file; NULL */
    char *draft_problem; /* VIEW_UNREADABLE: what is wrong with it */
};

void view_fill(struct view *view, const struct project *project,
               const struct journal_change *change, const struct journal_session *session);
void view_release(struct view *view);

/* Let title and effect say what all changes of a net amount to. */
void view_take_net(struct view *view, const struct net *net);

/* A word or two for the last column of a list, and their colour. */
const char *view_verdict(const struct view *view, enum output_colour *colour);

/* What `list --json` prints for it. */
json_t *view_json(const struct view *view);

#endif
