/* settings: see settings.h.
 *
 *     table row  --offset-->  field of struct settings
 *        |
 *        type  --> one row of `types`: read a text into the field, write it back, release it
 *
 * Files are parsed by inih. Its handler is not told the line, but it is called while its reader
 * stands on that line; so the reader counts.
 */
#include "config/settings.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddltap/memory.h"

enum type {
    TYPE_TEXT,
    TYPE_NUMBER,
    TYPE_CHOICE,
    TYPE_ADDRESS,
    TYPE_ADDRESSES
};

struct key {
    const char *section;
    const char *name;
    enum type type;
    size_t offset;
    const char *standard;       /* the default, as a file would say it */
    uint64_t minimum, maximum;  /* TYPE_NUMBER */
    const char *unit;           /* TYPE_NUMBER: "seconds", "bytes" (takes K, M, G) or NULL */
    const char *const *choices; /* TYPE_CHOICE: words, NULL at the end; the value is the index */
    bool reloadable;
    const char *help;
};

static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const definers[] = {"drop", "keep", NULL};
static const char *const journal_failures[] = {"refuse", "forward", NULL};

#define FIELD(field) offsetof(struct settings, field)

static const struct key keys[] = {
    {"proxy", "listen", TYPE_ADDRESSES, FIELD(listen), "127.0.0.1:3307", 0, 0, NULL, NULL, false,
     "Where clients connect. Several addresses are separated by commas. Keep to loopback addresses "
     "and sockets unless everyone who reaches the port may reach the server."},
    {"proxy", "upstream", TYPE_ADDRESS, FIELD(upstream), "", 0, 0, NULL, NULL, false,
     "The development server. Empty: the server that the database URL names."},
    {"proxy", "upstream_socket", TYPE_ADDRESS, FIELD(upstream_socket), "", 0, 0, NULL, NULL, false,
     "The same server's Unix socket, unix:/PATH. Clients that connect to a socket of the proxy "
     "reach "
     "the server there, all others at upstream: each is to the server what it would be without the "
     "proxy, and logins that depend on the kind of connection pass. Empty: all go to upstream."},
    {"proxy", "threads", TYPE_NUMBER, FIELD(threads), "0", 0, 256, NULL, NULL, false,
     "Event loops. 0: one for each core."},
    {"proxy", "tls_certificate", TYPE_TEXT, FIELD(tls_certificate), "", 0, 0, NULL, NULL, false,
     "PEM file of the certificate that clients see. Empty: one is generated once and kept in "
     "ddltap/state/."},
    {"proxy", "tls_key", TYPE_TEXT, FIELD(tls_key), "", 0, 0, NULL, NULL, false,
     "PEM file of the certificate's private key. Empty: generated with the certificate."},
    {"proxy", "drain_timeout", TYPE_NUMBER, FIELD(drain_timeout), "30", 0, 3600, "seconds", NULL,
     false, "How long SIGTERM waits for sessions that are in the middle of a command."},
    {"proxy", "connect_timeout", TYPE_NUMBER, FIELD(connect_timeout), "10", 1, 3600, "seconds",
     NULL, false, "How long to wait for the development server to take a connection."},
    {"proxy", "log_level", TYPE_CHOICE, FIELD(log_level), "info", 0, 0, NULL, log_levels, true,
     "How much the proxy says."},
    {"capture", "database", TYPE_TEXT, FIELD(database), "", 0, 0, NULL, NULL, false,
     "The schema whose changes become drafts. Empty: the database of the URL."},
    {"capture", "user", TYPE_TEXT, FIELD(user), "", 0, 0, NULL, NULL, false,
     "Account with which ddltap itself logs in. Empty: the user of the URL."},
    {"capture", "url_variable", TYPE_TEXT, FIELD(url_variable), "", 0, 0, NULL, NULL, false,
     "Name of the variable that carries the database URL, in the environment, .env or .flaskenv. "
     "Empty: DATABASE_URL, then SQLALCHEMY_DATABASE_URI."},
    {"capture", "definer", TYPE_CHOICE, FIELD(definer), "drop", 0, 0, NULL, definers, false,
     "Whether drafts keep the DEFINER of views, triggers, routines and events. It names an account "
     "that production seldom has."},
    {"capture", "journal_failure", TYPE_CHOICE, FIELD(journal_failure), "refuse", 0, 0, NULL,
     journal_failures, false,
     "What happens to DDL that the journal cannot record: refuse it with an error, or forward it "
     "and note the gap."},
    {"capture", "text_limit", TYPE_NUMBER, FIELD(text_limit), "67108864", 1024, 1073741824, "bytes",
     NULL, false,
     "A command longer than this is forwarded without being looked at, and noted as a gap."},
    {"journal", "keep_days", TYPE_NUMBER, FIELD(keep_days), "90", 0, 36500, "days", NULL, false,
     "How long the journal keeps the definitions before and after a change that was committed, "
     "undone or failed. Statement, time and account stay; drafts that are pending or set aside and "
     "the newest commit keep everything. 0: for ever."},
    {"format", "name", TYPE_TEXT, FIELD(format), "", 0, 0, NULL, NULL, false,
     "The project's migration format: alembic, dbmate, golang-migrate or plain. Empty: found out "
     "from the files."},
    {"format", "directory", TYPE_TEXT, FIELD(directory), "", 0, 0, NULL, NULL, false,
     "Where its migrations are, below the project folder. Empty: found out with the format."},
    {"format", "version_table", TYPE_TEXT, FIELD(version_table), "", 0, 0, NULL, NULL, false,
     "The table in which the migration tool notes what it has applied. Empty: the one that the "
     "tool "
     "takes when nothing else is said, or that env.py names."},
    {"format", "python", TYPE_TEXT, FIELD(python), "", 0, 0, NULL, NULL, false,
     "The Python of the project, to ask Alembic what the models lack. Empty: that of the active "
     "virtual environment, of .venv, venv or env, else python3."},
    {"lint", "target", TYPE_TEXT, FIELD(lint_target), "", 0, 0, NULL, NULL, false,
     "The server of production: mysql:8.0 or mariadb:10.6, with as much of the version as is "
     "known. What it lacks is a finding of ddltap lint. Empty: not looked at."},
    {"lint", "levels", TYPE_TEXT, FIELD(lint_levels), "", 0, 0, NULL, NULL, false,
     "How much the rules of ddltap lint count: drop-column:warning, old-utf8:off. A level is "
     "error, warning, info or off."},
    {"replay", "command", TYPE_TEXT, FIELD(replay_command), "", 0, 0, NULL, NULL, false,
     "What applies all migrations of the project, such as flask db upgrade. It is run through "
     "/bin/sh in the project folder, on a scratch database: so init knows which part of the schema "
     "no migration has. Empty: that is not known."},
    {"replay", "variable", TYPE_TEXT, FIELD(replay_variable), "DATABASE_URL", 0, 0, NULL, NULL,
     false, "Name of the environment variable in which that command finds the database URL."},
    {"replay", "time_limit", TYPE_NUMBER, FIELD(replay_time_limit), "300", 1, 86400, "seconds",
     NULL, false, "How long that command may take."},
};

#define KEY_COUNT (sizeof keys / sizeof keys[0])
static_assert(KEY_COUNT == SETTINGS_KEY_COUNT, "settings.h says how many keys there are");

/* --- types --------------------------------------------------------------------------------------
 */

static enum error read_text(const struct key *key, const char *text, void *field,
                            struct problem *problem)
{
    (void)key;
    (void)problem;
    *(char **)field = memory_copy_text(text);
    return ERROR_NONE;
}

/* "64M" is 64 MiB where the unit is bytes. */
static uint64_t read_factor(const struct key *key, const char *suffix)
{
    static const char letters[] = "KMG";
    if (*suffix == '\0')
        return 1;
    const char *letter = strchr(letters, toupper((unsigned char)*suffix));
    if (key->unit == NULL || strcmp(key->unit, "bytes") != 0 || letter == NULL || suffix[1] != '\0')
        return 0;
    return UINT64_C(1024) << (10 * (letter - letters));
}

static enum error read_number(const struct key *key, const char *text, void *field,
                              struct problem *problem)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t factor = read_factor(key, text + digits);
    if (digits >= 1 && digits <= 12 && factor != 0) {
        uint64_t number = strtoull(text, NULL, 10);
        if (number <= key->maximum / factor && number * factor >= key->minimum) {
            *(uint64_t *)field = number * factor;
            return ERROR_NONE;
        }
    }
    return problem_set(problem, ERROR_CONFIG,
                       "\"%s\" does not fit: write a number from %llu to %llu%s%s.", text,
                       (unsigned long long)key->minimum, (unsigned long long)key->maximum,
                       key->unit == NULL ? "" : " ", key->unit == NULL ? "" : key->unit);
}

static void list_choices(const struct key *key, const char *separator, struct buffer *out)
{
    for (size_t i = 0; key->choices[i] != NULL; i++)
        buffer_printf(out, "%s%s", i == 0 ? "" : separator, key->choices[i]);
}

static enum error read_choice(const struct key *key, const char *text, void *field,
                              struct problem *problem)
{
    for (int i = 0; key->choices[i] != NULL; i++) {
        if (strcmp(text, key->choices[i]) == 0) {
            *(int *)field = i;
            return ERROR_NONE;
        }
    }
    struct buffer words = BUFFER_INIT;
    list_choices(key, ", ", &words);
    problem_set(problem, ERROR_CONFIG, "\"%s\" is none of: %s.", text, buffer_text(&words));
    buffer_release(&words);
    return ERROR_CONFIG;
}

static enum error read_address(const struct key *key, const char *text, void *field,
                               struct problem *problem)
{
    (void)key;
    if (*text == '\0') {
        *(struct settings_address *)field = (struct settings_address){0};
        return ERROR_NONE;
    }
    return settings_address_read(text, field, problem);
}

static enum error read_addresses(const struct key *key, const char *text, void *field,
                                 struct problem *problem)
{
    (void)key;
    return settings_addresses_read(text, field, problem);
}

static void write_text(const struct key *key, const void *field, struct buffer *out)
{
    (void)key;
    buffer_append_text(out, *(char *const *)field);
}

static void write_number(const struct key *key, const void *field, struct buffer *out)
{
    (void)key;
    buffer_printf(out, "%llu", (unsigned long long)*(const uint64_t *)field);
}

static void write_choice(const struct key *key, const void *field, struct buffer *out)
{
    buffer_append_text(out, key->choices[*(const int *)field]);
}

static void write_address(const struct key *key, const void *field, struct buffer *out)
{
    (void)key;
    settings_address_write(field, out);
}

static void write_addresses(const struct key *key, const void *field, struct buffer *out)
{
    (void)key;
    settings_addresses_write(field, out);
}

static void release_text(void *field)
{
    free(*(char **)field);
}

static void release_nothing(void *field)
{
    (void)field;
}

static void release_address(void *field)
{
    settings_address_release(field);
}

static void release_addresses(void *field)
{
    settings_addresses_release(field);
}

static const struct {
    size_t size;
    /* Fill field (not released before) from text. */
    enum error (*read)(const struct key *key, const char *text, void *field,
                       struct problem *problem);
    void (*write)(const struct key *key, const void *field, struct buffer *out);
    void (*release)(void *field);
} types[] = {
    [TYPE_TEXT] = {sizeof(char *), read_text, write_text, release_text},
    [TYPE_NUMBER] = {sizeof(uint64_t), read_number, write_number, release_nothing},
    [TYPE_CHOICE] = {sizeof(int), read_choice, write_choice, release_nothing},
    [TYPE_ADDRESS] = {sizeof(struct settings_address), read_address, write_address,
                      release_address},
    [TYPE_ADDRESSES] = {sizeof(struct settings_addresses), read_addresses, write_addresses,
                        release_addresses},
};

/* --- one key ------------------------------------------------------------------------------------
 */

static void *key_field(struct settings *settings, const struct key *key)
{
    return (char *)settings + key->offset;
}

static const void *key_field_const(const struct settings *settings, const struct key *key)
{
    return (const char *)settings + key->offset;
}

static const struct key *key_find(const char *section, const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
            return &keys[i];
    }
    return NULL;
}

/* Say what is wrong with section and name, and what there is instead. */
static enum error key_unknown(const char *section, const char *name, struct problem *problem)
{
    struct buffer known = BUFFER_INIT;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].section, section) == 0)
            buffer_printf(&known, "%s%s", known.len == 0 ? "" : ", ", keys[i].name);
    }
    if (known.len > 0)
        problem_set(problem, ERROR_CONFIG, "[%s] has no key \"%s\". It has: %s.", section, name,
                    buffer_text(&known));
    else if (*section == '\0')
        problem_set(problem, ERROR_CONFIG,
                    "\"%s\" stands in no section. The sections are [proxy], [capture], [format], "
                    "[lint] and [replay].",
                    name);
    else
        problem_set(problem, ERROR_CONFIG,
                    "There is no section [%s]. The sections are [proxy], [capture], [format], "
                    "[lint] and [replay].",
                    section);
    buffer_release(&known);
    return ERROR_CONFIG;
}

static enum error key_put(struct settings *settings, const struct key *key, const char *value,
                          const char *source, struct problem *problem)
{
    /* Read beside the field first: a value that does not fit leaves the old one. */
    union {
        char *text;
        uint64_t number;
        int choice;
        struct settings_address address;
        struct settings_addresses addresses;
    } fresh;
    enum error error = types[key->type].read(key, value, &fresh, problem);
    if (error != ERROR_NONE)
        return error;
    types[key->type].release(key_field(settings, key));
    memcpy(key_field(settings, key), &fresh, types[key->type].size);
    size_t index = (size_t)(key - keys);
    free(settings->sources[index]);
    settings->sources[index] = memory_copy_text(source);
    return ERROR_NONE;
}

enum error settings_put(struct settings *settings, const char *section, const char *name,
                        const char *value, const char *source, struct problem *problem)
{
    struct problem inner = PROBLEM_INIT;
    const struct key *key = key_find(section, name);
    enum error error = key == NULL ? key_unknown(section, name, &inner)
                                   : key_put(settings, key, value, source, &inner);
    if (error == ERROR_NONE)
        return ERROR_NONE;
    if (key == NULL)
        return problem_set(problem, error, "%s: %s", source, inner.text);
    return problem_set(problem, error, "%s: %s.%s: %s", source, section, name, inner.text);
}

enum error settings_put_assignment(struct settings *settings, const char *assignment,
                                   struct problem *problem)
{
    const char *dot = strchr(assignment, '.'), *equals = strchr(assignment, '=');
    if (dot == NULL || equals == NULL || dot > equals)
        return problem_set(problem, ERROR_USAGE, "-c takes SECTION.NAME=VALUE, not \"%s\".",
                           assignment);
    char *section = memory_copy_slice(slice_make(assignment, (size_t)(dot - assignment)));
    char *name = memory_copy_slice(slice_make(dot + 1, (size_t)(equals - dot - 1)));
    enum error error = settings_put(settings, section, name, equals + 1, "-c", problem);
    free(section);
    free(name);
    return error;
}

/* --- layers -------------------------------------------------------------------------------------
 */

void settings_init(struct settings *settings)
{
    *settings = (struct settings){0};
    for (size_t i = 0; i < KEY_COUNT; i++) {
        enum error error = key_put(settings, &keys[i], keys[i].standard, "default", NULL);
        assert(error == ERROR_NONE);
        (void)error;
    }
}

void settings_release(struct settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        types[keys[i].type].release(key_field(settings, &keys[i]));
        free(settings->sources[i]);
    }
    *settings = (struct settings){0};
}

struct file_reader {
    FILE *stream;
    const char *path;
    unsigned line; /* that inih works on */
    struct settings *settings;
    unsigned seen_at[KEY_COUNT]; /* line of each key in this file; 0 not seen */
    struct problem problem;      /* the first one */
};

static void reader_fail(struct file_reader *reader, const char *text)
{
    if (reader->problem.code == ERROR_NONE)
        problem_set(&reader->problem, ERROR_CONFIG, "%s line %u: %s", reader->path, reader->line,
                    text);
}

/* fgets that counts lines. inih has a bound for lines, and would read the rest as another line. */
static char *read_line(char *line, int size, void *argument)
{
    struct file_reader *reader = argument;
    if (reader->problem.code != ERROR_NONE || fgets(line, size, reader->stream) == NULL)
        return NULL;
    reader->line++;
    if (strchr(line, '\n') == NULL && !feof(reader->stream)) {
        reader_fail(reader, "The line is too long.");
        return NULL;
    }
    return line;
}

/* inih: 1 is fine, 0 an error. */
static int found_value(void *argument, const char *section, const char *name, const char *value)
{
    struct file_reader *reader = argument;
    char source[600];
    snprintf(source, sizeof source, "%s line %u", reader->path, reader->line);
    const struct key *key = key_find(section, name);
    if (key != NULL && reader->seen_at[key - keys] != 0) {
        char text[120];
        snprintf(text, sizeof text, "%s.%s has a value already, in line %u.", section, name,
                 reader->seen_at[key - keys]);
        reader_fail(reader, text);
        return 0;
    }
    if (key != NULL)
        reader->seen_at[key - keys] = reader->line;
    return settings_put(reader->settings, section, name, value, source, &reader->problem) ==
           ERROR_NONE;
}

/* The last two parts of a path say enough: "ddltap/config.ini". */
static const char *short_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    while (slash != NULL && slash > path && slash[-1] != '/')
        slash--;
    return slash == NULL ? path : slash;
}

enum error settings_read_file(struct settings *settings, const char *path, struct problem *problem)
{
    struct file_reader reader = {.path = short_path(path), .settings = settings};
    reader.stream = fopen(path, "re");
    if (reader.stream == NULL)
        return problem_set(problem, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_FILE,
                           "%s cannot be read: %s.", path, strerror(errno));
    int broken_line = ini_parse_stream(read_line, &reader, found_value, &reader);
    if (ferror(reader.stream))
        problem_set(&reader.problem, ERROR_FILE, "%s cannot be read.", path);
    fclose(reader.stream);
    if (broken_line > 0 && reader.problem.code == ERROR_NONE)
        problem_set(&reader.problem, ERROR_CONFIG,
                    "%s line %d: This is no \"name = value\", no [section] and no comment.",
                    reader.path, broken_line);
    if (reader.problem.code != ERROR_NONE)
        return problem_set(problem, reader.problem.code, "%s", reader.problem.text);
    return ERROR_NONE;
}

/* DDLTAP_PROXY_LISTEN of proxy.listen; only the part after the section differs between keys. */
static bool variable_of_section(const char *variable, const char *section, const char **name)
{
    char prefix[40];
    int len = snprintf(prefix, sizeof prefix, "DDLTAP_%s_", section);
    for (int i = 0; i < len; i++)
        prefix[i] = (char)toupper((unsigned char)prefix[i]);
    *name = variable + len;
    return strncmp(variable, prefix, (size_t)len) == 0;
}

static enum error read_variable(struct settings *settings, const char *variable,
                                struct problem *problem)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const char *rest;
        bool new_section = i == 0 || strcmp(keys[i].section, keys[i - 1].section) != 0;
        if (!new_section || !variable_of_section(variable, keys[i].section, &rest))
            continue;
        char name[64];
        size_t len = strcspn(rest, "=");
        if (rest[len] != '=' || len >= sizeof name)
            return ERROR_NONE;
        for (size_t n = 0; n < len; n++)
            name[n] = (char)tolower((unsigned char)rest[n]);
        name[len] = '\0';
        char *source = memory_copy_slice(slice_make(variable, (size_t)(rest + len - variable)));
        enum error error =
            settings_put(settings, keys[i].section, name, rest + len + 1, source, problem);
        free(source);
        return error;
    }
    return ERROR_NONE;
}

static enum error read_environment(struct settings *settings, struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (char **variable = environ; *variable != NULL && error == ERROR_NONE; variable++)
        error = read_variable(settings, *variable, problem);
    return error;
}

enum error settings_load(struct settings *settings, const char *folder, struct problem *problem)
{
    static const char *const files[] = {"config.ini", "local.ini"};
    enum error error = ERROR_NONE;
    settings_init(settings);
    for (size_t i = 0; i < sizeof files / sizeof files[0] && error == ERROR_NONE; i++) {
        struct buffer path = BUFFER_INIT;
        buffer_printf(&path, "%s/%s", folder, files[i]);
        error = settings_read_file(settings, buffer_text(&path), problem);
        if (error == ERROR_NOT_FOUND)
            error = ERROR_NONE;
        buffer_release(&path);
    }
    if (error == ERROR_NONE)
        error = read_environment(settings, problem);
    if (error != ERROR_NONE)
        settings_release(settings);
    return error;
}

void settings_reload(struct settings *settings, const struct settings *fresh,
                     struct buffer *ignored)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct buffer before = BUFFER_INIT, after = BUFFER_INIT;
        types[keys[i].type].write(&keys[i], key_field_const(settings, &keys[i]), &before);
        types[keys[i].type].write(&keys[i], key_field_const(fresh, &keys[i]), &after);
        bool differs = !slice_equal(buffer_slice(&before), buffer_slice(&after));
        if (differs && keys[i].reloadable) {
            enum error error =
                key_put(settings, &keys[i], buffer_text(&after), fresh->sources[i], NULL);
            assert(error == ERROR_NONE);
            (void)error;
        } else if (differs) {
            buffer_printf(ignored, "%s%s.%s", ignored->len == 0 ? "" : ", ", keys[i].section,
                          keys[i].name);
        }
        buffer_release(&before);
        buffer_release(&after);
    }
}

/* --- what the table says ------------------------------------------------------------------------
 */

enum error settings_get_text(const struct settings *settings, const char *section, const char *name,
                             struct buffer *out, struct problem *problem)
{
    const struct key *key = key_find(section, name);
    if (key == NULL) {
        key_unknown(section, name, problem);
        return ERROR_NOT_FOUND;
    }
    types[key->type].write(key, key_field_const(settings, key), out);
    return ERROR_NONE;
}

const char *settings_source(const struct settings *settings, const char *section, const char *name)
{
    const struct key *key = key_find(section, name);
    assert(key != NULL);
    return settings->sources[key - keys];
}

static void write_type(const struct key *key, struct buffer *out)
{
    switch (key->type) {
    case TYPE_TEXT:
        buffer_append_text(out, "text");
        break;
    case TYPE_NUMBER:
        buffer_printf(out, "number from %llu to %llu%s%s", (unsigned long long)key->minimum,
                      (unsigned long long)key->maximum, key->unit == NULL ? "" : ", in ",
                      key->unit == NULL ? "" : key->unit);
        break;
    case TYPE_CHOICE:
        list_choices(key, " or ", out);
        break;
    case TYPE_ADDRESS:
        buffer_append_text(out, "address");
        break;
    case TYPE_ADDRESSES:
        buffer_append_text(out, "list of addresses");
        break;
    }
}

void settings_each(void (*found)(void *argument, const struct settings_key_facts *facts),
                   void *argument)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct buffer type = BUFFER_INIT;
        write_type(&keys[i], &type);
        const struct settings_key_facts facts = {
            .section = keys[i].section,
            .name = keys[i].name,
            .type = buffer_text(&type),
            .standard = keys[i].standard,
            .help = keys[i].help,
            .reloadable = keys[i].reloadable,
        };
        found(argument, &facts);
        buffer_release(&type);
    }
}

static const char markdown_head[] =
    "# Configuration\n"
    "\n"
    "This page is printed by `ddltap config --markdown` from the table in\n"
    "`capture/config/settings.c`; a test compares the two.\n"
    "\n"
    "Later layers win over earlier ones:\n"
    "\n"
    "1. the defaults below\n"
    "2. `ddltap/config.ini`, shared by the team; it holds no secret\n"
    "3. `ddltap/local.ini`, for this machine; git ignores it\n"
    "4. the environment: `DDLTAP_<SECTION>_<NAME>`, such as `DDLTAP_PROXY_LISTEN`\n"
    "5. flags: `ddltap -c proxy.listen=127.0.0.1:3308 proxy`\n"
    "\n"
    "An unknown section or key and a value that does not fit are errors that name file and line.\n"
    "`ddltap config` prints every value with the place it comes from. An address is written\n"
    "`host:port`, `[IPv6]:port` or `unix:/path`. A running proxy takes the keys that say so over "
    "on\n"
    "SIGHUP.\n"
    "\n"
    "The database URL, which may hold a password, is no key. It is looked for in `--url` (of\n"
    "`ddltap init`), `DDLTAP_DATABASE_URL`, the variable that `capture.url_variable` names, else\n"
    "`DATABASE_URL` and `SQLALCHEMY_DATABASE_URI`; each in the environment, then in `.env`, then "
    "in\n"
    "`.flaskenv`. Without a URL the `[client]` group of `~/.my.cnf` is used.\n";

struct markdown {
    struct buffer *out;
    const char *section;
};

static void write_markdown_key(void *argument, const struct settings_key_facts *facts)
{
    struct markdown *markdown = argument;
    if (strcmp(markdown->section, facts->section) != 0)
        buffer_printf(markdown->out, "\n## [%s]\n", facts->section);
    markdown->section = facts->section;
    buffer_printf(markdown->out, "\n### %s\n\n%s\n\n- type: %s\n- default: ", facts->name,
                  facts->help, facts->type);
    if (*facts->standard == '\0')
        buffer_append_text(markdown->out, "empty\n");
    else
        buffer_printf(markdown->out, "`%s`\n", facts->standard);
    buffer_printf(markdown->out, "- taken over on SIGHUP: %s\n", facts->reloadable ? "yes" : "no");
}

void settings_write_markdown(struct buffer *out)
{
    struct markdown markdown = {out, ""};
    buffer_append_text(out, markdown_head);
    settings_each(write_markdown_key, &markdown);
}
