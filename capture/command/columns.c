/* columns: see columns.h. */
#include "command/columns.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

struct columns_row *columns_add(struct columns *columns)
{
    columns->rows = memory_resize(columns->rows, columns->count + 1, sizeof *columns->rows);
    struct columns_row *row = &columns->rows[columns->count++];
    *row = (struct columns_row){0};
    return row;
}

static size_t width(const char *cell)
{
    size_t count = 0;
    for (; cell != NULL && *cell != '\0'; cell++)
        count += ((unsigned char)*cell & 0xc0) != 0x80;
    return count;
}

static int last_used(const struct columns_row *row)
{
    int last = COLUMNS_COUNT - 1;
    while (last > 0 && (row->cells[last] == NULL || *row->cells[last] == '\0'))
        last--;
    return last;
}

void columns_write(const struct columns *columns, struct buffer *out)
{
    size_t widths[COLUMNS_COUNT] = {0};
    for (size_t i = 0; i < columns->count; i++) {
        for (int c = 0; c < COLUMNS_COUNT; c++) {
            size_t cell = width(columns->rows[i].cells[c]);
            widths[c] = cell > widths[c] ? cell : widths[c];
        }
    }
    for (size_t i = 0; i < columns->count; i++) {
        const struct columns_row *row = &columns->rows[i];
        buffer_append_text(out, "  ");
        for (int c = 0, last = last_used(row); c <= last; c++) {
            output_coloured(out, row->colours[c], row->cells[c] == NULL ? "" : row->cells[c]);
            if (c < last)
                buffer_printf(out, "%*s", (int)(widths[c] - width(row->cells[c])) + 3, "");
        }
        buffer_append_char(out, '\n');
    }
}

void columns_release(struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        for (int c = 0; c < COLUMNS_COUNT; c++)
            free(columns->rows[i].cells[c]);
    }
    free(columns->rows);
    *columns = COLUMNS_INIT;
}
