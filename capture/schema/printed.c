/* printed: see printed.h. Nothing here allocates but the two functions that append to a buffer. */
#include "schema/printed.h"

#include <assert.h>

static bool is_word_byte(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') || u == '_' ||
           u == '$' || u >= 0x80;
}

static bool is_quote(char c)
{
    return c == '\'' || c == '`' || c == '"';
}

static size_t skip_quoted(struct slice text, size_t at)
{
    char quote = text.ptr[at];

    for (size_t i = at + 1; i < text.len; i++) {
        if (text.ptr[i] == '\\' && quote != '`') {
            i++;
        } else if (text.ptr[i] == quote) {
            if (i + 1 < text.len && text.ptr[i + 1] == quote)
                i++;
            else
                return i + 1;
        }
    }
    return text.len;
}

static size_t skip_group(struct slice text, size_t at)
{
    size_t depth = 0;

    for (size_t i = at; i < text.len;) {
        char c = text.ptr[i];
        if (is_quote(c)) {
            i = skip_quoted(text, i);
            continue;
        }
        i++;
        if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return i;
    }
    return text.len;
}

size_t printed_skip(struct slice text, size_t at)
{
    assert(at < text.len);
    if (is_quote(text.ptr[at]))
        return skip_quoted(text, at);
    if (text.ptr[at] == '(')
        return skip_group(text, at);
    return at + 1;
}

size_t printed_find(struct slice text, const char *words)
{
    struct slice wanted = slice_from(words);

    for (size_t i = 0; i < text.len; i = printed_skip(text, i)) {
        size_t end = i + wanted.len;
        if (end > text.len || !slice_equal(slice_make(text.ptr + i, wanted.len), wanted))
            continue;
        if ((i == 0 || !is_word_byte(text.ptr[i - 1])) &&
            (end == text.len || !is_word_byte(text.ptr[end]) || !is_word_byte(text.ptr[end - 1])))
            return i;
    }
    return PRINTED_NOWHERE;
}

struct slice printed_name(struct slice text, size_t at)
{
    if (at >= text.len || text.ptr[at] != '`')
        return SLICE_NONE;
    size_t end = skip_quoted(text, at);
    if (end - at < 3 || text.ptr[end - 1] != '`')
        return SLICE_NONE;
    return slice_make(text.ptr + at, end - at);
}

struct slice printed_group(struct slice text, size_t at)
{
    while (at < text.len && text.ptr[at] != '(')
        at = printed_skip(text, at);
    if (at >= text.len)
        return SLICE_NONE;
    return slice_make(text.ptr + at, skip_group(text, at) - at);
}

struct slice printed_type(struct slice definition)
{
    static const char *const attributes[] = {" unsigned", " zerofill"};
    size_t end = 0;

    while (end < definition.len && is_word_byte(definition.ptr[end]))
        end++;
    if (end < definition.len && definition.ptr[end] == '(')
        end = skip_group(definition, end);
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        struct slice attribute = slice_from(attributes[i]);
        if (slice_starts_with(slice_from_offset(definition, end), attribute))
            end += attribute.len;
    }
    return slice_make(definition.ptr, end);
}

void printed_quote(struct slice bare, struct buffer *out)
{
    buffer_append_char(out, '`');
    for (size_t i = 0; i < bare.len; i++) {
        if (bare.ptr[i] == '`')
            buffer_append_char(out, '`');
        buffer_append_char(out, bare.ptr[i]);
    }
    buffer_append_char(out, '`');
}

void printed_unquote(struct slice quoted, struct buffer *out)
{
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        buffer_append_char(out, quoted.ptr[i]);
        if (quoted.ptr[i] == '`')
            i++;
    }
}

bool printed_mentions(struct slice text, struct slice word)
{
    for (size_t i = 0; i + word.len <= text.len; i++) {
        if (text.ptr[i] == word.ptr[0] && slice_equal(slice_make(text.ptr + i, word.len), word))
            return true;
    }
    return false;
}

struct slice printed_trim(struct slice text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\n'))
        text = slice_from_offset(text, 1);
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\n'))
        text.len--;
    return text;
}
