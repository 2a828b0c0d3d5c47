/* Parsing is left to getaddrinfo wherever it can do it; ours is only the cut between host and port. */
#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define UNIX_PREFIX "unix:"

static enum error parse_unix(const char *path, struct address *address, struct problem *problem)
{
    struct sockaddr_un *socket = (struct sockaddr_un *)&address->socket;
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof(socket->sun_path))
        return problem_set(problem, ERROR_CONFIG, "Unix socket path '%s' must have 1 to %zu bytes.",
                           path, sizeof(socket->sun_path) - 1);
    socket->sun_family = AF_UNIX;
    memcpy(socket->sun_path, path, length + 1);
    address->length = (socklen_t)sizeof(*socket);
    snprintf(address->text, sizeof(address->text), UNIX_PREFIX "%s", path);
    return ERROR_NONE;
}

/* getaddrinfo takes any number, and more than a number, for a port. */
static bool is_port(const char *text)
{
    unsigned value = 0;
    size_t length = strspn(text, "0123456789");
    if (length == 0 || length > 5 || text[length] != '\0')
        return false;
    for (; *text != '\0'; text++)
        value = value * 10 + (unsigned)(*text - '0');
    return value <= 65535;
}

/* Cut "host:port" or "[host]:port" into two texts. */
static bool cut_host_port(const char *text, char *host, size_t host_size, const char **port)
{
    const char *begin = text, *end;
    if (*text == '[') {
        begin = text + 1;
        end = strchr(begin, ']');
        if (end == NULL || end[1] != ':')
            return false;
        *port = end + 2;
    } else {
        end = strrchr(text, ':');
        if (end == NULL)
            return false;
        *port = end + 1;
    }
    size_t length = (size_t)(end - begin);
    if (length == 0 || length >= host_size || !is_port(*port))
        return false;
    memcpy(host, begin, length);
    host[length] = '\0';
    return true;
}

enum error address_parse(const char *text, struct address *address, struct problem *problem)
{
    char host[256];
    const char *port;

    memset(address, 0, sizeof(*address));
    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return parse_unix(text + strlen(UNIX_PREFIX), address, problem);
    if (!cut_host_port(text, host, sizeof(host), &port))
        return problem_set(problem, ERROR_CONFIG,
                           "'%s' is not an address; write 127.0.0.1:3307, [::1]:3307 or "
                           "unix:/path/to/socket.",
                           text);

    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    /* AI_ADDRCONFIG ignores loopback, so a machine without a network would not find 127.0.0.1. */
    if (strspn(host, "0123456789.") == strlen(host) || strchr(host, ':') != NULL)
        hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
    int code = getaddrinfo(host, port, &hints, &found);
    if (code != 0)
        return problem_set(problem, ERROR_CONFIG, "Address '%s' cannot be used: %s.", text,
                           gai_strerror(code));
    address_from_socket(found->ai_addr, found->ai_addrlen, address);
    freeaddrinfo(found);
    return ERROR_NONE;
}

void address_from_socket(const struct sockaddr *socket, socklen_t length, struct address *address)
{
    char host[INET6_ADDRSTRLEN] = "?";

    memset(address, 0, sizeof(*address));
    if (length > sizeof(address->socket))
        length = (socklen_t)sizeof(address->socket);
    memcpy(&address->socket, socket, length);
    address->length = length;
    if (socket->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address->socket;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(address->text, sizeof(address->text), "%s:%u", host, ntohs(in->sin_port));
    } else if (socket->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&address->socket;
        inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
        snprintf(address->text, sizeof(address->text), "[%s]:%u", host, ntohs(in->sin6_port));
    } else {
        snprintf(address->text, sizeof(address->text), "unix");
    }
}

bool address_is_unix(const struct address *address)
{
    return address->socket.ss_family == AF_UNIX;
}

const char *address_unix_path(const struct address *address)
{
    return ((const struct sockaddr_un *)&address->socket)->sun_path;
}
