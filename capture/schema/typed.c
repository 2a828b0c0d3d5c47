/* typed: see typed.h. A clause counts only beside the text that the server printed for it: what another
 * statement, or another clause of the same one, did to it shows in that text. */
#include "schema/typed_internal.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/object_map.h"
#include "schema/printed.h"
#include "sql/reader.h"

struct typed {
    struct typed_object *objects;
    size_t count, capacity;
    struct object_map now;     /* by the name that each has by now */
    struct object_map touched; /* by any name without its schema: the last change of it */
    size_t step;
};

struct typed *typed_new(void)
{
    return memory_new(1, sizeof(struct typed));
}

/* --- objects ------------------------------------------------------------------------------------ */

static void release_clause(struct typed_clause *clause)
{
    free(clause->name);
    free(clause->spelling);
    free(clause->printed);
    free(clause->text);
    free(clause->alone);
}

static void release_creation(struct typed_creation *creation)
{
    free(creation->spelling);
    free(creation->name);
    free(creation->tail);
    free(creation->printed);
    *creation = (struct typed_creation){.spelling = NULL};
}

/* It is another object from now on. */
static void forget(struct typed_object *object)
{
    for (size_t i = 0; i < object->clause_count; i++)
        release_clause(&object->clauses[i]);
    for (size_t i = 0; i < object->whole_count; i++)
        free(object->wholes[i].text);
    object->clause_count = object->whole_count = 0;
    object->is_filled = false;
    release_creation(&object->creation);
}

void typed_release(struct typed *typed)
{
    if (typed == NULL)
        return;
    for (size_t i = 0; i < typed->count; i++) {
        forget(&typed->objects[i]);
        free(typed->objects[i].clauses);
        free(typed->objects[i].wholes);
    }
    free(typed->objects);
    object_map_release(&typed->now);
    object_map_release(&typed->touched);
    free(typed);
}

/* Where the object of that name is kept; a new place when there is none. */
static size_t take_object(struct typed *typed, enum object_type type, struct slice home,
                          struct slice name)
{
    size_t at = object_map_find(&typed->now, type, home, name);

    if (at != OBJECT_MAP_NONE)
        return at;
    if (typed->count == typed->capacity) {
        typed->capacity = 2 * typed->capacity + 16;
        typed->objects = memory_resize(typed->objects, typed->capacity, sizeof(*typed->objects));
    }
    typed->objects[typed->count] = (struct typed_object){.type = type};
    object_map_put(&typed->now, type, home, name, typed->count);
    return typed->count++;
}

/* --- how a text is read ------------------------------------------------------------------------- */

static unsigned dialect_flags(const struct dialect *dialect)
{
    return (dialect->ansi_quotes ? 1u : 0u) | (dialect->no_backslash_escapes ? 2u : 0u) |
           (dialect->oracle ? 4u : 0u);
}

static unsigned flags_of(struct slice text, const struct dialect *dialect)
{
    bool depends = dialect->oracle || memchr(text.ptr, '"', text.len) != NULL ||
                   memchr(text.ptr, '\\', text.len) != NULL;

    return depends ? dialect_flags(dialect) : TYPED_ANY_DIALECT;
}

bool typed_reads_alike(unsigned flags, const struct dialect *dialect)
{
    return flags == TYPED_ANY_DIALECT || flags == dialect_flags(dialect);
}

/* --- clauses ------------------------------------------------------------------------------------ */

static struct typed_clause *add_clause(struct typed_object *object)
{
    size_t count = object->clause_count;

    if ((count & (count - 1)) == 0) /* as many again, whenever it is a power of two */
        object->clauses =
            memory_resize(object->clauses, count == 0 ? 1 : 2 * count, sizeof(*object->clauses));
    object->clauses[count] = (struct typed_clause){.is_key = false};
    object->clause_count++;
    return &object->clauses[count];
}

static void remove_clause(struct typed_object *object, size_t at)
{
    release_clause(&object->clauses[at]);
    memmove(&object->clauses[at], &object->clauses[at + 1],
            (object->clause_count - at - 1) * sizeof(*object->clauses));
    object->clause_count--;
}

static void keep_column(struct typed_object *object, const struct clause *clause,
                        const struct table *after, const struct dialect *dialect)
{
    struct buffer quoted = BUFFER_INIT;

    printed_quote(slice_from(clause->name), &quoted);
    const struct table_column *column = table_column(after, buffer_slice(&quoted));
    buffer_release(&quoted);
    if (column == NULL)
        return;
    for (size_t i = 0; i < object->clause_count; i++) {
        if (!object->clauses[i].is_key &&
            slice_equal_nocase(slice_from(object->clauses[i].name), slice_from(clause->name))) {
            remove_clause(object, i);
            break;
        }
    }
    *add_clause(object) = (struct typed_clause){
        .name = memory_copy_text(clause->name),
        .spelling = clause->spelling.ptr[0] == '"' ? NULL : memory_copy_slice(clause->spelling),
        .printed = memory_copy_slice(column->definition),
        .text = memory_copy_slice(clause->text),
        .alone = memory_copy_text(clause->alone),
        .has_primary = clause->has_primary,
        .has_unique = clause->has_unique,
        .has_other = clause->has_other,
        .flags = flags_of(clause->text, dialect),
    };
}

static bool is_kind(const struct table_part *part, enum clause_key key)
{
    static const char *const heads[] = {
        [CLAUSE_PRIMARY] = "PRIMARY KEY ", [CLAUSE_UNIQUE] = "UNIQUE KEY ",
        [CLAUSE_INDEX] = "KEY ",           [CLAUSE_FULLTEXT] = "FULLTEXT KEY ",
        [CLAUSE_SPATIAL] = "SPATIAL KEY ", [CLAUSE_VECTOR] = "VECTOR KEY ",
        [CLAUSE_FOREIGN] = "CONSTRAINT ",  [CLAUSE_CHECK] = "CONSTRAINT ",
    };
    static const enum table_part_kind kinds[] = {
        [CLAUSE_FOREIGN] = TABLE_FOREIGN_KEY, [CLAUSE_CHECK] = TABLE_CHECK};
    enum table_part_kind kind = key >= CLAUSE_FOREIGN ? kinds[key] : TABLE_KEY;

    return part->kind == kind && slice_starts_with(part->text, slice_from(heads[key]));
}

static bool has_name(const struct table_part *part, const struct clause *clause)
{
    struct buffer quoted = BUFFER_INIT;

    if (clause->key == CLAUSE_PRIMARY)
        return true;
    if (clause->name != NULL)
        printed_quote(slice_from(clause->name), &quoted);
    bool same = quoted.len > 0 && slice_equal_nocase(part->name, buffer_slice(&quoted));
    buffer_release(&quoted);
    return same;
}

static bool has_columns(const struct table_part *part, const struct clause *clause,
                        const struct dialect *dialect)
{
    const struct dialect plain = {.mariadb = dialect->mariadb, .version = dialect->version};
    struct buffer columns = BUFFER_INIT;
    bool same = clause->columns != NULL && clause_columns(part->text, &plain, &columns) &&
                slice_equal(buffer_slice(&columns), slice_from(clause->columns));

    buffer_release(&columns);
    return same;
}

/* By its name; one without a name, which the server has chosen, by its columns. */
static const struct table_part *find_part(const struct table *after, const struct clause *clause,
                                          const struct dialect *dialect)
{
    for (size_t i = 0; i < after->part_count; i++) {
        const struct table_part *part = &after->parts[i];
        if (!is_kind(part, clause->key))
            continue;
        bool by_name = clause->key == CLAUSE_PRIMARY || clause->name != NULL;
        if (by_name ? has_name(part, clause) : has_columns(part, clause, dialect))
            return part;
    }
    return NULL;
}

static void keep_key(struct typed_object *object, const struct clause *clause,
                     const struct table *after, const struct dialect *dialect)
{
    const struct table_part *part = find_part(after, clause, dialect);

    if (part == NULL)
        return;
    struct typed_clause *kept = add_clause(object);
    kept->is_key = true;
    kept->printed = memory_copy_slice(part->text);
    kept->text = memory_copy_slice(clause->text);
    kept->flags = flags_of(clause->text, dialect);
}

/* The bare name of a table that may be typed with its schema. */
static char *last_name(struct slice name, const struct dialect *dialect)
{
    struct reader reader;
    char *last = NULL;

    for (reader_init(&reader, name, dialect); !reader_at_end(&reader); reader_next(&reader)) {
        if (!token_is_name(&reader.token))
            continue;
        free(last);
        last = token_name(&reader.token, dialect);
    }
    return last;
}

static void keep_creation(struct typed_object *object, const struct clause_list *list,
                          const struct change *change, struct slice printed)
{
    unsigned flags =
        flags_of(list->tail, &change->dialect) & flags_of(list->name, &change->dialect);

    object->creation = (struct typed_creation){.spelling = memory_copy_slice(list->name),
                                               .name = last_name(list->name, &change->dialect),
                                               .tail = memory_copy_slice(list->tail),
                                               .printed = memory_copy_slice(printed),
                                               .flags = flags};
}

static void keep_list(struct typed_object *object, const struct clause_list *list,
                      const struct change *change, const struct table *after, struct slice printed)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct clause *clause = &list->list[i];
        if (clause->kind == CLAUSE_COLUMN)
            keep_column(object, clause, after, &change->dialect);
        else if (clause->kind == CLAUSE_KEY)
            keep_key(object, clause, after, &change->dialect);
    }
    if (list->is_create)
        keep_creation(object, list, change, printed);
}

/* What the statement says of the table, whose definition is known behind it. */
static void keep_clauses(struct typed_object *object, const struct change *change,
                         const struct change_object *target)
{
    struct clause_list list = {.count = 0};
    struct table after;

    if (table_read(target->after.text, &after) == ERROR_NONE &&
        clause_read(change->text, &change->dialect, &list))
        keep_list(object, &list, change, &after, target->after.text);
    clause_release(&list);
    table_release(&after);
}

/* The column goes on under another name: all renames of a statement at once. */
static void follow_renames(struct typed_object *object, const struct change *change)
{
    for (size_t i = 0; i < object->clause_count && change->rename_count > 0; i++) {
        struct typed_clause *clause = &object->clauses[i];
        for (size_t j = 0; j < change->rename_count && !clause->is_key; j++) {
            const struct statement_rename *rename = &change->renames[j];
            if (rename->index ||
                !slice_equal_nocase(slice_from(rename->from), slice_from(clause->name)))
                continue;
            free(clause->name);
            free(clause->spelling);
            clause->name = memory_copy_text(rename->to);
            clause->spelling = NULL;
            break;
        }
    }
}

/* --- whole statements --------------------------------------------------------------------------- */

static void hash_image(const struct image *image, char hash[IMAGE_HASH_SIZE])
{
    hash[0] = '\0';
    if (image->state == IMAGE_PRESENT)
        image_hash(image->text, image->context, hash);
}

/* CREATE TABLE ... SELECT copies rows: it means something else once its sources have changed. */
static bool reads_rows(const struct change *change)
{
    struct reader reader;
    unsigned depth = 0, tables = 0;
    bool reads = false;

    if (change->verb != DDL_CREATE || !slice_equal(slice_from(change->noun), SLICE("TABLE")))
        return false;
    for (reader_init(&reader, change->text, &change->dialect); !reader_at_end(&reader);
         reader_next(&reader)) {
        depth += reader_is_symbol(&reader, '(');
        depth -= depth > 0 && reader_is_symbol(&reader, ')');
        tables += depth == 0 && reader_is(&reader, "TABLE");
        reads |= reader_is(&reader, "SELECT") || (depth == 0 && reader_is(&reader, "VALUES"));
    }
    return reads || tables > 1;
}

/* before: NULL when the statement makes the object, whatever was there. */
static void keep_whole(const struct typed *typed, struct typed_object *object,
                       const struct change *change, const struct image *before,
                       const struct image *after)
{
    struct typed_whole whole = {.text = memory_copy_slice(change->text),
                                .flags = flags_of(change->text, &change->dialect),
                                .step = typed->step,
                                .reads = reads_rows(change)};

    if (before != NULL)
        hash_image(before, whole.before);
    hash_image(after, whole.after);
    object->is_filled |= whole.reads;
    object->wholes =
        memory_resize(object->wholes, object->whole_count + 1, sizeof(*object->wholes));
    object->wholes[object->whole_count++] = whole;
}

/* --- changes ------------------------------------------------------------------------------------ */

/* Does the statement do nothing but change this object? Triggers that die with their table are told with it. */
static bool is_of_one_object(const struct change *change)
{
    size_t count = 0;

    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        bool dies = object->type == OBJECT_TRIGGER && object->after.state == IMAGE_ABSENT;
        count += object->role != ROLE_REFERENCE && !dies;
    }
    return count == 1 && !slice_is_none(change->text);
}

static bool same_image(const struct image *a, const struct image *b)
{
    return a->state == b->state && slice_equal(a->text, b->text) &&
           slice_equal(a->context, b->context);
}

/* CREATE, with OR REPLACE too, makes another object; CREATE INDEX alters its table. */
static bool is_made(const struct change *change, const struct change_object *object)
{
    return object->before.state == IMAGE_ABSENT ||
           (change->verb == DDL_CREATE &&
            slice_equal(slice_from(change->noun), slice_from(object_type_text(object->type))));
}

static void touch(struct typed *typed, const struct change_object *object)
{
    if (schema_is_table_like(object->type))
        object_map_put(&typed->touched, OBJECT_TABLE, SLICE_NONE, object->name, typed->step);
}

static void add_target(struct typed *typed, const struct change *change,
                       const struct change_object *target)
{
    struct slice home = change_home(change, target->type, target->schema);

    if (same_image(&target->before, &target->after))
        return;
    size_t at = take_object(typed, target->type, home, target->name);
    struct typed_object *object = &typed->objects[at];
    touch(typed, target);
    if (target->after.state != IMAGE_PRESENT || is_made(change, target))
        forget(object);
    if (target->after.state != IMAGE_PRESENT)
        return;
    follow_renames(object, change);
    if (!is_of_one_object(change))
        return;
    if (target->type == OBJECT_TABLE)
        keep_clauses(object, change, target);
    keep_whole(typed, object, change, is_made(change, target) ? NULL : &target->before,
               &target->after);
}

/* ALTER TABLE a RENAME TO b, ADD c: the clauses belong to b. */
static void add_renamed(struct typed *typed, const struct change *change,
                        const struct change_object *from, const struct change_object *to)
{
    struct slice from_home = change_home(change, from->type, from->schema);
    struct slice to_home = change_home(change, to->type, to->schema);
    size_t at = take_object(typed, from->type, from_home, from->name);
    struct typed_object *object = &typed->objects[at];

    touch(typed, from);
    touch(typed, to);
    object_map_put(&typed->now, from->type, from_home, from->name, OBJECT_MAP_NONE);
    object_map_put(&typed->now, from->type, to_home, to->name, at);
    follow_renames(object, change);
    if (change->verb == DDL_ALTER && to->type == OBJECT_TABLE && to->after.state == IMAGE_PRESENT &&
        !slice_is_none(change->text))
        keep_clauses(object, change, to);
}

/* Views are asked for as tables too, and are none. A name in the middle of a chain is never seen. */
static bool is_rename(const struct typed *typed, const struct change *change, size_t index)
{
    const struct change_object *from = &change->objects[index];

    if (from->role != ROLE_RENAME_FROM || index + 1 >= change->object_count)
        return false;
    return from->before.state != IMAGE_ABSENT || from[1].after.state != IMAGE_ABSENT ||
           object_map_find(&typed->now, from->type, change_home(change, from->type, from->schema),
                           from->name) != OBJECT_MAP_NONE;
}

void typed_add(struct typed *typed, const struct change *change)
{
    typed->step++;
    for (size_t i = 0; i < change->object_count && change->verb != DDL_TRUNCATE; i++) {
        if (change->objects[i].role == ROLE_TARGET)
            add_target(typed, change, &change->objects[i]);
        else if (is_rename(typed, change, i))
            add_renamed(typed, change, &change->objects[i], &change->objects[i + 1]);
    }
}

/* --- refusing ----------------------------------------------------------------------------------- */

/* Less of it; false: nothing was used. */
static bool lower(struct typed_object *object, enum typed_level level)
{
    bool has_clauses = object->clause_count > 0 || object->creation.spelling != NULL;
    enum typed_level most = object->whole_count > 0 ? TYPED_STATEMENT
                            : has_clauses           ? TYPED_CLAUSES
                                                    : TYPED_NOTHING;
    enum typed_level now = object->level > most ? object->level : most;

    object->level = level == TYPED_CLAUSES && !has_clauses ? TYPED_NOTHING : level;
    return object->level > now;
}

bool typed_refuse(struct typed *typed, enum object_type type, struct slice home, struct slice name)
{
    size_t at = typed == NULL ? OBJECT_MAP_NONE : object_map_find(&typed->now, type, home, name);

    if (at == OBJECT_MAP_NONE)
        return false;
    struct typed_object *object = &typed->objects[at];
    return lower(object, object->level == TYPED_STATEMENT && object->whole_count > 0
                             ? TYPED_CLAUSES
                             : TYPED_NOTHING);
}

bool typed_refuse_all(struct typed *typed)
{
    bool any = false;

    for (size_t i = 0; typed != NULL && i < typed->count; i++)
        any |= lower(&typed->objects[i], TYPED_NOTHING);
    return any;
}

/* --- looking up --------------------------------------------------------------------------------- */

const struct typed_object *typed_find(const struct typed *typed, enum object_type type,
                                      struct slice home, struct slice name)
{
    size_t at = typed == NULL ? OBJECT_MAP_NONE : object_map_find(&typed->now, type, home, name);

    if (at == OBJECT_MAP_NONE || typed->objects[at].level == TYPED_NOTHING)
        return NULL;
    return &typed->objects[at];
}

bool typed_is_filled(const struct typed *typed, struct slice home, struct slice name)
{
    size_t at =
        typed == NULL ? OBJECT_MAP_NONE : object_map_find(&typed->now, OBJECT_TABLE, home, name);

    return at != OBJECT_MAP_NONE && typed->objects[at].is_filled;
}

/* Has something changed behind the statement that has a name of its text? */
static bool is_stale(const struct typed *typed, const struct typed_whole *whole,
                     const struct dialect *dialect)
{
    struct reader reader;
    bool stale = false;

    if (!whole->reads)
        return false;
    for (reader_init(&reader, slice_from(whole->text), dialect); !reader_at_end(&reader);
         reader_next(&reader)) {
        if (!token_is_name(&reader.token))
            continue;
        char *name = token_name(&reader.token, dialect);
        size_t step = object_map_find(&typed->touched, OBJECT_TABLE, SLICE_NONE, slice_from(name));
        stale |= step != OBJECT_MAP_NONE && step > whole->step;
        free(name);
    }
    return stale;
}

struct slice typed_statement(const struct typed *typed, const struct definition *now,
                             struct slice now_text, const struct definition *wanted,
                             const struct dialect *dialect)
{
    const struct typed_object *object = typed_find(typed, wanted->type, wanted->home, wanted->name);
    char before[IMAGE_HASH_SIZE] = "", after[IMAGE_HASH_SIZE];

    if (object == NULL || object->level != TYPED_STATEMENT || object->whole_count == 0)
        return SLICE_NONE;
    if (now != NULL)
        image_hash(now_text, now->context, before);
    image_hash(wanted->text, wanted->context, after);
    for (size_t i = object->whole_count; i-- > 0;) {
        const struct typed_whole *whole = &object->wholes[i];
        if (strcmp(whole->before, before) == 0 && strcmp(whole->after, after) == 0 &&
            typed_reads_alike(whole->flags, dialect) && !is_stale(typed, whole, dialect))
            return slice_from(whole->text);
    }
    return SLICE_NONE;
}

const struct typed_clause *typed_find_column(const struct typed_object *object, struct slice name,
                                             struct slice printed, const struct dialect *dialect)
{
    struct buffer bare = BUFFER_INIT;
    const struct typed_clause *found = NULL;

    printed_unquote(name, &bare);
    for (size_t i = 0; i < object->clause_count && found == NULL; i++) {
        const struct typed_clause *clause = &object->clauses[i];
        if (!clause->is_key &&
            slice_equal_nocase(slice_from(clause->name), slice_from(buffer_text(&bare))) &&
            slice_equal(slice_from(clause->printed), printed) &&
            typed_reads_alike(clause->flags, dialect))
            found = clause;
    }
    buffer_release(&bare);
    return found;
}

struct slice typed_column(const struct typed_object *object, struct slice name,
                          struct slice printed, const struct dialect *dialect)
{
    const struct typed_clause *clause =
        object == NULL ? NULL : typed_find_column(object, name, printed, dialect);

    return clause == NULL ? SLICE_NONE : slice_from(clause->alone);
}

struct slice typed_key(const struct typed_object *object, struct slice printed,
                       const struct dialect *dialect)
{
    for (size_t i = 0; object != NULL && i < object->clause_count; i++) {
        const struct typed_clause *clause = &object->clauses[i];
        if (clause->is_key && slice_equal(slice_from(clause->printed), printed) &&
            typed_reads_alike(clause->flags, dialect))
            return slice_from(clause->text);
    }
    return SLICE_NONE;
}
