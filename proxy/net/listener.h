/* listener: a socket that accepts clients, TCP or Unix. */
#ifndef DDLTAP_NET_LISTENER_H
#define DDLTAP_NET_LISTENER_H

#include "ddltap/error.h"
#include "net/address.h"
#include "net/loop.h"

struct listener;

/* accepted(owner, descriptor, peer) is called on the loop for each client; it takes the descriptor
 * (non-blocking). A Unix socket's file is made with mode 0600 after a dead one was removed.
 * ERROR_NETWORK: the address is in use or not ours; problem says which and what to do. */
must_check enum error
listener_open(struct loop *loop, const struct address *address,
              void (*accepted)(void *owner, int descriptor, const struct address *peer),
              void *owner, struct listener **listener, struct problem *problem);

/* Where it listens; a port 0 has become the real one. */
const struct address *listener_address(const struct listener *listener);

/* Stops accepting; removes the file of a Unix socket. NULL-safe. */
void listener_free(struct listener *listener);

#endif
