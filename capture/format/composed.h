/* composed: the files that a format makes of a proposal. */
#ifndef DDLTAP_FORMAT_COMPOSED_H
#define DDLTAP_FORMAT_COMPOSED_H

#include <stddef.h>

#include "ddltap/buffer.h"

struct composed_file {
    char *path; /* below root; owned */
    struct buffer content;
};

struct composed {
    char *version; /* of the new migration; owned */
    struct composed_file *files;
    size_t count;
};

#define COMPOSED_INIT ((struct composed){NULL, NULL, 0})

/* Append a file (path is taken); its content may be written until the next one is added. */
struct buffer *composed_add(struct composed *composed, char *path);
void composed_release(struct composed *composed);

#endif
