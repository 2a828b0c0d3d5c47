/* texts: a list of texts that it owns. */
#ifndef DDLTAP_FORMAT_TEXTS_H
#define DDLTAP_FORMAT_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

struct texts {
    char **items;
    size_t count;
};

#define TEXTS_INIT ((struct texts){NULL, 0})

void texts_add(struct texts *texts, char *text); /* takes text */
bool texts_have(const struct texts *texts, const char *text);
void texts_release(struct texts *texts);

#endif
