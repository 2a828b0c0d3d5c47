/* redact: literals that are secrets, or may be, go; all other bytes stay.
 *
 *     ALTER TABLE t CONNECTION='mysql://u:pw@h/d/t'     ->  ... 'mysql://u:<redacted>@h/d/t'
 *     CREATE USER a IDENTIFIED BY 'pw'                  ->  ... IDENTIFIED BY '<redacted>'
 *     PREPARE s FROM 'ALTER USER a IDENTIFIED BY ..'    ->  PREPARE s FROM '<redacted>'
 *
 * Each reading of the text only notes what has to go, as cuts; they are made at the end:
 *
 *     read as the default     ...[--cut--].......[-cut-]...
 *     read as ANSI_QUOTES     ...[--cut--]..[-------cut------]
 *     written                 ...<redacted>..<redacted>
 *
 * Where it is not sure it redacts: a text that lost a harmless literal is only less readable.
 */
#include "sql/redact.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "sql/lexer.h"
#include "sql/splitter.h"
#include "sql/statement.h"

#define REDACT_LITERAL "'" REDACT_PLACEHOLDER "'"

struct cut {
    size_t start, end;
    const char *replacement;
};

struct cuts {
    struct slice text; /* what start and end count in */
    struct cut *cuts;
    size_t count, capacity;
};

struct pass {
    struct lexer lexer;
    struct cuts *cuts;
    bool account;    /* the whole statement is about accounts */
    bool identified; /* behind IDENTIFIED, or SET PASSWORD: until the clause ends */
    bool dml;        /* behind UPDATE, INSERT ...: SET password = sets a column */
    unsigned parens; /* open since PASSWORD( */
    unsigned concat; /* open since CONCAT( */
    struct token previous[2];
};

static void add_cut(struct pass *pass, struct slice secret, const char *replacement)
{
    struct cuts *cuts = pass->cuts;
    size_t start = (size_t)(secret.ptr - cuts->text.ptr);
    if (cuts->count == cuts->capacity) {
        cuts->capacity = 2 * cuts->capacity + 8;
        cuts->cuts = memory_resize(cuts->cuts, cuts->capacity, sizeof(*cuts->cuts));
    }
    cuts->cuts[cuts->count++] = (struct cut){start, start + secret.len, replacement};
}

/* --- secrets inside of literals -----------------------------------------------------------------
 */

static bool starts_nocase(struct slice text, size_t at, const char *word)
{
    size_t length = strlen(word);
    return text.len - at >= length &&
           slice_equal_nocase(slice_make(text.ptr + at, length), slice_from(word));
}

static bool contains_nocase(struct slice text, const char *word)
{
    for (size_t at = 0; at < text.len; at++) {
        if (starts_nocase(text, at, word))
            return true;
    }
    return false;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_byte(char c)
{
    return is_word_byte(c) || (c >= '0' && c <= '9') || c == '$' || (unsigned char)c >= 0x80;
}

/* The next run of letters in *rest, which then begins behind it; none at the end. */
static struct slice next_word(struct slice *rest)
{
    size_t start = 0, end;
    while (start < rest->len && !is_name_byte(rest->ptr[start]))
        start++;
    for (end = start; end < rest->len && is_name_byte(rest->ptr[end]);)
        end++;
    struct slice word = slice_make(rest->ptr + start, end - start);
    *rest = slice_from_offset(*rest, end);
    return word;
}

static bool word_is(struct slice word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (slice_equal_nocase(word, slice_from(*words)))
            return true;
    }
    return false;
}

/* Does what follows a word look like a value of it? The end: a piece of CONCAT('...', value). */
static bool value_follows(struct slice rest)
{
    while (rest.len > 0 && strchr(" \t\r\n", rest.ptr[0]) != NULL)
        rest = slice_from_offset(rest, 1);
    return rest.len == 0 || memchr("='\"(`\\", rest.ptr[0], 6) != NULL;
}

static bool has_quote(struct slice text)
{
    return memchr(text.ptr, '\'', text.len) != NULL || memchr(text.ptr, '"', text.len) != NULL;
}

/* Does the word begin an account statement, alone or with the word before it? */
static bool begins_account_statement(struct slice before, struct slice word)
{
    static const char *const makes[] = {"CREATE", "ALTER", "REPLACE", NULL};
    static const char *const made[] = {"USER", "SERVER", NULL};
    static const char *const changes[] = {"CHANGE", "START", NULL};
    static const char *const changed[] = {"MASTER",  "REPLICATION",       "SLAVE",
                                          "REPLICA", "GROUP_REPLICATION", NULL};
    static const char *const grant[] = {"GRANT", NULL};
    return word_is(word, grant) || (word_is(before, makes) && word_is(word, made)) ||
           (word_is(before, changes) && word_is(word, changed));
}

/* IDENTIFIED, whole, and what makes it more than a word of prose: BY within an account statement,
 * or BY and a quoted text. */
static bool identifies(struct slice rest, bool account)
{
    static const char *const hows[] = {"BY", "VIA", "WITH", "AS", NULL};
    return word_is(next_word(&rest), hows) && (account || value_follows(rest) || has_quote(rest));
}

static bool is_password_of(struct slice before, struct slice rest, bool account)
{
    static const char *const set[] = {"SET", NULL}, *const whose[] = {"FOR", NULL};
    struct slice behind = rest;
    if (account && value_follows(rest))
        return true;
    if (!word_is(before, set))
        return false;
    return word_is(next_word(&behind), whose) || (value_follows(rest) && rest.len > 0);
}

/* A text that is, or becomes, an account statement. */
static bool is_account_statement(struct slice text)
{
    static const char *const identified[] = {"IDENTIFIED", NULL}, *const password[] = {"PASSWORD",
                                                                                       NULL};
    static const char *const options[] = {"MASTER_PASSWORD", "SOURCE_PASSWORD", NULL};
    struct slice before = SLICE(""), rest = text, word;
    bool account = false;
    for (; (word = next_word(&rest)).len > 0; before = word) {
        account = account || begins_account_statement(before, word);
        if ((word_is(word, identified) && identifies(rest, account)) ||
            (word_is(word, password) && is_password_of(before, rest, account)) ||
            (word_is(word, options) && value_follows(rest)))
            return true;
    }
    return false;
}

/* The same of a token: of what a literal means, with its escapes resolved. */
static bool holds_account_statement(const struct pass *pass, const struct token *token)
{
    struct buffer text = BUFFER_INIT;
    token_unquote(token, pass->lexer.dialect, &text);
    bool holds = is_account_statement(slice_make(buffer_text(&text), text.len));
    buffer_release(&text);
    return holds;
}

struct range {
    size_t start, end;
};

/* scheme://user:password@host: where the password stands. */
static bool find_url_password(struct slice text, struct range *range)
{
    const char *mark = memmem(text.ptr, text.len, "://", 3);
    if (mark == NULL)
        return false;
    size_t start = (size_t)(mark - text.ptr) + 3;
    const char *at = memrchr(text.ptr + start, '@', text.len - start);
    if (at == NULL)
        return false;
    const char *colon = memchr(text.ptr + start, ':', (size_t)(at - text.ptr) - start);
    if (colon == NULL || colon + 1 == at)
        return false;
    *range = (struct range){(size_t)(colon - text.ptr) + 1, (size_t)(at - text.ptr)};
    return true;
}

/* Where a value that starts at `start` ends: at the quote or brace that closes it, when one opened
 * it just before, or else at the next separator. */
static size_t value_end(struct slice text, size_t start)
{
    char open = text.ptr[start - 1];
    bool quoted = (open == '"' || open == '\'') && text.ptr[start - 2] != '\\';
    const char separators[] = " ,;&\"'\\";
    size_t end = start;
    if (open == '{') {
        const char *brace = memchr(text.ptr + start, '}', text.len - start);
        if (brace != NULL)
            return (size_t)(brace - text.ptr);
    }
    while (end < text.len &&
           (quoted ? text.ptr[end] != open : strchr(separators, text.ptr[end]) == NULL))
        end += quoted && text.ptr[end] == '\\' && end + 1 < text.len ? 2 : 1;
    return end;
}

/* password=x, password "x", pwd={x} of connection texts and option lists: where x stands. */
static bool find_word_password(struct slice text, struct range *range)
{
    for (size_t at = 0; at < text.len; at++) {
        bool found = starts_nocase(text, at, "password") || starts_nocase(text, at, "pwd");
        if (!found || (at > 0 && is_word_byte(text.ptr[at - 1])))
            continue;
        size_t start = at;
        while (start < text.len && is_word_byte(text.ptr[start]))
            start++;
        size_t word = start;
        while (start < text.len && memchr(" =:\"'\\{", text.ptr[start], 7) != NULL)
            start++;
        if (start == word || start == text.len)
            continue;
        size_t end = value_end(text, start);
        if (end == start)
            continue;
        *range = (struct range){start, end};
        return true;
    }
    return false;
}

/* Take the passwords out of a literal that describes a connection. */
static void redact_connection(struct pass *pass, const struct token *token)
{
    struct slice text = token->text;
    struct range range;
    while (text.len > 0 && (find_url_password(text, &range) || find_word_password(text, &range))) {
        add_cut(pass, slice_make(text.ptr + range.start, range.end - range.start),
                REDACT_PLACEHOLDER);
        text = slice_from_offset(text, range.end);
    }
}

/* --- secrets by their place ---------------------------------------------------------------------
 */

static bool is_one_of(const struct token *token, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(token, *words))
            return true;
    }
    return false;
}

/* The word that a literal belongs to: before it, or before the '=' before it. */
static const struct token *option_of(const struct pass *pass)
{
    return token_is_symbol(&pass->previous[0], '=') ? &pass->previous[1] : &pass->previous[0];
}

/* MariaDB prints the options that an engine adds in backquotes. */
static bool is_option(const struct token *token, const char *const *names)
{
    struct slice name = token->text;
    if (token->kind != TOKEN_QUOTED)
        return is_one_of(token, names);
    return name.len > 2 && word_is(slice_make(name.ptr + 1, name.len - 2), names);
}

static bool is_secret_option(const struct pass *pass)
{
    static const char *const options[] = {"MASTER_PASSWORD", "SOURCE_PASSWORD", "MASTER_USER",
                                          "SOURCE_USER",     "S3_ACCESS_KEY",   "S3_SECRET_KEY",
                                          "ENCRYPTION_KEY",  "REMOTE_PASSWORD", NULL};
    /* PASSWORD 'x' of CREATE SERVER; password = 'x' may be a column */
    return is_option(option_of(pass), options) || token_is(&pass->previous[0], "PASSWORD");
}

static bool is_connection_option(const struct pass *pass)
{
    static const char *const options[] = {"CONNECTION", "OPTION_LIST", "TABLE_LIST", "SRCDEF",
                                          NULL};
    return is_option(option_of(pass), options);
}

/* Spider: COMMENT='user "a", password "b"'. Other comments may say password as they like. */
static bool is_spider_comment(const struct pass *pass, const struct token *token)
{
    return token_is(option_of(pass), "COMMENT") && (contains_nocase(token->text, "password \"") ||
                                                    contains_nocase(token->text, "password ''") ||
                                                    contains_nocase(token->text, "password \\'"));
}

static void pass_literal(struct pass *pass, const struct token *token)
{
    bool number = token->kind == TOKEN_NUMBER;
    bool hex = number && token->text.len > 2 && (token->text.ptr[1] | 0x20) == 'x';
    bool quoted = token->kind == TOKEN_QUOTED;
    bool secret = pass->identified || pass->parens > 0;

    if (quoted || number) {
        /* a "password" under ANSI_QUOTES, a hash in hexadecimal digits */
        bool after = token_is(&pass->previous[0], "BY") || token_is(&pass->previous[0], "AS");
        if ((hex && (secret || pass->account)) ||
            (quoted && secret && after && token->text.ptr[0] == '"'))
            add_cut(pass, token->text, REDACT_LITERAL);
        return;
    }
    bool holds = holds_account_statement(pass, token);
    if (holds && pass->concat > 0) /* the value may be another argument */
        pass->parens = pass->concat;
    if (pass->account || secret || holds || is_secret_option(pass))
        add_cut(pass, token->text, REDACT_LITERAL);
    else if (is_connection_option(pass) || is_spider_comment(pass, token))
        redact_connection(pass, token);
}

/* SET PASSWORD, but not the column of UPDATE t SET password = 'x'. */
static bool sets_password(const struct pass *pass, const struct token *token)
{
    return token_is(token, "PASSWORD") && token_is(&pass->previous[0], "SET") && !pass->dml;
}

/* START REPLICA USER='u' PASSWORD='x' */
static bool starts_replica(const struct pass *pass, const struct token *token)
{
    static const char *const started[] = {"REPLICA", "SLAVE", "GROUP_REPLICATION", NULL};
    return is_one_of(token, started) && token_is(&pass->previous[0], "START");
}

/* Between the statements of a body. */
static bool begins_statement(const struct pass *pass, const struct token *token)
{
    static const char *const before[] = {"BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", NULL};
    return token_is_symbol(token, ';') || is_one_of(token, before) ||
           (token_is(token, "ROW") && token_is(&pass->previous[0], "EACH"));
}

static void count_parens(struct pass *pass, const struct token *token)
{
    static const char *const passwords[] = {"PASSWORD", "OLD_PASSWORD", NULL};
    static const char *const concats[] = {"CONCAT", "CONCAT_WS", NULL};
    if (token_is_symbol(token, '(')) {
        if (pass->parens > 0 || is_one_of(&pass->previous[0], passwords))
            pass->parens++;
        if (pass->concat > 0 || is_one_of(&pass->previous[0], concats))
            pass->concat++;
    } else if (token_is_symbol(token, ')')) {
        pass->parens -= pass->parens > 0;
        pass->concat -= pass->concat > 0;
    }
}

static void pass_word_or_symbol(struct pass *pass, const struct token *token)
{
    static const char *const dml[] = {"UPDATE", "INSERT", "REPLACE", "LOAD", NULL};
    static const char *const ends[] = {"REQUIRE", "WITH", NULL};

    if (begins_statement(pass, token))
        pass->dml = false;
    else if (is_one_of(token, dml) && !token_is(&pass->previous[0], "OR")) /* CREATE OR REPLACE */
        pass->dml = true;
    if (token_is(token, "IDENTIFIED") || sets_password(pass, token) ||
        starts_replica(pass, token)) {
        pass->identified = true;
    } else if (token_is_symbol(token, ';') ||
               (is_one_of(token, ends) && !token_is(&pass->previous[0], "IDENTIFIED"))) {
        pass->identified = false;
        pass->parens = 0;
        pass->concat = 0;
    }
    count_parens(pass, token);
}

static void pass_token(struct pass *pass, const struct token *token)
{
    switch (token->kind) {
    case TOKEN_COMMENT:
        if (pass->account || holds_account_statement(pass, token))
            add_cut(pass, token->text, "/* " REDACT_PLACEHOLDER " */");
        return;
    case TOKEN_COMMENT_OPEN:
    case TOKEN_COMMENT_CLOSE:
        return;
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_QUOTED:
        pass_literal(pass, token);
        break;
    case TOKEN_VARIABLE:
        if (pass->account && memchr("'\"", token->text.ptr[1], 2) != NULL)
            add_cut(pass, token->text, "@'" REDACT_PLACEHOLDER "'");
        break;
    default:
        pass_word_or_symbol(pass, token);
        break;
    }
    pass->previous[1] = pass->previous[0];
    pass->previous[0] = *token;
}

static bool is_about_accounts(struct slice text, const struct dialect *dialect)
{
    struct statement statement, inner;
    statement_read(text, dialect, &statement);
    bool account = statement.kind == STATEMENT_ACCOUNT;
    if (statement.inner_text != NULL) {
        statement_read(slice_from(statement.inner_text), dialect, &inner);
        account = account || inner.kind == STATEMENT_ACCOUNT;
        statement_release(&inner);
    }
    statement_release(&statement);
    return account;
}

static void cut_statement(struct slice text, const struct dialect *dialect, struct cuts *cuts)
{
    struct token token = {TOKEN_END, {"", 0}};
    struct pass pass = {.cuts = cuts, .previous = {token, token}};

    pass.account = is_about_accounts(text, dialect);
    lexer_init(&pass.lexer, text, dialect);
    while (lexer_next_raw(&pass.lexer, &token))
        pass_token(&pass, &token);
}

/* --- making the cuts ----------------------------------------------------------------------------
 */

static int compare_cuts(const void *left, const void *right)
{
    const struct cut *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->end == b->end ? 0 : a->end > b->end ? -1 : 1; /* the longer one first */
}

/* Two literals side by side, left as two, would be one with a quote in it. */
static bool meets(const struct cut *cut, const struct cut *next)
{
    return next->start == cut->end && strcmp(cut->replacement, REDACT_LITERAL) == 0 &&
           strcmp(next->replacement, REDACT_LITERAL) == 0;
}

/* Cuts of several readings may overlap: one that holds the others stands for them. */
static struct cut merged_cut(const struct cuts *cuts, size_t *next)
{
    struct cut cut = cuts->cuts[(*next)++];
    for (; *next < cuts->count &&
           (cuts->cuts[*next].start < cut.end || meets(&cut, &cuts->cuts[*next]));
         (*next)++) {
        if (cuts->cuts[*next].end > cut.end) {
            cut.end = cuts->cuts[*next].end;
            cut.replacement = REDACT_LITERAL;
        }
    }
    return cut;
}

/* Append the text without the cuts and release them; true when there were any. */
static bool make_cuts(struct cuts *cuts, struct buffer *out)
{
    bool any = cuts->count > 0;
    size_t written = 0;
    if (any)
        qsort(cuts->cuts, cuts->count, sizeof(*cuts->cuts), compare_cuts);
    for (size_t next = 0; next < cuts->count;) {
        struct cut cut = merged_cut(cuts, &next);
        buffer_append(out, cuts->text.ptr + written, cut.start - written);
        buffer_append_text(out, cut.replacement);
        written = cut.end;
    }
    if (cuts->text.len > written)
        buffer_append(out, cuts->text.ptr + written, cuts->text.len - written);
    free(cuts->cuts);
    return any;
}

bool redact_write(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct cuts cuts = {.text = text};
    struct splitter splitter;
    struct slice piece;
    splitter_init(&splitter, text, dialect);
    while (splitter_next(&splitter, &piece))
        cut_statement(piece, dialect, &cuts);
    return make_cuts(&cuts, out);
}

/* --- definitions --------------------------------------------------------------------------------
 */

enum {
    READINGS = 4
};

/* Does every literal of the text end? One ';' more is then a token of its own. */
static bool is_closed(struct slice text, const struct dialect *dialect)
{
    struct buffer longer = BUFFER_INIT;
    struct lexer lexer;
    struct token token, last = {TOKEN_END, {"", 0}};
    buffer_append_slice(&longer, text);
    buffer_append_text(&longer, "\n;");
    lexer_init(&lexer, buffer_slice(&longer), dialect);
    while (lexer_next(&lexer, &token))
        last = token;
    bool closed = token_is_symbol(&last, ';') && last.text.ptr + 1 == longer.ptr + longer.len;
    buffer_release(&longer);
    return closed;
}

static bool has_character(struct slice text, char character)
{
    return text.len > 0 && memchr(text.ptr, character, text.len) != NULL;
}

/* Without a double quote ANSI_QUOTES makes no difference, without a backslash NO_BACKSLASH_ESCAPES makes none: those
 * readings are left out. */
static unsigned list_readings(struct slice text, bool mariadb, struct dialect readings[READINGS])
{
    bool quotes = has_character(text, '"'), escapes = has_character(text, '\\');
    unsigned count = 0;
    for (unsigned i = 0; i < READINGS; i++) {
        if (((i & 1) != 0 && !quotes) || ((i & 2) != 0 && !escapes))
            continue;
        readings[count++] = (struct dialect){.mariadb = mariadb,
                                             .version = UINT32_MAX,
                                             .ansi_quotes = (i & 1) != 0,
                                             .no_backslash_escapes = (i & 2) != 0};
    }
    return count;
}

bool redact_write_definition(struct slice text, bool mariadb, struct buffer *out)
{
    struct cuts cuts = {.text = text};
    struct dialect readings[READINGS];
    bool closed[READINGS] = {false}, any_closed = false;
    unsigned count = list_readings(text, mariadb, readings);
    for (unsigned i = 0; i < count && count > 1; i++) { /* one is taken as it is */
        closed[i] = is_closed(text, &readings[i]);
        any_closed = any_closed || closed[i];
    }
    for (unsigned i = 0; i < count; i++) {
        if (!any_closed || closed[i])
            cut_statement(text, &readings[i], &cuts);
    }
    return make_cuts(&cuts, out);
}
