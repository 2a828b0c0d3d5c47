/* net_follow: what servers do to others when a table, or a column of it, gets another name.
 *
 *     #1 RENAME TABLE users TO people       the foreign keys to users point to people, its triggers
 *                                           stand on people, and no image says so
 *     #2 ALTER TABLE posts ADD x            the first image of posts is from behind #1: rewound, its
 *                                           foreign key points to users
 */
#include "schema/net_internal.h"

#include <stdlib.h>

#include "ddltap/memory.h"
#include "schema/context.h"
#include "schema/foreign_key.h"
#include "schema/printed.h"
#include "schema/table.h"
#include "schema/trigger.h"

/* --- the names of one table and of its columns -------------------------------------------------- */

struct names {
    struct slice from, to; /* bare */
    struct buffer quoted_from, quoted_to;
    struct table_rename *renames;
    size_t rename_count;
    struct buffer *memory;
};

static void begin_names(struct names *names, struct slice from, struct slice to, size_t most)
{
    *names = (struct names){.from = from,
                            .to = to,
                            .renames = memory_new(most + 1, sizeof(*names->renames)),
                            .memory = memory_new(2 * most + 1, sizeof(*names->memory))};
    printed_quote(from, &names->quoted_from);
    printed_quote(to, &names->quoted_to);
}

static void add_name(struct names *names, const char *from, const char *to)
{
    struct buffer *pair = &names->memory[2 * names->rename_count];

    printed_quote(slice_from(from), &pair[0]);
    printed_quote(slice_from(to), &pair[1]);
    names->renames[names->rename_count++] =
        (struct table_rename){false, buffer_slice(&pair[0]), buffer_slice(&pair[1])};
}

static void release_names(struct names *names)
{
    for (size_t i = 0; i < 2 * names->rename_count; i++)
        buffer_release(&names->memory[i]);
    buffer_release(&names->quoted_from);
    buffer_release(&names->quoted_to);
    free(names->memory);
    free(names->renames);
}

/* Those of one statement. */
static void read_names(const struct change *change, struct slice from, struct slice to,
                       struct names *names)
{
    begin_names(names, from, to, change->rename_count);
    for (size_t i = 0; i < change->rename_count; i++) {
        if (!change->renames[i].index)
            add_name(names, change->renames[i].from, change->renames[i].to);
    }
}

/* Those of all the run: from the first to the last, or back. */
static void read_all_names(const struct thread *thread, bool back, struct names *names)
{
    struct slice first = slice_from(thread->first_name), last = slice_from(thread->name);

    begin_names(names, back ? last : first, back ? first : last, thread->track_count);
    for (size_t i = 0; i < thread->track_count; i++) {
        const struct track *track = &thread->tracks[i];
        if (track->index || track->now == NULL ||
            slice_equal(slice_from(track->first), slice_from(track->now)))
            continue;
        add_name(names, back ? track->now : track->first, back ? track->first : track->now);
    }
}

/* --- texts -------------------------------------------------------------------------------------- */

static void follow_part(struct table *table, struct table_part *part, const struct names *names)
{
    struct foreign_key key;

    if (part->kind == TABLE_FOREIGN_KEY && foreign_key_read(part->text, &key) &&
        foreign_key_points_to(&key, buffer_slice(&names->quoted_from)))
        table_follow_parent(table, part, buffer_slice(&names->quoted_to), names->renames,
                            names->rename_count);
}

static struct dialect dialect_of(const struct net *net, const struct kept_image *image)
{
    struct dialect dialect = {.mariadb = net->mariadb, .version = net->version};

    dialect_set_sql_mode(&dialect, context_value(slice_from(image->context), "sql_mode"));
    return dialect;
}

/* MariaDB quotes the table as the trigger does. */
static char *move_trigger(const struct net *net, const struct kept_image *image,
                          const struct names *names)
{
    struct dialect dialect = dialect_of(net, image);
    struct trigger trigger;
    struct buffer name = BUFFER_INIT, text = BUFFER_INIT;

    if (!trigger_read(slice_from(image->text), &dialect, &trigger))
        return NULL;
    trigger_table_name(&trigger, &dialect, &name);
    bool on_it = slice_equal(slice_from(buffer_text(&name)), names->from);
    buffer_clear(&name);
    if (on_it && dialect.ansi_quotes)
        buffer_printf(&name, "\"%.*s\"", (int)names->to.len, names->to.ptr);
    else if (on_it)
        printed_quote(names->to, &name);
    if (on_it)
        trigger_write_moved(&trigger, buffer_slice(&name), &text);
    buffer_release(&name);
    return on_it ? buffer_detach(&text) : NULL;
}

static void set_text(struct kept_image *image, char *text)
{
    if (text == NULL)
        return;
    free(image->text);
    image->text = text;
}

/* --- who names whom ----------------------------------------------------------------------------- */

static void add_mention(struct net *net, struct slice table, size_t thread)
{
    size_t first = object_map_find(&net->mentioned, OBJECT_TABLE, SLICE_NONE, table);

    if (first != OBJECT_MAP_NONE && net->mentions[first].thread == thread)
        return;
    if (net->mention_count == net->mention_capacity) {
        net->mention_capacity = 2 * net->mention_capacity + 16;
        net->mentions = memory_resize(net->mentions, net->mention_capacity, sizeof(*net->mentions));
    }
    net->mentions[net->mention_count] = (struct mention){thread, first};
    object_map_put(&net->mentioned, OBJECT_TABLE, SLICE_NONE, table, net->mention_count++);
}

static void mention_parents(struct net *net, size_t thread)
{
    struct slice text = slice_from(net->threads[thread].after.text);
    struct table table;
    struct foreign_key key;
    struct buffer bare = BUFFER_INIT;

    if (!printed_mentions(text, SLICE(" FOREIGN KEY (")))
        return;
    if (table_read(text, &table) == ERROR_NONE) {
        for (size_t i = 0; i < table.part_count; i++) {
            if (table.parts[i].kind != TABLE_FOREIGN_KEY ||
                !foreign_key_read(table.parts[i].text, &key))
                continue;
            buffer_clear(&bare);
            printed_unquote(key.parent, &bare);
            add_mention(net, slice_from(buffer_text(&bare)), thread);
        }
    }
    table_release(&table);
    buffer_release(&bare);
}

static void mention_table(struct net *net, size_t thread)
{
    const struct kept_image *image = &net->threads[thread].after;
    struct dialect dialect = dialect_of(net, image);
    struct trigger trigger;
    struct buffer name = BUFFER_INIT;

    if (trigger_read(slice_from(image->text), &dialect, &trigger)) {
        trigger_table_name(&trigger, &dialect, &name);
        add_mention(net, slice_from(buffer_text(&name)), thread);
    }
    buffer_release(&name);
}

void net_note_mentions(struct net *net, size_t thread)
{
    if (net->threads[thread].after.state != IMAGE_PRESENT)
        return;
    if (net->threads[thread].type == OBJECT_TABLE)
        mention_parents(net, thread);
    else if (net->threads[thread].type == OBJECT_TRIGGER)
        mention_table(net, thread);
}

/* --- following ---------------------------------------------------------------------------------- */

static void follow_child(struct kept_image *image, const struct names *names)
{
    struct table table;
    struct buffer text = BUFFER_INIT;

    if (table_read(slice_from(image->text), &table) == ERROR_NONE) {
        for (size_t i = 0; i < table.part_count; i++)
            follow_part(&table, &table.parts[i], names);
        table_write(&table, &text);
        set_text(image, buffer_detach(&text));
    }
    table_release(&table);
}

static void follow_one(struct net *net, size_t index, const struct change_object *to,
                       const struct names *names)
{
    struct thread *thread = &net->threads[index];
    bool is_itself = thread->type == to->type && slice_equal(slice_from(thread->name), to->name) &&
                     slice_equal(slice_from(thread->schema), to->schema);

    if (thread->after.state != IMAGE_PRESENT || is_itself)
        return;
    if (thread->type == OBJECT_TABLE)
        follow_child(&thread->after, names);
    else if (!slice_equal(names->from, names->to))
        set_text(&thread->after, move_trigger(net, &thread->after, names));
}

void net_follow_others(struct net *net, const struct change *change,
                       const struct change_object *from, const struct change_object *to)
{
    struct names names;

    if (from->type != OBJECT_TABLE || (from == to && change->rename_count == 0))
        return;
    read_names(change, from->name, to->name, &names);
    size_t first = object_map_find(&net->mentioned, OBJECT_TABLE, SLICE_NONE, from->name);
    if (from != to)
        object_map_put(&net->mentioned, OBJECT_TABLE, SLICE_NONE, from->name, OBJECT_MAP_NONE);
    for (size_t i = first; i != OBJECT_MAP_NONE; i = net->mentions[i].next) {
        size_t thread = net->mentions[i].thread;
        follow_one(net, thread, to, &names);
        if (from != to)
            add_mention(net, to->name, thread);
    }
    release_names(&names);
}

/* --- the whole run ------------------------------------------------------------------------------ */

/* The thread of a table by its name now (back), or by its first one. Only one that is there on both sides has
 * taken names along; triggers are told with the statement that drops their table, behind it. */
static const struct thread *find_table(const struct net *net, const struct thread *who,
                                       struct slice name, bool back)
{
    size_t at = object_map_find(back ? &net->holders : &net->firsts, OBJECT_TABLE,
                                slice_from(back ? who->schema : who->first_schema), name);
    const struct thread *table = at == OBJECT_MAP_NONE ? NULL : &net->threads[at];

    if (table == NULL || table == who || table->before.state == IMAGE_ABSENT ||
        (!back && table->after.state == IMAGE_ABSENT) || table->anew)
        return NULL;
    return table;
}

static void follow_all_parents(const struct net *net, const struct thread *thread,
                               struct kept_image *image, bool back)
{
    struct table table;
    struct foreign_key key;
    struct buffer text = BUFFER_INIT;

    if (!printed_mentions(slice_from(image->text), SLICE(" FOREIGN KEY (")))
        return;
    if (table_read(slice_from(image->text), &table) == ERROR_NONE) {
        for (size_t i = 0; i < table.part_count; i++) {
            struct buffer bare = BUFFER_INIT;
            struct names names;
            if (table.parts[i].kind != TABLE_FOREIGN_KEY ||
                !foreign_key_read(table.parts[i].text, &key) || !slice_is_none(key.schema))
                continue;
            printed_unquote(key.parent, &bare);
            const struct thread *parent =
                find_table(net, thread, slice_from(buffer_text(&bare)), back);
            buffer_release(&bare);
            if (parent == NULL)
                continue;
            read_all_names(parent, back, &names);
            follow_part(&table, &table.parts[i], &names);
            release_names(&names);
        }
        table_write(&table, &text);
        set_text(image, buffer_detach(&text));
    }
    table_release(&table);
}

static void follow_all_tables(const struct net *net, const struct thread *thread,
                              struct kept_image *image, bool back)
{
    struct dialect dialect = dialect_of(net, image);
    struct trigger trigger;
    struct buffer name = BUFFER_INIT;
    struct names names;

    if (!trigger_read(slice_from(image->text), &dialect, &trigger))
        return;
    trigger_table_name(&trigger, &dialect, &name);
    const struct thread *table = find_table(net, thread, slice_from(buffer_text(&name)), back);
    buffer_release(&name);
    if (table == NULL || slice_equal(slice_from(table->first_name), slice_from(table->name)))
        return;
    read_all_names(table, back, &names);
    set_text(image, move_trigger(net, image, &names));
    release_names(&names);
}

static void follow_all(const struct net *net, const struct thread *thread, struct kept_image *image,
                       bool back)
{
    if (image->state == IMAGE_PRESENT && thread->type == OBJECT_TABLE)
        follow_all_parents(net, thread, image, back);
    else if (image->state == IMAGE_PRESENT && thread->type == OBJECT_TRIGGER)
        follow_all_tables(net, thread, image, back);
}

void net_rewind(const struct net *net, struct thread *thread)
{
    follow_all(net, thread, &thread->before, true);
}

char *net_moved(const struct net *net, const struct thread *thread)
{
    struct kept_image moved = {thread->before.state, memory_copy_text(thread->before.text),
                               memory_copy_text(thread->before.context)};

    follow_all(net, thread, &moved, false);
    free(moved.context);
    return moved.text;
}
