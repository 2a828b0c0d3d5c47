/* alteration: see alteration.h. */
#include "lint/alteration.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

void alteration_release(struct alteration *alteration)
{
    for (size_t i = 0; i < alteration->count; i++)
        free(alteration->items[i].name);
    free(alteration->items);
    *alteration = (struct alteration){NULL, 0, NULL};
}

static void skip_exists(struct reader *reader)
{
    if (reader_accept(reader, "IF")) {
        (void)reader_accept(reader, "NOT");
        (void)reader_accept(reader, "EXISTS");
    }
}

static void take_name(struct reader *reader, struct alteration_item *item)
{
    if (token_is_name(&reader->token))
        item->name = token_name(&reader->token, reader->lexer.dialect);
}

static void read_add(struct reader *reader, struct alteration_item *item)
{
    static const char *const others[] = {
        "INDEX",   "KEY",        "PRIMARY", "UNIQUE", "FULLTEXT",  "SPATIAL", "VECTOR",
        "FOREIGN", "CONSTRAINT", "CHECK",   "PERIOD", "PARTITION", "SYSTEM",  NULL};
    bool column = reader_accept(reader, "COLUMN");
    skip_exists(reader);
    if (!column && reader_accept_any(reader, others))
        return;
    item->kind = ALTERATION_ADD_COLUMN;
    if (!reader_is_symbol(reader, '('))
        take_name(reader, item);
}

static void read_drop(struct reader *reader, struct alteration_item *item)
{
    static const char *const others[] = {"INDEX",      "KEY",   "PRIMARY", "FOREIGN",
                                         "CONSTRAINT", "CHECK", "PERIOD",  NULL};
    if (reader_accept(reader, "PARTITION")) {
        item->kind = ALTERATION_DROP_PARTITION;
    } else if (reader_accept(reader, "SYSTEM")) {
        item->kind = ALTERATION_DROP_HISTORY;
    } else if (reader_accept(reader, "COLUMN") || !reader_accept_any(reader, others)) {
        skip_exists(reader);
        item->kind = ALTERATION_DROP_COLUMN;
        take_name(reader, item);
    }
}

static void read_modify(struct reader *reader, struct alteration_item *item, bool change)
{
    (void)reader_accept(reader, "COLUMN");
    skip_exists(reader);
    item->kind = ALTERATION_MODIFY;
    if (change)
        reader_next(reader);
    take_name(reader, item);
}

static void read_item(struct reader *reader, struct alteration_item *item)
{
    static const char *const partitions[] = {"TRUNCATE", "EXCHANGE", "DISCARD", NULL};
    if (reader_accept(reader, "ADD"))
        read_add(reader, item);
    else if (reader_accept(reader, "DROP"))
        read_drop(reader, item);
    else if (reader_accept(reader, "MODIFY"))
        read_modify(reader, item, false);
    else if (reader_accept(reader, "CHANGE"))
        read_modify(reader, item, true);
    else if (reader_accept_any(reader, partitions))
        item->kind = ALTERATION_DROP_PARTITION;
}

static void add_item(struct reader *reader, struct alteration *alteration)
{
    struct alteration_item item = {.kind = ALTERATION_OTHER};
    const char *start = reader->token.text.ptr, *end = start;
    struct reader ahead = *reader;
    read_item(&ahead, &item);
    while (!reader_at_end(reader) && !reader_is_symbol(reader, ',')) {
        if (reader_is_symbol(reader, '('))
            reader_skip_parentheses(reader);
        else
            reader_next(reader);
    }
    end = reader->token.kind == TOKEN_END ? reader->lexer.text.ptr + reader->lexer.text.len
                                          : reader->token.text.ptr;
    item.text = slice_make(start, (size_t)(end - start));
    alteration->items =
        memory_resize(alteration->items, alteration->count + 1, sizeof *alteration->items);
    alteration->items[alteration->count++] = item;
}

static void skip_table_name(struct reader *reader)
{
    skip_exists(reader);
    reader_next(reader);
    if (reader_accept_symbol(reader, '.'))
        reader_next(reader);
    if (reader_accept(reader, "WAIT"))
        reader_next(reader);
    else
        (void)reader_accept(reader, "NOWAIT");
}

bool alteration_read(struct slice text, const struct dialect *dialect,
                     struct alteration *alteration)
{
    struct reader reader;
    *alteration = (struct alteration){NULL, 0, NULL};
    reader_init(&reader, text, dialect);
    if (!reader_accept(&reader, "ALTER"))
        return false;
    (void)reader_accept(&reader, "ONLINE");
    (void)reader_accept(&reader, "IGNORE");
    if (!reader_accept(&reader, "TABLE"))
        return false;
    skip_table_name(&reader);
    alteration->body = reader.token.kind == TOKEN_END ? NULL : reader.token.text.ptr;
    while (!reader_at_end(&reader)) {
        add_item(&reader, alteration);
        (void)reader_accept_symbol(&reader, ',');
    }
    return true;
}

const struct alteration_item *alteration_modifies(const struct alteration *alteration,
                                                  struct slice name)
{
    for (size_t i = 0; i < alteration->count; i++) {
        const struct alteration_item *item = &alteration->items[i];
        if (item->kind == ALTERATION_MODIFY && item->name != NULL &&
            slice_equal_nocase(slice_from(item->name), name))
            return item;
    }
    return NULL;
}

bool alteration_says(const struct alteration_item *item, const struct dialect *dialect,
                     const char *word)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, item->text, dialect);
    while (lexer_next(&lexer, &token)) {
        if (token_is(&token, word))
            return true;
    }
    return false;
}
