/* memory: see memory.h. A failed allocation is reported without allocating: write(2), then abort().
 */
#include "ddltap/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void)
{
    static const char text[] = "ddltap: out of memory; the journal keeps what was captured\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written;
    abort();
}

void *memory_new(size_t count, size_t size)
{
    void *ptr = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    if (ptr == NULL)
        out_of_memory();
    return ptr;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        out_of_memory();
    size_t len = count * size;
    void *ptr = realloc(old, len == 0 ? 1 : len);
    if (ptr == NULL)
        out_of_memory();
    return ptr;
}

char *memory_copy_text(const char *text)
{
    return memory_copy_slice(slice_from(text));
}

char *memory_copy_slice(struct slice bytes)
{
    if (slice_is_none(bytes))
        return NULL;
    char *copy = memory_resize(NULL, bytes.len + 1, 1);
    memcpy(copy, bytes.ptr, bytes.len);
    copy[bytes.len] = '\0';
    return copy;
}

void memory_wipe(void *ptr, size_t len)
{
    if (ptr != NULL)
        explicit_bzero(ptr, len);
}
