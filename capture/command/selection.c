/* selection: see selection.h. */
#include "command/selection.h"

#include <stdlib.h>
#include <string.h>

int64_t selection_read_id(const char *text)
{
    text += *text == '#';
    size_t len = strlen(text);
    if (len == 0 || len > 18 || strspn(text, "0123456789") != len)
        return 0;
    return strtoll(text, NULL, 10);
}

/* "4.." goes on to the last, "..4" begins with the first. */
static bool read_range(const char *text, const char *dots, struct selection_range *range)
{
    char first[32];
    size_t len = (size_t)(dots - text);
    const char *last = dots + 2;
    if (len >= sizeof first || (len == 0 && *last == '\0'))
        return false;
    memcpy(first, text, len);
    first[len] = '\0';
    range->first = len == 0 ? 1 : selection_read_id(first);
    range->last = *last == '\0' ? INT64_MAX : selection_read_id(last);
    return range->first > 0 && range->last >= range->first;
}

const char *selection_read(char **arguments, size_t count, struct selection *selection)
{
    selection->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (selection->count == SELECTION_MAX)
            return arguments[i];
        struct selection_range *range = &selection->ranges[selection->count++];
        const char *dots = strstr(arguments[i], "..");
        int64_t id = selection_read_id(arguments[i]);
        *range = (struct selection_range){id, id, true, false};
        if (dots != NULL)
            range->single = false;
        if (dots == NULL ? id == 0 : !read_range(arguments[i], dots, range))
            return arguments[i];
    }
    return NULL;
}

bool selection_take(struct selection *selection, int64_t id, bool pending)
{
    bool taken = selection->count == 0 && pending;
    for (size_t i = 0; i < selection->count; i++) {
        struct selection_range *range = &selection->ranges[i];
        if (id < range->first || id > range->last || (!pending && !range->single))
            continue;
        range->met = true;
        taken = true;
    }
    return taken;
}

const struct selection_range *selection_unmet(const struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++) {
        if (!selection->ranges[i].met)
            return &selection->ranges[i];
    }
    return NULL;
}
