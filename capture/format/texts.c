/* texts: see texts.h. */
#include "format/texts.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

void texts_add(struct texts *texts, char *text)
{
    texts->items = memory_resize(texts->items, texts->count + 1, sizeof *texts->items);
    texts->items[texts->count++] = text;
}

bool texts_have(const struct texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->items[i], text) == 0)
            return true;
    }
    return false;
}

void texts_release(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = TEXTS_INIT;
}
