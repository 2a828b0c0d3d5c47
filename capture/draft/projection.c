/* projection: due changes become files.
 *
 *     journal  due -------- compose, store --------> files    a kill here: due, and the files are
 *                           sync the folder                   there; the next run only marks
 *     journal  due -------- mark ------------------> pending
 *
 * That goes a batch at a time. The marks are not synced: they are lost no other way than a kill there loses them.
 *
 *     journal  file due --- replace or remove ------> file      the same: done again, then marked; a command
 *                                                               may have decided anew meanwhile: still due
 *
 * A lock on the folder lets one run at a time: the second one then finds nothing due, so a draft
 * that was discarded meanwhile is not written again. A pending draft is never written, present or
 * not.
 */
#include "draft/projection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddltap/memory.h"
#include "draft/composition.h"
#include "draft/draft.h"
#include "schema/describe.h"

enum {
    LEFTOVER_SECONDS = 3600,
    BATCH_SIZE = 64
};

struct ids {
    int64_t *ids;
    size_t count, capacity;
};

struct projection {
    struct journal *journal;
    const struct projection_options *options;
    struct problem *problem; /* of the draft being written */
    enum error error;
    struct journal_draft_mark batch[BATCH_SIZE]; /* drafts that are stored; names owned */
    size_t count;
    const char *name; /* of the draft that is told of */
};

static struct image view_image(const struct journal_image *image)
{
    return (struct image){image->state, slice_from(image->text), slice_from(image->context)};
}

struct change_object *projection_change_view(const struct journal_change *journal_change,
                                             struct change *change)
{
    struct change_object *objects = memory_new(journal_change->object_count + 1, sizeof *objects);
    for (size_t i = 0; i < journal_change->object_count; i++) {
        const struct journal_object *object = &journal_change->objects[i];
        objects[i] = (struct change_object){
            .type = object->type,
            .role = object->role,
            .schema = slice_from(object->schema),
            .name = slice_from(object->name),
            .before = view_image(&object->before),
            .after = view_image(&object->after),
        };
    }
    *change = (struct change){
        .verb = journal_change->verb,
        .noun = journal_change->noun,
        .objects = objects,
        .object_count = journal_change->object_count,
        .renames = journal_change->renames,
        .rename_count = journal_change->rename_count,
        .mariadb = journal_change->mariadb,
        .version = journal_change->version,
        .development_schema = slice_from(journal_change->development_schema),
    };
    return objects;
}

static enum error store(const struct projection *projection, const struct journal_change *change,
                        const struct change *view, const struct journal_session *session,
                        const char *name)
{
    struct buffer text = BUFFER_INIT;
    composition_write(change, view, session, projection->options->keep_definer, &text);
    enum error error =
        draft_store(projection->options->folder, name, buffer_slice(&text), projection->problem);
    buffer_release(&text);
    return error;
}

static bool store_found(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    struct projection *projection = argument;
    struct change view;
    struct change_object *objects = projection_change_view(change, &view);
    struct buffer slug = BUFFER_INIT;
    describe_slug(&view, &slug);
    char *name = draft_file_name(change->at, change->id, buffer_text(&slug));
    projection->error = store(projection, change, &view, session, name);
    if (projection->error == ERROR_NONE)
        projection->batch[projection->count++] = (struct journal_draft_mark){
            .change_id = change->id, .state = DRAFT_PENDING, .name = name};
    else
        free(name);
    buffer_release(&slug);
    free(objects);
    return false;
}

static bool tell_found(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    (void)session;
    const struct projection *projection = argument;
    struct change view;
    struct change_object *objects = projection_change_view(change, &view);
    struct buffer title = BUFFER_INIT, effect = BUFFER_INIT, path = BUFFER_INIT;
    describe_title(&view, &title);
    describe_effect(&view, &effect);
    buffer_printf(&path, "ddltap/drafts/%s", projection->name);
    projection->options->written(projection->options->argument, change, buffer_text(&title),
                                 buffer_text(&effect), buffer_text(&path));
    buffer_release(&title);
    buffer_release(&effect);
    buffer_release(&path);
    free(objects);
    return false;
}

static enum error store_one(struct projection *projection, int64_t id)
{
    const struct journal_filter filter = {.id = id, .draft_states = 1u << DRAFT_DUE};
    projection->error = ERROR_NONE;
    enum error error =
        journal_read(projection->journal, &filter, store_found, projection, projection->problem);
    return error == ERROR_NONE ? projection->error : error;
}

static enum error tell_batch(struct projection *projection)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < projection->count && error == ERROR_NONE; i++) {
        const struct journal_filter marked = {.id = projection->batch[i].change_id};
        projection->name = projection->batch[i].name;
        error =
            journal_read(projection->journal, &marked, tell_found, projection, projection->problem);
    }
    return error;
}

/* Sync, mark, tell: of the drafts that are stored. */
static enum error finish_batch(struct projection *projection)
{
    enum error error = ERROR_NONE;
    if (projection->count > 0)
        error = draft_sync_folder(projection->options->folder, projection->problem);
    if (error == ERROR_NONE && projection->count > 0)
        error = journal_mark_written(projection->journal, projection->batch, projection->count,
                                     projection->problem);
    if (error == ERROR_NONE && projection->options->written != NULL)
        error = tell_batch(projection);
    for (size_t i = 0; i < projection->count; i++)
        free((void *)(uintptr_t)projection->batch[i].name);
    projection->count = 0;
    return error;
}

static bool collect_id(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    (void)session;
    struct ids *due = argument;
    if (due->count == due->capacity) {
        due->capacity = due->capacity * 2 + 16;
        due->ids = memory_resize(due->ids, due->capacity, sizeof *due->ids);
    }
    due->ids[due->count++] = change->id;
    return true;
}

static enum error read_due(struct journal *journal, struct ids *due, struct problem *problem)
{
    const struct journal_filter filter = {.draft_states = 1u << DRAFT_DUE, .without_images = true};
    *due = (struct ids){NULL, 0, 0};
    return journal_read(journal, &filter, collect_id, due, problem);
}

/* The folder's lock; dropped by close. -1: not possible here (a network mount), which does no harm.
 */
static int lock_folder(const char *folder)
{
    (void)mkdir(folder, 0777); /* draft_store says why when it cannot */
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (file >= 0 && flock(file, LOCK_EX) != 0 && errno == EINTR)
        continue;
    return file;
}

/* --- files that commands decided about ---------------------------------------------------------- */

struct file_due {
    int64_t change_id, due;
    enum draft_state state;
    char *name, *text;
};

struct files_due {
    struct file_due *files;
    size_t count;
    bool keep_definer;
};

static char *text_due(const struct files_due *due, const struct journal_change *change,
                      const struct journal_session *session)
{
    struct buffer text = BUFFER_INIT;
    struct change view;
    if (change->draft_state != DRAFT_PENDING)
        return NULL;
    struct change_object *objects = projection_change_view(change, &view);
    composition_write_file(change, &view, session, due->keep_definer, &text);
    free(objects);
    return buffer_detach(&text);
}

static bool collect_file(void *argument, const struct journal_change *change,
                         const struct journal_session *session)
{
    struct files_due *due = argument;
    due->files = memory_resize(due->files, due->count + 1, sizeof *due->files);
    due->files[due->count++] = (struct file_due){
        .change_id = change->id,
        .due = change->file_due,
        .state = change->draft_state,
        .name = memory_copy_text(change->draft_name),
        .text = text_due(due, change, session),
    };
    return true;
}

static enum error make_file(const struct projection_options *options, const struct file_due *due,
                            struct problem *problem)
{
    if (due->name == NULL)
        return ERROR_NONE;
    if (due->state != DRAFT_PENDING)
        return draft_remove(options->folder, due->name, problem);
    return draft_replace(options->folder, due->name, slice_from(due->text), problem);
}

static enum error make_files(struct journal *journal, const struct projection_options *options,
                             struct problem *problem)
{
    const struct journal_filter filter = {.file_due = true};
    struct files_due due = {NULL, 0, options->keep_definer};
    enum error error = journal_read(journal, &filter, collect_file, &due, problem);
    for (size_t i = 0; i < due.count; i++) {
        if (error == ERROR_NONE)
            error = make_file(options, &due.files[i], problem);
        if (error == ERROR_NONE)
            error = journal_file_done(journal, due.files[i].change_id, due.files[i].due, problem);
        free(due.files[i].name);
        free(due.files[i].text);
    }
    free(due.files);
    return error;
}

static void keep_first(enum error error, const struct problem *own, enum error *first,
                       struct problem *problem)
{
    if (error == ERROR_NONE || *first != ERROR_NONE)
        return;
    *first = error;
    if (problem != NULL)
        *problem = *own;
}

static enum error project_all(struct projection *projection, struct problem *problem)
{
    struct ids due;
    enum error first = read_due(projection->journal, &due, problem);
    if (due.count > 0)
        draft_remove_leftovers(projection->options->folder, NULL, LEFTOVER_SECONDS);
    for (size_t i = 0; i < due.count; i++) {
        struct problem own = PROBLEM_INIT;
        projection->problem = &own;
        keep_first(store_one(projection, due.ids[i]), &own, &first, problem);
        if (projection->count == BATCH_SIZE || i + 1 == due.count)
            keep_first(finish_batch(projection), &own, &first, problem);
    }
    free(due.ids);
    return first;
}

static bool note_any(void *argument, const struct journal_change *change,
                     const struct journal_session *session)
{
    (void)change;
    (void)session;
    *(bool *)argument = true;
    return false;
}

enum error projection_run(struct journal *journal, const struct projection_options *options,
                          struct problem *problem)
{
    struct projection projection = {.journal = journal, .options = options};
    struct ids due;
    bool files = false;
    const struct journal_filter filter = {.file_due = true, .without_images = true, .limit = 1};
    enum error error = read_due(journal, &due, problem);
    bool any = due.count > 0;
    free(due.ids);
    if (error == ERROR_NONE)
        error = journal_read(journal, &filter, note_any, &files, problem);
    if (error != ERROR_NONE || (!any && !files))
        return error;
    int lock = lock_folder(options->folder);
    /* Both ask again what is due, now that nobody else writes. */
    error = make_files(journal, options, problem);
    if (error == ERROR_NONE)
        error = project_all(&projection, problem);
    if (lock >= 0)
        (void)close(lock);
    return error;
}
