/* seam: all that the two halves know of each other.
 *
 * The proxy moves bytes and knows no SQL; the capture knows SQL and no sockets. For every session
 * that has logged in the proxy opens a tap; the tap is asked about each command that carries text.
 *
 *   proxy (one event loop)                       capture (the tap)
 *   ----------------------                       -----------------
 *   text command at the head of the stream  -->  glance(text so far)    NOTHING | NEED_MORE | HOLD
 *   HOLD, earlier commands all answered     -->  command(text)
 *       question sent in the session        <--    valve->ask()          (none, or many, one by one)
 *       its answer                          -->  answer()
 *       command sent to the server          <--    valve->forward()      or valve->refuse()
 *   n-th answer complete, its end held back -->  outcome(n)             RELEASE | KEEP
 *       the end goes to the client          <--    valve->release()      (after KEEP)
 *   client or server gone                   -->  close()
 *
 * Threads: every call of a tap and of a valve happens on the session's event loop, valve->post()
 * apart, which any thread may call. A tap function must not block. A valve is valid until the tap's
 * close() is called; after that only `post` may be used, and what is posted still runs on the loop.
 */
#ifndef DDLTAP_SEAM_H
#define DDLTAP_SEAM_H

#include <stdbool.h>
#include <stdint.h>

#include "ddltap/slice.h"

/* What the login told, as far as packets tell it. Texts are NUL-terminated, never NULL, and belong
 * to the proxy: valid during open() only. */
struct session_facts {
    const char *identity;       /* of the session's log lines */
    uint32_t connection_id;     /* the server's thread id, from its greeting */
    const char *server_version; /* as in the greeting, "11.8.6-MariaDB-..." */
    bool mariadb;               /* greeting of the MariaDB family */
    const char *user;
    const char *client_address; /* "127.0.0.1:51234" or "unix" */
    const char *database;       /* from the handshake response; "" when none */
    const char *program_name;   /* connection attribute; "" when none */
    const char *client_name;    /* attribute _client_name; "" when none */
    bool ignore_space;          /* CLIENT_IGNORE_SPACE agreed */
    bool multi_results;         /* CLIENT_MULTI_RESULTS agreed */
};

/* Server status flags (MySQL: SERVER_STATUS_...), as last seen in the session. */
enum {
    STATUS_IN_TRANSACTION = 0x0001,
    STATUS_AUTOCOMMIT = 0x0002,
    STATUS_MORE_RESULTS = 0x0008,
    STATUS_NO_BACKSLASH_ESCAPES = 0x0200,
    STATUS_SESSION_STATE_CHANGED = 0x4000,
    STATUS_ANSI_QUOTES = 0x8000, /* MariaDB */
};

enum command_kind {
    COMMAND_QUERY,   /* COM_QUERY: text may hold several statements */
    COMMAND_PREPARE, /* COM_STMT_PREPARE: only glanced at, never held */
    COMMAND_EXECUTE, /* COM_STMT_EXECUTE of a text the tap wanted to hold when it was prepared */
};

enum glance {
    GLANCE_NOTHING,   /* forward, do not ask again about this command */
    GLANCE_NEED_MORE, /* cannot tell yet: ask again with more of the text (never when complete) */
    GLANCE_HOLD,      /* deliver the whole text by command() before it is forwarded */
};

struct command {
    enum command_kind kind;
    struct slice text; /* whole text, in the client's character set; valid until the last outcome */
    uint16_t status;   /* STATUS_... as last seen */
    bool ask_nothing;  /* a question would take from the client what it is to be told */
    bool report_may_wait;  /* for the next OK: of what an error before it has changed */
    bool multi_statements; /* the server takes several statements in one text of this session now */
};

/* The answer to one question: the first row, or the server's error. Valid during the call only. */
struct answer {
    uint16_t error_code;        /* 0 when the question was answered */
    unsigned columns;           /* values in the row; 0 when there was no row */
    const struct slice *values; /* text protocol values; SLICE_NONE is SQL NULL */
};

enum outcome_kind {
    OUTCOME_OK,    /* an OK packet: no rows */
    OUTCOME_ROWS,  /* a whole result set */
    OUTCOME_ERROR, /* an ERR packet: nothing of this command runs after it */
    OUTCOME_LOST,  /* the answer will never be seen: server or client gone */
};

struct outcome {
    unsigned index; /* 0 for the first answer of the command */
    enum outcome_kind kind;
    bool last;           /* no further answer belongs to this command */
    uint16_t error_code; /* OUTCOME_ERROR */
    char sqlstate[6];    /* OUTCOME_ERROR; "" when the server sent none */
    uint16_t warnings;
    uint16_t status;
    uint64_t affected_rows; /* OUTCOME_OK */
};

enum outcome_verdict {
    OUTCOME_RELEASE, /* the client may see it now */
    OUTCOME_KEEP,    /* hold its last packet back until valve->release() */
};

/* What a tap can make its session do. `session` is the first argument of each call. */
struct valve {
    void *session;
    /* Send one COM_QUERY in the client's session, answer() will follow. Only between command() and
     * forward(); one at a time. question is copied. */
    void (*ask)(void *session, struct slice question);
    /* Send the held command to the server. Exactly one of forward, refuse and refuse_as_answered
     * ends each command(). */
    void (*forward)(void *session);
    /* Do not send it: the client gets an ERR packet. sqlstate has five characters. */
    void (*refuse)(void *session, uint16_t code, const char *sqlstate, const char *message);
    /* Do not send it: the client gets the ERR packet that the last question got (its own kill). */
    void (*refuse_as_answered)(void *session);
    /* After OUTCOME_KEEP: let the held end of the answer go. */
    void (*release)(void *session);
    /* From any thread: run function(argument) on the session's event loop, soon. */
    void (*post)(void *loop, void (*function)(void *argument), void *argument);
    void *loop; /* first argument of post; outlives every session and every tap */
};

/* What the capture offers to the proxy. All functions get the tap that open() returned. */
struct tap_operations {
    /* A session has logged in. NULL: this session is not tapped, nothing more is called. */
    void *(*open)(void *capture, const struct session_facts *facts, const struct valve *valve);
    enum glance (*glance)(void *tap, enum command_kind kind, struct slice text, bool complete,
                          bool multi_statements);
    void (*command)(void *tap, const struct command *command);
    /* A text that glance() wanted is longer than text_limit: it is forwarded unseen. */
    void (*untapped)(void *tap, uint64_t length);
    void (*answer)(void *tap, const struct answer *answer);
    enum outcome_verdict (*outcome)(void *tap, const struct outcome *outcome);
    /* The session ends. If a command was forwarded and its last outcome not seen, outcome() with
     * OUTCOME_LOST came before. The tap frees itself when its own work is done. */
    void (*close)(void *tap);
    /* Any thread: does a tap, perhaps of a session that is gone, still need its event loop? May be
     * NULL: never. */
    bool (*busy)(void *capture);
};

struct tap_sink {
    const struct tap_operations *operations;
    void *capture;       /* first argument of open() */
    uint64_t text_limit; /* bytes: a longer text is forwarded untapped, with one log line */
};

/* The sink that wants nothing: the proxy alone. */
extern const struct tap_sink tap_sink_null;

#endif
