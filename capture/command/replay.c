/* replay: see replay.h. */
#include "command/replay.h"

#include <stdlib.h>
#include <string.h>

#include "config/url.h"
#include "ddltap/memory.h"
#include "ddltap/process.h"
#include "server/scratch.h"

#define SHOWN_BYTES 700 /* of what the command said last */
#define SCRATCH_VARIABLE "DDLTAP_SCRATCH_URL"

struct replay {
    const struct project *project;
    const struct connection *connection; /* of development */
    struct connection elsewhere;         /* of the scratch server, where it is another one */
    bool is_elsewhere;
    char *head, *query; /* of the application's URL: "mysql+pymysql", "?charset=utf8mb4" */
};

bool replay_is_configured(const struct project *project)
{
    return *project->settings.replay_command != '\0';
}

static const struct connection *server(const struct replay *replay)
{
    return replay->is_elsewhere ? &replay->elsewhere : replay->connection;
}

/* --- the URL ------------------------------------------------------------------------------------ */

static void append_encoded(const char *text, struct buffer *out)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (; text != NULL && *text != '\0'; text++)
        buffer_printf(out, strchr(plain, *text) != NULL ? "%c" : "%%%02X", (unsigned char)*text);
}

static void append_address(const struct settings_address *address, struct buffer *out)
{
    if (address->socket != NULL) {
        buffer_append_text(out, "localhost");
        return;
    }
    buffer_printf(out, strchr(address->host, ':') != NULL ? "[%s]:%u" : "%s:%u", address->host,
                  address->port);
}

static char *write_url(const struct replay *replay, const char *database)
{
    const struct connection *place = server(replay);
    struct buffer url = BUFFER_INIT;
    buffer_printf(&url, "%s://", replay->head);
    append_encoded(place->user, &url);
    if (place->password != NULL) {
        buffer_append_char(&url, ':');
        append_encoded(place->password, &url);
    }
    buffer_append_char(&url, '@');
    append_address(&place->address, &url);
    buffer_printf(&url, "/%s%s", database, replay->query);
    if (place->address.socket != NULL && strstr(replay->query, "unix_socket=") == NULL) {
        buffer_append_text(&url, *replay->query == '\0' ? "?unix_socket=" : "&unix_socket=");
        append_encoded(place->address.socket, &url);
    }
    return buffer_detach(&url);
}

/* The driver and its parameters are the application's business: taken from the URL that it has. */
static enum error read_shape(struct replay *replay, const char *variable, struct problem *problem)
{
    char *url = NULL;
    enum error error = connection_variable(replay->project->root, variable, &url, problem);
    const char *end = url == NULL ? NULL : strstr(url, "://");
    const char *query = url == NULL ? NULL : strchr(url, '?');
    replay->head = end == NULL ? memory_copy_text("mysql")
                               : memory_copy_slice(slice_make(url, (size_t)(end - url)));
    replay->query = memory_copy_text(query == NULL || replay->is_elsewhere ? "" : query);
    if (url != NULL)
        memory_wipe(url, strlen(url));
    free(url);
    return error;
}

/* --- the command -------------------------------------------------------------------------------- */

static void replace_all(const char *secret, struct buffer *text)
{
    struct buffer out = BUFFER_INIT;
    const char *rest = buffer_text(text), *found;
    size_t length = secret == NULL ? 0 : strlen(secret);
    while (length > 0 && (found = strstr(rest, secret)) != NULL) {
        buffer_append(&out, rest, (size_t)(found - rest));
        buffer_append_text(&out, "<redacted>");
        rest = found + length;
    }
    buffer_append_text(&out, rest);
    buffer_release(text);
    *text = out;
}

/* A tool that fails likes to print its URL. */
static void take_out_secrets(const struct replay *replay, struct buffer *text)
{
    struct buffer encoded = BUFFER_INIT;
    append_encoded(server(replay)->password, &encoded);
    replace_all(buffer_text(&encoded), text);
    replace_all(server(replay)->password, text);
    buffer_release(&encoded);
}

static enum error command_problem(const struct replay *replay, const struct process_result *result,
                                  struct problem *problem)
{
    const struct settings *settings = &replay->project->settings;
    struct buffer said = BUFFER_INIT;
    buffer_append_slice(&said, buffer_slice(&result->output));
    buffer_append_slice(&said, buffer_slice(&result->errors));
    take_out_secrets(replay, &said);
    size_t from = said.len > SHOWN_BYTES ? said.len - SHOWN_BYTES : 0;
    bool killed = result->status == 128 + 9;
    (void)problem_set(
        problem, ERROR_UNSUPPORTED, "The replay command \"%.100s\" %s (exit code %d). It said: %s",
        settings->replay_command, killed ? "was ended, perhaps by replay.time_limit" : "failed",
        result->status, buffer_text(&said) + from);
    buffer_release(&said);
    return ERROR_UNSUPPORTED;
}

/* The URL is in the environment of the command alone: this process has no other thread. */
static enum error run_command(const struct replay *replay, const char *database,
                              struct problem *problem)
{
    const struct settings *settings = &replay->project->settings;
    const char *const argv[] = {"/bin/sh", "-c", settings->replay_command, NULL};
    const char *old = getenv(settings->replay_variable);
    char *before = memory_copy_text(old), *url = write_url(replay, database);
    struct process_result result;
    (void)setenv(settings->replay_variable, url, 1);
    enum error error = process_run(argv, replay->project->root,
                                   (unsigned)settings->replay_time_limit, &result, problem);
    if (before != NULL)
        (void)setenv(settings->replay_variable, before, 1);
    else
        (void)unsetenv(settings->replay_variable);
    if (error == ERROR_NONE && result.status != 0)
        error = command_problem(replay, &result, problem);
    process_result_release(&result);
    memory_wipe(url, strlen(url));
    free(url);
    free(before);
    return error;
}

/* --- all of it ---------------------------------------------------------------------------------- */

static enum error find_server(struct replay *replay, struct problem *problem)
{
    char *url = NULL;
    enum error error = connection_variable(replay->project->root, SCRATCH_VARIABLE, &url, problem);
    replay->is_elsewhere = url != NULL;
    if (url == NULL)
        return error;
    error = connection_from_url(url, &replay->elsewhere, problem);
    memory_wipe(url, strlen(url));
    free(url);
    return error;
}

static enum error run_in_scratch(const struct replay *replay, const char *defaults,
                                 struct catalog *catalog, struct problem *problem)
{
    const struct control_target target = project_target(server(replay));
    const struct scratch_options options = {
        .server = &target,
        .development_schema = replay->connection->database,
        .database = defaults,
        .keep_definer = replay->project->settings.definer == SETTINGS_DEFINER_KEEP,
    };
    struct scratch *scratch = NULL;
    enum error error = scratch_open(&options, &scratch, problem);
    if (error == ERROR_NONE)
        error = run_command(replay, scratch_name(scratch), problem);
    if (error == ERROR_NONE)
        error = scratch_read(scratch, catalog, problem);
    if (error == ERROR_NONE)
        catalog_remove_type(catalog, OBJECT_DATABASE); /* its name is the scratch database's */
    scratch_close(scratch);
    return error;
}

enum error replay_run(const struct project *project, const struct connection *connection,
                      const char *defaults, struct catalog *catalog, struct problem *problem)
{
    struct replay replay = {.project = project, .connection = connection};
    const struct settings *settings = &project->settings;
    if (*settings->replay_command == '\0' || *settings->replay_variable == '\0')
        return problem_set(problem, ERROR_CONFIG,
                           "[replay] command and [replay] variable are not both set in "
                           "ddltap/config.ini.");
    enum error error = find_server(&replay, problem);
    if (error == ERROR_NONE)
        error = read_shape(&replay, settings->replay_variable, problem);
    if (error == ERROR_NONE)
        error = run_in_scratch(&replay, defaults, catalog, problem);
    connection_release(&replay.elsewhere);
    free(replay.head);
    free(replay.query);
    return error;
}
