/* dormant: see dormant.h.
 *
 * The clauses stand in a fixed order, so the first COMMENT or DO outside parentheses ends the place
 * where the status may be:
 *
 *     {CREATE | ALTER} ... EVENT name [ON SCHEDULE ...] [ON COMPLETION ...] [RENAME TO ..] [status]
 *         [COMMENT ..] [DO ...]
 */
#include "sql/dormant.h"

#include <stdbool.h>

#include "sql/lexer.h"

/* What was found ahead of COMMENT and DO; offsets in text. */
struct head {
    bool is_event, creates;
    size_t end;                      /* where COMMENT or DO stands, or the end */
    size_t status_start, status_end; /* equal: no status is written */
};

static size_t offset_of(struct slice text, const struct token *token)
{
    return (size_t)(token->text.ptr - text.ptr);
}

/* Up to the word EVENT: a definer, OR REPLACE, IF NOT EXISTS. */
static bool find_event(struct lexer *lexer, struct head *head)
{
    struct token token;
    if (!lexer_next(lexer, &token))
        return false;
    head->creates = token_is(&token, "CREATE");
    if (!head->creates && !token_is(&token, "ALTER"))
        return false;
    while (lexer_next(lexer, &token)) {
        if (token_is(&token, "EVENT"))
            return true;
        if (token_is(&token, "TABLE") || token_is(&token, "PROCEDURE") ||
            token_is(&token, "FUNCTION") || token_is(&token, "TRIGGER") || token_is(&token, "VIEW"))
            return false;
    }
    return false;
}

/* IF NOT EXISTS and the name, which may be the word of a clause. */
static void skip_name(struct lexer *lexer)
{
    struct token token;
    struct lexer ahead = *lexer;
    bool more = lexer_next(&ahead, &token);
    if (more && token_is(&token, "IF")) {
        while (more && !token_is(&token, "EXISTS"))
            more = lexer_next(&ahead, &token);
        more = more && lexer_next(&ahead, &token);
    }
    *lexer = ahead;
    if (more && lexer_next(&ahead, &token) && token_is_symbol(&token, '.') &&
        lexer_next(&ahead, &token))
        *lexer = ahead;
}

/* ENABLE, DISABLE, DISABLE ON SLAVE, DISABLE ON REPLICA */
static void take_status(struct slice text, struct lexer *lexer, const struct token *token,
                        struct head *head)
{
    struct token next;
    head->status_start = offset_of(text, token);
    head->status_end = head->status_start + token->text.len;
    struct lexer ahead = *lexer;
    if (!token_is(token, "DISABLE") || !lexer_next(&ahead, &next) || !token_is(&next, "ON"))
        return;
    if (lexer_next(&ahead, &next) && (token_is(&next, "SLAVE") || token_is(&next, "REPLICA"))) {
        head->status_end = offset_of(text, &next) + next.text.len;
        *lexer = ahead;
    }
}

static struct head read_head(struct slice text, const struct dialect *dialect)
{
    struct head head = {.end = text.len};
    struct lexer lexer;
    struct token token;
    int depth = 0;
    lexer_init(&lexer, text, dialect);
    head.is_event = find_event(&lexer, &head);
    if (head.is_event)
        skip_name(&lexer);
    while (head.is_event && lexer_next(&lexer, &token)) {
        depth += token_is_symbol(&token, '(') ? 1 : token_is_symbol(&token, ')') ? -1 : 0;
        if (depth == 0 && (token_is(&token, "DO") || token_is(&token, "COMMENT"))) {
            head.end = offset_of(text, &token);
            break;
        }
        if (depth == 0 && (token_is(&token, "ENABLE") || token_is(&token, "DISABLE")))
            take_status(text, &lexer, &token, &head);
    }
    return head;
}

void dormant_write(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct head head = read_head(text, dialect);
    bool said = head.status_end > head.status_start;
    if (!head.is_event || (!said && !head.creates)) {
        buffer_append_slice(out, text);
        return;
    }
    size_t from = said ? head.status_start : head.end, to = said ? head.status_end : head.end;
    buffer_append(out, text.ptr, from);
    buffer_append_text(out, said ? "DISABLE" : " DISABLE ");
    buffer_append_slice(out, slice_from_offset(text, to));
}

void dormant_write_image(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct head head = read_head(text, dialect);
    struct lexer lexer;
    struct token token;
    size_t done = 0;
    lexer_init(&lexer, slice_make(text.ptr, head.is_event ? head.end : 0), dialect);
    while (lexer_next(&lexer, &token)) {
        size_t at = offset_of(text, &token);
        bool status = at >= head.status_start && at < head.status_end;
        if (!status && token.kind != TOKEN_STRING)
            continue;
        buffer_append(out, text.ptr + done, at - done);
        done = at + token.text.len;
    }
    buffer_append_slice(out, slice_from_offset(text, done));
}
