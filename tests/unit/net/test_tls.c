/* TLS between two streams, with a certificate made for it. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "ddltap/memory.h"
#include "ends.h"

#define MUCH ((size_t)2 << 20)

static char folder[] = "/tmp/ddltap-test-XXXXXX";
static struct tls *server, *client;

static void path_of(const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", folder, name);
}

static int make_contexts(void **state)
{
    char certificate[128], key[128];
    (void)state;
    if (mkdtemp(folder) == NULL || tls_ensure_certificate(folder, NULL) != ERROR_NONE)
        return 1;
    path_of("certificate.pem", certificate, sizeof(certificate));
    path_of("key.pem", key, sizeof(key));
    client = tls_client_new();
    return tls_server_new(certificate, key, &server, NULL) != ERROR_NONE;
}

static int free_contexts(void **state)
{
    static const char *const names[] = {"certificate.pem", "key.pem", "ca.pem"};
    char path[128];
    (void)state;
    tls_free(server);
    tls_free(client);
    tls_free(NULL);
    for (int i = 0; i < 3; i++) {
        path_of(names[i], path, sizeof(path));
        unlink(path);
    }
    return rmdir(folder);
}

static bool both_opened(struct ends *ends)
{
    return ends->left.opened > 0 && ends->right.opened > 0;
}

static void open_tls(struct ends *ends)
{
    ends_open(ends, NULL);
    stream_start_tls(ends->left.stream, client, false);
    stream_start_tls(ends->right.stream, server, true);
    assert_true(ends_run_until(ends, both_opened));
    assert_true(stream_is_tls(ends->left.stream));
}

static bool both_have_much(struct ends *ends)
{
    return ends->left.got.len >= MUCH && ends->right.got.len >= MUCH;
}

static void much_passes_both_ways_at_once(void **state)
{
    (void)state;
    struct ends ends;
    char *bytes = memory_new(MUCH, 1);
    for (size_t i = 0; i < MUCH; i++)
        bytes[i] = (char)(i * 31 + i / 251);
    open_tls(&ends);
    ends.left.to_send = ends.right.to_send = slice_make(bytes, MUCH);
    end_send(&ends.left);
    end_send(&ends.right);
    assert_true(ends_run_until(&ends, both_have_much));
    assert_memory_equal(ends.left.got.ptr, bytes, MUCH);
    assert_memory_equal(ends.right.got.ptr, bytes, MUCH);
    free(bytes);
    ends_free(&ends);
}

static bool right_holds_a_hundred(struct ends *ends)
{
    return stream_input(ends->right.stream).len >= 100;
}

static void what_openssl_holds_back_is_not_forgotten(void **state)
{
    (void)state;
    struct ends ends;
    char bytes[16000];
    memset(bytes, 'x', sizeof(bytes));
    open_tls(&ends);
    ends.right.stubborn = true;
    stream_limit_input(ends.right.stream, 100);
    /* One record: all of it leaves the socket with the first read. */
    stream_queue(ends.left.stream, slice_make(bytes, sizeof(bytes)));
    assert_true(ends_run_until(&ends, right_holds_a_hundred));
    ends_run_for(&ends, 10);
    assert_int_equal(stream_input(ends.right.stream).len, 100);
    size_t total = 0;
    for (int i = 0; i < 1000 && total < sizeof(bytes); i++) {
        size_t len = stream_input(ends.right.stream).len;
        total += len;
        stream_consume(ends.right.stream, len);
        if (len < 100)
            stream_limit_input(ends.right.stream, 0);
        ends_run_for(&ends, 1);
    }
    assert_int_equal(total, sizeof(bytes));
    ends_free(&ends);
}

static bool right_has_ended(struct ends *ends)
{
    return ends->right.ended > 0;
}

static bool left_has_input(struct ends *ends)
{
    return ends->left.got.len > 0;
}

static void the_end_comes_behind_all_input(void **state)
{
    (void)state;
    struct ends ends;
    open_tls(&ends);
    stream_queue(ends.left.stream, SLICE("goodbye"));
    stream_shutdown(ends.left.stream);
    assert_true(ends_run_until(&ends, right_has_ended));
    assert_true(slice_equal(buffer_slice(&ends.right.got), SLICE("goodbye")));
    assert_string_equal(ends.right.why, "");
    stream_queue(ends.right.stream, SLICE("you too"));
    assert_true(ends_run_until(&ends, left_has_input));
    assert_true(slice_equal(buffer_slice(&ends.left.got), SLICE("you too")));
    ends_free(&ends);
}

static void a_peer_that_closes_without_a_word_has_ended_too(void **state)
{
    (void)state;
    struct ends ends;
    open_tls(&ends);
    /* A socket closed with tickets unread is a reset: what comes behind them tells that they were read. */
    stream_queue(ends.right.stream, SLICE("behind the tickets"));
    assert_true(ends_run_until(&ends, left_has_input));
    stream_free(ends.left.stream); /* closes the socket, sends no close_notify */
    ends.left.stream = NULL;
    assert_true(ends_run_until(&ends, right_has_ended));
    assert_int_equal(ends.right.ended, 1);
    assert_string_equal(ends.right.why, "");
    ends_free(&ends);
}

static bool left_has_ended(struct ends *ends)
{
    return ends->left.ended > 0;
}

static void bytes_that_are_no_handshake_end_the_stream_with_a_reason(void **state)
{
    (void)state;
    struct ends ends;
    int raw;
    ends_open(&ends, &raw);
    stream_start_tls(ends.left.stream, server, true);
    assert_int_equal(write(raw, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    assert_true(ends_run_until(&ends, left_has_ended));
    assert_int_equal(strncmp(ends.left.why, "TLS: ", 5), 0);
    assert_int_equal(ends.left.opened, 0);
    close(raw);
    ends_free(&ends);
}

static void a_peer_that_leaves_within_the_handshake_is_an_error(void **state)
{
    (void)state;
    struct ends ends;
    int raw;
    ends_open(&ends, &raw);
    stream_start_tls(ends.left.stream, server, true);
    close(raw);
    assert_true(ends_run_until(&ends, left_has_ended));
    assert_string_equal(ends.left.why, "closed during the TLS handshake");
    ends_free(&ends);
}

static bool right_is_freed(struct ends *ends)
{
    return ends->right.stream == NULL;
}

static void a_stream_may_be_freed_in_its_callback(void **state)
{
    (void)state;
    struct ends ends;
    open_tls(&ends);
    ends.right.frees_itself = true;
    stream_queue(ends.left.stream, SLICE("x"));
    assert_true(ends_run_until(&ends, right_is_freed));
    ends_free(&ends);

    ends_open(&ends, NULL);
    stream_start_tls(ends.left.stream, client, false);
    stream_start_tls(ends.right.stream, server, true);
    ends.right.frees_itself = true; /* in opened() */
    assert_true(ends_run_until(&ends, right_is_freed));
    ends_free(&ends);
}

/* A record of which only the start has come. */
static void half_a_record_makes_no_work(void **state)
{
    (void)state;
    struct ends ends;
    int raw;
    char record[4096];
    ends_open(&ends, &raw);
    stream_start_tls(ends.left.stream, server, true);

    /* A client without a socket: what it writes, we carry. */
    SSL *ssl = SSL_new(tls_context(client));
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    for (int i = 0; i < 250 && (ends.left.opened == 0 || !SSL_is_init_finished(ssl)); i++) {
        (void)SSL_connect(ssl);
        int count = BIO_read(out, record, sizeof(record));
        if (count > 0)
            assert_int_equal(write(raw, record, (size_t)count), count);
        ends_run_for(&ends, 20);
        ssize_t got = read(raw, record, sizeof(record));
        if (got > 0)
            BIO_write(in, record, (int)got);
    }
    assert_int_equal(ends.left.opened, 1);
    assert_int_equal(SSL_write(ssl, "hello", 5), 5);
    int count = BIO_read(out, record, sizeof(record));
    assert_true(count > 12);
    assert_int_equal(write(raw, record, 12), 12);
    ends_run_for(&ends, 20);
    clock_t before = clock();
    ends_run_for(&ends, 150);
    assert_true(clock() - before < CLOCKS_PER_SEC / 20);
    assert_int_equal(write(raw, record + 12, (size_t)count - 12), count - 12);
    assert_true(ends_run_until(&ends, left_has_input));
    assert_true(slice_equal(buffer_slice(&ends.left.got), SLICE("hello")));
    SSL_free(ssl);
    close(raw);
    ends_free(&ends);
}

/* --- the certificate -------------------------------------------------------------------------- */

static void the_certificate_is_made_once_and_its_key_is_private(void **state)
{
    (void)state;
    char path[128];
    struct stat before, after;
    path_of("key.pem", path, sizeof(path));
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(before.st_mode & 0777, 0600);
    assert_int_equal(tls_ensure_certificate(folder, NULL), ERROR_NONE);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void a_client_may_verify_with_the_ca_file(void **state)
{
    (void)state;
    struct ends ends;
    char path[128];
    path_of("ca.pem", path, sizeof(path));
    SSL_CTX *context = tls_context(client);
    assert_int_equal(SSL_CTX_load_verify_locations(context, path, NULL), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    assert_int_equal(X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(context), "localhost", 0), 1);
    open_tls(&ends);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    ends_free(&ends);
}

static void a_folder_that_cannot_be_written_is_a_problem_that_names_it(void **state)
{
    (void)state;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(tls_ensure_certificate("/nonexistent/folder", &problem), ERROR_FILE);
    assert_non_null(strstr(problem.text, "/nonexistent/folder"));
}

static void files_that_are_no_certificate_are_a_problem_that_names_them(void **state)
{
    (void)state;
    struct problem problem = PROBLEM_INIT;
    struct tls *none = NULL;
    char path[128];
    path_of("key.pem", path, sizeof(path));
    assert_int_equal(tls_server_new(path, path, &none, &problem), ERROR_FILE);
    assert_null(none);
    assert_non_null(strstr(problem.text, path));
}

int test_tls(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(much_passes_both_ways_at_once),
        cmocka_unit_test(what_openssl_holds_back_is_not_forgotten),
        cmocka_unit_test(the_end_comes_behind_all_input),
        cmocka_unit_test(a_peer_that_closes_without_a_word_has_ended_too),
        cmocka_unit_test(bytes_that_are_no_handshake_end_the_stream_with_a_reason),
        cmocka_unit_test(a_peer_that_leaves_within_the_handshake_is_an_error),
        cmocka_unit_test(a_stream_may_be_freed_in_its_callback),
        cmocka_unit_test(half_a_record_makes_no_work),
        cmocka_unit_test(the_certificate_is_made_once_and_its_key_is_private),
        cmocka_unit_test(a_client_may_verify_with_the_ca_file),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_a_problem_that_names_it),
        cmocka_unit_test(files_that_are_no_certificate_are_a_problem_that_names_them),
    };
    return cmocka_run_group_tests(tests, make_contexts, free_contexts);
}
