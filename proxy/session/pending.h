/* pending: the commands of one session that the server has yet to answer, oldest first.
 *
 *     client --> [c3][c2][c1] --> server       push when a command is forwarded
 *                          ^ pending_first     pop when its last answer has passed
 *
 * Clients pipeline: even those that do not mean to put a COM_STMT_CLOSE and a COM_QUERY in one write.
 */
#ifndef DDLTAP_SESSION_PENDING_H
#define DDLTAP_SESSION_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/result.h"

/* A client that sends this many commands ahead waits until some are answered. */
#define PENDING_MAX 1024
/* And one that prepares texts ahead which the tap wants, when they are so many bytes. */
#define PENDING_TEXT_MAX (4u << 20)
#define PENDING_INLINE 2

struct pending {
    struct result result; /* follows its answer */
    uint8_t code;         /* enum command_code */
    bool tapped;          /* its outcomes go to the tap */
    bool released;        /* the tap has let its held answer go */
    bool question;        /* it is ours: the answer does not go to the client */
    unsigned answers;     /* statements answered so far */
    unsigned told;        /* outcomes that the tap knows */
    bool last_told;       /* and the last of them was the last of all */
    char *prepare_text; /* COM_STMT_PREPARE of a text that the tap wants to see executed; owned, */
    size_t prepare_len; /* set by pending_keep_text */
};

struct pending_queue {
    struct pending few[PENDING_INLINE];
    struct pending *many; /* NULL: in `few` */
    size_t capacity, first, count;
    size_t text_len; /* of all prepare_texts */
};

void pending_init(struct pending_queue *queue);
void pending_release(struct pending_queue *queue);

bool pending_full(const struct pending_queue *queue);
/* A new zeroed last entry. The queue must not be full. Valid until the next push. */
struct pending *pending_push(struct pending_queue *queue);
/* Takes text, of len bytes, for an entry; and away from the oldest (NULL: it has none). */
void pending_keep_text(struct pending_queue *queue, struct pending *pending, char *text,
                       size_t len);
char *pending_take_text(struct pending_queue *queue);
/* The oldest, or NULL. */
struct pending *pending_first(struct pending_queue *queue);
void pending_pop(struct pending_queue *queue);

#endif
