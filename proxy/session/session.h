/* session: one client and its upstream connection, from accept to the last byte.
 *
 *            client stream                       upstream stream
 *     read -> [ready | unseen] -- send ->     <- send -- [unseen | ready] <- read
 *                        ^ walk: packet heads                ^ walk, result tracker
 *
 * Bytes that have been looked at are `ready` and go out as they came, from the buffer they were read
 * into. The look hops over packet heads; commands queue up in `pending` and answers are followed until
 * each has passed. A command that the tap wants to see is held until the tap has decided. Of a
 * compressed session it is an inflated copy that is looked at (relay.h).
 *
 * All functions on the session's loop.
 */
#ifndef DDLTAP_SESSION_SESSION_H
#define DDLTAP_SESSION_SESSION_H

#include <stdatomic.h>
#include <stdint.h>

#include "ddltap/seam.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/tls.h"

struct session;

/* What all sessions share; outlives them. */
struct session_shared {
    struct address upstream;
    struct address upstream_socket; /* of the same server, for clients of sockets; length 0: none */
    struct tls *tls_server;         /* NULL: the client leg offers no TLS */
    struct tls *tls_client;
    struct tap_sink sink;
    unsigned connect_timeout; /* milliseconds */
    atomic_size_t live;       /* sessions that have not ended */
};

/* Where sessions live: one loop and the list of its sessions. */
struct session_home {
    struct loop *loop;
    struct session_shared *shared;
    struct session *first;
};

/* Takes the client's descriptor; counted in shared->live by the caller already. The session ends by
 * itself: it leaves the home's list and is freed in a later turn of the loop. */
void session_start(struct session_home *home, uint64_t id, int descriptor,
                   const struct address *peer);

/* End every session as soon as it is between commands and in no transaction; at once where it is. */
void session_drain_all(struct session_home *home);
/* End every session now. */
void session_close_all(struct session_home *home);

#endif
