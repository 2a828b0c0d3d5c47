/* error: see error.h. One table: the exit code of each error. */
#include "ddltap/error.h"

#include <stdarg.h>
#include <stdio.h>

static const int exit_codes[ERROR_COUNT] = {
    [ERROR_NONE] = EXIT_DONE,        [ERROR_USAGE] = EXIT_USAGE,
    [ERROR_CONFIG] = EXIT_USAGE,     [ERROR_NOT_FOUND] = EXIT_UNABLE,
    [ERROR_FILE] = EXIT_UNABLE,      [ERROR_JOURNAL] = EXIT_UNABLE,
    [ERROR_LOCKED] = EXIT_UNABLE,    [ERROR_SERVER] = EXIT_UNABLE,
    [ERROR_NETWORK] = EXIT_UNABLE,   [ERROR_MALFORMED] = EXIT_UNABLE,
    [ERROR_TOO_LARGE] = EXIT_UNABLE, [ERROR_UNSUPPORTED] = EXIT_UNABLE,
    [ERROR_GIT] = EXIT_UNABLE,
};

enum error problem_set(struct problem *problem, enum error code, const char *format, ...)
{
    if (problem == NULL)
        return code;
    problem->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof(problem->text), format, arguments);
    va_end(arguments);
    return code;
}

int error_exit_code(enum error code)
{
    if ((unsigned)code >= ERROR_COUNT)
        return EXIT_UNABLE;
    return exit_codes[code];
}
