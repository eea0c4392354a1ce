// SPDX-License-Identifier: GPL-3.0-or-later
//
// Working hours, free days and spans of time as people write them into a form, and back.
#ifndef STEWARD_DESK_SERVICE_WRITTEN_H
#define STEWARD_DESK_SERVICE_WRITTEN_H

#include "base/str.h"
#include "desk/service/calendar.h"

enum { HOURS_MOST = 7 * 24, FREE_DAYS_MOST = 1000 };

// The hours of one day, "9-12:30, 13:30 - 17"; 24 is midnight at the day's end, nothing is a day
// without work. day: 0 is Sunday. Appends to list (room for HOURS_MOST). INVALID with what is
// wrong.
MUST_CHECK bool hours_read(struct str text, int day, struct calendar_interval *list, size_t *count,
                           struct error *err);
// "09:00-12:30, 13:30-17:00". Intervals beyond midnight show as the part in that day.
struct str hours_write(mem_ctx *ctx, const struct calendar_interval *list, size_t count, int day);

struct free_days {
    struct str name;
    struct calendar_holiday days;
};
// A line each: "2026-12-24 Christmas Eve", "2026-12-25..2026-12-26 Christmas". Names point into the
// text. INVALID with the line that is wrong.
MUST_CHECK bool free_days_read(mem_ctx *ctx, struct str text, struct free_days **ret, size_t *count,
                               struct error *err);
// One such line, with its end.
struct str free_days_write(mem_ctx *ctx, struct str name, struct calendar_holiday days);

// "30m", "4 h", "1d 4h", "90" (minutes), in milliseconds; a day has 24 hours. INVALID.
MUST_CHECK bool span_read(struct str text, int64_t *ret_ms, struct error *err);
struct str span_write(mem_ctx *ctx, int64_t ms);

#endif
