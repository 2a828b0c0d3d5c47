/* journal_fixture: a temporary folder, a sample change, and writes that are waited for. */
#ifndef DDLTAP_TESTS_JOURNAL_FIXTURE_H
#define DDLTAP_TESTS_JOURNAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "journal/journal.h"

struct fixture {
    char folder[64]; /* temporary, removed afterwards */
    char path[128];  /* of the journal in it, in a folder that does not exist yet */
};
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

struct journal *fixture_open(const struct fixture *fixture, enum journal_access access);
/* A connection past the journal, to look closely and to do damage. */
sqlite3 *fixture_raw(const struct fixture *fixture);
int64_t fixture_number(sqlite3 *raw, const char *sql);

/* A session and a change with every field set; release with the journal's functions. */
void fixture_session(struct journal_session *session);
void fixture_change(struct journal_change *change, const char *table);

/* A write that can be waited for. */
struct fixture_write {
    struct journal_write write;
    struct journal_change *changes[1];
    struct fixture_latch *latch;
    enum error error;
    unsigned order; /* n-th done, from 1 */
};
struct fixture_latch *fixture_latch_new(void);
void fixture_latch_wait(struct fixture_latch *latch, unsigned count);
void fixture_latch_free(struct fixture_latch *latch);

void fixture_submit(struct journal *journal, struct fixture_write *write,
                    struct fixture_latch *latch, struct journal_session *session,
                    struct journal_change *change);
/* Submit one and wait: INTENT with a session, OUTCOME without. */
enum error fixture_write_one(struct journal *journal, struct journal_session *session,
                             struct journal_change *change);

int run_open_tests(void);
int run_writer_tests(void);
int run_read_tests(void);
int run_baseline_tests(void);
int run_split_tests(void);
int run_plan_tests(void);
int run_known_tests(void);
int run_compaction_tests(void);

#endif
