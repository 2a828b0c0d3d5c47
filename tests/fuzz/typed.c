/* fuzz: schema. A run of statements with the images behind each: what they come to, in a person's words and
 * less and less of them.
 *
 *     input: flags 1 (bit 0: MariaDB; 1: ANSI_QUOTES; 2: NO_BACKSLASH_ESCAPES)
 *            | statement | NUL | image behind it, empty: the object is gone | NUL | statement | ...
 *
 * Beyond not crashing: clauses lie within their statement, no statement that is written is NULL, refusing ends, and
 * a run whose last image is its first comes to nothing.
 */
#include "fuzz.h"

#include "schema/clause.h"
#include "schema/net.h"
#include "schema/typed.h"

#define OBJECTS 8

static struct slice take_text(struct slice *rest)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\0', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    struct slice text = slice_make(rest->ptr, len);
    *rest = slice_from_offset(*rest, end == NULL ? len : len + 1);
    return text;
}

static void check_tail(struct slice tail, const struct dialect *dialect)
{
    struct clause_tail read;
    (void)clause_read_tail(tail, dialect, &read);
    for (size_t i = 0; i < read.count; i++)
        require_within(read.options[i].text, tail);
    require_within(read.partition, tail);
    clause_release_tail(&read);
}

static void check_clauses(struct slice text, const struct dialect *dialect)
{
    struct clause_list list;
    bool understood = clause_read(text, dialect, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct clause *clause = &list.list[i];
        require_within(clause->text, text);
        require_within(clause->spelling, text);
        require(!understood || clause->kind == CLAUSE_KEY || clause->name != NULL);
        require(clause->alone == NULL || clause->alone[0] != '\0');
    }
    require_within(list.name, text);
    require_within(list.tail, text);
    if (understood && list.is_create)
        check_tail(list.tail, dialect);
    clause_release(&list);
}

static struct image image_of(struct slice text)
{
    return (struct image){text.len == 0 ? IMAGE_ABSENT : IMAGE_PRESENT, text, SLICE_NONE};
}

/* The first object that the statement names is the one whose images these are. */
static size_t read_objects(const struct statement *statement, struct slice before,
                           struct slice after, struct change_object *objects)
{
    size_t count = 0;
    for (size_t i = 0; i < statement->object_count && count < OBJECTS; i++) {
        const struct statement_object *named = &statement->objects[i];
        objects[count++] = (struct change_object){
            .type = named->type,
            .role = named->role,
            .schema = SLICE("app"),
            .name = slice_from(named->name == NULL ? "" : named->name),
            .before = image_of(i == 0 ? before : SLICE("")),
            .after = image_of(i == 0 && named->role == ROLE_RENAME_FROM ? SLICE("") : after)};
    }
    return count;
}

static void add(struct net *net, struct slice text, struct slice before, struct slice after,
                const struct dialect *dialect, int64_t id)
{
    struct change_object objects[OBJECTS];
    struct statement statement;
    statement_read(text, dialect, &statement);
    const struct change change = {.verb = statement.verb,
                                  .noun = statement.noun == NULL ? "TABLE" : statement.noun,
                                  .objects = objects,
                                  .object_count = read_objects(&statement, before, after, objects),
                                  .renames = statement.renames,
                                  .rename_count = statement.rename_count,
                                  .mariadb = dialect->mariadb,
                                  .version = dialect->version,
                                  .development_schema = SLICE("app"),
                                  .text = text,
                                  .dialect = *dialect};
    net_add(net, &change, id);
    statement_release(&statement);
}

static void find(struct net *net, const struct dialect *dialect, bool back)
{
    char sql_mode[] = "";
    const struct sql_facts defaults = {.sql_mode = sql_mode, .foreign_key_checks = true};
    const struct difference_options options = {.mariadb = dialect->mariadb,
                                               .version = dialect->version,
                                               .schema = SLICE("app"),
                                               .defaults = &defaults,
                                               .typed = net_typed(net)};
    struct difference difference;
    net_find(net, &options, back, &difference);
    for (size_t i = 0; i < difference.step_count; i++)
        require(difference.steps[i].text != NULL && !(back && difference.steps[i].is_typed));
    difference_release(&difference);
}

static void refuse_step_by_step(struct net *net, const struct dialect *dialect)
{
    const struct schema *after = net_after(net);
    for (size_t i = 0; i < schema_count(after); i++) {
        const struct definition *definition = schema_at(after, i);
        unsigned count = 0;
        while (typed_refuse(net_typed(net), definition->type, definition->home, definition->name)) {
            require(++count <= 2);
            find(net, dialect, false);
        }
    }
    (void)typed_refuse_all(net_typed(net));
    require(!typed_refuse_all(net_typed(net)));
    find(net, dialect, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make(data, size);
    unsigned flags = take_byte(&input);
    char *block = block_of(input);
    struct slice rest = slice_make(block, input.len), before = SLICE("");
    const struct dialect dialect = {.mariadb = (flags & 1) != 0,
                                    .version = (flags & 1) != 0 ? 110806 : 90704,
                                    .ansi_quotes = (flags & 2) != 0,
                                    .no_backslash_escapes = (flags & 4) != 0};
    struct net *net = net_new();
    for (int64_t id = 1; rest.len > 0; id++) {
        struct slice text = take_text(&rest), after = take_text(&rest);
        check_clauses(text, &dialect);
        add(net, text, before, after, &dialect, id);
        before = after;
    }
    net_finish(net);
    find(net, &dialect, false);
    find(net, &dialect, true);
    refuse_step_by_step(net, &dialect);
    net_release(net);
    free(block);
    return 0;
}
