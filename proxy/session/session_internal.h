/* session_internal: the session's inside, shared by the session_*.c files.
 *
 *     DIALING --> GREETING --> RESPONSE --> LOGIN --> COMMANDS --> CLOSED
 *        |            |        |    ^  |      |          |
 *        |            |       TLS --'  |      |          +--> RAW      what is not understood
 *        |            |        |       v      |          |
 *        +------------+--------+---> ABORT    '----------+--> ENDING   flush to the client, close
 */
#ifndef DDLTAP_SESSION_SESSION_INTERNAL_H
#define DDLTAP_SESSION_SESSION_INTERNAL_H

#include "ddltap/buffer.h"
#include "net/stream.h"
#include "session/pending.h"
#include "session/prepared.h"
#include "session/relay.h"
#include "session/session.h"
#include "wire/capabilities.h"
#include "wire/packet.h"
#include "wire/row.h"

enum session_phase {
    PHASE_DIALING,  /* the upstream is being connected, the client waits */
    PHASE_GREETING, /* the server's first packet is awaited */
    PHASE_RESPONSE, /* the client has the greeting; its SSLRequest or response is awaited */
    PHASE_TLS,      /* both legs do their TLS handshakes */
    PHASE_LOGIN,    /* authentication packets pass, until OK or ERR */
    PHASE_COMMANDS, /* commands and answers */
    PHASE_RAW,      /* bytes pass, nobody looks */
    PHASE_ABORT,    /* the client left before it logged in: the server gets a civil end */
    PHASE_ENDING,   /* the upstream is done: what the client still has coming is flushed */
    PHASE_CLOSED,
    PHASE_COUNT
};

/* Who sends what next on the client's side. */
enum client_mode {
    CLIENT_SENDS_COMMANDS,
    CLIENT_SENDS_FILE, /* LOCAL INFILE: packets until an empty one */
    CLIENT_SENDS_AUTH, /* within COM_CHANGE_USER */
};

/* The command that is held for the tap. */
enum hold_state {
    HOLD_NONE,
    HOLD_COLLECTING, /* its packets are being taken in */
    HOLD_WAITING,    /* complete; commands before it are not answered yet */
    HOLD_DECIDING,   /* the tap has it */
    HOLD_SENDING,    /* on its way to the server */
    HOLD_SENT,       /* the server works on it */
    HOLD_REFUSED,    /* the client is to be told, behind what the server is saying out of turn */
};

struct hold {
    enum hold_state state;
    uint8_t code;         /* enum command_code */
    bool wanted;          /* glance said HOLD; else it may still be let go when complete */
    bool kept;            /* the end of an answer is held back for the tap */
    bool asking;          /* a question is on its way */
    struct buffer raw;    /* its packets, as they came */
    struct buffer joined; /* its payload, where it came in several packets */
    struct buffer wire;   /* compressed session: raw in frames */
    size_t sent;          /* bytes of wire, or else raw, that went to the server */
    uint8_t sequence;     /* that an answer of ours begins with: behind its last packet, or frame */
    struct slice text;
    struct row *row;       /* the answer to the question on its way, else NULL */
    struct buffer error;   /* the last question's ERR payload */
    struct buffer refusal; /* HOLD_REFUSED: the packet */
};

/* Who the user becomes if the COM_CHANGE_USER on its way succeeds. */
struct change_of_user {
    bool known; /* else the packet was not understood, and the rest is empty */
    char *user, *database;
    char *program_name, *client_name; /* NULL: as before */
};

struct session {
    struct session *next, *previous; /* in home's list */
    struct session_home *home;
    const struct session_shared *shared; /* home's */
    uint64_t id;
    enum session_phase phase;
    struct relay client;   /* client to upstream */
    struct relay upstream; /* upstream to client */
    struct timer *timer;   /* dialling, login, abort; NULL once logged in */

    /* login */
    uint64_t offered;      /* capabilities of the greeting that the client got */
    uint64_t capabilities; /* in effect */
    uint32_t connection_id;
    bool mariadb;
    uint16_t status;       /* as last seen */
    bool multi_statements; /* agreed at the login, then as COM_SET_OPTION says */
    bool greeting_seen;
    bool login_ok;
    unsigned look_left;    /* packets, in this turn */
    unsigned auth_owed;    /* packets of the server, within an authentication, yet to be answered */
    uint8_t auth_sequence; /* of what it sent */
    bool covering; /* the client left while it logged in: answered for, as long as it lasts */
    char ssl_request[32]; /* its payload, as the server got it */
    bool client_tls_open; /* each leg: its TLS handshake is done */
    bool upstream_tls_open;
    unsigned abort_answers; /* given to a server whose client left; also when covering */
    char *server_version, *auth_plugin, *user, *database, *program_name, *client_name;
    char *peer;
    const struct address *server; /* where it was dialled; the shared state's */
    char *identity;               /* of its log lines */

    /* commands */
    struct pending_queue pending;
    struct prepared_list prepared;
    enum client_mode mode;
    struct change_of_user change;
    bool answer_ending;       /* the last packet of the oldest command's answer is passing */
    bool tracks_transaction;  /* the client was told of its transaction's state (SESSION_TRACK) */
    bool failed;              /* no OK has come since the last error */
    bool failed_within;       /* that was within a transaction */
    bool last_prepare_wanted; /* the statement prepared last is one for the tap */
    uint32_t last_prepared;   /* its id, once answered */
    struct hold hold;
    void *tap; /* NULL: not tapped */
    struct valve valve;

    bool pumping;
    bool pump_posted;
    bool client_gone; /* nobody reads the answers any more */
    bool draining;
};

/* The one way to change phase: logs it, and asserts that the move is legal. */
void session_enter(struct session *session, enum session_phase phase);

/* End it now; the memory goes in a later turn. Not within a tap's callback. */
void session_close(struct session *session);

/* A small frame may carry millions of packets: when so many are looked at, the other sessions of the loop come in between. */
#define LOOK_PACKETS 8192
/* Do what can be done now, or so much of it; the rest in a later turn. Not within a tap's callback. */
void session_pump(struct session *session);
/* The same, in a later turn. */
void session_pump_later(struct session *session);

/* As the status flags say: a transaction is open, or the next statement opens one. */
bool session_within_transaction(const struct session *session);

void session_log(const struct session *session, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Let a relay's next frame be input; true: it got on, or gave up. */
bool session_take_in(struct session *session, struct relay *relay);

/* Give up understanding: relay raw from here on. */
void session_go_raw(struct session *session, const char *why);
/* An ERR packet of our own to the client. */
void session_send_error(struct session *session, uint8_t sequence, uint16_t code,
                        const char *sqlstate, const char *message);

/* session_login.c: phases before COMMANDS. Each step returns whether it got anything done. */
bool login_client_step(struct session *session);
bool login_upstream_step(struct session *session);
void login_dialled(struct session *session);
/* A leg has finished its TLS handshake; its flag is set. */
void login_tls_opened(struct session *session);
void login_dial_failed(struct session *session, const char *why);
/* The client is gone before it sent its response, in whatever phase before LOGIN. */
void login_abort(struct session *session);
/* The client is gone, or says no more, in phase LOGIN. */
void login_cover(struct session *session);
/* A packet of the server within an authentication, no OK and no ERR: then it is the client's turn. Not
 * when it hears from caching_sha2_password that the server knows it: behind that comes the OK. */
void login_note_asked(struct session *session, struct slice payload);
/* Does the packet of the client whose head comes next belong to the authentication? */
bool login_takes(const struct session *session, struct slice unseen);
/* A packet of the client within an authentication. */
void login_note_answered(struct session *session);
void login_name_identity(struct session *session);
/* A COM_CHANGE_USER passes; then the answer to it. Only success changes whose session it is. */
void login_change_begins(struct session *session, struct slice payload);
void login_change_ends(struct session *session, bool success);

/* session_client.c, session_upstream.c: phase COMMANDS. */
bool client_step(struct session *session);
bool upstream_step(struct session *session);

/* session_tap.c: everything between the session and its tap. */
void tap_open(struct session *session);
void tap_close(struct session *session);
enum glance tap_glance(struct session *session, enum command_kind kind, struct slice text,
                       bool complete);
/* The held command is complete and nothing is before it: hand it to the tap. */
void tap_command(struct session *session);
/* A question is out whose answer will not be whole, or cannot be told from what follows it: end the
 * session, so that no byte of it reaches the client. */
void tap_give_up_question(struct session *session);
/* A piece of the answer to a question. false: the session cannot go on. */
bool tap_question_piece(struct session *session, const struct packet_piece *piece);
/* One statement's answer ends; true: hold its last packet back. */
bool tap_outcome(struct session *session, struct pending *pending, const struct result_end *end);
/* The forwarded command will have no further answer. */
void tap_lost(struct session *session);
/* What is to be sent of the held command. */
struct slice hold_wire(const struct session *session);
/* The held command is over. */
void hold_release(struct session *session);

#endif
