/* verdict: see verdict.h. An OK is believed before an image is: what ddltap's own account may not see looks
 * absent.
 */
#include "intercept/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

static bool same_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

static bool same_image(const struct journal_image *a, const struct journal_image *b)
{
    return a->state == b->state && same_text(a->text, b->text) && same_text(a->context, b->context);
}

bool verdict_images_differ(const struct journal_change *change, bool *known)
{
    bool differ = false;
    *known = true;
    for (size_t i = 0; i < change->object_count; i++) {
        const struct journal_object *object = &change->objects[i];
        if (object->role == ROLE_REFERENCE)
            continue;
        if (object->before.state == IMAGE_UNKNOWN || object->after.state == IMAGE_UNKNOWN)
            *known = false;
        else if (!same_image(&object->before, &object->after))
            differ = true;
    }
    return differ;
}

void verdict_end(struct journal_change *change, enum change_state state, const char *reason)
{
    change->state = state;
    change->ended_at = record_now();
    free(change->reason);
    change->reason = memory_copy_text(reason);
    change->draft_state = state == CHANGE_DONE ? DRAFT_DUE : DRAFT_NONE;
}

/* Others changed the same object meanwhile: what the images show may be theirs. */
static void forget_images(struct journal_change *change)
{
    for (size_t i = 0; i < change->object_count; i++) {
        struct journal_image *images[] = {&change->objects[i].before, &change->objects[i].after};
        for (size_t k = 0; k < 2; k++) {
            free(images[k]->text);
            free(images[k]->context);
            *images[k] = (struct journal_image){.state = IMAGE_UNKNOWN};
        }
    }
}

/* RENAME TABLE a TO aside, b TO a, aside TO b: a name that the statement itself makes, and takes away again, is
 * there neither before nor after. */
static bool passes_through(const struct journal_change *change, size_t index)
{
    const struct journal_object *object = &change->objects[index];
    bool from = object->role == ROLE_RENAME_FROM;
    for (size_t i = from ? 0 : index + 1; i < (from ? index : change->object_count); i++) {
        const struct journal_object *other = &change->objects[i];
        if (other->role == (from ? ROLE_RENAME_TO : ROLE_RENAME_FROM) &&
            same_text(other->name, object->name) && same_text(other->schema, object->schema))
            return true;
    }
    return false;
}

/* Can this be so, after an OK? What an account may not see looks absent: made, and not there after;
 * dropped or altered, and not there before. */
static bool image_is_impossible(const struct planned *planned, size_t index)
{
    const struct journal_object *object = &planned->change->objects[index];
    enum image_state before = object->before.state, after = object->after.state;
    switch (object->role) {
    case ROLE_RENAME_FROM:
        return before == IMAGE_ABSENT && !passes_through(planned->change, index);
    case ROLE_RENAME_TO:
        return after == IMAGE_ABSENT && !passes_through(planned->change, index);
    case ROLE_TARGET:
        break;
    default:
        return false;
    }
    if (planned->change->verb == DDL_CREATE)
        return after == IMAGE_ABSENT;
    return before == IMAGE_ABSENT && !planned->guarded;
}

static bool images_are_impossible(const struct planned *planned)
{
    const struct journal_change *change = planned->change;
    for (size_t i = 0; !planned->many_answers && i < change->object_count; i++) {
        const struct journal_object *object = &change->objects[i];
        /* These are not named by the statement: they go along with a table, with a package. */
        bool along = (object->type == OBJECT_TRIGGER && strcmp(change->noun, "TRIGGER") != 0) ||
                     (object->type == OBJECT_PACKAGE_BODY && strcmp(change->noun, "PACKAGE") == 0);
        if (!along && image_is_impossible(planned, i))
            return true;
    }
    return false;
}

/* IF NOT EXISTS of what was there, IF EXISTS of what was not. Of several statements in one it is that of the first. */
static bool had_nothing_to_do(const struct planned *planned)
{
    const struct journal_change *change = planned->change;
    enum image_state idle = change->verb == DDL_CREATE ? IMAGE_PRESENT : IMAGE_ABSENT;
    if (!planned->guarded || planned->many_answers || strcmp(change->noun, "INDEX") == 0 ||
        (change->verb != DDL_CREATE && change->verb != DDL_DROP))
        return false;
    for (size_t i = 0; i < change->object_count; i++)
        if (change->objects[i].role == ROLE_TARGET && change->objects[i].before.state != idle)
            return false;
    return true;
}

void verdict_of_success(const struct planned *planned, bool asked, enum flight_twins twins)
{
    struct journal_change *change = planned->change;
    bool known, overtaken = twins == FLIGHT_OVERTAKEN && asked;
    /* Where the schema was only assumed, nothing to see means that the statement was elsewhere. */
    if (twins != FLIGHT_FIRST || (asked && images_are_impossible(planned)))
        forget_images(change);
    bool differ = verdict_images_differ(change, &known);
    if (plan_only_noted(change))
        verdict_end(change, CHANGE_NOTED, NULL);
    else if (overtaken || (known && !differ) || had_nothing_to_do(planned))
        verdict_end(change, CHANGE_NO_EFFECT, NULL);
    else
        verdict_end(change, CHANGE_DONE, NULL);
}

/* Did the statement take something away before it failed? What differs and is there still may be the doing of others. */
static bool took_away(const struct journal_change *change)
{
    for (size_t i = 0; i < change->object_count; i++) {
        const struct journal_object *object = &change->objects[i];
        if ((object->role == ROLE_TARGET || object->role == ROLE_RENAME_FROM) &&
            object->before.state == IMAGE_PRESENT && object->after.state == IMAGE_ABSENT)
            return true;
    }
    return false;
}

bool verdict_of_error(const struct planned *planned, unsigned error_code, bool alone, bool unsure)
{
    struct journal_change *change = planned->change;
    bool known, differ = verdict_images_differ(change, &known);
    char reason[64];
    if (unsure && !known && !differ)
        return false;
    if (!alone) {
        differ = differ && (unsure || planned->many_answers || took_away(change));
        forget_images(change);
    }
    change->error_code = error_code;
    snprintf(reason, sizeof(reason), differ ? "partly done, then error %u" : "error %u",
             error_code);
    verdict_end(change, differ ? CHANGE_DONE : CHANGE_FAILED, reason);
    return true;
}
