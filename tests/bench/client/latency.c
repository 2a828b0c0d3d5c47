#include "latency.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "connection.h"

uint64_t latency_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

void latency_add(struct latency *latency, uint64_t nanoseconds)
{
    if (latency->count == latency->capacity) {
        latency->capacity = latency->capacity == 0 ? 4096 : latency->capacity * 2;
        latency->times = realloc(latency->times, latency->capacity * sizeof *latency->times);
        if (latency->times == NULL)
            fail("out of memory");
    }
    latency->times[latency->count++] = nanoseconds;
}

void latency_merge(struct latency *latency, const struct latency *other)
{
    for (size_t i = 0; i < other->count; i++)
        latency_add(latency, other->times[i]);
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void print_at(const struct latency *latency, const char *name, double share)
{
    double nanoseconds = (double)latency->times[(size_t)((double)(latency->count - 1) * share)];
    (void)printf("%s=%.3f\n", name, nanoseconds / 1000);
}

void latency_print(struct latency *latency)
{
    (void)printf("count=%zu\n", latency->count);
    if (latency->count == 0)
        return;
    qsort(latency->times, latency->count, sizeof *latency->times, compare);
    print_at(latency, "min_us", 0);
    print_at(latency, "median_us", 0.5);
    print_at(latency, "p99_us", 0.99);
    print_at(latency, "max_us", 1);
}

void latency_release(struct latency *latency)
{
    free(latency->times);
}
