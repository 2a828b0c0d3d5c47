/* settings_address: see settings_address.h. */
#include "config/settings_address.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "ddltap/memory.h"
#include "ddltap/slice.h"

#define UNIX_PREFIX "unix:"

static enum error not_an_address(const char *text, struct problem *problem)
{
    return problem_set(problem, ERROR_CONFIG,
                       "\"%s\" is no address. Write host:port, [IPv6]:port or unix:/path.", text);
}

static bool read_port(const char *digits, unsigned *port)
{
    if (*digits == '\0' || strlen(digits) > 5 || strspn(digits, "0123456789") != strlen(digits))
        return false;
    unsigned long value = strtoul(digits, NULL, 10);
    *port = (unsigned)value;
    return value <= 65535;
}

static enum error read_socket(const char *path, struct settings_address *address,
                              struct problem *problem)
{
    struct sockaddr_un longest;
    if (path[0] != '/')
        return problem_set(problem, ERROR_CONFIG,
                           "The path of a Unix socket begins with \"/\": unix:/path, not unix:%s.",
                           path);
    if (strlen(path) >= sizeof longest.sun_path)
        return problem_set(problem, ERROR_CONFIG,
                           "The path of a Unix socket has at most %zu bytes; %s is longer.",
                           sizeof longest.sun_path - 1, path);
    address->socket = memory_copy_text(path);
    return ERROR_NONE;
}

enum error settings_address_read(const char *text, struct settings_address *address,
                                 struct problem *problem)
{
    *address = (struct settings_address){0};
    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return read_socket(text + strlen(UNIX_PREFIX), address, problem);
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !read_port(colon + 1, &address->port))
        return not_an_address(text, problem);
    struct slice host = slice_make(text, (size_t)(colon - text));
    bool bracketed = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (bracketed)
        host = slice_make(host.ptr + 1, host.len - 2);
    /* Without brackets nobody can tell where an IPv6 address ends and its port begins. */
    bool colons = memchr(host.ptr, ':', host.len) != NULL;
    if (host.len == 0 || colons != bracketed)
        return not_an_address(text, problem);
    for (size_t i = 0; i < host.len; i++) {
        if (strchr(" \t/[]@,", host.ptr[i]) != NULL)
            return not_an_address(text, problem);
    }
    address->host = memory_copy_slice(host);
    return ERROR_NONE;
}

void settings_address_write(const struct settings_address *address, struct buffer *out)
{
    if (address->socket != NULL)
        buffer_printf(out, UNIX_PREFIX "%s", address->socket);
    else if (address->host != NULL && strchr(address->host, ':') != NULL)
        buffer_printf(out, "[%s]:%u", address->host, address->port);
    else if (address->host != NULL)
        buffer_printf(out, "%s:%u", address->host, address->port);
}

void settings_address_copy(struct settings_address *to, const struct settings_address *from)
{
    to->host = memory_copy_text(from->host);
    to->port = from->port;
    to->socket = memory_copy_text(from->socket);
}

void settings_address_release(struct settings_address *address)
{
    free(address->host);
    free(address->socket);
    *address = (struct settings_address){0};
}

bool settings_address_set(const struct settings_address *address)
{
    return address->host != NULL || address->socket != NULL;
}

static const char *plain_host(const char *host)
{
    return strcasecmp(host, "localhost") == 0 ? "127.0.0.1" : host;
}

bool settings_address_equal(const struct settings_address *a, const struct settings_address *b)
{
    if (a->socket != NULL && b->socket != NULL)
        return strcmp(a->socket, b->socket) == 0;
    return a->host != NULL && b->host != NULL && a->port == b->port &&
           strcasecmp(plain_host(a->host), plain_host(b->host)) == 0;
}

enum error settings_addresses_read(const char *text, struct settings_addresses *addresses,
                                   struct problem *problem)
{
    *addresses = (struct settings_addresses){0};
    char *copy = memory_copy_text(text), *rest = copy, *item;
    enum error error = ERROR_NONE;
    while (error == ERROR_NONE && (item = strsep(&rest, ",")) != NULL) {
        item += strspn(item, " \t");
        item[strcspn(item, " \t")] = '\0';
        struct settings_address address;
        error = settings_address_read(item, &address, problem);
        if (error != ERROR_NONE)
            break;
        addresses->items = memory_resize(addresses->items, addresses->count + 1, sizeof address);
        addresses->items[addresses->count++] = address;
    }
    free(copy);
    if (error != ERROR_NONE)
        settings_addresses_release(addresses);
    return error;
}

void settings_addresses_write(const struct settings_addresses *addresses, struct buffer *out)
{
    for (size_t i = 0; i < addresses->count; i++) {
        if (i > 0)
            buffer_append_text(out, ", ");
        settings_address_write(&addresses->items[i], out);
    }
}

void settings_addresses_release(struct settings_addresses *addresses)
{
    for (size_t i = 0; i < addresses->count; i++)
        settings_address_release(&addresses->items[i]);
    free(addresses->items);
    *addresses = (struct settings_addresses){0};
}
