/* committed: see committed.h. */
#include "command/committed.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "command/notes.h"
#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "schema/image.h"

#define SETTING "committed"

void committed_release(struct committed *committed)
{
    free(committed->previous);
    free(committed->version);
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
    *committed = (struct committed){.previous = NULL};
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

static void copy_object(const struct catalog_object *object, struct catalog *to)
{
    struct catalog_object *copy = catalog_add(to, object->type, slice_from(object->name));
    copy->text = memory_copy_text(object->text);
    copy->context = memory_copy_text(object->context);
    copy->why = memory_copy_text(object->why);
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
            copy_object(object, &committed->before);
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
        copy_object(&before->objects[i], baseline);
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
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "previous",
        committed->previous, "version", committed->version, "message", committed->message, "files",
        notes_texts(&committed->files), "hashes", notes_texts(&committed->hashes), "names",
        notes_texts(&committed->names), "drafts", notes_texts(&committed->drafts), "tracked",
        notes_texts(&committed->tracked), "members",
        notes_numbers(committed->members, committed->member_count), "before",
        json_catalog(&committed->before), "after", json_catalog(&committed->after), "triggers",
        notes_texts(&committed->triggers));
    char *text = note == NULL ? NULL : json_dumps(note, JSON_COMPACT);
    json_decref(note);
    return text;
}

static void read_note(const char *text, struct committed *committed)
{
    json_t *note = text == NULL || *text == '\0' ? NULL : json_loads(text, 0, NULL);
    if (note == NULL)
        return;
    committed->previous = notes_read_text(note, "previous");
    committed->version = notes_read_text(note, "version");
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

/* Of the newest one; "" where there is none. Caller frees. */
static enum error read_top(struct journal *journal, char **path, struct problem *problem)
{
    enum error error = journal_setting_get(journal, SETTING, path, problem);
    if (error == ERROR_NONE && *path == NULL)
        *path = memory_copy_text("");
    return error;
}

static enum error put(struct journal *journal, const char *path, const char *note,
                      struct problem *problem)
{
    struct buffer name = BUFFER_INIT;
    buffer_printf(&name, SETTING " %s", path);
    enum error error = journal_setting_put(journal, buffer_text(&name), note, problem);
    buffer_release(&name);
    return error;
}

enum error committed_push(struct journal *journal, struct committed *committed,
                          struct problem *problem)
{
    char *top = NULL, *note = NULL;
    const char *path = committed->files.items[0];
    enum error error = read_top(journal, &top, problem);
    if (error == ERROR_NONE && strcmp(top, path) != 0) {
        free(committed->previous);
        committed->previous = memory_copy_text(top);
        note = write_note(committed);
    }
    if (error == ERROR_NONE && note != NULL)
        error = put(journal, path, note, problem);
    if (error == ERROR_NONE && note != NULL)
        error = journal_setting_put(journal, SETTING, path, problem);
    free(note);
    free(top);
    return error;
}

enum error committed_newest(struct journal *journal, struct committed *committed,
                            struct problem *problem)
{
    char *top = NULL, *note = NULL;
    struct buffer name = BUFFER_INIT;
    *committed = (struct committed){.previous = NULL};
    enum error error = read_top(journal, &top, problem);
    if (error == ERROR_NONE && *top != '\0') {
        buffer_printf(&name, SETTING " %s", top);
        error = journal_setting_get(journal, buffer_text(&name), &note, problem);
    }
    if (error == ERROR_NONE)
        read_note(note, committed);
    buffer_release(&name);
    free(note);
    free(top);
    return error;
}

enum error committed_pop(struct journal *journal, const struct committed *committed,
                         struct problem *problem)
{
    char *top = NULL;
    enum error error = read_top(journal, &top, problem);
    if (error == ERROR_NONE && strcmp(top, committed->files.items[0]) == 0)
        error = journal_setting_put(journal, SETTING, committed->previous, problem);
    if (error == ERROR_NONE)
        error = put(journal, committed->files.items[0], "", problem);
    free(top);
    return error;
}
