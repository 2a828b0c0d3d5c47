/* The proxy as a whole: listeners, threads, TLS on both legs, signals. */
#include "suites.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/tls.h"
#include "session/proxy.h"
#include "wire/handshake.h"
#include "wire/packet.h"

struct running {
    struct proxy *proxy;
    pthread_t thread;
    bool at_rest;
};

static void *run(void *argument)
{
    struct running *running = argument;
    running->at_rest = proxy_run(running->proxy);
    return NULL;
}

/* A proxy in front of the rig's server; the rig's own loop stays idle. */
static void open_proxy(struct rig *rig, struct running *running, unsigned drain_timeout)
{
    struct address listen;
    assert_int_equal(address_parse("127.0.0.1:0", &listen, NULL), ERROR_NONE);
    struct proxy_options options = {
        .listen = &listen,
        .listen_count = 1,
        .upstream = rig->shared.upstream,
        .threads = 2,
        .connect_timeout = 2000,
        .drain_timeout = drain_timeout,
        .sink = rig->shared.sink,
    };
    assert_int_equal(proxy_open(&options, &running->proxy, NULL), ERROR_NONE);
}

static void start_proxy(struct rig *rig, struct running *running, unsigned drain_timeout)
{
    open_proxy(rig, running, drain_timeout);
    assert_int_equal(pthread_create(&running->thread, NULL, run, running), 0);
}

static int dial(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(text, &address, NULL), ERROR_NONE);
    int descriptor = socket(address.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(descriptor, (const struct sockaddr *)&address.socket, address.length),
                     0);
    return descriptor;
}

static void log_in_at(struct rig *rig, struct running *running)
{
    rig->client = dial(proxy_address(running->proxy, 0));
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS));
    expect_bytes(rig->client, greeting(SERVER_OFFERS));
    send_bytes(rig->client, response(CLIENT_WANTS, "anna", "shop"));
    expect_bytes(rig->server, response(CLIENT_WANTS, "anna", "shop"));
    expect_relayed(rig->server, rig->client, ok(2, 2));
    expect_told(&rig->tap, "open anna shop");
}

static void a_signal_lets_the_proxy_come_to_rest(void **state)
{
    struct rig *rig = *state;
    struct running running = {0};
    start_proxy(rig, &running, 5000);
    log_in_at(rig, &running);
    send_bytes(rig->client, query("SELECT 1"));
    expect_bytes(rig->server, query("SELECT 1"));
    kill(getpid(), SIGTERM);
    expect_silence(rig->client);
    expect_relayed(rig->server, rig->client, one_row("1"));
    expect_end(rig->client);
    expect_told(&rig->tap, "close");
    pthread_join(running.thread, NULL);
    assert_true(running.at_rest);
    proxy_free(running.proxy);
}

static void a_signal_that_comes_before_the_proxy_runs_ends_it_well(void **state)
{
    struct rig *rig = *state;
    struct running running = {0};
    open_proxy(rig, &running, 5000);
    kill(getpid(), SIGTERM);
    assert_true(proxy_run(running.proxy));
    proxy_free(running.proxy);
}

static void a_second_signal_ends_the_proxy_at_once(void **state)
{
    struct rig *rig = *state;
    struct running running = {0};
    start_proxy(rig, &running, 60000);
    log_in_at(rig, &running);
    send_bytes(rig->client, query("SELECT 1"));
    expect_bytes(rig->server, query("SELECT 1"));
    kill(getpid(), SIGTERM);
    expect_silence(rig->client);
    kill(getpid(), SIGINT);
    expect_end(rig->client);
    pthread_join(running.thread, NULL);
    assert_true(running.at_rest);
    proxy_free(running.proxy);
}

static void a_busy_session_is_closed_when_the_time_is_up(void **state)
{
    struct rig *rig = *state;
    struct running running = {0};
    start_proxy(rig, &running, 100);
    log_in_at(rig, &running);
    send_bytes(rig->client, query("SELECT 1"));
    expect_bytes(rig->server, query("SELECT 1"));
    kill(getpid(), SIGTERM);
    expect_end(rig->client);
    pthread_join(running.thread, NULL);
    assert_true(running.at_rest);
    proxy_free(running.proxy);
}

/* --- TLS -------------------------------------------------------------------------------------- */

struct leg {
    SSL *ssl;
    int descriptor;
    bool as_server;
    int result;
};

static void *shake_hands(void *argument)
{
    struct leg *leg = argument;
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    setsockopt(leg->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    SSL_set_fd(leg->ssl, leg->descriptor);
    leg->result = leg->as_server ? SSL_accept(leg->ssl) : SSL_connect(leg->ssl);
    return NULL;
}

static void send_tls(SSL *ssl, struct slice bytes)
{
    while (bytes.len > 0) {
        int count = SSL_write(ssl, bytes.ptr, (int)bytes.len); /* a record at most */
        assert_true(count > 0);
        bytes = slice_from_offset(bytes, (size_t)count);
    }
}

static void expect_tls(SSL *ssl, struct slice bytes)
{
    char *got = malloc(bytes.len + 1);
    size_t len = 0;
    while (len < bytes.len) {
        int count = SSL_read(ssl, got + len, (int)(bytes.len - len));
        if (count <= 0)
            break;
        len += (size_t)count;
    }
    bool same = len == bytes.len && memcmp(got, bytes.ptr, len) == 0;
    free(got);
    assert_int_equal(len, bytes.len);
    assert_true(same);
}

static void make_certificate(struct rig *rig, char folder[])
{
    char certificate[128], key[128];
    struct problem problem = PROBLEM_INIT;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(tls_ensure_certificate(folder, &problem), ERROR_NONE);
    snprintf(certificate, sizeof(certificate), "%s/certificate.pem", folder);
    snprintf(key, sizeof(key), "%s/key.pem", folder);
    assert_int_equal(tls_server_new(certificate, key, &rig->shared.tls_server, &problem),
                     ERROR_NONE);
}

static void remove_certificate(const char *folder)
{
    static const char *const names[] = {"certificate.pem", "key.pem", "ca.pem"};
    char path[128];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* An SSLRequest: the first 32 bytes of a response. */
static struct slice ssl_request(uint64_t capabilities)
{
    struct slice whole = response(capabilities | CLIENT_SSL, "", "");
    return packet(1, slice_make(whole.ptr + 4, 32));
}

static void tls_is_mirrored_and_everything_passes_within(void **state)
{
    struct rig *rig = *state;
    char folder[] = "/tmp/ddltap-test-XXXXXX";
    uint64_t wants = CLIENT_WANTS | CLIENT_SSL;
    make_certificate(rig, folder);
    rig->tap.decision = TAP_FORWARD;
    rig->tap.questions = 1;
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS | CLIENT_SSL));
    expect_bytes(rig->client, greeting(SERVER_OFFERS | CLIENT_SSL));
    send_bytes(rig->client, ssl_request(wants));
    expect_bytes(rig->server, ssl_request(wants));

    SSL_CTX *client_context = SSL_CTX_new(TLS_client_method());
    SSL *client = SSL_new(client_context);
    SSL *server = SSL_new(tls_context(rig->shared.tls_server));
    struct leg client_leg = {.ssl = client, .descriptor = rig->client};
    struct leg server_leg = {.ssl = server, .descriptor = rig->server, .as_server = true};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, shake_hands, &server_leg), 0);
    shake_hands(&client_leg);
    pthread_join(thread, NULL);
    assert_int_equal(client_leg.result, 1);
    assert_int_equal(server_leg.result, 1);

    send_tls(client, response(wants, "anna", "shop"));
    expect_tls(server, response(wants, "anna", "shop"));
    send_tls(server, ok(3, 2));
    expect_tls(client, ok(3, 2));
    expect_told(&rig->tap, "open anna shop");
    send_tls(client, query("CREATE TABLE t (a INT)"));
    expect_tls(server, query("SELECT 1"));
    send_tls(server, one_row("1"));
    expect_tls(server, query("CREATE TABLE t (a INT)"));
    struct slice rows = JOIN(rows_without_end("0123456789", 4000), end_of_rows(5, 2));
    send_tls(server, rows);
    expect_tls(client, rows);
    expect_told(&rig->tap, "command query CREATE TABLE t (a INT)");
    expect_told(&rig->tap, "answer 1 1");
    expect_told(&rig->tap, "outcome 0 rows last");

    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_context);
    remove_certificate(folder);
}

/* --- clients that leave within TLS ------------------------------------------------------------ */

#define LEAVING_CLIENT_WANTS (CLIENT_WANTS | CLIENT_SSL | CLIENT_CONNECT_ATTRS)

/* Client and server have the SSLRequest; their handshakes would be next. */
static void agree_on_tls(struct rig *rig)
{
    rig_start_session(rig);
    rig_accept(rig);
    send_bytes(rig->server, greeting(SERVER_OFFERS | CLIENT_SSL | CLIENT_CONNECT_ATTRS));
    expect_bytes(rig->client, greeting(SERVER_OFFERS | CLIENT_SSL | CLIENT_CONNECT_ATTRS));
    send_bytes(rig->client, ssl_request(LEAVING_CLIENT_WANTS));
    expect_bytes(rig->server, ssl_request(LEAVING_CLIENT_WANTS));
}

/* A whole handshake response arrives within TLS, not a bare close; the server refuses it. */
static void expect_refusable_login(struct rig *rig, SSL *server)
{
    char bytes[512];
    struct packet_head head = {0};
    struct slice payload = SLICE_NONE;
    struct handshake_response parsed;
    int count = SSL_read(server, bytes, sizeof(bytes));
    assert_true(count > 0);
    assert_int_equal(packet_whole(slice_make(bytes, (size_t)count), 500, &head, &payload),
                     PACKET_WHOLE_READY);
    assert_int_equal(head.sequence, 2);
    assert_int_equal(handshake_response_parse(payload, &parsed), ERROR_NONE);
    assert_false(parsed.ssl_request);
    /* MySQL 9 refuses to read one that does not repeat the SSLRequest, and counts that. */
    struct slice request = ssl_request(LEAVING_CLIENT_WANTS);
    assert_memory_equal(payload.ptr, request.ptr + PACKET_HEAD_SIZE, 32);
    assert_false(parsed.incomplete);
    assert_true(slice_equal(parsed.auth_plugin, SLICE("mysql_native_password")));
    assert_int_equal(payload.ptr[payload.len - 1], 0); /* no attributes */
    assert_true(parsed.user.len > 0);
    /* An auth switch is answered too. */
    send_tls(server, packet(3, SLICE("\xfe"
                                     "caching_sha2_password\0ABCDEFGH")));
    expect_tls(server, packet(4, SLICE("")));
    send_tls(server, error(5, 1045, "Access denied"));
    assert_true(SSL_read(server, bytes, sizeof(bytes)) <= 0);
    rig_expect_no_session(rig);
    expect_nothing_told(&rig->tap);
}

/* The server's half of a session whose client leaves: it shakes hands on a thread of its own. */
struct tls_server {
    struct leg leg;
    pthread_t thread;
};

static void begin_to_shake_hands(struct rig *rig, struct tls_server *server)
{
    server->leg = (struct leg){.ssl = SSL_new(tls_context(rig->shared.tls_server)),
                               .descriptor = rig->server,
                               .as_server = true};
    assert_int_equal(pthread_create(&server->thread, NULL, shake_hands, &server->leg), 0);
}

static void expect_handshake_and_refusable_login(struct rig *rig, struct tls_server *server)
{
    pthread_join(server->thread, NULL);
    assert_int_equal(server->leg.result, 1);
    expect_refusable_login(rig, server->leg.ssl);
    SSL_free(server->leg.ssl);
}

static void a_client_that_distrusts_the_certificate_is_covered_by_a_refusable_login(void **state)
{
    struct rig *rig = *state;
    char folder[] = "/tmp/ddltap-test-XXXXXX";
    struct tls_server server;
    make_certificate(rig, folder);
    agree_on_tls(rig);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL); /* and no authority is known */
    struct leg client = {.ssl = SSL_new(context), .descriptor = rig->client};
    begin_to_shake_hands(rig, &server);
    shake_hands(&client);
    assert_true(client.result <= 0);
    rig_close(&rig->client);
    expect_handshake_and_refusable_login(rig, &server);
    SSL_free(client.ssl);
    SSL_CTX_free(context);
    remove_certificate(folder);
}

static void a_client_that_leaves_instead_of_a_tls_handshake_is_covered_too(void **state)
{
    struct rig *rig = *state;
    char folder[] = "/tmp/ddltap-test-XXXXXX";
    struct tls_server server;
    make_certificate(rig, folder);
    agree_on_tls(rig);
    rig_close(&rig->client);
    rig_settle(rig); /* it is gone before the server begins */
    begin_to_shake_hands(rig, &server);
    expect_handshake_and_refusable_login(rig, &server);
    remove_certificate(folder);
}

/* It shakes hands and leaves; before or after the server has done so too. */
static void shake_hands_and_leave(struct rig *rig, bool server_first)
{
    char folder[] = "/tmp/ddltap-test-XXXXXX";
    struct tls_server server;
    make_certificate(rig, folder);
    agree_on_tls(rig);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct leg client = {.ssl = SSL_new(context), .descriptor = rig->client};
    if (server_first)
        begin_to_shake_hands(rig, &server);
    shake_hands(&client);
    assert_int_equal(client.result, 1);
    if (server_first)
        usleep(50000);
    rig_close(&rig->client);
    rig_settle(rig);
    if (!server_first)
        begin_to_shake_hands(rig, &server);
    expect_handshake_and_refusable_login(rig, &server);
    SSL_free(client.ssl);
    SSL_CTX_free(context);
    remove_certificate(folder);
}

static void a_client_that_leaves_after_its_tls_handshake_is_covered_too(void **state)
{
    shake_hands_and_leave(*state, true);
}

static void a_client_that_leaves_before_the_server_has_shaken_hands_is_covered_too(void **state)
{
    shake_hands_and_leave(*state, false);
}

static void a_server_that_never_shakes_hands_is_given_up_when_the_client_has_left(void **state)
{
    struct rig *rig = *state;
    char folder[] = "/tmp/ddltap-test-XXXXXX";
    make_certificate(rig, folder);
    agree_on_tls(rig);
    send_bytes(rig->client, SLICE("this is no ClientHello, whatever it is"));
    expect_end_after_anything(rig->client);
    rig_expect_no_session(rig);
    remove_certificate(folder);
}

int test_proxy(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_signal_lets_the_proxy_come_to_rest),
        RIG_TEST(a_signal_that_comes_before_the_proxy_runs_ends_it_well),
        RIG_TEST(a_second_signal_ends_the_proxy_at_once),
        RIG_TEST(a_busy_session_is_closed_when_the_time_is_up),
        RIG_TEST(tls_is_mirrored_and_everything_passes_within),
        RIG_TEST(a_client_that_distrusts_the_certificate_is_covered_by_a_refusable_login),
        RIG_TEST(a_client_that_leaves_instead_of_a_tls_handshake_is_covered_too),
        RIG_TEST(a_client_that_leaves_after_its_tls_handshake_is_covered_too),
        RIG_TEST(a_client_that_leaves_before_the_server_has_shaken_hands_is_covered_too),
        RIG_TEST(a_server_that_never_shakes_hands_is_given_up_when_the_client_has_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
