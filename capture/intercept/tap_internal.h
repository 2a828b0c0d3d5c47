/* tap_internal: the tap's inside, shared by the tap*.c files. See tap.c for the steps and who may touch it when. */
#ifndef DDLTAP_INTERCEPT_TAP_INTERNAL_H
#define DDLTAP_INTERCEPT_TAP_INTERNAL_H

#include "intercept/capture_internal.h"
#include "intercept/plan.h"

enum tap_step {
    TAP_IDLE,
    TAP_ASKING_FACTS,
    TAP_PREPARING,
    TAP_ASKING_TABLES,
    TAP_WRITING_INTENT,
    TAP_FORWARDED,
    TAP_ENDING,
};

struct tap {
    struct capture *capture;
    const struct valve *valve; /* the session's; valid until close */
    struct valve post;         /* copy of post and loop, valid ever */
    struct journal_session session;
    struct plan_context context;
    struct plan_prepared_list prepared;
    char *identity; /* of its log lines */
    enum tap_step step;
    bool closed;     /* the session is gone */
    bool report_due; /* MySQL: what a failed CALL has changed is told with the next OK */
    bool recorded;   /* the client has its statements recorded: a question would be among them */
    bool elsewhere; /* its default schema was another one at the login, or when it was last asked */

    /* the held text */
    struct slice text;
    uint16_t status;
    struct plan plan;
    struct plan guess; /* whose images are read while the facts are asked; empty: there is none */
    size_t current;    /* statement whose answer comes next */
    size_t from, end;  /* statements whose outcome is in work: from .. end - 1 */
    bool unsure;       /* answers may belong to a later statement than thought */
    size_t doubt;      /* table that is asked about */
    bool ask_no_more;  /* a question may not fail (GTID_NEXT) */
    bool restoring;    /* FOUND_ROWS() is being put back */
    bool killed;       /* by the client, while something was away */
    bool partitioned;  /* MySQL: a table that was to be asked about is; the image worker says so */
    bool again;        /* the images were read again */
    bool at_once;      /* the intent is written as soon as the images are read */
    unsigned away;     /* pieces of work that will be posted back; the loop's own */
    struct opened opened; /* by reading; the image worker's while away */
    bool lost;            /* the rest of the answers will not come */
    bool last;            /* the outcome in work is the text's last */
    struct outcome outcome;

    struct job job;
    struct journal_write write;
    enum error write_error; /* set on the writer thread before the post */
};

/* --- tap.c ------------------------------------------------------------------------------------ */

/* From any thread: one piece of the work that `away` counts is done. The last one brings the tap on, on its loop. */
void tap_come_back(struct tap *tap);
/* Have tap->write.changes written, as intents or as outcomes; comes back. From any thread. */
void tap_submit_write(struct tap *tap, bool intent);
/* Run it on the image worker; it comes back itself. One at a time. */
void tap_submit_job(struct tap *tap, void (*run)(void *argument));
/* The held text is done with. Frees the tap where its session is gone. */
void tap_finish(struct tap *tap);

/* --- tap_intent.c: from the held text to the statement that is forwarded ---------------------- */

void tap_intent_command(void *argument, const struct command *command);
void tap_intent_answer(void *argument, const struct answer *answer);
/* Come back: what the intent needs has been read, or what reading has opened is closed. */
void tap_intent_prepared(struct tap *tap);
/* Come back: the intent is durable, or could not be written. */
void tap_intent_written(struct tap *tap);
/* The statement will not be forwarded. true: what reading has opened is being closed first; then tap_intent_prepared again. */
bool tap_intent_closes_first(struct tap *tap);

/* --- tap_outcome.c: from an answer to its release --------------------------------------------- */

enum outcome_verdict tap_outcome_take(void *argument, const struct outcome *outcome);
/* Come back: the outcome is durable, or could not be written. */
void tap_outcome_written(struct tap *tap);
/* Statements whose answers never came are decided by comparing, later. */
void tap_outcome_settle_rest(struct tap *tap);

#endif
