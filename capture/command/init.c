/* init: set ddltap up in a repository.
 *
 *     find      the work tree, the database URL, the migration format
 *     write     ddltap/config.ini, ddltap/.gitignore, ddltap/state/journal.sqlite (baseline)
 *     say       what was found and assumed, and how to connect the tools
 *
 * What init found out is not written down but looked for again at each start, so that a .env that
 * changes needs no second init. What the caller said by options is written. No password ever is.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "command/finding.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/replay.h"
#include "command/survey.h"
#include "ddltap/memory.h"
#include "format/format.h"
#include "repo/repo.h"

#define COMMENT_WIDTH 90

struct init_options {
    const char *url, *database, *upstream, *listen;
    bool force;
};

struct init {
    struct project project;
    struct connection connection;
    struct format_found format;
    struct settings
        written; /* what config.ini is to say: what it says, and the options of this run */
    bool config_kept;
};

static enum error put(struct settings *settings, const char *section, const char *key,
                      const char *value, const char *option, struct problem *problem)
{
    if (value == NULL)
        return ERROR_NONE;
    return settings_put(settings, section, key, value, option, problem);
}

static enum error put_options(struct settings *settings, const struct init_options *options,
                              struct problem *problem)
{
    enum error error = put(settings, "proxy", "listen", options->listen, "--listen", problem);
    if (error == ERROR_NONE)
        error = put(settings, "proxy", "upstream", options->upstream, "--upstream", problem);
    if (error == ERROR_NONE)
        error = put(settings, "capture", "database", options->database, "--database", problem);
    return error;
}

/* Nothing else carries what --url said, so its parts that are no secret are written. */
static enum error put_connection(struct settings *settings, const struct connection *connection,
                                 struct problem *problem)
{
    struct buffer address = BUFFER_INIT;
    settings_address_write(&connection->address, &address);
    enum error error = put(settings, "proxy", "upstream", buffer_text(&address), "--url", problem);
    if (error == ERROR_NONE)
        error = put(settings, "capture", "database", connection->database, "--url", problem);
    if (error == ERROR_NONE)
        error = put(settings, "capture", "user", connection->user, "--url", problem);
    buffer_release(&address);
    return error;
}

static enum error put_format(struct settings *settings, const struct format_found *found,
                             struct problem *problem)
{
    enum error error = put(settings, "format", "name", found->format->name, "init", problem);
    if (error == ERROR_NONE)
        error = put(settings, "format", "directory", found->directory, "init", problem);
    return error;
}

/* A config.ini that is written anew keeps its values. */
static enum error read_config(struct init *init, struct problem *problem)
{
    struct buffer path = BUFFER_INIT;
    if (!init->project.initialised)
        return ERROR_NONE;
    buffer_printf(&path, "%s/config.ini", init->project.folder);
    enum error error = settings_read_file(&init->written, buffer_text(&path), problem);
    buffer_release(&path);
    return error;
}

static enum error find(struct init *init, const struct init_options *options,
                       const struct command_context *context, struct problem *problem)
{
    struct settings *settings;
    enum error error = project_find(&init->project, context, problem);
    if (error != ERROR_NONE)
        return error;
    settings = &init->project.settings;
    init->config_kept = init->project.initialised && !options->force;
    error = put_options(settings, options, problem);
    if (error == ERROR_NONE)
        error = read_config(init, problem);
    if (error == ERROR_NONE)
        error = put_options(&init->written, options, problem);
    if (error == ERROR_NONE)
        error = connection_resolve(settings, init->project.root, options->url, &init->connection,
                                   problem);
    if (error == ERROR_NONE && options->url != NULL)
        error = put_connection(&init->written, &init->connection, problem);
    if (error == ERROR_NONE)
        error = format_detect(init->project.root, settings->format, settings->directory,
                              &init->format, problem);
    /* A project without a migration tool may get one later: nothing is written then. */
    if (error == ERROR_NONE && init->format.format != &format_plain)
        error = put_format(&init->written, &init->format, problem);
    return error;
}

/* --- files --------------------------------------------------------------------------------------
 */

static enum error make_folder(const char *path, mode_t mode, struct problem *problem)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return ERROR_NONE;
    return problem_set(problem, ERROR_FILE, "%s cannot be made: %s.", path, strerror(errno));
}

/* All of the file or nothing: written beside it, then renamed. */
static enum error write_file(const char *path, const struct buffer *text, struct problem *problem)
{
    struct buffer temporary = BUFFER_INIT;
    enum error error = ERROR_NONE;
    buffer_printf(&temporary, "%s.new", path);
    /* What lies there a kill has left, or it is a link of somebody's that leads elsewhere. */
    (void)unlink(buffer_text(&temporary));
    FILE *stream = fopen(buffer_text(&temporary), "wxe");
    bool good = stream != NULL && fwrite(buffer_text(text), 1, text->len, stream) == text->len;
    good = good && fflush(stream) == 0 && fsync(fileno(stream)) == 0;
    if (stream != NULL)
        good = fclose(stream) == 0 && good;
    if (!good || rename(buffer_text(&temporary), path) != 0)
        error =
            problem_set(problem, ERROR_FILE, "%s cannot be written: %s.", path, strerror(errno));
    if (error != ERROR_NONE && stream != NULL)
        unlink(buffer_text(&temporary));
    buffer_release(&temporary);
    return error;
}

static void append_comment(struct buffer *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column == 0 || column + len + 1 > COMMENT_WIDTH) {
            buffer_append_text(out, column == 0 ? "#" : "\n#");
            column = 1;
        }
        buffer_printf(out, " %.*s", (int)len, text);
        column += len + 1;
        text += len + (text[len] == ' ');
    }
    buffer_append_char(out, '\n');
}

struct config_text {
    struct buffer *out;
    const struct init *init;
    const char *section;
};

static void append_key(void *argument, const struct settings_key_facts *facts)
{
    struct config_text *config = argument;
    struct buffer value = BUFFER_INIT;
    if (strcmp(config->section, facts->section) != 0)
        buffer_printf(config->out, "\n[%s]\n", facts->section);
    else
        buffer_append_char(config->out, '\n');
    config->section = facts->section;
    append_comment(config->out, facts->help);
    if (settings_get_text(&config->init->written, facts->section, facts->name, &value, NULL) !=
        ERROR_NONE)
        return;
    bool said = strcmp(settings_source(&config->init->written, facts->section, facts->name),
                       "default") != 0;
    buffer_printf(config->out, "%s%s =%s%s\n", said ? "" : "; ", facts->name,
                  value.len == 0 ? "" : " ", buffer_text(&value));
    buffer_release(&value);
}

static enum error write_config(const struct init *init, struct problem *problem)
{
    struct buffer text = BUFFER_INIT, path = BUFFER_INIT;
    struct config_text config = {&text, init, ""};
    buffer_append_text(&text,
                       "# ddltap: settings that the team shares. Commit this file; it holds no "
                       "password.\n"
                       "# For this machine alone, set keys in ddltap/local.ini. The drafts of "
                       "migrations are in\n"
                       "# ddltap/drafts/. Keys that begin with \";\" have the value shown.\n");
    settings_each(append_key, &config);
    buffer_printf(&path, "%s/config.ini", init->project.folder);
    enum error error = write_file(buffer_text(&path), &text, problem);
    buffer_release(&path);
    buffer_release(&text);
    return error;
}

static enum error write_gitignore(const struct project *project, struct problem *problem)
{
    struct buffer text = BUFFER_INIT, path = BUFFER_INIT;
    enum error error = ERROR_NONE;
    buffer_printf(&path, "%s/.gitignore", project->folder);
    if (access(buffer_text(&path), F_OK) != 0) {
        buffer_append_text(&text, "state/\nlocal.ini\n");
        error = write_file(buffer_text(&path), &text, problem);
    }
    buffer_release(&path);
    buffer_release(&text);
    return error;
}

/* The journal, and the moment from which changes count. A baseline that is there stays. */
static enum error make_journal(const struct project *project, struct problem *problem)
{
    struct journal *journal = NULL;
    char *baseline = NULL, now[32];
    struct timespec time;
    enum error error = journal_open(project->journal, JOURNAL_CREATE, &journal, problem);
    if (error == ERROR_NONE)
        error = journal_setting_get(journal, "baseline_at", &baseline, problem);
    if (error == ERROR_NONE && baseline == NULL) {
        clock_gettime(CLOCK_REALTIME, &time);
        snprintf(now, sizeof now, "%lld",
                 (long long)time.tv_sec * 1000000 + (long long)time.tv_nsec / 1000);
        error = journal_setting_put(journal, "baseline_at", now, problem);
    }
    free(baseline);
    journal_close(journal);
    return error;
}

static enum error write_all(const struct init *init, struct problem *problem)
{
    const struct project *project = &init->project;
    enum error error = make_folder(project->folder, 0777, problem);
    if (error == ERROR_NONE)
        error = make_folder(project->state, 0700, problem);
    if (error == ERROR_NONE)
        error = write_gitignore(project, problem);
    if (error == ERROR_NONE)
        error = make_journal(project, problem);
    /* Last: a folder with config.ini is one where init was done. */
    if (error == ERROR_NONE && !init->config_kept)
        error = write_config(init, problem);
    return error;
}

/* --- words --------------------------------------------------------------------------------------
 */

static void say(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const char *name, const char *format, ...)
{
    va_list arguments;
    printf("  %-10s ", name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

static void say_found(const struct init *init)
{
    const struct connection *connection = &init->connection;
    struct buffer address = BUFFER_INIT;
    settings_address_write(&connection->address, &address);
    say("project", "%s", init->project.root);
    say("database", "%s on %s as %s (%s)", connection->database, buffer_text(&address),
        connection->user, connection->source);
    say("format", "%s in %s (%s)", init->format.format->title, init->format.directory,
        init->format.evidence);
    say("config", "ddltap/config.ini %s",
        init->config_kept ? "was there and is kept as it is (--force writes it anew)" : "written");
    buffer_release(&address);
}

struct ignored {
    const struct settings *wanted, *kept;
    struct buffer names;
};

static void compare_key(void *argument, const struct settings_key_facts *facts)
{
    struct ignored *ignored = argument;
    struct buffer wanted = BUFFER_INIT, kept = BUFFER_INIT;
    const char *source = settings_source(ignored->wanted, facts->section, facts->name);
    if (strncmp(source, "--", 2) == 0 &&
        settings_get_text(ignored->wanted, facts->section, facts->name, &wanted, NULL) ==
            ERROR_NONE &&
        settings_get_text(ignored->kept, facts->section, facts->name, &kept, NULL) == ERROR_NONE &&
        !slice_equal(buffer_slice(&wanted), buffer_slice(&kept)))
        buffer_printf(&ignored->names, "%s%s (%s)", ignored->names.len == 0 ? "" : ", ",
                      facts->name, source);
    buffer_release(&wanted);
    buffer_release(&kept);
}

/* Options of this run that a kept config.ini does not say. */
static void say_ignored(const struct init *init, const struct settings *kept)
{
    struct ignored ignored = {&init->written, kept, BUFFER_INIT};
    settings_each(compare_key, &ignored);
    if (ignored.names.len > 0)
        say("warning", "not written, since ddltap/config.ini is kept: %s. Use --force or edit it.",
            buffer_text(&ignored.names));
    buffer_release(&ignored.names);
}

/* What the baseline came from, and what the database has beyond it. */
struct baseline {
    bool taken, replayed;
    size_t objects;
    struct finding finding;
};

/* The defaults of the database: a replay makes its scratch database with them. */
static enum error read_defaults(const struct survey_place *place, struct catalog *catalog,
                                struct problem *problem)
{
    struct control_image image = {
        .type = OBJECT_DATABASE, .schema = place->database, .name = place->database};
    enum error error = control_read_images(place->control, &image, 1, problem);
    if (error == ERROR_NONE && image.text != NULL)
        catalog_add(catalog, OBJECT_DATABASE, slice_from(place->database))->text =
            memory_copy_text(image.text);
    if (error == ERROR_NONE)
        control_images_release(&image, 1);
    return error;
}

/* What the migrations give is the baseline; what the database has beyond it becomes a draft at once. */
static enum error replay_baseline(const struct survey_place *place,
                                  const struct connection *connection, struct baseline *baseline,
                                  struct problem *problem)
{
    struct catalog given = CATALOG_INIT, defaults = CATALOG_INIT;
    struct survey survey = {.live = CATALOG_INIT};
    enum error error = read_defaults(place, &defaults, problem);
    const char *text = defaults.count == 0 ? NULL : defaults.objects[0].text;
    if (error == ERROR_NONE)
        error = replay_run(place->project, connection, text, &given, problem);
    if (error == ERROR_NONE && text != NULL)
        catalog_add(&given, OBJECT_DATABASE, slice_from(place->database))->text =
            memory_copy_text(text);
    if (error == ERROR_NONE)
        error = journal_baseline_put(place->journal, &given, NULL, 0, problem);
    baseline->objects = given.count;
    if (error == ERROR_NONE)
        error = survey_make(place, true, &survey, problem);
    if (error == ERROR_NONE)
        error = finding_make(place, connection, &survey, &baseline->finding, problem);
    survey_release(&survey);
    catalog_release(&given);
    catalog_release(&defaults);
    return error;
}

/* One that is there stays: what changed since is for `scan` to say. */
static enum error take_baseline(const struct survey_place *place,
                                const struct connection *connection, struct baseline *baseline,
                                struct problem *problem)
{
    struct catalog known = CATALOG_INIT;
    enum error error = journal_baseline_get(place->journal, &known, problem);
    catalog_release(&known);
    baseline->taken = error == ERROR_NOT_FOUND;
    baseline->replayed = baseline->taken && replay_is_configured(place->project);
    if (baseline->replayed)
        return replay_baseline(place, connection, baseline, problem);
    return baseline->taken ? survey_accept(place, &baseline->objects, problem) : error;
}

static void say_taken(const struct baseline *baseline)
{
    if (!baseline->taken) {
        say("baseline", "was there and is kept; \"ddltap scan\" tells what changed since");
    } else if (!baseline->replayed) {
        say("baseline",
            "the schema as it is now, %zu objects: what was done before is in no draft, even if\n"
            "%13sno migration has it ([replay] command in config.ini tells that apart)",
            baseline->objects, "");
    } else {
        say("baseline", "what the migrations give, %zu objects", baseline->objects);
        if (baseline->finding.id != 0)
            say("draft", "#%lld  %s  %s: the database has that beyond the migrations",
                (long long)baseline->finding.id,
                baseline->finding.title == NULL ? "" : baseline->finding.title,
                baseline->finding.path == NULL ? "" : baseline->finding.path);
    }
}

static void say_baseline(const struct init *init, const struct project *later,
                         struct control *control)
{
    struct survey_place place = {
        .project = later, .control = control, .database = init->connection.database};
    struct problem problem = PROBLEM_INIT;
    struct baseline baseline = {0};
    int lock = survey_lock(later);
    enum error error = project_journal_alone(later, &place.journal, &problem);
    if (error == ERROR_NONE)
        error = take_baseline(&place, &init->connection, &baseline, &problem);
    journal_close(place.journal);
    if (lock >= 0)
        (void)close(lock);
    if (error != ERROR_NONE)
        say("warning", "there is no baseline yet, from which changes count: %s", problem.text);
    else
        say_taken(&baseline);
    finding_release(&baseline.finding);
}

/* A server that is away now may be there when the proxy starts: only a warning. */
static void say_server(const struct init *init, const struct project *later)
{
    struct control *control = NULL;
    struct problem problem = PROBLEM_INIT;
    if (project_connect(&init->connection, &control, &problem) == ERROR_NONE) {
        say("server", "%s %s", control_mariadb(control) ? "MariaDB" : "MySQL",
            control_version_text(control));
        say_baseline(init, later, control);
    } else {
        say("warning",
            "the server could not be asked: %s\n%13sThe configuration is written all the "
            "same; \"ddltap doctor\" tests it again. The baseline, from which\n%13schanges "
            "count, is taken when the proxy starts.",
            problem.text, "", "");
    }
    control_close(control);
}

/* A password that came by --url is gone when init ends: say where to put it. */
static void say_password(const struct init *init, const struct init_options *options,
                         const struct project *later)
{
    struct connection again = {0};
    const char *password = init->connection.password;
    if (options->url == NULL || password == NULL || *password == '\0')
        return;
    bool known = project_connection(later, &again, NULL) == ERROR_NONE && again.password != NULL &&
                 strcmp(again.password, password) == 0;
    connection_release(&again);
    if (known)
        return;
    say("password",
        "the one in --url is written nowhere. Put the whole URL into the project's .env,\n"
        "%13sDDLTAP_DATABASE_URL=mysql://USER:PASSWORD@HOST/DATABASE\n"
        "%13sor set DDLTAP_DATABASE_URL in the environment of \"ddltap proxy\".",
        "", "");
}

/* A .env that git would take in is a password in the repository. */
static void say_env(const struct init *init)
{
    bool ignored = true;
    if (strncmp(init->connection.source, ".env ", 5) == 0 && init->connection.password != NULL &&
        repo_ignores(init->project.root, ".env", &ignored, NULL) == ERROR_NONE && !ignored)
        say("warning", "git does not ignore .env, which holds the password. Add it to .gitignore.");
}

static void say_next(const struct project *later)
{
    struct buffer address = BUFFER_INIT;
    settings_address_write(&later->settings.listen.items[0], &address);
    printf("\nNow run \"ddltap proxy\", and let Workbench, phpMyAdmin, DBeaver or the mysql prompt "
           "connect to\n%s instead of the server: same user, same password.\n",
           buffer_text(&address));
    buffer_release(&address);
}

/* What the next command will find is what counts, so it is looked at as that command would. */
static enum error say_all(const struct init *init, const struct init_options *options,
                          const struct command_context *context, struct problem *problem)
{
    struct project later;
    enum error error = project_open(&later, context, problem);
    if (error != ERROR_NONE)
        return error;
    say_found(init);
    say_ignored(init, &later.settings);
    say_server(init, &later);
    say_password(init, options, &later);
    say_env(init);
    say_next(&later);
    project_release(&later);
    return ERROR_NONE;
}

static void init_release(struct init *init)
{
    format_found_release(&init->format);
    connection_release(&init->connection);
    settings_release(&init->written);
    project_release(&init->project);
}

int command_init(int argc, char **argv, const struct command_context *context)
{
    struct init_options options = {0};
    const struct option_entry entries[] = {
        OPTION_TEXT('\0', "url", "URL", "the development database; its password is not stored",
                    &options.url),
        OPTION_TEXT('\0', "database", "NAME", "the schema to track, instead of the URL's",
                    &options.database),
        OPTION_TEXT('\0', "upstream", "ADDRESS", "the server, instead of the URL's",
                    &options.upstream),
        OPTION_TEXT('\0', "listen", "ADDRESSES", "where the proxy listens", &options.listen),
        OPTION_FLAG('f', "force", "write ddltap/config.ini anew if it is there", &options.force),
    };
    const struct option_usage usage = {
        "ddltap init [--url URL] [--database NAME] [--upstream ADDRESS] [--listen ADDRESSES] "
        "[--force]",
        "Set ddltap up in this git repository: find the database and the migration format, write\n"
        "ddltap/config.ini, begin the journal. Running it again does no harm.",
        entries, 5};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (operand < argc)
        return options_wrong(argv[0], "takes no argument such as \"%s\".", argv[operand]);

    struct init init = {0};
    struct problem problem = PROBLEM_INIT;
    settings_init(&init.written);
    enum error error = find(&init, &options, context, &problem);
    if (error == ERROR_NONE)
        error = write_all(&init, &problem);
    if (error == ERROR_NONE)
        error = say_all(&init, &options, context, &problem);
    init_release(&init);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
