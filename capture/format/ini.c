/* ini: see ini.h. */
#include "format/ini.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"

#define INTERPOLATION_DEPTH 10 /* as ConfigParser */
#define INTERPOLATIONS 100

static struct slice trim(struct slice text)
{
    while (text.len > 0 && strchr(" \t\r\f", text.ptr[0]) != NULL)
        text = slice_from_offset(text, 1);
    while (text.len > 0 && strchr(" \t\r\f", text.ptr[text.len - 1]) != NULL)
        text.len--;
    return text;
}

static struct ini_entry *find(const struct ini *ini, struct slice name)
{
    for (size_t i = 0; i < ini->count; i++) {
        if (slice_equal_nocase(slice_from(ini->entries[i].name), name))
            return &ini->entries[i];
    }
    return NULL;
}

/* Set or replace; value is taken. Its place among the entries. */
static size_t put(struct ini *ini, struct slice name, char *value)
{
    struct ini_entry *entry = find(ini, name);
    if (entry == NULL) {
        ini->entries = memory_resize(ini->entries, ini->count + 1, sizeof *ini->entries);
        entry = &ini->entries[ini->count++];
        *entry = (struct ini_entry){memory_copy_slice(name), NULL};
    }
    free(entry->value);
    entry->value = value;
    return (size_t)(entry - ini->entries);
}

/* --- lines --------------------------------------------------------------------------------------
 */

struct ini_reader {
    struct ini *ini;
    struct slice wanted;
    bool defaults;      /* read [DEFAULT], else the wanted section */
    bool inside;        /* of the section that is read */
    size_t last_indent; /* of the entry that indented lines go on with */
    bool open;          /* there is one: */
    size_t entry;       /* its place, where it is in the section that is read */
};

static size_t indent_of(struct slice line)
{
    size_t indent = 0;
    while (indent < line.len && strchr(" \t", line.ptr[indent]) != NULL)
        indent++;
    return indent;
}

static void go_on(struct ini_reader *reader, struct slice words)
{
    struct ini_entry *entry = &reader->ini->entries[reader->entry];
    struct buffer value = BUFFER_INIT;
    buffer_printf(&value, "%s\n%.*s", entry->value, (int)words.len, words.ptr);
    free(entry->value);
    entry->value = buffer_detach(&value);
}

static void read_line(struct ini_reader *reader, struct slice line)
{
    struct slice words = trim(line);
    if (words.len == 0 || words.ptr[0] == '#' || words.ptr[0] == ';')
        return;
    if (reader->open && indent_of(line) > reader->last_indent) {
        if (reader->inside)
            go_on(reader, words);
        return;
    }
    reader->open = false;
    if (words.ptr[0] == '[' && words.ptr[words.len - 1] == ']') {
        struct slice name = slice_make(words.ptr + 1, words.len - 2);
        reader->inside = slice_equal(name, reader->defaults ? SLICE("DEFAULT") : reader->wanted);
        return;
    }
    size_t len = 0;
    while (len < words.len && words.ptr[len] != '=' && words.ptr[len] != ':')
        len++;
    if (len == words.len)
        return;
    reader->open = true;
    reader->last_indent = indent_of(line);
    if (reader->inside)
        reader->entry = put(reader->ini, trim(slice_make(words.ptr, len)),
                            memory_copy_slice(trim(slice_from_offset(words, len + 1))));
}

void ini_read(struct slice text, const char *section, struct ini *ini)
{
    *ini = (struct ini){NULL, 0};
    for (int pass = 0; pass < 2; pass++) {
        struct ini_reader reader = {
            .ini = ini, .wanted = slice_from(section), .defaults = pass == 0};
        struct slice rest = text;
        while (rest.len > 0) {
            const char *end = memchr(rest.ptr, '\n', rest.len);
            size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
            read_line(&reader, slice_make(rest.ptr, len));
            rest = slice_from_offset(rest, len + (end != NULL));
        }
    }
}

void ini_release(struct ini *ini)
{
    for (size_t i = 0; i < ini->count; i++) {
        free(ini->entries[i].name);
        free(ini->entries[i].value);
    }
    free(ini->entries);
    *ini = (struct ini){NULL, 0};
}

void ini_set(struct ini *ini, const char *name, const char *value)
{
    struct buffer escaped = BUFFER_INIT;
    for (; *value != '\0'; value++)
        buffer_printf(&escaped, *value == '%' ? "%%%%" : "%c", *value);
    put(ini, slice_from(name), buffer_detach(&escaped));
}

/* --- values -------------------------------------------------------------------------------------
 */

/* One value on its way. Few names may be replaced in all: a file can make each of them a hundred
 * others. */
struct expansion {
    const struct ini *ini;
    unsigned depth, left;
    struct buffer out;
};

static void expand(struct expansion *expansion, struct slice text);

/* Append what the '%' at the start of text stands for; returns how many bytes that takes. */
static size_t expand_one(struct expansion *expansion, struct slice text)
{
    const char *end =
        text.len > 3 && text.ptr[1] == '(' ? memmem(text.ptr, text.len, ")s", 2) : NULL;
    const struct ini_entry *entry = NULL;
    if (text.len > 1 && text.ptr[1] == '%') {
        buffer_append_char(&expansion->out, '%');
        return 2;
    }
    if (end != NULL)
        entry = find(expansion->ini, slice_make(text.ptr + 2, (size_t)(end - text.ptr) - 2));
    if (entry == NULL || expansion->depth == INTERPOLATION_DEPTH || expansion->left == 0) {
        buffer_append_char(&expansion->out, '%');
        return 1;
    }
    expansion->left--;
    expansion->depth++;
    expand(expansion, slice_from(entry->value));
    expansion->depth--;
    return (size_t)(end - text.ptr) + 2;
}

static void expand(struct expansion *expansion, struct slice text)
{
    while (text.len > 0) {
        size_t len = 1;
        if (text.ptr[0] == '%')
            len = expand_one(expansion, text);
        else
            buffer_append_char(&expansion->out, text.ptr[0]);
        text = slice_from_offset(text, len);
    }
}

char *ini_get(const struct ini *ini, const char *name)
{
    const struct ini_entry *entry = find(ini, slice_from(name));
    struct expansion expansion = {.ini = ini, .left = INTERPOLATIONS, .out = BUFFER_INIT};
    if (entry == NULL)
        return NULL;
    expand(&expansion, slice_from(entry->value));
    return buffer_detach(&expansion.out);
}
