/* card: one change with its draft, as `show` and `review` print it.
 *
 *     #4 (with #1, #2)  CREATE TABLE badges                card_write_head
 *       captured   2026-11-22T10:15:00Z (2 min ago)
 *
 *       badges  + table                                    card_write_lines: what a person reads first
 *     Up                                                   card_write_draft: the file's sections
 *     Down
 *     --- did not exist                                    card_write_images
 *     +++ TABLE badges
 *
 * Lines and images of a draft that others are squashed into are those of their net change.
 */
#ifndef DDLTAP_COMMAND_CARD_H
#define DDLTAP_COMMAND_CARD_H

#include <stdint.h>

#include "command/drafts.h"
#include "command/project.h"
#include "command/view.h"
#include "ddltap/buffer.h"
#include "journal/journal.h"
#include "schema/change.h"
#include "schema/net.h"

/* Valid while the function runs that it is given to. */
struct card {
    const struct project *project;
    const struct drafts *drafts;
    struct view view;
    const struct journal_change *change;
    const struct journal_session *session;
    struct change described; /* the change alone */
    const struct net *net;   /* NULL: it stands for itself */
};

/* Call write with the card of a change. drafts: the pending ones, and what is squashed. ERROR_NOT_FOUND: there
 * is no such change. */
must_check enum error card_read(const struct project *project, struct journal *journal,
                                const struct drafts *drafts, int64_t id,
                                void (*write)(void *argument, const struct card *card),
                                void *argument, struct problem *problem);

void card_write_head(const struct card *card, struct buffer *out);
void card_write_lines(const struct card *card, struct buffer *out);
void card_write_draft(const struct card *card, struct buffer *out);
void card_write_images(const struct card *card, struct buffer *out);

/* The draft as ddltap would write it without what the file or the journal says otherwise. */
void card_compose(const struct card *card, struct buffer *out);

/* The version of the server, without what MariaDB puts before it for old replicas. */
const char *card_server_version(const struct journal_session *session);

/* A draft of somebody else: head and sections. */
void card_write_foreign(const struct draft *draft, struct buffer *out);

#endif
