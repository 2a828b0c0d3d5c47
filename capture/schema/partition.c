/* partition: see partition.h. Partitions that are equal at the beginning and at the end stay; those in
 * the middle are reorganised, where servers allow it:
 *
 *     now      p0 | p1 p2 | p9          wanted   p0 | px | p9
 *              same         same                 REORGANIZE PARTITION p1, p2 INTO (px)
 *
 * A reorganisation of ranges must end where it ended before, unless it holds the last one. */
#include "schema/partition.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/printed.h"

static size_t list_start(struct slice text)
{
    for (size_t at = 0; at < text.len; at = printed_skip(text, at)) {
        if (slice_starts_with(slice_from_offset(text, at), SLICE("\n(PARTITION ")))
            return at + 1;
    }
    return text.len;
}

static struct slice read_name(struct slice text)
{
    struct slice quoted = printed_name(text, 0);
    size_t end = 0;

    if (!slice_is_none(quoted))
        return quoted;
    while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n')
        end++;
    return slice_make(text.ptr, end);
}

/* "LESS THAN (10)", "LESS THAN MAXVALUE", "IN (1,2)", "IN (DEFAULT)". */
static struct slice read_values(struct slice text)
{
    const struct slice words = SLICE("VALUES ");
    size_t at = printed_find(text, "VALUES ");

    if (at == PRINTED_NOWHERE)
        return SLICE_NONE;
    at += words.len;
    size_t end = at;
    while (end < text.len && text.ptr[end] != '(' && text.ptr[end] != 'M')
        end++;
    if (end < text.len && text.ptr[end] == '(')
        end = printed_skip(text, end);
    else
        end = end + strlen("MAXVALUE") < text.len ? end + strlen("MAXVALUE") : text.len;
    return slice_make(text.ptr + at, end - at);
}

static void read_one(struct slice text, struct partitioning *partitioning)
{
    const struct slice word = SLICE("PARTITION ");

    partitioning->partitions = memory_resize(partitioning->partitions, partitioning->count + 1,
                                             sizeof(*partitioning->partitions));
    struct partition *partition = &partitioning->partitions[partitioning->count++];
    partition->text = text;
    partition->name = read_name(slice_from_offset(text, word.len));
    partition->values = read_values(text);
}

void partitioning_read(struct slice text, struct partitioning *partitioning)
{
    size_t open = list_start(text), start = open + 1, end;

    *partitioning = (struct partitioning){.head = slice_make(text.ptr, open)};
    if (open == text.len)
        return;
    end = printed_skip(text, open);
    partitioning->tail = slice_from_offset(text, end);
    for (size_t at = start; at < end; at = printed_skip(text, at)) {
        bool last = at + 1 == end;
        if (!last && !slice_starts_with(slice_from_offset(text, at), SLICE(",\n PARTITION ")))
            continue;
        if (at > start)
            read_one(slice_make(text.ptr + start, at - start), partitioning);
        start = at + strlen(",\n ");
    }
}

void partitioning_release(struct partitioning *partitioning)
{
    free(partitioning->partitions);
    memset(partitioning, 0, sizeof(*partitioning));
}

/* --- steps ------------------------------------------------------------------------------------ */

/* The partitions from first to last - 1 of one of the two. */
struct span {
    const struct partitioning *of;
    size_t first;
    size_t last;
};

static bool is_empty(const struct span *span)
{
    return span->first == span->last;
}

static bool all_have(const struct partitioning *partitioning, const char *values)
{
    for (size_t i = 0; i < partitioning->count; i++) {
        struct slice found = partitioning->partitions[i].values;
        if (slice_is_none(found) || !slice_starts_with(found, slice_from(values)))
            return false;
    }
    return partitioning->count > 0;
}

/* The bound of a range when it is one whole number. */
static bool read_number(struct slice values, long long *number)
{
    const struct slice words = SLICE("LESS THAN (");
    char *end;

    if (!slice_starts_with(values, words))
        return false;
    *number = strtoll(values.ptr + words.len, &end, 10);
    return end > values.ptr + words.len && end == values.ptr + values.len - 1;
}

/* Does the last range of wanted reach at least as far as the last one of now? */
static bool reaches_as_far(const struct span *now, const struct span *wanted)
{
    struct slice a = now->of->partitions[now->last - 1].values;
    struct slice b = wanted->of->partitions[wanted->last - 1].values;
    long long a_number, b_number;

    if (slice_equal(a, b) || slice_equal(b, SLICE("LESS THAN MAXVALUE")))
        return true;
    return read_number(a, &a_number) && read_number(b, &b_number) && a_number <= b_number;
}

static void write_names(const struct span *span, struct buffer *out)
{
    for (size_t i = span->first; i < span->last; i++) {
        buffer_append_text(out, i > span->first ? ", " : "");
        buffer_append_slice(out, span->of->partitions[i].name);
    }
}

static void write_list(const struct span *span, struct buffer *out)
{
    buffer_append_char(out, '(');
    for (size_t i = span->first; i < span->last; i++) {
        buffer_append_text(out, i > span->first ? ",\n " : "");
        buffer_append_slice(out, span->of->partitions[i].text);
    }
    buffer_append_char(out, ')');
}

static enum partition_step write_reorganize(const struct span *now, const struct span *wanted,
                                            struct buffer *out)
{
    buffer_append_text(out, "REORGANIZE PARTITION ");
    write_names(now, out);
    buffer_append_text(out, " INTO\n");
    write_list(wanted, out);
    return PARTITION_KEEPS;
}

static enum partition_step write_span_step(struct span *now, struct span *wanted, bool range,
                                           struct buffer *out)
{
    bool at_end = now->last == now->of->count;

    if (is_empty(wanted) && (at_end || !range)) {
        buffer_append_text(out, "DROP PARTITION ");
        write_names(now, out);
        return PARTITION_DROPS;
    }
    if (is_empty(now) && at_end) {
        buffer_append_text(out, "ADD PARTITION ");
        write_list(wanted, out);
        return PARTITION_KEEPS;
    }
    bool same_end = !is_empty(now) && !is_empty(wanted) &&
                    (!range || slice_equal(now->of->partitions[now->last - 1].values,
                                           wanted->of->partitions[wanted->last - 1].values));
    if (!at_end && !same_end) {
        now->last++;
        wanted->last++;
    }
    if (at_end && range && !reaches_as_far(now, wanted))
        return PARTITION_ANEW;
    return write_reorganize(now, wanted, out);
}

static enum partition_step write_step(const struct partitioning *a, const struct partitioning *b,
                                      struct buffer *out)
{
    bool range = all_have(a, "LESS THAN ") && all_have(b, "LESS THAN ");
    bool list = all_have(a, "IN ") && all_have(b, "IN ");
    struct span now = {a, 0, a->count}, wanted = {b, 0, b->count};

    if (!slice_equal(a->head, b->head) || !slice_equal(a->tail, b->tail) || (!range && !list))
        return PARTITION_ANEW;
    while (!is_empty(&now) && !is_empty(&wanted) &&
           slice_equal(a->partitions[now.first].text, b->partitions[wanted.first].text)) {
        now.first++;
        wanted.first++;
    }
    while (!is_empty(&now) && !is_empty(&wanted) &&
           slice_equal(a->partitions[now.last - 1].text, b->partitions[wanted.last - 1].text)) {
        now.last--;
        wanted.last--;
    }
    if (is_empty(&now) && is_empty(&wanted)) /* the texts differ in blanks alone */
        return PARTITION_ANEW;
    return write_span_step(&now, &wanted, range, out);
}

enum partition_step partition_write_step(struct slice now, struct slice wanted, struct buffer *out)
{
    struct partitioning a, b;

    if (slice_is_none(now) || slice_is_none(wanted))
        return PARTITION_ANEW;
    partitioning_read(now, &a);
    partitioning_read(wanted, &b);
    enum partition_step step = write_step(&a, &b, out);
    partitioning_release(&a);
    partitioning_release(&b);
    return step;
}
