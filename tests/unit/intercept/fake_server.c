#include "fake_server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "server/control.h"
#include "server/opened.h"

#define OBJECTS_MAX 64
#define THREADS_MAX 64

struct fake_object {
    enum object_type type;
    char name[64], table[64];
    char text[512];
};

static struct {
    pthread_mutex_t mutex;
    bool away;
    bool silent;    /* broken ones are made anew, unnoticed, by the next question */
    unsigned epoch; /* connections of an earlier one are broken */
    unsigned reads;
    unsigned left_open; /* readings that were let go of without a closing */
    char identity[64];
    struct fake_object objects[OBJECTS_MAX];
    size_t object_count;
    uint32_t threads[THREADS_MAX];
    size_t thread_count;
} fake = {.mutex = PTHREAD_MUTEX_INITIALIZER};

struct control {
    unsigned epoch;
    char identity[64];
};

static void lock(void)
{
    pthread_mutex_lock(&fake.mutex);
}

static void unlock(void)
{
    pthread_mutex_unlock(&fake.mutex);
}

void fake_server_reset(void)
{
    lock();
    fake.away = fake.silent = false;
    fake.reads = fake.left_open = 0;
    fake.object_count = fake.thread_count = 0;
    snprintf(fake.identity, sizeof(fake.identity), "fake 1");
    unlock();
}

void fake_server_away(bool away)
{
    lock();
    fake.away = away;
    fake.epoch++;
    unlock();
}

void fake_server_break_connections(void)
{
    lock();
    fake.epoch++;
    unlock();
}

void fake_server_identity(const char *identity)
{
    lock();
    snprintf(fake.identity, sizeof(fake.identity), "%s", identity);
    fake.epoch++;
    unlock();
}

void fake_server_restart(const char *identity)
{
    fake_server_identity(identity);
    lock();
    fake.silent = true;
    unlock();
}

static struct fake_object *find(enum object_type type, const char *name)
{
    for (size_t i = 0; i < fake.object_count; i++)
        if (fake.objects[i].type == type && strcmp(fake.objects[i].name, name) == 0)
            return &fake.objects[i];
    return NULL;
}

static void put(enum object_type type, const char *name, const char *table, const char *text)
{
    lock();
    struct fake_object *object = find(type, name);
    if (object != NULL && text != NULL && strcmp(object->table, table) != 0)
        object = NULL; /* of a table in another schema */
    if (object == NULL && text != NULL) {
        if (fake.object_count == OBJECTS_MAX)
            abort();
        object = &fake.objects[fake.object_count++];
    }
    if (text == NULL && object != NULL)
        *object = fake.objects[--fake.object_count];
    if (text != NULL) {
        object->type = type;
        snprintf(object->name, sizeof(object->name), "%s", name);
        snprintf(object->table, sizeof(object->table), "%s", table);
        snprintf(object->text, sizeof(object->text), "%s", text);
    }
    unlock();
}

void fake_server_put(enum object_type type, const char *name, const char *text)
{
    put(type, name, "", text);
}

void fake_server_put_trigger(const char *name, const char *table, const char *text)
{
    put(OBJECT_TRIGGER, name, table, text);
}

void fake_server_thread(uint32_t connection_id, bool alive)
{
    lock();
    size_t kept = 0;
    for (size_t i = 0; i < fake.thread_count; i++)
        if (fake.threads[i] != connection_id)
            fake.threads[kept++] = fake.threads[i];
    fake.thread_count = kept;
    if (alive)
        fake.threads[fake.thread_count++] = connection_id;
    unlock();
}

unsigned fake_server_left_open(void)
{
    lock();
    unsigned left_open = fake.left_open;
    unlock();
    return left_open;
}

unsigned fake_server_reads(void)
{
    lock();
    unsigned reads = fake.reads;
    unlock();
    return reads;
}

/* --- the control connection ------------------------------------------------------------------- */

static void take_server(struct control *control)
{
    control->epoch = fake.epoch;
    snprintf(control->identity, sizeof(control->identity), "%s", fake.identity);
}

static enum error reach(struct control *control, struct problem *problem)
{
    if (control != NULL && fake.silent && !fake.away)
        take_server(control);
    if (fake.away || (control != NULL && control->epoch != fake.epoch))
        return problem_set(problem, ERROR_SERVER, "the fake server does not answer");
    return ERROR_NONE;
}

enum error control_open(const struct control_target *target, struct control **control,
                        struct problem *problem)
{
    (void)target;
    *control = NULL;
    lock();
    enum error error = reach(NULL, problem);
    if (error == ERROR_NONE) {
        *control = memory_new(1, sizeof(**control));
        take_server(*control);
    }
    unlock();
    return error;
}

void control_close(struct control *control)
{
    free(control);
}

bool control_names_nocase(const struct control *control)
{
    (void)control;
    return false;
}

const char *control_server_identity(const struct control *control)
{
    return control->identity;
}

static void fill_triggers(struct control_image *image)
{
    image->triggers = memory_new(OBJECTS_MAX, sizeof(*image->triggers));
    for (size_t i = 0; i < fake.object_count; i++)
        if (fake.objects[i].type == OBJECT_TRIGGER &&
            strcmp(fake.objects[i].table, image->name) == 0)
            image->triggers[image->trigger_count++] = memory_copy_text(fake.objects[i].name);
}

enum error control_read_images(struct control *control, struct control_image *images, size_t count,
                               struct problem *problem)
{
    lock();
    enum error error = reach(control, problem);
    fake.reads++;
    for (size_t i = 0; i < count && error == ERROR_NONE; i++) {
        const struct fake_object *object = find(images[i].type, images[i].name);
        images[i].state = object == NULL ? IMAGE_ABSENT : IMAGE_PRESENT;
        images[i].text = object == NULL ? NULL : memory_copy_text(object->text);
        images[i].context = NULL;
        if (images[i].with_triggers && object != NULL)
            fill_triggers(&images[i]);
    }
    unlock();
    return error;
}

enum error control_read_keeping(struct control *control, struct control_image *images, size_t count,
                                struct opened *opened, struct problem *problem)
{
    enum error error = control_read_images(control, images, count, problem);
    opened->looked = false; /* here: not closed yet */
    opened->schema_count = error == ERROR_NONE;
    return error;
}

enum error opened_close(struct control *control, struct opened *opened, struct problem *problem)
{
    lock();
    enum error error = reach(control, problem);
    unlock();
    opened->looked = error == ERROR_NONE;
    return error;
}

enum error control_has_partitions(struct control *control, const char *schema, const char *table,
                                  bool *partitioned, struct problem *problem)
{
    (void)schema;
    lock();
    enum error error = reach(control, problem);
    const struct fake_object *object = find(OBJECT_TABLE, table);
    *partitioned = object != NULL && strstr(object->text, "PARTITION BY") != NULL;
    unlock();
    return error;
}

void opened_release(struct opened *opened)
{
    lock();
    fake.left_open += opened->schema_count > 0 && !opened->looked;
    unlock();
    opened->schema_count = 0;
}

void control_images_release(struct control_image *images, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(images[i].text);
        free(images[i].context);
        for (size_t k = 0; k < images[i].trigger_count; k++)
            free(images[i].triggers[k]);
        free(images[i].triggers);
        images[i].text = images[i].context = NULL;
        images[i].triggers = NULL;
        images[i].trigger_count = 0;
        images[i].state = IMAGE_UNKNOWN;
    }
}

enum error control_thread_gone(struct control *control, uint32_t connection_id, const char *user,
                               bool *gone, struct problem *problem)
{
    (void)user;
    lock();
    enum error error = reach(control, problem);
    *gone = true;
    for (size_t i = 0; i < fake.thread_count; i++)
        *gone = *gone && fake.threads[i] != connection_id;
    unlock();
    return error;
}
