/* reader: a lexer with its current token in the hand, for reading a statement from left to right.
 *
 *     reader_init(&reader, text, &dialect);           the first token is current
 *     if (reader_accept(&reader, "CREATE")) ...       true: it was, and the next one is current
 *
 * A plain value; copy it to look ahead. At the end the current token is TOKEN_END for ever.
 */
#ifndef DDLTAP_SQL_READER_H
#define DDLTAP_SQL_READER_H

#include <stdbool.h>

#include "sql/lexer.h"

struct reader {
    struct lexer lexer;
    struct token token;
};

void reader_init(struct reader *reader, struct slice text, const struct dialect *dialect);
void reader_next(struct reader *reader);
/* The token after the current one. */
struct token reader_peek(const struct reader *reader);

bool reader_is(const struct reader *reader, const char *word);
bool reader_is_symbol(const struct reader *reader, char symbol);
bool reader_at_end(const struct reader *reader); /* the end, or a ';' */

bool reader_accept(struct reader *reader, const char *word);
bool reader_accept_symbol(struct reader *reader, char symbol);
/* One of a NULL-terminated list. */
bool reader_accept_any(struct reader *reader, const char *const *words);

/* Pass an account name: a@b, 'a'@'b', CURRENT_USER(), a role. */
void reader_skip_account(struct reader *reader);
/* Pass what stands in parentheses, when '(' is current. */
void reader_skip_parentheses(struct reader *reader);

#endif
