/* lexer: one pass over the bytes, one token at a time, in the servers' own order of rules.
 *
 *     blanks -> comment? -> executable comment's mark? -> quote -> variable -> number -> word
 *
 * Multi-byte character sets matter wherever a second byte may look like a quote, a backslash or a
 * letter: in strings, quoted names and bare names. Comments are read as bytes, as the servers do.
 */
#include "sql/lexer.h"

#include <assert.h>
#include <string.h>

static const struct slice no_text = {"", 0};

void lexer_init(struct lexer *lexer, struct slice text, const struct dialect *dialect)
{
    assert(dialect != NULL);
    *lexer = (struct lexer){
        .text = slice_is_none(text) ? no_text : text,
        .dialect = dialect,
        .last = {TOKEN_END, no_text},
    };
}

/* The byte at offset, or NUL beyond the end: as the servers see it. */
static unsigned char byte_at(const struct lexer *lexer, size_t offset)
{
    return offset < lexer->text.len ? (unsigned char)lexer->text.ptr[offset] : 0;
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_blank_or_control(unsigned char c)
{
    return c <= ' ' || c == 0x7F;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex_digit(unsigned char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '$' || c >= 0x80;
}

static bool in_range(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

static size_t gb18030_length(unsigned char first, const unsigned char *next, size_t left)
{
    if (!in_range(first, 0x81, 0xFE) || left < 1)
        return 1;
    if (in_range(next[0], 0x40, 0x7E) || in_range(next[0], 0x80, 0xFE))
        return 2;
    bool four = left >= 3 && in_range(next[0], 0x30, 0x39) && in_range(next[1], 0x81, 0xFE) &&
                in_range(next[2], 0x30, 0x39);
    return four ? 4 : 1;
}

/* Length in bytes of the character at `at` (at < text.len): 1 where it is single or broken. */
static size_t character_length(struct slice text, size_t at, enum dialect_charset charset)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr + at;
    unsigned char first = bytes[0];
    size_t left = text.len - at - 1;
    unsigned char second = left > 0 ? bytes[1] : 0;
    bool two = false;

    if (first < 0x80)
        return 1;
    switch (charset) {
    case DIALECT_CHARSET_SINGLE:
        break;
    case DIALECT_CHARSET_GBK:
        two = in_range(first, 0x81, 0xFE) &&
              (in_range(second, 0x40, 0x7E) || in_range(second, 0x80, 0xFE));
        break;
    case DIALECT_CHARSET_BIG5:
        two = in_range(first, 0xA1, 0xF9) &&
              (in_range(second, 0x40, 0x7E) || in_range(second, 0xA1, 0xFE));
        break;
    case DIALECT_CHARSET_SJIS:
        two = (in_range(first, 0x81, 0x9F) || in_range(first, 0xE0, 0xFC)) &&
              (in_range(second, 0x40, 0x7E) || in_range(second, 0x80, 0xFC));
        break;
    case DIALECT_CHARSET_GB18030:
        return gb18030_length(first, bytes + 1, left);
    }
    return two ? 2 : 1;
}

static inline size_t character_at(const struct lexer *lexer, size_t at)
{
    if ((unsigned char)lexer->text.ptr[at] < 0x80)
        return 1; /* nearly all of a long text */
    return character_length(lexer->text, at, lexer->dialect->charset);
}

/* 0xA0 is a blank in latin1 and its kin; in UTF-8 it is never alone between ASCII bytes. */
static bool is_no_break_space(const struct lexer *lexer, size_t at)
{
    return byte_at(lexer, at) == 0xA0 && lexer->dialect->charset == DIALECT_CHARSET_SINGLE &&
           (at == 0 || byte_at(lexer, at - 1) < 0x80) && byte_at(lexer, at + 1) < 0x80;
}

static size_t word_end(const struct lexer *lexer, size_t at)
{
    while (at < lexer->text.len && is_word_byte(byte_at(lexer, at)) &&
           !is_no_break_space(lexer, at))
        at += character_at(lexer, at);
    return at;
}

/* at stands on the opening quote; the offset behind the closing one, or the end of the text. */
static size_t quoted_end(const struct lexer *lexer, size_t at, bool escapes)
{
    char quote = lexer->text.ptr[at++];
    while (at < lexer->text.len) {
        char c = lexer->text.ptr[at];
        if (c == quote) {
            if (byte_at(lexer, at + 1) != (unsigned char)quote || at + 1 >= lexer->text.len)
                return at + 1;
            at += 2;
        } else if (c == '\\' && escapes) {
            at += 2; /* one byte, even if it begins a longer character: so do the servers */
        } else {
            at += character_at(lexer, at);
        }
    }
    return lexer->text.len;
}

static bool starts_at(const struct lexer *lexer, size_t at, const char *word)
{
    size_t len = strlen(word);
    return at + len <= lexer->text.len && memcmp(lexer->text.ptr + at, word, len) == 0;
}

/* at stands behind the opening mark; the offset behind the closing one. depth: how deep a comment
 * may stand inside. */
static size_t comment_end(const struct lexer *lexer, size_t at, unsigned depth)
{
    unsigned inside = 0;
    for (; at < lexer->text.len; at++) {
        if (lexer->text.ptr[at] != '*' && lexer->text.ptr[at] != '/')
            continue;
        if (inside < depth && starts_at(lexer, at, "/*")) {
            inside++;
            at++;
        } else if (starts_at(lexer, at, "*/")) {
            if (inside == 0)
                return at + 2;
            inside--;
            at++;
        }
    }
    return lexer->text.len;
}

static size_t line_end(const struct lexer *lexer, size_t at)
{
    while (at < lexer->text.len && lexer->text.ptr[at] != '\n' && lexer->text.ptr[at] != '\0')
        at++;
    return at;
}

/* How many digits of a version stand at `at`: 0, 5 or 6. */
static size_t version_digits(const struct lexer *lexer, size_t at)
{
    const struct dialect *dialect = lexer->dialect;
    size_t digits = 0;
    while (digits < 6 && is_digit(byte_at(lexer, at + digits)))
        digits++;
    if (digits < 5)
        return 0;
    if (digits == 6 && !dialect->mariadb)
        return dialect->version >= 80100 && is_blank(byte_at(lexer, at + 6)) ? 6 : 5;
    return digits;
}

static bool version_runs(const struct dialect *dialect, uint32_t version, bool maria_mark)
{
    if (dialect->mariadb && !maria_mark && version >= 50700 && version <= 99999)
        return false;
    return dialect->version == 0 || version <= dialect->version;
}

/* A comment that begins with its mark at `at`: sets kind, gives the offset behind it. */
static size_t block_comment_end(struct lexer *lexer, size_t at, enum token_kind *kind)
{
    bool maria_mark = lexer->dialect->mariadb && starts_at(lexer, at, "/*M!");
    *kind = TOKEN_COMMENT;
    if (!maria_mark && !starts_at(lexer, at, "/*!"))
        return comment_end(lexer, at + 2, 0);

    size_t content = at + (maria_mark ? 4 : 3);
    size_t digits = version_digits(lexer, content);
    uint32_t version = 0;
    for (size_t i = 0; i < digits; i++)
        version = version * 10 + (uint32_t)(byte_at(lexer, content + i) - '0');
    if (digits > 0 && !version_runs(lexer->dialect, version, maria_mark))
        return comment_end(lexer, content, 1);

    *kind = TOKEN_COMMENT_OPEN;
    lexer->in_comment = true;
    return content + digits;
}

/* MySQL 9: the offset behind $tag$ ... $tag$ that begins at `at`, or 0 when there is none. */
static size_t dollar_text_end(const struct lexer *lexer, size_t at)
{
    if (lexer->dialect->mariadb || lexer->dialect->version < 90000)
        return 0;
    size_t tag = at + 1;
    while (tag < lexer->text.len && is_word_byte(byte_at(lexer, tag)) &&
           lexer->text.ptr[tag] != '$')
        tag += character_at(lexer, tag);
    if (tag >= lexer->text.len || lexer->text.ptr[tag] != '$')
        return 0;
    size_t length = tag + 1 - at;
    const char *end =
        memmem(lexer->text.ptr + tag + 1, lexer->text.len - tag - 1, lexer->text.ptr + at, length);
    return end == NULL ? 0 : (size_t)(end - lexer->text.ptr) + length;
}

/* x'1F' or b'01' at `at`: the offset behind it, or 0. */
static size_t bit_literal_end(const struct lexer *lexer, size_t at)
{
    unsigned char prefix = byte_at(lexer, at) | 0x20;
    size_t end = at + 2;
    if ((prefix != 'x' && prefix != 'b') || byte_at(lexer, at + 1) != '\'')
        return 0;
    while (prefix == 'x' ? is_hex_digit(byte_at(lexer, end)) : (byte_at(lexer, end) | 1) == '1')
        end++;
    return byte_at(lexer, end) == '\'' ? end + 1 : 0;
}

static size_t digits_end(const struct lexer *lexer, size_t at)
{
    while (is_digit(byte_at(lexer, at)))
        at++;
    return at;
}

/* An exponent at `at`, if it is one: the offset behind it. */
static size_t exponent_end(const struct lexer *lexer, size_t at)
{
    if ((byte_at(lexer, at) | 0x20) != 'e')
        return at;
    unsigned char sign = byte_at(lexer, at + 1);
    size_t digits = at + (sign == '+' || sign == '-' ? 2 : 1);
    return is_digit(byte_at(lexer, digits)) ? digits_end(lexer, digits) : at;
}

static bool is_prefixed_number(const struct lexer *lexer, size_t at, size_t end)
{
    unsigned char mark = byte_at(lexer, at + 1);
    if (byte_at(lexer, at) != '0' || end - at < 3 || (mark != 'x' && mark != 'b'))
        return false;
    for (size_t i = at + 2; i < end; i++) {
        unsigned char c = byte_at(lexer, i);
        if (mark == 'x' ? !is_hex_digit(c) : c != '0' && c != '1')
            return false;
    }
    return true;
}

/* What begins with a digit is a number, or a name such as 1st. */
static size_t number_or_word_end(const struct lexer *lexer, size_t at, enum token_kind *kind)
{
    size_t word = word_end(lexer, at);
    size_t digits = digits_end(lexer, at);

    *kind = TOKEN_NUMBER;
    if (token_is_symbol(&lexer->last, '.')) {
        *kind = TOKEN_WORD; /* a.1 and a.1b: names after a dot may be digits */
        return word;
    }
    if (is_prefixed_number(lexer, at, word))
        return word;
    if (byte_at(lexer, digits) == '.' && byte_at(lexer, digits + 1) != '.')
        return exponent_end(lexer, digits_end(lexer, digits + 1));
    if (exponent_end(lexer, digits) > digits)
        return exponent_end(lexer, digits);
    if (word > digits)
        *kind = TOKEN_WORD;
    return word;
}

static size_t variable_end(const struct lexer *lexer, size_t at)
{
    bool system = byte_at(lexer, at + 1) == '@';
    at += system ? 2 : 1;
    unsigned char c = byte_at(lexer, at);
    if (c == '`' || c == '"' || c == '\'') {
        bool escapes = c != '`' && !lexer->dialect->no_backslash_escapes &&
                       (c == '\'' || !lexer->dialect->ansi_quotes);
        return quoted_end(lexer, at, escapes);
    }
    size_t end = word_end(lexer, at);
    while (!system && byte_at(lexer, end) == '.')
        end = word_end(lexer, end + 1);
    return end;
}

/* After a name, a dot stays a dot even before a digit. */
static bool begins_fraction(const struct lexer *lexer, size_t at)
{
    const struct token *last = &lexer->last;
    bool after_name =
        token_is_name(last) && last->text.ptr + last->text.len == lexer->text.ptr + at;
    return is_digit(byte_at(lexer, at + 1)) && !after_name;
}

static size_t quote_or_symbol_end(const struct lexer *lexer, size_t at, enum token_kind *kind)
{
    const struct dialect *dialect = lexer->dialect;
    switch (lexer->text.ptr[at]) {
    case '`':
        *kind = TOKEN_QUOTED;
        return quoted_end(lexer, at, false);
    case '"':
        *kind = dialect->ansi_quotes ? TOKEN_QUOTED : TOKEN_STRING;
        return quoted_end(lexer, at, !dialect->ansi_quotes && !dialect->no_backslash_escapes);
    case '\'':
        *kind = TOKEN_STRING;
        return quoted_end(lexer, at, !dialect->no_backslash_escapes);
    default:
        *kind = TOKEN_SYMBOL;
        return at + 1;
    }
}

static size_t word_like_end(const struct lexer *lexer, size_t at, enum token_kind *kind)
{
    unsigned char c = byte_at(lexer, at);
    size_t end = 0;
    if (is_digit(c))
        return number_or_word_end(lexer, at, kind);
    *kind = TOKEN_NUMBER;
    if ((end = bit_literal_end(lexer, at)) != 0)
        return end;
    *kind = TOKEN_STRING;
    if ((c | 0x20) == 'n' && byte_at(lexer, at + 1) == '\'')
        return quoted_end(lexer, at + 1, !lexer->dialect->no_backslash_escapes);
    if (c == '$' && (end = dollar_text_end(lexer, at)) != 0)
        return end;
    *kind = TOKEN_WORD;
    return word_end(lexer, at);
}

static size_t token_end(struct lexer *lexer, size_t at, enum token_kind *kind)
{
    unsigned char c = byte_at(lexer, at), next = byte_at(lexer, at + 1);

    if (c == '/' && next == '*')
        return block_comment_end(lexer, at, kind);
    if (c == '*' && next == '/' && lexer->in_comment) {
        lexer->in_comment = false;
        *kind = TOKEN_COMMENT_CLOSE;
        return at + 2;
    }
    if (c == '#' || (c == '-' && next == '-' && is_blank_or_control(byte_at(lexer, at + 2)))) {
        *kind = TOKEN_COMMENT;
        return line_end(lexer, at);
    }
    if (c == '@') {
        size_t end = variable_end(lexer, at);
        *kind = end == at + 1 ? TOKEN_SYMBOL : TOKEN_VARIABLE;
        return end;
    }
    if (c == '.' && begins_fraction(lexer, at)) {
        *kind = TOKEN_NUMBER;
        return exponent_end(lexer, digits_end(lexer, at + 1));
    }
    if (is_word_byte(c))
        return word_like_end(lexer, at, kind);
    return quote_or_symbol_end(lexer, at, kind);
}

bool lexer_next_raw(struct lexer *lexer, struct token *token)
{
    while (lexer->offset < lexer->text.len &&
           (is_blank(byte_at(lexer, lexer->offset)) || is_no_break_space(lexer, lexer->offset)))
        lexer->offset++;
    if (lexer->offset >= lexer->text.len) {
        *token = (struct token){TOKEN_END, slice_from_offset(lexer->text, lexer->text.len)};
        return false;
    }
    enum token_kind kind = TOKEN_END;
    size_t end = token_end(lexer, lexer->offset, &kind);
    if (end > lexer->text.len)
        end = lexer->text.len;
    assert(end > lexer->offset);
    *token = (struct token){kind, slice_make(lexer->text.ptr + lexer->offset, end - lexer->offset)};
    lexer->offset = end;
    if (kind < TOKEN_COMMENT)
        lexer->last = *token;
    return true;
}

bool lexer_next(struct lexer *lexer, struct token *token)
{
    while (lexer_next_raw(lexer, token)) {
        if (token->kind < TOKEN_COMMENT)
            return true;
    }
    return false;
}

/* The first letters are compared first: asked very often, the answer is nearly always no. */
bool token_is(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && ((token->text.ptr[0] ^ word[0]) & ~('a' ^ 'A')) == 0 &&
           slice_equal_nocase(token->text, slice_from(word));
}

bool token_is_symbol(const struct token *token, char symbol)
{
    return token->kind == TOKEN_SYMBOL && token->text.ptr[0] == symbol;
}

bool token_is_name(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED;
}

static void append_escaped(char escaped, struct buffer *out)
{
    static const char from[] = "0nrtbZ", to[] = "\0\n\r\t\b\032";
    const char *found = escaped == '\0' ? NULL : strchr(from, escaped);
    if (escaped == '%' || escaped == '_')
        buffer_append_char(out, '\\'); /* stays for LIKE */
    buffer_append_char(out, found == NULL ? escaped : to[found - from]);
}

static void append_content(struct slice text, char quote, bool escapes,
                           enum dialect_charset charset, struct buffer *out)
{
    for (size_t at = 0; at < text.len;) {
        if (text.ptr[at] == quote) {
            if (at + 1 >= text.len)
                return; /* the closing quote */
            buffer_append_char(out, quote);
            at += 2;
        } else if (text.ptr[at] == '\\' && escapes && at + 1 < text.len) {
            append_escaped(text.ptr[at + 1], out);
            at += 2;
        } else {
            size_t length = character_length(text, at, charset);
            buffer_append(out, text.ptr + at, length);
            at += length;
        }
    }
}

static void append_dollar_text(struct slice text, struct buffer *out)
{
    const char *second = memchr(text.ptr + 1, '$', text.len - 1);
    size_t tag = second == NULL ? 0 : (size_t)(second - text.ptr) + 1;
    if (tag > 0 && text.len >= 2 * tag)
        buffer_append(out, text.ptr + tag, text.len - 2 * tag);
}

void token_unquote(const struct token *token, const struct dialect *dialect, struct buffer *out)
{
    struct slice text = token->text;
    if (token->kind == TOKEN_STRING && text.len > 0 && text.ptr[0] == '$') {
        append_dollar_text(text, out);
        return;
    }
    if (token->kind != TOKEN_STRING && token->kind != TOKEN_QUOTED) {
        buffer_append_slice(out, text);
        return;
    }
    if (text.len > 1 && (text.ptr[0] | 0x20) == 'n')
        text = slice_from_offset(text, 1);
    bool escapes = token->kind == TOKEN_STRING && !dialect->no_backslash_escapes;
    append_content(slice_from_offset(text, 1), text.ptr[0], escapes, dialect->charset, out);
}

char *token_name(const struct token *token, const struct dialect *dialect)
{
    struct buffer name = BUFFER_INIT;
    token_unquote(token, dialect, &name);
    buffer_append_char(&name, '\0'); /* a text even when it is empty */
    return buffer_detach(&name);
}
