/* view: see view.h. */
#include "schema/view.h"

#include "schema/printed.h"

/* Past "from", "join" and "straight_join" with the parentheses and blanks behind them; 0: none of them
 * stands here. */
static size_t skip_source_word(struct slice text, size_t at)
{
    static const char *const words[] = {"from ", "join ", "from(", "join("};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct slice word = slice_from(words[i]);
        if (!slice_starts_with(slice_from_offset(text, at), word))
            continue;
        at += word.len - 1;
        while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '('))
            at++;
        return at;
    }
    return 0;
}

bool view_makes_names(struct slice text)
{
    return printed_mentions(text, SLICE("with ")) && printed_mentions(text, SLICE(" as ("));
}

bool view_next_source(struct slice text, size_t *at, struct slice *source)
{
    while (*at < text.len) {
        bool at_word = *at > 0 && (text.ptr[*at - 1] == ' ' || text.ptr[*at - 1] == '_' ||
                                   text.ptr[*at - 1] == '(' || text.ptr[*at - 1] == ')');
        size_t behind = at_word ? skip_source_word(text, *at) : 0;
        if (behind == 0) {
            *at = text.ptr[*at] == '(' ? *at + 1 : printed_skip(text, *at);
            continue;
        }
        *at = behind;
        *source = printed_name(text, behind);
        if (slice_is_none(*source))
            continue;
        *at += source->len;
        bool elsewhere = *at < text.len && text.ptr[*at] == '.';
        if (!elsewhere)
            return true;
    }
    return false;
}

struct slice view_alias(struct slice text, size_t at, struct slice source)
{
    struct slice alias =
        at < text.len && text.ptr[at] == ' ' ? printed_name(text, at + 1) : SLICE_NONE;

    return slice_is_none(alias) ? source : alias;
}

bool view_next_column(struct slice text, size_t *at, struct slice *alias, struct slice *column)
{
    while (*at < text.len) {
        *alias = printed_name(text, *at);
        if (slice_is_none(*alias)) {
            *at = text.ptr[*at] == '(' ? *at + 1 : printed_skip(text, *at);
            continue;
        }
        *at += alias->len;
        *column = *at < text.len && text.ptr[*at] == '.' ? printed_name(text, *at + 1) : SLICE_NONE;
        if (slice_is_none(*column))
            continue;
        *at += 1; /* the second name may be the first of another pair */
        return true;
    }
    return false;
}

bool view_makes_source(struct slice text, struct slice alias)
{
    for (size_t at = 2; at + alias.len <= text.len; at++) {
        if (text.ptr[at - 2] == ')' && text.ptr[at - 1] == ' ' &&
            slice_equal(slice_make(text.ptr + at, alias.len), alias))
            return true;
    }
    return false;
}
