/* lexer: the tokens of an SQL text, as the server would see them.
 *
 *     struct lexer lexer;
 *     struct token token;
 *     lexer_init(&lexer, text, &dialect);
 *     while (lexer_next(&lexer, &token)) ...
 *
 *     ALTER   TABLE   `a b` .  c1     COMMENT  'it''s'
 *     WORD    WORD    QUOTED . WORD   WORD     STRING
 *
 * An executable comment is code when the server would run it: its opening mark and version (5
 * digits, or 6) come as TOKEN_COMMENT_OPEN, its end as TOKEN_COMMENT_CLOSE, what stands between as
 * ordinary tokens. One that the server would skip is a plain comment. What is not terminated ends
 * where the text ends. Nothing is allocated; a lexer is a plain value, copy it to look ahead.
 *
 * The rules are those of the servers, checked against MariaDB 10.11 and MySQL 9.7:
 *   - MariaDB skips versions 50700 to 99999 unless the comment has the M mark; MySQL takes the M
 * mark for a plain comment;
 *   - MySQL reads 6 digits only where a blank follows them, MariaDB always;
 *   - a comment inside a skipped executable comment nests one level, plain comments do not nest;
 *   - "--" begins a comment only before a blank or control byte, or at the end;
 *   - MySQL 9 knows $tag$ texts $tag$.
 */
#ifndef DDLTAP_SQL_LEXER_H
#define DDLTAP_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,     /* keyword or bare name */
    TOKEN_QUOTED,   /* `name`, and "name" under ANSI_QUOTES; text has the quotes */
    TOKEN_STRING,   /* '..', "..", N'..', $tag$..$tag$; text has quotes and prefix */
    TOKEN_NUMBER,   /* 1, 1.5e3, 0x1F, x'1F', b'01' */
    TOKEN_VARIABLE, /* @a, @`a`, @@a; also the host part of an account name */
    TOKEN_SYMBOL,   /* any other single byte */
    TOKEN_COMMENT,  /* lexer_next_raw only, as the next two */
    TOKEN_COMMENT_OPEN,
    TOKEN_COMMENT_CLOSE,
};

struct token {
    enum token_kind kind;
    struct slice text; /* part of the lexer's text; empty at TOKEN_END */
};

struct lexer {
    struct slice text;
    size_t offset; /* of the first byte not yet read */
    const struct dialect *dialect;
    bool in_comment;   /* inside an executable comment that runs */
    struct token last; /* the last token that was no comment */
};

/* text and dialect must outlive the lexer. */
void lexer_init(struct lexer *lexer, struct slice text, const struct dialect *dialect);

/* The next token that means something; false (and TOKEN_END) at the end. */
bool lexer_next(struct lexer *lexer, struct token *token);
/* The next token, comments and marks of executable comments too. Blanks are never tokens. */
bool lexer_next_raw(struct lexer *lexer, struct token *token);

/* Is it this keyword? A quoted name is no keyword. */
bool token_is(const struct token *token, const char *word);
bool token_is_symbol(const struct token *token, char symbol);
/* Can it be a name (bare or quoted)? */
bool token_is_name(const struct token *token);

/* Append what a name or a string means: quotes off, doubled quotes and escapes resolved. */
void token_unquote(const struct token *token, const struct dialect *dialect, struct buffer *out);
/* The same as a new text; owner: the caller, free(). */
char *token_name(const struct token *token, const struct dialect *dialect);

#endif
