// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/metrics.h"

#include <assert.h>
#include <stdatomic.h>

#define KINDS 4
#define GAUGES_MAX 32

// Upper bounds of the duration's buckets, in microseconds.
static const int64_t BOUNDS[] = {500,   1000,  2000,   5000,   10000,
                                 25000, 50000, 100000, 500000, 2500000};
#define BOUND_COUNT (sizeof BOUNDS / sizeof *BOUNDS)

struct gauge {
    const char *name;
    const char *help;
    bool counter;
    metric_fn *read;
    void *env;
};

struct metrics {
    _Atomic uint64_t requests[KINDS][6];  // by the status' first digit
    _Atomic uint64_t buckets[KINDS][BOUND_COUNT];
    _Atomic uint64_t count[KINDS];
    _Atomic uint64_t micros[KINDS];
    struct gauge gauges[GAUGES_MAX];
    size_t gauge_count;
};

struct metrics *metrics_new(mem_ctx *ctx)
{
    return mem_new(ctx, struct metrics);
}

void metrics_request(struct metrics *metrics, enum route_kind kind, int status, int64_t micros)
{
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 0;
    (void)atomic_fetch_add_explicit(&metrics->requests[kind][class], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&metrics->count[kind], 1, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&metrics->micros[kind], (uint64_t)micros, memory_order_relaxed);
    for (size_t i = 0; i < BOUND_COUNT; i++) {
        if (micros <= BOUNDS[i]) {
            (void)atomic_fetch_add_explicit(&metrics->buckets[kind][i], 1, memory_order_relaxed);
            break;
        }
    }
}

void metrics_gauge(struct metrics *metrics, const char *name, const char *help, bool counter,
                   metric_fn *read, void *env)
{
    assert(metrics->gauge_count < GAUGES_MAX);
    metrics->gauges[metrics->gauge_count++] = (struct gauge){name, help, counter, read, env};
}

static const char *const KIND_WORDS[KINDS] = {"page", "api", "plain", "static"};

static void write_requests(struct metrics *m, struct buf *out)
{
    buf_put_c(out, "# HELP steward_http_requests_total Requests answered.\n"
                   "# TYPE steward_http_requests_total counter\n");
    for (size_t k = 0; k < KINDS; k++) {
        for (int class = 2; class < 6; class ++) {
            buf_printf(out, "steward_http_requests_total{kind=\"%s\",status=\"%dxx\"} %llu\n",
                       KIND_WORDS[k], class,
                       (unsigned long long)atomic_load(&m->requests[k][class]));
        }
    }
}

static void write_durations(struct metrics *m, struct buf *out)
{
    buf_put_c(out, "# HELP steward_http_request_duration_seconds Time from the whole request to "
                   "the whole answer.\n# TYPE steward_http_request_duration_seconds histogram\n");
    for (size_t k = 0; k < KINDS; k++) {
        unsigned long long sum = 0;
        for (size_t i = 0; i < BOUND_COUNT; i++) {
            sum += atomic_load(&m->buckets[k][i]);
            buf_printf(out,
                       "steward_http_request_duration_seconds_bucket{kind=\"%s\",le=\"%g\"} %llu\n",
                       KIND_WORDS[k], (double)BOUNDS[i] / 1e6, sum);
        }
        unsigned long long count = atomic_load(&m->count[k]);
        buf_printf(out,
                   "steward_http_request_duration_seconds_bucket{kind=\"%s\",le=\"+Inf\"} %llu\n"
                   "steward_http_request_duration_seconds_sum{kind=\"%s\"} %g\n"
                   "steward_http_request_duration_seconds_count{kind=\"%s\"} %llu\n",
                   KIND_WORDS[k], count, KIND_WORDS[k], (double)atomic_load(&m->micros[k]) / 1e6,
                   KIND_WORDS[k], count);
    }
}

void metrics_write(struct metrics *m, struct buf *out)
{
    write_requests(m, out);
    write_durations(m, out);
    for (size_t i = 0; i < m->gauge_count; i++) {
        const struct gauge *g = &m->gauges[i];
        buf_printf(out, "# HELP steward_%s %s\n# TYPE steward_%s %s\nsteward_%s %.17g\n", g->name,
                   g->help, g->name, g->counter ? "counter" : "gauge", g->name, g->read(g->env));
    }
}
