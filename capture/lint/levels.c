/* levels: see levels.h. */
#include "lint/levels.h"

#include <string.h>

static struct slice trim(struct slice text)
{
    while (text.len > 0 && (*text.ptr == ' ' || *text.ptr == '\t'))
        text = slice_from_offset(text, 1);
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static enum error read_one(struct slice item, struct levels *levels, struct problem *problem)
{
    const char *colon = memchr(item.ptr, ':', item.len);
    size_t len = colon == NULL ? item.len : (size_t)(colon - item.ptr);
    struct slice code = trim(slice_make(item.ptr, len));
    enum rule rule;
    if (!rule_from_code(code, &rule))
        return problem_set(problem, ERROR_CONFIG,
                           "lint.levels: There is no rule \"%.*s\". \"ddltap lint --rules\" lists "
                           "them.",
                           (int)code.len, code.ptr);
    if (colon != NULL &&
        rule_level_from_text(trim(slice_from_offset(item, len + 1)), &levels->of[rule]))
        return ERROR_NONE;
    return problem_set(problem, ERROR_CONFIG,
                       "lint.levels: \"%.*s\": write %s:off, %s:info, %s:warning or %s:error.",
                       (int)item.len, item.ptr, rule_facts(rule)->code, rule_facts(rule)->code,
                       rule_facts(rule)->code, rule_facts(rule)->code);
}

enum error levels_read(const char *text, struct levels *levels, struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < RULE_COUNT; i++)
        levels->of[i] = rule_facts((enum rule)i)->level;
    while (*text != '\0' && error == ERROR_NONE) {
        size_t len = strcspn(text, ",");
        struct slice item = trim(slice_make(text, len));
        if (item.len > 0)
            error = read_one(item, levels, problem);
        text += text[len] == ',' ? len + 1 : len;
    }
    return error;
}
