/* A ring that lives inside the session until a client pipelines deeply. */
#include "session/pending.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

void pending_init(struct pending_queue *queue)
{
    memset(queue, 0, sizeof(*queue));
    queue->capacity = PENDING_INLINE;
}

static struct pending *entry(struct pending_queue *queue, size_t index)
{
    struct pending *ring = queue->many != NULL ? queue->many : queue->few;
    return &ring[(queue->first + index) % queue->capacity];
}

void pending_release(struct pending_queue *queue)
{
    while (queue->count > 0)
        pending_pop(queue);
    free(queue->many);
    pending_init(queue);
}

bool pending_full(const struct pending_queue *queue)
{
    return queue->count >= PENDING_MAX || queue->text_len >= PENDING_TEXT_MAX;
}

static void grow(struct pending_queue *queue)
{
    size_t capacity = queue->capacity * 4;
    struct pending *ring = memory_new(capacity, sizeof(*ring));
    for (size_t i = 0; i < queue->count; i++)
        ring[i] = *entry(queue, i);
    free(queue->many);
    queue->many = ring;
    queue->capacity = capacity;
    queue->first = 0;
}

struct pending *pending_push(struct pending_queue *queue)
{
    assert(queue->count < PENDING_MAX);
    if (queue->count == queue->capacity)
        grow(queue);
    struct pending *pending = entry(queue, queue->count++);
    memset(pending, 0, sizeof(*pending));
    return pending;
}

void pending_keep_text(struct pending_queue *queue, struct pending *pending, char *text, size_t len)
{
    assert(pending->prepare_text == NULL);
    pending->prepare_text = text;
    pending->prepare_len = len;
    queue->text_len += len;
}

char *pending_take_text(struct pending_queue *queue)
{
    struct pending *oldest = entry(queue, 0);
    char *text = oldest->prepare_text;
    queue->text_len -= oldest->prepare_len;
    oldest->prepare_text = NULL;
    oldest->prepare_len = 0;
    return text;
}

struct pending *pending_first(struct pending_queue *queue)
{
    return queue->count == 0 ? NULL : entry(queue, 0);
}

void pending_pop(struct pending_queue *queue)
{
    assert(queue->count > 0);
    free(pending_take_text(queue));
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
}
