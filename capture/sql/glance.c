/* glance: two looks, each erring on the side of HOLD.
 *
 *     text -> glance_text: words, whatever is quoted -> HOLD -> glance_holds_ddl: every reading
 *                  |
 *                  `-> NOTHING: neither DDL nor anything that could run one
 *
 * The first look reads bytes only: whatever sql_mode and character set a session has, a keyword is
 * a run of ASCII letters, and neither ';' nor '*' nor a line end is ever part of a longer
 * character.
 */
#include "sql/glance.h"

#include <stddef.h>

#include "sql/splitter.h"
#include "sql/statement.h"

/* How many bytes a second look may read, over all ways to read a text. */
static const size_t second_look_limit = (size_t)32 << 20;

/* A SET that comes in pieces is waited for up to this length: it may set what records statements. */
#define RECORDER_WITHIN 4096

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xA0;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t word_end(struct slice text, size_t at)
{
    while (at < text.len && is_word_byte(text.ptr[at]))
        at++;
    return at;
}

static bool is_one_of(struct slice word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (slice_equal_nocase(word, slice_from(*words)))
            return true;
    }
    return false;
}

/* Where a text of one statement stands. */
enum place {
    PLACE_WORD,
    PLACE_OTHER, /* a byte that begins no word: an executable comment, a quote, a digit, ... */
    PLACE_END,   /* nothing follows */
    PLACE_OPEN,  /* the text so far ends inside a comment, or may */
};

static enum place pass_block_comment(struct slice text, size_t *at)
{
    size_t i = *at + 2;
    if (i >= text.len)
        return PLACE_OPEN;
    if (text.ptr[i] == '!' || text.ptr[i] == 'M')
        return PLACE_OTHER;
    while (i + 1 < text.len && !(text.ptr[i] == '*' && text.ptr[i + 1] == '/'))
        i++;
    *at = i + 1 < text.len ? i + 2 : text.len;
    return i + 1 < text.len ? PLACE_WORD : PLACE_OPEN;
}

static enum place pass_line_comment(struct slice text, size_t *at)
{
    while (*at < text.len && text.ptr[*at] != '\n' && text.ptr[*at] != '\0')
        (*at)++;
    return *at < text.len ? PLACE_WORD : PLACE_OPEN;
}

/* Pass blanks, comments and opening parentheses. */
static enum place pass_blanks(struct slice text, size_t *at)
{
    enum place place = PLACE_WORD;
    while (*at < text.len) {
        char c = text.ptr[*at], next = *at + 1 < text.len ? text.ptr[*at + 1] : '\0';
        bool last = *at + 1 >= text.len;
        if (is_blank(c) || c == '(') {
            (*at)++;
        } else if (c == '#' || (c == '-' && next == '-')) {
            place = pass_line_comment(text, at);
        } else if (c == '/' && next == '*') {
            place = pass_block_comment(text, at);
        } else if ((c == '-' || c == '/') && last) {
            place = PLACE_OPEN;
            break;
        } else {
            return is_word_byte(c) ? PLACE_WORD : PLACE_OTHER;
        }
        if (place != PLACE_WORD)
            return place;
    }
    return place == PLACE_WORD ? PLACE_END : place;
}

static enum glance glance_set(struct slice text, size_t at, bool complete)
{
    static const char *const held[] = {"STATEMENT", "PASSWORD", "DEFAULT", NULL};
    switch (pass_blanks(text, &at)) {
    case PLACE_OPEN:
    case PLACE_END:
        return complete ? GLANCE_NOTHING : GLANCE_NEED_MORE;
    case PLACE_OTHER:
        if (at < text.len && text.ptr[at] == '/')
            return GLANCE_HOLD;
        break;
    case PLACE_WORD:
        break;
    }
    size_t end = word_end(text, at);
    if (end == text.len && !complete)
        return GLANCE_NEED_MORE;
    if (is_one_of(slice_make(text.ptr + at, end - at), held))
        return GLANCE_HOLD;
    return !complete && text.len < RECORDER_WITHIN ? GLANCE_NEED_MORE : GLANCE_NOTHING;
}

/* BEGIN alone is a transaction; before anything else it may be a block. START: a replica's
 * password. */
static enum glance glance_transaction(struct slice text, size_t at, bool complete)
{
    static const char *const harmless[] = {"WORK", "TRANSACTION", NULL};
    enum place place = pass_blanks(text, &at);
    if (place == PLACE_END || place == PLACE_OPEN)
        return complete ? GLANCE_NOTHING : GLANCE_NEED_MORE;
    size_t end = word_end(text, at);
    if (end == text.len && !complete)
        return GLANCE_NEED_MORE;
    if (place == PLACE_OTHER)
        return text.ptr[at] == ';' ? GLANCE_NOTHING : GLANCE_HOLD;
    return is_one_of(slice_make(text.ptr + at, end - at), harmless) ? GLANCE_NOTHING : GLANCE_HOLD;
}

/* One statement: its first word decides. Words that are not known are held. */
static enum glance glance_first_word(struct slice text, bool complete)
{
    static const char *const harmless[] = {
        "SELECT",   "INSERT",    "UPDATE",     "DELETE",   "REPLACE",   "WITH",    "SHOW",
        "USE",      "DO",        "COMMIT",     "ROLLBACK", "SAVEPOINT", "RELEASE", "LOCK",
        "UNLOCK",   "EXPLAIN",   "DESCRIBE",   "DESC",     "ANALYZE",   "CHECK",   "CHECKSUM",
        "OPTIMIZE", "REPAIR",    "FLUSH",      "KILL",     "LOAD",      "HANDLER", "VALUES",
        "TABLE",    "HELP",      "XA",         "BINLOG",   "CACHE",     "RESET",   "PURGE",
        "INSTALL",  "UNINSTALL", "DEALLOCATE", "SHUTDOWN", "STOP",      "CLONE",   NULL};
    static const char *const transactions[] = {"BEGIN", "START", NULL};
    static const char *const set[] = {"SET", NULL};
    size_t at = 0;

    switch (pass_blanks(text, &at)) {
    case PLACE_OPEN:
    case PLACE_END:
        return complete ? GLANCE_NOTHING : GLANCE_NEED_MORE;
    case PLACE_OTHER:
        return GLANCE_HOLD;
    case PLACE_WORD:
        break;
    }
    size_t end = word_end(text, at);
    if (end == text.len && !complete)
        return GLANCE_NEED_MORE;
    struct slice word = slice_make(text.ptr + at, end - at);
    if (is_one_of(word, set))
        return glance_set(text, end, complete);
    if (is_one_of(word, transactions))
        return glance_transaction(text, end, complete);
    return is_one_of(word, harmless) ? GLANCE_NOTHING : GLANCE_HOLD;
}

/* Several statements: is there any word that a statement worth holding must have? */
static bool has_held_word(struct slice text)
{
    static const char *const held[] = {"CREATE",   "ALTER",  "DROP",   "RENAME",  "TRUNCATE",
                                       "CALL",     "GRANT",  "REVOKE", "EXECUTE", "PREPARE",
                                       "PASSWORD", "CHANGE", NULL};
    for (size_t at = 0; at < text.len;) {
        size_t end = word_end(text, at);
        if (end - at >= 4 && end - at <= 8 && is_one_of(slice_make(text.ptr + at, end - at), held))
            return true;
        at = end + 1;
    }
    return false;
}

/* Does anything follow a ';'? */
static bool has_second_statement(struct slice text)
{
    while (text.len > 0 && (is_blank(text.ptr[text.len - 1]) || text.ptr[text.len - 1] == ';'))
        text.len--;
    return text.len > 0 && memchr(text.ptr, ';', text.len) != NULL;
}

/* Where the last word stands that names what records statements; the length of the text: nowhere. */
static size_t last_recorder(struct slice text)
{
    static const char *const recorders[] = {"PROFILING", "OPTIMIZER_TRACE", NULL};
    size_t last = text.len;
    for (size_t at = 0, end; at < text.len; at = end == at ? at + 1 : end) {
        end = word_end(text, at);
        if (is_one_of(slice_make(text.ptr + at, end - at), recorders))
            last = at;
    }
    return last;
}

static bool begins_with_set(struct slice text, size_t at)
{
    if (pass_blanks(text, &at) != PLACE_WORD)
        return false;
    return slice_equal_nocase(slice_make(text.ptr + at, word_end(text, at) - at), SLICE("SET"));
}

bool glance_records(struct slice text, bool multi_statements)
{
    bool several = multi_statements && has_second_statement(text);
    if (!several && !begins_with_set(text, 0))
        return false;
    size_t last = last_recorder(text);
    for (size_t at = 0; last < text.len && at < last;) {
        if (begins_with_set(text, at))
            return true;
        const char *next = several ? memchr(text.ptr + at, ';', last - at) : NULL;
        at = next == NULL ? last : (size_t)(next - text.ptr) + 1;
    }
    return false;
}

enum glance glance_text(struct slice text, bool complete, bool multi_statements)
{
    if (!multi_statements)
        return glance_first_word(text, complete);
    if (complete && !has_second_statement(text))
        return glance_first_word(text, true);
    if (has_held_word(text))
        return GLANCE_HOLD;
    if (!complete)
        return glance_first_word(text, false) == GLANCE_HOLD ? GLANCE_HOLD : GLANCE_NEED_MORE;
    return GLANCE_NOTHING;
}

/* --- the second look ----------------------------------------------------------------------------
 */

static bool statement_is_held(struct slice text, const struct dialect *dialect)
{
    struct statement statement;
    bool held = false;
    statement_read(text, dialect, &statement);
    switch (statement.kind) {
    case STATEMENT_EMPTY:
    case STATEMENT_OTHER:
    case STATEMENT_USE:
    case STATEMENT_SET:
        break;
    case STATEMENT_PREPARE:
        held = statement.inner_text == NULL ||
               statement_is_held(slice_from(statement.inner_text), dialect);
        break;
    default:
        held = true;
        break;
    }
    statement_release(&statement);
    return held;
}

static bool holds_ddl_as(struct slice text, const struct dialect *dialect)
{
    struct splitter splitter;
    struct slice piece;
    splitter_init(&splitter, text, dialect);
    while (splitter_next(&splitter, &piece)) {
        if (statement_is_held(piece, dialect))
            return true;
    }
    return false;
}

/* The settings under which a text could be read otherwise: bit by bit, and the character sets. */
struct ways {
    bool double_quotes, backslashes, oracle;
    unsigned charsets;
};

static struct ways count_ways(struct slice text, bool mariadb)
{
    struct ways ways = {false, false, mariadb, 1};
    for (size_t i = 0; i < text.len; i++) {
        ways.double_quotes |= text.ptr[i] == '"';
        ways.backslashes |= text.ptr[i] == '\\';
        if ((unsigned char)text.ptr[i] >= 0x80)
            ways.charsets = DIALECT_CHARSET_GB18030 + 1;
    }
    return ways;
}

/* A text that changes how its own rest is read may be read in more ways than we try. */
static bool changes_dialect(struct slice text)
{
    static const char *const words[] = {
        "sql_mode", "NAMES", "CHARACTER", "CHARSET", "character_set_client", NULL};
    for (size_t at = 0; at < text.len;) {
        size_t end = word_end(text, at);
        if (end > at && is_one_of(slice_make(text.ptr + at, end - at), words))
            return true;
        at = end + 1;
    }
    return false;
}

bool glance_holds_ddl(struct slice text, bool mariadb, const char *server_version)
{
    struct ways ways = count_ways(text, mariadb);
    bool several = has_second_statement(text);
    size_t count = (size_t)ways.charsets << (ways.double_quotes + ways.backslashes + ways.oracle);
    if (several && has_held_word(text) &&
        (changes_dialect(text) || text.len > second_look_limit / count))
        return true;

    for (unsigned way = 0; way < 8; way++) {
        bool ansi = way & 1, raw = way & 2, oracle = way & 4;
        if ((ansi && !ways.double_quotes) || (raw && !ways.backslashes) || (oracle && !ways.oracle))
            continue;
        for (unsigned charset = 0; charset < ways.charsets; charset++) {
            struct dialect dialect = {.ansi_quotes = ansi,
                                      .no_backslash_escapes = raw,
                                      .oracle = oracle,
                                      .charset = (enum dialect_charset)charset};
            dialect_set_version(&dialect, server_version, mariadb);
            if (holds_ddl_as(text, &dialect))
                return true;
        }
    }
    return false;
}
