// SPDX-License-Identifier: GPL-3.0-or-later
//
// The reports room: how the desk did in a span of time, for leads. It asks the other rooms and
// keeps nothing. Nobody is ranked: no figure belongs to one agent.
#ifndef STEWARD_DESK_REPORTS_REPORTS_H
#define STEWARD_DESK_REPORTS_REPORTS_H

#include "desk/moments/moments.h"
#include "desk/service/service.h"
#include "desk/tickets/report.h"

#define REPORT_DAYS_MOST 366
#define REPORT_COSTS_MOST 10

struct report_cost {
    struct str name;
    int64_t tickets;
    int64_t cents;
};

struct report {
    struct report_span span;
    struct report_day *days;
    size_t day_count;
    int64_t made;
    int64_t solved;
    struct report_channel *channels;
    size_t channel_count;
    struct report_wait word;  // until the first word of staff
    struct report_wait solution;
    struct report_moves moves;
    // Only where no group was asked for, for these are known of the whole desk alone.
    struct promise_sum *promises;
    size_t promise_count;
    struct moment_sum moments;
    int64_t desk_seconds;               // that staff noted in the span
    int64_t cents;                      // what was asked in the span has cost in people's time
    struct report_cost *organizations;  // the dearest first
    size_t organization_count;
    struct report_cost *groups;
    size_t group_count;
};

// Leads and administrators who may see all tickets; others with a group of their own in the span:
// FORBIDDEN otherwise. INVALID for a span that ends before it begins or is longer than
// REPORT_DAYS_MOST.
MUST_CHECK bool report_make(struct desk *desk, struct db *db, mem_ctx *ctx,
                            const struct actor *actor, const struct report_span *span,
                            struct report *ret, struct error *err);

#endif
