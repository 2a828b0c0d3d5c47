/* prepared: the prepared statements of a session whose execution the tap wants to see.
 *
 * The text of a DDL is only in COM_STMT_PREPARE, its success only in COM_STMT_EXECUTE; this keeps the
 * text between the two. Other prepared statements are not kept at all.
 */
#ifndef DDLTAP_SESSION_PREPARED_H
#define DDLTAP_SESSION_PREPARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "ddltap/slice.h"

/* More DDL texts than this prepared and not closed, or more bytes of them: the oldest are forgotten. */
#define PREPARED_MAX 64
#define PREPARED_TEXT_MAX (16u << 20)

struct prepared {
    uint32_t statement_id;
    char *text;
    size_t text_len; /* a text may hold NULs */
    struct prepared *next;
};

struct prepared_list {
    struct prepared *first; /* newest first */
    size_t count;
    size_t text_len; /* of all texts */
};

/* Takes text, of len bytes. false: an older one was forgotten for it. */
must_check bool prepared_put(struct prepared_list *list, uint32_t statement_id, char *text,
                             size_t len);
/* None: not one that the tap wants to see. */
struct slice prepared_text(const struct prepared_list *list, uint32_t statement_id);
void prepared_remove(struct prepared_list *list, uint32_t statement_id);
void prepared_clear(struct prepared_list *list);

#endif
