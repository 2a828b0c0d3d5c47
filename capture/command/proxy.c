/* ddltap proxy: run the proxy in the foreground, with the capture behind it.
 *
 *     project, settings, connection
 *        |-- capture_open   journal, control connection, what an earlier proxy left
 *        |-- proxy_open     listeners; the taps of its sessions are the capture's
 *        '-- proxy_run      until SIGTERM; then both are closed in turn
 *
 * What changed while no proxy ran is looked for on a thread of its own, once the ready line is printed.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/command.h"
#include "command/options.h"
#include "command/project.h"
#include "command/survey.h"
#include "ddltap/log.h"
#include "ddltap/memory.h"
#include "intercept/capture.h"
#include "net/tls.h"
#include "session/proxy.h"

#define LARGE_BLOCK (256 * 1024)

/* Everything that lives while the proxy runs. */
struct run {
    const struct command_context *context;
    struct project project;
    struct connection connection;
    struct capture *capture;
    struct proxy *proxy;
    struct address *listen;
    char *certificate, *key;
    pthread_t look;
    bool looks;
};

/* --- settings into options -------------------------------------------------------------------- */

static enum error to_address(const struct settings_address *from, struct address *to,
                             struct problem *problem)
{
    struct buffer text = BUFFER_INIT;
    settings_address_write(from, &text);
    enum error error = address_parse(buffer_text(&text), to, problem);
    buffer_release(&text);
    return error;
}

static enum error listen_addresses(struct run *run, struct problem *problem)
{
    const struct settings_addresses *listen = &run->project.settings.listen;
    run->listen = memory_new(listen->count, sizeof(*run->listen));
    for (size_t i = 0; i < listen->count; i++) {
        enum error error = to_address(&listen->items[i], &run->listen[i], problem);
        if (error != ERROR_NONE)
            return error;
    }
    return ERROR_NONE;
}

/* Left empty where none is set. */
static enum error upstream_socket(const struct settings *settings, struct address *address,
                                  struct problem *problem)
{
    if (!settings_address_set(&settings->upstream_socket))
        return ERROR_NONE;
    enum error error = to_address(&settings->upstream_socket, address, problem);
    if (error == ERROR_NONE && !address_is_unix(address))
        return problem_set(problem, ERROR_CONFIG,
                           "proxy.upstream_socket is \"%s\", which is no Unix socket. Set it to "
                           "unix:/PATH-OF-THE-SOCKET of the server, or leave it out.",
                           address->text);
    return error;
}

static char *path_in(const char *folder, const char *name)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", folder, name);
    return buffer_detach(&path);
}

/* The configured certificate, or our own in the state folder. */
static enum error certificate(struct run *run, struct problem *problem)
{
    const struct settings *settings = &run->project.settings;
    if (*settings->tls_certificate != '\0') {
        run->certificate = memory_copy_text(settings->tls_certificate);
        run->key = memory_copy_text(*settings->tls_key != '\0' ? settings->tls_key
                                                               : settings->tls_certificate);
        return ERROR_NONE;
    }
    if (mkdir(run->project.state, 0700) != 0 && errno != EEXIST)
        return problem_set(problem, ERROR_FILE, "%s cannot be made: %s.", run->project.state,
                           strerror(errno));
    run->certificate = path_in(run->project.state, "certificate.pem");
    run->key = path_in(run->project.state, "key.pem");
    return tls_ensure_certificate(run->project.state, problem);
}

/* --- while it runs ---------------------------------------------------------------------------- */

/* One line for each captured change, on the draft worker's thread. */
static void print_captured(void *argument, const struct journal_change *change, const char *title,
                           const char *effect, const char *path)
{
    (void)argument;
    printf("  #%lld captured  %s  %s  %s\n", (long long)change->id, title, effect, path);
    fflush(stdout);
}

static void reload(void *argument)
{
    struct run *run = argument;
    struct buffer ignored = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    if (project_reload(&run->project, run->context, &ignored, &problem) != ERROR_NONE) {
        log_write(LOG_ERROR, NULL, "configuration not taken over: %s", problem.text);
    } else {
        log_set_level((enum log_level)run->project.settings.log_level);
        log_write(LOG_INFO, NULL, "configuration read again%s%s",
                  ignored.len > 0 ? "; these need a restart: " : "", buffer_text(&ignored));
    }
    buffer_release(&ignored);
}

/* A session is two descriptors: take what the system allows. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Large blocks go back to the system when they are freed. Left to itself the allocator keeps the next ones
 * as large as the largest it has seen: after a few held texts of some megabytes, a hundred for good. */
static void keep_no_large_blocks(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
}

static void print_ready(const struct run *run)
{
    struct buffer upstream = BUFFER_INIT;
    settings_address_write(&run->connection.address, &upstream);
    printf("ddltap: listening on ");
    for (size_t i = 0; i < run->project.settings.listen.count; i++)
        printf("%s%s", i == 0 ? "" : ", ", proxy_address(run->proxy, i));
    printf(" -> %s, database %s\n", buffer_text(&upstream), run->connection.database);
    fflush(stdout);
    buffer_release(&upstream);
}

/* --- what changed before it ran ----------------------------------------------------------------- */

/* A journal without a baseline gets the schema as it is. */
static enum error survey_at_start(const struct survey_place *place, struct problem *problem)
{
    struct survey survey;
    struct buffer text = BUFFER_INIT;
    enum error error = survey_make(place, false, &survey, problem);
    if (error == ERROR_NONE && survey.state == SURVEY_NO_BASELINE) {
        error = survey_accept(place, NULL, problem);
        if (error == ERROR_NONE)
            log_write(LOG_INFO, NULL, "the schema as it is now is the baseline");
    } else if (error == ERROR_NONE && survey.state == SURVEY_DRIFT) {
        survey_write_notice(&survey, &text);
        printf("  %s\n", buffer_text(&text));
        fflush(stdout);
    }
    buffer_release(&text);
    survey_release(&survey);
    return error;
}

static void *look_at_schema(void *argument)
{
    const struct run *run = argument;
    struct survey_place place = {.project = &run->project, .database = run->connection.database};
    struct problem problem = PROBLEM_INIT;
    const struct control_target target = project_target(&run->connection);
    int lock = survey_lock(&run->project);
    enum error error =
        journal_open(run->project.journal, JOURNAL_COMMAND, &place.journal, &problem);
    if (error == ERROR_NONE)
        error = control_open(&target, &place.control, &problem);
    if (error == ERROR_NONE)
        error = survey_at_start(&place, &problem);
    if (error != ERROR_NONE)
        log_write(LOG_WARNING, NULL, "what changed while no proxy ran is not known: %s",
                  problem.text);
    control_close(place.control);
    journal_close(place.journal);
    if (lock >= 0)
        (void)close(lock);
    return NULL;
}

static void start_look(struct run *run)
{
    run->looks = pthread_create(&run->look, NULL, look_at_schema, run) == 0;
}

/* --- life ------------------------------------------------------------------------------------- */

static enum error open_capture(struct run *run, struct problem *problem)
{
    const struct settings *settings = &run->project.settings;
    const struct capture_options options = {
        .database = run->connection.database,
        .control = project_target(&run->connection),
        .journal_path = run->project.journal,
        .drafts_folder = run->project.drafts,
        .keep_definer = settings->definer == SETTINGS_DEFINER_KEEP,
        .forward_without_journal = settings->journal_failure == SETTINGS_JOURNAL_FORWARD,
        .text_limit = settings->text_limit,
        .keep_days = (unsigned)settings->keep_days,
        .captured = print_captured,
    };
    return capture_open(&options, &run->capture, problem);
}

static enum error open_proxy(struct run *run, struct problem *problem)
{
    const struct settings *settings = &run->project.settings;
    struct proxy_options options = {
        .listen = run->listen,
        .listen_count = settings->listen.count,
        .threads = (unsigned)settings->threads,
        .connect_timeout = (unsigned)settings->connect_timeout * 1000,
        .drain_timeout = (unsigned)settings->drain_timeout * 1000,
        .certificate_file = run->certificate,
        .key_file = run->key,
        .sink = capture_sink(run->capture),
        .reload = reload,
        .reload_argument = run,
    };
    enum error error = to_address(&run->connection.address, &options.upstream, problem);
    if (error == ERROR_NONE)
        error = upstream_socket(settings, &options.upstream_socket, problem);
    return error == ERROR_NONE ? proxy_open(&options, &run->proxy, problem) : error;
}

static enum error run_open(struct run *run, struct problem *problem)
{
    enum error error = project_connection(&run->project, &run->connection, problem);
    if (error == ERROR_NONE)
        error = listen_addresses(run, problem);
    if (error == ERROR_NONE)
        error = certificate(run, problem);
    if (error == ERROR_NONE)
        error = open_capture(run, problem);
    if (error == ERROR_NONE)
        error = open_proxy(run, problem);
    return error;
}

static void run_close(struct run *run)
{
    if (run->looks)
        (void)pthread_join(run->look, NULL);
    capture_close(run->capture);
    proxy_free(run->proxy);
    connection_release(&run->connection);
    project_release(&run->project);
    free(run->listen);
    free(run->certificate);
    free(run->key);
}

int command_proxy(int argc, char **argv, const struct command_context *context)
{
    const char *listen = NULL;
    const struct option_entry entries[] = {
        OPTION_TEXT('l', "listen", "ADDRESS", "listen here instead of on proxy.listen", &listen),
    };
    const struct option_usage usage = {
        "ddltap proxy [--listen ADDRESS[,ADDRESS]...]",
        "Run the proxy in the foreground. It prints one line when it is ready, and one for each\n"
        "captured change. SIGTERM drains it, a second one ends it at once; SIGHUP reads the\n"
        "configuration again.",
        entries, 1};
    struct run run = {.context = context};
    struct problem problem = PROBLEM_INIT;
    int operand, code = options_parse(argc, argv, &usage, &operand);

    if (code >= 0)
        return code;
    if (operand < argc)
        return options_wrong("proxy", "'%s' is not expected", argv[operand]);
    if (project_open(&run.project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    if (listen != NULL && settings_put(&run.project.settings, "proxy", "listen", listen, "--listen",
                                       &problem) != ERROR_NONE) {
        run_close(&run);
        return command_fail(&problem);
    }
    log_set_level((enum log_level)run.project.settings.log_level);
    raise_descriptor_limit();
    keep_no_large_blocks();
    if (run_open(&run, &problem) != ERROR_NONE) {
        run_close(&run);
        return command_fail(&problem);
    }
    journal_proxy_listens(capture_journal(run.capture), proxy_address(run.proxy, 0));
    print_ready(&run);
    start_look(&run);
    if (!proxy_run(run.proxy))
        _exit(EXIT_DONE); /* what is given up is settled by the next start */
    run_close(&run);
    return EXIT_DONE;
}
