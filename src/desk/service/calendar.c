// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/service/calendar.h"

#include <glib.h>
#include <stdlib.h>

#define DAY_MINUTES (24 * 60)
#define SEARCH_DAYS 3653  // ten years

struct calendar {
    GTimeZone *zone;
    // Cut at midnights and sorted, minutes of the week.
    struct calendar_interval *intervals;
    size_t interval_count;
    struct calendar_holiday *holidays;
    size_t holiday_count;
};

// An open span in UTC.
struct span {
    int64_t from;
    int64_t to;
};

static void zone_close(void *zone)
{
    g_time_zone_unref(zone);
}

static int compare_intervals(const void *a, const void *b)
{
    const struct calendar_interval *left = a;
    const struct calendar_interval *right = b;
    return left->start < right->start ? -1 : left->start > right->start;
}

static bool check_intervals(const struct calendar_interval *sorted, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].start < 0 || sorted[i].end > CALENDAR_WEEK_MINUTES ||
            sorted[i].start >= sorted[i].end) {
            return error_field(err, "intervals", "InvalidValue",
                               "Intervals: each must begin before it ends, within one week.");
        }
        if (i > 0 && sorted[i].start < sorted[i - 1].end) {
            return error_field(err, "intervals", "InvalidValue", "Intervals: two of them overlap.");
        }
    }
    return true;
}

static void cut_at_midnights(mem_ctx *ctx, struct calendar *calendar,
                             const struct calendar_interval *sorted, size_t count)
{
    calendar->intervals = mem_array(ctx, struct calendar_interval, count + 8);
    for (size_t i = 0; i < count; i++) {
        int start = sorted[i].start;
        while (start < sorted[i].end) {
            int midnight = (start / DAY_MINUTES + 1) * DAY_MINUTES;
            int end = sorted[i].end < midnight ? sorted[i].end : midnight;
            calendar->intervals[calendar->interval_count++] =
                (struct calendar_interval){start, end};
            start = end;
        }
    }
}

bool calendar_new(mem_ctx *ctx, struct str time_zone, const struct calendar_interval *intervals,
                  size_t interval_count, const struct calendar_holiday *holidays,
                  size_t holiday_count, struct calendar **ret, struct error *err)
{
    GTimeZone *zone = g_time_zone_new_identifier(str_cstr(ctx, time_zone));
    if (zone == NULL) {
        return error_field(err, "time_zone", "InvalidValue",
                           "Time zone: \"%.*s\" is not known. Use a name such as Europe/Berlin.",
                           STR_ARG(time_zone));
    }
    struct calendar *calendar = mem_new(ctx, struct calendar);
    calendar->zone = zone;
    mem_on_free(calendar, zone_close, zone);
    struct calendar_interval *sorted =
        mem_array(calendar, struct calendar_interval, interval_count + 1);
    for (size_t i = 0; i < interval_count; i++) {
        sorted[i] = intervals[i];
    }
    qsort(sorted, interval_count, sizeof *sorted, compare_intervals);
    if (!check_intervals(sorted, interval_count, err)) {
        mem_free(calendar);
        return false;
    }
    cut_at_midnights(calendar, calendar, sorted, interval_count);
    calendar->holidays = mem_array(calendar, struct calendar_holiday, holiday_count + 1);
    for (size_t i = 0; i < holiday_count; i++) {
        calendar->holidays[i] = holidays[i];
    }
    calendar->holiday_count = holiday_count;
    *ret = calendar;
    return true;
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

static int64_t local_day(const struct calendar *calendar, int64_t time)
{
    int64_t seconds = floor_div(time, 1000);
    int interval = g_time_zone_find_interval(calendar->zone, G_TIME_TYPE_UNIVERSAL, seconds);
    int64_t offset = g_time_zone_get_offset(calendar->zone, interval);
    return floor_div(seconds + offset, DAY_MINUTES * 60);
}

// A local time that the clock change skips becomes the moment of the change; one that comes twice
// is the first of the two.
static int64_t utc_of_local(const struct calendar *calendar, int64_t day, int minute)
{
    gint64 local = day * DAY_MINUTES * 60 + (int64_t)minute * 60;
    int interval = g_time_zone_adjust_time(calendar->zone, G_TIME_TYPE_DAYLIGHT, &local);
    return (local - g_time_zone_get_offset(calendar->zone, interval)) * 1000;
}

static bool is_holiday(const struct calendar *calendar, int64_t day)
{
    for (size_t i = 0; i < calendar->holiday_count; i++) {
        if (day >= calendar->holidays[i].first_day && day <= calendar->holidays[i].last_day) {
            return true;
        }
    }
    return false;
}

// The open spans of one local day; at most `room` of them.
static size_t spans_of_day(const struct calendar *calendar, int64_t day, struct span *spans,
                           size_t room)
{
    size_t count = 0;
    int weekday = (int)(((day + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
    if (is_holiday(calendar, day)) {
        return 0;
    }
    for (size_t i = 0; i < calendar->interval_count && count < room; i++) {
        const struct calendar_interval *one = &calendar->intervals[i];
        if (one->start / DAY_MINUTES == weekday) {
            int midnight = weekday * DAY_MINUTES;
            spans[count].from = utc_of_local(calendar, day, one->start - midnight);
            spans[count].to = one->end - midnight == DAY_MINUTES
                                  ? utc_of_local(calendar, day + 1, 0)
                                  : utc_of_local(calendar, day, one->end - midnight);
            count++;
        }
    }
    return count;
}

#define SPANS_PER_DAY 48

int64_t calendar_between(const struct calendar *calendar, int64_t from, int64_t to)
{
    int64_t sum = 0;
    struct span spans[SPANS_PER_DAY];
    if (to <= from || calendar->interval_count == 0) {
        return 0;
    }
    int64_t last = local_day(calendar, to);
    for (int64_t day = local_day(calendar, from); day <= last; day++) {
        size_t count = spans_of_day(calendar, day, spans, SPANS_PER_DAY);
        for (size_t i = 0; i < count; i++) {
            int64_t begin = spans[i].from > from ? spans[i].from : from;
            int64_t end = spans[i].to < to ? spans[i].to : to;
            sum += end > begin ? end - begin : 0;
        }
    }
    return sum;
}

int64_t calendar_after(const struct calendar *calendar, int64_t from, int64_t working_ms)
{
    struct span spans[SPANS_PER_DAY];
    int64_t first = local_day(calendar, from);
    for (int64_t day = first; day < first + SEARCH_DAYS; day++) {
        size_t count = spans_of_day(calendar, day, spans, SPANS_PER_DAY);
        for (size_t i = 0; i < count; i++) {
            int64_t begin = spans[i].from > from ? spans[i].from : from;
            int64_t length = spans[i].to > begin ? spans[i].to - begin : 0;
            if (length > 0 && working_ms <= length) {
                return begin + working_ms;
            }
            working_ms -= length;
        }
    }
    return CALENDAR_NEVER;
}

bool calendar_open_at(const struct calendar *calendar, int64_t time)
{
    return calendar_between(calendar, time, time + 1) > 0;
}
