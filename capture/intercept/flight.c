/* One list under one mutex: there are as many as there are DDL statements running. Names are
 * compared without case and without the kind of object: two that are taken for one only lose their
 * way back.
 */
#include "intercept/flight.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "ddltap/slice.h"

struct flight_object {
    char *schema, *name;
};

struct flight {
    struct flights *flights;
    const void *owner;
    struct flight_object *objects;
    size_t object_count;
    char *text; /* of a change that may have twins, else NULL */
    size_t text_len;
    bool disturbed;
    bool overtaken;
    bool tentative;
    struct flight *next;
};

struct flights {
    pthread_mutex_t mutex;
    struct flight *first;
};

struct flights *flights_new(void)
{
    struct flights *flights = memory_new(1, sizeof(*flights));
    pthread_mutex_init(&flights->mutex, NULL);
    return flights;
}

void flights_free(struct flights *flights)
{
    if (flights == NULL)
        return;
    assert(flights->first == NULL);
    pthread_mutex_destroy(&flights->mutex);
    free(flights);
}

static bool has_trigger(const struct journal_change *change)
{
    for (size_t i = 0; i < change->object_count; i++)
        if (change->objects[i].type == OBJECT_TRIGGER)
            return true;
    return false;
}

/* A trigger is printed with its table and dies with it: that counts as touched. */
static void take_objects(struct flight *flight, const struct journal_change *change)
{
    bool references = has_trigger(change);
    flight->objects = memory_new(change->object_count + 1, sizeof(*flight->objects));
    for (size_t i = 0; i < change->object_count; i++) {
        const struct journal_object *object = &change->objects[i];
        if (object->role != ROLE_REFERENCE || references)
            flight->objects[flight->object_count++] = (struct flight_object){
                memory_copy_text(object->schema), memory_copy_text(object->name)};
    }
}

struct flight *flight_enter(struct flights *flights, const void *owner,
                            const struct journal_change *change, bool twins, bool tentative)
{
    struct flight *flight = memory_new(1, sizeof(*flight));
    flight->flights = flights;
    flight->owner = owner;
    flight->tentative = tentative;
    take_objects(flight, change);
    if (twins) {
        flight->text = memory_copy_slice(slice_make(change->text, change->text_len));
        flight->text_len = change->text_len;
    }
    pthread_mutex_lock(&flights->mutex);
    flight->next = flights->first;
    flights->first = flight;
    pthread_mutex_unlock(&flights->mutex);
    return flight;
}

void flight_confirm(struct flight *flight)
{
    if (flight == NULL)
        return;
    pthread_mutex_lock(&flight->flights->mutex);
    flight->tentative = false;
    pthread_mutex_unlock(&flight->flights->mutex);
}

void flight_disown(struct flight *flight)
{
    if (flight == NULL)
        return;
    pthread_mutex_lock(&flight->flights->mutex);
    flight->owner = NULL;
    pthread_mutex_unlock(&flight->flights->mutex);
}

static bool is_same(const struct flight_object *a, const struct flight_object *b)
{
    return slice_equal_nocase(slice_from(a->schema), slice_from(b->schema)) &&
           slice_equal_nocase(slice_from(a->name), slice_from(b->name));
}

static bool meet(const struct flight *a, const struct flight *b)
{
    if (a == b || (a->owner != NULL && a->owner == b->owner))
        return false;
    for (size_t i = 0; i < a->object_count; i++)
        for (size_t j = 0; j < b->object_count; j++)
            if (is_same(&a->objects[i], &b->objects[j]))
                return true;
    return false;
}

/* Of one whose session is gone nobody knows what it does, and when. Here the case of letters counts. */
static bool are_twins(const struct flight *a, const struct flight *b)
{
    bool same = a->text != NULL && b->text != NULL && a->owner != NULL && b->owner != NULL &&
                a->object_count == b->object_count &&
                slice_equal(slice_make(a->text, a->text_len), slice_make(b->text, b->text_len));
    for (size_t i = 0; same && i < a->object_count; i++)
        same = slice_equal(slice_from(a->objects[i].schema), slice_from(b->objects[i].schema)) &&
               slice_equal(slice_from(a->objects[i].name), slice_from(b->objects[i].name));
    return same;
}

/* Is no other on its way that it meets; or none but twins? Under the mutex. */
static bool is_alone_now(const struct flight *flight, bool but_for_twins)
{
    for (const struct flight *other = flight->flights->first; other != NULL; other = other->next)
        if (!other->tentative && meet(flight, other) &&
            !(but_for_twins && are_twins(flight, other)))
            return false;
    return true;
}

bool flight_alone(struct flight *flight)
{
    if (flight == NULL)
        return true;
    pthread_mutex_lock(&flight->flights->mutex);
    bool alone = !flight->disturbed && !flight->overtaken && is_alone_now(flight, false);
    pthread_mutex_unlock(&flight->flights->mutex);
    return alone;
}

enum flight_twins flight_twins(struct flight *flight)
{
    enum flight_twins twins = FLIGHT_FIRST;
    if (flight == NULL)
        return twins;
    pthread_mutex_lock(&flight->flights->mutex);
    if (flight->disturbed || !is_alone_now(flight, true))
        twins = FLIGHT_CROWDED;
    else if (flight->overtaken)
        twins = FLIGHT_OVERTAKEN;
    pthread_mutex_unlock(&flight->flights->mutex);
    return twins;
}

/* Tell those that it touched. Under the mutex. */
static void disturb(const struct flight *flight, enum flight_end end)
{
    for (struct flight *other = flight->flights->first; other != NULL; other = other->next) {
        if (!meet(flight, other))
            continue;
        if (end == FLIGHT_CHANGED && are_twins(flight, other))
            other->overtaken = true;
        else
            other->disturbed = true;
    }
}

static void flight_free(struct flight *flight)
{
    for (size_t i = 0; i < flight->object_count; i++) {
        free(flight->objects[i].schema);
        free(flight->objects[i].name);
    }
    free(flight->objects);
    free(flight->text);
    free(flight);
}

void flight_leave(struct flight *flight, enum flight_end end)
{
    if (flight == NULL)
        return;
    pthread_mutex_lock(&flight->flights->mutex);
    struct flight **at = &flight->flights->first;
    while (*at != flight)
        at = &(*at)->next;
    *at = flight->next;
    if (end != FLIGHT_UNCHANGED)
        disturb(flight, end);
    pthread_mutex_unlock(&flight->flights->mutex);
    flight_free(flight);
}
