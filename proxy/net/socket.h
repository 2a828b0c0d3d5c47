/* socket: the descriptors behind listeners and streams. */
#ifndef DDLTAP_NET_SOCKET_H
#define DDLTAP_NET_SOCKET_H

#include "net/address.h"

/* A socket for an address of this kind: does not block, is closed by exec, and over TCP sends without delay (TCP_NODELAY) and
 * looks after a silent peer (SO_KEEPALIVE). What a listening one accepts inherits the last two. -1: none, errno says why. */
int socket_open(const struct address *address);

#endif
