/* unified: see unified.h.
 *
 *     lines  --equal ends cut off-->  middle  --lengths of common rests-->  marks  -->  hunks
 */
#include "schema/unified.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "ddltap/memory.h"

enum {
    CONTEXT_LINES = 3
};

struct lines {
    struct slice *list;
    size_t count;
};

/* What is written, in order: ' ' takes a line of both, '-' of before, '+' of after. */
struct script {
    char *marks;
    size_t count;
};

static void split(struct slice text, struct lines *lines)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    lines->list = memory_new(count + 1, sizeof(*lines->list));
    lines->count = 0;
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        lines->list[lines->count++] = slice_make(text.ptr, len);
        text = slice_from_offset(text, end == NULL ? len : len + 1);
    }
}

static void mark(struct script *script, char c, size_t count)
{
    memset(script->marks + script->count, c, count);
    script->count += count;
}

/* lengths[i * (b.count + 1) + j]: of the longest common subsequence of what begins at i and at j. */
static uint32_t *measure(struct lines a, struct lines b)
{
    size_t width = b.count + 1;
    uint32_t *lengths = memory_new((a.count + 1) * width, sizeof(*lengths));

    for (size_t i = a.count; i-- > 0;) {
        for (size_t j = b.count; j-- > 0;) {
            uint32_t down = lengths[(i + 1) * width + j], right = lengths[i * width + j + 1];
            if (slice_equal(a.list[i], b.list[j]))
                lengths[i * width + j] = lengths[(i + 1) * width + j + 1] + 1;
            else
                lengths[i * width + j] = down > right ? down : right;
        }
    }
    return lengths;
}

static void compare_middle(struct lines a, struct lines b, struct script *script)
{
    size_t i = 0, j = 0, width = b.count + 1;

    if (a.count > 0 && b.count > 0 && a.count <= UNIFIED_LIMIT / b.count) {
        uint32_t *lengths = measure(a, b);
        while (i < a.count && j < b.count) {
            if (slice_equal(a.list[i], b.list[j])) {
                mark(script, ' ', 1);
                i++;
                j++;
            } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
                mark(script, '-', 1);
                i++;
            } else {
                mark(script, '+', 1);
                j++;
            }
        }
        free(lengths);
    }
    mark(script, '-', a.count - i);
    mark(script, '+', b.count - j);
}

static void compare(struct lines a, struct lines b, struct script *script)
{
    size_t head = 0, tail = 0, least = a.count < b.count ? a.count : b.count;

    while (head < least && slice_equal(a.list[head], b.list[head]))
        head++;
    while (tail < least - head &&
           slice_equal(a.list[a.count - 1 - tail], b.list[b.count - 1 - tail]))
        tail++;
    mark(script, ' ', head);
    compare_middle((struct lines){a.list + head, a.count - head - tail},
                   (struct lines){b.list + head, b.count - head - tail}, script);
    mark(script, ' ', tail);
}

/* "12,5"; a range without lines stands behind the line before it. */
static void write_range(size_t start, size_t count, struct buffer *out)
{
    buffer_printf(out, "%zu", count == 0 ? start : start + 1);
    if (count != 1)
        buffer_printf(out, ",%zu", count);
}

static void write_hunk(const struct script *script, size_t from, size_t to, struct lines a,
                       struct lines b, struct buffer *out)
{
    size_t i = 0, j = 0, a_count = 0, b_count = 0;

    for (size_t at = 0; at < to; at++) {
        bool in_a = script->marks[at] != '+', in_b = script->marks[at] != '-';
        i += in_a && at < from;
        j += in_b && at < from;
        a_count += in_a && at >= from;
        b_count += in_b && at >= from;
    }
    buffer_append_text(out, "@@ -");
    write_range(i, a_count, out);
    buffer_append_text(out, " +");
    write_range(j, b_count, out);
    buffer_append_text(out, " @@\n");
    for (size_t at = from; at < to; at++) {
        char c = script->marks[at];
        buffer_append_char(out, c);
        buffer_append_slice(out, c == '+' ? b.list[j] : a.list[i]);
        buffer_append_char(out, '\n');
        i += c != '+';
        j += c != '-';
    }
}

/* Differences with no more than twice the context between them share a hunk. */
static void write_hunks(const struct script *script, struct lines a, struct lines b,
                        struct buffer *out)
{
    size_t at = 0, hunk_end = 0;

    while (at < script->count) {
        if (script->marks[at] == ' ') {
            at++;
            continue;
        }
        size_t from = at < hunk_end + CONTEXT_LINES ? hunk_end : at - CONTEXT_LINES, last = at;
        for (; at < script->count && at - last <= 2 * CONTEXT_LINES + 1; at++)
            last = script->marks[at] == ' ' ? last : at;
        size_t to = last + 1 + CONTEXT_LINES;
        hunk_end = to < script->count ? to : script->count;
        write_hunk(script, from, hunk_end, a, b, out);
        at = hunk_end;
    }
}

void unified_write(struct slice before, struct slice after, struct buffer *out)
{
    struct lines a, b;
    struct script script = {NULL, 0};

    split(before, &a);
    split(after, &b);
    script.marks = memory_new(a.count + b.count + 1, 1);
    compare(a, b, &script);
    write_hunks(&script, a, b, out);
    free(script.marks);
    free(a.list);
    free(b.list);
}
