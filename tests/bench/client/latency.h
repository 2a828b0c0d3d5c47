/* latency: how long each of many commands took, in nanoseconds. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stddef.h>
#include <stdint.h>

struct latency {
    uint64_t *times;
    size_t count, capacity;
};

uint64_t latency_now(void);
void latency_add(struct latency *latency, uint64_t nanoseconds);
void latency_merge(struct latency *latency, const struct latency *other);
/* Prints count, least, median, p99 and most, one NAME=VALUE a line, in microseconds; sorts the times. */
void latency_print(struct latency *latency);
void latency_release(struct latency *latency);

#endif
