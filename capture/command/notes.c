/* notes: see notes.h. */
#include "command/notes.h"

#include "ddltap/memory.h"

json_t *notes_texts(const struct texts *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++) {
        if (json_array_append_new(list, json_string(texts->items[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *notes_numbers(const int64_t *numbers, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer(numbers[i]));
    return list;
}

void notes_read_texts(const json_t *note, const char *name, struct texts *texts)
{
    const json_t *list = json_object_get(note, name);
    for (size_t i = 0; i < json_array_size(list); i++)
        texts_add(texts, memory_copy_text(json_string_value(json_array_get(list, i))));
}

int64_t *notes_read_numbers(const json_t *note, const char *name, size_t *count)
{
    const json_t *list = json_object_get(note, name);
    int64_t *numbers = memory_new(json_array_size(list) + 1, sizeof *numbers);
    for (*count = 0; *count < json_array_size(list); (*count)++)
        numbers[*count] = json_integer_value(json_array_get(list, *count));
    return numbers;
}

char *notes_read_text(const json_t *note, const char *name)
{
    const char *text = json_string_value(json_object_get(note, name));
    return memory_copy_text(text == NULL ? "" : text);
}
