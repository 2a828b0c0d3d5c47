/* follow: what USE and SET do to the facts, inside one text of several statements.
 *
 *     SET @OLD_SQL_MODE = @@SQL_MODE, SQL_MODE = 'ANSI'   ->  sql_mode: ANSI, and a variable
 *     ...
 *     SET SQL_MODE = @OLD_SQL_MODE                        ->  sql_mode: as before
 *
 * A value is followed when it is a literal, a word, DEFAULT, a fact, or a variable set this way;
 * any expression makes its target unknown (NULL).
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ddltap/memory.h"
#include "sql/reader.h"
#include "sql/statement.h"

/* How many user variables of one text are followed; the rest are unknown. */
enum {
    VARIABLES_MAX = 64
};

static void variables_release(struct sql_facts *facts)
{
    for (size_t i = 0; i < facts->variable_count; i++) {
        free(facts->variables[i].name);
        free(facts->variables[i].value);
    }
    free(facts->variables);
}

void sql_facts_release(struct sql_facts *facts)
{
    free(facts->default_schema);
    free(facts->sql_mode);
    free(facts->character_set_client);
    free(facts->collation_connection);
    free(facts->time_zone);
    free(facts->global_sql_mode);
    free(facts->global_time_zone);
    variables_release(facts);
    *facts = (struct sql_facts){.default_schema = NULL};
}

void sql_facts_copy(struct sql_facts *to, const struct sql_facts *from)
{
    *to = (struct sql_facts){
        .default_schema = memory_copy_text(from->default_schema),
        .sql_mode = memory_copy_text(from->sql_mode),
        .character_set_client = memory_copy_text(from->character_set_client),
        .collation_connection = memory_copy_text(from->collation_connection),
        .time_zone = memory_copy_text(from->time_zone),
        .foreign_key_checks = from->foreign_key_checks,
        .global_sql_mode = memory_copy_text(from->global_sql_mode),
        .global_time_zone = memory_copy_text(from->global_time_zone),
        .variable_count = from->variable_count,
    };
    if (from->variable_count == 0)
        return;
    to->variables = memory_new(from->variable_count, sizeof(*to->variables));
    for (size_t i = 0; i < from->variable_count; i++) {
        to->variables[i].name = memory_copy_text(from->variables[i].name);
        to->variables[i].value = memory_copy_text(from->variables[i].value);
    }
}

/* Takes value. */
static void set_fact(char **fact, char *value)
{
    free(*fact);
    *fact = value;
}

static struct sql_variable *find_variable(struct sql_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->variable_count; i++) {
        if (strcasecmp(facts->variables[i].name, name) == 0)
            return &facts->variables[i];
    }
    return NULL;
}

/* Takes both texts. */
static void set_variable(struct sql_facts *facts, char *name, char *value)
{
    struct sql_variable *variable = find_variable(facts, name);
    if (variable != NULL) {
        free(name);
        set_fact(&variable->value, value);
    } else if (facts->variable_count < VARIABLES_MAX) {
        facts->variables =
            memory_resize(facts->variables, facts->variable_count + 1, sizeof(*facts->variables));
        facts->variables[facts->variable_count++] = (struct sql_variable){name, value};
    } else {
        free(name);
        free(value);
    }
}

/* --- names --------------------------------------------------------------------------------------
 */

enum target {
    TARGET_NONE, /* nothing that we follow */
    TARGET_SQL_MODE,
    TARGET_CHARACTER_SET_CLIENT,
    TARGET_CHARACTER_SET_CONNECTION, /* moves the collation to one that we do not know */
    TARGET_COLLATION_CONNECTION,
    TARGET_FOREIGN_KEY_CHECKS,
    TARGET_TIME_ZONE,
    TARGET_USER_VARIABLE,
};

static enum target find_target(const char *name)
{
    static const struct {
        const char *name;
        enum target target;
    } targets[] = {
        {"sql_mode", TARGET_SQL_MODE},
        {"character_set_client", TARGET_CHARACTER_SET_CLIENT},
        {"character_set_connection", TARGET_CHARACTER_SET_CONNECTION},
        {"collation_connection", TARGET_COLLATION_CONNECTION},
        {"foreign_key_checks", TARGET_FOREIGN_KEY_CHECKS},
        {"time_zone", TARGET_TIME_ZONE},
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        if (strcasecmp(targets[i].name, name) == 0)
            return targets[i].target;
    }
    return TARGET_NONE;
}

static bool accept_scope(struct reader *reader, bool *global)
{
    static const char *const global_words[] = {"GLOBAL", "PERSIST", "PERSIST_ONLY", NULL};
    static const char *const session_words[] = {"SESSION", "LOCAL", NULL};
    if (reader_accept_any(reader, global_words))
        *global = true;
    else if (reader_accept_any(reader, session_words))
        *global = false;
    else
        return false;
    return true;
}

/* The name in @x, @`x` or @@x, without its marks. */
static char *variable_name(const struct token *token, const struct dialect *dialect)
{
    struct slice text = token->text;
    while (text.len > 0 && text.ptr[0] == '@')
        text = slice_from_offset(text, 1);
    struct token bare = {TOKEN_WORD, text};
    if (text.len > 0 && strchr("`'\"", text.ptr[0]) != NULL)
        bare.kind = text.ptr[0] == '`' ? TOKEN_QUOTED : TOKEN_STRING;
    return token_name(&bare, dialect);
}

static bool is_system_variable(const struct token *token)
{
    return token->kind == TOKEN_VARIABLE && token->text.len > 2 && token->text.ptr[1] == '@';
}

static bool name_is_global(const char *scope)
{
    return strcasecmp(scope, "global") == 0 || strcasecmp(scope, "persist") == 0 ||
           strcasecmp(scope, "persist_only") == 0;
}

/* @@sql_mode, @@session.sql_mode, @@global.sql_mode: the name, owned by the caller. */
static char *read_system_variable(struct reader *reader, bool *global)
{
    const struct dialect *dialect = reader->lexer.dialect;
    char *name = variable_name(&reader->token, dialect);
    *global = false;
    reader_next(reader);
    while (reader_accept_symbol(reader, '.') && token_is_name(&reader->token)) {
        *global = name_is_global(name);
        free(name);
        name = token_name(&reader->token, dialect);
        reader_next(reader);
    }
    return name;
}

/* --- values -------------------------------------------------------------------------------------
 */

struct value {
    char *text;      /* NULL: not known */
    bool is_default; /* DEFAULT */
};

static const char *fact_text(const struct sql_facts *facts, enum target target, bool global)
{
    switch (target) {
    case TARGET_SQL_MODE:
        return global ? facts->global_sql_mode : facts->sql_mode;
    case TARGET_TIME_ZONE:
        return global ? facts->global_time_zone : facts->time_zone;
    case TARGET_CHARACTER_SET_CLIENT:
        return global ? NULL : facts->character_set_client;
    case TARGET_COLLATION_CONNECTION:
        return global ? NULL : facts->collation_connection;
    case TARGET_FOREIGN_KEY_CHECKS:
        return global ? NULL : facts->foreign_key_checks ? "1" : "0";
    default:
        return NULL;
    }
}

static char *read_simple_value(struct reader *reader, struct sql_facts *facts)
{
    const struct dialect *dialect = reader->lexer.dialect;
    struct token token = reader->token;
    bool global = false;

    if (is_system_variable(&token)) {
        char *name = read_system_variable(reader, &global);
        char *text = memory_copy_text(fact_text(facts, find_target(name), global));
        free(name);
        return text;
    }
    reader_next(reader);
    if (token.kind == TOKEN_VARIABLE) {
        char *name = variable_name(&token, dialect);
        const struct sql_variable *variable = find_variable(facts, name);
        free(name);
        return variable == NULL ? NULL : memory_copy_text(variable->value);
    }
    if (token.kind == TOKEN_STRING || token.kind == TOKEN_NUMBER || token_is_name(&token))
        return token_name(&token, dialect);
    return NULL;
}

/* What stands up to the next ',' outside of parentheses; NULL text when it is an expression. */
static struct value read_value(struct reader *reader, struct sql_facts *facts)
{
    struct value value = {NULL, reader_is(reader, "DEFAULT")};
    if (reader_at_end(reader))
        return value;
    value.text = read_simple_value(reader, facts);
    while (!reader_at_end(reader) && !reader_is_symbol(reader, ',') &&
           !reader_is(reader, "COLLATE")) {
        value.is_default = false;
        set_fact(&value.text, NULL);
        if (reader_is_symbol(reader, '('))
            reader_skip_parentheses(reader);
        else
            reader_next(reader);
    }
    return value;
}

/* Numbers are bit sets for sql_mode; only the empty one is plain. */
static void set_sql_mode(struct sql_facts *facts, struct value *value)
{
    bool number = value->text != NULL && value->text[0] >= '0' && value->text[0] <= '9';
    if (value->is_default)
        set_fact(&value->text, memory_copy_text(facts->global_sql_mode));
    else if (number)
        set_fact(&value->text, strcmp(value->text, "0") == 0 ? memory_copy_text("") : NULL);
    set_fact(&facts->sql_mode, value->text);
}

static bool is_off(const char *text)
{
    return text != NULL && (strcmp(text, "0") == 0 || strcasecmp(text, "off") == 0 ||
                            strcasecmp(text, "false") == 0);
}

/* Takes the value's text. */
static void assign(struct sql_facts *facts, enum target target, struct value value)
{
    bool known = target != TARGET_SQL_MODE && target != TARGET_TIME_ZONE;
    if (value.is_default && known)
        set_fact(&value.text, NULL);
    switch (target) {
    case TARGET_SQL_MODE:
        set_sql_mode(facts, &value);
        return;
    case TARGET_TIME_ZONE:
        if (value.is_default)
            set_fact(&value.text, memory_copy_text(facts->global_time_zone));
        set_fact(&facts->time_zone, value.text);
        return;
    case TARGET_CHARACTER_SET_CLIENT:
        set_fact(&facts->character_set_client, value.text);
        return;
    case TARGET_COLLATION_CONNECTION:
        set_fact(&facts->collation_connection, value.text);
        return;
    case TARGET_CHARACTER_SET_CONNECTION:
        set_fact(&facts->collation_connection, NULL);
        break;
    case TARGET_FOREIGN_KEY_CHECKS:
        facts->foreign_key_checks = !is_off(value.text); /* the servers' default when unknown */
        break;
    case TARGET_NONE:
    case TARGET_USER_VARIABLE:
        break;
    }
    free(value.text);
}

/* --- statements ---------------------------------------------------------------------------------
 */

/* NAMES charset [COLLATE collation] and CHARACTER SET charset */
static void follow_names(struct reader *reader, struct sql_facts *facts)
{
    assign(facts, TARGET_CHARACTER_SET_CLIENT, read_value(reader, facts));
    set_fact(&facts->collation_connection, NULL);
    if (reader_accept(reader, "COLLATE"))
        assign(facts, TARGET_COLLATION_CONNECTION, read_value(reader, facts));
}

static bool accept_names(struct reader *reader)
{
    struct token next = reader_peek(reader);
    bool assigned = token_is_symbol(&next, '=') || token_is_symbol(&next, ':');
    if (assigned)
        return false;
    if (reader_accept(reader, "NAMES") || reader_accept(reader, "CHARSET"))
        return true;
    if ((reader_is(reader, "CHARACTER") || reader_is(reader, "CHAR")) && token_is(&next, "SET")) {
        reader_next(reader);
        reader_next(reader);
        return true;
    }
    return false;
}

/* name = value, name := value */
static bool accept_assignment(struct reader *reader)
{
    (void)reader_accept_symbol(reader, ':');
    return reader_accept_symbol(reader, '=');
}

/* One of the comma separated assignments; global is the scope that the last one left behind. */
static void follow_assignment(struct reader *reader, struct sql_facts *facts, bool *global)
{
    const struct dialect *dialect = reader->lexer.dialect;
    enum target target = TARGET_NONE;
    char *name = NULL;

    (void)accept_scope(reader, global);
    bool other_scope = *global;
    if (accept_names(reader)) {
        follow_names(reader, facts);
        return;
    }
    if (is_system_variable(&reader->token)) {
        name = read_system_variable(reader, &other_scope);
        target = find_target(name);
    } else if (reader->token.kind == TOKEN_VARIABLE) {
        name = variable_name(&reader->token, dialect);
        target = TARGET_USER_VARIABLE;
        reader_next(reader);
    } else if (token_is_name(&reader->token)) {
        name = token_name(&reader->token, dialect);
        target = find_target(name);
        reader_next(reader);
    }
    bool assigned = accept_assignment(reader);
    struct value value = read_value(reader, facts);
    if (assigned && target == TARGET_USER_VARIABLE) {
        set_variable(facts, name, value.text);
        return;
    }
    free(name);
    if (assigned && !other_scope)
        assign(facts, target, value);
    else
        free(value.text);
}

static void follow_set(struct reader *reader, struct sql_facts *facts)
{
    static const char *const others[] = {"STATEMENT", "PASSWORD", "ROLE", "TRANSACTION", NULL};
    struct reader probe = *reader;
    bool global = false;
    struct token next = reader_peek(reader);
    if (reader_accept_any(&probe, others) && !token_is_symbol(&next, '='))
        return;
    do {
        follow_assignment(reader, facts, &global);
    } while (reader_accept_symbol(reader, ','));
}

void statement_follow(struct slice text, const struct dialect *dialect, struct sql_facts *facts)
{
    struct reader reader;
    reader_init(&reader, text, dialect);
    if (reader_accept(&reader, "USE")) {
        if (token_is_name(&reader.token))
            set_fact(&facts->default_schema, token_name(&reader.token, dialect));
    } else if (reader_accept(&reader, "SET")) {
        follow_set(&reader, facts);
    }
}
