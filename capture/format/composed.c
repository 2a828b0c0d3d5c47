/* composed: see composed.h. */
#include "format/composed.h"

#include <stdlib.h>

#include "ddltap/memory.h"

struct buffer *composed_add(struct composed *composed, char *path)
{
    composed->files = memory_resize(composed->files, composed->count + 1, sizeof *composed->files);
    struct composed_file *file = &composed->files[composed->count++];
    *file = (struct composed_file){path, BUFFER_INIT};
    return &file->content;
}

void composed_release(struct composed *composed)
{
    for (size_t i = 0; i < composed->count; i++) {
        free(composed->files[i].path);
        buffer_release(&composed->files[i].content);
    }
    free(composed->files);
    free(composed->version);
    *composed = COMPOSED_INIT;
}
