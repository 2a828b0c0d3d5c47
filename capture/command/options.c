/* options: see options.h. Built on getopt_long; the table becomes its tables. */
#include "command/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command/output.h"
#include "ddltap/error.h"

#define ENTRIES_MAX 16

/* Values that getopt_long returns for long options: the place in the table, past all letters. */
enum {
    VALUE_FIRST = 256,
    VALUE_HELP = VALUE_FIRST + ENTRIES_MAX,
    VALUE_NO_COLOUR
};

static const struct option_entry common[] = {
    {'\0', "no-color", NULL, "no colour, also on a terminal", NULL, NULL},
    {'h', "help", NULL, "print this help", NULL, NULL},
};

static void print_entry(const struct option_entry *entry)
{
    char text[80], letter[] = {'-', entry->letter, ',', ' ', '\0'};
    snprintf(text, sizeof text, "%s--%s%s%s", entry->letter == '\0' ? "    " : letter, entry->name,
             entry->argument == NULL ? "" : " ", entry->argument == NULL ? "" : entry->argument);
    printf("  %-26s %s\n", text, entry->help);
}

static void print_help(const struct option_usage *usage)
{
    printf("usage: %s\n\n%s\n\n", usage->synopsis, usage->text);
    for (size_t i = 0; i < usage->count; i++)
        print_entry(&usage->entries[i]);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        print_entry(&common[i]);
}

int options_wrong(const char *command, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "ddltap %s: ", command);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nSee \"ddltap %s --help\".\n", command);
    return EXIT_USAGE;
}

/* The tables of getopt_long; letters needs 2 * ENTRIES_MAX + 3 bytes. */
static void build_tables(const struct option_usage *usage, struct option *longs, char *letters)
{
    size_t n = 0, l = 0;
    letters[l++] = ':'; /* ':' instead of '?' for a missing argument */
    letters[l++] = 'h';
    for (; n < usage->count; n++) {
        const struct option_entry *entry = &usage->entries[n];
        int takes = entry->argument == NULL ? no_argument : required_argument;
        longs[n] = (struct option){entry->name, takes, NULL, VALUE_FIRST + (int)n};
        if (entry->letter == '\0')
            continue;
        letters[l++] = entry->letter;
        if (takes == required_argument)
            letters[l++] = ':';
    }
    letters[l] = '\0';
    longs[n++] = (struct option){"help", no_argument, NULL, VALUE_HELP};
    longs[n++] = (struct option){"no-color", no_argument, NULL, VALUE_NO_COLOUR};
    longs[n] = (struct option){NULL, 0, NULL, 0};
}

static const struct option_entry *find_entry(const struct option_usage *usage, int value)
{
    if (value >= VALUE_FIRST && value < VALUE_FIRST + (int)usage->count)
        return &usage->entries[value - VALUE_FIRST];
    for (size_t i = 0; i < usage->count; i++) {
        if (usage->entries[i].letter != '\0' && usage->entries[i].letter == (char)value)
            return &usage->entries[i];
    }
    return NULL;
}

int options_parse(int argc, char **argv, const struct option_usage *usage, int *operand)
{
    struct option longs[ENTRIES_MAX + 3];
    char letters[2 * ENTRIES_MAX + 3];
    int value;
    assert(usage->count <= ENTRIES_MAX);
    build_tables(usage, longs, letters);
    opterr = 0;
    optind = 0; /* start again: main has read its own options with getopt before */
    while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        const struct option_entry *entry = find_entry(usage, value);
        if (value == 'h' || value == VALUE_HELP) {
            print_help(usage);
            return EXIT_DONE;
        }
        if (value == VALUE_NO_COLOUR)
            output_disable_colour();
        else if (value == ':')
            return options_wrong(argv[0], "%s needs an argument.", argv[optind - 1]);
        else if (entry == NULL)
            return options_wrong(argv[0], "there is no option %s.", argv[optind - 1]);
        else if (entry->flag != NULL)
            *entry->flag = true;
        else
            *entry->text = optarg;
    }
    *operand = optind;
    return -1;
}
