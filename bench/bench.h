// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the programs of bench/ share: time, percentiles, files, ending with a message.
#ifndef STEWARD_BENCH_BENCH_H
#define STEWARD_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

// Prints the message and ends the program with 1.
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Never NULL.
void *must(void *pointer);

double now_s(void);

// Durations in microseconds, kept whole so that percentiles are exact.
struct samples {
    uint32_t *us;
    size_t count;
    size_t capacity;
};

void samples_add(struct samples *samples, double seconds);
// Sorts; `share` from 0 to 1. 0 without samples.
uint32_t samples_percentile(struct samples *samples, double share);

// The whole file, NUL-terminated; free() it.
char *read_file(const char *path, size_t *ret_size);

#endif
