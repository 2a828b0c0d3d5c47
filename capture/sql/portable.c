/* portable: one pass over the tokens; what is not copied is cut.
 *
 *     CREATE DEFINER=`a`@`b` VIEW bankroll.v AS SELECT bankroll.t.id FROM bankroll.t
 *            ---------------      ---------            ---------          ---------
 *     CREATE VIEW v AS SELECT t.id FROM t
 *
 * Whether "a.b" is schema.table or table.column depends on where it stands. So the pass follows,
 * for each open parenthesis, whether a name there is an object: after FROM, JOIN, TABLE, CALL, ...
 * and after the commas of their lists. In an expression only a.b.c and a.b( have a schema in front.
 */
#include "sql/portable.h"

#include <string.h>

#include "sql/lexer.h"
#include "sql/reserved.h"

enum {
    LEVELS_MAX = 64
};

/* What a name would be here. */
enum expect {
    EXPECT_NOTHING, /* a column, an alias, ... */
    EXPECT_NAME,    /* an object */
    EXPECT_TABLES,  /* an object, or a list of them in parentheses */
};

/* What is known inside one pair of parentheses. */
struct level {
    bool query; /* SELECT or DELETE came: FROM names tables, as it does not in TRIM(a FROM b) */
    enum expect list; /* what follows a comma */
};

/* CREATE [..] TABLE name [(] LIKE other */
enum creating {
    CREATING_NOTHING,
    CREATING_TABLE, /* its name comes */
    CREATING_NAMED, /* LIKE may come */
};

struct pass {
    struct lexer lexer;
    const struct portable_options *options;
    struct buffer *out;
    size_t copied; /* all before this offset of the text is written or cut */
    struct level levels[LEVELS_MAX];
    unsigned depth;
    enum expect expect;
    enum creating creating;
    bool in_header;     /* between CREATE or ALTER and what it creates: DEFINER= may stand here */
    bool on_is_object;  /* the ON of CREATE INDEX, DROP INDEX and CREATE TRIGGER */
    const char *opened; /* an executable comment in which nothing has come yet */
    struct token previous[2]; /* the last one first */
};

/* --- writing ------------------------------------------------------------------------------------
 */

static size_t offset_of(const struct pass *pass, const struct token *token)
{
    return (size_t)(token->text.ptr - pass->lexer.text.ptr);
}

static void copy_to(struct pass *pass, size_t offset)
{
    if (offset > pass->copied)
        buffer_append(pass->out, pass->lexer.text.ptr + pass->copied, offset - pass->copied);
    pass->copied = offset;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Leave out from..to and the blanks that follow; a blank stays between what becomes neighbours. */
static void cut_with_blanks(struct pass *pass, size_t from, size_t to)
{
    struct slice text = pass->lexer.text;
    copy_to(pass, from);
    bool apart = from == 0 || is_blank(text.ptr[from - 1]);
    bool blanks = false;
    while (to < text.len && is_blank(text.ptr[to])) {
        blanks = true;
        to++;
    }
    if (!apart && (blanks || to < text.len))
        buffer_append_char(pass->out, ' ');
    pass->copied = to;
}

/* --- the schema in front of a name --------------------------------------------------------------
 */

static bool is_schema(const struct pass *pass, const struct token *token)
{
    struct slice schema = pass->options->schema;
    if (schema.len == 0 || !token_is_name(token))
        return false;
    struct buffer name = BUFFER_INIT;
    token_unquote(token, pass->lexer.dialect, &name);
    bool same = pass->options->schema_nocase ? slice_equal_nocase(buffer_slice(&name), schema)
                                             : slice_equal(buffer_slice(&name), schema);
    buffer_release(&name);
    return same;
}

/* "a.b.c", "a.b.*", "a.b(" and "a.b%ROWTYPE" have a schema in front wherever they stand. ahead is
 * behind "a.b". (ORACLE mode writes an outer join as "a.b(+)".) */
static bool is_qualified_anywhere(struct lexer ahead)
{
    struct token third, fourth;
    (void)lexer_next(&ahead, &third);
    (void)lexer_next(&ahead, &fourth);
    if (token_is_symbol(&third, '.'))
        return token_is_name(&fourth) || token_is_symbol(&fourth, '*');
    if (token_is_symbol(&third, '('))
        return !token_is_symbol(&fourth, '+');
    return token_is_symbol(&third, '%') && token_is(&fourth, "ROWTYPE");
}

static bool needs_quotes(const struct token *name)
{
    return name->kind == TOKEN_WORD &&
           ((name->text.ptr[0] >= '0' && name->text.ptr[0] <= '9') || reserved_word(name->text));
}

/* If *token is the schema in front of an object, cut it; *token becomes the object's name. */
static bool strip_schema(struct pass *pass, struct token *token)
{
    struct lexer ahead = pass->lexer;
    struct token dot, name;
    if (token_is_symbol(&pass->previous[0], '.') || !is_schema(pass, token))
        return false;
    if (!lexer_next(&ahead, &dot) || !token_is_symbol(&dot, '.') || !lexer_next(&ahead, &name) ||
        !token_is_name(&name))
        return false;
    if (pass->expect == EXPECT_NOTHING && !is_qualified_anywhere(ahead))
        return false;
    copy_to(pass, offset_of(pass, token));
    pass->copied = offset_of(pass, &name);
    if (needs_quotes(&name)) {
        buffer_append_char(pass->out, '`');
        copy_to(pass, ahead.offset);
        buffer_append_char(pass->out, '`');
    }
    pass->lexer = ahead;
    *token = name;
    return true;
}

/* ALTER DATABASE bankroll: without its name it is the default schema. */
static void strip_database(struct pass *pass, const struct token *token)
{
    bool altered =
        (token_is(&pass->previous[0], "DATABASE") || token_is(&pass->previous[0], "SCHEMA")) &&
        token_is(&pass->previous[1], "ALTER");
    if (altered && is_schema(pass, token))
        cut_with_blanks(pass, offset_of(pass, token), pass->lexer.offset);
}

/* --- DEFINER and comments of tools --------------------------------------------------------------
 */

/* The offset behind "= account", or 0 when none stands there. */
static size_t definer_end(struct lexer ahead)
{
    struct token token;
    if (!lexer_next(&ahead, &token) || !token_is_symbol(&token, '='))
        return 0;
    if (!lexer_next(&ahead, &token))
        return 0;
    size_t end = ahead.offset;
    if (!lexer_next(&ahead, &token))
        return end;
    if (token.kind == TOKEN_VARIABLE)
        return ahead.offset;
    if (token_is_symbol(&token, '@') && lexer_next(&ahead, &token))
        return ahead.offset;
    if (token_is_symbol(&token, '(') && lexer_next(&ahead, &token) && token_is_symbol(&token, ')'))
        return ahead.offset;
    return end;
}

/* True when *token was DEFINER and is gone. */
static bool strip_definer(struct pass *pass, const struct token *token)
{
    size_t end = 0;
    if (pass->options->keep_definer || !pass->in_header || !token_is(token, "DEFINER"))
        return false;
    end = definer_end(pass->lexer);
    if (end == 0)
        return false;
    size_t start = offset_of(pass, token);
    struct token next;
    pass->lexer.offset = end;
    if (pass->opened != NULL) { /* alone in an executable comment: all of it goes */
        struct lexer ahead = pass->lexer;
        if (lexer_next_raw(&ahead, &next) && next.kind == TOKEN_COMMENT_CLOSE) {
            start = (size_t)(pass->opened - pass->lexer.text.ptr);
            pass->lexer = ahead;
            end = ahead.offset;
        }
    }
    cut_with_blanks(pass, start, end);
    return true;
}

static bool is_tool_comment(struct slice comment)
{
    static const char *const marks[] = {"ApplicationName=",        "mysql-connector",
                                        "mariadb-connector",       "gh-ost",
                                        "pt-online-schema-change", "application:"};
    size_t at = 2;
    while (at < comment.len && is_blank(comment.ptr[at]))
        at++;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t length = strlen(marks[i]);
        if (comment.len >= at + length &&
            slice_equal_nocase(slice_make(comment.ptr + at, length), slice_from(marks[i])))
            return true;
    }
    return false;
}

/* --- where objects stand ------------------------------------------------------------------------
 */

static struct level *level(struct pass *pass)
{
    return &pass->levels[pass->depth < LEVELS_MAX ? pass->depth : LEVELS_MAX - 1];
}

static bool is_one_of(const struct token *token, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(token, *words))
            return true;
    }
    return false;
}

static void expect(struct pass *pass, enum expect name, enum expect list)
{
    pass->expect = name;
    level(pass)->list = list;
}

/* Words after which an object is named in DDL. */
static bool object_word(struct pass *pass, const struct token *token)
{
    static const char *const nouns[] = {"TABLE",     "TABLES",   "VIEW",  "SEQUENCE", "TRIGGER",
                                        "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE",  NULL};
    static const char *const list_verbs[] = {"DROP",  "TEMPORARY", "RENAME", "LOCK", "ANALYZE",
                                             "CHECK", "OPTIMIZE",  "REPAIR", NULL};
    static const char *const index_verbs[] = {"CREATE", "DROP",   "UNIQUE",  "FULLTEXT", "SPATIAL",
                                              "VECTOR", "ONLINE", "OFFLINE", "REPLACE",  NULL};
    static const char *const prepositions[] = {"REFERENCES", "TO",      "CALL",     "RENAME",
                                               "TRUNCATE",   "FOLLOWS", "PRECEDES", NULL};
    const struct token *previous = &pass->previous[0];

    if (is_one_of(token, nouns)) {
        bool list = is_one_of(previous, list_verbs);
        expect(pass, EXPECT_NAME, list ? EXPECT_NAME : level(pass)->list);
        if (token_is(token, "TABLE") && pass->in_header)
            pass->creating = CREATING_TABLE;
        pass->on_is_object = pass->on_is_object || token_is(token, "TRIGGER");
        pass->in_header = false;
    } else if (token_is(token, "INDEX")) {
        pass->on_is_object = pass->on_is_object || is_one_of(previous, index_verbs);
        pass->in_header = false;
    } else if (is_one_of(token, prepositions)) {
        pass->expect = EXPECT_NAME;
    } else if (token_is(token, "AS")) {
        pass->expect = token_is(previous, "RENAME") ? EXPECT_NAME : EXPECT_NOTHING;
    } else if (token_is(token, "LIKE")) {
        pass->expect = pass->creating == CREATING_NAMED ? EXPECT_NAME : EXPECT_NOTHING;
    } else if (token_is(token, "ON")) {
        pass->expect = pass->on_is_object ? EXPECT_NAME : EXPECT_NOTHING;
        pass->on_is_object = false;
    } else if (token_is(token, "FOR") || token_is(token, "OF")) {
        /* NEXT VALUE FOR sequence, ROW TYPE OF table */
        bool object = (token_is(previous, "VALUE") && (token_is(&pass->previous[1], "NEXT") ||
                                                       token_is(&pass->previous[1], "PREVIOUS"))) ||
                      (token_is(previous, "TYPE") && token_is(&pass->previous[1], "ROW"));
        pass->expect = object ? EXPECT_NAME : EXPECT_NOTHING;
    } else {
        return false;
    }
    return true;
}

/* Words after which tables are named in queries. */
static bool query_word(struct pass *pass, const struct token *token)
{
    static const char *const events[] = {"ON", "KEY", "FOR", "BEFORE", "AFTER", "OR", NULL};
    static const char *const insert_words[] = {
        "INSERT", "REPLACE", "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", NULL};
    const struct token *previous = &pass->previous[0];
    bool event = is_one_of(previous, events); /* ON UPDATE CASCADE, BEFORE DELETE, FOR UPDATE */

    if (token_is(token, "SELECT")) {
        level(pass)->query = true;
        expect(pass, EXPECT_NOTHING, EXPECT_NOTHING);
    } else if (token_is(token, "FROM")) {
        if ((level(pass)->query || pass->depth == 0) && !token_is(previous, "DISTINCT"))
            expect(pass, EXPECT_TABLES, EXPECT_TABLES);
    } else if (token_is(token, "JOIN")) {
        pass->expect = EXPECT_TABLES;
    } else if (token_is(token, "STRAIGHT_JOIN")) {
        pass->expect = level(pass)->list;
    } else if (token_is(token, "USING")) { /* DELETE FROM a USING b */
        pass->expect = EXPECT_NAME;
    } else if (token_is(token, "UPDATE") && !event) {
        expect(pass, EXPECT_TABLES, EXPECT_TABLES);
    } else if (token_is(token, "DELETE") && !event) {
        level(pass)->query = true;
        expect(pass, EXPECT_NAME, EXPECT_NAME);
    } else if ((token_is(token, "INSERT") && !event) || token_is(token, "REPLACE") ||
               (token_is(token, "INTO") && is_one_of(previous, insert_words))) {
        expect(pass, EXPECT_NAME, EXPECT_NOTHING);
    } else {
        return false;
    }
    return true;
}

static void other_word(struct pass *pass, const struct token *token)
{
    static const char *const keeping[] = {"IF",           "NOT",     "EXISTS",
                                          "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY",
                                          "IGNORE",       "LATERAL", NULL};
    static const char *const closing[] = {"WHERE",  "GROUP",     "ORDER", "HAVING", "LIMIT",
                                          "SET",    "VALUES",    "UNION", "EXCEPT", "INTERSECT",
                                          "WINDOW", "RETURNING", NULL};
    if (is_one_of(token, keeping))
        return;
    pass->expect = EXPECT_NOTHING;
    if (token_is(token, "CREATE") || token_is(token, "ALTER"))
        pass->in_header = true;
    if (is_one_of(token, closing))
        level(pass)->list = EXPECT_NOTHING;
}

/* An object, or something that is no name, stands where one was expected. */
static void take_object(struct pass *pass)
{
    pass->expect = EXPECT_NOTHING;
    pass->creating = pass->creating == CREATING_TABLE ? CREATING_NAMED : CREATING_NOTHING;
}

/* A word that may be a keyword. In an object's place only reserved words are. */
static void follow_word(struct pass *pass, const struct token *token)
{
    bool body = token_is(token, "BODY") && token_is(&pass->previous[0], "PACKAGE");
    if (pass->expect != EXPECT_NOTHING && !reserved_word(token->text) && !body &&
        !token_is(token, "TABLES")) {
        take_object(pass);
        return;
    }
    enum creating creating = pass->creating;
    if (!body && !object_word(pass, token) && !query_word(pass, token))
        other_word(pass, token);
    if (creating == CREATING_NAMED || pass->expect == EXPECT_NOTHING)
        pass->creating = CREATING_NOTHING;
}

static void open_level(struct pass *pass)
{
    static const char *const sequence_functions[] = {"NEXTVAL", "LASTVAL", "SETVAL", NULL};
    bool merged = token_is_symbol(&pass->previous[0], '=') &&
                  token_is(&pass->previous[1], "UNION"); /* UNION = (a, b) of MERGE tables */
    bool tables = pass->expect == EXPECT_TABLES || merged;
    if (is_one_of(&pass->previous[0], sequence_functions))
        pass->expect = EXPECT_NAME;
    else
        pass->expect = tables ? EXPECT_TABLES : EXPECT_NOTHING;
    pass->depth++;
    *level(pass) = (struct level){false, tables ? EXPECT_TABLES : EXPECT_NOTHING};
    pass->in_header = false;
}

static void follow_symbol(struct pass *pass, const struct token *token)
{
    enum creating creating = pass->creating;
    pass->creating = CREATING_NOTHING;
    switch (token->text.ptr[0]) {
    case '(':
        open_level(pass);
        pass->creating = creating;
        break;
    case ')':
        pass->depth -= pass->depth > 0;
        pass->expect = EXPECT_NOTHING;
        break;
    case ',':
        pass->expect = level(pass)->list;
        break;
    case '.':
        pass->creating = creating;
        break;
    case '=':
        if (!token_is(&pass->previous[0], "RENAME"))
            pass->expect = EXPECT_NOTHING;
        break;
    case ';':
        pass->depth = 0;
        pass->in_header = pass->on_is_object = false;
        expect(pass, EXPECT_NOTHING, EXPECT_NOTHING);
        break;
    default:
        pass->expect = EXPECT_NOTHING;
        break;
    }
}

/* stripped: a schema stood in front of the token, so it is a name even where it looks reserved. */
static void follow(struct pass *pass, const struct token *token, bool stripped)
{
    if (stripped) {
        take_object(pass);
    } else if (token_is_name(token) && token_is_symbol(&pass->previous[0], '.')) {
        pass->expect = EXPECT_NOTHING;
    } else if (token->kind == TOKEN_WORD) {
        follow_word(pass, token);
    } else if (token->kind == TOKEN_SYMBOL) {
        follow_symbol(pass, token);
    } else {
        take_object(pass);
    }
    pass->previous[1] = pass->previous[0];
    pass->previous[0] = *token;
}

/* --- the pass -----------------------------------------------------------------------------------
 */

static void pass_token(struct pass *pass, struct token *token)
{
    switch (token->kind) {
    case TOKEN_COMMENT:
        if (is_tool_comment(token->text))
            cut_with_blanks(pass, offset_of(pass, token), pass->lexer.offset);
        return;
    case TOKEN_COMMENT_OPEN:
        pass->opened = token->text.ptr;
        return;
    case TOKEN_COMMENT_CLOSE:
        pass->opened = NULL;
        return;
    default:
        break;
    }
    if (strip_definer(pass, token)) {
        pass->opened = NULL;
        return;
    }
    pass->opened = NULL;
    strip_database(pass, token);
    bool stripped = strip_schema(pass, token);
    follow(pass, token, stripped);
}

static bool is_line_comment(const struct token *token)
{
    return token->kind == TOKEN_COMMENT && token->text.ptr[0] != '/';
}

void portable_write(struct slice text, const struct dialect *dialect,
                    const struct portable_options *options, struct buffer *out)
{
    struct token none = {TOKEN_END, {"", 0}};
    struct pass pass = {.options = options, .out = out, .previous = {none, none}};
    struct token token, last = none;
    size_t start = out->len;

    lexer_init(&pass.lexer, text, dialect);
    while (lexer_next_raw(&pass.lexer, &token)) {
        last = token;
        pass_token(&pass, &token);
    }
    copy_to(&pass, pass.lexer.text.len);
    while (out->len > start && is_blank(out->ptr[out->len - 1]))
        buffer_truncate(out, out->len - 1);
    if (is_line_comment(&last))
        buffer_append_char(out, '\n'); /* or a ';' put behind it would be part of the comment */
}
