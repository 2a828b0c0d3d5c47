/* findings: see findings.h. */
#include "lint/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "sql/section.h"

#define WHAT_BYTES 1024

struct findings_item *findings_add(struct findings *findings, enum rule rule, const char *format,
                                   ...)
{
    char what[WHAT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->list[i].rule == rule && strcmp(findings->list[i].what, what) == 0)
            return &findings->list[i];
    }
    if (findings->count == findings->capacity) {
        findings->capacity = findings->capacity * 2 + 8;
        findings->list = memory_resize(findings->list, findings->capacity, sizeof *findings->list);
    }
    struct findings_item *finding = &findings->list[findings->count++];
    *finding = (struct findings_item){
        .rule = rule, .level = rule_facts(rule)->level, .what = memory_copy_text(what)};
    return finding;
}

static void release_one(struct findings_item *finding)
{
    free(finding->what);
    free(finding->rows);
    free(finding->probe);
    free(finding->reason);
    free(finding->dropped);
}

void findings_remove(struct findings *findings, size_t index)
{
    release_one(&findings->list[index]);
    memmove(&findings->list[index], &findings->list[index + 1],
            (findings->count - index - 1) * sizeof *findings->list);
    findings->count--;
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        release_one(&findings->list[i]);
    free(findings->list);
    *findings = FINDINGS_INIT;
}

/* --- acknowledged ------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct slice skip_blanks(struct slice text)
{
    while (text.len > 0 && is_blank(*text.ptr))
        text = slice_from_offset(text, 1);
    return text;
}

static struct slice first_word(struct slice text)
{
    size_t len = 0;
    while (len < text.len && !is_blank(text.ptr[len]))
        len++;
    return slice_make(text.ptr, len);
}

/* "-- lint:ok CODE reason": false for any other line. */
static bool read_line(struct slice line, struct slice *code, struct slice *reason)
{
    line = skip_blanks(line);
    if (!slice_starts_with(line, SLICE("--")))
        return false;
    line = skip_blanks(slice_from_offset(line, 2));
    if (!slice_equal(first_word(line), SLICE("lint:ok")))
        return false;
    line = skip_blanks(slice_from_offset(line, strlen("lint:ok")));
    *code = first_word(line);
    *reason = skip_blanks(slice_from_offset(line, code->len));
    while (reason->len > 0 && is_blank(reason->ptr[reason->len - 1]))
        reason->len--;
    return code->len > 0;
}

static void acknowledge(struct findings *findings, struct slice code, struct slice reason)
{
    struct buffer text = BUFFER_INIT;
    enum rule rule;
    if (!rule_from_code(code, &rule))
        return;
    section_append_field(reason, &text);
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->list[i].rule == rule && findings->list[i].reason == NULL)
            findings->list[i].reason = memory_copy_text(buffer_text(&text));
    }
    buffer_release(&text);
}

void findings_judge(struct findings *findings, const struct levels *levels, struct slice text)
{
    for (size_t i = findings->count; i-- > 0;) {
        struct findings_item *finding = &findings->list[i];
        finding->level = levels->of[finding->rule];
        if (finding->level == RULE_OFF)
            findings_remove(findings, i);
        else if (finding->raised)
            finding->level = RULE_ERROR;
    }
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        struct slice code, reason;
        if (read_line(slice_make(text.ptr, len), &code, &reason))
            acknowledge(findings, code, reason);
        text = slice_from_offset(text, end == NULL ? len : len + 1);
    }
}

size_t findings_open(const struct findings *findings, enum rule_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += findings->list[i].level == level && findings->list[i].reason == NULL;
    return count;
}
