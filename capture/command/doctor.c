/* doctor: test every part of the set-up, and say how to mend what is wrong.
 *
 * Each test adds findings: fine, warning, wrong. A test that needs what an earlier one did not get
 * adds none.
 */
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command/command.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "ddltap/memory.h"
#include "format/format.h"
#include "repo/repo.h"

#define OLDEST_MYSQL 50700
#define OLDEST_MARIADB 100600

enum verdict {
    FINE,
    WARNING,
    WRONG
};

struct examination {
    struct project project;
    struct connection connection;
    struct control *control; /* NULL: no login */
    struct buffer text;
    json_t *json;
    unsigned counts[WRONG + 1];
};

/* mend: what to do, NULL when there is nothing. */
static void add(struct examination *examination, const char *part, enum verdict verdict,
                const char *finding, const char *mend)
{
    static const struct {
        const char *word;
        enum output_colour colour;
    } verdicts[] = {{"fine", OUTPUT_GREEN}, {"warning", OUTPUT_YELLOW}, {"wrong", OUTPUT_RED}};
    char word[16];
    examination->counts[verdict]++;
    snprintf(word, sizeof word, "%-8s", verdicts[verdict].word);
    buffer_append_text(&examination->text, "  ");
    output_coloured(&examination->text, verdicts[verdict].colour, word);
    buffer_printf(&examination->text, " %-10s ", part);
    output_safe_line(&examination->text, slice_from(finding));
    if (mend != NULL)
        buffer_printf(&examination->text, "\n%22s%s", "", mend);
    buffer_append_char(&examination->text, '\n');

    json_t *entry = json_object();
    json_object_set_new(entry, "part", json_string(part));
    json_object_set_new(entry, "verdict", json_string(verdicts[verdict].word));
    json_object_set_new(entry, "finding", output_json_text(slice_from(finding)));
    json_object_set_new(entry, "mend", output_json_text(slice_from(mend)));
    json_array_append_new(examination->json, entry);
}

static void addf(struct examination *examination, const char *part, enum verdict verdict,
                 const char *mend, const char *format, ...) __attribute__((format(printf, 5, 6)));

static void addf(struct examination *examination, const char *part, enum verdict verdict,
                 const char *mend, const char *format, ...)
{
    char finding[PROBLEM_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding, sizeof finding, format, arguments);
    va_end(arguments);
    add(examination, part, verdict, finding, mend);
}

/* --- files and git ------------------------------------------------------------------------------
 */

static void test_ignored(struct examination *examination, const char *path, bool wanted,
                         const char *mend)
{
    bool ignored;
    struct problem problem = PROBLEM_INIT;
    if (repo_ignores(examination->project.root, path, &ignored, &problem) != ERROR_NONE)
        add(examination, "git", WRONG, problem.text, NULL);
    else if (ignored != wanted)
        addf(examination, "git", WRONG, mend, "git %s %s", ignored ? "ignores" : "does not ignore",
             path);
}

static void test_git(struct examination *examination)
{
    char *top;
    struct problem problem = PROBLEM_INIT;
    if (repo_top(examination->project.root, &top, &problem) != ERROR_NONE) {
        add(examination, "git", WRONG, problem.text, "Run \"git init\" in the project's folder.");
        return;
    }
    addf(examination, "git", FINE, NULL, "work tree %s", top);
    free(top);
    if (!examination->project.initialised)
        return;
    test_ignored(examination, "ddltap/state/journal.sqlite", true,
                 "Add the line \"state/\" to ddltap/.gitignore.");
    test_ignored(examination, "ddltap/local.ini", true,
                 "Add the line \"local.ini\" to ddltap/.gitignore.");
    test_ignored(examination, "ddltap/drafts/1.sql", false,
                 "Find the rule with \"git check-ignore -v ddltap/drafts/1.sql\" and take it out.");
}

static void test_format(struct examination *examination)
{
    struct format_found found;
    struct problem problem = PROBLEM_INIT;
    const struct settings *settings = &examination->project.settings;
    if (format_detect(examination->project.root, settings->format, settings->directory, &found,
                      &problem) != ERROR_NONE) {
        add(examination, "format", WRONG, problem.text, "Mend [format] in ddltap/config.ini.");
        return;
    }
    addf(examination, "format", FINE, NULL, "%s in %s (%s)", found.format->title, found.directory,
         found.evidence);
    format_found_release(&found);
}

static void say_journal(struct examination *examination)
{
    const struct project *project = &examination->project;
    struct buffer text = BUFFER_INIT;
    buffer_printf(&text, "%s, ", project->journal);
    output_size(&text, journal_size(project->journal));
    if (project->settings.keep_days != 0)
        buffer_printf(&text, "; definitions are kept for %" PRIu64 " days",
                      project->settings.keep_days);
    add(examination, "journal", FINE, buffer_text(&text), NULL);
    buffer_release(&text);
}

static void test_journal(struct examination *examination)
{
    struct journal *journal = NULL;
    struct problem problem = PROBLEM_INIT;
    int64_t gaps = 0;
    enum error error =
        journal_open(examination->project.journal, JOURNAL_COMMAND, &journal, &problem);
    if (error == ERROR_NONE)
        error = journal_gap_count(journal, &gaps, &problem);
    journal_close(journal);
    if (error != ERROR_NONE)
        add(examination, "journal", WRONG, problem.text,
            error == ERROR_NOT_FOUND ? "Run \"ddltap init\"; it begins a journal." : NULL);
    else if (gaps > 0)
        addf(examination, "journal", WARNING, "\"ddltap status\" counts them.",
             "%lld commands could not be captured", (long long)gaps);
    else
        say_journal(examination);
}

/* --- listening ----------------------------------------------------------------------------------
 */

/* 0, or the errno of binding to address and listening there. */
static int try_address(const struct addrinfo *address)
{
    int one = 1, code = 0;
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, 1) != 0)
        code = errno;
    close(fd);
    return code;
}

static void test_port(struct examination *examination, const struct settings_address *address)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    struct buffer name = BUFFER_INIT;
    char port[16];
    settings_address_write(address, &name);
    snprintf(port, sizeof port, "%u", address->port);
    int code = getaddrinfo(address->host, port, &hints, &list);
    if (code != 0) {
        addf(examination, "listen", WRONG, "Mend [proxy] listen.", "%s: %s", buffer_text(&name),
             gai_strerror(code));
    } else if ((code = try_address(list)) != 0) {
        addf(examination, "listen", WRONG,
             "End the program that holds it, or choose another port with [proxy] listen.", "%s: %s",
             buffer_text(&name), strerror(code));
    } else {
        addf(examination, "listen", FINE, NULL, "%s is free", buffer_text(&name));
    }
    if (list != NULL)
        freeaddrinfo(list);
    buffer_release(&name);
}

static void test_listen(struct examination *examination)
{
    long pid;
    char address[512];
    const struct settings_addresses *listen = &examination->project.settings.listen;
    if (journal_proxy_running(examination->project.journal, &pid, address, sizeof address)) {
        addf(examination, "listen", FINE, NULL, "the proxy runs on %s (pid %ld)", address, pid);
        return;
    }
    for (size_t i = 0; i < listen->count; i++) {
        if (listen->items[i].socket == NULL)
            test_port(examination, &listen->items[i]);
        else
            addf(examination, "listen", FINE, NULL, "unix:%s", listen->items[i].socket);
    }
}

/* --- TLS towards the client ---------------------------------------------------------------------
 */

static void test_tls(struct examination *examination)
{
    const struct settings *settings = &examination->project.settings;
    bool certificate = *settings->tls_certificate != '\0', key = *settings->tls_key != '\0';
    if (!certificate && !key) {
        add(examination, "tls", FINE, "the proxy makes a certificate of its own in ddltap/state/",
            NULL);
        return;
    }
    if (certificate != key) {
        add(examination, "tls", WRONG, "only one of tls_certificate and tls_key is set",
            "Set both in [proxy], or none.");
        return;
    }
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    bool good = tls != NULL &&
                SSL_CTX_use_certificate_chain_file(tls, settings->tls_certificate) == 1 &&
                SSL_CTX_use_PrivateKey_file(tls, settings->tls_key, SSL_FILETYPE_PEM) == 1 &&
                SSL_CTX_check_private_key(tls) == 1;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    if (good)
        addf(examination, "tls", FINE, NULL, "%s", settings->tls_certificate);
    else
        addf(examination, "tls", WRONG, "Mend [proxy] tls_certificate and tls_key.",
             "%s and %s cannot be used: %s", settings->tls_certificate, settings->tls_key,
             reason == NULL ? "unknown reason" : reason);
    SSL_CTX_free(tls);
}

/* --- the server ---------------------------------------------------------------------------------
 */

static void test_connection(struct examination *examination)
{
    struct problem problem = PROBLEM_INIT;
    struct connection *connection = &examination->connection;
    if (project_connection(&examination->project, connection, &problem) != ERROR_NONE) {
        add(examination, "url", WRONG, problem.text, NULL);
        return;
    }
    addf(examination, "url", FINE, NULL, "database %s as %s (%s)", connection->database,
         connection->user, connection->source);
    if (project_connect(connection, &examination->control, &problem) != ERROR_NONE)
        add(examination, "server", WRONG, problem.text,
            "Start the server, or mend the database URL or [proxy] upstream.");
}

static void test_version(struct examination *examination)
{
    const struct control *control = examination->control;
    bool mariadb = control_mariadb(control);
    bool old = control_version(control) < (mariadb ? OLDEST_MARIADB : OLDEST_MYSQL);
    addf(examination, "server", old ? WARNING : FINE,
         old ? "ddltap is made for MySQL 5.7 and MariaDB 10.6 and those after them." : NULL,
         "logged in; %s %s", mariadb ? "MariaDB" : "MySQL", control_version_text(control));
}

/* A literal that no byte of the text can end: hex. */
static char *quote(const char *text)
{
    struct buffer out = BUFFER_INIT;
    buffer_append_text(&out, "CONVERT(0x");
    for (const char *c = text; *c != '\0'; c++)
        buffer_printf(&out, "%02X", (unsigned char)*c);
    buffer_append_text(&out, " USING utf8mb4)");
    return buffer_detach(&out);
}

static bool test_database(struct examination *examination)
{
    struct problem problem = PROBLEM_INIT;
    struct buffer sql = BUFFER_INIT;
    char *name = quote(examination->connection.database), *value = NULL;
    unsigned code = 0;
    buffer_printf(
        &sql, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", name);
    enum error error =
        control_value(examination->control, buffer_text(&sql), &value, &code, &problem);
    bool there = error == ERROR_NONE && value != NULL;
    if (error != ERROR_NONE)
        add(examination, "database", WRONG, problem.text, NULL);
    else if (there)
        addf(examination, "database", FINE, NULL, "%s is there", value);
    else
        addf(examination, "database", WRONG,
             "Create it, or give this account privileges on it, or mend [capture] database.",
             "%s is not there, or %s may not see it", examination->connection.database,
             examination->connection.user);
    buffer_release(&sql);
    free(name);
    free(value);
    return there;
}

/* One existing object of each kind: can its definition be read? */
static const struct probe {
    enum object_type type;
    const char *sql; /* its name, where %s stands for the schema */
    const char *mend;
} probes[] = {
    {OBJECT_TABLE,
     "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s "
     "AND TABLE_TYPE = 'BASE TABLE' LIMIT 1",
     "Grant SELECT on the database."},
    {OBJECT_VIEW, "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s LIMIT 1",
     "Grant SELECT and SHOW VIEW on the database."},
    {OBJECT_TRIGGER,
     "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s LIMIT 1",
     "Grant TRIGGER on the database."},
    {OBJECT_PROCEDURE,
     "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s "
     "AND ROUTINE_TYPE = 'PROCEDURE' LIMIT 1",
     "Grant SHOW_ROUTINE (MySQL 8.0.20 and later), SHOW CREATE ROUTINE (MariaDB 11.3 and later), "
     "or "
     "SELECT on the system tables of routines."},
    {OBJECT_FUNCTION,
     "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s "
     "AND ROUTINE_TYPE = 'FUNCTION' LIMIT 1",
     "Grant SHOW_ROUTINE (MySQL 8.0.20 and later), SHOW CREATE ROUTINE (MariaDB 11.3 and later), "
     "or "
     "SELECT on the system tables of routines."},
    {OBJECT_EVENT,
     "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s LIMIT 1",
     "Grant EVENT on the database."},
};

/* The name of an object to probe with; NULL when there is none. Caller frees. */
static char *find_object(struct examination *examination, const struct probe *probe,
                         struct problem *problem)
{
    struct buffer sql = BUFFER_INIT;
    char *schema = quote(examination->connection.database), *name = NULL;
    const char *mark = strstr(probe->sql, "%s");
    unsigned code = 0;
    buffer_append(&sql, probe->sql, (size_t)(mark - probe->sql));
    buffer_append_text(&sql, schema);
    buffer_append_text(&sql, mark + 2);
    if (control_value(examination->control, buffer_text(&sql), &name, &code, problem) != ERROR_NONE)
        name = NULL;
    buffer_release(&sql);
    free(schema);
    return name;
}

/* True when an object was there to try with. */
static bool test_probe(struct examination *examination, const struct probe *probe)
{
    struct problem problem = PROBLEM_INIT;
    char *name = find_object(examination, probe, &problem);
    if (name == NULL && problem.code != ERROR_NONE)
        add(examination, "images", WRONG, problem.text, NULL);
    if (name == NULL)
        return false;
    struct control_image image = {
        .type = probe->type,
        .schema = examination->connection.database,
        .name = name,
    };
    if (control_read_images(examination->control, &image, 1, &problem) != ERROR_NONE)
        add(examination, "images", WRONG, problem.text, NULL);
    else if (image.state != IMAGE_PRESENT)
        addf(examination, "images", WRONG, probe->mend, "the definition of %s %s cannot be read",
             object_type_text(probe->type), name);
    control_images_release(&image, 1);
    free(name);
    return true;
}

static void test_images(struct examination *examination)
{
    struct buffer kinds = BUFFER_INIT;
    unsigned wrong = examination->counts[WRONG];
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        if (test_probe(examination, &probes[i]))
            buffer_printf(&kinds, "%s%s", kinds.len == 0 ? "" : ", ",
                          object_type_text(probes[i].type));
    }
    if (kinds.len == 0)
        add(examination, "images", FINE, "the database is empty; nothing to try with", NULL);
    else if (examination->counts[WRONG] == wrong)
        addf(examination, "images", FINE, NULL, "definitions can be read: one each of %s",
             buffer_text(&kinds));
    buffer_release(&kinds);
}

/* What an account may not see at all is in no list of objects, so no probe can miss it. */
static const struct {
    const char *names; /* any of these will do; for SQL */
    bool global_only;
    const char *finding, *mend;
} privileges[] = {
    {"'SHOW VIEW'", false, "views may not be readable: SHOW VIEW is not granted",
     "Grant SHOW VIEW on the database."},
    {"'TRIGGER'", false, "triggers cannot be seen: TRIGGER is not granted",
     "Grant TRIGGER on the database."},
    {"'EVENT'", false, "events cannot be seen: EVENT is not granted",
     "Grant EVENT on the database."},
    {"'PROCESS'", true,
     "threads of other accounts cannot be seen: PROCESS is not granted, so a statement of another "
     "account whose outcome was not seen stays undecided",
     "Grant PROCESS ON *.*."},
    {"'SHOW_ROUTINE', 'SHOW CREATE ROUTINE', 'SELECT'", true,
     "routines of other definers may not be readable",
     "Grant SHOW_ROUTINE (MySQL 8.0.20 and later), SHOW CREATE ROUTINE (MariaDB 11.3 and later), "
     "or "
     "a global SELECT."},
};

static void test_privilege(struct examination *examination, size_t index)
{
    static const char grantee[] =
        "GRANTEE = CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', "
        "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";
    struct problem problem = PROBLEM_INIT;
    struct buffer sql = BUFFER_INIT;
    char *schema = quote(examination->connection.database), *value = NULL;
    unsigned code = 0;
    const char *names = privileges[index].names;
    buffer_printf(&sql,
                  "SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE %s AND PRIVILEGE_TYPE IN "
                  "(%s)",
                  grantee, names);
    if (!privileges[index].global_only)
        buffer_printf(&sql,
                      " UNION SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES WHERE %s AND "
                      "PRIVILEGE_TYPE IN (%s) AND %s LIKE TABLE_SCHEMA",
                      grantee, names, schema);
    if (control_value(examination->control, buffer_text(&sql), &value, &code, &problem) !=
        ERROR_NONE)
        add(examination, "privileges", WRONG, problem.text, NULL);
    else if (value == NULL)
        add(examination, "privileges", WARNING, privileges[index].finding, privileges[index].mend);
    buffer_release(&sql);
    free(schema);
    free(value);
}

/* Grants by way of a role are not looked through: hence a warning at most. */
static void test_privileges(struct examination *examination)
{
    unsigned before = examination->counts[WARNING] + examination->counts[WRONG];
    for (size_t i = 0; i < sizeof privileges / sizeof privileges[0]; i++)
        test_privilege(examination, i);
    if (examination->counts[WARNING] + examination->counts[WRONG] == before)
        add(examination, "privileges", FINE, "every kind of object may be seen", NULL);
}

/* --- all ----------------------------------------------------------------------------------------
 */

static void examine(struct examination *examination, const struct command_context *context)
{
    struct problem problem = PROBLEM_INIT;
    enum error error = project_find(&examination->project, context, &problem);
    if (error != ERROR_NONE) {
        add(examination, error == ERROR_GIT ? "git" : "config", WRONG, problem.text, NULL);
        return;
    }
    test_git(examination);
    if (examination->project.initialised)
        addf(examination, "config", FINE, NULL, "%s/config.ini", examination->project.folder);
    else
        add(examination, "config", WRONG, "ddltap/config.ini is not there", "Run \"ddltap init\".");
    test_format(examination);
    if (examination->project.initialised)
        test_journal(examination);
    test_listen(examination);
    test_tls(examination);
    test_connection(examination);
    if (examination->control == NULL)
        return;
    test_version(examination);
    if (test_database(examination)) {
        test_images(examination);
        test_privileges(examination);
    }
}

static void examination_release(struct examination *examination)
{
    control_close(examination->control);
    connection_release(&examination->connection);
    project_release(&examination->project);
    buffer_release(&examination->text);
    json_decref(examination->json);
}

int command_doctor(int argc, char **argv, const struct command_context *context)
{
    bool json = false;
    const struct option_entry entries[] = {OPTION_FLAG('\0', "json", "print JSON", &json)};
    const struct option_usage usage = {"ddltap doctor [--json]",
                                       "Test every part of the set-up and say how to mend what is "
                                       "wrong: git, configuration, migration\n"
                                       "format, journal, ports, TLS, database URL, login, server "
                                       "version, privileges. Exit code 1 when\n"
                                       "something is wrong.",
                                       entries, 1};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (operand < argc)
        return options_wrong(argv[0], "takes no argument such as \"%s\".", argv[operand]);

    struct examination examination = {.json = json_array()};
    examine(&examination, context);
    bool wrong = examination.counts[WRONG] > 0;
    if (json)
        output_json(json_incref(examination.json));
    else
        output_page(&examination.text);
    examination_release(&examination);
    return wrong ? EXIT_ANSWER_NO : EXIT_DONE;
}
