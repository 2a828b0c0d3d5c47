/* subject: see subject.h. */
#include "lint/subject.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/printed.h"
#include "sql/script.h"

/* --- statements --------------------------------------------------------------------------------- */

static void add_statement(struct subject *subject, struct slice text, const struct dialect *dialect,
                          bool down)
{
    subject->statements = memory_resize(subject->statements, subject->statement_count + 1,
                                        sizeof *subject->statements);
    struct subject_statement *statement = &subject->statements[subject->statement_count++];
    *statement =
        (struct subject_statement){.text = printed_trim(text), .dialect = *dialect, .down = down};
    statement_read(text, dialect, &statement->read);
    (void)alteration_read(statement->text, dialect, &statement->alteration);
}

static void read_section(struct subject *subject, struct slice section, bool down)
{
    const struct dialect dialect = {.mariadb = subject->options->mariadb,
                                    .version = subject->options->version};
    const struct sql_facts facts = {.foreign_key_checks = true};
    struct script script;
    struct slice text;
    if (slice_is_none(section))
        return;
    script_init(&script, section, &dialect, &facts);
    while (script_next(&script, &text))
        add_statement(subject, text, &script.dialect, down);
    script_release(&script);
}

/* --- tables ------------------------------------------------------------------------------------- */

static const struct table *read_table(struct subject *subject, const struct image *image)
{
    if (image->state != IMAGE_PRESENT)
        return NULL;
    struct table *table = &subject->read[subject->read_count];
    if (table_read(image->text, table) != ERROR_NONE) {
        table_release(table);
        return NULL;
    }
    subject->read_count++;
    return table;
}

/* One object, or the two names of a renamed one. */
static void read_change(struct subject *subject, const struct net *net, const struct change *change)
{
    const struct change_object *first = &change->objects[0];
    const struct change_object *last = &change->objects[change->object_count - 1];
    if (change->object_count == 0 || first->type != OBJECT_TABLE ||
        change_home(change, first->type, first->schema).len > 0)
        return;
    struct subject_table *table = &subject->tables[subject->table_count];
    table->name_before = first->name;
    table->name = last->name;
    table->before = read_table(subject, &first->before);
    table->after = read_table(subject, &last->after);
    table->renames = net_renames(net, &table->rename_count);
    subject->table_count += table->before != NULL || table->after != NULL;
}

void subject_read(const struct subject_options *options, struct slice up, struct slice down,
                  const struct net *net, struct subject *subject)
{
    *subject = (struct subject){.options = options};
    read_section(subject, up, false);
    read_section(subject, down, true);
    size_t count = net == NULL ? 0 : net_count(net);
    subject->tables = memory_new(count + 1, sizeof *subject->tables);
    subject->read = memory_new(2 * count + 1, sizeof *subject->read);
    for (size_t i = 0; i < count; i++)
        read_change(subject, net, net_change(net, i));
}

void subject_release(struct subject *subject)
{
    for (size_t i = 0; i < subject->statement_count; i++) {
        statement_release(&subject->statements[i].read);
        alteration_release(&subject->statements[i].alteration);
    }
    for (size_t i = 0; i < subject->read_count; i++)
        table_release(&subject->read[i]);
    free(subject->statements);
    free(subject->tables);
    free(subject->read);
    *subject = (struct subject){.options = NULL};
}

/* --- columns ------------------------------------------------------------------------------------ */

static bool is_quoted_as(struct slice quoted, struct slice bare)
{
    struct buffer name = BUFFER_INIT;
    printed_unquote(quoted, &name);
    bool same = slice_equal_nocase(buffer_slice(&name), bare);
    buffer_release(&name);
    return same;
}

static const struct table_column *find_bare(const struct table *table, struct slice bare)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (is_quoted_as(table->columns[i].name, bare))
            return &table->columns[i];
    }
    return NULL;
}

static bool is_of_table(const struct subject_table *table, const struct difference_rename *rename)
{
    return rename->kind == DIFFERENCE_RENAME_COLUMN &&
           slice_equal_nocase(rename->table, table->name_before);
}

const struct table_column *subject_column_before(const struct subject_table *table,
                                                 const struct table_column *after)
{
    if (table->before == NULL)
        return NULL;
    for (size_t i = 0; i < table->rename_count; i++) {
        const struct difference_rename *rename = &table->renames[i];
        if (is_of_table(table, rename) && !slice_is_none(rename->to) &&
            is_quoted_as(after->name, rename->to))
            return find_bare(table->before, rename->from);
    }
    for (size_t i = 0; i < table->rename_count; i++) {
        if (is_of_table(table, &table->renames[i]) &&
            is_quoted_as(after->name, table->renames[i].from))
            return NULL; /* that one has another name now */
    }
    return table_column(table->before, after->name);
}

const struct alteration_item *subject_modifies(const struct subject *subject, struct slice column,
                                               const struct dialect **dialect)
{
    const struct alteration_item *found = NULL;
    struct buffer name = BUFFER_INIT;
    printed_unquote(column, &name);
    for (size_t i = 0; i < subject->statement_count; i++) {
        const struct subject_statement *statement = &subject->statements[i];
        const struct alteration_item *item =
            statement->down ? NULL
                            : alteration_modifies(&statement->alteration, buffer_slice(&name));
        if (item != NULL) {
            found = item;
            *dialect = &statement->dialect;
        }
    }
    buffer_release(&name);
    return found;
}
