/* columns: rows of cells, printed in aligned columns.
 *
 * Cells are UTF-8 without control characters; widths count code points.
 */
#ifndef DDLTAP_COMMAND_COLUMNS_H
#define DDLTAP_COMMAND_COLUMNS_H

#include <stddef.h>

#include "command/output.h"
#include "ddltap/buffer.h"

#define COLUMNS_COUNT 6

struct columns_row {
    char *cells[COLUMNS_COUNT]; /* owned; NULL: empty */
    enum output_colour colours[COLUMNS_COUNT];
};

struct columns {
    struct columns_row *rows;
    size_t count;
};

#define COLUMNS_INIT ((struct columns){NULL, 0})

/* A new last row; valid until the next one is added. */
struct columns_row *columns_add(struct columns *columns);
/* Each row begins with two blanks; three stand between columns; none at the end of a line. */
void columns_write(const struct columns *columns, struct buffer *out);
void columns_release(struct columns *columns);

#endif
