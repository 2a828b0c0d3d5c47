/* journal_words: the enums of the journal as words, in the file and on the screen. */
#include "journal/journal_internal.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const change_states[] = {
    [CHANGE_INTENDED] = "intended",   [CHANGE_DONE] = "done",   [CHANGE_FAILED] = "failed",
    [CHANGE_NO_EFFECT] = "no effect", [CHANGE_NOTED] = "noted",
};

static const char *const draft_states[] = {
    [DRAFT_NONE] = "none",           [DRAFT_DUE] = "due",
    [DRAFT_PENDING] = "pending",     [DRAFT_DISCARDED] = "discarded",
    [DRAFT_COMMITTED] = "committed", [DRAFT_SQUASHED] = "squashed",
    [DRAFT_UNDONE] = "undone",       [DRAFT_SPLIT] = "split",
};

static const char *const origins[] = {
    [ORIGIN_CAPTURED] = "captured",
    [ORIGIN_SCANNED] = "scanned",
    [ORIGIN_APPLIED] = "applied",
    [ORIGIN_UNDONE] = "undone",
};

static const char *const roles[] = {
    [ROLE_TARGET] = "target",
    [ROLE_RENAME_FROM] = "rename from",
    [ROLE_RENAME_TO] = "rename to",
    [ROLE_REFERENCE] = "reference",
};

static const char *const image_states[] = {
    [IMAGE_UNKNOWN] = "unknown",
    [IMAGE_ABSENT] = "absent",
    [IMAGE_PRESENT] = "present",
};

static bool find(const char *const *words, size_t count, const char *word, unsigned *index)
{
    for (unsigned i = 0; word != NULL && i < count; i++) {
        if (strcmp(words[i], word) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

const char *change_state_text(enum change_state state)
{
    return change_states[state];
}

const char *draft_state_text(enum draft_state state)
{
    return draft_states[state];
}

const char *change_origin_text(enum change_origin origin)
{
    return origins[origin];
}

const char *journal_role_text(enum object_role role)
{
    return roles[role];
}

const char *journal_image_state_text(enum image_state state)
{
    return image_states[state];
}

bool journal_change_state_read(const char *word, enum change_state *state)
{
    unsigned index = 0;
    bool found = find(change_states, COUNT(change_states), word, &index);
    *state = (enum change_state)index;
    return found;
}

bool journal_draft_state_read(const char *word, enum draft_state *state)
{
    unsigned index = 0;
    bool found = find(draft_states, COUNT(draft_states), word, &index);
    *state = (enum draft_state)index;
    return found;
}

bool journal_origin_read(const char *word, enum change_origin *origin)
{
    unsigned index = 0;
    bool found = find(origins, COUNT(origins), word, &index);
    *origin = (enum change_origin)index;
    return found;
}

bool journal_role_read(const char *word, enum object_role *role)
{
    unsigned index = 0;
    bool found = find(roles, COUNT(roles), word, &index);
    *role = (enum object_role)index;
    return found;
}

bool journal_image_state_read(const char *word, enum image_state *state)
{
    unsigned index = 0;
    bool found = find(image_states, COUNT(image_states), word, &index);
    *state = (enum image_state)index;
    return found;
}

bool journal_verb_read(const char *word, enum ddl_verb *verb)
{
    static const enum ddl_verb verbs[] = {DDL_CREATE, DDL_ALTER, DDL_DROP, DDL_RENAME,
                                          DDL_TRUNCATE};
    for (size_t i = 0; word != NULL && i < COUNT(verbs); i++) {
        if (strcmp(ddl_verb_text(verbs[i]), word) == 0) {
            *verb = verbs[i];
            return true;
        }
    }
    return false;
}
