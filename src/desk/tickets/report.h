// SPDX-License-Identifier: GPL-3.0-or-later
//
// Figures of many tickets in a span of time. They say how the desk does, never how one agent does.
// Deleted tickets do not count. Who may read them is for the caller to ask.
#ifndef STEWARD_DESK_TICKETS_REPORT_H
#define STEWARD_DESK_TICKETS_REPORT_H

#include "desk/tickets/tickets.h"

struct report_span {
    int64_t since;           // counts in
    int64_t until;           // does not
    int64_t zone_offset_ms;  // days are those of this zone
    struct group_id group;   // none: all
};

struct report_day {
    int64_t day;  // since 1970-01-01
    int64_t made;
    int64_t solved;
};
// One for each day of the span, in order.
MUST_CHECK bool report_days(struct db *db, mem_ctx *ctx, const struct report_span *span,
                            struct report_day **ret, size_t *ret_count, struct error *err);

struct report_channel {
    struct str channel;
    int64_t made;
};
MUST_CHECK bool report_channels(struct db *db, mem_ctx *ctx, const struct report_span *span,
                                struct report_channel **ret, size_t *ret_count, struct error *err);

// How long people waited, in ms of every hour: the half waited less than the median, a tenth more
// than `most`. 0 without any.
struct report_wait {
    int64_t count;
    int64_t median_ms;
    int64_t most_ms;
};
// Of what was asked in the span: until the first word of one of `staff` (sorted by id), and until
// it was solved.
MUST_CHECK bool report_waits(struct db *db, mem_ctx *ctx, const struct report_span *span,
                             const struct user_id *staff, size_t staff_count,
                             struct report_wait *ret_word, struct report_wait *ret_solution,
                             struct error *err);

struct report_moves {
    int64_t steward_tickets;  // had another steward than before
    int64_t assignee_times;
    int64_t assignee_tickets;
    int64_t group_times;
    int64_t group_tickets;
    int64_t reopened;
    int64_t repeated;  // their requester wrote again, an hour later, before anybody answered
};
MUST_CHECK bool report_moves(struct db *db, mem_ctx *ctx, const struct report_span *span,
                             struct report_moves *ret, struct error *err);

// What was asked in the span, for sums by other rooms: id, group, organisation, times. At most
// REPORT_TICKETS_MOST, the earliest.
#define REPORT_TICKETS_MOST 200000
MUST_CHECK bool report_tickets(struct db *db, mem_ctx *ctx, const struct report_span *span,
                               struct ticket **ret, size_t *ret_count, struct error *err);

#endif
