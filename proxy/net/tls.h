/* tls: the two TLS contexts of the proxy and its certificate.
 *
 * The server context speaks to clients with the proxy's own certificate; the client context speaks
 * to the upstream, where nothing is verified: the upstream is the developer's own server, and what a
 * client verifies is the leg that it sees.
 */
#ifndef DDLTAP_NET_TLS_H
#define DDLTAP_NET_TLS_H

#include "ddltap/error.h"

struct tls;

/* Make sure that folder holds certificate.pem, key.pem and ca.pem; make them when the certificate is
 * absent: X.509 v3 for localhost, 127.0.0.1 and ::1, signed by a CA whose key is thrown away, so that
 * a client may be given ca.pem to verify with. ERROR_FILE, ERROR_NETWORK. */
must_check enum error tls_ensure_certificate(const char *folder, struct problem *problem);

/* Files in PEM. ERROR_FILE: one cannot be read or they do not fit together. */
must_check enum error tls_server_new(const char *certificate_file, const char *key_file,
                                     struct tls **tls, struct problem *problem);
struct tls *tls_client_new(void);
void tls_free(struct tls *tls); /* NULL-safe */

/* For net/ alone: the SSL_CTX. */
struct ssl_ctx_st *tls_context(struct tls *tls);

#endif
