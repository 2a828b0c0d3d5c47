/* control_connect: see control_connect.h.
 *
 * TLS: libmysqlclient has a mode that takes it when offered. Connector/C either insists or not, so
 * there it insists first, and tries again without when the server has none and none is required. Where it checks no
 * certificate, 3.3 insists in vain, so what came of it is looked at where TLS is required. On the loopback and on a
 * Unix socket the certificate is not checked.
 *
 * The server may ask for the password as it is, by mysql_clear_password or dialog (PAM, LDAP). That is not answered
 * unless the environment allows it, as with libmysqlclient. A server that is not what it says may still get at a
 * password by sha256_password or caching_sha2_password, which send it through TLS, or under a key of the server's.
 */
#include "server/control_connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/slice.h"

enum {
    CONNECT_SECONDS = 5,
    WRITE_SECONDS = 30,
    READ_SECONDS = 600, /* a statement of the command line may rebuild a table */
    ERROR_NO_TLS = 2026,
    ERROR_PLUGIN_RESTRICTED = 5010, /* 3.3 names as the plugin what it last sent */
    ERROR_UNKNOWN_VARIABLE = 1193,
};

static bool is_local(const struct control_target *target)
{
    return target->socket != NULL || strcmp(target->host, "localhost") == 0 ||
           strncmp(target->host, "127.", 4) == 0 || strcmp(target->host, "::1") == 0;
}

bool control_code_is_lost(unsigned code)
{
    return (code >= 2000 && code < 3000) || code == 1053 || code == 1927 || code == 4031;
}

enum error control_problem(const struct control_target *target, MYSQL *handle, const char *what,
                           struct problem *problem)
{
    unsigned code = mysql_errno(handle);
    const char *hint = "", *said = mysql_error(handle);
    char where[300];

    if (target->socket != NULL)
        snprintf(where, sizeof(where), "%s", target->socket);
    else
        snprintf(where, sizeof(where), "%s:%u", target->host, target->port);
    if (code == 1045 || code == 1698)
        hint = " Check the user and the password.";
    else if (code == 2002 || code == 2003)
        hint = " Is the server running there?";
    if (code == ERROR_PLUGIN_RESTRICTED) {
        said = "the server asks for a way to log in that is not answered";
        hint =
            " If it is the password itself (PAM, LDAP), LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN=1 in the "
            "environment allows it.";
    }
    return problem_set(problem, ERROR_SERVER, "%s %s as user %s: %s (%u).%s", what, where,
                       target->user, said, code, hint);
}

#ifdef MARIADB_PACKAGE_VERSION

/* All but mysql_clear_password and dialog; by libmysqlclient's own variable these too. */
static void restrict_plugins(MYSQL *handle)
{
    static const char answered[] =
        "mysql_native_password,client_ed25519,parsec,caching_sha2_password,sha256_password,"
        "auth_gssapi_client";
    const char *allowed = getenv("LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN");

    if (allowed == NULL || allowed[0] == '\0' || strchr("1yY", allowed[0]) == NULL)
        mysql_options(handle, MARIADB_OPT_RESTRICTED_AUTH, answered);
}

static void set_tls(MYSQL *handle, const struct control_target *target, bool tls)
{
    const unsigned char off = 0, enforce = tls;

    mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &enforce);
    if (is_local(target))
        mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
}

static bool may_try_without_tls(MYSQL *handle, const struct control_target *target)
{
    return mysql_errno(handle) == ERROR_NO_TLS && !target->tls_required;
}

#else

static void restrict_plugins(MYSQL *handle)
{
    (void)handle;
}

static void set_tls(MYSQL *handle, const struct control_target *target, bool tls)
{
    unsigned mode = target->tls_required ? SSL_MODE_REQUIRED
                    : tls                ? SSL_MODE_PREFERRED
                                         : SSL_MODE_DISABLED;
    const bool ask_for_key = true;

    mysql_options(handle, MYSQL_OPT_SSL_MODE, &mode);
    if (is_local(target))
        mysql_options(handle, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &ask_for_key);
}

static bool may_try_without_tls(MYSQL *handle, const struct control_target *target)
{
    (void)handle;
    (void)target;
    return false;
}

#endif

static MYSQL *new_handle(const struct control_target *target, bool tls)
{
    const unsigned connect = CONNECT_SECONDS, writing = WRITE_SECONDS;
    const unsigned reading = target->answer_seconds != 0 ? target->answer_seconds : READ_SECONDS;
    const unsigned protocol = target->socket != NULL ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    const unsigned no_local_files = 0;
    MYSQL *handle = mysql_init(NULL);

    if (handle == NULL)
        return NULL;
    mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
    mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &reading);
    mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &writing);
    mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no_local_files);
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options4(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "ddltap");
    restrict_plugins(handle);
    set_tls(handle, target, tls);
    return handle;
}

static bool try_connect(const struct control_target *target, bool tls, MYSQL **handle)
{
    *handle = new_handle(target, tls);
    return *handle != NULL &&
           mysql_real_connect(*handle, target->socket != NULL ? NULL : target->host, target->user,
                              target->password, NULL, target->socket != NULL ? 0 : target->port,
                              target->socket, 0) != NULL;
}

/* Settings that every server knows. character_set_results: bytes as they are in the dictionary,
 * which alone keeps four-byte letters in expressions. */
static const char pin_common[] =
    "SET NAMES utf8mb4, sql_mode='', sql_quote_show_create=1, character_set_results=NULL, "
    "lock_wait_timeout=1, autocommit=1, sql_select_limit=18446744073709551615, "
    "foreign_key_checks=1, sql_safe_updates=0";

/* Settings that only some know. */
static const char *const pin_some[] = {
    "SET max_statement_time=0",
    "SET max_execution_time=0",
    "SET show_create_table_verbosity=0",
    "SET show_create_table_skip_secondary_engine=0",
    "SET show_gipk_in_create_table_and_information_schema=1",
    "SET system_versioning_alter_history=ERROR",
};

static bool pin(MYSQL *handle)
{
    if (mysql_real_query(handle, pin_common, sizeof(pin_common) - 1) != 0)
        return false;
    for (size_t i = 0; i < sizeof(pin_some) / sizeof(pin_some[0]); i++) {
        if (mysql_real_query(handle, pin_some[i], (unsigned long)strlen(pin_some[i])) != 0 &&
            mysql_errno(handle) != ERROR_UNKNOWN_VARIABLE)
            return false;
    }
    return true;
}

enum error control_connect(const struct control_target *target, MYSQL **handle,
                           struct problem *problem)
{
    enum error code = ERROR_NONE;
    bool tls = target->tls_required || target->socket == NULL;
    bool connected = try_connect(target, tls, handle);

    if (!connected && tls && *handle != NULL && may_try_without_tls(*handle, target)) {
        mysql_close(*handle);
        connected = try_connect(target, false, handle);
    }
    if (*handle == NULL)
        return problem_set(problem, ERROR_SERVER, "The client library could not be started.");
    if (!connected)
        code = control_problem(target, *handle, "Cannot connect to", problem);
    else if (target->tls_required && mysql_get_ssl_cipher(*handle) == NULL)
        code = problem_set(problem, ERROR_SERVER,
                           "The server at %s has no TLS, which its URL asks for.",
                           target->socket != NULL ? target->socket : target->host);
    else if (!pin(*handle))
        code = control_problem(target, *handle, "Cannot set up the session on", problem);
    if (code != ERROR_NONE) {
        mysql_close(*handle);
        *handle = NULL;
    }
    return code;
}
