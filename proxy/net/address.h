/* address: where to listen or to dial: an IP address with a port, or a Unix socket.
 *
 *     127.0.0.1:3307    [::1]:3307    db.local:3306 (resolved when parsed)    unix:/run/mysqld.sock
 *
 * A plain value.
 */
#ifndef DDLTAP_NET_ADDRESS_H
#define DDLTAP_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "ddltap/error.h"

#define ADDRESS_TEXT_SIZE 160

struct address {
    struct sockaddr_storage socket;
    socklen_t length;
    char text[ADDRESS_TEXT_SIZE]; /* as a person writes it */
};

/* Blocks while a host name is resolved. ERROR_CONFIG: not an address, or the name is unknown. */
must_check enum error address_parse(const char *text, struct address *address,
                                    struct problem *problem);

/* Fill address (with its text) from what accept, getsockname or getpeername gave. */
void address_from_socket(const struct sockaddr *socket, socklen_t length, struct address *address);

bool address_is_unix(const struct address *address);

/* The file of a Unix address; only for those. */
const char *address_unix_path(const struct address *address);

#endif
