/* dotenv: see dotenv.h. One cursor runs over the text; each piece of the grammar is a function that
 * moves it on and says whether the piece was there. */
#include "config/dotenv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"

struct cursor {
    struct slice rest;
    unsigned line;
};

static char peek(const struct cursor *cursor)
{
    return cursor->rest.len == 0 ? '\0' : cursor->rest.ptr[0];
}

static void advance(struct cursor *cursor, size_t len)
{
    for (size_t i = 0; i < len; i++)
        cursor->line += cursor->rest.ptr[i] == '\n';
    cursor->rest = slice_from_offset(cursor->rest, len);
}

/* How many of the next bytes are (or, with stop, are not) in set. */
static size_t run(const struct cursor *cursor, const char *set, bool stop)
{
    size_t len = 0;
    while (len < cursor->rest.len && (strchr(set, cursor->rest.ptr[len]) != NULL) != stop)
        len++;
    return len;
}

static void skip(struct cursor *cursor, const char *set)
{
    advance(cursor, run(cursor, set, false));
}

static void skip_line(struct cursor *cursor)
{
    advance(cursor, run(cursor, "\r\n", true));
}

static bool at_line_end(const struct cursor *cursor)
{
    return cursor->rest.len == 0 || peek(cursor) == '\r' || peek(cursor) == '\n';
}

static char unescape(char c)
{
    static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
    const char *letter = strchr(letters, c);
    return letter == NULL ? c : bytes[letter - letters];
}

/* In single quotes \\ and \' are escapes, in double quotes also those of unescape(); a backslash
 * before anything else stays. */
static bool read_quoted(struct cursor *cursor, struct buffer *value)
{
    char quote = peek(cursor);
    const char *escapes = quote == '"' ? "\\'\"abfnrtv" : "\\'";
    struct cursor ahead = *cursor;
    advance(&ahead, 1);
    while (ahead.rest.len > 0 && peek(&ahead) != quote) {
        char c = peek(&ahead);
        char next = ahead.rest.len > 1 ? ahead.rest.ptr[1] : '\0';
        if (c == '\\' && next != '\0' && strchr(escapes, next) != NULL) {
            buffer_append_char(value, quote == '"' ? unescape(next) : next);
            advance(&ahead, 2);
        } else {
            buffer_append_char(value, c);
            advance(&ahead, 1);
        }
    }
    if (ahead.rest.len == 0)
        return false;
    advance(&ahead, 1);
    *cursor = ahead;
    return true;
}

/* Up to the end of the line or a # after white space. */
static void read_unquoted(struct cursor *cursor, struct buffer *value)
{
    size_t len = run(cursor, "\r\n", true), end = len;
    for (size_t i = 0; i < len; i++) {
        bool after_space = i == 0 || strchr(" \t\f\v", cursor->rest.ptr[i - 1]) != NULL;
        if (cursor->rest.ptr[i] == '#' && after_space) {
            end = i;
            break;
        }
    }
    while (end > 0 && strchr(" \t\f\v", cursor->rest.ptr[end - 1]) != NULL)
        end--;
    buffer_append(value, cursor->rest.ptr, end);
    advance(cursor, len);
}

static bool read_name(struct cursor *cursor, char **name)
{
    static const struct slice word = {"export", 6};
    if (slice_starts_with(cursor->rest, word) && cursor->rest.len > word.len &&
        strchr(" \t", cursor->rest.ptr[word.len]) != NULL) {
        advance(cursor, word.len);
        skip(cursor, " \t");
    }
    bool quoted = peek(cursor) == '\'';
    if (quoted)
        advance(cursor, 1);
    size_t len = run(cursor, quoted ? "'\r\n" : "=# \t\r\n", true);
    if (len == 0 || (quoted && (cursor->rest.len == len || cursor->rest.ptr[len] != '\'')))
        return false;
    *name = memory_copy_slice(slice_make(cursor->rest.ptr, len));
    advance(cursor, len + quoted);
    return true;
}

static const char *lookup(const struct dotenv *dotenv, const char *name)
{
    const char *value = getenv(name);
    const struct dotenv_entry *entry = value == NULL ? dotenv_find(dotenv, name) : NULL;
    return entry == NULL ? value : entry->value;
}

/* One ${NAME} or ${NAME:-default} at text; how many bytes it takes, 0 when it is none. */
static size_t expand_one(const struct dotenv *dotenv, struct slice text, struct buffer *out)
{
    const char *end = text.len < 3 ? NULL : memchr(text.ptr, '}', text.len);
    if (end == NULL || text.ptr[0] != '$' || text.ptr[1] != '{')
        return 0;
    struct slice inside = slice_make(text.ptr + 2, (size_t)(end - text.ptr - 2));
    const char *colon = memchr(inside.ptr, ':', inside.len);
    struct slice name =
        colon == NULL ? inside : slice_make(inside.ptr, (size_t)(colon - inside.ptr));
    struct slice standard = slice_from_offset(inside, name.len);
    if (standard.len > 0 && !slice_starts_with(standard, SLICE(":-")))
        return 0;
    char *key = memory_copy_slice(name);
    const char *value = lookup(dotenv, key);
    free(key);
    if (value != NULL)
        buffer_append_text(out, value);
    else if (standard.len > 0)
        buffer_append_slice(out, slice_from_offset(standard, 2));
    return (size_t)(end - text.ptr) + 1;
}

static char *expand(const struct dotenv *dotenv, struct slice text)
{
    struct buffer out = BUFFER_INIT;
    for (size_t i = 0; i < text.len;) {
        size_t taken = expand_one(dotenv, slice_from_offset(text, i), &out);
        if (taken == 0)
            buffer_append_char(&out, text.ptr[i]);
        i += taken == 0 ? 1 : taken;
    }
    return buffer_detach(&out);
}

static void add_entry(struct dotenv *dotenv, char *name, char *value, unsigned line)
{
    dotenv->entries = memory_resize(dotenv->entries, dotenv->count + 1, sizeof *dotenv->entries);
    dotenv->entries[dotenv->count++] = (struct dotenv_entry){name, value, line};
}

/* The value after "="; false when the line makes no sense. */
static bool read_value(struct cursor *cursor, struct buffer *value)
{
    skip(cursor, " \t");
    if (peek(cursor) == '\'' || peek(cursor) == '"') {
        if (!read_quoted(cursor, value))
            return false;
    } else {
        read_unquoted(cursor, value);
    }
    skip(cursor, " \t");
    if (peek(cursor) == '#')
        skip_line(cursor);
    return at_line_end(cursor);
}

static void read_binding(struct cursor *cursor, struct dotenv *dotenv)
{
    unsigned line = cursor->line;
    char *name = NULL;
    struct buffer value = BUFFER_INIT;
    bool good = read_name(cursor, &name);
    skip(cursor, " \t");
    if (good && peek(cursor) == '=') {
        advance(cursor, 1);
        good = read_value(cursor, &value);
    }
    if (good && name != NULL) {
        add_entry(dotenv, name, expand(dotenv, buffer_slice(&value)), line);
        name = NULL;
    }
    free(name);
    if (value.ptr != NULL)
        memory_wipe(value.ptr, value.len);
    buffer_release(&value);
    skip_line(cursor);
}

void dotenv_read(struct slice text, struct dotenv *dotenv)
{
    *dotenv = (struct dotenv){0};
    struct cursor cursor = {text, 1};
    for (;;) {
        skip(&cursor, " \t\r\n\f\v");
        if (cursor.rest.len == 0)
            return;
        if (peek(&cursor) == '#')
            skip_line(&cursor);
        else
            read_binding(&cursor, dotenv);
    }
}

const struct dotenv_entry *dotenv_find(const struct dotenv *dotenv, const char *name)
{
    for (size_t i = dotenv->count; i > 0; i--) {
        if (strcmp(dotenv->entries[i - 1].name, name) == 0)
            return &dotenv->entries[i - 1];
    }
    return NULL;
}

void dotenv_release(struct dotenv *dotenv)
{
    for (size_t i = 0; i < dotenv->count; i++) {
        memory_wipe(dotenv->entries[i].value, strlen(dotenv->entries[i].value));
        free(dotenv->entries[i].name);
        free(dotenv->entries[i].value);
    }
    free(dotenv->entries);
    *dotenv = (struct dotenv){0};
}
