/* trigger: see trigger.h. Read with the lexer of the capture, since MariaDB prints what was typed. */
#include "schema/trigger.h"

#include "sql/reader.h"

/* Pass `a`.`b`; the last part is the name. */
static bool read_table(struct reader *reader, struct trigger *trigger)
{
    const char *start = reader->token.text.ptr;

    reader_next(reader); /* ON */
    if (!token_is_name(&reader->token))
        return false;
    trigger->table = reader->token.text;
    reader_next(reader);
    if (reader_accept_symbol(reader, '.')) {
        if (!token_is_name(&reader->token))
            return false;
        trigger->table = reader->token.text;
        reader_next(reader);
    }
    const char *end = trigger->table.ptr + trigger->table.len;
    trigger->on = slice_make(start, (size_t)(end - start));
    return true;
}

static bool read_event(struct reader *reader, struct trigger *trigger)
{
    trigger->timing = reader->token.text;
    if (!reader_accept(reader, "BEFORE") && !reader_accept(reader, "AFTER"))
        return false;
    trigger->event = reader->token.text;
    reader_next(reader);
    return reader_is(reader, "ON");
}

bool trigger_read(struct slice text, const struct dialect *dialect, struct trigger *trigger)
{
    struct reader reader;

    *trigger = (struct trigger){.text = text};
    reader_init(&reader, text, dialect);
    while (!reader_at_end(&reader) && !reader_is(&reader, "TRIGGER"))
        reader_next(&reader);
    while (!reader_at_end(&reader) && !reader_is(&reader, "BEFORE") && !reader_is(&reader, "AFTER"))
        reader_next(&reader);
    if (!read_event(&reader, trigger) || !read_table(&reader, trigger))
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
