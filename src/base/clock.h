// SPDX-License-Identifier: GPL-3.0-or-later
//
// Time is a 64-bit count of milliseconds since 1970 in UTC, read from a `struct clock` that tests
// and administrators' previews can set.
#ifndef STEWARD_BASE_CLOCK_H
#define STEWARD_BASE_CLOCK_H

#include <stdatomic.h>

#include "base/str.h"

#define SECONDS_MS INT64_C(1000)
#define MINUTES_MS (60 * SECONDS_MS)
#define HOURS_MS (60 * MINUTES_MS)
#define DAYS_MS (24 * HOURS_MS)

struct clock {
    _Atomic int64_t offset_ms;  // added to the machine's time
    _Atomic int64_t frozen_ms;  // when not 0, the time stands still here
};

void clock_init(struct clock *clock);
int64_t clock_now(struct clock *clock);
void clock_set(struct clock *clock, int64_t now_ms);  // goes on from there
void clock_freeze(struct clock *clock, int64_t now_ms);

// For measuring spans, never affected by clock_set or clock steps. Microseconds.
int64_t clock_monotonic_us(void);

// "2026-11-23T02:01:11Z" (RFC 3339); clips to whole seconds.
struct str time_iso(const mem_ctx *ctx, int64_t ms);
// "2026-11-23T02:01:11.123Z"
struct str time_iso_ms(const mem_ctx *ctx, int64_t ms);
// "Mon, 23 Nov 2026 02:01:11 GMT" (RFC 9110, HTTP dates).
struct str time_http(const mem_ctx *ctx, int64_t ms);
// RFC 3339 with zone or fraction, or a bare date (midnight UTC).
MUST_CHECK bool time_parse_iso(struct str text, int64_t *ret_ms);

struct civil {
    int64_t year;
    int month, day, hour, minute, second, weekday;  // month and day from 1, Sunday is 0
};
// Proleptic Gregorian calendar in UTC; H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
struct civil time_civil(int64_t ms);
int64_t time_from_civil(int64_t year, int month, int day, int hour, int minute, int second);

#endif
