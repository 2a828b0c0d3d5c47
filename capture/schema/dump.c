/* dump: see dump.h.
 *
 *     text --delimiter--> statement --first word--> SET, USE          followed
 *                                                   CREATE            into the catalog of its database
 *                                                   DROP              out of it
 *                                                   ALTER, RENAME     its definition is not known any more
 */
#include "schema/dump.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/image.h"
#include "schema/printed.h"
#include "sql/lexer.h"
#include "sql/portable.h"
#include "sql/statement.h"

enum {
    HEAD_LIMIT = 8192, /* bytes in which the lines about the server stand */
    DATABASES_MAX = 256,
    DELIMITER_MAX = 16
};

struct dumped_database {
    char *name; /* "" until the first USE */
    struct catalog catalog;
};

struct dump_reader {
    struct slice text; /* all of it */
    struct slice rest;
    const char *counted; /* the line ends before it are in lines */
    size_t lines;
    struct slice delimiter;
    struct dialect dialect;
    struct sql_facts facts; /* as SET and USE have left them */
    struct dumped_database *databases;
    size_t database_count;
    char *header_database; /* "-- Host: ... Database: x" */
};

/* --- the lines at the top ----------------------------------------------------------------------- */

/* Of the first line, without blanks and a '\r' at its end. */
static size_t line_length(struct slice text)
{
    const char *end = memchr(text.ptr, '\n', text.len);
    size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);

    while (len > 0 && (text.ptr[len - 1] == ' ' || text.ptr[len - 1] == '\r'))
        len--;
    return len;
}

/* What stands behind words and a colon on their line; none when they are not there. */
static struct slice find_behind(struct slice text, struct slice words)
{
    for (size_t i = 0; i + words.len <= text.len; i++) {
        struct slice rest = slice_from_offset(text, i);
        if (!slice_starts_with(rest, words))
            continue;
        rest = slice_from_offset(rest, words.len);
        while (rest.len > 0 && rest.ptr[0] != '\0' && strchr(": \t", rest.ptr[0]) != NULL)
            rest = slice_from_offset(rest, 1);
        return slice_make(rest.ptr, line_length(rest));
    }
    return SLICE_NONE;
}

static void read_head(struct dump_reader *reader, struct dump *dump)
{
    size_t len = reader->text.len < HEAD_LIMIT ? reader->text.len : HEAD_LIMIT;
    struct slice head = slice_make(reader->text.ptr, len);
    struct slice database = find_behind(head, SLICE(" Database: "));
    struct slice version = find_behind(head, SLICE("-- Server version"));

    if (!slice_is_none(version) && version.len > 0) {
        dump->server = memory_copy_slice(version);
        bool mariadb = printed_mentions(version, SLICE("MariaDB"));
        reader->dialect = (struct dialect){.mariadb = mariadb};
        dialect_set_version(&reader->dialect, dump->server, mariadb);
    }
    if (!slice_is_none(database) && database.len > 0)
        reader->header_database = memory_copy_slice(database);
    dump->dialect = reader->dialect;
}

/* --- cutting ------------------------------------------------------------------------------------ */

/* "DELIMITER ;;" is the client's: takes the rest of its line. */
static void take_delimiter(struct dump_reader *reader, struct slice rest)
{
    size_t len = line_length(rest);
    struct slice delimiter = printed_trim(slice_make(rest.ptr, len));

    if (delimiter.len > 0 && delimiter.len <= DELIMITER_MAX)
        reader->delimiter = delimiter;
    reader->rest = slice_from_offset(rest, len);
}

/* Where the delimiter stands in or at a token; NULL when it does not. */
static const char *find_delimiter(const struct dump_reader *reader, const struct token *token)
{
    struct slice delimiter = reader->delimiter;
    const char *end = reader->text.ptr + reader->text.len;

    if (token->kind != TOKEN_SYMBOL && token->kind != TOKEN_WORD)
        return NULL;
    for (const char *at = token->text.ptr; at < token->text.ptr + token->text.len; at++) {
        if (slice_starts_with(slice_make(at, (size_t)(end - at)), delimiter))
            return at;
    }
    return NULL;
}

/* The first token that is no comment; false at the end. */
static bool find_start(struct lexer *lexer, struct token *token)
{
    while (lexer_next_raw(lexer, token)) {
        if (token->kind != TOKEN_COMMENT)
            return true;
    }
    return false;
}

/* The next statement without its delimiter; false at the end. */
static bool next_statement(struct dump_reader *reader, struct slice *statement)
{
    struct lexer lexer;
    struct token token;

    for (;;) {
        lexer_init(&lexer, reader->rest, &reader->dialect);
        if (!find_start(&lexer, &token))
            return false;
        if (token.kind != TOKEN_WORD || !token_is(&token, "DELIMITER"))
            break;
        take_delimiter(reader, slice_from_offset(reader->rest, lexer.offset));
    }
    const char *start = token.text.ptr, *end = reader->rest.ptr + reader->rest.len;
    do {
        const char *at = find_delimiter(reader, &token);
        if (at == NULL)
            continue;
        *statement = slice_make(start, (size_t)(at - start));
        at += reader->delimiter.len;
        reader->rest = slice_make(at, (size_t)(end - at));
        return true;
    } while (lexer_next_raw(&lexer, &token));
    *statement = slice_make(start, (size_t)(end - start));
    reader->rest = slice_make(end, 0);
    return true;
}

/* --- databases ---------------------------------------------------------------------------------- */

static struct dumped_database *find_database(struct dump_reader *reader, const char *name)
{
    name = name != NULL ? name : reader->facts.default_schema;
    name = name != NULL ? name : "";
    for (size_t i = 0; i < reader->database_count; i++) {
        if (strcmp(reader->databases[i].name, name) == 0)
            return &reader->databases[i];
    }
    if (reader->database_count == DATABASES_MAX)
        return NULL;
    struct dumped_database *database = &reader->databases[reader->database_count++];
    *database = (struct dumped_database){memory_copy_text(name), CATALOG_INIT};
    return database;
}

/* --- objects ------------------------------------------------------------------------------------ */

static bool begins_executable(struct slice text)
{
    return slice_starts_with(text, SLICE("/*!")) || slice_starts_with(text, SLICE("/*M!"));
}

/* Where the executable comment that text begins with ends, behind its mark. One that is followed by
 * another ends at its first end; the last one holds a body, which may hold comments of its own. */
static size_t find_close(struct slice text, bool last)
{
    size_t found = text.len;

    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] != '*' || text.ptr[i + 1] != '/')
            continue;
        found = i;
        if (!last)
            return found;
    }
    return found;
}

static bool is_head(struct slice text)
{
    struct slice rest = slice_from_offset(text, find_close(text, false));

    rest = rest.len < 2 ? rest : printed_trim(slice_from_offset(rest, 2));
    return begins_executable(rest);
}

/* "(CREATE) (DEFINER=..) (TRIGGER ...)" in executable comments: as the server prints it. */
static void put_together(struct slice text, struct buffer *out)
{
    bool head = true;

    text = printed_trim(text);
    while (head && begins_executable(text)) {
        text = slice_from_offset(text, text.ptr[2] == 'M' ? 4 : 3);
        while (text.len > 0 && text.ptr[0] >= '0' && text.ptr[0] <= '9')
            text = slice_from_offset(text, 1);
        head = is_head(text);
        size_t close = find_close(text, !head);
        struct slice part = printed_trim(slice_make(text.ptr, close));
        buffer_append_text(out, out->len == 0 ? "" : " ");
        buffer_append_slice(out, part);
        text = slice_from_offset(text, close + 2 < text.len ? close + 2 : text.len);
        text = printed_trim(text);
    }
    if (text.len > 0) {
        buffer_append_text(out, out->len == 0 ? "" : " ");
        buffer_append_slice(out, text);
    }
}

/* SHOW CREATE DATABASE has no IF NOT EXISTS. */
static void append_database(struct slice text, struct buffer *out)
{
    const struct slice words = SLICE("/*!32312 IF NOT EXISTS*/ ");
    struct slice head = SLICE("CREATE DATABASE ");

    buffer_append_slice(out, head);
    text = slice_from_offset(text, slice_starts_with(text, head) ? head.len : 0);
    buffer_append_slice(out,
                        slice_from_offset(text, slice_starts_with(text, words) ? words.len : 0));
}

static void append_setting(const char *name, const char *value, struct buffer *out)
{
    if (value != NULL)
        buffer_printf(out, "%s=%s\n", name, value);
}

/* The settings that servers keep with an object of that type, as struct image has them. */
static char *copy_context(const struct sql_facts *facts, enum object_type type)
{
    struct buffer out = BUFFER_INIT;

    if (type == OBJECT_TABLE || type == OBJECT_SEQUENCE || type == OBJECT_DATABASE)
        return NULL;
    if (type != OBJECT_VIEW)
        append_setting("sql_mode", facts->sql_mode, &out);
    append_setting("character_set_client", facts->character_set_client, &out);
    append_setting("collation_connection", facts->collation_connection, &out);
    if (type == OBJECT_EVENT)
        append_setting("time_zone", facts->time_zone, &out);
    return out.len == 0 ? NULL : buffer_detach(&out);
}

/* Without the name of its own schema, as server/control.h reads it. */
static char *copy_text(const struct dump_reader *reader, const struct dumped_database *database,
                       enum object_type type, struct slice statement)
{
    const char *own = database->name[0] != '\0' ? database->name : reader->header_database;
    const struct portable_options options = {.schema = slice_from(own), .keep_definer = true};
    struct buffer whole = BUFFER_INIT, normal = BUFFER_INIT, out = BUFFER_INIT;

    if (type == OBJECT_DATABASE)
        append_database(printed_trim(statement), &whole);
    else
        put_together(statement, &whole);
    image_normalise(type, buffer_slice(&whole), reader->dialect.mariadb, &normal);
    buffer_release(&whole);
    if (type == OBJECT_DATABASE || own == NULL ||
        !printed_mentions(buffer_slice(&normal), options.schema))
        return buffer_detach(&normal);
    portable_write(buffer_slice(&normal), &reader->dialect, &options, &out);
    buffer_release(&normal);
    return buffer_detach(&out);
}

static void create(struct dump_reader *reader, const struct statement_object *named,
                   struct slice statement)
{
    bool is_database = named->type == OBJECT_DATABASE;
    struct dumped_database *database =
        find_database(reader, is_database ? named->name : named->schema);

    if (database == NULL || named->name == NULL)
        return;
    catalog_remove(&database->catalog, named->type, slice_from(named->name));
    struct catalog_object *object =
        catalog_add(&database->catalog, named->type, slice_from(named->name));
    object->text = copy_text(reader, database, named->type, statement);
    object->context = copy_context(&reader->facts, named->type);
}

static void drop(struct dump_reader *reader, const struct statement_object *named)
{
    struct dumped_database *database = find_database(reader, named->schema);

    if (named->type != OBJECT_DATABASE && database != NULL && named->name != NULL)
        catalog_remove(&database->catalog, named->type, slice_from(named->name));
}

/* Statements are asked for in their order: each line is counted once. */
static size_t line_of(struct dump_reader *reader, struct slice statement)
{
    for (; reader->counted < statement.ptr; reader->counted++)
        reader->lines += *reader->counted == '\n';
    return reader->lines + 1;
}

/* A statement changes what was made before it. */
static void give_up(struct dump_reader *reader, const struct statement *statement,
                    const struct statement_object *named, struct slice text)
{
    struct dumped_database *database = find_database(reader, named->schema);
    struct buffer why = BUFFER_INIT;

    if (named->type == OBJECT_DATABASE || database == NULL || named->name == NULL)
        return;
    buffer_printf(&why, "%s %s in line %zu of the dump changes it, which is not followed",
                  ddl_verb_text(statement->verb), statement->noun, line_of(reader, text));
    catalog_remove(&database->catalog, named->type, slice_from(named->name));
    catalog_add(&database->catalog, named->type, slice_from(named->name))->why =
        buffer_detach(&why);
}

static void take_ddl(struct dump_reader *reader, const struct statement *statement,
                     struct slice text)
{
    for (size_t i = 0; i < statement->object_count; i++) {
        const struct statement_object *object = &statement->objects[i];
        bool whole = strcmp(statement->noun, object_type_text(object->type)) == 0;
        if (object->role == ROLE_REFERENCE || statement->temporary)
            continue;
        if (statement->verb == DDL_CREATE && whole)
            create(reader, object, text);
        else if (statement->verb == DDL_DROP && whole)
            drop(reader, object);
        else if (statement->verb != DDL_TRUNCATE)
            give_up(reader, statement, object, text);
    }
}

/* --- statements --------------------------------------------------------------------------------- */

/* Rows are most of a dump: their statements are not looked into. */
static bool is_wanted(const struct dump_reader *reader, struct slice text)
{
    static const char *const words[] = {"CREATE", "DROP", "ALTER", "RENAME", "SET", "USE"};
    struct lexer lexer;
    struct token token;

    lexer_init(&lexer, text, &reader->dialect);
    if (!lexer_next(&lexer, &token))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (token_is(&token, words[i]))
            return true;
    }
    return false;
}

static void follow(struct dump_reader *reader, struct slice text)
{
    statement_follow(text, &reader->dialect, &reader->facts);
    dialect_set_sql_mode(&reader->dialect, reader->facts.sql_mode == NULL
                                               ? SLICE("")
                                               : slice_from(reader->facts.sql_mode));
    if (reader->facts.character_set_client != NULL)
        dialect_set_charset(&reader->dialect, slice_from(reader->facts.character_set_client));
}

static void take(struct dump_reader *reader, struct slice text)
{
    struct statement statement;

    if (!is_wanted(reader, text))
        return;
    statement_read(text, &reader->dialect, &statement);
    if (statement.kind == STATEMENT_SET || statement.kind == STATEMENT_USE)
        follow(reader, text);
    else if (statement.kind == STATEMENT_DDL && statement.noun != NULL)
        take_ddl(reader, &statement, text);
    statement_release(&statement);
}

/* --- all of it ---------------------------------------------------------------------------------- */

static enum error choose(const struct dump_reader *reader, const char *name,
                         struct dumped_database **chosen, struct problem *problem)
{
    struct buffer names = BUFFER_INIT;
    size_t count = 0;

    *chosen = NULL;
    for (size_t i = 0; i < reader->database_count; i++) {
        struct dumped_database *database = &reader->databases[i];
        if (database->catalog.count == 0)
            continue;
        buffer_printf(&names, "%s%s", count++ == 0 ? "" : ", ", database->name);
        if (*chosen == NULL || (name != NULL && strcmp(database->name, name) == 0))
            *chosen = database;
    }
    enum error code = ERROR_NONE;
    if (count == 0)
        code = problem_set(problem, ERROR_MALFORMED,
                           "It holds no CREATE statement, so it is no dump of a schema.");
    else if (count > 1 && (name == NULL || strcmp((*chosen)->name, name) != 0))
        code = problem_set(problem, ERROR_NOT_FOUND,
                           "It holds several databases (%.300s) and none has the name %s. Make a "
                           "dump of one database.",
                           buffer_text(&names), name == NULL ? "wanted" : name);
    buffer_release(&names);
    return code;
}

static void release_reader(struct dump_reader *reader)
{
    for (size_t i = 0; i < reader->database_count; i++) {
        free(reader->databases[i].name);
        catalog_release(&reader->databases[i].catalog);
    }
    free(reader->databases);
    free(reader->header_database);
    sql_facts_release(&reader->facts);
}

static void take_chosen(struct dump_reader *reader, struct dumped_database *chosen,
                        struct dump *dump)
{
    dump->catalog = chosen->catalog;
    chosen->catalog = CATALOG_INIT;
    dump->database =
        memory_copy_text(chosen->name[0] != '\0' ? chosen->name : reader->header_database);
    dump->says_routines =
        !slice_is_none(find_behind(reader->text, SLICE("\n-- Dumping routines for database ")));
    dump->says_events =
        !slice_is_none(find_behind(reader->text, SLICE("\n-- Dumping events for database ")));
}

enum error dump_read(struct slice text, const struct dialect *usual, const char *database,
                     struct dump *dump, struct problem *problem)
{
    struct dump_reader reader = {
        .text = text,
        .rest = text,
        .counted = text.ptr,
        .delimiter = SLICE(";"),
        .dialect = {.mariadb = usual->mariadb, .version = usual->version},
        .databases = memory_new(DATABASES_MAX, sizeof(*reader.databases)),
    };
    struct dumped_database *chosen;
    struct slice statement;

    *dump = (struct dump){.catalog = CATALOG_INIT};
    read_head(&reader, dump);
    while (next_statement(&reader, &statement))
        take(&reader, statement);
    enum error code = choose(&reader, database, &chosen, problem);
    if (code == ERROR_NONE)
        take_chosen(&reader, chosen, dump);
    else
        dump_release(dump);
    release_reader(&reader);
    return code;
}

void dump_release(struct dump *dump)
{
    free(dump->server);
    free(dump->database);
    catalog_release(&dump->catalog);
    *dump = (struct dump){.catalog = CATALOG_INIT};
}
