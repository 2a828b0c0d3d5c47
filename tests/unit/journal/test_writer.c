/* The writer thread: order, groups, failures, kills. */
#include "journal_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ddltap/memory.h"

enum {
    MANY = 50
};

struct many {
    struct journal_session session;
    struct journal_change changes[MANY];
    struct fixture_write writes[MANY];
    struct fixture_latch *latch;
};

static struct many *many_new(void)
{
    struct many *many = memory_new(1, sizeof *many);
    many->latch = fixture_latch_new();
    fixture_session(&many->session);
    for (int i = 0; i < MANY; i++)
        fixture_change(&many->changes[i], "users");
    return many;
}

static void many_submit(struct many *many, struct journal *journal)
{
    for (int i = 0; i < MANY; i++)
        fixture_submit(journal, &many->writes[i], many->latch, &many->session, &many->changes[i]);
}

static void many_free(struct many *many)
{
    for (int i = 0; i < MANY; i++)
        journal_change_release(&many->changes[i]);
    journal_session_release(&many->session);
    fixture_latch_free(many->latch);
    free(many);
}

static void pause_milliseconds(long milliseconds)
{
    const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

static void ids_ascend_from_one_in_order_of_submission(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct many *many = many_new();
    many_submit(many, journal);
    journal_close(journal); /* waits for all of them */
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(many->writes[i].error, ERROR_NONE);
        assert_int_equal(many->writes[i].order, i + 1);
        assert_int_equal(many->changes[i].id, i + 1);
        assert_int_equal(many->changes[i].session_id, many->session.id);
    }
    sqlite3 *raw = fixture_raw(*state);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM session"), 1);
    (void)sqlite3_close(raw);
    many_free(many);
}

static void the_same_image_is_stored_once(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct many *many = many_new();
    many_submit(many, journal);
    journal_close(journal);
    sqlite3 *raw = fixture_raw(*state);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM object"), MANY);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM image"), 1);
    (void)sqlite3_close(raw);
    many_free(many);
}

/* While somebody else writes, the queue fills: what follows is one group. */
static void one_bad_write_fails_nobody_else(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    sqlite3 *raw = fixture_raw(*state);
    assert_int_equal(sqlite3_exec(raw,
                                  "CREATE TRIGGER bad BEFORE INSERT ON change"
                                  " WHEN new.noun = 'BAD' BEGIN SELECT raise(ABORT, 'bad'); END;"
                                  "BEGIN IMMEDIATE",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    struct many *many = many_new();
    free(many->changes[0].noun);
    many->changes[0].noun = memory_copy_text("BAD");
    free(many->changes[MANY / 2].noun);
    many->changes[MANY / 2].noun = memory_copy_text("BAD");
    many_submit(many, journal);
    pause_milliseconds(100);
    assert_int_equal(sqlite3_exec(raw, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    fixture_latch_wait(many->latch, MANY);
    for (int i = 0; i < MANY; i++) {
        bool bad = i == 0 || i == MANY / 2;
        assert_int_equal(many->writes[i].error, bad ? ERROR_JOURNAL : ERROR_NONE);
        assert_int_equal(many->changes[i].id == 0, bad);
    }
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM change"), MANY - 2);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM session"), 1);
    assert_int_not_equal(many->session.id, 0);
    (void)sqlite3_close(raw);
    journal_close(journal);
    many_free(many);
}

static void an_outcome_of_an_unknown_change_fails(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_change change;
    fixture_change(&change, "users");
    change.id = 77;
    assert_int_equal(fixture_write_one(journal, NULL, &change), ERROR_JOURNAL);
    journal_change_release(&change);
    journal_close(journal);
}

static void a_file_held_for_too_long_fails_the_write_and_the_next_one_works(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    sqlite3 *raw = fixture_raw(*state);
    struct journal_session session;
    struct journal_change change;
    fixture_session(&session);
    fixture_change(&change, "users");
    assert_int_equal(sqlite3_exec(raw, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(fixture_write_one(journal, &session, &change), ERROR_JOURNAL);
    assert_int_equal(session.id, 0);
    assert_int_equal(change.id, 0);
    assert_int_equal(sqlite3_exec(raw, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(fixture_write_one(journal, &session, &change), ERROR_NONE);
    assert_int_equal(change.id, 1);
    (void)sqlite3_close(raw);
    journal_close(journal);
    journal_change_release(&change);
    journal_session_release(&session);
}

static void a_full_disk_fails_the_write_and_the_next_one_works(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    struct journal_change change;
    fixture_session(&session);
    fixture_change(&change, "users");
    change.text = memory_resize(change.text, 1, 3000000);
    memset(change.text, 'x', 3000000);
    change.text_len = 3000000;
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit unlimited, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    limit = unlimited;
    limit.rlim_cur = 1000000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum error full = fixture_write_one(journal, &session, &change);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    (void)signal(SIGXFSZ, before);
    assert_int_equal(full, ERROR_JOURNAL);
    assert_int_equal(fixture_write_one(journal, &session, &change), ERROR_NONE);
    journal_close(journal);
    journal_change_release(&change);
    journal_session_release(&session);
}

struct worker {
    struct journal *journal;
    unsigned count;
    unsigned failed;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct journal_session session;
    fixture_session(&session);
    for (unsigned i = 0; i < worker->count; i++) {
        struct journal_change change;
        fixture_change(&change, "users");
        worker->failed += fixture_write_one(worker->journal, &session, &change) != ERROR_NONE;
        change.state = CHANGE_DONE;
        worker->failed += fixture_write_one(worker->journal, NULL, &change) != ERROR_NONE;
        journal_change_release(&change);
    }
    journal_session_release(&session);
    return NULL;
}

static void sessions_of_many_threads_write_at_once(void **state)
{
    enum {
        THREADS = 16,
        EACH = 40
    };
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct worker worker[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        worker[i] = (struct worker){journal, EACH, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &worker[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(worker[i].failed, 0);
    }
    journal_close(journal);
    sqlite3 *raw = fixture_raw(*state);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM change WHERE state = 'done'"),
                     THREADS * EACH);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM session"), THREADS);
    (void)sqlite3_close(raw);
}

/* The child writes until it is killed, and tells of each change once it is durable. */
static void write_until_killed(const struct fixture *fixture, int told)
{
    struct journal *journal = fixture_open(fixture, JOURNAL_PROXY);
    struct journal_session session;
    fixture_session(&session);
    for (;;) {
        struct journal_change change;
        fixture_change(&change, "users");
        if (fixture_write_one(journal, &session, &change) != ERROR_NONE)
            _exit(1);
        int64_t id = change.id;
        if (write(told, &id, sizeof id) != (ssize_t)sizeof id)
            _exit(1);
        journal_change_release(&change);
    }
}

static bool count_change(void *argument, const struct journal_change *change,
                         const struct journal_session *session)
{
    (void)session;
    int64_t *last = argument;
    assert_int_equal(change->id, *last + 1); /* none is missing between */
    *last = change->id;
    return true;
}

static void a_kill_loses_nothing_that_was_acknowledged(void **state)
{
    struct fixture *fixture = *state;
    for (int round = 0; round < 20; round++) {
        int told[2];
        assert_int_equal(pipe(told), 0);
        pid_t child = fork();
        if (child == 0)
            write_until_killed(fixture, told[1]);
        (void)close(told[1]);
        pause_milliseconds(20 + round * 3);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        int64_t id, acknowledged = 0;
        while (read(told[0], &id, sizeof id) == (ssize_t)sizeof id)
            acknowledged = id;
        (void)close(told[0]);
        struct journal *journal =
            fixture_open(fixture, round == 0 ? JOURNAL_CREATE : JOURNAL_COMMAND);
        struct problem problem;
        int64_t last = 0;
        assert_int_equal(
            journal_read(journal, &(struct journal_filter){.id = 0}, count_change, &last, &problem),
            ERROR_NONE);
        assert_true(last >= acknowledged);
        assert_true(last <= acknowledged + 1 || acknowledged == 0);
        journal_close(journal);
    }
}

static double milliseconds_since(const struct timespec *start)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) * 1e3 +
           (double)(now.tv_nsec - start->tv_nsec) / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Not a bound: a figure to look at, of one session that waits for both of its commits. */
static void intent_and_outcome_take_this_long(void **state)
{
    enum {
        ROUNDS = 200
    };
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    fixture_session(&session);
    double times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct journal_change change;
        struct timespec start;
        fixture_change(&change, "users");
        (void)clock_gettime(CLOCK_MONOTONIC, &start);
        assert_int_equal(fixture_write_one(journal, &session, &change), ERROR_NONE);
        change.state = CHANGE_DONE;
        assert_int_equal(fixture_write_one(journal, NULL, &change), ERROR_NONE);
        times[i] = milliseconds_since(&start);
        journal_change_release(&change);
    }
    qsort(times, ROUNDS, sizeof times[0], compare);
    print_message("intent and outcome: median %.2f ms, 95 %% %.2f ms, worst %.2f ms\n",
                  times[ROUNDS / 2], times[ROUNDS * 95 / 100], times[ROUNDS - 1]);
    journal_session_release(&session);
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int run_writer_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ids_ascend_from_one_in_order_of_submission),
        TEST(the_same_image_is_stored_once),
        TEST(one_bad_write_fails_nobody_else),
        TEST(an_outcome_of_an_unknown_change_fails),
        TEST(a_file_held_for_too_long_fails_the_write_and_the_next_one_works),
        TEST(a_full_disk_fails_the_write_and_the_next_one_works),
        TEST(sessions_of_many_threads_write_at_once),
        TEST(a_kill_loses_nothing_that_was_acknowledged),
        TEST(intent_and_outcome_take_this_long),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
