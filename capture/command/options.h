/* options: the options of one subcommand: a table that is parsed and that prints its own help.
 *
 *     bool json = false;
 *     const struct option_entry entries[] = {
 *         OPTION_FLAG('\0', "json", "print JSON", &json),
 *         OPTION_TEXT('l', "listen", "ADDRESS", "listen on ADDRESS", &listen),
 *     };
 *     const struct option_usage usage = {"ddltap status [--json]", "Where it stands.", entries, 2};
 *     int operand, code = options_parse(argc, argv, &usage, &operand);
 *     if (code >= 0)
 *         return code;
 *
 * Every command also knows -h, --help and --no-color.
 */
#ifndef DDLTAP_COMMAND_OPTIONS_H
#define DDLTAP_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct option_entry {
    char letter; /* '\0': none */
    const char *name;
    const char *argument; /* "ADDRESS"; NULL: a flag */
    const char *help;
    bool *flag;        /* set to true; NULL when it takes an argument */
    const char **text; /* set to the argument (of argv); NULL for a flag */
};

#define OPTION_FLAG(letter, name, help, target)                                                    \
    {                                                                                              \
        (letter), (name), NULL, (help), (target), NULL                                             \
    }
#define OPTION_TEXT(letter, name, argument, help, target)                                          \
    {                                                                                              \
        (letter), (name), (argument), (help), NULL, (target)                                       \
    }

struct option_usage {
    const char *synopsis; /* without "usage: " */
    const char *text;     /* sentences below it; '\n' between lines */
    const struct option_entry *entries;
    size_t count;
};

/* -1: go on; operands are argv[*operand] up to argc. Else the exit code to return: help was printed
 * (EXIT_DONE), or the options were wrong and that was said (EXIT_USAGE). */
int options_parse(int argc, char **argv, const struct option_usage *usage, int *operand);

/* Say "ddltap COMMAND: message" and where help is; EXIT_USAGE. */
int options_wrong(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
