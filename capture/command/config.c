/* config: every setting with its value and where it comes from; --markdown prints the reference. */
#include <stdio.h>
#include <stdlib.h>

#include "command/columns.h"
#include "command/command.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "ddltap/memory.h"

struct printing {
    const struct settings *settings;
    struct columns columns;
    json_t *json; /* NULL: a table is wanted */
};

static void add_row(struct columns *columns, const char *key, const char *value, const char *source)
{
    struct columns_row *row = columns_add(columns);
    row->cells[0] = memory_copy_text(key);
    row->cells[1] = memory_copy_text(value);
    row->cells[2] = memory_copy_text(source);
    row->colours[2] = OUTPUT_DIM;
}

static void found(void *argument, const struct settings_key_facts *facts)
{
    struct printing *printing = argument;
    struct buffer key = BUFFER_INIT, raw = BUFFER_INIT, value = BUFFER_INIT;
    const char *source = settings_source(printing->settings, facts->section, facts->name);
    buffer_printf(&key, "%s.%s", facts->section, facts->name);
    enum error error =
        settings_get_text(printing->settings, facts->section, facts->name, &raw, NULL);
    if (error != ERROR_NONE)
        goto out;
    output_safe_line(&value, buffer_slice(&raw));
    if (printing->json == NULL) {
        add_row(&printing->columns, buffer_text(&key), buffer_text(&value), source);
    } else {
        json_t *entry = json_object();
        json_object_set_new(entry, "value", output_json_text(buffer_slice(&raw)));
        json_object_set_new(entry, "source", output_json_text(slice_from(source)));
        json_object_set_new(printing->json, buffer_text(&key), entry);
    }
out:
    buffer_release(&key);
    buffer_release(&raw);
    buffer_release(&value);
}

static int print_reference(void)
{
    struct buffer text = BUFFER_INIT;
    settings_write_markdown(&text);
    output_page(&text);
    buffer_release(&text);
    return EXIT_DONE;
}

int command_config(int argc, char **argv, const struct command_context *context)
{
    bool json = false, markdown = false;
    const struct option_entry entries[] = {
        OPTION_FLAG('\0', "json", "print JSON", &json),
        OPTION_FLAG('\0', "markdown", "print the reference of all keys instead", &markdown),
    };
    const struct option_usage usage = {
        "ddltap config [--json | --markdown]",
        "Print every setting with its value and the file, variable or flag that it comes from.",
        entries, 2};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (operand < argc)
        return options_wrong(argv[0], "takes no argument such as \"%s\".", argv[operand]);
    if (markdown)
        return print_reference();

    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct printing printing = {&project.settings, COLUMNS_INIT, json ? json_object() : NULL};
    struct buffer text = BUFFER_INIT;
    settings_each(found, &printing);
    if (json) {
        output_json(printing.json);
    } else {
        columns_write(&printing.columns, &text);
        output_page(&text);
    }
    buffer_release(&text);
    columns_release(&printing.columns);
    project_release(&project);
    return EXIT_DONE;
}
