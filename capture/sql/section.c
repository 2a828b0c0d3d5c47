/* section: texts made fit to stand between marks. */
#include "sql/section.h"

#include "sql/lexer.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Length of the mark that begins here, up to the end of its line; 0: none. */
static size_t mark_length(struct slice text, bool *down)
{
    if (!slice_starts_with(text, SLICE("--")))
        return 0;
    size_t at = 2;
    while (at < text.len && is_blank(text.ptr[at]))
        at++;
    struct slice word = slice_from_offset(text, at);
    *down = slice_starts_with(word, SLICE("migrate:down"));
    if (!*down && !slice_starts_with(word, SLICE("migrate:up")))
        return 0;
    at += *down ? strlen("migrate:down") : strlen("migrate:up");
    if (at < text.len && !is_blank(text.ptr[at]))
        return 0;
    while (at < text.len && text.ptr[at] != '\n')
        at++;
    return at < text.len ? at + 1 : at;
}

bool section_find_mark(struct slice text, size_t from, struct section_mark *mark)
{
    for (size_t at = from; at < text.len; at++) {
        if (at > 0 && text.ptr[at - 1] != '\n')
            continue;
        size_t len = mark_length(slice_from_offset(text, at), &mark->down);
        if (len > 0) {
            mark->start = at;
            mark->end = at + len;
            return true;
        }
    }
    return false;
}

/* Does a backslash in this string escape? Not in $tag$ texts. */
static bool has_escapes(const struct token *token, const struct dialect *dialect)
{
    char end = token->text.ptr[token->text.len - 1];
    return !dialect->no_backslash_escapes && (end == '\'' || end == '"');
}

static bool is_escaped(const char *start, const char *at)
{
    size_t backslashes = 0;
    while (at > start && *--at == '\\')
        backslashes++;
    return backslashes % 2 == 1;
}

/* Append the line break at `at`, which a mark follows, in a way that makes it none. token is the
 * one that holds it or ends before it. */
static bool append_break(const struct token *token, const char *at, const struct dialect *dialect,
                         struct buffer *out)
{
    bool inside = at < token->text.ptr + token->text.len;
    if (!inside || token->kind == TOKEN_COMMENT) {
        buffer_append_text(out, "\n ");
        return true;
    }
    if (token->kind != TOKEN_STRING || !has_escapes(token, dialect))
        return false;
    /* After a backslash the line break is escaped already, and stands for itself. */
    buffer_append_text(out, is_escaped(token->text.ptr, at) ? "n" : "\\n");
    return true;
}

/* Append the zero byte at `at` in a way in which a text file can hold it. */
static bool append_zero(const struct token *token, const char *at, const struct dialect *dialect,
                        struct buffer *out)
{
    bool inside = at < token->text.ptr + token->text.len;
    if (inside && token->kind == TOKEN_COMMENT)
        buffer_append_char(out, ' ');
    else if (inside && token->kind == TOKEN_STRING && has_escapes(token, dialect))
        buffer_append_text(out, is_escaped(token->text.ptr, at) ? "0" : "\\0");
    else
        return false;
    return true;
}

/* Append from *from up to end. */
static bool append_up_to(struct slice text, size_t *from, size_t end, const struct token *token,
                         const struct dialect *dialect, struct buffer *out)
{
    bool down;
    for (; *from < end; ++*from) {
        const char *at = text.ptr + *from;
        bool mark = *at == '\n' && mark_length(slice_from_offset(text, *from + 1), &down) > 0;
        if (*at == '\0' ? !append_zero(token, at, dialect, out)
                        : mark && !append_break(token, at, dialect, out))
            return false;
        if (*at != '\0' && !mark)
            buffer_append_char(out, *at);
    }
    return true;
}

/* last gets the last token, comments counted. */
static bool append_guarded(struct slice text, const struct dialect *dialect, struct buffer *out,
                           struct token *last)
{
    struct lexer lexer;
    struct token token = {TOKEN_END, slice_make(text.ptr, 0)};
    size_t before = out->len, from = 0;
    bool down, possible = true;
    *last = token;
    lexer_init(&lexer, text, dialect);
    if (mark_length(text, &down) > 0)
        buffer_append_char(out, ' ');
    while (possible && lexer_next_raw(&lexer, &token)) {
        size_t start = (size_t)(token.text.ptr - text.ptr);
        possible = append_up_to(text, &from, start, last, dialect, out) &&
                   append_up_to(text, &from, start + token.text.len, &token, dialect, out);
        *last = token;
    }
    possible = possible && append_up_to(text, &from, text.len, last, dialect, out);
    if (!possible)
        buffer_truncate(out, before);
    return possible;
}

bool section_append(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct token last;
    return append_guarded(text, dialect, out, &last);
}

bool section_append_statement(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct token last;
    if (!append_guarded(text, dialect, out, &last))
        return false;
    bool line_comment = last.kind == TOKEN_COMMENT && !slice_starts_with(last.text, SLICE("/*"));
    bool open_line = line_comment && out->ptr[out->len - 1] != '\n';
    buffer_append_text(out, open_line ? "\n;\n" : ";\n");
    return true;
}

/* Length of the UTF-8 character at the start of text; 0: it is none. */
static size_t utf8_length(struct slice text)
{
    const unsigned char *s = (const unsigned char *)text.ptr;
    size_t len = s[0] < 0x80   ? 1
                 : s[0] < 0xc2 ? 0
                 : s[0] < 0xe0 ? 2
                 : s[0] < 0xf0 ? 3
                 : s[0] < 0xf5 ? 4
                               : 0;
    if (len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool outside = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return len > 1 && (overlong || outside) ? 0 : len;
}

bool section_is_utf8(struct slice text)
{
    for (size_t at = 0, len; at < text.len; at += len) {
        len = utf8_length(slice_from_offset(text, at));
        if (len == 0)
            return false;
    }
    return true;
}

void section_append_field(struct slice text, struct buffer *out)
{
    for (size_t at = 0, len; at < text.len; at += len) {
        len = utf8_length(slice_from_offset(text, at));
        unsigned char c = (unsigned char)text.ptr[at];
        if (len == 0 || c < ' ' || c == 0x7f) {
            len = 1;
            buffer_append_char(out, '?');
        } else {
            buffer_append(out, text.ptr + at, len);
        }
    }
}

static void append_comment_line(struct slice line, struct buffer *out)
{
    size_t at = 0;
    while (at < line.len && is_blank(line.ptr[at]))
        at++;
    bool like_mark = slice_starts_with(slice_from_offset(line, at), SLICE("migrate:"));
    buffer_append_text(out, like_mark ? "-- > " : "-- ");
    section_append_field(line, out);
    buffer_append_char(out, '\n');
}

void section_append_comment(struct slice lines, struct buffer *out)
{
    while (lines.len > 0) {
        const char *end = memchr(lines.ptr, '\n', lines.len);
        size_t len = end == NULL ? lines.len : (size_t)(end - lines.ptr);
        append_comment_line(slice_make(lines.ptr, len), out);
        lines = slice_from_offset(lines, end == NULL ? len : len + 1);
    }
}

/* An executable comment is a statement where either family runs it. */
bool section_has_statement(struct slice text)
{
    for (int mariadb = 0; mariadb <= 1; mariadb++) {
        const struct dialect dialect = {.mariadb = mariadb != 0, .version = 999999};
        struct lexer lexer;
        struct token token;
        lexer_init(&lexer, text, &dialect);
        while (lexer_next(&lexer, &token)) {
            if (!token_is_symbol(&token, ';'))
                return true;
        }
    }
    return false;
}
