/* models: see models.h. */
#include "format/models.h"

#include <stdlib.h>

#include "ddltap/memory.h"

void models_add(struct models *models, enum models_kind kind, struct slice table, struct slice name)
{
    models->gaps = memory_resize(models->gaps, models->count + 1, sizeof *models->gaps);
    models->gaps[models->count++] = (struct models_gap){
        kind, memory_copy_slice(table), memory_copy_slice(name), memory_copy_text("")};
}

void models_add_line(struct models *models, struct slice line)
{
    struct models_gap *gap = &models->gaps[models->count - 1];
    struct buffer lines = BUFFER_INIT;
    buffer_append_text(&lines, gap->lines);
    buffer_append_slice(&lines, line);
    buffer_append_char(&lines, '\n');
    free(gap->lines);
    gap->lines = buffer_detach(&lines);
}

void models_release(struct models *models)
{
    for (size_t i = 0; i < models->count; i++) {
        free(models->gaps[i].table);
        free(models->gaps[i].name);
        free(models->gaps[i].lines);
    }
    free(models->gaps);
    *models = MODELS_INIT;
}

void models_append_sentence(const struct models *models, size_t gap, struct buffer *out)
{
    const struct models_gap *one = &models->gaps[gap];
    static const char *const words[] = {
        [MODELS_TABLE] = "table", [MODELS_COLUMN] = "column", [MODELS_INDEX] = "index"};
    buffer_printf(out, "The models have no %s %s%s%s: the next %s would drop it.", words[one->kind],
                  one->table, one->kind == MODELS_TABLE ? "" : ".", one->name, models->command);
}
