/* confirm: ask the person at the terminal before something that cannot be taken back. */
#ifndef DDLTAP_COMMAND_CONFIRM_H
#define DDLTAP_COMMAND_CONFIRM_H

#include <stdbool.h>

/* Print question with " [y/N] " on standard error and read a line of standard input: true for "y" and
 * "yes". yes: the option --yes was given, nothing is asked. Where standard input is no terminal: false, and
 * that --yes is needed is said. */
bool confirm_ask(const char *question, bool yes);

#endif
