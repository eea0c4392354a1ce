// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(1);
}

void *must(void *pointer)
{
    if (pointer == NULL) {
        die("out of memory");
    }
    return pointer;
}

double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void samples_add(struct samples *samples, double seconds)
{
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity == 0 ? 65536 : samples->capacity * 2;
        samples->us = must(realloc(samples->us, samples->capacity * sizeof(*samples->us)));
    }
    samples->us[samples->count++] = (uint32_t)(seconds * 1e6);
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

uint32_t samples_percentile(struct samples *samples, double share)
{
    if (samples->count == 0) {
        return 0;
    }
    qsort(samples->us, samples->count, sizeof(*samples->us), compare);
    return samples->us[(size_t)((double)(samples->count - 1) * share)];
}

char *read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        die("cannot read %s", path);
    }
    long size = ftell(file);
    rewind(file);
    char *bytes = must(calloc(1, (size_t)size + 1));
    if (fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        die("cannot read %s", path);
    }
    (void)fclose(file);
    *ret_size = (size_t)size;
    return bytes;
}
