/* loop: what is posted, timers. */
#include "suites.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "net/loop.h"

struct ordered {
    struct loop *loop;
    int seen[8];
    int count;
};

struct step {
    struct ordered *ordered;
    int number;
};

static void note(void *argument)
{
    struct step *step = argument;
    step->ordered->seen[step->ordered->count++] = step->number;
}

static void stop(void *argument)
{
    loop_stop(argument);
}

/* Posts two more and says so before they run. */
static void note_and_post(void *argument)
{
    struct step *steps = argument;
    loop_post(steps[0].ordered->loop, note, &steps[1]);
    loop_post(steps[0].ordered->loop, note, &steps[2]);
    note(&steps[0]);
}

static void what_is_posted_runs_in_order_and_in_a_later_turn(void **state)
{
    (void)state;
    struct ordered ordered = {.loop = loop_new()};
    struct step steps[] = {{&ordered, 1}, {&ordered, 3}, {&ordered, 4}, {&ordered, 2}};
    loop_post(ordered.loop, note_and_post, steps);
    loop_post(ordered.loop, note, &steps[3]);
    struct timer *timer = timer_new(ordered.loop, stop, ordered.loop);
    timer_start(timer, 20);
    loop_run(ordered.loop);
    assert_int_equal(ordered.count, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(ordered.seen[i], i + 1);
    timer_free(timer);
    loop_free(ordered.loop);
}

static void freeing_the_loop_runs_what_is_still_posted(void **state)
{
    (void)state;
    struct ordered ordered = {.loop = loop_new()};
    struct step steps[] = {{&ordered, 1}, {&ordered, 2}, {&ordered, 3}};
    loop_post(ordered.loop, note_and_post, steps);
    loop_free(ordered.loop);
    assert_int_equal(ordered.count, 3);
}

#define POSTERS 4
#define POSTS 5000

static atomic_int ran;

static void count(void *argument)
{
    (void)argument;
    atomic_fetch_add(&ran, 1);
}

static void *post_many(void *argument)
{
    for (int i = 0; i < POSTS; i++)
        loop_post(argument, count, NULL);
    return NULL;
}

static void nothing_posted_by_many_threads_is_lost(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    pthread_t threads[POSTERS];
    atomic_store(&ran, 0);
    loop_start(loop);
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, loop), 0);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    loop_stop(loop);
    loop_join(loop);
    loop_free(loop);
    assert_int_equal(atomic_load(&ran), POSTERS * POSTS);
}

static long milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void timers_fire_once_at_their_time_unless_stopped(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct timer *stopped = timer_new(loop, count, NULL);
    struct timer *once = timer_new(loop, count, NULL);
    struct timer *end = timer_new(loop, stop, loop);
    long begin = milliseconds_now();
    atomic_store(&ran, 0);
    timer_start(stopped, 10);
    timer_start(once, 500);
    timer_start(once, 15); /* set again: the earlier time is void */
    timer_start(end, 60);
    timer_stop(stopped);
    loop_run(loop);
    assert_int_equal(atomic_load(&ran), 1);
    assert_in_range(milliseconds_now() - begin, 50, 60000);
    timer_free(stopped);
    timer_free(once);
    timer_free(end);
    timer_free(NULL);
    loop_free(loop);
}

static void buffers_are_used_again(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    char *first = loop_take_buffer(loop), *second = loop_take_buffer(loop);
    assert_ptr_not_equal(first, second);
    loop_give_buffer(loop, first);
    assert_ptr_equal(loop_take_buffer(loop), first);
    loop_give_buffer(loop, first);
    loop_give_buffer(loop, second);
    loop_free(loop);
}

int test_loop(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_posted_runs_in_order_and_in_a_later_turn),
        cmocka_unit_test(freeing_the_loop_runs_what_is_still_posted),
        cmocka_unit_test(nothing_posted_by_many_threads_is_lost),
        cmocka_unit_test(timers_fire_once_at_their_time_unless_stopped),
        cmocka_unit_test(buffers_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
