// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"

#include <time.h>

#include "base/buf.h"

void clock_init(struct clock *clock)
{
    atomic_init(&clock->offset_ms, 0);
    atomic_init(&clock->frozen_ms, 0);
}

static int64_t machine_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now(struct clock *clock)
{
    int64_t frozen = atomic_load(&clock->frozen_ms);
    return frozen != 0 ? frozen : machine_now() + atomic_load(&clock->offset_ms);
}

void clock_set(struct clock *clock, int64_t now_ms)
{
    atomic_store(&clock->frozen_ms, 0);
    atomic_store(&clock->offset_ms, now_ms - machine_now());
}

void clock_freeze(struct clock *clock, int64_t now_ms)
{
    atomic_store(&clock->frozen_ms, now_ms);
}

int64_t clock_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t time_from_civil(int64_t year, int month, int day, int hour, int minute, int second)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = era * 146097 + day_of_era - 719468;
    return ((days * 24 + hour) * 60 + minute) * 60000 + (int64_t)second * 1000;
}

struct civil time_civil(int64_t ms)
{
    int64_t days = ms / DAYS_MS;
    int64_t rest = ms % DAYS_MS;
    if (rest < 0) {
        rest += DAYS_MS;
        days--;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    struct civil civil = {
        .year = yoe + era * 400 + (mp >= 10 ? 1 : 0),
        .month = (int)(mp < 10 ? mp + 3 : mp - 9),
        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
        .hour = (int)(rest / HOURS_MS),
        .minute = (int)(rest / MINUTES_MS % 60),
        .second = (int)(rest / SECONDS_MS % 60),
        .weekday = (int)(((days + 4) % 7 + 7) % 7),
    };
    return civil;
}

static void two_digits(char *at, int number)
{
    at[0] = (char)('0' + number / 10);
    at[1] = (char)('0' + number % 10);
}

struct str time_iso(const mem_ctx *ctx, int64_t ms)
{
    struct civil c = time_civil(ms);
    if (c.year >= 0 && c.year <= 9999) {  // lists and APIs write very many
        char *text = mem_text_n(ctx, "0000-00-00T00:00:00Z", 20);
        two_digits(text, (int)(c.year / 100));
        two_digits(text + 2, (int)(c.year % 100));
        two_digits(text + 5, c.month);
        two_digits(text + 8, c.day);
        two_digits(text + 11, c.hour);
        two_digits(text + 14, c.minute);
        two_digits(text + 17, c.second);
        return (struct str){text, 20};
    }
    return str_printf(ctx, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)c.year, c.month, c.day,
                      c.hour, c.minute, c.second);
}

struct str time_iso_ms(const mem_ctx *ctx, int64_t ms)
{
    struct civil c = time_civil(ms);
    int64_t fraction = (ms % 1000 + 1000) % 1000;
    return str_printf(ctx, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ", (long long)c.year, c.month,
                      c.day, c.hour, c.minute, c.second, (int)fraction);
}

struct str time_http(const mem_ctx *ctx, int64_t ms)
{
    static const char DAYS[] = "SunMonTueWedThuFriSat";
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct civil c = time_civil(ms);
    return str_printf(ctx, "%.3s, %02d %.3s %04lld %02d:%02d:%02d GMT", &DAYS[c.weekday * 3], c.day,
                      &MONTHS[(c.month - 1) * 3], (long long)c.year, c.hour, c.minute, c.second);
}

// Takes `digits` decimal digits off *rest.
static bool take_number(struct str *rest, size_t digits, int *ret_value)
{
    int64_t value = 0;
    if (rest->len < digits || rest->ptr[0] == '-' ||
        !str_to_i64(str_sub(*rest, 0, digits), &value)) {
        return false;
    }
    *rest = str_from(*rest, digits);
    *ret_value = (int)value;
    return true;
}

static bool take_char(struct str *rest, const char *any_of)
{
    for (const char *c = any_of; *c != '\0'; c++) {
        if (rest->len > 0 && rest->ptr[0] == *c) {
            *rest = str_from(*rest, 1);
            return true;
        }
    }
    return false;
}

static int take_fraction_ms(struct str *rest)
{
    int ms = 0;
    int scale = 100;
    if (!take_char(rest, ".,")) {
        return 0;
    }
    while (rest->len > 0 && rest->ptr[0] >= '0' && rest->ptr[0] <= '9') {
        ms += (rest->ptr[0] - '0') * scale;
        scale /= 10;
        *rest = str_from(*rest, 1);
    }
    return ms;
}

// "", "Z", "+02:00", "+0200", "+02"
static bool take_zone(struct str *rest, int64_t *ret_offset_ms)
{
    *ret_offset_ms = 0;
    if (rest->len == 0 || take_char(rest, "Zz")) {
        return true;
    }
    bool west = rest->ptr[0] == '-';
    int hours = 0;
    int minutes = 0;
    if (!take_char(rest, "+-") || !take_number(rest, 2, &hours)) {
        return false;
    }
    (void)take_char(rest, ":");
    if (rest->len > 0 && !take_number(rest, 2, &minutes)) {
        return false;
    }
    int64_t offset = hours * HOURS_MS + minutes * MINUTES_MS;
    *ret_offset_ms = west ? -offset : offset;
    return hours < 24 && minutes < 60;
}

static int days_in_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool time_parse_iso(struct str text, int64_t *ret_ms)
{
    struct str rest = str_trim(text);
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
    int64_t offset = 0;
    if (!take_number(&rest, 4, &year) || !take_char(&rest, "-") || !take_number(&rest, 2, &month) ||
        !take_char(&rest, "-") || !take_number(&rest, 2, &day)) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
        return false;
    }
    if (rest.len > 0) {
        if (!take_char(&rest, "Tt ") || !take_number(&rest, 2, &hour) || !take_char(&rest, ":") ||
            !take_number(&rest, 2, &minute)) {
            return false;
        }
        if (take_char(&rest, ":") && !take_number(&rest, 2, &second)) {
            return false;
        }
        fraction = take_fraction_ms(&rest);
        (void)take_char(&rest, " ");
        if (hour > 23 || minute > 59 || second > 60 || !take_zone(&rest, &offset) || rest.len > 0) {
            return false;
        }
    }
    *ret_ms = time_from_civil(year, month, day, hour, minute, second) + fraction - offset;
    return true;
}
