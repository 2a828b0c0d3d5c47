/* selection: see selection.h. */
#include "command/selection.h"

#include <stdlib.h>
#include <string.h>

#include "command/options.h"
#include "ddltap/buffer.h"

#define LISTED_MAX 8 /* names in a message */

/* "#12" or "12"; 0 when it is no number. */
static int64_t read_id(const char *text)
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
    range->first = len == 0 ? 1 : read_id(first);
    range->last = *last == '\0' ? INT64_MAX : read_id(last);
    return range->first > 0 && range->last >= range->first;
}

/* A path to the file names it too. */
static const char *name_of(const char *part)
{
    const char *slash = strrchr(part, '/');
    return slash == NULL ? part : slash + 1;
}

static bool read_one(const char *text, struct selection_range *range)
{
    const char *dots = strchr(text, '/') == NULL ? strstr(text, "..") : NULL;
    int64_t id = read_id(text);
    *range = (struct selection_range){.first = id, .last = id, .single = dots == NULL};
    if (dots != NULL)
        return read_range(text, dots, range);
    if (id != 0)
        return true;
    range->part = text;
    return *name_of(text) != '\0' && *text != '#';
}

const char *selection_read(char **arguments, size_t count, struct selection *selection)
{
    selection->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (selection->count == SELECTION_MAX ||
            !read_one(arguments[i], &selection->ranges[selection->count]))
            return arguments[i];
        selection->count++;
    }
    return NULL;
}

int selection_parse(int argc, char **argv, int operand, struct selection *selection)
{
    const char *wrong = selection_read(argv + operand, (size_t)(argc - operand), selection);
    if (wrong == NULL)
        return -1;
    if (selection->count == SELECTION_MAX)
        return options_wrong(argv[0], "takes %d drafts at most; a range such as 3..90 is one.",
                             SELECTION_MAX);
    return options_wrong(argv[0], "\"%s\" is neither a draft nor a range of them.", wrong);
}

int selection_parse_one(int argc, char **argv, int operand, const char *what,
                        struct selection *selection)
{
    const char *wrong = selection_read(argv + operand, (size_t)(argc - operand), selection);
    if (wrong != NULL || selection->count != 1 || !selection->ranges[0].single)
        return options_wrong(
            argv[0], "needs the number or the name of one %s, as \"ddltap list\" shows it.", what);
    return -1;
}

void selection_add(struct selection *selection, int64_t id)
{
    selection->ranges[selection->count++] =
        (struct selection_range){.first = id, .last = id, .single = true};
}

/* --- names -------------------------------------------------------------------------------------- */

static bool has_part(const char *name, const char *part)
{
    return strcasestr(name, name_of(part)) != NULL;
}

/* Of names that hold one another, the one that is given as a whole is meant. */
static bool is_whole(const char *name, const char *part)
{
    return strcasecmp(name, name_of(part)) == 0;
}

static bool fits(const struct selection_range *range, const char *name)
{
    return range->whole ? is_whole(name, range->part) : has_part(name, range->part);
}

static enum error say_several(const char *part, const struct selection_name *names, size_t count,
                              struct problem *problem)
{
    struct buffer list = BUFFER_INIT;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (!has_part(names[i].name, part))
            continue;
        if (found++ < LISTED_MAX)
            buffer_printf(&list, "\n  %s", names[i].name);
    }
    if (found > LISTED_MAX)
        buffer_printf(&list, "\n  and %zu more", found - LISTED_MAX);
    enum error error = problem_set(problem, ERROR_USAGE, "\"%s\" is in the names of %zu drafts:%s",
                                   part, found, buffer_text(&list));
    buffer_release(&list);
    return error;
}

static enum error resolve(struct selection_range *range, const struct selection_name *names,
                          size_t count, struct problem *problem)
{
    const struct selection_name *found = NULL;
    for (size_t i = 0; i < count; i++)
        range->whole = range->whole || is_whole(names[i].name, range->part);
    for (size_t i = 0; i < count; i++) {
        if (!fits(range, names[i].name))
            continue;
        if (found != NULL)
            return say_several(range->part, names, count, problem);
        found = &names[i];
    }
    if (found == NULL)
        return problem_set(problem, ERROR_NOT_FOUND,
                           "No draft has \"%s\" in its name. \"ddltap list\" shows them.",
                           range->part);
    range->first = found->id;
    range->last = found->id;
    return ERROR_NONE;
}

enum error selection_resolve(struct selection *selection, const struct selection_name *names,
                             size_t count, struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < selection->count && error == ERROR_NONE; i++) {
        struct selection_range *range = &selection->ranges[i];
        if (range->part != NULL && range->first == 0)
            error = resolve(range, names, count, problem);
    }
    return error;
}

/* --- taking ------------------------------------------------------------------------------------- */

bool selection_take(struct selection *selection, int64_t id, bool pending)
{
    bool taken = selection->count == 0 && pending;
    for (size_t i = 0; i < selection->count; i++) {
        struct selection_range *range = &selection->ranges[i];
        if (range->first == 0 || id < range->first || id > range->last ||
            (!pending && !range->single))
            continue;
        range->met = true;
        taken = true;
    }
    return taken;
}

bool selection_take_name(struct selection *selection, const char *name)
{
    bool taken = selection->count == 0;
    for (size_t i = 0; i < selection->count; i++) {
        struct selection_range *range = &selection->ranges[i];
        if (range->part == NULL || range->first != 0 || !fits(range, name))
            continue;
        range->met = true;
        taken = true;
    }
    return taken;
}

void selection_bounds(const struct selection *selection, int64_t *first, int64_t *last)
{
    *first = selection->count == 0 ? 0 : INT64_MAX;
    *last = selection->count == 0 ? INT64_MAX : 0;
    for (size_t i = 0; i < selection->count; i++) {
        const struct selection_range *range = &selection->ranges[i];
        bool numbered = range->last != 0;
        int64_t range_first = numbered ? range->first : 0;
        int64_t range_last = numbered ? range->last : INT64_MAX;
        *first = range_first < *first ? range_first : *first;
        *last = range_last > *last ? range_last : *last;
    }
}

const struct selection_range *selection_unmet(const struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++) {
        if (!selection->ranges[i].met)
            return &selection->ranges[i];
    }
    return NULL;
}
