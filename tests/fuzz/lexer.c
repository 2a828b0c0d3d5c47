/* fuzz: sql. Every text goes through lexer, splitter, classifier, glance, rewriting and redaction.
 *
 *     first byte: dialect      the rest: the text
 *     bit 0 MariaDB, 1 ANSI_QUOTES, 2 NO_BACKSLASH_ESCAPES, 3 ORACLE, 4 to 6 character set,
 *     7 a version that runs few executable comments
 *
 * Beyond not crashing: tokens and pieces lie in order inside the text, a statement that is worth
 * holding is never let go, and the portable form of a text is bounded.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "sql/glance.h"
#include "sql/lexer.h"
#include "sql/portable.h"
#include "sql/redact.h"
#include "sql/splitter.h"
#include "sql/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static struct dialect dialect_of(uint8_t byte)
{
    bool mariadb = byte & 1, old = byte & 0x80;
    return (struct dialect){
        .mariadb = mariadb,
        .version = mariadb ? (old ? 100603 : 110806) : (old ? 50744 : 90704),
        .ansi_quotes = byte & 2,
        .no_backslash_escapes = byte & 4,
        .oracle = mariadb && (byte & 8),
        .charset = (enum dialect_charset)(((byte >> 4) & 7) % (DIALECT_CHARSET_GB18030 + 1)),
    };
}

static const char *version_of(const struct dialect *dialect)
{
    if (dialect->mariadb)
        return dialect->version == 100603 ? "5.5.5-10.6.3-MariaDB" : "11.8.6-MariaDB";
    return dialect->version == 50744 ? "5.7.44" : "9.7.4";
}

static void run_lexer(struct slice text, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    struct buffer meaning = BUFFER_INIT;
    const char *end = text.ptr;
    lexer_init(&lexer, text, dialect);
    while (lexer_next_raw(&lexer, &token)) {
        require(token.text.ptr >= end && token.text.len > 0);
        end = token.text.ptr + token.text.len;
        require(end <= text.ptr + text.len);
        token_unquote(&token, dialect, &meaning);
    }
    buffer_release(&meaning);
}

static bool is_held(const struct statement *statement)
{
    switch (statement->kind) {
    case STATEMENT_DDL:
    case STATEMENT_CALL:
    case STATEMENT_EXECUTE:
    case STATEMENT_EXECUTE_IMMEDIATE:
    case STATEMENT_ACCOUNT:
        return true;
    default:
        return false;
    }
}

/* Both looks at the piece alone must hold what the classifier says is worth it. */
static void check_glance(struct slice piece, const struct dialect *dialect)
{
    for (size_t part = 0; part <= 2; part++) {
        struct slice seen = slice_make(piece.ptr, piece.len * part / 2);
        bool complete = part == 2;
        enum glance glance = glance_text(seen, complete, false);
        require(glance != GLANCE_NOTHING);
        require(glance_text(seen, complete, true) != GLANCE_NOTHING);
        require(!complete || glance == GLANCE_HOLD);
    }
    require(glance_holds_ddl(piece, dialect->mariadb, version_of(dialect)));
}

static void run_piece(struct slice piece, const struct dialect *dialect, struct sql_facts *facts)
{
    struct portable_options options = {.schema = SLICE("s"), .schema_nocase = true};
    struct statement statement;
    struct buffer once = BUFFER_INIT;

    statement_read(piece, dialect, &statement);
    if (is_held(&statement))
        check_glance(piece, dialect);
    statement_release(&statement);
    statement_follow(piece, dialect, facts);
    portable_write(piece, dialect, &options, &once);
    require(once.len <= 2 * piece.len + 1);
    buffer_release(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct dialect dialect = dialect_of(data[0]);
    char *copy = malloc(size); /* exact, so that reading beyond is seen */
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, size - 1);
    struct slice text = slice_make(copy, size - 1), piece;
    struct sql_facts facts = {.default_schema = NULL};
    struct splitter splitter;
    struct buffer out = BUFFER_INIT;
    const char *end = text.ptr;

    run_lexer(text, &dialect);
    splitter_init(&splitter, text, &dialect);
    while (splitter_next(&splitter, &piece)) {
        require(piece.ptr >= end && piece.ptr + piece.len <= text.ptr + text.len);
        end = piece.ptr + piece.len;
        run_piece(piece, &dialect, &facts);
    }
    (void)glance_text(text, false, true);
    (void)glance_holds_ddl(text, dialect.mariadb, version_of(&dialect));
    (void)redact_write(text, &dialect, &out);
    buffer_clear(&out);
    require(portable_to_utf8(text, "gbk", &out) == ERROR_NONE || out.len == 0);
    buffer_release(&out);
    sql_facts_release(&facts);
    free(copy);
    return 0;
}
