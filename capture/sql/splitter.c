/* splitter: cuts where a ';' stands outside of every block. */
#include "sql/splitter.h"

#include "sql/block.h"
#include "sql/lexer.h"

void splitter_init(struct splitter *splitter, struct slice text, const struct dialect *dialect)
{
    splitter->rest = text.len == 0 ? SLICE_NONE : text;
    splitter->dialect = dialect;
}

bool splitter_next(struct splitter *splitter, struct slice *statement)
{
    struct slice text = splitter->rest;
    if (slice_is_none(text))
        return false;

    struct lexer lexer;
    struct block block;
    struct token token;
    lexer_init(&lexer, text, splitter->dialect);
    block_init(&block, splitter->dialect);
    while (lexer_next(&lexer, &token)) {
        if (block_ends_at(&block, &token)) {
            *statement = slice_make(text.ptr, lexer.offset - 1);
            splitter->rest = slice_from_offset(text, lexer.offset);
            if (splitter->rest.len == 0)
                splitter->rest = SLICE_NONE;
            return true;
        }
        block_feed(&block, &token);
    }
    *statement = text;
    splitter->rest = SLICE_NONE;
    return true;
}
