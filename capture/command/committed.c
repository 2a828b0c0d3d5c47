/* committed: see committed.h. */
#include "command/committed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "command/notes.h"
#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "schema/image.h"

#define SETTING JOURNAL_SETTING_COMMITTED

void committed_release(struct committed *committed)
{
    free(committed->version);
    free(committed->parent);
    free(committed->message);
    texts_release(&committed->files);
    texts_release(&committed->hashes);
    texts_release(&committed->names);
    texts_release(&committed->drafts);
    texts_release(&committed->tracked);
    free(committed->members);
    catalog_release(&committed->before);
    catalog_release(&committed->after);
    texts_release(&committed->triggers);
    *committed = (struct committed){.previous = 0};
}

/* --- the baseline ------------------------------------------------------------------------------- */

static const struct catalog_object *find(const struct catalog *catalog, enum object_type type,
                                         const char *name)
{
    for (size_t i = 0; i < catalog->count; i++) {
        if (catalog->objects[i].type == type && strcmp(catalog->objects[i].name, name) == 0)
            return &catalog->objects[i];
    }
    return NULL;
}

static void hash_object(const struct catalog_object *object, char hash[IMAGE_HASH_SIZE])
{
    image_hash(slice_from(object->text), slice_from(object->context), hash);
}

/* Both NULL: the object is in neither. */
static bool is_same(const struct catalog_object *one, const struct catalog_object *other)
{
    char hash[IMAGE_HASH_SIZE], other_hash[IMAGE_HASH_SIZE];
    if (one == NULL || other == NULL)
        return one == other;
    hash_object(one, hash);
    hash_object(other, other_hash);
    return strcmp(hash, other_hash) == 0;
}

void committed_compare(struct committed *committed, const struct catalog *from,
                       const struct catalog *to)
{
    char hash[IMAGE_HASH_SIZE];
    for (size_t i = 0; i < from->count; i++) {
        const struct catalog_object *object = &from->objects[i];
        if (object->type == OBJECT_TRIGGER)
            texts_add(&committed->triggers, memory_copy_text(object->name));
        if (!is_same(object, find(to, object->type, object->name)))
            catalog_add_copy(&committed->before, object);
    }
    for (size_t i = 0; i < to->count; i++) {
        const struct catalog_object *object = &to->objects[i];
        if (is_same(object, find(from, object->type, object->name)))
            continue;
        hash_object(object, hash);
        catalog_add(&committed->after, object->type, slice_from(object->name))->text =
            memory_copy_text(hash);
    }
}

const struct catalog_object *committed_find_moved(const struct committed *committed,
                                                  const struct catalog *baseline)
{
    char hash[IMAGE_HASH_SIZE];
    for (size_t i = 0; i < committed->after.count; i++) {
        const struct catalog_object *left = &committed->after.objects[i];
        const struct catalog_object *now = find(baseline, left->type, left->name);
        if (now != NULL)
            hash_object(now, hash);
        if (now == NULL || strcmp(hash, left->text) != 0)
            return left;
    }
    for (size_t i = 0; i < committed->before.count; i++) {
        const struct catalog_object *was = &committed->before.objects[i];
        if (find(&committed->after, was->type, was->name) == NULL &&
            find(baseline, was->type, was->name) != NULL)
            return was;
    }
    return NULL;
}

void committed_restore(const struct committed *committed, struct catalog *baseline)
{
    const struct catalog *before = &committed->before, *after = &committed->after;
    for (size_t i = 0; i < after->count; i++)
        catalog_remove(baseline, after->objects[i].type, slice_from(after->objects[i].name));
    for (size_t i = 0; i < before->count; i++)
        catalog_add_copy(baseline, &before->objects[i]);
    catalog_order_triggers(baseline, (const char *const *)committed->triggers.items,
                           committed->triggers.count);
}

bool committed_touches(const struct committed *committed, enum object_type type, struct slice name)
{
    char *text = memory_copy_slice(name);
    bool touches =
        find(&committed->before, type, text) != NULL || find(&committed->after, type, text) != NULL;
    free(text);
    return touches;
}

/* --- the members -------------------------------------------------------------------------------- */

bool committed_has(const struct committed *committed, int64_t change)
{
    for (size_t i = 0; i < committed->member_count; i++) {
        if (committed->members[i] == change)
            return true;
    }
    return false;
}

struct journal_filter committed_filter(const struct committed *committed)
{
    int64_t first = committed->members[0], last = first;
    for (size_t i = 1; i < committed->member_count; i++) {
        first = committed->members[i] < first ? committed->members[i] : first;
        last = committed->members[i] > last ? committed->members[i] : last;
    }
    return (struct journal_filter){.after = first - 1,
                                   .last = last,
                                   .draft_states = 1u << DRAFT_COMMITTED,
                                   .without_images = true};
}

/* --- the note ----------------------------------------------------------------------------------- */

static json_t *json_object_of(const struct catalog_object *object)
{
    return json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "type", object_type_text(object->type), "name",
                     object->name, "text", object->text, "context", object->context, "why",
                     object->why);
}

/* NULL: not UTF-8. */
static json_t *json_catalog(const struct catalog *catalog)
{
    json_t *list = json_array();
    for (size_t i = 0; i < catalog->count; i++) {
        if (json_array_append_new(list, json_object_of(&catalog->objects[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static char *copy_field(const json_t *value, const char *name)
{
    return memory_copy_text(json_string_value(json_object_get(value, name)));
}

static void read_catalog(const json_t *note, const char *name, struct catalog *catalog)
{
    const json_t *list = json_object_get(note, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        enum object_type type;
        const char *word = json_string_value(json_object_get(value, "type"));
        if (!object_type_from_text(slice_from(word), &type))
            continue;
        const char *called = json_string_value(json_object_get(value, "name"));
        struct catalog_object *object = catalog_add(catalog, type, slice_from(called));
        object->text = copy_field(value, "text");
        object->context = copy_field(value, "context");
        object->why = copy_field(value, "why");
    }
}

/* NULL: not UTF-8. */
static char *write_note(const struct committed *committed)
{
    json_t *note = json_pack(
        "{s:I, s:s, s:s?, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "previous",
        (json_int_t)committed->previous, "version", committed->version, "parent", committed->parent,
        "message", committed->message, "files", notes_texts(&committed->files), "hashes",
        notes_texts(&committed->hashes), "names", notes_texts(&committed->names), "drafts",
        notes_texts(&committed->drafts), "tracked", notes_texts(&committed->tracked), "members",
        notes_numbers(committed->members, committed->member_count), "before",
        json_catalog(&committed->before), "after", json_catalog(&committed->after), "triggers",
        notes_texts(&committed->triggers));
    char *text = note == NULL ? NULL : json_dumps(note, JSON_COMPACT);
    json_decref(note);
    return text;
}

static void read_note(const char *text, struct committed *committed)
{
    json_t *note = json_loads(text, 0, NULL);
    if (note == NULL)
        return;
    committed->previous = json_integer_value(json_object_get(note, "previous"));
    committed->version = notes_read_text(note, "version");
    committed->parent = copy_field(note, "parent");
    committed->message = notes_read_text(note, "message");
    notes_read_texts(note, "files", &committed->files);
    notes_read_texts(note, "hashes", &committed->hashes);
    notes_read_texts(note, "names", &committed->names);
    notes_read_texts(note, "drafts", &committed->drafts);
    notes_read_texts(note, "tracked", &committed->tracked);
    committed->members = notes_read_numbers(note, "members", &committed->member_count);
    read_catalog(note, "before", &committed->before);
    read_catalog(note, "after", &committed->after);
    notes_read_texts(note, "triggers", &committed->triggers);
    json_decref(note);
}

/* --- the stack ---------------------------------------------------------------------------------- */

/* What is left of one that is gone. */
static void put_first(struct committed *committed, int64_t first)
{
    committed->members = memory_new(1, sizeof *committed->members);
    committed->members[0] = first;
    committed->member_count = 1;
}

/* The newest one's first change; 0: there is none. */
static enum error read_top(struct journal *journal, int64_t *top, struct problem *problem)
{
    char *text = NULL;
    enum error error = journal_setting_get(journal, SETTING, &text, problem);
    *top = text == NULL ? 0 : strtoll(text, NULL, 10);
    free(text);
    return error;
}

static enum error put_top(struct journal *journal, int64_t top, struct problem *problem)
{
    struct buffer value = BUFFER_INIT;
    buffer_printf(&value, "%" PRId64, top);
    enum error error = journal_setting_put(journal, SETTING, buffer_text(&value), problem);
    buffer_release(&value);
    return error;
}

static char *setting_of(int64_t change)
{
    struct buffer name = BUFFER_INIT;
    buffer_printf(&name, SETTING " %" PRId64, change);
    return buffer_detach(&name);
}

static enum error put(struct journal *journal, int64_t change, const char *note,
                      struct problem *problem)
{
    char *name = setting_of(change);
    enum error error = journal_setting_put(journal, name, note, problem);
    free(name);
    return error;
}

enum error committed_push(struct journal *journal, struct committed *committed,
                          struct problem *problem)
{
    int64_t first = committed->members[0];
    enum error error = read_top(journal, &committed->previous, problem);
    if (error != ERROR_NONE || committed->previous == first)
        return error;
    char *note = write_note(committed);
    if (note != NULL)
        error = put(journal, first, note, problem);
    if (note != NULL && error == ERROR_NONE)
        error = put_top(journal, first, problem);
    free(note);
    return error;
}

enum error committed_newest(struct journal *journal, struct committed *committed,
                            struct problem *problem)
{
    int64_t top;
    char *note = NULL;
    *committed = (struct committed){.previous = 0};
    enum error error = read_top(journal, &top, problem);
    char *name = setting_of(top);
    if (error == ERROR_NONE && top != 0)
        error = journal_setting_get(journal, name, &note, problem);
    if (error == ERROR_NONE && note != NULL)
        read_note(note, committed);
    else if (error == ERROR_NONE && top != 0)
        put_first(committed, top);
    free(name);
    free(note);
    return error;
}

enum error committed_pop(struct journal *journal, const struct committed *committed,
                         struct problem *problem)
{
    int64_t top, first = committed->members[0];
    enum error error = read_top(journal, &top, problem);
    if (error == ERROR_NONE && top == first)
        error = put_top(journal, committed->previous, problem);
    return error == ERROR_NONE ? put(journal, first, "", problem) : error;
}
