// SPDX-License-Identifier: GPL-3.0-or-later
//
// Working hours: weekly intervals in a time zone, less holidays. Pure computation; the service
// room stores calendars and runs clocks on them. An interval is half open, so a calendar that is
// open around the clock loses nothing at midnight, and spans are real elapsed time, so that the
// day on which clocks change has 23 or 25 hours.
#ifndef STEWARD_DESK_SERVICE_CALENDAR_H
#define STEWARD_DESK_SERVICE_CALENDAR_H

#include "base/clock.h"
#include "base/error.h"

#define CALENDAR_WEEK_MINUTES (7 * 24 * 60)

// Minutes since Sunday 00:00 local time, as the API has them: start <= minute < end.
struct calendar_interval {
    int start;
    int end;
};

// Local dates, both included, as days since 1970-01-01.
struct calendar_holiday {
    int64_t first_day;
    int64_t last_day;
};

struct calendar;

// Checks and prepares. INVALID for an unknown zone, an interval outside the week, empty or
// overlapping ones. Lives in `ctx`; may be shared by threads.
MUST_CHECK bool calendar_new(mem_ctx *ctx, struct str time_zone,
                             const struct calendar_interval *intervals, size_t interval_count,
                             const struct calendar_holiday *holidays, size_t holiday_count,
                             struct calendar **ret, struct error *err);

// Working milliseconds between two times; 0 when to <= from.
int64_t calendar_between(const struct calendar *calendar, int64_t from, int64_t to);

// When `working_ms` of working time have passed after `from`. CALENDAR_NEVER when that does not
// happen within ten years (no intervals, endless holidays).
#define CALENDAR_NEVER INT64_MAX
int64_t calendar_after(const struct calendar *calendar, int64_t from, int64_t working_ms);

bool calendar_open_at(const struct calendar *calendar, int64_t time);

#endif
