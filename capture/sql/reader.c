/* reader: small steps over tokens. */
#include "sql/reader.h"

void reader_init(struct reader *reader, struct slice text, const struct dialect *dialect)
{
    lexer_init(&reader->lexer, text, dialect);
    reader_next(reader);
}

void reader_next(struct reader *reader)
{
    (void)lexer_next(&reader->lexer, &reader->token);
}

struct token reader_peek(const struct reader *reader)
{
    struct lexer lexer = reader->lexer;
    struct token token;
    (void)lexer_next(&lexer, &token);
    return token;
}

bool reader_is(const struct reader *reader, const char *word)
{
    return token_is(&reader->token, word);
}

bool reader_is_symbol(const struct reader *reader, char symbol)
{
    return token_is_symbol(&reader->token, symbol);
}

bool reader_at_end(const struct reader *reader)
{
    return reader->token.kind == TOKEN_END || reader_is_symbol(reader, ';');
}

bool reader_accept(struct reader *reader, const char *word)
{
    if (!reader_is(reader, word))
        return false;
    reader_next(reader);
    return true;
}

bool reader_accept_symbol(struct reader *reader, char symbol)
{
    if (!reader_is_symbol(reader, symbol))
        return false;
    reader_next(reader);
    return true;
}

bool reader_accept_any(struct reader *reader, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (reader_accept(reader, *words))
            return true;
    }
    return false;
}

void reader_skip_account(struct reader *reader)
{
    reader_next(reader);
    if (reader_is_symbol(reader, '(')) { /* CURRENT_USER() */
        reader_skip_parentheses(reader);
    } else if (reader->token.kind == TOKEN_VARIABLE) {
        reader_next(reader);
    } else if (reader_accept_symbol(reader, '@')) { /* the host stands apart */
        reader_next(reader);
    }
}

void reader_skip_parentheses(struct reader *reader)
{
    unsigned depth = 0;
    while (!reader_at_end(reader)) {
        if (reader_is_symbol(reader, '('))
            depth++;
        if (reader_is_symbol(reader, ')'))
            depth--;
        reader_next(reader);
        if (depth == 0)
            return;
    }
}
