/* rig: a real session on a loop of its own, between a client and a server that the test plays.
 *
 *     test --client--> [ session, loop's thread ] --server--> test
 *                                |
 *                             fake_tap
 *
 * Every wait is bounded by PATIENCE_SECONDS: what does not come is a failure. The end of each test looks
 * that no session is left over.
 */
#ifndef DDLTAP_TESTS_SESSION_RIG_H
#define DDLTAP_TESTS_SESSION_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"
#include "fake_tap.h"
#include "session/session.h"

#define PATIENCE_SECONDS 30
#define PATIENCE_MILLISECONDS (PATIENCE_SECONDS * 1000)

/* What the fake server offers and the fake client wants, if the test does not say else. */
#define SERVER_OFFERS                                                                              \
    (CLIENT_MYSQL | CLIENT_FOUND_ROWS | CLIENT_LONG_FLAG | CLIENT_CONNECT_WITH_DB |                \
     CLIENT_COMPRESS | CLIENT_LOCAL_FILES | CLIENT_PROTOCOL_41 | CLIENT_TRANSACTIONS |             \
     CLIENT_SECURE_CONNECTION | CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS |                   \
     CLIENT_PS_MULTI_RESULTS | CLIENT_PLUGIN_AUTH | CLIENT_SESSION_TRACK |                         \
     CLIENT_ZSTD_COMPRESSION | CLIENT_QUERY_ATTRIBUTES)
#define CLIENT_WANTS                                                                               \
    (SERVER_OFFERS & ~(CLIENT_QUERY_ATTRIBUTES | CLIENT_COMPRESS | CLIENT_ZSTD_COMPRESSION))

struct rig {
    struct loop *loop;
    struct session_home home;
    struct session_shared shared;
    struct fake_tap tap;
    int listener;
    int client, server; /* the test's ends; -1: none */
    int sessions_end;   /* the session's end of the client's socket, until it has started */
    int small_buffers;  /* bytes of socket buffers; 0: as the system likes */
    uint64_t offers;    /* capabilities in the greeting */
    uint64_t wants;     /* capabilities in the response */
    uint64_t sessions;
    bool running;
};

/* For cmocka: state is a struct rig with a running loop and no session. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* A client connects. The server's side is accepted by rig_accept. */
void rig_start_session(struct rig *rig);
void rig_accept(struct rig *rig);
/* Both, and greeting, response and OK; then the tap is open. */
void rig_log_in(struct rig *rig);

/* Run a function on the session's loop and wait for its end. */
void rig_on_loop(struct rig *rig, void (*function)(void *argument), void *argument);
/* Wait until no session lives. */
void rig_expect_no_session(struct rig *rig);
/* Close a socket of the test's. */
void rig_close(int *descriptor);
/* The same by a reset (TCP). */
void rig_reset(int *descriptor);

/* The bytes go in whole. */
void send_bytes(int descriptor, struct slice bytes);
/* These are the next bytes that come. */
void expect_bytes(int descriptor, struct slice bytes);
/* An ERR packet comes: its code and a part of its message. */
void expect_error_packet(int descriptor, uint16_t code, const char *part);
void expect_silence(int descriptor);
/* End of file, or a reset; nothing before it. */
void expect_end(int descriptor);
/* Whatever comes, until the end. */
void expect_end_after_anything(int descriptor);
/* bytes sent at one end come out at the other, whatever the buffers between them hold. */
void expect_relayed(int from, int to, struct slice bytes);
/* A command of the client and its answer, as if there were no proxy. */
void expect_exchange(struct rig *rig, struct slice asked, struct slice answered);
/* What could be read within so many milliseconds without anything coming; counts and drops. */
size_t read_until_silence(int descriptor, int milliseconds);
/* The same, but something must come: for that it waits with patience. 0: nothing has come. */
size_t read_what_comes(int descriptor);
/* What could be sent until the other side took no more. */
size_t send_until_blocked(int descriptor, struct slice bytes);

/* Let the session's loop do what it can do now. */
void rig_settle(struct rig *rig);

#endif
