/* python_literal: see python_literal.h. */
#include "format/python_literal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- writing ------------------------------------------------------------------------------------
 */

/* The character at the start of well-formed UTF-8 text. */
static uint32_t decode(struct slice text, size_t *len)
{
    const unsigned char *s = (const unsigned char *)text.ptr;
    *len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t c = *len == 1 ? s[0] : s[0] & (0xffU >> (*len + 1));
    for (size_t i = 1; i < *len && i < text.len; i++)
        c = c << 6 | (s[i] & 0x3fU);
    return c;
}

/* Is it one that a reader does not see, or that changes what is seen: control characters, separators
 * of lines, marks of direction and joining, tags? */
static bool is_unseen(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x061c, 0x061c},
        {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    }
    return false;
}

static bool can_be_raw(struct slice text)
{
    size_t backslashes = 0, len;
    for (size_t at = 0; at < text.len; at += len) {
        struct slice rest = slice_from_offset(text, at);
        uint32_t c = decode(rest, &len);
        if (slice_starts_with(rest, SLICE("\"\"\"")) || (is_unseen(c) && c != '\n' && c != '\t'))
            return false;
        backslashes = c == '\\' ? backslashes + 1 : 0;
    }
    return backslashes % 2 == 0 && (text.len == 0 || text.ptr[text.len - 1] != '"');
}

static void append_escaped(uint32_t c, struct slice bytes, struct buffer *out)
{
    static const char letters[] = "\"\\nrt", marks[] = "\"\\\n\r\t";
    const char *mark = c == 0 || c > 0x7f ? NULL : strchr(marks, (int)c);
    if (mark != NULL)
        buffer_printf(out, "\\%c", letters[mark - marks]);
    else if (!is_unseen(c))
        buffer_append_slice(out, bytes);
    else if (c <= 0xff)
        buffer_printf(out, "\\x%02x", c);
    else
        buffer_printf(out, c <= 0xffff ? "\\u%04x" : "\\U%08x", c);
}

/* Append "..." up to the end of text or behind its first line break; returns how far. */
static size_t append_line(struct slice text, bool whole, struct buffer *out)
{
    size_t at = 0, len;
    bool ended = false;
    buffer_append_char(out, '"');
    while (at < text.len && !ended) {
        uint32_t c = decode(slice_from_offset(text, at), &len);
        append_escaped(c, slice_make(text.ptr + at, len), out);
        ended = c == '\n' && !whole;
        at += len;
    }
    buffer_append_char(out, '"');
    return at;
}

void python_literal_append(struct slice text, struct buffer *out)
{
    append_line(text, true, out);
}

void python_literal_append_argument(struct slice text, struct buffer *out)
{
    if (can_be_raw(text)) {
        buffer_append_text(out, "r\"\"\"");
        buffer_append_slice(out, text);
        buffer_append_text(out, "\"\"\"");
        return;
    }
    buffer_append_char(out, '\n');
    do {
        buffer_append_text(out, "        ");
        text = slice_from_offset(text, append_line(text, false, out));
        buffer_append_char(out, '\n');
    } while (text.len > 0);
    buffer_append_text(out, "    ");
}

void python_literal_append_docstring(struct slice text, struct buffer *out)
{
    size_t len;
    for (size_t at = 0; at < text.len; at += len) {
        uint32_t c = decode(slice_from_offset(text, at), &len);
        if (c == '"' || c == '\\')
            buffer_append_char(out, '\\');
        if (is_unseen(c) && c != '\n' && c != '\t')
            buffer_append_char(out, '?');
        else
            buffer_append(out, text.ptr + at, len);
    }
}

void python_literal_append_comment(struct slice text, struct buffer *out)
{
    size_t len;
    for (size_t at = 0; at < text.len; at += len) {
        uint32_t c = decode(slice_from_offset(text, at), &len);
        if (c == '\n' || c == '\t' || c == '\r')
            buffer_append_char(out, ' ');
        else if (is_unseen(c))
            buffer_append_char(out, '?');
        else
            buffer_append(out, text.ptr + at, len);
    }
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* r"", b"", Rb"", f"", u"": length of the prefix, when a quote follows it. */
static size_t prefix_length(struct slice source)
{
    size_t len = 0;
    while (len < source.len && len < 2 && strchr("rRbBuUfF", source.ptr[len]) != NULL)
        len++;
    return len;
}

static bool is_triple(struct slice source, char quote)
{
    return source.len >= 3 && source.ptr[1] == quote && source.ptr[2] == quote;
}

size_t python_literal_length(struct slice source)
{
    size_t prefix = prefix_length(source), at = prefix;
    if (at >= source.len || (source.ptr[at] != '"' && source.ptr[at] != '\''))
        return 0;
    char quote = source.ptr[at];
    bool triple = is_triple(slice_from_offset(source, at), quote);
    for (at += triple ? 3 : 1; at < source.len; at++) {
        struct slice rest = slice_from_offset(source, at);
        if (source.ptr[at] == '\\' && at + 1 < source.len)
            at++;
        else if (source.ptr[at] == quote && !triple)
            return at + 1;
        else if (source.ptr[at] == quote && is_triple(rest, quote))
            return at + 3;
        else if (source.ptr[at] == '\n' && !triple)
            return at;
    }
    return source.len;
}

/* Append what the escape at the start of text means; returns its length. Those that name a character
 * by number or name stay as they are: no version and no title needs them. */
static size_t append_unescaped(struct slice text, struct buffer *out)
{
    static const char letters[] = "nrt\\\"'", bytes[] = "\n\r\t\\\"'";
    const char *letter = text.len < 2 || text.ptr[1] == '\0' ? NULL : strchr(letters, text.ptr[1]);
    if (letter != NULL)
        buffer_append_char(out, bytes[letter - letters]);
    else if (text.len < 2 || text.ptr[1] != '\n')
        buffer_append(out, text.ptr, text.len < 2 ? text.len : 2);
    return text.len < 2 ? text.len : 2;
}

void python_literal_value(struct slice literal, struct buffer *out)
{
    size_t prefix = prefix_length(literal), quotes;
    bool raw = prefix > 0 && memchr(literal.ptr, 'r', prefix) != NULL;
    raw = raw || (prefix > 0 && memchr(literal.ptr, 'R', prefix) != NULL);
    struct slice text = slice_from_offset(literal, prefix);
    quotes = text.len >= 6 && is_triple(text, text.ptr[0]) ? 3 : 1;
    if (text.len < 2 * quotes)
        return;
    text = slice_make(text.ptr + quotes, text.len - 2 * quotes);
    while (text.len > 0) {
        size_t len = 1;
        if (text.ptr[0] == '\\' && !raw)
            len = append_unescaped(text, out);
        else
            buffer_append_char(out, text.ptr[0]);
        text = slice_from_offset(text, len);
    }
}
