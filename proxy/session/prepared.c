/* A short list: sessions that prepare DDL close it again, or execute it at once. */
#include "session/prepared.h"

#include <stdlib.h>

#include "ddltap/memory.h"

static void remove_at(struct prepared_list *list, struct prepared **at)
{
    struct prepared *gone = *at;
    *at = gone->next;
    list->count--;
    list->text_len -= gone->text_len;
    free(gone->text);
    free(gone);
}

static void remove_oldest(struct prepared_list *list)
{
    struct prepared **last = &list->first;
    while ((*last)->next != NULL)
        last = &(*last)->next;
    remove_at(list, last);
}

bool prepared_put(struct prepared_list *list, uint32_t statement_id, char *text, size_t len)
{
    prepared_remove(list, statement_id);
    struct prepared *entry = memory_new(1, sizeof(*entry));
    entry->statement_id = statement_id;
    entry->text = text;
    entry->text_len = len;
    entry->next = list->first;
    list->first = entry;
    list->count++;
    list->text_len += len;
    bool all_kept = true;
    while (list->count > PREPARED_MAX || (list->text_len > PREPARED_TEXT_MAX && list->count > 1)) {
        remove_oldest(list);
        all_kept = false;
    }
    return all_kept;
}

struct slice prepared_text(const struct prepared_list *list, uint32_t statement_id)
{
    for (const struct prepared *entry = list->first; entry != NULL; entry = entry->next)
        if (entry->statement_id == statement_id)
            return slice_make(entry->text, entry->text_len);
    return SLICE_NONE;
}

void prepared_remove(struct prepared_list *list, uint32_t statement_id)
{
    for (struct prepared **at = &list->first; *at != NULL; at = &(*at)->next)
        if ((*at)->statement_id == statement_id) {
            remove_at(list, at);
            return;
        }
}

void prepared_clear(struct prepared_list *list)
{
    while (list->first != NULL)
        remove_at(list, &list->first);
}
