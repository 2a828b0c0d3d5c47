/* error: see error.h. One table: the words and the exit code of each error. */
#include "ddltap/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "ddltap/slice.h"

static const struct {
    const char *text;
    int exit_code;
} errors[ERROR_COUNT] = {
    [ERROR_NONE] = {"no error", EXIT_DONE},
    [ERROR_USAGE] = {"used wrongly", EXIT_USAGE},
    [ERROR_CONFIG] = {"configuration error", EXIT_USAGE},
    [ERROR_NOT_FOUND] = {"not found", EXIT_UNABLE},
    [ERROR_FILE] = {"file error", EXIT_UNABLE},
    [ERROR_JOURNAL] = {"journal error", EXIT_UNABLE},
    [ERROR_LOCKED] = {"journal in use", EXIT_UNABLE},
    [ERROR_SERVER] = {"server error", EXIT_UNABLE},
    [ERROR_NETWORK] = {"network error", EXIT_UNABLE},
    [ERROR_MALFORMED] = {"malformed input", EXIT_UNABLE},
    [ERROR_TOO_LARGE] = {"too large", EXIT_UNABLE},
    [ERROR_UNSUPPORTED] = {"not supported", EXIT_UNABLE},
    [ERROR_GIT] = {"git error", EXIT_UNABLE},
};

static_assert(sizeof(errors) / sizeof(errors[0]) == ERROR_COUNT, "each error has its words");

const char *error_text(enum error code)
{
    if ((unsigned)code >= ERROR_COUNT)
        return "unknown error";
    return errors[code].text;
}

/* What servers, tools and file names bring along may be escape sequences, which a terminal obeys. */
static void make_safe(char *text)
{
    struct slice all = slice_from(text);
    for (size_t i = 0; i < all.len; i++)
        if (slice_is_control(all, i))
            text[i] = '?';
}

enum error problem_set(struct problem *problem, enum error code, const char *format, ...)
{
    if (problem == NULL)
        return code;
    problem->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof(problem->text), format, arguments);
    va_end(arguments);
    make_safe(problem->text);
    return code;
}

int error_exit_code(enum error code)
{
    if ((unsigned)code >= ERROR_COUNT)
        return EXIT_UNABLE;
    return errors[code].exit_code;
}
