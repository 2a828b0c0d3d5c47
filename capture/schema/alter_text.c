/* alter_text: see alter_text.h. One clause goes on the line of ALTER TABLE, several on lines of their
 * own. */
#include "schema/alter_text.h"

#include "schema/printed.h"

struct writer {
    const struct alter *alter;
    const struct table *wanted;
    struct slice name;
    const struct alter_words *words;
    bool is_typed; /* words were used */
    struct buffer *out;
};

/* Does another step say something of the default of this one's column? */
static bool has_default_apart(const struct alter *alter, const struct alter_step *step)
{
    for (size_t i = 0; i < alter->step_count; i++) {
        const struct alter_step *other = &alter->steps[i];
        if ((other->kind == ALTER_DEFAULT || other->kind == ALTER_DROP_DEFAULT) &&
            slice_equal(other->name, step->name))
            return true;
    }
    return false;
}

static bool write_typed_definition(struct writer *writer, const struct alter_step *step)
{
    struct slice typed =
        typed_column(writer->words->typed, step->name, step->text, writer->words->dialect);

    if (slice_is_none(typed) || has_default_apart(writer->alter, step))
        return false;
    buffer_append_slice(writer->out, typed);
    writer->is_typed = true;
    return true;
}

/* A default that comes in a later stage is left out. */
static void write_definition(struct writer *writer, const struct alter_step *step)
{
    struct buffer text = BUFFER_INIT;
    struct slice definition = step->text;

    if (write_typed_definition(writer, step))
        return;

    for (size_t i = 0; i < writer->alter->step_count; i++) {
        const struct alter_step *late = &writer->alter->steps[i];
        if (late->kind != ALTER_DEFAULT || !slice_equal(late->name, step->name))
            continue;
        size_t at = (size_t)(late->text.ptr - definition.ptr);
        buffer_append(&text, definition.ptr, at);
        definition = slice_from_offset(definition, at + late->text.len);
    }
    buffer_append_slice(&text, definition);
    table_write_definition(writer->wanted, buffer_slice(&text), writer->out);
    buffer_release(&text);
}

/* A person says no more than that; a definition would be the server's. MySQL knows it since 8.0. */
static bool write_only_name(struct writer *writer, const struct alter_step *step)
{
    const struct dialect *dialect = writer->words->dialect;

    if (writer->words->typed == NULL || step->kind != ALTER_CHANGE_COLUMN || !step->only_name ||
        step->placed || (!dialect->mariadb && dialect->version < 80000))
        return false;
    buffer_append_text(writer->out, "RENAME COLUMN ");
    buffer_append_slice(writer->out, step->from);
    buffer_append_text(writer->out, " TO ");
    buffer_append_slice(writer->out, step->name);
    writer->is_typed = true;
    return true;
}

static void write_column(struct writer *writer, const struct alter_step *step)
{
    struct buffer *out = writer->out;

    if (write_only_name(writer, step))
        return;
    if (step->kind == ALTER_ADD_COLUMN) {
        buffer_append_text(out, "ADD COLUMN ");
    } else if (slice_equal(step->from, step->name)) {
        buffer_append_text(out, "MODIFY COLUMN ");
    } else {
        buffer_append_text(out, "CHANGE COLUMN ");
        buffer_append_slice(out, step->from);
        buffer_append_char(out, ' ');
    }
    buffer_append_slice(out, step->name);
    buffer_append_char(out, ' ');
    write_definition(writer, step);
    if (!step->placed)
        return;
    buffer_append_text(out, slice_is_none(step->after) ? " FIRST" : " AFTER ");
    buffer_append_slice(out, step->after);
}

static const char *drop_words(const struct writer *writer, const struct alter_step *step)
{
    switch (step->kind) {
    case ALTER_DROP_FOREIGN_KEY:
        return "DROP FOREIGN KEY ";
    case ALTER_DROP_CHECK:
        return writer->words->dialect->mariadb ? "DROP CONSTRAINT " : "DROP CHECK ";
    case ALTER_DROP_COLUMN:
        return "DROP COLUMN ";
    case ALTER_DROP_PERIOD:
        return "DROP ";
    default:
        return slice_is_none(step->name) ? "DROP PRIMARY KEY" : "DROP KEY ";
    }
}

static void write_part(struct writer *writer, const struct alter_step *step)
{
    struct slice typed = typed_key(writer->words->typed, step->text, writer->words->dialect);

    writer->is_typed |= !slice_is_none(typed);
    buffer_append_text(writer->out, "ADD ");
    buffer_append_slice(writer->out, slice_is_none(typed) ? printed_trim(step->text) : typed);
}

static void write_step(struct writer *writer, const struct alter_step *step)
{
    struct buffer *out = writer->out;

    switch (step->kind) {
    case ALTER_DROP_FOREIGN_KEY:
    case ALTER_DROP_CHECK:
    case ALTER_DROP_KEY:
    case ALTER_DROP_PERIOD:
    case ALTER_DROP_COLUMN:
        buffer_append_text(out, drop_words(writer, step));
        buffer_append_slice(out, step->kind == ALTER_DROP_PERIOD ? step->text : step->name);
        break;
    case ALTER_ADD_COLUMN:
    case ALTER_CHANGE_COLUMN:
        write_column(writer, step);
        break;
    case ALTER_RENAME_COLUMN:
    case ALTER_RENAME_KEY:
        buffer_append_text(out, step->kind == ALTER_RENAME_KEY ? "RENAME KEY " : "RENAME COLUMN ");
        buffer_append_slice(out, step->from);
        buffer_append_text(out, " TO ");
        buffer_append_slice(out, step->name);
        break;
    case ALTER_SHOW_KEY:
        buffer_append_text(out, "ALTER INDEX ");
        buffer_append_slice(out, step->name);
        buffer_append_char(out, ' ');
        buffer_append_slice(out, step->text);
        break;
    case ALTER_DEFAULT:
        buffer_append_text(out, "ALTER COLUMN ");
        buffer_append_slice(out, step->name);
        buffer_append_text(out, " SET");
        buffer_append_slice(out, step->text);
        break;
    case ALTER_DROP_DEFAULT:
        buffer_append_text(out, "ALTER COLUMN ");
        buffer_append_slice(out, step->name);
        buffer_append_text(out, " DROP DEFAULT");
        break;
    case ALTER_OPTION:
    case ALTER_SAY_AGAIN:
    case ALTER_PARTITION:
        buffer_append_slice(out, step->name);
        buffer_append_slice(out, step->text);
        break;
    case ALTER_ADD_PERIOD:
    case ALTER_ADD_KEY:
    case ALTER_ADD_CHECK:
    case ALTER_ADD_FOREIGN_KEY:
        write_part(writer, step);
        break;
    }
}

static size_t count_stage(const struct alter *alter, enum alter_stage stage)
{
    size_t count = 0;

    for (size_t i = 0; i < alter->step_count; i++)
        count += alter->steps[i].stage == stage;
    return count;
}

static void begin(const struct writer *writer)
{
    if (writer->alter->keeps_history)
        buffer_append_text(writer->out,
                           "SET STATEMENT system_versioning_alter_history='KEEP' FOR ");
    buffer_append_text(writer->out, "ALTER TABLE ");
    buffer_append_slice(writer->out, writer->name);
}

static void write_together(struct writer *writer, enum alter_stage stage, size_t count)
{
    const char *separator = count > 1 ? "\n  " : " ";

    begin(writer);
    for (size_t i = 0; i < writer->alter->step_count; i++) {
        const struct alter_step *step = &writer->alter->steps[i];
        if (step->stage != stage)
            continue;
        bool without_comma = step->kind == ALTER_PARTITION && separator[0] == ',';
        buffer_append_text(writer->out, without_comma ? "\n  " : separator);
        write_step(writer, step);
        separator = ",\n  ";
    }
    buffer_append_char(writer->out, '\0');
}

static void write_apart(struct writer *writer, enum alter_stage stage)
{
    for (size_t i = 0; i < writer->alter->step_count; i++) {
        if (writer->alter->steps[i].stage != stage)
            continue;
        begin(writer);
        buffer_append_char(writer->out, ' ');
        write_step(writer, &writer->alter->steps[i]);
        buffer_append_char(writer->out, '\0');
    }
}

/* Does a column get the name that another one has? Then both are renamed at once. Apart, MariaDB follows
 * each into the foreign keys of the table; at once, into one end of one to the table itself. */
static bool passes_names_on(const struct alter *alter)
{
    for (size_t i = 0; i < alter->step_count; i++) {
        for (size_t j = 0; j < alter->step_count; j++) {
            if (alter->steps[i].kind == ALTER_RENAME_COLUMN &&
                alter->steps[j].kind == ALTER_RENAME_COLUMN && i != j &&
                slice_equal_nocase(alter->steps[i].name, alter->steps[j].from))
                return true;
        }
    }
    return false;
}

bool alter_text_write(const struct alter *alter, enum alter_stage stage, const struct table *wanted,
                      struct slice name, const struct alter_words *words, struct buffer *out)
{
    struct writer writer = {alter, wanted, name, words, false, out};
    size_t count = count_stage(alter, stage);

    if (count == 0)
        return false;
    bool apart = stage == ALTER_STAGE_RENAME && words->dialect->mariadb && !passes_names_on(alter);
    if (apart || stage == ALTER_STAGE_FULLTEXT || stage == ALTER_STAGE_PARTITION)
        write_apart(&writer, stage);
    else
        write_together(&writer, stage, count);
    return writer.is_typed;
}
