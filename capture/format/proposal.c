/* proposal: see proposal.h. */
#include "format/proposal.h"

#include <string.h>

#include "sql/section.h"

static enum error check_text(struct slice text, const char *what, struct problem *problem)
{
    int shown = text.len < 60 ? (int)text.len : 60;
    if (!section_is_utf8(text))
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "%s holds bytes that are not UTF-8 and cannot stand in a migration. "
                           "Write them as x'...' in the draft.",
                           what);
    if (memchr(text.ptr, '\0', text.len) != NULL)
        return problem_set(
            problem, ERROR_UNSUPPORTED,
            "%s holds a NUL byte, which cannot stand in a migration: \"%.*s\". Write "
            "it as \\0 in the draft.",
            what, shown, text.ptr);
    return ERROR_NONE;
}

/* DELIMITER is a command of the mysql program: no server and no driver knows it. */
static bool is_delimiter(struct slice text)
{
    static const struct slice word = {"delimiter", 9};
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[0]) != NULL)
        text = slice_from_offset(text, 1);
    return text.len > word.len && slice_equal_nocase(slice_make(text.ptr, word.len), word) &&
           strchr(" \t", text.ptr[word.len]) != NULL;
}

static enum error check_statement(struct slice text, struct problem *problem)
{
    enum error error = check_text(text, "A statement", problem);
    if (error == ERROR_NONE && is_delimiter(text))
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "DELIMITER is a command of the mysql program, not of the server. Take "
                            "the line out of the draft; bodies may hold ';' as they are.");
    else if (error == ERROR_NONE && !section_has_statement(text))
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "A statement is empty but for comments. Take it out of the draft.");
    return error;
}

static enum error check_statements(const struct slice *statements, size_t count,
                                   struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < count && error == ERROR_NONE; i++)
        error = check_statement(statements[i], problem);
    return error;
}

enum error proposal_check(const struct proposal *proposal, struct problem *problem)
{
    enum error error = check_text(slice_from(proposal->message), "The message", problem);
    if (error == ERROR_NONE)
        error = check_statements(proposal->up, proposal->up_count, problem);
    if (error == ERROR_NONE)
        error = check_statements(proposal->down, proposal->down_count, problem);
    for (size_t i = 0; i < proposal->remark_count && error == ERROR_NONE; i++)
        error = check_text(slice_from(proposal->remarks[i]), "A remark", problem);
    if (error == ERROR_NONE && proposal->no_way_back != NULL)
        error = check_text(slice_from(proposal->no_way_back), "The reason", problem);
    if (error == ERROR_NONE && proposal->up_count == 0)
        error = problem_set(problem, ERROR_UNSUPPORTED, "There is no statement to write down.");
    return error;
}
