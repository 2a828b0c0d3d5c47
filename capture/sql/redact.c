/* redact: literals that are secrets, or may be, go; all other bytes stay.
 *
 *     ALTER TABLE t CONNECTION='mysql://u:pw@h/d/t'      ->  '...//u:<redacted>@h/d/t'
 *     CREATE USER a IDENTIFIED BY 'pw'  (ACCOUNT: all)   ->  CREATE USER a IDENTIFIED BY
 * '<redacted>' PREPARE s FROM 'CREATE USER a IDENTIFIED BY ..'    ->  PREPARE s FROM '<redacted>'
 *
 * Where it is not sure it redacts: a text that lost a harmless literal is only less readable.
 */
#include "sql/redact.h"

#include <stdlib.h>
#include <string.h>

#include "sql/lexer.h"
#include "sql/splitter.h"
#include "sql/statement.h"

struct pass {
    struct lexer lexer;
    struct buffer *out;
    size_t copied;
    bool account;    /* the whole statement is about accounts */
    bool identified; /* behind IDENTIFIED, or SET PASSWORD: until the clause ends */
    unsigned parens; /* open since PASSWORD( */
    bool replaced;
    struct token previous[2];
};

static void copy_to(struct pass *pass, size_t offset)
{
    if (offset > pass->copied)
        buffer_append(pass->out, pass->lexer.text.ptr + pass->copied, offset - pass->copied);
    pass->copied = offset;
}

static void replace(struct pass *pass, const struct token *token, const char *replacement)
{
    copy_to(pass, (size_t)(token->text.ptr - pass->lexer.text.ptr));
    buffer_append_text(pass->out, replacement);
    pass->copied = pass->lexer.offset;
    pass->replaced = true;
}

/* --- secrets inside of literals -----------------------------------------------------------------
 */

static bool starts_nocase(struct slice text, size_t at, const char *word)
{
    size_t length = strlen(word);
    return text.len - at >= length &&
           slice_equal_nocase(slice_make(text.ptr + at, length), slice_from(word));
}

static bool contains_nocase(struct slice text, const char *word)
{
    for (size_t at = 0; at < text.len; at++) {
        if (starts_nocase(text, at, word))
            return true;
    }
    return false;
}

/* A literal that is, or becomes, an account statement. */
static bool holds_account_statement(struct slice text)
{
    return contains_nocase(text, "identified") || contains_nocase(text, "set password") ||
           contains_nocase(text, "master_password") || contains_nocase(text, "source_password");
}

struct range {
    size_t start, end;
};

/* scheme://user:password@host: where the password stands. */
static bool find_url_password(struct slice text, struct range *range)
{
    const char *mark = memmem(text.ptr, text.len, "://", 3);
    if (mark == NULL)
        return false;
    size_t start = (size_t)(mark - text.ptr) + 3;
    const char *at = memrchr(text.ptr + start, '@', text.len - start);
    if (at == NULL)
        return false;
    const char *colon = memchr(text.ptr + start, ':', (size_t)(at - text.ptr) - start);
    if (colon == NULL || colon + 1 == at)
        return false;
    *range = (struct range){(size_t)(colon - text.ptr) + 1, (size_t)(at - text.ptr)};
    return true;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* password=x, password "x", pwd=x of connection texts and option lists: where x stands. */
static bool find_word_password(struct slice text, struct range *range)
{
    for (size_t at = 0; at < text.len; at++) {
        bool found = starts_nocase(text, at, "password") || starts_nocase(text, at, "pwd");
        if (!found || (at > 0 && is_word_byte(text.ptr[at - 1])))
            continue;
        size_t start = at;
        while (start < text.len && is_word_byte(text.ptr[start]))
            start++;
        size_t word = start;
        while (start < text.len && memchr(" =:\"'\\", text.ptr[start], 6) != NULL)
            start++;
        size_t end = start;
        while (end < text.len && memchr(" ,;&\"'\\", text.ptr[end], 7) == NULL)
            end++;
        if (start == word || end == start)
            continue;
        *range = (struct range){start, end};
        return true;
    }
    return false;
}

/* Take the passwords out of a literal that describes a connection. */
static void redact_connection(struct pass *pass, const struct token *token)
{
    struct slice text = token->text;
    size_t start = (size_t)(text.ptr - pass->lexer.text.ptr);
    struct range range;
    while (text.len > 0 && (find_url_password(text, &range) || find_word_password(text, &range))) {
        copy_to(pass, start + range.start);
        buffer_append_text(pass->out, REDACT_PLACEHOLDER);
        pass->copied = start + range.end;
        pass->replaced = true;
        start += range.end;
        text = slice_from_offset(text, range.end);
    }
}

/* --- secrets by their place ---------------------------------------------------------------------
 */

static bool is_one_of(const struct token *token, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(token, *words))
            return true;
    }
    return false;
}

/* The word that a literal belongs to: before it, or before the '=' before it. */
static const struct token *option_of(const struct pass *pass)
{
    return token_is_symbol(&pass->previous[0], '=') ? &pass->previous[1] : &pass->previous[0];
}

static bool is_secret_option(const struct pass *pass)
{
    static const char *const options[] = {
        "MASTER_PASSWORD", "SOURCE_PASSWORD", "MASTER_USER",    "SOURCE_USER",
        "S3_ACCESS_KEY",   "S3_SECRET_KEY",   "ENCRYPTION_KEY", NULL};
    /* PASSWORD 'x' of CREATE SERVER; password = 'x' may be a column */
    return is_one_of(option_of(pass), options) || token_is(&pass->previous[0], "PASSWORD");
}

static bool is_connection_option(const struct pass *pass)
{
    static const char *const options[] = {"CONNECTION", "OPTION_LIST",     "TABLE_LIST",
                                          "SRCDEF",     "REMOTE_PASSWORD", NULL};
    return is_one_of(option_of(pass), options);
}

/* Spider: COMMENT='user "a", password "b"'. Other comments may say password as they like. */
static bool is_spider_comment(const struct pass *pass, const struct token *token)
{
    return token_is(option_of(pass), "COMMENT") && (contains_nocase(token->text, "password \"") ||
                                                    contains_nocase(token->text, "password ''") ||
                                                    contains_nocase(token->text, "password \\'"));
}

static void pass_literal(struct pass *pass, const struct token *token)
{
    bool number = token->kind == TOKEN_NUMBER;
    bool hex = number && token->text.len > 2 && (token->text.ptr[1] | 0x20) == 'x';
    bool quoted = token->kind == TOKEN_QUOTED;
    bool secret = pass->identified || pass->parens > 0;

    if (quoted || number) {
        /* a "password" under ANSI_QUOTES, a hash in hexadecimal digits */
        bool after = token_is(&pass->previous[0], "BY") || token_is(&pass->previous[0], "AS");
        if ((hex && (secret || pass->account)) ||
            (quoted && secret && after && token->text.ptr[0] == '"'))
            replace(pass, token, "'" REDACT_PLACEHOLDER "'");
        return;
    }
    if (pass->account || secret || is_secret_option(pass) || holds_account_statement(token->text))
        replace(pass, token, "'" REDACT_PLACEHOLDER "'");
    else if (is_connection_option(pass) || is_spider_comment(pass, token))
        redact_connection(pass, token);
}

/* SET PASSWORD at the start of a statement; elsewhere password is a column. */
static bool sets_password(const struct pass *pass, const struct token *token)
{
    static const char *const before[] = {"BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", NULL};
    const struct token *second = &pass->previous[1];
    return token_is(token, "PASSWORD") && token_is(&pass->previous[0], "SET") &&
           (second->kind == TOKEN_END || token_is_symbol(second, ';') || is_one_of(second, before));
}

static void pass_word_or_symbol(struct pass *pass, const struct token *token)
{
    static const char *const functions[] = {"PASSWORD", "OLD_PASSWORD", NULL};
    static const char *const ends[] = {"REQUIRE", "WITH", NULL};

    if (token_is(token, "IDENTIFIED") || sets_password(pass, token)) {
        pass->identified = true;
    } else if (token_is_symbol(token, ';') ||
               (is_one_of(token, ends) && !token_is(&pass->previous[0], "IDENTIFIED"))) {
        pass->identified = false;
        pass->parens = 0;
    } else if (token_is_symbol(token, '(') &&
               (pass->parens > 0 || is_one_of(&pass->previous[0], functions))) {
        pass->parens++;
    } else if (token_is_symbol(token, ')') && pass->parens > 0) {
        pass->parens--;
    }
}

static void pass_token(struct pass *pass, const struct token *token)
{
    switch (token->kind) {
    case TOKEN_COMMENT:
        if (pass->account || holds_account_statement(token->text))
            replace(pass, token, "/* " REDACT_PLACEHOLDER " */");
        return;
    case TOKEN_COMMENT_OPEN:
    case TOKEN_COMMENT_CLOSE:
        return;
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_QUOTED:
        pass_literal(pass, token);
        break;
    case TOKEN_VARIABLE:
        if (pass->account && memchr("'\"", token->text.ptr[1], 2) != NULL)
            replace(pass, token, "@'" REDACT_PLACEHOLDER "'");
        break;
    default:
        pass_word_or_symbol(pass, token);
        break;
    }
    pass->previous[1] = pass->previous[0];
    pass->previous[0] = *token;
}

static bool redact_statement(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct statement statement;
    struct token token = {TOKEN_END, {"", 0}};
    struct pass pass = {.out = out, .previous = {token, token}};

    statement_read(text, dialect, &statement);
    pass.account = statement.kind == STATEMENT_ACCOUNT;
    if (statement.inner_text != NULL) {
        struct statement inner;
        statement_read(slice_from(statement.inner_text), dialect, &inner);
        pass.account = pass.account || inner.kind == STATEMENT_ACCOUNT;
        statement_release(&inner);
    }
    statement_release(&statement);

    lexer_init(&pass.lexer, text, dialect);
    while (lexer_next_raw(&pass.lexer, &token))
        pass_token(&pass, &token);
    copy_to(&pass, pass.lexer.text.len);
    return pass.replaced;
}

bool redact_write(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct splitter splitter;
    struct slice piece;
    const char *written = text.ptr;
    bool replaced = false;
    splitter_init(&splitter, text, dialect);
    while (splitter_next(&splitter, &piece)) {
        buffer_append(out, written, (size_t)(piece.ptr - written)); /* the ';' between */
        replaced |= redact_statement(piece, dialect, out);
        written = piece.ptr + piece.len;
    }
    if (text.len > 0)
        buffer_append(out, written, (size_t)(text.ptr + text.len - written));
    return replaced;
}
