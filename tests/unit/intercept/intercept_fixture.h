/* intercept_fixture: a capture on a journal of its own, and sessions that a test plays by hand.
 *
 *     test = event loop                        capture
 *     session_hold("ALTER ...")    --command-->  questions (answered here), images, intent
 *                                  <--forward--
 *     fake_server_put(...)                       what the statement did
 *     session_end(OK)              --outcome-->  images, outcome
 *                                  <--release--
 *
 * The thread that plays a session is its event loop: it runs what is posted while it waits. Every
 * wait ends after WAIT_SECONDS with a failure.
 */
#ifndef DDLTAP_TESTS_INTERCEPT_FIXTURE_H
#define DDLTAP_TESTS_INTERCEPT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "ddltap/seam.h"
#include "fake_server.h"
#include "intercept/capture.h"

#define WAIT_SECONDS 30

struct fixture {
    char folder[64];
    char journal_path[96], drafts[96];
    struct capture *capture;
};

/* cmocka set-up and tear-down: the fake server reset, a folder, no capture yet. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);
void fixture_open(struct fixture *fixture, bool forward_without_journal);
void fixture_close(struct fixture *fixture);

/* What the journal holds, copied; `before` and `after` are those of the first object. */
struct seen {
    int64_t id;
    enum change_state state;
    enum draft_state draft_state;
    char reason[128], noun[32], text[256], schema[64], name[64], default_schema[64], tool[64];
    unsigned error_code, statement_index;
    uint64_t batch;
    size_t object_count;
    enum image_state before, after;
    char before_text[256], after_text[256];
};
/* Read through a second handle. Number of changes; the first max of them in seen. */
size_t fixture_read(const struct fixture *fixture, struct seen *seen, size_t max);
/* The n-th change, from 0; it must be there. */
struct seen fixture_change(const struct fixture *fixture, size_t n);
/* Waits until the n-th change has this state. */
struct seen fixture_wait_state(const struct fixture *fixture, size_t n, enum change_state state);
int64_t fixture_gaps(const struct fixture *fixture);
/* Waits for the draft of a change and reads it; caller frees. */
char *fixture_wait_draft(const struct fixture *fixture, size_t n);

struct session {
    struct fixture *fixture;
    struct tap_sink sink;
    struct valve valve;
    void *tap;
    uint32_t connection_id;
    bool mariadb;

    /* the loop */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct posted *first, **last;

    /* what the tap did */
    unsigned asked, forwarded, refused, refused_as_answered, released;
    char question[512];
    char message[256];
    bool waits_for_answer;
    size_t intents_at_forward;          /* changes in the journal when forward() was called */
    enum change_state state_at_release; /* of the change `watched` when release() was called */
    size_t watched;

    uint16_t warnings; /* of every outcome */

    /* how questions are answered */
    const char *default_schema, *sql_mode;
    const char *temporary;   /* name of a temporary table of the session */
    unsigned question_error; /* every question fails with it */
    bool ask_nothing;        /* what the proxy says of each text */
    bool report_may_wait;    /* the same */
    unsigned next_outcome;
};

void session_open(struct fixture *fixture, struct session *session, uint32_t connection_id);
void session_open_as(struct fixture *fixture, struct session *session, uint32_t connection_id,
                     bool mariadb);
/* Closes; waits until the tap has done its work when no other is open. */
void session_close(struct session *session);

/* Delivers a text and nothing more. */
void session_command(struct session *session, enum command_kind kind, const char *text);
/* Turns until a question is open. */
void session_wait_question(struct session *session);
/* Waits for a question and answers it as the session's settings say. */
void session_answer(struct session *session);
/* Answers questions, waits until the text is forwarded. */
void session_wait_forward(struct session *session);
/* Delivers a text, and all that. */
void session_hold(struct session *session, const char *text);
/* The same, until it is forwarded or refused: true when forwarded. */
bool session_try(struct session *session, enum command_kind kind, const char *text);
/* An answer of the server; waits for the release when it is kept. */
void session_outcome(struct session *session, enum outcome_kind kind, bool last,
                     unsigned error_code);
void session_ok(struct session *session);
/* The verdict only. */
enum outcome_verdict session_begin_outcome(struct session *session, enum outcome_kind kind,
                                           bool last, unsigned error_code);
void session_wait_release(struct session *session);
/* Turns until the statement is refused with the answer to a question. */
void session_wait_refusal(struct session *session);
/* Runs what is posted until something was, or a hundredth of a second has passed: true when something
 * was. */
bool session_turn(struct session *session);
/* Turns until no tap needs its loop, e.g. after close. */
void session_finish(struct session *session);

int run_question_tests(void);
int run_plan_tests(void);
int run_worker_tests(void);
int run_tap_tests(void);
int run_close_tests(void);
int run_settle_tests(void);
int run_overlap_tests(void);
int run_journal_failure_tests(void);

#endif
