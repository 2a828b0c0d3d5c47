/* url: see url.h. The grammar is that of sqlalchemy.engine.url (make_url):
 *
 *     name "://" [ user [ ":" password ] "@" ] [ "[" ipv6 "]" | host ] [ ":" port ]
 *          [ "/" database ] [ "?" query ]
 *
 * where user ends at the first ":" or "/", and password at the first "@". */
#include "config/url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "ddltap/slice.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A % that no two hex digits follow stays, as in Python's unquote. In a query + is a space. */
static char *decode(struct slice text, bool query)
{
    struct buffer out = BUFFER_INIT;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int high = -1, low = -1;
        if (c == '%' && i + 2 < text.len) {
            high = hex_digit(text.ptr[i + 1]);
            low = hex_digit(text.ptr[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            c = (char)(high * 16 + low);
            i += 2;
        } else if (query && c == '+') {
            c = ' ';
        }
        buffer_append_char(&out, c);
    }
    return buffer_detach(&out);
}

/* Cut what stands before the first of any of the stop characters off the front of rest. */
static struct slice cut(const char **rest, const char *stops)
{
    struct slice part = slice_make(*rest, strcspn(*rest, stops));
    *rest += part.len;
    return part;
}

static bool scheme_known(const char *scheme)
{
    size_t len = strcspn(scheme, "+");
    return (len == 5 && strncasecmp(scheme, "mysql", len) == 0) ||
           (len == 7 && strncasecmp(scheme, "mariadb", len) == 0);
}

static enum error read_scheme(struct url *url, const char **rest, struct problem *problem)
{
    const char *end = strstr(*rest, "://");
    if (end == NULL || end == *rest)
        return problem_set(problem, ERROR_MALFORMED,
                           "It is no URL: it begins with no \"mysql://\" or the like.");
    for (const char *c = *rest; c < end; c++) {
        if (!isalnum((unsigned char)*c) && strchr("+_.-", *c) == NULL)
            return problem_set(problem, ERROR_MALFORMED,
                               "It is no URL: a scheme is made of letters, digits and \"+\".");
    }
    url->scheme = memory_copy_slice(slice_make(*rest, (size_t)(end - *rest)));
    *rest = end + 3;
    if (!scheme_known(url->scheme))
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "It is a %s URL; ddltap works with MySQL and MariaDB.", url->scheme);
    return ERROR_NONE;
}

/* user and password, if an "@" follows them. */
static void read_account(struct url *url, const char **rest)
{
    const char *end = *rest;
    struct slice user = cut(&end, ":/@?"), password = SLICE_NONE;
    if (*end == ':') {
        end++;
        password = cut(&end, "@");
    }
    if (*end != '@')
        return;
    url->user = user.len == 0 ? NULL : decode(user, false);
    url->password = slice_is_none(password) ? NULL : decode(password, false);
    *rest = end + 1;
}

static enum error read_port(struct url *url, struct slice digits, struct problem *problem)
{
    if (digits.len == 0)
        return ERROR_NONE;
    for (size_t i = 0; i < digits.len; i++) {
        if (!isdigit((unsigned char)digits.ptr[i]) || i >= 5)
            return problem_set(problem, ERROR_MALFORMED, "The port is no number from 1 to 65535.");
    }
    url->port = (unsigned)strtoul(digits.ptr, NULL, 10);
    if (url->port < 1 || url->port > 65535)
        return problem_set(problem, ERROR_MALFORMED, "The port is no number from 1 to 65535.");
    return ERROR_NONE;
}

static enum error read_place(struct url *url, const char **rest, struct problem *problem)
{
    struct slice host;
    if (**rest == '[') {
        (*rest)++;
        host = cut(rest, "]/?");
        if (**rest != ']')
            return problem_set(problem, ERROR_MALFORMED, "The host begins with [ and has no ].");
        (*rest)++;
    } else {
        host = cut(rest, ":/?");
    }
    if (memchr(host.ptr, '@', host.len) != NULL)
        return problem_set(problem, ERROR_MALFORMED,
                           "It has two \"@\": write one that belongs to the password as %%40.");
    url->host = host.len == 0 ? NULL : memory_copy_slice(host);
    if (**rest != ':')
        return ERROR_NONE;
    (*rest)++;
    return read_port(url, cut(rest, "/?"), problem);
}

/* ssl_ca=..., ssl=true, ssl_mode=REQUIRED ask for TLS; ssl_disabled=true, ssl=false do not. */
static bool asks_for_tls(const char *name, const char *value)
{
    static const char *const no[] = {"", "0", "false", "no", "disabled", "preferred"};
    if (strncmp(name, "ssl", 3) != 0 || strcmp(name, "ssl_disabled") == 0)
        return false;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (strcasecmp(value, no[i]) == 0)
            return false;
    }
    return true;
}

static void read_parameter(struct url *url, struct slice parameter)
{
    const char *equals = memchr(parameter.ptr, '=', parameter.len);
    if (equals == NULL)
        return;
    size_t name_len = (size_t)(equals - parameter.ptr);
    char *name = decode(slice_make(parameter.ptr, name_len), true);
    char *value = decode(slice_from_offset(parameter, name_len + 1), true);
    if (asks_for_tls(name, value))
        url->tls = true;
    char **field = strcmp(name, "unix_socket") == 0 ? &url->socket
                   : strcmp(name, "charset") == 0   ? &url->charset
                                                    : NULL;
    if (field != NULL) {
        free(*field);
        *field = value;
        value = NULL;
    }
    free(name);
    free(value);
}

static void read_query(struct url *url, const char *rest)
{
    while (*rest != '\0') {
        read_parameter(url, cut(&rest, "&"));
        rest += *rest == '&';
    }
}

enum error url_read(const char *text, struct url *url, struct problem *problem)
{
    *url = (struct url){0};
    const char *rest = text;
    enum error error = read_scheme(url, &rest, problem);
    if (error != ERROR_NONE)
        goto out;
    read_account(url, &rest);
    error = read_place(url, &rest, problem);
    if (error != ERROR_NONE)
        goto out;
    if (*rest == '/') {
        rest++;
        struct slice database = cut(&rest, "?");
        url->database = database.len == 0 ? NULL : memory_copy_slice(database);
    }
    if (*rest == '?')
        read_query(url, rest + 1);
out:
    if (error != ERROR_NONE)
        url_release(url);
    return error;
}

void url_release(struct url *url)
{
    if (url == NULL)
        return;
    if (url->password != NULL)
        memory_wipe(url->password, strlen(url->password));
    free(url->scheme);
    free(url->user);
    free(url->password);
    free(url->host);
    free(url->database);
    free(url->socket);
    free(url->charset);
    *url = (struct url){0};
}
