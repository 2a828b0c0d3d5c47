/* ddl: verb, options, noun, name; then what else names an object.
 *
 *     CREATE  OR REPLACE DEFINER=a@b  TRIGGER  IF NOT EXISTS  shop.t1  BEFORE INSERT ON  shop.users
 * ... verb    options                 noun     condition      target                     reference
 */
#include "sql/ddl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

/* What is read, and what is already known of it. */
struct ddl {
    struct reader *reader;
    struct statement *statement;
    enum ddl_verb verb;
    bool or_replace, temporary, if_exists, if_not_exists;
    const char *noun;
    bool no_change; /* the definition stays as it is */
};

static const struct verb_word {
    const char *word;
    enum ddl_verb verb;
} verb_words[] = {
    {"CREATE", DDL_CREATE}, {"ALTER", DDL_ALTER},       {"DROP", DDL_DROP},
    {"RENAME", DDL_RENAME}, {"TRUNCATE", DDL_TRUNCATE},
};

enum {
    VERB_COUNT = sizeof(verb_words) / sizeof(verb_words[0])
};

const char *ddl_verb_text(enum ddl_verb verb)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (verb_words[i].verb == verb)
            return verb_words[i].word;
    }
    assert(false);
    return "";
}

bool ddl_begins(const struct reader *reader)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (reader_is(reader, verb_words[i].word))
            return true;
    }
    return false;
}

/* --- collecting ------------------------------------------------------------------------------- */

static struct statement_object *insert_object(struct statement *statement, size_t at)
{
    statement->objects =
        memory_resize(statement->objects, statement->object_count + 1, sizeof(*statement->objects));
    struct statement_object *object = &statement->objects[at];
    memmove(object + 1, object, (statement->object_count - at) * sizeof(*object));
    statement->object_count++;
    return object;
}

static void drop_last_object(struct statement *statement)
{
    struct statement_object *last = &statement->objects[--statement->object_count];
    free(last->schema);
    free(last->name);
}

struct name {
    char *schema;
    char *name;
};

/* a, a.b, `a` . `b`, .b; false where no name stands. */
static bool read_name(struct reader *reader, struct name *name)
{
    const struct dialect *dialect = reader->lexer.dialect;
    *name = (struct name){NULL, NULL};
    bool leading_dot = reader_accept_symbol(reader, '.');
    if (!token_is_name(&reader->token))
        return false;
    name->name = token_name(&reader->token, dialect);
    reader_next(reader);
    if (leading_dot || !reader_is_symbol(reader, '.'))
        return true;
    struct token next = reader_peek(reader);
    if (!token_is_name(&next))
        return true;
    reader_next(reader);
    name->schema = name->name;
    name->name = token_name(&reader->token, dialect);
    reader_next(reader);
    return true;
}

static bool read_object_at(struct ddl *ddl, size_t at, enum object_type type, enum object_role role)
{
    struct name name;
    if (!read_name(ddl->reader, &name))
        return false;
    *insert_object(ddl->statement, at) =
        (struct statement_object){type, role, name.schema, name.name};
    return true;
}

static bool read_object(struct ddl *ddl, enum object_type type, enum object_role role)
{
    return read_object_at(ddl, ddl->statement->object_count, type, role);
}

static void add_rename(struct ddl *ddl, bool index, char *from, char *to)
{
    struct statement *statement = ddl->statement;
    if (from == NULL || to == NULL || strcmp(from, to) == 0) {
        free(from);
        free(to);
        return;
    }
    statement->renames =
        memory_resize(statement->renames, statement->rename_count + 1, sizeof(*statement->renames));
    statement->renames[statement->rename_count++] = (struct statement_rename){index, from, to};
}

static char *read_part_name(struct reader *reader)
{
    if (!token_is_name(&reader->token))
        return NULL;
    char *name = token_name(&reader->token, reader->lexer.dialect);
    reader_next(reader);
    return name;
}

static void read_condition(struct ddl *ddl)
{
    struct reader *reader = ddl->reader;
    if (!reader_accept(reader, "IF"))
        return;
    if (reader_accept(reader, "NOT"))
        ddl->if_not_exists = true;
    else
        ddl->if_exists = true;
    (void)reader_accept(reader, "EXISTS");
}

/* The IF [NOT] EXISTS of a column or index. */
static void skip_condition(struct reader *reader)
{
    static const char *const words[] = {"IF", "NOT", "EXISTS", NULL};
    while (reader_accept_any(reader, words))
        continue;
}

/* --- what stands behind the name ----------------------------------------------------------------
 */

/* The tables that foreign keys of the rest of the statement name. */
static void read_references(struct ddl *ddl)
{
    struct reader *reader = ddl->reader;
    while (!reader_at_end(reader)) {
        if (reader_accept(reader, "REFERENCES"))
            read_object(ddl, OBJECT_TABLE, ROLE_REFERENCE);
        else
            reader_next(reader);
    }
}

static void read_create_table(struct ddl *ddl)
{
    struct reader *reader = ddl->reader;
    if (!read_object(ddl, OBJECT_TABLE, ROLE_TARGET))
        return;
    struct reader before = *reader;
    (void)reader_accept_symbol(reader, '(');
    if (reader_accept(reader, "LIKE")) {
        read_object(ddl, OBJECT_TABLE, ROLE_REFERENCE);
        return;
    }
    *reader = before;
    read_references(ddl);
}

/* RENAME COLUMN a TO b | RENAME INDEX a TO b | RENAME [TO | AS | =] table */
static void read_alter_rename(struct ddl *ddl, size_t target)
{
    static const char *const index_words[] = {"INDEX", "KEY", NULL};
    static const char *const to_words[] = {"TO", "AS", NULL};
    struct reader *reader = ddl->reader;
    bool index = reader_accept_any(reader, index_words);
    if (index || reader_accept(reader, "COLUMN")) {
        skip_condition(reader);
        char *from = read_part_name(reader);
        (void)reader_accept(reader, "TO");
        add_rename(ddl, index, from, read_part_name(reader));
        return;
    }
    if (!reader_accept_any(reader, to_words))
        (void)reader_accept_symbol(reader, '=');
    struct statement *statement = ddl->statement;
    struct name name;
    if (!read_name(reader, &name))
        return;
    if (statement->objects[target].role == ROLE_TARGET) {
        statement->objects[target].role = ROLE_RENAME_FROM;
        insert_object(statement, target + 1);
    } else { /* renamed twice: the last one counts */
        free(statement->objects[target + 1].schema);
        free(statement->objects[target + 1].name);
    }
    statement->objects[target + 1] =
        (struct statement_object){OBJECT_TABLE, ROLE_RENAME_TO, name.schema, name.name};
}

/* One of the comma separated parts of an ALTER TABLE, from its first word. */
static void read_alter_part(struct ddl *ddl, size_t target)
{
    struct reader *reader = ddl->reader;
    if (reader_accept(reader, "RENAME")) {
        read_alter_rename(ddl, target);
    } else if (reader_accept(reader, "CHANGE")) {
        (void)reader_accept(reader, "COLUMN");
        skip_condition(reader);
        char *from = read_part_name(reader);
        add_rename(ddl, false, from, read_part_name(reader));
    } else if (reader_accept(reader, "EXCHANGE") || reader_accept(reader, "CONVERT")) {
        /* EXCHANGE PARTITION p WITH TABLE t, CONVERT PARTITION p TO TABLE t, CONVERT TABLE t TO ..
         */
        while (!reader_at_end(reader) && !reader_is_symbol(reader, ',')) {
            if (reader_accept(reader, "TABLE"))
                read_object(ddl, OBJECT_TABLE, ROLE_TARGET);
            else
                reader_next(reader);
        }
    }
}

/* DISABLE KEYS and ENABLE KEYS, around the rows in a dump: the definition stays as it is. */
static bool only_switches_keys(const struct reader *reader)
{
    static const char *const words[] = {"DISABLE", "ENABLE", NULL};
    struct reader ahead = *reader;

    return reader_accept_any(&ahead, words) && reader_accept(&ahead, "KEYS") &&
           reader_at_end(&ahead);
}

static void read_alter_table(struct ddl *ddl)
{
    struct reader *reader = ddl->reader;
    size_t target = ddl->statement->object_count;
    unsigned parens = 0;
    if (!read_object(ddl, OBJECT_TABLE, ROLE_TARGET))
        return;
    if (reader_accept(reader, "WAIT"))
        reader_next(reader);
    else
        (void)reader_accept(reader, "NOWAIT");

    if (only_switches_keys(reader)) {
        drop_last_object(ddl->statement);
        ddl->no_change = true;
        return;
    }
    read_alter_part(ddl, target);
    while (!reader_at_end(reader)) {
        if (reader_is_symbol(reader, '('))
            parens++;
        if (reader_is_symbol(reader, ')') && parens > 0)
            parens--;
        if (reader_accept(reader, "REFERENCES")) {
            read_object(ddl, OBJECT_TABLE, ROLE_REFERENCE);
            continue;
        }
        bool part = parens == 0 && reader_is_symbol(reader, ',');
        reader_next(reader);
        if (part)
            read_alter_part(ddl, target);
    }
}

static void read_table_list(struct ddl *ddl, enum object_type type)
{
    do {
        if (!read_object(ddl, type, ROLE_TARGET))
            return;
    } while (reader_accept_symbol(ddl->reader, ','));
}

static void skip_to_word(struct reader *reader, const char *word)
{
    while (!reader_at_end(reader) && !reader_is(reader, word))
        reader_next(reader);
    (void)reader_accept(reader, word);
}

/* RENAME TABLE a TO b, c WAIT 5 TO d */
static void read_rename_table(struct ddl *ddl)
{
    struct reader *reader = ddl->reader;
    read_condition(ddl);
    do {
        size_t from = ddl->statement->object_count;
        if (!read_object(ddl, OBJECT_TABLE, ROLE_RENAME_FROM))
            return;
        skip_to_word(reader, "TO");
        if (!read_object(ddl, OBJECT_TABLE, ROLE_RENAME_TO)) {
            ddl->statement->objects[from].role = ROLE_TARGET; /* broken: no pair without a second */
            return;
        }
    } while (reader_accept_symbol(reader, ','));
}

static void read_index(struct ddl *ddl)
{
    struct name index;
    if (read_name(ddl->reader, &index)) {
        free(index.schema);
        free(index.name);
    }
    skip_to_word(ddl->reader, "ON");
    read_object(ddl, OBJECT_TABLE, ROLE_TARGET);
}

/* ALTER EVENT e ... RENAME TO f */
static void read_alter_event(struct ddl *ddl)
{
    struct reader *reader = ddl->reader;
    size_t target = ddl->statement->object_count;
    if (!read_object(ddl, OBJECT_EVENT, ROLE_TARGET))
        return;
    while (!reader_at_end(reader) && !reader_is(reader, "DO")) {
        bool rename = reader_accept(reader, "RENAME") && reader_accept(reader, "TO");
        if (rename && read_object(ddl, OBJECT_EVENT, ROLE_RENAME_TO)) {
            ddl->statement->objects[target].role = ROLE_RENAME_FROM;
            return;
        }
        if (!rename)
            reader_next(reader);
    }
}

static bool is_database_option(const struct token *token)
{
    static const char *const words[] = {"DEFAULT", "CHARACTER",  "CHAR", "CHARSET", "COLLATE",
                                        "COMMENT", "ENCRYPTION", "READ", NULL};
    for (const char *const *word = words; *word != NULL; word++) {
        if (token_is(token, *word))
            return true;
    }
    return false;
}

static void read_database(struct ddl *ddl)
{
    struct reader *reader = ddl->reader;
    struct token next = reader_peek(reader);
    /* ALTER DATABASE CHARSET x: no name. ALTER DATABASE charset CHARACTER SET x: a name. */
    bool named = token_is_name(&reader->token) &&
                 (!is_database_option(&reader->token) || is_database_option(&next));
    if (reader_is(reader, "DEFAULT") || reader_is(reader, "CHARACTER"))
        named = false; /* reserved words */
    if (named) {
        read_object(ddl, OBJECT_DATABASE, ROLE_TARGET);
    } else {
        *insert_object(ddl->statement, ddl->statement->object_count) =
            (struct statement_object){OBJECT_DATABASE, ROLE_TARGET, NULL, NULL};
    }
}

/* CREATE FUNCTION f RETURNS STRING SONAME 'lib.so': code of the server, no object of a schema. */
static bool is_loadable_function(const struct reader *reader)
{
    struct reader ahead = *reader;
    struct name name;
    if (read_name(&ahead, &name)) {
        free(name.schema);
        free(name.name);
    }
    if (!reader_accept(&ahead, "RETURNS"))
        return false;
    reader_next(&ahead);
    return reader_is(&ahead, "SONAME");
}

/* --- nouns ------------------------------------------------------------------------------------ */

enum noun {
    NOUN_NONE,
    NOUN_TABLE,
    NOUN_INDEX,
    NOUN_VIEW,
    NOUN_TRIGGER,
    NOUN_PROCEDURE,
    NOUN_FUNCTION,
    NOUN_EVENT,
    NOUN_SEQUENCE,
    NOUN_PACKAGE,
    NOUN_PACKAGE_BODY,
    NOUN_DATABASE,
    NOUN_ACCOUNT, /* holds secrets */
    NOUN_OTHER,   /* known, and no object of a schema */
};

static const struct noun_word {
    const char *word;
    enum noun noun;
    const char *text;
    enum object_type type;
} noun_words[] = {
    {"TABLE", NOUN_TABLE, "TABLE", OBJECT_TABLE},
    {"TABLES", NOUN_TABLE, "TABLE", OBJECT_TABLE},
    {"INDEX", NOUN_INDEX, "INDEX", OBJECT_TABLE},
    {"VIEW", NOUN_VIEW, "VIEW", OBJECT_VIEW},
    {"TRIGGER", NOUN_TRIGGER, "TRIGGER", OBJECT_TRIGGER},
    {"PROCEDURE", NOUN_PROCEDURE, "PROCEDURE", OBJECT_PROCEDURE},
    {"FUNCTION", NOUN_FUNCTION, "FUNCTION", OBJECT_FUNCTION},
    {"EVENT", NOUN_EVENT, "EVENT", OBJECT_EVENT},
    {"SEQUENCE", NOUN_SEQUENCE, "SEQUENCE", OBJECT_SEQUENCE},
    {"PACKAGE", NOUN_PACKAGE, "PACKAGE", OBJECT_PACKAGE},
    {"DATABASE", NOUN_DATABASE, "DATABASE", OBJECT_DATABASE},
    {"SCHEMA", NOUN_DATABASE, "DATABASE", OBJECT_DATABASE},
    {"USER", NOUN_ACCOUNT, NULL, OBJECT_TABLE},
    {"ROLE", NOUN_ACCOUNT, NULL, OBJECT_TABLE},
    {"SERVER", NOUN_ACCOUNT, NULL, OBJECT_TABLE},
    {"TABLESPACE", NOUN_OTHER, NULL, OBJECT_TABLE},
    {"LOGFILE", NOUN_OTHER, NULL, OBJECT_TABLE},
    {"RESOURCE", NOUN_OTHER, NULL, OBJECT_TABLE},
    {"REFERENCE", NOUN_OTHER, NULL, OBJECT_TABLE},
    {"INSTANCE", NOUN_OTHER, NULL, OBJECT_TABLE},
    {"LIBRARY", NOUN_OTHER, NULL, OBJECT_TABLE},
    {"PREPARE", NOUN_OTHER, NULL, OBJECT_TABLE},
};

static const struct noun_word package_body = {"BODY", NOUN_PACKAGE_BODY, "PACKAGE BODY",
                                              OBJECT_PACKAGE_BODY};

/* Pass the options between verb and noun; the noun, itself passed, or NULL. */
static const struct noun_word *read_noun(struct ddl *ddl)
{
    struct reader *reader = ddl->reader;
    while (!reader_at_end(reader) && !reader_is_symbol(reader, '(')) {
        for (size_t i = 0; i < sizeof(noun_words) / sizeof(noun_words[0]); i++) {
            if (!reader_accept(reader, noun_words[i].word))
                continue;
            bool body = noun_words[i].noun == NOUN_PACKAGE && reader_accept(reader, "BODY");
            return body ? &package_body : &noun_words[i];
        }
        ddl->temporary = ddl->temporary || reader_is(reader, "TEMPORARY");
        ddl->or_replace = ddl->or_replace || reader_is(reader, "REPLACE");
        bool definer = reader_is(reader, "DEFINER");
        reader_next(reader);
        if (definer && reader_accept_symbol(reader, '='))
            reader_skip_account(reader);
    }
    return NULL;
}

/* Every noun that a DROP may name once or in a list. */
/* A package takes its body along when it goes. */
static void read_package(struct ddl *ddl)
{
    struct statement *statement = ddl->statement;

    if (!read_object(ddl, OBJECT_PACKAGE, ROLE_TARGET) ||
        (ddl->verb != DDL_DROP && !ddl->or_replace))
        return;
    struct statement_object body = statement->objects[statement->object_count - 1];
    body.type = OBJECT_PACKAGE_BODY;
    body.schema = memory_copy_text(body.schema);
    body.name = memory_copy_text(body.name);
    *insert_object(statement, statement->object_count) = body;
}

static void read_drop(struct ddl *ddl, const struct noun_word *noun)
{
    if (noun->noun == NOUN_INDEX)
        read_index(ddl);
    else if (noun->noun == NOUN_DATABASE)
        read_database(ddl);
    else if (noun->noun == NOUN_PACKAGE)
        read_package(ddl);
    else
        read_table_list(ddl, noun->type);
}

static void read_named(struct ddl *ddl, const struct noun_word *noun)
{
    bool create = ddl->verb == DDL_CREATE;
    switch (noun->noun) {
    case NOUN_TABLE:
        (create ? read_create_table : read_alter_table)(ddl);
        break;
    case NOUN_INDEX:
        read_index(ddl);
        break;
    case NOUN_TRIGGER:
        if (read_object(ddl, OBJECT_TRIGGER, ROLE_TARGET)) {
            skip_to_word(ddl->reader, "ON");
            read_object(ddl, OBJECT_TABLE, ROLE_REFERENCE);
        }
        break;
    case NOUN_EVENT:
        if (create)
            read_object(ddl, OBJECT_EVENT, ROLE_TARGET);
        else
            read_alter_event(ddl);
        break;
    case NOUN_DATABASE:
        read_database(ddl);
        break;
    case NOUN_PACKAGE:
        read_package(ddl);
        break;
    default:
        read_object(ddl, noun->type, ROLE_TARGET);
        break;
    }
}

static enum statement_kind account_kind(const struct ddl *ddl, const struct noun_word *noun)
{
    bool drop_server = ddl->verb == DDL_DROP && strcmp(noun->word, "SERVER") == 0;
    return noun->noun == NOUN_ACCOUNT && !drop_server ? STATEMENT_ACCOUNT : STATEMENT_OTHER;
}

static enum statement_kind read_with_noun(struct ddl *ddl)
{
    const struct noun_word *noun = read_noun(ddl);
    if (noun == NULL)
        return STATEMENT_OTHER;
    if (noun->noun >= NOUN_ACCOUNT)
        return account_kind(ddl, noun);
    read_condition(ddl);
    if (noun->noun == NOUN_FUNCTION && ddl->verb == DDL_CREATE && is_loadable_function(ddl->reader))
        return STATEMENT_OTHER;
    ddl->noun = noun->text;
    if (ddl->verb == DDL_DROP)
        read_drop(ddl, noun);
    else
        read_named(ddl, noun);
    return ddl->no_change ? STATEMENT_OTHER : STATEMENT_DDL;
}

static enum statement_kind read_with_verb(struct ddl *ddl)
{
    static const char *const table_words[] = {"TABLE", "TABLES", NULL};
    struct reader *reader = ddl->reader;

    ddl->noun = "TABLE";
    if (ddl->verb == DDL_RENAME) {
        if (!reader_accept_any(reader, table_words))
            return reader_is(reader, "USER") ? STATEMENT_ACCOUNT : STATEMENT_OTHER;
        read_rename_table(ddl);
        return STATEMENT_DDL;
    }
    if (ddl->verb == DDL_TRUNCATE) {
        (void)reader_accept(reader, "TABLE");
        return read_object(ddl, OBJECT_TABLE, ROLE_TARGET) ? STATEMENT_DDL : STATEMENT_OTHER;
    }
    return read_with_noun(ddl);
}

enum statement_kind ddl_read(struct reader *reader, struct statement *statement)
{
    struct ddl ddl = {.reader = reader, .statement = statement};
    bool first = statement->noun == NULL;

    assert(ddl_begins(reader));
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (reader_is(reader, verb_words[i].word))
            ddl.verb = verb_words[i].verb;
    }
    reader_next(reader);
    enum statement_kind kind = read_with_verb(&ddl);
    if (kind != STATEMENT_DDL || !first)
        return kind;
    statement->verb = ddl.verb;
    statement->noun = ddl.noun;
    statement->temporary = ddl.temporary;
    statement->if_exists = ddl.if_exists;
    statement->if_not_exists = ddl.if_not_exists;
    statement->or_replace = ddl.or_replace;
    return kind;
}
