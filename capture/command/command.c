/* command: see command.h. */
#include "command/command.h"

#include <stdio.h>

int command_fail(const struct problem *problem)
{
    fflush(stdout);
    fprintf(stderr, "ddltap: %s\n", problem->text);
    return error_exit_code(problem->code);
}
