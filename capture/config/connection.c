/* connection: see connection.h.
 *
 *     URL from a flag, a variable or a file  -+
 *     [client] of ~/.my.cnf                  -+->  parts  -->  what the settings say instead
 */
#include "config/connection.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/dotenv.h"
#include "config/option_file.h"
#include "config/url.h"
#include "ddltap/memory.h"

#define DEFAULT_PORT 3306
#define FILE_LIMIT ((size_t)1 << 20)

/* What was found, and where. */
struct found {
    char *url;
    char *source;   /* for messages */
    char *variable; /* NULL: a flag */
};

static void found_release(struct found *found)
{
    if (found->url != NULL)
        memory_wipe(found->url, strlen(found->url));
    free(found->url);
    free(found->source);
    free(found->variable);
}

/* A small text file; false when it is absent. One that is there and cannot be read is an error. */
static enum error read_file(const char *path, struct buffer *out, struct problem *problem)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL && (errno == ENOENT || errno == ENOTDIR))
        return ERROR_NONE;
    if (stream == NULL)
        return problem_set(problem, ERROR_FILE, "%s cannot be read: %s.", path, strerror(errno));
    char block[4096];
    size_t len;
    while ((len = fread(block, 1, sizeof block, stream)) > 0 && out->len < FILE_LIMIT)
        buffer_append(out, block, len);
    bool broken = ferror(stream) != 0;
    fclose(stream);
    memory_wipe(block, sizeof block);
    if (broken)
        return problem_set(problem, ERROR_FILE, "%s cannot be read.", path);
    if (out->len >= FILE_LIMIT)
        return problem_set(problem, ERROR_TOO_LARGE, "%s is larger than a file of settings.", path);
    return ERROR_NONE;
}

static void wipe_buffer(struct buffer *buffer)
{
    if (buffer->ptr != NULL)
        memory_wipe(buffer->ptr, buffer->len);
    buffer_release(buffer);
}

static enum error find_in_file(const char *root, const char *file, const char *variable,
                               struct found *found, struct problem *problem)
{
    struct buffer path = BUFFER_INIT, text = BUFFER_INIT, source = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", root, file);
    enum error error = read_file(buffer_text(&path), &text, problem);
    if (error != ERROR_NONE)
        goto out;
    struct dotenv dotenv;
    dotenv_read(buffer_slice(&text), &dotenv);
    const struct dotenv_entry *entry = dotenv_find(&dotenv, variable);
    if (entry != NULL && *entry->value != '\0') {
        buffer_printf(&source, "%s line %u: %s", file, entry->line, variable);
        found->url = memory_copy_text(entry->value);
        found->source = buffer_detach(&source);
        found->variable = memory_copy_text(variable);
    }
    dotenv_release(&dotenv);
out:
    buffer_release(&path);
    wipe_buffer(&text);
    return error;
}

static enum error find_variable(const char *root, const char *variable, struct found *found,
                                struct problem *problem)
{
    static const char *const files[] = {".env", ".flaskenv"};
    const char *value = getenv(variable);
    if (value != NULL && *value != '\0') {
        struct buffer source = BUFFER_INIT;
        buffer_printf(&source, "environment: %s", variable);
        found->url = memory_copy_text(value);
        found->source = buffer_detach(&source);
        found->variable = memory_copy_text(variable);
        return ERROR_NONE;
    }
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < 2 && error == ERROR_NONE && found->url == NULL; i++)
        error = find_in_file(root, files[i], variable, found, problem);
    return error;
}

enum error connection_variable(const char *root, const char *name, char **value,
                               struct problem *problem)
{
    struct found found = {0};
    enum error error = find_variable(root, name, &found, problem);
    *value = found.url;
    free(found.source);
    free(found.variable);
    return error;
}

static enum error find_url(const struct settings *settings, const char *root, const char *url,
                           struct found *found, struct problem *problem)
{
    if (url != NULL) {
        found->url = memory_copy_text(url);
        found->source = memory_copy_text("--url");
        return ERROR_NONE;
    }
    bool chosen = *settings->url_variable != '\0';
    const char *const names[] = {"DDLTAP_DATABASE_URL",
                                 chosen ? settings->url_variable : "DATABASE_URL",
                                 chosen ? NULL : "SQLALCHEMY_DATABASE_URI"};
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < 3 && error == ERROR_NONE && found->url == NULL; i++) {
        if (names[i] != NULL)
            error = find_variable(root, names[i], found, problem);
    }
    if (error == ERROR_NONE && found->url == NULL && chosen)
        return problem_set(
            problem, ERROR_NOT_FOUND,
            "[capture] url_variable says %s, but neither the environment nor .env nor "
            ".flaskenv in %s sets it.",
            settings->url_variable, root);
    return error;
}

/* "localhost" is TCP here. libmysqlclient alone takes it for a Unix socket, PyMySQL and the drivers
 * of other languages for TCP; one URL must mean one place, and a socket has a spelling of its own
 * (unix_socket). 127.0.0.1 rather than the name, which may be ::1 first, where servers seldom
 * listen. */
static char *copy_host(const char *host)
{
    bool local = host == NULL || *host == '\0' || strcasecmp(host, "localhost") == 0;
    return memory_copy_text(local ? "127.0.0.1" : host);
}

static void set_place(struct connection *connection, const char *host, unsigned port,
                      const char *socket)
{
    if (socket != NULL && *socket != '\0') {
        connection->address.socket = memory_copy_text(socket);
        return;
    }
    connection->address.host = copy_host(host);
    connection->address.port = port == 0 ? DEFAULT_PORT : port;
}

static enum error take_url(const struct found *found, struct connection *connection,
                           struct problem *problem)
{
    struct url url;
    struct problem inner = PROBLEM_INIT;
    enum error error = url_read(found->url, &url, &inner);
    if (error != ERROR_NONE)
        return problem_set(problem, ERROR_CONFIG, "%s: %s", found->source, inner.text);
    set_place(connection, url.host, url.port, url.socket);
    connection->user = memory_copy_text(url.user);
    connection->password = memory_copy_text(url.password);
    connection->database = memory_copy_text(url.database);
    connection->tls_required = url.tls;
    connection->source = memory_copy_text(found->source);
    connection->variable = memory_copy_text(found->variable);
    url_release(&url);
    return ERROR_NONE;
}

static char *home_path(const char *file)
{
    const char *home = getenv("HOME");
    const struct passwd *account = home == NULL ? getpwuid(getuid()) : NULL;
    if (account != NULL)
        home = account->pw_dir;
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", home == NULL ? "" : home, file);
    return buffer_detach(&path);
}

static enum error read_option_file(struct option_file *file, struct problem *problem)
{
    struct buffer text = BUFFER_INIT;
    char *path = home_path(".my.cnf");
    enum error error = read_file(path, &text, problem);
    option_file_read(buffer_slice(&text), file);
    wipe_buffer(&text);
    free(path);
    return error;
}

static enum error take_option_file(const struct settings *settings, struct connection *connection,
                                   struct problem *problem)
{
    struct option_file file;
    enum error error = read_option_file(&file, problem);
    bool says_something =
        file.user != NULL || file.password != NULL || file.host != NULL || file.socket != NULL;
    if (error != ERROR_NONE)
        goto out;
    if (!says_something && *settings->user == '\0') {
        error =
            problem_set(problem, ERROR_NOT_FOUND,
                        "No database URL was found: not in --url, not in DDLTAP_DATABASE_URL, "
                        "DATABASE_URL or SQLALCHEMY_DATABASE_URI (environment, .env, .flaskenv), "
                        "and ~/.my.cnf has no [client] group. Write DATABASE_URL=mysql://user:"
                        "password@host/database into .env.");
        goto out;
    }
    set_place(connection, file.host, file.port == NULL ? 0 : (unsigned)strtoul(file.port, NULL, 10),
              file.socket);
    connection->user = memory_copy_text(file.user);
    connection->password = memory_copy_text(file.password);
    connection->database = memory_copy_text(file.database);
    connection->source = memory_copy_text(says_something ? "~/.my.cnf [client]" : "configuration");
out:
    option_file_release(&file);
    return error;
}

static void replace_text(char **field, const char *text)
{
    free(*field);
    *field = memory_copy_text(text);
}

/* What the configuration sets wins over a URL that was found. A URL that is a flag wins over all of
 * the configuration but other flags. */
static bool wins(const struct settings *settings, const char *section, const char *name,
                 const char *url_flag)
{
    return url_flag == NULL || settings_source(settings, section, name)[0] == '-';
}

static void take_own_user(struct connection *connection)
{
    if (connection->user != NULL)
        return;
    const struct passwd *account = getpwuid(getuid());
    connection->user = memory_copy_text(account == NULL ? "root" : account->pw_name);
}

static void take_settings(const struct settings *settings, const char *url_flag,
                          struct connection *connection)
{
    if (settings_address_set(&settings->upstream) &&
        wins(settings, "proxy", "upstream", url_flag)) {
        settings_address_release(&connection->address);
        settings_address_copy(&connection->address, &settings->upstream);
    }
    if (*settings->user != '\0' &&
        (connection->user == NULL || wins(settings, "capture", "user", url_flag)))
        replace_text(&connection->user, settings->user);
    if (*settings->database != '\0' &&
        (connection->database == NULL || wins(settings, "capture", "database", url_flag)))
        replace_text(&connection->database, settings->database);
    take_own_user(connection);
}

static enum error check(const struct settings *settings, const struct connection *connection,
                        struct problem *problem)
{
    if (connection->database == NULL || *connection->database == '\0')
        return problem_set(
            problem, ERROR_CONFIG,
            "%s names no database. Add it to the URL (mysql://user@host/database) or "
            "set [capture] database in ddltap/config.ini.",
            connection->source);
    for (size_t i = 0; i < settings->listen.count; i++) {
        if (settings_address_equal(&settings->listen.items[i], &connection->address))
            return problem_set(
                problem, ERROR_CONFIG,
                "%s names the address on which the proxy itself listens. Set [proxy] "
                "upstream in ddltap/config.ini to the address of the server.",
                settings_address_set(&settings->upstream) ? "[proxy] upstream"
                                                          : connection->source);
    }
    return ERROR_NONE;
}

enum error connection_resolve(const struct settings *settings, const char *root, const char *url,
                              struct connection *connection, struct problem *problem)
{
    struct found found = {0};
    *connection = (struct connection){0};
    enum error error = find_url(settings, root, url, &found, problem);
    if (error == ERROR_NONE)
        error = found.url != NULL ? take_url(&found, connection, problem)
                                  : take_option_file(settings, connection, problem);
    if (error == ERROR_NONE) {
        take_settings(settings, url, connection);
        error = check(settings, connection, problem);
    }
    found_release(&found);
    if (error != ERROR_NONE)
        connection_release(connection);
    return error;
}

/* The file's password belongs to the file's user. */
static enum error take_client_group(struct connection *connection, struct problem *problem)
{
    struct option_file file;
    const char *password = getenv("MYSQL_PWD");
    enum error error = read_option_file(&file, problem);

    if (error == ERROR_NONE && connection->user == NULL)
        connection->user = memory_copy_text(file.user);
    bool same_user =
        file.user == NULL || connection->user == NULL || strcmp(file.user, connection->user) == 0;
    if (connection->password == NULL && password != NULL)
        connection->password = memory_copy_text(password);
    else if (connection->password == NULL && same_user)
        connection->password = memory_copy_text(file.password);
    option_file_release(&file);
    return error;
}

enum error connection_from_url(const char *url, struct connection *connection,
                               struct problem *problem)
{
    char source[] = "The URL";
    struct found found = {.source = source};

    *connection = (struct connection){0};
    found.url = memory_copy_text(url);
    enum error error = take_url(&found, connection, problem);
    memory_wipe(found.url, strlen(found.url));
    free(found.url);
    if (error == ERROR_NONE)
        error = take_client_group(connection, problem);
    if (error == ERROR_NONE && (connection->database == NULL || *connection->database == '\0'))
        error = problem_set(problem, ERROR_CONFIG,
                            "The URL names no database. Write mysql://user@host/database.");
    take_own_user(connection);
    if (error != ERROR_NONE)
        connection_release(connection);
    return error;
}

void connection_release(struct connection *connection)
{
    if (connection == NULL)
        return;
    if (connection->password != NULL)
        memory_wipe(connection->password, strlen(connection->password));
    settings_address_release(&connection->address);
    free(connection->user);
    free(connection->password);
    free(connection->database);
    free(connection->source);
    free(connection->variable);
    *connection = (struct connection){0};
}
