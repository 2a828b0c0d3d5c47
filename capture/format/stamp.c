/* stamp: see stamp.h. */
#include "format/stamp.h"

#include <stdlib.h>

#include "ddltap/memory.h"

void stamp_add(struct stamp *stamp, char *sql, int64_t rows)
{
    stamp->statements =
        memory_resize(stamp->statements, stamp->count + 1, sizeof *stamp->statements);
    stamp->statements[stamp->count++] = (struct stamp_statement){sql, rows};
}

void stamp_release(struct stamp *stamp)
{
    for (size_t i = 0; i < stamp->count; i++)
        free(stamp->statements[i].sql);
    free(stamp->statements);
    *stamp = STAMP_INIT;
}

void stamp_append_name(struct buffer *sql, const char *name)
{
    buffer_append_char(sql, '`');
    for (; *name != '\0'; name++) {
        if (*name == '`')
            buffer_append_char(sql, '`');
        buffer_append_char(sql, *name);
    }
    buffer_append_char(sql, '`');
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
        if (!letter && !(*text >= '0' && *text <= '9') && *text != '_')
            return false;
    }
    return true;
}

/* A backslash means something in some modes only: what is not plain is written in hexadecimal. */
void stamp_append_text(struct buffer *sql, const char *text)
{
    if (is_plain(text)) {
        buffer_printf(sql, "'%s'", text);
        return;
    }
    buffer_append_text(sql, "_utf8mb4 x'");
    for (; *text != '\0'; text++)
        buffer_printf(sql, "%02x", (unsigned char)*text);
    buffer_append_char(sql, '\'');
}
