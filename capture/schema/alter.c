/* alter: see alter.h. */
#include "schema/alter.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

struct alter_step *alter_add(struct alter *alter, enum alter_kind kind)
{
    if (alter->step_count == alter->step_capacity) {
        alter->step_capacity = alter->step_capacity == 0 ? 8 : 2 * alter->step_capacity;
        alter->steps = memory_resize(alter->steps, alter->step_capacity, sizeof(*alter->steps));
    }
    struct alter_step *step = &alter->steps[alter->step_count++];
    *step = (struct alter_step){.kind = kind, .stage = ALTER_STAGE_MAIN};
    return step;
}

static enum alter_stage last_stage(const struct alter *alter)
{
    enum alter_stage last = ALTER_STAGE_MAIN;

    for (size_t i = 0; i < alter->step_count; i++) {
        if (!alter->steps[i].is_forgotten && alter->steps[i].stage > last)
            last = alter->steps[i].stage;
    }
    return last;
}

/* Stages whose steps are statements of their own are followed by one more. */
void alter_settle_forgotten(struct alter *alter)
{
    enum alter_stage last = last_stage(alter);

    if (last == ALTER_STAGE_FULLTEXT || last == ALTER_STAGE_PARTITION)
        last = ALTER_STAGE_DEFAULT;
    for (size_t i = 0; i < alter->step_count; i++) {
        if (alter->steps[i].is_forgotten)
            alter->steps[i].stage = last;
    }
}

bool alter_has_kind(const struct alter *alter, enum alter_kind kind)
{
    for (size_t i = 0; i < alter->step_count; i++) {
        if (alter->steps[i].kind == kind)
            return true;
    }
    return false;
}

struct slice alter_keep_text(struct alter *alter, struct buffer *text)
{
    size_t len = text->len;

    alter->owned = memory_resize(alter->owned, alter->owned_count + 1, sizeof(*alter->owned));
    alter->owned[alter->owned_count] = buffer_detach(text);
    return slice_make(alter->owned[alter->owned_count++], len);
}

void alter_release(struct alter *alter)
{
    for (size_t i = 0; i < alter->owned_count; i++)
        free(alter->owned[i]);
    free(alter->owned);
    free(alter->steps);
    memset(alter, 0, sizeof(*alter));
}
