/* option_file: see option_file.h. */
#include "config/option_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"

static const struct {
    const char *name;
    size_t offset;
} options[] = {
    {"user", offsetof(struct option_file, user)},
    {"password", offsetof(struct option_file, password)},
    {"host", offsetof(struct option_file, host)},
    {"port", offsetof(struct option_file, port)},
    {"socket", offsetof(struct option_file, socket)},
    {"database", offsetof(struct option_file, database)},
};

static struct slice trim(struct slice text)
{
    while (text.len > 0 && strchr(" \t\r", text.ptr[0]) != NULL)
        text = slice_from_offset(text, 1);
    while (text.len > 0 && strchr(" \t\r", text.ptr[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* The part before a # that stands in no quotes. */
static struct slice without_comment(struct slice text)
{
    char quote = '\0';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quote == '\0' && c == '#')
            return slice_make(text.ptr, i);
        if (quote != '\0' && c == '\\')
            i++;
        else if (quote == c)
            quote = '\0';
        else if (quote == '\0' && (c == '\'' || c == '"'))
            quote = c;
    }
    return text;
}

static char *read_value(struct slice text)
{
    static const char letters[] = "btnrs\\'\"", bytes[] = "\b\t\n\r \\'\"";
    struct buffer out = BUFFER_INIT;
    text = trim(without_comment(text));
    char last = text.len > 1 ? text.ptr[text.len - 1] : '\0';
    if (last != '\0' && text.ptr[0] == last && (last == '\'' || last == '"'))
        text = slice_make(text.ptr + 1, text.len - 2);
    for (size_t i = 0; i < text.len; i++) {
        const char *letter = NULL;
        if (text.ptr[i] == '\\' && i + 1 < text.len)
            letter = memchr(letters, text.ptr[i + 1], sizeof letters - 1);
        buffer_append_char(&out, letter == NULL ? text.ptr[i] : bytes[letter - letters]);
        i += letter != NULL;
    }
    return buffer_detach(&out);
}

static void read_option(struct slice line, struct option_file *file)
{
    const char *equals = memchr(line.ptr, '=', line.len);
    if (equals == NULL)
        return;
    size_t len = (size_t)(equals - line.ptr);
    struct slice name = trim(slice_make(line.ptr, len));
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (!slice_equal(name, slice_from(options[i].name)))
            continue;
        char **field = (char **)(void *)((char *)file + options[i].offset);
        free(*field);
        *field = read_value(slice_from_offset(line, len + 1));
    }
}

void option_file_read(struct slice text, struct option_file *file)
{
    *file = (struct option_file){0};
    bool in_client = false;
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        struct slice line = trim(slice_make(text.ptr, len));
        text = slice_from_offset(text, end == NULL ? len : len + 1);
        if (line.len == 0 || strchr("#;!", line.ptr[0]) != NULL)
            continue;
        if (line.ptr[0] == '[')
            in_client = slice_equal(trim(without_comment(line)), SLICE("[client]"));
        else if (in_client)
            read_option(line, file);
    }
}

void option_file_release(struct option_file *file)
{
    if (file->password != NULL)
        memory_wipe(file->password, strlen(file->password));
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        free(*(char **)(void *)((char *)file + options[i].offset));
    *file = (struct option_file){0};
}
