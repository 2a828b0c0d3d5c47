/* script: see script.h. */
#include "sql/script.h"

#include "sql/lexer.h"

void script_init(struct script *script, struct slice text, const struct dialect *dialect,
                 const struct sql_facts *facts)
{
    *script = (struct script){.dialect = *dialect, .last = SLICE_NONE};
    sql_facts_copy(&script->facts, facts);
    if (facts->sql_mode != NULL)
        dialect_set_sql_mode(&script->dialect, slice_from(facts->sql_mode));
    splitter_init(&script->splitter, text, &script->dialect);
}

static void follow_last(struct script *script)
{
    if (slice_is_none(script->last))
        return;
    statement_follow(script->last, &script->dialect, &script->facts);
    if (script->facts.sql_mode != NULL)
        dialect_set_sql_mode(&script->dialect, slice_from(script->facts.sql_mode));
}

static bool has_token(struct slice text, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, text, dialect);
    return lexer_next(&lexer, &token);
}

bool script_next(struct script *script, struct slice *statement)
{
    follow_last(script);
    script->last = SLICE_NONE;
    while (splitter_next(&script->splitter, statement)) {
        if (!has_token(*statement, &script->dialect))
            continue;
        script->last = *statement;
        return true;
    }
    return false;
}

void script_release(struct script *script)
{
    sql_facts_release(&script->facts);
}
