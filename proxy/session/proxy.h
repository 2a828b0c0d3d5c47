/* proxy: listeners, event loops and their sessions; the proxy half as one thing.
 *
 *     proxy_open   listens; SIGTERM, SIGINT and SIGHUP are its own from now on
 *     proxy_run    relays until SIGTERM or SIGINT: drains; a second one ends at once
 *     proxy_free
 */
#ifndef DDLTAP_SESSION_PROXY_H
#define DDLTAP_SESSION_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/error.h"
#include "ddltap/seam.h"
#include "net/address.h"

struct proxy;

struct proxy_options {
    const struct address *listen;
    size_t listen_count;
    struct address upstream;
    struct address upstream_socket; /* for clients that come by a socket; length 0: upstream, too */
    unsigned threads;               /* event loops; 0: one per core */
    unsigned connect_timeout;       /* milliseconds, for the upstream */
    unsigned drain_timeout;         /* milliseconds */
    const char *certificate_file;   /* NULL: clients are offered no TLS */
    const char *key_file;
    struct tap_sink sink;
    void (*reload)(void *argument); /* SIGHUP; may be NULL */
    void *reload_argument;
};

/* ERROR_NETWORK: an address is taken. ERROR_FILE: the certificate cannot be used. The texts of options
 * are not kept. */
must_check enum error proxy_open(const struct proxy_options *options, struct proxy **proxy,
                                 struct problem *problem);
/* The n-th address it listens on, ports resolved; as text. */
const char *proxy_address(const struct proxy *proxy, size_t index);
/* false: something the tap still waited for was given up; free nothing, end the process. */
must_check bool proxy_run(struct proxy *proxy);
void proxy_free(struct proxy *proxy); /* NULL-safe */

#endif
