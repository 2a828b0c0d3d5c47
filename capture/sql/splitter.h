/* splitter: a text of several statements, one after the other, as the server would cut it.
 *
 *     struct splitter splitter;
 *     splitter_init(&splitter, text, &dialect);
 *     while (splitter_next(&splitter, &statement_text)) ...
 *
 * Knows comments, strings, quoted names, executable comments and compound bodies (BEGIN ... END,
 * IF, CASE, LOOP, REPEAT, WHILE, ORACLE mode bodies and packages), so that a ';' inside a body does
 * not cut. Pieces are slices of text without the ';'. Pieces of blanks or comments are delivered too,
 * because the servers answer them: comments alone with an OK, a blank piece before a ';' with an ERR;
 * only blanks after the last ';' (STATEMENT_EMPTY) get none. No allocation.
 */
#ifndef DDLTAP_SQL_SPLITTER_H
#define DDLTAP_SQL_SPLITTER_H

#include <stdbool.h>

#include "ddltap/slice.h"
#include "sql/dialect.h"

struct splitter {
    struct slice rest;
    const struct dialect *dialect;
};

void splitter_init(struct splitter *splitter, struct slice text, const struct dialect *dialect);
bool splitter_next(struct splitter *splitter, struct slice *statement);

#endif
