/* command: see command.h. */
#include "command/command.h"

#include <stdio.h>

#include "command/output.h"

int command_fail(const struct problem *problem)
{
    struct buffer safe = BUFFER_INIT;
    fflush(stdout);
    const char *text = problem->text[0] != '\0' ? problem->text : error_text(problem->code);
    output_safe(&safe, slice_from(text));
    fprintf(stderr, "ddltap: %s\n", buffer_text(&safe));
    buffer_release(&safe);
    return error_exit_code(problem->code);
}
