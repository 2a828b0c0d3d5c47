/* Two lists under one mutex: jobs in order, and delayed ones that move over when they are due. */
#include "intercept/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"

struct worker {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct job *first, **last;
    struct job *delayed; /* unsorted: there are few */
    bool ending;
};

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void append(struct worker *worker, struct job *job)
{
    job->next = NULL;
    *worker->last = job;
    worker->last = &job->next;
}

/* Move what is due to the list; the next time something will be, or 0. */
static int64_t move_due(struct worker *worker)
{
    int64_t soonest = 0, time = now();
    for (struct job **at = &worker->delayed; *at != NULL;) {
        struct job *job = *at;
        if (job->due <= time) {
            *at = job->next;
            append(worker, job);
            continue;
        }
        if (soonest == 0 || job->due < soonest)
            soonest = job->due;
        at = &job->next;
    }
    return soonest;
}

static void wait_until(struct worker *worker, int64_t due)
{
    struct timespec time = {.tv_sec = due / 1000000, .tv_nsec = due % 1000000 * 1000};
    if (due == 0)
        pthread_cond_wait(&worker->changed, &worker->mutex);
    else
        (void)pthread_cond_timedwait(&worker->changed, &worker->mutex, &time);
}

/* The next job, or NULL at the end. */
static struct job *take(struct worker *worker)
{
    pthread_mutex_lock(&worker->mutex);
    struct job *job = NULL;
    for (;;) {
        int64_t due = move_due(worker);
        job = worker->first;
        if (job != NULL || worker->ending)
            break;
        wait_until(worker, due);
    }
    if (job != NULL) {
        worker->first = job->next;
        if (worker->first == NULL)
            worker->last = &worker->first;
    }
    pthread_mutex_unlock(&worker->mutex);
    return job;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (struct job *job; (job = take(worker)) != NULL;)
        job->run(job->argument);
    return NULL;
}

struct worker *worker_new(void)
{
    struct worker *worker = memory_new(1, sizeof(*worker));
    pthread_condattr_t attributes;
    worker->last = &worker->first;
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
        log_write(LOG_ERROR, NULL, "no thread for a worker: out of memory or threads");
        abort();
    }
    return worker;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->mutex);
    worker->ending = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->mutex);
    pthread_join(worker->thread, NULL);
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->mutex);
    free(worker);
}

void worker_submit_later(struct worker *worker, struct job *job, unsigned milliseconds)
{
    pthread_mutex_lock(&worker->mutex);
    job->due = milliseconds == 0 ? 0 : now() + (int64_t)milliseconds * 1000;
    job->next = worker->delayed;
    worker->delayed = job;
    if (milliseconds == 0) {
        worker->delayed = job->next;
        append(worker, job);
    }
    pthread_mutex_unlock(&worker->mutex);
    pthread_cond_signal(&worker->changed); /* whom it wakes finds the mutex free */
}

void worker_submit(struct worker *worker, struct job *job)
{
    worker_submit_later(worker, job, 0);
}
