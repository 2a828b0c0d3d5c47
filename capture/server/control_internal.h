/* control_internal: what the files share that ask over the control connection. See control.h. */
#ifndef DDLTAP_SERVER_CONTROL_INTERNAL_H
#define DDLTAP_SERVER_CONTROL_INTERNAL_H

#include <time.h>

#include <mysql.h>

#include "ddltap/buffer.h"
#include "server/control.h"
#include "sql/dialect.h"

struct control {
    struct control_target target; /* texts owned */
    MYSQL *handle;                /* NULL: lost, to be made anew */
    time_t used;                  /* when it last answered (monotonic seconds) */
    char *schema;                 /* the default database; NULL: none */
    struct dialect dialect;
    char *version_text;
    bool names_nocase;
    char identity[101];
    char *own_user;        /* whose threads it sees in any case */
    bool sees_all_threads; /* PROCESS */
    bool many;             /* it takes several statements in one text now */
};

/* Before each question: is the connection still there? Made anew if not. */
must_check enum error control_ready(struct control *control, struct problem *problem);

/* Run text. *result is NULL for a statement without rows and for a refused one; error_code says
 * which. An error is a lost connection only. */
must_check enum error control_ask(struct control *control, struct slice text, MYSQL_RES **result,
                                  unsigned *error_code, struct problem *problem);
/* After mysql_real_query or mysql_next_result: ERROR_SERVER if the connection is gone. */
must_check enum error control_check_lost(struct control *control, unsigned error_code,
                                         struct problem *problem);

/* Several statements in one text: it shall (true when it does then), or shall not any more. */
bool control_many(struct control *control, bool many);

/* Questions that are sent together: one way there and back for all of them, unless one fails. A failed one
 * is told, and those behind it are sent anew. */
struct control_question {
    struct buffer text; /* one statement, without ';' */
    /* result is NULL for a statement without rows and for a refused one, and belongs to the asker. */
    void (*take)(struct control *control, void *argument, MYSQL_RES *result, unsigned error_code);
    void *argument;
    /* Of the same object as the question before it: left out where the server says that there is none. */
    bool of_previous;
    /* Not worth a text of its own: left out, with those behind it, where a question before it failed. */
    bool spare;
};
struct control_questions {
    struct control_question *questions;
    size_t count;
};
/* Write the question's text to what is returned, before the next one is added. */
struct buffer *control_question_add(struct control_questions *questions,
                                    void (*take)(struct control *control, void *argument,
                                                 MYSQL_RES *result, unsigned error_code),
                                    void *argument);
/* Ask, and empty the list in any case; what is left out is not told. ERROR_SERVER: the connection is lost, not all were
 * told. */
must_check enum error control_questions_ask(struct control *control,
                                            struct control_questions *questions,
                                            struct problem *problem);

void control_questions_forget(struct control_questions *questions);

/* Make schema the default database; error_code is the server's when it will not. */
must_check enum error control_use(struct control *control, const char *schema, unsigned *error_code,
                                  struct problem *problem);

/* A value of the current row; none for NULL. */
struct slice control_cell(MYSQL_RES *result, MYSQL_ROW row, unsigned column);

/* Take state, text and context from the answer to SHOW CREATE. */
void control_fill(const struct control *control, MYSQL_RES *result, struct control_image *image);

/* A name as a literal in the character set of names. A text that cannot be one (characters beyond
 * U+FFFF, broken UTF-8) gets a '?' there, as MySQL itself has it; MariaDB would refuse to compare it
 * as it is. */
void control_append_name(struct control *control, const char *text, struct buffer *out);

#endif
