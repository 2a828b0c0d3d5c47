/* Contexts are shared by all loops: OpenSSL 3 allows that once they are set up. */
#include "net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"

#define VALID_SECONDS (10L * 365 * 24 * 3600)
/* A login signs once: with RSA that would be the larger part of what TLS costs. */
#define CURVE "P-256"

struct tls {
    SSL_CTX *context;
};

static const char *last_error(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return text == NULL ? "unknown error" : text;
}

static struct tls *tls_new(const SSL_METHOD *method)
{
    struct tls *tls = memory_new(1, sizeof(*tls));
    tls->context = SSL_CTX_new(method);
    if (tls->context == NULL) {
        log_write(LOG_ERROR, NULL, "OpenSSL gives no context: %s", last_error());
        abort();
    }
    SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
    /* Servers and many clients close without close_notify: an end like any other, and the other
     * direction goes on. The protocol on top tells whether something is missing. */
    SSL_CTX_set_options(tls->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    return tls;
}

enum error tls_server_new(const char *certificate_file, const char *key_file, struct tls **tls,
                          struct problem *problem)
{
    *tls = tls_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file((*tls)->context, certificate_file) == 1 &&
        SSL_CTX_use_PrivateKey_file((*tls)->context, key_file, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key((*tls)->context) == 1)
        return ERROR_NONE;
    tls_free(*tls);
    *tls = NULL;
    return problem_set(problem, ERROR_FILE,
                       "The TLS certificate %s with key %s cannot be used: %s. Remove both to have "
                       "new ones made, or name others by proxy.tls_certificate and proxy.tls_key.",
                       certificate_file, key_file, last_error());
}

struct tls *tls_client_new(void)
{
    struct tls *tls = tls_new(TLS_client_method());
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_NONE, NULL);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

struct ssl_ctx_st *tls_context(struct tls *tls)
{
    return tls->context;
}

/* --- making a certificate --------------------------------------------------------------------- */

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL)
        return false;
    bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* A certificate for `name` over `key`, issued by `issuer` (itself when NULL) with `issuer_key`. */
static X509 *make_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    bool authority = issuer == NULL;
    uint64_t serial = 0;
    X509 *certificate = X509_new();
    if (certificate == NULL || RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
        goto failed;
    X509_set_version(certificate, 2); /* v3 */
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -24L * 3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_SECONDS);
    X509_set_pubkey(certificate, key);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_issuer_name(certificate, authority ? subject : X509_get_subject_name(issuer));
    X509 *signer = authority ? certificate : issuer;
    if (!add_extension(certificate, signer, NID_basic_constraints,
                       authority ? "critical,CA:TRUE" : "critical,CA:FALSE") ||
        !add_extension(certificate, signer, NID_subject_key_identifier, "hash"))
        goto failed;
    if (!authority && !add_extension(certificate, signer, NID_subject_alt_name,
                                     "DNS:localhost,IP:127.0.0.1,IP:::1"))
        goto failed;
    if (X509_sign(certificate, issuer_key, EVP_sha256()) > 0)
        return certificate;
failed:
    X509_free(certificate);
    return NULL;
}

static FILE *create_file(const char *folder, const char *name, mode_t mode, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", folder, name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (descriptor < 0)
        return NULL;
    return fdopen(descriptor, "w");
}

static enum error store_pem(const char *folder, const char *name, X509 *certificate, EVP_PKEY *key,
                            struct problem *problem)
{
    char path[4096];
    FILE *file = create_file(folder, name, key == NULL ? 0644 : 0600, path, sizeof(path));
    bool good = file != NULL;
    if (good && certificate != NULL)
        good = PEM_write_X509(file, certificate) == 1;
    if (good && key != NULL)
        good = PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (file != NULL && fclose(file) != 0)
        good = false;
    if (good)
        return ERROR_NONE;
    return problem_set(problem, ERROR_FILE, "%s cannot be written: %s.", path, strerror(errno));
}

enum error tls_ensure_certificate(const char *folder, struct problem *problem)
{
    char path[4096];
    X509 *authority = NULL, *certificate = NULL;
    EVP_PKEY *authority_key = NULL, *key = NULL;
    enum error error = ERROR_NONE;

    snprintf(path, sizeof(path), "%s/certificate.pem", folder);
    if (access(path, F_OK) == 0)
        return ERROR_NONE;
    authority_key = EVP_EC_gen(CURVE);
    key = EVP_EC_gen(CURVE);
    if (authority_key != NULL && key != NULL)
        authority = make_certificate("ddltap local CA", authority_key, NULL, authority_key);
    if (authority != NULL)
        certificate = make_certificate("localhost", key, authority, authority_key);
    if (certificate == NULL) {
        error = problem_set(problem, ERROR_NETWORK, "No TLS certificate could be made: %s.",
                            last_error());
        goto out;
    }
    /* The certificate last: it says that all three are there. */
    if ((error = store_pem(folder, "ca.pem", authority, NULL, problem)) != ERROR_NONE ||
        (error = store_pem(folder, "key.pem", NULL, key, problem)) != ERROR_NONE)
        goto out;
    error = store_pem(folder, "certificate.pem", certificate, NULL, problem);
out:
    X509_free(certificate);
    X509_free(authority);
    EVP_PKEY_free(key);
    EVP_PKEY_free(authority_key);
    return error;
}
