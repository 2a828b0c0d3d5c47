/* script: a conversation between a client and a server, with a real session between them, played in
 * one thread: the session's loop turns when the player says so, so each piece is seen before the next
 * is sent, and playing is fast enough to do it once for each byte.
 *
 *     struct step steps[] = {ASKS(query("SELECT 1")), ANSWERS(one_row("1"))};
 *     script_play(&(struct script){STEPS(steps), .login = true, .told = "..."});
 *
 * The conversation is played whole, then with every chunk cut in two at its first byte, at its second,
 * and so on until the longest chunk has been cut everywhere, then byte by byte. What comes out on both
 * sides, when, and what the tap is told must be the same each time. Chunks longer than EVERY_BYTE are
 * cut at their first and last bytes, around each multiple of the read buffer's size, and every
 * STRIDE bytes.
 */
#ifndef DDLTAP_TESTS_SESSION_SCRIPT_H
#define DDLTAP_TESTS_SESSION_SCRIPT_H

#include "bytes.h"
#include "fake_tap.h"
#include "session/session_internal.h"

#define SCRIPT_EVERY_BYTE 4096
#define SCRIPT_STRIDE 997

enum verb {
    CLIENT_SENDS,
    SERVER_SENDS,
    CLIENT_GETS, /* this comes out, and nothing else has come */
    SERVER_GETS,
    CLIENT_ENDS, /* it says no more, and still reads */
    SERVER_ENDS,
    CLIENT_VANISHES, /* a bare close */
    SERVER_VANISHES,
    CLIENT_SEES_END, /* and nothing before it */
    SERVER_SEES_END,
    BOTH_SHAKE_HANDS, /* each side's TLS */
    TAP_DOES,
};

struct step {
    enum verb verb;
    struct slice bytes;
    enum tap_action action; /* TAP_DOES */
};

/* Two steps each: what is sent comes out. */
#define ASKS(bytes)                                                                                \
    {CLIENT_SENDS, bytes, TAP_WAIT},                                                               \
    {                                                                                              \
        SERVER_GETS, bytes, TAP_WAIT                                                               \
    }
#define ANSWERS(bytes)                                                                             \
    {SERVER_SENDS, bytes, TAP_WAIT},                                                               \
    {                                                                                              \
        CLIENT_GETS, bytes, TAP_WAIT                                                               \
    }
#define STEPS(steps) .step = (steps), .count = sizeof(steps) / sizeof((steps)[0])

struct script {
    const struct step *step;
    size_t count;
    bool login;       /* a greeting, a response and OK come before the steps */
    uint64_t wants;   /* capabilities in that response; 0: CLIENT_WANTS */
    const char *told; /* to the tap, a line each; NULL: not looked at */
    unsigned questions;
    enum tap_action decision;
    bool keeps;
    bool declines;            /* no tap */
    enum session_phase phase; /* at the end; 0: COMMANDS, with nothing pending */
    struct tls *tls;          /* for both sides */
};

/* Fails the test where any way of delivery makes a difference. */
void script_play(const struct script *script);
/* The same in fewer performances, for many scripts: every byte of every chunk is cut at too, but chunks
 * longer than `size` are cut into pieces of that size, whose first is of each length up to it. */
void script_play_in_pieces(const struct script *script, size_t size);
/* Cut at these places only, and never byte by byte. */
void script_play_cut_at(const struct script *script, const size_t *cuts, size_t count);

#endif
