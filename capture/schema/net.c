/* net: see net.h.
 *
 * A thread is one object through all changes. It knows the name that each column and index of its first
 * image has now, so that a column that was dropped and made again under its old name is another one.
 */
#include "schema/net_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/clause.h"
#include "schema/printed.h"
#include "schema/table.h"

struct net *net_new(void)
{
    struct net *net = memory_new(1, sizeof(*net));

    net->before = schema_new();
    net->after = schema_new();
    net->typed = typed_new();
    return net;
}

static void release_image(struct kept_image *image)
{
    free(image->text);
    free(image->context);
    *image = (struct kept_image){IMAGE_UNKNOWN, NULL, NULL};
}

static void release_tracks(struct thread *thread)
{
    for (size_t i = 0; i < thread->track_count; i++) {
        free(thread->tracks[i].first);
        free(thread->tracks[i].now);
    }
    free(thread->tracks);
    thread->tracks = NULL;
    thread->track_count = 0;
}

void net_release(struct net *net)
{
    if (net == NULL)
        return;
    for (size_t i = 0; i < net->count; i++) {
        struct thread *thread = &net->threads[i];
        release_tracks(thread);
        release_image(&thread->before);
        release_image(&thread->after);
        free(thread->moved);
        free(thread->first_schema);
        free(thread->first_name);
        free(thread->schema);
        free(thread->name);
        free(thread->renames);
    }
    free(net->threads);
    object_map_release(&net->holders);
    object_map_release(&net->firsts);
    object_map_release(&net->mentioned);
    free(net->mentions);
    typed_release(net->typed);
    free(net->development_schema);
    schema_release(net->before);
    schema_release(net->after);
    free(net->renames);
    free(net->changed);
    buffer_release(&net->problems);
    free(net);
}

static void set_text(char **field, struct slice text)
{
    free(*field);
    *field = memory_copy_slice(text);
}

static void set_image(struct kept_image *kept, const struct image *image)
{
    release_image(kept);
    *kept = (struct kept_image){image->state, memory_copy_slice(image->text),
                                memory_copy_slice(image->context)};
}

static struct image view_image(const struct kept_image *kept)
{
    return (struct image){kept->state, slice_from(kept->text), slice_from(kept->context)};
}

static bool same_image(const struct kept_image *kept, const struct image *image)
{
    return kept->state == image->state && slice_equal(slice_from(kept->text), image->text) &&
           slice_equal(slice_from(kept->context), image->context);
}

/* --- columns and indexes ------------------------------------------------------------------------ */

static char *copy_bare(struct slice quoted)
{
    struct buffer bare = BUFFER_INIT;

    printed_unquote(quoted, &bare);
    return bare.len == 0 ? memory_copy_text("") : buffer_detach(&bare);
}

static void add_track(struct thread *thread, bool index, struct slice quoted)
{
    thread->tracks[thread->track_count++] =
        (struct track){index, copy_bare(quoted), copy_bare(quoted)};
}

static void begin_tracks(struct thread *thread)
{
    struct table table;

    if (thread->type != OBJECT_TABLE || thread->before.state != IMAGE_PRESENT)
        return;
    if (table_read(slice_from(thread->before.text), &table) == ERROR_NONE) {
        thread->tracks = memory_new(table.column_count + table.part_count, sizeof(*thread->tracks));
        for (size_t i = 0; i < table.column_count; i++)
            add_track(thread, false, table.columns[i].name);
        for (size_t i = 0; i < table.part_count; i++) {
            if (table.parts[i].kind == TABLE_KEY && !slice_is_none(table.parts[i].name))
                add_track(thread, true, table.parts[i].name);
        }
    }
    table_release(&table);
}

static const struct statement_rename *find_rename(const struct change *change,
                                                  const struct track *track)
{
    for (size_t i = 0; i < change->rename_count; i++) {
        const struct statement_rename *rename = &change->renames[i];
        if (rename->index == track->index &&
            slice_equal_nocase(slice_from(rename->from), slice_from(track->now)))
            return rename;
    }
    return NULL;
}

static bool table_has(const struct table *table, const struct track *track)
{
    struct buffer quoted = BUFFER_INIT;
    bool found = false;

    printed_quote(slice_from(track->now), &quoted);
    if (!track->index)
        found = table_column(table, buffer_slice(&quoted)) != NULL;
    for (size_t i = 0; track->index && i < table->part_count && !found; i++)
        found = table->parts[i].kind == TABLE_KEY &&
                slice_equal_nocase(table->parts[i].name, buffer_slice(&quoted));
    buffer_release(&quoted);
    return found;
}

/* Does the statement give the name of the track to another column or index? */
static bool is_taken(const struct change *change, const struct track *track)
{
    for (size_t i = 0; i < change->rename_count; i++) {
        const struct statement_rename *rename = &change->renames[i];
        if (rename->index == track->index &&
            slice_equal_nocase(slice_from(rename->to), slice_from(track->now)))
            return true;
    }
    return false;
}

/* DROP COLUMN a: another one may get the name in the same statement. */
static bool is_dropped(const struct clause_list *clauses, const struct track *track)
{
    for (size_t i = 0; i < clauses->count && !track->index; i++) {
        const struct clause *clause = &clauses->list[i];
        if (clause->kind == CLAUSE_DROPPED_COLUMN &&
            slice_equal_nocase(slice_from(clause->name), slice_from(track->now)))
            return true;
    }
    return false;
}

static void follow_track(struct track *track, const struct change *change,
                         const struct clause_list *clauses)
{
    const struct statement_rename *rename = find_rename(change, track);

    if (rename != NULL)
        set_text(&track->now, slice_from(rename->to));
    else if (is_taken(change, track) || is_dropped(clauses, track))
        set_text(&track->now, SLICE_NONE);
}

/* All renames of a statement at once, so that two columns may swap their names. */
static void follow_tracks(struct thread *thread, const struct change *change,
                          const struct image *after)
{
    struct table table = {.column_count = 0};
    struct clause_list clauses = {.count = 0};
    bool gone = after->state == IMAGE_ABSENT;

    if (thread->track_count == 0)
        return;
    bool read = after->state == IMAGE_PRESENT && table_read(after->text, &table) == ERROR_NONE;
    if (!gone && !slice_is_none(change->text) &&
        !clause_read(change->text, &change->dialect, &clauses))
        clause_release(&clauses);
    for (size_t i = 0; i < thread->track_count; i++) {
        struct track *track = &thread->tracks[i];
        if (track->now != NULL)
            follow_track(track, change, &clauses);
        if (track->now != NULL && (gone || (read && !table_has(&table, track))))
            set_text(&track->now, SLICE_NONE);
    }
    clause_release(&clauses);
    table_release(&table);
}

static void lose_tracks(struct thread *thread)
{
    for (size_t i = 0; i < thread->track_count; i++)
        set_text(&thread->tracks[i].now, SLICE_NONE);
}

/* --- threads ------------------------------------------------------------------------------------ */

static struct thread *find_thread(const struct net *net, const struct change_object *object)
{
    size_t at = object_map_find(&net->holders, object->type, object->schema, object->name);

    return at == OBJECT_MAP_NONE ? NULL : &net->threads[at];
}

static struct thread *add_thread(struct net *net, const struct change_object *object)
{
    if (net->count == net->capacity) {
        net->capacity = net->capacity * 2 + 16;
        net->threads = memory_resize(net->threads, net->capacity, sizeof(*net->threads));
    }
    struct thread *thread = &net->threads[net->count++];
    *thread = (struct thread){.type = object->type,
                              .first_schema = memory_copy_slice(object->schema),
                              .first_name = memory_copy_slice(object->name),
                              .schema = memory_copy_slice(object->schema),
                              .name = memory_copy_slice(object->name)};
    set_image(&thread->before, &object->before);
    set_image(&thread->after, &object->before);
    net_rewind(net, thread);
    begin_tracks(thread);
    object_map_put(&net->holders, object->type, object->schema, object->name, net->count - 1);
    return thread;
}

/* It got another name and was dropped under it: what is made under that name is another one. */
static bool is_over(const struct thread *thread)
{
    return thread->after.state == IMAGE_ABSENT && thread->before.state != IMAGE_ABSENT &&
           !slice_equal(slice_from(thread->name), slice_from(thread->first_name));
}

/* What the object was before this change is what the last one left, or another one came between. */
static void continue_thread(struct net *net, const struct change_object *object, int64_t id)
{
    struct thread *thread = find_thread(net, object);

    if (thread == NULL || (object->role == ROLE_TARGET && is_over(thread)))
        add_thread(net, object);
    else if (object->before.state != IMAGE_UNKNOWN && thread->after.state != IMAGE_UNKNOWN &&
             !same_image(&thread->after, &object->before))
        buffer_printf(&net->problems,
                      "%s `%s` was changed by something else before #%" PRId64
                      ": that change is in this difference too.\n",
                      object_type_text(thread->type), thread->name, id);
}

/* Of all objects of the change, ahead of what the change does to any of them. */
static void continue_threads(struct net *net, const struct change *change, int64_t id)
{
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        if (object->role == ROLE_TARGET ||
            (object->role == ROLE_RENAME_FROM && object->before.state != IMAGE_ABSENT))
            continue_thread(net, object, id);
    }
}

/* --- changes ------------------------------------------------------------------------------------ */

static size_t index_of(const struct net *net, const struct thread *thread)
{
    return (size_t)(thread - net->threads);
}

/* CREATE, with OR REPLACE too, makes another object. */
static bool is_made(const struct change *change, const struct change_object *object)
{
    bool says_so =
        change->verb == DDL_CREATE && object->before.state == IMAGE_PRESENT &&
        slice_equal(slice_from(change->noun), slice_from(object_type_text(object->type))) &&
        !slice_equal(object->before.text, object->after.text);

    return object->after.state == IMAGE_PRESENT &&
           (object->before.state == IMAGE_ABSENT || says_so);
}

static void add_target(struct net *net, const struct change *change,
                       const struct change_object *object)
{
    struct thread *thread = find_thread(net, object);

    if (is_made(change, object)) {
        lose_tracks(thread);
        thread->anew = true;
        thread->made = net->step;
    }
    follow_tracks(thread, change, &object->after);
    set_image(&thread->after, &object->after);
    net_note_mentions(net, index_of(net, thread));
    net_follow_others(net, change, object, object);
}

/* What was made again and now gets another name has nothing in common with what was dropped. */
static struct thread *split(struct net *net, struct thread *thread)
{
    size_t index = index_of(net, thread);
    const struct change_object gone = {.type = thread->type,
                                       .schema = slice_from(thread->schema),
                                       .name = slice_from(thread->name),
                                       .before = {.state = IMAGE_ABSENT}};
    struct thread *made = add_thread(net, &gone);

    thread = &net->threads[index];
    release_image(&made->after);
    made->after = thread->after;
    made->anew = true;
    made->made = thread->made;
    thread->after = (struct kept_image){IMAGE_ABSENT, NULL, NULL};
    return made;
}

static void add_renamed(struct net *net, const struct change *change,
                        const struct change_object *from, const struct change_object *to)
{
    struct thread *thread = find_thread(net, from);

    if (thread == NULL)
        return; /* not the kind of object that it was asked for as */
    if (thread->anew && thread->before.state == IMAGE_PRESENT)
        thread = split(net, thread);
    if (to->after.state != IMAGE_ABSENT) /* else the same statement renames it once more */
        follow_tracks(thread, change, &to->after);
    object_map_put(&net->holders, from->type, from->schema, from->name, OBJECT_MAP_NONE);
    object_map_put(&net->holders, to->type, to->schema, to->name, index_of(net, thread));
    set_text(&thread->schema, to->schema);
    set_text(&thread->name, to->name);
    set_image(&thread->after, &to->after);
    net_note_mentions(net, index_of(net, thread));
    net_follow_others(net, change, from, to);
}

/* Images are from behind the whole statement: what its later pairs did to those of its earlier ones is in them. */
static void settle_renamed(struct net *net, const struct change *change)
{
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *to = &change->objects[i];
        struct thread *thread = to->role == ROLE_RENAME_TO ? find_thread(net, to) : NULL;
        if (thread == NULL || to->after.state == IMAGE_ABSENT)
            continue;
        set_image(&thread->after, &to->after);
        net_note_mentions(net, index_of(net, thread));
    }
}

void net_add(struct net *net, const struct change *change, int64_t id)
{
    net->mariadb = change->mariadb;
    net->version = change->version;
    set_text(&net->development_schema, change->development_schema);
    typed_add(net->typed, change);
    net->step++;
    if (change->verb == DDL_TRUNCATE)
        return;
    continue_threads(net, change, id);
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        if (object->role == ROLE_TARGET)
            add_target(net, change, object);
        else if (object->role == ROLE_RENAME_FROM && i + 1 < change->object_count)
            add_renamed(net, change, object, object + 1);
    }
    settle_renamed(net, change);
}

/* --- putting it together ------------------------------------------------------------------------ */

static bool is_renamed(const struct thread *thread)
{
    return thread->after.state != IMAGE_ABSENT && thread->before.state != IMAGE_ABSENT &&
           (!slice_equal(slice_from(thread->name), slice_from(thread->first_name)) ||
            !slice_equal(slice_from(thread->schema), slice_from(thread->first_schema)));
}

static void collect_renames(struct thread *thread)
{
    thread->renames = memory_new(thread->track_count + 1, sizeof(*thread->renames));
    for (size_t i = 0; i < thread->track_count; i++) {
        const struct track *track = &thread->tracks[i];
        if (track->now != NULL && !slice_equal(slice_from(track->first), slice_from(track->now)))
            thread->renames[thread->rename_count++] =
                (struct statement_rename){track->index, track->first, track->now};
    }
}

static void make_change(const struct net *net, struct thread *thread)
{
    bool renamed = is_renamed(thread), made = thread->before.state == IMAGE_ABSENT;
    struct image absent = {IMAGE_ABSENT, SLICE_NONE, SLICE_NONE};
    struct kept_image moved = thread->before;

    moved.text = thread->moved;
    thread->objects[0] = (struct change_object){
        .type = thread->type,
        .role = renamed ? ROLE_RENAME_FROM : ROLE_TARGET,
        .schema = slice_from(made ? thread->schema : thread->first_schema),
        .name = slice_from(made ? thread->name : thread->first_name),
        .before = view_image(&moved),
        .after = renamed ? absent : view_image(&thread->after),
    };
    thread->objects[1] = (struct change_object){
        .type = thread->type,
        .role = ROLE_RENAME_TO,
        .schema = slice_from(thread->schema),
        .name = slice_from(thread->name),
        .before = absent,
        .after = view_image(&thread->after),
    };
    thread->change = (struct change){
        .verb = DDL_ALTER,
        .noun = object_type_text(thread->type),
        .objects = thread->objects,
        .object_count = renamed ? 2 : 1,
        .renames = thread->renames,
        .rename_count = thread->rename_count,
        .mariadb = net->mariadb,
        .version = net->version,
        .development_schema = slice_from(net->development_schema),
    };
}

static struct slice home_of(const struct thread *thread, const char *schema)
{
    return change_home(&thread->change, thread->type, slice_from(schema));
}

static void add_definition(struct schema *schema, const struct thread *thread, struct slice home,
                           const char *name, const struct kept_image *image)
{
    bool alone = thread->before.state == IMAGE_ABSENT || thread->after.state == IMAGE_ABSENT;
    const struct definition definition = {.type = thread->type,
                                          .home = home,
                                          .name = slice_from(name),
                                          .text = slice_from(image->text),
                                          .context = slice_from(image->context),
                                          .anew = thread->anew || alone};

    if (image->state == IMAGE_PRESENT)
        schema_add(schema, &definition);
}

static void add_part_renames(struct net *net, const struct thread *thread)
{
    for (size_t i = 0; i < thread->rename_count; i++) {
        const struct statement_rename *rename = &thread->renames[i];
        net->renames[net->rename_count++] = (struct difference_rename){
            .kind = rename->index ? DIFFERENCE_RENAME_INDEX : DIFFERENCE_RENAME_COLUMN,
            .table = slice_from(thread->first_name),
            .from = slice_from(rename->from),
            .to = slice_from(rename->to)};
    }
}

static bool has_holder(const struct thread *thread, const char *name)
{
    for (size_t i = 0; i < thread->track_count; i++) {
        const struct track *track = &thread->tracks[i];
        if (!track->index && track->now != NULL &&
            slice_equal_nocase(slice_from(track->now), slice_from(name)))
            return true;
    }
    return false;
}

/* Was the column dropped, and stands another one under its name? One that came back as it was is no other. */
static bool is_another(const struct thread *thread, const struct track *track,
                       const struct table *before, const struct table *after)
{
    struct buffer quoted = BUFFER_INIT;

    if (track->index || track->now != NULL || has_holder(thread, track->first))
        return false;
    printed_quote(slice_from(track->first), &quoted);
    const struct table_column *first = table_column(before, buffer_slice(&quoted));
    const struct table_column *last = table_column(after, buffer_slice(&quoted));
    buffer_release(&quoted);
    return first != NULL && last != NULL && !slice_equal(first->definition, last->definition);
}

static bool has_lost_tracks(const struct thread *thread)
{
    for (size_t i = 0; i < thread->track_count; i++) {
        if (!thread->tracks[i].index && thread->tracks[i].now == NULL)
            return !thread->anew;
    }
    return false;
}

/* Columns that are dropped although one of their name is wanted. */
static void add_other_columns(struct net *net, const struct thread *thread)
{
    struct table before = {.column_count = 0}, after = {.column_count = 0};

    if (!has_lost_tracks(thread))
        return;
    if (table_read(slice_from(thread->before.text), &before) == ERROR_NONE &&
        table_read(slice_from(thread->after.text), &after) == ERROR_NONE) {
        for (size_t i = 0; i < thread->track_count; i++) {
            if (is_another(thread, &thread->tracks[i], &before, &after))
                net->renames[net->rename_count++] =
                    (struct difference_rename){.kind = DIFFERENCE_RENAME_COLUMN,
                                               .table = slice_from(thread->first_name),
                                               .from = slice_from(thread->tracks[i].first)};
        }
    }
    table_release(&before);
    table_release(&after);
}

static bool is_made_trigger(const struct thread *thread)
{
    return thread->type == OBJECT_TRIGGER && thread->anew && thread->after.state == IMAGE_PRESENT;
}

static int by_making(const void *a, const void *b)
{
    const struct thread *const *x = a, *const *y = b;

    return ((*x)->made > (*y)->made) - ((*x)->made < (*y)->made);
}

/* They fire behind those that were there, one after the other as they were made. */
static void add_made_triggers(struct net *net)
{
    const struct thread **list = memory_new(net->count + 1, sizeof(const struct thread *));
    size_t count = 0;

    for (size_t i = 0; i < net->count; i++) {
        if (is_made_trigger(&net->threads[i]))
            list[count++] = &net->threads[i];
    }
    qsort(list, count, sizeof(const struct thread *), by_making);
    for (size_t i = 0; i < count; i++)
        add_definition(net->after, list[i], home_of(list[i], list[i]->schema), list[i]->name,
                       &list[i]->after);
    free(list);
}

static void add_sides(struct net *net, const struct thread *thread)
{
    struct slice first_home = home_of(thread, thread->first_schema);
    struct slice home = home_of(thread, thread->schema);

    add_definition(net->before, thread, first_home, thread->first_name, &thread->before);
    if (!is_made_trigger(thread))
        add_definition(net->after, thread, home, thread->name, &thread->after);
    if (is_renamed(thread) && schema_is_table_like(thread->type))
        net->renames[net->rename_count++] =
            (struct difference_rename){.kind = DIFFERENCE_RENAME_OBJECT,
                                       .from_home = first_home,
                                       .from = slice_from(thread->first_name),
                                       .to_home = home,
                                       .to = slice_from(thread->name)};
    if (thread->before.state == IMAGE_PRESENT && thread->after.state == IMAGE_PRESENT) {
        add_part_renames(net, thread);
        add_other_columns(net, thread);
    }
}

static bool is_known(struct net *net, const struct thread *thread)
{
    const char *when = thread->before.state == IMAGE_UNKNOWN  ? "before the first"
                       : thread->after.state == IMAGE_UNKNOWN ? "after the last"
                                                              : NULL;
    if (when != NULL)
        buffer_printf(&net->problems, "%s `%s`: its definition %s change is not known.\n",
                      object_type_text(thread->type), thread->first_name, when);
    net->incomplete |= when != NULL;
    return when == NULL;
}

static bool differs(const struct thread *thread)
{
    struct image after = view_image(&thread->after);
    struct kept_image moved = thread->before;

    moved.text = thread->moved;
    return is_renamed(thread) || !same_image(&moved, &after);
}

/* Of those that had the same name one after the other, the first one that was there at the start. */
static void find_firsts(struct net *net)
{
    for (size_t i = net->count; i-- > 0;) {
        const struct thread *thread = &net->threads[i];
        if (thread->before.state != IMAGE_ABSENT)
            object_map_put(&net->firsts, thread->type, slice_from(thread->first_schema),
                           slice_from(thread->first_name), i);
    }
}

void net_finish(struct net *net)
{
    size_t most = net->count;

    find_firsts(net);
    for (size_t i = 0; i < net->count; i++)
        most += net->threads[i].track_count;
    net->renames = memory_new(most + 1, sizeof(*net->renames));
    net->changed = memory_new(net->count + 1, sizeof(*net->changed));
    for (size_t i = 0; i < net->count; i++) {
        struct thread *thread = &net->threads[i];
        if (!is_known(net, thread))
            continue;
        thread->moved = net_moved(net, thread);
        collect_renames(thread);
        make_change(net, thread);
        add_sides(net, thread);
        if (differs(thread))
            net->changed[net->changed_count++] = i;
    }
    add_made_triggers(net);
}

size_t net_count(const struct net *net)
{
    return net->changed_count;
}

const struct change *net_change(const struct net *net, size_t index)
{
    return &net->threads[net->changed[index]].change;
}

const struct schema *net_before(const struct net *net)
{
    return net->before;
}

const struct schema *net_after(const struct net *net)
{
    return net->after;
}

const struct difference_rename *net_renames(const struct net *net, size_t *count)
{
    *count = net->rename_count;
    return net->renames;
}

struct slice net_problems(const struct net *net)
{
    return net->problems.len == 0 ? SLICE("") : buffer_slice(&net->problems);
}

bool net_complete(const struct net *net)
{
    return !net->incomplete;
}

struct typed *net_typed(struct net *net)
{
    return net->typed;
}

void net_find(const struct net *net, const struct difference_options *options, bool back,
              struct difference *difference)
{
    struct difference_options asked = *options;
    struct difference_rename *turned = difference_turn_round(net->renames, net->rename_count);

    asked.way_back = back;
    if (back) {
        asked.typed = NULL;
        difference_find(net->after, net->before, turned, net->rename_count, &asked, difference);
    } else {
        difference_find(net->before, net->after, net->renames, net->rename_count, &asked,
                        difference);
    }
    free(turned);
}
