/* table: see table.h. */
#include "command/table.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

struct table_row *table_add(struct table *table)
{
    table->rows = memory_resize(table->rows, table->count + 1, sizeof *table->rows);
    struct table_row *row = &table->rows[table->count++];
    *row = (struct table_row){0};
    return row;
}

static size_t width(const char *cell)
{
    size_t count = 0;
    for (; cell != NULL && *cell != '\0'; cell++)
        count += ((unsigned char)*cell & 0xc0) != 0x80;
    return count;
}

static int last_used(const struct table_row *row)
{
    int last = TABLE_COLUMNS - 1;
    while (last > 0 && (row->cells[last] == NULL || *row->cells[last] == '\0'))
        last--;
    return last;
}

void table_write(const struct table *table, struct buffer *out)
{
    size_t widths[TABLE_COLUMNS] = {0};
    for (size_t i = 0; i < table->count; i++) {
        for (int c = 0; c < TABLE_COLUMNS; c++) {
            size_t cell = width(table->rows[i].cells[c]);
            widths[c] = cell > widths[c] ? cell : widths[c];
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct table_row *row = &table->rows[i];
        buffer_append_text(out, "  ");
        for (int c = 0, last = last_used(row); c <= last; c++) {
            output_coloured(out, row->colours[c], row->cells[c] == NULL ? "" : row->cells[c]);
            if (c < last)
                buffer_printf(out, "%*s", (int)(widths[c] - width(row->cells[c])) + 3, "");
        }
        buffer_append_char(out, '\n');
    }
}

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        for (int c = 0; c < TABLE_COLUMNS; c++)
            free(table->rows[i].cells[c]);
    }
    free(table->rows);
    *table = TABLE_INIT;
}
