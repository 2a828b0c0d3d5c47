/* alembic_revision: see alembic_revision.h. One cursor runs over the source. */
#include "format/alembic_revision.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "format/python_literal.h"

struct cursor {
    struct slice rest;
};

static char peek(const struct cursor *cursor)
{
    return cursor->rest.len == 0 ? '\0' : cursor->rest.ptr[0];
}

static void advance(struct cursor *cursor, size_t len)
{
    cursor->rest = slice_from_offset(cursor->rest, len);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c > 0x7f;
}

static size_t name_length(const struct cursor *cursor)
{
    size_t len = 0;
    while (len < cursor->rest.len && is_name_byte(cursor->rest.ptr[len]))
        len++;
    return len;
}

/* Pass one piece of source: a string, a comment, an escaped line end, a name or a byte. */
static void skip_piece(struct cursor *cursor)
{
    size_t len = python_literal_length(cursor->rest);
    if (len == 0)
        len = name_length(cursor);
    if (len == 0 && peek(cursor) == '#') {
        const char *end = memchr(cursor->rest.ptr, '\n', cursor->rest.len);
        len = end == NULL ? cursor->rest.len : (size_t)(end - cursor->rest.ptr);
    }
    if (len == 0)
        len = peek(cursor) == '\\' && cursor->rest.len > 1 ? 2 : 1;
    advance(cursor, len);
}

/* Pass blanks and comments; inside brackets also line ends. */
static void skip_blanks(struct cursor *cursor, bool in_brackets)
{
    for (;;) {
        char c = peek(cursor);
        bool escaped_end = slice_starts_with(cursor->rest, SLICE("\\\n"));
        if (cursor->rest.len == 0 ||
            (strchr(" \t\r\f#", c) == NULL && !(in_brackets && c == '\n') && !escaped_end))
            return;
        skip_piece(cursor);
    }
}

/* Pass the rest of a logical line, its end included. */
static void skip_line(struct cursor *cursor)
{
    int depth = 0;
    while (cursor->rest.len > 0) {
        char c = peek(cursor);
        depth += strchr("([{", c) != NULL;
        depth -= strchr(")]}", c) != NULL;
        skip_piece(cursor);
        if (c == '\n' && depth <= 0)
            return;
    }
}

/* --- values -------------------------------------------------------------------------------------
 */

/* "a" "b" is one string. */
static bool read_strings(struct cursor *cursor, bool in_brackets, char **value)
{
    struct buffer text = BUFFER_INIT;
    size_t len = python_literal_length(cursor->rest);
    bool formatted = len > 0 && (peek(cursor) == 'f' || peek(cursor) == 'F');
    if (len == 0 || formatted)
        return false;
    while (len > 0) {
        python_literal_value(slice_make(cursor->rest.ptr, len), &text);
        advance(cursor, len);
        skip_blanks(cursor, in_brackets);
        len = python_literal_length(cursor->rest);
    }
    *value = buffer_detach(&text);
    return true;
}

static bool read_list(struct cursor *cursor, struct texts *values)
{
    char close = peek(cursor) == '(' ? ')' : ']';
    advance(cursor, 1);
    for (;;) {
        char *value;
        skip_blanks(cursor, true);
        if (peek(cursor) == close) {
            advance(cursor, 1);
            return true;
        }
        if (!read_strings(cursor, true, &value))
            return false;
        texts_add(values, value);
        if (peek(cursor) == ',')
            advance(cursor, 1);
        else if (peek(cursor) != close)
            return false;
    }
}

/* None, a string, or a tuple or list of strings; false: something else. */
static bool read_value(struct cursor *cursor, struct texts *values)
{
    char *value;
    bool good = true;
    skip_blanks(cursor, false);
    if (name_length(cursor) == 4 && slice_starts_with(cursor->rest, SLICE("None")))
        advance(cursor, 4);
    else if (peek(cursor) == '(' || peek(cursor) == '[')
        good = read_list(cursor, values);
    else if (read_strings(cursor, false, &value))
        texts_add(values, value);
    else
        good = false;
    skip_blanks(cursor, false);
    return good && (cursor->rest.len == 0 || strchr("\n,);", peek(cursor)) != NULL);
}

/* Pass ": Union[str, None] =" or "="; false: neither is there. */
static bool skip_assignment(struct cursor *cursor)
{
    skip_blanks(cursor, false);
    if (peek(cursor) == ':') {
        while (cursor->rest.len > 0 && peek(cursor) != '=' && peek(cursor) != '\n')
            skip_piece(cursor);
    }
    if (peek(cursor) != '=' || slice_starts_with(cursor->rest, SLICE("==")))
        return false;
    advance(cursor, 1);
    return true;
}

/* --- the file -----------------------------------------------------------------------------------
 */

static bool is_empty_line(struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (strchr(" \t\r", line.ptr[i]) == NULL)
            return false;
    }
    return true;
}

/* The lines of the first paragraph, joined by blanks. */
static char *first_paragraph(struct slice text)
{
    struct buffer out = BUFFER_INIT;
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct slice line = slice_make(text.ptr, end == NULL ? text.len : (size_t)(end - text.ptr));
        text = slice_from_offset(text, line.len + (end != NULL));
        if (is_empty_line(line) && out.len > 0)
            break;
        if (out.len > 0)
            buffer_append_char(&out, ' ');
        if (!is_empty_line(line))
            buffer_append_slice(&out, line);
    }
    return buffer_detach(&out);
}

/* What the module's docstring begins with, if there is one. */
static char *read_title(struct cursor *cursor)
{
    struct buffer text = BUFFER_INIT;
    skip_blanks(cursor, true);
    size_t len = python_literal_length(cursor->rest);
    if (len > 0) {
        python_literal_value(slice_make(cursor->rest.ptr, len), &text);
        skip_line(cursor);
    }
    char *title = first_paragraph(buffer_slice(&text));
    buffer_release(&text);
    return title;
}

/* Where the value of that variable goes; NULL: it is none of Alembic's. */
static struct texts *place_of(struct slice name, struct migration *migration,
                              struct texts *revision)
{
    if (slice_equal(name, SLICE("revision")))
        return revision;
    if (slice_equal(name, SLICE("down_revision")))
        return &migration->parents;
    if (slice_equal(name, SLICE("branch_labels")))
        return &migration->labels;
    return slice_equal(name, SLICE("depends_on")) ? &migration->dependencies : NULL;
}

static enum error read_line(struct cursor *cursor, struct migration *migration,
                            struct texts *revision, struct problem *problem)
{
    struct slice name = slice_make(cursor->rest.ptr, name_length(cursor));
    struct texts *place = place_of(name, migration, revision);
    struct cursor value = *cursor;
    advance(&value, name.len);
    if (place != NULL && skip_assignment(&value)) {
        texts_release(place);
        if (!read_value(&value, place))
            return problem_set(
                problem, ERROR_UNSUPPORTED,
                "%s computes its %.*s; ddltap reads migrations without running them. "
                "Write it as text.",
                migration->path, (int)name.len, name.ptr);
    }
    skip_line(cursor);
    return ERROR_NONE;
}

enum error alembic_revision_read(struct slice source, struct migration *migration,
                                 struct problem *problem)
{
    struct cursor cursor = {source};
    struct texts revision = TEXTS_INIT;
    enum error error = ERROR_NONE;
    if (slice_starts_with(source, SLICE("\xef\xbb\xbf")))
        advance(&cursor, 3);
    migration->title = read_title(&cursor);
    while (error == ERROR_NONE && cursor.rest.len > 0)
        error = read_line(&cursor, migration, &revision, problem);
    if (error == ERROR_NONE && revision.count != 1)
        error = problem_set(problem, ERROR_CONFIG,
                            "%s has no revision = \"...\". Alembic takes every .py file in this "
                            "folder for a migration: correct it or move it elsewhere.",
                            migration->path);
    if (error == ERROR_NONE)
        migration->version = memory_copy_text(revision.items[0]);
    texts_release(&revision);
    return error;
}

bool alembic_revision_find_keyword(struct slice source, const char *name, char **value)
{
    struct cursor cursor = {source};
    bool good = true;
    *value = NULL;
    while (good && *value == NULL && cursor.rest.len > 0) {
        struct cursor found = cursor;
        size_t len = python_literal_length(cursor.rest) > 0 ? 0 : name_length(&cursor);
        struct texts values = TEXTS_INIT;
        skip_piece(&cursor);
        if (len == 0 || !slice_equal(slice_make(found.rest.ptr, len), slice_from(name)))
            continue;
        advance(&found, len);
        if (!skip_assignment(&found))
            continue;
        skip_blanks(&found, true);
        good = read_value(&found, &values) && values.count <= 1;
        if (good && values.count == 1)
            *value = memory_copy_text(values.items[0]);
        texts_release(&values);
    }
    return good;
}
