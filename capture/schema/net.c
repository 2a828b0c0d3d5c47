/* net: see net.h.
 *
 * A thread is one object through all changes. It knows the name that each column and index of its first
 * image has now, so that a column that was dropped and made again under its old name is another one.
 */
#include "schema/net.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/context.h"
#include "schema/foreign_key.h"
#include "schema/printed.h"
#include "schema/table.h"
#include "schema/trigger.h"
#include "sql/lexer.h"

struct kept_image {
    enum image_state state;
    char *text;
    char *context;
};

/* A column or index; names are bare. */
struct track {
    bool index;
    char *first;
    char *now; /* NULL: gone */
};

struct thread {
    enum object_type type;
    char *first_schema, *first_name;
    char *schema, *name; /* now */
    struct kept_image before, after;
    struct track *tracks;
    size_t track_count;
    struct change change;
    struct change_object objects[2];
    struct statement_rename *renames;
    size_t rename_count;
};

struct net {
    struct thread *threads;
    size_t count, capacity;
    bool mariadb;
    uint32_t version;
    char *development_schema;
    struct schema *before, *after;
    struct difference_rename *renames;
    size_t rename_count;
    size_t *changed; /* numbers of the threads that differ */
    size_t changed_count;
    struct buffer problems;
    bool incomplete;
};

struct net *net_new(void)
{
    struct net *net = memory_new(1, sizeof(*net));

    net->before = schema_new();
    net->after = schema_new();
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
        free(thread->first_schema);
        free(thread->first_name);
        free(thread->schema);
        free(thread->name);
        free(thread->renames);
    }
    free(net->threads);
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

/* All renames of a statement at once, so that two columns may swap their names. */
static void follow_tracks(struct thread *thread, const struct change *change,
                          const struct image *after)
{
    struct table table;
    bool read = false, gone = after->state == IMAGE_ABSENT;

    if (thread->track_count == 0)
        return;
    if (after->state == IMAGE_PRESENT)
        read = table_read(after->text, &table) == ERROR_NONE;
    for (size_t i = 0; i < thread->track_count; i++) {
        struct track *track = &thread->tracks[i];
        if (track->now == NULL)
            continue;
        const struct statement_rename *rename = find_rename(change, track);
        if (rename != NULL)
            set_text(&track->now, slice_from(rename->to));
        if (gone || (read && !table_has(&table, track)))
            set_text(&track->now, SLICE_NONE);
    }
    if (after->state == IMAGE_PRESENT)
        table_release(&table);
}

/* --- threads ------------------------------------------------------------------------------------ */

static bool is_at(const struct thread *thread, const struct change_object *object)
{
    return thread->type == object->type && slice_equal(slice_from(thread->name), object->name) &&
           slice_equal(slice_from(thread->schema), object->schema);
}

/* The last one that has the name, one that exists first. */
static struct thread *find_thread(struct net *net, const struct change_object *object)
{
    struct thread *found = NULL;

    for (size_t i = net->count; i-- > 0;) {
        struct thread *thread = &net->threads[i];
        if (!is_at(thread, object))
            continue;
        if (thread->after.state != IMAGE_ABSENT)
            return thread;
        found = found == NULL ? thread : found;
    }
    return found;
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
    begin_tracks(thread);
    return thread;
}

/* It got another name and was dropped under it: what is made under that name is another one. */
static bool is_over(const struct thread *thread)
{
    return thread->after.state == IMAGE_ABSENT && thread->before.state != IMAGE_ABSENT &&
           !slice_equal(slice_from(thread->name), slice_from(thread->first_name));
}

/* What the object was before this change is what the last one left, or another one came between. */
static struct thread *continue_thread(struct net *net, const struct change_object *object,
                                      int64_t id)
{
    struct thread *thread = find_thread(net, object);

    if (thread == NULL || (object->role == ROLE_TARGET && is_over(thread)))
        return add_thread(net, object);
    if (object->before.state != IMAGE_UNKNOWN && thread->after.state != IMAGE_UNKNOWN &&
        !same_image(&thread->after, &object->before))
        buffer_printf(&net->problems,
                      "%s `%s` was changed by something else before #%" PRId64
                      ": that change is in this difference too.\n",
                      object_type_text(thread->type), thread->name, id);
    return thread;
}

/* --- what a rename takes along ------------------------------------------------------------------ */

/* The names before and after of a table, and those of its columns in the statement. */
struct table_names {
    struct slice from, to; /* bare */
    struct buffer quoted_from, quoted_to;
    struct table_rename *renames;
    size_t rename_count;
    struct buffer *memory;
};

static void read_names(const struct change *change, const struct change_object *from,
                       const struct change_object *to, struct table_names *names)
{
    *names = (struct table_names){
        .from = from->name,
        .to = to->name,
        .renames = memory_new(change->rename_count + 1, sizeof(*names->renames)),
        .memory = memory_new(2 * change->rename_count + 1, sizeof(*names->memory))};
    printed_quote(from->name, &names->quoted_from);
    printed_quote(to->name, &names->quoted_to);
    for (size_t i = 0; i < change->rename_count; i++) {
        struct buffer *pair = &names->memory[2 * names->rename_count];
        if (change->renames[i].index)
            continue;
        printed_quote(slice_from(change->renames[i].from), &pair[0]);
        printed_quote(slice_from(change->renames[i].to), &pair[1]);
        names->renames[names->rename_count++] =
            (struct table_rename){false, buffer_slice(&pair[0]), buffer_slice(&pair[1])};
    }
}

static void release_names(struct table_names *names)
{
    for (size_t i = 0; i < 2 * names->rename_count; i++)
        buffer_release(&names->memory[i]);
    buffer_release(&names->quoted_from);
    buffer_release(&names->quoted_to);
    free(names->memory);
    free(names->renames);
}

/* Foreign keys to the table. */
static void follow_child(struct thread *child, const struct table_names *names)
{
    struct table table;
    struct foreign_key key;
    struct buffer text = BUFFER_INIT;

    if (table_read(slice_from(child->after.text), &table) == ERROR_NONE) {
        for (size_t i = 0; i < table.part_count; i++) {
            struct table_part *part = &table.parts[i];
            if (part->kind == TABLE_FOREIGN_KEY && foreign_key_read(part->text, &key) &&
                foreign_key_points_to(&key, buffer_slice(&names->quoted_from)))
                table_follow_parent(&table, part, buffer_slice(&names->quoted_to), names->renames,
                                    names->rename_count);
        }
        table_write(&table, &text);
        set_text(&child->after.text, buffer_slice(&text));
    }
    table_release(&table);
    buffer_release(&text);
}

static void follow_trigger(const struct net *net, struct thread *thread,
                           const struct table_names *names)
{
    struct dialect dialect = {.mariadb = net->mariadb, .version = net->version};
    struct trigger trigger;
    struct buffer quoted = BUFFER_INIT, text = BUFFER_INIT;

    dialect_set_sql_mode(&dialect, context_value(slice_from(thread->after.context), "sql_mode"));
    if (!trigger_read(slice_from(thread->after.text), &dialect, &trigger))
        return;
    bool bare = trigger.table.len > 0 && strchr("`\"", trigger.table.ptr[0]) == NULL;
    const struct token token = {bare ? TOKEN_WORD : TOKEN_QUOTED, trigger.table};
    token_unquote(&token, &dialect, &text);
    bool on_it = slice_equal(buffer_slice(&text), names->from);
    buffer_clear(&text);
    if (on_it) {
        if (dialect.ansi_quotes) /* MariaDB quotes as the trigger does */
            buffer_printf(&quoted, "\"%.*s\"", (int)names->to.len, names->to.ptr);
        trigger_write_moved(&trigger,
                            buffer_slice(dialect.ansi_quotes ? &quoted : &names->quoted_to), &text);
        set_text(&thread->after.text, buffer_slice(&text));
    }
    buffer_release(&quoted);
    buffer_release(&text);
}

/* What earlier changes made may name the table; servers follow its new name, and no image says so. */
static void follow_others(struct net *net, const struct change *change,
                          const struct change_object *from, const struct change_object *to)
{
    struct table_names names;

    if (from->type != OBJECT_TABLE || (from == to && change->rename_count == 0))
        return;
    read_names(change, from, to, &names);
    for (size_t i = 0; i < net->count; i++) {
        struct thread *thread = &net->threads[i];
        if (thread->after.state != IMAGE_PRESENT ||
            !printed_mentions(slice_from(thread->after.text), names.from))
            continue;
        if (thread->type == OBJECT_TABLE && !is_at(thread, to))
            follow_child(thread, &names);
        else if (thread->type == OBJECT_TRIGGER && from != to)
            follow_trigger(net, thread, &names);
    }
    release_names(&names);
}

static void add_target(struct net *net, const struct change *change,
                       const struct change_object *object, int64_t id)
{
    struct thread *thread = continue_thread(net, object, id);

    follow_tracks(thread, change, &object->after);
    set_image(&thread->after, &object->after);
    follow_others(net, change, object, object);
}

static void add_renamed(struct net *net, const struct change *change,
                        const struct change_object *from, const struct change_object *to,
                        int64_t id)
{
    if (from->before.state == IMAGE_ABSENT && find_thread(net, from) == NULL)
        return; /* not the kind of object that it was asked for as */
    struct thread *thread = continue_thread(net, from, id);

    if (to->after.state != IMAGE_ABSENT) /* else the same statement renames it once more */
        follow_tracks(thread, change, &to->after);
    set_text(&thread->schema, to->schema);
    set_text(&thread->name, to->name);
    set_image(&thread->after, &to->after);
    follow_others(net, change, from, to);
}

void net_add(struct net *net, const struct change *change, int64_t id)
{
    net->mariadb = change->mariadb;
    net->version = change->version;
    set_text(&net->development_schema, change->development_schema);
    for (size_t i = 0; i < change->object_count && change->verb != DDL_TRUNCATE; i++) {
        const struct change_object *object = &change->objects[i];
        if (object->role == ROLE_TARGET)
            add_target(net, change, object, id);
        else if (object->role == ROLE_RENAME_FROM && i + 1 < change->object_count)
            add_renamed(net, change, object, object + 1, id);
    }
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
    bool renamed = is_renamed(thread);
    struct image absent = {IMAGE_ABSENT, SLICE_NONE, SLICE_NONE};

    thread->objects[0] = (struct change_object){
        .type = thread->type,
        .role = renamed ? ROLE_RENAME_FROM : ROLE_TARGET,
        .schema = slice_from(thread->first_schema),
        .name = slice_from(thread->first_name),
        .before = view_image(&thread->before),
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

static struct slice home_of(const struct net *net, enum object_type type, const char *schema)
{
    struct slice own = slice_from(net->development_schema), name = slice_from(schema);
    bool elsewhere =
        type != OBJECT_DATABASE && name.len > 0 && own.len > 0 && !slice_equal_nocase(name, own);

    return elsewhere ? name : SLICE_NONE;
}

static void add_definition(struct schema *schema, enum object_type type, struct slice home,
                           const char *name, const struct kept_image *image)
{
    const struct definition definition = {.type = type,
                                          .home = home,
                                          .name = slice_from(name),
                                          .text = slice_from(image->text),
                                          .context = slice_from(image->context)};

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

static void add_sides(struct net *net, const struct thread *thread)
{
    struct slice first_home = home_of(net, thread->type, thread->first_schema);
    struct slice home = home_of(net, thread->type, thread->schema);

    add_definition(net->before, thread->type, first_home, thread->first_name, &thread->before);
    add_definition(net->after, thread->type, home, thread->name, &thread->after);
    if (is_renamed(thread) && schema_is_table_like(thread->type))
        net->renames[net->rename_count++] =
            (struct difference_rename){.kind = DIFFERENCE_RENAME_OBJECT,
                                       .from_home = first_home,
                                       .from = slice_from(thread->first_name),
                                       .to_home = home,
                                       .to = slice_from(thread->name)};
    if (thread->before.state == IMAGE_PRESENT && thread->after.state == IMAGE_PRESENT)
        add_part_renames(net, thread);
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

    return is_renamed(thread) || !same_image(&thread->before, &after);
}

void net_finish(struct net *net)
{
    size_t most = net->count;

    for (size_t i = 0; i < net->count; i++)
        most += net->threads[i].track_count;
    net->renames = memory_new(most + 1, sizeof(*net->renames));
    net->changed = memory_new(net->count + 1, sizeof(*net->changed));
    for (size_t i = 0; i < net->count; i++) {
        struct thread *thread = &net->threads[i];
        if (!is_known(net, thread))
            continue;
        collect_renames(thread);
        make_change(net, thread);
        add_sides(net, thread);
        if (differs(thread))
            net->changed[net->changed_count++] = i;
    }
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
