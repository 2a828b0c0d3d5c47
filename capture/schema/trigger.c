/* trigger: see trigger.h. Read with the lexer of the capture, since MariaDB prints what was typed. */
#include "schema/trigger.h"

#include "schema/printed.h"
#include "sql/reader.h"

static struct slice from_to(const char *start, const char *end)
{
    return slice_make(start, (size_t)(end - start));
}

/* Pass `a`.`b`; the last part is the name. */
static bool read_name(struct reader *reader, struct slice *name)
{
    if (!token_is_name(&reader->token))
        return false;
    *name = reader->token.text;
    reader_next(reader);
    if (!reader_accept_symbol(reader, '.'))
        return true;
    if (!token_is_name(&reader->token))
        return false;
    *name = reader->token.text;
    reader_next(reader);
    return true;
}

/* CREATE [OR REPLACE] [DEFINER=account] TRIGGER [IF NOT EXISTS] name */
static bool read_head(struct reader *reader, struct trigger *trigger)
{
    if (!reader_accept(reader, "CREATE"))
        return false;
    if (reader_accept(reader, "OR") && !reader_accept(reader, "REPLACE"))
        return false;
    const char *start = reader->token.text.ptr;
    if (reader_accept(reader, "DEFINER")) {
        if (!reader_accept_symbol(reader, '='))
            return false;
        reader_skip_account(reader);
        trigger->definer = printed_trim(from_to(start, reader->token.text.ptr));
    }
    if (!reader_accept(reader, "TRIGGER"))
        return false;
    if (reader_accept(reader, "IF") &&
        (!reader_accept(reader, "NOT") || !reader_accept(reader, "EXISTS")))
        return false;
    return read_name(reader, &trigger->name);
}

/* UPDATE [OF a, b] */
static bool read_event(struct reader *reader, struct trigger *trigger)
{
    trigger->timing = reader->token.text;
    if (!reader_accept(reader, "BEFORE") && !reader_accept(reader, "AFTER"))
        return false;
    trigger->event = reader->token.text;
    if (!reader_accept(reader, "INSERT") && !reader_accept(reader, "UPDATE") &&
        !reader_accept(reader, "DELETE"))
        return false;
    if (reader_is(reader, "OF")) {
        const char *start = reader->token.text.ptr, *end = start;
        for (; !reader_at_end(reader) && !reader_is(reader, "ON"); reader_next(reader))
            end = reader->token.text.ptr + reader->token.text.len;
        trigger->columns = from_to(start, end);
    }
    return reader_is(reader, "ON");
}

static bool read_table(struct reader *reader, struct trigger *trigger)
{
    const char *start = reader->token.text.ptr;

    reader_next(reader); /* ON */
    if (!read_name(reader, &trigger->table))
        return false;
    trigger->on = from_to(start, trigger->table.ptr + trigger->table.len);
    return true;
}

bool trigger_read(struct slice text, const struct dialect *dialect, struct trigger *trigger)
{
    struct reader reader;

    *trigger = (struct trigger){.text = text};
    reader_init(&reader, text, dialect);
    if (!read_head(&reader, trigger) || !read_event(&reader, trigger) ||
        !read_table(&reader, trigger))
        return false;
    if (!reader_accept(&reader, "FOR") || !reader_accept(&reader, "EACH") ||
        !reader_is(&reader, "ROW"))
        return false;
    trigger->body =
        slice_from_offset(text, (size_t)(reader.token.text.ptr + reader.token.text.len - text.ptr));
    return true;
}

void trigger_table_name(const struct trigger *trigger, const struct dialect *dialect,
                        struct buffer *out)
{
    bool quoted = trigger->table.ptr[0] == '`' || trigger->table.ptr[0] == '"';
    const struct token token = {.kind = quoted ? TOKEN_QUOTED : TOKEN_WORD, .text = trigger->table};
    token_unquote(&token, dialect, out);
}

void trigger_write_moved(const struct trigger *trigger, struct slice table, struct buffer *out)
{
    buffer_append(out, trigger->text.ptr, (size_t)(trigger->on.ptr - trigger->text.ptr));
    buffer_append_text(out, "ON ");
    buffer_append_slice(out, table);
    const char *end = trigger->on.ptr + trigger->on.len;
    buffer_append_slice(out, slice_from_offset(trigger->text, (size_t)(end - trigger->text.ptr)));
}

void trigger_write_placed(const struct trigger *trigger, const char *words, struct slice other,
                          struct buffer *out)
{
    buffer_append(out, trigger->text.ptr, (size_t)(trigger->body.ptr - trigger->text.ptr));
    buffer_printf(out, " %s ", words);
    buffer_append_slice(out, other);
    buffer_append_slice(out, trigger->body);
}
