/* One change at a time: read it, look whether its thread is gone, read its objects, compare those
 * that nobody else has changed since. */
#include "intercept/settle.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "intercept/capture_internal.h"
#include "intercept/plan.h"
#include "intercept/verdict.h"

/* What settling needs of a change, as copies: the journal's own are gone when it is written to. */
struct undecided {
    struct journal_change change; /* id, times, verb, noun and objects with before images */
    struct control_image *now;    /* one for each object */
    bool *disturbed;              /* one for each object: others changed it since */
    uint32_t connection_id;
    char *user;
    char *server_identity;
    bool found;
};

static char *copy(const char *text)
{
    return memory_copy_text(text);
}

static bool take_copy(void *argument, const struct journal_change *change,
                      const struct journal_session *session)
{
    struct undecided *undecided = argument;
    size_t count = change->object_count;
    undecided->found = true;
    undecided->connection_id = session->connection_id;
    undecided->user = copy(session->user);
    undecided->server_identity = copy(session->server_identity);
    undecided->change.id = change->id;
    undecided->change.at = change->at;
    undecided->change.batch = change->batch;
    undecided->change.verb = change->verb;
    undecided->change.noun = copy(change->noun);
    undecided->change.object_count = count;
    undecided->change.objects = memory_new(count + 1, sizeof(struct journal_object));
    undecided->now = memory_new(count + 1, sizeof(struct control_image));
    undecided->disturbed = memory_new(count + 1, sizeof(bool));
    for (size_t i = 0; i < count; i++) {
        const struct journal_object *from = &change->objects[i];
        struct journal_object *to = &undecided->change.objects[i];
        to->type = from->type;
        to->role = from->role;
        to->schema = copy(from->schema);
        to->name = copy(from->name);
        to->before.state = from->before.state;
        to->before.text = copy(from->before.text);
        to->before.context = copy(from->before.context);
        undecided->now[i].type = to->type;
        undecided->now[i].schema = to->schema;
        undecided->now[i].name = to->name;
    }
    return false;
}

static void release(struct undecided *undecided)
{
    size_t count = undecided->change.object_count;
    control_images_release(undecided->now, count);
    free(undecided->now);
    free(undecided->disturbed);
    free(undecided->user);
    free(undecided->server_identity);
    journal_change_release(&undecided->change);
}

/* Can nobody but others have done this? An ALTER leaves what it alters, as an index of it that is made or dropped does; a
 * DROP leaves nothing else in its place. */
static bool is_of_others(const struct journal_change *change, const struct journal_object *object,
                         const struct control_image *now)
{
    bool goes = change->verb == DDL_DROP && strcmp(change->noun, "INDEX") != 0;
    bool stays = change->verb == DDL_ALTER || strcmp(change->noun, "INDEX") == 0;
    if (object->role != ROLE_TARGET || object->before.state != IMAGE_PRESENT)
        return false;
    if (goes)
        return now->state == IMAGE_PRESENT &&
               strcmp(now->text == NULL ? "" : now->text,
                      object->before.text == NULL ? "" : object->before.text) != 0;
    return stays && now->state == IMAGE_ABSENT;
}

/* Take the images of now over as after images; what the comparison says. */
static enum settle_result compare(struct undecided *undecided)
{
    bool known;
    for (size_t i = 0; i < undecided->change.object_count; i++) {
        struct journal_object *object = &undecided->change.objects[i];
        const struct control_image *now = &undecided->now[i];
        if (undecided->disturbed[i] || is_of_others(&undecided->change, object, now))
            continue; /* stays unknown */
        object->after.state = now->state;
        object->after.text = copy(now->text);
        object->after.context = copy(now->context);
    }
    bool differ = verdict_images_differ(&undecided->change, &known);
    return differ ? SETTLE_DONE : known ? SETTLE_NOTHING : SETTLE_UNKNOWN;
}

/* --- what others did meanwhile ---------------------------------------------------------------- */

static bool same_name(const struct journal_object *a, const struct journal_object *b)
{
    return slice_equal_nocase(slice_from(a->schema), slice_from(b->schema)) &&
           slice_equal_nocase(slice_from(a->name), slice_from(b->name));
}

/* Did this one happen, or may it have, after the before images were read? */
static bool came_after(const struct journal_change *other, const struct journal_change *change)
{
    if (other->id == change->id)
        return false;
    if (other->state == CHANGE_INTENDED)
        return other->id > change->id || (change->batch != 0 && other->batch == change->batch);
    return other->ended_at >= change->at;
}

static bool note_disturbance(void *argument, const struct journal_change *other,
                             const struct journal_session *session)
{
    struct undecided *undecided = argument;
    const struct journal_change *change = &undecided->change;
    (void)session;
    if (!came_after(other, change))
        return true;
    for (size_t i = 0; i < change->object_count; i++)
        for (size_t j = 0; j < other->object_count; j++)
            if (other->objects[j].role != ROLE_REFERENCE &&
                same_name(&change->objects[i], &other->objects[j]))
                undecided->disturbed[i] = true;
    return true;
}

/* Objects that another change touched cannot be compared with now. */
static enum error find_disturbances(struct journal *journal, struct undecided *undecided,
                                    struct problem *problem)
{
    const struct journal_filter running = {.states = 1u << CHANGE_INTENDED, .without_images = true};
    const struct journal_filter done = {
        .ended_since = undecided->change.at, .states = 1u << CHANGE_DONE, .without_images = true};
    enum error error = journal_read(journal, &running, note_disturbance, undecided, problem);
    return error == ERROR_NONE ? journal_read(journal, &done, note_disturbance, undecided, problem)
                               : error;
}

static enum error write_down(struct journal *journal, struct undecided *undecided,
                             enum change_state state, const char *reason, struct problem *problem)
{
    struct journal_change *change = &undecided->change;
    change->ended_at = record_now();
    change->state = state;
    change->draft_state = state == CHANGE_DONE ? DRAFT_DUE : DRAFT_NONE;
    change->reason = copy(reason);
    return journal_settle(journal, change, problem);
}

static enum error settle_by_comparing(struct journal *journal, struct control *control,
                                      struct undecided *undecided, enum settle_result *result,
                                      struct problem *problem)
{
    enum error error =
        control_read_images(control, undecided->now, undecided->change.object_count, problem);
    if (error == ERROR_NONE)
        error = find_disturbances(journal, undecided, problem);
    if (error != ERROR_NONE)
        return error;
    *result = compare(undecided);
    if (*result == SETTLE_DONE)
        return write_down(journal, undecided, CHANGE_DONE,
                          "outcome not seen; settled by comparing: the schema has it", problem);
    if (*result == SETTLE_NOTHING)
        return write_down(journal, undecided, CHANGE_FAILED,
                          "outcome not seen; settled by comparing: nothing changed", problem);
    return ERROR_NONE;
}

/* A thread of a server that has restarted since is gone, whoever has its number now. */
static enum error still_running(struct control *control, const struct undecided *undecided,
                                bool *running, struct problem *problem)
{
    bool gone = false;
    /* Asked first: a connection that was idle may be made anew, and then it tells which server this is. */
    enum error error =
        control_thread_gone(control, undecided->connection_id, undecided->user, &gone, problem);
    bool restarted = *undecided->server_identity != '\0' &&
                     strcmp(undecided->server_identity, control_server_identity(control)) != 0;
    *running = !gone && !restarted;
    return error;
}

enum error settle_change(struct journal *journal, struct control *control, int64_t id,
                         enum settle_result *result, struct problem *problem)
{
    const struct journal_filter filter = {.id = id, .states = 1u << CHANGE_INTENDED};
    struct undecided undecided = {.found = false};
    bool running;

    *result = SETTLE_NOTHING;
    enum error error = journal_read(journal, &filter, take_copy, &undecided, problem);
    if (error != ERROR_NONE || !undecided.found)
        goto out;
    if ((error = still_running(control, &undecided, &running, problem)) != ERROR_NONE)
        goto out;
    if (running) {
        *result = SETTLE_RUNNING;
        goto out;
    }
    if (plan_only_noted(&undecided.change))
        error = write_down(journal, &undecided, CHANGE_NOTED, "outcome not seen", problem);
    else
        error = settle_by_comparing(journal, control, &undecided, result, problem);
out:
    release(&undecided);
    return error;
}
