/* main: the options before the command, the list of commands, --help and --version. */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/output.h"
#include "server/control.h"

#define ASSIGNMENTS_MAX 64

/* In the order in which --help shows them. */
static const struct command_entry commands[] = {
    {"init", "set ddltap up in this repository", command_init},
    {"proxy", "run the proxy and capture changes of the schema", command_proxy},
    {"status", "where things stand", command_status},
    {"list", "list the drafts", command_list},
    {"show", "show one draft with its SQL and images", command_show},
    {"diff", "show what the drafts amount to, or what production lacks", command_diff},
    {"review", "go through the drafts one after the other, and decide", command_review},
    {"edit", "edit a draft", command_edit},
    {"discard", "set drafts aside", command_discard},
    {"restore", "bring drafts back that were set aside", command_restore},
    {"undo", "take a change back in the development database", command_undo},
    {"squash", "make one draft of several, with their net change", command_squash},
    {"split", "make several drafts of one, one for each object", command_split},
    {"apply", "bring the database to what the drafts say", command_apply},
    {"verify", "prove the drafts in a scratch database", command_verify},
    {"lint", "say what could go wrong with the drafts in production", command_lint},
    {"scan", "find what changed outside of the proxy", command_scan},
    {"commit", "make a migration of drafts", command_commit},
    {"check", "for git hooks and CI: is anything not committed?", command_check},
    {"hook", "have git ask ddltap before a commit and a push", command_hook},
    {"doctor", "test every part of the set-up, and say how to mend it", command_doctor},
    {"config", "print the settings, and where they come from", command_config},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

/* What was printed has reached its place, or the command could not be done. */
static int written(int exit_code)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return exit_code;
    fprintf(stderr, "ddltap: the output could not be written: %s\n", strerror(errno));
    return EXIT_UNABLE;
}

static void print_help(FILE *stream)
{
    fprintf(stream,
            "usage: ddltap [-C DIR] [-c SECTION.NAME=VALUE]... [--no-color] COMMAND [options]\n"
            "\n"
            "Captures changes that tools make to a MySQL or MariaDB schema as draft "
            "migrations.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(stream,
            "\n"
            "  -C DIR     act as if started in DIR\n"
            "  -c KEY     set one key of the configuration for this run\n"
            "  --version  print the version of ddltap and of its libraries\n"
            "\n"
            "\"ddltap COMMAND --help\" explains a command. Exit codes: 0 done, 1 the answer "
            "is no,\n2 used wrongly, 3 could not be done.\n");
}

static void print_version(void)
{
    printf("ddltap %s\n%s\n%s\nSQLite %s\nlibevent %s\n", DDLTAP_VERSION, control_library(),
           OpenSSL_version(OPENSSL_VERSION), sqlite3_libversion(), event_get_version());
}

static int change_folder(const char *folder)
{
    if (chdir(folder) == 0)
        return -1;
    fprintf(stderr, "ddltap: cannot change into %s: %s.\n", folder, strerror(errno));
    return EXIT_UNABLE;
}

static int wrong(const char *message, const char *what)
{
    fprintf(stderr, "ddltap: %s %s. See \"ddltap --help\".\n", message, what);
    return EXIT_USAGE;
}

enum {
    VALUE_HELP = 256,
    VALUE_VERSION,
    VALUE_NO_COLOUR
};

/* -1: go on with the command at argv[optind]; else the exit code. */
static int parse(int argc, char **argv, const char **assignments, struct command_context *context)
{
    static const struct option longs[] = {
        {"help", no_argument, NULL, VALUE_HELP},
        {"version", no_argument, NULL, VALUE_VERSION},
        {"no-color", no_argument, NULL, VALUE_NO_COLOUR},
        {NULL, 0, NULL, 0},
    };
    int value, code = -1;
    opterr = 0;
    while (code < 0 && (value = getopt_long(argc, argv, "+:hC:c:", longs, NULL)) != -1) {
        switch (value) {
        case 'C':
            code = change_folder(optarg);
            break;
        case 'c':
            if (context->assignment_count == ASSIGNMENTS_MAX)
                return wrong("too many", "-c options");
            assignments[context->assignment_count++] = optarg;
            break;
        case 'h':
        case VALUE_HELP:
            print_help(stdout);
            return EXIT_DONE;
        case VALUE_VERSION:
            print_version();
            return EXIT_DONE;
        case VALUE_NO_COLOUR:
            output_disable_colour();
            break;
        case ':':
            return wrong("an argument is missing after", argv[optind - 1]);
        default:
            return wrong("there is no option", argv[optind - 1]);
        }
    }
    return code;
}

int main(int argc, char **argv)
{
    const char *assignments[ASSIGNMENTS_MAX];
    struct command_context context = {"ddltap", assignments, 0};
    int code = parse(argc, argv, assignments, &context);
    if (code >= 0)
        return code;
    if (optind == argc) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[optind];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return written(commands[i].run(argc - optind, argv + optind, &context));
    }
    return wrong("there is no command", name);
}
