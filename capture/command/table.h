/* table: rows of cells in aligned columns.
 *
 * Cells are UTF-8 without control characters; widths count code points.
 */
#ifndef DDLTAP_COMMAND_TABLE_H
#define DDLTAP_COMMAND_TABLE_H

#include <stddef.h>

#include "command/output.h"
#include "ddltap/buffer.h"

#define TABLE_COLUMNS 6

struct table_row {
    char *cells[TABLE_COLUMNS]; /* owned; NULL: empty */
    enum output_colour colours[TABLE_COLUMNS];
};

struct table {
    struct table_row *rows;
    size_t count;
};

#define TABLE_INIT ((struct table){NULL, 0})

/* A new last row; valid until the next one is added. */
struct table_row *table_add(struct table *table);
/* Each row begins with two blanks; three stand between columns; none at the end of a line. */
void table_write(const struct table *table, struct buffer *out);
void table_release(struct table *table);

#endif
