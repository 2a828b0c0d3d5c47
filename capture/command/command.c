/* command: see command.h. */
#include "command/command.h"

#include <stdio.h>

int command_fail(const struct problem *problem)
{
    fflush(stdout);
    const char *text = problem->text[0] != '\0' ? problem->text : error_text(problem->code);
    fprintf(stderr, "ddltap: %s\n", text);
    return error_exit_code(problem->code);
}
