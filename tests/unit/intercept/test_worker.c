/* The worker: order, delay, end. */
#include "intercept_fixture.h"

#include <stdatomic.h>
#include <time.h>

#include "intercept/worker.h"

#define JOBS 50

struct record {
    struct job job;
    unsigned number;
    atomic_uint *count;
    unsigned *order; /* numbers as they ran */
};

static void note(void *argument)
{
    struct record *record = argument;
    record->order[atomic_load(record->count)] = record->number;
    atomic_fetch_add(record->count, 1); /* last: who counts sees the order */
}

static void prepare(struct record *records, atomic_uint *count, unsigned *order)
{
    for (unsigned i = 0; i < JOBS; i++) {
        records[i] = (struct record){.number = i, .count = count, .order = order};
        records[i].job = (struct job){.run = note, .argument = &records[i]};
    }
}

static int64_t milliseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void wait_count(atomic_uint *count, unsigned wanted)
{
    int64_t end = milliseconds() + WAIT_SECONDS * 1000;
    const struct timespec pause = {.tv_nsec = 1000000};
    while (atomic_load(count) < wanted && milliseconds() < end)
        nanosleep(&pause, NULL);
    assert_int_equal(atomic_load(count), wanted);
}

static void test_jobs_run_in_the_order_of_submission(void **state)
{
    (void)state;
    struct record records[JOBS];
    unsigned order[JOBS];
    atomic_uint count = 0;
    struct worker *worker = worker_new();
    prepare(records, &count, order);
    for (unsigned i = 0; i < JOBS; i++)
        worker_submit(worker, &records[i].job);
    wait_count(&count, JOBS);
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(order[i], i);
    worker_free(worker);
}

static void test_a_delayed_job_waits_and_others_pass_it(void **state)
{
    (void)state;
    struct record records[JOBS];
    unsigned order[JOBS];
    atomic_uint count = 0;
    struct worker *worker = worker_new();
    prepare(records, &count, order);
    int64_t begin = milliseconds();
    worker_submit_later(worker, &records[0].job, 800);
    worker_submit_later(worker, &records[1].job, 400);
    worker_submit(worker, &records[2].job);
    wait_count(&count, 3);
    assert_true(milliseconds() - begin >= 799);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 1);
    assert_int_equal(order[2], 0);
    worker_free(worker);
}

static void test_the_end_runs_what_is_due_and_forgets_what_is_delayed(void **state)
{
    (void)state;
    struct record records[JOBS];
    unsigned order[JOBS];
    atomic_uint count = 0;
    struct worker *worker = worker_new();
    prepare(records, &count, order);
    worker_submit_later(worker, &records[0].job, 60000);
    for (unsigned i = 1; i < JOBS; i++)
        worker_submit(worker, &records[i].job);
    int64_t begin = milliseconds();
    worker_free(worker);
    assert_true(milliseconds() - begin < 5000);
    assert_int_equal(atomic_load(&count), JOBS - 1);
    worker_free(NULL);
}

struct again {
    struct job job;
    struct worker *worker;
    atomic_uint count;
};

static void submit_again(void *argument)
{
    struct again *again = argument;
    if (atomic_fetch_add(&again->count, 1) < 4)
        worker_submit_later(again->worker, &again->job, 5);
}

static void test_a_job_may_submit_itself_again(void **state)
{
    (void)state;
    struct again again = {.worker = worker_new()};
    again.job = (struct job){.run = submit_again, .argument = &again};
    worker_submit(again.worker, &again.job);
    wait_count(&again.count, 5);
    worker_free(again.worker);
}

int run_worker_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_run_in_the_order_of_submission),
        cmocka_unit_test(test_a_delayed_job_waits_and_others_pass_it),
        cmocka_unit_test(test_the_end_runs_what_is_due_and_forgets_what_is_delayed),
        cmocka_unit_test(test_a_job_may_submit_itself_again),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
