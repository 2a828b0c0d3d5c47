/* block: where statements begin and end inside stored programs and compound statements.
 *
 *     CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; END ; SELECT 2
 *                          +1    +1        ^start  ^  -1      -1 ^ends
 *
 * Fed with the tokens of a text one by one, it follows BEGIN, IF, CASE, LOOP, WHILE, REPEAT and FOR
 * with their ENDs, CASE expressions, labels, handlers, ORACLE mode declarations and packages. It is
 * no grammar: words that may also be names (END, BEGIN) count only where a statement may stand.
 */
#ifndef DDLTAP_SQL_BLOCK_H
#define DDLTAP_SQL_BLOCK_H

#include <stdbool.h>

#include "sql/dialect.h"
#include "sql/lexer.h"

#define BLOCK_DEPTH_KNOWN 128 /* deeper blocks are counted, their kind is forgotten */

struct block {
    const struct dialect *dialect;
    unsigned char kinds[BLOCK_DEPTH_KNOWN];
    unsigned depth;      /* open blocks and CASE expressions */
    unsigned parens;     /* open parentheses */
    unsigned char phase; /* which part of a statement comes */
    bool in_body;        /* a routine, trigger or event header has been passed */
    bool expect_start;   /* the next token begins a statement */
    bool label_possible; /* the last token may have been a label */
    bool in_declare;
    bool in_loop_head; /* between WHILE or FOR and its DO or LOOP */
    bool in_until;
    bool parameters_seen;
    struct token previous;
    bool at_start; /* result: the token just fed begins a statement */
};

void block_init(struct block *block, const struct dialect *dialect);
void block_feed(struct block *block, const struct token *token);
/* Would this token, not fed yet, end the whole statement? */
bool block_ends_at(const struct block *block, const struct token *token);

#endif
