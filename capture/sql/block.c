/* block: a small machine over tokens.
 *
 *     top ---CREATE--> head --PROCEDURE, FUNCTION--> routine header --verb, BEGIN--> body
 *                       |----TRIGGER---------------> trigger header --EACH ROW-----> body
 *                       |----EVENT-----------------> event header ----DO-----------> body
 *                       `----PACKAGE---------------> package header --AS, IS-------> declarations
 *     top ---SET STATEMENT ... FOR--> top            (MariaDB)
 */
#include "sql/block.h"

#include <stddef.h>

enum kind {
    KIND_BLOCK,           /* BEGIN, IF, LOOP, ... and the CASE statement: END closes at a start */
    KIND_DECLARATIONS,    /* from AS to its BEGIN; packages: from AS to END */
    KIND_CASE_EXPRESSION, /* END closes after an operand */
};

enum phase {
    PHASE_STATEMENT,
    PHASE_BEGIN,      /* after a BEGIN that may also begin a transaction */
    PHASE_NOT_ATOMIC, /* after such a BEGIN NOT */
    PHASE_CREATE,     /* after CREATE or ALTER: which object? */
    PHASE_ROUTINE,
    PHASE_TRIGGER,
    PHASE_TRIGGER_ORDER, /* after FOR EACH ROW: FOLLOWS or PRECEDES a name, or the body */
    PHASE_EVENT,
    PHASE_PACKAGE,
    PHASE_SET_STATEMENT,
    PHASE_HANDLER, /* after DECLARE .. HANDLER: conditions, then its statement */
};

void block_init(struct block *block, const struct dialect *dialect)
{
    *block = (struct block){
        .dialect = dialect,
        .phase = PHASE_STATEMENT,
        .expect_start = true,
        .previous = {TOKEN_END, {"", 0}},
    };
}

static bool is_one_of(const struct token *token, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (token_is(token, *words))
            return true;
    }
    return false;
}

static void push(struct block *block, enum kind kind)
{
    if (block->depth < BLOCK_DEPTH_KNOWN)
        block->kinds[block->depth] = (unsigned char)kind;
    block->depth++;
}

static bool top_is(const struct block *block, enum kind kind)
{
    if (block->depth == 0)
        return false;
    if (block->depth > BLOCK_DEPTH_KNOWN)
        return kind == KIND_BLOCK;
    return block->kinds[block->depth - 1] == kind;
}

static void close_block(struct block *block)
{
    if (block->depth > 0)
        block->depth--;
    block->in_until = false;
}

static void begin_block(struct block *block)
{
    if (top_is(block, KIND_DECLARATIONS) && block->depth <= BLOCK_DEPTH_KNOWN)
        block->kinds[block->depth - 1] = KIND_BLOCK; /* one END closes both */
    else
        push(block, KIND_BLOCK);
    block->phase = PHASE_STATEMENT;
    block->expect_start = true;
}

/* At a start, the words that open a block of their own. */
static bool opens_block(const struct token *token)
{
    static const char *const words[] = {"IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR", NULL};
    return is_one_of(token, words);
}

static bool in_program(const struct block *block)
{
    return block->in_body || block->depth > 0;
}

/* A word that can only stand at the start of a statement inside a block; true when it was one. */
static bool begin_block_word(struct block *block, const struct token *token)
{
    if (token_is(token, "END")) {
        block->at_start = false;
        close_block(block);
    } else if (token_is(token, "ELSE")) {
        block->at_start = false;
        block->expect_start = true;
    } else if (token_is(token, "UNTIL")) {
        block->at_start = false;
        block->in_until = true;
    } else if (token_is(token, "NOT") && token_is(&block->previous, "BEGIN")) {
        block->at_start = false;
        block->expect_start = true;
    } else if (token_is(token, "ATOMIC") && token_is(&block->previous, "NOT")) {
        block->at_start = false;
        block->expect_start = true;
    } else if (token_is(token, "DECLARE")) {
        block->in_declare = true;
    } else if (top_is(block, KIND_DECLARATIONS) &&
               (token_is(token, "PROCEDURE") || token_is(token, "FUNCTION"))) {
        block->phase = PHASE_ROUTINE;
        block->parameters_seen = false;
    } else {
        return false;
    }
    return true;
}

static void begin_statement(struct block *block, const struct token *token)
{
    bool program = in_program(block);
    bool compound = program || block->dialect->mariadb;

    block->at_start = true;
    block->expect_start = false;
    block->in_declare = block->in_loop_head = false;
    block->label_possible = token_is_name(token);
    if (token_is_symbol(token, '<') || token_is_symbol(token, '>') ||
        token_is_symbol(&block->previous, '<')) {
        block->at_start = false;
        block->expect_start = true; /* ORACLE mode: a label in << >> */
    } else if (program && begin_block_word(block, token)) {
        return;
    } else if (token_is(token, "BEGIN")) {
        if (program)
            begin_block(block);
        else
            block->phase = PHASE_BEGIN;
    } else if (compound && opens_block(token)) {
        push(block, KIND_BLOCK);
        block->in_loop_head = token_is(token, "WHILE") || token_is(token, "FOR");
        block->expect_start = token_is(token, "LOOP") || token_is(token, "REPEAT");
    } else if (token_is(token, "DECLARE") && block->dialect->oracle) {
        push(block, KIND_DECLARATIONS);
        block->expect_start = true;
    } else if (token_is(token, "CREATE") || token_is(token, "ALTER")) {
        block->phase = PHASE_CREATE;
    }
}

/* Can the token before END be the last of a value? Else END is a name: "THEN end END". */
static bool ends_operand(const struct token *token)
{
    static const char *const operators[] = {
        "WHEN",   "THEN",  "ELSE",     "CASE",   "AND",   "OR",      "NOT",
        "XOR",    "IN",    "LIKE",     "IS",     "DIV",   "BETWEEN", "MOD",
        "REGEXP", "RLIKE", "INTERVAL", "BINARY", "UNTIL", "SELECT",  NULL};
    if (token->kind == TOKEN_SYMBOL)
        return token->text.ptr[0] == ')' || token->text.ptr[0] == '?';
    return !is_one_of(token, operators);
}

static void continue_with_word(struct block *block, const struct token *token)
{
    bool in_case = top_is(block, KIND_CASE_EXPRESSION);

    if (token_is(token, "CASE")) {
        if (!token_is(&block->previous, "END"))
            push(block, KIND_CASE_EXPRESSION);
    } else if (token_is(token, "END")) {
        if ((in_case || block->in_until) && ends_operand(&block->previous))
            close_block(block);
    } else if (token_is(token, "THEN") || token_is(token, "ELSE")) {
        block->expect_start = block->depth > 0 && !in_case;
    } else if (token_is(token, "DO") || token_is(token, "LOOP")) {
        block->expect_start = block->in_loop_head && !in_case;
        block->in_loop_head = block->in_loop_head && in_case;
    } else if (token_is(token, "HANDLER") && block->in_declare) {
        block->phase = PHASE_HANDLER;
    } else if (token_is(token, "STATEMENT") && token_is(&block->previous, "SET") &&
               block->dialect->mariadb) {
        block->phase = PHASE_SET_STATEMENT;
    }
}

static void end_statement(struct block *block)
{
    while (top_is(block, KIND_CASE_EXPRESSION))
        block->depth--; /* whatever was left open: a statement ends everything in it */
    block->phase = PHASE_STATEMENT;
    block->expect_start = true;
    block->parens = 0;
    block->in_until = false;
}

static void feed_statement(struct block *block, const struct token *token)
{
    bool label = block->label_possible;
    if (block->expect_start) {
        begin_statement(block, token);
        return;
    }
    block->label_possible = false;
    if (token_is_symbol(token, ':') && label)
        block->expect_start = true;
    else if (token->kind == TOKEN_WORD && !token_is_symbol(&block->previous, '.'))
        continue_with_word(block, token);
}

/* BEGIN at the top: NOT ATOMIC opens a block; in ORACLE mode everything does but BEGIN [WORK]. */
static void feed_begin(struct block *block, const struct token *token)
{
    block->phase = PHASE_STATEMENT;
    if (token_is(token, "NOT")) {
        block->phase = PHASE_NOT_ATOMIC;
    } else if (block->dialect->oracle && !token_is(token, "WORK")) {
        begin_block(block);
        begin_statement(block, token);
    }
}

static void feed_create(struct block *block, const struct token *token)
{
    static const char *const without_body[] = {
        "TABLE",  "VIEW",     "INDEX",      "DATABASE", "SCHEMA",   "USER",    "ROLE",
        "SERVER", "SEQUENCE", "TABLESPACE", "LOGFILE",  "RESOURCE", "LIBRARY", NULL};

    if (token_is_symbol(&block->previous, '='))
        return; /* a definer may be called like a noun */
    block->parameters_seen = false;
    if (token_is(token, "PROCEDURE") || token_is(token, "FUNCTION"))
        block->phase = PHASE_ROUTINE;
    else if (token_is(token, "TRIGGER"))
        block->phase = PHASE_TRIGGER;
    else if (token_is(token, "EVENT"))
        block->phase = PHASE_EVENT;
    else if (token_is(token, "PACKAGE"))
        block->phase = PHASE_PACKAGE;
    else if (is_one_of(token, without_body))
        block->phase = PHASE_STATEMENT;
}

static void enter_body(struct block *block, const struct token *token)
{
    block->phase = PHASE_STATEMENT;
    block->in_body = true;
    begin_statement(block, token);
}

static void enter_declarations(struct block *block)
{
    push(block, KIND_DECLARATIONS);
    block->phase = PHASE_STATEMENT;
    block->expect_start = true;
}

static void feed_routine(struct block *block, const struct token *token)
{
    static const char *const verbs[] = {
        "RETURN", "SELECT", "INSERT", "UPDATE", "DELETE",   "REPLACE",  "CALL",    "DO",
        "WITH",   "DROP",   "CREATE", "ALTER",  "TRUNCATE", "PREPARE",  "EXECUTE", "SHOW",
        "SIGNAL", "GET",    "RENAME", "START",  "COMMIT",   "ROLLBACK", NULL};
    const struct token *previous = &block->previous;
    bool set = token_is(token, "SET") && !token_is(previous, "CHARACTER") &&
               !token_is(previous, "CHAR") && !token_is(previous, "RETURNS");

    if (token_is_symbol(token, '('))
        block->parameters_seen = true;
    if (block->parens > 0 || token_is_symbol(previous, '.'))
        return;
    if (block->dialect->oracle) {
        if (token_is(token, "AS") || token_is(token, "IS"))
            enter_declarations(block);
    } else if (block->parameters_seen && token_is(token, "BEGIN")) {
        block->in_body = true;
        block->phase = PHASE_STATEMENT;
        block->expect_start = true;
        push(block, KIND_BLOCK); /* its own, also inside a package */
    } else if (block->parameters_seen && (is_one_of(token, verbs) || opens_block(token) || set)) {
        enter_body(block, token);
    }
}

static void feed_trigger_order(struct block *block, const struct token *token)
{
    const struct token *previous = &block->previous;
    bool order = token_is(token, "FOLLOWS") || token_is(token, "PRECEDES");
    bool name = token_is(previous, "FOLLOWS") || token_is(previous, "PRECEDES") ||
                token_is_symbol(previous, '.') || token_is_symbol(token, '.');
    if (!order && !name)
        enter_body(block, token);
}

static void feed_package(struct block *block, const struct token *token)
{
    static const char *const starts[] = {"PROCEDURE", "FUNCTION", "DECLARE", "BEGIN", "END", NULL};

    if (token_is(token, "AS") || token_is(token, "IS")) {
        block->in_body = true;
        enter_declarations(block);
    } else if (is_one_of(token, starts) && !token_is_symbol(&block->previous, '.')) {
        push(block, KIND_DECLARATIONS);
        enter_body(block, token);
    }
}

/* FOR SQLSTATE '02000', NOT FOUND, my_condition <statement> */
static void feed_handler(struct block *block, const struct token *token)
{
    static const char *const inside[] = {"FOR", "SQLSTATE", "VALUE", "NOT", "HANDLER", NULL};
    const struct token *previous = &block->previous;

    if (is_one_of(previous, inside) || token_is_symbol(previous, ',') ||
        token_is_symbol(token, ','))
        return;
    block->phase = PHASE_STATEMENT;
    begin_statement(block, token);
}

static void feed_phase(struct block *block, const struct token *token)
{
    switch ((enum phase)block->phase) {
    case PHASE_STATEMENT:
        feed_statement(block, token);
        break;
    case PHASE_BEGIN:
        feed_begin(block, token);
        break;
    case PHASE_NOT_ATOMIC:
        if (token_is(token, "ATOMIC"))
            begin_block(block);
        else
            block->phase = PHASE_STATEMENT;
        break;
    case PHASE_CREATE:
        feed_create(block, token);
        break;
    case PHASE_ROUTINE:
        feed_routine(block, token);
        break;
    case PHASE_TRIGGER:
        if (token_is(token, "ROW") && token_is(&block->previous, "EACH"))
            block->phase = PHASE_TRIGGER_ORDER;
        break;
    case PHASE_TRIGGER_ORDER:
        feed_trigger_order(block, token);
        break;
    case PHASE_EVENT:
    case PHASE_SET_STATEMENT:
        if (block->parens == 0 && !token_is_symbol(&block->previous, '.') &&
            token_is(token, block->phase == PHASE_EVENT ? "DO" : "FOR")) {
            block->in_body = block->in_body || block->phase == PHASE_EVENT;
            block->phase = PHASE_STATEMENT;
            block->expect_start = true;
        }
        break;
    case PHASE_PACKAGE:
        feed_package(block, token);
        break;
    case PHASE_HANDLER:
        feed_handler(block, token);
        break;
    }
}

void block_feed(struct block *block, const struct token *token)
{
    block->at_start = false;
    if (token_is_symbol(token, ';')) {
        end_statement(block);
    } else {
        if (token_is_symbol(token, ')') && block->parens > 0)
            block->parens--;
        feed_phase(block, token);
        if (token_is_symbol(token, '('))
            block->parens++;
    }
    block->previous = *token;
}

bool block_ends_at(const struct block *block, const struct token *token)
{
    unsigned depth = block->depth;
    while (depth > 0 && depth <= BLOCK_DEPTH_KNOWN &&
           block->kinds[depth - 1] == KIND_CASE_EXPRESSION)
        depth--;
    return token_is_symbol(token, ';') && depth == 0;
}
