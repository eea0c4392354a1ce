// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/service/written.h"

#include "base/buf.h"

#define DAY_MINUTES (24 * 60)

// --- hours --------------------------------------------------------------------------------------

// "9", "09", "9:30", "24"; minutes of the day.
static bool read_clock(struct str text, int *ret)
{
    struct str hour_text;
    struct str minute_text;
    int64_t hour = 0;
    int64_t minute = 0;
    str_cut(str_trim(text), ':', &hour_text, &minute_text);
    if (hour_text.len == 0 || hour_text.len > 2 || !str_to_i64(hour_text, &hour) || hour < 0 ||
        (!str_none(minute_text) &&
         (minute_text.len != 2 || !str_to_i64(minute_text, &minute) || minute < 0))) {
        return false;
    }
    *ret = (int)(hour * 60 + minute);
    return minute < 60 && *ret <= DAY_MINUTES;
}

bool hours_read(struct str text, int day, struct calendar_interval *list, size_t *count,
                struct error *err)
{
    struct str part;
    while (!str_none(text) && str_next(&text, ',', &part)) {
        struct str from;
        struct str to;
        int start = 0;
        int end = 0;
        if (str_empty(str_trim(part))) {
            continue;
        }
        str_cut(part, '-', &from, &to);
        if (str_none(to) || !read_clock(from, &start) || !read_clock(to, &end) || start >= end) {
            return error_field(err, "intervals", "InvalidValue",
                               "Write hours as in 9:00-12:30, 13:30-17:00; '" STR_FMT
                               "' is not understood.",
                               STR_ARG(str_utf8_clip(str_trim(part), 40)));
        }
        if (*count == HOURS_MOST) {
            return error_field(err, "intervals", "TooLong", "There are too many hours.");
        }
        list[(*count)++] =
            (struct calendar_interval){day * DAY_MINUTES + start, day * DAY_MINUTES + end};
    }
    return true;
}

struct str hours_write(mem_ctx *ctx, const struct calendar_interval *list, size_t count, int day)
{
    struct buf out;
    buf_init(&out, ctx, 4096);
    for (size_t i = 0; i < count; i++) {
        int start = list[i].start - day * DAY_MINUTES;
        int end = list[i].end - day * DAY_MINUTES;
        start = start > 0 ? start : 0;
        end = end < DAY_MINUTES ? end : DAY_MINUTES;
        if (start < end) {
            buf_printf(&out, "%s%02d:%02d-%02d:%02d", out.len > 0 ? ", " : "", start / 60,
                       start % 60, end / 60, end % 60);
        }
    }
    return buf_str(&out);
}

// --- free days ----------------------------------------------------------------------------------

static bool read_date(struct str text, int64_t *ret_day)
{
    int64_t ms = 0;
    if (text.len != 10 || !time_parse_iso(text, &ms)) {
        return false;
    }
    *ret_day = ms / DAYS_MS;
    return true;
}

static bool read_free_line(struct str line, struct free_days *ret)
{
    struct str days;
    str_cut(line, ' ', &days, &ret->name);
    ret->name = str_none(ret->name) ? STR("") : str_trim(ret->name);
    ptrdiff_t dots = str_find(days, STR(".."));
    struct str first = dots >= 0 ? str_sub(days, 0, (size_t)dots) : days;
    struct str last = dots >= 0 ? str_from(days, (size_t)dots + 2) : days;
    return ret->name.len > 0 && read_date(first, &ret->days.first_day) &&
           read_date(last, &ret->days.last_day) && ret->days.first_day <= ret->days.last_day;
}

bool free_days_read(mem_ctx *ctx, struct str text, struct free_days **ret, size_t *count,
                    struct error *err)
{
    struct str line;
    *ret = NULL;
    *count = 0;
    while (!str_none(text) && str_next(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len == 0) {
            continue;
        }
        if (*count == FREE_DAYS_MOST) {
            return error_field(err, "holidays", "TooLong", "There are more than %d free days.",
                               FREE_DAYS_MOST);
        }
        *ret = mem_grow(ctx, *ret, struct free_days, *count + 1);
        if (!read_free_line(line, &(*ret)[(*count)++])) {
            return error_field(err, "holidays", "InvalidValue",
                               "Write free days as in 2026-12-24 Christmas Eve, or "
                               "2026-12-25..2026-12-26 Christmas; '" STR_FMT "' is not understood.",
                               STR_ARG(str_utf8_clip(line, 60)));
        }
    }
    return true;
}

struct str free_days_write(mem_ctx *ctx, struct str name, struct calendar_holiday days)
{
    struct str first = str_sub(time_iso(ctx, days.first_day * DAYS_MS), 0, 10);
    struct str last = str_sub(time_iso(ctx, days.last_day * DAYS_MS), 0, 10);
    return days.first_day == days.last_day
               ? str_printf(ctx, STR_FMT " " STR_FMT "\n", STR_ARG(first), STR_ARG(name))
               : str_printf(ctx, STR_FMT ".." STR_FMT " " STR_FMT "\n", STR_ARG(first),
                            STR_ARG(last), STR_ARG(name));
}

// --- spans --------------------------------------------------------------------------------------

static int64_t unit_ms(char letter)
{
    switch (letter) {
    case 'm':
        return MINUTES_MS;
    case 'h':
        return HOURS_MS;
    case 'd':
        return DAYS_MS;
    default:
        return 0;
    }
}

bool span_read(struct str text, int64_t *ret_ms, struct error *err)
{
    struct str rest = str_trim(text);
    int64_t sum = 0;
    bool good = rest.len > 0 && rest.len <= 40;
    while (good && rest.len > 0) {
        size_t digits = 0;
        int64_t amount = 0;
        while (digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9') {
            digits++;
        }
        good = digits > 0 && digits < 8 && str_to_i64(str_sub(rest, 0, digits), &amount);
        rest = str_trim(str_from(rest, digits));
        int64_t unit = rest.len > 0 ? unit_ms(rest.ptr[0]) : MINUTES_MS;
        good = good && unit > 0;
        sum += good ? amount * unit : 0;
        rest = rest.len > 0 ? str_trim(str_from(rest, 1)) : rest;
    }
    *ret_ms = sum;
    return (good && sum > 0 && sum <= 3650 * DAYS_MS) ||
           error_field(err, "policy_metrics", "InvalidValue",
                       "Write a span of time as in 30m, 4h or 1d 4h; '" STR_FMT
                       "' is not understood.",
                       STR_ARG(str_utf8_clip(str_trim(text), 40)));
}

struct str span_write(mem_ctx *ctx, int64_t ms)
{
    static const struct {
        int64_t ms;
        char letter;
    } UNITS[] = {{DAYS_MS, 'd'}, {HOURS_MS, 'h'}, {MINUTES_MS, 'm'}};
    struct buf out;
    buf_init(&out, ctx, 64);
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        int64_t amount = ms / UNITS[i].ms;
        if (amount > 0) {
            buf_printf(&out, "%s%lld%c", out.len > 0 ? " " : "", (long long)amount,
                       UNITS[i].letter);
        }
        ms -= amount * UNITS[i].ms;
    }
    return out.len > 0 ? buf_str(&out) : STR("1m");
}
