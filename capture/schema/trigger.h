/* trigger: a printed trigger, cut where its table and its place among others stand.
 *
 *     CREATE DEFINER=`u`@`h` TRIGGER `t` BEFORE INSERT ON `users` FOR EACH ROW SET NEW.a = 1
 *                                        ^timing ^event  ^table               ^body
 *
 * MySQL prints these words in its own way, MariaDB as they were typed (comments and case too). The
 * place (FOLLOWS, PRECEDES) is never printed: the order in which triggers are listed tells it.
 */
#ifndef DDLTAP_SCHEMA_TRIGGER_H
#define DDLTAP_SCHEMA_TRIGGER_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"

struct trigger {
    struct slice text;
    struct slice definer; /* "DEFINER=`u`@`h`"; none */
    struct slice name;    /* the token of its own name, without its schema */
    struct slice timing;  /* "BEFORE", "after" */
    struct slice event;   /* "INSERT" */
    struct slice columns; /* "OF a, b" behind UPDATE (MariaDB 11.8); none */
    struct slice on;      /* from ON to the end of the table's name */
    struct slice table;   /* the token of the name, without its schema */
    struct slice body;    /* all behind FOR EACH ROW */
};

/* false: text is not understood; nothing but the clauses above, blanks and comments is. */
bool trigger_read(struct slice text, const struct dialect *dialect, struct trigger *trigger);

/* Append the bare name of its table. */
void trigger_table_name(const struct trigger *trigger, const struct dialect *dialect,
                        struct buffer *out);

/* Append the text as the server prints it once the table has got the name (quoted) `table`. */
void trigger_write_moved(const struct trigger *trigger, struct slice table, struct buffer *out);

/* Append the text with a place: words is "FOLLOWS" or "PRECEDES", other a quoted name. */
void trigger_write_placed(const struct trigger *trigger, const char *words, struct slice other,
                          struct buffer *out);

#endif
