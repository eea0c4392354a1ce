// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the desk counts about itself, for Prometheus (text exposition format 0.0.4).
#ifndef STEWARD_APP_METRICS_H
#define STEWARD_APP_METRICS_H

#include "app/app.h"

struct metrics;
struct metrics *metrics_new(mem_ctx *ctx);
void metrics_request(struct metrics *metrics, enum route_kind kind, int status, int64_t micros);
// A figure that somebody else keeps, asked for when /metrics is read. `name` without the
// "steward_" in front; both texts are literals.
typedef double metric_fn(void *env);
void metrics_gauge(struct metrics *metrics, const char *name, const char *help, bool counter,
                   metric_fn *read, void *env);
void metrics_write(struct metrics *metrics, struct buf *out);

#endif
